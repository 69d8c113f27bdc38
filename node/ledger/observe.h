/* observe - logs above, as far as this node may hold them: one audience at a time, each in the
 * order of its lsn.
 *
 *   block of a log above --> rows of documents, codes, projects, asks to this node and those below,
 *                            answers to what they sent up, settles
 *
 * Nothing of it is booked. Observing stops before the first entry of a kind unknown to this
 * version; blocks go on being held and forwarded, and what was not observed is read back from the
 * store once the program knows more.
 *
 * Owns: the observe cursors. Thread: the loop thread, for what takes a txn of the loop. */
#ifndef TERRACE_NODE_LEDGER_OBSERVE_H
#define TERRACE_NODE_LEDGER_OBSERVE_H

#include "node/ledger/ledger.h"

/* A block of a log above that we may hold. Before an entry of an unknown {kind, format} observing
 * stops, for this audience of the log; the row says where, for as long as blocks wait. */
void ledger_observe_block(struct ledger *ledger, struct txn *txn, const struct block_header *header,
                          const struct entry *entries, size_t count);

/* The same block, which is only held for now: observing waits before it, and goes on after the next
 * opening (node/core/catch_up.h). */
void ledger_observe_later(struct txn *txn, const struct block_header *header);

/* A block of the log that the root lost, as others hold it: as one of a log above, of any audience,
 * in the order of its lsn. Returns how many of the entries were observed; the next one is unknown
 * to this version. */
size_t ledger_observe_part(struct ledger *ledger, struct txn *txn,
                           const struct block_header *header, const struct entry *entries,
                           size_t count);

struct observe_cursor {
    struct division author;
    struct audience audience;
    uint64_t block_lsn; /* no block before the one that begins here has anything to observe */
    uint64_t lsn;       /* of the next entry to observe */
    uint64_t held_lsn;  /* of the last one held for this audience */
};
/* False when everything is observed. */
bool ledger_observe_cursor(struct txn *txn, struct division author, const struct audience *audience,
                           struct observe_cursor *out);
/* This audience of the log, which is held up to `held_lsn`, is to be observed from its beginning.
 */
void ledger_observe_anew(struct txn *txn, struct division author, const struct audience *audience,
                         uint64_t held_lsn);
typedef bool ledger_observe_cursor_fn(void *arg, const struct observe_cursor *cursor);
/* Errors: those of the store's scan. */
enum status ledger_each_observe_cursor(struct txn *txn, ledger_observe_cursor_fn *visit, void *arg,
                                       struct err *err);
/* The next block of an audience that has a cursor, read back. Errors: ERR_NEEDS_UPGRADE when its
 * next entry is unknown still. */
enum status ledger_observe_again(struct ledger *ledger, struct txn *txn,
                                 const struct block_header *header, const struct entry *entries,
                                 size_t count, struct err *err);

#endif
