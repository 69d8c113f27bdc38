/* test_seam - what the node asks of its replicator where there is nothing to tell: of nobody, of
 * the root, of a neighbour that is none, with a chain that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/ancestors.h"
#include "replicator/core.h"
#include "replicator/former_keys.h"
#include "world.h"

static struct world world;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static struct replicator *at(int place)
{
    return world.at[place].replicator;
}

static void a_log_is_wanted_from_above_alone(void **state)
{
    static const struct {
        int place;
        const char *code;
        enum status status;
    } cases[] = {
        {CITY, "K1", OK},
        {CITY, "K9", ERR_NOT_FOUND},   /* nobody's */
        {CITY, "C1", ERR_NOT_FOUND},   /* its own */
        {CITY, "R", ERR_NOT_FOUND},    /* not from below */
        {REGION, "C1", ERR_NOT_FOUND}, /* above whom is nobody */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct division division = division_of(cases[i].code);

        assert_false(replicator_wants(at(cases[i].place), division));
        if (replicator_want(at(cases[i].place), division, &err) != cases[i].status) {
            fail_msg("case %zu: %s", i, err.text);
        }
        assert_int_equal(replicator_wants(at(cases[i].place), division), cases[i].status == OK);
    }
}

/* Whether an ancestor holds more of a log than the parent is asked before a recovery is granted. */
static void an_end_is_checked_against_what_is_held_above(void **state)
{
    const struct division county = division_of("K1");

    (void)state;
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "one");
    world_run(&world, 3000);
    assert_int_equal(replicator_check_end(at(REGION), division_of("C1"), 0, &err), OK);
    assert_int_equal(replicator_check_end(at(CITY), division_of("K9"), 0, &err), OK);
    assert_int_equal(replicator_check_end(at(CITY), division_of("R"), 0, &err), OK);
    assert_int_equal(replicator_check_end(at(CITY), county, 0, &err), OK);
    assert_int_equal(replicator_check_end(at(CITY), county, 1, &err), OK);
    assert_false(replicator_wants(at(CITY), county));
    place_kill(&world.at[REGION]);
    replicator_connection_ended(at(CITY), division_of("R"));
    assert_int_equal(replicator_check_end(at(CITY), county, 1, &err), OK); /* it kept its own */
    assert_int_equal(replicator_check_end(at(CITY), county, 0, &err), ERR_NOT_YET);
    assert_non_null(strstr(err.text, "recover_asks_above"));
    place_revive(&world.at[REGION]);
}

static bool count_alarms(const struct place *place)
{
    return place->alarm_count > 0;
}

static void a_neighbour_that_is_none_is_told(void **state)
{
    struct replicator *city = at(CITY);
    const struct division nobody = division_of("K9");
    const int changes = world.at[CITY].link_changes;
    struct log_head head = {.lsn = 7};

    (void)state;
    assert_int_equal(replicator_backlog(city, nobody, 9, NULL, NULL, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "no_neighbour"));
    assert_int_equal(replicator_pause(city, world.at[CITY].txn, nobody, true, &err), ERR_NOT_FOUND);
    assert_false(replicator_head(city, nobody, true, &head));
    assert_int_equal(head.lsn, 0);
    replicator_connection_ended(city, nobody);
    replicator_receive(city, world.at[CITY].txn, nobody, bytes_text("noise"));
    assert_int_equal(world.at[CITY].link_changes, changes);
    assert_false(count_alarms(&world.at[CITY]));
}

/* Noise over a link is refused, and the link goes on; said again it ends nothing twice. */
static void noise_over_a_link_is_refused(void **state)
{
    struct replicator *city = at(CITY);
    struct peer_status status;

    (void)state;
    replicator_receive(city, world.at[CITY].txn, division_of("K1"), bytes_text("noise"));
    for (size_t i = 0; i < replicator_peers(city); i++) {
        replicator_peer_link(city, i, &status);
        assert_int_equal(status.frames_refused, division_equal(status.division, division_of("K1")));
    }
    replicator_connection_ended(city, division_of("K1"));
    replicator_connection_ended(city, division_of("K1")); /* it is over already */
    world_run(&world, 30000);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "after it");
    world_run(&world, 10000);
    assert_true(place_heard(&world.at[REGION], "K1/after it"));
}

/* --- the root --- */

static void a_root_has_nobody_above(void **state)
{
    struct replicator *root = at(REGION);
    const uint64_t next_lsn = replicator_next_lsn(root);
    struct ancestor_call call;
    struct served_status served;
    uint64_t entries = 9, oldest = 9;

    (void)state;
    assert_true(replicator_parent_answered(root));
    assert_true(division_is_none(replicator_parent(root)));
    replicator_parent_lag(root, &entries, &oldest);
    assert_true(entries == 0 && oldest == 0);
    replicator_introduce(root, world.at[REGION].txn); /* it lost nothing */
    assert_true(replicator_next_lsn(root) == next_lsn);
    assert_false(replicator_dials(root, &call));
    replicator_served(root, &served);
    assert_true(division_is_none(served.by));
}

