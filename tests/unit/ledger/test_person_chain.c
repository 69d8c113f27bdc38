/* Who may sign what: the persons of a division follow from the first admins of its grant, entry by
 * entry, and what is signed otherwise makes nobody a person and approves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/operator.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/approval_judge.h"
#include "replicator/trust/merkle.h"
#include "tests/harness/identities.h"

enum who { NOBODY, ZHUOMA, WANGDUI, LI, WANG, MALLORY, EVE, PERSONS };
static const char *const names[PERSONS] = {"", "卓玛", "旺堆", "li", "wang", "mallory", "eve"};

enum { ENTRIES_MAX = 8, EPOCHS = 2 };

struct world {
    struct trust trust;
    struct sign_key node, keys[PERSONS], second_key; /* second: another key of Li's */
    struct roster *roster;
    struct person_chain chain;
    struct approval_judge judge;
    uint64_t lsn, time_ms;
    uint32_t epoch;
    struct buf bodies[ENTRIES_MAX];
    struct entry entries[ENTRIES_MAX];
    struct approval_group groups[2 * ENTRIES_MAX];
    struct block_header header;
    struct block_body body;
    char why[ENTRIES_MAX][32]; /* of each entry: as it was found */
};

static const struct division county = {"540121"};

static void grant_epoch(struct world *world, uint32_t epoch, size_t founders, enum who first)
{
    struct grant grant = first_grant(county, DIVISION_NONE);
    struct grant_terms terms = {.founder_count = founders};
    struct buf sealed = BUF_EMPTY;
    struct err err;
    bool added;

    grant.epoch = epoch;
    grant.curve_key[31] = (uint8_t)epoch;
    for (size_t i = 0; i < founders; i++) {
        (void)snprintf(terms.founders[i].name, sizeof terms.founders[i].name, "%s",
                       names[first + i]);
        terms.founders[i].key = world->keys[first + i].public;
    }
    grant_certify(&grant, &world->trust.tree, &world->node);
    grant_seal(&sealed, &grant, &terms, &world->trust.key);
    if (roster_add(world->roster, buf_bytes(&sealed), &added, &err) != OK) {
        fail_msg("%s", err.text);
    }
    buf_free(&sealed);
}

static struct world *open_world(size_t founders)
{
    struct world *world = mem_zalloc(sizeof *world);

    trust_generate(&world->trust);
    sign_key_generate(&world->node);
    sign_key_generate(&world->second_key);
    for (int i = 0; i < PERSONS; i++) {
        sign_key_generate(&world->keys[i]);
    }
    world->roster = roster_new(&world->trust.tree, DIVISION_NONE);
    world->time_ms = 1000;
    world->epoch = 1;
    grant_epoch(world, 1, founders, ZHUOMA);
    person_chain_begin(&world->chain, world->roster, county, 1);
    approval_judge_init(&world->judge, &world->trust.tree);
    world->body.entries = world->entries;
    world->body.groups = world->groups;
    return world;
}

static void close_world(struct world *world)
{
    roster_free(world->roster);
    person_chain_free(&world->chain);
    approval_judge_free(&world->judge);
    for (int i = 0; i < ENTRIES_MAX; i++) {
        buf_free(&world->bodies[i]);
    }
    mem_free(world);
}

/* --- a block --- */

static void sign(struct world *world, enum approval_role role, const struct sign_key *key)
{
    const struct entry *entry = &world->entries[world->body.count - 1];
    const struct hash leaf = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    const struct approval_terms terms = {.tree = world->trust.tree,
                                         .author = county,
                                         .epoch = world->epoch,
                                         .role = role,
                                         .time_ms = world->time_ms,
                                         .root = merkle_root(&leaf, 1)};
    const struct hash hash = approval_hash(&terms);

    world->groups[world->body.group_count++] =
        (struct approval_group){.suite = SUITE_ED25519_BLAKE2B,
                                .role = role,
                                .key = key->public,
                                .signature = sign_hash(key, &hash),
                                .time_ms = world->time_ms,
                                .first_entry = (uint32_t)world->body.count - 1,
                                .count = 1,
                                .leaf_count = 1};
}

static void add(struct world *world, uint32_t kind, struct buf *body)
{
    const size_t at = world->body.count++;

    buf_free(&world->bodies[at]);
    world->bodies[at] = *body;
    world->entries[at] = (struct entry){++world->lsn, world->time_ms, kind, DOCUMENT_FORMAT,
                                        buf_bytes(&world->bodies[at])};
}

