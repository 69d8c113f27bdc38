#include "node/core/access_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/office/local_keys.h"
#include "proto/array.h"

enum { KEY_SIZE = 1 + sizeof(uint64_t) };

const char *access_what_name(enum access_what what)
{
    static const char *const names[ACCESS_WHATS] = {[ACCESS_READ] = "read",
                                                    [ACCESS_WRITE] = "write",
                                                    [ACCESS_REFUSED] = "refused",
                                                    [ACCESS_LOGIN] = "login",
                                                    [ACCESS_LOGIN_REFUSED] = "login_refused",
                                                    [ACCESS_LOST] = "lost"};

    return what > 0 && what < ACCESS_WHATS ? names[what] : "";
}

const char *access_how_name(enum access_how how)
{
    static const char *const names[ACCESS_HOWS] = {[ACCESS_NOBODY] = "nobody",
                                                   [ACCESS_OWNER] = "socket",
                                                   [ACCESS_PERSON] = "session",
                                                   [ACCESS_PROGRAM] = "token"};

    return how < ACCESS_HOWS ? names[how] : "";
}

/* --- rows --- */

static struct bytes row_key(uint8_t key[KEY_SIZE], uint64_t position)
{
    key[0] = LOCAL_ACCESS;
    store_u64(key + 1, position);
    return bytes_of(key, KEY_SIZE);
}

static void put_text(struct buf *out, const char *text)
{
    const size_t size = strlen(text);

    buf_put_u8(out, (uint8_t)size);
    buf_append(out, text, size);
}

static void encode(struct buf *out, const struct access_event *event)
{
    buf_put_u64(out, event->unix_ms);
    buf_put_u8(out, (uint8_t)event->what);
    buf_put_u8(out, (uint8_t)event->how);
    buf_put_u32(out, event->http);
    put_text(out, event->who);
    put_text(out, event->address);
    put_text(out, event->method);
    put_text(out, event->path);
}

static void read_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
}

/* The row's bytes without the hash at their end. */
static bool decode(struct access_event *out, struct bytes row)
{
    struct reader reader = reader_of(row);

    out->unix_ms = reader_u64(&reader);
    out->what = (enum access_what)reader_u8(&reader);
    out->how = (enum access_how)reader_u8(&reader);
    out->http = reader_u32(&reader);
    read_text(&reader, out->who, sizeof out->who);
    read_text(&reader, out->address, sizeof out->address);
    read_text(&reader, out->method, sizeof out->method);
    read_text(&reader, out->path, sizeof out->path);
    return reader_done(&reader);
}

static struct hash hash_row(const struct hash *before, uint64_t position, struct bytes row)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_ACCESS);
    hasher_add(&hasher, before->at, HASH_SIZE);
    hasher_add_u64(&hasher, position);
    hasher_add_bytes(&hasher, row);
    return hasher_end(&hasher);
}

struct access_head access_head_seed(const struct hash *tree, struct division self)
{
    struct access_head head = {0};
    struct hasher hasher;

    hasher_begin(&hasher, TAG_ACCESS);
    hasher_add(&hasher, tree->at, HASH_SIZE);
    hasher_add(&hasher, self.code, sizeof self.code);
    head.hash = hasher_end(&hasher);
    return head;
}

static size_t put_row(struct txn *txn, const struct access_head *head, struct buf *row)
{
    uint8_t key[KEY_SIZE];

    buf_append(row, &head->hash, HASH_SIZE);
    (void)txn_put(txn, SPACE_LOCAL, row_key(key, head->position), buf_bytes(row));
    return KEY_SIZE + row->size;
}

size_t access_row_put(struct txn *txn, struct access_head *head, const struct access_event *event)
{
    struct buf row = BUF_EMPTY;
    size_t size;

    encode(&row, event);
    head->position++;
    head->hash = hash_row(&head->hash, head->position, buf_bytes(&row));
    size = put_row(txn, head, &row);
    buf_free(&row);
    return size;
}

