#include "node/ledger/posting/rollups.h"

#include <assert.h>

#include "node/ledger/posting/transit.h"

static int128 change_of(const struct turnover *moved, unsigned account)
{
    return moved->sums.of[account].debit - moved->sums.of[account].credit;
}

/* --- sums of one division (invariant 3) --- */

static const char *add_to_source(struct txn *txn, struct division author, struct bytes source,
                                 const struct turnover *moved)
{
    struct source_sums sums = {0, 0};

    (void)source_load(txn, author, source, &sums);
    for (uint64_t left = moved->accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);

        if (account_info((enum account)account)->normal < 0) {
            sums.credit -= change_of(moved, account);
        } else {
            sums.debit += change_of(moved, account);
        }
    }
    source_store(txn, author, source, &sums);
    return sums.credit == sums.debit ? NULL : "source_and_lines_differ";
}

static const char *add_to_year(struct txn *txn, struct division author,
                               const struct block_turnover_key *of, const struct turnover *moved)
{
    const struct row_key key = year_sums_key(author, of->year, of->text);
    int128 sums[ACCOUNTS], total = 0;

    year_sums_load(txn, &key, sums);
    for (uint64_t left = moved->accounts; left != 0; left &= left - 1) {
        sums[first_account(left)] += change_of(moved, first_account(left));
    }
    for (unsigned account = 1; account < ACCOUNTS; account++) {
        total += sums[account];
    }
    year_sums_store(txn, &key, sums);
    return total == 0 ? NULL : "sources_and_uses_differ";
}

const char *sums_add(struct txn *txn, struct division author, const struct block_turnover *block)
{
    const char *fault = NULL;

    for (size_t i = 0; i < block->groups.count; i++) {
        const struct block_turnover_line *line = &block->groups.lines[i];
        const char *here = NULL;

        if (line->key.grouping == GROUPING_SOURCE) {
            here = add_to_source(txn, author, line->key.text, &line->moved);
        } else if (line->key.grouping == GROUPING_YEAR) {
            here = add_to_year(txn, author, &line->key, &line->moved);
        }
        fault = fault == NULL ? here : fault;
    }
    return fault;
}

/* --- roll-ups --- */

static void add_own(struct txn *txn, struct division author, const struct block_turnover_line *line)
{
    uint8_t pair[ROLLUP_KEY_MAX];
    struct rollup_place place = {ROLLUP_OWN, author, line->key.year,
                                 (enum rollup_dimension)line->key.grouping, line->key.text};

    if (place.dimension == ROLLUP_AGENCY_ECONOMIC) {
        place.key = rollup_agency_economic(pair, line->key.second, line->key.text);
    }
    rollup_add(txn, &place, &line->moved);
}

void rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct block_turnover *block)
{
    const struct members members = {txn, roster, self, author};

    for (size_t i = 0; i < block->groups.count; i++) {
        const struct block_turnover_line *line = &block->groups.lines[i];

        if (line->key.grouping == GROUPING_YEAR) {
            transit_join(&members, line->key.year);
        }
    }
    for (size_t i = 0; i < block->groups.count; i++) {
        const struct block_turnover_line *line = &block->groups.lines[i];

        if (line->key.grouping < (int)ROLLUP_DIMENSIONS) {
            add_own(txn, author, line);
        }
        if (line->key.grouping < (int)ROLLUP_AGENCY_ECONOMIC) {
            transit_add(&members, line);
        }
    }
}
