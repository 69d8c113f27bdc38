#include "node/office/revocations.h"

#include <stdio.h>

#include "node/core/members.h"
#include "node/core/node_struct.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"

static void wish_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_REVOCATION);
    division_write(key, division);
}

static bool read_wish(struct revocation_wish *out, struct bytes key, struct bytes value)
{
    struct reader of = reader_of(key), in = reader_of(value);
    uint8_t name_size;

    memset(out, 0, sizeof *out);
    (void)reader_u8(&of);
    out->division = division_read(&of);
    out->since_unix_ms = reader_u64(&in);
    name_size = reader_u8(&in);
    if (name_size >= sizeof out->by) {
        return false;
    }
    reader_copy(&in, out->by, name_size);
    if (!reader_ok(&in) || reader_left(&in) >= sizeof out->reason) {
        return false;
    }
    reader_copy(&in, out->reason, reader_left(&in));
    return reader_done(&of) && reader_done(&in);
}

static bool is_over(const struct revocation_wish *wish, uint64_t now_unix_ms)
{
    return now_unix_ms >= wish->since_unix_ms + REVOCATION_WAITS_MS;
}

/* What waits of this division. */
static bool find(struct node *node, struct txn *txn, struct division division,
                 struct revocation_wish *out)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool found;

    wish_key(&key, division);
    found = txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &value) &&
            read_wish(out, buf_bytes(&key), value) && !is_over(out, node->turn_unix_ms);
    buf_free(&key);
    return found;
}

static void forget(struct txn *txn, struct division division)
{
    struct buf key = BUF_EMPTY;

    wish_key(&key, division);
    txn_delete(txn, SPACE_LOCAL, buf_bytes(&key));
    buf_free(&key);
}

static void keep(struct txn *txn, const struct revocation_wish *wish)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    wish_key(&key, wish->division);
    buf_put_u64(&value, wish->since_unix_ms);
    buf_put_u8(&value, (uint8_t)strlen(wish->by));
    buf_append_bytes(&value, bytes_text(wish->by));
    buf_append_bytes(&value, bytes_text(wish->reason));
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&value);
    buf_free(&key);
}

/* --- saying it --- */

static enum status say_at_once(struct node *node, struct txn *txn, struct division division,
                               const char *reason, struct revocation *said, struct err *err)
{
    const enum status status = node_revoke(node, txn, division, reason, said, err);

    if (status == OK) {
        forget(txn, division);
    }
    return status;
}

enum status revocation_say(struct node *node, struct txn *txn, struct division division,
                           const char *reason, const char *by, struct revocation *said,
                           struct revocation_wish *wish, struct err *err)
{
    enum status status;

    if (!node_needs_two(node, txn)) {
        return say_at_once(node, txn, division, reason, said, err);
    }
    if (find(node, txn, division, wish) && strcmp(wish->by, by) != 0) {
        return say_at_once(node, txn, division, wish->reason, said, err);
    }
    status = node_may_revoke(node, division, reason, err);
    if (status != OK) {
        return status;
    }
    *wish = (struct revocation_wish){.division = division, .since_unix_ms = node->turn_unix_ms};
    (void)snprintf(wish->by, sizeof wish->by, "%s", by);
    (void)snprintf(wish->reason, sizeof wish->reason, "%s", reason);
    keep(txn, wish);
    return err_set(err, ERR_NOT_YET, "revoke_waits division=%s by=%s", division.code, by);
}

enum status revocation_accept(struct node *node, struct txn *txn, struct division division,
                              const char *by, struct revocation *said, struct revocation_wish *wish,
                              struct err *err)
{
    if (!find(node, txn, division, wish)) {
        return err_set(err, ERR_NOT_FOUND, "revoke_nothing_waits division=%s", division.code);
    }
    if (strcmp(wish->by, by) == 0) {
        return err_set(err, ERR_REFUSED, "revoke_by_another division=%s by=%s", division.code, by);
    }
    return say_at_once(node, txn, division, wish->reason, said, err);
}

enum status revocation_withdraw(struct node *node, struct txn *txn, struct division division,
                                struct err *err)
{
    struct revocation_wish wish;

    if (!find(node, txn, division, &wish)) {
        return err_set(err, ERR_NOT_FOUND, "revoke_nothing_waits division=%s", division.code);
    }
    forget(txn, division);
    return OK;
}

/* --- what waits --- */

struct listing {
    uint64_t now_unix_ms;
    void (*visit)(void *arg, const struct revocation_wish *wish);
    void *arg;
};

static bool list_wish(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct revocation_wish wish;

    if (read_wish(&wish, key, value) && !is_over(&wish, listing->now_unix_ms)) {
        listing->visit(listing->arg, &wish);
    }
    return true;
}

enum status revocation_wishes(const struct store *store, struct store_snapshot *snapshot,
                              uint64_t now_unix_ms,
                              void (*visit)(void *arg, const struct revocation_wish *wish),
                              void *arg, struct err *err)
{
    static const uint8_t letter = LOCAL_REVOCATION;
    struct listing listing = {now_unix_ms, visit, arg};

    return store->ops->scan(store->self, snapshot, SPACE_LOCAL, bytes_of(&letter, 1), BYTES_NONE,
                            list_wish, &listing, err);
}
