#include "tests/sim/known.h"

#include <stdio.h>

#include "node/core/node_watch.h"
#include "tests/sim/expected.h"

static bool is_in_order(enum division_state state)
{
    return state == DIVISION_WELL || state == DIVISION_WARNING || state == DIVISION_CLOCK;
}

static bool is_touched(struct sim *sim, struct division division)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        if (division_equal(sim_division(sim_at(sim, i)), division)) {
            return sim_is_touched(sim_at(sim, i));
        }
    }
    return false;
}

static bool knows_those_below(struct sim *sim, struct sim_node *at, char *who, size_t size)
{
    struct division_view *views;
    size_t count;
    bool ok = true;

    views = node_watch_views(sim_core(at), &count);
    for (size_t i = 1; i < count && ok; i++) { /* the first is itself */
        ok = is_in_order(views[i].state) || is_touched(sim, views[i].division);
        if (!ok) {
            (void)snprintf(who, size, "%s sees %s as %s", sim_division(at).code,
                           views[i].division.code, division_state_name(views[i].state));
        }
    }
    mem_free(views);
    return ok;
}

bool sim_all_known(struct sim *sim, char *who, size_t size)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        if (!knows_those_below(sim, sim_at(sim, i), who, size)) {
            return false;
        }
    }
    return true;
}
