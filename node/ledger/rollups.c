#include "node/ledger/rollups.h"

#include <assert.h>

#include "node/ledger/postings.h"

enum { SLOTS_FIRST = 64, LINES_KEPT = BLOCK_ENTRIES_MAX };

/* --- tables --- */

static uint64_t hash_text(struct bytes text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

static bool same_key(const struct tally_key *a, const struct tally_key *b)
{
    return a->grouping == b->grouping && a->year == b->year && bytes_equal(a->text, b->text) &&
           division_equal(a->issuer, b->issuer);
}

static void index_lines(struct tally_table *table, size_t slot_count)
{
    mem_free(table->slots);
    table->slots = mem_zalloc(slot_count * sizeof *table->slots);
    table->slot_count = slot_count;
    for (size_t i = 0; i < table->count; i++) {
        size_t at = table->lines[i].hash & (slot_count - 1);

        while (table->slots[at] != 0) {
            at = (at + 1) & (slot_count - 1);
        }
        table->slots[at] = (uint32_t)i + 1;
    }
}

static struct tally_line *new_line(struct tally_table *table, const struct tally_key *key,
                                   uint64_t hash)
{
    struct tally_line *line;

    if (table->count == table->capacity) {
        table->capacity = table->capacity == 0 ? SLOTS_FIRST / 2 : 2 * table->capacity;
        table->lines = mem_realloc(table->lines, table->capacity * sizeof *table->lines);
    }
    line = &table->lines[table->count++];
    *line = (struct tally_line){.key = *key, .hash = hash};
    return line;
}

static struct turnover *turnover_of(struct tally_table *table, const struct tally_key *key)
{
    const uint64_t hash = hash_text(key->text) + (uint64_t)key->grouping;
    size_t at;

    if (table->count * 2 >= table->slot_count) {
        index_lines(table, table->slot_count == 0 ? SLOTS_FIRST : 2 * table->slot_count);
    }
    at = hash & (table->slot_count - 1);
    for (; table->slots[at] != 0; at = (at + 1) & (table->slot_count - 1)) {
        struct tally_line *line = &table->lines[table->slots[at] - 1];

        if (line->hash == hash && same_key(&line->key, key)) {
            return &line->moved;
        }
    }
    table->slots[at] = (uint32_t)table->count + 1;
    return &new_line(table, key, hash)->moved;
}

static void table_free(struct tally_table *table)
{
    mem_free(table->lines);
    mem_free(table->slots);
    memset(table, 0, sizeof *table);
}

static void table_clear(struct tally_table *table)
{
    if (table->capacity > LINES_KEPT) {
        table_free(table);
    }
    table->count = 0;
    if (table->slot_count > 0) {
        memset(table->slots, 0, table->slot_count * sizeof *table->slots);
    }
}

void tally_free(struct tally *tally)
{
    table_free(&tally->indicators);
    table_free(&tally->groups);
}

/* --- turnover --- */

/* The lowest account among bits that are not 0. */
static unsigned first_account(uint32_t accounts)
{
    return (unsigned)__builtin_ctz(accounts);
}

/* Honest sums stay far below what fits. In a log that no honest node wrote they may wrap, and a
 * balance, which is a difference, stays right for as long as it fits itself. */
static void add(int64_t *sum, int64_t fen)
{
    *sum = (int64_t)((uint64_t)*sum + (uint64_t)fen);
}

static void add_posting(struct turnover *to, enum account account, int64_t fen)
{
    to->accounts |= UINT32_C(1) << account;
    if (fen > 0) {
        add(&to->sums.debit[account], fen);
    } else {
        add(&to->sums.credit[account], -fen);
    }
}

static void add_turnover(struct turnover *to, const struct turnover *from)
{
    to->accounts |= from->accounts;
    for (uint32_t left = from->accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);

        add(&to->sums.debit[account], from->sums.debit[account]);
        add(&to->sums.credit[account], from->sums.credit[account]);
    }
}

static int64_t change_of(const struct turnover *moved, unsigned account)
{
    return (int64_t)((uint64_t)moved->sums.debit[account] - (uint64_t)moved->sums.credit[account]);
}

/* --- the turnover of a block --- */

static void tally_indicators(struct tally_table *indicators, struct bytes folded)
{
    struct reader reader = reader_of(folded);
    uint64_t lsn;
    size_t count;

    while (fold_next_entry(&reader, &lsn, &count)) {
        for (size_t i = 0; i < count; i++) {
            const struct folded_posting posting = fold_next_posting(&reader);
            const struct tally_key key = {posting.indicator, 0, GROUPING_INDICATOR, DIVISION_NONE};

            add_posting(turnover_of(indicators, &key), posting.account, posting.fen);
        }
    }
}

/* Adds one indicator's turnover to the groups that it belongs to. */
static void group_indicator(struct tally_table *groups, const struct indicator *row,
                            const struct turnover *moved)
{
    const struct bytes texts[GROUPINGS] = {
        [ROLLUP_ACCOUNT] = BYTES_NONE,     [ROLLUP_PROJECT] = row->project,
        [ROLLUP_FUNCTION] = row->function, [ROLLUP_FUND] = row->fund,
        [ROLLUP_AGENCY] = row->agency,     [GROUPING_SOURCE] = row->source,
        [GROUPING_YEAR] = row->fund,
    };
    /* A transfer_in is what its author says of somebody without a node: no edge, so from outside,
     * whatever division it names and whoever joins later. */
    const bool registered =
        row->kind == KIND_REGISTER && (moved->accounts >> ACC_SRC_TRANSFER_IN & 1) != 0;

    for (int i = 0; i < GROUPINGS; i++) {
        const struct tally_key key = {texts[i], row->year, i,
                                      registered && i < (int)ROLLUP_DIMENSIONS ? row->issuer
                                                                               : DIVISION_NONE};

        add_turnover(turnover_of(groups, &key), moved);
    }
}