static void add_document(struct world *world)
{
    struct buf body = BUF_EMPTY;
    struct document document;

    document_clear(&document, KIND_TRANSFER);
    document_set_text(&document, FIELD_ID, bytes_text("T"));
    document_set_number(&document, FIELD_AMOUNT, 1000000000000);
    document_encode(&body, &document);
    add(world, KIND_TRANSFER, &body);
}

static void add_person_key(struct world *world, enum who who, const struct sign_key *key,
                           const char *roles, bool enabled)
{
    struct buf body = BUF_EMPTY;
    struct document document;

    operator_document(&document, bytes_text(".o"), 2026,
                      &(struct operator_entry){
                          .name = bytes_text(names[who]),
                          .key = bytes_of(key->public.at, sizeof key->public.at),
                          .roles = bytes_text(roles),
                          .enabled = enabled,
                      });
    document_encode(&body, &document);
    add(world, KIND_OPERATOR, &body);
}

static void add_person(struct world *world, enum who who, const char *roles)
{
    add_person_key(world, who, &world->keys[who], roles, true);
}

static void note_fault(void *arg, size_t index, const char *why)
{
    struct world *world = arg;

    (void)snprintf(world->why[index], sizeof world->why[index], "%s", why);
}

static void note_person(void *arg, const struct person_link *link)
{
    struct world *world = arg;

    (void)snprintf(world->why[link->lsn - world->header.first_lsn], sizeof world->why[0], "%s",
                   link->why);
}

/* Judges what was added, and begins another block. */
static void judge(struct world *world)
{
    const struct approval_findings findings = {world, note_fault, note_person};
    const struct policy policy = {NUMBER_SET_ALL};

    memset(world->why, 0, sizeof world->why);
    world->header = (struct block_header){.author = county,
                                          .epoch = world->epoch,
                                          .first_lsn = world->entries[0].lsn,
                                          .count = (uint32_t)world->body.count,
                                          .time_ms = world->time_ms};
    approval_judge_block(&world->judge, &world->chain, false, policy, &world->header, &world->body,
                         &findings);
    world->body.count = world->body.group_count = 0;
}

static void expect_person(struct world *world, enum who who, const char *roles, enum who first,
                          enum who second, const char *why)
{
    add_person(world, who, roles);
    if (first != NOBODY) {
        sign(world, ROLE_MAKER, &world->keys[first]);
    }
    if (second != NOBODY) {
        sign(world, ROLE_CHECKER, &world->keys[second]);
    }
    judge(world);
    assert_string_equal(world->why[0], why);
}

static void expect_approval(struct world *world, enum who maker, enum who checker, const char *why)
{
    add_document(world);
    if (maker != NOBODY) {
        sign(world, ROLE_MAKER, &world->keys[maker]);
    }
    if (checker != NOBODY) {
        sign(world, ROLE_CHECKER, &world->keys[checker]);
    }
    judge(world);
    assert_string_equal(world->why[0], why);
}

/* --- cases --- */

static void who_may_name_a_person(void **state)
{
    static const struct {
        size_t founders;
        enum who first, second;
        const char *why;
    } cases[] = {
        {0, NOBODY, NOBODY, ""}, /* the node's own key: nobody else can vouch */
        {1, ZHUOMA, NOBODY, ""},
        {1, NOBODY, NOBODY, "person_unsigned"},
        {1, MALLORY, NOBODY, "person_by_stranger"},
        {1, MALLORY, EVE, "person_by_stranger"},
        {1, ZHUOMA, MALLORY, "person_by_stranger"},
        {2, ZHUOMA, WANGDUI, ""},
        {2, WANGDUI, ZHUOMA, ""},
        {2, ZHUOMA, NOBODY, "person_by_one"},
        {2, NOBODY, ZHUOMA, "person_by_one"},
        {2, ZHUOMA, ZHUOMA, "person_by_one"},
        {2, ZHUOMA, EVE, "person_by_stranger"},
        {2, NOBODY, NOBODY, "person_unsigned"},
        {2, MALLORY, EVE, "person_by_stranger"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = open_world(cases[i].founders);

        expect_person(world, LI, "maker", cases[i].first, cases[i].second, cases[i].why);
        close_world(world);
    }
}

/* What is asked for is two admins: the roles of makers and checkers are those of documents. */
static void in_whichever_role(void **state)
{
    static const enum approval_role roles[] = {ROLE_MAKER, ROLE_CHECKER};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        struct world *world = open_world(2);

        add_person(world, LI, "maker");
        sign(world, roles[i], &world->keys[ZHUOMA]);
        sign(world, roles[i], &world->keys[WANGDUI]);
        judge(world);
        assert_string_equal(world->why[0], "");
        add_person(world, LI, "checker");
        sign(world, roles[i], &world->keys[ZHUOMA]);
        sign(world, roles[i], &world->keys[ZHUOMA]);
        judge(world);
        assert_string_equal(world->why[0], "person_by_one");
        close_world(world);
    }
}

