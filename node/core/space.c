#include "node/core/space.h"

#include <inttypes.h>

void space_init(struct space *space, const struct store *store, const struct clock *clock,
                struct alarms *alarms, struct division self)
{
    *space = (struct space){.store = store, .clock = clock, .alarms = alarms, .self = self};
}

static void update_alarm(const struct space *space, enum alarm_code code,
                         const struct store_space_free *found, uint64_t needed_bytes)
{
    if (found->free_bytes >= needed_bytes) {
        alarms_clear(space->alarms, code, space->self);
        return;
    }
    alarms_raise(space->alarms, code, space->self,
                 "little_space free_mib=%" PRIu64 " floor_mib=%" PRIu64, found->free_bytes >> 20,
                 needed_bytes >> 20);
}

void space_check(struct space *space, bool now)
{
    const uint64_t now_ms = clock_mono_ms(space->clock);
    struct store_space_free found;
    struct err err;

    if (!now && space->checked_ms != 0 && now_ms - space->checked_ms < SPACE_CHECK_MS) {
        return;
    }
    space->checked_ms = now_ms;
    if (space->store->ops->free_space(space->store->self, &found, &err) != OK) {
        return;
    }
    space->found = found;
    space->is_full = found.free_bytes < found.floor_bytes;
    update_alarm(space, ALARM_DISK_FULL, &found, found.floor_bytes);
    update_alarm(space, ALARM_DISK_LOW, &found, SPACE_LOW_FLOORS * found.floor_bytes);
}
