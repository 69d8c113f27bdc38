#include "node/ledger/rollups.h"

#include <assert.h>

#include "node/ledger/postings.h"

enum { SLOTS_FIRST = 64, LINES_KEPT = 1024 };

/* --- tally --- */

static uint64_t hash_text(struct bytes text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

static void index_lines(struct tally *tally, size_t slot_count)
{
    mem_free(tally->slots);
    tally->slots = mem_zalloc(slot_count * sizeof *tally->slots);
    tally->slot_count = slot_count;
    for (size_t i = 0; i < tally->count; i++) {
        size_t at = tally->lines[i].hash & (slot_count - 1);

        while (tally->slots[at] != 0) {
            at = (at + 1) & (slot_count - 1);
        }
        tally->slots[at] = (uint32_t)i + 1;
    }
}

static struct tally_line *new_line(struct tally *tally, struct bytes indicator, uint64_t hash)
{
    struct tally_line *line;

    if (tally->count == tally->capacity) {
        tally->capacity = tally->capacity == 0 ? SLOTS_FIRST / 2 : 2 * tally->capacity;
        tally->lines = mem_realloc(tally->lines, tally->capacity * sizeof *tally->lines);
    }
    line = &tally->lines[tally->count++];
    memset(line, 0, sizeof *line);
    line->indicator = indicator;
    line->hash = hash;
    return line;
}

static struct tally_line *line_of(struct tally *tally, struct bytes indicator)
{
    const uint64_t hash = hash_text(indicator);
    size_t at;

    if (tally->count * 2 >= tally->slot_count) {
        index_lines(tally, tally->slot_count == 0 ? SLOTS_FIRST : 2 * tally->slot_count);
    }
    at = hash & (tally->slot_count - 1);
    for (; tally->slots[at] != 0; at = (at + 1) & (tally->slot_count - 1)) {
        struct tally_line *line = &tally->lines[tally->slots[at] - 1];

        if (line->hash == hash && bytes_equal(line->indicator, indicator)) {
            return line;
        }
    }
    tally->slots[at] = (uint32_t)tally->count + 1;
    return new_line(tally, indicator, hash);
}

static void tally_clear(struct tally *tally)
{
    if (tally->capacity > LINES_KEPT) {
        tally_free(tally);
    }
    tally->count = 0;
    if (tally->slot_count > 0) {
        memset(tally->slots, 0, tally->slot_count * sizeof *tally->slots);
    }
}

void tally_free(struct tally *tally)
{
    mem_free(tally->lines);
    mem_free(tally->slots);
    memset(tally, 0, sizeof *tally);
}

void tally_make(struct tally *tally, struct bytes folded)
{
    struct reader reader = reader_of(folded);
    uint64_t lsn;
    size_t count;

    tally_clear(tally);
    while (fold_next_entry(&reader, &lsn, &count)) {
        for (size_t i = 0; i < count; i++) {
            const struct folded_posting posting = fold_next_posting(&reader);
            struct rollup *moved = &line_of(tally, posting.indicator)->moved;

            /* One division's turnover is bounded, so these sums are too. */
            if (posting.fen > 0) {
                moved->debit[posting.account] += posting.fen;
            } else {
                moved->credit[posting.account] -= posting.fen;
            }
        }
    }
}

/* --- sums of one division (invariant 3) --- */

static void add_to_source(struct txn *txn, struct division author, struct bytes source,
                          const struct rollup *moved)
{
    struct source_sums sums = {0, 0};

    (void)source_load(txn, author, source, &sums);
    for (size_t account = 1; account < ACCOUNTS; account++) {
        const int64_t change = moved->debit[account] - moved->credit[account];

        if (account_info((enum account)account)->normal < 0) {
            sums.credit -= change;
        } else {
            sums.debit += change;
        }
    }
    source_store(txn, author, source, &sums);
}

static void add_to_year(struct txn *txn, struct division author, const struct indicator *row,
                        const struct rollup *moved)
{
    const struct row_key key = year_sums_key(author, row->year, row->fund);
    int64_t sums[ACCOUNTS];

    year_sums_load(txn, &key, sums);
    for (size_t account = 1; account < ACCOUNTS; account++) {
        sums[account] += moved->debit[account] - moved->credit[account];
    }
    year_sums_store(txn, &key, sums);
}

/* Asked once all lines of a block are in: a posting may lie on two of them. */
static const char *check_sums(struct txn *txn, struct division author, const struct indicator *row)
{
    const struct row_key key = year_sums_key(author, row->year, row->fund);
    struct source_sums source = {0, 0};
    int64_t sums[ACCOUNTS], total = 0;

    (void)source_load(txn, author, row->source, &source);
    if (source.credit != source.debit) {
        return "a source and the indicators made from it differ";
    }
    year_sums_load(txn, &key, sums);
    for (size_t account = 1; account < ACCOUNTS; account++) {
        total += sums[account];
    }
    return total == 0 ? NULL : "sources and uses of a year and fund type differ";
}

/* --- roll-ups --- */

static bool add_rollup(struct txn *txn, const struct row_key *key, const struct rollup *moved)
{
    struct rollup sums;

    rollup_load(txn, key, &sums);
    for (size_t account = 1; account < ACCOUNTS; account++) {
        if (__builtin_add_overflow(sums.debit[account], moved->debit[account],
                                   &sums.debit[account]) ||
            __builtin_add_overflow(sums.credit[account], moved->credit[account],
                                   &sums.credit[account])) {
            return false;
        }
    }
    rollup_store(txn, key, &sums);
    return true;
}

static bool add_dimensions(struct txn *txn, char scope, struct division division,
                           const struct indicator *row, const struct indicator_codes *codes,
                           const struct rollup *moved)
{
    const struct bytes keys[ROLLUP_DIMENSIONS] = {
        [ROLLUP_ACCOUNT] = BYTES_NONE,       [ROLLUP_PROJECT] = codes->project,
        [ROLLUP_FUNCTION] = codes->function, [ROLLUP_FUND] = codes->fund,
        [ROLLUP_AGENCY] = codes->agency,
    };
    bool fits = true;

    for (size_t i = 0; i < ROLLUP_DIMENSIONS; i++) {
        const struct row_key key =
            rollup_key(scope, division, row->year, (enum rollup_dimension)i, keys[i]);

        fits = add_rollup(txn, &key, moved) && fits;
    }
    return fits;
}

static void move_account(struct rollup *moved, enum account from, enum account to)
{
    moved->debit[to] += moved->debit[from];
    moved->credit[to] += moved->credit[from];
    moved->debit[from] = moved->credit[from] = 0;
}

/* The same turnover as a jurisdiction sees it. */
static struct rollup seen_from(const struct roster *roster, struct division above,
                               const struct indicator *row, const struct rollup *moved)
{
    struct rollup seen = *moved;

    move_account(&seen, ACC_XFER_OUT, ACC_TRANSIT);
    /* A transfer_in is what its author says of somebody without a node: no edge, so from outside,
     * whatever division it names and whoever joins later. */
    if (row->kind == KIND_REGISTER && roster_within(roster, row->issuer, above)) {
        move_account(&seen, ACC_SRC_TRANSFER_IN, ACC_TRANSIT);
    }
    return seen;
}

static bool add_jurisdictions(struct txn *txn, const struct roster *roster, struct division self,
                              struct division author, const struct indicator *row,
                              const struct indicator_codes *codes, const struct rollup *moved)
{
    bool fits = true;

    for (const struct member *member = roster_find(roster, author); member != NULL;
         member = member->parent) {
        const struct division above = member->grant.division;
        const struct rollup seen = seen_from(roster, above, row, moved);

        fits = add_dimensions(txn, ROLLUP_SUBTREE, above, row, codes, &seen) && fits;
        if (division_equal(above, self)) {
            break;
        }
    }
    return fits;
}

static void load_touched(struct txn *txn, struct division author, const struct tally_line *line,
                         struct indicator *row)
{
    bool there = indicator_load(txn, author, line->indicator, row);

    assert(there); /* it was stored when the posting was made */
    (void)there;
}

bool rollups_add(struct txn *txn, const struct roster *roster, struct division self,
                 struct division author, const struct tally *tally, const char **fault)
{
    bool fits = true;
    struct indicator row;

    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_line *line = &tally->lines[i];
        struct indicator_codes codes;

        load_touched(txn, author, line, &row);
        indicator_codes(&row, &codes);
        add_to_source(txn, author, row.source, &line->moved);
        add_to_year(txn, author, &row, &line->moved);
        if (!add_dimensions(txn, ROLLUP_OWN, author, &row, &codes, &line->moved) ||
            !add_jurisdictions(txn, roster, self, author, &row, &codes, &line->moved)) {
            fits = false;
        }
    }
    *fault = NULL;
    for (size_t i = 0; i < tally->count && *fault == NULL; i++) {
        load_touched(txn, author, &tally->lines[i], &row);
        *fault = check_sums(txn, author, &row);
    }
    return fits;
}
