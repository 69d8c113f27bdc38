/* test_wanting - the node above holds more of a lower log than this one: who wrote it is awaited,
 * and then it is asked for from above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/ancestors.h"
#include "replicator/trust/cosignature.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;
static struct written county; /* its log as the city holds it */
static struct buf newer;      /* its next block, which the city has not */

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

/* The city is real, its parent is played; the county's log is here up to what it said once. */
static int set_up(void **state)
{
    struct log_head head;

    (void)state;
    puppet_begin(&puppet);
    place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "first");
    world_run(&puppet.world, 5000);
    puppet_play(&puppet, CITY, REGION);
    head = place_head(puppet.real, "K1");
    assert_int_equal(head.lsn, 1);
    county = (struct written){head.lsn, head.hash, head.lsn};
    newer = draft_write(&puppet, COUNTY, &county, "newer");
    puppet_wait(&puppet, 60000); /* all sessions are over */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&newer);
    puppet_end(&puppet);
    return 0;
}

/* Its parent says that it holds the county's log up to `lsn`; returns the session. */
static uint64_t welcome(uint64_t lsn)
{
    Terrace__Position head = TERRACE__POSITION__INIT;
    uint64_t session;

    head.has_author = head.has_epoch = head.has_lsn = head.has_hash = 1;
    head.author = pb_of_bytes("K1", 2);
    head.epoch = 1;
    head.lsn = lsn;
    head.hash = pb_of_bytes(county.hash.at, HASH_SIZE);
    session = puppet_welcome_at(&puppet, CREDIT, &head);
    puppet_ack(&puppet, session, "C1", place_head(puppet.real, "C1").lsn, CREDIT);
    puppet_commit(&puppet, true);
    return session;
}

