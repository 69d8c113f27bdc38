/* change_feed - every entry this node holds, own and received, as lines of JSON in the order in
 * which they came to be held.
 *
 *   position --> arrivals (replicator/log/arrivals.h) --> blocks --> lines that the filter lets by
 *      ^------------------------- up to where it has read ------------------'
 *
 *   {"position":"17-8f3a90c1d2e3f405","division":"540121","lsn":5,"time":"...","kind":"payment",
 *    "id":"P1","document":{"kind":"payment","id":"P1",...}}
 *
 * A grant has "grant" for "document"; what this version does not know has "kind":"unknown", its
 * number, format and "body" in hexadecimal digits: nothing is left out. An entry is a fact from the
 * moment it stands here; nothing that was read is ever taken back.
 *
 * A reader keeps one text, the position, and goes on behind it for ever: what stood before it comes
 * never again, what came later comes once. It may be of a line that a filter left out.
 *
 * Each read takes a snapshot of its own, so a reader that rests holds nothing.
 *
 * Owns: the block it read last, until change_feed_close. Thread: one at a time, never the loop's.
 * Units: *_bytes. */
#ifndef TERRACE_NODE_API_CHANGE_FEED_H
#define TERRACE_NODE_API_CHANGE_FEED_H

#include "node/api/json.h"
#include "proto/block.h"
#include "proto/number_set.h"
#include "replicator/log/arrivals.h"

enum { POSITION_TEXT_MAX = 40 };

struct change_filter {
    struct division division; /* author; NONE: all */
    struct number_set kinds;
};
#define CHANGE_FILTER_ALL ((struct change_filter){DIVISION_NONE, NUMBER_SET_ALL})

enum change_form {
    CHANGES_LINES, /* NDJSON */
    CHANGES_EVENTS /* server-sent: the position is the event's id */
};

/* A block that was read and unpacked: up to 1 MiB and its entries. */
struct change_block {
    struct division author;
    uint64_t first_lsn, next_lsn; /* 0: there is none */
    struct block_body body;
};
#define CHANGE_BLOCK_NONE ((struct change_block){DIVISION_NONE, 0, 0, BLOCK_BODY_EMPTY})

struct change_feed {
    const struct store *store;
    struct arrival_mark at; /* read up to here */
    struct change_filter filter;
    enum change_form form;
    struct change_block block; /* the one it read last */
};

void change_feed_open(struct change_feed *feed, const struct store *store, enum change_form form);
/* Which entries it tells from now on. */
void change_feed_narrow(struct change_feed *feed, const struct change_filter *filter);
/* From there on; the position is one of this store, or the one before an entry of it. */
void change_feed_seek(struct change_feed *feed, const struct arrival_mark *at);
void change_feed_close(struct change_feed *feed);

/* The block it read last, which is its taker's then; and one that it goes on with, if it has none.
 */
struct change_block change_feed_yield(struct change_feed *feed);
void change_feed_resume(struct change_feed *feed, const struct change_block *block);
void change_block_free(struct change_block *block);

/* How much one read may write and look at, and how many entries it may write. */
struct change_bounds {
    size_t bytes_max, looked_bytes_max;
    uint64_t entries_max;
};
/* Appends what comes behind feed->at, as far as the bounds let it; *entries counts what it wrote.
 * *more: it stopped at a bound, and not at the end of the order. After an error nothing was
 * appended but whole lines. Errors: ERR_IO, ERR_CORRUPT. */
enum status change_feed_read(struct change_feed *feed, const struct change_bounds *bounds,
                             struct buf *out, uint64_t *entries, bool *more, struct err *err);
/* Appends where the reader stands, as a line without an entry: after `complete` nothing was left
 * behind it. */
void change_feed_write_position(const struct change_feed *feed, bool complete, struct buf *out);

/* A position as text, and read back; false when `text` is none. */
void position_format(char out[POSITION_TEXT_MAX], const struct arrival_mark *at);
bool position_parse(const char *text, struct arrival_mark *at);

#endif
