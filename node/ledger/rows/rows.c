/* Values of the rows of documents, indicators, positions, matched transfers, catalogues and lists.
 */
#include "node/ledger/rows/row_codec.h"

/* --- children --- */

static void write_children(struct writer *writer, const struct children *children)
{
    write_count(writer, children->count);
    write_count(writer, children->lines);
    write_u8(writer, children->run);
    write_text(writer, children->newest);
}

static void read_children(struct reader *reader, struct children *children)
{
    children->count = read_count(reader);
    children->lines = read_count(reader);
    children->run = reader_u8(reader);
    children->newest = read_text(reader);
}

/* --- documents --- */

/* What most documents have not takes a bit. */
enum doc_flag {
    DOC_FLAG_EVER_PAID = 1,
    DOC_FLAG_PARTY = 2,
    DOC_FLAG_CHILDREN = 4,
    DOC_FLAG_ECONOMIC = 8,
    DOC_FLAG_ASKED_BACK = 16,
    DOC_FLAG_WITHDRAW = 32,
    DOC_FLAG_ADJUSTED = 64,
    DOC_FLAG_TAKEN = 128
};

static bool parse_document(struct bytes value, struct doc_row *out)
{
    struct reader reader = reader_of(value);
    uint8_t flags;

    out->lsn = reader_u64(&reader);
    out->time_ms = reader_u64(&reader);
    out->kind = reader_u16(&reader);
    out->year = reader_u16(&reader);
    out->state = (enum doc_state)reader_u8(&reader);
    out->book_month = reader_u8(&reader);
    out->amount = reader_wide(&reader);
    out->left = reader_wide(&reader);
    out->spent = reader_wide(&reader);
    out->about = read_short(&reader);
    out->before = read_short(&reader);
    flags = reader_u8(&reader);
    out->ever_paid = (flags & DOC_FLAG_EVER_PAID) != 0;
    out->party = DIVISION_NONE;
    out->children = (struct children){.newest = BYTES_NONE};
    out->economic = short_text_of(BYTES_NONE);
    if ((flags & DOC_FLAG_PARTY) != 0) {
        out->party = read_division(&reader);
    }
    if ((flags & DOC_FLAG_CHILDREN) != 0) {
        read_children(&reader, &out->children);
    }
    if ((flags & DOC_FLAG_ECONOMIC) != 0) {
        out->economic = read_short(&reader);
    }
    out->asked_back = (flags & DOC_FLAG_ASKED_BACK) != 0 ? reader_wide(&reader) : 0;
    out->withdraw =
        (flags & DOC_FLAG_WITHDRAW) != 0 ? read_short(&reader) : short_text_of(BYTES_NONE);
    out->adjusted = (flags & DOC_FLAG_ADJUSTED) != 0 ? reader_wide(&reader) : 0;
    out->taken = (flags & DOC_FLAG_TAKEN) != 0 ? (enum account)reader_u8(&reader) : (enum account)0;
    out->later_month = (flags & DOC_FLAG_TAKEN) != 0 ? reader_u8(&reader) : 0;
    return reader_done(&reader) && out->state < DOC_STATES;
}

bool doc_load(struct txn *txn, struct division division, struct bytes id, struct doc_row *out)
{
    const struct row_key key = row_key_of(ROW_DOCUMENT, division, id);
    struct bytes value;

    return load_row(txn, &key, &value) &&
           txn_check_row(txn, row_key_bytes(&key), parse_document(value, out));
}

