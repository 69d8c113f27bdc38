#include "node/ledger/rows/policy_rows.h"

#include "node/ledger/rows/row_codec.h"

static bool parse_said(struct bytes value, struct policy_said out[POLICY_SCOPES_MAX], size_t *count)
{
    struct reader reader = reader_of(value);

    *count = read_item_count(&reader, POLICY_SCOPES_MAX);
    for (size_t i = 0; i < *count; i++) {
        out[i].lsn = reader_u64(&reader);
        out[i].scope = reader_bytes(&reader, reader_u16(&reader));
        out[i].value = reader_bytes(&reader, reader_u16(&reader));
    }
    return reader_done(&reader);
}

size_t policy_said(struct txn *txn, struct division author, struct bytes code,
                   struct policy_said out[POLICY_SCOPES_MAX])
{
    const struct row_key key = row_key_of(ROW_POLICY, author, code);
    struct bytes value;
    size_t count;

    return load_row(txn, &key, &value) &&
                   txn_check_row(txn, row_key_bytes(&key), parse_said(value, out, &count))
               ? count
               : 0;
}

static void put_text(struct buf *out, struct bytes text)
{
    buf_put_u16(out, (uint16_t)text.size);
    buf_append_bytes(out, text);
}

void policy_say(struct txn *txn, struct division author, struct bytes code,
                const struct policy_said *said)
{
    const struct row_key key = row_key_of(ROW_POLICY, author, code);
    struct policy_said all[POLICY_SCOPES_MAX];
    size_t count = policy_said(txn, author, code, all), at = 0;
    struct buf value = BUF_EMPTY;

    while (at < count && !bytes_equal(all[at].scope, said->scope)) {
        at++;
    }
    if (at == POLICY_SCOPES_MAX || (at < count && all[at].lsn > said->lsn)) {
        return;
    }
    all[at] = *said;
    count += at == count ? 1 : 0;
    buf_put_u8(&value, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_u64(&value, all[i].lsn);
        put_text(&value, all[i].scope);
        put_text(&value, all[i].value);
    }
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}
