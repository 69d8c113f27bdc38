/* Where the draft of an id may be: every place that was ever noted is told until the table is built
 * again, and who reads a snapshot that is older than the table is told that it does not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "node/office/draft_ids.h"

enum { MANY = 50000, MOMENT = 10 };

struct id_text {
    char at[16];
};

static struct bytes id_of(struct id_text *text, unsigned number)
{
    (void)snprintf(text->at, sizeof text->at, "D%u", number);
    return bytes_text(text->at);
}

static void add(struct draft_ids *ids, unsigned number, uint64_t place)
{
    struct id_text text;

    draft_ids_add(ids, id_of(&text, number), place);
}

static struct draft_places places_of(struct draft_ids *ids, unsigned number)
{
    struct draft_places places;
    struct id_text text;

    assert_true(draft_ids_get(ids, id_of(&text, number), UINT64_MAX, &places));
    return places;
}

static int open_ids(void **state)
{
    struct draft_ids *ids = mem_zalloc(sizeof *ids);

    draft_ids_init(ids);
    *state = ids;
    return 0;
}

static int close_ids(void **state)
{
    draft_ids_free(*state);
    mem_free(*state);
    return 0;
}

static void each_id_leads_to_its_place(void **state)
{
    for (unsigned i = 0; i < MANY; i++) {
        add(*state, i, i + 1);
    }
    for (unsigned i = 0; i < MANY; i++) {
        const struct draft_places places = places_of(*state, i);

        assert_int_equal(places.count, 1);
        assert_int_equal(places.at[0], i + 1);
    }
    assert_int_equal(places_of(*state, MANY).count, 0);
}

/* Staged, given up, and handed in again: what is true is said by the rows alone. */
static void an_id_may_have_several_places(void **state)
{
    struct draft_places places;

    add(*state, 1, 100);
    add(*state, 1, 200);
    add(*state, 1, 100);
    add(*state, 1, DRAFT_PLACE_ASIDE);
    places = places_of(*state, 1);
    assert_int_equal(places.count, 3);
    assert_int_equal(places.at[0] + places.at[1], 300);
    assert_true(places.at[2] == DRAFT_PLACE_ASIDE);
}

static void with_too_many_places_it_does_not_know(void **state)
{
    struct draft_places places;
    struct id_text text;

    for (uint64_t place = 1; place <= DRAFT_PLACES_MAX; place++) {
        add(*state, 1, place);
    }
    assert_int_equal(places_of(*state, 1).count, DRAFT_PLACES_MAX);
    add(*state, 1, DRAFT_PLACES_MAX + 1);
    assert_false(draft_ids_get(*state, id_of(&text, 1), UINT64_MAX, &places));
    assert_int_equal(places_of(*state, 2).count, 0);
}

static void of_a_moment_before_it_was_built_it_does_not_know(void **state)
{
    struct draft_places places;
    struct id_text text;

    draft_ids_begin(*state, MOMENT);
    add(*state, 1, 100);
    assert_false(draft_ids_get(*state, id_of(&text, 1), MOMENT, &places));
    assert_false(draft_ids_get(*state, id_of(&text, 2), 0, &places));
    assert_true(draft_ids_get(*state, id_of(&text, 1), MOMENT + 1, &places));
    assert_int_equal(places.count, 1);
}

static void is_worn_when_much_of_it_is_gone(void **state)
{
    struct draft_ids *ids = *state;

    for (unsigned i = 0; i < MANY; i++) {
        add(ids, i, i + 1);
    }
    for (unsigned i = 0; i < MANY / 2; i++) {
        draft_ids_dropped(ids);
    }
    assert_false(draft_ids_is_worn(ids));
    draft_ids_dropped(ids);
    assert_true(draft_ids_is_worn(ids));
    draft_ids_begin(ids, MOMENT);
    assert_false(draft_ids_is_worn(ids));
    assert_int_equal(places_of(ids, 1).count, 0);
}

static void is_full_with_as_many_as_may_wait(void **state)
{
    struct draft_ids *ids = *state;

    for (unsigned i = 0; i < DRAFTS_MAX; i++) {
        assert_false(draft_ids_is_full(ids));
        add(ids, i, i + 1);
    }
    assert_true(draft_ids_is_full(ids));
    assert_false(draft_ids_is_worn(ids));
}

/* --- others look while it grows --- */

struct looking {
    struct draft_ids *ids;
    atomic_bool ended;
    atomic_uint added;
    unsigned missed;
};

static void *look(void *arg)
{
    struct looking *looking = arg;

    while (!atomic_load(&looking->ended)) {
        const unsigned added = atomic_load(&looking->added);
        struct draft_places places;
        struct id_text text;

        if (added != 0 &&
            (!draft_ids_get(looking->ids, id_of(&text, added - 1), UINT64_MAX, &places) ||
             places.count != 1)) {
            looking->missed++;
        }
    }
    return NULL;
}

static void others_find_what_was_added_before(void **state)
{
    struct looking looking = {.ids = *state};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, look, &looking), 0);
    for (unsigned i = 0; i < MANY; i++) {
        add(*state, i, i + 1);
        atomic_store(&looking.added, i + 1);
    }
    atomic_store(&looking.ended, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(looking.missed, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_ids, close_ids)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(each_id_leads_to_its_place),
        STORY(an_id_may_have_several_places),
        STORY(with_too_many_places_it_does_not_know),
        STORY(of_a_moment_before_it_was_built_it_does_not_know),
        STORY(is_worn_when_much_of_it_is_gone),
        STORY(is_full_with_as_many_as_may_wait),
        STORY(others_find_what_was_added_before),
    };

    return cmocka_run_group_tests_name("draft_ids", tests, NULL, NULL);
}
