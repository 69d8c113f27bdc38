#include "node/ledger/rows/year_rows.h"

#include "node/ledger/rows/row_codec.h"

static struct row_key year_key(struct division division, int year)
{
    const uint8_t raw[2] = {(uint8_t)(year >> 8), (uint8_t)year};

    return row_key_of(ROW_FISCAL_YEAR, division, bytes_of(raw, sizeof raw));
}

enum { JOINED = 1, LOST = 2 }; /* the last byte of the row; 0: neither */

static bool parse_year(struct bytes value, struct year_row *out)
{
    struct reader reader = reader_of(value);
    uint8_t last;

    out->said = (enum year_said)reader_u8(&reader);
    out->first_open_month = reader_u8(&reader);
    out->has_lines = reader_u8(&reader) != 0;
    last = reader_u8(&reader);
    out->joined = last == JOINED;
    out->lost = last == LOST;
    return reader_done(&reader) && out->said <= YEAR_SAID_CLOSED && out->first_open_month >= 1 &&
           out->first_open_month <= 12;
}

void year_load(struct txn *txn, struct division division, int year, struct year_row *out)
{
    const struct row_key key = year_key(division, year);
    struct bytes value;

    if (!load_row(txn, &key, &value) ||
        !txn_check_row(txn, row_key_bytes(&key), parse_year(value, out))) {
        *out = (struct year_row){.said = YEAR_UNSAID, .first_open_month = 1};
    }
}

void year_store(struct txn *txn, struct division division, int year, const struct year_row *row)
{
    const struct row_key key = year_key(division, year);
    struct writer writer;

    writer.size = 0;
    write_u8(&writer, (uint8_t)row->said);
    write_u8(&writer, row->first_open_month);
    write_u8(&writer, row->has_lines);
    write_u8(&writer, row->joined ? JOINED : row->lost ? LOST : 0);
    put_row(txn, &key, &writer);
}

void year_note_lost(struct txn *txn, struct division division, int year)
{
    struct year_row row;

    year_load(txn, division, year, &row);
    row.lost = true;
    row.joined = false;
    year_store(txn, division, year, &row);
}

/* The row of no year says since which one years are kept. */
static bool parse_since(struct bytes value, int *out)
{
    struct reader reader = reader_of(value);

    *out = reader_u16(&reader);
    return reader_done(&reader);
}

int years_kept_since(struct txn *txn, struct division division)
{
    const struct row_key key = year_key(division, 0);
    struct bytes value;
    int since;

    return load_row(txn, &key, &value) &&
                   txn_check_row(txn, row_key_bytes(&key), parse_since(value, &since))
               ? since
               : 0;
}

void years_keep_since(struct txn *txn, struct division division, int year)
{
    const struct row_key key = year_key(division, 0);
    struct writer writer;

    writer.size = 0;
    write_u16(&writer, (uint32_t)year);
    put_row(txn, &key, &writer);
}

enum year_standing year_standing(struct txn *txn, struct division division, int year)
{
    struct year_row row;
    int since;

    year_load(txn, division, year, &row);
    if (row.said != YEAR_UNSAID) {
        return row.said == YEAR_SAID_CLOSED ? YEAR_IS_CLOSED : YEAR_IS_OPEN;
    }
    since = years_kept_since(txn, division);
    return year < since || since == 0 ? YEAR_IS_OPEN : YEAR_IS_PREPARED;
}
