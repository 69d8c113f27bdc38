/* Replicators over a store of which one read goes wrong. Whichever read that is: none is opened
 * over what it cannot read, a turn that met it is known not to be whole, and what was said is
 * everywhere in the end, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/log/endpoints.h"
#include "replicator/log/fork_pair.h"
#include "replicator/log/heads.h"
#include "replicator/store/read_watch.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/enrol_invites.h"
#include "tests/harness/spoiling_store.h"
#include "world.h"

enum { TURNS = 1500 };

static struct world world;
static struct spoiling_store spoiling;

/* A tree in which everything was said that a log can have in its rows. */
static void say_much(void)
{
    struct place *region = &world.at[REGION], *city = &world.at[CITY];
    struct endpoint_entry entry = {"tcp://127.0.0.1:7001"};
    struct revocation revoked;
    struct err err;
    uint32_t epoch;

    world_begin(&world);
    world_run(&world, 3000);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    place_say(region, AUDIENCE_LINE, "K1", "transfer");
    place_say(region, AUDIENCE_TREE, "R", "code");
    place_say(city, AUDIENCE_TREE, "C1", "rule");
    world_run(&world, 30000);
    assert_int_equal(replicator_amend(region->replicator, region->txn, division_of("C1"), "Other",
                                      NULL, &epoch, &err),
                     OK);
    assert_int_equal(replicator_listen(city->replicator, city->txn, &entry, &err), OK);
    world_run(&world, 30000);
    assert_int_equal(replicator_pause(city->replicator, city->txn, division_of("K1"), true, &err),
                     OK);
    assert_int_equal(replicator_revoke(region->replicator, region->txn, division_of("C2"), "gone",
                                       &revoked, &err),
                     OK);
    world_run(&world, 3000);
}

/* --- opening --- */

/* Some rows are only asked for: what is not there is as it would be safe. */
static bool is_safe(const struct place *place, const struct replicator *replicator)
{
    for (size_t i = 0; i < replicator_peers(replicator); i++) {
        struct peer_status peer;

        replicator_peer_link(replicator, i, &peer);
        if (place == &world.at[CITY] && strcmp(peer.division.code, "K1") == 0) {
            return peer.state == PEER_PAUSED;
        }
    }
    return place != &world.at[CITY];
}

static enum status open_over(struct place *place, struct store store, bool *safe)
{
    struct replicator_config config = place_config(place);
    struct txn *txn = txn_open(&store, NULL);
    struct replicator *replicator;
    enum status status;
    struct err err;

    config.store = &store;
    status = replicator_open(&replicator, &config, txn, NULL, 0, &err);
    status = status == OK ? txn_status(txn, &err) : status;
    *safe = status != OK || is_safe(place, replicator);
    replicator_close(replicator);
    txn_free(txn);
    return status;
}

static void open_over_each(struct place *place, enum spoiling how)
{
    const struct store store = spoiling_store_of(&spoiling, place->store);
    size_t refused = 0;
    bool safe;

    assert_int_equal(open_over(place, store, &safe), OK);
    assert_true(safe);
    for (size_t read = 0;; read++) {
        enum status status;

        spoiling_store_begin(&spoiling, how, read);
        status = open_over(place, store, &safe);
        if (!spoiling.spoilt) {
            break;
        }
        if (!safe) {
            fail_msg("%s: read %zu (%.*s in space %d) was spoilt, and a stop is forgotten",
                     place->division.code, read, (int)spoiling.key.size,
                     (const char *)spoiling.key.data, spoiling.space);
        }
        if (how == SPOILS_READ && status != ERR_IO) {
            fail_msg("%s: read %zu in space %d failed, and was taken for an absent row",
                     place->division.code, read, spoiling.space);
        }
        refused += status != OK;
    }
    assert_true(refused > 10);
}

static void what_cannot_be_read_lets_nobody_in(void **state)
{
    (void)state;
    say_much();
    for (int i = REGION; i <= COUNTY; i++) {
        open_over_each(&world.at[i], SPOILS_READ);
    }
    for (int i = REGION; i <= COUNTY; i++) {
        open_over_each(&world.at[i], SPOILS_ROW);
        open_over_each(&world.at[i], SPOILS_HALF);
        open_over_each(&world.at[i], SPOILS_MOST);
    }
    world_end(&world);
}

/* --- turns --- */

static int said;

static void say(int author, enum audience_kind kind, const char *to)
{
    char text[16];

    (void)snprintf(text, sizeof text, "w%d", said++);
    place_say(&world.at[author], kind, to, text);
}

static void holds_as_its_author(int holder, int author)
{
    const char *code = world.at[author].division.code;

    assert_int_equal(place_head(&world.at[holder], code).lsn,
                     place_head(&world.at[author], code).lsn);
}

