/* serving - a division whose parent is away is served by another of its ancestors.
 *
 *   below   no session with the parent for limits.parent_away_ms
 *             --> the ancestor above it is dialled; the next one above, in turn, where that does
 *                 not answer. The parent is dialled beside it all the time
 *             --> a session as with the parent: what is addressed here comes; the own log and
 *                 those from below go
 *             --> the parent's session stands and it holds, by heads, what the ancestor does
 *             --> the ancestor is left: a Restart with status 0
 *   above   a division below that is no child comes with its link key (link_keys.h), says Hello
 *             --> whoever stands between has no session here, or one in which it asks for its
 *                 own log: served, as a child is, within the same limits
 *             --> else refused: a Restart, ERR_BUSY; ERR_LIMIT where served_max are served
 *           one that stands between is back: SERVED_GRACE_MS later the session ends; or its link
 *           is paused here: at once
 *
 * The ancestor holds the whole log of each that stands between: of it goes what is addressed to
 * the served one. Every block is verified, compared by hash and held once, whichever way it comes;
 * whoever between kept one back, or signed another, is found out as by any neighbour. What is the
 * parent's alone is not spoken of: grants, consents, other keys, the chain of accesses.
 *
 * Those below the served one notice nothing.
 *
 * Owns: which ancestor is dialled. Thread: loop thread. Units: *_ms is mono, *_unix_ms. */
#ifndef TERRACE_REPLICATOR_SESSION_SERVING_H
#define TERRACE_REPLICATOR_SESSION_SERVING_H

#include "replicator/ancestors.h"
#include "replicator/trust/roster.h"

struct link;

enum {
    SERVED_SETTLE_MS = 3000,  /* the parent's session stands for so long before the other ends */
    SERVED_GRACE_MS = 60000,  /* to go back in, once the parent has a session here */
    SERVED_FORGET_MS = 10000, /* a session that is over is shown for so long */
    SERVED_LEAVE_MS = 1000,   /* for the last word to leave */
    SERVED_LOOK_MS = 1000,
};

struct serving {
    size_t turn;            /* whose it is to be dialled: 0 the parent's parent */
    uint64_t since_unix_ms; /* served since; 0: it is not */
    uint64_t due_ms;
};

/* --- below --- */

/* The ancestor's link, or NULL. */
struct link *serving_up(const struct replicator *r);
/* It says that it does not serve us now. */
void serving_refused(struct replicator *r, struct link *link, enum status why);
void serving_begun(struct replicator *r);

/* --- above --- */

/* A frame came from nobody's neighbour: the link that it may have here, or NULL. */
struct link *serving_greet(struct replicator *r, struct division from);
/* May it have a session? Errors: ERR_BUSY (who stands between is here), ERR_LIMIT. */
enum status serving_judge(const struct replicator *r, const struct link *link, struct err *err);
/* The link that a division below is reached by, if one is open: on the way to it, or served; NULL.
 */
struct link *serving_way_to(const struct replicator *r, struct division below);

void serving_tick(struct replicator *r);
uint64_t serving_next_tick(const struct replicator *r);

#endif
