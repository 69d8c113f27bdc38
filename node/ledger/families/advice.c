#include "node/ledger/families/advice.h"

#include <stdio.h>

#include "node/ledger/families/catalogues.h"
#include "node/ledger/families/family.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/nearest_known.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/families/project.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/project_rows.h"
#include "node/ledger/schema/clocks.h"

/* --- unknown_<field> --- */

static void advise_unknown(const struct ledger *ledger, struct txn *txn,
                           const struct document *document, struct refusal *refusal)
{
    const enum field field = field_named(bytes_text(refusal->what));
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;

    if (field == FIELDS || field_is_number(field)) {
        return;
    }
    nearest_known(ledger, txn, document, field, &nearest);
    message_format(refusal->detail, sizeof refusal->detail, "value_typed value=%s why=%s",
                   nearest.typed, nearest_advice(advice, &nearest));
}

/* --- wrong_state --- */

static void tell_state(struct refusal *refusal, struct bytes id, const char *state,
                       uint64_t since_ms, struct bytes by)
{
    char since[TIME_BYTES_MAX];

    message_format(refusal->detail, sizeof refusal->detail,
                   "stands id=%.*s state=%s since=%s by=%.*s", (int)id.size, (const char *)id.data,
                   state, time_text(since, since_ms), (int)by.size, (const char *)by.data);
}

/* The document that released a line: among the first that were about it. */
static bool find_release(const struct ledger *ledger, struct txn *txn, struct bytes line,
                         struct short_text *by, struct doc_row *release)
{
    struct buf ids = BUF_EMPTY;
    struct reader reader;
    struct bytes id;
    uint64_t last_lsn;
    bool found = false;

    children_read(txn, ledger->config.self, line, 0, &ids, &last_lsn);
    reader = reader_of(buf_bytes(&ids));
    while (!found && list_next(&reader, &id)) {
        found = doc_load(txn, ledger->config.self, id, release) &&
                kind_info(release->kind)->about == ABOUT_LINE &&
                kind_steps(release->kind)->line_event == LINE_RELEASED;
        *by = short_text_of(id);
    }
    buf_free(&ids);
    return found;
}

/* What happened to a payment or a transfer last. */
static bool find_newest(const struct ledger *ledger, struct txn *txn, struct bytes id,
                        struct short_text *by, struct doc_row *newest)
{
    struct children children;

    if (!children_load(txn, ledger->config.self, id, &children)) {
        return false;
    }
    *by = short_text_of(children.newest);
    return doc_load(txn, ledger->config.self, short_text_bytes(by), newest);
}

/* Of a line, a payment, or a transfer of one's own. */
static void advise_own(const struct ledger *ledger, struct txn *txn, struct bytes id,
                       struct refusal *refusal)
{
    struct doc_row row, changer;
    struct short_text by;
    bool changed = false;

    if (!doc_load(txn, ledger->config.self, id, &row)) {
        return;
    }
    if (row.state == DOC_RELEASED) {
        changed = find_release(ledger, txn, id, &by, &changer);
    } else if (row.state != kind_info(row.kind)->first_state) {
        changed = find_newest(ledger, txn, id, &by, &changer);
    }
    if (!changed) { /* it stands as it was entered */
        by = short_text_of(id);
        changer = row;
    }
    tell_state(refusal, id, doc_state_name(row.state), changer.time_ms, short_text_bytes(&by));
}

/* The answer that was given already. */
static void advise_answered(const struct ledger *ledger, struct txn *txn,
                            const struct document *document, struct refusal *refusal)
{
    const struct bytes id = document_about(document);
    struct transfer_match match;
    struct doc_row answer;

    if (transfer_match_load(txn, document_party(document), id, &match) && match.answer_lsn != 0 &&
        doc_load(txn, ledger->config.self, short_text_bytes(&match.answer_id), &answer)) {
        tell_state(refusal, id, outcome_word(match.answered), answer.time_ms,
                   short_text_bytes(&match.answer_id));
    }
}

/* The document whose money moved it; else its newest version, whose lsn it keeps and whose entry
 * names it. */
static void tell_project(const struct ledger *ledger, struct txn *txn, struct bytes code,
                         const struct catalogue_row *project, struct refusal *refusal)
{
    struct buf memory = BUF_EMPTY;
    struct document version;
    struct bytes body, id;
    struct doc_row row = {.time_ms = 0};
    struct err err;
    const struct ledger_sink *sink = &ledger->config.sink;
    char since[TIME_BYTES_MAX];
    struct project_money money;

    project_money_load(txn, project->owner, code, &money);
    id = short_text_bytes(&money.by);
    if (id.size > 0) {
        (void)doc_load(txn, project->owner, id, &row);
    } else if (sink->read_entry(sink->arg, project->owner, project->lsn, &memory, &body) &&
               document_decode(&version, KIND_PROJECT, body, &err) == OK) {
        id = document_id(&version);
        (void)doc_load(txn, project->owner, id, &row);
    }
    message_format(refusal->detail, sizeof refusal->detail,
                   "project_stands pro_code=%.*s state=%s since=%s by=%.*s", (int)code.size,
                   (const char *)code.data, project->state.at, time_text(since, row.time_ms),
                   (int)id.size, (const char *)id.data);
    buf_free(&memory);
}

/* Is it the project that stands in the way? */
static bool advise_project(const struct ledger *ledger, struct txn *txn,
                           const struct document *document, struct refusal *refusal)
{
    const struct kind_info *info = kind_info(document->kind);
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const bool is_version = info->defines == FIELD_PRO_CODE;
    struct catalogue_row project;

    if (is_version) {
        if (!catalogue_known(txn, ROW_PROJECT, ledger->config.self, code, document_year(document),
                             &project)) {
            return false;
        }
    } else if (code.size == 0 || !info->needs_open_project ||
               !catalogue_project(ledger, txn, code, document_year(document), &project) ||
               project_takes_money(&project)) {
        return false;
    }
    tell_project(ledger, txn, code, &project, refusal);
    return true;
}

static void advise_state(const struct ledger *ledger, struct txn *txn,
                         const struct document *document, struct refusal *refusal)
{
    if (advise_project(ledger, txn, document, refusal)) {
        return;
    }
    switch (kind_info(document->kind)->about) {
    case ABOUT_LINE:
    case ABOUT_PAYMENT:
    case ABOUT_OWN_TRANSFER:
        advise_own(ledger, txn, document_about(document), refusal);
        break;
    case ABOUT_ASK:
        advise_answered(ledger, txn, document, refusal);
        break;
    default:
        break;
    }
}

void ledger_advise(const struct ledger *ledger, struct txn *txn, const struct document *document,
                   struct refusal *refusal)
{
    if (refusal->detail[0] != '\0') {
        return;
    }
    if (refusal->reason == REASON_UNKNOWN) {
        advise_unknown(ledger, txn, document, refusal);
    } else if (refusal->reason == REASON_WRONG_STATE) {
        advise_state(ledger, txn, document, refusal);
    }
}
