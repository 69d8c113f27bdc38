/* test_fork - two branches of one log: seen by all that hold it, proven by two blocks, and the end
 * of writing for their author alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "puppet.h"
#include "replicator/log/evidence.h"
#include "replicator/log/fork_pair.h"
#include "replicator/session/claim.h"
#include "replicator/session/keep_alive.h"
#include "replicator/trust/cosignature.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"

/* --- which two blocks no log can hold --- */

struct shape {
    uint32_t epoch;
    uint64_t first, seq;
    uint32_t count;
    enum audience_kind kind;
    char hash, prev, aud_prev;
};

static struct block_header header_of(const struct shape *shape)
{
    struct block_header header = {.author = division_of("K1"), .epoch = shape->epoch};

    header.audience = (struct audience){shape->kind, division_of("K1")};
    header.first_lsn = shape->first;
    header.count = shape->count;
    header.aud_seq = shape->seq;
    header.prev_hash.at[0] = (uint8_t)shape->prev;
    header.aud_prev.at[0] = (uint8_t)shape->aud_prev;
    return header;
}

#define LINE AUDIENCE_LINE
#define TREE AUDIENCE_TREE

static void what_cannot_stand_in_one_log_is_a_fork(void **state)
{
    static const struct shape held = {1, 5, 3, 2, LINE, 'a', 'x', 'x'};
    static const struct {
        const char *name;
        struct shape other;
        bool conflict;
    } rows[] = {
        {"the same", {1, 5, 3, 2, LINE, 'a', 'x', 'x'}, false},
        {"at one place", {1, 5, 3, 2, LINE, 'b', 'x', 'x'}, true},
        {"one over a part", {1, 6, 9, 9, TREE, 'b', 'y', 'y'}, true},
        {"one that follows", {1, 7, 4, 1, LINE, 'b', 'a', 'a'}, false},
        {"one that follows another", {1, 7, 4, 1, TREE, 'b', 'c', 'c'}, true},
        {"one far behind", {1, 9, 9, 1, LINE, 'b', 'y', 'y'}, false},
        {"one number twice", {1, 9, 3, 1, LINE, 'b', 'y', 'y'}, true},
        {"of another audience", {1, 9, 3, 1, TREE, 'b', 'y', 'y'}, false},
        {"another before it in its audience", {1, 9, 4, 1, LINE, 'b', 'y', 'y'}, true},
        {"of another epoch", {2, 5, 3, 2, LINE, 'b', 'x', 'x'}, false},
    };
    const struct block_header a = header_of(&held);
    const struct hash a_hash = {{(uint8_t)held.hash}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct block_header b = header_of(&rows[i].other);
        const struct hash b_hash = {{(uint8_t)rows[i].other.hash}};

        if (evidence_conflict(&a, &a_hash, &b, &b_hash) != rows[i].conflict ||
            evidence_conflict(&b, &b_hash, &a, &a_hash) != rows[i].conflict) {
            fail_msg("%s", rows[i].name);
        }
    }
}

/* --- a home put back to an older copy --- */

static bool may_write(const struct place *place)
{
    struct err err;

    return replicator_check_own_log(place->replicator, &err) == OK;
}

static bool has_pair(const struct place *place, const char *author)
{
    struct fork_pair pair;
    struct buf value = BUF_EMPTY;
    const bool has = fork_pair_read(&place->store, NULL, division_of(author), 1, &value, &pair);

    buf_free(&value);
    return has;
}

static void say_many(struct place *place, int count, const char *text)
{
    for (int i = 0; i < count; i++) {
        place_say(place, AUDIENCE_LINE, place->division.code, text);
    }
}

/* The county's home is put back while the city is away; then it says `more` in one block. */
static void put_back(struct world *world, int more, int then)
{
    struct place *city = &world->at[CITY], *county = &world->at[COUNTY];
    struct store old;

    say_many(county, 2, "kept");
    world_run(world, 3000);
    store_memory_open(&old);
    store_copy(&old, &county->store);
    for (int i = 0; i < 5; i++) {
        say_many(county, 4, "lost");
        world_run(world, 1000);
    }
    assert_int_equal(place_head(&world->at[REGION], "K1").lsn, place_head(county, "K1").lsn);
    city->cut = true;
    place_close(county);
    county->store.ops->close(county->store.self);
    county->store = old;
    place_open(county);
    say_many(county, more, "another");
    world_run(world, 3000);
    for (int i = 0; i < then; i++) {
        say_many(county, 1, "one more");
        world_run(world, 200);
    }
    city->cut = false;
}

