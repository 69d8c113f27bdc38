/* enrol_world - a region, its city, whose node this is, and a county that wants to join. The
 * replicator is a stand-in that seals the grant and takes it into a roster; the rest is real.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_REPLICATOR_ENROL_WORLD_H
#define TERRACE_TESTS_UNIT_REPLICATOR_ENROL_WORLD_H

#include "replicator/trust/enrol.h"
#include "tests/harness/identities.h"

#define REGION "540000"
#define CITY   "540100"
#define COUNTY "540121"
enum { NOW = 1764000000 };

/* Numbers that only the owner understands. */
#define SOME_POLICY ((struct number_set){{UINT64_C(0x8000000129000000), 0, 0, 4}})

struct replicator {
    struct roster *roster;
    struct sign_key key;
    struct hash tree;
    size_t grants;
    bool refuses, founders_of_its_own;
    struct log_head held; /* of the county's log */
    bool resyncs, more_above;
};

/* A region, its city, whose node this is, and a county that wants to join. */
struct world {
    struct trust trust;
    struct sign_key region;
    struct replicator city;
    struct store store;
    uint64_t fence;
    struct txn *txn;
    struct token token;
    struct sign_key key; /* the county's */
    struct curve_key curve, city_curve;
    struct buf frame, answer;
    struct err err;
    uint64_t now;
    struct grant_terms admins; /* that the county names */
};

struct attempts {
    size_t count;
    struct enrol_attempt newest, oldest;
};

enum status invite(struct world *world, struct token *token, const char *code);
int open_world(void **state);
int close_world(void **state);
void commit(struct world *world);
struct enrol_asker asker(const struct world *world);
void receive(struct world *world);
void ask(struct world *world);
void confirm(struct world *world);
enum status accept_answer(struct world *world, struct enrolled *out);
struct attempts attempts_of(struct world *world);
/* The child hears the reason, the operator sees it, and nothing was granted. */
void expect_refused(struct world *world, enum status reason, const char *word);
void expect_welcome(struct world *world);
/* The one that is open; zeros: none. */
struct enrol_invitation invitation_of(struct world *world);
void hold_world(struct world *world);
void expect_waiting(struct world *world);
int start(void **state);

#endif
