#include "node/ledger/rows/calendar_rows.h"

#include "node/ledger/rows/row_codec.h"

static struct row_key day_key(struct division author, uint64_t day)
{
    const uint8_t raw[4] = {(uint8_t)(day >> 24), (uint8_t)(day >> 16), (uint8_t)(day >> 8),
                            (uint8_t)day};

    return row_key_of(ROW_CALENDAR, author, bytes_of(raw, sizeof raw));
}

static bool parse_day(struct bytes value, struct day_said out[DAY_SCOPES_MAX], size_t *count)
{
    struct reader reader = reader_of(value);

    *count = read_item_count(&reader, DAY_SCOPES_MAX);
    for (size_t i = 0; i < *count; i++) {
        const uint8_t words = reader_u8(&reader);

        out[i].is_workday = (enum day_word)(words & 3);
        out[i].suspends = (enum day_word)(words >> 2 & 3);
        out[i].scope = reader_bytes(&reader, reader_u16(&reader));
    }
    return reader_done(&reader);
}

size_t calendar_day(struct txn *txn, struct division author, uint64_t day,
                    struct day_said out[DAY_SCOPES_MAX])
{
    const struct row_key key = day_key(author, day);
    struct bytes value;
    size_t count;

    return load_row(txn, &key, &value) &&
                   txn_check_row(txn, row_key_bytes(&key), parse_day(value, out, &count))
               ? count
               : 0;
}

/* The row of no day says that there are others. */
static struct row_key any_key(struct division author)
{
    return row_key_of(ROW_CALENDAR, author, BYTES_NONE);
}

bool calendar_said(struct txn *txn, struct division author)
{
    const struct row_key key = any_key(author);
    struct bytes value;

    return load_row(txn, &key, &value);
}

void calendar_say(struct txn *txn, struct division author, uint64_t day,
                  const struct day_said *said)
{
    const struct row_key key = day_key(author, day), any = any_key(author);
    struct day_said all[DAY_SCOPES_MAX];
    size_t count = calendar_day(txn, author, day, all), at = 0;
    struct buf value = BUF_EMPTY;

    while (at < count && !bytes_equal(all[at].scope, said->scope)) {
        at++;
    }
    if (at == DAY_SCOPES_MAX) {
        return;
    }
    if (at == count) {
        all[count++] = (struct day_said){DAY_UNSAID, DAY_UNSAID, said->scope};
    }
    all[at].is_workday = said->is_workday != DAY_UNSAID ? said->is_workday : all[at].is_workday;
    all[at].suspends = said->suspends != DAY_UNSAID ? said->suspends : all[at].suspends;
    buf_put_u8(&value, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_u8(&value, (uint8_t)(all[i].is_workday | all[i].suspends << 2));
        buf_put_u16(&value, (uint16_t)all[i].scope.size);
        buf_append_bytes(&value, all[i].scope);
    }
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    if (!calendar_said(txn, author)) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&any), bytes_text("1"));
    }
    buf_free(&value);
}
