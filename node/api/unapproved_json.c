#include "node/api/unapproved_json.h"

#include "node/ledger/rows/unapproved.h"

static struct unapproved_sum sum_of(struct txn *txn, const struct roster_snapshot *roster,
                                    struct division division, enum scope scope)
{
    const struct place *place = roster_snapshot_place(roster, division);
    const size_t count = place == NULL || scope == SCOPE_OWN ? 0 : place->inside;
    struct unapproved_sum sum, one;

    unapproved_sum(txn, DIVISION_NONE, &sum);
    if (sum.count == 0) { /* so it is nearly everywhere */
        return sum;
    }
    unapproved_sum(txn, division, &sum);
    for (size_t i = 1; i <= count; i++) {
        unapproved_sum(txn, place[i].division, &one);
        sum.count += one.count;
        sum.amount += one.amount;
    }
    return sum;
}

void out_unapproved(struct json_out *out, struct txn *txn, const struct roster_snapshot *roster,
                    struct division division, enum scope scope)
{
    const struct unapproved_sum sum = sum_of(txn, roster, division, scope);

    out_open(out, "unapproved", '{');
    out_count(out, "count", sum.count);
    out_amount(out, "amount", sum.amount);
    out_close(out, '}');
}
