#include "node/ledger/verify/verify_unanswered.h"

#include "node/ledger/families/incoming.h"
#include "node/ledger/query/query_internal.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/schema/clocks.h"
#include "node/ledger/verify/verify_replay.h"
#include "node/ledger/verify/verify_rows.h"

static void make_row(struct verify *verify, struct txn *made, struct division issuer, bool is_below,
                     struct bytes id)
{
    const struct division self = verify->config.self;
    struct transfer_match match;
    struct incoming incoming;
    struct document ask;
    struct doc_row row;

    if (!transfer_match_load(verify->stored, issuer, id, &match) || match.transfer_lsn == 0 ||
        match.answer_lsn != 0 || !division_equal(match.receiver, self) ||
        !incoming_load(verify->stored, issuer, id, &incoming) ||
        (incoming.kind == KIND_REMIT) != is_below || !doc_load(verify->stored, issuer, id, &row)) {
        return;
    }
    incoming_document(&incoming, &ask);
    open_item_add(made, OPEN_TO_REGISTER, self,
                  &(struct open_item){
                      .place = {clock_due(&ask, row.time_ms), issuer, id},
                      .kind = ask.kind,
                      .party = self,
                      .year = document_year(&ask),
                      .amount = document_money(&ask),
                      .since_ms = row.time_ms,
                      .number = document_text(&ask, FIELD_COR_BGT_DOC_NO),
                  });
}

static void make_rows(struct verify *verify, struct txn *made, struct division issuer,
                      bool is_below)
{
    struct id_list ids = ID_LIST_EMPTY;

    id_list_scan(&ids, verify->stored, ROW_TRANSFER_MATCH, issuer);
    for (size_t i = 0; i < ids.count; i++) {
        make_row(verify, made, issuer, is_below, short_text_bytes(&ids.at[i]));
    }
    id_list_free(&ids);
}

bool verify_unanswered(struct verify *verify)
{
    const struct verify_config *config = &verify->config;
    const struct member *member = roster_find(config->roster, config->self);
    struct txn *made = txn_open(&store_empty, NULL);
    bool sound;

    for (member = member == NULL ? NULL : member->parent; member != NULL; member = member->parent) {
        make_rows(verify, made, member->grant.division, false);
    }
    for (size_t i = 0; i < roster_count(config->roster); i++) { /* money comes up, too */
        const struct division below = roster_at(config->roster, i)->grant.division;

        if (!division_equal(below, config->self) &&
            roster_within(config->roster, below, config->self)) {
            make_rows(verify, made, below, true);
        }
    }
    sound = verify_rows_to_register(verify, made);
    txn_free(made);
    return sound;
}
