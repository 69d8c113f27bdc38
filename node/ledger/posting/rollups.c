#include "node/ledger/posting/rollups.h"

#include <assert.h>

#include "node/ledger/posting/postings.h"
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
           division_equal(a->issuer, b->issuer);
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
    const uint64_t hash = hash_text(key->text) + (uint64_t)key->grouping;
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

static void add_account(struct turnover *to, unsigned account, const struct turnover *from,
                        unsigned from_account)
{
    touch(to, account);
    to->sums.of[account].debit += from->sums.of[from_account].debit;
    to->sums.of[account].credit += from->sums.of[from_account].credit;
}

static void add_turnover(struct turnover *to, const struct turnover *from)
{
    for (uint64_t left = from->accounts; left != 0; left &= left - 1) {
        add_account(to, first_account(left), from, first_account(left));
    }
}

static int128 change_of(const struct turnover *moved, unsigned account)
{
    return moved->sums.of[account].debit - moved->sums.of[account].credit;
}

/* --- the turnover of a block --- */

static void block_turnover_indicators(struct block_turnover_table *indicators, struct bytes folded)
{
    struct reader reader = reader_of(folded);
    uint64_t lsn;
    size_t count;

    while (fold_next_entry(&reader, &lsn, &count)) {
        for (size_t i = 0; i < count; i++) {
            const struct folded_posting posting = fold_next_posting(&reader);
            const struct block_turnover_key key = {posting.indicator, 0, GROUPING_INDICATOR,
                                                   DIVISION_NONE};

            add_posting(turnover_of(indicators, &key), posting.account, posting.fen);
        }
    }
}

/* Adds one indicator's turnover to the groups that it belongs to. */
static void group_indicator(struct block_turnover_table *groups, const struct indicator *row,
                            const struct turnover *moved)
{
    const struct bytes texts[GROUPINGS] = {
        [ROLLUP_ACCOUNT] = BYTES_NONE,     [ROLLUP_PROJECT] = row->project,
        [ROLLUP_FUNCTION] = row->function, [ROLLUP_FUND] = row->fund,
        [ROLLUP_AGENCY] = row->agency,     [GROUPING_SOURCE] = row->source,
        [GROUPING_YEAR] = row->fund,
    };
    /* A transfer_in is what its author says of somebody without a node: no transfer to match, so
     * from outside, whatever division it names and whoever joins later. */
    const bool registered =
        kind_is_answer(row->kind) && (moved->accounts >> ACC_SRC_TRANSFER_IN & 1) != 0;

    for (int i = 0; i < GROUPINGS; i++) {
        const struct block_turnover_key key = {
            texts[i], row->year, i,
            registered && i < (int)ROLLUP_DIMENSIONS ? row->issuer : DIVISION_NONE};

        add_turnover(turnover_of(groups, &key), moved);
    }
}

void block_turnover_make(struct block_turnover *block, struct txn *txn, struct division author,
                         struct bytes folded)
{
    table_clear(&block->indicators);
    table_clear(&block->groups);
    block_turnover_indicators(&block->indicators, folded);
    for (size_t i = 0; i < block->indicators.count; i++) {
        const struct block_turnover_line *line = &block->indicators.lines[i];
        struct indicator row;
        bool there = indicator_load_terms(txn, author, line->key.text, &row);

        assert(there); /* it was stored when the posting was made */
        (void)there;
        group_indicator(&block->groups, &row, &line->moved);
    }
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

static void add_rollup(struct txn *txn, char scope, struct division division,
                       const struct block_turnover_key *of, const struct turnover *moved)
{
    const struct row_key key =
        rollup_key(scope, division, of->year, (enum rollup_dimension)of->grouping, of->text);
    struct rollup sums;

    rollup_load(txn, &key, &sums);
    for (uint64_t left = moved->accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);

        sums.of[account].debit += moved->sums.of[account].debit;
        sums.of[account].credit += moved->sums.of[account].credit;
    }
    rollup_store(txn, &key, &sums);
}

/* --- jurisdictions --- */

/* Agencies and projects are a division's own: in a jurisdiction two divisions may have another one
 * under the same code, so the key begins with whose ledger it was. */
static struct block_turnover_key key_above(uint8_t at[ROLLUP_KEY_MAX], struct division whose,
                                           const struct block_turnover_key *of)
{
    struct block_turnover_key key = *of;

    if (of->text.size > 0 && rollup_has_owner((enum rollup_dimension)of->grouping)) {
        assert(of->text.size <= ROLLUP_KEY_MAX - DIVISION_CODE_MAX);
        memcpy(at, whose.code, DIVISION_CODE_MAX);
        memcpy(at + DIVISION_CODE_MAX, of->text.data, of->text.size);
        key.text = bytes_of(at, DIVISION_CODE_MAX + of->text.size);
    }
    return key;
}

/* What a jurisdiction sees of those accounts of a turnover, under the key of `whose` ledger. */
static void add_seen(struct txn *txn, struct division above, struct division whose,
                     const struct block_turnover_line *line, uint64_t accounts, bool inside)
{
    struct turnover seen;
    uint8_t at[ROLLUP_KEY_MAX];
    const struct block_turnover_key key = key_above(at, whose, &line->key);

    seen.accounts = 0;
    for (uint64_t left = line->moved.accounts & accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);
        const bool transit = account == ACC_XFER_OUT || (account == ACC_SRC_TRANSFER_IN && inside);

        add_account(&seen, transit ? ACC_TRANSIT : account, &line->moved, account);
    }
    if (seen.accounts != 0) {
        add_rollup(txn, ROLLUP_SUBTREE, above, &key, &seen);
    }
}

/* What a member registered of another is taken from where that one has it in transit: under the
 * other's agency and project. */
static void add_jurisdiction(struct txn *txn, const struct roster *roster, struct division above,
                             struct division author, const struct block_turnover_line *line)
{
    const struct division issuer = line->key.issuer;
    const bool inside = !division_is_none(issuer) && roster_within(roster, issuer, above);
    const uint64_t registered = inside ? UINT64_C(1) << ACC_SRC_TRANSFER_IN : 0;

    add_seen(txn, above, author, line, ~registered, inside);
    if (inside) {
        add_seen(txn, above, issuer, line, registered, inside);
    }
}

static void add_jurisdictions(struct txn *txn, const struct roster *roster, struct division self,
                              struct division author, const struct block_turnover_line *line)
{
    for (const struct member *member = roster_find(roster, author); member != NULL;
         member = member->parent) {
        add_jurisdiction(txn, roster, member->grant.division, author, line);
        if (division_equal(member->grant.division, self)) {
            break;
        }
    }
}

void rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct block_turnover *block)
{
    for (size_t i = 0; i < block->groups.count; i++) {
        const struct block_turnover_line *line = &block->groups.lines[i];

        if (line->key.grouping < (int)ROLLUP_DIMENSIONS) {
            add_rollup(txn, ROLLUP_OWN, author, &line->key, &line->moved);
            add_jurisdictions(txn, roster, self, author, line);
        }
    }
}
