/* test_bringing - what was put aside of a log is brought towards its author: from whom it is taken,
 * and to whom it goes on. The city is real; its region and its county are played. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/log/aside.h"
#include "replicator/store/row_letters.h"

enum { CREDIT = 64 << 20, AUTHORS = 3 };

static struct puppet puppet;
static struct written county_log; /* up to where its recovery goes on */
static struct buf cut_off[2];     /* blocks of the county behind that, one upon the other */

/* The county goes on behind its first entry; two more are known of from elsewhere. */
static int set_up(void **state)
{
    struct place *city;
    struct log_head head;
    struct grant grant;
    struct written log;
    struct err err;

    (void)state;
    puppet_begin(&puppet);
    world_run(&puppet.world, 3000);
    city = &puppet.world.at[CITY];
    place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "kept");
    world_run(&puppet.world, 3000);
    head = place_head(city, "K1");
    log = county_log = (struct written){head.lsn, head.hash, 1};
    for (size_t i = 0; i < COUNT_OF(cut_off); i++) {
        cut_off[i] = draft_write(&puppet, COUNTY, &log, i == 0 ? "cut off" : "and more");
    }
    grant = roster_find(replicator_roster(city->replicator), division_of("K1"))->grant;
    grant.epoch = 2;
    grant.base_lsn = head.lsn;
    grant.base_hash = head.hash;
    assert_int_equal(replicator_grant(city->replicator, city->txn, &grant, every_code(), &err), OK);
    puppet_play(&puppet, CITY, REGION);
    puppet_commit(&puppet, true);
    puppet_wait(&puppet, 60000); /* the sessions with the real ones are over */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cut_off); i++) {
        buf_free(&cut_off[i]);
    }
    puppet_end(&puppet);
    return 0;
}

/* --- the two played ones --- */

static void drain(void)
{
    while (puppet_next(&puppet) != NULL) {
    }
}

static uint64_t open_region(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT, *asked;
    Terrace__Welcome welcome = TERRACE__WELCOME__INIT;

    puppet_play(&puppet, CITY, REGION);
    do {
        puppet_wait(&puppet, 1000);
        asked = puppet_await(&puppet, has_hello);
    } while (asked == NULL);
    frame.has_session = 1;
    frame.session = asked->session;
    frame.welcome = &welcome;
    welcome.has_version = welcome.has_features = welcome.has_unix_ms = welcome.has_credit = 1;
    welcome.version = PROTOCOL_VERSION_MAX;
    welcome.features = FEATURES_KNOWN;
    welcome.unix_ms = puppet.world.hand.now_ms;
    welcome.credit = CREDIT;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    return frame.session;
}

static void open_county(uint64_t session, uint64_t features)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;

    puppet_play(&puppet, CITY, COUNTY);
    hello.has_version_min = hello.has_version_max = hello.has_credit = hello.has_unix_ms = 1;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.has_features = 1;
    hello.features = features;
    hello.credit = CREDIT;
    hello.unix_ms = puppet.world.hand.now_ms;
    frame.has_session = 1;
    frame.session = session;
    frame.hello = &hello;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

