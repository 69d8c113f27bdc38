/* test_story - replicators joined by queues, with a clock that stands still unless moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log.h"
#include "replicator/replicator.h"

enum { NODES_MAX = 4, HELD_MAX = 64 };

struct mail {
    struct mail *next;
    struct division from;
    struct buf frame;
};

struct world;

struct place {
    struct world *world;
    struct division division;
    int parent;
    struct sign_key key;
    struct store store;
    struct txn *txn;
    struct replicator *replicator;
    uint64_t fence;
    struct mail *inbox, **inbox_end;
    bool cut; /* what it sends is lost */
    uint64_t entries_held;
    char held[HELD_MAX][64]; /* "author/body" in order of arrival */
    size_t held_count;
    char alarms[16][32];
    size_t alarm_count;
    struct buf sealed;
    uint64_t acks_before_commit;
};

struct world {
    struct place at[NODES_MAX];
    int count;
    uint64_t now_ms, random;
    struct hash tree;
    struct sign_key trust;
    struct clock clock;
    void (*spoil)(struct world *world, struct division from, struct division to, struct buf *frame);
};

static uint64_t mono(void *self)
{
    return ((struct world *)self)->now_ms;
}

static uint64_t chance(void *self)
{
    struct world *world = self;

    world->random = world->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return world->random >> 16;
}

static void block_held(void *arg, struct txn *txn, const struct block_view *block,
                       const struct block_body *body)
{
    struct place *place = arg;

    (void)txn;
    for (size_t i = 0; i < body->count; i++) {
        place->entries_held++;
        if (body->entries[i].kind >= KIND_USER_FIRST && place->held_count < HELD_MAX) {
            (void)snprintf(place->held[place->held_count++], 64, "%s/%.*s",
                           block->header.author.code, (int)body->entries[i].body.size,
                           (const char *)body->entries[i].body.data);
        }
    }
}

static void state_digest(void *arg, struct txn *txn, struct hash *out)
{
    (void)arg;
    (void)txn;
    memset(out, 7, sizeof *out);
}

static void roster_changed(void *arg, struct division division)
{
    (void)arg;
    (void)division;
}

static void alarm_raised(void *arg, const char *code, struct division about, const char *text)
{
    struct place *place = arg;

    (void)about;
    (void)text;
    if (place->alarm_count < 16) {
        (void)snprintf(place->alarms[place->alarm_count++], 32, "%s", code);
    }
}

static void alarm_cleared(void *arg, const char *code, struct division about)
{
    (void)arg;
    (void)code;
    (void)about;
}

static bool alarmed(const struct place *place, const char *code)
{
    for (size_t i = 0; i < place->alarm_count; i++) {
        if (strcmp(place->alarms[i], code) == 0) {
            return true;
        }
    }
    return false;
}

static struct place *find(struct world *world, struct division division)
{
    for (int i = 0; i < world->count; i++) {
        if (division_equal(world->at[i].division, division)) {
            return &world->at[i];
        }
    }
    return NULL;
}

