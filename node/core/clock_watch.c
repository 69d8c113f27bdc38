#include "node/core/clock_watch.h"

int64_t clock_watch_look(struct clock_watch *watch, uint64_t mono_ms, uint64_t unix_ms)
{
    const int64_t jump_ms =
        (int64_t)(unix_ms - watch->unix_ms) - (int64_t)(mono_ms - watch->mono_ms);
    const bool jumped =
        watch->started && (jump_ms >= CLOCK_JUMP_MS_MIN || jump_ms <= -CLOCK_JUMP_MS_MIN);

    *watch = (struct clock_watch){.started = true, .mono_ms = mono_ms, .unix_ms = unix_ms};
    return jumped ? jump_ms : 0;
}
