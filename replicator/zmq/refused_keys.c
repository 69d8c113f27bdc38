#include "replicator/zmq/refused_keys.h"

#include <stdio.h>

static size_t find_refused(const struct refused_keys *keys, const struct refused_key *like)
{
    size_t at = 0;

    while (at < keys->count && (memcmp(keys->rows[at].key, like->key, sizeof like->key) != 0 ||
                                keys->rows[at].reason != like->reason ||
                                strcmp(keys->rows[at].address, like->address) != 0)) {
        at++;
    }
    return at;
}

void refused_keys_note(struct refused_keys *keys, const uint8_t curve_key[32], const char *address,
                       enum status reason, uint64_t unix_ms)
{
    struct refused_key row = {.reason = reason, .first_unix_ms = unix_ms, .unix_ms = unix_ms};
    size_t at;

    memcpy(row.key, curve_key, sizeof row.key);
    (void)snprintf(row.address, sizeof row.address, "%s", address);
    at = find_refused(keys, &row);
    if (at < keys->count) {
        row.first_unix_ms = keys->rows[at].first_unix_ms;
        row.count = keys->rows[at].count;
    } else if (keys->count < REFUSED_KEYS_MAX) {
        keys->count++;
    } else {
        at = REFUSED_KEYS_MAX - 1;
    }
    row.count++;
    memmove(keys->rows + 1, keys->rows, at * sizeof *keys->rows);
    keys->rows[0] = row;
}
