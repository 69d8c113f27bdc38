/* office - a real root node with one division below, over a store in memory, linked to nobody. A
 * test hands it work and takes a turn for each. */
#ifndef TERRACE_TESTS_UNIT_NODE_OFFICE_H
#define TERRACE_TESTS_UNIT_NODE_OFFICE_H

#include "node/core/node.h"
#include "node/office/approvals.h"
#include "node/office/pending.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/identities.h"

enum { DOCUMENTS_MAX = 16 };

struct office {
    struct store store;
    struct trust trust;
    struct sign_key key, child_key, li_key, wang_key;
    struct person li, wang;
    struct node_config config;
    struct buf bootstrap; /* the sealed grant */
    struct buf renewed;   /* that of the second epoch, once there is one */
    struct node *node;
    struct hand_clock hand; /* the node's */
};

enum action { GRANT, SUBMIT, APPROVE, REJECT, WITHDRAW, ADD_PERSON, RUN };
struct work {
    struct task call;
    struct office *office;
    enum action action;
    const struct person *person;
    bool atomic, correct, done;
    size_t count;
    struct submit_item items[DOCUMENTS_MAX];
    struct approve_item approvals[DOCUMENTS_MAX];
    const char *why;
    void (*run)(struct work *work, struct node *node, struct txn *txn); /* RUN */
    void *arg;
};

struct typed {
    enum field field;
    const char *text;
};

/* Life: `own` is the node's policy, `parents` what its grant carries. */
struct office *office_open_under(struct policy own, struct policy parents);
struct office *office_open(bool approval_required);
/* Its grant names these first admins. */
struct office *office_open_founded(const struct grant_terms *founders);
void office_reopen(struct office *office); /* as after a restart: the store stays */
/* A restart with a second epoch, which goes on where the log stands, with the same keys. */
void office_renew(struct office *office);
void office_close(struct office *office);
/* The node of the division below, over the store that `child` brings. */
void office_open_child(struct office *child, const struct office *region);

/* One piece of work in a turn of its own; fails the test when the turn fails. */
void office_turn(struct office *office, struct work *work);
void office_submit(struct office *office, struct work *work); /* as li */
struct ledger_position office_position(const struct office *office);

/* Documents of a piece of work. */
void work_add(struct work *work, uint32_t kind, const char *id, const struct typed *typed);
#define WORK_ADD(work, kind, id, ...)                                                              \
    work_add(work, kind, id, (const struct typed[]){__VA_ARGS__, {0, NULL}})
void work_add_agency(struct work *work);
void work_add_budget(struct work *work, const char *id, const char *amount);
void work_add_allocate(struct work *work, const char *id, const char *origin, const char *amount);
void work_add_transfer(struct work *work, const char *id, const char *origin, const char *amount);
void work_add_payment(struct work *work, const char *id, const char *line, const char *amount);
void work_want_all(const struct work *work, enum submit_status status);

#endif
