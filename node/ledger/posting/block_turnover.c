#include "node/ledger/posting/block_turnover.h"

#include <assert.h>

#include "node/ledger/posting/booking.h"
#include "node/ledger/posting/filed.h"
#include "proto/array.h"

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

static bool same_key(const struct block_turnover_key *a, const struct block_turnover_key *b)
{
    return a->grouping == b->grouping && a->year == b->year && bytes_equal(a->text, b->text) &&
           bytes_equal(a->second, b->second) && a->is_between == b->is_between &&
           (!a->is_between ||
            (division_equal(a->issuer, b->issuer) && division_equal(a->receiver, b->receiver)));
}

static void index_lines(struct block_turnover_table *table, size_t slot_count)
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

static struct block_turnover_line *new_line(struct block_turnover_table *table,
                                            const struct block_turnover_key *key, uint64_t hash)
{
    struct block_turnover_line *line;

    ARRAY_ROOM(table->lines, table->count, table->capacity);
    line = &table->lines[table->count++];
    line->key = *key;
    line->hash = hash;
    line->moved.accounts = 0;
    return line;
}

static struct turnover *turnover_of(struct block_turnover_table *table,
                                    const struct block_turnover_key *key)
{
    const uint64_t hash = hash_text(key->text) + 31 * (uint64_t)key->year + (uint64_t)key->grouping;
    size_t at;

    if (table->count * 2 >= table->slot_count) {
        index_lines(table, table->slot_count == 0 ? SLOTS_FIRST : 2 * table->slot_count);
    }
    at = hash & (table->slot_count - 1);
    for (; table->slots[at] != 0; at = (at + 1) & (table->slot_count - 1)) {
        struct block_turnover_line *line = &table->lines[table->slots[at] - 1];

        if (line->hash == hash && same_key(&line->key, key)) {
            return &line->moved;
        }
    }
    table->slots[at] = (uint32_t)table->count + 1;
    return &new_line(table, key, hash)->moved;
}

static void table_free(struct block_turnover_table *table)
{
    mem_free(table->lines);
    mem_free(table->slots);
    memset(table, 0, sizeof *table);
}

static void table_clear(struct block_turnover_table *table)
{
    if (table->capacity > LINES_KEPT) {
        table_free(table);
    }
    table->count = 0;
    if (table->slot_count > 0) {
        memset(table->slots, 0, table->slot_count * sizeof *table->slots);
    }
}

void block_turnover_free(struct block_turnover *block)
{
    table_free(&block->indicators);
    table_free(&block->groups);
}

/* --- turnover --- */

/* An account that has not moved has no sums yet. */
static void touch(struct turnover *to, unsigned account)
{
    if ((to->accounts >> account & 1) == 0) {
        to->accounts |= UINT64_C(1) << account;
        to->sums.of[account].debit = to->sums.of[account].credit = 0;
    }
}

static void add_posting(struct turnover *to, enum account account, int128 fen)
{
    touch(to, account);
    if (fen > 0) {
        to->sums.of[account].debit += fen;
    } else {
        to->sums.of[account].credit -= fen;
    }
}

void turnover_add_account(struct turnover *to, unsigned account, const struct turnover *from,
                          unsigned from_account)
{
    touch(to, account);
    to->sums.of[account].debit += from->sums.of[from_account].debit;
    to->sums.of[account].credit += from->sums.of[from_account].credit;
}

static void add_accounts(struct turnover *to, const struct turnover *from, uint64_t accounts)
{
    for (uint64_t left = from->accounts & accounts; left != 0; left &= left - 1) {
        turnover_add_account(to, first_account(left), from, first_account(left));
    }
}

/* --- the turnover of a block --- */

/* Every entry that books something is filed, in the same order. */
static void find_filed(struct reader *reader, struct filed *document, uint64_t lsn)
{
    while (document->lsn != lsn) {
        const bool there = filed_next(reader, document);

        assert(there);
        (void)there;
    }
}

static void block_turnover_indicators(struct block_turnover_table *indicators, struct bytes folded,
                                      struct bytes filed)
{
    struct reader reader = reader_of(folded), documents = reader_of(filed);
    struct filed document = {.lsn = 0};
    uint64_t lsn;
    size_t count;

    while (fold_next_entry(&reader, &lsn, &count)) {
        if (count > 0) {
            find_filed(&documents, &document, lsn);
        }
        for (size_t i = 0; i < count; i++) {
            const struct folded_posting posting = fold_next_posting(&reader);
            const struct block_turnover_key key = {
                .text = posting.indicator,
                .second = document.economic,
                .year = document.months[booking_month_at(document.year, posting.year)],
                .grouping = GROUPING_INDICATOR,
            };

            add_posting(turnover_of(indicators, &key), posting.account, posting.fen);
        }
    }
}

