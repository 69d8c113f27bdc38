/* test_change_feed - lines of what a node holds: whole, bounded, filtered, resumed, and shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/api/feed_share.h"
#include "tests/unit/replicator/world.h"

static const struct change_bounds wide = {1 << 20, 1 << 20, UINT64_MAX};

static struct world world;

static const struct store *city(void)
{
    return &world.at[CITY].store;
}

static void talk(int rounds)
{
    for (int round = 0; round < rounds; round++) {
        place_say(&world.at[REGION], AUDIENCE_TREE, "R", "from above");
        place_say(&world.at[CITY], AUDIENCE_LINE, "C1", "own");
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "from below");
        world_run(&world, 1000);
    }
}

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 2000);
    talk(3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

/* All behind where the feed stands, in pieces of these bounds; how many pieces. */
static size_t read_all(struct change_feed *feed, const struct change_bounds *bounds,
                       struct buf *out, uint64_t *entries)
{
    size_t pieces = 0;
    bool more = true;
    struct err err;

    *entries = 0;
    while (more) {
        uint64_t some;

        assert_int_equal(change_feed_read(feed, bounds, out, &some, &more, &err), OK);
        *entries += some;
        pieces++;
    }
    return pieces;
}

static size_t count_of(const struct buf *text, const char *what)
{
    const uint8_t *at = text->data, *end = at + text->size;
    size_t count = 0;

    while ((at = memmem(at, (size_t)(end - at), what, strlen(what))) != NULL) {
        at++;
        count++;
    }
    return count;
}

static void narrow(struct change_feed *feed)
{
    change_feed_narrow(feed, &(struct change_filter){division_of("K1"), NUMBER_SET_ALL});
}

/* --- tests --- */

static void however_it_is_cut_the_lines_are_the_same(void **state)
{
    static const struct change_bounds bounds[] = {
        {1, 1 << 20, UINT64_MAX}, {1 << 20, 1, UINT64_MAX}, {1 << 20, 1 << 20, 1},
        {1 << 20, 1 << 20, 2},    {300, 1 << 20, 3},
    };
    struct buf whole = BUF_EMPTY;
    struct change_feed feed;
    uint64_t entries;

    (void)state;
    change_feed_open(&feed, city(), CHANGES_LINES);
    assert_int_equal(read_all(&feed, &wide, &whole, &entries), 1);
    assert_int_equal(count_of(&whole, "\n"), entries);
    assert_true(entries >= 9);
    change_feed_close(&feed);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        struct buf pieces = BUF_EMPTY;
        uint64_t again;

        change_feed_open(&feed, city(), CHANGES_LINES);
        assert_true(read_all(&feed, &bounds[i], &pieces, &again) > 1);
        assert_int_equal(again, entries);
        assert_int_equal(pieces.size, whole.size);
        assert_memory_equal(pieces.data, whole.data, whole.size);
        change_feed_close(&feed);
        buf_free(&pieces);
    }
    buf_free(&whole);
}

static void what_this_version_does_not_know_is_told_as_bytes(void **state)
{
    struct buf lines = BUF_EMPTY;
    struct change_feed feed;
    uint64_t entries;

    (void)state;
    change_feed_open(&feed, city(), CHANGES_LINES);
    (void)read_all(&feed, &wide, &lines, &entries);
    assert_int_equal(count_of(&lines, "\"kind\":\"unknown\",\"number\":16,\"format\":1,\"body\":\""
                                      "66726f6d2061626f7665\""), /* "from above" */
                     3);
    assert_true(count_of(&lines, "\"kind\":\"grant\"") > 0);
    change_feed_close(&feed);
    buf_free(&lines);
}

static void a_filter_moves_the_position_past_what_it_leaves_out(void **state)
{
    struct arrival_mark end;
    struct buf lines = BUF_EMPTY;
    struct change_feed feed;
    uint64_t entries;
    struct err err;

    (void)state;
    assert_int_equal(arrivals_end(city(), NULL, &end, &err), OK);
    change_feed_open(&feed, city(), CHANGES_LINES);
    narrow(&feed);
    (void)read_all(&feed, &wide, &lines, &entries);
    assert_int_equal(count_of(&lines, "\"division\":\"K1\",\"lsn\""), entries);
    assert_int_equal(entries, 3);
    assert_int_equal(feed.at.position, end.position);
    assert_int_equal(feed.at.mark, end.mark);
    change_feed_narrow(&feed, &(struct change_filter){DIVISION_NONE, NUMBER_SET_NONE});
    change_feed_seek(&feed, &(struct arrival_mark){0, 0});
    buf_clear(&lines);
    (void)read_all(&feed, &wide, &lines, &entries);
    assert_int_equal(entries, 0);
    assert_int_equal(lines.size, 0);
    assert_int_equal(feed.at.position, end.position);
    change_feed_close(&feed);
    buf_free(&lines);
}

static void an_event_carries_its_position_as_its_id(void **state)
{
    struct buf events = BUF_EMPTY;
    struct change_feed feed;
    uint64_t entries;

    (void)state;
    change_feed_open(&feed, city(), CHANGES_EVENTS);
    (void)read_all(&feed, &wide, &events, &entries);
    assert_int_equal(count_of(&events, "event: entry\nid: "), entries);
    assert_int_equal(count_of(&events, "\n\n"), entries);
    buf_clear(&events);
    change_feed_write_position(&feed, true, &events);
    assert_int_equal(count_of(&events, "event: position\nid: "), 1);
    assert_int_equal(count_of(&events, "\"complete\":true}\n\n"), 1);
    change_feed_close(&feed);
    buf_free(&events);
}

