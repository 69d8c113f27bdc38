#include "node/ledger/posting/transit.h"

#include <assert.h>

#include "node/ledger/rows/year_rows.h"
#include "proto/array.h"

static void add_to_row(struct txn *txn, const struct row_key *key, const struct turnover *moved,
                       int sign)
{
    struct rollup sums;

    rollup_load(txn, key, &sums);
    for (uint64_t left = moved->accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);

        sums.of[account].debit += sign * moved->sums.of[account].debit;
        sums.of[account].credit += sign * moved->sums.of[account].credit;
    }
    rollup_store(txn, key, &sums);
}

static struct row_key key_of_place(const struct rollup_place *place)
{
    return rollup_key(place->scope, place->division, place->year, place->dimension, place->key);
}

void rollup_add(struct txn *txn, const struct rollup_place *place, const struct turnover *moved)
{
    const struct row_key key = key_of_place(place);

    add_to_row(txn, &key, moved, 1);
}

/* --- who is inside --- */

/* Does this member keep books of the year, as far as its log was folded here? */
static bool keeps_books(struct txn *txn, struct division peer, int year)
{
    struct year_row row;

    year_load(txn, peer, year, &row);
    return row.joined;
}

/* Of these books a part is lost: what passes to and from them is as to and from outside. */
static bool is_lost(const struct members *members, int year)
{
    struct year_row row = {.lost = false};

    if (roster_lost_lsn(members->roster, members->author) != 0) {
        year_load(members->txn, members->author, year, &row);
    }
    return row.lost;
}

/* Another side that a jurisdiction may have inside some day: one of this node's subtree, or one
 * that nobody knows yet. */
static bool may_be_member(const struct members *members, struct division peer)
{
    return !division_is_none(peer) && (roster_find(members->roster, peer) == NULL ||
                                       roster_within(members->roster, peer, members->self));
}

/* --- keys --- */

/* Agencies and projects are a division's own: in a jurisdiction two divisions may have another one
 * under the same code, so the key begins with whose ledger it was. */
static struct bytes key_above(uint8_t at[ROLLUP_KEY_MAX], struct division whose,
                              enum rollup_dimension dimension, struct bytes text)
{
    if (text.size == 0 || !rollup_has_owner(dimension)) {
        return text;
    }
    assert(text.size <= ROLLUP_KEY_MAX - DIVISION_CODE_MAX);
    memcpy(at, whose.code, DIVISION_CODE_MAX);
    memcpy(at + DIVISION_CODE_MAX, text.data, text.size);
    return bytes_of(at, DIVISION_CODE_MAX + text.size);
}

/* A dimension's code in some ledger, as a jurisdiction has it. */
struct code {
    int year;
    enum rollup_dimension dimension;
    struct bytes text;
};

static void add_seen(struct txn *txn, struct division above, struct division whose,
                     const struct code *code, const struct turnover *seen, int sign)
{
    uint8_t at[ROLLUP_KEY_MAX];
    const struct row_key key = rollup_key(ROLLUP_SUBTREE, above, code->year, code->dimension,
                                          key_above(at, whose, code->dimension, code->text));

    if (seen->accounts != 0) {
        add_to_row(txn, &key, seen, sign);
    }
}

static struct turnover as_transit(const struct turnover *moved, enum account account)
{
    struct turnover seen = {.accounts = 0};

    if ((moved->accounts & ACCOUNT_BIT(account)) != 0) {
        turnover_add_account(&seen, ACC_TRANSIT, moved, account);
    }
    return seen;
}

/* --- a group of a block --- */

/* What was passed on stands under the author's own codes; what came in is taken from where the
 * issuer has it on its way: under the issuer's agency and project. */
static void add_jurisdiction(const struct members *members, struct division above,
                             const struct block_turnover_line *line, bool issuer_keeps,
                             bool receiver_keeps)
{
    const struct block_turnover_key *key = &line->key;
    const struct code code = {key->year, (enum rollup_dimension)key->grouping, key->text};
    const bool came_inside = issuer_keeps && roster_within(members->roster, key->issuer, above),
               went_inside = receiver_keeps && roster_within(members->roster, key->receiver, above);
    struct turnover seen = {.accounts = 0};

    for (uint64_t left = line->moved.accounts; left != 0; left &= left - 1) {
        const unsigned account = first_account(left);
        const bool transit = went_inside && account == ACC_XFER_OUT;

        if (!came_inside || account != ACC_SRC_TRANSFER_IN) {
            turnover_add_account(&seen, transit ? ACC_TRANSIT : account, &line->moved, account);
        }
    }
    add_seen(members->txn, above, members->author, &code, &seen, 1);
    if (came_inside) {
        seen = as_transit(&line->moved, ACC_SRC_TRANSFER_IN);
        add_seen(members->txn, above, key->issuer, &code, &seen, 1);
    }
}

