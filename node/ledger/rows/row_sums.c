/* Values of the rows that add up: of a source, of a year, and roll-ups. */
#include "node/ledger/rows/row_codec.h"

/* --- sums --- */

static bool parse_source(struct bytes value, struct source_sums *out)
{
    struct reader reader = reader_of(value);

    out->credit = reader_wide(&reader);
    out->debit = reader_wide(&reader);
    return reader_done(&reader);
}

bool source_load(struct txn *txn, struct division division, struct bytes id,
                 struct source_sums *out)
{
    const struct row_key key = row_key_of(ROW_SOURCE, division, id);
    struct bytes value;

    return load_row(txn, &key, &value) &&
           txn_check_row(txn, row_key_bytes(&key), parse_source(value, out));
}

void source_store(struct txn *txn, struct division division, struct bytes id,
                  const struct source_sums *sums)
{
    const struct row_key key = row_key_of(ROW_SOURCE, division, id);
    struct writer writer;

    writer.size = 0;
    write_wide(&writer, sums->credit);
    write_wide(&writer, sums->debit);
    put_row(txn, &key, &writer);
}

bool year_sums_parse(struct bytes value, int128 sums[ACCOUNTS])
{
    struct reader reader = reader_of(value);

    read_sums(&reader, sums);
    return reader_done(&reader);
}

void year_sums_load(struct txn *txn, const struct row_key *key, int128 sums[ACCOUNTS])
{
    struct bytes value;

    if (!load_row(txn, key, &value) ||
        !txn_check_row(txn, row_key_bytes(key), year_sums_parse(value, sums))) {
        memset(sums, 0, ACCOUNTS * sizeof *sums);
    }
}

void year_sums_store(struct txn *txn, const struct row_key *key, const int128 sums[ACCOUNTS])
{
    struct writer writer;

    writer.size = 0;
    write_sums(&writer, sums);
    put_row(txn, key, &writer);
}

/* --- roll-ups: the accounts that ever moved, then the debit and the credit of each --- */

bool rollup_parse(struct bytes value, struct rollup *out)
{
    struct reader reader = reader_of(value);
    uint64_t accounts = read_accounts(&reader);

    memset(out, 0, sizeof *out);
    for (; accounts != 0; accounts &= accounts - 1) {
        const unsigned account = first_account(accounts);

        out->of[account].debit = reader_wide(&reader);
        out->of[account].credit = reader_wide(&reader);
    }
    return reader_done(&reader);
}

void rollup_load(struct txn *txn, const struct row_key *key, struct rollup *out)
{
    struct bytes value;

    if (!txn_get(txn, SPACE_ROLLUPS, row_key_bytes(key), &value) ||
        !txn_check_row(txn, row_key_bytes(key), rollup_parse(value, out))) {
        memset(out, 0, sizeof *out);
    }
}

void rollup_store(struct txn *txn, const struct row_key *key, const struct rollup *rollup)
{
    struct writer writer;
    uint64_t accounts = 0;

    for (unsigned account = 0; account < ACCOUNTS; account++) {
        accounts |= (uint64_t)(rollup->of[account].debit != 0 || rollup->of[account].credit != 0)
                    << account;
    }
    writer.size = 0;
    write_accounts(&writer, accounts);
    for (; accounts != 0; accounts &= accounts - 1) {
        const unsigned account = first_account(accounts);

        write_wide(&writer, rollup->of[account].debit);
        write_wide(&writer, rollup->of[account].credit);
    }
    (void)txn_put(txn, SPACE_ROLLUPS, row_key_bytes(key), bytes_of(writer.at, writer.size));
}