static void show(uint64_t session, const struct buf *block)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = frame.has_evidence = 1;
    frame.session = session;
    frame.evidence = pb_of_bytes(block->data, block->size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* Beats of the parent, so that the session lasts. */
static void live(uint64_t session, uint64_t ms)
{
    for (uint64_t at = 0; at < ms; at += 5000) {
        puppet_ack(&puppet, session, "C1", place_head(puppet.real, "C1").lsn, CREDIT);
        puppet_wait(&puppet, 5000);
    }
}

static const Terrace__Frame *next_hello(void)
{
    const Terrace__Frame *frame = NULL;

    for (int i = 0; i < 30 && frame == NULL; i++) {
        puppet_wait(&puppet, 100);
        frame = puppet_await(&puppet, has_hello);
    }
    assert_non_null(frame);
    return frame;
}

static void show_the_newer_block(uint64_t *session)
{
    *session = welcome(2);
    assert_non_null(puppet_await(&puppet, asks_to_show));
    show(*session, &newer);
    assert_false(place_alarmed_ever(puppet.real, ALARM_LOST_TAIL));
}

static void it_waits_for_who_wrote_it(void **state)
{
    uint64_t session;

    (void)state;
    show_the_newer_block(&session);
    live(session, 60000);
    assert_false(replicator_wants(puppet.real->replicator, division_of("K1")));
    assert_null(puppet_await(&puppet, has_hello));
}

static void what_nobody_brings_is_asked_for_from_above(void **state)
{
    const Terrace__Frame *hello;
    uint64_t session;

    (void)state;
    show_the_newer_block(&session);
    live(session, puppet.real->limits.neighbour_down_ms + 300000 + 10000);
    assert_true(replicator_wants(puppet.real->replicator, division_of("K1")));
    hello = puppet_await(&puppet, has_hello);
    assert_non_null(hello);
    assert_int_equal(hello->hello->n_wanted, 1);
    assert_memory_equal(hello->hello->wanted[0].data, "K1", 2);
    session = welcome(2);
    assert_null(puppet_await(&puppet, asks_to_show)); /* it is why it asks */
    puppet_send_block(&puppet, session, buf_bytes(&newer));
    puppet_commit(&puppet, true);
    assert_int_equal(place_head(puppet.real, "K1").lsn, 2);
    assert_int_equal(next_hello()->hello->n_wanted, 0); /* a session that asks for nothing */
    assert_false(replicator_wants(puppet.real->replicator, division_of("K1")));
    assert_false(place_alarmed_ever(puppet.real, ALARM_LOST_TAIL));
    assert_false(place_alarmed_ever(puppet.real, ALARM_FALSE_CLAIM));
}

/* Its author is there, and does not bring it: he has lost it himself. */
static void what_its_author_does_not_bring_is_asked_for_from_above(void **state)
{
    uint64_t session;

    (void)state;
    show_the_newer_block(&session);
    puppet_play(&puppet, CITY, COUNTY);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    for (int i = 0; i < 4; i++) {
        puppet_ack(&puppet, SESSION, "C1", place_head(puppet.real, "C1").lsn, CREDIT);
        puppet_ack(&puppet, SESSION, "R", place_head(puppet.real, "R").lsn, CREDIT);
        puppet_commit(&puppet, true);
        puppet_play(&puppet, CITY, REGION);
        live(session, 5000);
        puppet_play(&puppet, CITY, COUNTY);
        if (replicator_wants(puppet.real->replicator, division_of("K1")) != (i >= 2)) {
            fail_msg("after %d s", 5 * (i + 1));
        }
    }
}

/* Nobody who is revoked brings anything any more. */
static void what_a_revoked_author_has_written_is_asked_for_at_once(void **state)
{
    struct place *city = puppet.real;
    struct revocation said;
    uint64_t session;
    struct err err;

    (void)state;
    show_the_newer_block(&session);
    live(session, 5000);
    assert_false(replicator_wants(city->replicator, division_of("K1")));
    assert_int_equal(
        replicator_revoke(city->replicator, city->txn, division_of("K1"), "gone", &said, &err), OK);
    puppet_commit(&puppet, true);
    live(session, 5000);
    assert_true(replicator_wants(city->replicator, division_of("K1")));
}

/* The next step of whoever knows that a division is lost: nobody need show anything. */
static void it_is_asked_for_when_its_owner_says_so(void **state)
{
    struct err err;
    uint64_t session;

    (void)state;
    assert_int_equal(replicator_want(puppet.real->replicator, division_of("R"), &err),
                     ERR_NOT_FOUND);
    assert_int_equal(replicator_want(puppet.real->replicator, division_of("K1"), &err), OK);
    assert_int_equal(next_hello()->hello->n_wanted, 1);
    session = welcome(2);
    puppet_send_block(&puppet, session, buf_bytes(&newer));
    puppet_commit(&puppet, true);
    assert_int_equal(next_hello()->hello->n_wanted, 0);
    assert_int_equal(place_head(puppet.real, "K1").lsn, 2);
}

/* Before a recovery goes on behind the end of a log here: is that its end? */
static void an_end_is_none_before_those_above_say_so(void **state)
{
    const struct division division = division_of("K1");
    struct err err;
    uint64_t session;

    (void)state;
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), ERR_NOT_YET);
    session = welcome(2);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), ERR_NOT_YET);
    assert_true(replicator_wants(puppet.real->replicator, division)); /* nobody is waited for */
    assert_int_equal(next_hello()->hello->n_wanted, 1);
    session = welcome(2);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), ERR_NOT_YET);
    puppet_send_block(&puppet, session, buf_bytes(&newer));
    puppet_commit(&puppet, true);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), OK);
    assert_int_equal(place_head(puppet.real, "K1").lsn, 2);
}

/* Who kept his log goes on where that ends: behind it lies what he lost. */
static void who_kept_less_than_those_above_waits_too(void **state)
{
    const struct division division = division_of("K1");
    const struct replicator *city = puppet.real->replicator;
    struct err err;

    (void)state;
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 1, &err), OK);
    (void)welcome(3);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 3, &err), OK);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 4, &err), OK);
    assert_false(replicator_wants(city, division));
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 2, &err), ERR_NOT_YET);
    assert_non_null(strstr(err.text, "recover_more_above"));
    assert_true(replicator_wants(city, division));
}

