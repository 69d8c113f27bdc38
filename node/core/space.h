/* space - is there room on the disk for new business?
 *
 *   free:  .... low at SPACE_LOW_FLOORS floors (warned of) .... full below the floor (refused) ....
 *
 * Owns:   the answer. Thread: the loop thread. Units: *_ms is mono. Errors: none; while the store
 *         cannot tell, the last answer stands. */
#ifndef TERRACE_NODE_CORE_SPACE_H
#define TERRACE_NODE_CORE_SPACE_H

#include "node/core/alarms.h"

enum {
    SPACE_CHECK_MS = 1000,
    SPACE_LOW_FLOORS = 4,
};

struct space {
    bool is_full;                  /* below the floor: no new business */
    struct store_space_free found; /* at the last look; zeros before it */
    uint64_t checked_ms;
    const struct store *store;
    const struct clock *clock;
    struct alarms *alarms;
    struct division self;
};

void space_init(struct space *space, const struct store *store, const struct clock *clock,
                struct alarms *alarms, struct division self);
/* Looks once in SPACE_CHECK_MS; `now`: in any case. Raises disk_full and disk_low, or clears them.
 */
void space_check(struct space *space, bool now);

#endif
