/* Keys and values of all rows. A value is written into a fixed buffer: what may go into a row is
 * bounded when a document is decoded, so an overrun here is our own bug. */
#include "node/ledger/rows.h"

#include <assert.h>

enum { ROW_BYTES_MAX = 1280 };

struct writer {
    uint8_t at[ROW_BYTES_MAX];
    size_t size;
};

static void write_raw(struct writer *writer, const void *data, size_t size)
{
    assert(size <= sizeof writer->at - writer->size);
    if (size > 0) {
        memcpy(writer->at + writer->size, data, size);
    }
    writer->size += size;
}

static void write_u8(struct writer *writer, uint8_t value)
{
    write_raw(writer, &value, 1);
}

static void write_u16(struct writer *writer, uint32_t value)
{
    const uint8_t raw[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    assert(value <= UINT16_MAX);
    write_raw(writer, raw, sizeof raw);
}

static void write_u64(struct writer *writer, uint64_t value)
{
    assert(sizeof writer->at - writer->size >= 8);
    store_u64(writer->at + writer->size, value);
    writer->size += 8;
}

static void write_i64(struct writer *writer, int64_t value)
{
    write_u64(writer, (uint64_t)value);
}

static void write_division(struct writer *writer, struct division division)
{
    write_raw(writer, division.code, DIVISION_CODE_MAX);
}

static void write_text(struct writer *writer, struct bytes text)
{
    assert(text.size <= UINT8_MAX);
    write_u8(writer, (uint8_t)text.size);
    write_raw(writer, text.data, text.size);
}

static void write_long_text(struct writer *writer, struct bytes text)
{
    write_u16(writer, (uint32_t)text.size);
    write_raw(writer, text.data, text.size);
}

static uint8_t *put(struct txn *txn, const struct row_key *key, const struct writer *writer)
{
    return txn_put(txn, SPACE_LEDGER, row_key_bytes(key), bytes_of(writer->at, writer->size));
}

static int64_t read_i64(struct reader *reader)
{
    return (int64_t)reader_u64(reader);
}

static struct bytes read_text(struct reader *reader)
{
    return reader_bytes(reader, reader_u8(reader));
}

static struct short_text read_short(struct reader *reader)
{
    return short_text_of(read_text(reader));
}

/* A division that may be none, which division_read refuses. */
static struct division read_division(struct reader *reader)
{
    struct division division = DIVISION_NONE;

    reader_copy(reader, division.code, DIVISION_CODE_MAX);
    return division;
}

/* --- keys --- */

static void key_add(struct row_key *key, const void *data, size_t size)
{
    assert(size <= sizeof key->at - key->size);
    if (size > 0) {
        memcpy(key->at + key->size, data, size);
    }
    key->size += size;
}

static void key_add_number(struct row_key *key, uint64_t number, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        const uint8_t byte = (uint8_t)(number >> (8 * i));
        key_add(key, &byte, 1);
    }
}

struct row_key row_key_of(char letter, struct division division, struct bytes rest)
{
    struct row_key key;

    key.at[0] = (uint8_t)letter;
    memcpy(key.at + 1, division.code, DIVISION_CODE_MAX);
    key.size = 1 + DIVISION_CODE_MAX;
    key_add(&key, rest.data, rest.size);
    return key;
}

struct row_key year_sums_key(struct division division, int year, struct bytes fund)
{
    struct row_key key = row_key_of('Y', division, BYTES_NONE);

    key_add_number(&key, (uint64_t)year, 2);
    key_add(&key, fund.data, fund.size);
    return key;
}

struct row_key rollup_prefix(char scope, struct division division)
{
    return row_key_of(scope, division, BYTES_NONE);
}

struct row_key rollup_key(char scope, struct division division, int year,
                          enum rollup_dimension dimension, struct bytes rest)
{
    struct row_key key = rollup_prefix(scope, division);

    key_add_number(&key, (uint64_t)year, 2);
    key_add_number(&key, (uint64_t)dimension, 1);
    key_add(&key, rest.data, rest.size);
    return key;
}

bool rollup_key_parse(struct bytes row_key, int *year, enum rollup_dimension *dimension,
                      struct bytes *key)
{
    struct reader reader = reader_of(row_key);

    (void)reader_bytes(&reader, 1 + DIVISION_CODE_MAX);
    *year = reader_u16(&reader);
    *dimension = (enum rollup_dimension)reader_u8(&reader);
    *key = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader) && *dimension < ROLLUP_DIMENSIONS;
}

static struct row_key catalogue_key(char letter, struct bytes catalogue, int year)
{
    struct row_key key;

    key.at[0] = (uint8_t)letter;
    key.size = 1;
    key_add(&key, catalogue.data, catalogue.size);
    key_add_number(&key, 0, 1);
    key_add_number(&key, (uint64_t)year, 2);
    return key;
}

struct row_key code_key(struct bytes catalogue, int year, struct bytes code)
{
    struct row_key key = catalogue_key('C', catalogue, year);

    key_add(&key, code.data, code.size);
    return key;
}

struct row_key code_set_key(struct bytes catalogue, int year)
{
    return catalogue_key('c', catalogue, year);
}

