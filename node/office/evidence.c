#include "node/office/evidence.h"

#include <assert.h>

#include "node/core/node_struct.h"
#include "node/office/drafts.h"
#include "proto/array.h"
#include "replicator/log/aside.h"
#include "replicator/log/sealing.h"

const char *evidence_state_name(enum evidence_state state)
{
    static const char *const names[EVIDENCE_STATES] = {"to_offer", "draft",   "rejected",
                                                       "refused",  "entered", "differs",
                                                       "by_node",  "missing", "draft_over"};

    assert(state < EVIDENCE_STATES);
    return names[state];
}

/* --- what became of it --- */

struct walk {
    const struct evidence_look *look;
    struct division author;
    bool is_own, stopped;
    uint32_t recovery;
    uint64_t next_lsn; /* behind what was shown; 0: nothing was, of this recovery */
    bool (*visit)(void *arg, const struct evidence_row *row);
    void *arg;
};

/* The document of that id in the log: is it this one? */
static bool is_same(const struct walk *walk, uint64_t lsn, const struct hash *content)
{
    struct block_body block = BLOCK_BODY_EMPTY;
    struct document_evidence evidence;
    struct document document;
    struct entry entry;
    struct hash hash;
    struct err err;
    bool same = false;

    if (log_read_entry(&walk->look->node->store, walk->look->snapshot, walk->author, lsn, &block,
                       &entry, &err) == OK &&
        document_of_entry(&document, entry.kind, entry.format, entry.body, &err) == OK) {
        hash = hash_of(TAG_CONTENT, entry.body);
        same = hash_equal(&hash, content) ||
               (document_evidence(&document, &evidence) && hash_equal(&evidence.hash, content));
    }
    block_body_free(&block);
    return same;
}

/* *refusal is filled in where somebody said no. */
static enum evidence_state state_of(const struct walk *walk, const struct evidence_row *row,
                                    struct set_aside *refusal)
{
    const struct evidence_look *look = walk->look;
    const struct bytes id = document_id(row->document);
    char text[DOCUMENT_ID_MAX + 1] = "";
    struct draft draft;
    struct doc_row there;

    if (doc_load(look->txn, walk->author, id, &there)) {
        return is_same(walk, there.lsn, &row->at.hash) ? EVIDENCE_STANDS : EVIDENCE_DIFFERS;
    }
    if (kind_info(row->kind)->node_only || id.size == 0 || id.size > DOCUMENT_ID_MAX ||
        id.data[0] == '.') {
        return EVIDENCE_NODES;
    }
    if (!walk->is_own) {
        return EVIDENCE_OPEN;
    }
    memcpy(text, id.data, id.size);
    if (draft_find_at(look->node, look->txn, look->moment, id, &draft)) {
        return EVIDENCE_WAITS;
    }
    if (!set_aside_find(look->txn, text, refusal)) {
        return EVIDENCE_OPEN;
    }
    return refusal->refusal.reason == REASON_NONE ? EVIDENCE_REJECTED : EVIDENCE_REFUSED;
}

/* --- entry by entry --- */

static void show_entry(struct walk *walk, uint32_t epoch, const struct entry *entry)
{
    struct document document;
    struct evidence_row row = {.author = walk->author,
                               .at = {.epoch = epoch, .lsn = entry->lsn},
                               .last_lsn = entry->lsn,
                               .time_ms = entry->time_ms,
                               .kind = entry->kind,
                               .document = &document,
                               .body = entry->body};
    struct set_aside refusal;
    struct err err;

    if (walk->stopped || !document_format_known(entry->kind, entry->format) ||
        document_of_entry(&document, entry->kind, entry->format, entry->body, &err) != OK) {
        return; /* of the links: grants, endpoints */
    }
    row.at.hash = hash_of(TAG_CONTENT, entry->body);
    row.state = state_of(walk, &row, &refusal);
    if (row.state == EVIDENCE_REJECTED || row.state == EVIDENCE_REFUSED) {
        row.refusal = &refusal;
    }
    walk->stopped = !walk->visit(walk->arg, &row);
}

static void show_missing(struct walk *walk, uint32_t epoch, uint64_t first_lsn, uint64_t last_lsn)
{
    const struct evidence_row row = {.author = walk->author,
                                     .at = {.epoch = epoch, .lsn = first_lsn},
                                     .last_lsn = last_lsn,
                                     .state = EVIDENCE_MISSING};

    walk->stopped = walk->stopped || !walk->visit(walk->arg, &row);
}

/* The log goes on at the recovery's base: from there on, all of it is to be here. */
static void begin_recovery(struct walk *walk, uint32_t recovery)
{
    const struct grant *grant = roster_epoch(walk->look->roster, walk->author, recovery);

    walk->recovery = recovery;
    walk->next_lsn = grant == NULL ? 0 : grant->base_lsn + 1;
}

