/* spoil_block - takes a block out of the middle of a log of a stopped node's store, of whatever
 * schema that is.
 *
 *     spoil_block HOME DIVISION
 */
#include <stdio.h>

#include "node/home/home.h"
#include "node/store/store_rocks.h"

struct second {
    struct buf key;
    size_t seen;
};

static bool take_second(void *arg, struct bytes key, struct bytes value)
{
    struct second *second = arg;

    (void)value;
    if (++second->seen == 2) {
        buf_append_bytes(&second->key, key);
    }
    return second->seen < 2;
}

static enum status spoil(struct store *store, struct division author, struct err *err)
{
    struct second second = {.key = BUF_EMPTY};
    struct buf prefix = BUF_EMPTY;
    uint64_t fence;
    enum status status;

    division_write(&prefix, author);
    status = store->ops->scan(store->self, NULL, SPACE_BLOCKS, buf_bytes(&prefix), BYTES_NONE,
                              take_second, &second, err);
    if (status == OK && second.key.size == 0) {
        status = err_set(err, ERR_NOT_FOUND, "no second block in this store");
    }
    status = status == OK ? store->ops->claim(store->self, &fence, err) : status;
    if (status == OK) {
        const struct change change = {SPACE_BLOCKS, buf_bytes(&second.key), BYTES_NONE};

        status = store->ops->commit_begin(store->self, fence, &(struct batch){&change, 1}, err);
    }
    if (status == OK && store->ops->commit_outcome(store->self, err) != COMMIT_OK) {
        status = ERR_IO;
    }
    buf_free(&second.key);
    buf_free(&prefix);
    return status;
}

int main(int argc, char **argv)
{
    const struct store_rocks_options options = {.must_exist = true, .migrates = true};
    char directory[HOME_FILE_MAX];
    struct division author;
    struct store store;
    struct err err = {OK, ""};
    enum status status;

    if (argc != 3 || !division_parse(&author, bytes_text(argv[2]))) {
        (void)fprintf(stderr, "spoil_block HOME DIVISION\n");
        return 2;
    }
    home_file(directory, argv[1], "store");
    status = store_rocks_open(&store, directory, &options, &err);
    if (status == OK) {
        status = spoil(&store, author, &err);
        store.ops->close(store.self);
    }
    if (status != OK) {
        (void)fprintf(stderr, "spoil_block: %s\n", err.text);
    }
    return status == OK ? 0 : 1;
}