/* --- groups --- */

/* Money without such an element has no row: rollup_is_sparse. */
static void add_to_group(struct block_turnover_table *groups, const struct block_turnover_key *key,
                         const struct turnover *moved, uint64_t accounts)
{
    const bool is_left_out = key->grouping < (int)ROLLUP_DIMENSIONS && key->text.size == 0 &&
                             rollup_is_sparse((enum rollup_dimension)key->grouping);

    if ((moved->accounts & accounts) != 0 && !is_left_out) {
        add_accounts(turnover_of(groups, key), moved, accounts);
    }
}

static struct bytes month_text(int month)
{
    static const char months[] = "010203040506070809101112";

    assert(month >= 1 && month <= 12);
    return bytes_of(months + (ptrdiff_t)2 * (month - 1), 2);
}

/* What is committed and spent is of the payment's class, all else of the line's. */
static void group_economic(struct block_turnover_table *groups, struct block_turnover_key key,
                           const struct block_turnover_line *line)
{
    const uint64_t of_payment =
        line->key.second.size > 0 ? ACCOUNT_BIT(ACC_COMMIT) | ACCOUNT_BIT(ACC_SPENT) : 0;

    add_to_group(groups, &key, &line->moved, ~of_payment);
    key.text = line->key.second;
    add_to_group(groups, &key, &line->moved, of_payment);
}

/* In the roll-ups a closed year keeps what it had. */
static void group_dimensions(struct block_turnover_table *groups, const struct indicator *row,
                             const struct block_turnover_line *line)
{
    const struct bytes direct = (row->flags & INDICATOR_DIRECT) != 0 ? bytes_text("1") : BYTES_NONE;
    const struct bytes texts[ROLLUP_DIMENSIONS] = {
        [ROLLUP_PROJECT] = row->project,
        [ROLLUP_FUNCTION] = row->function,
        [ROLLUP_FUND] = row->fund,
        [ROLLUP_AGENCY] = row->agency,
        [ROLLUP_ECONOMIC] = row->economic,
        [ROLLUP_GOV_ECONOMIC] = row->gov_economic,
        [ROLLUP_DIRECT] = direct,
        [ROLLUP_MONTH] = month_text(line->key.year),
        [ROLLUP_AGENCY_ECONOMIC] = row->agency.size > 0 ? row->economic : BYTES_NONE,
    };
    const uint64_t accounts = line->moved.accounts;
    struct block_turnover_key key = {
        .year = row->year,
        .issuer = (accounts & ACCOUNT_BIT(ACC_SRC_TRANSFER_IN)) != 0 ? row->issuer : DIVISION_NONE,
        .receiver = (accounts & ACCOUNT_BIT(ACC_XFER_OUT)) != 0 ? row->receiver : DIVISION_NONE,
    };

    key.is_between = !division_is_none(key.issuer) || !division_is_none(key.receiver);
    for (int i = 0; i < (int)ROLLUP_DIMENSIONS; i++) {
        key.grouping = i;
        key.text = texts[i];
        key.second = i == ROLLUP_AGENCY_ECONOMIC ? row->agency : BYTES_NONE;
        if (i == ROLLUP_ECONOMIC) {
            group_economic(groups, key, line);
        } else {
            add_to_group(groups, &key, &line->moved, ~UINT64_C(0));
        }
    }
}

/* Adds one indicator's turnover to the groups that it belongs to. */
static void group_indicator(struct block_turnover_table *groups, const struct indicator *row,
                            const struct block_turnover_line *line)
{
    struct block_turnover_key key = {
        .text = row->source, .year = row->year, .grouping = GROUPING_SOURCE};

    add_to_group(groups, &key, &line->moved, ~UINT64_C(0));
    key.text = row->fund;
    key.grouping = GROUPING_YEAR;
    add_to_group(groups, &key, &line->moved, ~UINT64_C(0));
    if (!indicator_is_closing(row)) {
        group_dimensions(groups, row, line);
    }
}

void block_turnover_make(struct block_turnover *block, struct txn *txn, struct division author,
                         struct bytes folded, struct bytes filed)
{
    table_clear(&block->indicators);
    table_clear(&block->groups);
    block_turnover_indicators(&block->indicators, folded, filed);
    for (size_t i = 0; i < block->indicators.count; i++) {
        const struct block_turnover_line *line = &block->indicators.lines[i];
        struct indicator row;
        bool there = indicator_load_terms(txn, author, line->key.text, &row);

        assert(there); /* it was stored when the posting was made */
        (void)there;
        group_indicator(&block->groups, &row, line);
    }
}
