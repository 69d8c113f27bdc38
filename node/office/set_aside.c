#include "node/office/set_aside.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"
#include "proto/document_evidence.h"
#include "proto/log.h"

/* --- rows --- */

struct aside_key {
    uint8_t at[1 + DOCUMENT_ID_MAX];
};

static struct bytes key_of(struct aside_key *key, struct bytes id)
{
    key->at[0] = LOCAL_SET_ASIDE;
    memcpy(key->at + 1, id.data, id.size);
    return bytes_of(key->at, 1 + id.size);
}

static void put_text(struct buf *row, struct bytes text)
{
    buf_put_u16(row, (uint16_t)text.size);
    buf_append_bytes(row, text);
}

static void take_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u16(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
}

static void store_row(struct txn *txn, const struct set_aside *aside)
{
    struct buf row = BUF_EMPTY;
    struct aside_key key;

    buf_put_u64(&row, aside->unix_ms);
    buf_put_u64(&row, aside->made_ms);
    put_text(&row, bytes_text(aside->maker));
    put_text(&row, bytes_text(aside->checker));
    buf_put_u16(&row, (uint16_t)aside->refusal.reason);
    put_text(&row, bytes_text(aside->refusal.what));
    put_text(&row, bytes_text(aside->refusal.detail));
    put_text(&row, bytes_text(aside->why));
    buf_put_u32(&row, aside->kind);
    buf_append_bytes(&row, aside->body);
    (void)txn_put(txn, SPACE_LOCAL, key_of(&key, bytes_text(aside->id)), buf_bytes(&row));
    buf_free(&row);
}

