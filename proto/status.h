/* status - every outcome in the system, and the sentence that explains one.
 *
 * A status crosses the wire as the reason of a reject, so the numbers belong to the protocol:
 * append new ones, never renumber or reuse one. A *business* refusal is not a status; it is a
 * reason of node/ledger/schema/reason.h and travels as a document.
 *
 * Thread: any. */
#ifndef TERRACE_PROTO_STATUS_H
#define TERRACE_PROTO_STATUS_H

#define PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define COUNT_OF(array)                 (sizeof(array) / sizeof((array)[0]))

enum status {
    OK = 0,
    ERR_IO = 1,        /* disk or socket failed; trying again may help */
    ERR_CORRUPT = 2,   /* stored or received bytes fail their own check */
    ERR_MALFORMED = 3, /* bytes that are not what they claim to be */
    ERR_TOO_LARGE = 4, /* a limit was passed before anything was allocated */
    ERR_REFUSED = 5,   /* this peer or person may not say this */
    ERR_NOT_YET = 6,   /* the author, key or epoch is not known here yet; ask again */
    ERR_GAP = 7,       /* something between what is held and this is missing */
    ERR_FORK = 8,      /* two different blocks at one position */
    ERR_BAD_SIGNATURE = 9,
    ERR_NOT_FOUND = 10,
    ERR_CONFIG = 11,        /* what the operator wrote cannot be used */
    ERR_KEY = 12,           /* a key is missing, or its seal does not open */
    ERR_BUSY = 13,          /* an address, lock or queue is taken */
    ERR_DISK_FULL = 14,     /* below the floor at which new business is accepted */
    ERR_STALE_FENCE = 15,   /* another writer has claimed this store */
    ERR_NEEDS_UPGRADE = 16, /* a kind or format this version does not know */
    ERR_UNREACHABLE = 17,
    ERR_EXPIRED = 18,
    ERR_ALREADY_USED = 19,
    ERR_LIMIT = 20, /* a peer went past what it may send */
    ERR_USAGE = 21,
    ERR_DIVISION_TAKEN = 22, /* another branch of the tree has this division */
    ERR_OUTSIDE_REACH = 23,  /* who grants may not grant that: its own list is narrower */
    STATUSES
};

/* Why it failed: a message of proto/message.h, told from the outside in. As a log line:
 * "open_store path=/srv/a:read_row key=identity:disk_full free_mib=3". */
struct err {
    enum status status;
    char text[384]; /* always terminated; cut, never overrun */
};

/* The stable lower-case name ("bad_signature"). Never NULL. */
const char *status_name(enum status status);

/* Both return err->status, so that a caller can fail in one line. `err` may not be NULL. The format
 * is a code and its arguments, "code key=%s other=%u"; the sentences for it are node/text/'s.
 * Errors: the one given. */
enum status err_set(struct err *err, enum status status, const char *format, ...) PRINTF(3, 4);
enum status err_wrap(struct err *err, const char *format, ...) PRINTF(2, 3); /* told in front */

#endif
