/* test_grants - what a child may grant through its log, and what that may cost: a real region, and
 * a puppet for its city. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/core.h"
#include "replicator/log/heads.h"
#include "replicator/log/sealing.h"

enum { CREDIT = 64 << 20, BLOCK_GRANTS = 64, SUBTREE_MEMBERS = 1024 };

static struct puppet puppet;
static struct written city_log;
static struct buf sealed[BLOCK_GRANTS + 1];
static unsigned granted;    /* a code and a link key for each */
static uint32_t first_kind; /* of the blocks that are brought; 0: grants alone */
static uint32_t epoch;      /* of these; 0: the first */
static bool ticks;          /* in the turn that takes them */

static int set_up(void **state)
{
    (void)state;
    memset(&city_log, 0, sizeof city_log);
    granted = 0;
    first_kind = 0;
    epoch = 0;
    ticks = false;
    puppet_begin(&puppet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sealed); i++) {
        buf_free(&sealed[i]);
    }
    puppet_end(&puppet);
    return 0;
}

static struct division code_of(unsigned number)
{
    char code[DIVISION_CODE_MAX + 1];

    (void)snprintf(code, sizeof code, "N%u", number % 100000);
    return division_of(code);
}

static void begin(uint32_t blocks_per_second)
{
    puppet.real->limits.child_blocks_per_second = blocks_per_second;
    place_close(puppet.real);
    place_open(puppet.real);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_welcome));
}

/* A grant of the next division by `granter`, true in all else. */
static void grant_next(struct buf *out, int granter)
{
    const struct place *above = &puppet.world.at[granter];
    struct grant grant = {
        .epoch = 1, .division = code_of(++granted), .parent = above->division, .name = "N"};

    (void)snprintf((char *)grant.curve_key, sizeof grant.curve_key, "link key %u", granted);
    grant_certify(&grant, &puppet.world.trust.tree, &puppet.world.at[SIBLING].key);
    buf_clear(out);
    grant_seal(out, &grant, every_code(), &above->key);
}

static const struct member *last_granted(void)
{
    return roster_find(replicator_roster(puppet.real->replicator), code_of(granted));
}

static uint64_t held(void)
{
    struct log_head head;

    (void)replicator_head(puppet.real->replicator, division_of("C1"), false, &head);
    return head.lsn;
}

/* The city's next block carries the first `count` of `sealed`. True: it was taken. */
static bool bring(uint32_t count)
{
    struct draft draft = draft_next(&puppet, CITY, &city_log, NULL);
    struct buf whole = BUF_EMPTY;
    struct hash hash;

    draft.grants = sealed;
    draft.first_kind = first_kind;
    draft.header.count = count;
    draft.header.epoch = epoch == 0 ? draft.header.epoch : epoch;
    hash = draft_finish(&whole, &draft);
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
    if (ticks) {
        replicator_tick(puppet.real->replicator, puppet.real->txn);
    }
    puppet_commit(&puppet, true);
    buf_free(&whole);
    if (held() != city_log.lsn + count) {
        return false;
    }
    city_log = (struct written){held(), hash, city_log.seq + 1};
    return true;
}

static bool bring_new(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        grant_next(&sealed[i], CITY);
    }
    return bring(count);
}

static void a_log_carries_what_its_author_granted(void **state)
{
    (void)state;
    begin(0);
    grant_next(&sealed[0], REGION); /* with its true signature, but in the city's log */
    assert_true(bring(1));
    assert_null(last_granted());
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    assert_true(bring_new(1));
    assert_non_null(last_granted());
}

static void a_block_carries_few_grants(void **state)
{
    Terrace__Frame *frame;

    (void)state;
    begin(0);
    assert_true(bring_new(BLOCK_GRANTS));
    assert_false(bring_new(BLOCK_GRANTS + 1));
    assert_null(last_granted());
    frame = puppet_await(&puppet, has_reject);
    assert_non_null(frame);
    assert_int_equal(frame->reject->reason, ERR_LIMIT);
    assert_true(bring_new(1)); /* and the log goes on */
}

