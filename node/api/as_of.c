#include "node/api/as_of.h"

static void write_one(struct json_out *out, const char *key, struct txn *txn,
                      struct division division, bool named)
{
    struct ledger_position position;

    ledger_position(txn, division, &position);
    out_open(out, key, '{');
    if (named) {
        out_text(out, "division", division.code);
    }
    out_count(out, "lsn", position.lsn);
    out_time(out, "time", position.time_ms);
    out_close(out, '}');
}

void out_as_of(struct json_out *out, struct txn *txn, const struct roster_snapshot *roster,
               struct division division, enum scope scope)
{
    if (scope == SCOPE_OWN) {
        write_one(out, "as_of", txn, division, false);
        return;
    }
    out_open(out, "as_of", '[');
    for (size_t i = 0; i < roster->count; i++) {
        if (roster_snapshot_within(roster, roster->at[i].division, division)) {
            write_one(out, NULL, txn, roster->at[i].division, true);
        }
    }
    out_close(out, ']');
}
