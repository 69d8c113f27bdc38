/* test_storm - a neighbour that says anything at any time, some of it true. Nothing of it ends the
 * node, every frame that the node sends can be read, and afterwards the true log is taken whole.
 *
 * Storms are alike in every run. TERRACE_STORMS=COUNT makes more of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "puppet.h"

enum { STORMS = 6, STEPS = 1500, TRUE_BLOCKS = 12, HEADS_MAX = 4, HOURS_2_MS = 2 * 3600 * 1000 };

static struct puppet puppet;
static struct buf truth[TRUE_BLOCKS]; /* the log of the puppet */
static uint64_t session;              /* that the node last said or heard */

/* --- chance --- */

static uint64_t below(uint64_t bound)
{
    return world_chance(&puppet.world) % bound;
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

/* Mostly small, sometimes as large as can be. */
static uint64_t some_number(void)
{
    return chance(90) ? below(TRUE_BLOCKS + 4) : UINT64_MAX - below(3);
}

static ProtobufCBinaryData some_author(void)
{
    static const char *const codes[] = {"R", "C1", "C2", "K1", "ZZ", "", "a b", "1234567890"};
    const char *code = codes[below(COUNT_OF(codes))];

    return pb_of_text(code);
}

static ProtobufCBinaryData some_bytes(size_t usual)
{
    static uint8_t bytes[300 << 10];
    const size_t size = chance(80) ? usual : chance(80) ? below(200) : below(sizeof bytes);

    bytes[below(64)] = (uint8_t)below(256);
    return pb_of_bytes(bytes, size);
}

/* --- what it says --- */

static void fill_position(Terrace__Position *position, ProtobufCBinaryData author)
{
    terrace__position__init(position);
    position->has_author = chance(90);
    position->author = author;
    position->has_epoch = position->has_lsn = position->has_hash = 1;
    position->epoch = (uint32_t)below(3);
    position->lsn = some_number();
    position->hash = some_bytes(HASH_SIZE);
}

/* As Hello and Welcome list them, mostly: in order, each once. */
static size_t some_heads(Terrace__Position positions[HEADS_MAX], Terrace__Position **list)
{
    static const char *const codes[HEADS_MAX] = {"C1", "C2", "K1", "R"};
    size_t count = 0;

    for (size_t i = 0; i < HEADS_MAX; i++) {
        if (chance(60)) {
            fill_position(&positions[count], chance(97) ? pb_of_text(codes[i]) : some_author());
            list[count] = &positions[count];
            count++;
        }
    }
    return count;
}

static void say(Terrace__Frame *frame)
{
    struct buf raw = BUF_EMPTY;

    frame->has_session = chance(97);
    frame->session = chance(95) ? session : SESSION + below(3);
    frame_encode(&raw, frame);
    if (raw.size > 0 && chance(2)) {
        raw.data[below(raw.size)] ^= (uint8_t)(1 + below(255));
    }
    if (raw.size <= FRAME_BYTES_MAX) {
        replicator_receive(puppet.real->replicator, puppet.real->txn, puppet.played,
                           buf_bytes(&raw));
    }
    buf_free(&raw);
}

static void say_hello(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    Terrace__Position positions[HEADS_MAX], *list[HEADS_MAX];

    hello.has_version_min = hello.has_version_max = hello.has_credit = hello.has_unix_ms = 1;
    hello.version_min = (uint32_t)(chance(95) ? 1 : below(4));
    hello.version_max = (uint32_t)(chance(95) ? 1 : below(4));
    hello.credit = chance(80) ? 1 << 20 : some_number();
    hello.unix_ms = chance(80) ? puppet.world.hand.now_ms : some_number();
    hello.heads = list;
    hello.n_heads = some_heads(positions, list);
    frame.hello = &hello;
    if (puppet.real == &puppet.world.at[REGION]) { /* a child chooses it */
        session = chance(70) ? SESSION + below(1000) : session;
    }
    say(&frame);
}

static void say_welcome(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Welcome welcome = TERRACE__WELCOME__INIT;
    Terrace__Position positions[HEADS_MAX], *list[HEADS_MAX];

    welcome.has_version = welcome.has_credit = welcome.has_unix_ms = welcome.has_hello_stamp = 1;
    welcome.version = (uint32_t)(chance(95) ? 1 : below(4));
    welcome.credit = chance(80) ? 1 << 20 : some_number();
    welcome.unix_ms = chance(80) ? puppet.world.hand.now_ms : some_number();
    welcome.hello_stamp = chance(80) ? puppet.world.hand.now_ms : some_number();
    welcome.heads = list;
    welcome.n_heads = some_heads(positions, list);
    frame.welcome = &welcome;
    say(&frame);
}

static void say_ack(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Ack ack = TERRACE__ACK__INIT;
    Terrace__Position held, not_yet, *held_list = &held, *not_yet_list = &not_yet;

    fill_position(&held, some_author());
    fill_position(&not_yet, some_author());
    ack.held = &held_list;
    ack.n_held = below(2);
    ack.not_yet = &not_yet_list;
    ack.n_not_yet = below(2);
    ack.has_credit = chance(70);
    ack.credit = chance(80) ? 2 << 20 : some_number();
    frame.ack = &ack;
    say(&frame);
}

static void say_reject(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Reject reject = TERRACE__REJECT__INIT;

    reject.has_author = chance(80);
    reject.author = some_author();
    reject.has_epoch = reject.has_lsn = reject.has_reason = 1;
    reject.epoch = (uint32_t)below(3);
    reject.lsn = some_number();
    reject.reason = (uint32_t)(chance(90) ? below(STATUSES + 2) : UINT32_MAX);
    reject.has_text = chance(70);
    reject.text = some_bytes(40);
    frame.reject = &reject;
    say(&frame);
}

static uint64_t held_in_turn(void)
{
    struct log_head head;

    (void)replicator_head(puppet.real->replicator, puppet.played, false, &head);
    return head.lsn;
}

static void say_blocks(void)
{
    static uint64_t at;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Blocks blocks = TERRACE__BLOCKS__INIT;
    ProtobufCBinaryData list[3];
    struct buf spoiled = BUF_EMPTY;

    blocks.block = list;
    blocks.n_block = 1 + below(COUNT_OF(list));
    for (size_t i = 0; i < blocks.n_block; i++) {
        const uint64_t next = held_in_turn() + i;
        const struct buf *whole = &truth[(chance(80) ? next : below(TRUE_BLOCKS)) % TRUE_BLOCKS];
        list[i] = pb_of_bytes(whole->data, whole->size);
    }
    if (chance(20)) {
        buf_append(&spoiled, list[0].data, list[0].len);
        spoiled.data[below(spoiled.size)] ^= (uint8_t)(1 + below(255));
        list[0] = pb_of_bytes(spoiled.data, spoiled.size - (chance(20) ? below(spoiled.size) : 0));
    }
    blocks.has_at = chance(5);
    blocks.at = chance(50) ? at++ : some_number();
    frame.blocks = &blocks;
    say(&frame);
    buf_free(&spoiled);
}

static void say_signed(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Cosignature cosignature = TERRACE__COSIGNATURE__INIT, *cosignatures = &cosignature;
    Terrace__Beat beat = TERRACE__BEAT__INIT, *beats = &beat;

    cosignature.has_suite = cosignature.has_author = cosignature.has_holder = 1;
    cosignature.suite = 1;
    cosignature.author = some_author();
    cosignature.holder = some_author();
    cosignature.has_epoch = cosignature.has_lsn = cosignature.has_hash = 1;
    cosignature.epoch = cosignature.key_epoch = 1;
    cosignature.has_key_epoch = cosignature.has_unix_ms = cosignature.has_signature = 1;
    cosignature.lsn = some_number();
    cosignature.hash = some_bytes(HASH_SIZE);
    cosignature.signature = some_bytes(SIGNATURE_SIZE);
    frame.n_cosignature = below(2);
    frame.cosignature = &cosignatures;
    beat.has_suite = beat.has_division = beat.has_key_epoch = beat.has_hash = 1;
    beat.suite = beat.key_epoch = 1;
    beat.division = some_author();
    beat.has_sequence = beat.has_signature = 1;
    beat.sequence = some_number();
    beat.hash = some_bytes(HASH_SIZE);
    beat.has_root_lsn = chance(30);
    beat.has_root_hash = 1;
    beat.root_hash = some_bytes(HASH_SIZE);
    beat.signature = some_bytes(SIGNATURE_SIZE);
    frame.n_beat = below(2);
    frame.beat = &beats;
    say(&frame);
}

static void say_restart(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_restart = 1;
    frame.restart = (uint32_t)(chance(90) ? below(STATUSES + 2) : UINT32_MAX);
    say(&frame);
}

/* --- what the node does meanwhile --- */

/* Each frame can be read by its neighbour; some are not taken. */
static void let_frames_leave(void)
{
    struct buf raw = BUF_EMPTY;
    struct division to;

    while (replicator_next_frame(puppet.real->replicator, &to, &raw)) {
        Terrace__Frame *frame;
        struct err err;

        arena_reset(&puppet.arena);
        assert_int_equal(frame_decode(&frame, &puppet.arena, buf_bytes(&raw), &err), OK);
        if (division_equal(to, puppet.played) && frame->session != 0) {
            session = frame->session;
        }
        if (chance(5)) {
            replicator_unsent(puppet.real->replicator, to, buf_bytes(&raw));
        }
    }
    buf_free(&raw);
}

static void work(void)
{
    struct replicator *replicator = puppet.real->replicator;
    struct err err;

    switch (below(40)) {
    case 0:
        place_say(puppet.real, AUDIENCE_TREE, puppet.real->division.code, "its own");
        break;
    case 1:
        replicator_withhold(replicator, chance(50));
        break;
    case 2:
        replicator_connection_ended(replicator, puppet.played);
        break;
    case 3:
        assert_int_equal(
            replicator_pause(replicator, puppet.real->txn, puppet.played, chance(20), &err), OK);
        break;
    case 4:
        puppet_wait(&puppet, 70000);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        puppet_wait(&puppet, below(2000));
        break;
    default:
        puppet_commit(&puppet, true);
        let_frames_leave();
        break;
    }
}

static void storm(void)
{
    static void (*const usual[])(void) = {say_blocks, say_blocks, say_blocks,
                                          say_ack,    say_ack,    say_signed};
    static void (*const rare[])(void) = {say_hello, say_welcome, say_reject, say_restart};

    for (int i = 0; i < STEPS; i++) {
        if (chance(60)) {
            (chance(80) ? usual[below(COUNT_OF(usual))] : rare[below(COUNT_OF(rare))])();
        } else {
            work();
        }
    }
}

/* --- stories --- */

static uint64_t held(void)
{
    struct log_head head;

    (void)replicator_head(puppet.real->replicator, puppet.played, true, &head);
    return head.lsn;
}

static void write_truth(int author, const char *audience)
{
    struct written log = {0, {{0}}};

    for (size_t i = 0; i < TRUE_BLOCKS; i++) {
        struct draft block = draft_next(&puppet, author, &log, "a true word");

        block.header.audience.division = division_of(audience);
        log.hash = draft_finish(&truth[i], &block);
        log.lsn++;
        log.seq++;
    }
}

/* All limits are forgotten by then, and the node is greeted as if nothing had been. */
static void calm_down(void)
{
    struct err err;

    replicator_withhold(puppet.real->replicator, false);
    assert_int_equal(
        replicator_pause(puppet.real->replicator, puppet.real->txn, puppet.played, false, &err),
        OK);
    puppet_wait(&puppet, HOURS_2_MS);
    let_frames_leave();
    puppet_wait(&puppet, 100);
    let_frames_leave();
}

static void bring_truth(void)
{
    const uint64_t before = held();

    for (size_t i = before; i < TRUE_BLOCKS; i++) {
        puppet_send_block(&puppet, session, buf_bytes(&truth[i]));
    }
    puppet_commit(&puppet, true);
    assert_int_equal(held(), TRUE_BLOCKS);
}

static void weather(int real, int played, const char *audience, void (*greet)(void))
{
    const char *wanted = getenv("TERRACE_STORMS");
    const long storms = wanted == NULL ? STORMS : strtol(wanted, NULL, 10);

    for (long i = 0; i < storms; i++) {
        uint64_t before;

        puppet_begin(&puppet);
        puppet_play(&puppet, real, played);
        puppet.world.hand.random += (uint64_t)i * 7919;
        puppet.world.hand.now_ms = NEW_YEAR_2026_MS;
        write_truth(played, audience);
        session = SESSION;
        storm();
        before = held();
        calm_down();
        greet();
        assert_true(held() >= before); /* what was taken in the last turn is on disk now, too */
        bring_truth();
        for (size_t k = 0; k < TRUE_BLOCKS; k++) {
            buf_free(&truth[k]);
        }
        puppet_end(&puppet);
    }
}

static void greet_as_child(void)
{
    session = SESSION + 5000;
    puppet_hello(&puppet, session, 1 << 20);
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_welcome));
}

static void greet_as_parent(void)
{
    session = puppet_welcome(&puppet, 1 << 20);
}

static void a_child_may_say_anything(void **state)
{
    (void)state;
    weather(REGION, CITY, "C1", greet_as_child);
}

static void a_parent_may_say_anything(void **state)
{
    (void)state;
    weather(CITY, REGION, "C1", greet_as_parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_may_say_anything),
        cmocka_unit_test(a_parent_may_say_anything),
    };

    return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
