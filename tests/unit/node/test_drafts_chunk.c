/* Drafts of one post side by side: each is found alone, and a row is gone when none of it waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "node/office/drafts_chunk.h"
#include "node/store/store_memory.h"

enum { FIRST = 100, POST = 130, ROW = 64, ODD = 7 };

struct place {
    struct store store;
    struct txn *txn;
    bool waits[FIRST + POST + ODD];
};

static struct draft_ref ref_of(uint64_t sequence)
{
    const uint64_t batch = sequence < FIRST + POST ? FIRST : FIRST + POST;

    return (struct draft_ref){sequence, (uint32_t)(sequence - batch)};
}

static void id_of(char id[16], uint64_t sequence)
{
    (void)snprintf(id, 16, "D%u", (unsigned)sequence);
}

static void add(struct place *place, uint64_t sequence)
{
    const struct draft_ref ref = ref_of(sequence);
    struct draft draft = {.sequence = sequence,
                          .batch = sequence - ref.leaf,
                          .leaf = ref.leaf,
                          .unix_ms = 1000 + sequence - ref.leaf,
                          .kind = 20};
    struct refusal refusal;
    struct buf memory = BUF_EMPTY;
    char id[16];

    id_of(id, sequence);
    draft.id = bytes_text(id);
    draft.body = sequence % ODD == 0 ? BYTES_NONE : bytes_text("a body of its own");
    refusal_clear(&refusal);
    if (sequence % ODD == 1) {
        (void)refuse(&refusal, REASON_UNKNOWN, id);
        (void)snprintf(refusal.detail, sizeof refusal.detail, "of %s", id);
    }
    chunk_add(place->txn, &draft, &refusal, &memory);
    buf_free(&memory);
    place->waits[sequence] = true;
}

static void expect_draft(const struct draft *draft, uint64_t sequence)
{
    const struct draft_ref ref = ref_of(sequence);
    const bool is_odd = sequence % ODD == 1;
    struct refusal refusal;
    char id[16], detail[32];

    id_of(id, sequence);
    (void)snprintf(detail, sizeof detail, "of %s", id);
    assert_int_equal(draft->sequence, sequence);
    assert_int_equal(draft->leaf, ref.leaf);
    assert_int_equal(draft->batch, sequence - ref.leaf);
    assert_int_equal(draft->unix_ms, 1000 + sequence - ref.leaf);
    assert_int_equal(draft->kind, 20);
    assert_true(bytes_equal(draft->id, bytes_text(id)));
    assert_int_equal(draft->body.size, sequence % ODD == 0 ? 0 : 17);
    assert_int_equal(draft_would_refuse(draft, &refusal), is_odd ? REASON_UNKNOWN : REASON_NONE);
    assert_int_equal(refusal.reason, is_odd ? REASON_UNKNOWN : REASON_NONE);
    assert_string_equal(refusal.what, is_odd ? id : "");
    assert_string_equal(refusal.detail, is_odd ? detail : "");
}

/* A post of three rows, and a small one right behind it. */
static int open_place(void **state)
{
    struct place *place = mem_zalloc(sizeof *place);

    store_memory_open(&place->store);
    place->txn = txn_open(&place->store, NULL);
    for (uint64_t sequence = FIRST; sequence < FIRST + POST + ODD; sequence++) {
        add(place, sequence);
    }
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    txn_free(place->txn);
    place->store.ops->close(place->store.self);
    mem_free(place);
    return 0;
}

/* --- what is there --- */

struct seen {
    const struct place *place;
    uint64_t next;
    size_t stop_after;
};

static bool see(void *arg, const struct draft *draft)
{
    struct seen *seen = arg;

    while (!seen->place->waits[seen->next]) {
        seen->next++;
    }
    expect_draft(draft, seen->next++);
    return --seen->stop_after > 0;
}

static void expect_all_from(struct place *place, uint64_t from)
{
    struct seen seen = {place, from, SIZE_MAX};
    struct err err;

    chunk_each_from(place->txn, from, see, &seen);
    while (seen.next < COUNT_OF(place->waits)) {
        assert_false(place->waits[seen.next++]);
    }
    assert_int_equal(txn_status(place->txn, &err), OK);
}

static void expect_found(struct place *place, uint64_t sequence, struct chunk *last)
{
    struct draft draft;
    const bool found = chunk_find(place->txn, ref_of(sequence), last, &draft);

    assert_int_equal(found, place->waits[sequence]);
    if (found) {
        expect_draft(&draft, sequence);
    }
}

