#include "node/store/rows.h"
#include "proto/array.h"

#include <assert.h>

enum { HEIGHT_MAX = 16 };

struct bytes stored_key(const struct row *row)
{
    return bytes_of(row->next + row->height, row->key_size);
}

static uint8_t draw_height(struct rows *rows)
{
    uint8_t height = 1;

    rows->chance ^= rows->chance << 13;
    rows->chance ^= rows->chance >> 7;
    rows->chance ^= rows->chance << 17;
    for (uint64_t bits = rows->chance; height < HEIGHT_MAX && (bits & 3) == 0; bits >>= 2) {
        height++;
    }
    return height;
}

static struct row *row_new(uint8_t height, struct bytes key)
{
    struct row *row = mem_zalloc(sizeof *row + height * sizeof row->next[0] + key.size);

    row->height = height;
    row->key_size = (uint8_t)key.size;
    if (key.size != 0) {
        memcpy(row->next + height, key.data, key.size);
    }
    return row;
}

/* The last row below `key` (the head when none); `path` gets the one on every level. */
static struct row *seek_before(const struct rows *rows, struct bytes key,
                               struct row *path[HEIGHT_MAX])
{
    struct row *at = rows->head;

    for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
        while (at->next[level] != NULL && bytes_compare(stored_key(at->next[level]), key) < 0) {
            at = at->next[level];
        }
        if (path != NULL) {
            path[level] = at;
        }
    }
    return at;
}

const struct row *rows_from(const struct rows *rows, struct bytes key)
{
    return seek_before(rows, key, NULL)->next[0];
}

const struct row *rows_find(const struct rows *rows, struct bytes key)
{
    const struct row *row = rows_from(rows, key);

    return row != NULL && bytes_equal(stored_key(row), key) ? row : NULL;
}

/* Is `key` at most `at`, and not behind everything that begins with `prefix`? */
static bool not_after(struct bytes key, struct bytes at, struct bytes prefix)
{
    const struct bytes head = bytes_of(key.data, key.size < prefix.size ? key.size : prefix.size);

    return bytes_compare(key, at) <= 0 && bytes_compare(head, prefix) <= 0;
}

const struct row *rows_floor(const struct rows *rows, struct bytes prefix, struct bytes at)
{
    const struct row *row = rows->head;

    for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
        while (row->next[level] != NULL && not_after(stored_key(row->next[level]), at, prefix)) {
            row = row->next[level];
        }
    }
    return row == rows->head ? NULL : row;
}

const struct row *rows_before(const struct rows *rows, const struct row *row)
{
    return row->back == rows->head ? NULL : row->back;
}

static struct row *row_find_or_add(struct rows *rows, struct bytes key)
{
    struct row *path[HEIGHT_MAX];
    struct row *row = seek_before(rows, key, path)->next[0];

    if (row != NULL && bytes_equal(stored_key(row), key)) {
        return row;
    }
    row = row_new(draw_height(rows), key);
    for (uint8_t level = 0; level < row->height; level++) {
        row->next[level] = path[level]->next[level];
        path[level]->next[level] = row;
    }
    row->back = path[0];
    if (row->next[0] != NULL) {
        row->next[0]->back = row;
    }
    return row;
}

static void row_remove(struct rows *rows, struct row *row)
{
    struct row *path[HEIGHT_MAX];

    (void)seek_before(rows, stored_key(row), path);
    for (uint8_t level = 0; level < row->height; level++) {
        path[level]->next[level] = row->next[level];
    }
    if (row->next[0] != NULL) {
        row->next[0]->back = row->back;
    }
    mem_free(row->versions);
    mem_free(row);
}

/* --- versions --- */

const struct version *row_at(const struct row *row, const struct store_snapshot *snapshot)
{
    const struct version *version = row->versions;

    while (version != NULL && snapshot != NULL && version->seq > snapshot->seq) {
        version = version->older;
    }
    return version == NULL || version->deleted ? NULL : version;
}

static bool seen_by_some(const struct store_snapshot *snapshots, uint64_t from_seq,
                         uint64_t before_seq)
{
    for (const struct store_snapshot *at = snapshots; at != NULL; at = at->next) {
        if (from_seq <= at->seq && at->seq < before_seq) {
            return true;
        }
    }
    return false;
}

/* Frees the versions that no reader can see any more. */
static void row_trim(struct row *row, const struct store_snapshot *snapshots)
{
    struct version *kept = row->versions;

    while (kept->older != NULL) {
        struct version *older = kept->older;

        if (seen_by_some(snapshots, older->seq, kept->seq)) {
            kept = older;
        } else {
            kept->older = older->older;
            mem_free(older);
        }
    }
}

static bool row_gone(const struct row *row)
{
    return row->versions->deleted && row->versions->older == NULL;
}

static void stale_add(struct rows *rows, struct row *row)
{
    ARRAY_ROOM(rows->stale, rows->stale_count, rows->stale_capacity);
    rows->stale[rows->stale_count++] = row;
    row->stale = true;
}

void rows_sweep(struct rows *rows, const struct store_snapshot *snapshots)
{
    size_t kept = 0;

    for (size_t i = 0; i < rows->stale_count; i++) {
        struct row *row = rows->stale[i];

        row_trim(row, snapshots);
        row->stale = row->versions->older != NULL;
        if (row->stale) {
            rows->stale[kept++] = row;
        } else if (row_gone(row)) {
            row_remove(rows, row);
        }
    }
    rows->stale_count = kept;
}

void rows_write(struct rows *rows, struct bytes key, struct bytes value, uint64_t seq,
                const struct store_snapshot *snapshots)
{
    struct row *row = row_find_or_add(rows, key);
    struct version *version = mem_zalloc(sizeof *version + value.size);

    assert(row->versions == NULL || row->versions->seq < seq); /* no key twice in a batch */
    version->seq = seq;
    version->size = value.size;
    version->deleted = value.data == NULL;
    if (version->size != 0) {
        memcpy(version->data, value.data, version->size);
    }
    version->older = row->versions;
    row->versions = version;
    row_trim(row, snapshots);
    if (row->stale) {
        return; /* the sweep sees to it when the snapshots go */
    }
    if (row_gone(row)) {
        row_remove(rows, row);
    } else if (row->versions->older != NULL) {
        stale_add(rows, row);
    }
}

void rows_init(struct rows *rows)
{
    *rows = (struct rows){.head = row_new(HEIGHT_MAX, BYTES_NONE),
                          .chance = UINT64_C(0x9e3779b97f4a7c15)};
}

void rows_free(struct rows *rows)
{
    struct row *row = rows->head;

    while (row != NULL) {
        struct row *next = row->next[0];

        while (row->versions != NULL) {
            struct version *older = row->versions->older;

            mem_free(row->versions);
            row->versions = older;
        }
        mem_free(row);
        row = next;
    }
    mem_free(rows->stale);
}
