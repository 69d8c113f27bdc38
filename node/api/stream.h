/* stream - an answer that is made while it is sent, piece by piece: a list of a million rows in
 * constant memory, or what is new, for as long as somebody follows.
 *
 *   route --answer_stream(source)--> door --> source.fill in a thread of the pool --> a piece
 *                                      ^                                                |
 *                                      '---- MORE: at once, when the piece is sent <----+
 *                                            WAIT: after the next commit, or after 15 s
 *                                            END:  the answer is whole
 *                                            FAILED: cut, so that its reader sees that it is not
 *
 * The first piece is made before a byte is sent. Where that fails the answer is an error that says
 * why; so whoever was cut later, and asks on from where he was, is told.
 *
 * What waits has no thread and, but for its connection, no memory. After 15 s in which fill had
 * nothing to say the source's comment is sent: so a client that left is noticed, and no proxy cuts
 * the line. When the server stops, who waits gets a proper end, and who is in the middle is cut.
 *
 * fill and close are never called by two threads at once; each call of fill may be in another.
 *
 * Owns: the piece, and from answer_stream on the source's state, given back by its close.
 * Thread: a stream belongs to its door's thread, but for stream_fill.
 * Units: bytes; ms. Errors: none; fill says FAILED. */
#ifndef TERRACE_NODE_API_STREAM_H
#define TERRACE_NODE_API_STREAM_H

#include "proto/bytes.h"
#include "proto/status.h"

enum stream_next { STREAM_MORE, STREAM_WAIT, STREAM_END, STREAM_FAILED };

enum {
    STREAM_PIECE_BYTES = 64 << 10, /* fill stops soon after so many */
    STREAM_COMMENT_MS = 15000,
};

/* What a route hands over (node/api/answer.h). */
struct stream_source {
    /* Appends some of the answer. It may wait for the disk, and for nothing else. What it reads
     * comes of a snapshot of its own, or it holds one for as long as the client pleases. With
     * FAILED *why has what could not be read, or stays OK where the reader may not go on. */
    enum stream_next (*fill)(void *state, struct buf *out, struct err *why);
    void (*close)(void *state); /* once, whatever became of the answer; any thread */
    void *state;
    const char *comment; /* ": \n\n" in server-sent events, "\n" in NDJSON; NULL: none */
    uint32_t quiet_ms;   /* after so long fill is asked again anyway; 0: STREAM_COMMENT_MS */
};

/* --- the door's side --- */

struct stream;
struct stream *stream_open(const struct stream_source *source);
void stream_close(struct stream *stream); /* NULL is fine */

/* Asks the source for its next piece. Any thread; nobody else may touch the stream meanwhile. */
void stream_fill(struct stream *stream);

/* Moves up to `size` bytes of the piece to `out`; how many. */
size_t stream_take(struct stream *stream, void *out, size_t size);
/* Is some of the piece left? */
bool stream_has_piece(const struct stream *stream);
/* What could not be read, once it has failed; NULL: nothing is to be told of that. */
const char *stream_why(const struct stream *stream);
/* What comes behind the piece. */
enum stream_next stream_next(const struct stream *stream);
/* After how long without a word its source is asked again. */
uint32_t stream_quiet_ms(const struct stream *stream);
/* Puts the comment there as a piece; false when there is none. */
bool stream_comment(struct stream *stream);

#endif
