/* alarm - what an operator must see: one number for each, with what belongs to it.
 *
 * Whoever finds that something is wrong raises an alarm by its code, with the division it is about
 * and a message (proto/message.h) that says what was met. node/text/ has the sentence, and for the
 * code itself what it means and what to do (rows alarm.CODE and alarm.CODE.cure). Nothing is ever
 * decided by the text of an alarm, nor by there being one: what must stop or refuse is told by a
 * return value as well.
 *
 *   notice_alarm(r, ALARM_FORK, author, "two_blocks_signed lsn=%" PRIu64, lsn)
 *
 * Numbers are stored: append new ones, never renumber or reuse one. Names are for people, for
 * JSON and for the log. Thread: any; the table is constant. */
#ifndef TERRACE_PROTO_ALARM_H
#define TERRACE_PROTO_ALARM_H

#include <stdbool.h>

#include "proto/message.h"

enum alarm_code {
    ALARM_NONE = 0,
    /* of money or signatures */
    ALARM_STATE_DIFFERS = 1,    /* a replica has another state than its author signed */
    ALARM_EDGE_DIFFERS = 2,     /* the two sides of a transfer disagree */
    ALARM_BELOW_ZERO = 3,       /* an author's entry took a balance below zero */
    ALARM_BAD_ENTRY = 4,        /* an author's entry that books nothing */
    ALARM_FORK = 5,             /* two blocks at one position of a log */
    ALARM_APPROVAL_MISSING = 6, /* an entry lacks a person that its author's grant asks for */
    ALARM_APPROVAL_INVALID = 7,
    ALARM_SOURCES_DIFFER = 8, /* sums of sources and uses of a ledger differ */
    /* of what a log says */
    ALARM_UPPER_HAS_NODE = 9, /* a transfer_in names a division that has a node */
    ALARM_ELEMENT_CLASH = 10, /* one code, two owners */
    ALARM_NEEDS_UPGRADE = 11,
    ALARM_BAD_GRANT = 12,
    ALARM_DIVISION_TAKEN = 13, /* granted by two branches of the tree */
    ALARM_LOST_TAIL = 14,      /* a log is shorter here, or at its author, than elsewhere */
    ALARM_WITHHELD = 15,       /* what the root wrote for us, or one below wrote, does not come */
    ALARM_BAD_COSIGNATURE = 16,
    /* of a link */
    ALARM_BAD_BLOCK = 17,
    ALARM_BAD_FRAME = 18,
    ALARM_REJECTED = 19, /* the neighbour refuses what we send */
    ALARM_LIMIT = 20,
    ALARM_CLOCK_SKEW = 21,
    ALARM_INCOMPATIBLE = 22,
    ALARM_SILENT_WITH_BACKLOG = 23,
    ALARM_FLOOD = 24,
    /* of this machine */
    ALARM_CORRUPT = 25, /* stored bytes of a log fail their check */
    ALARM_STORE_DAMAGED = 26,
    ALARM_DISK_FULL = 27,
    ALARM_DISK_LOW = 28,
    ALARM_CLOCK_JUMP = 29, /* the wall clock was set, or stood still, while the node ran */
    /* of the tree */
    ALARM_NEIGHBOUR_DOWN = 30,  /* a division's link to its parent is down for long */
    ALARM_DIVISION_UNWELL = 31, /* a division below says of itself that something is wrong */
    ALARM_ACCESSES_CUT = 32, /* its chain of accesses is shorter than what was cosigned, or other */
    /* of other programs */
    ALARM_WEBHOOK = 33, /* what is posted to one does not get there */
    /* of this machine, again */
    ALARM_STORE_UNNOTED = 34, /* the note of what the store holds was gone when it was opened */
    /* of a link, again */
    ALARM_FALSE_CLAIM = 35, /* a neighbour says of a log what it cannot show */
    /* of signatures, again */
    ALARM_APPROVAL_STALE = 36,   /* signed more than a day before the block */
    ALARM_PERSON_UNVOUCHED = 37, /* an operator entry that the admins before it did not sign */
    ALARM_PERSON_ADDED = 38,     /* by one admin alone, at a child of ours */
    /* of the tree, again */
    ALARM_EPOCH_UNCONFIRMED = 39, /* a division has keys to which its former ones did not agree */
    ALARM_ENTRIES_DIFFER = 40, /* an author signed a block whose entries its header does not name */
    /* of what a log says, again */
    ALARM_BAD_ENDPOINT = 41, /* where a division listens, in a form that nobody can use */
    /* of the tree, again */
    ALARM_REVOKED = 42,        /* this division is revoked: whatever it writes counts nowhere */
    ALARM_REVOKED_BEYOND = 43, /* more is held of a log than its division's revocation lets stand */
    ALARM_OBJECTED = 44, /* the former key of a division says that its new keys are not its own */
    ALARM_USURPED = 45,  /* this division's code was granted to another key, which counts not yet */
    ALARM_SUPERSEDED = 46, /* another key has this division's place, and counts */
    /* of this machine, again */
    ALARM_ARCHIVE = 47, /* the own log does not get into its archive */
    /* of a link, again */
    ALARM_SERVED = 48, /* the parent is away, and another ancestor serves this node */
    ALARM_CODES,
};

enum alarm_severity { ALARM_INFO, ALARM_WARNING, ALARM_ERROR, ALARM_CRITICAL, ALARM_SEVERITIES };

/* How one ends. Each code has at least one of them. */
enum alarm_end {
    ALARM_BY_CHECK = 1,   /* the check that raised it looks again and finds nothing */
    ALARM_AT_RESTART = 2, /* it is of a session or a process, and is over with it */
    ALARM_BY_ACK = 4,     /* a person has seen it, and that is recorded */
};

struct alarm_info {
    const char *name;
    enum alarm_severity severity;
    bool is_of_money; /* or of signatures: no restart ends it */
    bool is_each;     /* every message of it is an alarm of its own; otherwise one a division */
    unsigned ends;    /* bits of enum alarm_end */
};

/* Never NULL. Numbers outside the table, which a later version may have stored, give a row named
 * "unknown" of the greatest severity that only a person can end. */
const struct alarm_info *alarm_info(enum alarm_code code);
/* ALARM_NONE when no code has this name. */
enum alarm_code alarm_by_name(const char *name);
/* "info", "warning", "error", "critical". */
const char *alarm_severity_name(enum alarm_severity severity);

#endif
