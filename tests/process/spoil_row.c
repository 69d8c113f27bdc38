/* spoil_row - flips a bit in the first sum of a stopped node's store, behind the ledger's back and
 * with all check sums of the engine right: only `terrace verify` can see it.
 *
 *     spoil_row HOME
 */
#include <stdio.h>
#include <stdlib.h>

#include "node/home/home.h"
#include "node/store/store_rocks.h"

struct first {
    struct buf key, value;
};

static bool take_first(void *arg, struct bytes key, struct bytes value)
{
    struct first *first = arg;

    buf_append_bytes(&first->key, key);
    buf_append_bytes(&first->value, value);
    return false;
}

static enum status spoil(struct store *store, struct first *first, struct err *err)
{
    uint64_t fence;
    enum status status = store->ops->scan(store->self, NULL, SPACE_ROLLUPS, BYTES_NONE, BYTES_NONE,
                                          take_first, first, err);

    if (status == OK && first->value.size == 0) {
        status = err_set(err, ERR_NOT_FOUND, "no sums in this store");
    }
    if (status == OK) {
        status = store->ops->claim(store->self, &fence, err);
    }
    if (status == OK) {
        first->value.data[first->value.size - 1] ^= 1;
        const struct change change = {SPACE_ROLLUPS, buf_bytes(&first->key),
                                      buf_bytes(&first->value)};
        status = store->ops->commit_begin(store->self, fence, &(struct batch){&change, 1}, err);
    }
    if (status == OK && store->ops->commit_outcome(store->self, err) != COMMIT_OK) {
        status = ERR_IO;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct first first = {BUF_EMPTY, BUF_EMPTY};
    char directory[HOME_FILE_MAX];
    struct store store;
    struct err err = {OK, ""};
    enum status status;

    if (argc != 2) {
        (void)fprintf(stderr, "spoil_row HOME\n");
        return 2;
    }
    home_file(directory, argv[1], "store");
    status = store_rocks_open(&store, directory, NULL, &err);
    if (status == OK) {
        status = spoil(&store, &first, &err);
        store.ops->close(store.self);
    }
    if (status != OK) {
        (void)fprintf(stderr, "spoil_row: %s\n", err.text);
    }
    buf_free(&first.key);
    buf_free(&first.value);
    return status == OK ? 0 : 1;
}
