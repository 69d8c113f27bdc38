/* fork_news - evidence of a fork goes to whoever may hold the log, and stops its author.
 *
 *   log/evidence.h --FOUND_FORK--> fork_news_found --> every neighbour --fork--> fork_news_take
 *                                    '--> of the own log: the node writes no more
 *
 * Who is told keeps the pair and tells its neighbours in turn; who has one is told no more. A
 * session begins with what the other does not have. A node that has stopped writing opens no
 * session: it sends the pair beside its lone beats, now and then.
 *
 * Owns: the row that is being sent. Thread: loop thread. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_SESSION_FORK_NEWS_H
#define TERRACE_REPLICATOR_SESSION_FORK_NEWS_H

#include "proto/frame.h"
#include "replicator/finding.h"

struct replicator;
struct link;
struct txn;

enum { FORK_ALONE_MS = 3600 * 1000 }; /* beside a lone beat, at most one in this time */

struct fork_news {
    struct buf value;  /* of the row in the frame in hand */
    struct buf other;  /* of that row, as a block */
    struct hash root;  /* of its entries */
    uint64_t alone_ms; /* when it may be sent beside a lone beat again */
};

void fork_news_free(struct fork_news *news);
/* FOUND_FORK: a pair is kept from now on. */
void fork_news_found(struct replicator *r, struct division author);
/* A session began; `heads` are what the peer holds, as it says. */
void fork_news_resume(struct replicator *r, struct link *link, Terrace__Position *const *heads,
                      size_t count);
/* It shows a pair. Found: FOUND_FORK, and its alarm. */
void fork_news_take(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Fork *fork, struct findings *found);
/* Puts what waits into a frame of its own, which must be encoded before the next call. */
bool fork_news_add(struct replicator *r, struct link *link, Terrace__Frame *frame);
/* ... and the pair of the own log beside a lone beat. */
void fork_news_add_alone(struct replicator *r, Terrace__Frame *frame);

#endif
