/* test_strangers - frames of who has no session here, of versions nobody speaks, and blocks of
 * authors nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"

enum { CREDIT = 64 << 20, AUTHORS = 300, AUTHORS_NAMED = 256 };

static struct puppet puppet; /* the region is real */

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static struct peer_status peer_of(const char *division)
{
    struct peer_status status = {.state = PEER_STATES};

    for (size_t i = 0; i < replicator_peers(puppet.real->replicator); i++) {
        replicator_peer(puppet.real->replicator, i, &status);
        if (strcmp(status.division.code, division) == 0) {
            return status;
        }
    }
    return (struct peer_status){.state = PEER_STATES};
}

static void greet_as(const char *division, uint64_t session)
{
    puppet.played = division_of(division);
    puppet_hello(&puppet, session, CREDIT);
    puppet_commit(&puppet, true);
}

/* Only those below are greeted, and of them none that is revoked. */
static void who_is_not_below_gets_no_link(void **state)
{
    static const struct {
        const char *division;
        bool revoked, linked;
    } rows[] = {
        {"K9", false, false}, {"R", false, false}, {"K1", true, false}, {"K1", false, true}};

    world_run(&puppet.world, 3000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct place *region = &puppet.world.at[REGION];
        const size_t before = replicator_peers(region->replicator);
        struct revocation said;
        struct err err;

        if (rows[i].revoked) {
            assert_int_equal(replicator_revoke(region->replicator, region->txn, division_of("K1"),
                                               "gone", &said, &err),
                             OK);
            puppet_commit(&puppet, true);
        }
        greet_as(rows[i].division, SESSION);
        if ((replicator_peers(region->replicator) > before) != rows[i].linked) {
            fail_msg("row %zu", i);
        }
        assert_int_equal(region->alarm_count, 0);
        (void)tear_down(state);
        (void)set_up(state);
        world_run(&puppet.world, 3000);
    }
    puppet_play(&puppet, CITY, REGION); /* nor is a sibling, or who is above one's parent */
    greet_as("C2", SESSION);
    assert_null(puppet_next(&puppet));
    puppet_play(&puppet, COUNTY, REGION);
    greet_as("R", SESSION);
    assert_null(puppet_next(&puppet));
}

static void send_hello(Terrace__Hello *hello, uint64_t session)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    hello->has_version_min = hello->has_version_max = hello->has_credit = hello->has_unix_ms = 1;
    hello->credit = CREDIT;
    hello->unix_ms = puppet.world.hand.now_ms;
    frame.has_session = 1;
    frame.session = session;
    frame.hello = hello;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* It hears so each time; once it speaks what is spoken here, that is over. */
static void a_version_nobody_speaks_is_told_each_time(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        Terrace__Hello hello = TERRACE__HELLO__INIT;
        const Terrace__Frame *frame;

        hello.version_min = i == 2 ? PROTOCOL_VERSION_MIN : PROTOCOL_VERSION_MAX + 1;
        hello.version_max = PROTOCOL_VERSION_MAX + 1;
        send_hello(&hello, SESSION + i);
        assert_int_equal(peer_of("C1").state, i == 2 ? PEER_LIVE : PEER_REFUSED);
        assert_int_equal(place_alarmed(puppet.real, ALARM_INCOMPATIBLE), i != 2);
        frame = puppet_await(&puppet, i == 2 ? has_welcome : has_restart);
        assert_non_null(frame);
        if (i != 2) {
            assert_int_equal(frame->restart, ERR_NEEDS_UPGRADE);
        }
    }
}

/* "I do not ask for my log" is as good as saying nothing of it. */
static void who_asks_for_nothing_back_gets_nothing_back(void **state)
{
    struct written log = {0, {{0}}, 0};
    struct buf block = draft_write(&puppet, CITY, &log, "said");
    Terrace__Frame *frame;

    (void)state;
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    while (puppet_next(&puppet) != NULL) {
    }
    puppet_send_block(&puppet, SESSION, buf_bytes(&block));
    puppet_commit(&puppet, true);
    assert_int_equal(place_head(puppet.real, "C1").lsn, 1);
    for (int asks = 0; asks < 2; asks++) {
        Terrace__Hello hello = TERRACE__HELLO__INIT;
        bool comes_back = false;

        hello.version_min = PROTOCOL_VERSION_MIN;
        hello.version_max = PROTOCOL_VERSION_MAX;
        hello.has_own_log = 1;
        hello.own_log = (uint32_t)asks;
        send_hello(&hello, SESSION + 1 + (uint64_t)asks);
        while ((frame = puppet_next(&puppet)) != NULL) {
            for (size_t i = 0; frame->blocks != NULL && i < frame->blocks->n_block; i++) {
                comes_back |= bytes_equal(bytes_of_pb(frame->blocks->block[i]), buf_bytes(&block));
            }
        }
        assert_int_equal(comes_back, asks);
    }
    buf_free(&block);
}

