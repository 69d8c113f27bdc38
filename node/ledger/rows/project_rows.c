#include "node/ledger/rows/project_rows.h"

#include "node/ledger/rows/row_codec.h"

static bool parse_money(struct bytes value, struct project_money *out)
{
    struct reader reader = reader_of(value);

    out->taken = reader_wide(&reader);
    out->total = read_i64(&reader);
    out->start_year = reader_u16(&reader);
    out->term = (int)read_count(&reader);
    out->exit_date = read_short(&reader);
    out->by = read_short(&reader);
    out->policy_ref = read_text(&reader);
    return reader_done(&reader);
}

void project_money_load(struct txn *txn, struct division division, struct bytes pro_code,
                        struct project_money *out)
{
    const struct row_key key = row_key_of(ROW_PROJECT_MONEY, division, pro_code);
    struct bytes value;

    if (!load_row(txn, &key, &value) ||
        !txn_check_row(txn, row_key_bytes(&key), parse_money(value, out))) {
        *out = (struct project_money){.policy_ref = BYTES_NONE};
    }
}

void project_money_store(struct txn *txn, struct division division, struct bytes pro_code,
                         const struct project_money *money)
{
    const struct row_key key = row_key_of(ROW_PROJECT_MONEY, division, pro_code);
    struct writer writer;

    writer.size = 0;
    write_wide(&writer, money->taken);
    write_i64(&writer, money->total);
    write_u16(&writer, (uint32_t)money->start_year);
    write_count(&writer, (uint32_t)money->term);
    write_text(&writer, short_text_bytes(&money->exit_date));
    write_text(&writer, short_text_bytes(&money->by));
    write_text(&writer, money->policy_ref);
    put_row(txn, &key, &writer);
}
