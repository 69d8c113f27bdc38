#include "node/core/alarm_rows.h"

#include <stdio.h>

#include "node/office/local_keys.h"

struct alarm_key {
    uint8_t at[1 + sizeof(uint64_t)];
};

static struct bytes key_of(struct alarm_key *key, enum local_key letter, uint64_t number)
{
    key->at[0] = (uint8_t)letter;
    store_u64(key->at + 1, number);
    return bytes_of(key->at, sizeof key->at);
}

/* --- counters --- */

void alarm_counters_load(struct txn *txn, struct alarm_counters *out)
{
    const uint8_t letter = LOCAL_ALARM_COUNTERS;
    struct bytes row = BYTES_NONE;
    struct reader reader;

    *out = (struct alarm_counters){1, 1, 1};
    if (!txn_get(txn, SPACE_LOCAL, bytes_of(&letter, 1), &row)) {
        return;
    }
    reader = reader_of(row);
    out->next_id = reader_u64(&reader);
    out->first_past = reader_u64(&reader);
    out->next_past = reader_u64(&reader);
    if (!reader_done(&reader)) {
        struct err err;

        (void)err_set(&err, ERR_CORRUPT, "alarm_row_damaged key=counters");
        txn_fail(txn, &err);
    }
}

void alarm_counters_put(struct txn *txn, const struct alarm_counters *counters)
{
    const uint8_t letter = LOCAL_ALARM_COUNTERS;
    struct buf row = BUF_EMPTY;

    buf_put_u64(&row, counters->next_id);
    buf_put_u64(&row, counters->first_past);
    buf_put_u64(&row, counters->next_past);
    (void)txn_put(txn, SPACE_LOCAL, bytes_of(&letter, 1), buf_bytes(&row));
    buf_free(&row);
}

/* --- one alarm --- */

static void put_text(struct buf *row, const char *text)
{
    buf_put_u16(row, (uint16_t)strlen(text));
    buf_append_bytes(row, bytes_text(text));
}

static void read_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u16(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
}

static void encode(struct buf *row, const struct alarm *alarm)
{
    buf_put_u64(row, alarm->id);
    buf_put_u16(row, (uint16_t)alarm->code);
    buf_put_u8(row, alarm->is_summary);
    put_text(row, alarm->about.code);
    buf_put_u64(row, alarm->first_unix_ms);
    buf_put_u64(row, alarm->last_unix_ms);
    buf_put_u64(row, alarm->count);
    buf_put_u64(row, alarm->acked_unix_ms);
    buf_put_u64(row, alarm->cleared_unix_ms);
    put_text(row, alarm->acked_by);
    put_text(row, alarm->message);
    if (alarm->silenced_unix_ms != 0) { /* only then: rows of before there was silence end here */
        buf_put_u64(row, alarm->silenced_unix_ms);
        put_text(row, alarm->silenced_by);
    }
}

static bool decode(struct alarm *alarm, struct bytes row)
{
    struct reader reader = reader_of(row);

    memset(alarm, 0, sizeof *alarm);
    alarm->id = reader_u64(&reader);
    alarm->code = (enum alarm_code)reader_u16(&reader);
    alarm->is_summary = reader_u8(&reader) != 0;
    read_text(&reader, alarm->about.code, sizeof alarm->about.code);
    alarm->first_unix_ms = reader_u64(&reader);
    alarm->last_unix_ms = reader_u64(&reader);
    alarm->count = reader_u64(&reader);
    alarm->acked_unix_ms = reader_u64(&reader);
    alarm->cleared_unix_ms = reader_u64(&reader);
    read_text(&reader, alarm->acked_by, sizeof alarm->acked_by);
    read_text(&reader, alarm->message, sizeof alarm->message);
    if (reader_left(&reader) > 0) {
        alarm->silenced_unix_ms = reader_u64(&reader);
        read_text(&reader, alarm->silenced_by, sizeof alarm->silenced_by);
    }
    return reader_done(&reader);
}

static void put(struct txn *txn, enum local_key letter, uint64_t number, const struct alarm *alarm)
{
    struct alarm_key key;
    struct buf row = BUF_EMPTY;

    encode(&row, alarm);
    (void)txn_put(txn, SPACE_LOCAL, key_of(&key, letter, number), buf_bytes(&row));
    buf_free(&row);
}

/* --- open ones --- */

void alarm_put(struct txn *txn, const struct alarm *alarm)
{
    put(txn, LOCAL_ALARM, alarm->id, alarm);
}

void alarm_delete(struct txn *txn, uint64_t id)
{
    struct alarm_key key;

    txn_delete(txn, SPACE_LOCAL, key_of(&key, LOCAL_ALARM, id));
}

struct each {
    bool (*visit)(void *arg, const struct alarm *alarm);
    void *arg;
    bool damaged;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct each *each = arg;
    struct alarm alarm;

    (void)key;
    each->damaged = !decode(&alarm, value);
    return !each->damaged && each->visit(each->arg, &alarm);
}

enum status alarm_each(struct txn *txn, bool (*visit)(void *arg, const struct alarm *alarm),
                       void *arg, struct err *err)
{
    const uint8_t letter = LOCAL_ALARM;
    struct each each = {visit, arg, false};
    const enum status status =
        txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_row, &each, err);

    if (status == OK && each.damaged) {
        return err_set(err, ERR_CORRUPT, "alarm_row_damaged key=open");
    }
    return status;
}

/* --- history --- */

void alarm_past_put(struct txn *txn, uint64_t sequence, const struct alarm *alarm)
{
    put(txn, LOCAL_ALARM_PAST, sequence, alarm);
}

void alarm_past_delete(struct txn *txn, uint64_t sequence)
{
    struct alarm_key key;

    txn_delete(txn, SPACE_LOCAL, key_of(&key, LOCAL_ALARM_PAST, sequence));
}

/* False when there is none of this sequence. */
static bool alarm_past_load(struct txn *txn, uint64_t sequence, struct alarm *out)
{
    struct alarm_key key;
    struct bytes row;

    return txn_get(txn, SPACE_LOCAL, key_of(&key, LOCAL_ALARM_PAST, sequence), &row) &&
           decode(out, row);
}

void alarms_each_past(struct txn *txn, uint64_t before,
                      bool (*visit)(void *arg, const struct alarm *alarm), void *arg,
                      uint64_t *next)
{
    struct alarm_counters counters;
    struct alarm alarm;
    uint64_t sequence;

    alarm_counters_load(txn, &counters);
    sequence = before == 0 || before > counters.next_past ? counters.next_past : before;
    while (sequence > counters.first_past) {
        sequence--;
        if (alarm_past_load(txn, sequence, &alarm) && !visit(arg, &alarm)) {
            break;
        }
    }
    *next = sequence > counters.first_past ? sequence : 0;
}

bool alarm_row_fits(struct bytes key, struct bytes value)
{
    struct alarm alarm;

    if (key.data[0] == LOCAL_ALARM_COUNTERS) {
        return key.size == 1 && value.size == 3 * sizeof(uint64_t);
    }
    return key.size == sizeof(struct alarm_key) && decode(&alarm, value);
}