static void a_grant_costs_as_much_as_a_block(void **state)
{
    (void)state;
    begin(10); /* a burst of a hundred */
    assert_true(bring_new(BLOCK_GRANTS));
    assert_false(place_alarmed(puppet.real, ALARM_LIMIT));
    assert_true(bring_new(BLOCK_GRANTS));
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
}

static void a_subtree_has_its_share_of_the_roster(void **state)
{
    const struct roster *roster;
    size_t count;

    (void)state;
    begin(0);
    roster = replicator_roster(puppet.real->replicator);
    count = roster_count(roster);
    for (int i = 0; i < SUBTREE_MEMBERS / BLOCK_GRANTS; i++) {
        assert_true(bring_new(BLOCK_GRANTS));
    }
    assert_int_equal(roster_count(roster), count + SUBTREE_MEMBERS);
    assert_int_equal(roster_find(roster, division_of("C1"))->below, SUBTREE_MEMBERS);
    assert_int_equal(roster_root(roster)->below, roster_count(roster) - 1);
    assert_false(place_alarmed(puppet.real, ALARM_LIMIT));
    assert_true(bring_new(1));
    assert_null(last_granted());
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    assert_false(place_alarmed(puppet.real, ALARM_BAD_GRANT));
}

/* --- what its author may give --- */

/* The city's next epoch, with another list, to which its key agrees. */
static void amend_city(const char *list)
{
    struct replicator *replicator = puppet.real->replicator;
    struct grant grant = roster_find(replicator_roster(replicator), division_of("C1"))->grant;
    struct grant_terms terms = {.founder_count = 0};
    struct err err;

    assert_true(reach_parse(&terms.may_grant, bytes_text(list)));
    grant.epoch++;
    consent(&terms, &grant, &puppet.world.at[CITY].key);
    assert_int_equal(replicator_grant(replicator, puppet.real->txn, &grant, &terms, &err), OK);
}

static void grant_by_region(const char *code)
{
    struct grant grant = first_grant(division_of(code), puppet.real->division);
    struct err err;

    grant_certify(&grant, &puppet.world.trust.tree, &puppet.world.at[SIBLING].key);
    assert_int_equal(replicator_grant(puppet.real->replicator, puppet.real->txn, &grant,
                                      &(struct grant_terms){.founder_count = 0}, &err),
                     OK);
}

/* A grant of `code` by the city's key, under one of its lists. */
static void grant_under(struct buf *out, const char *code, uint32_t granter_epoch)
{
    struct grant grant = first_grant(division_of(code), division_of("C1"));

    grant.granter_epoch = granter_epoch;
    grant_certify(&grant, &puppet.world.trust.tree, &puppet.world.at[SIBLING].key);
    buf_clear(out);
    grant_seal(out, &grant, &(struct grant_terms){.founder_count = 0}, &puppet.world.at[CITY].key);
}

static void a_grant_counts_by_the_epoch_of_its_block(void **state)
{
    static const struct {
        const char *name, *code;
        uint32_t block, granter_epoch;
        bool taken;
    } cases[] = {
        {"under the first list", "X1", 1, 1, true},
        {"under a list that it will have", "N2", 1, 2, false},
        {"under the list of now", "N3", 2, 2, true},
        {"beyond the list of now", "X4", 2, 2, false},
        {"under an earlier list", "X5", 2, 1, false},
        {"under one that it never had", "N6", 2, 3, false},
    };

    (void)state;
    begin(0);
    amend_city("N*");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const size_t alarms = puppet.real->alarm_count;

        epoch = cases[i].block;
        grant_under(&sealed[0], cases[i].code, cases[i].granter_epoch);
        assert_true(bring(1)); /* the block is held in any case: it is evidence */
        if ((roster_find(replicator_roster(puppet.real->replicator), division_of(cases[i].code)) !=
             NULL) != cases[i].taken ||
            (puppet.real->alarm_count > alarms && cases[i].taken)) {
            fail_msg("%s", cases[i].name);
        }
    }
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT));
}