void access_row_put_lost(struct txn *txn, struct access_head *head,
                         const struct cosigned_head *cosigned, uint64_t unix_ms)
{
    struct access_event event = {.unix_ms = unix_ms, .what = ACCESS_LOST, .how = ACCESS_NOBODY};
    struct buf row = BUF_EMPTY;

    if (cosigned->position <= head->position) { /* how many there were nobody has said */
        (void)snprintf(event.path, sizeof event.path, "%" PRIu64 "-", head->position + 1);
        (void)access_row_put(txn, head, &event);
        return;
    }
    (void)snprintf(event.path, sizeof event.path, "%" PRIu64 "-%" PRIu64, head->position + 1,
                   cosigned->position);
    encode(&row, &event);
    head->position = cosigned->position;
    head->hash = cosigned->hash;
    (void)put_row(txn, head, &row);
    buf_free(&row);
}

/* False for what is no row of this chain. */
static bool parse_row(struct bytes key, struct bytes value, struct access_head *head,
                      struct bytes *row)
{
    if (key.size != KEY_SIZE || value.size < HASH_SIZE) {
        return false;
    }
    head->position = load_u64(key.data + 1);
    *row = bytes_of(value.data, value.size - HASH_SIZE);
    memcpy(head->hash.at, value.data + row->size, HASH_SIZE);
    return true;
}

bool access_row_follows(struct access_head *head, struct bytes key, struct bytes value)
{
    struct access_head row = {0};
    struct access_event event;
    struct bytes bytes;
    struct hash hash;

    if (!parse_row(key, value, &row, &bytes) || !decode(&event, bytes) ||
        row.position <= head->position) {
        return false;
    }
    hash = hash_row(&head->hash, row.position, bytes);
    if (event.what != ACCESS_LOST &&
        (row.position != head->position + 1 || !hash_equal(&hash, &row.hash))) {
        return false;
    }
    *head = row;
    return true;
}

enum status access_head_load(const struct store *store, struct store_snapshot *snapshot,
                             const struct access_head *seed, struct access_head *head,
                             struct err *err)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    uint8_t last[KEY_SIZE];
    const struct bytes at = row_key(last, UINT64_MAX);
    struct bytes row;
    enum status status = store->ops->floor(store->self, snapshot, SPACE_LOCAL, bytes_of(last, 1),
                                           at, &key, &value, err);

    *head = *seed;
    if (status == OK && !parse_row(buf_bytes(&key), buf_bytes(&value), head, &row)) {
        status = err_set(err, ERR_CORRUPT, "access_row_unreadable position=%d", 0);
    } else if (status == ERR_NOT_FOUND) {
        status = OK;
    }
    buf_free(&key);
    buf_free(&value);
    return status;
}

struct listing {
    access_visit_fn *visit;
    void *arg;
    uint64_t unreadable; /* the position of the first such row */
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct listing *listing = arg;
    struct access_head head = {0};
    struct access_event event;
    struct bytes row;

    if (!parse_row(key, value, &head, &row) || !decode(&event, row)) {
        listing->unreadable = head.position;
        return false;
    }
    return listing->visit(listing->arg, &head, &event);
}

enum status access_rows_from(struct txn *txn, uint64_t position, access_visit_fn *visit, void *arg,
                             struct err *err)
{
    struct listing listing = {visit, arg, 0};
    uint8_t key[KEY_SIZE];
    const struct bytes from = row_key(key, position);
    enum status status =
        txn_scan_from(txn, SPACE_LOCAL, bytes_of(key, 1), from, visit_row, &listing, err);

    if (status == OK && listing.unreadable != 0) {
        status = err_set(err, ERR_CORRUPT, "access_row_unreadable position=%" PRIu64,
                         listing.unreadable);
    }
    return status;
}

/* --- is the chain whole? --- */

struct checking {
    struct access_check *out;
    struct cosigned_head *heads; /* by position */
    size_t count, capacity, next;
};

static void find_fault(struct checking *checking, enum access_fault fault, uint64_t position)
{
    const enum access_fault found = checking->out->fault;

    if (found == ACCESS_SOUND || (found == ACCESS_ROWS_LOST && fault != ACCESS_ROWS_LOST)) {
        checking->out->fault = fault;
        checking->out->position = position;
    }
}

