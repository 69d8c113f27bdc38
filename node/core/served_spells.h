/* served_spells - when a division was served by another ancestor, as its parent was away: by whom,
 * from when to when, and where its log ended as it went back.
 *
 *   the served one's own state -----------+
 *   its word, on its beats (Health.spell) +--served_spells_saw--> a spell begins, goes on, ends
 *   a served link of this node is over ---+                        --served_spells_stage--> rows
 *
 * Kept by the served one, by who served it, and by its parent, which hears of it once it is back.
 * Who goes and comes within SERVED_SPELL_APART_MS has one spell. Spells outlive a restart; of more
 * than SERVED_SPELLS_MAX the oldest go. Rows of SPACE_LOCAL, letter LOCAL_SERVED_SPELL of
 * node/office/local_keys.h. Nothing is decided by them.
 *
 * Owns:   the newest spell of each division that has one. Thread: the loop thread;
 * served_spells_read any, with a txn of its own. Units: *_unix_ms is wall time; lsn. */
#ifndef TERRACE_NODE_CORE_SERVED_SPELLS_H
#define TERRACE_NODE_CORE_SERVED_SPELLS_H

#include "proto/division.h"
#include "replicator/store/txn.h"

enum {
    SERVED_SPELLS_MAX = 2000,
    SERVED_SPELL_APART_MS = 60 * 1000,
};

struct served_spell {
    struct division division, by;
    uint64_t began_unix_ms;
    uint64_t ended_unix_ms; /* 0: it is served still */
    uint64_t lsn;           /* where its log ended then; of one that goes on, by its newest word */
};

struct served_spells;
/* Reads the newest of each division back. Errors: ERR_CORRUPT, and those of the store. */
enum status served_spells_open(struct served_spells **out, struct txn *txn, struct err *err);
void served_spells_close(struct served_spells *spells); /* NULL is fine */

/* A spell as it is now known. One that is older than the newest is passed over. True when one
 * began, ended, or goes on after all. */
bool served_spells_saw(struct served_spells *spells, const struct served_spell *now);
/* The newest of a division; false: it has none. */
bool served_spells_newest(const struct served_spells *spells, struct division division,
                          struct served_spell *out);
/* What has changed since the last call. */
void served_spells_stage(struct served_spells *spells, struct txn *txn);

/* All of them in the order in which they began, the oldest first; mem_free(*out). Errors of the
 * store stay in the txn. */
size_t served_spells_read(struct txn *txn, struct served_spell **out);
/* Has the row the form that is written? */
bool served_spell_row_fits(struct bytes key, struct bytes value);

#endif
