#include "node/ledger/rows/unapproved.h"

#include <stdio.h>

static struct row_key mark_key(struct division author, uint64_t lsn)
{
    uint8_t rest[8];

    for (size_t i = 0; i < sizeof rest; i++) {
        rest[i] = (uint8_t)(lsn >> (8 * (7 - i)));
    }
    return row_key_of(ROW_UNAPPROVED, author, bytes_of(rest, sizeof rest));
}

static bool parse_mark(struct bytes value, struct unapproved *out)
{
    struct reader reader = reader_of(value);
    struct bytes id, why;

    out->kind = reader_u32(&reader);
    out->amount = reader_wide(&reader);
    id = reader_bytes(&reader, reader_u8(&reader));
    why = reader_bytes(&reader, reader_left(&reader));
    if (!reader_ok(&reader) || id.size > DOCUMENT_ID_MAX || why.size > UNAPPROVED_WHY_MAX) {
        return false;
    }
    (void)snprintf(out->id, sizeof out->id, "%.*s", (int)id.size, (const char *)id.data);
    (void)snprintf(out->why, sizeof out->why, "%.*s", (int)why.size, (const char *)why.data);
    return true;
}

bool unapproved_find(struct txn *txn, struct division author, uint64_t lsn, struct unapproved *out)
{
    const struct row_key key = mark_key(author, lsn);
    struct unapproved mark = {.lsn = lsn};
    struct bytes value;
    const bool found = txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) &&
                       txn_check_row(txn, row_key_bytes(&key), parse_mark(value, &mark));

    if (found && out != NULL) {
        *out = mark;
    }
    return found;
}

void unapproved_sum(struct txn *txn, struct division author, struct unapproved_sum *out)
{
    const struct row_key key = row_key_of(ROW_UNAPPROVED_SUM, author, BYTES_NONE);
    struct bytes value;

    *out = (struct unapproved_sum){.count = 0};
    if (txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        struct reader reader = reader_of(value);

        out->count = reader_u64(&reader);
        out->amount = reader_wide(&reader);
        (void)txn_check_row(txn, row_key_bytes(&key), reader_done(&reader));
    }
}

static void add_to(struct txn *txn, struct division author, int64_t count, int128 amount)
{
    const struct row_key key = row_key_of(ROW_UNAPPROVED_SUM, author, BYTES_NONE);
    struct unapproved_sum sum;
    struct buf value = BUF_EMPTY;

    unapproved_sum(txn, author, &sum);
    buf_put_u64(&value, sum.count + (uint64_t)count);
    buf_put_wide(&value, sum.amount + amount);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}

/* The division's, and those of all together. */
static void add(struct txn *txn, struct division author, int64_t count, int128 amount)
{
    add_to(txn, author, count, amount);
    add_to(txn, DIVISION_NONE, count, amount);
}

void unapproved_mark(struct txn *txn, struct division author, const struct unapproved *mark)
{
    const struct row_key key = mark_key(author, mark->lsn);
    struct buf value = BUF_EMPTY;

    if (unapproved_find(txn, author, mark->lsn, NULL)) {
        return;
    }
    buf_put_u32(&value, mark->kind);
    buf_put_wide(&value, mark->amount);
    buf_put_u8(&value, (uint8_t)strlen(mark->id));
    buf_append_bytes(&value, bytes_text(mark->id));
    buf_append_bytes(&value, bytes_text(mark->why));
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
    add(txn, author, 1, mark->amount);
}

void unapproved_clear(struct txn *txn, struct division author, uint64_t lsn)
{
    const struct row_key key = mark_key(author, lsn);
    struct unapproved mark;

    if (unapproved_find(txn, author, lsn, &mark)) {
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        add(txn, author, -1, -mark.amount);
    }
}

struct each {
    struct txn *txn;
    bool (*visit)(void *arg, const struct unapproved *mark);
    void *arg;
};

static bool visit_mark(void *arg, struct bytes key, struct bytes value)
{
    const struct each *each = arg;
    struct reader reader = reader_of(row_key_rest(key));
    struct unapproved mark = {.lsn = reader_u64(&reader)};

    return txn_check_row(each->txn, key, reader_done(&reader) && parse_mark(value, &mark)) &&
           each->visit(each->arg, &mark);
}

void unapproved_each(struct txn *txn, struct division author, uint64_t from_lsn,
                     bool (*visit)(void *arg, const struct unapproved *mark), void *arg)
{
    const struct row_key prefix = row_key_of(ROW_UNAPPROVED, author, BYTES_NONE);
    const struct row_key from = mark_key(author, from_lsn);
    struct each each = {txn, visit, arg};
    struct err err;

    (void)txn_scan_from(txn, SPACE_LEDGER, row_key_bytes(&prefix), row_key_bytes(&from), visit_mark,
                        &each, &err); /* a read error stays there */
}
