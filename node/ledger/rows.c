/* Values of the rows of documents, indicators, positions, edges, catalogues and lists. */
#include "node/ledger/row_codec.h"

/* --- documents --- */

bool doc_parse(struct bytes value, struct doc_row *out)
{
    struct reader reader = reader_of(value);

    out->lsn = reader_u64(&reader);
    out->time_ms = reader_u64(&reader);
    out->kind = reader_u16(&reader);
    out->year = reader_u16(&reader);
    out->state = (enum doc_state)reader_u8(&reader);
    out->amount = read_i64(&reader);
    out->left = read_i64(&reader);
    out->spent = read_i64(&reader);
    out->ever_paid = reader_u8(&reader) != 0;
    out->about = read_short(&reader);
    out->party = read_division(&reader);
    return reader_ok(&reader);
}

bool doc_load(struct txn *txn, struct division division, struct bytes id, struct doc_row *out)
{
    const struct row_key key = row_key_of('D', division, id);
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) && doc_parse(value, out);
}

void doc_store(struct txn *txn, struct division division, struct bytes id,
               const struct doc_row *row)
{
    const struct row_key key = row_key_of('D', division, id);
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, row->lsn);
    write_u64(&writer, row->time_ms);
    write_u16(&writer, row->kind);
    write_u16(&writer, (uint32_t)row->year);
    write_u8(&writer, (uint8_t)row->state);
    write_i64(&writer, row->amount);
    write_i64(&writer, row->left);
    write_i64(&writer, row->spent);
    write_u8(&writer, row->ever_paid);
    write_text(&writer, short_text_bytes(&row->about));
    write_division(&writer, row->party);
    put_row(txn, &key, &writer);
}

/* --- indicators --- */

/* A bit for each account that is not nil, then their balances: most hold money on two or three.
 * They come last, behind what never changes: see the views of an indicator. */
static void write_balances(struct writer *writer, const int64_t balances[ACCOUNTS])
{
    uint32_t accounts = 0;

    for (unsigned i = 0; i < ACCOUNTS; i++) {
        accounts |= (uint32_t)(balances[i] != 0) << i;
    }
    write_u16(writer, accounts);
    for (; accounts != 0; accounts &= accounts - 1) {
        write_i64(writer, balances[__builtin_ctz(accounts)]);
    }
}

static void read_balances(struct reader *reader, int64_t balances[ACCOUNTS])
{
    uint32_t accounts = reader_u16(reader);

    memset(balances, 0, ACCOUNTS * sizeof *balances);
    for (; accounts != 0; accounts &= accounts - 1) {
        balances[__builtin_ctz(accounts)] = read_i64(reader);
    }
}

bool indicator_parse(struct bytes value, struct indicator *out)
{
    struct reader reader = reader_of(value);

    out->year = reader_u16(&reader);
    out->kind = reader_u16(&reader);
    out->flags = reader_u8(&reader);
    out->lsn = reader_u64(&reader);
    out->issuer = read_division(&reader);
    out->origin = read_text(&reader);
    out->source = read_text(&reader);
    out->fund = read_text(&reader);
    out->project = read_text(&reader);
    out->function = read_text(&reader);
    out->agency = read_text(&reader);
    out->elements = reader_bytes(&reader, reader_u16(&reader));
    read_balances(&reader, out->balance);
    return reader_done(&reader);
}

bool indicator_load(struct txn *txn, struct division division, struct bytes id,
                    struct indicator *out)
{
    const struct row_key key = row_key_of('I', division, id);
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) && indicator_parse(value, out);
}

void indicator_store(struct txn *txn, struct division division, struct bytes id,
                     const struct indicator *indicator)
{
    const struct row_key key = row_key_of('I', division, id);
    struct writer writer;

    writer.size = 0;
    write_u16(&writer, (uint32_t)indicator->year);
    write_u16(&writer, indicator->kind);
    write_u8(&writer, indicator->flags);
    write_u64(&writer, indicator->lsn);
    write_division(&writer, indicator->issuer);
    write_text(&writer, indicator->origin);
    write_text(&writer, indicator->source);
    write_text(&writer, indicator->fund);
    write_text(&writer, indicator->project);
    write_text(&writer, indicator->function);
    write_text(&writer, indicator->agency);
    write_long_text(&writer, indicator->elements);
    write_balances(&writer, indicator->balance);
    put_row(txn, &key, &writer);
}

void indicator_elements(const struct indicator *indicator, struct document *out)
{
    struct err err;
    enum status status = document_decode(out, indicator->kind, indicator->elements, &err);

    assert(status == OK); /* we wrote it; the store's checksums guard it since */
    (void)status;
}

void indicator_set_elements(struct indicator *indicator, const struct document *elements,
                            struct bytes encoded)
{
    const bool spent = document_has(elements, FIELD_EXP_FUNC_CODE);

    indicator->fund = document_text(elements, FIELD_FUND_TYPE_CODE);
    indicator->project = document_text(elements, FIELD_PRO_CODE);
    indicator->function = document_text(elements, spent ? FIELD_EXP_FUNC_CODE : FIELD_TP_FUNC_CODE);
    indicator->agency = document_text(elements, FIELD_AGENCY_CODE);
    indicator->elements = encoded;
}

/* --- position --- */