static bool show_block(void *arg, uint32_t recovery, const struct block_view *block)
{
    struct walk *walk = arg;
    const struct block_header *header = &block->header;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    if (walk->next_lsn == 0 || recovery != walk->recovery) {
        begin_recovery(walk, recovery);
    }
    if (walk->is_own && walk->next_lsn != 0 && header->first_lsn > walk->next_lsn) {
        show_missing(walk, header->epoch, walk->next_lsn, header->first_lsn - 1);
    }
    if (block_body_read(&body, block, &err) == OK) {
        for (size_t i = 0; i < body.count; i++) {
            show_entry(walk, header->epoch, &body.entries[i]);
        }
    } else {
        show_missing(walk, header->epoch, header->first_lsn, block_last_lsn(header));
    }
    if (block_last_lsn(header) >= walk->next_lsn) {
        walk->next_lsn = block_last_lsn(header) + 1;
    }
    block_body_free(&body);
    return !walk->stopped;
}

static bool show_draft(void *arg, const struct draft *draft)
{
    struct walk *walk = arg;
    const struct member *self = roster_find(walk->look->roster, walk->author);
    struct evidence_row row = {.author = walk->author,
                               .time_ms = draft->unix_ms,
                               .kind = draft->kind,
                               .body = draft->body,
                               .state = EVIDENCE_DRAFT};
    struct batch_row batch;
    struct document document;
    struct err err;

    if (self != NULL && batch_find(walk->look->txn, draft->batch, &batch) &&
        batch.epoch != self->grant.epoch &&
        document_decode(&document, draft->kind, draft->body, &err) == OK) {
        row.at.epoch = batch.epoch;
        row.document = &document;
        walk->stopped = !walk->visit(walk->arg, &row);
    }
    return !walk->stopped;
}

enum status evidence_each(const struct evidence_look *look, struct division author,
                          bool (*visit)(void *arg, const struct evidence_row *row), void *arg,
                          struct err *err)
{
    struct walk walk = {.look = look,
                        .author = author,
                        .is_own = division_equal(author, look->node->config.self),
                        .visit = visit,
                        .arg = arg};
    const enum status status = aside_each(look->txn, author, show_block, &walk, err);

    if (status == OK && walk.is_own && !walk.stopped) {
        draft_each(look->txn, show_draft, &walk);
    }
    return status;
}

/* --- offered --- */

struct gathering {
    struct evidence_offer *offer;
    size_t capacity;
};

static struct bytes keep(struct arena *memory, struct bytes bytes)
{
    return bytes_of(memcpy(arena_alloc(memory, bytes.size), bytes.data, bytes.size), bytes.size);
}

static bool gather(void *arg, const struct evidence_row *row)
{
    struct gathering *gathering = arg;
    struct evidence_offer *offer = gathering->offer;
    struct document_evidence *evidence, before;
    struct submit_item *item;
    struct err err;

    if (row->state != EVIDENCE_OPEN) {
        return true;
    }
    if (offer->count == EVIDENCE_OFFER_MAX) {
        offer->left++;
        return true;
    }
    ARRAY_ROOM(offer->items, offer->count, gathering->capacity);
    item = &offer->items[offer->count++];
    submit_item_clear(item);
    (void)document_decode(&item->document, row->kind, keep(offer->memory, row->body), &err);
    evidence = arena_alloc(offer->memory, sizeof *evidence);
    *evidence = row->at;
    if (document_evidence(&item->document, &before)) {
        *evidence = before; /* it stood for an earlier one, which is what was answered */
    }
    document_set_evidence(&item->document, evidence);
    item->is_complete = true;
    return true;
}

enum status evidence_offer(struct node *node, struct txn *txn, const struct person *maker,
                           struct evidence_offer *out, struct err *err)
{
    const struct evidence_look look = {
        .node = node, .txn = txn, .roster = node_roster(node), .moment = UINT64_MAX};
    const struct submit_terms terms = {.maker = maker, .file = "evidence"};
    struct gathering gathering = {.offer = out};
    enum status status;

    *out = (struct evidence_offer){.memory = mem_zalloc(sizeof *out->memory)};
    arena_init(out->memory, SIZE_MAX / 2);
    status = evidence_each(&look, node->config.self, gather, &gathering, err);
    if (status == OK) {
        node_submit(node, txn, out->items, out->count, &terms);
    }
    return status;
}

void evidence_offer_free(struct evidence_offer *offer)
{
    mem_free(offer->items);
    if (offer->memory != NULL) {
        arena_free(offer->memory);
        mem_free(offer->memory);
    }
    *offer = (struct evidence_offer){.count = 0};
}
