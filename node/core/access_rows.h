/* access_rows - who asked what, row by row: a chain that nobody can change unseen.
 *
 *   row N: event, hash(tag, hash of row N-1, N, event)        row 0: the tree and the division
 *
 * Rows are added and never changed; there is no function that deletes one. The head is told on each
 * beat and cosigned by the parent (replicator/trust/cosigned_head.h): a row that was altered, left
 * out or cut off shows against the rows themselves or against a cosigned head.
 *
 * A damaged store may have lost rows for good. What is left of the chain goes on as it is, and the
 * next row says what is lost. Where the parent cosigned a row among the lost ones, that row's place
 * and hash are taken over from its word: the chain then is whole again from there on, and what is
 * missing has two ends that are proved.
 *
 *   1 .. 89, (90 .. 99 lost), 100: lost, hash as cosigned, 101 ...
 *
 * Owns: its rows in SPACE_LOCAL. Thread: the loop thread to add; a reader with a snapshot for the
 * rest. Units: positions count rows from 1. */
#ifndef TERRACE_NODE_CORE_ACCESS_ROWS_H
#define TERRACE_NODE_CORE_ACCESS_ROWS_H

#include "replicator/trust/cosigned_head.h"
#include "replicator/trust/crypto.h"

enum access_what {
    ACCESS_READ = 1, /* of what names persons and accounts */
    ACCESS_WRITE,    /* as it was asked; what came of it is in the ledger, or the next row */
    ACCESS_REFUSED,  /* what was asked came to nothing: `http` says why */
    ACCESS_LOGIN,
    ACCESS_LOGIN_REFUSED, /* wrong name or password; `who` is the name that was typed */
    ACCESS_LOST,          /* rows were lost with a damaged store; `path` says which */
    ACCESS_WHATS,
};
enum access_how { ACCESS_NOBODY, ACCESS_OWNER, ACCESS_PERSON, ACCESS_PROGRAM, ACCESS_HOWS };

enum { ACCESS_WHO_MAX = 64, ACCESS_ADDRESS_MAX = 64, ACCESS_METHOD_MAX = 8, ACCESS_PATH_MAX = 160 };

struct access_event {
    uint64_t unix_ms;
    enum access_what what;
    enum access_how how;
    uint32_t http; /* 0: not known yet */
    char who[ACCESS_WHO_MAX], address[ACCESS_ADDRESS_MAX];
    char method[ACCESS_METHOD_MAX], path[ACCESS_PATH_MAX];
};

struct access_head {
    uint64_t position; /* 0: no row */
    struct hash hash;
};

/* "read", "write", "refused", "login", "login_refused", "lost". */
const char *access_what_name(enum access_what what);
/* "nobody", "socket", "session", "token". */
const char *access_how_name(enum access_how how);

/* Where the chain of this node begins. */
struct access_head access_head_seed(const struct hash *tree, struct division self);
/* Where it ends; the seed when it has no row. Errors: ERR_IO, ERR_CORRUPT. */
enum status access_head_load(const struct store *store, struct store_snapshot *snapshot,
                             const struct access_head *seed, struct access_head *head,
                             struct err *err);
/* Stages the next row and moves the head. Returns the bytes of key and value. */
size_t access_row_put(struct txn *txn, struct access_head *head, const struct access_event *event);

/* Stages a row of ACCESS_LOST, and moves the head: behind it, or, where `cosigned` lies behind it,
 * to the place and hash that it names. `cosigned` may be of position 0. */
void access_row_put_lost(struct txn *txn, struct access_head *head,
                         const struct cosigned_head *cosigned, uint64_t unix_ms);
/* Is it the row behind `head`, which then moves there? One of ACCESS_LOST is, wherever it goes on:
 * access_check judges that. */
bool access_row_follows(struct access_head *head, struct bytes key, struct bytes value);

/* Rows from `position` on. A visit that returns false ends it. Errors: ERR_IO, ERR_CORRUPT (a row
 * that cannot be read). */
typedef bool access_visit_fn(void *arg, const struct access_head *row,
                             const struct access_event *event);
enum status access_rows_from(struct txn *txn, uint64_t position, access_visit_fn *visit, void *arg,
                             struct err *err);

/* --- is the chain whole? --- */

enum access_fault {
    ACCESS_SOUND,
    ACCESS_ROW_MISSING,
    ACCESS_ROW_ALTERED,
    ACCESS_HEAD_DIFFERS, /* another row stands where a head was cosigned */
    ACCESS_ROWS_CUT,     /* a head was cosigned behind the last row */
    ACCESS_COSIGN_FALSE, /* a cosigned head whose signature is none */
    ACCESS_ROWS_LOST,    /* the chain itself says which; found only where nothing else is */
};
struct access_check {
    enum access_fault fault; /* the first, and where */
    uint64_t position;
    uint64_t lost_last;            /* of ACCESS_ROWS_LOST: the first such gap ends here */
    struct access_head head;       /* how far it is whole */
    struct cosigned_head cosigned; /* the furthest that was cosigned; position 0: none was */
};
/* Reads the whole chain, against itself and against every cosigned head that is kept.
 * Errors: ERR_IO, ERR_CORRUPT. */
enum status access_check(struct txn *txn, const struct roster *roster, struct division self,
                         const struct access_head *seed, struct access_check *out, struct err *err);

#endif
