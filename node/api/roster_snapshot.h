/* roster_snapshot - who is who at the moment of a view: the roster that the grants in its snapshot
 * make, and everybody in it as a place.
 *
 *   view --> grants of its snapshot --> their hash --+--> the one kept, when it has this hash
 *                                                    +--> else made anew, and kept
 *
 * So reads never ask the loop, and all that one answer says is of one commit. Making it verifies
 * every grant's signature, 45 us each; hashing what is stored costs 1 us a grant, once a commit:
 * views of one moment have the same grants.
 *
 * Owns: the newest one; each is freed once nobody reads it any more.
 * Thread: any; what was opened is read by many threads at once. */
#ifndef TERRACE_NODE_API_ROSTER_SNAPSHOT_H
#define TERRACE_NODE_API_ROSTER_SNAPSHOT_H

#include "node/api/view.h"

struct place {
    struct division division, parent;
    char name[NAME_BYTES_MAX + 1];
    uint32_t depth;
    size_t inside;     /* so many places right behind this one are its subtree */
    bool below, above; /* below: self or in its subtree; above: an ancestor of self */
};

struct roster_snapshot {
    struct roster *roster; /* a grant that cannot be added is missing in it: verify says so */
    struct place *at;      /* depth first from the root, siblings by code */
    size_t count;
    const struct place **by_code; /* all of them */
    struct hash grants;           /* of all stored grants */
    uint64_t moment; /* the newest at which they were these; under the lock of the cache */
    size_t holders;  /* under the lock of the cache */
};

struct roster_snapshots;
/* `tree` is the fingerprint of the trust key. */
struct roster_snapshots *roster_snapshots_open(const struct hash *tree, struct division self);
void roster_snapshots_close(struct roster_snapshots *rosters); /* NULL is fine */

/* NULL with the error answered, when the grants cannot be read. Released by the caller. */
struct roster_snapshot *roster_snapshot_open(const struct view *view, const struct request *request,
                                             struct answer *answer);
void roster_snapshot_release(const struct service *service, struct roster_snapshot *roster);

/* NULL when it is not in it. */
const struct place *roster_snapshot_place(const struct roster_snapshot *roster,
                                          struct division division);
/* The approval policy in force: this node's own and the one in its grant together. */
struct policy roster_snapshot_policy(const struct roster_snapshot *roster,
                                     const struct service *service);
/* Is `division` equal to `above` or below it? */
bool roster_snapshot_within(const struct roster_snapshot *roster, struct division division,
                            struct division above);

/* Is this division one of the tree, as far as it is known here? Otherwise not_found is answered,
 * with the nearest code that is. */
bool roster_snapshot_knows(const struct roster_snapshot *roster, const struct request *request,
                           struct answer *answer, struct division division);

/* Is it own or below? Otherwise not_below_you is answered, with the nearest code that is known. */
bool roster_snapshot_below(const struct roster_snapshot *roster, const struct request *request,
                           struct answer *answer, struct division division);

/* The division of ?division=, own by default; it must be own or below, else not_below_you is
 * answered, and false returned. */
bool request_division(const struct request *request, struct answer *answer,
                      const struct roster_snapshot *roster, struct division *out);

#endif