void doc_store(struct txn *txn, struct division division, struct bytes id,
               const struct doc_row *row)
{
    const struct row_key key = row_key_of(ROW_DOCUMENT, division, id);
    const bool has_party = !division_is_none(row->party), has_children = row->children.count > 0;
    const bool is_asked_back = row->asked_back != 0, has_withdraw = row->withdraw.size > 0;
    const bool has_economic = row->economic.size > 0;
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, row->lsn);
    write_u64(&writer, row->time_ms);
    write_u16(&writer, row->kind);
    write_u16(&writer, (uint32_t)row->year);
    write_u8(&writer, (uint8_t)row->state);
    write_u8(&writer, row->book_month);
    write_wide(&writer, row->amount);
    write_wide(&writer, row->left);
    write_wide(&writer, row->spent);
    write_text(&writer, short_text_bytes(&row->about));
    write_text(&writer, short_text_bytes(&row->before));
    write_u8(&writer,
             (uint8_t)((row->ever_paid ? DOC_FLAG_EVER_PAID : 0) |
                       (has_party ? DOC_FLAG_PARTY : 0) | (has_children ? DOC_FLAG_CHILDREN : 0) |
                       (has_economic ? DOC_FLAG_ECONOMIC : 0) |
                       (is_asked_back ? DOC_FLAG_ASKED_BACK : 0) |
                       (has_withdraw ? DOC_FLAG_WITHDRAW : 0) |
                       (row->adjusted != 0 ? DOC_FLAG_ADJUSTED : 0) |
                       (row->taken != 0 ? DOC_FLAG_TAKEN : 0)));
    if (has_party) {
        write_division(&writer, row->party);
    }
    if (has_children) {
        write_children(&writer, &row->children);
    }
    if (has_economic) {
        write_text(&writer, short_text_bytes(&row->economic));
    }
    if (is_asked_back) {
        write_wide(&writer, row->asked_back);
    }
    if (has_withdraw) {
        write_text(&writer, short_text_bytes(&row->withdraw));
    }
    if (row->adjusted != 0) {
        write_wide(&writer, row->adjusted);
    }
    if (row->taken != 0) {
        write_u8(&writer, (uint8_t)row->taken);
        write_u8(&writer, row->later_month);
    }
    put_row(txn, &key, &writer);
}

/* --- indicators --- */

/* Beside the flags, in the row alone. */
enum { INDICATOR_HAS_ISSUER = 0x80, INDICATOR_WAS_CARRIED = 0x40, INDICATOR_HAS_RECEIVER = 0x20 };

/* What never changes, and stands in front. */
static void read_terms(struct reader *reader, struct indicator *out)
{
    uint8_t flags;

    out->year = reader_u16(reader);
    out->kind = reader_u16(reader);
    flags = reader_u8(reader);
    out->flags =
        flags & (uint8_t) ~(INDICATOR_HAS_ISSUER | INDICATOR_WAS_CARRIED | INDICATOR_HAS_RECEIVER);
    out->carried_times = (flags & INDICATOR_WAS_CARRIED) != 0 ? reader_u8(reader) : 0;
    out->lsn = reader_u64(reader);
    out->issuer = DIVISION_NONE;
    if ((flags & INDICATOR_HAS_ISSUER) != 0) {
        out->issuer = read_division(reader);
    }
    out->receiver = DIVISION_NONE;
    if ((flags & INDICATOR_HAS_RECEIVER) != 0) {
        out->receiver = read_division(reader);
    }
    out->origin = read_text(reader);
    out->source = read_text(reader);
    out->fund = read_text(reader);
    out->project = read_text(reader);
    out->function = read_text(reader);
    out->agency = read_text(reader);
    out->economic = read_text(reader);
    out->gov_economic = read_text(reader);
    out->elements = reader_bytes(reader, reader_u16(reader));
}

bool indicator_parse(struct bytes value, struct indicator *out)
{
    struct reader reader = reader_of(value);

    read_terms(&reader, out);
    read_sums(&reader, out->balance);
    read_children(&reader, &out->children);
    out->frozen_day = read_count(&reader);
    out->recovered = reader_wide(&reader);
    return reader_done(&reader);
}

bool indicator_load(struct txn *txn, struct division division, struct bytes id,
                    struct indicator *out)
{
    const struct row_key key = row_key_of(ROW_INDICATOR, division, id);
    struct bytes value;

    return load_row(txn, &key, &value) &&
           txn_check_row(txn, row_key_bytes(&key), indicator_parse(value, out));
}

