#include "node/core/accesses.h"

#include <inttypes.h>

#include "node/core/node_struct.h"
#include "proto/array.h"
#include "proto/health.h"

struct access_head node_access_seed(const struct node *node)
{
    return access_head_seed(&node->config.tree, node->config.self);
}

void accesses_open(struct node *node)
{
    node->accesses.head = node->accesses.durable = node_access_seed(node);
    node->accesses.next_ms = UINT64_MAX;
    (void)pthread_mutex_init(&node->accesses.lock, NULL);
}

enum status accesses_load(struct node *node, struct err *err)
{
    const struct access_head seed = node_access_seed(node);

    if (node->config.damage != NULL) {
        return OK; /* it notes nothing */
    }
    return access_head_load(&node->store, NULL, &seed, &node->accesses.head, err);
}

void accesses_close(struct node *node)
{
    (void)pthread_mutex_destroy(&node->accesses.lock);
    mem_free(node->accesses.waiting);
}

bool node_note_access(struct node *node, const struct access_event *event)
{
    struct accesses *accesses = &node->accesses;
    bool room, first;

    if (node->config.damage != NULL) {
        return true;
    }
    (void)pthread_mutex_lock(&accesses->lock);
    room = accesses->count < ACCESSES_WAITING_MAX;
    first = accesses->count == 0;
    if (room) {
        ARRAY_ROOM(accesses->waiting, accesses->count, accesses->capacity);
        accesses->waiting[accesses->count++] = *event;
    }
    if (first) {
        accesses->due_ms = clock_mono_ms(&node->clock) + ACCESSES_WAIT_MS;
    } else if (accesses->count == ACCESSES_BATCH) {
        accesses->due_ms = 0;
        first = true;
    }
    (void)pthread_mutex_unlock(&accesses->lock);
    if (first && node->config.wake != NULL) { /* the loop learns when it is due */
        node->config.wake(node->config.wake_arg);
    }
    return room;
}

/* --- the loop --- */

void accesses_hurry(struct node *node)
{
    (void)pthread_mutex_lock(&node->accesses.lock);
    node->accesses.due_ms = 0;
    (void)pthread_mutex_unlock(&node->accesses.lock);
}

void accesses_stage(struct node *node)
{
    struct accesses *accesses = &node->accesses;
    const uint64_t now = clock_mono_ms(&node->clock);
    struct access_event *events = NULL;
    size_t count = 0;

    accesses->durable = accesses->head; /* no commit is in flight where a turn ends */
    (void)pthread_mutex_lock(&accesses->lock);
    if (accesses->count > 0 && (txn_changes(node->txn) > 0 || now >= accesses->due_ms)) {
        events = accesses->waiting;
        count = accesses->count;
        accesses->waiting = NULL;
        accesses->count = accesses->capacity = 0;
    }
    accesses->next_ms = accesses->count == 0 ? UINT64_MAX : accesses->due_ms;
    (void)pthread_mutex_unlock(&accesses->lock);
    for (size_t i = 0; i < count; i++) {
        accesses->bytes += access_row_put(node->txn, &accesses->head, &events[i]);
    }
    accesses->rows += count;
    mem_free(events);
}

struct access_growth node_access_growth(const struct node *node)
{
    const struct accesses *accesses = &node->accesses;

    return (struct access_growth){accesses->head.position, accesses->rows, accesses->bytes};
}

uint64_t accesses_next_tick(const struct node *node)
{
    return node->accesses.next_ms;
}

/* --- those of a child --- */

enum accesses_verdict accesses_judge(const struct cosigned_head *known, const struct health *health)
{
    if ((health->condition & HEALTH_READING_ONLY) != 0) {
        return ACCESSES_NOTHING; /* it notes nothing, and tells nothing of what it had */
    }
    if (health->accesses > known->position) {
        return ACCESSES_NEW;
    }
    if (health->accesses < known->position ||
        (health->accesses > 0 && !hash_equal(&health->access_head, &known->hash))) {
        return ACCESSES_CUT;
    }
    return health->accesses_cosigned < known->position ? ACCESSES_UNTOLD : ACCESSES_NOTHING;
}

static void tell_cut(struct node *node, const struct cosigned_head *known,
                     const struct health *health)
{
    char hash[2 * HASH_SIZE + 1];

    hex_encode(hash, known->hash.at, HASH_SIZE);
    alarms_raise(node->alarms, ALARM_ACCESSES_CUT, known->author,
                 "accesses_cut rows=%" PRIu64 " cosigned=%" PRIu64 " hash=%s", health->accesses,
                 known->position, hash);
}

static bool is_child(const struct node *node, struct division division)
{
    const struct member *member = roster_find(replicator_roster(node->replicator), division);

    return member != NULL && member->parent != NULL &&
           division_equal(member->parent->grant.division, node->config.self);
}

/* A chain that was cut is alarmed once, and what it tells now is what it is held to from here on:
 * the alarm has what stood there before. */
void accesses_hear(struct node *node, const struct beat_report *report)
{
    struct cosigned_head known;
    struct health health;
    struct err err;
    enum accesses_verdict verdict;

    if (node->config.damage != NULL || !is_child(node, report->division) ||
        health_decode(&health, report->health, &err) != OK) {
        return;
    }
    (void)cosigned_head_newest(node->txn, report->division, node->config.self, &known);
    verdict = accesses_judge(&known, &health);
    if (verdict == ACCESSES_CUT) {
        tell_cut(node, &known, &health);
    }
    if (verdict != ACCESSES_NOTHING) {
        replicator_cosign_head(node->replicator, node->txn, report->division, health.accesses,
                               &health.access_head);
    }
}
