/* What the node writes into a document, so that its entry says all there is to say: a ledger is
 * replayed from one author's entries, and no reader should need another log. */
#include <assert.h>

#include "node/ledger/kind_steps.h"
#include "node/ledger/ledger_internal.h"

enum { COMPLETE_EXTRA_BYTES = HASH_SIZE + DIVISION_CODE_MAX + 2 * 400 };

/* Copies into `memory`, which was reserved before: it must not move under earlier views. */
static struct bytes keep(struct buf *memory, struct bytes text)
{
    const size_t at = memory->size;

    assert(memory->capacity - at >= text.size);
    buf_append_bytes(memory, text);
    return bytes_of(memory->data + at, text.size);
}

static void inherit_text(struct document *document, enum field field, struct bytes text)
{
    if (text.size > 0 && !document_has(document, field)) {
        document_set_text(document, field, text);
        document_mark_inherited(document, field);
    }
}

static void inherit_number(struct document *document, enum field field, int64_t number)
{
    if (number > 0 && !document_has(document, field)) {
        document_set_number(document, field, number);
        document_mark_inherited(document, field);
    }
}

static void inherit_field(struct document *document, enum field field, const struct document *from)
{
    if (!document_has(from, field)) {
        return;
    }
    if (field_is_number(field)) {
        inherit_number(document, field, document_number(from, field));
    } else {
        inherit_text(document, field, document_text(from, field));
    }
}

/* The public fields of the project, as the catalogue here or else the money's origin has them. */
static void complete_project(struct ledger *ledger, struct txn *txn, struct document *document,
                             const struct document *origin, struct buf *memory)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    struct catalogue_row project;

    if (code.size == 0) {
        return;
    }
    if (catalogue_project(ledger, txn, code, document_year(document), &project)) {
        inherit_text(document, FIELD_PRO_NAME, keep(memory, project.name));
        inherit_text(document, FIELD_PRO_CAT_CODE, keep(memory, project.group));
    } else if (bytes_equal(code, document_text(origin, FIELD_PRO_CODE))) {
        inherit_field(document, FIELD_PRO_NAME, origin);
        inherit_field(document, FIELD_PRO_CAT_CODE, origin);
    }
}

void complete_split(struct ledger *ledger, struct txn *txn, struct document *document,
                    struct buf *memory)
{
    struct indicator row;
    struct document origin;

    if (!indicator_load(txn, ledger->config.self, document_text(document, FIELD_ORI_BGT_ID),
                        &row)) {
        return;
    }
    buf_reserve(memory, row.elements.size + COMPLETE_EXTRA_BYTES);
    row.elements = keep(memory, row.elements);
    indicator_elements(&row, &origin);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        inherit_field(document, *field, &origin);
    }
    if (document->kind == KIND_TRANSFER) {
        complete_project(ledger, txn, document, &origin, memory);
    }
}

/* The upper document number of money received is the number it was issued under, unless the
 * issuer said otherwise in so many words. */
static void complete_upper_number(struct document *document, const struct document *transfer)
{
    const bool said = document_has(transfer, FIELD_SUP_BGT_DOC_NO) &&
                      !document_inherited(transfer, FIELD_SUP_BGT_DOC_NO);

    inherit_text(document, FIELD_SUP_BGT_DOC_NO,
                 document_text(transfer, said ? FIELD_SUP_BGT_DOC_NO : FIELD_COR_BGT_DOC_NO));
}

/* Given, or else the parent. */
static struct division issuer_of(const struct ledger *ledger, const struct document *document)
{
    const struct member *self = roster_find(ledger->config.roster, ledger->config.self);
    const struct division given = document_party(document);

    return division_is_none(given) && self != NULL && self->parent != NULL
               ? self->parent->grant.division
               : given;
}

static void complete_from_transfer(struct document *document, const struct document *transfer)
{
    const struct kind_info *info = kind_info(document->kind);

    complete_upper_number(document, transfer);
    for (size_t i = 0; i < COUNT_OF(info->completed) && info->completed[i] != 0; i++) {
        if (info->completed[i] != FIELD_SUP_BGT_DOC_NO) {
            inherit_field(document, info->completed[i], transfer);
        }
    }
}