void position_load(struct txn *txn, struct division division, struct position_row *out)
{
    const struct row_key key = row_key_of('L', division, BYTES_NONE);
    struct bytes value = BYTES_NONE;
    struct reader reader;

    memset(out, 0, sizeof *out);
    if (!txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        return;
    }
    reader = reader_of(value);
    out->lsn = reader_u64(&reader);
    out->time_ms = reader_u64(&reader);
    reader_copy(&reader, out->digest.at, sizeof out->digest.at);
    out->digest_lsn = reader_u64(&reader);
}

void position_store(struct txn *txn, struct division division, const struct position_row *row)
{
    const struct row_key key = row_key_of('L', division, BYTES_NONE);
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, row->lsn);
    write_u64(&writer, row->time_ms);
    write_raw(&writer, row->digest.at, sizeof row->digest.at);
    write_u64(&writer, row->digest_lsn);
    put_row(txn, &key, &writer);
}

/* --- edges --- */

bool edge_parse(struct bytes value, struct edge *out)
{
    struct reader reader = reader_of(value);
    uint8_t flags;

    out->transfer_lsn = reader_u64(&reader);
    out->receiver = read_division(&reader);
    out->amount = read_i64(&reader);
    reader_copy(&reader, out->content.at, sizeof out->content.at);
    reader_copy(&reader, out->terms.at, sizeof out->terms.at);
    out->year = reader_u16(&reader);
    out->answer_lsn = reader_u64(&reader);
    out->answerer = read_division(&reader);
    out->answer_amount = read_i64(&reader);
    out->answer_names_lsn = reader_u64(&reader);
    reader_copy(&reader, out->answer_content.at, sizeof out->answer_content.at);
    reader_copy(&reader, out->answer_terms.at, sizeof out->answer_terms.at);
    out->answer_year = reader_u16(&reader);
    out->answer_id = read_short(&reader);
    out->settle_lsn = reader_u64(&reader);
    out->settle_amount = read_i64(&reader);
    out->settle_id = read_short(&reader);
    out->settle_answer_id = read_short(&reader);
    flags = reader_u8(&reader);
    out->returned = (flags & 1) != 0;
    out->settled_returned = (flags & 2) != 0;
    out->breach = (flags & 4) != 0;
    return reader_done(&reader);
}

bool edge_load(struct txn *txn, struct division issuer, struct bytes id, struct edge *out)
{
    const struct row_key key = row_key_of('X', issuer, id);
    struct bytes value;

    if (txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) && edge_parse(value, out)) {
        return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}

void edge_store(struct txn *txn, struct division issuer, struct bytes id, const struct edge *edge)
{
    const struct row_key key = row_key_of('X', issuer, id);
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, edge->transfer_lsn);
    write_division(&writer, edge->receiver);
    write_i64(&writer, edge->amount);
    write_hash(&writer, &edge->content);
    write_hash(&writer, &edge->terms);
    write_u16(&writer, (uint32_t)edge->year);
    write_u64(&writer, edge->answer_lsn);
    write_division(&writer, edge->answerer);
    write_i64(&writer, edge->answer_amount);
    write_u64(&writer, edge->answer_names_lsn);
    write_hash(&writer, &edge->answer_content);
    write_hash(&writer, &edge->answer_terms);
    write_u16(&writer, (uint32_t)edge->answer_year);
    write_text(&writer, short_text_bytes(&edge->answer_id));
    write_u64(&writer, edge->settle_lsn);
    write_i64(&writer, edge->settle_amount);
    write_text(&writer, short_text_bytes(&edge->settle_id));
    write_text(&writer, short_text_bytes(&edge->settle_answer_id));
    write_u8(&writer, (uint8_t)(edge->returned | edge->settled_returned << 1 | edge->breach << 2));
    put_row(txn, &key, &writer);
}

/* --- catalogues --- */

bool catalogue_parse(struct bytes value, struct catalogue_row *out)
{
    struct reader reader = reader_of(value);
    uint8_t flags;

    out->lsn = reader_u64(&reader);
    out->owner = read_division(&reader);
    out->year = reader_u16(&reader);
    out->first_year = reader_u16(&reader);
    flags = reader_u8(&reader);
    out->usable = (flags & 1) != 0;
    out->is_track = (flags & 2) != 0;
    out->state = read_short(&reader);
    out->agency = read_short(&reader);
    out->group = read_text(&reader);
    out->name = reader_bytes(&reader, reader_u16(&reader));
    return reader_done(&reader);
}

bool catalogue_load(struct txn *txn, const struct row_key *key, struct catalogue_row *out)
{
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(key), &value) && catalogue_parse(value, out);
}

void catalogue_store(struct txn *txn, const struct row_key *key, const struct catalogue_row *row)
{
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, row->lsn);
    write_division(&writer, row->owner);
    write_u16(&writer, (uint32_t)row->year);
    write_u16(&writer, (uint32_t)row->first_year);
    write_u8(&writer, (uint8_t)(row->usable | row->is_track << 1));
    write_text(&writer, short_text_bytes(&row->state));
    write_text(&writer, short_text_bytes(&row->agency));
    write_text(&writer, row->group);
    write_long_text(&writer, row->name);
    put_row(txn, key, &writer);
}

/* --- lists --- */

void list_add(struct buf *value, struct bytes id)
{
    assert(id.size <= DOCUMENT_ID_MAX);
    buf_put_u8(value, (uint8_t)id.size);
    buf_append_bytes(value, id);
}

bool list_next(struct reader *value, struct bytes *id)
{
    if (reader_left(value) == 0) {
        return false;
    }
    *id = read_text(value);
    return reader_ok(value) && id->size > 0;
}
