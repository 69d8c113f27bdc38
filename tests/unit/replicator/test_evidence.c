/* test_evidence - a block or a pair that somebody shows, against what is held: what it tells, and
 * what is kept of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replicator/log/evidence.h"
#include "replicator/log/fork_pair.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "tests/unit/replicator/held.h"

enum { HELD = 4 };

static struct held held;
static struct hash hashes[HELD + 1];
static struct buf whole;

/* Lsn 1, 2, 3, each a block, and 4 to 5 one. */
static void begin(void **state, enum held_side side)
{
    struct piece last = {.first_lsn = 4, .count = 2};
    struct buf block = BUF_EMPTY;

    held_begin(&held, *state, side == HELD_ABOVE ? COUNTY_CODE : ROOT_CODE, side);
    held_fill(&held, hashes, 3);
    last.prev = last.aud_prev = hashes[3];
    hashes[4] = held_write(&held, &last, &block);
    held_stage(&held, buf_bytes(&block), &hashes[4], true);
    buf_free(&block);
}

static void end(void)
{
    findings_free(&held.found);
    held_end(&held);
    buf_free(&whole);
}

static enum evidence weigh(struct bytes block, uint64_t *last_lsn)
{
    return evidence_weigh(&held.logs, held.world->roster, held.txn, held.log, block, last_lsn,
                          &held.found, &held.err);
}

static bool pair_of(uint32_t epoch, struct fork_pair *pair)
{
    return fork_pair_get(held.txn, division_of(CITY_CODE), epoch, pair);
}

/* --- one block --- */

static void what_a_block_tells_against_what_is_held(void **state)
{
    static const struct {
        const char *name;
        struct piece piece;
        int prev, aud_prev; /* of which lsn; -1: of no block */
        enum evidence tells;
        uint64_t common; /* of a fork: up to there it may be one log */
    } cases[] = {
        {"the same", {.first_lsn = 2}, 1, 1, EVIDENCE_HELD, 0},
        {"another at its place", {.first_lsn = 2, .text = "x"}, 1, 1, EVIDENCE_FORK, 1},
        {"another at the first place", {.first_lsn = 1, .text = "x"}, 0, 0, EVIDENCE_FORK, 0},
        {"cut differently, from before",
         {.first_lsn = 2, .count = 2, .text = "x"},
         1,
         1,
         EVIDENCE_FORK,
         1},
        {"within one that is held", {.first_lsn = 5, .text = "x"}, 3, 3, EVIDENCE_FORK, 3},
        {"over the end of what is held",
         {.first_lsn = 5, .count = 3, .seq = 9, .kind = AUDIENCE_TREE, .text = "x"},
         3,
         -1,
         EVIDENCE_FORK,
         3},
        {"the next", {.first_lsn = 6, .seq = 5}, 4, 4, EVIDENCE_NEWER, 0},
        {"next, behind another", {.first_lsn = 6, .seq = 5}, 3, 4, EVIDENCE_FORK, 3},
        {"next, its audience behind another", {.first_lsn = 6, .seq = 5}, 4, 3, EVIDENCE_FORK, 3},
        {"far behind", {.first_lsn = 60, .seq = 50}, -1, -1, EVIDENCE_NEWER, 0},
        {"far behind, with a number that is held",
         {.first_lsn = 60, .seq = 3},
         -1,
         -1,
         EVIDENCE_FORK,
         3},
        {"far behind, the next of its audience after another",
         {.first_lsn = 60, .seq = 5},
         -1,
         2,
         EVIDENCE_FORK,
         3},
        {"signed by another", {.first_lsn = 2, .text = "x", .key = OTHER}, 1, 1, EVIDENCE_NONE, 0},
        {"of an epoch that is not known", {.first_lsn = 2, .epoch = 9}, 1, 1, EVIDENCE_NOT_YET, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct piece piece = cases[i].piece;
        struct fork_pair pair;
        uint64_t last_lsn;
        enum evidence tells;

        begin(state, HELD_BELOW);
        piece.prev = cases[i].prev < 0 ? (struct hash){{9}} : hashes[cases[i].prev];
        piece.aud_prev = cases[i].aud_prev < 0 ? (struct hash){{9}} : hashes[cases[i].aud_prev];
        (void)held_write(&held, &piece, &whole);
        tells = weigh(buf_bytes(&whole), &last_lsn);
        if (tells != cases[i].tells || pair_of(1, &pair) != (tells == EVIDENCE_FORK) ||
            (held.log->forked == 1) != (tells == EVIDENCE_FORK)) {
            fail_msg("%s: %d %s", cases[i].name, tells, held.err.text);
        }
        if (tells == EVIDENCE_FORK) {
            assert_true(bytes_equal(pair.block, buf_bytes(&whole)));
            assert_int_equal(held.found.at[0].lsn, 0); /* the alarm's: it stands in its words */
            assert_int_equal(held.found.at[1].kind, FOUND_FORK);
            assert_non_null(strstr(held.found.at[0].text, "two_blocks_signed"));
            assert_true(held.found.count == 2);
            assert_true(weigh(buf_bytes(&whole), &last_lsn) == EVIDENCE_FORK);
            assert_int_equal(held.found.count, 3); /* said again, and not kept again */
            assert_int_equal(strtoull(strrchr(held.found.at[0].text, '=') + 1, NULL, 10),
                             cases[i].common);
        } else {
            assert_int_equal(held.found.count, 0);
        }
        assert_int_equal(last_lsn,
                         tells == EVIDENCE_NONE || tells == EVIDENCE_NOT_YET
                             ? 0
                             : piece.first_lsn + (piece.count == 0 ? 1 : piece.count) - 1);
        end();
    }
}

static void noise_is_no_evidence(void **state)
{
    const struct held_log *city;
    uint64_t last_lsn = 9;

    begin(state, HELD_BELOW);
    assert_int_equal(weigh(bytes_text("noise"), &last_lsn), EVIDENCE_NONE);
    assert_int_equal(last_lsn, 0);
    (void)held_write(&held, &(struct piece){.first_lsn = 6}, &whole);
    city = held.log;
    held.log = heads_follow(&held.logs, division_of(COUNTY_CODE), HELD_BELOW);
    assert_ptr_not_equal(city, held.log);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_NONE);
    assert_non_null(strstr(held.err.text, "block_other_author"));
    end();
}

