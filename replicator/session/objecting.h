/* objecting - a node in whose place another key was granted, and what it does about it.
 *
 *   its granter's log, or an ancestor's answer, has a grant of this division to another key
 *     --> row --> an Objection to each ancestor in turn, on a connection of its own, with growing
 *     pauses, until one above the granter has it durably
 *   its parent refuses its link key, and says nothing --> it asks those above which grant that is
 *   the grant is confirmed --> this node is over: it goes on reading, and writes no more
 *   the grant is refused --> into the roster, so that its number is used; this node goes on
 *
 * Who answers is known by the key that was dialled. That the grant is confirmed is believed of the
 * division whose word it takes, and of no other; that this node is revoked, of the block that says
 * so.
 *
 * Owns: the grant, and who has heard. Thread: loop thread. Storage: META_USURPER. Units: *_ms is
 * mono, *_unix_ms. */
#ifndef TERRACE_REPLICATOR_SESSION_OBJECTING_H
#define TERRACE_REPLICATOR_SESSION_OBJECTING_H

#include "proto/frame.h"
#include "replicator/former_keys.h"
#include "replicator/trust/roster.h"

struct objecting {
    struct buf sealed; /* the grant to another key; empty: none is known */
    uint32_t epoch;    /* of it */
    struct hash grant;
    bool is_confirmed;
    bool is_doubtful; /* somebody says so whose word it does not take: who confirms is asked */
    bool is_changed;  /* the row is not staged, or the owner not told */
    bool is_shut_out; /* the parent refuses the link key of this node */
    uint32_t attempts;
    uint64_t due_ms;
    size_t turn;                           /* whose it is to be called */
    struct division heard[TREE_DEPTH_MAX]; /* they have it */
    size_t heard_count;
};

void objecting_free(struct objecting *objecting);
/* What was known when this node ended. Errors: ERR_CORRUPT. */
enum status objecting_load(struct replicator *r, struct txn *txn, struct err *err);
/* A grant of this division to another key came. Nothing happens when its granter did not sign it.
 */
void objecting_begin(struct replicator *r, struct bytes sealed);
/* The parent's door was shut before this node's link key. */
void objecting_shut_out(struct replicator *r);
/* A session with the parent began: its door is open. */
void objecting_let_in(struct replicator *r);
/* An ancestor's answer to a key of this node that is over there. */
void objecting_told(struct replicator *r, struct txn *txn, struct division who,
                    const Terrace__Superseded *said);
/* The turn ends: is it over? */
void objecting_seal(struct replicator *r, struct txn *txn);

/* See replicator_call. */
bool objecting_call(struct replicator *r, struct ancestor_call *out, struct buf *frame);
uint64_t objecting_next_ms(const struct replicator *r);
void objecting_show(const struct replicator *r, struct usurped *out);

#endif