/* A code of another city: it is there already, is not cut off, and its blocks come only from it. */
static void a_squatter_gets_nothing_and_the_real_one_goes_on(void **state)
{
    const struct roster *roster;
    Terrace__Frame *frame;
    struct buf whole = BUF_EMPTY;
    struct draft false_one;

    (void)state;
    begin(0);
    roster = replicator_roster(puppet.real->replicator);
    amend_city("K*");
    epoch = 2;
    grant_under(&sealed[0], "C2", 2);
    assert_true(bring(1));
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    assert_false(place_alarmed(puppet.real, ALARM_DIVISION_TAKEN));
    assert_true(
        division_equal(roster_find(roster, division_of("C2"))->grant.parent, division_of("R")));
    assert_memory_equal(&roster_find(roster, division_of("C2"))->grant.sign_key,
                        &puppet.world.at[SIBLING].key.public, PUBLIC_KEY_SIZE);

    assert_true(division_equal(roster_next_hop(roster, division_of("R"), division_of("C2")),
                               division_of("C2"))); /* where the region's transfers go */

    false_one = draft_next(&puppet, SIBLING, &(struct written){0, HASH_ZERO}, "squatted");
    (void)draft_finish(&whole, &false_one);
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole)); /* over the city's link */
    puppet_commit(&puppet, true);
    frame = puppet_await(&puppet, has_reject);
    assert_non_null(frame);
    assert_int_equal(frame->reject->reason, ERR_REFUSED);
    assert_int_equal(place_head(puppet.real, "C2").lsn, 0);
    buf_free(&whole);
}

/* A grant of `code` by the holder of `key`, who is `granter`; its own key is the last. */
static void grant_of(struct buf *out, const char *code, const char *granter,
                     const struct sign_key *key, const struct sign_key *holder)
{
    struct grant grant = first_grant(division_of(code), division_of(granter));

    (void)snprintf((char *)grant.curve_key, sizeof grant.curve_key, "%s by %s", code, granter);
    grant_certify(&grant, &puppet.world.trust.tree, holder);
    buf_clear(out);
    grant_seal(out, &grant, every_code(), key);
}

/* The next block of a log from below the city, with one grant, over its link. */
static void bring_of(const char *author, const struct sign_key *key, struct written *log)
{
    struct draft draft = draft_next(&puppet, CITY, log, NULL);
    struct buf whole = BUF_EMPTY;

    draft.key = key;
    draft.grants = sealed;
    draft.header.author = draft.header.audience.division = division_of(author);
    log->hash = draft_finish(&whole, &draft);
    log->lsn++;
    log->seq++;
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
    puppet_commit(&puppet, true);
    assert_true(place_head(puppet.real, author).lsn == log->lsn);
    buf_free(&whole);
}

/* The city and a county of its own grant X; what this node hears first is chance. */
static void of_two_granters_the_upper_stands_whichever_is_heard_first(void **state)
{
    const struct sign_key *city = &puppet.world.at[CITY].key, *middle, *x;

    (void)state;
    for (int upper_first = 0; upper_first < 2; upper_first++) {
        struct written middle_log = {.lsn = 0};

        middle = &puppet.world.at[COUNTY].key;
        x = &puppet.world.at[SIBLING].key;
        begin(0);
        grant_of(&sealed[0], "M", "C1", city, middle);
        assert_true(bring(1));
        for (int i = 0; i < 2; i++) {
            if ((i == 0) == (upper_first == 1)) {
                grant_of(&sealed[0], "X", "C1", city, x);
                assert_true(bring(1));
            } else {
                grant_of(&sealed[0], "X", "M", middle, x);
                bring_of("M", middle, &middle_log);
            }
        }
        for (int again = 0; again < 2; again++) { /* and after a start */
            const struct roster *roster = replicator_roster(puppet.real->replicator);

            assert_true(division_equal(roster_find(roster, division_of("X"))->grant.parent,
                                       division_of("C1")));
            assert_int_equal(roster_find(roster, division_of("M"))->below, 0);
            place_close(puppet.real);
            place_open(puppet.real);
        }
        (void)tear_down(state);
        (void)set_up(state);
        city = &puppet.world.at[CITY].key;
    }
}

/* Nobody but the trust key grants that, and the root goes on. */
static void a_city_with_every_code_does_not_grant_the_root(void **state)
{
    (void)state;
    begin(0);
    grant_under(&sealed[0], "R", 1);
    assert_true(bring(1));
    assert_true(place_alarmed(puppet.real, ALARM_DIVISION_TAKEN));
    assert_true(division_is_none(
        roster_find(replicator_roster(puppet.real->replicator), division_of("R"))->grant.parent));
    assert_true(bring_new(1));
    assert_non_null(last_granted());
}

