/* Balances and the money chain from roll-ups; documents from their rows. */
#include "node/ledger/query/query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query/names.h"
#include "node/ledger/query/query_internal.h"
#include "proto/array.h"

/* --- ids --- */

static void id_list_add(struct id_list *list, struct bytes id)
{
    ARRAY_ROOM(list->at, list->count, list->capacity);
    list->at[list->count++] = short_text_of(id);
}

static bool visit_id(void *arg, struct bytes key, struct bytes value)
{
    struct id_list *list = arg;

    (void)value;
    id_list_add(list, row_key_rest(key));
    return true;
}

void id_list_scan(struct id_list *list, struct txn *txn, char letter, struct division division)
{
    const struct row_key prefix = row_key_of(letter, division, BYTES_NONE);
    struct err err;

    /* A read error is sticky in the txn: whoever opened it asks once, at the end. */
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_id, list, &err);
}

struct part {
    struct id_list *list;
    struct bytes after; /* a key; size 0: none */
    size_t max;
};

static bool visit_part(void *arg, struct bytes key, struct bytes value)
{
    const struct part *part = arg;

    (void)value;
    if (!bytes_equal(key, part->after)) {
        id_list_add(part->list, row_key_rest(key));
    }
    return part->list->count < part->max;
}

void id_list_scan_part(struct id_list *list, struct txn *txn, char letter, struct division division,
                       struct bytes after, size_t max)
{
    const struct row_key prefix = row_key_of(letter, division, BYTES_NONE),
                         from = row_key_of(letter, division, after);
    struct part part = {list, after.size > 0 ? row_key_bytes(&from) : BYTES_NONE, max};
    struct err err;

    list->count = 0;
    (void)txn_scan_from(txn, SPACE_LEDGER, row_key_bytes(&prefix), row_key_bytes(&from), visit_part,
                        &part, &err);
}

void id_list_free(struct id_list *list)
{
    mem_free(list->at);
    *list = ID_LIST_EMPTY;
}

static int compare_id(const void *id, const void *item)
{
    return bytes_compare(*(const struct bytes *)id, short_text_bytes(item));
}

size_t id_list_find(const struct id_list *list, struct bytes id)
{
    const size_t at = ARRAY_LOWER_BOUND(list->at, list->count, &id, compare_id);

    return at < list->count && compare_id(&id, &list->at[at]) == 0 ? at : SIZE_MAX;
}

/* --- balances --- */

static const char *const dimension_names[DIMENSIONS] = {"account", "project", "function", "fund",
                                                        "agency"};

const char *dimension_name(enum dimension by)
{
    assert(by < DIMENSIONS);
    return dimension_names[by];
}

enum dimension dimension_named(const char *name)
{
    enum dimension by = BY_ACCOUNT;

    while (by < DIMENSIONS && strcmp(dimension_names[by], name) != 0) {
        by++;
    }
    return by;
}

struct balance_group {
    char key[ROLLUP_KEY_MAX];
    struct division division; /* whose ledger, then whose code */
    struct rollup sums;
};
struct balance_groups {
    struct balance_group *at;
    size_t count, capacity;
    enum rollup_dimension dimension;
    bool has_owner; /* keys begin with a division */
    struct txn *txn;
};

static bool visit_rollup(void *arg, struct bytes row_key, struct bytes value)
{
    struct balance_groups *groups = arg;
    enum rollup_dimension dimension;
    struct balance_group *group;
    struct rollup sums;
    struct bytes key;
    int year;

    if (!rollup_key_parse(row_key, &year, &dimension, &key) || dimension != groups->dimension ||
        key.size >= sizeof group->key ||
        !txn_check_row(groups->txn, row_key, rollup_parse(value, &sums))) {
        return true;
    }
    ARRAY_ROOM(groups->at, groups->count, groups->capacity);
    group = &groups->at[groups->count++];
    memset(group->key, 0, sizeof group->key);
    group->division = DIVISION_NONE;
    if (groups->has_owner && key.size > DIVISION_CODE_MAX) {
        memcpy(group->division.code, key.data, DIVISION_CODE_MAX);
        key = bytes_of(key.data + DIVISION_CODE_MAX, key.size - DIVISION_CODE_MAX);
    }
    if (key.size > 0) {
        memcpy(group->key, key.data, key.size);
    }
    group->sums = sums;
    return true;
}

