/* test_limits - what one child may ask of its parent, and what ends when: a real region, and a
 * puppet for its city. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/merkle.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;
static struct written city_log;

static int set_up(void **state)
{
    (void)state;
    memset(&city_log, 0, sizeof city_log);
    puppet_begin(&puppet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static void limit(struct replicator_limits limits)
{
    puppet.real->limits = limits;
    place_close(puppet.real);
    place_open(puppet.real);
}

/* Opens a session; returns the credit it is welcomed with, or UINT64_MAX when it is not. */
static uint64_t greet(uint64_t session)
{
    Terrace__Frame *frame;

    puppet_hello(&puppet, session, CREDIT);
    puppet_commit(&puppet, true);
    frame = puppet_await(&puppet, has_welcome);
    return frame == NULL ? UINT64_MAX : frame->welcome->credit;
}

static enum peer_state link_state(void)
{
    struct peer_status status;

    replicator_peer(puppet.real->replicator, 0, &status);
    return status.state;
}

static uint64_t held(const char *author)
{
    struct log_head head;

    (void)replicator_head(puppet.real->replicator, division_of(author), false, &head);
    return head.lsn;
}

/* Sends true blocks until one is not taken, at most `max`; returns how many were. */
static int send_until_refused(uint64_t session, int max)
{
    int taken = 0;

    for (int i = 0; i < max; i++) {
        struct buf whole = draft_write(&puppet, CITY, &city_log, "a word and another one");
        puppet_send_block(&puppet, session, buf_bytes(&whole));
        puppet_commit(&puppet, true);
        buf_free(&whole);
        if (held("C1") < city_log.lsn) {
            break;
        }
        taken++;
    }
    return taken;
}

static void bytes_a_day_are_withheld_until_the_next_day(void **state)
{
    Terrace__Frame *frame;
    uint64_t credit;

    (void)state;
    limit((struct replicator_limits){.child_bytes_per_day = 3000, .credit_bytes = 1 << 20});
    credit = greet(SESSION);
    assert_int_equal(credit, 1 << 20);
    assert_int_equal(send_until_refused(SESSION, 16), 16); /* some 210 bytes each */
    assert_int_equal(link_state(), PEER_HELD);
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    while ((frame = puppet_next(&puppet)) != NULL) {
        if (frame->ack != NULL) {
            assert_true(frame->ack->credit < credit + 3000 + 400);
        }
    }
    assert_int_equal(greet(SESSION + 1), 0); /* nor is there credit in a new session */
    puppet_wait(&puppet, 3600 * 1000);
    assert_int_equal(greet(SESSION + 2), 0);
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    puppet_wait(&puppet, 24 * 3600 * 1000);
    assert_false(place_alarmed(puppet.real, ALARM_LIMIT));
    assert_int_equal(greet(SESSION + 3), 1 << 20);
}

