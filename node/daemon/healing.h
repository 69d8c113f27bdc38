/* healing - a damaged store is set aside and made anew, before anything of it is opened.
 *
 *   HOME/damaged, or a store that cannot be opened
 *     --heal_store-->  store            --> store.aside-<seconds>      (two are kept)
 *                      what is readable --> import/salvaged-*.blocks   (verified as they are taken
 * in)
 *                                       --> store.new                  (rows that only this node
 * has) store.new        --> store HOME/resync: what is missing comes from the neighbours
 *
 * What is made of logs (ledgers, indexes, sums, heads) is never taken over: it is made of verified
 * blocks again. What is left out, and why, stands in HOME/healed.
 *
 * HOME/healing says while it lasts under which name the store was set aside; whichever moment a
 * crash takes, heal_resume goes on from there. A read that ends the process is tried with less of
 * the store each time.
 *
 * At most HEALS_MAX within HEAL_SPAN_S: a disk that goes on failing is no case for this.
 *
 * Owns: those files and directories. Thread: the one that will be the loop's. */
#ifndef TERRACE_NODE_DAEMON_HEALING_H
#define TERRACE_NODE_DAEMON_HEALING_H

#include "node/home/home.h"

enum { HEALS_MAX = 2, HEAL_SPAN_S = 600, HEAL_ASIDE_MAX = 2 };

struct healing {
    const char *home;
    const struct home_config *config;
    uint64_t now_unix_ms;
    void (*alive)(void); /* every now and then; NULL */
};

/* Is this what healing mends: rows or files of the store that are not what was written? What shows
 * against neighbours alone (a log that is shorter than theirs) is not. */
bool heal_mends(struct bytes damage);
/* One that was begun is brought to its end. *healed: so it was. Errors: as of heal_store. */
enum status heal_resume(const struct healing *healing, bool *healed, struct err *err);
/* `why` is what was found. Errors: ERR_CORRUPT, with `why` at its end: it is not done, since too
 * many were, or the disk has no room for it; nothing has changed. ERR_IO, ERR_DISK_FULL: it is half
 * done, and goes on at the next start. */
enum status heal_store(const struct healing *healing, const char *why, struct err *err);

#endif
