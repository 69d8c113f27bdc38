/* Projects: a document is a version of one; the first says all, a later one what changes. */
#include "node/ledger/families/project.h"

#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"

/* --- states: words of the project itself, not of its documents --- */

static const struct {
    const char *name;
    bool takes_money; /* may money be given to it? */
    bool goes_on;     /* may another version follow? */
} states[] = {
    {"draft", false, true},    {"reserved", true, true}, {"budgeted", true, true},
    {"executing", true, true}, {"closed", false, false}, {"cancelled", false, false},
};

bool project_takes_money(const struct catalogue_row *project)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(project->state.at, states[i].name) == 0) {
            return states[i].takes_money;
        }
    }
    return false;
}

static bool goes_on(const struct catalogue_row *project)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(project->state.at, states[i].name) == 0) {
            return states[i].goes_on;
        }
    }
    return true;
}

/* The own project under the code of a document. */
static bool load_own(const struct ledger *ledger, struct txn *txn, const struct document *document,
                     struct catalogue_row *out)
{
    const struct row_key key =
        row_key_of(ROW_PROJECT, ledger->config.self, document_text(document, FIELD_PRO_CODE));

    return catalogue_load(txn, &key, out);
}

/* Of a code or a year that cannot be, nothing is known: that is what is wrong with it. */
bool project_is_first(const struct ledger *ledger, struct txn *txn, const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const int64_t year = document_number(document, FIELD_FISCAL_YEAR);
    struct catalogue_row row;

    return document->kind == KIND_PROJECT && field_text_valid(FIELD_PRO_CODE, code) &&
           field_number_valid(FIELD_FISCAL_YEAR, year) &&
           !catalogue_known(txn, ROW_PROJECT, ledger->config.self, code, (int)year, &row);
}

bool project_was_tracked(const struct ledger *ledger, struct txn *txn,
                         const struct document *document)
{
    struct catalogue_row held;

    return document->kind == KIND_PROJECT && load_own(ledger, txn, document, &held) &&
           held.is_track;
}

/* --- preparing --- */

/* A later version may leave out what does not change; its entry says it all the same, so that who
 * hears only of this version knows the project. */
static void complete_version(struct ledger *ledger, struct txn *txn, struct document *document,
                             struct buf *memory)
{
    struct catalogue_row held;

    if (!catalogue_known(txn, ROW_PROJECT, ledger->config.self,
                         document_text(document, FIELD_PRO_CODE), document_year(document), &held)) {
        return;
    }
    buf_reserve(memory, INHERIT_MORE_BYTES);
    inherit_text(document, FIELD_PRO_NAME, inherit_keep(memory, held.name));
    inherit_text(document, FIELD_PRO_CAT_CODE, inherit_keep(memory, held.group));
    inherit_text(document, FIELD_AGENCY_CODE, inherit_keep(memory, short_text_bytes(&held.agency)));
    if (held.is_track) {
        inherit_text(document, FIELD_IS_TRACK, bytes_text("1"));
    }
}

/* --- checking --- */

/* The form was asked, but the first version may have been a draft. */
static enum reason check_first_version(struct facts *facts)
{
    const enum field *first = facts->info->first;

    if (facts_know_own(facts, ROW_PROJECT, FIELD_PRO_CODE)) {
        return REASON_NONE;
    }
    for (; *first != 0; first++) {
        if (!document_has(facts->document, *first)) {
            return refuse_field(facts->refusal, REASON_MISSING, *first);
        }
    }
    return REASON_NONE;
}

static enum reason check_goes_on(struct facts *facts)
{
    struct catalogue_row held;

    return !load_own(facts->ledger, facts->txn, facts->document, &held) || goes_on(&held)
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* --- indexing --- */

/* A later version may leave out what does not change. */
static void index_project(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const struct row_key key = row_key_of(ROW_PROJECT, entry->author, code);
    struct catalogue_row row =
        catalogue_row_of(entry, document, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE);
    struct catalogue_row held;

    if (catalogue_load(txn, &key, &held)) {
        row.name = row.name.size > 0 ? row.name : held.name;
        row.group = row.group.size > 0 ? row.group : held.group;
        row.agency = row.agency.size > 0 ? row.agency : held.agency;
        catalogue_store_version(txn, &key, &row, &held);
        return;
    }
    if (ledger_is_above(ledger, entry->author) &&
        catalogue_project(ledger, txn, code, row.year, &held)) {
        catalogue_alarm_clash(ledger, "project", code, entry->author, held.owner);
    }
    catalogue_store_version(txn, &key, &row, NULL);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_PROJECT,
     .complete = complete_version,
     .missing = check_first_version,
     .stands = check_goes_on,
     .index = index_project},
};
const struct family family_project = {"project", kinds, COUNT_OF(kinds)};