/* Two that were staged in one turn, and are not on disk yet. */
static void what_came_in_this_turn_is_compared_too(void **state)
{
    struct piece next = {.first_lsn = 6, .seq = 5};
    struct fork_pair pair;
    uint64_t last_lsn;
    struct hash hash;

    begin(state, HELD_BELOW);
    next.prev = next.aud_prev = hashes[4];
    hash = held_write(&held, &next, &whole);
    held_stage(&held, buf_bytes(&whole), &hash, false);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_HELD);
    next.text = "x";
    (void)held_write(&held, &next, &whole);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_FORK);
    assert_true(pair_of(1, &pair));
    end();
}

/* Whoever has the key of an epoch that is over may have made it since. */
static void what_is_of_an_epoch_that_is_over_tells_nothing(void **state)
{
    struct piece next = {.first_lsn = 6, .seq = 5, .epoch = 2};
    uint64_t last_lsn;
    struct hash hash;

    begin(state, HELD_BELOW);
    held_recover(&held, 2, 5, &hashes[4]);
    held_confirm(&held, 2);
    next.prev = next.aud_prev = hashes[4];
    hash = held_write(&held, &next, &whole);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_NEWER); /* a later epoch */
    held_stage(&held, buf_bytes(&whole), &hash, true);
    next = (struct piece){.first_lsn = 7, .seq = 6, .prev = hash, .aud_prev = hash};
    (void)held_write(&held, &next, &whole);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_OVER);
    assert_int_equal(held.log->forked, 0);
    end();
}

/* Of a log from above some are missing: a block between those that are held contradicts none. */
static void a_block_between_those_that_are_held_tells_nothing(void **state)
{
    struct piece far = {.first_lsn = 60, .seq = 5},
                 between = {.first_lsn = 20, .seq = 1, .kind = AUDIENCE_TREE};
    struct fork_pair pair;
    uint64_t last_lsn;
    struct hash hash;

    begin(state, HELD_ABOVE);
    far.aud_prev = hashes[4];
    hash = held_write(&held, &far, &whole);
    held_stage(&held, buf_bytes(&whole), &hash, true);
    (void)held_write(&held, &between, &whole);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_NOTHING);
    assert_int_equal(last_lsn, 20);
    between = (struct piece){.first_lsn = 59, .count = 4, .seq = 9};
    (void)held_write(&held, &between, &whole);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_FORK); /* it has 60, too */
    assert_true(pair_of(1, &pair));
    end();
}

