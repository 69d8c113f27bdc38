/* What a node reads back of its own log when documents are handed in again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/node/office.h"

/* --- a store that counts the blocks that are looked up --- */

static struct store whole; /* what lies behind it */
static struct store_ops counting_ops;
static unsigned blocks_read;

static enum status count_floor(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes prefix, struct bytes at, struct buf *key,
                               struct buf *value, struct err *err)
{
    blocks_read += space == SPACE_BLOCKS;
    return whole.ops->floor(self, snapshot, space, prefix, at, key, value, err);
}

static struct office *open_counted(void)
{
    struct office *office = office_open(false);

    whole = office->store;
    counting_ops = *whole.ops;
    counting_ops.floor = count_floor;
    office->store.ops = &counting_ops;
    office_reopen(office);
    return office;
}

/* --- documents, so many a block --- */

static void fill(struct work *work, unsigned block, const char *amount)
{
    static char ids[DOCUMENTS_MAX][16]; /* a document borrows its texts */

    *work = (struct work){.count = 0};
    for (unsigned i = 0; i < DOCUMENTS_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "B%u-%u", block, i);
        work_add_budget(work, ids[i], amount);
    }
}

static void hand_in(struct office *office, unsigned block, const char *amount,
                    enum submit_status status)
{
    static struct work work;

    fill(&work, block, amount);
    office_submit(office, &work);
    work_want_all(&work, status);
}

static void a_block_is_unpacked_once_for_all_that_is_sent_again(void **state)
{
    struct office *office = open_counted();

    (void)state;
    for (unsigned block = 0; block < 4; block++) {
        hand_in(office, block, "5", SUBMIT_ACCEPTED);
    }
    for (unsigned block = 0; block < 4; block++) {
        blocks_read = 0;
        hand_in(office, block, "5", SUBMIT_EXISTS);
        assert_int_equal(blocks_read, 1);
        hand_in(office, block, "5", SUBMIT_EXISTS);
        assert_int_equal(blocks_read, 1);
    }
    node_trim(office->node);
    hand_in(office, 3, "5", SUBMIT_EXISTS);
    assert_int_equal(blocks_read, 2);
    office_close(office);
}

/* Of whatever block is kept: each answer is about the document of that id. */
static void what_is_kept_is_compared_as_what_is_read(void **state)
{
    struct office *office = open_counted();
    static struct work work;

    (void)state;
    hand_in(office, 0, "5", SUBMIT_ACCEPTED);
    hand_in(office, 1, "7", SUBMIT_ACCEPTED);
    for (unsigned turn = 0; turn < 6; turn++) {
        const unsigned block = turn & 1;

        hand_in(office, block, block == 0 ? "5" : "7", SUBMIT_EXISTS);
        fill(&work, block, "6");
        office_submit(office, &work);
        for (size_t i = 0; i < work.count; i++) {
            assert_int_equal(work.items[i].status, SUBMIT_REFUSED);
            assert_int_equal(work.items[i].refusal.reason, REASON_EXISTS_DIFFERENT);
            assert_string_equal(work.items[i].refusal.what, "amount");
        }
        if (turn == 2) { /* and what came since is not taken for it */
            hand_in(office, 2, "8", SUBMIT_ACCEPTED);
            hand_in(office, 2, "8", SUBMIT_EXISTS);
        }
    }
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_unpacked_once_for_all_that_is_sent_again),
        cmocka_unit_test(what_is_kept_is_compared_as_what_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
