/* alarm_flaps - alarms that come back soon after their check ended them, so that whoever can raise
 * and end one at will (a child by what it says of itself, a link that comes and goes) fills neither
 * the history nor a program that is told.
 *
 *   ended --flaps_note--> remembered for ALARM_AGAIN_MS --raised again, flaps_take--> the same
 * alarm
 *
 * One that came back more than ALARM_RETURNS_FREE times stays open until it was not raised for
 * flaps_hold_ms: a minute, and twice as long for each further return, an hour at most.
 *
 * Owns:   what is remembered. Thread: the loop thread. Units: *_ms is mono. */
#ifndef TERRACE_NODE_CORE_ALARM_FLAPS_H
#define TERRACE_NODE_CORE_ALARM_FLAPS_H

#include "node/core/alarms.h"

enum {
    ALARM_AGAIN_MS = 3600 * 1000,
    ALARM_RETURNS_FREE = 3,
    ALARM_HOLD_MS_FIRST = 60000,
    ALARM_HOLD_MS_MAX = 3600 * 1000,
    FLAPS_MAX = 16384, /* beyond it one that comes back is another alarm */
};

struct flap {
    enum alarm_code code;
    struct division about;
    uint64_t ended_ms;
    uint64_t id, first_unix_ms, count;
    uint64_t past; /* its sequence in the history; NO_PAST until it is there */
    uint32_t returns;
};
#define NO_PAST UINT64_MAX

struct flaps {
    struct flap *at; /* by code and division */
    size_t count, capacity;
    uint64_t swept_ms;
};

void flaps_free(struct flaps *flaps);
/* This alarm was ended by its check, after so many returns; `past`: where it stood in the history
 * before, or NO_PAST. */
void flaps_note(struct flaps *flaps, const struct alarm *alarm, uint32_t returns, uint64_t past,
                uint64_t now_ms);
/* It got its place in the history. */
void flaps_placed(struct flaps *flaps, const struct alarm *alarm, uint64_t past);
/* Takes out what is remembered of it; false when it is another alarm by now. */
bool flaps_take(struct flaps *flaps, enum alarm_code code, struct division about, uint64_t now_ms,
                struct flap *out);
/* How long one that came back so often must be quiet before it ends. */
uint64_t flaps_hold_ms(uint32_t returns);

#endif
