#include "node/ledger/families/passing.h"

#include <inttypes.h>

#include "node/ledger/context.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/split.h"

/* --- preparing --- */

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
        inherit_text(document, FIELD_PRO_NAME, inherit_keep(memory, project.name));
        inherit_text(document, FIELD_PRO_CAT_CODE, inherit_keep(memory, project.group));
    } else if (bytes_equal(code, document_text(origin, FIELD_PRO_CODE))) {
        inherit_field(document, FIELD_PRO_NAME, origin);
        inherit_field(document, FIELD_PRO_CAT_CODE, origin);
    }
}

/* The last beneficiary as the issuer knows him goes on with the money. */
static void complete_beneficiary(struct document *document, const struct document *origin)
{
    if (kind_takes(kind_info(document->kind), FIELD_BEN_NAME, false)) {
        inherit_field(document, FIELD_BEN_NAME, origin);
        inherit_field(document, FIELD_BEN_CODE, origin);
    }
}

/* What leaves is read by others: it says the elements, and what is public of the project. */
void passing_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                      struct buf *memory)
{
    struct document origin;

    if (split_complete(ledger, txn, document, memory, &origin)) {
        complete_beneficiary(document, &origin);
        complete_project(ledger, txn, document, &origin, memory);
    }
}

/* --- checking --- */

/* One that was written out before its origin existed does not say all that it inherits. */
static bool says_all(const struct facts *facts)
{
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (document_has(&facts->origin, *field) && !document_has(facts->document, *field)) {
            return false;
        }
    }
    return true;
}

enum reason passing_known(struct facts *facts)
{
    return facts_load_line(facts, document_text(facts->document, facts->info->about_id)) &&
                   says_all(facts)
               ? REASON_NONE
               : refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
}

/* --- telling --- */

void passing_tell_earmark(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document)
{
    struct indicator line;

    if (!division_equal(entry->author, ledger->config.self) &&
        ledger_is_below(ledger, entry->author) &&
        document_is_word(document, FIELD_TRA_TYPE_CODE, "general") &&
        indicator_load_terms(txn, entry->author, document_id(document), &line) &&
        (line.flags & INDICATOR_EARMARKED) != 0) {
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "earmark_dropped lsn=%" PRIu64 " author=%s", entry->lsn, entry->author.code);
    }
}