bool indicator_load_terms(struct txn *txn, struct division division, struct bytes id,
                          struct indicator *out)
{
    const struct row_key key = row_key_of(ROW_INDICATOR, division, id);
    struct reader reader;
    struct bytes value;

    if (!load_row(txn, &key, &value)) {
        return false;
    }
    reader = reader_of(value);
    read_terms(&reader, out);
    return txn_check_row(txn, row_key_bytes(&key), reader_ok(&reader));
}

void indicator_store(struct txn *txn, struct division division, struct bytes id,
                     const struct indicator *indicator)
{
    const struct row_key key = row_key_of(ROW_INDICATOR, division, id);
    const bool has_issuer = !division_is_none(indicator->issuer);
    const bool has_receiver = !division_is_none(indicator->receiver);
    struct writer writer;

    writer.size = 0;
    write_u16(&writer, (uint32_t)indicator->year);
    write_u16(&writer, indicator->kind);
    write_u8(&writer, (uint8_t)(indicator->flags | (has_issuer ? INDICATOR_HAS_ISSUER : 0) |
                                (has_receiver ? INDICATOR_HAS_RECEIVER : 0) |
                                (indicator->carried_times > 0 ? INDICATOR_WAS_CARRIED : 0)));
    if (indicator->carried_times > 0) {
        write_u8(&writer, indicator->carried_times);
    }
    write_u64(&writer, indicator->lsn);
    if (has_issuer) {
        write_division(&writer, indicator->issuer);
    }
    if (has_receiver) {
        write_division(&writer, indicator->receiver);
    }
    write_text(&writer, indicator->origin);
    write_text(&writer, indicator->source);
    write_text(&writer, indicator->fund);
    write_text(&writer, indicator->project);
    write_text(&writer, indicator->function);
    write_text(&writer, indicator->agency);
    write_text(&writer, indicator->economic);
    write_text(&writer, indicator->gov_economic);
    write_long_text(&writer, indicator->elements);
    write_sums(&writer, indicator->balance); /* behind what never changes: see the views */
    write_children(&writer, &indicator->children);
    write_count(&writer, indicator->frozen_day);
    write_wide(&writer, indicator->recovered);
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
    indicator->economic = document_text(elements, FIELD_DEP_BGT_ECO_CODE);
    indicator->gov_economic = document_text(elements, FIELD_GOV_BGT_ECO_CODE);
    indicator->elements = encoded;
}

/* --- position --- */

void position_load(struct txn *txn, struct division division, struct position_row *out)
{
    const struct row_key key = row_key_of(ROW_POSITION, division, BYTES_NONE);
    struct bytes value = BYTES_NONE;
    struct reader reader;

    memset(out, 0, sizeof *out);
    if (!load_row(txn, &key, &value)) {
        return;
    }
    reader = reader_of(value);
    out->lsn = reader_u64(&reader);
    out->time_ms = reader_u64(&reader);
    reader_copy(&reader, out->digest.at, sizeof out->digest.at);
    out->digest_lsn = reader_u64(&reader);
    (void)txn_check_row(txn, row_key_bytes(&key), reader_done(&reader));
}

void position_store(struct txn *txn, struct division division, const struct position_row *row)
{
    const struct row_key key = row_key_of(ROW_POSITION, division, BYTES_NONE);
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, row->lsn);
    write_u64(&writer, row->time_ms);
    write_raw(&writer, row->digest.at, sizeof row->digest.at);
    write_u64(&writer, row->digest_lsn);
    put_row(txn, &key, &writer);
}

/* --- both sides of an ask --- */

static enum outcome read_outcome(struct reader *reader)
{
    const uint8_t outcome = reader_u8(reader);

    if (outcome >= OUTCOMES) {
        reader->failed = true;
        return OUTCOME_NONE;
    }
    return (enum outcome)outcome;
}

