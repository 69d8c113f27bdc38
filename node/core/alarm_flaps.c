#include "node/core/alarm_flaps.h"

#include "proto/array.h"

struct flap_name {
    enum alarm_code code;
    struct division about;
};

static int compare(const void *key, const void *item)
{
    const struct flap_name *name = key;
    const struct flap *flap = item;
    const int order = (name->code > flap->code) - (name->code < flap->code);

    return order != 0 ? order : division_compare(name->about, flap->about);
}

static size_t place_of(const struct flaps *flaps, const struct flap_name *name)
{
    return ARRAY_LOWER_BOUND(flaps->at, flaps->count, name, compare);
}

static bool is_at(const struct flaps *flaps, size_t at, const struct flap_name *name)
{
    return at < flaps->count && compare(name, &flaps->at[at]) == 0;
}

static bool is_over(const struct flap *flap, uint64_t now_ms)
{
    return now_ms - flap->ended_ms >= ALARM_AGAIN_MS;
}

void flaps_free(struct flaps *flaps)
{
    mem_free(flaps->at);
    *flaps = (struct flaps){0};
}

/* Now and then, so that what is remembered does not grow with the years. */
static void sweep(struct flaps *flaps, uint64_t now_ms)
{
    size_t kept = 0;

    if (now_ms - flaps->swept_ms <
        (uint64_t)(flaps->count < FLAPS_MAX ? ALARM_AGAIN_MS : ALARM_HOLD_MS_FIRST)) {
        return;
    }
    for (size_t i = 0; i < flaps->count; i++) {
        if (!is_over(&flaps->at[i], now_ms)) {
            flaps->at[kept++] = flaps->at[i];
        }
    }
    flaps->count = kept;
    flaps->swept_ms = now_ms;
    if (kept == 0) {
        flaps_free(flaps);
        flaps->swept_ms = now_ms;
    }
}

void flaps_note(struct flaps *flaps, const struct alarm *alarm, uint32_t returns, uint64_t past,
                uint64_t now_ms)
{
    const struct flap_name name = {alarm->code, alarm->about};
    size_t at;

    sweep(flaps, now_ms);
    at = place_of(flaps, &name);
    if (!is_at(flaps, at, &name)) {
        if (flaps->count == FLAPS_MAX) {
            return;
        }
        ARRAY_GAP(flaps->at, flaps->count, flaps->capacity, at);
    }
    flaps->at[at] = (struct flap){alarm->code,          alarm->about, now_ms, alarm->id,
                                  alarm->first_unix_ms, alarm->count, past,   returns};
}

void flaps_placed(struct flaps *flaps, const struct alarm *alarm, uint64_t past)
{
    const struct flap_name name = {alarm->code, alarm->about};
    const size_t at = place_of(flaps, &name);

    if (is_at(flaps, at, &name) && flaps->at[at].id == alarm->id) {
        flaps->at[at].past = past;
    }
}

bool flaps_take(struct flaps *flaps, enum alarm_code code, struct division about, uint64_t now_ms,
                struct flap *out)
{
    const struct flap_name name = {code, about};
    const size_t at = place_of(flaps, &name);

    if (!is_at(flaps, at, &name)) {
        return false;
    }
    *out = flaps->at[at];
    ARRAY_REMOVE(flaps->at, flaps->count, at);
    return !is_over(out, now_ms);
}

uint64_t flaps_hold_ms(uint32_t returns)
{
    uint64_t hold_ms = ALARM_HOLD_MS_FIRST;

    if (returns <= ALARM_RETURNS_FREE) {
        return 0;
    }
    for (uint32_t i = ALARM_RETURNS_FREE + 1; i < returns && hold_ms < ALARM_HOLD_MS_MAX; i++) {
        hold_ms *= 2;
    }
    return hold_ms < ALARM_HOLD_MS_MAX ? hold_ms : ALARM_HOLD_MS_MAX;
}
