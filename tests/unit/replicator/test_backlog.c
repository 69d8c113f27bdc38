/* test_backlog - a city's log on its way up: what is counted of it, what a parent says about it
 * that cannot be, and blocks that cannot be read. The region is played. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/session/claim.h"
#include "replicator/stream/outbox.h"
#include "tests/harness/commit.h"

enum { CREDIT = 64 << 20, GRANTED = 1 }; /* entries of the city's log before the test's */

static struct puppet puppet;

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    puppet_wait(&puppet, 60000); /* the session with the real region is over */
    while (puppet_next(&puppet) != NULL) {
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static void say(int blocks)
{
    for (int i = 0; i < blocks; i++) {
        puppet.world.hand.now_ms += 1;
        place_say(puppet.real, AUDIENCE_LINE, "C1", "said");
        puppet_commit(&puppet, true);
    }
}

static struct peer_status parent(void)
{
    struct peer_status status;

    replicator_peer(puppet.real->replicator, 0, &status);
    assert_true(status.is_parent);
    return status;
}

static void count_block(void *arg, const struct block_view *block)
{
    *(uint64_t *)arg += block->header.count;
}

static enum status visit(const char *peer, size_t max, uint64_t *entries)
{
    struct err err;

    *entries = 0;
    return replicator_backlog(puppet.real->replicator, division_of(peer), max, count_block, entries,
                              &err);
}

/* --- counted --- */

/* Only so many blocks are looked at; of a log that goes whole the rest is known all the same. */
static void a_long_backlog_is_counted_to_the_last_entry(void **state)
{
    uint64_t entries, oldest_ms, glanced;
    struct peer_status status;

    (void)state;
    puppet_ack(&puppet, puppet_welcome(&puppet, CREDIT), "C1", GRANTED, CREDIT);
    oldest_ms = puppet.world.hand.now_ms + 1;
    say(300);
    status = parent();
    assert_int_equal(status.behind_entries, 300);
    assert_int_equal(status.oldest_unix_ms, oldest_ms);
    assert_true(status.behind_bytes > 300 * 100);
    replicator_parent_lag(puppet.real->replicator, &glanced, &oldest_ms);
    assert_int_equal(glanced, 300);
    assert_int_equal(oldest_ms, status.oldest_unix_ms);
    assert_int_equal(visit("R", 1000, &entries), OK);
    assert_int_equal(entries, 300);
    assert_int_equal(visit("R", 7, &entries), OK);
    assert_int_equal(entries, 7);
    assert_int_equal(visit("K9", 7, &entries), ERR_NOT_FOUND);
}

/* Of two logs the older block counts, whichever comes first by its author's code. */
static void the_oldest_of_several_logs_is_told(void **state)
{
    struct place *county = &puppet.world.at[COUNTY];
    uint64_t entries, oldest_ms, county_ms;

    (void)state;
    place_say(county, AUDIENCE_LINE, "K1", "before");
    county_ms = puppet.world.hand.now_ms;
    (void)place_turn(county);
    puppet.world.hand.now_ms += 5000;
    say(1);
    puppet.world.at[REGION].cut = true;
    world_run(&puppet.world, 60000); /* the county brings it to the city, which alone has it */
    assert_int_equal(place_head(puppet.real, "K1").lsn, 1);
    assert_int_equal(parent().oldest_unix_ms < county_ms + 5000, true);
    replicator_parent_lag(puppet.real->replicator, &entries, &oldest_ms);
    assert_int_equal(entries, parent().behind_entries);
    assert_int_equal(oldest_ms, parent().oldest_unix_ms);
}

/* What is not on disk yet is no backlog: it may never leave. */
static void what_is_not_durable_is_not_counted(void **state)
{
    uint64_t entries;

    (void)state;
    puppet_ack(&puppet, puppet_welcome(&puppet, CREDIT), "C1", GRANTED, CREDIT);
    say(2);
    place_say(puppet.real, AUDIENCE_LINE, "C1", "not yet");
    puppet_commit(&puppet, false);
    assert_int_equal(parent().behind_entries, 2);
    assert_int_equal(visit("R", 1000, &entries), OK);
    assert_int_equal(entries, 2);
    replicator_durable(puppet.real->replicator);
    assert_int_equal(parent().behind_entries, 3);
    assert_int_equal(visit("R", 1000, &entries), OK);
    assert_int_equal(entries, 3);
}

/* --- blocks that cannot be read --- */

static void spoil_block(uint64_t lsn, bool is_gone)
{
    struct place *city = puppet.real;
    struct buf key = BUF_EMPTY;

    log_block_key(&key, division_of("C1"), 1, lsn);
    if (is_gone) {
        txn_delete(city->txn, SPACE_BLOCKS, buf_bytes(&key));
    } else {
        (void)txn_put(city->txn, SPACE_BLOCKS, buf_bytes(&key), bytes_text("no block"));
    }
    commit_txn(&city->store, city->fence, city->txn);
    buf_free(&key);
    place_close(city); /* what lies in memory is no help */
    place_open(city);
    puppet_play(&puppet, CITY, REGION);
}

/* Nothing behind it is sent, and whoever looks after the node is told; the session goes on. */
static void a_damaged_block_is_alarmed_and_not_sent(void **state)
{
    for (int is_gone = 0; is_gone < 2; is_gone++) {
        const Terrace__Frame *frame;
        uint64_t session, entries, most = 0;

        say(4);
        spoil_block(GRANTED + 2, is_gone);
        session = puppet_welcome(&puppet, CREDIT);
        puppet_commit(&puppet, true);
        while ((frame = puppet_next(&puppet)) != NULL) {
            for (size_t i = 0; frame->blocks != NULL && i < frame->blocks->n_block; i++) {
                struct block_view block;
                struct err err;

                assert_int_equal(block_parse(&block, bytes_of_pb(frame->blocks->block[i]), &err),
                                 OK);
                most = block_last_lsn(&block.header);
            }
        }
        assert_int_equal(most, GRANTED + 1);
        assert_true(place_alarmed(puppet.real, ALARM_CORRUPT));
        puppet_ack(&puppet, session, "C1", most, CREDIT);
        puppet_wait(&puppet, 1000);
        assert_int_equal(parent().state, PEER_LIVE);
        if (is_gone == 0) {
            assert_int_not_equal(visit("R", 1000, &entries), OK);
        }
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* --- what a parent says --- */

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

/* It acknowledges half of a block, of which nobody has sent it anything. */
static void an_ack_within_a_block_is_asked_about(void **state)
{
    const Terrace__Frame *frame;
    uint64_t session;

    (void)state;
    for (int i = 0; i < 3; i++) {
        place_say(puppet.real, AUDIENCE_LINE, "C1", "one of three");
    }
    puppet_commit(&puppet, true);
    session = puppet_welcome(&puppet, 0); /* it may send nothing yet */
    puppet_commit(&puppet, true);
    puppet_ack(&puppet, session, "C1", GRANTED + 2, CREDIT);
    puppet_commit(&puppet, true);
    say(1);
    frame = puppet_await(&puppet, asks_to_show);
    if (frame == NULL) {
        puppet_wait(&puppet, 1000);
        frame = puppet_await(&puppet, asks_to_show);
    }
    assert_non_null(frame);
    assert_int_equal(frame->show->lsn, GRANTED + 2);
    assert_false(place_alarmed_ever(puppet.real, ALARM_CORRUPT));
    for (uint64_t ms = 0; ms <= CLAIM_MS; ms += 1000) {
        puppet_wait(&puppet, 1000);
    }
    assert_true(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
}

/* Its reason is shown to people, where it is one that can be shown. */
static void a_second_grant_is_told_in_words_that_can_be_shown(void **state)
{
    char text[REJECT_TEXT_BYTES + 8];
    const struct {
        const char *text, *why;
    } rows[] = {
        {"granted_elsewhere division=C1 granter=C2", "why=granted_elsewhere"},
        {NULL, "why="},
        {"", "why="},
        {"two\nlines", "why="},
        {text, "why="},
    };

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        Terrace__Reject reject = TERRACE__REJECT__INIT;

        frame.has_session = 1;
        frame.session = puppet_welcome(&puppet, CREDIT);
        frame.reject = &reject;
        reject.has_author = reject.has_epoch = reject.has_lsn = reject.has_reason = 1;
        reject.author = pb_of_text("C1");
        reject.epoch = 1;
        reject.lsn = 1;
        reject.reason = ERR_DIVISION_TAKEN;
        reject.has_text = rows[i].text != NULL;
        reject.text = pb_of_text(rows[i].text == NULL ? "unsaid" : rows[i].text);
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        assert_true(place_alarmed(puppet.real, ALARM_DIVISION_TAKEN));
        assert_non_null(strstr(puppet.real->alarm_words, "granted_twice_above"));
        if ((strstr(puppet.real->alarm_words, "granted_elsewhere") != NULL) != (i == 0) ||
            strpbrk(puppet.real->alarm_words, "\n") != NULL ||
            strstr(puppet.real->alarm_words, "xxx") != NULL) {
            fail_msg("row %zu: %s", i, puppet.real->alarm_words);
        }
        assert_int_equal(parent().state, PEER_HELD);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* The same of its county goes on to the county, and holds that link alone; of who is further below
 * it goes on, and holds none here. */
static void a_second_grant_below_goes_on_to_whom_it_is_about(void **state)
{
    static const char *const authors[] = {"K1", "K11"};

    for (size_t i = 0; i < COUNT_OF(authors); i++) {
        struct world *world = &puppet.world;
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        Terrace__Reject reject = TERRACE__REJECT__INIT;
        struct peer_status status;

        (void)world_add(world, "K11", COUNTY);
        world_run(world, 30000);
        world->at[REGION].cut = true;
        world_run(world, 60000);
        frame.has_session = 1;
        frame.session = puppet_welcome(&puppet, CREDIT);
        frame.reject = &reject;
        reject.has_author = reject.has_epoch = reject.has_lsn = reject.has_reason = 1;
        reject.author = pb_of_text(authors[i]);
        reject.epoch = 1;
        reject.lsn = 1;
        reject.reason = ERR_DIVISION_TAKEN;
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        replicator_peer(puppet.real->replicator, 1, &status);
        assert_string_equal(status.division.code, "K1");
        if ((status.state == PEER_HELD) != (i == 0)) {
            fail_msg("%s: %d", authors[i], status.state);
        }
        puppet_play(&puppet, CITY, COUNTY);
        assert_int_equal(puppet_await(&puppet, has_reject) != NULL,
                         status.state == PEER_HELD || status.state == PEER_LIVE);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_long_backlog_is_counted_to_the_last_entry),
        STORY(the_oldest_of_several_logs_is_told),
        STORY(what_is_not_durable_is_not_counted),
        STORY(a_damaged_block_is_alarmed_and_not_sent),
        STORY(an_ack_within_a_block_is_asked_about),
        STORY(a_second_grant_is_told_in_words_that_can_be_shown),
        STORY(a_second_grant_below_goes_on_to_whom_it_is_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
