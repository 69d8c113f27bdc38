/* finding - what a room below the session found out, for the session to act on.
 *
 *   stream/ log/ --> findings --> session_act: hold, end or release a link, raise or clear an alarm
 *
 * The rooms that read frames and blocks hold no link, end none and raise no alarm: they say what
 * they met, in the order in which they met it.
 *
 * Owns: the list. Thread: loop thread. Units: lsn. */
#ifndef TERRACE_REPLICATOR_FINDING_H
#define TERRACE_REPLICATOR_FINDING_H

#include "proto/alarm.h"
#include "proto/division.h"

enum finding_kind {
    /* about a log or a division */
    FOUND_ALARM,    /* `alarm` stands about `about`, with the message `text` */
    FOUND_OVER,     /* it no longer does */
    FOUND_MEMBER,   /* the roster took a grant of `about` */
    FOUND_REVOKED,  /* the roster took a revocation of `about` */
    FOUND_OBJECTED, /* the roster keeps an objection of `about` */
    FOUND_USURPED, /* this node was given an epoch `lsn` with another key: ingest.h has the grant */
    FOUND_GRANT,   /* a grant was verified, which the sender pays for */
    FOUND_APPROVALS, /* so many persons' signatures (`lsn`) more than an honest block has to show:
                        whoever reads the block verifies them, and the sender pays for it */
    FOUND_ENDPOINT,  /* `about` says that it listens at `text` */
    FOUND_FORK, /* evidence of a fork of the log of `about`, in epoch `lsn`, is kept from now on */
    FOUND_CONFLICT, /* `about` has a grant of another branch; block `lsn` of its log came, or 0 */
    FOUND_CONFLICT_ABOVE, /* the parent says so of `about`; `text` is what it says */
    /* about the peer */
    FOUND_CLAIM,        /* what it says of the log of `about` does not fit here: `text`; the first
                           block that reaches `lsn` would show it */
    FOUND_MOVED,        /* it confirmed more than before */
    FOUND_ANSWERED,     /* it answered to what was sent, or gave credit */
    FOUND_NACKED,       /* it rejects block `lsn` of `about` for `status` */
    FOUND_NACKED_OVER,  /* it rejects nothing any more */
    FOUND_REFUSED,      /* it brought block `lsn` of `about`, which is false: `status`, `text` */
    FOUND_REFUSED_OVER, /* a true block stands in the place of each false one */
    FOUND_LOST_FRAME,   /* what came does not follow: the session must begin anew */
    FOUND_BAD_FRAME,    /* what came cannot be read */
    FINDINGS,
};

struct finding {
    enum finding_kind kind;
    enum alarm_code alarm;
    struct division about;
    uint64_t lsn;
    enum status status;
    char text[MESSAGE_BYTES_MAX]; /* a message, or "" */
};

enum { FINDINGS_ALARMS_MAX = 1024 }; /* of one frame; more are dropped, and found again later */

struct findings {
    struct finding *at;
    size_t count, capacity, alarms;
};

void findings_clear(struct findings *findings);
void findings_free(struct findings *findings);

/* `text` is a message in the code form (proto/message.h). */
void findings_alarm(struct findings *findings, enum alarm_code alarm, struct division about,
                    const char *format, ...) PRINTF(4, 5);
void findings_over(struct findings *findings, enum alarm_code alarm, struct division about);
/* One that needs no more than its kind, a division and a position. */
void findings_note(struct findings *findings, enum finding_kind kind, struct division about,
                   uint64_t lsn);
/* ... and one with its reason. */
void findings_because(struct findings *findings, enum finding_kind kind, struct division about,
                      uint64_t lsn, enum status status, const char *text);

#endif
