#include "tests/sim/kept_rows.h"

#include "node/office/local_keys.h"
#include "tests/harness/commit.h"

struct kept_row {
    struct kept_row *next;
    enum store_space space;
    struct buf key, value;
};

struct walk {
    struct kept_rows *rows;
    enum store_space space;
    struct txn *txn; /* where what is there now is deleted */
};

static void free_row(struct kept_row *row)
{
    buf_free(&row->key);
    buf_free(&row->value);
    mem_free(row);
}

static bool keep_row(void *arg, struct bytes key, struct bytes value)
{
    struct walk *walk = arg;
    struct kept_row *row = mem_zalloc(sizeof *row);

    row->space = walk->space;
    buf_append_bytes(&row->key, key);
    buf_append_bytes(&row->value, value);
    row->next = walk->rows->first;
    walk->rows->first = row;
    return true;
}

static bool delete_row(void *arg, struct bytes key, struct bytes value)
{
    struct walk *walk = arg;

    (void)value;
    txn_delete(walk->txn, walk->space, key);
    return true;
}

static void each_row(const struct store *store, struct walk *walk, store_visit_fn *visit)
{
    struct err err;

    for (int space = 0; space < SPACES; space++) {
        walk->space = (enum store_space)space;
        (void)store->ops->scan(store->self, NULL, walk->space, BYTES_NONE, BYTES_NONE, visit, walk,
                               &err);
    }
}

void kept_rows_take(struct kept_rows *rows, const struct store *store)
{
    struct walk walk = {.rows = rows};

    each_row(store, &walk, keep_row);
}

void kept_rows_drop_all_but_local(struct kept_rows *rows)
{
    struct kept_row **at = &rows->first;

    while (*at != NULL) {
        struct kept_row *row = *at;

        if (row->space == SPACE_LOCAL && row->key.data[0] != LOCAL_SCRUB) {
            at = &row->next;
        } else {
            *at = row->next;
            free_row(row);
        }
    }
}

void kept_rows_put_back(const struct kept_rows *rows, const struct store *store)
{
    struct walk walk = {.txn = txn_open(store, NULL)};
    struct batch batch;

    each_row(store, &walk, delete_row);
    for (const struct kept_row *row = rows->first; row != NULL; row = row->next) {
        (void)txn_put(walk.txn, row->space, buf_bytes(&row->key), buf_bytes(&row->value));
    }
    store_memory_defer(store->self, false);
    batch = txn_batch(walk.txn);
    commit_claiming(store, &batch);
    txn_free(walk.txn);
}

void kept_rows_free(struct kept_rows *rows)
{
    while (rows->first != NULL) {
        struct kept_row *next = rows->first->next;

        free_row(rows->first);
        rows->first = next;
    }
}