void tally_make(struct tally *tally, struct txn *txn, struct division author, struct bytes folded)
{
    table_clear(&tally->indicators);
    table_clear(&tally->groups);
    tally_indicators(&tally->indicators, folded);
    for (size_t i = 0; i < tally->indicators.count; i++) {
        const struct tally_line *line = &tally->indicators.lines[i];
        struct indicator row;
        bool there = indicator_load(txn, author, line->key.text, &row);

        assert(there); /* it was stored when the posting was made */
        (void)there;
        group_indicator(&tally->groups, &row, &line->moved);
    }
}

/* --- sums of one division (invariant 3) --- */

static const char *add_to_source(struct txn *txn, struct division author, struct bytes source,
                                 const struct turnover *moved)
{
    struct source_sums sums = {0, 0};

    (void)source_load(txn, author, source, &sums);
    for (uint32_t left = moved->accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);

        if (account_info((enum account)account)->normal < 0) {
            add(&sums.credit, (int64_t)(0 - (uint64_t)change_of(moved, account)));
        } else {
            add(&sums.debit, change_of(moved, account));
        }
    }
    source_store(txn, author, source, &sums);
    return sums.credit == sums.debit ? NULL : "a source and the indicators made from it differ";
}

static const char *add_to_year(struct txn *txn, struct division author, const struct tally_key *of,
                               const struct turnover *moved)
{
    const struct row_key key = year_sums_key(author, of->year, of->text);
    int64_t sums[ACCOUNTS], total = 0;

    year_sums_load(txn, &key, sums);
    for (unsigned account = 1; account < ACCOUNTS; account++) {
        add(&sums[account], change_of(moved, account));
        add(&total, sums[account]);
    }
    year_sums_store(txn, &key, sums);
    return total == 0 ? NULL : "sources and uses of a year and fund type differ";
}

const char *sums_add(struct txn *txn, struct division author, const struct tally *tally)
{
    const char *fault = NULL;

    for (size_t i = 0; i < tally->groups.count; i++) {
        const struct tally_line *line = &tally->groups.lines[i];
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

static bool add_rollup(struct txn *txn, char scope, struct division division,
                       const struct tally_key *of, const struct turnover *moved)
{
    const struct row_key key =
        rollup_key(scope, division, of->year, (enum rollup_dimension)of->grouping, of->text);
    struct rollup sums;

    rollup_load(txn, &key, &sums);
    for (uint32_t left = moved->accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);

        if (__builtin_add_overflow(sums.debit[account], moved->sums.debit[account],
                                   &sums.debit[account]) ||
            __builtin_add_overflow(sums.credit[account], moved->sums.credit[account],
                                   &sums.credit[account])) {
            return false;
        }
    }
    rollup_store(txn, &key, &sums);
    return true;
}

static void move_account(struct turnover *moved, enum account from, enum account to)
{
    struct rollup *sums = &moved->sums;

    if ((moved->accounts >> from & 1) != 0) {
        moved->accounts = (moved->accounts & ~(UINT32_C(1) << from)) | UINT32_C(1) << to;
        add(&sums->debit[to], sums->debit[from]);
        add(&sums->credit[to], sums->credit[from]);
        sums->debit[from] = sums->credit[from] = 0;
    }
}

/* The same turnover as a jurisdiction sees it. */
static struct turnover seen_from(const struct roster *roster, struct division above,
                                 const struct tally_line *line)
{
    struct turnover seen = line->moved;

    move_account(&seen, ACC_XFER_OUT, ACC_TRANSIT);
    if (!division_is_none(line->key.issuer) && roster_within(roster, line->key.issuer, above)) {
        move_account(&seen, ACC_SRC_TRANSFER_IN, ACC_TRANSIT);
    }
    return seen;
}

static bool add_jurisdictions(struct txn *txn, const struct roster *roster, struct division self,
                              struct division author, const struct tally_line *line)
{
    bool fits = true;

    for (const struct member *member = roster_find(roster, author); member != NULL;
         member = member->parent) {
        const struct division above = member->grant.division;
        const struct turnover seen = seen_from(roster, above, line);

        fits = add_rollup(txn, ROLLUP_SUBTREE, above, &line->key, &seen) && fits;
        if (division_equal(above, self)) {
            break;
        }
    }
    return fits;
}

bool rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct tally *tally)
{
    bool fits = true;

    for (size_t i = 0; i < tally->groups.count; i++) {
        const struct tally_line *line = &tally->groups.lines[i];

        if (line->key.grouping < (int)ROLLUP_DIMENSIONS) {
            fits = add_rollup(txn, ROLLUP_OWN, author, &line->key, &line->moved) && fits;
            fits = add_jurisdictions(txn, roster, self, author, line) && fits;
        }
    }
    return fits;
}
