#include "node/home/root_copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/home/files.h"
#include "proto/array.h"
#include "replicator/log/sealing.h"

static const char magic[] = "terrace root copy 1\n";

enum { FILE_BYTES_MAX = 1 << 30 };

/* --- writing --- */

enum status root_copy_write(const char *path, struct division maker, struct bytes grants,
                            struct bytes blocks, struct err *err)
{
    const struct bytes code = bytes_text(maker.code);
    struct buf file = BUF_EMPTY;
    enum status status;

    buf_append_bytes(&file, bytes_text(magic));
    buf_put_u32(&file, (uint32_t)code.size);
    buf_append_bytes(&file, code);
    buf_append_bytes(&file, grants);
    buf_put_u32(&file, 0);
    buf_append_bytes(&file, blocks);
    status = file_write(path, buf_bytes(&file), err);
    buf_free(&file);
    return status;
}

/* --- reading --- */

/* False at the end, or at an empty record. */
static bool next_record(struct reader *reader, struct bytes *out)
{
    *out = BYTES_NONE;
    if (reader_left(reader) > 0) {
        *out = reader_bytes(reader, reader_u32(reader));
    }
    return reader_ok(reader) && out->size > 0;
}

/* Its records begin behind the maker's code. */
static bool begin_file(const struct root_copies *copies, size_t index, struct reader *reader,
                       struct division *maker)
{
    const struct bytes first = bytes_text(magic);
    struct bytes code;

    *reader = reader_of(buf_bytes(&copies->files[index]));
    return bytes_equal(reader_bytes(reader, first.size), first) && reader_ok(reader) &&
           next_record(reader, &code) && division_parse(maker, code);
}

static enum status load(struct root_copies *copies, const char *path, struct err *err)
{
    const size_t index = copies->file_count;
    struct division maker;
    struct reader reader;
    enum status status;

    if (index == ROOT_COPIES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "root_copies_many count_max=%d", ROOT_COPIES_MAX);
    }
    status = file_read(&copies->files[index], path, FILE_BYTES_MAX, err);
    if (status == OK && !begin_file(copies, index, &reader, &maker)) {
        status = err_set(err, ERR_MALFORMED, "root_copy_other path=%s", path);
    }
    copies->file_count++;
    return status;
}

/* A granter may come behind whom it granted: as often as one more is taken. What never is taken is
 * of another tree, or granted by nobody who may. */
static void take_grants(struct root_copies *copies)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < copies->file_count; i++) {
            struct reader reader;
            struct division maker;
            struct bytes sealed;
            struct err err;

            (void)begin_file(copies, i, &reader, &maker);
            while (next_record(&reader, &sealed)) {
                bool added = false;

                (void)roster_add(copies->roster, sealed, &added, &err);
                more |= added;
            }
        }
    }
}

static enum status take_block(struct root_copies *copies, struct bytes whole, struct err *err)
{
    const struct hash *tree = roster_tree(copies->roster);
    struct root_block found = {.whole = whole};
    const struct grant *grant;
    struct block_view block;
    enum status status = block_parse(&block, whole, err);

    if (status != OK) {
        return status;
    }
    grant = roster_epoch(copies->roster, block.header.author, block.header.epoch);
    if (grant == NULL || !division_is_none(grant->parent)) {
        return err_set(err, ERR_REFUSED, "root_copy_not_root lsn=%" PRIu64 " author=%s",
                       block.header.first_lsn, block.header.author.code);
    }
    status = block_verify(&block, tree, &grant->sign_key, &found.hash, err);
    if (status == OK) {
        found.first_lsn = block.header.first_lsn;
        found.last_lsn = block_last_lsn(&block.header);
        found.aud_seq = block.header.aud_seq;
        found.audience = block.header.audience;
        found.aud_prev = block.header.aud_prev;
        found.prev_hash = block.header.prev_hash;
        ARRAY_ROOM(copies->at, copies->count, copies->capacity);
        copies->at[copies->count++] = found;
    }
    return status;
}

static enum status take_blocks(struct root_copies *copies, size_t index, const char *path,
                               struct err *err)
{
    struct division maker;
    struct bytes record;
    struct reader reader;
    enum status status = OK;

    (void)begin_file(copies, index, &reader, &maker);
    while (next_record(&reader, &record)) { /* grants */
    }
    while (status == OK && reader_ok(&reader) && next_record(&reader, &record)) {
        status = take_block(copies, record, err);
    }
    if (status == OK && !reader_done(&reader)) {
        status = err_set(err, ERR_MALFORMED, "root_copy_cut path=%s", path);
    }
    return status == OK ? OK : err_wrap(err, "root_copy_bad path=%s", path);
}

/* --- one log of them --- */

static int compare_blocks(const void *first, const void *second)
{
    const struct root_block *a = first, *b = second;

    if (a->first_lsn != b->first_lsn) {
        return a->first_lsn < b->first_lsn ? -1 : 1;
    }
    return memcmp(&a->hash, &b->hash, sizeof a->hash);
}

static enum status leave_once(struct root_copies *copies, struct err *err)
{
    size_t kept = 0;

