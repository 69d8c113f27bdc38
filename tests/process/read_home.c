/* read_home - what the store of a stopped node has, as its bytes, for a reader that shares nothing
 * with the node: nothing is judged here, and nothing folded.
 *
 *     read_home HOME DIRECTORY DIVISION...
 *
 *   DIRECTORY/DIVISION   every block of that division's log, in order: u32 size, block
 *   DIRECTORY/grants     every grant: u32 size, grant */
#include <stdio.h>

#include "node/home/home.h"
#include "node/store/store_rocks.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"

static bool put(FILE *out, struct bytes bytes)
{
    const uint32_t size = (uint32_t)bytes.size;
    const uint8_t head[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                             (uint8_t)size};

    return fwrite(head, 1, sizeof head, out) == sizeof head &&
           fwrite(bytes.data, 1, bytes.size, out) == bytes.size;
}

static bool put_block(void *arg, const struct block_view *block)
{
    return put(arg, block->whole);
}

static bool put_grant(void *arg, struct bytes key, struct bytes sealed)
{
    (void)key;
    return put(arg, sealed);
}

static enum status write_one(const struct store *store, const char *directory, const char *name,
                             struct err *err)
{
    const uint8_t letter = META_GRANT;
    char path[HOME_FILE_MAX];
    struct division author;
    FILE *out;
    bool whole;
    enum status status;

    home_file(path, directory, name);
    out = fopen(path, "wb");
    if (out == NULL) {
        return err_set(err, ERR_IO, "%s", path);
    }
    status = division_parse(&author, bytes_text(name))
                 ? log_scan(store, NULL, author, 1, put_block, out, err)
                 : store->ops->scan(store->self, NULL, SPACE_META, bytes_of(&letter, 1), BYTES_NONE,
                                    put_grant, out, err);
    whole = ferror(out) == 0;
    whole = fclose(out) == 0 && whole;
    return status != OK || whole ? status : err_set(err, ERR_IO, "%s is not whole", path);
}

int main(int argc, char **argv)
{
    const struct store_rocks_options options = {.must_exist = true};
    char directory[HOME_FILE_MAX];
    struct store store;
    struct err err = {OK, ""};
    enum status status;

    if (argc < 4) {
        (void)fprintf(stderr, "read_home HOME DIRECTORY DIVISION...\n");
        return 2;
    }
    home_file(directory, argv[1], "store");
    status = store_rocks_open(&store, directory, &options, &err);
    if (status == OK) {
        status = write_one(&store, argv[2], "grants", &err);
        for (int i = 3; status == OK && i < argc; i++) {
            status = write_one(&store, argv[2], argv[i], &err);
        }
        store.ops->close(store.self);
    }
    if (status != OK) {
        (void)fprintf(stderr, "read_home: %s\n", err.text);
    }
    return status == OK ? 0 : 1;
}