static bool parse_transfer_match(struct bytes value, struct transfer_match *out)
{
    struct reader reader = reader_of(value);

    out->transfer_lsn = reader_u64(&reader);
    out->evidence_lsn = reader_u64(&reader);
    out->kind = reader_u16(&reader);
    out->receiver = read_division(&reader);
    out->amount = read_i64(&reader);
    reader_copy(&reader, out->content.at, sizeof out->content.at);
    reader_copy(&reader, out->terms.at, sizeof out->terms.at);
    out->year = reader_u16(&reader);
    out->due = reader_u64(&reader);
    out->lowers = read_short(&reader);
    out->withdraw_lsn = reader_u64(&reader);
    out->answer_lsn = reader_u64(&reader);
    out->answerer = read_division(&reader);
    out->answer_amount = read_i64(&reader);
    out->answer_names_lsn = reader_u64(&reader);
    reader_copy(&reader, out->answer_content.at, sizeof out->answer_content.at);
    reader_copy(&reader, out->answer_terms.at, sizeof out->answer_terms.at);
    out->answer_year = reader_u16(&reader);
    out->answered = read_outcome(&reader);
    out->answer_id = read_short(&reader);
    out->settle_lsn = reader_u64(&reader);
    out->settle_amount = read_i64(&reader);
    out->settled = read_outcome(&reader);
    out->settle_id = read_short(&reader);
    out->settle_answer_id = read_short(&reader);
    out->given_back = reader_wide(&reader);
    out->taken_back = reader_wide(&reader);
    out->breach = reader_u8(&reader) != 0;
    out->missed = reader_u8(&reader) != 0;
    return reader_done(&reader);
}

bool transfer_match_load(struct txn *txn, struct division issuer, struct bytes id,
                         struct transfer_match *out)
{
    const struct row_key key = row_key_of(ROW_TRANSFER_MATCH, issuer, id);
    struct bytes value;

    if (load_row(txn, &key, &value) &&
        txn_check_row(txn, row_key_bytes(&key), parse_transfer_match(value, out))) {
        return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}

void transfer_match_store(struct txn *txn, struct division issuer, struct bytes id,
                          const struct transfer_match *match)
{
    const struct row_key key = row_key_of(ROW_TRANSFER_MATCH, issuer, id);
    struct writer writer;

    writer.size = 0;
    write_u64(&writer, match->transfer_lsn);
    write_u64(&writer, match->evidence_lsn);
    write_u16(&writer, match->kind);
    write_division(&writer, match->receiver);
    write_i64(&writer, match->amount);
    write_hash(&writer, &match->content);
    write_hash(&writer, &match->terms);
    write_u16(&writer, (uint32_t)match->year);
    write_u64(&writer, match->due);
    write_text(&writer, short_text_bytes(&match->lowers));
    write_u64(&writer, match->withdraw_lsn);
    write_u64(&writer, match->answer_lsn);
    write_division(&writer, match->answerer);
    write_i64(&writer, match->answer_amount);
    write_u64(&writer, match->answer_names_lsn);
    write_hash(&writer, &match->answer_content);
    write_hash(&writer, &match->answer_terms);
    write_u16(&writer, (uint32_t)match->answer_year);
    write_u8(&writer, (uint8_t)match->answered);
    write_text(&writer, short_text_bytes(&match->answer_id));
    write_u64(&writer, match->settle_lsn);
    write_i64(&writer, match->settle_amount);
    write_u8(&writer, (uint8_t)match->settled);
    write_text(&writer, short_text_bytes(&match->settle_id));
    write_text(&writer, short_text_bytes(&match->settle_answer_id));
    write_wide(&writer, match->given_back);
    write_wide(&writer, match->taken_back);
    write_u8(&writer, match->breach);
    write_u8(&writer, match->missed);
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

    return load_row(txn, key, &value) &&
           txn_check_row(txn, row_key_bytes(key), catalogue_parse(value, out));
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

bool list_is_whole(struct bytes value)
{
    struct reader reader = reader_of(value);
    struct bytes id;

    while (list_next(&reader, &id)) {
    }
    return reader_done(&reader);
}
