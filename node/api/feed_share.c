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

struct feed_share {
    pthread_mutex_t lock;
    struct piece at[PIECES_KEPT];
    size_t next; /* to be given up */
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

enum status feed_share_read(struct feed_share *share, struct change_feed *feed,
                            const struct change_bounds *bounds, struct buf *out, uint64_t *entries,
                            bool *more, struct err *err)
{
    const struct arrival_mark from = feed->at;
    const size_t begun = out->size;
    enum status status;

    if (share != NULL && copy_piece(share, feed, bounds, out, entries)) {
        *more = true; /* whether there is, the next read tells */
        return OK;
    }
    status = change_feed_read(feed, bounds, out, entries, more, err);
    if (status == OK && share != NULL) {
        keep_piece(share, feed, from, bytes_of(out->data + begun, out->size - begun), *entries);
    }
    return status;
}

void feed_share_counts(struct feed_share *share, uint64_t *copied, uint64_t *read)
{
    (void)pthread_mutex_lock(&share->lock);
    *copied = share->copied;
    *read = share->read;
    (void)pthread_mutex_unlock(&share->lock);
}