static void blocks_a_second_are_kept_over_time(void **state)
{
    for (int heedless = 0; heedless < 2; heedless++) { /* and goes on while it is held */
        uint64_t session = SESSION, credit;
        Terrace__Frame *frame;

        limit((struct replicator_limits){.child_blocks_per_second = 10});
        credit = greet(session);
        for (int second = 0; second < 300; second++) { /* as many as it can, every second */
            if (credit > 0 && (link_state() == PEER_LIVE || heedless)) {
                (void)send_until_refused(session, 40);
            }
            city_log = (struct written){held("C1"), place_head(puppet.real, "C1").hash, held("C1")};
            if (link_state() == PEER_DOWN) {
                credit = greet(++session) % UINT64_MAX; /* none while it is not welcomed */
            }
            puppet_ack(&puppet, session, "R", place_head(puppet.real, "R").lsn, CREDIT);
            puppet_wait(&puppet, 1000);
            while ((frame = puppet_next(&puppet)) != NULL) {
                credit = frame->ack != NULL ? frame->ack->credit : credit;
            }
        }
        /* Ten a second; a burst; and as much again of what was credited before. */
        assert_true(held("C1") > 2000 && held("C1") < 3000 + 100 + 100 + 80);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* One entry, and as many persons' signatures as a block may have. */
static struct buf write_approved(struct written *log, size_t groups)
{
    struct draft draft = draft_next(&puppet, CITY, log, "a word");
    const struct entry entry = {.lsn = draft.header.first_lsn,
                                .time_ms = 1,
                                .kind = KIND_USER_FIRST,
                                .body = bytes_text("a word")};
    const struct hash leaf = merkle_entry_leaf(&entry);
    struct buf entries = BUF_EMPTY, approvals = BUF_EMPTY, body = BUF_EMPTY, whole = BUF_EMPTY;

    entry_write(&entries, &entry);
    for (size_t i = 0; i < groups; i++) {
        group_write(&approvals, &(struct approval_group){.suite = SUITE_ED25519_BLAKE2B,
                                                         .role = ROLE_MAKER,
                                                         .time_ms = i,
                                                         .count = 1,
                                                         .leaf_count = 1});
    }
    draft.header.entries_root = merkle_root(&leaf, 1);
    block_body_write(&body, &draft.header, buf_bytes(&entries), buf_bytes(&approvals));
    log->hash = block_seal(&whole, &draft.header, buf_bytes(&body), &draft.tree, draft.key);
    log->lsn++;
    log->seq++;
    buf_free(&entries);
    buf_free(&approvals);
    buf_free(&body);
    return whole;
}

/* Two hundred blocks are within a burst; with 256 signatures each they are not: whoever sends what
 * others must verify is held. */
static void signatures_of_persons_are_paid_for(void **state)
{
    for (int many = 0; many < 2; many++) {
        int sent = 0;

        limit((struct replicator_limits){.child_blocks_per_second = 100});
        assert_true(greet(SESSION) > 0);
        while (sent < 200 && link_state() == PEER_LIVE) {
            struct buf whole = write_approved(&city_log, many ? BLOCK_GROUPS_MAX : 2);

            puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
            puppet_commit(&puppet, true);
            buf_free(&whole);
            sent++;
        }
        assert_int_equal(held("C1"), sent); /* what came is a fact all the same */
        assert_true(many ? sent < 50 : sent == 200);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void without_credit_not_one_block_is_taken(void **state)
{
    int taken = 0;

    (void)state;
    limit((struct replicator_limits){.child_blocks_per_second = 10});
    (void)greet(SESSION);
    (void)send_until_refused(SESSION, 150); /* the burst is a hundred */
    assert_int_equal(link_state(), PEER_HELD);
    for (uint64_t i = 1; i <= 20; i++) { /* new sessions, each with a block or so for nothing */
        city_log.lsn = held("C1");
        city_log.hash = place_head(puppet.real, "C1").hash;
        if (greet(SESSION + i) != UINT64_MAX) {
            taken += send_until_refused(SESSION + i, 10);
        }
    }
    assert_int_equal(taken, 0);
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    puppet_wait(&puppet, 12000);
    puppet_wait(&puppet, 12000); /* the deepest debt, and a second's worth */
    assert_false(place_alarmed(puppet.real, ALARM_LIMIT));
    city_log.lsn = held("C1");
    city_log.hash = place_head(puppet.real, "C1").hash;
    assert_true(greet(SESSION + 50) > 0);
    assert_int_equal(send_until_refused(SESSION + 50, 5), 5);
}

/* A Welcome lists heads, whether its session is new or not: a Hello again costs as much. */
static void hellos_are_answered_within_limits(void **state)
{
    static const uint64_t steps[] = {1, 0}; /* from session to session */

    (void)state;
    for (size_t k = 0; k < COUNT_OF(steps); k++) {
        int welcomed = 0;

        for (uint64_t i = 0; i < 20000; i++) {
            welcomed += greet(SESSION + i * steps[k]) != UINT64_MAX;
        }
        assert_true(welcomed > 100 && welcomed <= 2001); /* a burst of ten seconds' worth */
        assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
        puppet_wait(&puppet, 25000);
        assert_false(place_alarmed(puppet.real, ALARM_LIMIT));
        assert_true(greet(1) > 0);
    }
}

static void frames_that_say_nothing_hold_their_sender(void **state)
{
    (void)state;
    (void)greet(SESSION);
    for (int i = 0; i < 250000; i++) {
        puppet_ack(&puppet, SESSION, "R", 0, CREDIT);
    }
    assert_int_equal(link_state(), PEER_HELD);
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    assert_int_equal(puppet.real->alarms[0], ALARM_LIMIT);
}

static void junk_holds_its_sender(void **state)
{
    (void)state;
    for (int i = 0; i < 25000; i++) {
        replicator_receive(puppet.real->replicator, puppet.real->txn, division_of("C1"),
                           bytes_text("\xff\xff"));
    }
    assert_true(place_alarmed(puppet.real, ALARM_LIMIT));
    assert_int_equal(greet(SESSION), UINT64_MAX);
}

/* A Hello that lists heads; `order` -1: backwards, 0: all the same. */
static void hello_with(uint64_t session, size_t count, int order)
{
    static char codes[8192][8];
    static Terrace__Position positions[8192], *list[8192];
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;

    for (size_t i = 0; i < count; i++) {
        const size_t number = order == 0 ? 0 : order < 0 ? count - i : i;
        (void)snprintf(codes[i], sizeof codes[i], "N%05u", (unsigned)number);
        terrace__position__init(&positions[i]);
        positions[i].has_author = positions[i].has_lsn = 1;
        positions[i].author = pb_of_bytes(codes[i], strlen(codes[i]));
        positions[i].lsn = 1;
        list[i] = &positions[i];
    }
    hello.has_version_min = hello.has_version_max = hello.has_unix_ms = 1;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.unix_ms = puppet.world.hand.now_ms;
    hello.n_heads = count;
    hello.heads = list;
    frame.has_session = 1;
    frame.session = session;
    frame.hello = &hello;
    puppet_send(&puppet, &frame);
}

static void lists_of_heads_are_bounded_and_in_order(void **state)
{
    static const struct {
        const char *name;
        size_t count;
        int order;
        enum status want;
    } cases[] = {
        {"some that are not known here", 50, 1, OK},
        {"backwards", 50, -1, ERR_MALFORMED},
        {"one author twice", 2, 0, ERR_MALFORMED},
        {"thousands more than there are", 8192, 1, ERR_LIMIT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__Frame *frame;
        enum status got = OK;
        hello_with(SESSION + i, cases[i].count, cases[i].order);
        puppet_wait(&puppet, 300);
        while ((frame = puppet_next(&puppet)) != NULL) {
            got = frame->reject != NULL ? (enum status)frame->reject->reason
                  : frame->has_restart  ? (enum status)frame->restart
                                        : got;
        }
        if (got != cases[i].want) {
            fail_msg("%s: %s, want %s", cases[i].name, status_name(got),
                     status_name(cases[i].want));
        }
        assert_int_equal(link_state(), cases[i].want == OK ? PEER_LIVE : PEER_DOWN);
    }
}

static void who_changes_its_mind_all_the_time_fills_no_log(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        struct draft far = draft_next(&puppet, CITY, &city_log, "after a gap");
        struct buf whole = BUF_EMPTY;
        far.header.first_lsn = 9;
        (void)draft_finish(&whole, &far);
        (void)greet(SESSION + i);
        puppet_send_block(&puppet, SESSION + i, buf_bytes(&whole));
        buf_free(&whole);
    }
    assert_true(puppet.real->link_changes > 0 && puppet.real->link_changes < 20);
}

/* --- what was refused, and until when --- */

/* The region learns of the county, and the puppet takes the city's place in both their logs. */
static void know_the_county(void)
{
    const struct log_head *head;
    static struct log_head city;

    world_run(&puppet.world, 3000);
    city = place_head(puppet.real, "C1");
    head = &city;
    assert_true(head->lsn > 0);
    city_log = (struct written){head->lsn, head->hash, 0};
    assert_true(greet(SESSION) > 0);
}

static void send_spoiled(struct buf *whole)
{
    whole->data[whole->size - 1] ^= 1;
    puppet_send_block(&puppet, SESSION, buf_bytes(whole));
    whole->data[whole->size - 1] ^= 1;
    puppet_commit(&puppet, true);
}

static void every_refused_log_must_come_right(void **state)
{
    struct written county_log = {0};
    struct buf of_city, of_county;

    (void)state;
    know_the_county();
    of_city = draft_write(&puppet, CITY, &city_log, "the city's");
    of_county = draft_write(&puppet, COUNTY, &county_log, "the county's");
    send_spoiled(&of_city);
    send_spoiled(&of_county);
    assert_int_equal(link_state(), PEER_HELD);
    puppet_send_block(&puppet, SESSION, buf_bytes(&of_city));
    assert_int_equal(link_state(), PEER_HELD); /* the county's is still wrong */
    assert_true(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
    puppet_send_block(&puppet, SESSION, buf_bytes(&of_county));
    assert_int_equal(link_state(), PEER_LIVE);
    assert_false(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
    buf_free(&of_city);
    buf_free(&of_county);
}

static void a_block_the_child_may_not_bring_is_forgotten_in_the_end(void **state)
{
    const struct written nothing = {0};
    struct draft foreign = draft_next(&puppet, SIBLING, &nothing, "of the city beside it");
    struct buf whole = BUF_EMPTY;

    (void)state;
    know_the_county();
    (void)draft_finish(&whole, &foreign);
    for (int with_session = 0; with_session < 2; with_session++) {
        puppet_send_block(&puppet, SESSION + (uint64_t)with_session, buf_bytes(&whole));
        puppet_commit(&puppet, true);
        assert_int_equal(link_state(), PEER_HELD);
        assert_true(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
        if (with_session == 0) { /* with the session, or with a block that is true */
            (void)greet(SESSION + 1);
        } else {
            struct buf good = draft_write(&puppet, CITY, &city_log, "its own");
            puppet_send_block(&puppet, SESSION + 1, buf_bytes(&good));
            buf_free(&good);
        }
        assert_int_equal(link_state(), PEER_LIVE);
        assert_false(place_alarmed(puppet.real, ALARM_BAD_BLOCK));
    }
    buf_free(&whole);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(bytes_a_day_are_withheld_until_the_next_day),
        STORY(blocks_a_second_are_kept_over_time),
        STORY(signatures_of_persons_are_paid_for),
        STORY(without_credit_not_one_block_is_taken),
        STORY(hellos_are_answered_within_limits),
        STORY(frames_that_say_nothing_hold_their_sender),
        STORY(junk_holds_its_sender),
        STORY(lists_of_heads_are_bounded_and_in_order),
        STORY(who_changes_its_mind_all_the_time_fills_no_log),
        STORY(every_refused_log_must_come_right),
        STORY(a_block_the_child_may_not_bring_is_forgotten_in_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
