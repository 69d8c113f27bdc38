#include "replicator/trust/enrol_attempts.h"

#include "proto/array.h"
#include "proto/log.h"
#include "replicator/store/row_letters.h"

#include <stdlib.h>

/* Whoever holds no token of ours cannot add a row, only to a count: evidence of a stolen token is
 * not pushed out by noise, and there are at most as many rows as tokens and reasons. */

enum { RECORD_VERSION = 1, ATTEMPTS_MAX = 4096 };

static void attempt_key(struct buf *key, enum status reason, struct division invited)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_ATTEMPT);
    buf_put_u8(key, (uint8_t)reason);
    division_write(key, invited);
}

static void write_attempt(struct buf *value, const struct enrol_attempt *attempt)
{
    const size_t code_size = strlen(attempt->division.code);
    const size_t address_size = strlen(attempt->from.address);

    buf_put_u8(value, RECORD_VERSION);
    buf_put_u64(value, attempt->first_unix_ms);
    buf_put_u64(value, attempt->unix_ms);
    buf_put_u64(value, attempt->count);
    buf_put_u32(value, (uint32_t)attempt->reason);
    buf_append(value, attempt->from.curve_key, sizeof attempt->from.curve_key);
    buf_put_u8(value, (uint8_t)address_size);
    buf_append(value, attempt->from.address, address_size);
    buf_put_u8(value, (uint8_t)code_size);
    buf_append(value, attempt->division.code, code_size);
    buf_append_bytes(value, bytes_text(attempt->text));
}

static bool parse_attempt(struct enrol_attempt *out, struct bytes value)
{
    struct reader reader = reader_of(value);
    const uint8_t version = reader_u8(&reader);
    struct bytes address, code;
    uint32_t reason;
    size_t text_size;

    memset(out, 0, sizeof *out);
    out->first_unix_ms = reader_u64(&reader);
    out->unix_ms = reader_u64(&reader);
    out->count = reader_u64(&reader);
    reason = reader_u32(&reader);
    reader_copy(&reader, out->from.curve_key, sizeof out->from.curve_key);
    address = reader_bytes(&reader, reader_u8(&reader));
    code = reader_bytes(&reader, reader_u8(&reader));
    text_size = reader_left(&reader);
    if (!reader_ok(&reader) || version != RECORD_VERSION || reason >= STATUSES ||
        address.size >= sizeof out->from.address || text_size >= sizeof out->text) {
        return false;
    }
    out->reason = (enum status)reason;
    (void)division_parse(&out->division, code); /* none: it could not be read */
    memcpy(out->from.address, address.data, address.size);
    reader_copy(&reader, out->text, text_size);
    return true;
}

void attempt_keep(struct txn *txn, struct enrol_attempt *attempt, struct division invited)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct enrol_attempt before;
    struct bytes kept;

    attempt_key(&key, attempt->reason, invited);
    attempt->first_unix_ms = attempt->unix_ms;
    attempt->count = 1;
    if (txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &kept) && parse_attempt(&before, kept)) {
        attempt->first_unix_ms = before.first_unix_ms;
        attempt->count += before.count;
    }
    write_attempt(&value, attempt);
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

/* --- reading --- */

struct attempt_list {
    struct enrol_attempt *attempts;
    size_t count, capacity;
    bool bad;
};

static bool gather_attempt(void *arg, struct bytes key, struct bytes value)
{
    struct attempt_list *list = arg;

    (void)key;
    ARRAY_ROOM(list->attempts, list->count, list->capacity);
    list->bad = !parse_attempt(&list->attempts[list->count], value);
    list->count += !list->bad;
    return !list->bad && list->count < ATTEMPTS_MAX;
}

static int newest_first(const void *a, const void *b)
{
    const struct enrol_attempt *left = a, *right = b;

    return (left->unix_ms < right->unix_ms) - (left->unix_ms > right->unix_ms);
}

enum status enrol_attempts(const struct store *store, struct store_snapshot *snapshot,
                           void (*visit)(void *arg, const struct enrol_attempt *attempt), void *arg,
                           struct err *err)
{
    const uint8_t prefix = LOCAL_ATTEMPT;
    struct attempt_list list = {NULL, 0, 0, false};
    enum status status = store->ops->scan(store->self, snapshot, SPACE_LOCAL, bytes_of(&prefix, 1),
                                          BYTES_NONE, gather_attempt, &list, err);

    if (status == OK && list.bad) {
        status = err_set(err, ERR_CORRUPT, "attempt_unreadable");
    }
    if (status == OK && list.count > 0) {
        qsort(list.attempts, list.count, sizeof *list.attempts, newest_first);
        for (size_t i = 0; i < list.count; i++) {
            visit(arg, &list.attempts[i]);
        }
    }
    mem_free(list.attempts);
    return status;
}
