/* watch - how every division below is, as far as this node can know, and where a path is broken.
 *
 *   its beat: how it is, by its own word ----+
 *   its parent's beat: whose link is down ---+--> watch_view: one state, since when, and why
 *   the own links to direct children --------+
 *
 * A word counts while it is fresh: beats come every 25 s, wherever the division is. What is said
 * above a broken link is known, what is below it is not: it is `unknown`, and the view names the
 * division whose link is down. Who says that an ancestor serves it is heard past its parent.
 * Nothing is guessed and nothing is decided by it; it is for people, and for the alarms about
 * divisions further below than the own children.
 *
 * Owns:   the newest word of each division below, at most one a member of the roster.
 * Thread: the loop thread; views are values. Units: *_ms is mono, *_unix_ms is wall time. */
#ifndef TERRACE_NODE_CORE_WATCH_H
#define TERRACE_NODE_CORE_WATCH_H

#include "node/core/alarms.h"
#include "proto/health.h"
#include "replicator/beat_report.h"
#include "replicator/trust/roster.h"

enum {
    WATCH_BEHIND_S = 30, /* a log not here for so long is behind */
    WATCH_CLOCK_S = 60,  /* a clock that differs by more is wrong */
    WATCH_LATE_S = 120,  /* ... as far as a beat's own time shows it, which may wait on its way */
    WATCH_ALARMS_MS = 5000, /* between two looks for alarms */
    WATCH_NEWS_MS = 1000,   /* ... where there was news */
};

/* From well to worst. Names are for JSON, and words of node/text/. */
enum division_state {
    DIVISION_WELL,
    DIVISION_WARNING, /* an open alarm of its own */
    DIVISION_BEHIND,  /* what it has written is not here */
    DIVISION_SERVED,  /* its parent is away, and an ancestor serves it */
    DIVISION_PAUSED,  /* an operator of its parent stopped its link */
    DIVISION_REVOKED, /* by `above`, since `since_s`; whatever else is known of it */
    DIVISION_CLOCK,
    DIVISION_UNKNOWN, /* a link above it is down, or it was not heard since this node started */
    DIVISION_OFF_LINE,
    DIVISION_FAULT, /* an open alarm of its own that is an error or critical */
    DIVISION_FULL,
    DIVISION_DAMAGED,
    DIVISION_STATES
};
const char *division_state_name(enum division_state state);
/* What that asks of whoever looks: "good", "attention", "fault", "unknown". */
const char *division_state_health(enum division_state state);

struct division_view {
    struct division division, parent;
    enum division_state state;
    uint32_t since_s;       /* in that state, where that is known; else 0 */
    struct division broken; /* off line, paused, unknown: the division whose link to its parent is
                               down */
    struct division above;  /* ... and that parent; revoked: by whom */
    bool is_incompatible;   /* that link is refused: there is no version in common */
    bool parent_is_damaged; /* of this node, off line or served: its parent says so */
    bool is_heard;          /* the rest is there */
    uint32_t age_s;         /* of its word, here */
    uint64_t as_of_unix_ms; /* by its own clock */
    uint64_t lsn, held_lsn; /* where its log ends; up to where it is here */
    uint32_t stands_s;      /* ... its way here being open, and no more of it coming, for so long */
    int64_t clock_ahead_ms; /* of the root's, or of what its beat's time shows here */
    struct health health;
};

struct watch;
struct watch *watch_open(void);
void watch_close(struct watch *watch); /* NULL is fine */

/* What else a judgement rests on: all of it as at this moment. */
struct watch_scene {
    const struct roster *roster;
    struct division self;
    uint64_t now_ms, now_unix_ms;
    uint32_t fresh_ms;                /* how old a word may be */
    uint64_t watching_ms;             /* for how long this node has been listening */
    const struct health_child *links; /* own children whose link is not open, all of them */
    size_t link_count;
    bool up_is_damaged; /* the parent opens no session, as its store is */
};

/* A beat came, and this node holds the division's log up to `held_lsn`. True when it tells what an
 * operator must not wait for. One that is older than the newest, or cannot be read, is passed over.
 */
bool watch_take(struct watch *watch, const struct watch_scene *scene,
                const struct beat_report *report, uint64_t held_lsn);
/* How is a division below self? */
void watch_view(const struct watch *watch, const struct watch_scene *scene,
                struct division division, uint64_t held_lsn, struct division_view *out);
/* How is this node itself? `up` is the link to its parent when that is not open, or NULL. */
void watch_view_self(const struct watch_scene *scene, const struct health *health,
                     const struct health_child *up, struct division parent,
                     struct division_view *out);

#endif
