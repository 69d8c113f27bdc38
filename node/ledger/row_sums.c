/* Values of the rows that add up: of a source, of a year, and roll-ups. */
#include "node/ledger/row_codec.h"

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
    put_row(txn, &key, &writer);
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
    put_row(txn, key, &writer);
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