/* The trust key's word, of this root, or it is not taken. */
static void what_is_no_epoch_of_this_root_is_not_taken(void **state)
{
    struct place *region = &world.at[REGION];
    struct grant grant = roster_root(replicator_roster(region->replicator))->grant;
    struct buf sealed = BUF_EMPTY;
    const uint64_t next_lsn = replicator_next_lsn(region->replicator);

    (void)state;
    assert_int_equal(
        replicator_take_root(region->replicator, region->txn, bytes_text("noise"), &err),
        ERR_MALFORMED);
    grant.epoch = 2;
    grant_seal(&sealed, &grant, every_code(), &world.at[CITY].key); /* not by the trust key */
    assert_int_equal(
        replicator_take_root(region->replicator, region->txn, buf_bytes(&sealed), &err),
        ERR_REFUSED);
    for (int i = 0; i < 2; i++) {
        struct grant other = grant;

        other.division = i == 0 ? division_of("C2") : other.division;
        other.parent = i == 0 ? DIVISION_NONE : division_of("C2");
        buf_clear(&sealed);
        grant_seal(&sealed, &other, every_code(), &world.trust.key);
        assert_int_equal(
            replicator_take_root(region->replicator, region->txn, buf_bytes(&sealed), &err),
            ERR_REFUSED);
        assert_non_null(strstr(err.text, "trust_not_this_root"));
    }
    assert_true(replicator_next_lsn(region->replicator) == next_lsn);
    buf_free(&sealed);
}

/* --- opening --- */

/* The chain that a node was let in with is its word for who is above it. */
static void a_chain_that_is_none_opens_nothing(void **state)
{
    struct place *county = &world.at[COUNTY];
    struct replicator_config config = place_config(county);
    struct replicator *opened;
    struct bytes chain[2];
    struct store empty;
    struct txn *txn;

    (void)state;
    place_kill(county);
    empty = county->store;
    config.store = &empty;
    txn = txn_open(&empty, NULL);
    chain[0] = buf_bytes(&world.at[REGION].sealed);
    chain[1] = bytes_text("noise");
    assert_int_equal(replicator_open(&opened, &config, txn, chain, 2, &err), ERR_MALFORMED);
    assert_non_null(strstr(err.text, "enrolment_grant"));
    assert_non_null(strstr(err.text, "index=2"));
    assert_null(opened);
    assert_int_equal(txn_changes(txn), 0);
    txn_free(txn);
    place_revive(county);
    world_run(&world, 5000);
}

/* --- calls --- */

/* An answer that says nothing about who has one's place changes nothing. */
static void an_answer_that_tells_nothing_is_passed_over(void **state)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct place *county = &world.at[COUNTY];
    struct usurped usurped;
    struct buf raw = BUF_EMPTY;

    (void)state;
    frame_encode(&raw, &frame);
    replicator_called(county->replicator, county->txn, division_of("R"), bytes_text("noise"));
    replicator_called(county->replicator, county->txn, division_of("R"), buf_bytes(&raw));
    replicator_usurped(county->replicator, &usurped);
    assert_int_equal(usurped.epoch, 0);
    assert_int_equal(txn_changes(county->txn), 0);
    buf_free(&raw);
}

/* What one frame can show of alarms is bounded: the rest is found again. */
static void findings_of_one_frame_are_bounded(void **state)
{
    struct findings findings = {.at = NULL};

    (void)state;
    for (int i = 0; i < FINDINGS_ALARMS_MAX + 9; i++) {
        findings_alarm(&findings, ALARM_CORRUPT, division_of("K1"), "x number=%d", i);
    }
    findings_note(&findings, FOUND_MEMBER, division_of("K1"), 1);
    assert_int_equal(findings.count, FINDINGS_ALARMS_MAX + 1);
    assert_int_equal(findings.at[FINDINGS_ALARMS_MAX].kind, FOUND_MEMBER);
    findings_clear(&findings);
    findings_alarm(&findings, ALARM_CORRUPT, division_of("K1"), "x");
    assert_int_equal(findings.count, 1);
    findings_free(&findings);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_log_is_wanted_from_above_alone),
        STORY(an_end_is_checked_against_what_is_held_above),
        STORY(a_neighbour_that_is_none_is_told),
        STORY(noise_over_a_link_is_refused),
        STORY(a_root_has_nobody_above),
        STORY(what_is_no_epoch_of_this_root_is_not_taken),
        STORY(a_chain_that_is_none_opens_nothing),
        STORY(an_answer_that_tells_nothing_is_passed_over),
        STORY(findings_of_one_frame_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
