#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"

static uint64_t mono(void *self)
{
    return ((struct world *)self)->now_ms;
}

static uint64_t wall(void *self)
{
    return mono(self) + ((struct world *)self)->wall_step_ms;
}

uint64_t world_chance(struct world *world)
{
    world->random = world->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return world->random >> 16;
}

static uint64_t chance(void *self)
{
    return world_chance(self);
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
    if (!place_alarmed(place, code) && place->alarm_count < 16) {
        (void)snprintf(place->alarms[place->alarm_count++], 32, "%s", code);
    }
    if (!place_alarmed_ever(place, code)) {
        const size_t used = strlen(place->alarms_ever);
        (void)snprintf(place->alarms_ever + used, sizeof place->alarms_ever - used, " %s;", code);
    }
}

static void alarm_cleared(void *arg, const char *code, struct division about)
{
    struct place *place = arg;

    (void)about;
    for (size_t i = 0; i < place->alarm_count; i++) {
        if (strcmp(place->alarms[i], code) == 0) {
            memmove(place->alarms[i], place->alarms[--place->alarm_count], 32);
            return;
        }
    }
}

static void link_changed(void *arg, const struct link_change *change)
{
    struct place *place = arg;

    assert_true(change->to < PEER_STATES && change->to != change->from);
    place->link_changes++;
}

bool place_alarmed(const struct place *place, const char *code)
{
    for (size_t i = 0; i < place->alarm_count; i++) {
        if (strcmp(place->alarms[i], code) == 0) {
            return true;
        }
    }
    return false;
}

bool place_alarmed_ever(const struct place *place, const char *code)
{
    char word[40];

    (void)snprintf(word, sizeof word, " %s;", code);
    return strstr(place->alarms_ever, word) != NULL;
}

/* The neighbour of that division: two branches may have one of the same. */
static struct place *find(struct world *world, const struct place *from, struct division division)
{
    for (int i = 0; i < world->count; i++) {
        const int parent = world->at[i].parent;
        const bool near = i == from->parent || (parent >= 0 && &world->at[parent] == from);
        if (near && division_equal(world->at[i].division, division)) {
            return &world->at[i];
        }
    }
    return NULL;
}

void place_open(struct place *place)
{
    struct world *world = place->world;
    struct replicator_config config = {
        .self = place->division,
        .tree = world->tree,
        .key = &place->key,
        .store = &place->store,
        .clock = &world->clock,
        .sink = {place, block_held, state_digest, roster_changed, alarm_raised, alarm_cleared,
                 link_changed},
        .limits = place->limits,
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

void place_close(struct place *place)
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
    struct place *place = find(world, from, to);
    struct mail *mail = mem_zalloc(sizeof *mail);

    mail->from = from->division;
    mail->at_ms = world->now_ms + world->latency_ms;
    world->frames++;
    buf_append_bytes(&mail->frame, frame);
    if ((world->spoil != NULL && world->spoil(world, from->division, to, &mail->frame)) ||
        from->cut || place->cut) {
        buf_free(&mail->frame);
        mem_free(mail);
        return;
    }
    *place->inbox_end = mail;
    place->inbox_end = &mail->next;
}

bool place_turn(struct place *place)
{
    struct world *world = place->world;
    struct buf frame = BUF_EMPTY;
    struct division to;
    struct batch batch;
    struct err err;
    bool busy = false;

    while (place->inbox != NULL && place->inbox->at_ms <= world->now_ms) {
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
        if (place->full) {
            replicator_unsent(place->replicator, to, buf_bytes(&frame));
            continue;
        }
        post(world, place, to, buf_bytes(&frame));
        busy = true;
    }
    buf_free(&frame);
    return busy;
}

/* Lets everything happen for `ms`, a tenth of a second at a time. */
void world_run(struct world *world, uint64_t ms)
{
    const uint64_t end = world->now_ms + ms;

    while (world->now_ms < end) {
        bool busy = true;
        for (int rounds = 0; busy && rounds < 200; rounds++) {
            busy = false;
            for (int i = 0; i < world->count; i++) {
                busy |= place_turn(&world->at[i]);
            }
        }
        world->now_ms += 100;
    }
}

struct place *world_add(struct world *world, const char *division, int parent)
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
    memset(grant.curve_key, world->count, sizeof grant.curve_key);
    grant.time_ms = 1;
    if (parent < 0) {
        sign_key_generate(&world->trust);
        world->tree = key_fingerprint(&world->trust.public);
        grant_certify(&grant, &world->tree, &place->key);
        grant_seal(&place->sealed, &grant, &world->trust);
    } else {
        struct place *above = &world->at[parent];
        struct err err;
        grant.parent = above->division;
        grant_certify(&grant, &world->tree, &place->key);
        grant_seal(&place->sealed, &grant, &above->key);
        if (replicator_grant(above->replicator, above->txn, &grant, &err) != OK) {
            fail_msg("%s", err.text);
        }
        (void)place_turn(above);
    }
    place_open(place);
    return place;
}

void world_begin(struct world *world)
{
    struct err err;

    memset(world, 0, sizeof *world);
    world->now_ms = 1000;
    world->random = 42;
    world->clock = (struct clock){world, mono, wall, chance};
    assert_int_equal(crypto_init(&err), OK);
    (void)world_add(world, "R", -1);
    (void)world_add(world, "C1", 0);
    (void)world_add(world, "K1", 1);
    (void)world_add(world, "C2", 0);
}

void world_end(struct world *world)
{
    for (int i = 0; i < world->count; i++) {
        place_close(&world->at[i]);
        world->at[i].store.ops->close(world->at[i].store.self);
        buf_free(&world->at[i].sealed);
    }
}

void place_say(struct place *place, enum audience_kind kind, const char *to, const char *text)
{
    const struct audience audience = {kind, division_of(to)};

    (void)replicator_append(place->replicator, place->txn, &audience, KIND_USER_FIRST, 1,
                            bytes_text(text));
}

bool place_heard(const struct place *place, const char *what)
{
    for (size_t i = 0; i < place->held_count; i++) {
        if (strcmp(place->held[i], what) == 0) {
            return true;
        }
    }
    return false;
}

struct log_head place_head(const struct place *place, const char *author)
{
    struct log_head head;

    (void)replicator_head(place->replicator, division_of(author), true, &head);
    return head;
}
