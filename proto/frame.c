#include "proto/frame.h"

#include <assert.h>

#include "proto/number_set.h"

enum {
    DEPTH_MAX = 4,
    UNKNOWN_FIELDS_MAX = 64,
};

/* --- the scan before the unpacking --- */

struct scan {
    unsigned unknown; /* fields of a newer version, in the whole frame */
    struct err *err;
};

static size_t limit_of(const ProtobufCMessageDescriptor *message, const char *field)
{
    static const struct {
        const char *message, *field;
        size_t max;
    } limits[] = {
        {"Blocks", "block", FRAME_BLOCKS_MAX},
        {"Hello", "heads", FRAME_POSITIONS_MAX},
        {"Hello", "wanted", FRAME_WANTED_MAX},
        {"Welcome", "heads", FRAME_POSITIONS_MAX},
        {"Position", "line", BEAT_LINE_MAX},
        {"Ack", "held", FRAME_POSITIONS_MAX},
        {"Ack", "not_yet", FRAME_POSITIONS_MAX},
        {"Frame", "cosignature", FRAME_COSIGNATURES_MAX},
        {"Frame", "beat", FRAME_BEATS_MAX},
        {"Beat", "root_line", BEAT_LINE_MAX},
        {"Health", "down", HEALTH_DOWN_MAX},
        {"Grant", "endpoint", GRANT_ENDPOINTS_MAX},
        {"Grant", "may_grant", GRANT_PATTERNS_MAX},
        {"Grant", "founder", GRANT_FOUNDERS_MAX},
        {"Grant", "policy", NUMBER_SET_LIST_MAX},
        {"EnrolRequest", "founder", GRANT_FOUNDERS_MAX},
        {"EnrolAnswer", "chain", 64},
    };

    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        if (strcmp(limits[i].message, message->short_name) == 0 &&
            strcmp(limits[i].field, field) == 0) {
            return limits[i].max;
        }
    }
    assert(false); /* every repeated field has a limit */
    return 0;
}

static enum status refuse(const struct scan *scan, const ProtobufCMessageDescriptor *message,
                          const char *what)
{
    return err_set(scan->err, ERR_MALFORMED, "frame_field frame=%s what=%s", message->short_name,
                   what);
}

struct value {
    uint64_t number;
    struct bytes bytes;
};

static bool read_value(struct reader *reader, unsigned wire, struct value *value)
{
    uint64_t size;

    *value = (struct value){0, BYTES_NONE};
    switch (wire) {
    case 0:
        value->number = reader_varint(reader);
        break;
    case 1:
        (void)reader_bytes(reader, 8);
        break;
    case 2:
        size = reader_varint(reader);
        if (size > reader_left(reader)) {
            return false;
        }
        value->bytes = reader_bytes(reader, (size_t)size);
        break;
    case 5:
        (void)reader_bytes(reader, 4);
        break;
    default:
        return false; /* groups */
    }
    return reader_ok(reader);
}

static unsigned wire_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return 2;
    default:
        return 0; /* the schema has varints besides, and nothing of fixed size */
    }
}

/* protobuf-c would cut a longer number to size without a word. */
static bool varint_fits(const ProtobufCFieldDescriptor *field, uint64_t number)
{
    return field->type == PROTOBUF_C_TYPE_UINT64 || number <= UINT32_MAX;
}

/* How often each field was seen in one message, and how often it may be. */
struct tally {
    struct {
        size_t seen, max; /* max is looked up at the first */
    } fields[32];
};

static enum status count_field(const struct scan *scan, struct tally *tally,
                               const ProtobufCMessageDescriptor *message,
                               const ProtobufCFieldDescriptor *field)
{
    const size_t index = (size_t)(field - message->fields);
    const bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

    if (tally->fields[index].seen++ == 0) {
        tally->fields[index].max = repeated ? limit_of(message, field->name) : 1;
    }
    if (tally->fields[index].seen <= tally->fields[index].max) {
        return OK;
    }
    return !repeated ? refuse(scan, message, "field_twice")
                     : err_set(scan->err, ERR_TOO_LARGE, "frame_repeated frame=%s max=%zu field=%s",
                               message->short_name, tally->fields[index].max, field->name);
}