static void open_place(struct place *place)
{
    struct world *world = place->world;
    struct replicator_config config = {
        .self = place->division,
        .tree = world->tree,
        .key = &place->key,
        .store = &place->store,
        .clock = &world->clock,
        .sink = {place, block_held, state_digest, roster_changed, alarm_raised, alarm_cleared},
    };
    struct bytes chain[NODES_MAX];
    size_t count = 0;
    struct err err;
    int path[NODES_MAX], depth = 0;

    for (int i = (int)(place - world->at); i >= 0; i = world->at[i].parent) {
        path[depth++] = i;
    }
    while (depth > 0) {
        chain[count++] = buf_bytes(&world->at[path[--depth]].sealed);
    }
    assert_int_equal(place->store.ops->claim(place->store.self, &place->fence, &err), OK);
    place->txn = txn_open(&place->store, NULL);
    if (replicator_open(&place->replicator, &config, place->txn, chain, count, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void close_place(struct place *place)
{
    replicator_close(place->replicator);
    txn_free(place->txn);
    while (place->inbox != NULL) {
        struct mail *mail = place->inbox;
        place->inbox = mail->next;
        buf_free(&mail->frame);
        mem_free(mail);
    }
    place->inbox_end = &place->inbox;
}

static void post(struct world *world, struct place *from, struct division to, struct bytes frame)
{
    struct place *place = find(world, to);
    struct mail *mail = mem_zalloc(sizeof *mail);

    mail->from = from->division;
    buf_append_bytes(&mail->frame, frame);
    if (world->spoil != NULL) {
        world->spoil(world, from->division, to, &mail->frame);
    }
    if (from->cut || place->cut) {
        buf_free(&mail->frame);
        mem_free(mail);
        return;
    }
    *place->inbox_end = mail;
    place->inbox_end = &mail->next;
}

static bool turn(struct place *place)
{
    struct world *world = place->world;
    struct buf frame = BUF_EMPTY;
    struct division to;
    struct batch batch;
    struct err err;
    bool busy = false;

    while (place->inbox != NULL) {
        struct mail *mail = place->inbox;
        place->inbox = mail->next;
        if (place->inbox == NULL) {
            place->inbox_end = &place->inbox;
        }
        replicator_receive(place->replicator, place->txn, mail->from, buf_bytes(&mail->frame));
        buf_free(&mail->frame);
        mem_free(mail);
        busy = true;
    }
    if (world->now_ms >= replicator_next_tick(place->replicator)) {
        replicator_tick(place->replicator, place->txn);
    }
    replicator_seal(place->replicator, place->txn);
    batch = txn_batch(place->txn);
    assert_int_equal(place->store.ops->commit_begin(place->store.self, place->fence, &batch, &err),
                     OK);
    assert_int_equal(place->store.ops->commit_outcome(place->store.self, &err), COMMIT_OK);
    txn_reset(place->txn);
    replicator_durable(place->replicator);
    while (replicator_next_frame(place->replicator, &to, &frame)) {
        post(world, place, to, buf_bytes(&frame));
        busy = true;
    }
    buf_free(&frame);
    return busy;
}

/* Lets everything happen for `ms`, a tenth of a second at a time. */
static void run(struct world *world, uint64_t ms)
{
    const uint64_t end = world->now_ms + ms;

    while (world->now_ms < end) {
        bool busy = true;
        for (int rounds = 0; busy && rounds < 200; rounds++) {
            busy = false;
            for (int i = 0; i < world->count; i++) {
                busy |= turn(&world->at[i]);
            }
        }
        world->now_ms += 100;
    }
}

static struct place *add(struct world *world, const char *division, int parent)
{
    struct place *place = &world->at[world->count++];
    struct grant grant = {.epoch = 1};

    memset(place, 0, sizeof *place);
    place->world = world;
    place->division = division_of(division);
    place->parent = parent;
    place->inbox_end = &place->inbox;
    store_memory_open(&place->store);
    sign_key_generate(&place->key);
    grant.division = place->division;
    (void)snprintf(grant.name, sizeof grant.name, "%s", division);
    grant.sign_key = place->key.public;
    memset(grant.curve_key, world->count, sizeof grant.curve_key);
    grant.time_ms = 1;
    if (parent < 0) {
        sign_key_generate(&world->trust);
        world->tree = key_fingerprint(&world->trust.public);
        grant_seal(&place->sealed, &grant, &world->trust);
    } else {
        struct place *above = &world->at[parent];
        struct err err;
        grant.parent = above->division;
        grant_seal(&place->sealed, &grant, &above->key);
        if (replicator_grant(above->replicator, above->txn, &grant, &err) != OK) {
            fail_msg("%s", err.text);
        }
        (void)turn(above);
    }
    open_place(place);
    return place;
}

static void begin(struct world *world)
{
    struct err err;

    memset(world, 0, sizeof *world);
    world->now_ms = 1000;
    world->random = 42;
    world->clock = (struct clock){world, mono, mono, chance};
    assert_int_equal(crypto_init(&err), OK);
    (void)add(world, "R", -1);
    (void)add(world, "C1", 0);
    (void)add(world, "K1", 1);
    (void)add(world, "C2", 0);
}

static void finish(struct world *world)
{
    for (int i = 0; i < world->count; i++) {
        close_place(&world->at[i]);
        world->at[i].store.ops->close(world->at[i].store.self);
        buf_free(&world->at[i].sealed);
    }
}

static void say(struct place *place, enum audience_kind kind, const char *to, const char *text)
{
    const struct audience audience = {kind, division_of(to)};

    (void)replicator_append(place->replicator, place->txn, &audience, KIND_USER_FIRST, 1,
                            bytes_text(text));
}

static bool heard(const struct place *place, const char *what)
{
    for (size_t i = 0; i < place->held_count; i++) {
        if (strcmp(place->held[i], what) == 0) {
            return true;
        }
    }
    return false;
}

static struct log_head head_of(const struct place *place, const char *author)
{
    struct log_head head;

    (void)replicator_head(place->replicator, division_of(author), true, &head);
    return head;
}

enum { REGION, CITY, COUNTY, SIBLING };

static void entries_reach_whom_they_are_for_and_nobody_else(void **state)
{
    static struct world world;

    (void)state;
    begin(&world);
    run(&world, 2000); /* the region hears of the county first */
    say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    say(&world.at[REGION], AUDIENCE_LINE, "K1", "transfer");
    say(&world.at[REGION], AUDIENCE_TREE, "R", "code");
    say(&world.at[CITY], AUDIENCE_LINE, "C1", "own");
    run(&world, 3000);
    assert_true(heard(&world.at[CITY], "K1/paid"));
    assert_true(heard(&world.at[REGION], "K1/paid"));
    assert_true(heard(&world.at[CITY], "R/transfer"));
    assert_true(heard(&world.at[COUNTY], "R/transfer"));
    assert_true(heard(&world.at[COUNTY], "R/code"));
    assert_true(heard(&world.at[SIBLING], "R/code"));
    assert_false(heard(&world.at[SIBLING], "R/transfer"));
    assert_false(heard(&world.at[SIBLING], "K1/paid"));
    assert_false(heard(&world.at[COUNTY], "C1/own"));
    assert_true(heard(&world.at[REGION], "C1/own"));
    finish(&world);
}

static void a_restarted_node_goes_on_where_it_was(void **state)
{
    static struct world world;

    (void)state;
    begin(&world);
    say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "one");
    run(&world, 2000);
    close_place(&world.at[CITY]);
    open_place(&world.at[CITY]);
    say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "two");
    run(&world, 8000);
    assert_true(heard(&world.at[REGION], "K1/two"));
    assert_int_equal(head_of(&world.at[REGION], "K1").lsn, head_of(&world.at[COUNTY], "K1").lsn);
    assert_int_equal(world.at[REGION].held_count, 2); /* once each */
    finish(&world);
}

static void what_a_cut_swallows_comes_again_once(void **state)
{
    static struct world world;

    (void)state;
    begin(&world);
    run(&world, 2000);
    world.at[COUNTY].cut = true;
    for (int i = 0; i < 5; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "p%d", i);
        say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        run(&world, 500);
    }
    run(&world, 30000);
    assert_false(heard(&world.at[CITY], "K1/p0"));
    world.at[COUNTY].cut = false;
    run(&world, 15000);
    assert_int_equal(world.at[CITY].held_count, 5);
    assert_int_equal(world.at[REGION].held_count, 5);
    finish(&world);
}

