#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/merkle.h"
#include "replicator/trust/roster.h"

#include <assert.h>
#include <inttypes.h>

/* One log may have several epochs. A later one goes on after its grant's base, where it has one:
 * what an earlier epoch holds above that base is evidence, and no part of the log. */

void log_block_key(struct buf *key, struct division author, uint32_t epoch, uint64_t first_lsn)
{
    buf_clear(key);
    division_write(key, author);
    buf_put_u32(key, epoch);
    buf_put_u64(key, first_lsn);
}

enum { AUTHOR_SIZE = DIVISION_CODE_MAX, EPOCH_PREFIX_SIZE = AUTHOR_SIZE + 4 };

struct log_key {
    uint32_t epoch;
    uint64_t first_lsn;
};

static bool read_key(struct log_key *out, struct bytes key)
{
    struct reader reader = reader_of(key);

    (void)reader_bytes(&reader, AUTHOR_SIZE);
    out->epoch = reader_u32(&reader);
    out->first_lsn = reader_u64(&reader);
    return reader_done(&reader);
}

/* Where a reader stands: what to read, and a key to build. */
struct cursor {
    const struct store *store;
    struct store_snapshot *snapshot;
    struct division author;
    struct buf key;
};

struct first_held { /* the first block of the first epoch asked for, or of a later one */
    bool found, bad;
    struct log_key key;
};

static bool note_first(void *arg, struct bytes key, struct bytes value)
{
    struct first_held *first = arg;

    (void)value;
    first->found = true;
    first->bad = !read_key(&first->key, key);
    return false;
}

static enum status find_epoch(struct cursor *cursor, uint32_t epoch, struct first_held *out,
                              struct err *err)
{
    enum status status;

    *out = (struct first_held){false, false, {0, 0}};
    log_block_key(&cursor->key, cursor->author, epoch, 0);
    status = cursor->store->ops->scan(cursor->store->self, cursor->snapshot, SPACE_BLOCKS,
                                      bytes_of(cursor->key.data, AUTHOR_SIZE),
                                      buf_bytes(&cursor->key), note_first, out, err);
    if (status == OK && out->bad) {
        return err_set(err, ERR_CORRUPT, "block_key_damaged division=%s", cursor->author.code);
    }
    return status;
}

/* The last lsn that counts in the epoch before `next`. */
static enum status last_before(struct cursor *cursor, uint32_t epoch, const struct first_held *next,
                               uint64_t *lsn, struct err *err)
{
    struct buf sealed = BUF_EMPTY;
    struct grant grant;
    enum status status;

    *lsn = UINT64_MAX;
    if (!next->found) {
        return OK;
    }
    *lsn = next->key.first_lsn - 1; /* without a base: as far as the later epoch shows */
    buf_clear(&cursor->key);
    buf_put_u8(&cursor->key, META_GRANT);
    division_write(&cursor->key, cursor->author);
    buf_put_u32(&cursor->key, epoch + 1);
    status = cursor->store->ops->get(cursor->store->self, cursor->snapshot, SPACE_META,
                                     buf_bytes(&cursor->key), &sealed, err);
    if (status == OK) {
        status = grant_parse(&grant, buf_bytes(&sealed), err);
        if (status == ERR_MALFORMED) {
            err->status = status = ERR_CORRUPT; /* it was one when it was stored */
        }
        *lsn = status == OK && grant.base_lsn != 0 ? grant.base_lsn : *lsn;
    } else if (status == ERR_NOT_FOUND) {
        status = OK;
    }
    buf_free(&sealed);
    return status;
}

/* The epoch in which `lsn` lies; 0 when nothing of this log is held. */
static enum status epoch_of(struct cursor *cursor, uint64_t lsn, uint32_t *epoch, struct err *err)
{
    struct first_held held, next;
    uint64_t last = 0;
    enum status status = find_epoch(cursor, 0, &held, err);

    while (status == OK && held.found) {
        status = find_epoch(cursor, held.key.epoch + 1, &next, err);
        if (status == OK) {
            status = last_before(cursor, held.key.epoch, &next, &last, err);
        }
        if (status != OK || lsn <= last) {
            break;
        }
        held = next;
    }
    *epoch = status == OK && held.found ? held.key.epoch : 0;
    return status;
}

