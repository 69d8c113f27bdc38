/* core - the replicator as its face and its sessions see it: one member a file, written there.
 *
 *   replicator.c   the face: opening, a turn, the own log, grants
 *   session/       one neighbour each, and the only place that holds, ends or alarms a link
 *   stream/ log/ trust/ store/    know none of this, and are handed what they need
 *
 * Private to replicator.c, ancestors.c, former_keys.c and session/. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_CORE_H
#define TERRACE_REPLICATOR_CORE_H

#include "replicator/log/arrivals.h"
#include "replicator/log/ingest.h"
#include "replicator/log/log_writer.h"
#include "replicator/session/cosign.h"
#include "replicator/session/fork_news.h"
#include "replicator/session/heartbeat.h"
#include "replicator/session/lanes.h"
#include "replicator/session/link.h"
#include "replicator/session/link_keys.h"
#include "replicator/session/links.h"
#include "replicator/session/listening.h"
#include "replicator/session/notices.h"
#include "replicator/session/objecting.h"
#include "replicator/session/resync.h"
#include "replicator/session/rotating.h"
#include "replicator/session/serving.h"
#include "replicator/session/session.h"
#include "replicator/session/wanting.h"
#include "replicator/store/read_watch.h"

struct replicator {
    struct replicator_config config; /* its store is `reads` */
    struct read_watch reads;         /* past a turn's txn: asked at its end */
    struct replicator_limits limits; /* with the defaults filled in */
    struct roster *roster;
    struct key_ring keys;
    struct rotating rotating;
    struct objecting objecting;
    struct link_keys link_keys;
    struct division parent; /* NONE at the root */
    bool no_room;           /* for blocks: replicator_withhold */
    bool resumes_grants; /* an epoch counts, or a member came, since this turn: what waited for it
                            is read in the next */
    bool cut_waits;      /* one is staged, or durable: nothing more is looked for */
    struct arena arena;  /* for one frame, taken apart or put together */
    struct logs logs;
    struct ingest ingest;
    struct log_writer writer;
    struct arrivals arrivals;
    struct stream_context context;
    struct links links;
    struct session session;
    struct own_log_fault own_log;
    struct resync resync;
    struct fork_news fork_news;
    struct lanes lanes;
    struct heartbeat heartbeat;
    struct cosigning cosigning;
    struct listening listening;
    struct wanting wanting;
    struct serving serving;
};

/* What this node says now is signed with it. */
static inline struct own_key own_key(const struct replicator *r)
{
    return key_ring_now(&r->keys, r->roster, r->config.self);
}
static inline uint64_t now_ms(const struct replicator *r)
{
    return clock_mono_ms(r->config.clock);
}
static inline uint64_t now_unix_ms(const struct replicator *r)
{
    return clock_unix_ms(r->config.clock);
}

#endif
