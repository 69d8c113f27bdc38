#include "node/api/stream.h"

struct stream {
    struct stream_source source;
    struct buf piece, why; /* why: terminated */
    size_t taken;          /* of the piece */
    enum stream_next next;
};

struct stream *stream_open(const struct stream_source *source)
{
    struct stream *stream = mem_zalloc(sizeof *stream);

    stream->source = *source;
    stream->next = STREAM_MORE;
    return stream;
}

void stream_close(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->source.close != NULL) {
        stream->source.close(stream->source.state);
    }
    buf_free(&stream->piece);
    buf_free(&stream->why);
    mem_free(stream);
}

void stream_fill(struct stream *stream)
{
    struct err why = {OK, ""};

    stream->next = stream->source.fill(stream->source.state, &stream->piece, &why);
    if (stream->next == STREAM_FAILED && why.status != OK) {
        buf_clear(&stream->why);
        buf_append(&stream->why, why.text, strlen(why.text) + 1);
    }
}

const char *stream_why(const struct stream *stream)
{
    return stream->why.size == 0 ? NULL : (const char *)stream->why.data;
}

bool stream_has_piece(const struct stream *stream)
{
    return stream->taken < stream->piece.size;
}

/* A piece that was sent is given back where the next one may be long in coming. */
size_t stream_take(struct stream *stream, void *out, size_t size)
{
    const size_t left = stream->piece.size - stream->taken;
    const size_t count = left < size ? left : size;

    if (count > 0) { /* a stream that ends at once has no piece */
        memcpy(out, stream->piece.data + stream->taken, count);
    }
    stream->taken += count;
    if (!stream_has_piece(stream)) {
        stream->taken = 0;
        if (stream->next == STREAM_MORE) {
            buf_clear(&stream->piece);
        } else {
            buf_free(&stream->piece);
        }
    }
    return count;
}

enum stream_next stream_next(const struct stream *stream)
{
    return stream->next;
}

uint32_t stream_quiet_ms(const struct stream *stream)
{
    return stream->source.quiet_ms == 0 ? STREAM_COMMENT_MS : stream->source.quiet_ms;
}

bool stream_comment(struct stream *stream)
{
    if (stream->source.comment == NULL) {
        return false;
    }
    buf_append_bytes(&stream->piece, bytes_text(stream->source.comment));
    return true;
}
