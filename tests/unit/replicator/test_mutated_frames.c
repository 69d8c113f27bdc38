/* Four replicators among which every tenth frame says one thing else than its sender wrote. Nothing
 * of it ends a node, none holds what nobody wrote, and once the frames are true again all is
 * everywhere.
 *
 * Alike in every run. TERRACE_MUTATED=COUNT makes more of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/harness/mutation.h"
#include "world.h"

enum { RUNS = 4, STEPS = 150, ARENA_BYTES = 8 << 20, HOURS_2_MS = 2 * 3600 * 1000 };

static struct world world;
static struct arena arena;
static uint64_t mutated;

static bool mutate(struct world *of, struct division from, struct division to, struct buf *raw)
{
    Terrace__Frame *frame;
    struct err err;

    (void)from;
    (void)to;
    if (world_chance(of) % 10 != 0) {
        return false;
    }
    arena_reset(&arena);
    assert_int_equal(frame_decode(&frame, &arena, buf_bytes(raw), &err), OK);
    if (message_mutate(&frame->base, &arena, &of->hand)) {
        mutated++;
        raw->size = 0;
        frame_encode(raw, frame);
    }
    return false;
}

static void amend(struct place *place, const char *child)
{
    char name[16];
    struct err err;
    uint32_t epoch;

    (void)snprintf(name, sizeof name, "name %u", (unsigned)(world_chance(&world) % 10));
    (void)replicator_amend(place->replicator, place->txn, division_of(child), name, NULL, &epoch,
                           &err);
}

static void rotate(struct place *place)
{
    struct rotation rotation = {.channel = true, .key = &place->key};
    struct err err;

    crypto_random(rotation.curve_public, sizeof rotation.curve_public);
    (void)snprintf(rotation.second, sizeof rotation.second, "tcp://127.0.0.1:7409");
    (void)replicator_rotate(place->replicator, place->txn, &rotation, &err);
}

static void listen_at(struct place *place)
{
    struct endpoint_entry entry = {0};
    struct err err;

    (void)snprintf(entry.link, sizeof entry.link, "tcp://127.0.0.1:%u",
                   (unsigned)(7000 + world_chance(&world) % 10));
    (void)replicator_listen(place->replicator, place->txn, &entry, &err);
}

static int said;

static void say(void)
{
    static const struct {
        int author;
        enum audience_kind kind;
        const char *to;
    } words[] = {{COUNTY, AUDIENCE_LINE, "K1"}, {REGION, AUDIENCE_LINE, "K1"},
                 {REGION, AUDIENCE_TREE, "R"},  {CITY, AUDIENCE_TREE, "C1"},
                 {CITY, AUDIENCE_LINE, "C1"},   {SIBLING, AUDIENCE_LINE, "C2"}};
    const size_t i = world_chance(&world) % COUNT_OF(words);
    char text[16];

    (void)snprintf(text, sizeof text, "w%d", said++);
    place_say(&world.at[words[i].author], words[i].kind, words[i].to, text);
}

static void step(void)
{
    struct place *place = &world.at[world_chance(&world) % 4];

    switch (world_chance(&world) % 16) {
    case 0:
        amend(&world.at[REGION], "C1");
        break;
    case 1:
        amend(&world.at[CITY], "K1");
        break;
    case 2:
        place_close(place);
        place_open(place);
        break;
    case 3:
        place->cut = !place->cut;
        break;
    case 4:
        listen_at(place);
        break;
    case 5:
        rotate(&world.at[CITY]);
        break;
    default:
        say();
        break;
    }
    world_run(&world, world_chance(&world) % 4000);
}

static void holds_as_its_author(int holder, int author)
{
    const char *code = world.at[author].division.code;
    const struct log_head here = place_head(&world.at[holder], code),
                          there = place_head(&world.at[author], code);

    assert_int_equal(here.lsn, there.lsn);
    assert_memory_equal(&here.hash, &there.hash, sizeof here.hash);
}

static void all_is_everywhere(void)
{
    static const int holds[][2] = {
        {CITY, COUNTY}, {REGION, COUNTY}, {REGION, CITY}, {REGION, SIBLING}};
    static const int below[] = {CITY, COUNTY, SIBLING};

    for (size_t i = 0; i < COUNT_OF(holds); i++) {
        holds_as_its_author(holds[i][0], holds[i][1]);
    }
    place_say(&world.at[REGION], AUDIENCE_TREE, "R", "the last word");
    for (int i = 0; i < 4; i++) {
        world.at[i].held_count = 0; /* there is room in its list again */
    }
    world_run(&world, 60000);
    for (size_t i = 0; i < COUNT_OF(below); i++) {
        assert_true(place_heard(&world.at[below[i]], "R/the last word"));
    }
}

static void once_frames_are_true_again_all_is_everywhere(void **state)
{
    const char *wanted = getenv("TERRACE_MUTATED");
    const long runs = wanted == NULL ? RUNS : strtol(wanted, NULL, 10);

    (void)state;
    arena_init(&arena, ARENA_BYTES);
    for (long run = 0; run < runs; run++) {
        world_begin(&world);
        world_run(&world, 3000);
        world.hand.random += (uint64_t)run * 7919;
        world.hand.now_ms = NEW_YEAR_2026_MS;
        world.spoil = mutate;
        mutated = 0;
        for (int i = 0; i < STEPS || (mutated <= 50 && i < 4 * STEPS); i++) {
            step(); /* more of them, where links are cut for long */
        }
        assert_true(mutated > 50);
        world.spoil = NULL;
        for (int i = 0; i < 4; i++) {
            world.at[i].cut = false;
        }
        world_run(&world, HOURS_2_MS);
        all_is_everywhere();
        world_end(&world);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_frames_are_true_again_all_is_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
