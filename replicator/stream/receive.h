/* receive - blocks that a neighbour sends: may it bring them, and what does the next Ack say?
 * Whether they are true is log/ingest.h's to say.
 *
 *   not_yet   author, key or epoch unknown here: the sender holds that log and tries again
 *   gap       a frame was lost: the session must end, and the next one resumes from heads
 *   no block  it does not even tell whose it is: likewise
 *   refused   wrong bytes: named to the sender, alarmed, counted; the other logs go on
 *
 * Owns: what the next Ack names, and which logs have a false block last. Thread: loop thread.
 * Units: lsn, bytes. */
#ifndef TERRACE_REPLICATOR_STREAM_RECEIVE_H
#define TERRACE_REPLICATOR_STREAM_RECEIVE_H

#include "proto/frame.h"
#include "replicator/finding.h"
#include "replicator/log/heads.h"

struct stream;

enum { UNKNOWN_AUTHORS_MAX = 256 }; /* named in one Ack; more must wait for the next session */

/* One log that the peer brings. */
struct received_log {
    const struct held_log *log;
    bool listed, not_yet; /* the next Ack names it: held, or not yet */
    bool refused;         /* the last block was false */
    uint64_t rewind_lsn;  /* turned down from here on: what follows in flight comes again */
};

struct receive {
    struct received_log **logs; /* sorted by author */
    size_t count, capacity;
    struct received_log **listed; /* what the next Ack names */
    size_t listed_count, listed_capacity;
    struct division unknown_authors[UNKNOWN_AUTHORS_MAX]; /* not yet */
    size_t unknown_author_count;
    size_t refused_logs;         /* of which a false block came last */
    bool unknown_author_refused; /* a false block of none of them; until the session ends, too */
};

void receive_free(struct receive *receive);
/* From now on the peer may bring this log. While a session is `open`, its first blocks may have
 * been put off as a stranger's: they come again, and nothing after them is taken before. */
void receive_add(struct stream *stream, const struct held_log *log, bool open);
bool receive_brings(const struct receive *receive, struct division author);
/* The session is over: what it left half said is forgotten. True when a false block was the last
 * word of it alone, so that nothing is refused any more. */
bool receive_reset(struct receive *receive);

/* Was a frame of blocks lost before this one? Of a log with several audiences a missing block would
 * not be missed by the next one. */
bool receive_lost_frame(const struct stream *stream, const Terrace__Blocks *blocks);

enum receive_result {
    RECEIVE_NEXT,   /* nothing more to say about this block */
    RECEIVE_STAGED, /* it is held from now on: its owner wants to know */
    RECEIVE_STOP,   /* the session cannot go on: nothing more of this frame */
};
/* One block. `out` is it, taken apart. Found: FOUND_REFUSED, FOUND_REFUSED_OVER, FOUND_CONFLICT,
 * FOUND_LOST_FRAME, FOUND_BAD_FRAME, and what ingest_block finds. */
enum receive_result receive_block(struct stream *stream, struct txn *txn, struct bytes whole,
                                  struct block_view *out, struct findings *found);
/* There is no room for it: the sender keeps it, and asks again. Found: FOUND_BAD_FRAME. */
enum receive_result receive_put_off(struct stream *stream, struct bytes whole,
                                    struct findings *found);

/* Does an Ack have anything to name? */
static inline bool receive_has_news(const struct receive *receive)
{
    return receive->listed_count + receive->unknown_author_count > 0;
}
/* The next Ack, in messages that live in the arena: it names all that, and gives credit. */
void receive_write_ack(struct stream *stream, Terrace__Frame *frame, uint64_t credit);

#endif