static bool parse_row(struct set_aside *aside, struct bytes id, struct bytes row)
{
    struct reader reader = reader_of(row);
    uint16_t reason;

    (void)snprintf(aside->id, sizeof aside->id, "%.*s", (int)id.size, (const char *)id.data);
    aside->unix_ms = reader_u64(&reader);
    aside->made_ms = reader_u64(&reader);
    take_text(&reader, aside->maker, sizeof aside->maker);
    take_text(&reader, aside->checker, sizeof aside->checker);
    reason = reader_u16(&reader);
    aside->refusal.reason = reason < REASONS ? (enum reason)reason : REASON_MALFORMED;
    memset(aside->refusal.also, 0, sizeof aside->refusal.also);
    take_text(&reader, aside->refusal.what, sizeof aside->refusal.what);
    take_text(&reader, aside->refusal.detail, sizeof aside->refusal.detail);
    take_text(&reader, aside->why, sizeof aside->why);
    aside->kind = reader_u32(&reader);
    aside->body = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

bool set_aside_find(struct txn *txn, const char *id, struct set_aside *out)
{
    struct aside_key key;
    struct bytes row;

    return strlen(id) <= DOCUMENT_ID_MAX &&
           txn_get(txn, SPACE_LOCAL, key_of(&key, bytes_text(id)), &row) &&
           txn_check_row(txn, key_of(&key, bytes_text(id)), parse_row(out, bytes_text(id), row));
}

struct listing {
    struct txn *txn;
    bool (*visit)(void *arg, const struct set_aside *row);
    void *arg;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct set_aside aside;

    return !txn_check_row(listing->txn, key,
                          key.size > 1 &&
                              parse_row(&aside, bytes_of(key.data + 1, key.size - 1), value)) ||
           listing->visit(listing->arg, &aside);
}

void set_aside_each(struct txn *txn, const char *from,
                    bool (*visit)(void *arg, const struct set_aside *row), void *arg)
{
    const struct bytes id = bytes_of(from, strnlen(from, DOCUMENT_ID_MAX));
    const uint8_t letter = LOCAL_SET_ASIDE;
    struct listing listing = {txn, visit, arg};
    struct aside_key key;
    struct err err;

    (void)txn_scan_from(txn, SPACE_LOCAL, bytes_of(&letter, 1), key_of(&key, id), visit_row,
                        &listing, &err);
}

void set_aside_drop(struct node *node, struct txn *txn, struct bytes id)
{
    struct aside_key key;

    txn_delete(txn, SPACE_LOCAL, key_of(&key, id));
    draft_ids_dropped(&node->draft_ids);
}

/* --- who said no --- */

static void fill(struct set_aside *aside, const struct node *node, struct txn *txn,
                 const struct draft *draft, const struct person *checker)
{
    struct batch_row batch = {.maker = ""};

    (void)batch_find(txn, draft->batch, &batch);
    *aside = (struct set_aside){.unix_ms = node->turn_unix_ms,
                                .made_ms = draft->unix_ms,
                                .kind = draft->kind,
                                .body = draft->body};
    (void)snprintf(aside->id, sizeof aside->id, "%.*s", (int)draft->id.size,
                   (const char *)draft->id.data);
    memcpy(aside->maker, batch.maker, sizeof aside->maker);
    memcpy(aside->checker, checker->name, sizeof aside->checker);
}

/* It stood in this log once, and others may have answered it: it is told that it is not to. */
static void tell_evidence(const struct draft *draft, const struct set_aside *aside)
{
    struct document_evidence evidence;
    struct document document;
    struct err err;

    if (document_decode(&document, draft->kind, draft->body, &err) == OK &&
        document_evidence(&document, &evidence)) {
        LOG_INFO("evidence.refused",
                 "kind=%s id=%s epoch=%" PRIu32 " lsn=%" PRIu64 " by=%s maker=%s state=%s",
                 kind_info(draft->kind)->name, aside->id, evidence.epoch, evidence.lsn,
                 aside->checker, aside->maker,
                 aside->refusal.reason == REASON_NONE ? "rejected" : "refused");
    }
}

/* The row is written first: the draft's views die with its own. */
static void set_aside(struct node *node, struct txn *txn, const struct draft *draft,
                      const struct set_aside *aside)
{
    store_row(txn, aside);
    tell_evidence(draft, aside);
    drafted_dropped(&node->drafted, draft->sequence);
    draft_drop(node, txn, draft);
    draft_ids_add(&node->draft_ids, bytes_text(aside->id), DRAFT_PLACE_ASIDE);
}

void set_aside_refused(struct node *node, struct txn *txn, const struct draft *draft,
                       const struct refusal *refusal, const struct person *checker)
{
    struct set_aside aside;

    fill(&aside, node, txn, draft, checker);
    aside.refusal = *refusal;
    set_aside(node, txn, draft, &aside);
}

static void refuse_item(struct approve_item *item, enum reason reason)
{
    (void)refuse(&item->refusal, reason, "");
    item->status = SUBMIT_REFUSED;
}

void node_reject(struct node *node, struct txn *txn, struct approve_item *item, const char *why,
                 const struct person *checker)
{
    struct draft draft;
    struct set_aside aside;

    if (!draft_find(node, txn, bytes_text(item->id), &draft)) {
        refuse_item(item, REASON_NOT_PENDING);
        return;
    }
    if (draft.kind == KIND_OPERATOR) {
        refuse_item(item, REASON_NOT_FOR_ROLE); /* proposals.h */
        return;
    }
    caption_fill_body(item->caption, node_roster(node), draft.kind, draft.body);
    fill(&aside, node, txn, &draft, checker);
    (void)snprintf(aside.why, sizeof aside.why, "%s", why);
    set_aside(node, txn, &draft, &aside);
    item->status = SUBMIT_ACCEPTED;
}

/* --- what its maker may do --- */

bool is_makers_own(struct txn *txn, const char *maker, const struct person *person)
{
    struct operator_row row;

    return person != NULL &&
           (strcmp(maker, person->name) == 0 || !node_operator(txn, maker, &row) || !row.enabled);
}

void node_withdraw(struct node *node, struct txn *txn, struct approve_item *item,
                   const struct person *maker)
{
    struct batch_row batch = {.maker = ""};
    struct set_aside aside;
    struct draft draft;

    item->status = SUBMIT_ACCEPTED;
    if (draft_find(node, txn, bytes_text(item->id), &draft)) {
        (void)batch_find(txn, draft.batch, &batch);
        caption_fill_body(item->caption, node_roster(node), draft.kind, draft.body);
        if (draft.kind == KIND_OPERATOR) {
            refuse_item(item, REASON_NOT_FOR_ROLE);
        } else if (is_makers_own(txn, batch.maker, maker)) {
            drafted_dropped(&node->drafted, draft.sequence);
            draft_drop(node, txn, &draft);
        } else {
            refuse_item(item, REASON_ANOTHERS);
        }
    } else if (!set_aside_find(txn, item->id, &aside)) {
        refuse_item(item, REASON_NOT_PENDING);
    } else if (is_makers_own(txn, aside.maker, maker)) {
        caption_fill_body(item->caption, node_roster(node), aside.kind, aside.body);
        set_aside_drop(node, txn, bytes_text(item->id));
    } else {
        refuse_item(item, REASON_ANOTHERS);
    }
}

bool set_aside_row_fits(struct bytes key, struct bytes value)
{
    struct set_aside aside;

    return key.size > 1 && parse_row(&aside, bytes_of(key.data + 1, key.size - 1), value);
}
