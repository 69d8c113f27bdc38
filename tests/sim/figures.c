/* What the ledger of an office is to say: its own arithmetic over what it was told, kind by kind,
 * and apart from the ledger's. All fiscal years together, on each account's normal side. */
#include "tests/sim/expected.h"
#include "tests/sim/facts.h"

/* --- asks --- */

static void add_moved_ask(const struct fact *ask, int64_t out[ACCOUNTS])
{
    out[ACC_UNALLOC] -= ask->answer == KIND_RETURN ? 0 : ask->amount;
    out[ACC_XFER_OUT] += ask->answer == KIND_REGISTER ? ask->amount : 0;
    out[ACC_TRANSIT] += ask->answer == 0 ? ask->amount : 0;
}

static void add_lowered(int64_t amount, int64_t out[ACCOUNTS])
{
    out[ACC_UNALLOC] += amount;
    out[ACC_XFER_OUT] -= amount;
}

static void add_ask(const struct fact *ask, int64_t out[ACCOUNTS])
{
    if (ask->kind == KIND_RECALL) {
        add_lowered(ask->answer == KIND_RECALL_GRANT ? ask->answered : 0, out);
    } else if (ask->amount < 0) {
        add_lowered(ask->answer == KIND_REGISTER ? -ask->amount : 0, out);
    } else {
        add_moved_ask(ask, out);
    }
}

/* --- source lines --- */

/* The reply to an estimate takes its place. */
static void add_budget(const struct office *office, const struct fact *fact, int64_t out[ACCOUNTS])
{
    const struct fact *estimate =
        fact->beside[0] != '\0' ? fact_find(office, KIND_BUDGET, fact->beside) : NULL;

    out[strcmp(fact->word, "estimate") == 0 ? ACC_SRC_ADVANCE : ACC_SRC_APPROVED] += fact->amount;
    out[ACC_UNALLOC] += fact->amount;
    if (estimate != NULL) {
        out[ACC_SRC_ADVANCE] -= estimate->amount;
        out[ACC_UNALLOC] -= estimate->amount;
    }
}

static void add_both(int64_t out[ACCOUNTS], enum account from, enum account to, int64_t amount)
{
    out[from] += amount;
    out[to] += amount;
}

/* Of the payment's own year it goes back to the line; later it is money of its own. */
static void add_refund(const struct office *office, const struct fact *fact, int64_t out[ACCOUNTS])
{
    const struct fact *payment = fact_find(office, KIND_PAYMENT, fact->about);

    if (payment != NULL && payment->year != fact->year) {
        add_both(out, ACC_SRC_RECOVERED, ACC_UNALLOC, fact->amount);
    } else {
        out[ACC_SPENT] -= fact->amount;
    }
}

static void add_source(const struct office *office, const struct fact *fact, int64_t out[ACCOUNTS])
{
    switch (fact->kind) {
    case KIND_BUDGET:
        add_budget(office, fact, out);
        break;
    case KIND_ADJUST:
        add_both(out, ACC_SRC_APPROVED, ACC_UNALLOC, fact->amount);
        break;
    case KIND_REGISTER: /* of a difference: less */
        add_both(out, ACC_SRC_TRANSFER_IN, ACC_UNALLOC, fact->amount);
        break;
    case KIND_RECALL_GRANT:
        add_both(out, ACC_SRC_TRANSFER_IN, ACC_UNALLOC, -fact->amount);
        break;
    case KIND_CARRY_OVER: /* out of the account in one year, and into it in the next */
        add_both(out, ACC_SRC_CARRY_IN, ACC_CARRY_OUT, fact->amount);
        break;
    case KIND_REFUND:
        add_refund(office, fact, out);
        break;
    default:
        break;
    }
}

/* --- all others --- */

static void add_use(const struct fact *fact, int64_t out[ACCOUNTS])
{
    switch (fact->kind) {
    case KIND_ALLOCATE:
        out[ACC_UNALLOC] -= fact->amount;
        break;
    case KIND_REDUCE:
        out[ACC_UNALLOC] += fact->amount;
        break;
    case KIND_LAPSE:
        out[ACC_LAPSED] += fact->amount;
        out[ACC_UNALLOC] -= strcmp(fact->word, "unalloc") == 0 ? fact->amount : 0;
        break;
    case KIND_PAID:
        out[ACC_SPENT] += fact->amount;
        break;
    case KIND_FREEZE:
        out[ACC_FROZEN] += fact->amount;
        break;
    case KIND_UNFREEZE:
        out[ACC_FROZEN] -= fact->amount;
        break;
    case KIND_REMIT: /* to where no node is */
    case KIND_TRANSFER_OUT:
        add_lowered(-fact->amount, out);
        break;
    default:
        break;
    }
}

void facts_figures(const struct office *office, uint64_t last_lsn, int64_t out[ACCOUNTS])
{
    memset(out, 0, ACCOUNTS * sizeof out[0]);
    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];

        if (fact->state != FACT_ACKNOWLEDGED || fact->lsn > last_lsn) {
            continue;
        }
        if (fact_is_ask(office->clients, fact)) {
            add_ask(fact, out);
        } else {
            add_source(office, fact, out);
            add_use(fact, out);
        }
    }
}

int64_t facts_outside(const struct office *office, const struct sim_node *top, uint64_t last_lsn)
{
    int64_t sum = 0;

    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];
        const struct office *other = office_of(office->clients, division_of(fact->other));

        if (fact->state != FACT_ACKNOWLEDGED || fact->lsn > last_lsn) {
            continue;
        }
        if ((fact->kind == KIND_TRANSFER_OUT || fact->kind == KIND_REMIT) && other == NULL) {
            sum += fact->amount;
        } else if (fact->kind == KIND_REMIT && !sim_is_within(other->node, top)) {
            sum += fact->answer == KIND_REGISTER ? fact->amount : 0;
        }
    }
    return sum;
}
