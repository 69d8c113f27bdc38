#include "tests/harness/hand_clock.h"

static uint64_t mono(void *self)
{
    return ((const struct hand_clock *)self)->now_ms;
}

static uint64_t wall(void *self)
{
    return mono(self) + ((const struct hand_clock *)self)->wall_step_ms;
}

static uint64_t chance(void *self)
{
    return hand_clock_chance(self);
}

struct clock hand_clock_seam(struct hand_clock *hand)
{
    return (struct clock){hand, mono, wall, chance};
}

uint64_t hand_clock_chance(struct hand_clock *hand)
{
    hand->random = hand->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return hand->random >> 16;
}
