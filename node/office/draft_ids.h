/* draft_ids - where the draft of an id may be: a table in memory, so that a draft costs no row for
 * its id, and so that one look tells that an id is new.
 *
 *   draft_ids_get --> places --> the rows of drafts (drafts.h), which alone say what is there
 *
 * It has a place for each draft that waits and each that was set aside, and some of which nothing
 * is left, or which were staged and given up. Places of what is gone go when much of it is and the
 * table is built again. So a snapshot that is older than the table may have drafts that the table
 * lacks; whoever reads one is told, and looks through all rows instead.
 *
 * Owns: its table, until draft_ids_free. Thread: draft_ids_get any; the rest the loop thread.
 * Units: moments of the store (replicator/store/store.h). */
#ifndef TERRACE_NODE_OFFICE_DRAFT_IDS_H
#define TERRACE_NODE_OFFICE_DRAFT_IDS_H

#include <pthread.h>

#include "replicator/store/txn.h"

enum { DRAFTS_MAX = 1 << 20, DRAFT_PLACES_MAX = 16 };
#define DRAFT_PLACE_ASIDE UINT64_MAX /* not among those that wait: set aside */

struct draft_id {
    uint64_t hash, place; /* place 0: a free slot */
};
struct draft_ids {
    pthread_mutex_t lock; /* over the table, where other threads look */
    struct draft_id *slots;
    size_t slot_count, count;
    size_t gone;     /* so many were dropped since it was built */
    uint64_t moment; /* of the store when it was built */
    uint64_t seed;
};

struct draft_places {
    uint64_t at[DRAFT_PLACES_MAX];
    size_t count;
};

void draft_ids_init(struct draft_ids *ids);
void draft_ids_free(struct draft_ids *ids);
/* False: the table does not know, for it was built after `moment`, or there are too many places.
 * UINT64_MAX: of the turn's txn. */
bool draft_ids_get(struct draft_ids *ids, struct bytes id, uint64_t moment,
                   struct draft_places *out);
/* A row is staged that is found by this id. */
void draft_ids_add(struct draft_ids *ids, struct bytes id, uint64_t place);
void draft_ids_dropped(struct draft_ids *ids); /* one of those is not there any more */
/* Is it to be built again? Then: begin, add each, between two pieces of work. */
bool draft_ids_is_worn(const struct draft_ids *ids);
void draft_ids_begin(struct draft_ids *ids, uint64_t moment);
/* No more than DRAFTS_MAX wait at one time. */
bool draft_ids_is_full(const struct draft_ids *ids);

#endif
