/* stream - what goes to one neighbour and comes from it: logs, acks, and signed words.
 *
 *   to it     cursors (how far it has each log) --> send --> frames, within flow
 *             outbox (acks, rejects, cosignatures, beats) --> frames
 *   from it   receive --> ingest, within the allowance;  acks and rejects --> cursors
 *
 * A stream acts on nothing: what it meets stands in findings (replicator/finding.h), and the
 * session holds, ends or alarms. Each member is written by the file that is named after it.
 *
 * Owns: its members. Borrows the context, which all streams of a node share.
 * Thread: loop thread. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_STREAM_STREAM_H
#define TERRACE_REPLICATOR_STREAM_STREAM_H

#include "replicator/log/ingest.h"
#include "replicator/stream/cursor.h"
#include "replicator/stream/flow.h"
#include "replicator/stream/outbox.h"
#include "replicator/stream/receive.h"
#include "replicator/stream/send.h"

struct stream_context {
    struct division self;
    const struct roster *roster;
    const struct clock *clock;
    struct logs *logs;
    struct ingest *ingest;
    uint32_t frame_bytes_max;
    struct arena *arena; /* of the frame in hand */
};

struct stream {
    const struct stream_context *context;
    struct division peer;
    bool is_upward; /* each log from below goes there whole; else what is addressed to the peer */
    struct flow flow;
    struct allowance allowance;
    struct cursors cursors;
    struct send send;
    struct receive receive;
    struct outbox outbox;
};

void stream_init(struct stream *stream, const struct stream_context *context, struct division peer,
                 bool is_upward);
void stream_free(struct stream *stream);
/* The session is over: what was not confirmed is sent again in the next one. True when with it
 * nothing is refused any more (receive_reset). */
bool stream_reset(struct stream *stream);

static inline uint64_t stream_now_ms(const struct stream *stream)
{
    return clock_mono_ms(stream->context->clock);
}

#endif
