/* test_signed - cosignatures and beats: who may say what, how often, and that no word counts twice.
 * Frames of real nodes are caught on their way, changed, held back or said again by a puppet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "puppet.h"
#include "replicator/trust/cosignature.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;

/* What the way does to frames from one node to another. */
static struct {
    const char *from, *to;
    bool lose;              /* those that hold such words */
    bool drop_cosignatures; /* out of every frame */
    struct buf cosigned;    /* the newest frame that held a cosignature */
    struct buf answered;    /* ... a beat that the root answered */
    int cosignatures;       /* that passed */
    int frames;             /* all */
    struct arena arena;
} way;

static bool on_the_way(struct world *world, struct division from, struct division to,
                       struct buf *raw)
{
    Terrace__Frame *frame;
    struct err err;
    bool lost = false;

    (void)world;
    if (way.from == NULL || strcmp(from.code, way.from) != 0 || strcmp(to.code, way.to) != 0) {
        return false;
    }
    way.frames++;
    arena_reset(&way.arena);
    assert_int_equal(frame_decode(&frame, &way.arena, buf_bytes(raw), &err), OK);
    if (frame->n_cosignature > 0) {
        buf_clear(&way.cosigned);
        buf_append_bytes(&way.cosigned, buf_bytes(raw));
        way.cosignatures += (int)frame->n_cosignature;
        lost = way.lose;
        if (way.drop_cosignatures) {
            frame->n_cosignature = 0;
            buf_clear(raw);
            frame_encode(raw, frame);
        }
    }
    if (frame->n_beat > 0 && frame->beat[0]->has_root_lsn) {
        buf_clear(&way.answered);
        buf_append_bytes(&way.answered, buf_bytes(raw));
    }
    return lost;
}

static int set_up(void **state)
{
    (void)state;
    memset(&way, 0, sizeof way);
    arena_init(&way.arena, 8 << 20);
    puppet_begin(&puppet);
    puppet.world.spoil = on_the_way;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    arena_free(&way.arena);
    buf_free(&way.cosigned);
    buf_free(&way.answered);
    return 0;
}

/* Says the signed words of a caught frame again, in the puppet's session. */
static void say_again(struct buf *caught, uint64_t session)
{
    Terrace__Frame *frame, again = TERRACE__FRAME__INIT;
    struct err err;

    arena_reset(&way.arena);
    assert_int_equal(frame_decode(&frame, &way.arena, buf_bytes(caught), &err), OK);
    again.has_session = 1;
    again.session = session;
    again.n_cosignature = frame->n_cosignature;
    again.cosignature = frame->cosignature;
    again.n_beat = frame->n_beat;
    again.beat = frame->beat;
    puppet_send(&puppet, &again);
    puppet_commit(&puppet, true);
}

static bool cosigned(const struct place *place, const char *author, const char *holder)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct err err;
    bool found;

    division_write(&key, division_of(author));
    division_write(&key, division_of(holder));
    found = place->store.ops->get(place->store.self, NULL, SPACE_COSIGN, buf_bytes(&key), &value,
                                  &err) == OK &&
            value.size > 0;
    buf_free(&key);
    buf_free(&value);
    return found;
}

/* How far the county knows that `holder` has this log. */
static uint64_t cosigned_lsn(const char *author, const char *holder)
{
    return cosignature_lsn(&puppet.world.at[COUNTY].store, division_of(author),
                           division_of(holder));
}

static void a_cosignature_comes_from_where_its_holder_is(void **state)
{
    (void)state;
    way.from = "C2";
    way.to = "R";
    way.lose = true;
    place_say(&puppet.world.at[REGION], AUDIENCE_TREE, "R", "news");
    world_run(&puppet.world, 10000);
    assert_true(way.cosigned.size > 0);
    assert_false(cosigned(puppet.real, "R", "C2"));
    puppet_hello(&puppet, SESSION, CREDIT); /* as the other city */
    say_again(&way.cosigned, SESSION);
    assert_false(cosigned(puppet.real, "R", "C2"));
    puppet_play(&puppet, REGION, SIBLING);
    puppet_hello(&puppet, SESSION, CREDIT);
    say_again(&way.cosigned, SESSION);
    assert_true(cosigned(puppet.real, "R", "C2"));
}

static void a_log_is_cosigned_once_a_second_at_most(void **state)
{
    (void)state;
    world_run(&puppet.world, 5000);
    way.from = "R";
    way.to = "C1";
    for (int i = 0; i < 100; i++) {
        place_say(&puppet.world.at[CITY], AUDIENCE_LINE, "C1", "news");
        world_run(&puppet.world, 100);
    }
    assert_true(way.cosignatures >= 8 && way.cosignatures <= 12);
}