/* The rows of one year and dimension stand together. */
static void scan_year(struct balance_groups *groups, char letter, struct division division,
                      int year)
{
    const struct row_key prefix = rollup_key(letter, division, year, groups->dimension, BYTES_NONE);
    struct err err;

    (void)txn_scan(groups->txn, SPACE_ROLLUPS, row_key_bytes(&prefix), visit_rollup, groups, &err);
}

static bool take_year(void *arg, struct bytes row_key, struct bytes value)
{
    enum rollup_dimension dimension;
    struct bytes key;

    (void)value;
    return !rollup_key_parse(row_key, arg, &dimension, &key);
}

/* The first year from this one on that has sums; -1: there is none. */
static int find_year(struct txn *txn, char letter, struct division division, int from)
{
    const struct row_key prefix = rollup_prefix(letter, division);
    const struct row_key first = rollup_key(letter, division, from, ROLLUP_ACCOUNT, BYTES_NONE);
    struct err err;
    int year = -1;

    (void)txn_scan_from(txn, SPACE_ROLLUPS, row_key_bytes(&prefix), row_key_bytes(&first),
                        take_year, &year, &err);
    return year >= from ? year : -1;
}

static void scan_years(struct balance_groups *groups, char letter, struct division division)
{
    for (int year = find_year(groups->txn, letter, division, 0); year >= 0;
         year = year < UINT16_MAX ? find_year(groups->txn, letter, division, year + 1) : -1) {
        scan_year(groups, letter, division, year);
    }
}

/* --- whose a code is --- */

static void name_owners(struct balance_groups *groups, struct txn *txn, const struct roster *roster)
{
    const char letter = groups->dimension == ROLLUP_PROJECT ? ROW_PROJECT : ROW_AGENCY;

    assert(roster != NULL);
    for (size_t i = 0; i < groups->count; i++) {
        struct balance_group *group = &groups->at[i];
        char code[sizeof group->key];

        if (division_is_none(group->division)) {
            continue;
        }
        group->division = name_owner(txn, roster, letter, group->division, bytes_text(group->key));
        if (!division_is_none(group->division)) {
            memcpy(code, group->key, sizeof code);
            (void)snprintf(group->key, sizeof group->key, "%s/%.*s", group->division.code,
                           (int)(sizeof code - DIVISION_CODE_MAX - 2), code);
        }
    }
}

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct balance_group *)a)->key, ((const struct balance_group *)b)->key);
}

/* Years of one key become one group. */
static void merge_groups(struct balance_groups *groups)
{
    size_t kept = 0;

    if (groups->count == 0) {
        return;
    }
    qsort(groups->at, groups->count, sizeof *groups->at, compare_groups);
    for (size_t i = 1; i < groups->count; i++) {
        if (compare_groups(&groups->at[kept], &groups->at[i]) != 0) {
            groups->at[++kept] = groups->at[i];
            continue;
        }
        for (size_t a = 0; a < ACCOUNTS; a++) {
            struct rollup *into = &groups->at[kept].sums;
            into->of[a].debit += groups->at[i].sums.of[a].debit;
            into->of[a].credit += groups->at[i].sums.of[a].credit;
        }
    }
    groups->count = kept + 1;
}

void query_balance(struct txn *txn, const struct roster *roster, struct division division,
                   enum scope scope, int year, enum dimension by,
                   void (*visit)(void *arg, const struct balance_row *row), void *arg)
{
    const char letter = scope == SCOPE_OWN ? ROLLUP_OWN : ROLLUP_SUBTREE;
    struct balance_groups groups = {.dimension = (enum rollup_dimension)by, .txn = txn};

    assert(by < DIMENSIONS);
    groups.has_owner = scope == SCOPE_SUBTREE && rollup_has_owner(groups.dimension);
    if (year != 0) {
        scan_year(&groups, letter, division, year);
    } else {
        scan_years(&groups, letter, division);
    }
    if (groups.has_owner) {
        name_owners(&groups, txn, roster);
    }
    merge_groups(&groups);
    for (size_t i = 0; i < groups.count; i++) {
        const struct balance_group *group = &groups.at[i];

        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            struct balance_row row = {.division = group->division,
                                      .account = (enum account)a,
                                      .debit = group->sums.of[a].debit,
                                      .credit = group->sums.of[a].credit};

            if (row.debit == 0 && row.credit == 0) {
                continue;
            }
            memcpy(row.key, group->key, sizeof row.key);
            if (by == BY_ACCOUNT) {
                (void)snprintf(row.key, sizeof row.key, "%s", account_info(row.account)->mnemonic);
            }
            visit(arg, &row);
        }
    }
    mem_free(groups.at);
}

