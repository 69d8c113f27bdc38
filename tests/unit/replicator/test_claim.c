/* test_claim - what a neighbour says of a log beyond what is held here: a word stops nobody, a
 * block that the author signed does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "puppet.h"
#include "replicator/session/claim.h"
#include "replicator/session/resync.h"
#include "replicator/session/session.h"

enum { CREDIT = 64 << 20, REGION_HEAD = 2 }; /* it granted two cities */

static struct puppet puppet;

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

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

static bool has_evidence(const Terrace__Frame *frame)
{
    return frame->has_evidence;
}

static void show(uint64_t session, struct bytes block)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = frame.has_evidence = 1;
    frame.session = session;
    frame.evidence = pb_of_bytes(block.data, block.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

static void drain(void)
{
    while (puppet_next(&puppet) != NULL) {
    }
}

static bool may_write(const struct place *place)
{
    struct err err;

    return replicator_check_own_log(place->replicator, &err) == OK;
}

static enum peer_state state_of(const struct place *place, const char *peer)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(place->replicator); i++) {
        replicator_peer(place->replicator, i, &status);
        if (strcmp(status.division.code, peer) == 0) {
            return status.state;
        }
    }
    fail();
    return PEER_DOWN;
}

/* --- a child's words --- */

static void hello_with(const char *author, uint64_t lsn)
{
    puppet_hello_with(&puppet, SESSION, CREDIT, author, lsn);
    puppet_commit(&puppet, true);
}

