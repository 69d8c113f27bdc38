/* May an id stand for a draft? "No" is never wrong, whatever was staged, dropped or given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "node/office/draft_ids.h"
#include "node/office/local_keys.h"
#include "node/store/store_memory.h"

enum { MANY = 20000 };

struct place {
    struct store store;
    struct txn *txn;
    struct draft_ids ids;
};

struct id_text {
    char at[16];
};

static struct bytes id_of(struct id_text *text, unsigned number)
{
    (void)snprintf(text->at, sizeof text->at, "D%u", number);
    return bytes_text(text->at);
}

static struct bytes key_of(struct id_text *text, unsigned number)
{
    (void)snprintf(text->at, sizeof text->at, "%cD%u", LOCAL_DRAFT_ID, number);
    return bytes_text(text->at);
}

static void put(struct txn *txn, unsigned number)
{
    struct id_text text;

    (void)txn_put(txn, SPACE_LOCAL, key_of(&text, number), bytes_text("a place"));
}

static bool may_have(const struct place *place, unsigned number)
{
    struct id_text text;

    return draft_ids_may_have(&place->ids, id_of(&text, number));
}

static void add(struct place *place, unsigned number)
{
    struct id_text text;

    put(place->txn, number);
    draft_ids_add(&place->ids, id_of(&text, number));
}

static unsigned count_may_have(const struct place *place, unsigned first, unsigned count)
{
    unsigned may_have_count = 0;

    for (unsigned i = first; i < first + count; i++) {
        may_have_count += may_have(place, i) ? 1 : 0;
    }
    return may_have_count;
}

static int open_place(void **state)
{
    struct place *place = mem_zalloc(sizeof *place);

    store_memory_open(&place->store);
    place->txn = txn_open(&place->store, NULL);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    draft_ids_free(&place->ids);
    txn_free(place->txn);
    place->store.ops->close(place->store.self);
    mem_free(place);
    return 0;
}

static void says_yes_before_it_has_read_the_rows(void **state)
{
    struct place *place = *state;

    assert_true(may_have(place, 1));
    draft_ids_refresh(&place->ids, place->txn);
    assert_false(may_have(place, 1));
}

static void knows_what_was_there_and_what_comes(void **state)
{
    struct place *place = *state;

    for (unsigned i = 0; i < MANY; i++) {
        put(place->txn, i);
    }
    draft_ids_refresh(&place->ids, place->txn);
    for (unsigned i = MANY; i < 2 * MANY; i++) {
        add(place, i);
    }
    assert_int_equal(count_may_have(place, 0, 2 * MANY), 2 * MANY);
    assert_int_equal(count_may_have(place, 2 * MANY, MANY), 0);
}

/* A row that is deleted in a child that is given up is there again. */
static void keeps_what_was_deleted_until_it_is_built_again(void **state)
{
    struct place *place = *state;
    struct id_text text;

    add(place, 1);
    draft_ids_refresh(&place->ids, place->txn);
    txn_delete(place->txn, SPACE_LOCAL, key_of(&text, 1));
    draft_ids_refresh(&place->ids, place->txn);
    assert_true(may_have(place, 1));
}

static void forgets_what_is_gone_when_much_of_it_is(void **state)
{
    struct place *place = *state;
    struct id_text text;

    draft_ids_refresh(&place->ids, place->txn);
    for (unsigned i = 0; i < MANY; i++) {
        add(place, i);
        if (i != 7) {
            txn_delete(place->txn, SPACE_LOCAL, key_of(&text, i));
        }
    }
    assert_int_equal(count_may_have(place, 0, MANY), MANY);
    draft_ids_refresh(&place->ids, place->txn);
    assert_int_equal(count_may_have(place, 0, MANY), 1);
    assert_true(may_have(place, 7));
}

static void says_yes_to_everything_when_too_many_wait(void **state)
{
    struct place *place = *state;

    for (unsigned i = 0; i <= DRAFT_IDS_MAX; i++) {
        put(place->txn, i);
    }
    draft_ids_refresh(&place->ids, place->txn);
    add(place, DRAFT_IDS_MAX + 1);
    assert_true(may_have(place, DRAFT_IDS_MAX + 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_yes_before_it_has_read_the_rows, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(knows_what_was_there_and_what_comes, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(keeps_what_was_deleted_until_it_is_built_again, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(forgets_what_is_gone_when_much_of_it_is, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(says_yes_to_everything_when_too_many_wait, open_place,
                                        close_place),
    };

    return cmocka_run_group_tests_name("draft_ids", tests, NULL, NULL);
}