static void expect_all(struct place *place)
{
    const uint64_t end = COUNT_OF(place->waits);
    struct chunk last = {.first = 0};

    for (uint64_t sequence = FIRST; sequence < end; sequence++) {
        expect_found(place, sequence, NULL);
        expect_found(place, sequence, &last); /* behind the one before */
    }
    for (uint64_t sequence = FIRST; sequence < end; sequence++) {
        expect_found(place, sequence, &last);
        expect_found(place, sequence, &last);                   /* the same again */
        expect_found(place, FIRST + end - 1 - sequence, &last); /* any before or behind it */
    }
    for (uint64_t from = FIRST; from < COUNT_OF(place->waits); from++) {
        expect_all_from(place, from);
    }
}

static void drop(struct place *place, uint64_t sequence)
{
    chunk_drop(place->txn, ref_of(sequence));
    place->waits[sequence] = false;
}

static size_t row_count(struct place *place)
{
    const struct batch batch = txn_batch(place->txn);
    size_t count = 0;

    for (size_t i = 0; i < batch.count; i++) {
        count += batch.changes[i].value.data != NULL;
    }
    return count;
}

/* --- --- */

static void a_post_is_few_rows(void **state)
{
    struct place *place = *state;

    assert_int_equal(row_count(place), 4);
    expect_all(place);
}

static void dropping_one_leaves_its_neighbours(void **state)
{
    static const uint64_t dropped[] = {FIRST,        FIRST + ROW - 1,
                                       FIRST + ROW,  FIRST + POST - 1,
                                       FIRST + POST, FIRST + POST + ODD - 1};
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(dropped); i++) {
        struct draft neighbour;
        const uint64_t beside = dropped[i] % 2 == 0 ? dropped[i] + 1 : dropped[i] - 1;

        if (place->waits[beside]) {
            assert_true(chunk_find(place->txn, ref_of(beside), NULL, &neighbour));
            drop(place, dropped[i]);
            expect_draft(&neighbour, beside); /* its views are good still */
        } else {
            drop(place, dropped[i]);
        }
        expect_all(place);
    }
    drop(place, dropped[0]); /* again */
    expect_all(place);
}

static void a_row_is_gone_with_the_last_of_it(void **state)
{
    struct place *place = *state;

    for (uint64_t sequence = FIRST; sequence < FIRST + ROW; sequence++) {
        assert_int_equal(row_count(place), 4);
        drop(place, sequence);
    }
    assert_int_equal(row_count(place), 3);
    for (uint64_t sequence = COUNT_OF(place->waits) - 1; sequence >= FIRST + ROW; sequence--) {
        drop(place, sequence);
    }
    assert_int_equal(row_count(place), 0);
    expect_all(place);
}

static void a_walk_stops_where_it_is_told(void **state)
{
    struct place *place = *state;
    struct seen seen = {place, FIRST, ROW + 1};

    chunk_each_from(place->txn, 0, see, &seen);
    assert_int_equal(seen.next, FIRST + ROW + 1);
}

/* Cut anywhere, or said to begin elsewhere: never absent, never read beyond. */
static void a_damaged_row_fails_the_turn(void **state)
{
    struct place *place = *state;
    const struct batch batch = txn_batch(place->txn);
    struct bytes whole = batch.changes[0].value;

    for (size_t size = 0; size < whole.size; size++) {
        struct txn *txn = txn_open(&place->store, NULL);
        struct seen seen = {place, FIRST, SIZE_MAX};
        struct draft draft;
        struct err err;

        (void)txn_put(txn, SPACE_LOCAL, batch.changes[0].key, bytes_of(whole.data, size));
        assert_false(chunk_find(txn, ref_of(FIRST + ROW - 1), NULL, &draft));
        assert_int_equal(txn_status(txn, &err), ERR_CORRUPT);
        txn_reset(txn);
        (void)txn_put(txn, SPACE_LOCAL, batch.changes[0].key, bytes_of(whole.data, size));
        chunk_each_from(txn, 0, see, &seen);
        assert_true(seen.next < FIRST + ROW);
        txn_free(txn);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)
    const struct CMUnitTest tests[] = {
        STORY(a_post_is_few_rows),
        STORY(dropping_one_leaves_its_neighbours),
        STORY(a_row_is_gone_with_the_last_of_it),
        STORY(a_walk_stops_where_it_is_told),
        STORY(a_damaged_row_fails_the_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
