#include "node/office/unsent.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/office/local_keys.h"

/* LOCAL_UNSENT, the name, its end, the id. */
struct unsent_key {
    uint8_t at[1 + 64 + UNSENT_ID_MAX];
};

static struct bytes key_of(struct unsent_key *key, const char *name, const char *id)
{
    const size_t name_size = strlen(name), id_size = strlen(id);

    key->at[0] = LOCAL_UNSENT;
    memcpy(key->at + 1, name, name_size + 1);
    memcpy(key->at + 1 + name_size + 1, id, id_size);
    return bytes_of(key->at, 1 + name_size + 1 + id_size);
}

bool unsent_id_valid(const char *id)
{
    const size_t size = strlen(id);

    return size > 0 && size <= UNSENT_ID_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static bool parse(struct unsent *out, const char *name, struct bytes id, struct bytes value)
{
    struct reader reader = reader_of(value);

    memset(out, 0, sizeof *out);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    (void)snprintf(out->id, sizeof out->id, "%.*s", (int)id.size, (const char *)id.data);
    out->kind = reader_u32(&reader);
    out->version = reader_u64(&reader);
    out->saved_ms = reader_u64(&reader);
    out->fields = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

bool unsent_find(struct txn *txn, const char *name, const char *id, struct unsent *out)
{
    struct unsent_key key;
    struct bytes value;

    return unsent_id_valid(id) && txn_get(txn, SPACE_LOCAL, key_of(&key, name, id), &value) &&
           parse(out, name, bytes_text(id), value);
}

struct listing {
    const char *name;
    bool (*visit)(void *arg, const struct unsent *row);
    void *arg;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    const size_t before = 1 + strlen(listing->name) + 1;
    struct unsent row;

    return !parse(&row, listing->name, bytes_of(key.data + before, key.size - before), value) ||
           listing->visit(listing->arg, &row);
}

void unsent_each(struct txn *txn, const char *name,
                 bool (*visit)(void *arg, const struct unsent *row), void *arg)
{
    struct listing listing = {name, visit, arg};
    struct unsent_key key;
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, key_of(&key, name, ""), visit_row, &listing, &err);
}

static bool count_row(void *arg, const struct unsent *row)
{
    (void)row;
    ++*(size_t *)arg;
    return true;
}

static bool has_room(struct txn *txn, const char *name)
{
    size_t count = 0;

    unsent_each(txn, name, count_row, &count);
    return count < UNSENT_ROWS_MAX;
}

enum status unsent_save(struct node *node, struct txn *txn, const struct unsent *row,
                        uint64_t known, uint64_t *version, struct err *err)
{
    struct unsent before = {.version = 0};
    struct buf value = BUF_EMPTY;
    struct unsent_key key;
    const bool there = unsent_find(txn, row->name, row->id, &before);

    *version = before.version;
    if (before.version != known) {
        return err_set(err, ERR_REFUSED, "unsent_changed");
    }
    if (!there && !has_room(txn, row->name)) {
        return err_set(err, ERR_LIMIT, "unsent_many rows_max=%d", UNSENT_ROWS_MAX);
    }
    buf_put_u32(&value, row->kind);
    buf_put_u64(&value, ++*version);
    buf_put_u64(&value, node->turn_unix_ms);
    buf_append_bytes(&value, row->fields);
    (void)txn_put(txn, SPACE_LOCAL, key_of(&key, row->name, row->id), buf_bytes(&value));
    buf_free(&value);
    return OK;
}

enum status unsent_drop(struct txn *txn, const char *name, const char *id, uint64_t known,
                        struct err *err)
{
    struct unsent before = {.version = 0};
    struct unsent_key key;

    (void)unsent_find(txn, name, id, &before);
    if (known != 0 && before.version != known) {
        return err_set(err, ERR_REFUSED, "unsent_changed");
    }
    txn_delete(txn, SPACE_LOCAL, key_of(&key, name, id));
    return OK;
}