static void a_position_is_read_back_as_it_was_written(void **state)
{
    static const struct arrival_mark marks[] = {
        {0, 0}, {1, 0}, {1, 1}, {UINT64_C(999999999999999999), UINT64_MAX}};
    static const char *const bad[] = {"",
                                      "x",
                                      "-1",
                                      "1",
                                      "0-0000000000000000",
                                      "01-0000000000000000",
                                      "1-000000000000000",
                                      "1-00000000000000000",
                                      "1-000000000000000g",
                                      " 1-0000000000000000",
                                      "1-0000000000000000 ",
                                      "12345678901234567890-0000000000000000"};
    char text[POSITION_TEXT_MAX];
    struct arrival_mark back;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        position_format(text, &marks[i]);
        assert_true(position_parse(text, &back));
        assert_int_equal(back.position, marks[i].position);
        assert_int_equal(back.mark, marks[i].mark);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (position_parse(bad[i], &back)) {
            fail_msg("\"%s\" is a position", bad[i]);
        }
    }
}

/* Many at one place: the first reads, the others copy, and all hear the same. */
static void followers_at_one_place_share_what_the_first_has_read(void **state)
{
    enum { FOLLOWERS = 200 };
    struct feed_share *share = feed_share_open();
    struct buf first = BUF_EMPTY;
    uint64_t copied, read;

    (void)state;
    for (int i = 0; i < FOLLOWERS; i++) {
        struct change_feed feed;
        struct buf heard = BUF_EMPTY;
        bool more = true;

        change_feed_open(&feed, city(), CHANGES_EVENTS);
        while (more) {
            uint64_t entries;
            struct err err;

            assert_int_equal(feed_share_read(share, &feed, &wide, &heard, &entries, &more, &err),
                             OK);
        }
        if (i == 0) {
            buf_append_bytes(&first, buf_bytes(&heard));
        }
        assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&heard)));
        change_feed_close(&feed);
        buf_free(&heard);
    }
    feed_share_counts(share, &copied, &read);
    assert_int_equal(copied, FOLLOWERS - 1);
    assert_true(read <= FOLLOWERS); /* each looks once whether there is more */
    feed_share_close(share);
    buf_free(&first);
}

static void a_piece_is_for_its_own_filter_form_and_bound(void **state)
{
    struct feed_share *share = feed_share_open();
    struct change_bounds few = wide;
    uint64_t copied, read, entries;
    bool more;
    struct err err;

    (void)state;
    few.entries_max = 2;
    for (int i = 0; i < 8; i++) {
        struct buf heard = BUF_EMPTY;
        struct change_feed feed;

        change_feed_open(&feed, city(), i % 2 == 0 ? CHANGES_LINES : CHANGES_EVENTS);
        if (i >= 4) {
            narrow(&feed);
        }
        assert_int_equal(
            feed_share_read(share, &feed, i % 4 < 2 ? &wide : &few, &heard, &entries, &more, &err),
            OK);
        assert_true(i % 4 < 2 || entries == 2);
        assert_int_equal(count_of(&heard, "event: "), i % 2 == 0 ? 0 : entries);
        assert_true(i < 4 || count_of(&heard, "\"division\":\"K1\",\"lsn\"") == entries);
        change_feed_close(&feed);
        buf_free(&heard);
    }
    feed_share_counts(share, &copied, &read);
    assert_int_equal(copied, 0);
    assert_int_equal(read, 8);
    feed_share_close(share);
}

/* However many read, and wherever each of them rests, none of them keeps the block it is in; who
 * goes on hears what he would have heard at one go. */
static void who_rests_keeps_no_block(void **state)
{
    enum { READERS = 3 * BLOCKS_KEPT };
    struct feed_share *share = feed_share_open();
    struct change_feed feeds[READERS], alone;
    struct buf heard[READERS], whole = BUF_EMPTY;
    struct change_bounds one = wide;
    uint64_t entries;
    size_t going = READERS;
    struct err err;

    (void)state;
    one.entries_max = 1;
    change_feed_open(&alone, city(), CHANGES_LINES);
    (void)read_all(&alone, &wide, &whole, &entries);
    change_feed_close(&alone);
    for (size_t i = 0; i < READERS; i++) {
        change_feed_open(&feeds[i], city(), CHANGES_LINES);
        heard[i] = BUF_EMPTY;
    }
    while (going > 0) {
        going = 0;
        for (size_t i = 0; i < READERS; i++) {
            bool more;

            assert_int_equal(
                feed_share_read(share, &feeds[i], &one, &heard[i], &entries, &more, &err), OK);
            assert_null(feeds[i].block.body.entries);
            assert_null(feeds[i].block.body.raw.data);
            going += more;
        }
    }
    for (size_t i = 0; i < READERS; i++) {
        assert_true(bytes_equal(buf_bytes(&whole), buf_bytes(&heard[i])));
        change_feed_close(&feeds[i]);
        buf_free(&heard[i]);
    }
    feed_share_close(share);
    buf_free(&whole);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(however_it_is_cut_the_lines_are_the_same),
        STORY(what_this_version_does_not_know_is_told_as_bytes),
        STORY(a_filter_moves_the_position_past_what_it_leaves_out),
        STORY(an_event_carries_its_position_as_its_id),
        STORY(a_position_is_read_back_as_it_was_written),
        STORY(followers_at_one_place_share_what_the_first_has_read),
        STORY(a_piece_is_for_its_own_filter_form_and_bound),
        STORY(who_rests_keeps_no_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
