/* What a document says by the row of its kind: its money, its year, what it is about, where it
 * goes. */
#include <assert.h>

#include "node/ledger/schema/kinds.h"

bool document_is_word(const struct document *document, enum field field, const char *word)
{
    return bytes_equal(document_text(document, field), bytes_text(word));
}

struct division document_party(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);
    struct division party = DIVISION_NONE;

    if (info != NULL && info->party != 0) {
        (void)division_parse(&party, document_text(document, info->party));
    }
    return party;
}

int64_t document_money(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    return document_number(document, info != NULL && info->money != 0 ? info->money : FIELD_AMOUNT);
}

static bool is_when(const struct kind_info *info, const struct document *document)
{
    return info->only_when.field == 0 ||
           document_is_word(document, info->only_when.field, info->only_when.word) ||
           (info->only_when.or_word != NULL &&
            document_is_word(document, info->only_when.field, info->only_when.or_word));
}

bool document_is_difference(const struct document *document)
{
    return document->kind == KIND_TRANSFER && document_has(document, FIELD_EARLY_BGT_ID) &&
           document_number(document, FIELD_AMOUNT) <= 0;
}

bool document_books(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    return info->books.to != 0 && is_when(info, document) && !document_is_difference(document) &&
           !document_has(document, FIELD_MONTH); /* a month is closed without a posting */
}

enum sign document_sign(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    if (document->kind == KIND_BUDGET) { /* stages before the reply withdraw a line by nothing */
        return !document_books(document) || document_has(document, FIELD_ESTIMATE_ID)
                   ? SIGN_ZERO
                   : SIGN_POSITIVE;
    }
    return document_has(document, FIELD_EARLY_BGT_ID) && info->sign_with_early != SIGN_POSITIVE
               ? info->sign_with_early
               : info->sign;
}

bool document_lacks_year(const struct document *document)
{
    return !document_has(document, FIELD_FISCAL_YEAR) && !kind_info(document->kind)->any_year;
}

bool document_is_anothers(const struct document *document, struct division author)
{
    struct division owner;

    return document_has(document, FIELD_MOF_DIV_CODE) &&
           !(division_parse(&owner, document_text(document, FIELD_MOF_DIV_CODE)) &&
             division_equal(owner, author));
}

int document_line_year(const struct document *document)
{
    return document_year(document) + (document->kind == KIND_CARRY_OVER ? 1 : 0);
}

/* Of what went out of the tree, some comes back. */
static bool takes_back(const struct document *document)
{
    return document->kind == KIND_TRANSFER_OUT && document_has(document, FIELD_EARLY_BGT_ID) &&
           document_number(document, FIELD_AMOUNT) < 0;
}

struct bytes document_about(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    if (info == NULL || info->about_id == 0) {
        return BYTES_NONE;
    }
    if (document_is_difference(document) || takes_back(document)) {
        return document_text(document, FIELD_EARLY_BGT_ID);
    }
    if (info->about_line != 0 && !document_has(document, info->about_id)) {
        return document_text(document, info->about_line);
    }
    return document_text(document, info->about_id);
}

enum doc_state document_first_state(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    if (!is_when(info, document)) {
        return info->only_when.otherwise;
    }
    if (document->kind == KIND_BUDGET && document_is_word(document, FIELD_STAGE, "estimate")) {
        return DOC_ADVANCED;
    }
    if (document->kind == KIND_TRANSFER && document_number(document, FIELD_AMOUNT) == 0) {
        return DOC_NOTICED;
    }
    if (document_is_word(document, FIELD_OUTSIDE, "1")) { /* nobody answers */
        return DOC_ENTERED;
    }
    return info->first_state != 0 ? info->first_state : DOC_ENTERED;
}

enum field document_subject(const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);
    const enum field subjects[] = {info->about_id, info->about_line, FIELD_FUND_TYPE_CODE};

    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        if (document_has(document, subjects[i]) && !document_inherited(document, subjects[i])) {
            return subjects[i];
        }
    }
    return (enum field)0;
}

bool kind_needs(const struct kind_info *info, const struct document *document, enum field field,
                bool first)
{
    if (field == FIELD_FISCAL_YEAR) {
        return !info->any_year;
    }
    if (field == info->only_when.needs && field != 0) {
        return document_is_word(document, info->only_when.field, info->only_when.word);
    }
    if (field == info->about_id && document_is_difference(document)) {
        return false; /* the node takes it from the early one */
    }
    if (field == info->about_id && info->about_line != 0) {
        return document_subject(document) == 0;
    }
    return kind_requires(info, field, first);
}

struct audience kind_audience(const struct document *document, struct division self)
{
    const struct kind_info *info = kind_info(document->kind);
    struct audience audience = {AUDIENCE_LINE, self};

    assert(info != NULL);
    if (info->reach == REACH_PARTY) {
        audience.division = document_party(document);
    } else if (info->reach == REACH_PARTY_TREE) {
        audience = (struct audience){AUDIENCE_TREE, document_party(document)};
    } else if (info->reach == REACH_TREE || (info->reach == REACH_TREE_IF_TRACKED &&
                                             document_is_word(document, FIELD_IS_TRACK, "1"))) {
        audience.kind = AUDIENCE_TREE;
    }
    return audience;
}
