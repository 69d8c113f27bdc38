/* said - grants as a table of a test writes them, and a roster that is told them.
 *
 * Thread: the test's. Owns: the world, from said_set_up to said_tear_down. */
#ifndef TERRACE_TESTS_HARNESS_SAID_H
#define TERRACE_TESTS_HARNESS_SAID_H

#include "tests/harness/identities.h"

enum who { REGION, CITY, COUNTY, OTHER, PEOPLE };

struct world {
    struct trust trust;
    struct sign_key keys[PEOPLE];
    struct roster *roster;
    struct buf sealed;
    struct err err;
};

/* One grant: who it is of, who signs it, and what stands in it. */
struct said {
    const char *division, *parent, *list;
    enum who holder, granter; /* of the root the trust key's, whoever is named */
    uint32_t epoch, granter_epoch;
    int consents; /* 0: nobody; else the key of enum who, and one more */
    uint64_t base_lsn;
    const char *founder;
};

/* For cmocka: *state is a struct world with fresh keys and an empty roster. */
int said_set_up(void **state);
int said_tear_down(void **state);
void said_anew(struct world *world); /* an empty roster, the same keys */
void said_anew_of(struct world *world, struct division self);
struct grant_reach reach_of(const char *text); /* fails the test where it is no list */
/* Into world->sealed. */
void said_seal(struct world *world, const struct said *said);
/* ... and into the roster. Errors: as of roster_add; world->err says why. */
enum status say(struct world *world, const struct said *said);
void must(struct world *world, const struct said *said);

extern const struct said said_root;                        /* 540000, whose list is everything */
struct said city_of(const char *list);                     /* 540100 */
struct said county_of(const char *code, const char *list); /* by that city */

#endif
