#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "tests/harness/commit.h"

uint64_t world_chance(struct world *world)
{
    return hand_clock_chance(&world->hand);
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

static void alarm_raised(void *arg, enum alarm_code code, struct division about,
                         const char *message)
{
    struct place *place = arg;

    (void)about;
    message_format(place->alarm_words, sizeof place->alarm_words, "%s", message);
    if (!place_alarmed(place, code) && place->alarm_count < 16) {
        place->alarms[place->alarm_count++] = code;
    }
    place->alarmed_ever[code] = true;
}

static void alarm_cleared(void *arg, enum alarm_code code, struct division about)
{
    struct place *place = arg;

    (void)about;
    for (size_t i = 0; i < place->alarm_count; i++) {
        if (place->alarms[i] == code) {
            place->alarms[i] = place->alarms[--place->alarm_count];
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

static void write_health(void *arg, struct buf *out)
{
    const struct place *place = arg;

    if (place->health != NULL) {
        buf_append_bytes(out, bytes_text(place->health));
    }
}

static bool beat_heard(void *arg, const struct beat_report *report)
{
    struct place *place = arg;
    struct told *told = NULL;

    for (size_t i = 0; i < place->told_count; i++) {
        if (division_equal(place->told[i].division, report->division)) {
            told = &place->told[i];
        }
    }
    if (told == NULL) {
        assert_true(place->told_count < NODES_MAX);
        told = &place->told[place->told_count++];
        told->division = report->division;
    }
    (void)snprintf(told->health, sizeof told->health, "%.*s", (int)report->health.size,
                   (const char *)report->health.data);
    told->lsn = report->lsn;
    told->sequence = report->sequence;
    told->times++;
    return place->news;
}

const struct told *place_told(const struct place *place, const char *division)
{
    for (size_t i = 0; i < place->told_count; i++) {
        if (strcmp(place->told[i].division.code, division) == 0) {
            return &place->told[i];
        }
    }
    return NULL;
}

bool place_alarmed(const struct place *place, enum alarm_code code)
{
    for (size_t i = 0; i < place->alarm_count; i++) {
        if (place->alarms[i] == code) {
            return true;
        }
    }
    return false;
}

bool place_alarmed_ever(const struct place *place, enum alarm_code code)
{
    return place->alarmed_ever[code];
}

static bool is_above(const struct world *world, const struct place *above,
                     const struct place *below)
{
    while (below->parent >= 0) {
        below = &world->at[below->parent];
        if (below == above) {
            return true;
        }
    }
    return false;
}

/* Who is above or below: two branches may have one of the same. */
static struct place *find(struct world *world, const struct place *from, struct division division)
{
    for (int i = 0; i < world->count; i++) {
        struct place *place = &world->at[i];
        if (division_equal(place->division, division) &&
            (is_above(world, place, from) || is_above(world, from, place))) {
            return place;
        }
    }
    return NULL;
}

/* Its door: who is further below than a child comes with the link key that he was granted. */
static bool is_let_in(struct world *world, const struct place *from, const struct place *place)
{
    struct division who;
    uint8_t key[32];

    if (!is_above(world, place, from) || &world->at[from->parent] == place) {
        return true;
    }
    memset(key, (int)(from - world->at) + 1, sizeof key);
    return replicator_admits(place->replicator, key, &who) && division_equal(who, from->division);
}

/* A test that names none lives by a faster pulse than a node on a metered link. */
static struct replicator_limits limits_of(const struct place *place)
{
    struct replicator_limits limits = place->limits;

    limits.beat_ms = limits.beat_ms == 0 ? 5000 : limits.beat_ms;
    limits.silence_ms = limits.silence_ms == 0 ? 20000 : limits.silence_ms;
    limits.cosign_ms = limits.cosign_ms == 0 ? 1000 : limits.cosign_ms;
    return limits;
}

struct replicator_config place_config(struct place *place)
{
    struct world *world = place->world;

    return (struct replicator_config){
        .self = place->division,
        .tree = world->trust.tree,
        .key = &place->key,
        .next_key = place->has_next_key ? &place->next_key : NULL,
        .store = &place->store,
        .clock = &world->clock,
        .sink = {place, block_held, state_digest, roster_changed, alarm_raised, alarm_cleared,
                 link_changed, write_health, beat_heard},
        .limits = limits_of(place),
        .resyncs = place->resyncs,
    };
}

void place_open(struct place *place)
{
    const struct replicator_config config = place_config(place);
    struct world *world = place->world;
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
    frame_queue_clear(&place->inbox);
}

static void post(struct world *world, struct place *from, struct division to, struct bytes frame)
{
    struct place *place = find(world, from, to);
    struct queued_frame *sent =
        queued_frame_new(from->division, world->hand.now_ms + world->latency_ms, frame);

    world->frames++;
    if ((world->spoil != NULL && world->spoil(world, from->division, to, &sent->bytes)) ||
        from->cut || place->cut || place->down || !is_let_in(world, from, place)) {
        queued_frame_free(sent);
        return;
    }
    frame_queue_put(&place->inbox, sent);
}

void place_kill(struct place *place)
{
    place_close(place);
    place->down = true;
}

void place_revive(struct place *place)
{
    place->down = false;
    place_open(place);
}

/* As a node does whose store could not be read: nothing of the turn is kept. */
static bool turn_failed(struct place *place)
{
    struct err err;

    if (!place->reads_fail || txn_status(place->txn, &err) == OK) {
        return false;
    }
    place->turns_failed++;
    place_close(place);
    place->reads_fail = false;
    place_open(place);
    return true;
}

bool place_turn(struct place *place)
{
    struct world *world = place->world;
    struct queued_frame *received;
    struct buf frame = BUF_EMPTY;
    struct division to;
    bool busy = false;

    if (place->down) {
        return false;
    }
    while ((received = frame_queue_take(&place->inbox, world->hand.now_ms)) != NULL) {
        replicator_receive(place->replicator, place->txn, received->from,
                           buf_bytes(&received->bytes));
        queued_frame_free(received);
        busy = true;
    }
    if (world->hand.now_ms >= replicator_next_tick(place->replicator)) {
        replicator_tick(place->replicator, place->txn);
    }
    replicator_seal(place->replicator, place->txn);
    if (turn_failed(place)) {
        return true;
    }
    commit_txn(&place->store, place->fence, place->txn);
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
    const uint64_t end = world->hand.now_ms + ms;

    while (world->hand.now_ms < end) {
        bool busy = true;
        for (int rounds = 0; busy && rounds < 200; rounds++) {
            busy = false;
            for (int i = 0; i < world->count; i++) {
                busy |= place_turn(&world->at[i]);
            }
        }
        world->hand.now_ms += 100;
    }
}

struct place *world_add(struct world *world, const char *division, int parent)
{
    struct place *place = &world->at[world->count++];
    struct place *above = parent < 0 ? NULL : &world->at[parent];
    struct grant grant =
        first_grant(division_of(division), above == NULL ? DIVISION_NONE : above->division);
    struct err err;

    memset(place, 0, sizeof *place);
    place->world = world;
    place->division = division_of(division);
    place->parent = parent;
    store_memory_open(&place->store);
    sign_key_generate(&place->key);
    memset(grant.curve_key, world->count, sizeof grant.curve_key); /* a code may come twice */
    trust_seal(&world->trust, &grant, &place->key, above == NULL ? NULL : &above->key,
               &place->sealed);
    if (above != NULL) {
        if (replicator_grant(above->replicator, above->txn, &grant, every_code(), &err) != OK) {
            fail_msg("%s", err.text);
        }
        (void)place_turn(above);
    }
    place_open(place);
    return place;
}

void world_begin(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->hand = (struct hand_clock){.now_ms = 1000, .random = 42};
    world->clock = hand_clock_seam(&world->hand);
    trust_generate(&world->trust);
    (void)world_add(world, "R", -1);
    (void)world_add(world, "C1", 0);
    (void)world_add(world, "K1", 1);
    (void)world_add(world, "C2", 0);
}

void world_end(struct world *world)
{
    for (int i = 0; i < world->count; i++) {
        if (!world->at[i].down) {
            place_close(&world->at[i]);
        }
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

struct copying {
    struct txn *txn;
    enum store_space space;
};

static bool copy_row(void *arg, struct bytes key, struct bytes value)
{
    const struct copying *copying = arg;

    (void)txn_put(copying->txn, copying->space, key, value);
    return true;
}

void store_copy(struct store *to, const struct store *from)
{
    struct copying copying = {txn_open(to, NULL), 0};
    uint64_t fence;
    struct err err;

    assert_int_equal(to->ops->claim(to->self, &fence, &err), OK);
    for (int space = 0; space < SPACES; space++) {
        copying.space = space;
        assert_int_equal(from->ops->scan(from->self, NULL, space, BYTES_NONE, BYTES_NONE, copy_row,
                                         &copying, &err),
                         OK);
    }
    commit_txn(to, fence, copying.txn);
    txn_free(copying.txn);
}