/* Stored bytes that do not parse, or lie at another's place, are damage. */
static enum status parse_stored(struct block_view *block, struct division author,
                                const struct log_key *key, struct bytes whole, struct err *err)
{
    const enum status status = block_parse(block, whole, err);

    if (status == OK && division_equal(block->header.author, author) &&
        block->header.epoch == key->epoch && block->header.first_lsn == key->first_lsn) {
        return OK;
    }
    if (status == OK) {
        (void)err_set(err, ERR_CORRUPT, "block_misplaced");
    } else if (status != ERR_NEEDS_UPGRADE) {
        err->status = ERR_CORRUPT;
    }
    return err_wrap(err, "in_block division=%s epoch=%" PRIu32 " lsn=%" PRIu64, author.code,
                    key->epoch, key->first_lsn);
}

static enum status read_floor(struct cursor *cursor, uint32_t epoch, uint64_t lsn,
                              struct log_key *found, struct buf *whole, struct err *err)
{
    struct buf key = BUF_EMPTY;
    enum status status;

    log_block_key(&cursor->key, cursor->author, epoch, lsn);
    status = cursor->store->ops->floor(cursor->store->self, cursor->snapshot, SPACE_BLOCKS,
                                       bytes_of(cursor->key.data, EPOCH_PREFIX_SIZE),
                                       buf_bytes(&cursor->key), &key, whole, err);
    if (status == OK && !read_key(found, buf_bytes(&key))) {
        status = err_set(err, ERR_CORRUPT, "block_key_damaged division=%s", cursor->author.code);
    }
    buf_free(&key);
    return status;
}

enum status log_read_block(const struct store *store, struct store_snapshot *snapshot,
                           struct division author, uint64_t lsn, struct buf *whole,
                           struct block_view *block, struct err *err)
{
    struct cursor cursor = {store, snapshot, author, BUF_EMPTY};
    struct log_key key = {0, 0};
    uint32_t epoch;
    enum status status;

    memset(block, 0, sizeof *block);
    status = epoch_of(&cursor, lsn, &epoch, err);
    if (status == OK) {
        status = epoch == 0 ? ERR_NOT_FOUND : read_floor(&cursor, epoch, lsn, &key, whole, err);
    }
    if (status == OK) {
        status = parse_stored(block, author, &key, buf_bytes(whole), err);
    }
    if (status == OK && lsn > block_last_lsn(&block->header)) {
        status = ERR_NOT_FOUND;
    }
    if (status == ERR_NOT_FOUND) {
        (void)err_set(err, ERR_NOT_FOUND, "lsn_not_held lsn=%" PRIu64 " division=%s", lsn,
                      author.code);
    }
    buf_free(&cursor.key);
    return status;
}

enum status block_check_body(const struct block_view *block, struct err *err)
{
    const struct hash hash = hash_of(TAG_BODY, block->body);

    return hash_equal(&hash, &block->header.body_hash)
               ? OK
               : err_set(err, ERR_CORRUPT, "body_damaged lsn=%" PRIu64 " division=%s",
                         block->header.first_lsn, block->header.author.code);
}

enum status log_read_entry(const struct store *store, struct store_snapshot *snapshot,
                           struct division author, uint64_t lsn, struct block_body *body,
                           struct entry *entry, struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    enum status status;

    memset(entry, 0, sizeof *entry);
    status = log_read_block(store, snapshot, author, lsn, &whole, &block, err);
    if (status == OK) {
        status = block_check_body(&block, err);
    }
    if (status == OK) {
        status = block_body_read(body, &block, err);
    }
    if (status == OK) {
        assert(body->count == block.header.count);
        *entry = body->entries[lsn - block.header.first_lsn];
    }
    buf_free(&whole);
    return status;
}

struct walk {
    struct cursor cursor;
    uint64_t last_lsn; /* of this epoch */
    log_visit_fn *visit;
    void *arg;
    bool stopped;
    enum status status;
    struct err *err;
};

static bool visit_block(void *arg, struct bytes raw_key, struct bytes value)
{
    struct walk *walk = arg;
    struct block_view block;
    struct log_key key;

    if (!read_key(&key, raw_key)) {
        walk->status = err_set(walk->err, ERR_CORRUPT, "block_key_damaged division=%s",
                               walk->cursor.author.code);
        return false;
    }
    if (key.first_lsn > walk->last_lsn) {
        return false;
    }
    walk->status = parse_stored(&block, walk->cursor.author, &key, value, walk->err);
    if (walk->status != OK) {
        return false;
    }
    walk->stopped = !walk->visit(walk->arg, &block);
    return !walk->stopped;
}

static enum status scan_epoch(struct walk *walk, uint32_t epoch, uint64_t from_lsn, struct err *err)
{
    struct cursor *cursor = &walk->cursor;
    enum status status;

