#include "replicator/stream/stream.h"

void stream_init(struct stream *stream, const struct stream_context *context, struct division peer,
                 bool is_upward)
{
    memset(stream, 0, sizeof *stream);
    stream->context = context;
    stream->peer = peer;
    stream->is_upward = is_upward;
}

void stream_free(struct stream *stream)
{
    cursor_free(&stream->cursors);
    receive_free(&stream->receive);
    outbox_free(&stream->outbox);
}

bool stream_reset(struct stream *stream)
{
    flow_end(&stream->flow);
    allowance_end(&stream->allowance);
    outbox_reset(&stream->outbox);
    cursor_reset(stream); /* cursors stay: they tell what is behind while the link is down */
    send_reset(&stream->send);
    return receive_reset(&stream->receive);
}
