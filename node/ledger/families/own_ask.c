#include "node/ledger/families/own_ask.h"

#include <inttypes.h>

#include "node/ledger/context.h"
#include "node/ledger/families/inherit.h"

void own_ask_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                      struct buf *memory)
{
    struct doc_row transfer;

    if (doc_load(txn, ledger->config.self, document_about(document), &transfer) &&
        transfer.kind == KIND_TRANSFER) {
        buf_reserve(memory, DIVISION_CODE_MAX);
        inherit_text(document, FIELD_REC_DIV_CODE,
                     inherit_keep(memory, bytes_text(transfer.party.code)));
    }
}

bool own_ask_heard(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                   const struct document *ask)
{
    struct doc_row transfer;

    if (ledger_is_below(ledger, entry->author) ||
        (doc_load(txn, entry->author, document_about(ask), &transfer) &&
         transfer.kind == KIND_TRANSFER && division_equal(transfer.party, document_party(ask)))) {
        return true;
    }
    ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                 "ask_of_no_transfer lsn=%" PRIu64 " author=%s", entry->lsn, entry->author.code);
    return false;
}

/* Each ask is within what was passed on, less what others may take of it: so are all together. */
void own_ask_tell_excess(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *ask)
{
    const struct bytes id = document_about(ask);
    struct doc_row transfer;
    struct indicator line;

    if (!division_equal(entry->author, ledger->config.self) &&
        ledger_is_below(ledger, entry->author) && doc_load(txn, entry->author, id, &transfer) &&
        indicator_load(txn, entry->author, id, &line) &&
        transfer.asked_back > line.balance[ACC_XFER_OUT]) {
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "asks_more_than_passed lsn=%" PRIu64 " author=%s", entry->lsn,
                     entry->author.code);
    }
}

enum reason own_ask_known(struct facts *facts)
{
    const struct document *document = facts->document;
    const struct bytes id = document_about(document);

    if (!doc_load(facts->txn, facts->ledger->config.self, id, &facts->transfer) ||
        facts->transfer.kind != KIND_TRANSFER || !document_has(document, FIELD_REC_DIV_CODE)) {
        return refuse_field(facts->refusal, REASON_UNKNOWN, facts->info->about_id);
    }
    if (!facts_load_line(facts, id)) { /* a negative difference has none */
        facts->line.year = facts->transfer.year;
    }
    return REASON_NONE;
}
