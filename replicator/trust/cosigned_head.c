#include "replicator/trust/cosigned_head.h"

#include "replicator/store/row_letters.h"
#include "replicator/trust/cosignature.h"

enum {
    DAY_MS = 24 * 3600 * 1000,
    CODES_SIZE = 2 * DIVISION_CODE_MAX, /* of a key: author and holder */
    MESSAGE_BYTES = 1024,
    ARENA_BYTES = 4 << 10,
};

static void head_key(struct buf *key, struct division author, struct division holder)
{
    division_write(key, author);
    division_write(key, holder);
    buf_put_u8(key, COSIGN_HEAD);
}

void cosigned_head_put(struct txn *txn, const struct cosigned_head *head,
                       const Terrace__Cosignature *message, uint64_t unix_ms)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u64(&value, head->position);
    buf_put_u64(&value, head->unix_ms);
    buf_append(&value, &head->hash, HASH_SIZE);
    message_encode(&value, &message->base);
    head_key(&key, head->author, head->holder);
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&key), buf_bytes(&value));
    key.data[CODES_SIZE] = COSIGN_HEAD_DAY;
    buf_put_u32(&key, (uint32_t)(unix_ms / DAY_MS));
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

/* `message` is what is left of the value. */
static bool parse(struct cosigned_head *out, struct bytes value, struct bytes *message)
{
    struct reader reader = reader_of(value);

    out->position = reader_u64(&reader);
    out->unix_ms = reader_u64(&reader);
    reader_copy(&reader, &out->hash, HASH_SIZE);
    *message = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

bool cosigned_head_newest(struct txn *txn, struct division author, struct division holder,
                          struct cosigned_head *out)
{
    struct buf key = BUF_EMPTY;
    struct bytes value, message;
    bool found;

    *out = (struct cosigned_head){.author = author, .holder = holder};
    head_key(&key, author, holder);
    found = txn_get(txn, SPACE_COSIGN, buf_bytes(&key), &value) && parse(out, value, &message);
    buf_free(&key);
    return found;
}

/* --- all of them --- */

struct listing {
    const struct roster *roster;
    cosigned_head_visit_fn *visit;
    void *arg;
};

/* Does the message say what the row says, and is it signed? */
static bool is_good(const struct roster *roster, const struct cosigned_head *head,
                    struct bytes message)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    struct division author, holder;
    struct err err;
    bool good = false;

    arena_init(&arena, ARENA_BYTES);
    if (message_decode(&decoded, &terrace__cosignature__descriptor, &arena, message, MESSAGE_BYTES,
                       &err) == OK) {
        const Terrace__Cosignature *c = (const Terrace__Cosignature *)decoded;

        good = c->audience == COSIGN_ACCESSES && division_from_pb(&author, c->author) &&
               division_equal(author, head->author) && division_from_pb(&holder, c->holder) &&
               division_equal(holder, head->holder) && c->lsn == head->position &&
               c->hash.len == HASH_SIZE && memcmp(c->hash.data, head->hash.at, HASH_SIZE) == 0 &&
               cosignature_ok(roster, c);
    }
    arena_free(&arena);
    return good;
}

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct reader reader = reader_of(key);
    struct cosigned_head head;
    struct bytes message;
    uint8_t letter;

    head.author = division_read(&reader);
    head.holder = division_read(&reader);
    letter = reader_left(&reader) > 0 ? reader_u8(&reader) : 0;
    if (!reader_ok(&reader) || (letter != COSIGN_HEAD && letter != COSIGN_HEAD_DAY) ||
        !parse(&head, value, &message)) {
        return true;
    }
    return listing->visit(listing->arg, &head, is_good(listing->roster, &head, message));
}

void cosigned_heads_each(struct txn *txn, const struct roster *roster, struct division author,
                         cosigned_head_visit_fn *visit, void *arg)
{
    struct listing listing = {roster, visit, arg};
    struct buf prefix = BUF_EMPTY;
    struct err err;

    if (!division_is_none(author)) {
        division_write(&prefix, author);
    }
    (void)txn_scan(txn, SPACE_COSIGN, buf_bytes(&prefix), visit_row, &listing, &err);
    buf_free(&prefix);
}