    log_block_key(&cursor->key, cursor->author, epoch, from_lsn);
    status = cursor->store->ops->scan(cursor->store->self, cursor->snapshot, SPACE_BLOCKS,
                                      bytes_of(cursor->key.data, EPOCH_PREFIX_SIZE),
                                      buf_bytes(&cursor->key), visit_block, walk, err);
    return status == OK ? walk->status : status;
}

enum status log_scan(const struct store *store, struct store_snapshot *snapshot,
                     struct division author, uint64_t from_lsn, log_visit_fn *visit, void *arg,
                     struct err *err)
{
    struct walk walk = {.cursor = {store, snapshot, author, BUF_EMPTY},
                        .visit = visit,
                        .arg = arg,
                        .status = OK,
                        .err = err};
    struct first_held held, next;
    enum status status = find_epoch(&walk.cursor, 0, &held, err);

    while (status == OK && held.found && !walk.stopped) {
        status = find_epoch(&walk.cursor, held.key.epoch + 1, &next, err);
        if (status == OK) {
            status = last_before(&walk.cursor, held.key.epoch, &next, &walk.last_lsn, err);
        }
        if (status == OK) {
            status = scan_epoch(&walk, held.key.epoch, from_lsn, err);
        }
        held = next;
    }
    buf_free(&walk.cursor.key);
    return status;
}

static void hash_division(struct hasher *hasher, struct division division)
{
    hasher_add(hasher, division.code, DIVISION_CODE_MAX);
}

struct hash block_hash(const struct block_header *header, const struct hash *tree,
                       const struct public_key *key)
{
    const uint8_t begin[] = {header->version, (uint8_t)header->suite, (uint8_t)header->codec,
                             (uint8_t)header->audience.kind};
    const struct key_id key_id = key_id_of(key);
    struct hasher hasher;

    hasher_begin(&hasher, TAG_BLOCK);
    hasher_add(&hasher, begin, sizeof begin);
    hash_division(&hasher, header->audience.division);
    hasher_add(&hasher, tree->at, HASH_SIZE);
    hasher_add(&hasher, key_id.at, KEY_ID_SIZE);
    hash_division(&hasher, header->author);
    hasher_add_u32(&hasher, header->epoch);
    hasher_add_u32(&hasher, header->count);
    hasher_add_u64(&hasher, header->first_lsn);
    hasher_add_u64(&hasher, header->aud_seq);
    hasher_add(&hasher, header->prev_hash.at, HASH_SIZE);
    hasher_add(&hasher, header->aud_prev.at, HASH_SIZE);
    hasher_add(&hasher, header->entries_root.at, HASH_SIZE);
    hasher_add(&hasher, header->state_digest.at, HASH_SIZE);
    hasher_add_u32(&hasher, header->raw_size);
    hasher_add_u32(&hasher, header->body_size);
    hasher_add(&hasher, header->body_hash.at, HASH_SIZE);
    hasher_add_u64(&hasher, header->time_ms);
    return hasher_end(&hasher);
}

enum status block_root(struct hash *root, const struct block_view *block, struct err *err)
{
    struct entry entry;
    enum status status = OK;

    *root = block->header.entries_root;
    if (block_implies_root(&block->header)) {
        status = block_lone_entry(&entry, block, err);
        *root = status == OK ? merkle_entry_leaf(&entry) : HASH_ZERO;
    }
    return status;
}

struct hash block_seal(struct buf *out, struct block_header *header, struct bytes body,
                       const struct hash *tree, const struct sign_key *key)
{
    struct signature signature;
    struct hash hash;

    header->body_hash = hash_of(TAG_BODY, body);
    hash = block_hash(header, tree, &key->public);
    signature = sign_hash(key, &hash);
    block_header_write(out, header);
    buf_append(out, &signature, sizeof signature);
    buf_append_bytes(out, body);
    return hash;
}

enum status block_verify(const struct block_view *block, const struct hash *tree,
                         const struct public_key *key, struct hash *hash, struct err *err)
{
    struct block_header header = block->header;
    const struct hash body_hash = hash_of(TAG_BODY, block->body);
    enum status status;

    if (!hash_equal(&body_hash, &header.body_hash)) { /* what stands in it is not looked at */
        return err_set(err, ERR_CORRUPT, "body_not_signed");
    }
    status = block_root(&header.entries_root, block, err);
    if (status != OK) {
        return status;
    }
    *hash = block_hash(&header, tree, key);
    return signature_ok(key, hash, &block->signature)
               ? OK
               : err_set(err, ERR_BAD_SIGNATURE, "block_signature_wrong division=%s",
                         header.author.code);
}