/* The one before says what the next one follows: 59, behind which 60 does not come. */
static void a_block_that_ends_before_another_is_followed_by_it(void **state)
{
    struct piece far = {.first_lsn = 60, .seq = 5}, before = {.first_lsn = 59, .seq = 9};
    uint64_t last_lsn;
    struct hash hash;

    begin(state, HELD_ABOVE);
    far.aud_prev = hashes[4];
    hash = held_write(&held, &far, &whole);
    held_stage(&held, buf_bytes(&whole), &hash, true);
    (void)held_write(&held, &before, &whole);
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_FORK);
    end();
    begin(state, HELD_ABOVE);
    far.aud_prev = hashes[4];
    far.seq = 6; /* and 5 is missing */
    hash = held_write(&held, &far, &whole);
    held_stage(&held, buf_bytes(&whole), &hash, true);
    before = (struct piece){.first_lsn = 30, .seq = 5, .aud_prev = hashes[4]};
    (void)held_write(&held, &before, &whole); /* in its audience 60 comes behind another one */
    assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_FORK);
    end();
}

/* A stored block of which nobody can say whose it is, is no half of a pair. */
static void what_is_damaged_here_accuses_nobody(void **state)
{
    struct piece other = {.first_lsn = 4, .count = 2, .text = "x"};
    struct buf key = BUF_EMPTY, spoilt = BUF_EMPTY;
    uint64_t last_lsn;

    for (int how = 0; how < 3; how++) {
        begin(state, HELD_BELOW);
        other.prev = other.aud_prev = hashes[3];
        (void)held_write(&held, &(struct piece){.first_lsn = 4, .count = 2, .key = OTHER}, &spoilt);
        buf_clear(&key);
        log_block_key(&key, division_of(CITY_CODE), 1, 4);
        (void)txn_put(held.txn, SPACE_BLOCKS, buf_bytes(&key),
                      how == 0   ? buf_bytes(&spoilt) /* another's signature */
                      : how == 1 ? bytes_of(spoilt.data, 7)
                                 : BYTES_NONE);
        held_commit(&held);
        (void)held_write(&held, &other, &whole);
        assert_int_equal(weigh(buf_bytes(&whole), &last_lsn), EVIDENCE_NOTHING);
        end();
    }
    buf_free(&key);
    buf_free(&spoilt);
}

/* --- a pair --- */

static struct buf one, two;

static enum evidence take(const struct piece *a, const struct piece *b, Terrace__Fork *message,
                          void (*change)(Terrace__Fork *message))
{
    static struct hash root;
    struct block_view view;

    (void)held_write(&held, a, &one);
    (void)held_write(&held, b, &two);
    assert_int_equal(block_parse(&view, buf_bytes(&two), &held.err), OK);
    assert_int_equal(block_root(&root, &view, &held.err), OK);
    terrace__fork__init(message);
    message->has_block = message->has_header = message->has_body_size = message->has_root = 1;
    message->block = pb_of_bytes(one.data, one.size);
    message->header = pb_of_bytes(two.data, two.size - view.body.size);
    message->body_size = view.header.body_size;
    message->root = pb_of_bytes(root.at, sizeof root.at);
    if (change != NULL) {
        change(message);
    }
    return evidence_take(&held.logs, held.world->roster, held.txn, message, &held.found, &held.err);
}

static void leave_out_root(Terrace__Fork *message)
{
    message->has_root = 0;
}
static void shorten_root(Terrace__Fork *message)
{
    message->root.len--;
}
static void change_root(Terrace__Fork *message)
{
    message->root.data[0] ^= 1;
}
static void break_block(Terrace__Fork *message)
{
    message->block.len--;
}
static void break_header(Terrace__Fork *message)
{
    message->header.len = 9;
}
static void enlarge_body(Terrace__Fork *message)
{
    message->body_size = BLOCK_RAW_BYTES_MAX + 1;
}
static void lengthen_header(Terrace__Fork *message)
{
    static uint8_t bytes[BLOCK_BYTES_MAX + 1];

    message->header = pb_of_bytes(bytes, sizeof bytes);
}
static void say_another_size(Terrace__Fork *message)
{
    message->body_size++;
}

