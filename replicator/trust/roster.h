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
 * A later epoch is a rotation when the key of the epoch before agrees to it, parent and founders
 * are the same and it cuts nothing off: it counts as that one does. Any other is a recovery. It
 * counts at once for who granted it and who bears it; for everybody else once the level above its
 * granter has confirmed it (the root itself, where the root granted):
 *
 *   epoch 1 --rotation--> 2 --recovery--> 3 --rotation--> 4
 *   counts                counts          unconfirmed     unconfirmed --confirm(3 or 4)--> count
 *
 * A confirmation names the hash of one grant and confirms what is before it, too; it may come
 * before that grant. The root's epochs count by the trust key.
 *
 * Any ancestor of a division may revoke it (revocation.h). It names the position of the log that it
 * holds itself, and epochs:
 *
 *   1 .. last     they are over: what they signed up to that position stands, nothing above it
 * does. The next grant of the code is a recovery, whoever agrees to it, which goes on exactly
 * there; any other is refused. Epoch 1 is never granted again. k .. last     (k > 1) no to recovery
 * k: it and what follows it never count, confirmed or not. The epoch before goes on, also by
 * consent, as if they had not been; nothing of it is over. Numbers are not used again: the next
 * grant is last + 1.
 *
 * For each epoch the word of who is nearest the root stands, and of one author the first in its
 * log. All of this follows from the grants, confirmations and revocations that are held, so that it
 * is the same in whatever order they came. A refused epoch is kept, and takes no part: member and
 * link key are those of the newest that is not refused.
 *
 * The numbers in a granter's policy are its children's too; a child's grant may only add to
 * them.
 *
 * The tree (parent, children, next hop) is what these grants say and nothing else.
 * Owns: its members. Pure, apart from verifying signatures. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_TRUST_ROSTER_H
#define TERRACE_REPLICATOR_TRUST_ROSTER_H

#include "replicator/trust/grant.h"
#include "replicator/trust/objection.h"
#include "replicator/trust/revocation.h"

enum { ROSTER_MEMBERS_MAX = 8192, TREE_DEPTH_MAX = 16 };

struct roster;
/* `tree` is the fingerprint of the trust key. `self` is who judges: what it granted or bears needs
 * nobody's confirmation; DIVISION_NONE for who only looks. */
struct roster *roster_new(const struct hash *tree, struct division self);
void roster_free(struct roster *roster);
const struct hash *roster_tree(const struct roster *roster);
/* From now on, or no longer: takes what epochs granted that are unconfirmed. So one reads a chain
 * of grants, whose words are not in it, from who let this node in, and what was taken once from the
 * store; what those epochs sign counts no more than before. */
void roster_believe(struct roster *roster, bool believes);

/* Does what an epoch's key signs count here? */
enum standing {
    STANDING_NONE,        /* there is no such epoch */
    STANDING_COUNTS,      /* what it signs is folded, and obeyed */
    STANDING_UNCONFIRMED, /* it is held and passed on, and no figure is made of it */
    STANDING_REFUSED,     /* it never counts: an ancestor said no, or it does not go on where the
                             epoch before it ended */
};

/* Verifies and takes a sealed grant. OK also when it is there already (*added false).
 * Errors: ERR_MALFORMED; ERR_NEEDS_UPGRADE; ERR_NOT_YET (granter or epoch before unknown, or the
 * granter's epoch unconfirmed); ERR_BAD_SIGNATURE (the granter's, the former epoch's consent, or
 * the link key's proof); ERR_REFUSED (outside the granter's reach, policy laxer than the
 * granter's, another tree); ERR_DIVISION_TAKEN (another has granted it);
 * ERR_FORK (another grant of the same division and epoch). */
enum status roster_add(struct roster *roster, struct bytes sealed, bool *added, struct err *err);
/* Two have granted one division, neither knowing of the other: the one nearer the root stands.
 * Takes its grant in the place of all epochs of the one that came first, which has nothing below
 * it. Errors: as of roster_add; ERR_DIVISION_TAKEN (the granter is not above the other one, or the
 * division has granted, too). */
enum status roster_replace(struct roster *roster, struct bytes sealed, struct err *err);

/* One division as it stands now. Views stay valid until the next roster_add. */
struct member {
    struct grant grant;          /* the newest epoch that is not refused */
    struct bytes sealed;         /* of that one */
    const struct member *parent; /* NULL for the root */
    uint32_t depth;              /* root 0 */
    uint32_t below;              /* members of its subtree, without itself */
};
const struct member *roster_find(const struct roster *roster, struct division division);
const struct member *roster_root(const struct roster *roster); /* NULL while empty */
size_t roster_count(const struct roster *roster);
const struct member *roster_at(const struct roster *roster, size_t index); /* sorted by code */

/* The grant of one epoch, whatever its standing, or NULL: a signature is checked with the key of
 * its time. */
const struct grant *roster_epoch(const struct roster *roster, struct division division,
                                 uint32_t epoch);
/* The same, when its key is the newest one: what is said now, and not kept from earlier, is said
 * with that. An epoch that changed no key is as good as the one before it. */
const struct grant *roster_epoch_now(const struct roster *roster, struct division division,
                                     uint32_t epoch);
/* Where an epoch was ended: nothing that it signed above `lsn` stands. */
struct epoch_end {
    bool is_over;
    uint64_t lsn;
    struct hash hash; /* of the block that ends there */
};
/* How an epoch stands here. All zero, and false, when there is no such epoch. */
struct epoch_state {
    enum standing standing;
    bool is_recovery;
    uint64_t base_lsn; /* of a recovery: what lies above it of earlier epochs is cut off */
    struct hash base_hash;
    struct hash hash; /* of the grant: what a confirmation names */
    struct epoch_end end;
};
bool roster_epoch_state(const struct roster *roster, struct division division, uint32_t epoch,
                        struct epoch_state *out);
