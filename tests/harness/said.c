#include "tests/harness/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct grant_reach reach_of(const char *text)
{
    struct grant_reach reach;

    if (!reach_parse(&reach, bytes_text(text))) {
        fail_msg("\"%s\" is no list", text);
    }
    return reach;
}

int said_set_up(void **state)
{
    struct world *world = mem_zalloc(sizeof *world);

    trust_generate(&world->trust);
    for (int i = 0; i < PEOPLE; i++) {
        sign_key_generate(&world->keys[i]);
    }
    world->roster = roster_new(&world->trust.tree, DIVISION_NONE);
    *state = world;
    return 0;
}

int said_tear_down(void **state)
{
    struct world *world = *state;

    roster_free(world->roster);
    buf_free(&world->sealed);
    mem_free(world);
    return 0;
}

void said_anew_of(struct world *world, struct division self)
{
    roster_free(world->roster);
    world->roster = roster_new(&world->trust.tree, self);
}

void said_anew(struct world *world)
{
    said_anew_of(world, DIVISION_NONE);
}

void said_seal(struct world *world, const struct said *said)
{
    const bool is_root = said->parent == NULL;
    struct grant grant = first_grant(division_of(said->division),
                                     is_root ? DIVISION_NONE : division_of(said->parent));
    struct grant_terms terms = {.may_grant = reach_of(said->list)};

    grant.epoch = said->epoch == 0 ? 1 : said->epoch;
    grant.granter_epoch = said->granter_epoch;
    grant.base_lsn = said->base_lsn;
    if (said->founder != NULL) {
        (void)snprintf(terms.founders[0].name, sizeof terms.founders[0].name, "%s", said->founder);
        terms.founder_count = 1;
    }
    grant_certify(&grant, &world->trust.tree, &world->keys[said->holder]);
    if (said->consents != 0) {
        consent(&terms, &grant, &world->keys[said->consents - 1]);
    }
    buf_clear(&world->sealed);
    grant_seal(&world->sealed, &grant, &terms,
               is_root ? &world->trust.key : &world->keys[said->granter]);
}

enum status say(struct world *world, const struct said *said)
{
    bool added;

    said_seal(world, said);
    return roster_add(world->roster, buf_bytes(&world->sealed), &added, &world->err);
}

void must(struct world *world, const struct said *said)
{
    if (say(world, said) != OK) {
        fail_msg("%s: %s", said->division, world->err.text);
    }
}

const struct said said_root = {.division = "540000", .list = "*", .holder = REGION};

struct said city_of(const char *list)
{
    return (struct said){
        .division = "540100", .parent = "540000", .list = list, .holder = CITY, .granter = REGION};
}

struct said county_of(const char *code, const char *list)
{
    return (struct said){
        .division = code, .parent = "540100", .list = list, .holder = COUNTY, .granter = CITY};
}