static struct world *open_office(void)
{
    struct world *world = open_world(2);

    expect_person(world, LI, "maker", ZHUOMA, WANGDUI, "");
    expect_person(world, WANG, "checker", ZHUOMA, WANGDUI, "");
    return world;
}

static void who_may_approve(void **state)
{
    static const struct {
        enum who maker, checker;
        const char *why;
    } cases[] = {
        {LI, WANG, ""},
        {LI, NOBODY, "approval_no_checker"},
        {NOBODY, WANG, "approval_no_maker"},
        {LI, LI, "approval_one_person"},
        {WANG, LI, "signer_unknown"}, /* in each other's role */
        {ZHUOMA, WANG, "signer_unknown"},
        {LI, WANGDUI, "signer_unknown"}, /* an admin is no checker */
        {MALLORY, EVE, "signer_unknown"},
        {LI, EVE, "signer_unknown"},
    };
    struct world *world = open_office();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        expect_approval(world, cases[i].maker, cases[i].checker, cases[i].why);
    }
    close_world(world);
}

/* Whoever holds the node's key makes up two persons and lets them approve: neither is anybody. */
static void made_up_persons_approve_nothing(void **state)
{
    struct world *world = open_office();

    (void)state;
    expect_person(world, MALLORY, "maker", NOBODY, NOBODY, "person_unsigned");
    expect_person(world, EVE, "checker", NOBODY, NOBODY, "person_unsigned");
    expect_approval(world, MALLORY, EVE, "signer_unknown");
    expect_person(world, MALLORY, "admin", MALLORY, EVE, "person_by_stranger");
    expect_person(world, EVE, "checker", MALLORY, NOBODY, "person_by_stranger");
    expect_approval(world, LI, EVE, "signer_unknown");
    expect_approval(world, LI, WANG, ""); /* and the others go on */
    close_world(world);
}

/* An entry of the same block names him before; one behind does not. */
static void what_is_said_before_counts_within_a_block(void **state)
{
    struct world *world = open_office();

    (void)state;
    add_document(world);
    sign(world, ROLE_MAKER, &world->keys[LI]);
    sign(world, ROLE_CHECKER, &world->keys[EVE]);
    add_person(world, EVE, "checker");
    sign(world, ROLE_MAKER, &world->keys[ZHUOMA]);
    sign(world, ROLE_CHECKER, &world->keys[WANGDUI]);
    add_document(world);
    sign(world, ROLE_MAKER, &world->keys[LI]);
    sign(world, ROLE_CHECKER, &world->keys[EVE]);
    judge(world);
    assert_string_equal(world->why[0], "signer_unknown");
    assert_string_equal(world->why[1], "");
    assert_string_equal(world->why[2], "");
    close_world(world);
}

/* An end, another key of the same person, and a renewed one. */
static void keys_end_and_are_renewed(void **state)
{
    struct world *world = open_office();

    (void)state;
    add_person_key(world, LI, &world->second_key, "checker", true);
    sign(world, ROLE_MAKER, &world->keys[ZHUOMA]);
    sign(world, ROLE_CHECKER, &world->keys[WANGDUI]);
    judge(world);
    assert_string_equal(world->why[0], "");
    add_document(world);
    sign(world, ROLE_MAKER, &world->keys[LI]);
    sign(world, ROLE_CHECKER, &world->second_key);
    judge(world);
    assert_string_equal(world->why[0], "approval_one_person");
    add_person_key(world, LI, &world->keys[LI], "maker", false);
    sign(world, ROLE_MAKER, &world->keys[ZHUOMA]);
    judge(world);
    assert_string_equal(world->why[0], "person_by_one"); /* one admin ends nobody */
    expect_approval(world, LI, WANG, "");
    add_person_key(world, LI, &world->keys[LI], "maker", false);
    sign(world, ROLE_MAKER, &world->keys[ZHUOMA]);
    sign(world, ROLE_CHECKER, &world->keys[WANGDUI]);
    add_person_key(world, LI, &world->second_key, "maker", true);
    sign(world, ROLE_MAKER, &world->keys[ZHUOMA]);
    sign(world, ROLE_CHECKER, &world->keys[WANGDUI]);
    judge(world);
    assert_string_equal(world->why[0], "");
    assert_string_equal(world->why[1], "");
    expect_approval(world, LI, WANG, "signer_unknown");
    add_document(world);
    sign(world, ROLE_MAKER, &world->second_key);
    sign(world, ROLE_CHECKER, &world->keys[WANG]);
    judge(world);
    assert_string_equal(world->why[0], "");
    close_world(world);
}

