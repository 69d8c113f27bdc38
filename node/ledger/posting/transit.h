/* transit - the roll-ups of jurisdictions, in which what passes between two members is one thing.
 *
 * A jurisdiction is a division with all below it. XFER_OUT to a member that keeps books of the year
 * counts as TRANSIT there, and so does SRC_TRANSFER_IN from one, against it: TRANSIT is what one
 * member passed on and the other has not taken in, and XFER_OUT and SRC_TRANSFER_IN are to and from
 * outside. A division keeps books of a year from its first line of that year on.
 *
 *   passed to, or got from, a division that keeps none yet --> XFER_OUT, SRC_TRANSFER_IN as they
 *                                    are, and once more under that division (ROLLUP_PLAIN)
 *   its first line of that year --> moved to TRANSIT, rows dropped
 *
 * So the sums are the same in whatever order the logs came, and what is passed on as usual, to one
 * that took it in, has no row of its own.
 *
 * A root that lost its log joins no year of which it lost money: what passes between it and those
 * below stands as passed on and as come in, to and from outside, since one side may be lost.
 *
 * Owns: ROLLUP_SUBTREE and ROLLUP_PLAIN. Thread: loop thread. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_POSTING_TRANSIT_H
#define TERRACE_NODE_LEDGER_POSTING_TRANSIT_H

#include "node/ledger/posting/block_turnover.h"
#include "replicator/trust/roster.h"

struct rollup_place {
    char scope;
    struct division division;
    int year;
    enum rollup_dimension dimension;
    struct bytes key;
};
void rollup_add(struct txn *txn, const struct rollup_place *place, const struct turnover *moved);

/* Whose block it is, and the jurisdictions that have it: from `author` up to `self`. */
struct members {
    struct txn *txn;
    const struct roster *roster;
    struct division self, author;
};
/* Once the author has lines of the year: what others passed to it and got from it before moves to
 * TRANSIT. Nothing the second time. */
void transit_join(const struct members *members, int year);
/* Adds a group of the author's block. */
void transit_add(const struct members *members, const struct block_turnover_line *line);

/* The same move over rows that were added up of several replays, where the year's row of `peer`
 * says that it joined. */
void transit_settle(struct txn *txn, const struct roster *roster, struct division self,
                    struct division peer, int year);

#endif
