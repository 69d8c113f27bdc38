/* link_spells - when the link of a division to the one above it was down: since when, until when,
 * how often it came back for a moment in between.
 *
 *   node_watch looks --link_spells_saw--> a spell begins, goes on, ends --link_spells_stage--> rows
 *
 * A link that is back for less than LINK_SPELL_APART_MS and gone again has one spell, which counts
 * how often. Spells outlive a restart; of more than LINK_SPELLS_MAX the oldest go. Rows of
 * SPACE_LOCAL, letter LOCAL_LINK_SPELL of node/office/local_keys.h. Nothing is decided by them.
 *
 * Owns:   the newest spell of each division that has one. Thread: the loop thread; link_spells_read
 * any, with a txn of its own. Units: *_unix_ms is wall time. */
#ifndef TERRACE_NODE_CORE_LINK_SPELLS_H
#define TERRACE_NODE_CORE_LINK_SPELLS_H

#include "proto/division.h"
#include "replicator/store/txn.h"

enum {
    LINK_SPELLS_MAX = 2000,
    LINK_SPELL_APART_MS = 60 * 1000,
};

enum link_look { LINK_LOOKS_UP, LINK_LOOKS_DOWN, LINK_LOOKS_PAUSED };

struct link_spell {
    struct division division, above; /* the link between these two */
    bool is_paused;                  /* an operator of `above` stopped it */
    uint64_t down_unix_ms;
    uint64_t up_unix_ms; /* 0: it is down still */
    uint32_t times;      /* how often it went down within the spell, from 1 */
};

struct link_spells;
/* Reads the newest of each division back. Errors: ERR_CORRUPT, and those of the store. */
enum status link_spells_open(struct link_spells **out, struct txn *txn, struct err *err);
void link_spells_close(struct link_spells *spells); /* NULL is fine */

/* How a link looks now; where it is not up, since when. */
void link_spells_saw(struct link_spells *spells, struct division division, struct division above,
                     enum link_look look, uint64_t since_unix_ms, uint64_t now_unix_ms);
/* What has changed since the last call. */
void link_spells_stage(struct link_spells *spells, struct txn *txn);

/* All of them in the order in which they began, the oldest first; mem_free(*out). Errors of the
 * store stay in the txn. */
size_t link_spells_read(struct txn *txn, struct link_spell **out);
/* Has the row the form that is written? */
bool link_spell_row_fits(struct bytes key, struct bytes value);

#endif