bool roster_epoch_counts(const struct roster *roster, struct division division, uint32_t epoch);
/* Is this block folded and obeyed: does its epoch count, up to its end? */
bool roster_block_counts(const struct roster *roster, const struct block_header *header);
/* Does it lie below the end of its epoch, if that was ended? Nobody is brought what does not. */
bool roster_block_stands(const struct roster *roster, const struct block_header *header);
/* The root lost its log, and the trust key let it go on behind what others hold of it: up to here
 * only that is held, at the root itself, too. 0: nothing was lost, or it is not the root. */
uint64_t roster_lost_lsn(const struct roster *roster, struct division division);
/* The number of the next grant of a member; refused ones have used theirs. */
uint32_t roster_next_epoch(const struct roster *roster, struct division division);
/* Would the next grant, with this base, be refused for where it goes on? Whoever grants asks first.
 * Errors: ERR_REFUSED. */
enum status roster_check_base(const struct roster *roster, const struct grant *grant,
                              bool has_consent, struct err *err);
/* The first epoch that is unconfirmed, and the base of the recovery that made it so: what the
 * division says above is unconfirmed. 0 when all of them count. */
uint32_t roster_unconfirmed(const struct roster *roster, struct division division,
                            uint64_t *base_lsn);

/* The newest epoch, when it or one before it is a recovery that was not confirmed, however it
 * stands here: what the confirmer is to look at. 0: there is nothing to confirm. */
uint32_t roster_to_confirm(const struct roster *roster, struct division division);

/* "This grant counts", by who stands above its granter. */
struct confirmation_of_epoch {
    struct division by, division;
    uint32_t epoch;
    struct hash grant;
};
/* Takes one, whether the grant is known or not; the last word of one epoch stands, and none takes
 * the place of one that fits the grant held. *changed: epochs count that did not. Whether persons
 * have signed it is the caller's to know. Errors: ERR_REFUSED (the division is unknown here, or it
 * is not `by` who confirms it). */
enum status roster_confirm(struct roster *roster, const struct confirmation_of_epoch *confirmation,
                           bool *changed, struct err *err);
/* Whose word it takes for this division's recoveries: its granter's parent, or the root. */
struct division roster_confirmer(const struct roster *roster, struct division division);

/* Takes one, once. *changed: an epoch is over, or refused, or counts, that was not or did not.
 * Whether the entry that says it counts is the caller's to know. Errors: ERR_NOT_YET (the division
 * is unknown here); ERR_REFUSED (it is not `by`'s to revoke); ERR_LIMIT. */
enum status roster_revoke(struct roster *roster, const struct revocation *revocation, bool *changed,
                          struct err *err);
/* May `by` say that now? Errors: ERR_NOT_FOUND (it is not below), ERR_REFUSED (it is revoked). */
enum status roster_may_revoke(const struct roster *roster, struct division by,
                              struct division division, struct err *err);
/* Is the division revoked now? `out`, which may be NULL: by the word that stands. */
bool roster_revoked(const struct roster *roster, struct division division, struct revocation *out);

/* --- what took whose place --- */

/* The first recovery that was neither confirmed nor refused, however it stands here, and the epoch
 * in whose place it is. False when there is none. */
struct contest {
    uint32_t former, epoch;
    struct hash grant; /* of that recovery */
};
bool roster_contest(const struct roster *roster, struct division division, struct contest *out);

/* An objection as it stands in the log of an ancestor. */
struct objection_held {
    struct objection said;
    struct division by;
    uint64_t said_lsn, time_ms; /* in its log; of that entry */
};
/* Does it stand: is it about the contest of its division, by the key of the epoch before? Errors:
 * ERR_NOT_FOUND (about nothing that waits here), ERR_REFUSED (not by that epoch, or that one was
 * revoked), ERR_BAD_SIGNATURE. */
enum status roster_check_objection(const struct roster *roster, const struct objection *objection,
                                   struct err *err);
/* Keeps it, one of a division and epoch; of two the later one that its key signed. *kept: it was
 * not there. Errors: ERR_NOT_YET (the division is unknown here); ERR_REFUSED (`by` is not above
 * it). */
enum status roster_object(struct roster *roster, const struct objection_held *objection, bool *kept,
                          struct err *err);
/* The one that stands; false when none does. */
bool roster_objection(const struct roster *roster, struct division division,
                      struct objection_held *out);

/* Has an ancestor said no to this epoch, which may not be known here? */
bool roster_is_refused(const struct roster *roster, struct division division, uint32_t epoch);
/* Is this grant of this epoch confirmed, whether it is known here or not? */
bool roster_is_confirmed(const struct roster *roster, struct division division, uint32_t epoch,
                         const struct hash *grant);
/* Whose link key was this: of an epoch below this node that is over by an ancestor's word, or in
 * whose place a recovery is? */
struct former_key {
    struct division division;
    uint32_t epoch;
    bool is_revoked;
    struct revocation word; /* that says so */
};
bool roster_former_key(const struct roster *roster, const uint8_t curve_key[32],
                       struct former_key *out);

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
/* All members' newest grants, in code order, and where epochs ended: the same wherever the same is
 * held. */
struct hash roster_hash(const struct roster *roster);

#endif