/* Nobody but its own person ends a key alone, and nobody an admin's. */
static void a_person_ends_a_key_of_his_own(void **state)
{
    static const struct {
        enum who ended, signer;
        const char *why;
    } cases[] = {
        {WANG, LI, "person_by_stranger"},
        {WANG, MALLORY, "person_by_stranger"},
        {WANG, ZHUOMA, "person_by_one"},
        {ZHUOMA, ZHUOMA, "person_by_one"}, /* else one admin were left, who makes others alone */
        {LI, LI, ""},
        {LI, LI, "person_by_stranger"}, /* ended, he says nothing more */
    };
    struct world *world = open_office();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        add_person_key(world, cases[i].ended, &world->keys[cases[i].ended], "maker", false);
        sign(world, ROLE_MAKER, &world->keys[cases[i].signer]);
        judge(world);
        assert_string_equal(world->why[0], cases[i].why);
    }
    expect_approval(world, LI, WANG, "signer_unknown");
    add_person_key(world, WANG, &world->keys[WANG], "checker", true); /* by nobody but himself */
    sign(world, ROLE_MAKER, &world->keys[WANG]);
    judge(world);
    assert_string_equal(world->why[0], "person_by_stranger");
    close_world(world);
}

/* From one admin to two, and back: as many sign as there are. */
static void admins_come_and_go(void **state)
{
    struct world *world = open_world(1);

    (void)state;
    expect_person(world, WANGDUI, "admin", ZHUOMA, NOBODY, "");
    assert_int_equal(person_chain_admins(&world->chain, UINT64_MAX), 2);
    expect_person(world, LI, "maker", ZHUOMA, NOBODY, "person_by_one");
    expect_person(world, LI, "maker", ZHUOMA, WANGDUI, "");
    add_person_key(world, ZHUOMA, &world->keys[ZHUOMA], "admin", false);
    sign(world, ROLE_MAKER, &world->keys[ZHUOMA]);
    sign(world, ROLE_CHECKER, &world->keys[WANGDUI]);
    judge(world);
    assert_string_equal(world->why[0], "");
    assert_int_equal(person_chain_admins(&world->chain, UINT64_MAX), 1);
    expect_person(world, WANG, "checker", ZHUOMA, NOBODY, "person_by_stranger");
    expect_person(world, WANG, "checker", WANGDUI, NOBODY, "");
    close_world(world);
}

/* An approval of one epoch does not hold in the next, and other founders begin anew. */
static void an_epoch_with_other_founders_begins_anew(void **state)
{
    struct world *world = open_office();
    struct approval_group old[2];

    (void)state;
    add_document(world);
    sign(world, ROLE_MAKER, &world->keys[LI]);
    sign(world, ROLE_CHECKER, &world->keys[WANG]);
    memcpy(old, world->groups, sizeof old);
    judge(world);
    assert_string_equal(world->why[0], "");
    world->epoch = 2;
    add_document(world);
    memcpy(world->groups, old, sizeof old);
    world->body.group_count = 2;
    judge(world);
    assert_string_equal(world->why[0], "approval_maker_wrong");
    grant_epoch(world, 2, 1, MALLORY);
    person_chain_free(&world->chain);
    person_chain_begin(&world->chain, world->roster, county, 2);
    assert_int_equal(world->chain.first_epoch, 2);
    expect_approval(world, LI, WANG, "signer_unknown");
    expect_person(world, LI, "maker", ZHUOMA, WANGDUI, "person_by_stranger");
    expect_person(world, LI, "maker", MALLORY, NOBODY, "");
    close_world(world);
}

/* A signature over many entries costs one verification, in whatever pieces it comes. */
static void a_batch_costs_two_verifications(void **state)
{
    struct world *world = open_office();
    const uint64_t before = world->judge.verified;

    (void)state;
    for (int i = 0; i < 40; i++) {
        expect_approval(world, LI, WANG, "");
    }
    assert_int_equal(world->judge.verified - before, 2);
    close_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_name_a_person),
        cmocka_unit_test(in_whichever_role),
        cmocka_unit_test(who_may_approve),
        cmocka_unit_test(made_up_persons_approve_nothing),
        cmocka_unit_test(what_is_said_before_counts_within_a_block),
        cmocka_unit_test(keys_end_and_are_renewed),
        cmocka_unit_test(a_person_ends_a_key_of_his_own),
        cmocka_unit_test(admins_come_and_go),
        cmocka_unit_test(an_epoch_with_other_founders_begins_anew),
        cmocka_unit_test(a_batch_costs_two_verifications),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
