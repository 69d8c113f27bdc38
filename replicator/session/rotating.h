/* rotating - a node has other keys in its next epoch: its own wish, which its parent grants with
 * the consent of the key that goes.
 *
 *   child:  rotating_begin --> row --> Frame.rotate, at once, whenever a session opens, and with a
 * beat while the parent said nothing: an offer, or our consent, may be lost on its way parent: an
 * offer with these keys (rotate_request.h, amending.h) child:  the offer has these keys and changes
 * nothing else --> consent of the former key parent: grant, on `tree` of the child --> the child
 * takes it, and goes on under the new key
 *
 * A wish waits until it is granted: keys that were consented to may come at any time, so nothing
 * takes their place. A node with children serves its former link key until each of them holds the
 * grant; those that were away learn of it there.
 *
 * Owns: what is waited for. Thread: loop thread. Storage: META_ROTATION, META_FORMER.
 * Units: *_unix_ms. */
#ifndef TERRACE_REPLICATOR_SESSION_ROTATING_H
#define TERRACE_REPLICATOR_SESSION_ROTATING_H

#include "replicator/session/link.h"
#include "replicator/store/txn.h"
#include "replicator/trust/grant_keys.h"

struct rotating {
    bool waits;     /* META_ROTATION stands */
    bool consented; /* the former key did: these keys may be granted at any time */
    struct wanted_keys wanted;
    uint64_t since_unix_ms;
    uint64_t asked_ms;       /* mono; of this run */
    enum status refused;     /* why the parent does not offer it; OK: it said nothing */
    uint64_t granted_lsn;    /* where our newest grant stands in its granter's log; 0: not known */
    bool former_served;      /* META_FORMER stands */
    struct division grantor; /* ... until the children hold the log of this one */
    uint64_t former_lsn;     /* ... up to here */
    uint8_t curve_key[32];   /* of our newest grant, as it was last looked at */
};

/* What waited when this node ended. Errors: ERR_CORRUPT. */
enum status rotating_load(struct replicator *r, struct txn *txn, struct err *err);
/* See replicator_may_rotate and replicator_rotate. Errors: as there. */
enum status rotating_check(const struct replicator *r, const struct rotation *rotation,
                           struct err *err);
enum status rotating_begin(struct replicator *r, struct txn *txn, const struct rotation *rotation,
                           struct err *err);
/* A session with the parent is open. */
void rotating_ask(struct replicator *r, struct link *link);
/* A beat goes to the parent. */
void rotating_ask_again(struct replicator *r, struct link *link);
/* A grant of our own came, as an entry of its granter's log. */
void rotating_granted(struct replicator *r, uint64_t lsn);
void rotating_show(const struct replicator *r, struct rotation_status *out);
/* The turn ends: is a wish fulfilled, and does every child know of it? */
void rotating_seal(struct replicator *r, struct txn *txn);

/* May an offer have these keys? */
bool rotating_wants(const struct replicator *r, const struct grant *grant);
/* ... and it was consented to. */
void rotating_consent(struct replicator *r, struct txn *txn, const struct grant *grant);
/* The parent does not offer it. */
void rotating_refused(struct replicator *r, struct link *link, enum status why);

#endif