static bool spoiled;

/* Turns one bit in the body of the first large frame from the county. */
static void spoil_block(struct world *world, struct division from, struct division to,
                        struct buf *frame)
{
    (void)world;
    (void)to;
    if (!spoiled && strcmp(from.code, "K1") == 0 && frame->size > BLOCK_OVERHEAD + 200) {
        frame->data[frame->size - 3] ^= 1;
        spoiled = true;
    }
}

static void a_bit_changed_on_the_way_is_refused_and_alarmed(void **state)
{
    static struct world world;
    char text[400];

    (void)state;
    begin(&world);
    run(&world, 2000);
    spoiled = false;
    world.spoil = spoil_block;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = (char)('a' + chance(&world) % 26);
    }
    text[sizeof text - 1] = '\0';
    say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
    run(&world, 1000);
    assert_true(spoiled);
    assert_true(alarmed(&world.at[CITY], "bad_block"));
    assert_true(alarmed(&world.at[COUNTY], "rejected"));
    assert_int_equal(world.at[CITY].held_count, 0);
    run(&world, 60000); /* the next session brings the true bytes */
    assert_int_equal(world.at[CITY].held_count, 1);
    finish(&world);
}

static void pause_stops_and_resume_goes_on(void **state)
{
    static struct world world;
    struct err err;

    (void)state;
    begin(&world);
    run(&world, 2000);
    assert_int_equal(replicator_pause(world.at[CITY].replicator, world.at[CITY].txn,
                                      division_of("K1"), true, &err),
                     OK);
    say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "held back");
    run(&world, 10000);
    assert_false(heard(&world.at[CITY], "K1/held back"));
    assert_int_equal(replicator_pause(world.at[CITY].replicator, world.at[CITY].txn,
                                      division_of("K1"), false, &err),
                     OK);
    run(&world, 30000);
    assert_true(heard(&world.at[CITY], "K1/held back"));
    finish(&world);
}