static void a_home_put_back_while_its_parent_was_away_is_a_fork_to_all(void **state)
{
    static const struct {
        const char *name;
        int more, then;
    } rows[] = {
        {"one long post, beyond what was lost", 60, 0},
        {"one long post, and others", 60, 30},
        {"as much as was lost", 20, 0},
        {"less than was lost", 3, 0},
        {"one by one", 1, 30},
    };
    static struct world world;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_begin(&world);
        world_run(&world, 3000);
        put_back(&world, rows[i].more, rows[i].then);
        assert_true(may_write(&world.at[COUNTY]));
        world_run(&world, 20000);
        for (int at = REGION; at <= COUNTY; at++) {
            if (!place_alarmed(&world.at[at], ALARM_FORK) || !has_pair(&world.at[at], "K1")) {
                fail_msg("%s: %s does not know", rows[i].name, world.at[at].division.code);
            }
            assert_false(place_alarmed_ever(&world.at[at], ALARM_FALSE_CLAIM));
        }
        assert_false(may_write(&world.at[COUNTY]));
        assert_true(may_write(&world.at[CITY]));
        assert_false(place_alarmed_ever(&world.at[SIBLING], ALARM_FORK));
        world_end(&world);
    }
}

/* The region is away while the city finds out; it is told as it comes back, and a county that
 * forgot to write down that it has stopped stays stopped. */
static void who_was_away_is_told_later(void **state)
{
    static struct world world;
    struct place *region = &world.at[REGION], *county = &world.at[COUNTY];

    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    put_back(&world, 60, 0);
    region->cut = true;
    world_run(&world, 20000);
    assert_true(place_alarmed(&world.at[CITY], ALARM_FORK));
    assert_false(place_alarmed(region, ALARM_FORK));
    region->cut = false;
    place_close(county);
    place_open(county);
    assert_false(may_write(county));
    world_run(&world, 60000);
    assert_true(place_alarmed(region, ALARM_FORK));
    world_end(&world);
}

/* --- by hand: the pair alone --- */

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

enum spoiling {
    TRUE_PAIR,
    SAME_BLOCK,
    FORGED,
    FORGED_OTHER,
    OTHER_ROOT,
    OTHER_AUTHOR,
    CUT_OFF,
    LONG,
    PAIRS
};

static void send_pair(enum spoiling spoiling, uint64_t session)
{
    struct written log = {0, {{0}}, 0};
    struct draft one = draft_next(&puppet, CITY, &log, "one"),
                 two = draft_next(&puppet, spoiling == OTHER_AUTHOR ? SIBLING : CITY, &log,
                                  spoiling == SAME_BLOCK ? "one" : "two");
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Fork fork = TERRACE__FORK__INIT;
    struct buf block = BUF_EMPTY, other = BUF_EMPTY;
    struct block_view view;
    struct hash root;
    struct err err;

    one.key = spoiling == FORGED ? &puppet.world.at[SIBLING].key : one.key;
    two.key = spoiling == FORGED_OTHER ? &puppet.world.at[SIBLING].key : two.key;
    (void)draft_finish(&block, &one);
    (void)draft_finish(&other, &two);
    assert_int_equal(block_parse(&view, buf_bytes(&other), &err), OK);
    assert_int_equal(block_root(&root, &view, &err), OK);
    root.at[0] ^= spoiling == OTHER_ROOT ? 1 : 0;
    fork.has_block = fork.has_header = fork.has_body_size = fork.has_root = 1;
    fork.block = pb_of_bytes(block.data, block.size);
    fork.header = pb_of_bytes(other.data, view.header_bytes.size + SIGNATURE_SIZE -
                                              (spoiling == CUT_OFF ? 70 : 0));
    fork.body_size = spoiling == LONG ? UINT32_MAX : view.header.body_size;
    fork.root = pb_of_bytes(root.at, HASH_SIZE);
    frame.has_session = 1;
    frame.session = session;
    frame.fork = &fork;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    buf_free(&block);
    buf_free(&other);
}