/* The region's signature, as it comes by whoever is between. */
static void say_cosigned(uint64_t session, uint64_t lsn, const struct sign_key *key)
{
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;
    Terrace__Cosignature *list[] = {&c};
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct signature signature;

    c.has_suite = c.has_author = c.has_epoch = c.has_lsn = c.has_hash = 1;
    c.has_holder = c.has_key_epoch = c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_of_bytes("K1", 2);
    c.epoch = 1;
    c.lsn = lsn;
    c.hash = pb_of_bytes(county.hash.at, HASH_SIZE);
    c.holder = pb_of_bytes("R", 1);
    c.key_epoch = 1;
    c.unix_ms = clock_unix_ms(&puppet.world.clock);
    cosignature_sign(&puppet.world.trust.tree, key, &c, &signature);
    frame.has_session = 1;
    frame.session = session;
    frame.n_cosignature = 1;
    frame.cosignature = list;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* It came there after the session began: nothing but its signature says so. */
static void a_signature_from_above_tells_it_too(void **state)
{
    const struct division division = division_of("K1");
    struct err err;
    uint64_t session;

    (void)state;
    session = welcome(1);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), OK);
    say_cosigned(session, 2, &puppet.world.at[SIBLING].key);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), OK);
    say_cosigned(session, 2, &puppet.world.at[REGION].key);
    assert_int_equal(replicator_check_end(puppet.real->replicator, division, 0, &err), ERR_NOT_YET);
    assert_true(replicator_wants(puppet.real->replicator, division));
}

/* A block of a lower log that was not asked for is no parent's to bring. */
static void what_is_not_wanted_is_not_taken(void **state)
{
    uint64_t session;

    (void)state;
    session = welcome(1);
    puppet_send_block(&puppet, session, buf_bytes(&newer));
    puppet_commit(&puppet, true);
    assert_int_equal(place_head(puppet.real, "K1").lsn, 1);
    assert_true(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
}

static void an_alarm_where_it_does_not_come(void **state)
{
    uint64_t session;

    (void)state;
    show_the_newer_block(&session);
    live(session, 310000);
    session = welcome(2);
    live(session, 310000);
    assert_true(place_alarmed(puppet.real, ALARM_LOST_TAIL));
    puppet_send_block(&puppet, session, buf_bytes(&newer));
    puppet_commit(&puppet, true);
    live(session, 5000);
    assert_false(place_alarmed(puppet.real, ALARM_LOST_TAIL));
}

/* --- who is asked --- */

static bool brings_the_county(const Terrace__Frame *frame)
{
    struct block_view block;
    struct err err;

    for (size_t i = 0; has_blocks(frame) && i < frame->blocks->n_block; i++) {
        if (block_parse(&block, bytes_of_pb(frame->blocks->block[i]), &err) == OK &&
            division_equal(block.header.author, division_of("K1"))) {
            return true;
        }
    }
    return false;
}

static void say_hello(uint64_t session, const char *wanted)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    ProtobufCBinaryData list = pb_of_text(wanted);

    hello.has_version_min = hello.has_version_max = hello.has_credit = hello.has_unix_ms = 1;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.credit = CREDIT;
    hello.unix_ms = puppet.world.hand.now_ms;
    hello.n_wanted = 1;
    hello.wanted = &list;
    frame.has_session = 1;
    frame.session = session;
    frame.hello = &hello;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* The region is real, and the city asks for what is below it, and for what is not. */
static void only_who_is_above_is_given_a_log(void **state)
{
    static const struct {
        int who;
        const char *wanted;
        bool given;
    } cases[] = {{CITY, "K1", true},
                 {CITY, "C2", false},
                 {CITY, "R", false},
                 {CITY, "nobody", false},
                 {SIBLING, "K1", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        puppet_play(&puppet, REGION, cases[i].who);
        puppet_wait(&puppet, 60000);
        say_hello(SESSION + i, cases[i].wanted);
        if ((puppet_await(&puppet, brings_the_county) != NULL) != cases[i].given) {
            fail_msg("%d asks for %s", cases[i].who, cases[i].wanted);
        }
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(it_waits_for_who_wrote_it),
        STORY(what_nobody_brings_is_asked_for_from_above),
        STORY(what_its_author_does_not_bring_is_asked_for_from_above),
        STORY(what_a_revoked_author_has_written_is_asked_for_at_once),
        STORY(it_is_asked_for_when_its_owner_says_so),
        STORY(an_end_is_none_before_those_above_say_so),
        STORY(who_kept_less_than_those_above_waits_too),
        STORY(a_signature_from_above_tells_it_too),
        STORY(what_is_not_wanted_is_not_taken),
        STORY(an_alarm_where_it_does_not_come),
        STORY(only_who_is_above_is_given_a_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
