#include "node/ledger/families/incoming.h"

#include <assert.h>

#include "node/ledger/families/outcome.h"

static bool parse_incoming(struct bytes value, struct incoming *out)
{
    struct reader reader = reader_of(value);
    struct document ask;
    struct err err;

    out->lsn = reader_u64(&reader);
    out->kind = reader_u16(&reader);
    reader_copy(&reader, out->content.at, sizeof out->content.at);
    out->body = reader_bytes(&reader, reader_u32(&reader));
    return reader_done(&reader) && document_decode(&ask, out->kind, out->body, &err) == OK;
}

bool incoming_load(struct txn *txn, struct division issuer, struct bytes id, struct incoming *out)
{
    const struct row_key key = row_key_of(ROW_INCOMING, issuer, id);
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) &&
           txn_check_row(txn, row_key_bytes(&key), parse_incoming(value, out));
}

void incoming_store(struct txn *txn, struct division issuer, struct bytes id,
                    const struct incoming *incoming)
{
    const struct row_key key = row_key_of(ROW_INCOMING, issuer, id);
    struct buf value = BUF_EMPTY;

    buf_put_u64(&value, incoming->lsn);
    buf_put_u16(&value, (uint16_t)incoming->kind);
    buf_append(&value, incoming->content.at, sizeof incoming->content.at);
    buf_put_u32(&value, (uint32_t)incoming->body.size);
    buf_append_bytes(&value, incoming->body);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}

size_t incoming_issuers(struct txn *txn, const struct roster *roster, struct division self,
                        uint32_t answer_kind, struct bytes id, struct division out[TREE_DEPTH_MAX])
{
    const struct member *member = roster_find(roster, self);
    size_t count = 0;

    for (member = member == NULL ? NULL : member->parent; member != NULL; member = member->parent) {
        struct transfer_match match;

        assert(count < TREE_DEPTH_MAX); /* no roster is deeper */
        if (transfer_match_load(txn, member->grant.division, id, &match) &&
            match.transfer_lsn != 0 && division_equal(match.receiver, self) &&
            outcome_answers(match.kind, answer_kind)) {
            out[count++] = member->grant.division;
        }
    }
    return count;
}

void incoming_document(const struct incoming *incoming, struct document *out)
{
    struct err err;
    const enum status status = document_decode(out, incoming->kind, incoming->body, &err);

    assert(status == OK); /* it was, as it was loaded */
    (void)status;
}
