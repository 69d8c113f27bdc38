/* Balances and the money chain from roll-ups; documents from their rows. */
#include "node/ledger/query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query_internal.h"

/* --- ids --- */

void id_list_add(struct id_list *list, struct bytes id)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->at = mem_realloc(list->at, list->capacity * sizeof *list->at);
    }
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

void id_list_free(struct id_list *list)
{
    mem_free(list->at);
    *list = ID_LIST_EMPTY;
}

size_t id_list_find(const struct id_list *list, struct bytes id)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = bytes_compare(short_text_bytes(&list->at[middle]), id);

        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return SIZE_MAX;
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
    char key[64];
    struct rollup sums;
};
struct balance_groups {
    struct balance_group *at;
    size_t count, capacity;
    enum rollup_dimension dimension;
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
        key.size >= sizeof group->key || !rollup_parse(value, &sums)) {
        return true;
    }
    if (groups->count == groups->capacity) {
        groups->capacity = groups->capacity == 0 ? 16 : groups->capacity * 2;
        groups->at = mem_realloc(groups->at, groups->capacity * sizeof *groups->at);
    }
    group = &groups->at[groups->count++];
    memset(group->key, 0, sizeof group->key);
    if (key.size > 0) {
        memcpy(group->key, key.data, key.size);
    }
    group->sums = sums;
    return true;
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
            into->debit[a] = add_capped(into->debit[a], groups->at[i].sums.debit[a]);
            into->credit[a] = add_capped(into->credit[a], groups->at[i].sums.credit[a]);
        }
    }
    groups->count = kept + 1;
}

void query_balance(struct txn *txn, struct division division, enum scope scope, int year,
                   enum dimension by, void (*visit)(void *arg, const struct balance_row *row),
                   void *arg)
{
    const char letter = scope == SCOPE_OWN ? ROLLUP_OWN : ROLLUP_SUBTREE;
    struct balance_groups groups = {.dimension = (enum rollup_dimension)by};
    struct row_key prefix = rollup_prefix(letter, division);
    struct err err;

    assert(by < DIMENSIONS);
    if (year != 0) {
        prefix = rollup_key(letter, division, year, groups.dimension, BYTES_NONE);
    }
    (void)txn_scan(txn, SPACE_ROLLUPS, row_key_bytes(&prefix), visit_rollup, &groups, &err);
    merge_groups(&groups);
    for (size_t i = 0; i < groups.count; i++) {
        const struct balance_group *group = &groups.at[i];

        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            struct balance_row row = {.account = (enum account)a,
                                      .debit = group->sums.debit[a],
                                      .credit = group->sums.credit[a]};

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
        const int64_t balance = indicator->balance[a];

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
    struct edge edge;

    if (doc->kind == KIND_TRANSFER && edge_load(txn, out->author, id, &edge)) {
        take_text(out->answer_id, sizeof out->answer_id, &edge.answer_id);
    }
    if (kind_is_answer(doc->kind) &&
        edge_load(txn, doc->party, short_text_bytes(&doc->about), &edge) &&
        bytes_equal(short_text_bytes(&edge.settle_answer_id), id) &&
        division_equal(edge.answerer, out->author)) {
        take_text(out->answer_id, sizeof out->answer_id, &edge.settle_id);
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

enum { LIST_IDS_MAX = 256 }; /* gathered between two looks at what `visit` wants */

struct list_scan {
    struct buf ids;       /* as in the rows */
    size_t count, lsn_at; /* lsn_at: where the lsn begins in the key */
    uint64_t next_lsn;    /* of the row at which the scan stopped; 0 at the end */
};

static bool visit_list_row(void *arg, struct bytes key, struct bytes value)
{
    struct list_scan *scan = arg;
    struct reader reader = reader_of(value);
    struct bytes id;

    if (key.size < scan->lsn_at + 8) {
        return true;
    }
    if (scan->count >= LIST_IDS_MAX) {
        scan->next_lsn = load_u64(key.data + scan->lsn_at);
        return false;
    }
    while (list_next(&reader, &id)) {
        scan->count++;
    }
    buf_append_bytes(&scan->ids, value);
    return true;
}

/* A row holds the ids of one block from its lsn on: what comes behind `after_lsn` may begin in a
 * row as many entries before it as a block has at most. */
static uint64_t first_row_lsn(uint64_t after_lsn)
{
    return after_lsn < BLOCK_ENTRIES_MAX ? 0 : after_lsn - BLOCK_ENTRIES_MAX;
}

void query_list_after(struct txn *txn, struct division author, uint32_t kind, int year,
                      uint64_t after_lsn, bool (*visit)(void *arg, const struct document_row *row),
                      void *arg)
{
    const struct row_key prefix = list_prefix(author, kind);
    struct list_scan scan = {
        .ids = BUF_EMPTY, .lsn_at = prefix.size, .next_lsn = first_row_lsn(after_lsn)};
    bool wants_more = true;

    do {
        const struct row_key from = list_key(author, kind, scan.next_lsn);
        struct document_row row;
        struct reader reader;
        struct bytes id;
        struct err err;

        buf_clear(&scan.ids);
        scan.count = 0;
        scan.next_lsn = 0;
        (void)txn_scan_from(txn, SPACE_INDEX, row_key_bytes(&prefix), row_key_bytes(&from),
                            visit_list_row, &scan, &err);
        reader = reader_of(buf_bytes(&scan.ids));
        while (wants_more && list_next(&reader, &id)) {
            wants_more = !query_document(txn, author, id, &row) || row.lsn <= after_lsn ||
                         (year != 0 && row.year != year) || visit(arg, &row);
        }
    } while (wants_more && scan.next_lsn != 0);
    buf_free(&scan.ids);
}

void query_list(struct txn *txn, struct division author, uint32_t kind, int year,
                bool (*visit)(void *arg, const struct document_row *row), void *arg)
{
    query_list_after(txn, author, kind, year, 0, visit, arg);
}

/* --- chain --- */

void chain_add(struct chain_row *chain, const struct balance_row *row)
{
    const int64_t net = row->debit - row->credit;

    switch (row->account) {
    case ACC_SRC_APPROVED:
    case ACC_SRC_TRANSFER_IN:
    case ACC_SRC_CARRY_IN:
    case ACC_SRC_RECOVERED:
        chain->received = add_capped(chain->received, -net);
        break;
    case ACC_UNALLOC:
        chain->unallocated = add_capped(chain->unallocated, net);
        break;
    case ACC_SPENT:
        chain->paid = add_capped(chain->paid, net);
        /* fall through */
    case ACC_AVAIL:
    case ACC_FROZEN:
    case ACC_COMMIT:
        chain->released = add_capped(chain->released, net);
        /* fall through */
    case ACC_PENDING:
        chain->allocated = add_capped(chain->allocated, net);
        break;
    case ACC_TRANSIT:
        chain->in_transit = add_capped(chain->in_transit, net);
        /* fall through */
    case ACC_XFER_OUT:
        chain->passed_down = add_capped(chain->passed_down, net);
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
    query_balance(txn, division, scope, year, BY_ACCOUNT, add_to_chain, out);
}