static void a_pair_alone_is_proof_and_nothing_less(void **state)
{
    static const char *const names[PAIRS] = {
        [TRUE_PAIR] = "two blocks at one place",
        [SAME_BLOCK] = "one block twice",
        [FORGED] = "one that its author did not sign",
        [FORGED_OTHER] = "another that its author did not sign",
        [OTHER_ROOT] = "a root that was not signed",
        [OTHER_AUTHOR] = "of two authors",
        [CUT_OFF] = "half a header",
        [LONG] = "a body longer than any",
    };

    for (int spoiling = 0; spoiling < PAIRS; spoiling++) {
        puppet_hello(&puppet, SESSION, 1 << 20);
        puppet_commit(&puppet, true);
        send_pair(spoiling, SESSION);
        if (place_alarmed(puppet.real, ALARM_FORK) != (spoiling == TRUE_PAIR) ||
            place_alarmed(puppet.real, ALARM_FALSE_CLAIM) != (spoiling != TRUE_PAIR) ||
            has_pair(puppet.real, "C1") != (spoiling == TRUE_PAIR)) {
            fail_msg("%s", names[spoiling]);
        }
        assert_true(may_write(puppet.real));
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* A parent shows a city that it forked: that is the end of writing. Its lone beats say it on. */
static void whose_own_log_it_is_stops_and_tells_it_beside_its_lone_beats(void **state)
{
    const Terrace__Frame *frame;
    struct division to;
    struct err err;
    uint64_t session;
    int told = 0;

    (void)state;
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    puppet_wait(&puppet, 60000);
    session = puppet_welcome(&puppet, 1 << 20);
    send_pair(TRUE_PAIR, session);
    assert_false(may_write(puppet.real));
    for (int beat = 0; beat < 10; beat++) {
        struct buf lone = BUF_EMPTY;
        puppet.world.hand.now_ms += 30000;
        if (replicator_lone_beat(puppet.real->replicator, &to, &lone)) {
            arena_reset(&puppet.arena);
            assert_int_equal(
                frame_decode((Terrace__Frame **)&frame, &puppet.arena, buf_bytes(&lone), &err), OK);
            told += frame->fork != NULL;
            if (frame->fork != NULL) { /* the region hears it from a node that opens no session */
                struct place *region = &puppet.world.at[REGION];
                replicator_receive(region->replicator, region->txn, division_of("C1"),
                                   buf_bytes(&lone));
                assert_true(place_alarmed(region, ALARM_FORK));
            }
        }
        buf_free(&lone);
    }
    assert_int_equal(told, 1);
}

/* --- a bare hash in a signed word --- */

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

/* The city's word about a log, under a hash of its own making. */
static void cosign(const char *author, bool whole, uint64_t lsn)
{
    static const uint8_t hash[HASH_SIZE] = {7};
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT, *list = &c;
    struct signature signature;

    c.has_suite = c.has_author = c.has_holder = c.has_epoch = c.has_lsn = c.has_hash = 1;
    c.has_key_epoch = c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_of_text(author);
    c.holder = pb_of_text("C1");
    c.epoch = c.key_epoch = 1;
    c.lsn = lsn;
    c.hash = pb_of_bytes(hash, HASH_SIZE);
    c.unix_ms = puppet.world.hand.now_ms;
    if (!whole) {
        c.has_audience = c.has_audience_division = c.has_aud_seq = 1;
        c.audience = AUDIENCE_TREE;
        c.audience_division = pb_of_text("R");
        c.aud_seq = 1;
    }
    cosignature_sign(&puppet.world.trust.tree, &puppet.world.at[CITY].key, &c, &signature);
    frame.has_session = 1;
    frame.session = SESSION;
    frame.n_cosignature = 1;
    frame.cosignature = &list;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* --- a log that is held audience by audience --- */

/* What it says of one audience is wrong, while the end of the log is as it is here. */
static void each_audience_of_a_log_above_is_compared(void **state)
{
    static uint8_t other[HASH_SIZE] = {7};
    static const struct {
        const char *name;
        uint64_t seq;
        bool same, asks;
    } rows[] = {
        {"the block that is held", 1, true, false},
        {"another one at its end", 2, false, true},
        {"another one before its end", 1, false, true},
        {"one that is not written yet", 3, false, false},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Terrace__Position head = TERRACE__POSITION__INIT;
        Terrace__AudienceHead line = TERRACE__AUDIENCE_HEAD__INIT, *lines = &line;
        struct log_head end, first;

        place_say(puppet.real, AUDIENCE_TREE, "R", "first");
        puppet_commit(&puppet, true);
        first = place_head(puppet.real, "R");
        place_say(puppet.real, AUDIENCE_TREE, "R", "second");
        puppet_commit(&puppet, true);
        place_say(puppet.real, AUDIENCE_LINE, "C1", "third");
        puppet_commit(&puppet, true);
        end = place_head(puppet.real, "R");
        head.has_author = head.has_epoch = head.has_lsn = head.has_hash = 1;
        head.author = pb_of_text("R");
        head.epoch = 1;
        head.lsn = end.lsn;
        head.hash = pb_of_bytes(end.hash.at, HASH_SIZE);
        head.n_line = 1;
        head.line = &lines;
        line.has_kind = line.has_division = line.has_aud_seq = line.has_hash = 1;
        line.kind = AUDIENCE_TREE;
        line.division = pb_of_text("R");
        line.aud_seq = rows[i].seq;
        line.hash = pb_of_bytes(rows[i].same ? first.hash.at : other, HASH_SIZE);
        puppet_hello_at(&puppet, SESSION, 1 << 20, &head);
        puppet_commit(&puppet, true);
        if ((puppet_await(&puppet, asks_to_show) != NULL) != rows[i].asks) {
            fail_msg("%s", rows[i].name);
        }
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* A child tells where each ends. */
static void a_hello_says_where_each_audience_ends(void **state)
{
    const Terrace__Frame *hello;
    struct log_head region;
    bool found = false;

    (void)state;
    place_say(&puppet.world.at[REGION], AUDIENCE_TREE, "R", "to all");
    world_run(&puppet.world, 3000);
    region = place_head(&puppet.world.at[CITY], "R");
    puppet_play(&puppet, CITY, REGION);
    do {
        puppet_wait(&puppet, 10000);
        hello = puppet_await(&puppet, has_hello);
    } while (hello == NULL);
    for (size_t i = 0; i < hello->hello->n_heads; i++) {
        const Terrace__Position *position = hello->hello->heads[i];
        for (size_t k = 0; k < position->n_line; k++) {
            found |= position->line[k]->lsn == region.lsn &&
                     memcmp(position->line[k]->hash.data, region.hash.at, HASH_SIZE) == 0;
        }
    }
    assert_true(found);
}

static void another_hash_in_a_cosignature_is_a_claim(void **state)
{
    static const struct {
        const char *name, *author;
        bool whole;
        uint64_t before; /* the end of that log */
    } rows[] = {
        {"of a log above, at its end", "R", false, 0},
        {"of a log above, before its end", "R", false, 1},
        {"of a log below, at its end", "K1", true, 0},
        {"of a log below, before its end", "K1", true, 1},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t lsn;

        for (int k = 0; k < 2; k++) {
            place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "said");
            world_run(&puppet.world, 1000);
        }
        place_say(puppet.real, AUDIENCE_TREE, "R", "to all");
        puppet_commit(&puppet, true);
        lsn = place_head(puppet.real, rows[i].author).lsn - rows[i].before;
        if (rows[i].before > 0 && !rows[i].whole) {
            place_say(puppet.real, AUDIENCE_TREE, "R", "to all again");
            puppet_commit(&puppet, true);
            lsn++;
        }
        puppet_wait(&puppet, 60000);
        puppet_hello(&puppet, SESSION, 1 << 20);
        puppet_commit(&puppet, true);
        cosign(rows[i].author, rows[i].whole, lsn);
        if (puppet_await(&puppet, asks_to_show) == NULL ||
            place_alarmed_ever(puppet.real, ALARM_FORK)) {
            fail_msg("%s", rows[i].name);
        }
        puppet_wait(&puppet, CLAIM_MS);
        assert_true(place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
        assert_false(place_alarmed_ever(puppet.real, ALARM_FORK));
        assert_true(may_write(puppet.real));
        (void)tear_down(state);
        (void)set_up(state);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_stand_in_one_log_is_a_fork),
        cmocka_unit_test(a_home_put_back_while_its_parent_was_away_is_a_fork_to_all),
        cmocka_unit_test(who_was_away_is_told_later),
        STORY(a_pair_alone_is_proof_and_nothing_less),
        STORY(each_audience_of_a_log_above_is_compared),
        STORY(a_hello_says_where_each_audience_ends),
        STORY(another_hash_in_a_cosignature_is_a_claim),
        STORY(whose_own_log_it_is_stops_and_tells_it_beside_its_lone_beats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