/* As it travels where both do not fit: of the second there is no body. */
static void a_pair_is_kept_when_its_author_signed_both(void **state)
{
    static const struct {
        const char *name;
        struct piece a, b;
        void (*change)(Terrace__Fork *message);
        enum evidence tells;
    } cases[] = {
        {"two at one place",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         NULL,
         EVIDENCE_FORK},
        {"the second begins before",
         {.first_lsn = 70},
         {.first_lsn = 68, .count = 4},
         NULL,
         EVIDENCE_FORK},
        {"of many entries",
         {.first_lsn = 70, .count = 4},
         {.first_lsn = 70, .count = 3},
         NULL,
         EVIDENCE_FORK},
        {"one twice", {.first_lsn = 70}, {.first_lsn = 70}, NULL, EVIDENCE_NONE},
        {"far from each other", {.first_lsn = 70}, {.first_lsn = 90}, NULL, EVIDENCE_NONE},
        {"the first by another",
         {.first_lsn = 70, .key = OTHER},
         {.first_lsn = 70, .text = "x"},
         NULL,
         EVIDENCE_NONE},
        {"the second by another",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x", .key = OTHER},
         NULL,
         EVIDENCE_NONE},
        {"the first of an epoch to come",
         {.first_lsn = 70, .epoch = 9},
         {.first_lsn = 70, .text = "x"},
         NULL,
         EVIDENCE_NOT_YET},
        {"the second of one",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x", .epoch = 9},
         NULL,
         EVIDENCE_NOT_YET},
        {"without a root",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         leave_out_root,
         EVIDENCE_NONE},
        {"a short root",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         shorten_root,
         EVIDENCE_NONE},
        {"another root",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         change_root,
         EVIDENCE_NONE},
        {"the first is none",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         break_block,
         EVIDENCE_NONE},
        {"the second is none",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         break_header,
         EVIDENCE_NONE},
        {"a body larger than any",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         enlarge_body,
         EVIDENCE_NONE},
        {"a block longer than any",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         lengthen_header,
         EVIDENCE_NONE},
        {"a body of another size",
         {.first_lsn = 70},
         {.first_lsn = 70, .text = "x"},
         say_another_size,
         EVIDENCE_NONE},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__Fork message;
        struct fork_pair pair;
        enum evidence tells;

        begin(state, HELD_BELOW);
        tells = take(&cases[i].a, &cases[i].b, &message, cases[i].change);
        if (tells != cases[i].tells || pair_of(1, &pair) != (tells == EVIDENCE_FORK) ||
            (held.log->forked != 0) != (tells == EVIDENCE_FORK) ||
            (held.found.count > 0) != (tells == EVIDENCE_FORK)) {
            fail_msg("%s: %d %s", cases[i].name, tells, held.err.text);
        }
        if (tells == EVIDENCE_FORK) { /* and one of an epoch is enough */
            assert_int_equal(take(&cases[i].a, &cases[i].b, &message, NULL), EVIDENCE_HELD);
            assert_int_equal(held.found.count, 2);
        }
        end();
    }
    buf_free(&one);
    buf_free(&two);
}

static void a_pair_about_no_log_of_this_node_is_nothing(void **state)
{
    const struct piece a = {.first_lsn = 70}, b = {.first_lsn = 70, .text = "x"};
    Terrace__Fork message;

    begin(state, HELD_NOT);
    assert_int_equal(take(&a, &b, &message, NULL), EVIDENCE_HELD);
    heads_free(&held.logs);
    heads_init(&held.logs, &held.store, &held.clock);
    assert_int_equal(take(&a, &b, &message, NULL), EVIDENCE_HELD);
    assert_int_equal(held.found.count, 0);
    end();
    buf_free(&one);
    buf_free(&two);
}

/* --- when it is over --- */

static void a_fork_stands_until_a_later_epoch_goes_on(void **state)
{
    const struct division city = division_of(CITY_CODE), nobody = division_of("549999");
    const struct roster *roster;

    begin(state, HELD_BELOW);
    roster = held.world->roster;
    assert_false(evidence_stands(roster, held.log)); /* there is none */
    heads_note_fork(held.log, 1);
    assert_true(evidence_stands(roster, held.log));
    assert_false(evidence_is_over(roster, nobody, 1));
    held_recover(&held, 2, 2, &hashes[2]); /* who granted it counts it at once */
    assert_true(evidence_is_over(roster, city, 1));
    assert_false(evidence_is_over(roster, city, 2)); /* of that one itself */
    assert_false(evidence_stands(roster, held.log));
    heads_note_fork(held.log, 2);
    heads_note_fork(held.log, 1); /* the newest counts */
    assert_true(evidence_stands(roster, held.log));
    end();
}