static void a_turn_that_could_not_read_is_done_again(void **state)
{
    struct place *city = &world.at[CITY];
    struct store sound;
    int met = 0;

    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    sound = city->store;
    place_close(city);
    city->store = spoiling_store_of(&spoiling, sound);
    place_open(city);
    for (int turn = 0; turn < TURNS; turn++) {
        spoiling_store_begin(&spoiling, SPOILS_READ, world_chance(&world) % 12);
        city->reads_fail = true;
        say(turn % 3 == 0   ? REGION
            : turn % 3 == 1 ? COUNTY
                            : CITY,
            AUDIENCE_LINE, turn % 3 == 2 ? "C1" : "K1");
        world_run(&world, 300);
        met += spoiling.spoilt;
        spoiling_store_begin(&spoiling, SPOILS_NOTHING, 0);
        world_run(&world, 1000);
        if (turn % 20 == 0) { /* what was sent is lost, too, and read again */
            place_close(city);
            place_open(city);
        }
    }
    assert_true(met > 100);
    assert_in_range(city->turns_failed, met - TURNS / 20,
                    met); /* some ended before their turn did */
    world_run(&world, 60000);
    holds_as_its_author(REGION, CITY);
    holds_as_its_author(REGION, COUNTY);
    holds_as_its_author(CITY, COUNTY);
    place_close(city);
    city->store = sound;
    place_open(city);
    world_end(&world);
}

/* --- rows past a turn's txn --- */

enum past_txn { PLACE, PAIR, ENDPOINT, COSIGNATURE, FOUNDERS, SECRET, PAST_TXN };

/* What is not there, and is asked for by those who have no path for an error. True: it is. */
static bool ask_for(enum past_txn which, const struct store *store, struct err *err)
{
    const struct audience audience = {AUDIENCE_LINE, division_of("K1")};
    const struct logs logs = {.store = store};
    const uint8_t secret[32] = {1};
    struct endpoint_entry entry;
    struct grant_terms terms;
    struct held_place place;
    struct fork_pair pair;
    struct buf value = BUF_EMPTY;
    bool found = false;

    switch (which) {
    case PLACE:
        found = heads_place(&logs, NULL, division_of("K1"), &audience, 9, &place);
        break;
    case PAIR:
        found = fork_pair_read(store, NULL, division_of("K1"), 1, &value, &pair);
        break;
    case ENDPOINT:
        found = endpoint_find(store, NULL, division_of("K1"), &entry);
        break;
    case COSIGNATURE:
        found = cosignature_lsn(store, division_of("K1"), division_of("C9")) != 0;
        break;
    case FOUNDERS:
        found = founders_load(store, NULL, division_of("K1"), &terms, err) != OK;
        break;
    case SECRET:
        found = invite_secret_kept(store, secret);
        break;
    case PAST_TXN:
        break;
    }
    buf_free(&value);
    return found;
}

static void a_row_that_was_not_read_is_not_absent(void **state)
{
    (void)state;
    world_begin(&world);
    for (enum past_txn which = 0; which < PAST_TXN; which++) {
        const struct store store = spoiling_store_of(&spoiling, world.at[REGION].store);
        struct read_watch watch;
        struct err err;
        bool found;

        read_watch_open(&watch, &store);
        assert_false(ask_for(which, &watch.store, &err));
        assert_int_equal(read_watch_status(&watch, &err), OK); /* absent is no failure */
        spoiling_store_begin(&spoiling, SPOILS_READ, 0);
        found = ask_for(which, &watch.store, &err);
        assert_true(spoiling.spoilt);
        assert_int_equal(found, which == FOUNDERS || which == SECRET); /* they tell it themselves */
        spoiling_store_begin(&spoiling, SPOILS_NOTHING, 0);
        assert_false(ask_for(which, &watch.store, &err));
        assert_int_equal(read_watch_status(&watch, &err), ERR_IO); /* once is for good */
        assert_non_null(strstr(err.text, "answered"));
    }
    world_end(&world);
}

/* A row that says nothing to whom it belongs is damage, too. */
static void a_row_that_says_nothing_is_not_absent(void **state)
{
    struct store store;
    struct read_watch watch;
    struct err err;

    (void)state;
    say_much();
    assert_true(cosignature_lsn(&world.at[COUNTY].store, division_of("K1"), division_of("R")) > 0);
    store = spoiling_store_of(&spoiling, world.at[COUNTY].store);
    read_watch_open(&watch, &store);
    assert_true(cosignature_lsn(&watch.store, division_of("K1"), division_of("R")) > 0);
    assert_true(read_watch_row(&watch.store, bytes_text("K"), true));
    assert_int_equal(read_watch_status(&watch, &err), OK);
    assert_false(read_watch_row(&store, bytes_text("K"), false)); /* nobody watches that one */
    assert_int_equal(read_watch_status(&watch, &err), OK);
    assert_false(read_watch_row(&watch.store, bytes_text("K1"), false));
    assert_int_equal(read_watch_status(&watch, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "row_damaged"));
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_lets_nobody_in),
        cmocka_unit_test(a_turn_that_could_not_read_is_done_again),
        cmocka_unit_test(a_row_that_was_not_read_is_not_absent),
        cmocka_unit_test(a_row_that_says_nothing_is_not_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