/* --- what a newer version writes --- */

static bool is_member(unsigned number)
{
    return roster_find(replicator_roster(puppet.real->replicator), code_of(number)) != NULL;
}

static void restart(void)
{
    place_close(puppet.real);
    place_open(puppet.real);
    puppet_commit(&puppet, true);
}

/* The same block as a program sees it that knows its first entry: as a grant. */
static void make_known(uint64_t lsn)
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct written before = {lsn - 1, HASH_ZERO};
    struct draft draft = draft_next(&puppet, CITY, &before, NULL);

    draft.grants = sealed;
    draft.header.count = 2;
    (void)draft_finish(&whole, &draft);
    log_block_key(&key, division_of("C1"), 1, lsn);
    (void)txn_put(puppet.real->txn, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    puppet_commit(&puppet, true);
    buf_free(&whole);
    buf_free(&key);
}

/* Were a revocation passed over, what comes after it would be judged as if it had not been. */
static void a_link_kind_of_a_newer_version_is_waited_for(void **state)
{
    (void)state;
    begin(0);
    assert_true(bring_new(1));
    assert_true(is_member(1));
    first_kind = KIND_REVOKE;
    assert_true(bring_new(2)); /* held, but not read from here on */
    assert_true(place_alarmed(puppet.real, ALARM_NEEDS_UPGRADE));
    first_kind = 0;
    assert_true(bring_new(1));
    assert_false(is_member(2) || is_member(3) || is_member(4));
    assert_false(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    assert_int_equal(place_head(puppet.real, "C1").lsn, 4);
    assert_non_null(puppet_await(&puppet, has_held));

    restart(); /* without the upgrade */
    assert_false(is_member(2) || is_member(3) || is_member(4));
    assert_true(place_alarmed(puppet.real, ALARM_NEEDS_UPGRADE));
}

static void what_was_waited_for_is_read_after_the_upgrade(void **state)
{
    (void)state;
    begin(0);
    grant_next(&sealed[0], CITY);
    grant_next(&sealed[1], CITY);
    first_kind = KIND_USER_FIRST - 1; /* of a later version */
    assert_true(bring(2));
    first_kind = 0;
    assert_true(bring_new(1));
    assert_false(is_member(1) || is_member(2) || is_member(3));
    grant_next(&sealed[0], CITY); /* 4 and 5 */
    grant_next(&sealed[1], CITY);
    make_known(1);
    restart();
    assert_true(is_member(4) && is_member(5) && is_member(3));
    assert_non_null(
        heads_find(&puppet.real->replicator->logs, code_of(3))); /* its log can come now */
    begin(0);
    assert_true(bring_new(1)); /* and nothing waits any more */
    assert_non_null(last_granted());
}

/* The region grants somebody in the very turn in which that comes, and looks again at what waits.
 */
static void what_came_in_this_turn_may_be_looked_at_again(void **state)
{
    (void)state;
    begin(0);
    grant_by_region("M1");
    first_kind = KIND_USER_FIRST - 1;
    ticks = true;
    assert_true(bring_new(2));
    assert_true(place_alarmed(puppet.real, ALARM_NEEDS_UPGRADE));
    assert_false(place_alarmed_ever(puppet.real, ALARM_CORRUPT));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_log_carries_what_its_author_granted),
        STORY(a_block_carries_few_grants),
        STORY(a_grant_costs_as_much_as_a_block),
        STORY(a_subtree_has_its_share_of_the_roster),
        STORY(a_grant_counts_by_the_epoch_of_its_block),
        STORY(a_squatter_gets_nothing_and_the_real_one_goes_on),
        STORY(of_two_granters_the_upper_stands_whichever_is_heard_first),
        STORY(a_city_with_every_code_does_not_grant_the_root),
        STORY(a_link_kind_of_a_newer_version_is_waited_for),
        STORY(what_was_waited_for_is_read_after_the_upgrade),
        STORY(what_came_in_this_turn_may_be_looked_at_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
