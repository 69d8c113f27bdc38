#include "node/core/last_day.h"

#include <assert.h>

#include "proto/array.h"

struct ring {
    struct division division;
    uint64_t newest;                       /* number of the newest slot, since the clock began */
    struct day_slot slots[LAST_DAY_SLOTS]; /* slot n at n % LAST_DAY_SLOTS */
};

struct last_day {
    struct ring **rings; /* by division */
    size_t count, capacity;
};

struct last_day *last_day_open(void)
{
    return mem_zalloc(sizeof(struct last_day));
}

void last_day_close(struct last_day *day)
{
    if (day == NULL) {
        return;
    }
    for (size_t i = 0; i < day->count; i++) {
        mem_free(day->rings[i]);
    }
    mem_free(day->rings);
    mem_free(day);
}

static uint64_t slot_of(uint64_t now_ms)
{
    return now_ms / (LAST_DAY_SLOT_S * 1000);
}

static int compare_ring(const void *division, const void *ring)
{
    return division_compare(*(const struct division *)division,
                            (*(struct ring *const *)ring)->division);
}

/* Its ring, or NULL when there is no room for one more. */
static struct ring *ring_of(struct last_day *day, struct division division)
{
    const size_t at = ARRAY_LOWER_BOUND(day->rings, day->count, &division, compare_ring);

    if (at < day->count && compare_ring(&division, &day->rings[at]) == 0) {
        return day->rings[at];
    }
    if (day->count == LAST_DAY_DIVISIONS_MAX) {
        return NULL;
    }
    ARRAY_GAP(day->rings, day->count, day->capacity, at);
    day->rings[at] = mem_zalloc(sizeof *day->rings[at]);
    day->rings[at]->division = division;
    return day->rings[at];
}

/* Slots that passed without a word are empty. */
static void advance(struct ring *ring, uint64_t slot)
{
    const uint64_t passed = slot - ring->newest;

    for (uint64_t i = 0; i < passed && i < LAST_DAY_SLOTS; i++) {
        ring->slots[(slot - i) % LAST_DAY_SLOTS] = (struct day_slot){0};
    }
    ring->newest = slot;
}

void last_day_take(struct last_day *day, struct division division, uint64_t now_ms,
                   uint64_t entries, uint64_t lag_ms)
{
    struct ring *ring = ring_of(day, division);
    struct day_slot *slot;

    if (ring == NULL) {
        return;
    }
    assert(slot_of(now_ms) >= ring->newest); /* mono */
    advance(ring, slot_of(now_ms));
    slot = &ring->slots[ring->newest % LAST_DAY_SLOTS];
    slot->is_heard = true;
    slot->entries =
        (uint32_t)(entries < UINT32_MAX - slot->entries ? slot->entries + entries : UINT32_MAX);
    if (lag_ms > slot->lag_ms) {
        slot->lag_ms = lag_ms < UINT32_MAX ? (uint32_t)lag_ms : UINT32_MAX;
    }
}

size_t last_day_divisions(const struct last_day *day)
{
    return day->count;
}

struct division last_day_read(const struct last_day *day, size_t index, uint64_t now_ms,
                              struct day_slot slots[LAST_DAY_SLOTS])
{
    const struct ring *ring = day->rings[index];
    const uint64_t now = slot_of(now_ms);

    for (uint64_t i = 0; i < LAST_DAY_SLOTS; i++) {
        const uint64_t age = LAST_DAY_SLOTS - 1 - i;
        const bool is_kept =
            now >= age && now - age <= ring->newest && ring->newest - (now - age) < LAST_DAY_SLOTS;

        slots[i] = is_kept ? ring->slots[(now - age) % LAST_DAY_SLOTS] : (struct day_slot){0};
    }
    return ring->division;
}