/* Who only looks needs the word of who is above; one that keeps all ends no fork. */
static void a_later_epoch_that_does_not_count_ends_none(void **state)
{
    struct said agreed = city_of("5401*");

    begin(state, HELD_BELOW);
    said_anew(held.world);
    must(held.world, &said_root);
    must(held.world, &agreed);
    agreed.epoch = 2;
    agreed.consents = CITY + 1;
    must(held.world, &agreed); /* a rotation */
    assert_false(evidence_is_over(held.world->roster, division_of(CITY_CODE), 1));
    held_recover(&held, 3, 2, &hashes[2]);
    assert_false(evidence_is_over(held.world->roster, division_of(CITY_CODE), 1));
    held_confirm(&held, 3);
    assert_true(evidence_is_over(held.world->roster, division_of(CITY_CODE), 1));
    end();
}

/* --- its rows --- */

struct seen {
    size_t count, stop_at;
};

static bool see_pair(void *arg, struct division author, uint32_t epoch,
                     const struct fork_pair *pair)
{
    struct seen *seen = arg;

    assert_string_equal(author.code, CITY_CODE);
    assert_true(epoch == seen->count + 1 && pair->block.size > 0);
    return ++seen->count != seen->stop_at;
}

static void put_pair_row(size_t key_size, struct bytes value)
{
    struct buf key = BUF_EMPTY;

    buf_put_u8(&key, META_FORK);
    division_write(&key, division_of(CITY_CODE));
    buf_put_u32(&key, 7);
    (void)txn_put(held.txn, SPACE_META, bytes_of(key.data, key_size), value);
    held_commit(&held);
    buf_free(&key);
}

static void pairs_are_told_and_damage_is(void **state)
{
    const struct piece a = {.first_lsn = 70}, b = {.first_lsn = 70, .text = "x"},
                       c = {.first_lsn = 70, .epoch = 2},
                       d = {.first_lsn = 70, .text = "x", .epoch = 2};
    struct seen seen = {0, 0};
    Terrace__Fork message;

    begin(state, HELD_BELOW);
    held_recover(&held, 2, 5, &hashes[4]);
    assert_int_equal(fork_pairs_each(held.txn, see_pair, &seen, &held.err), OK);
    assert_int_equal(seen.count, 0);
    assert_int_equal(take(&a, &b, &message, NULL), EVIDENCE_FORK);
    assert_int_equal(take(&c, &d, &message, NULL), EVIDENCE_FORK);
    held_commit(&held);
    assert_int_equal(fork_pairs_each(held.txn, see_pair, &seen, &held.err), OK);
    assert_int_equal(seen.count, 2);
    seen = (struct seen){0, 1};
    assert_int_equal(fork_pairs_each(held.txn, see_pair, &seen, &held.err), OK);
    assert_int_equal(seen.count, 1);
    held.log->forked = 0;
    assert_int_equal(fork_pairs_load(&held.logs, &held.err), OK);
    assert_int_equal(held.log->forked, 2);

    put_pair_row(14, bytes_text("no pair"));
    seen = (struct seen){0, 0};
    assert_int_equal(fork_pairs_each(held.txn, see_pair, &seen, &held.err), ERR_CORRUPT);
    assert_int_equal(seen.count, 2);
    assert_false(pair_of(7, &(struct fork_pair){.other_body_size = 0}));
    assert_int_equal(txn_status(held.txn, &held.err), ERR_CORRUPT);
    end();
    begin(state, HELD_BELOW);
    put_pair_row(13, bytes_text("no key"));
    assert_int_equal(fork_pairs_each(held.txn, see_pair, &seen, &held.err), ERR_CORRUPT);
    assert_int_equal(fork_pairs_load(&held.logs, &held.err), ERR_CORRUPT);
    end();
    buf_free(&one);
    buf_free(&two);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(what_a_block_tells_against_what_is_held),
        STORY(noise_is_no_evidence),
        STORY(what_came_in_this_turn_is_compared_too),
        STORY(what_is_of_an_epoch_that_is_over_tells_nothing),
        STORY(a_block_between_those_that_are_held_tells_nothing),
        STORY(a_block_that_ends_before_another_is_followed_by_it),
        STORY(what_is_damaged_here_accuses_nobody),
        STORY(a_pair_is_kept_when_its_author_signed_both),
        STORY(a_pair_about_no_log_of_this_node_is_nothing),
        STORY(a_fork_stands_until_a_later_epoch_goes_on),
        STORY(a_later_epoch_that_does_not_count_ends_none),
        STORY(pairs_are_told_and_damage_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