/* --- documents --- */

static void take_balances(const struct indicator *indicator, struct document_row *out)
{
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        const int128 balance = indicator->balance[a];

        out->balances[a] = account_info((enum account)a)->normal < 0 ? -balance : balance;
    }
}

static void take_text(char *out, size_t size, const struct short_text *text)
{
    (void)snprintf(out, size, "%s", text->at);
}

/* transfer: who answered it; register and return: the settle that closed the matter. */
static void take_answer(struct txn *txn, const struct doc_row *doc, struct document_row *out)
{
    const struct bytes id = bytes_text(out->id);
    struct transfer_match match;

    if (kind_is_answered(doc->kind) && transfer_match_load(txn, out->author, id, &match)) {
        take_text(out->answer_id, sizeof out->answer_id, &match.answer_id);
    }
    if (kind_is_answer(doc->kind) &&
        transfer_match_load(txn, doc->party, short_text_bytes(&doc->about), &match) &&
        bytes_equal(short_text_bytes(&match.settle_answer_id), id) &&
        division_equal(match.answerer, out->author)) {
        take_text(out->answer_id, sizeof out->answer_id, &match.settle_id);
    }
}

bool query_document(struct txn *txn, struct division author, struct bytes id,
                    struct document_row *out)
{
    struct indicator indicator;
    struct doc_row doc;

    if (id.size == 0 || id.size > DOCUMENT_ID_MAX || !doc_load(txn, author, id, &doc)) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->author = author;
    out->lsn = doc.lsn;
    out->time_ms = doc.time_ms;
    out->kind = doc.kind;
    out->year = doc.year;
    out->amount = doc.amount;
    memcpy(out->id, id.data, id.size);
    (void)snprintf(out->state, sizeof out->state, "%s", doc_state_name(doc.state));
    if (indicator_load(txn, author, id, &indicator)) {
        take_balances(&indicator, out);
    }
    take_answer(txn, &doc, out);
    return true;
}

/* --- lists --- */

enum { LIST_IDS_MAX = 256 }; /* gathered between two looks at what is wanted */

/* A row holds the ids of one block from its lsn on: what comes behind `after_lsn` may begin in a
 * row as many entries before it as a block has at most. */
static uint64_t first_row_lsn(uint64_t after_lsn)
{
    return after_lsn < BLOCK_ENTRIES_MAX ? 0 : after_lsn - BLOCK_ENTRIES_MAX;
}

struct list_scan list_scan_of(struct txn *txn, struct division author, uint32_t kind,
                              uint64_t after_lsn)
{
    return (struct list_scan){.txn = txn,
                              .author = author,
                              .kind = kind,
                              .lsn_at = list_prefix(author, kind).size,
                              .after_lsn = after_lsn,
                              .next_lsn = first_row_lsn(after_lsn),
                              .more = true};
}

void list_scan_free(struct list_scan *scan)
{
    buf_free(&scan->ids);
}

static bool visit_list_row(void *arg, struct bytes key, struct bytes value)
{
    struct list_scan *scan = arg;
    struct reader reader = reader_of(value);
    struct bytes id;
    uint64_t lsn;

    if (key.size < scan->lsn_at + 8) {
        return true;
    }
    lsn = load_u64(key.data + scan->lsn_at);
    if (lsn <= scan->after_lsn) { /* of these the last one holds the cursor */
        buf_clear(&scan->ids);
        scan->count = 0;
    } else if (scan->count >= LIST_IDS_MAX) {
        scan->next_lsn = lsn;
        scan->more = true;
        return false;
    }
    while (list_next(&reader, &id)) {
        scan->count++;
    }
    buf_append_bytes(&scan->ids, value);
    return true;
}

