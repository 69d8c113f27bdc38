/* roster_members - the roster as its own files see it: who is a member, with which epochs.
 *
 * Internal to roster.c, which keeps it, roster_check.c, which judges what may enter,
 * roster_standing.c, which says what counts of it, roster_revoke.c, which keeps what ancestors
 * said against it, and roster_former.c, which keeps what former keys say against what took their
 * place; this file finds members in it, and the word that stands about one.
 * Owned by: roster.c, roster_standing.c, roster_revoke.c, roster_former.c. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_TRUST_ROSTER_MEMBERS_H
#define TERRACE_REPLICATOR_TRUST_ROSTER_MEMBERS_H

#include "replicator/trust/roster.h"

struct epoch {
    struct grant grant;
    struct hash hash;
    struct buf sealed;
    enum standing standing;
    bool is_recovery;
    uint32_t consenter; /* whose key agreed to it, where it changes keys alone; 0: nobody's */
    struct epoch_end end;
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
    struct revocation *words; /* in no order; one of an author and a place in its log */
    size_t word_count, word_capacity;
    struct objection_held *objections; /* in no order; one of an epoch */
    size_t objection_count, objection_capacity;
};

struct roster {
    struct hash tree;
    struct division self;
    bool believes; /* whom unconfirmed epochs granted */
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

/* May it enter? `node` is the division's, NULL for a new one; *consenter: see struct epoch.
 * Errors: as of roster_add. */
enum status roster_check(const struct roster *roster, const struct node *node,
                         const struct sealed_grant *grant, uint32_t *consenter, struct err *err);

/* After an epoch, a confirmation or a revocation came: which epochs of this division count, and
 * which are over (roster_standing.c)? The member is what the newest that is not refused says.
 * Bits of enum judged. */
enum judged { JUDGED_COUNTS = 1, /* one counts that did not */ JUDGED_ENDED = 2 };
unsigned roster_judge(const struct roster *roster, struct node *node);
/* The same for one that is in the roster, whose key of now may be another then (roster.c). */
unsigned roster_judge_again(struct roster *roster, struct node *node);
/* Is `by` above this division, and how far from the root? */
bool roster_is_ancestor(const struct node *node, struct division by, uint32_t *depth);
/* The word that stands about this epoch among those that speak of none from `below` on; NULL: there
 * is none. */
const struct revocation *roster_word(const struct node *node, uint32_t epoch, uint32_t below);

#endif
