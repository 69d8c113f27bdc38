/* spoil_access - takes rows out of the chain of accesses of a stopped node, or changes one, with
 * all check sums of the engine right: what the owner of a machine could do.
 *
 *     spoil_access HOME alter POSITION     a bit of the row
 *     spoil_access HOME cut POSITION       it and all behind it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/home/home.h"
#include "node/office/local_keys.h"
#include "node/store/store_rocks.h"

enum { ROWS_MAX = 1024, KEY_SIZE = 9, WHO_AT = 15 };

struct spoil {
    bool cuts;
    uint64_t position;
    struct buf keys[ROWS_MAX], values[ROWS_MAX];
    struct change changes[ROWS_MAX];
    size_t count;
};

static bool take_row(void *arg, struct bytes key, struct bytes value)
{
    struct spoil *spoil = arg;
    const size_t i = spoil->count;

    if (i == ROWS_MAX || (!spoil->cuts && i == 1)) {
        return false;
    }
    buf_append_bytes(&spoil->keys[i], key);
    buf_append_bytes(&spoil->values[i], value);
    spoil->values[i].data[WHO_AT] ^= 1;
    spoil->changes[i] = (struct change){SPACE_LOCAL, buf_bytes(&spoil->keys[i]),
                                        spoil->cuts ? BYTES_NONE : buf_bytes(&spoil->values[i])};
    spoil->count++;
    return true;
}

static enum status commit(struct store *store, struct spoil *spoil, struct err *err)
{
    uint8_t from[KEY_SIZE] = {LOCAL_ACCESS};
    uint64_t fence;
    enum status status;

    store_u64(from + 1, spoil->position);
    status = store->ops->scan(store->self, NULL, SPACE_LOCAL, bytes_of(from, 1),
                              bytes_of(from, KEY_SIZE), take_row, spoil, err);
    if (status == OK && spoil->count == 0) {
        status = err_set(err, ERR_NOT_FOUND, "no such row");
    }
    if (status == OK) {
        status = store->ops->claim(store->self, &fence, err);
    }
    if (status == OK) {
        status = store->ops->commit_begin(store->self, fence,
                                          &(struct batch){spoil->changes, spoil->count}, err);
    }
    if (status == OK && store->ops->commit_outcome(store->self, err) != COMMIT_OK) {
        status = ERR_IO;
    }
    return status;
}

int main(int argc, char **argv)
{
    static struct spoil spoil;
    char directory[HOME_FILE_MAX];
    struct store store;
    struct err err = {OK, ""};
    enum status status;

    if (argc != 4) {
        (void)fprintf(stderr, "spoil_access HOME alter|cut POSITION\n");
        return 2;
    }
    spoil.cuts = strcmp(argv[2], "cut") == 0;
    spoil.position = strtoull(argv[3], NULL, 10);
    home_file(directory, argv[1], "store");
    status = store_rocks_open(&store, directory, NULL, &err);
    if (status == OK) {
        status = commit(&store, &spoil, &err);
        store.ops->close(store.self);
    }
    if (status != OK) {
        (void)fprintf(stderr, "spoil_access: %s\n", err.text);
    }
    for (size_t i = 0; i < spoil.count; i++) {
        buf_free(&spoil.keys[i]);
        buf_free(&spoil.values[i]);
    }
    return status == OK ? 0 : 1;
}