/* What became of a key is for those above to say. */
static void a_child_says_of_nobody_that_he_is_superseded(void **state)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;
    static const uint8_t key[32];

    (void)state;
    puppet_play(&puppet, CITY, COUNTY);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    said.has_by = 1;
    said.by = pb_of_text("R");
    frame.has_session = 1;
    frame.session = SESSION;
    frame.superseded = &said;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    assert_false(place_alarmed_ever(puppet.real, ALARM_REVOKED));
    replicator_heard_under(puppet.real->replicator, key, division_of("K9")); /* whom nobody knows */
    assert_int_equal(puppet.real->alarm_count, 0);
}

/* What a division that said nothing ends with, and one whose recovery begins at nothing. */
static void who_wrote_nothing_is_over_at_nothing(void **state)
{
    struct place *region = puppet.real, *city = &puppet.world.at[CITY];
    struct grant grant;
    struct revocation said;
    struct sign_key key;
    struct err err;

    (void)state;
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("C2"), "gone", &said, &err),
        OK);
    assert_int_equal(said.lsn, 0);
    assert_int_equal(said.first_epoch, 1);
    world_run(&puppet.world, 3000);
    grant = roster_find(replicator_roster(city->replicator), division_of("K1"))->grant;
    grant.epoch = 2;
    sign_key_generate(&key);
    grant_certify(&grant, &puppet.world.trust.tree, &key);
    assert_int_equal(replicator_grant(city->replicator, city->txn, &grant, every_code(), &err), OK);
    world_run(&puppet.world, 3000);
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("K1"), "no", &said, &err),
        OK);
    assert_int_equal(said.first_epoch,
                     2); /* no to the recovery, which the region had not confirmed */
    assert_int_equal(said.epoch, 0);
    assert_int_equal(said.lsn, 0);
}

/* --- blocks of who is not known --- */

/* An Ack names so many of them; what more there are waits for the next session. */
static void only_so_many_unknown_authors_are_named(void **state)
{
    const struct written log = {0, {{0}}, 0};
    size_t named = 0;
    Terrace__Frame *frame;

    (void)state;
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    while (puppet_next(&puppet) != NULL) {
    }
    for (int i = 0; i < AUTHORS; i++) {
        struct draft draft = draft_next(&puppet, CITY, &log, "said");
        struct buf block = BUF_EMPTY;

        (void)snprintf(draft.header.author.code, sizeof draft.header.author.code, "K%d", 1000 + i);
        draft.header.audience.division = draft.header.author;
        (void)draft_finish(&block, &draft);
        puppet_send_block(&puppet, SESSION, buf_bytes(&block));
        puppet_send_block(&puppet, SESSION, buf_bytes(&block)); /* each is named once */
        buf_free(&block);
    }
    puppet_commit(&puppet, true);
    while ((frame = puppet_next(&puppet)) != NULL) {
        named += frame->ack == NULL ? 0 : frame->ack->n_not_yet;
    }
    assert_int_equal(named, AUTHORS_NAMED);
    assert_int_equal(peer_of("C1").state, PEER_LIVE);
}

/* While there is no room, a block that is held takes none; all others come later. */
static void a_full_disk_puts_off_what_it_does_not_hold(void **state)
{
    struct written log = {0, {{0}}, 0};
    struct buf held = draft_write(&puppet, CITY, &log, "held"),
               next = draft_write(&puppet, CITY, &log, "next"), unknown = BUF_EMPTY;
    struct draft draft = draft_next(&puppet, CITY, &log, "of nobody");
    const struct buf *const blocks[] = {&held, &next, &unknown};

    (void)state;
    draft.header.author = draft.header.audience.division = division_of("K9");
    (void)draft_finish(&unknown, &draft);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    while (puppet_next(&puppet) != NULL) {
    }
    puppet_send_block(&puppet, SESSION, buf_bytes(&held));
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_held));
    replicator_withhold(puppet.real->replicator, true);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        const Terrace__Frame *frame;

        puppet_send_block(&puppet, SESSION, buf_bytes(blocks[i]));
        puppet_commit(&puppet, true);
        frame = puppet_await(&puppet, i == 0 ? has_held : has_not_yet);
        if (frame == NULL) {
            fail_msg("block %zu is not told of", i);
        }
    }
    assert_int_equal(place_head(puppet.real, "C1").lsn, 1);
    buf_free(&held);
    buf_free(&next);
    buf_free(&unknown);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(who_is_not_below_gets_no_link),
        STORY(a_version_nobody_speaks_is_told_each_time),
        STORY(who_asks_for_nothing_back_gets_nothing_back),
        STORY(a_child_says_of_nobody_that_he_is_superseded),
        STORY(who_wrote_nothing_is_over_at_nothing),
        STORY(only_so_many_unknown_authors_are_named),
        STORY(a_full_disk_puts_off_what_it_does_not_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
