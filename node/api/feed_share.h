/* feed_share - pieces of the change feed that many followers read at the same place: read, unpacked
 * and written once, and copied for the others.
 *
 *   200 followers stand at one position, a commit comes: one reads the log, 199 copy
 *
 * The order of arrival only grows, so a piece is right for ever; one that ends early is a shorter
 * piece, and what is behind it is the next.
 *
 * Between two pieces no reader keeps the block that it is in: a thousand who read slowly, each at a
 * place of his own, would have a thousand of them. A few are kept here, each for whoever goes on
 * where it was left.
 *
 * Owns: PIECES_KEPT pieces of at most PIECE_BYTES each and one line, BLOCKS_KEPT blocks of at most
 * 1 MiB and their entries. Thread: any. */
#ifndef TERRACE_NODE_API_FEED_SHARE_H
#define TERRACE_NODE_API_FEED_SHARE_H

#include "node/api/change_feed.h"

enum { BLOCKS_KEPT = 8 };

struct feed_share;
struct feed_share *feed_share_open(void);
void feed_share_close(struct feed_share *share); /* NULL is fine */

/* As change_feed_read; the feed has no block afterwards. `share` may be NULL: then it is that, and
 * keeps it. Errors: ERR_IO, ERR_CORRUPT. */
enum status feed_share_read(struct feed_share *share, struct change_feed *feed,
                            const struct change_bounds *bounds, struct buf *out, uint64_t *entries,
                            bool *more, struct err *err);

/* How many pieces were copied, and how many read: for tests. */
void feed_share_counts(struct feed_share *share, uint64_t *copied, uint64_t *read);

#endif