static void keep_plain(const struct members *members, const struct block_turnover_line *line,
                       struct division peer, enum account account)
{
    const struct plain_key of = {peer, members->author, line->key.year,
                                 (enum rollup_dimension)line->key.grouping, line->key.text};
    const struct row_key key = plain_key(&of);
    struct turnover kept = {.accounts = 0};

    if (may_be_member(members, peer)) {
        turnover_add_account(&kept, account, &line->moved, account);
        add_to_row(members->txn, &key, &kept, 1);
    }
}

void transit_add(const struct members *members, const struct block_turnover_line *line)
{
    const struct block_turnover_key *key = &line->key;
    const bool has_issuer = !division_is_none(key->issuer),
               has_receiver = !division_is_none(key->receiver);
    const bool lost = is_lost(members, key->year);
    const bool issuer_keeps =
                   has_issuer && !lost && keeps_books(members->txn, key->issuer, key->year),
               receiver_keeps =
                   has_receiver && !lost && keeps_books(members->txn, key->receiver, key->year);

    if (has_issuer && !issuer_keeps && !lost) {
        keep_plain(members, line, key->issuer, ACC_SRC_TRANSFER_IN);
    }
    if (has_receiver && !receiver_keeps && !lost) {
        keep_plain(members, line, key->receiver, ACC_XFER_OUT);
    }
    for (const struct member *member = roster_find(members->roster, members->author);
         member != NULL; member = member->parent) {
        add_jurisdiction(members, member->grant.division, line, issuer_keeps, receiver_keeps);
        if (division_equal(member->grant.division, members->self)) {
            break;
        }
    }
}

/* --- a division keeps books from now on --- */

struct plain_row {
    struct row_key key;
    struct rollup sums;
};
struct plain_rows {
    struct plain_row *at;
    size_t count, capacity;
    struct txn *txn;
};

static bool visit_plain(void *arg, struct bytes key, struct bytes value)
{
    struct plain_rows *rows = arg;
    struct plain_row *row;

    ARRAY_ROOM(rows->at, rows->count, rows->capacity);
    row = &rows->at[rows->count];
    row->key.size = key.size;
    memcpy(row->key.at, key.data, key.size);
    rows->count += txn_check_row(rows->txn, key, rollup_parse(value, &row->sums));
    return true;
}

static void move_in_jurisdiction(struct txn *txn, struct division above, const struct plain_key *of,
                                 const struct turnover *plain)
{
    const struct code code = {of->year, of->dimension, of->key};
    struct turnover transit = as_transit(plain, ACC_XFER_OUT);

    add_seen(txn, above, of->author, &code, plain, -1);
    add_seen(txn, above, of->author, &code, &transit, 1);
    transit = as_transit(plain, ACC_SRC_TRANSFER_IN);
    add_seen(txn, above, of->peer, &code, &transit, 1);
}

static void move_plain(struct txn *txn, const struct roster *roster, struct division self,
                       const struct plain_row *row)
{
    struct turnover plain = {.accounts = 0, .sums = row->sums};
    struct plain_key of;

    for (unsigned account = 1; account < ACCOUNTS; account++) {
        if (row->sums.of[account].debit != 0 || row->sums.of[account].credit != 0) {
            plain.accounts |= ACCOUNT_BIT(account);
        }
    }
    if (!plain_key_parse(row_key_bytes(&row->key), &of)) {
        return;
    }
    for (const struct member *member = roster_find(roster, of.author); member != NULL;
         member = member->parent) {
        if (roster_within(roster, of.peer, member->grant.division)) {
            move_in_jurisdiction(txn, member->grant.division, &of, &plain);
        }
        if (division_equal(member->grant.division, self)) {
            break;
        }
    }
}

void transit_settle(struct txn *txn, const struct roster *roster, struct division self,
                    struct division peer, int year)
{
    const struct row_key prefix = plain_prefix(peer, year);
    struct plain_rows rows = {.txn = txn};
    struct err err;

    /* A read error is sticky in the txn. */
    (void)txn_scan(txn, SPACE_ROLLUPS, row_key_bytes(&prefix), visit_plain, &rows, &err);
    for (size_t i = 0; i < rows.count; i++) {
        move_plain(txn, roster, self, &rows.at[i]);
        txn_delete(txn, SPACE_ROLLUPS, row_key_bytes(&rows.at[i].key));
    }
    mem_free(rows.at);
}

void transit_join(const struct members *members, int year)
{
    struct year_row row;

    year_load(members->txn, members->author, year, &row);
    if (row.has_lines && !row.joined && !row.lost) {
        row.joined = true;
        year_store(members->txn, members->author, year, &row);
        transit_settle(members->txn, members->roster, members->self, members->author, year);
    }
}
