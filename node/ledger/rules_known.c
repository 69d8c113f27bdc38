/* unknown_<field>: looks up what a document names, and keeps it for the questions after. */
#include <stdio.h>

#include "node/ledger/rules_internal.h"

static bool load_line(struct facts *facts, struct bytes id)
{
    if (!indicator_load(facts->txn, facts->ledger->config.self, id, &facts->line)) {
        return false;
    }
    if (kind_splits(facts->document->kind)) {
        indicator_elements(&facts->line, &facts->origin);
    }
    return true;
}

/* A transfer is read by others, so it must say all that it inherits: one that was written out
 * before its origin existed does not. */
static bool says_all(const struct facts *facts)
{
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (document_has(&facts->origin, *field) && !document_has(facts->document, *field)) {
            return false;
        }
    }
    return true;
}

static bool knows_division(struct facts *facts, enum field field)
{
    struct division division;

    return division_parse(&division, document_text(facts->document, field)) &&
           roster_find(facts->ledger->config.roster, division) != NULL;
}

static bool knows_transfer(struct facts *facts)
{
    const struct document *document = facts->document;

    if (document_has(document, FIELD_ORI_DIV_CODE) && !knows_division(facts, FIELD_ORI_DIV_CODE)) {
        return true; /* the issuer is what is wrong, and it is asked for next */
    }
    return edge_load(facts->txn, document_party(document), document_text(document, FIELD_BGT_ID),
                     &facts->edge) &&
           facts->edge.transfer_lsn != 0 &&
           (document_has(document, FIELD_TRANSFER_LSN) ||
            !division_equal(facts->edge.receiver, facts->ledger->config.self));
}

static bool knows_payment(struct facts *facts)
{
    const struct bytes id = document_text(facts->document, FIELD_PAY_APP_ID);

    return doc_load(facts->txn, facts->ledger->config.self, id, &facts->payment) &&
           facts->payment.kind == KIND_PAYMENT &&
           load_line(facts, short_text_bytes(&facts->payment.about));
}

bool rules_knows_own(struct facts *facts, char letter, enum field field)
{
    struct catalogue_row row;

    return catalogue_known(facts->txn, letter, facts->ledger->config.self,
                           document_text(facts->document, field), document_year(facts->document),
                           &row);
}

static bool knows_code(struct facts *facts, enum field field, const char *set)
{
    const int year = document_year(facts->document);
    const struct row_key key =
        code_key(bytes_text(set), year, document_text(facts->document, field));
    const struct row_key set_key = code_set_key(bytes_text(set), year);
    struct catalogue_row row;
    struct bytes value;

    if (catalogue_load(facts->txn, &key, &row)) {
        return row.usable;
    }
    return !txn_get(facts->txn, SPACE_LEDGER, row_key_bytes(&set_key), &value);
}

static bool knows_early(struct facts *facts)
{
    const struct bytes id = document_text(facts->document, FIELD_EARLY_BGT_ID);
    struct doc_row early;

    return doc_load(facts->txn, facts->ledger->config.self, id, &early) &&
           early.kind == KIND_TRANSFER;
}

/* What came with the money was checked where it was first said. */
static bool came_with_money(const struct facts *facts, enum field field)
{
    return document_inherited(facts->document, field) ||
           (kind_splits(facts->document->kind) && document_has(&facts->origin, field) &&
            bytes_equal(document_text(&facts->origin, field),
                        document_text(facts->document, field)));
}

static bool knows_element(struct facts *facts, enum field field)
{
    const char *set = catalogue_of_field(field);

    if (came_with_money(facts, field)) {
        return true;
    }
    if (field == FIELD_PRO_CODE) {
        return facts->document->kind == KIND_PROJECT || facts->has_project;
    }
    if (field == FIELD_AGENCY_CODE) {
        return facts->document->kind == KIND_AGENCY || rules_knows_own(facts, 'A', field);
    }
    return set == NULL || knows_code(facts, field, set);
}

static bool knows(struct facts *facts, enum field field)
{
    const struct document *document = facts->document;

    switch (field) {
    case FIELD_BGT_ID:
        return kind_is_answer(document->kind) ? knows_transfer(facts)
                                              : load_line(facts, document_text(document, field));
    case FIELD_ORI_BGT_ID:
        return load_line(facts, document_text(document, field)) &&
               (document->kind != KIND_TRANSFER || says_all(facts));
    case FIELD_PAY_APP_ID:
        return knows_payment(facts);
    case FIELD_REC_DIV_CODE:
        return knows_division(facts, field);
    case FIELD_ORI_DIV_CODE:
        return facts->info->place == PLACE_WITHOUT_NODE || knows_division(facts, field);
    case FIELD_AGENCY_ACCT_NO:
        return rules_knows_own(facts, 'K', field);
    case FIELD_EARLY_BGT_ID:
        return knows_early(facts);
    default:
        return knows_element(facts, field);
    }
}

/* Was it another above that issued this to us? Then the answer lacks its name. */
static void name_issuer(struct facts *facts)
{
    const struct division self = facts->ledger->config.self;
    const struct bytes id = document_text(facts->document, FIELD_BGT_ID);
    struct edge edge;

    for (const struct member *member = roster_find(facts->ledger->config.roster, self);
         member != NULL; member = member->parent) {
        const struct division issuer = member->grant.division;

        if (edge_load(facts->txn, issuer, id, &edge) && edge.transfer_lsn != 0 &&
            division_equal(edge.receiver, self)) {
            (void)snprintf(facts->refusal->detail, sizeof facts->refusal->detail, "ori_div_code %s",
                           issuer.code);
            return;
        }
    }
}

static enum reason check_list(struct facts *facts, const enum field *fields, size_t count)
{
    for (size_t i = 0; i < count && fields[i] != 0; i++) {
        if (document_has(facts->document, fields[i]) && !knows(facts, fields[i])) {
            (void)refuse_field(facts->refusal, REASON_UNKNOWN, fields[i]);
            if (fields[i] == FIELD_BGT_ID && kind_is_answer(facts->document->kind)) {
                name_issuer(facts);
            }
            return REASON_UNKNOWN;
        }
    }
    return REASON_NONE;
}

enum reason rules_check_known(struct facts *facts)
{
    const struct kind_info *info = facts->info;
    enum reason reason;

    reason = check_list(facts, info->required, COUNT_OF(info->required));
    if (reason == REASON_NONE) {
        reason = check_list(facts, info->optional, COUNT_OF(info->optional));
    }
    if (reason == REASON_NONE && info->takes_elements) {
        reason = check_list(facts, kind_elements(), SIZE_MAX);
    }
    return reason;
}
