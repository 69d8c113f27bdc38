/* roster_members - the roster as its own files see it: who is a member, with which epochs.
 *
 * Internal to roster.c, which keeps it, roster_check.c, which judges what may enter, and
 * roster_standing.c, which says what counts of it; this file finds members in it.
 * Owned by: roster.c, roster_standing.c. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_TRUST_ROSTER_MEMBERS_H
#define TERRACE_REPLICATOR_TRUST_ROSTER_MEMBERS_H

#include "replicator/trust/roster.h"

struct epoch {
    struct grant grant;
    struct hash hash;
    struct buf sealed;
    enum standing standing;
    bool is_recovery;
};

struct confirmed { /* by which grant of an epoch; it may not be the one that is held */
    uint32_t epoch;
    struct hash grant;
};

struct node {
    struct member member; /* first: a member is found by its address */
    struct node *parent;
    struct epoch *epochs; /* [i] is epoch i + 1 */
    size_t epoch_count, epoch_capacity;
    struct confirmed *confirmed; /* in no order */
    size_t confirmed_count, confirmed_capacity;
};

struct roster {
    struct hash tree;
    struct division self;
    struct node *root;
    struct node **nodes; /* by code */
    struct node **keyed; /* by curve key */
    size_t count, capacity, keyed_count, keyed_capacity;
};

/* Where it is, or where it would be. */
size_t roster_place(const struct roster *roster, struct division division);
size_t roster_place_of_key(const struct roster *roster, const uint8_t curve_key[32]);
/* NULL when there is none. */
struct node *roster_node(const struct roster *roster, struct division division);
struct node *roster_node_of_key(const struct roster *roster, const uint8_t curve_key[32]);

/* May it enter? `node` is the division's, NULL for a new one; *is_recovery: it follows no other by
 * consent. Errors: as of roster_add. */
enum status roster_check(const struct roster *roster, const struct node *node,
                         const struct sealed_grant *grant, bool *is_recovery, struct err *err);

/* After an epoch or a confirmation came: which epochs of this division count? True when one counts
 * that did not (roster_standing.c). */
bool roster_judge(const struct roster *roster, struct node *node);

#endif
