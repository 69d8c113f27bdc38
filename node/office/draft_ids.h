/* draft_ids - may an id stand for a draft? Nearly all that are handed in are new, and to see in the
 * store that a row is not there costs more than to read one that is.
 *
 *   draft_ids_refresh ... draft_ids_may_have: no   there is no such row
 *                                             yes  look (drafts.h)
 *
 * It has every id with a row LOCAL_DRAFT_ID, and some whose row is gone, or was staged and given
 * up. Of the ids it keeps hashes. Where too many drafts wait it says yes to everything.
 *
 * Owns: its table, until draft_ids_free; begin with zeros. Thread: the loop thread. */
#ifndef TERRACE_NODE_OFFICE_DRAFT_IDS_H
#define TERRACE_NODE_OFFICE_DRAFT_IDS_H

#include "replicator/store/txn.h"

enum { DRAFT_IDS_MAX = 100000 };

struct draft_ids {
    uint64_t *slots; /* a hash, the next ones where it is taken; 0: free. NULL: says yes */
    size_t slot_count, count;
    size_t read;  /* of `count`, those that had a row when it was built */
    bool is_full; /* more wait than it takes */
    uint64_t seed;
};

/* With the turn's txn, before a post: builds it, again when much of it is gone. */
void draft_ids_refresh(struct draft_ids *ids, struct txn *txn);
bool draft_ids_may_have(const struct draft_ids *ids, struct bytes id);
/* Its row is staged. */
void draft_ids_add(struct draft_ids *ids, struct bytes id);
void draft_ids_free(struct draft_ids *ids);

#endif
