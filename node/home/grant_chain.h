/* grant_chain - the grants that this node stands on, as its store has them: every epoch of every
 * level, root first, own last. HOME/grants (home.h) has the same: it is kept up to date from here,
 * at each opening and with each new epoch, so that each of the two can be made again from the
 * other.
 *
 * Thread: the one that will be the loop's, or the loop's. */
#ifndef TERRACE_NODE_HOME_GRANT_CHAIN_H
#define TERRACE_NODE_HOME_GRANT_CHAIN_H

#include "replicator/store/store.h"
#include "replicator/trust/enrol.h"

struct grant_chain {
    struct bytes at[ENROL_CHAIN_MAX]; /* sealed; they point into `memory` */
    size_t count;                     /* 0: the store has no whole chain */
    struct buf memory;
};

/* Errors: ERR_IO, ERR_CORRUPT. */
enum status grant_chain_read(struct grant_chain *out, const struct store *store,
                             struct division self, struct err *err);
void grant_chain_free(struct grant_chain *chain);
bool grant_chain_has(const struct grant_chain *chain, struct bytes sealed);

/* HOME/grants becomes this one where it is another, or cannot be read. A failure is logged. */
void grant_chain_keep(const struct grant_chain *chain, const char *home);

#endif
