#include "node/api/review_history.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/array.h"
#include "replicator/log/sealing.h"

/* --- one document --- */

static void add_part(struct hasher *hasher, struct bytes part)
{
    const uint64_t size = part.size;

    hasher_add(hasher, &size, sizeof size);
    hasher_add(hasher, part.data, part.size);
}

static uint64_t first_bytes(struct hasher *hasher)
{
    const struct hash hash = hasher_end(hasher);

    return load_u64(hash.at);
}

void fact_of(struct fact *fact, const struct document *document)
{
    const struct bytes id = document_id(document);
    struct hasher hasher;
    struct brief brief;

    brief_of(&brief, document);
    *fact = (struct fact){
        .kind = document->kind, .has_payee = brief.account.size > 0, .money = brief.money};
    (void)snprintf(fact->id, sizeof fact->id, "%.*s", (int)id.size, (const char *)id.data);
    hasher_begin(&hasher, TAG_CONTENT);
    add_part(&hasher, brief.account);
    add_part(&hasher, brief.party);
    fact->payee = first_bytes(&hasher);
    hasher_begin(&hasher, TAG_CONTENT);
    hasher_add(&hasher, &fact->kind, sizeof fact->kind);
    hasher_add(&hasher, &fact->payee, sizeof fact->payee);
    hasher_add(&hasher, &fact->money, sizeof fact->money);
    add_part(&hasher, fact->has_payee ? document_text(document, FIELD_USE_DES) : brief.paper);
    fact->same = first_bytes(&hasher);
}

/* --- reading back --- */

struct reading {
    struct history *history;
    const bool *wanted;
    size_t capacity;
};

static void take_entry(struct reading *reading, const struct entry *entry)
{
    struct history *history = reading->history;
    struct document document;
    struct err err;

    if (history->count == HISTORY_MAX || entry->kind >= KINDS_END ||
        !reading->wanted[entry->kind] ||
        document_decode(&document, entry->kind, entry->body, &err) != OK) {
        return;
    }
    ARRAY_ROOM(history->by_payee, history->count, reading->capacity);
    fact_of(&history->by_payee[history->count++], &document);
}

/* The block of this entry; the last entry before it, 0 when there is none or it cannot be read. */
static uint64_t take_block(struct reading *reading, const struct view *view, struct division self,
                           uint64_t lsn)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct err err;
    uint64_t before = 0;

    if (log_read_block(view->store, view->snapshot, self, lsn, &whole, &block, &err) == OK &&
        block_body_read(&body, &block, &err) == OK) {
        for (size_t i = body.count; i-- > 0;) {
            take_entry(reading, &body.entries[i]);
        }
        before = block.header.first_lsn - 1;
    }
    block_body_free(&body);
    buf_free(&whole);
    return before;
}

/* --- what is usual --- */

static int by_money(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return a < b ? -1 : a > b;
}

static void find_usual(struct history *history, uint32_t kind, int64_t *amounts)
{
    size_t count = 0, rounds = 0;

    for (size_t i = 0; i < history->count; i++) {
        if (history->by_payee[i].kind == kind) {
            amounts[count++] = history->by_payee[i].money;
            rounds += fact_is_round(&history->by_payee[i]);
        }
    }
    if (count >= HISTORY_USUAL_MIN) {
        qsort(amounts, count, sizeof *amounts, by_money);
        history->median[kind] = amounts[count / 2];
        history->round_is_usual[kind] = rounds > count / 5;
    }
}

static int compare_payee(const void *left, const void *right)
{
    const struct fact *a = left, *b = right;

    return a->payee < b->payee ? -1 : a->payee > b->payee;
}

static int compare_same(const void *left, const void *right)
{
    const struct fact *a = left, *b = right;

    return a->same < b->same ? -1 : a->same > b->same;
}

void history_read(struct history *history, const struct view *view, struct division self,
                  const bool wanted[KINDS_END])
{
    struct reading reading = {.history = history, .wanted = wanted};
    struct ledger_position position;
    int64_t *amounts;
    uint64_t lsn;

    *history = (struct history){.count = 0};
    ledger_position(view->txn, self, &position);
    lsn = position.lsn;
    for (int blocks = 0; lsn > 0 && blocks < HISTORY_BLOCKS_MAX && history->count < HISTORY_MAX;
         blocks++) {
        lsn = take_block(&reading, view, self, lsn);
    }
    if (history->count == 0) {
        return;
    }
    amounts = mem_zalloc(history->count * sizeof *amounts);
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        if (wanted[kind]) {
            find_usual(history, kind, amounts);
        }
    }
    mem_free(amounts);
    history->by_same = mem_zalloc(history->count * sizeof *history->by_same);
    memcpy(history->by_same, history->by_payee, history->count * sizeof *history->by_same);
    qsort(history->by_payee, history->count, sizeof *history->by_payee, compare_payee);
    qsort(history->by_same, history->count, sizeof *history->by_same, compare_same);
}

bool history_knows_payee(const struct history *history, const struct fact *fact)
{
    return history->count > 0 && bsearch(fact, history->by_payee, history->count,
                                         sizeof *history->by_payee, compare_payee) != NULL;
}

const struct fact *history_same(const struct history *history, const struct fact *fact)
{
    return history->count == 0 ? NULL
                               : bsearch(fact, history->by_same, history->count,
                                         sizeof *history->by_same, compare_same);
}

void history_free(struct history *history)
{
    mem_free(history->by_payee);
    mem_free(history->by_same);
    *history = (struct history){.count = 0};
}