static void gather_ids(struct list_scan *scan)
{
    const struct row_key prefix = list_prefix(scan->author, scan->kind);
    const struct row_key from = list_key(scan->author, scan->kind, scan->next_lsn);
    struct err err;

    buf_clear(&scan->ids);
    scan->count = 0;
    scan->more = false;
    (void)txn_scan_from(scan->txn, SPACE_INDEX, row_key_bytes(&prefix), row_key_bytes(&from),
                        visit_list_row, scan, &err);
    scan->left = reader_of(buf_bytes(&scan->ids));
}

bool list_scan_next(struct list_scan *scan, struct bytes *id)
{
    while (!list_next(&scan->left, id)) {
        if (!scan->more) {
            return false;
        }
        gather_ids(scan);
    }
    return true;
}

void query_list(struct txn *txn, struct division author, uint32_t kind, int year,
                bool (*visit)(void *arg, const struct document_row *row), void *arg)
{
    struct list_scan scan = list_scan_of(txn, author, kind, 0);
    bool wants_more = true;
    struct document_row row;
    struct bytes id;

    while (wants_more && list_scan_next(&scan, &id)) {
        wants_more = !query_document(txn, author, id, &row) || (year != 0 && row.year != year) ||
                     visit(arg, &row);
    }
    list_scan_free(&scan);
}

/* --- how many --- */

struct id_count {
    uint64_t count;
    size_t *reads_left;
};

static bool count_ids(void *arg, struct bytes key, struct bytes value)
{
    enum { IDS_A_READ = 64 };
    struct id_count *counted = arg;
    struct reader reader = reader_of(value);
    const uint64_t before = counted->count;
    struct bytes id;
    size_t cost;

    (void)key;
    while (list_next(&reader, &id)) {
        counted->count++;
    }
    cost = 1 + (size_t)(counted->count - before) / IDS_A_READ;
    *counted->reads_left -= cost < *counted->reads_left ? cost : *counted->reads_left;
    return *counted->reads_left > 0;
}

static uint64_t count_year(struct txn *txn, struct division author, uint32_t kind, int year,
                           size_t *reads_left)
{
    struct list_scan scan = list_scan_of(txn, author, kind, 0);
    uint64_t count = 0;
    struct bytes id;
    struct doc_row row;

    while (*reads_left > 0 && list_scan_next(&scan, &id)) {
        count += doc_load(txn, author, id, &row) && row.year == year;
        --*reads_left;
    }
    list_scan_free(&scan);
    return count;
}

uint64_t query_list_count(struct txn *txn, struct division author, uint32_t kind, int year,
                          size_t *reads_left)
{
    const struct row_key prefix = list_prefix(author, kind);
    struct id_count counted = {0, reads_left};
    struct err err;

    if (year != 0) {
        return count_year(txn, author, kind, year, reads_left);
    }
    if (*reads_left > 0) {
        (void)txn_scan(txn, SPACE_INDEX, row_key_bytes(&prefix), count_ids, &counted, &err);
    }
    return counted.count;
}

/* --- chain --- */

void chain_add(struct chain_row *chain, const struct balance_row *row)
{
    const int128 net = row->debit - row->credit;

    switch (row->account) {
    case ACC_SRC_APPROVED:
    case ACC_SRC_TRANSFER_IN:
    case ACC_SRC_CARRY_IN:
    case ACC_SRC_RECOVERED:
        chain->received -= net;
        break;
    case ACC_UNALLOC:
        chain->unallocated += net;
        break;
    case ACC_SPENT:
        chain->paid += net;
        /* fall through */
    case ACC_AVAIL:
    case ACC_FROZEN:
    case ACC_COMMIT:
        chain->released += net;
        /* fall through */
    case ACC_PENDING:
        chain->allocated += net;
        break;
    case ACC_TRANSIT:
        chain->in_transit += net;
        /* fall through */
    case ACC_XFER_OUT:
        chain->passed_down += net;
        break;
    default:
        break;
    }
}

static void add_to_chain(void *arg, const struct balance_row *row)
{
    chain_add(arg, row);
}

void query_chain(struct txn *txn, struct division division, enum scope scope, int year,
                 struct chain_row *out)
{
    memset(out, 0, sizeof *out);
    query_balance(txn, NULL, division, scope, year, BY_ACCOUNT, add_to_chain, out);
}
