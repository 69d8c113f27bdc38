#include "tests/sim/order.h"

#include <inttypes.h>
#include <stdio.h>

#include "replicator/log/arrivals.h"

enum { LOGS_MAX = 512 };

struct tally {
    uint64_t next_position;
    struct {
        struct division author;
        uint64_t lsn, arrived, held;
    } logs[LOGS_MAX];
    size_t count;
    bool in_order;
};

static size_t place_of(struct tally *tally, struct division author)
{
    size_t at = 0;

    while (at < tally->count && !division_equal(tally->logs[at].author, author)) {
        at++;
    }
    if (at == tally->count) {
        assert(tally->count < LOGS_MAX);
        tally->logs[tally->count++].author = author;
    }
    return at;
}

static bool count_arrived(void *arg, const struct arrival_run *run)
{
    struct tally *tally = arg;
    const size_t at = place_of(tally, run->author);

    tally->in_order = run->position == tally->next_position && run->first_lsn > tally->logs[at].lsn;
    tally->next_position += run->count;
    tally->logs[at].lsn = run->first_lsn + run->count - 1;
    tally->logs[at].arrived += run->count;
    return tally->in_order;
}

static bool count_held(void *arg, struct bytes key, struct bytes value)
{
    struct tally *tally = arg;
    struct block_view block;
    struct err err;

    (void)key;
    tally->in_order = block_parse(&block, value, &err) == OK;
    if (tally->in_order) {
        tally->logs[place_of(tally, block.header.author)].held += block.header.count;
    }
    return tally->in_order;
}

static bool order_whole(const struct sim_node *node, char *fault, size_t size)
{
    const struct store *store = sim_store(node);
    struct tally tally = {.next_position = 1, .in_order = true};
    struct err err;
    bool whole = arrivals_scan(store, NULL, 0, count_arrived, &tally, &err) == OK &&
                 tally.in_order &&
                 store->ops->scan(store->self, NULL, SPACE_BLOCKS, BYTES_NONE, BYTES_NONE,
                                  count_held, &tally, &err) == OK &&
                 tally.in_order;

    if (!whole) {
        (void)snprintf(fault, size, "%s has its entries out of order", sim_division(node).code);
    }
    for (size_t i = 0; i < tally.count && whole; i++) {
        whole = tally.logs[i].arrived == tally.logs[i].held;
        if (!whole) {
            (void)snprintf(fault, size,
                           "%s holds %" PRIu64 " entries of %s, and %" PRIu64 " stand in its order",
                           sim_division(node).code, tally.logs[i].held, tally.logs[i].author.code,
                           tally.logs[i].arrived);
        }
    }
    return whole;
}

bool sim_order_whole(struct sim *sim, char *fault, size_t size)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        if (!order_whole(sim_at(sim, i), fault, size)) {
            return false;
        }
    }
    return true;
}