/* Depth is bounded by the schema, which has no recursion; DEPTH_MAX guards the schema itself. */
static enum status scan_message(struct scan *scan, const ProtobufCMessageDescriptor *message,
                                struct bytes raw, unsigned depth)
{
    struct reader reader = reader_of(raw);
    struct tally tally;

    assert(message->n_fields <= COUNT_OF(tally.fields));
    memset(tally.fields, 0, message->n_fields * sizeof tally.fields[0]);
    assert(depth < DEPTH_MAX);
    while (reader_left(&reader) > 0) {
        const uint64_t key = reader_varint(&reader);
        const unsigned wire = (unsigned)(key & 7);
        const ProtobufCFieldDescriptor *field;
        struct value value;
        enum status status;

        if (!reader_ok(&reader) || key >> 3 == 0 || key >> 3 > 536870911 ||
            !read_value(&reader, wire, &value)) {
            return refuse(scan, message, "field_unreadable");
        }
        field = protobuf_c_message_descriptor_get_field(message, (unsigned)(key >> 3));
        if (field == NULL) {
            if (++scan->unknown > UNKNOWN_FIELDS_MAX) {
                return refuse(scan, message, "fields_unknown");
            }
            continue;
        }
        status = count_field(scan, &tally, message, field);
        if (status != OK) {
            return status; /* at once: the rest of a flood is not even looked at */
        }
        if (wire != wire_of(field)) {
            return refuse(scan, message, "field_type");
        }
        if (wire == 0 && !varint_fits(field, value.number)) {
            return refuse(scan, message, "field_number");
        }
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            status = scan_message(scan, field->descriptor, value.bytes, depth + 1);
            if (status != OK) {
                return status;
            }
        }
    }
    return OK;
}

/* --- unpacking inside the arena --- */

struct source {
    struct arena *arena;
    bool spent;
};

static void *take(void *self, size_t size)
{
    struct source *source = self;
    void *memory = arena_alloc(source->arena, size);

    source->spent = source->spent || memory == NULL;
    return memory;
}

static void give(void *self, void *memory)
{
    (void)self;
    (void)memory; /* the arena gives everything back at once */
}

enum status message_decode(ProtobufCMessage **out, const ProtobufCMessageDescriptor *descriptor,
                           struct arena *arena, struct bytes raw, size_t bytes_max, struct err *err)
{
    struct scan scan = {0, err};
    struct source source = {arena, false};
    ProtobufCAllocator allocator = {take, give, &source};
    enum status status;

    *out = NULL;
    if (raw.size > bytes_max) {
        return err_set(err, ERR_TOO_LARGE, "frame_long frame=%s bytes=%zu max=%zu",
                       descriptor->short_name, raw.size, bytes_max);
    }
    status = scan_message(&scan, descriptor, raw, 0);
    if (status != OK) {
        return status;
    }
    *out = protobuf_c_message_unpack(descriptor, &allocator, raw.size, raw.data);
    if (*out == NULL && source.spent) {
        return err_set(err, ERR_TOO_LARGE, "frame_unpack_size frame=%s bytes=%zu",
                       descriptor->short_name, arena->budget);
    }
    if (*out == NULL) {
        return err_set(err, ERR_MALFORMED, "frame_unpack frame=%s", descriptor->short_name);
    }
    return OK;
}

enum status frame_decode(Terrace__Frame **out, struct arena *arena, struct bytes raw,
                         struct err *err)
{
    ProtobufCMessage *message;
    const enum status status =
        message_decode(&message, &terrace__frame__descriptor, arena, raw, FRAME_BYTES_MAX, err);

    *out = (Terrace__Frame *)message;
    return status;
}

void message_encode(struct buf *out, const ProtobufCMessage *message)
{
    const size_t size = protobuf_c_message_get_packed_size(message);

    buf_reserve(out, size + 1); /* never a null pointer, even for an empty message */
    out->size += protobuf_c_message_pack(message, out->data + out->size);
}

void frame_encode(struct buf *out, const Terrace__Frame *frame)
{
    message_encode(out, &frame->base);
}
