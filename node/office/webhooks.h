/* webhooks - addresses of other programs to which this node posts what it comes to hold.
 *
 *   admin: add, remove, replay --> row --> its courier (node/webhook/courier.h) posts, and reports:
 *   webhook_report --> delivered up to a position | failing since | one more dead letter
 *
 * A position is what a reader of the change feed keeps (replicator/log/arrivals.h): what stands
 * behind it was not delivered yet. An entry that its receiver refused again and again becomes a
 * dead letter, and the rest goes on; a replay sends the dead ones once more, or all behind a
 * position.
 *
 * Owns:   their rows, and node->webhooks_version: how often somebody changed which there are.
 * Thread: the loop thread for changes; a reader with a snapshot for the rest. Units: *_ms is wall
 *         time; delivered counts entries. */
#ifndef TERRACE_NODE_OFFICE_WEBHOOKS_H
#define TERRACE_NODE_OFFICE_WEBHOOKS_H

#include "node/core/node.h"
#include "replicator/log/arrivals.h"

enum {
    WEBHOOKS_MAX = 8,
    WEBHOOK_NAME_MAX = 32,
    WEBHOOK_URL_MAX = 512,
    WEBHOOK_SECRET_BYTES = 32,
    WEBHOOK_FAILURE_MAX = 160,
    DEAD_LETTERS_MAX = 1000, /* of one: then it stops until they are replayed or it is removed */
    WEBHOOK_ALARM_MS = 10 * 60 * 1000, /* nothing delivered for so long */
};

struct webhook {
    char name[WEBHOOK_NAME_MAX + 1]; /* lower-case letters, digits and '-' */
    char url[WEBHOOK_URL_MAX + 1];
    struct division division; /* of this author alone; NONE: of all */
    struct number_set kinds;
    uint8_t secret[WEBHOOK_SECRET_BYTES];
    uint64_t version; /* another one for each that takes the name, and each position that is set */
    uint64_t replays; /* how often somebody asked not to wait, and for the dead letters */
    uint64_t created_ms;
    struct arrival_mark at; /* delivered up to here */
    uint64_t delivered, delivered_ms;
    uint64_t failing_ms;               /* since when nothing gets there; 0: all is well */
    uint32_t attempts;                 /* of what is at hand */
    char failure[WEBHOOK_FAILURE_MAX]; /* a message */
    uint32_t dead;
};

struct dead_letter {
    struct arrival_mark at; /* of the entry */
    uint64_t died_ms;
    bool again; /* to be sent once more */
    char failure[WEBHOOK_FAILURE_MAX];
};

bool webhook_name_valid(const char *name);
/* Takes name, url, filter, secret and position of `webhook`. Errors: ERR_ALREADY_USED (the name),
 * ERR_LIMIT (there are so many already). */
enum status webhook_add(struct node *node, struct txn *txn, const struct webhook *webhook,
                        uint64_t now_ms, struct err *err);
/* With its dead letters. Errors: ERR_NOT_FOUND. */
enum status webhook_remove(struct node *node, struct txn *txn, const char *name, struct err *err);
/* All behind `after` once more, or, when it is NULL, the dead letters: *count of them.
 * Errors: ERR_NOT_FOUND. */
enum status webhook_replay(struct node *node, struct txn *txn, const char *name,
                           const struct arrival_mark *after, uint32_t *count, struct err *err);

/* What its courier tells. Passed over when the row has another version by now. */
struct webhook_report {
    char name[WEBHOOK_NAME_MAX + 1];
    uint64_t version;
    struct arrival_mark at;
    uint64_t delivered; /* more */
    uint64_t delivered_ms, failing_ms;
    uint32_t attempts;
    char failure[WEBHOOK_FAILURE_MAX];
    bool has_dead; /* this one died, or died once more */
    struct dead_letter dead;
    uint64_t revived; /* the dead letter at this position was delivered; 0: none */
};
void webhook_report(struct node *node, struct txn *txn, const struct webhook_report *report);

uint64_t webhooks_version(const struct node *node); /* the loop thread */

bool webhook_find(struct txn *txn, const char *name, struct webhook *out);
/* By name, until `visit` returns false. */
void webhook_each(struct txn *txn, bool (*visit)(void *arg, const struct webhook *webhook),
                  void *arg);
/* Those of one behind position `after`, in order, until `visit` returns false. */
void dead_letter_each(struct txn *txn, const char *name, uint64_t after,
                      bool (*visit)(void *arg, const struct dead_letter *letter), void *arg);
/* Has the row, of a webhook or a dead letter, the form that is written? */
bool webhook_row_fits(struct bytes key, struct bytes value);

#endif
