#include "node/api/feed_share.h"

#include <pthread.h>

enum { PIECES_KEPT = 8, PIECE_BYTES = 128 << 10 };

struct piece {
    struct arrival_mark from, to;
    struct change_filter filter;
    enum change_form form;
    uint64_t entries;
    struct buf bytes; /* empty: none is kept here */
};

/* The block that a reader was in as it stood at this position. */
struct left_block {
    uint64_t position;
    struct change_block block;
};

struct feed_share {
    pthread_mutex_t lock;
    struct piece at[PIECES_KEPT];
    size_t next; /* to be given up */
    struct left_block left[BLOCKS_KEPT];
    size_t next_left; /* to be given up */
    uint64_t copied, read;
};

struct feed_share *feed_share_open(void)
{
    struct feed_share *share = mem_zalloc(sizeof *share);

    (void)pthread_mutex_init(&share->lock, NULL);
    return share;
}

void feed_share_close(struct feed_share *share)
{
    if (share == NULL) {
        return;
    }
    for (size_t i = 0; i < PIECES_KEPT; i++) {
        buf_free(&share->at[i].bytes);
    }
    for (size_t i = 0; i < BLOCKS_KEPT; i++) {
        change_block_free(&share->left[i].block);
    }
    (void)pthread_mutex_destroy(&share->lock);
    mem_free(share);
}

static bool fits(const struct piece *piece, const struct change_feed *feed,
                 const struct change_bounds *bounds)
{
    return piece->bytes.size > 0 && piece->from.position == feed->at.position &&
           piece->form == feed->form && piece->entries <= bounds->entries_max &&
           division_equal(piece->filter.division, feed->filter.division) &&
           number_set_equal(&piece->filter.kinds, &feed->filter.kinds);
}

static bool copy_piece(struct feed_share *share, struct change_feed *feed,
                       const struct change_bounds *bounds, struct buf *out, uint64_t *entries)
{
    bool found = false;

    (void)pthread_mutex_lock(&share->lock);
    for (size_t i = 0; i < PIECES_KEPT && !found; i++) {
        const struct piece *piece = &share->at[i];

        found = fits(piece, feed, bounds);
        if (found) {
            buf_append_bytes(out, buf_bytes(&piece->bytes));
            change_feed_seek(feed, &piece->to);
            *entries = piece->entries;
            share->copied++;
        }
    }
    (void)pthread_mutex_unlock(&share->lock);
    return found;
}

static void keep_piece(struct feed_share *share, const struct change_feed *feed,
                       struct arrival_mark from, struct bytes bytes, uint64_t entries)
{
    struct piece *piece;

    (void)pthread_mutex_lock(&share->lock);
    share->read++;
    if (entries > 0 && bytes.size <= PIECE_BYTES) {
        piece = &share->at[share->next];
        share->next = (share->next + 1) % PIECES_KEPT;
        piece->from = from;
        piece->to = feed->at;
        piece->filter = feed->filter;
        piece->form = feed->form;
        piece->entries = entries;
        buf_clear(&piece->bytes);
        buf_append_bytes(&piece->bytes, bytes);
    }
    (void)pthread_mutex_unlock(&share->lock);
}

/* The reader goes on in the block in which it, or another, stopped here. */
static void take_block(struct feed_share *share, struct change_feed *feed)
{
    struct change_block block = CHANGE_BLOCK_NONE;

    (void)pthread_mutex_lock(&share->lock);
    for (size_t i = 0; i < BLOCKS_KEPT && block.next_lsn == 0; i++) {
        struct left_block *left = &share->left[i];

        if (left->block.next_lsn != 0 && left->position == feed->at.position) {
            block = left->block;
            left->block = CHANGE_BLOCK_NONE;
        }
    }
    (void)pthread_mutex_unlock(&share->lock);
    change_feed_resume(feed, &block);
}

static void leave_block(struct feed_share *share, struct change_feed *feed)
{
    struct change_block block = change_feed_yield(feed), former = CHANGE_BLOCK_NONE;

    if (block.next_lsn == 0) {
        change_block_free(&block);
        return;
    }
    (void)pthread_mutex_lock(&share->lock);
    former = share->left[share->next_left].block;
    share->left[share->next_left] = (struct left_block){feed->at.position, block};
    share->next_left = (share->next_left + 1) % BLOCKS_KEPT;
    (void)pthread_mutex_unlock(&share->lock);
    change_block_free(&former);
}

static enum status read_piece(struct feed_share *share, struct change_feed *feed,
                              const struct change_bounds *bounds, struct buf *out,
                              uint64_t *entries, bool *more, struct err *err)
{
    const struct arrival_mark from = feed->at;
    const size_t begun = out->size;
    enum status status;

    take_block(share, feed);
    status = change_feed_read(feed, bounds, out, entries, more, err);
    leave_block(share, feed);
    if (status == OK) {
        keep_piece(share, feed, from, bytes_of(out->data + begun, out->size - begun), *entries);
    }
    return status;
}

enum status feed_share_read(struct feed_share *share, struct change_feed *feed,
                            const struct change_bounds *bounds, struct buf *out, uint64_t *entries,
                            bool *more, struct err *err)
{
    if (share == NULL) {
        return change_feed_read(feed, bounds, out, entries, more, err);
    }
    if (copy_piece(share, feed, bounds, out, entries)) {
        *more = true; /* whether there is, the next read tells */
        return OK;
    }
    return read_piece(share, feed, bounds, out, entries, more, err);
}

void feed_share_counts(struct feed_share *share, uint64_t *copied, uint64_t *read)
{
    (void)pthread_mutex_lock(&share->lock);
    *copied = share->copied;
    *read = share->read;
    (void)pthread_mutex_unlock(&share->lock);
}
