/* test_ingest_epochs - where a block belongs when its log has a recovery, an end, or holes: next,
 * over, to be waited for, kept back until now, or of another branch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/log/ingest.h"
#include "replicator/log/sealing.h"
#include "tests/unit/replicator/held.h"

enum { HELD = 3 };

static struct held held;
static struct ingest ingest;
static struct hash hashes[HELD + 1];
static struct buf whole;

static void begin(void **state, const char *self, enum held_side side, uint64_t count)
{
    held_begin(&held, *state, self, side);
    ingest_init(&ingest, division_of(self), &held.logs, held.world->roster);
    held_fill(&held, hashes, count);
}

static void end(void)
{
    ingest_free(&ingest);
    findings_free(&held.found);
    held_end(&held);
    buf_free(&whole);
}

static enum ingest_result bring(const struct piece *piece)
{
    struct block_view block;
    enum ingest_result result;

    (void)held_write(&held, piece, &whole);
    assert_int_equal(block_parse(&block, buf_bytes(&whole), &held.err), OK);
    findings_clear(&held.found);
    result = ingest_block(&ingest, held.txn, &block, &held.found, &held.err);
    held_commit(&held);
    return result;
}

/* Of the city, whose log is held up to three. */
static void where_a_block_belongs_beside_a_recovery(void **state)
{
    static const struct {
        const char *name;
        enum held_side side;
        uint64_t held, base;
        bool other_base; /* another hash than what is held there */
        bool confirmed;
        struct piece piece;
        int prev;
        enum ingest_result result;
        bool met_cut;
    } cases[] = {
        {"goes on where it is held",
         HELD_BELOW,
         3,
         3,
         false,
         true,
         {.first_lsn = 4, .epoch = 2},
         3,
         INGEST_STAGED,
         false},
        {"goes on in another branch",
         HELD_BELOW,
         3,
         3,
         true,
         true,
         {.first_lsn = 4, .epoch = 2},
         3,
         INGEST_NOT_YET,
         true},
        {"goes on below what is held",
         HELD_BELOW,
         3,
         2,
         false,
         true,
         {.first_lsn = 3, .epoch = 2},
         2,
         INGEST_NOT_YET,
         true},
        {"goes on behind what is held",
         HELD_BELOW,
         3,
         5,
         false,
         true,
         {.first_lsn = 6, .epoch = 2},
         3,
         INGEST_GAP,
         false},
        {"of the epoch before, up to the base",
         HELD_BELOW,
         3,
         5,
         false,
         true,
         {.first_lsn = 4},
         3,
         INGEST_STAGED,
         false},
        {"of the epoch before, beyond the base",
         HELD_BELOW,
         3,
         3,
         false,
         true,
         {.first_lsn = 4},
         3,
         INGEST_REFUSED,
         false},
        {"... that nobody has confirmed",
         HELD_BELOW,
         3,
         3,
         false,
         false,
         {.first_lsn = 4},
         3,
         INGEST_STAGED,
         false},
        {"of the next epoch, unconfirmed",
         HELD_BELOW,
         3,
         3,
         false,
         false,
         {.first_lsn = 4, .epoch = 2},
         3,
         INGEST_STAGED,
         false},
        {"anew, where nothing is held",
         HELD_BELOW,
         0,
         0,
         false,
         true,
         {.first_lsn = 1, .epoch = 2},
         0,
         INGEST_STAGED,
         false},
        {"behind a base, where nothing is held",
         HELD_BELOW,
         0,
         3,
         false,
         true,
         {.first_lsn = 4, .epoch = 2},
         0,
         INGEST_GAP,
         false},
        {"from above, where it is held",
         HELD_ABOVE,
         3,
         3,
         false,
         true,
         {.first_lsn = 4, .epoch = 2, .kind = AUDIENCE_TREE},
         3,
         INGEST_STAGED,
         false},
        {"from above, below what is held",
         HELD_ABOVE,
         3,
         2,
         false,
         true,
         {.first_lsn = 3, .epoch = 2, .kind = AUDIENCE_TREE},
         2,
         INGEST_NOT_YET,
         true},
        {"from above, of the epoch before",
         HELD_ABOVE,
         3,
         3,
         false,
         true,
         {.first_lsn = 4, .kind = AUDIENCE_TREE},
         3,
         INGEST_REFUSED,
         false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *self = cases[i].side == HELD_ABOVE ? COUNTY_CODE : "540200";
        struct piece piece = cases[i].piece;
        struct hash base;
        enum ingest_result result;

        begin(state, self, cases[i].side, cases[i].held);
        base = cases[i].base <= cases[i].held ? hashes[cases[i].base] : (struct hash){{9}};
        base.at[0] ^= cases[i].other_base;
        held_recover(&held, 2, cases[i].base, &base);
        if (cases[i].confirmed) {
            held_confirm(&held, 2);
        }
        piece.prev = hashes[cases[i].prev];
        piece.seq = piece.kind == AUDIENCE_TREE ? 1 : piece.first_lsn;
        piece.aud_prev = piece.kind == AUDIENCE_TREE ? HASH_ZERO : piece.prev;
        result = bring(&piece);
        if (result != cases[i].result || ingest_met_cut(&ingest) != cases[i].met_cut ||
            (held.log->durable.lsn == piece.first_lsn) !=
                (result == INGEST_STAGED || piece.first_lsn <= cases[i].held)) {
            fail_msg("%s: %d %s", cases[i].name, result, held.err.text);
        }
        assert_false(ingest_met_cut(&ingest)); /* asked once */
        end();
    }
}

/* Behind a recovery that is followed, what the former key signs is over, wherever it lies. */
static void nothing_of_a_former_epoch_comes_behind_it(void **state)
{
    struct piece piece = {.first_lsn = 4, .epoch = 2};

    begin(state, ROOT_CODE, HELD_BELOW, HELD);
    held_recover(&held, 2, 3, &hashes[3]);
    held_confirm(&held, 2);
    piece.prev = piece.aud_prev = hashes[3];
    assert_int_equal(bring(&piece), INGEST_STAGED);
    piece = (struct piece){.first_lsn = 5, .prev = hashes[3], .aud_prev = hashes[3]};
    assert_int_equal(bring(&piece), INGEST_REFUSED);
    assert_non_null(strstr(held.err.text, "epoch_over"));
    assert_int_equal(held.found.count, 0);
    piece.epoch = 9;
    assert_int_equal(bring(&piece), INGEST_NOT_YET);
    assert_non_null(strstr(held.err.text, "epoch_not_granted"));
    end();
}

/* A recovery that an ancestor refused cuts nothing off. */
static void a_refused_recovery_is_none(void **state)
{
    const struct revocation no = {.by = division_of(ROOT_CODE),
                                  .said_lsn = 1,
                                  .division = division_of(CITY_CODE),
                                  .first_epoch = 2,
                                  .last_epoch = 2};
    struct piece piece = {.first_lsn = 4};
    bool changed;

    begin(state, ROOT_CODE, HELD_BELOW, HELD);
    held_recover(&held, 2, 2, &hashes[2]);
    assert_int_equal(roster_revoke(held.world->roster, &no, &changed, &held.err), OK);
    piece.prev = piece.aud_prev = hashes[3];
    assert_int_equal(bring(&piece), INGEST_STAGED);
    end();
}

/* --- whose log is held --- */

static void a_log_that_is_not_held_is_not_taken(void **state)
{
    const struct piece of_city = {.first_lsn = 1},
                       of_county = {.first_lsn = 1, .author = COUNTY_CODE};

    begin(state, ROOT_CODE, HELD_NOT, 0);
    assert_int_equal(bring(&of_city), INGEST_REFUSED);
    assert_non_null(strstr(held.err.text, "log_not_held"));
    assert_int_equal(bring(&of_county), INGEST_REFUSED); /* and this one is not even known */
    assert_non_null(strstr(held.err.text, "log_not_held"));
    end();
}

static void what_is_addressed_to_others_is_not_taken(void **state)
{
    struct piece piece = {.first_lsn = 1, .to = "540199"};

    begin(state, COUNTY_CODE, HELD_ABOVE, 0);
    assert_int_equal(bring(&piece), INGEST_NOT_YET); /* nobody knows who that is */
    assert_non_null(strstr(held.err.text, "audience_not_known"));
    must(held.world, &(struct said){.division = "540199",
                                    .parent = CITY_CODE,
                                    .list = "",
                                    .holder = OTHER,
                                    .granter = CITY});
    assert_int_equal(bring(&piece), INGEST_REFUSED);
    assert_non_null(strstr(held.err.text, "not_in_audience"));
    end();
}

/* --- where an epoch was ended --- */

static void nothing_is_taken_above_an_end(void **state)
{
    static const struct {
        uint64_t end;
        bool other_hash;
        enum ingest_result result; /* of the fourth block */
    } cases[] = {{9, false, INGEST_STAGED},
                 {4, false, INGEST_STAGED},
                 {4, true, INGEST_NOT_YET},
                 {3, false, INGEST_NOT_YET}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct revocation word = {.by = division_of(ROOT_CODE),
                                  .said_lsn = 1,
                                  .division = division_of(CITY_CODE),
                                  .first_epoch = 1,
                                  .last_epoch = 1,
                                  .epoch = 1,
                                  .lsn = cases[i].end};
        struct piece piece = {.first_lsn = 4};
        bool changed;

        begin(state, ROOT_CODE, HELD_BELOW, HELD);
        piece.prev = piece.aud_prev = hashes[3];
        word.hash = held_write(&held, &piece, &whole);
        word.hash.at[0] ^= cases[i].other_hash;
        assert_int_equal(roster_revoke(held.world->roster, &word, &changed, &held.err), OK);
        if (bring(&piece) != cases[i].result ||
            (cases[i].result == INGEST_NOT_YET && strstr(held.err.text, "revoked") == NULL)) {
            fail_msg("case %zu: %s", i, held.err.text);
        }
        end();
    }
}

/* --- what was kept back --- */

static struct hash late_hash, far_hash;

/* Three, then nothing up to the sixth, for the county; 4 and 5, for the city's tree, come late. */
static void begin_with_hole(void **state, struct piece *late)
{
    struct piece far = {.first_lsn = 6, .seq = 1, .to = COUNTY_CODE};

    begin(state, COUNTY_CODE, HELD_ABOVE, HELD);
    *late = (struct piece){
        .first_lsn = 4, .count = 2, .seq = 1, .kind = AUDIENCE_TREE, .prev = hashes[3]};
    late_hash = held_write(&held, late, &whole);
    far.prev = late_hash;
    far_hash = held_write(&held, &far, &whole);
    assert_int_equal(bring(&far), INGEST_STAGED);
    assert_int_equal(held.log->durable.lsn, 6);
}

static void what_was_kept_back_is_taken_where_it_fits(void **state)
{
    struct piece late;

    begin_with_hole(state, &late);
    assert_int_equal(bring(&late), INGEST_STAGED);
    assert_int_equal(held.log->durable.lsn, 6);
    assert_int_equal(bring(&late), INGEST_HELD);
    end();

    begin_with_hole(state, &late);
    late.prev = hashes[2]; /* not behind the third */
    assert_int_equal(bring(&late), INGEST_FORK);
    end();

    begin_with_hole(state, &late);
    late.text = "x"; /* not what the sixth follows */
    assert_int_equal(bring(&late), INGEST_FORK);
    end();

    begin_with_hole(state, &late);
    late.key = OTHER;
    assert_int_equal(bring(&late), INGEST_REFUSED);
    end();

    begin_with_hole(state, &late);
    late.count = 3; /* over the sixth */
    assert_int_equal(bring(&late), INGEST_FORK);
    end();

    begin_with_hole(state, &late);
    late.first_lsn = 6; /* in its place */
    late.count = 1;
    assert_int_equal(bring(&late), INGEST_FORK);
    end();

    begin_with_hole(state, &late);
    late.seq = 9;
    assert_int_equal(bring(&late), INGEST_GAP);
    end();

    begin_with_hole(state, &late);
    late.aud_prev = hashes[2]; /* nor is it what the sixth follows */
    assert_int_equal(bring(&late), INGEST_FORK);
    end();
}

/* One beside it that cannot be read tells nothing: it is the store's, and found elsewhere. */
static void what_cannot_be_read_beside_it_tells_nothing(void **state)
{
    static const uint64_t beside[] = {3, 6};
    struct buf key = BUF_EMPTY;

    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        struct piece late;

        begin_with_hole(state, &late);
        buf_clear(&key);
        log_block_key(&key, division_of(CITY_CODE), 1, beside[i]);
        (void)txn_put(held.txn, SPACE_BLOCKS, buf_bytes(&key), bytes_text("noise"));
        held_commit(&held);
        assert_int_equal(bring(&late), INGEST_STAGED);
        end();
    }
    buf_free(&key);
}

