/* roster - who is who, as the grants this node holds tell it.
 *
 * A grant is signed by the granter's identity key (the root's own: by the trust key), and is
 * valid only for a division directly below the granter, or for one already there. The chain from
 * any member ends at the trust key, whose fingerprint this node pinned when it joined.
 *
 *   trust key --> region (epoch 1) --> city (epoch 1) --> county (epoch 1, epoch 2 ...)
 *
 * A granter grants within its reach: codes of the list that its own grant has, and no list that
 * goes beyond it. What counts is the list of the epoch whose key signed, so that every holder
 * judges alike, in whatever order logs come; what was granted before a list was changed stands.
 *
 * A later epoch is a rotation: the key of the epoch before agrees to it, and parent and founders
 * are the same. It counts at once. Any other is refused. The root's count by the trust key.
 *
 * The numbers in a granter's policy are its children's too; a child's grant may only add to
 * them.
 *
 * The tree (parent, children, next hop) is what these grants say and nothing else.
 * Owns: its members. Pure, apart from verifying signatures. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_TRUST_ROSTER_H
#define TERRACE_REPLICATOR_TRUST_ROSTER_H

#include "replicator/trust/grant.h"

enum { ROSTER_MEMBERS_MAX = 8192, TREE_DEPTH_MAX = 16 };

struct roster;
struct roster *roster_new(const struct hash *tree); /* fingerprint of the trust key */
void roster_free(struct roster *roster);
const struct hash *roster_tree(const struct roster *roster);

/* Does what an epoch's key signs count here? */
enum standing {
    STANDING_NONE,   /* there is no such epoch */
    STANDING_COUNTS, /* a first one, a rotation, or the root's */
};

/* Verifies and takes a sealed grant. OK also when it is there already (*added false).
 * Errors: ERR_MALFORMED; ERR_NEEDS_UPGRADE; ERR_NOT_YET (granter or epoch before unknown);
 * ERR_BAD_SIGNATURE (the granter's, the former epoch's consent, or the link key's proof);
 * ERR_REFUSED (outside the granter's reach, no consent or one that changes more than keys, policy
 * laxer than the granter's, another tree); ERR_DIVISION_TAKEN (another has granted it); ERR_FORK
 * (another grant of the same division and epoch). */
enum status roster_add(struct roster *roster, struct bytes sealed, bool *added, struct err *err);
/* Two have granted one division, neither knowing of the other: the one nearer the root stands.
 * Takes its grant in the place of all epochs of the one that came first, which has nothing below
 * it. Errors: as of roster_add; ERR_DIVISION_TAKEN (the granter is not above the other one, or the
 * division has granted, too). */
enum status roster_replace(struct roster *roster, struct bytes sealed, struct err *err);

/* One division as it stands now. Views stay valid until the next roster_add. */
struct member {
    struct grant grant;          /* the newest epoch */
    struct bytes sealed;         /* of that one */
    const struct member *parent; /* NULL for the root */
    uint32_t depth;              /* root 0 */
    uint32_t below;              /* members of its subtree, without itself */
};
const struct member *roster_find(const struct roster *roster, struct division division);
const struct member *roster_root(const struct roster *roster); /* NULL while empty */
size_t roster_count(const struct roster *roster);
const struct member *roster_at(const struct roster *roster, size_t index); /* sorted by code */

/* The grant of one epoch that counts, or NULL: a signature is checked with the key of its time. */
const struct grant *roster_epoch(const struct roster *roster, struct division division,
                                 uint32_t epoch);
/* The same, when its key is the newest one: what is said now, and not kept from earlier, is said
 * with that. An epoch that changed no key is as good as the one before it. */
const struct grant *roster_epoch_now(const struct roster *roster, struct division division,
                                     uint32_t epoch);
/* As it was signed; empty when there is no such epoch. */
struct bytes roster_sealed(const struct roster *roster, struct division division, uint32_t epoch);
/* What that grant says beside it: whom its holder may grant counts for the key of its time, too.
 * False when there is no such epoch. */
bool roster_terms(const struct roster *roster, struct division division, uint32_t epoch,
                  struct grant_terms *out);
const struct member *roster_by_curve_key(const struct roster *roster, const uint8_t key[32]);

/* `above` equal to `below` counts as within. False when either is unknown. */
bool roster_within(const struct roster *roster, struct division below, struct division above);
/* The child of `from` on the way down to `to`; DIVISION_NONE when `to` is not below. */
struct division roster_next_hop(const struct roster *roster, struct division from,
                                struct division to);
/* May `holder` hold a block of `author` with this audience? */
bool roster_in_audience(const struct roster *roster, struct division holder, struct division author,
                        const struct audience *audience);
/* All members' newest grants, in code order: the same wherever the same grants are held. */
struct hash roster_hash(const struct roster *roster);

#endif
