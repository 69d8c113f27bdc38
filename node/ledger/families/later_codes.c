#include "node/ledger/families/later_codes.h"

#include "node/ledger/families/elements.h"
#include "node/ledger/families/inherit.h"

enum { LATER_BYTES_MAX = 16 * 100 }; /* every element once more, at its longest */

/* False where the year has codes of the field and none that stands for this one, or one that is
 * longer than the field can be: a set takes longer codes. `out` is then what it came to. A fund
 * type keeps its code. */
static bool code_later(const struct ledger *ledger, struct txn *txn, enum field field,
                       struct bytes code, int from, int to, struct bytes *out)
{
    const char *set = catalogue_of_field(field);

    *out = code;
    if (set == NULL) {
        return true;
    }
    for (int year = from + 1; year <= to && field != FIELD_FUND_TYPE_CODE; year++) {
        (void)code_mapped(ledger, txn, bytes_text(set), year, *out, out);
    }
    return field_text_valid(field, *out) && catalogue_code_usable(txn, bytes_text(set), to, *out);
}

void later_codes_complete(const struct ledger *ledger, struct txn *txn, struct document *document,
                          const struct indicator *line, struct buf *memory)
{
    const int year = document_line_year(document);
    struct indicator kept = *line;
    struct document origin;

    buf_reserve(memory, line->elements.size + LATER_BYTES_MAX + INHERIT_MORE_BYTES);
    kept.elements = inherit_keep(memory, line->elements);
    indicator_elements(&kept, &origin);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        struct bytes code;

        if (document_has(&origin, *field) && !document_has(document, *field) &&
            code_later(ledger, txn, *field, document_text(&origin, *field), line->year, year,
                       &code)) {
            inherit_text(document, *field, inherit_keep(memory, code));
        }
    }
}

/* --- checking --- */

static bool is_direct_field(enum field field)
{
    return field == FIELD_IS_DIRECT || field == FIELD_IS_TRACK || field == FIELD_TRACK_PRO_CODE;
}

static bool is_earmarked_field(const struct facts *facts, enum field field)
{
    return (facts->line.flags & INDICATOR_EARMARKED) != 0 &&
           (field == FIELD_PRO_CODE || field == FIELD_TP_FUNC_CODE);
}

struct later {
    bool there;        /* the line has a code of the field */
    bool usable;       /* the year has one that stands for it */
    struct bytes code; /* that one */
};

/* `origin`: the elements of facts->line. */
static struct later later_of(struct facts *facts, const struct document *origin, enum field field)
{
    struct later later = {document_has(origin, field), false, BYTES_NONE};

    if (later.there) {
        later.usable =
            code_later(facts->ledger, facts->txn, field, document_text(origin, field),
                       facts->line.year, document_line_year(facts->document), &later.code);
    }
    return later;
}

static bool says_another(const struct facts *facts, enum field field, const struct later *later)
{
    return document_has(facts->document, field) &&
           !bytes_equal(document_text(facts->document, field), later->code);
}

enum reason later_codes_check_mapped(struct facts *facts)
{
    struct document origin;

    indicator_elements(&facts->line, &origin);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        const struct later later = later_of(facts, &origin, *field);

        if (later.there && !later.usable && !says_another(facts, *field, &later)) {
            return refuse_field(facts->refusal, REASON_UNMAPPED, *field);
        }
        if (later.usable && !document_has(facts->document, *field)) {
            /* Written out before its line existed: it does not say what it should. */
            return refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
        }
    }
    return REASON_NONE;
}

enum reason later_codes_check_given(struct facts *facts)
{
    struct document origin;

    indicator_elements(&facts->line, &origin);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        const struct later later = later_of(facts, &origin, *field);

        if (says_another(facts, *field, &later) && (!later.there || later.usable) &&
            *field != FIELD_FUND_TYPE_CODE && !is_earmarked_field(facts, *field) &&
            !is_direct_field(*field)) {
            (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
            message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                           "code_is_given field=%s code=%.*s", field_info(*field)->name,
                           (int)later.code.size, (const char *)later.code.data);
            return REASON_WRONG_STATE;
        }
    }
    return REASON_NONE;
}

enum reason later_codes_check_purpose(struct facts *facts)
{
    enum reason reason = REASON_NONE;
    struct document origin;

    indicator_elements(&facts->line, &origin);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        const struct later later = later_of(facts, &origin, *field);
        enum reason of_field = REASON_NONE;

        if (!says_another(facts, *field, &later)) {
            continue;
        }
        if (*field == FIELD_FUND_TYPE_CODE) {
            of_field = REASON_FUND_TYPE_DIFFERS;
        } else if (is_earmarked_field(facts, *field)) {
            of_field = REASON_EARMARK_DIFFERS;
        } else if (is_direct_field(*field)) {
            of_field = REASON_DIRECT_DIFFERS;
        }
        if (of_field != REASON_NONE && (reason == REASON_NONE || of_field < reason)) {
            reason = of_field; /* the first in the order of refusals, not of fields */
        }
    }
    return reason == REASON_NONE ? REASON_NONE : refuse(facts->refusal, reason, "");
}