static bool gather_head(void *arg, const struct cosigned_head *head, bool good)
{
    struct checking *checking = arg;

    if (!good) {
        find_fault(checking, ACCESS_COSIGN_FALSE, head->position);
        return true;
    }
    ARRAY_ROOM(checking->heads, checking->count, checking->capacity);
    checking->heads[checking->count++] = *head;
    return true;
}

static int compare_position(const void *a, const void *b)
{
    const struct cosigned_head *one = a, *other = b;

    return one->position < other->position ? -1 : one->position > other->position;
}

/* All heads that were cosigned at this row name it. */
static bool heads_agree(struct checking *checking, const struct access_head *row)
{
    while (checking->next < checking->count &&
           checking->heads[checking->next].position <= row->position) {
        const struct cosigned_head *head = &checking->heads[checking->next++];

        if (!hash_equal(&head->hash, &row->hash)) {
            find_fault(checking, ACCESS_HEAD_DIFFERS, head->position);
            return false;
        }
    }
    return true;
}

static bool says_lost(struct bytes bytes)
{
    struct access_event event;

    return decode(&event, bytes) && event.what == ACCESS_LOST;
}

/* A row that says which are lost, at a place and with a hash that were cosigned. */
static bool bridges(struct checking *checking, const struct access_head *row, struct bytes bytes)
{
    size_t at = checking->next;

    while (at < checking->count && checking->heads[at].position < row->position) {
        at++;
    }
    if (!says_lost(bytes) || at == checking->count ||
        checking->heads[at].position != row->position) {
        return false;
    }
    checking->next = at; /* what was cosigned of those that are lost has nothing to agree with */
    return heads_agree(checking, row);
}

static void find_lost(struct checking *checking, const struct access_head *row)
{
    struct access_check *out = checking->out;

    if (out->fault == ACCESS_SOUND) {
        find_fault(checking, ACCESS_ROWS_LOST, out->head.position + 1);
        out->lost_last = row->position;
    }
}

static bool check_row(void *arg, struct bytes key, struct bytes value)
{
    struct checking *checking = arg;
    struct access_head *head = &checking->out->head, row;
    struct bytes bytes;
    struct hash hash;

    if (!parse_row(key, value, &row, &bytes)) {
        find_fault(checking, ACCESS_ROW_ALTERED, head->position + 1);
        return false;
    }
    hash = hash_row(&head->hash, row.position, bytes);
    if ((row.position != head->position + 1 || !hash_equal(&hash, &row.hash)) &&
        row.position > head->position && bridges(checking, &row, bytes)) {
        find_lost(checking, &row);
        *head = row;
        return true;
    }
    if (row.position != head->position + 1) {
        find_fault(checking, ACCESS_ROW_MISSING, head->position + 1);
        return false;
    }
    if (!hash_equal(&hash, &row.hash)) {
        find_fault(checking, ACCESS_ROW_ALTERED, row.position);
        return false;
    }
    if (!heads_agree(checking, &row)) {
        return false;
    }
    if (says_lost(bytes)) {
        find_lost(checking, &row);
    }
    *head = row;
    return true;
}

enum status access_check(struct txn *txn, const struct roster *roster, struct division self,
                         const struct access_head *seed, struct access_check *out, struct err *err)
{
    const uint8_t letter = LOCAL_ACCESS;
    struct checking checking = {.out = out};
    enum status status;

    *out = (struct access_check){.head = *seed};
    cosigned_heads_each(txn, roster, self, gather_head, &checking);
    if (checking.count > 0) {
        qsort(checking.heads, checking.count, sizeof *checking.heads, compare_position);
    }
    status = txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), check_row, &checking, err);
    if (checking.count > 0) {
        out->cosigned = checking.heads[checking.count - 1];
    }
    if (status == OK && out->cosigned.position > out->head.position) {
        find_fault(&checking, ACCESS_ROWS_CUT, out->head.position + 1);
    }
    mem_free(checking.heads);
    return status == OK ? txn_status(txn, err) : status;
}