static void the_root_confirms_and_holders_cosign(void **state)
{
    static struct world world;
    struct confirmation confirmed;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct err err;

    (void)state;
    begin(&world);
    say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "paid");
    run(&world, 20000);
    replicator_confirmed(world.at[COUNTY].replicator, &confirmed);
    assert_int_equal(confirmed.lsn, head_of(&world.at[COUNTY], "K1").lsn);
    division_write(&key, division_of("K1"));
    division_write(&key, division_of("R"));
    assert_int_equal(world.at[COUNTY].store.ops->get(world.at[COUNTY].store.self, NULL,
                                                     SPACE_COSIGN, buf_bytes(&key), &value, &err),
                     OK);
    assert_int_equal(load_u64(value.data), confirmed.lsn);
    buf_free(&key);
    buf_free(&value);
    finish(&world);
}

static void a_long_log_is_caught_up_within_credit(void **state)
{
    static struct world world;
    struct peer_status status;

    (void)state;
    begin(&world);
    world.at[COUNTY].cut = true;
    for (int i = 0; i < 3000; i++) {
        char text[600];
        for (size_t k = 0; k < sizeof text; k++) {
            text[k] = (char)('a' + chance(&world) % 26);
        }
        text[sizeof text - 1] = '\0';
        say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
        if (i % 20 == 19) {
            (void)turn(&world.at[COUNTY]);
        }
    }
    run(&world, 1000);
    replicator_peer(world.at[COUNTY].replicator, 0, &status);
    assert_int_equal(status.behind_entries, 3000);
    world.at[COUNTY].cut = false;
    run(&world, 20000);
    replicator_peer(world.at[COUNTY].replicator, 0, &status);
    assert_int_equal(status.behind_entries, 0);
    assert_int_equal(head_of(&world.at[REGION], "K1").lsn, 3000);
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_reach_whom_they_are_for_and_nobody_else),
        cmocka_unit_test(a_restarted_node_goes_on_where_it_was),
        cmocka_unit_test(what_a_cut_swallows_comes_again_once),
        cmocka_unit_test(a_bit_changed_on_the_way_is_refused_and_alarmed),
        cmocka_unit_test(pause_stops_and_resume_goes_on),
        cmocka_unit_test(the_root_confirms_and_holders_cosign),
        cmocka_unit_test(a_long_log_is_caught_up_within_credit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
