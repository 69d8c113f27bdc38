/* frame - link messages, decoded inside a byte budget. The one place that includes the generated
 * header of link.proto, together with its protobuf-c runtime.
 *
 * A frame is scanned before it is unpacked: depth, field numbers, element counts and sizes are
 * checked against the limits below, groups, field 0 and repeated singular fields are refused.
 * Then protobuf-c unpacks it from an arena that cannot grow past its budget.
 * Thread: any, one arena each. */
#ifndef TERRACE_PROTO_FRAME_H
#define TERRACE_PROTO_FRAME_H

#include "proto/arena.h"
#include "proto/block.h"
#include "proto/link.pb-c.h"

enum {
    FRAME_BYTES_MAX = BLOCK_BYTES_MAX + (64 << 10), /* a block goes alone when it is that large */
    FRAME_BLOCKS_MAX = 1024,
    FRAME_POSITIONS_MAX = 8192,
    FRAME_WANTED_MAX = 64,
    FRAME_COSIGNATURES_MAX = 1024,
    FRAME_BEATS_MAX = 1024,
    BEAT_LINE_MAX = 32, /* one of each level of a tree, and one more */
    HEALTH_BYTES_MAX = 1024,
    COSIGN_ACCESSES = 15, /* as the audience of a Cosignature: its chain of accesses */
    HEALTH_DOWN_MAX = 32,
    GRANT_ENDPOINTS_MAX = 4,
    GRANT_PATTERNS_MAX = 32,
    GRANT_FOUNDERS_MAX = 8,
    PROTOCOL_VERSION_MIN = 1,
    PROTOCOL_VERSION_MAX = 1,
};

/* What an end of a link can do beside its version of the protocol: bits of Hello and Welcome. A bit
 * once given away keeps its meaning. What is in force on a link is what both ends say; a bit that
 * one of them does not know is nothing to it. */
#define LINK_FEATURES(X)                                                                           \
    /* a parent brings a child its own log (Hello.own_log) */                                      \
    X(FEATURE_OWN_LOG, 0, "own_log")                                                               \
    /* what was put aside of a log is brought towards its author (Frame.put_aside) */              \
    X(FEATURE_PUT_ASIDE, 1, "put_aside")

enum link_feature {
#define FEATURE_BIT(name, bit, word) name = 1 << (bit),
    LINK_FEATURES(FEATURE_BIT)
#undef FEATURE_BIT
};
#define FEATURE_OF_ALL(name, bit, word) | UINT64_C(1) << (bit)
#define FEATURES_KNOWN                  (UINT64_C(0) LINK_FEATURES(FEATURE_OF_ALL))

/* The result lives in `arena` until arena_reset. Errors: ERR_TOO_LARGE, ERR_MALFORMED. */
enum status frame_decode(Terrace__Frame **out, struct arena *arena, struct bytes raw,
                         struct err *err);
void frame_encode(struct buf *out, const Terrace__Frame *frame);

/* The same care for the other messages of link.proto; `descriptor` names the message.
 * Errors as frame_decode. */
enum status message_decode(ProtobufCMessage **out, const ProtobufCMessageDescriptor *descriptor,
                           struct arena *arena, struct bytes raw, size_t bytes_max,
                           struct err *err);
void message_encode(struct buf *out, const ProtobufCMessage *message);

static inline struct bytes bytes_of_pb(ProtobufCBinaryData data)
{
    return bytes_of(data.data, data.len);
}
static inline ProtobufCBinaryData pb_of_bytes(const void *data, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)data};
}
static inline ProtobufCBinaryData pb_of_text(const char *text)
{
    return pb_of_bytes(text, strlen(text));
}
/* Borrows `division`, which must outlive the message. */
static inline ProtobufCBinaryData pb_division(const struct division *division)
{
    return pb_of_text(division->code);
}
static inline bool division_from_pb(struct division *out, ProtobufCBinaryData data)
{
    return division_parse(out, bytes_of_pb(data));
}
/* A key, hash or signature: false unless it is there and of exactly this size. */
static inline bool pb_copy_exact(void *out, size_t size, bool present, ProtobufCBinaryData data)
{
    if (!present || data.len != size) {
        return false;
    }
    memcpy(out, data.data, size);
    return true;
}

#endif