/* With the limits of a node: a beat every 25 s, and what waits for one would take as long. */
static void open_as_nodes_are(void)
{
    for (int i = 0; i < puppet.world.count; i++) {
        struct place *place = &puppet.world.at[i];

        place_close(place);
        place->limits.beat_ms = place->limits.cosign_ms = 25000;
        place->limits.silence_ms = 55000;
        place_open(place);
    }
    world_run(&puppet.world, 120000);
}

static int frames_in(uint64_t ms)
{
    way.frames = 0;
    world_run(&puppet.world, ms);
    return way.frames;
}

/* Acknowledged in a moment, and cosigned in frames that leave anyhow. */
static void a_lone_document_has_its_word_with_the_next_beat(void **state)
{
    int idle;

    (void)state;
    open_as_nodes_are();
    way.from = "C1";
    way.to = "K1";
    idle = frames_in(100000);
    for (int i = 0; i < 5; i++) {
        place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
        assert_in_range(frames_in(100000), 1, idle + 2); /* its Ack, and where beats fall */
        assert_true(cosigned(&puppet.world.at[COUNTY], "K1", "C1"));
        assert_int_equal(cosigned_lsn("K1", "C1"), place_head(&puppet.world.at[COUNTY], "K1").lsn);
        assert_int_equal(cosigned_lsn("K1", "R"), place_head(&puppet.world.at[COUNTY], "K1").lsn);
    }
    place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    world_run(&puppet.world, 27000); /* a beat of the root takes it along on its way down */
    assert_int_equal(cosigned_lsn("K1", "C1"), place_head(&puppet.world.at[COUNTY], "K1").lsn);
    assert_int_equal(cosigned_lsn("K1", "R"), place_head(&puppet.world.at[COUNTY], "K1").lsn);
}

/* One after the other, each small: they do not cost a word each. */
static void a_stream_of_small_documents_costs_few_words(void **state)
{
    (void)state;
    open_as_nodes_are();
    way.from = "C1";
    way.to = "K1";
    for (int i = 0; i < 50; i++) {
        place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
        world_run(&puppet.world, 1200);
    }
    assert_in_range(way.cosignatures, 6, 14); /* of two holders: two each, and what time earns */
    world_run(&puppet.world, 120000);
    assert_int_equal(cosigned_lsn("K1", "R"), place_head(&puppet.world.at[COUNTY], "K1").lsn);
    way.cosignatures = 0;
    world_run(&puppet.world, 600000);
    assert_int_equal(way.cosignatures, 0); /* nothing to sign, nothing said */
}

static void an_old_word_of_the_root_tells_nothing_about_now(void **state)
{
    struct confirmation before, after;
    uint64_t session;

    (void)state;
    way.from = "R";
    way.to = "C1";
    world_run(&puppet.world, 20000);
    assert_true(way.answered.size > 0);
    puppet_play(&puppet, CITY, REGION);
    replicator_confirmed(puppet.real->replicator, &before);
    puppet_wait(&puppet, 60000);
    session = puppet_welcome(&puppet, CREDIT);
    say_again(&way.answered, session);
    replicator_confirmed(puppet.real->replicator, &after);
    assert_true(before.heard_unix_ms > 0);
    assert_int_equal(after.heard_unix_ms, before.heard_unix_ms);
}

static void the_word_of_the_root_shows_a_fork_of_our_log(void **state)
{
    struct place *city = &puppet.world.at[CITY];
    uint64_t lsn;

    (void)state;
    way.from = "R";
    way.to = "C1";
    way.drop_cosignatures = true; /* they would show it too */
    place_say(city, AUDIENCE_LINE, "C1", "one");
    world_run(&puppet.world, 10000);
    lsn = place_head(&puppet.world.at[REGION], "C1").lsn;
    assert_int_equal(lsn, place_head(city, "C1").lsn);
    place_close(city); /* begins anew, and says other things */
    city->store.ops->close(city->store.self);
    store_memory_open(&city->store);
    place_open(city);
    for (uint64_t i = 0; i < lsn; i++) {
        place_say(city, AUDIENCE_LINE, "C1", "another");
    }
    world_run(&puppet.world, 3000);
    city->alarm_count = 0; /* what the heads of the new session told is not asked here */
    world_run(&puppet.world, 15000);
    assert_true(place_alarmed(city, ALARM_FORK));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_cosignature_comes_from_where_its_holder_is),
        STORY(a_log_is_cosigned_once_a_second_at_most),
        STORY(a_lone_document_has_its_word_with_the_next_beat),
        STORY(a_stream_of_small_documents_costs_few_words),
        STORY(an_old_word_of_the_root_tells_nothing_about_now),
        STORY(the_word_of_the_root_shows_a_fork_of_our_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
