/* health - how a node is, by its own word: what rides on its beats to every node above it
 * (message Health of link.proto).
 *
 *   node/core/self_health.c --health_encode--> beat, signed --> parent --> ... --> root
 *                                                      each: --health_decode--> node/core/watch.h
 *
 * Ages are seconds at the time when the beat was made: no two clocks are compared.
 *
 * Owns: nothing. Thread: any. Units: *_mib, *_s, *_ms; fen. */
#ifndef TERRACE_PROTO_HEALTH_H
#define TERRACE_PROTO_HEALTH_H

#include "proto/alarm.h"
#include "proto/frame.h"
#include "proto/wide.h"

enum { HEALTH_VERSION_BYTES = 15 };

enum health_condition {
    HEALTH_FULL = 1,         /* free space is below the floor: nothing new is taken */
    HEALTH_DAMAGED = 2,      /* of the store */
    HEALTH_READING_ONLY = 4, /* ... and known from an earlier run: it opens no session */
    HEALTH_CONDITIONS = 7,
};

enum health_link {
    HEALTH_LINK_DOWN,
    HEALTH_LINK_INCOMPATIBLE,
    HEALTH_LINK_PAUSED,
    HEALTH_LINK_NEW, /* not open yet, since the child was granted or its parent started */
    HEALTH_LINKS
};

struct health_child { /* a child whose link is not open */
    struct division division;
    uint32_t seconds;
    enum health_link why;
};

struct health {
    char version[HEALTH_VERSION_BYTES + 1];
    unsigned condition; /* bits of enum health_condition */
    uint64_t disk_free_mib, disk_floor_mib;
    uint32_t alarms[ALARM_SEVERITIES]; /* open ones */
    struct {                           /* of those about the node itself, the most severe */
        uint32_t code;                 /* enum alarm_code, or of a later version; 0: none */
        struct division about;
        uint32_t seconds;
    } worst;
    int64_t clock_ahead_ms;       /* of the root's; 0 also where that is not known */
    uint64_t unconfirmed_entries; /* of its own log, by the root */
    uint32_t unconfirmed_s;       /* the oldest of them */
    uint64_t backlog_entries;     /* not acknowledged by its parent, of all logs */
    uint32_t backlog_s;
    int128 backlog_fen;
    bool backlog_is_part; /* there is more money than that */
    struct health_child down[HEALTH_DOWN_MAX];
    uint32_t down_listed, down_count; /* in `down`; in all */
    uint64_t accesses;                /* rows of its chain of accesses, 0: none; */
    struct hash access_head;          /* the last one's hash; */
    uint64_t accesses_cosigned;       /* up to where it has its parent's cosignature */
    struct division served_by; /* an ancestor, while its parent is away; NONE: the parent does */
    uint32_t served_s;
    struct {                /* when it was served last, within a day */
        struct division by; /* NONE: it was not */
        uint32_t began_s;   /* since then */
        bool is_over;       /* else it goes on, maybe beside the parent's session */
        uint32_t ended_s;
        uint64_t lsn; /* where its log ended then, or ends */
    } spell;
};

/* Appends at most HEALTH_BYTES_MAX bytes. */
void health_encode(struct buf *out, const struct health *health);
/* Whatever is absent is zero. Errors: ERR_TOO_LARGE, ERR_MALFORMED. */
enum status health_decode(struct health *out, struct bytes raw, struct err *err);

/* Does the later word say anything that an operator must not wait for: another condition, version,
 * worst alarm, number of alarms, list of children that are down, or another that serves it or
 * does no longer? Ages
 * and sizes are no news. */
bool health_is_news(const struct health *before, const struct health *now);

#endif