struct hash terms_answered(const struct document *answer)
{
    const struct kind_info *info = kind_info(KIND_REGISTER);
    struct document terms;
    struct buf body = BUF_EMPTY;
    struct hash hash;

    document_clear(&terms, KIND_REGISTER);
    document_set_number(&terms, FIELD_FISCAL_YEAR, document_year(answer));
    for (size_t i = 0; i < COUNT_OF(info->completed) && info->completed[i] != 0; i++) {
        const enum field field = info->completed[i];

        if (field != FIELD_AMOUNT && field != FIELD_TRANSFER_LSN && field != FIELD_TRANSFER_HASH &&
            document_has(answer, field)) {
            terms.present[field >> 6] |= UINT64_C(1) << (field & 63);
            terms.value[field] = answer->value[field];
        }
    }
    document_encode(&body, &terms);
    hash = hash_of(TAG_CONTENT, buf_bytes(&body));
    buf_free(&body);
    return hash;
}

struct hash terms_issued(const struct document *transfer)
{
    struct document answer;

    document_clear(&answer, KIND_REGISTER);
    document_set_number(&answer, FIELD_FISCAL_YEAR, document_year(transfer));
    complete_from_transfer(&answer, transfer);
    return terms_answered(&answer);
}

void complete_answer(struct ledger *ledger, struct txn *txn, struct document *document,
                     struct buf *memory)
{
    const struct division issuer = issuer_of(ledger, document);
    struct incoming incoming;
    struct document transfer;
    struct err err;
    const bool there = incoming_load(txn, issuer, document_text(document, FIELD_BGT_ID), &incoming);

    buf_reserve(memory, COMPLETE_EXTRA_BYTES + (there ? incoming.body.size : 0));
    inherit_text(document, FIELD_ORI_DIV_CODE, keep(memory, bytes_text(issuer.code)));
    if (!there ||
        document_decode(&transfer, KIND_TRANSFER, keep(memory, incoming.body), &err) != OK) {
        return;
    }
    complete_from_transfer(document, &transfer);
    inherit_number(document, FIELD_TRANSFER_LSN, (int64_t)incoming.lsn);
    inherit_text(document, FIELD_TRANSFER_HASH,
                 keep(memory, bytes_of(incoming.content.at, sizeof incoming.content.at)));
}

/* A later version may leave out what does not change; its entry says it all the same, so that who
 * hears only of this version knows the project. */
void complete_version(struct ledger *ledger, struct txn *txn, struct document *document,
                      struct buf *memory)
{
    struct catalogue_row held;

    if (!catalogue_known(txn, 'P', ledger->config.self, document_text(document, FIELD_PRO_CODE),
                         document_year(document), &held)) {
        return;
    }
    buf_reserve(memory, COMPLETE_EXTRA_BYTES);
    inherit_text(document, FIELD_PRO_NAME, keep(memory, held.name));
    inherit_text(document, FIELD_PRO_CAT_CODE, keep(memory, held.group));
    inherit_text(document, FIELD_AGENCY_CODE, keep(memory, short_text_bytes(&held.agency)));
    if (held.is_track) {
        inherit_text(document, FIELD_IS_TRACK, bytes_text("1"));
    }
}

void complete_pending(struct ledger *ledger, struct txn *txn, struct document *document,
                      struct buf *memory)
{
    struct indicator row;

    (void)memory;
    if (indicator_load(txn, ledger->config.self, document_text(document, FIELD_BGT_ID), &row)) {
        inherit_number(document, FIELD_AMOUNT, row.balance[ACC_PENDING]);
    }
}

void complete_left(struct ledger *ledger, struct txn *txn, struct document *document,
                   struct buf *memory)
{
    struct doc_row payment;

    (void)memory;
    if (doc_load(txn, ledger->config.self, document_text(document, FIELD_PAY_APP_ID), &payment) &&
        payment.kind == KIND_PAYMENT) {
        inherit_number(document, FIELD_AMOUNT, payment.left);
    }
}

void ledger_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                     struct buf *memory)
{
    const struct kind_info *info = kind_info(document->kind);

    if (info != NULL && info->complete != NULL) {
        info->complete(ledger, txn, document, memory);
    }
}
