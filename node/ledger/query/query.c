/* Documents from their rows, and lists of them. */
#include "node/ledger/query/query.h"

#include <stdio.h>
#include <stdlib.h>

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
    out->adjusted = doc.adjusted;
    memcpy(out->id, id.data, id.size);
    (void)snprintf(out->state, sizeof out->state, "%s", doc_state_name(doc.state));
    if (indicator_load(txn, author, id, &indicator)) {
        take_balances(&indicator, out);
        out->frozen_day = indicator.balance[ACC_FROZEN] != 0 ? indicator.frozen_day : 0;
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
    if (!txn_check_row(scan->txn, key, list_is_whole(value))) {
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
    struct txn *txn;
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

    while (list_next(&reader, &id)) {
        counted->count++;
    }
    cost = 1 + (size_t)(counted->count - before) / IDS_A_READ;
    *counted->reads_left -= cost < *counted->reads_left ? cost : *counted->reads_left;
    return txn_check_row(counted->txn, key, list_is_whole(value)) && *counted->reads_left > 0;
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
    struct id_count counted = {txn, 0, reads_left};
    struct err err;

    if (year != 0) {
        return count_year(txn, author, kind, year, reads_left);
    }
    if (*reads_left > 0) {
        (void)txn_scan(txn, SPACE_INDEX, row_key_bytes(&prefix), count_ids, &counted, &err);
    }
    return counted.count;
}
