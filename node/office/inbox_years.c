#include "node/office/inbox_years.h"

#include "node/ledger/query/years.h"
#include "node/ledger/schema/clocks.h"

/* So many things hinder it, and so much money is on the way. */
static void fill_item(const struct inbox *inbox, int year, struct inbox_item *item)
{
    struct year_hindrances left;

    query_year_hindrances(inbox->txn, inbox->self, year, true, &left);
    for (enum account account = 1; account < ACCOUNTS; account++) {
        if (left.balance[account] != 0) {
            item->hindrances++;
            item->amount += account_info(account)->normal > 0 ? left.balance[account] : 0;
        }
    }
    for (int list = 0; list < OPEN_LISTS; list++) {
        item->hindrances += left.of[list].count > 0;
    }
}

void inbox_years_each(const struct inbox *inbox, const struct inbox_place *after,
                      bool (*visit)(void *arg, const struct inbox_item *item), void *arg)
{
    const int today = clock_month(inbox->now_ms).year;
    struct year_state years[YEARS_MAX];
    bool more = years_kept_since(inbox->txn, inbox->self) != 0;
    const size_t count = more ? query_years(inbox->txn, inbox->self, today, years) : 0;

    for (size_t i = count; i > 0 && more; i--) {
        const struct year_state *state = &years[i - 1];
        struct inbox_item item = {.group = INBOX_TO_CLOSE,
                                  .place = {(uint64_t)state->year, DIVISION_NONE, BYTES_NONE},
                                  .since_ms = clock_year_end_ms(state->year),
                                  .count = 1,
                                  .year = state->year};

        if (!state->is_kept || state->standing != YEAR_IS_OPEN || state->year >= today ||
            (after != NULL && item.place.number <= after->number)) {
            continue;
        }
        fill_item(inbox, state->year, &item);
        more = visit(arg, &item);
    }
}