    if (copies->count > 0) {
        qsort(copies->at, copies->count, sizeof *copies->at, compare_blocks);
    }
    for (size_t i = 0; i < copies->count; i++) {
        const struct root_block *block = &copies->at[i];
        const struct root_block *before = kept > 0 ? &copies->at[kept - 1] : NULL;

        if (before != NULL && hash_equal(&before->hash, &block->hash)) {
            continue;
        }
        if (before != NULL && (block->first_lsn <= before->last_lsn ||
                               (block->first_lsn == before->last_lsn + 1 &&
                                !hash_equal(&block->prev_hash, &before->hash)))) {
            return err_set(err, ERR_FORK, "root_copies_differ lsn=%" PRIu64, block->first_lsn);
        }
        copies->entries += block->last_lsn - block->first_lsn + 1;
        copies->at[kept++] = *block;
    }
    copies->count = kept;
    return OK;
}

struct chain {
    struct audience audience;
    uint64_t seq;
    struct hash hash;
};

/* Of each audience all blocks are there: those who hold them go by their numbers. */
static enum status check_chains(const struct root_copies *copies, struct err *err)
{
    struct chain *chains = NULL;
    size_t count = 0, capacity = 0;
    enum status status = OK;

    for (size_t i = 0; i < copies->count && status == OK; i++) {
        const struct root_block *block = &copies->at[i];
        size_t at = 0;

        while (at < count && !audience_equal(&chains[at].audience, &block->audience)) {
            at++;
        }
        if (at == count) {
            ARRAY_ROOM(chains, count, capacity);
            chains[count++] = (struct chain){block->audience, 0, HASH_ZERO};
        }
        if (block->aud_seq != chains[at].seq + 1 ||
            !hash_equal(&block->aud_prev, &chains[at].hash)) {
            status = err_set(err, ERR_GAP, "root_copies_gap lsn=%" PRIu64 " division=%s",
                             block->first_lsn, block->audience.division.code);
        }
        chains[at].seq = block->aud_seq;
        chains[at].hash = block->hash;
    }
    mem_free(chains);
    return status;
}

enum status root_copies_read(struct root_copies *out, const struct hash *tree, char *const *paths,
                             size_t count, struct err *err)
{
    enum status status = OK;

    memset(out, 0, sizeof *out);
    out->roster = roster_new(tree, DIVISION_NONE);
    roster_believe(out->roster, true);
    for (size_t i = 0; i < count && status == OK; i++) {
        status = load(out, paths[i], err);
    }
    if (status == OK) {
        take_grants(out);
    }
    if (status == OK && roster_root(out->roster) == NULL) {
        status = err_set(err, ERR_REFUSED, "root_copy_other_tree");
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        status = take_blocks(out, i, paths[i], err);
    }
    if (status == OK) {
        status = leave_once(out, err);
    }
    if (status == OK && out->count == 0) {
        status = err_set(err, ERR_REFUSED, "root_copies_empty");
    }
    return status == OK ? check_chains(out, err) : status;
}

void root_copies_free(struct root_copies *copies)
{
    for (size_t i = 0; i < copies->file_count; i++) {
        buf_free(&copies->files[i]);
    }
    roster_free(copies->roster);
    mem_free(copies->at);
    memset(copies, 0, sizeof *copies);
}

/* --- what is not there --- */

void root_copies_children(const struct root_copies *copies, char out[ROOT_CHILDREN_TEXT_MAX])
{
    size_t used = 0;

    (void)snprintf(out, ROOT_CHILDREN_TEXT_MAX, "-");
    for (size_t i = 0; i < roster_count(copies->roster); i++) {
        const struct member *member = roster_at(copies->roster, i);

        if (member->depth != 1 || used >= ROOT_CHILDREN_TEXT_MAX) {
            continue;
        }
        used += (size_t)snprintf(
            out + used, ROOT_CHILDREN_TEXT_MAX - used, "%s%s", used > 0 ? "," : "",
            used + 24 < ROOT_CHILDREN_TEXT_MAX ? member->grant.division.code : "...");
        used += used + 24 < ROOT_CHILDREN_TEXT_MAX ? 0 : ROOT_CHILDREN_TEXT_MAX;
    }
}

uint64_t root_copies_lost(const struct root_copies *copies, char out[ROOT_LOST_TEXT_MAX])
{
    uint64_t lost = 0, next = 1;
    size_t used = 0;

    (void)snprintf(out, ROOT_LOST_TEXT_MAX, "-");
    for (size_t i = 0; i < copies->count; i++) {
        const struct root_block *block = &copies->at[i];

        if (block->first_lsn > next) {
            lost += block->first_lsn - next;
            if (used + 48 < ROOT_LOST_TEXT_MAX) {
                used += (size_t)snprintf(out + used, ROOT_LOST_TEXT_MAX - used,
                                         next == block->first_lsn - 1 ? "%s%" PRIu64
                                                                      : "%s%" PRIu64 "-%" PRIu64,
                                         used > 0 ? "," : "", next, block->first_lsn - 1);
            } else if (used + 4 < ROOT_LOST_TEXT_MAX) {
                used += (size_t)snprintf(out + used, ROOT_LOST_TEXT_MAX - used, ",...");
                used = ROOT_LOST_TEXT_MAX;
            }
        }
        next = block->last_lsn + 1;
    }
    return lost;
}
