/* Codes of a division that its own documents use: agencies and bank accounts. */
#include "node/ledger/families/family.h"
#include "node/ledger/rows/agency_rows.h"

static void index_own(struct txn *txn, const struct applied *entry, const struct document *document,
                      char letter, enum field code, enum field name, enum field group)
{
    const struct row_key key = row_key_of(letter, entry->author, document_text(document, code));
    struct catalogue_row row = catalogue_row_of(entry, document, name, group), held;

    catalogue_store_version(txn, &key, &row, catalogue_load(txn, &key, &held) ? &held : NULL);
}

static void index_agency(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *document)
{
    (void)ledger;
    index_own(txn, entry, document, ROW_AGENCY, FIELD_AGENCY_CODE, FIELD_AGENCY_NAME,
              FIELD_PARENT_CODE);
    agency_version_add(txn, entry->author, document_text(document, FIELD_AGENCY_CODE),
                       document_year(document), document_text(document, FIELD_PARENT_CODE));
}

/* --- under which agency one stands --- */

static enum reason bad_parent(struct facts *facts, const char *why)
{
    (void)refuse_field(facts->refusal, REASON_BAD, FIELD_PARENT_CODE);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "%s most=%d", why,
                   AGENCY_DEPTH_MAX);
    return REASON_BAD;
}

static bool add_agency(void *arg, struct bytes key, struct bytes value)
{
    (void)value;
    list_add(arg, row_key_rest(key));
    return true;
}

/* How many stand above an agency, as `line` says: up to `code`, or all of them when it is not among
 * them. */
static size_t steps_to(const struct agency_line *line, struct bytes code, bool *found)
{
    size_t i = 0;

    *found = false;
    for (; i < line->count && !*found; i++) {
        *found = bytes_equal(short_text_bytes(&line->above[i]), code);
    }
    return i;
}

static int earlier(int a, int b)
{
    return a < b ? a : b;
}

/* The longest way down from an agency that is there already: all are looked at, since one is seldom
 * moved. *until becomes the year in which that may be another. */
static size_t depth_below(const struct facts *facts, struct bytes agency, int year, int *until)
{
    const struct division self = facts->ledger->config.self;
    const struct row_key prefix = row_key_of(ROW_AGENCY_PARENTS, self, BYTES_NONE);
    struct buf all = BUF_EMPTY;
    struct reader reader;
    struct bytes code;
    size_t deepest = 0;
    struct err err; /* sticky in the txn */

    (void)txn_scan(facts->txn, SPACE_LEDGER, row_key_bytes(&prefix), add_agency, &all, &err);
    reader = reader_of(buf_bytes(&all));
    while (list_next(&reader, &code)) {
        struct agency_line line;
        bool is_below;
        size_t steps;

        agency_ancestors(facts->txn, self, code, year, &line);
        steps = steps_to(&line, agency, &is_below);
        deepest = is_below && steps > deepest ? steps : deepest;
        *until = earlier(*until, agency_holds_until(facts->txn, self, code, year));
    }
    buf_free(&all);
    return deepest;
}

/* As things stand in one year. *until becomes the year in which they may stand otherwise. */
static enum reason check_depth_in(struct facts *facts, int year, bool is_known, int *until)
{
    const struct division self = facts->ledger->config.self;
    const struct bytes agency = document_text(facts->document, FIELD_AGENCY_CODE);
    const struct bytes parent = document_text(facts->document, FIELD_PARENT_CODE);
    struct agency_line line;
    bool is_ring;
    size_t above;

    agency_ancestors(facts->txn, self, parent, year, &line);
    above = steps_to(&line, agency, &is_ring) + 1;
    if (is_ring || bytes_equal(parent, agency)) {
        return bad_parent(facts, "agencies_in_a_ring");
    }
    *until = earlier(*until, agency_holds_until(facts->txn, self, parent, year));
    for (size_t i = 0; i < line.count; i++) {
        const struct bytes code = short_text_bytes(&line.above[i]);

        *until = earlier(*until, agency_holds_until(facts->txn, self, code, year));
    }
    if (is_known) {
        above += depth_below(facts, agency, year, until);
    }
    return above < AGENCY_DEPTH_MAX ? REASON_NONE : bad_parent(facts, "agencies_too_deep");
}

/* In its year, and in each later one for which it holds and others have versions of their own. A
 * parent that is not there yet is unknown, whatever stands above it later. */
static enum reason check_depth(struct facts *facts)
{
    const struct division self = facts->ledger->config.self;
    const struct bytes agency = document_text(facts->document, FIELD_AGENCY_CODE);
    const struct bytes parent = document_text(facts->document, FIELD_PARENT_CODE);
    const int first = document_year(facts->document);
    struct catalogue_row row;
    const bool is_known = catalogue_known(facts->txn, ROW_AGENCY, self, agency, first, &row);
    const int end = agency_holds_until(facts->txn, self, agency, first);
    enum reason reason = REASON_NONE;
    int next;

    if (!document_has(facts->document, FIELD_PARENT_CODE) ||
        (!bytes_equal(parent, agency) &&
         !catalogue_known(facts->txn, ROW_AGENCY, self, parent, first, &row))) {
        return REASON_NONE;
    }
    for (int year = first; year < end && reason == REASON_NONE; year = next) {
        next = end;
        reason = check_depth_in(facts, year, is_known, &next);
    }
    return reason;
}

/* Money and budgets of a year are added up under those who were above it then. */
static enum reason check_moved(struct facts *facts)
{
    if (!agency_parent_fixed(facts->txn, facts->ledger->config.self,
                             document_text(facts->document, FIELD_AGENCY_CODE),
                             document_year(facts->document),
                             document_text(facts->document, FIELD_PARENT_CODE))) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "agency_is_used");
    return REASON_WRONG_STATE;
}

static void index_bank_account(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                               const struct document *document)
{
    (void)ledger;
    index_own(txn, entry, document, ROW_BANK_ACCOUNT, FIELD_ACCT_NO, FIELD_ACCT_NAME,
              FIELD_AGENCY_CODE);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_AGENCY, .missing = check_depth, .stands = check_moved, .index = index_agency},
    {.kind = KIND_BANK_ACCOUNT, .index = index_bank_account},
};
const struct family family_codes = {"codes", kinds, COUNT_OF(kinds)};
