#include "node/office/drafts_mend.h"

#include "node/office/drafts.h"
#include "node/office/local_keys.h"
#include "proto/array.h"

enum { NUMBER_KEY_BYTES = 1 + sizeof(uint64_t), CHUNK_HEAD_BYTES = 24, CHUNK_DRAFTS = 64 };

struct post {
    uint64_t number, waiting;
};

struct mending {
    struct txn *txn;
    struct post *posts; /* by number */
    size_t count, capacity;
    struct buf gone; /* keys of NUMBER_KEY_BYTES */
    uint64_t last, lost;
};

static int compare_number(const void *key, const void *item)
{
    const uint64_t number = *(const uint64_t *)key, other = ((const struct post *)item)->number;

    return number < other ? -1 : number > other;
}

static struct post *find_post(const struct mending *mending, uint64_t number)
{
    const size_t at = ARRAY_LOWER_BOUND(mending->posts, mending->count, &number, compare_number);

    return at < mending->count && mending->posts[at].number == number ? &mending->posts[at] : NULL;
}

static bool note_post(void *arg, struct bytes key, struct bytes value)
{
    struct mending *mending = arg;

    (void)value;
    ARRAY_ROOM(mending->posts, mending->count, mending->capacity);
    mending->posts[mending->count++] = (struct post){load_u64(key.data + 1), 0};
    return true;
}

static uint64_t count_bits(uint64_t bits)
{
    uint64_t count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static bool note_chunk(void *arg, struct bytes key, struct bytes value)
{
    struct mending *mending = arg;
    const uint64_t first = load_u64(key.data + 1), waiting = count_bits(load_u64(value.data));
    struct post *post = find_post(mending, load_u64(value.data + sizeof(uint64_t)));

    if (first + CHUNK_DRAFTS > mending->last) {
        mending->last = first + CHUNK_DRAFTS;
    }
    if (post == NULL) {
        buf_append_bytes(&mending->gone, key);
        mending->lost += waiting;
    } else {
        post->waiting += waiting;
    }
    return true;
}

static void put_number(struct txn *txn, struct bytes key, uint64_t number)
{
    uint8_t raw[sizeof number];

    store_u64(raw, number);
    (void)txn_put(txn, SPACE_LOCAL, key, bytes_of(raw, sizeof raw));
}

static void count_post(struct txn *txn, const struct post *post)
{
    uint8_t batch[NUMBER_KEY_BYTES] = {LOCAL_BATCH},
            remaining[NUMBER_KEY_BYTES] = {LOCAL_REMAINING};

    store_u64(batch + 1, post->number);
    store_u64(remaining + 1, post->number);
    if (post->waiting == 0) {
        txn_delete(txn, SPACE_LOCAL, bytes_of(batch, sizeof batch));
        txn_delete(txn, SPACE_LOCAL, bytes_of(remaining, sizeof remaining));
    } else {
        put_number(txn, bytes_of(remaining, sizeof remaining), post->waiting);
    }
}

static void put_last(const struct mending *mending)
{
    const uint8_t letter = LOCAL_SEQUENCE;
    struct bytes value;
    uint64_t last = 0;

    if (txn_get(mending->txn, SPACE_LOCAL, bytes_of(&letter, 1), &value)) {
        last = load_u64(value.data);
    }
    if (mending->last > last) {
        put_number(mending->txn, bytes_of(&letter, 1), mending->last);
    }
}

enum status drafts_mend(struct txn *txn, uint64_t *lost, struct err *err)
{
    static const uint8_t batch = LOCAL_BATCH, draft = LOCAL_DRAFT;
    struct mending mending = {.txn = txn};
    enum status status = txn_scan(txn, SPACE_LOCAL, bytes_of(&batch, 1), note_post, &mending, err);

    if (status == OK) {
        status = txn_scan(txn, SPACE_LOCAL, bytes_of(&draft, 1), note_chunk, &mending, err);
    }
    if (status == OK) {
        for (size_t i = 0; i < mending.count; i++) {
            count_post(txn, &mending.posts[i]);
        }
        for (size_t at = 0; at < mending.gone.size; at += NUMBER_KEY_BYTES) {
            txn_delete(txn, SPACE_LOCAL, bytes_of(mending.gone.data + at, NUMBER_KEY_BYTES));
        }
        put_last(&mending);
        *lost = mending.lost;
    }
    buf_free(&mending.gone);
    mem_free(mending.posts);
    return status;
}

bool draft_row_fits(struct bytes key, struct bytes value)
{
    switch (key.data[0]) {
    case LOCAL_SEQUENCE:
        return key.size == 1 && value.size == sizeof(uint64_t);
    case LOCAL_REMAINING:
        return key.size == NUMBER_KEY_BYTES && value.size == sizeof(uint64_t);
    case LOCAL_DRAFT:
        return key.size == NUMBER_KEY_BYTES && value.size > CHUNK_HEAD_BYTES;
    default:
        return key.size == NUMBER_KEY_BYTES && batch_row_fits(value);
    }
}