/* Cut differently than what is held: there is no block that begins where it does. */
static void another_cut_of_a_log_is_another_branch(void **state)
{
    struct piece piece = {.first_lsn = 2, .count = 2};
    struct buf key = BUF_EMPTY;

    begin(state, ROOT_CODE, HELD_BELOW, HELD);
    piece.prev = piece.aud_prev = hashes[1];
    assert_int_equal(bring(&piece), INGEST_FORK);
    end();
    begin(state, ROOT_CODE, HELD_BELOW, HELD);
    log_block_key(&key, division_of(CITY_CODE), 1, 2);
    txn_delete(held.txn, SPACE_BLOCKS, buf_bytes(&key));
    held_commit(&held);
    piece.count = 1; /* the very one that is gone: nothing contradicts it */
    assert_int_equal(bring(&piece), INGEST_REFUSED);
    (void)txn_put(held.txn, SPACE_BLOCKS, buf_bytes(&key), bytes_text("cut"));
    held_commit(&held);
    assert_int_equal(bring(&piece), INGEST_REFUSED);
    buf_free(&key);
    end();
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(where_a_block_belongs_beside_a_recovery),
        STORY(nothing_of_a_former_epoch_comes_behind_it),
        STORY(a_refused_recovery_is_none),
        STORY(a_log_that_is_not_held_is_not_taken),
        STORY(what_is_addressed_to_others_is_not_taken),
        STORY(nothing_is_taken_above_an_end),
        STORY(what_was_kept_back_is_taken_where_it_fits),
        STORY(what_cannot_be_read_beside_it_tells_nothing),
        STORY(another_cut_of_a_log_is_another_branch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
