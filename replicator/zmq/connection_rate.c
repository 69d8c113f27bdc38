#include "replicator/zmq/connection_rate.h"

#include "proto/array.h"

static struct connection_rate *find_rate(struct connection_rates *rates, struct division who)
{
    for (size_t i = 0; i < rates->count; i++) {
        if (division_equal(rates->rows[i].who, who)) {
            return &rates->rows[i];
        }
    }
    ARRAY_ROOM(rates->rows, rates->count, rates->capacity);
    rates->rows[rates->count] = (struct connection_rate){.who = who};
    return &rates->rows[rates->count++];
}

bool connection_rates_pay(struct connection_rates *rates, struct division who, uint64_t now_ms)
{
    struct connection_rate *row = find_rate(rates, who);
    const uint64_t from_ms = row->free_ms > now_ms ? row->free_ms : now_ms;

    if (from_ms - now_ms > (CONNECTIONS_BURST - 1) * CONNECTION_MS) {
        return false;
    }
    row->free_ms = from_ms + CONNECTION_MS;
    return true;
}

void connection_rates_free(struct connection_rates *rates)
{
    mem_free(rates->rows);
}