static void a_word_beyond_the_end_stops_nobody(void **state)
{
    static const struct {
        const char *name, *author;
        bool in_hello;
        uint64_t lsn;
    } cases[] = {
        {"an ack of more than there is", "R", false, 1000},
        {"an ack of the largest number", "R", false, UINT64_MAX},
        {"an ack just before it", "R", false, UINT64_MAX - 1},
        {"an ack of its own log, which it has not sent", "C1", false, UINT64_MAX},
        {"a head of more than there is", "R", true, 1000},
        {"a head of the largest number", "R", true, UINT64_MAX},
        {"another block at the end of its own log", "C1", true, 1},
        {"another block at the end of ours", "R", true, REGION_HEAD},
        {"another block before the end of ours", "R", true, 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const bool is_heard = strcmp(cases[i].author, "R") == 0 || cases[i].in_hello;
        const enum peer_state sibling = state_of(puppet.real, "C2");
        struct written log = {0, {{0}}};
        struct buf first = BUF_EMPTY;

        hello_with(cases[i].in_hello ? cases[i].author : "C1",
                   cases[i].in_hello ? cases[i].lsn : 0);
        first = draft_write(&puppet, CITY, &log, "first");
        if (strcmp(cases[i].author, "C1") == 0 && cases[i].in_hello) {
            drain(); /* the Welcome gives credit */
            puppet_send_block(&puppet, SESSION, buf_bytes(&first));
            puppet_commit(&puppet, true);
            puppet_wait(&puppet, 60000);
            hello_with("C1", 1); /* under another hash than that of its block */
        }
        if (!cases[i].in_hello) {
            puppet_ack(&puppet, SESSION, cases[i].author, cases[i].lsn, CREDIT);
        }
        for (uint64_t ms = 0; ms <= CLAIM_MS; ms += 1000) {
            assert_true(replicator_next_tick(puppet.real->replicator) <=
                        puppet.world.hand.now_ms + CLAIM_MS);
            puppet_wait(&puppet, 1000);
        }
        if (!may_write(puppet.real) || place_alarmed_ever(puppet.real, ALARM_LOST_TAIL) ||
            place_alarmed_ever(puppet.real, ALARM_FORK) ||
            place_alarmed(puppet.real, ALARM_FALSE_CLAIM) != is_heard) {
            fail_msg("%s: %s, false claim alarmed: %d", cases[i].name,
                     may_write(puppet.real) ? "goes on" : "stopped",
                     place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
        }
        assert_int_equal(state_of(puppet.real, "C2"), sibling);
        assert_int_equal(state_of(puppet.real, "C1"), PEER_LIVE); /* and its own goes on */
        buf_free(&first);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void a_claim_is_over_with_a_session_that_makes_none(void **state)
{
    (void)state;
    hello_with("R", 1000);
    puppet_wait(&puppet, CLAIM_MS);
    assert_true(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
    puppet_wait(&puppet, 60000);
    puppet_hello(&puppet, SESSION + 1, CREDIT);
    assert_false(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
}

/* --- a parent's words, and its evidence --- */

/* The city is real, and says three entries in one block. */
static uint64_t play_parent(struct written *log)
{
    struct log_head head;

    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    for (int i = 0; i < 3; i++) {
        place_say(puppet.real, AUDIENCE_LINE, "C1", "said");
    }
    puppet_commit(&puppet, true);
    puppet_wait(&puppet, 60000); /* the session with the real region is over */
    head = place_head(puppet.real, "C1");
    *log = (struct written){head.lsn, head.hash, head.lsn};
    return puppet_welcome(&puppet, CREDIT);
}

/* A new session, whose Welcome says that the city's log ends at `lsn`. */
static void welcome_with(uint64_t lsn)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT, *asked;
    Terrace__Welcome welcome = TERRACE__WELCOME__INIT;
    Terrace__Position head = TERRACE__POSITION__INIT, *heads = &head;

    do {
        puppet_wait(&puppet, 1000);
        asked = puppet_await(&puppet, has_hello);
    } while (asked == NULL);
    frame.has_session = 1;
    frame.session = asked->session;
    frame.welcome = &welcome;
    welcome.has_version = welcome.has_unix_ms = welcome.has_credit = welcome.has_hello_stamp = 1;
    welcome.version = PROTOCOL_VERSION_MAX;
    welcome.unix_ms = puppet.world.hand.now_ms;
    welcome.hello_stamp = asked->hello->stamp;
    welcome.credit = CREDIT;
    head.has_author = head.has_epoch = head.has_lsn = 1;
    head.author = pb_of_bytes("C1", 2);
    head.epoch = 1;
    head.lsn = lsn;
    welcome.n_heads = 1;
    welcome.heads = &heads;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

static void a_block_that_it_signed_stops_the_author(void **state)
{
    enum { NEWER, ANOTHER, HELD, FALSE_SIGNATURE, OTHER_AUTHOR, CUT, CASES };
    static const struct {
        const char *name;
        bool stops;
        enum alarm_code alarm;
    } want[CASES] = {
        [NEWER] = {"one behind the end", true, ALARM_LOST_TAIL},
        [ANOTHER] = {"another one at the end", true, ALARM_FORK},
        [HELD] = {"the one that is held", false, ALARM_FALSE_CLAIM},
        [FALSE_SIGNATURE] = {"one that it did not sign", false, ALARM_FALSE_CLAIM},
        [OTHER_AUTHOR] = {"one of another author", false, ALARM_FALSE_CLAIM},
        [CUT] = {"half of one", false, ALARM_FALSE_CLAIM},
    };

    for (int i = 0; i < CASES; i++) {
        struct written log;
        const uint64_t session = play_parent(&log);
        struct draft draft = draft_next(&puppet, i == OTHER_AUTHOR ? REGION : CITY, &log, "newer");
        struct buf block = BUF_EMPTY;
        struct block_view held;
        Terrace__Frame *frame;
        struct err err;

        puppet_ack(&puppet, session, "C1", log.lsn + 7, CREDIT);
        puppet_commit(&puppet, true);
        frame = puppet_await(&puppet, asks_to_show);
        assert_non_null(frame);
        assert_int_equal(frame->show->lsn, log.lsn + 1);
        assert_true(may_write(puppet.real));
        if (i == ANOTHER) {
            draft.header.first_lsn = draft.header.aud_seq = log.lsn;
        }
        if (i == HELD) {
            assert_int_equal(log_read_block(&puppet.real->store, NULL, division_of("C1"), log.lsn,
                                            &block, &held, &err),
                             OK);
        } else {
            (void)draft_finish(&block, &draft);
        }
        if (i == FALSE_SIGNATURE) {
            block.data[block.size - 1] ^= 1;
        }
        show(session, bytes_of(block.data, i == CUT ? block.size / 2 : block.size));
        if (may_write(puppet.real) == want[i].stops || !place_alarmed(puppet.real, want[i].alarm)) {
            fail_msg("%s: %s", want[i].name, may_write(puppet.real) ? "goes on" : "stopped");
        }
        buf_free(&block);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* A block has one end: where it is said to end within one of ours the store is not at fault. */
static void an_end_within_a_block_is_no_damage(void **state)
{
    struct written log;

    (void)state;
    (void)play_parent(&log);
    puppet_wait(&puppet, 60000);
    drain();
    welcome_with(log.lsn - 1);
    place_say(puppet.real, AUDIENCE_LINE, "C1", "next");
    puppet_commit(&puppet, true);
    drain(); /* it meets that as it looks what to send */
    puppet_wait(&puppet, CLAIM_ASK_MS);
    assert_non_null(puppet_await(&puppet, asks_to_show));
    assert_false(place_alarmed_ever(puppet.real, ALARM_CORRUPT));
    puppet_wait(&puppet, CLAIM_MS);
    assert_true(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
    assert_true(may_write(puppet.real));
}

/* What was not asked for is not looked at. */
static void evidence_without_a_claim_is_passed_over(void **state)
{
    struct written log;
    const uint64_t session = play_parent(&log);
    struct buf newer = draft_write(&puppet, CITY, &log, "newer");

    (void)state;
    show(session, buf_bytes(&newer));
    assert_true(may_write(puppet.real));
    assert_false(place_alarmed_ever(puppet.real, ALARM_LOST_TAIL));
    buf_free(&newer);
}

/* --- showing --- */

static void what_it_may_not_hold_is_not_shown(void **state)
{
    static const struct {
        const char *author;
        uint64_t lsn;
        bool shown;
    } cases[] = {{"R", 1, true}, {"R", UINT64_MAX, false}, {"C2", 1, false}, {"none", 1, false}};

    (void)state;
    place_say(puppet.real, AUDIENCE_TREE, "R", "all");
    puppet_commit(&puppet, true);
    place_say(puppet.real, AUDIENCE_LINE, "C2", "sibling");
    puppet_commit(&puppet, true);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        Terrace__Position position = TERRACE__POSITION__INIT;

        position.has_author = position.has_lsn = 1;
        position.author = pb_of_bytes(cases[i].author, strlen(cases[i].author));
        position.lsn = cases[i].lsn;
        frame.has_session = 1;
        frame.session = SESSION;
        frame.show = &position;
        puppet.world.hand.now_ms += 2000;
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        if ((puppet_await(&puppet, has_evidence) != NULL) != cases[i].shown) {
            fail_msg("%s %d", cases[i].author, (int)cases[i].lsn);
        }
        puppet_send(&puppet, &frame); /* again at once */
        puppet_commit(&puppet, true);
        assert_null(puppet_await(&puppet, has_evidence));
    }
}

/* Nobody is shown what a crash may still take. */
static void what_is_not_durable_is_not_shown(void **state)
{
    (void)state;
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    drain();
    place_say(puppet.real, AUDIENCE_TREE, "C1", "not yet");
    puppet_commit(&puppet, false);
    for (int durable = 0; durable < 2; durable++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        Terrace__Position position = TERRACE__POSITION__INIT;

        position.has_author = position.has_lsn = 1;
        position.author = pb_of_text("R");
        position.lsn = REGION_HEAD + 1;
        frame.has_session = 1;
        frame.session = SESSION;
        frame.show = &position;
        if (durable) {
            replicator_durable(puppet.real->replicator);
        }
        puppet.world.hand.now_ms += 2000;
        puppet_send(&puppet, &frame);
        assert_int_equal(puppet_await(&puppet, has_evidence) != NULL, durable);
    }
    puppet_commit(&puppet, true);
}

/* Real nodes: a home that was put back from an old copy stops, whatever it began to say. */
static void an_old_copy_of_a_home_is_shown_what_it_lost(void **state)
{
    struct place *city = &puppet.world.at[CITY];

    (void)state;
    place_say(city, AUDIENCE_LINE, "C1", "one");
    world_run(&puppet.world, 10000);
    place_say(city, AUDIENCE_LINE, "C1", "two");
    world_run(&puppet.world, 10000);
    assert_true(may_write(city));
    place_close(city);
    city->store.ops->close(city->store.self);
    store_memory_open(&city->store);
    place_open(city);
    world_run(&puppet.world, 5000);
    assert_false(may_write(city));
    assert_true(place_alarmed(city, ALARM_LOST_TAIL));
    assert_false(place_alarmed_ever(city, ALARM_FALSE_CLAIM));
}

/* --- of a log that is not whole --- */

static struct written begin_resync(void)
{
    struct log_head head;

    place_say(puppet.real, AUDIENCE_LINE, "R", "said");
    puppet_commit(&puppet, true);
    head = place_head(puppet.real, "R");
    place_close(puppet.real);
    puppet.real->resyncs = true;
    place_open(puppet.real);
    resync_without(puppet.real->replicator, division_of("C2"));
    return (struct written){head.lsn, head.hash, 1};
}

static bool is_whole(void)
{
    return resync_is_whole(puppet.real->replicator);
}

/* What it is shown it holds already. */
static void a_word_alone_keeps_no_log_from_being_whole(void **state)
{
    struct buf block = BUF_EMPTY;
    struct block_view held;
    struct err err;

    (void)state;
    (void)begin_resync();
    hello_with("R", 1000);
    assert_non_null(puppet_await(&puppet, asks_to_show));
    assert_false(is_whole());
    assert_int_equal(log_read_block(&puppet.real->store, NULL, division_of("R"), REGION_HEAD,
                                    &block, &held, &err),
                     OK);
    show(SESSION, buf_bytes(&block));
    puppet_wait(&puppet, CLAIM_MS);
    assert_true(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
    assert_true(is_whole());
    buf_free(&block);
}

/* Whatever it says can be told to a person. */
static void the_largest_number_said_can_be_counted(void **state)
{
    struct resync_progress progress;

    (void)state;
    (void)begin_resync();
    hello_with("R", UINT64_MAX);
    resync_progress(puppet.real->replicator, &progress);
    assert_true(progress.known_lsn > progress.lsn && progress.known_lsn <= INT64_MAX);
    assert_true(progress.known_entries > progress.entries && progress.known_entries <= INT64_MAX);
    for (size_t i = 0; i < progress.holder_count; i++) {
        assert_true(progress.holders[i].lsn <= INT64_MAX);
    }
}

/* One block proves that one, and not what else it said: it is asked on, once that is held. */
static void what_was_proved_is_waited_for_and_no_more(void **state)
{
    struct written log = begin_resync();
    struct buf block = draft_write(&puppet, REGION, &log, "lost");
    const Terrace__Frame *frame;
    struct err err;

    (void)state;
    hello_with("R", 1000);
    show(SESSION, buf_bytes(&block));
    drain();
    for (int i = 0; i < 3; i++) {
        puppet_wait(&puppet, CLAIM_MS / 2);
        puppet_ack(&puppet, SESSION, "C1", 0, CREDIT);
    }
    assert_false(place_alarmed_ever(puppet.real, ALARM_FALSE_CLAIM));
    assert_null(puppet_await(&puppet, asks_to_show));
    assert_false(is_whole());
    assert_int_equal(
        session_import(puppet.real->replicator, puppet.real->txn, buf_bytes(&block), &err),
        INGEST_STAGED);
    puppet_commit(&puppet, true);
    puppet_wait(&puppet, CLAIM_ASK_MS);
    frame = puppet_await(&puppet, asks_to_show);
    assert_non_null(frame);
    assert_int_equal(frame->show->lsn, log.lsn + 1);
    assert_false(is_whole());
    puppet_wait(&puppet, CLAIM_MS / 2);
    puppet_ack(&puppet, SESSION, "C1", 0, CREDIT);
    puppet_wait(&puppet, CLAIM_MS / 2);
    assert_true(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
    assert_true(is_whole());
    buf_free(&block);
}

/* Its line fails right after it said so. */
static void who_cannot_show_it_now_is_awaited(void **state)
{
    (void)state;
    (void)begin_resync();
    hello_with("R", 1000);
    for (int i = 0; i < 60; i++) {
        puppet_wait(&puppet, 1000);
        assert_false(is_whole());
    }
    assert_int_equal(state_of(puppet.real, "C1"), PEER_DOWN);
    assert_false(place_alarmed_ever(puppet.real, ALARM_FALSE_CLAIM));
    puppet_hello(&puppet, SESSION + 1, CREDIT); /* it is back, and has nothing */
    puppet_commit(&puppet, true);
    assert_true(is_whole());
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_word_alone_keeps_no_log_from_being_whole),
        STORY(what_was_proved_is_waited_for_and_no_more),
        STORY(the_largest_number_said_can_be_counted),
        STORY(who_cannot_show_it_now_is_awaited),
        STORY(a_word_beyond_the_end_stops_nobody),
        STORY(a_claim_is_over_with_a_session_that_makes_none),
        STORY(a_block_that_it_signed_stops_the_author),
        STORY(an_end_within_a_block_is_no_damage),
        STORY(evidence_without_a_claim_is_passed_over),
        STORY(what_it_may_not_hold_is_not_shown),
        STORY(what_is_not_durable_is_not_shown),
        STORY(an_old_copy_of_a_home_is_shown_what_it_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