static void bring(uint64_t session, struct bytes block)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = frame.has_put_aside = 1;
    frame.session = session;
    frame.put_aside = pb_of_bytes(block.data, block.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

static void hold(uint64_t session, struct bytes key)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = frame.has_put_aside_held = 1;
    frame.session = session;
    frame.put_aside_held = pb_of_bytes(key.data, key.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

static bool has_answer(const Terrace__Frame *frame)
{
    return frame->has_put_aside_held;
}

static bool has_put_aside(const Terrace__Frame *frame)
{
    return frame->has_put_aside;
}

static bool is_answered(void)
{
    return puppet_await(&puppet, has_answer) != NULL;
}

/* Is this block the next that is brought to who is played? */
static bool is_brought(const struct buf *block)
{
    const Terrace__Frame *frame = puppet_await(&puppet, has_put_aside);

    return frame != NULL && bytes_equal(bytes_of_pb(frame->put_aside), buf_bytes(block));
}

static struct buf key_of(const struct buf *block)
{
    struct block_view view;
    struct buf key = BUF_EMPTY;
    struct err err;

    assert_int_equal(block_parse(&view, buf_bytes(block), &err), OK);
    aside_key(&key, &view);
    return key;
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static size_t count_rows(uint8_t letter)
{
    const struct store *store = &puppet.real->store;
    size_t count = 0;
    struct err err;

    assert_int_equal(store->ops->scan(store->self, NULL, SPACE_META, bytes_of(&letter, 1),
                                      BYTES_NONE, count_row, &count, &err),
                     OK);
    return count;
}

static uint64_t frames_refused(void)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(puppet.real->replicator); i++) {
        replicator_peer(puppet.real->replicator, i, &status);
        if (division_equal(status.division, puppet.played)) {
            return status.frames_refused;
        }
    }
    fail();
    return 0;
}

/* --- taken --- */

static void it_is_taken_from_who_is_farther_from_its_author(void **state)
{
    enum {
        CUT_OFF,
        HELD,
        NOISE,
        OTHER_KEY,
        OF_NOTHING,
        OF_ABOVE,
        OTHER_EPOCH,
        FROM_BELOW,
        BESIDE,
        CASES
    };
    static const struct {
        const char *name;
        bool answered;
        size_t kept;
    } want[CASES] = {
        [CUT_OFF] = {"a block behind the recovery", true, 1},
        [HELD] = {"one that is held", true, 0},
        [NOISE] = {"no block", false, 0},
        [OTHER_KEY] = {"one that its author did not sign", false, 0},
        [OF_NOTHING] = {"of a log that was never taken back", false, 0},
        [OF_ABOVE] = {"of who brings it", false, 0},
        [OTHER_EPOCH] = {"of an epoch that is not over", false, 0},
        [FROM_BELOW] = {"from its author", false, 0},
        [BESIDE] = {"another one at a place that is held", true, 1},
    };

    for (int what = 0; what < CASES; what++) {
        struct draft draft = draft_next(&puppet,
                                        what == OF_NOTHING ? CITY
                                        : what == OF_ABOVE ? REGION
                                                           : COUNTY,
                                        &county_log, "other");
        struct buf block = BUF_EMPTY;
        struct block_view held;
        uint64_t session = SESSION, refused;
        bool answered;
        struct err err;

        if (what == FROM_BELOW) {
            open_county(session, FEATURES_KNOWN);
        } else {
            session = open_region();
        }
        if (what == BESIDE) {
            const struct written none = {0, {{0}}, 0};

            draft = draft_next(&puppet, COUNTY, &none, "beside");
        }
        draft.key = what == OTHER_KEY ? &puppet.world.at[SIBLING].key : draft.key;
        draft.header.epoch = what == OTHER_EPOCH ? 2 : 1;
        if (what == HELD) {
            assert_int_equal(log_read_block(&puppet.real->store, NULL, division_of("K1"),
                                            county_log.lsn, &block, &held, &err),
                             OK);
        } else {
            (void)draft_finish(&block, &draft);
        }
        drain();
        refused = frames_refused();
        bring(session, bytes_of(block.data, what == NOISE ? 9 : block.size));
        answered = is_answered();
        if (answered != want[what].answered || count_rows(META_ASIDE) != want[what].kept ||
            (frames_refused() > refused) == answered) {
            fail_msg("%s: %s, %zu kept", want[what].name, answered ? "answered" : "not answered",
                     count_rows(META_ASIDE));
        }
        buf_free(&block);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* Its next epoch cut nothing off: there is nothing that anybody put aside. */
static void behind_a_mere_change_of_name_nothing_was_put_aside(void **state)
{
    struct place *city;
    struct err err;
    uint32_t epoch;

    (void)tear_down(state);
    puppet_begin(&puppet);
    world_run(&puppet.world, 3000);
    city = &puppet.world.at[CITY];
    assert_int_equal(replicator_amend(city->replicator, city->txn, division_of("K1"), "another",
                                      NULL, &epoch, &err),
                     OK);
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    assert_int_equal(
        roster_find(replicator_roster(city->replicator), division_of("K1"))->grant.epoch, 2);
    puppet_wait(&puppet, 60000);
    county_log = (struct written){0, {{0}}, 0};
    cut_off[0] = draft_write(&puppet, COUNTY, &county_log, "said");
    bring(open_region(), buf_bytes(&cut_off[0]));
    assert_false(is_answered());
    assert_int_equal(count_rows(META_ASIDE), 0);
}

/* --- brought --- */

/* One at a time, each once; a peer that does not know of such things is brought nothing. */
static void it_goes_on_to_its_author_one_at_a_time(void **state)
{
    struct buf keys[2] = {key_of(&cut_off[0]), key_of(&cut_off[1])};
    const uint64_t session = open_region();
    static const uint8_t zeros[ASIDE_KEY_BYTES];

    (void)state;
    open_county(SESSION, FEATURES_KNOWN);
    hold(SESSION, bytes_of(zeros, sizeof zeros)); /* nothing is under way */
    assert_int_equal(count_rows(META_BROUGHT), 0);
    drain();
    for (int i = 1; i >= 0; i--) { /* the later one comes first, and is under way already */
        puppet_play(&puppet, CITY, REGION);
        bring(session, buf_bytes(&cut_off[i]));
        puppet_play(&puppet, CITY, COUNTY);
        assert_int_equal(is_brought(&cut_off[1]), i == 1);
    }
    hold(SESSION, buf_bytes(&keys[0])); /* not that one */
    hold(SESSION, bytes_of(keys[1].data, keys[1].size - 1));
    assert_int_equal(count_rows(META_BROUGHT), 0);
    hold(SESSION, buf_bytes(&keys[1]));
    assert_int_equal(count_rows(META_BROUGHT), 1);
    assert_true(is_brought(&cut_off[0]));
    hold(SESSION, buf_bytes(&keys[0]));
    assert_int_equal(count_rows(META_BROUGHT), 2);
    assert_null(puppet_await(&puppet, has_put_aside));

    open_county(SESSION + 1, FEATURES_KNOWN); /* it has them */
    assert_null(puppet_await(&puppet, has_put_aside));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        buf_free(&keys[i]);
    }
}

static void who_does_not_know_of_it_is_brought_nothing(void **state)
{
    const uint64_t session = open_region();

    (void)state;
    bring(session, buf_bytes(&cut_off[0]));
    assert_int_equal(count_rows(META_ASIDE), 1);
    open_county(SESSION, FEATURE_OWN_LOG);
    assert_null(puppet_await(&puppet, has_put_aside));
    open_county(SESSION + 1, FEATURES_KNOWN);
    assert_true(is_brought(&cut_off[0]));
}

/* Whose disk was lost has other keys: he is brought all of it once more. */
static void a_new_epoch_is_brought_it_anew(void **state)
{
    struct place *city = puppet.real;
    struct buf key = key_of(&cut_off[0]);
    struct grant grant;
    const uint64_t session = open_region();
    struct err err;

    (void)state;
    bring(session, buf_bytes(&cut_off[0]));
    open_county(SESSION, FEATURES_KNOWN);
    assert_true(is_brought(&cut_off[0]));
    hold(SESSION, buf_bytes(&key));
    assert_null(puppet_await(&puppet, has_put_aside));
    grant = roster_find(replicator_roster(city->replicator), division_of("K1"))->grant;
    grant.epoch = 3;
    assert_int_equal(replicator_grant(city->replicator, city->txn, &grant, every_code(), &err), OK);
    puppet_commit(&puppet, true);
    open_county(SESSION + 1, FEATURES_KNOWN);
    assert_true(is_brought(&cut_off[0]));
    buf_free(&key);
}

/* What is of this node stays; of its region it goes up, of its county down. A row that is none is
 * passed over. */
static void each_goes_where_its_author_is(void **state)
{
    struct place *city = puppet.real;
    const struct written none = {0, {{0}}, 0};
    struct buf blocks[AUTHORS] = {BUF_EMPTY, BUF_EMPTY, BUF_EMPTY}, key = BUF_EMPTY;

    (void)state;
    for (int author = REGION; author <= COUNTY; author++) {
        struct draft draft = draft_next(&puppet, author, &none, "put aside");
        struct block_view view;
        struct err err;

        (void)draft_finish(&blocks[author], &draft);
        assert_int_equal(block_parse(&view, buf_bytes(&blocks[author]), &err), OK);
        aside_put(city->txn, 2, &view);
        if (author == COUNTY) { /* damaged rows before it */
            aside_key(&key, &view);
            (void)txn_put(city->txn, SPACE_META, bytes_of(key.data, key.size - 1), bytes_text("x"));
            key.data[key.size - 1] ^= 1;
            (void)txn_put(city->txn, SPACE_META, buf_bytes(&key), bytes_text("x"));
            memset(key.data + 1, '?', DIVISION_CODE_MAX);
            key.data[2] = 0;
            (void)txn_put(city->txn, SPACE_META, buf_bytes(&key), bytes_text("more than that"));
        }
    }
    puppet_commit(&puppet, true);
    (void)open_region();
    assert_true(is_brought(&blocks[REGION]));
    assert_null(puppet_await(&puppet, has_put_aside));
    open_county(SESSION, FEATURES_KNOWN);
    assert_true(is_brought(&blocks[COUNTY]));
    assert_null(puppet_await(&puppet, has_put_aside));
    for (int author = REGION; author <= COUNTY; author++) {
        buf_free(&blocks[author]);
    }
    buf_free(&key);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(it_is_taken_from_who_is_farther_from_its_author),
        STORY(behind_a_mere_change_of_name_nothing_was_put_aside),
        STORY(it_goes_on_to_its_author_one_at_a_time),
        STORY(who_does_not_know_of_it_is_brought_nothing),
        STORY(a_new_epoch_is_brought_it_anew),
        STORY(each_goes_where_its_author_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