struct row_key list_prefix(struct division division, uint32_t kind)
{
    struct row_key key = row_key_of('W', division, BYTES_NONE);

    key_add_number(&key, kind, 4);
    return key;
}

struct row_key list_key(struct division division, uint32_t kind, uint64_t lsn)
{
    struct row_key key = list_prefix(division, kind);

    key_add_number(&key, lsn, 8);
    return key;
}

struct short_text short_text_of(struct bytes text)
{
    struct short_text out;

    out.size = (uint8_t)(text.size < DOCUMENT_ID_MAX ? text.size : DOCUMENT_ID_MAX);
    if (out.size > 0) {
        memcpy(out.at, text.data, out.size);
    }
    out.at[out.size] = '\0';
    return out;
}

/* --- documents --- */

const char *doc_state_name(enum doc_state state)
{
    static const char *const names[DOC_STATES] = {[DOC_ENTERED] = "entered",
                                                  [DOC_PLANNED] = "planned",
                                                  [DOC_APPROVED] = "approved",
                                                  [DOC_ISSUED] = "issued",
                                                  [DOC_REGISTERED] = "registered",
                                                  [DOC_RETURNED] = "returned",
                                                  [DOC_PENDING] = "pending",
                                                  [DOC_RELEASED] = "released",
                                                  [DOC_APPLIED] = "applied",
                                                  [DOC_PART_PAID] = "part_paid",
                                                  [DOC_PAID] = "paid",
                                                  [DOC_CANCELLED] = "cancelled",
                                                  [DOC_REFUNDED] = "refunded"};

    return state < DOC_STATES && names[state] != NULL ? names[state] : "";
}

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
    (void)put(txn, &key, &writer);
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
    (void)put(txn, &key, &writer);
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

/* --- sums --- */

bool source_parse(struct bytes value, struct source_sums *out)
{
    struct reader reader = reader_of(value);

    out->credit = read_i64(&reader);
    out->debit = read_i64(&reader);
    return reader_done(&reader);
}

bool source_load(struct txn *txn, struct division division, struct bytes id,
                 struct source_sums *out)
{
    const struct row_key key = row_key_of('S', division, id);
    struct bytes value;

    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) && source_parse(value, out);
}

void source_store(struct txn *txn, struct division division, struct bytes id,
                  const struct source_sums *sums)
{
    const struct row_key key = row_key_of('S', division, id);
    struct writer writer;

    writer.size = 0;
    write_i64(&writer, sums->credit);
    write_i64(&writer, sums->debit);
    (void)put(txn, &key, &writer);
}

bool year_sums_parse(struct bytes value, int64_t sums[ACCOUNTS])
{
    struct reader reader = reader_of(value);

    for (size_t i = 0; i < ACCOUNTS; i++) {
        sums[i] = read_i64(&reader);
    }
    return reader_done(&reader);
}

void year_sums_load(struct txn *txn, const struct row_key *key, int64_t sums[ACCOUNTS])
{
    struct bytes value;

    if (!txn_get(txn, SPACE_LEDGER, row_key_bytes(key), &value) || !year_sums_parse(value, sums)) {
        memset(sums, 0, ACCOUNTS * sizeof *sums);
    }
}

void year_sums_store(struct txn *txn, const struct row_key *key, const int64_t sums[ACCOUNTS])
{
    struct writer writer;

    writer.size = 0;
    for (size_t i = 0; i < ACCOUNTS; i++) {
        write_i64(&writer, sums[i]);
    }
    (void)put(txn, key, &writer);
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
    (void)put(txn, &key, &writer);
}

/* --- roll-ups: the accounts that ever moved, so that a row stays short --- */

bool rollup_parse(struct bytes value, struct rollup *out)
{
    struct reader reader = reader_of(value);

    memset(out, 0, sizeof *out);
    while (reader_left(&reader) > 0) {
        const uint8_t account = reader_u8(&reader);

        if (account >= ACCOUNTS) {
            return false;
        }
        out->debit[account] = read_i64(&reader);
        out->credit[account] = read_i64(&reader);
    }
    return reader_ok(&reader);
}

void rollup_load(struct txn *txn, const struct row_key *key, struct rollup *out)
{
    struct bytes value;

    if (!txn_get(txn, SPACE_ROLLUPS, row_key_bytes(key), &value) || !rollup_parse(value, out)) {
        memset(out, 0, sizeof *out);
    }
}

void rollup_store(struct txn *txn, const struct row_key *key, const struct rollup *rollup)
{
    struct writer writer;

    writer.size = 0;
    for (unsigned account = 0; account < ACCOUNTS; account++) {
        if (rollup->debit[account] != 0 || rollup->credit[account] != 0) {
            write_u8(&writer, (uint8_t)account);
            write_i64(&writer, rollup->debit[account]);
            write_i64(&writer, rollup->credit[account]);
        }
    }
    (void)txn_put(txn, SPACE_ROLLUPS, row_key_bytes(key), bytes_of(writer.at, writer.size));
}

/* --- edges --- */

static void write_hash(struct writer *writer, const struct hash *hash)
{
    write_raw(writer, hash->at, sizeof hash->at);
}

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
    (void)put(txn, &key, &writer);
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
    (void)put(txn, key, &writer);
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
