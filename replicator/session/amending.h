/* amending - a child's next epoch by its own consent: another name, another list of whom it may
 * grant, as its parent asks, and other keys, as the child asks (rotating.h). It agrees by itself,
 * since nothing but its own wish changes who it is.
 *
 *   parent: amending_begin --> row --> Frame.offer, at once and whenever a session opens
 *   child:  amending_judge: its place, its keys, nothing lost? --> Frame.consent
 *   parent: amending_take --> grant with consent, appended; the row is gone
 *
 * Older grants of the child stand. One amendment of a child waits at a time; a newer one takes its
 * place.
 *
 * Owns: nothing. Thread: loop thread. Storage: META_AMENDMENT. */
#ifndef TERRACE_REPLICATOR_SESSION_AMENDING_H
#define TERRACE_REPLICATOR_SESSION_AMENDING_H

#include "replicator/session/link.h"
#include "replicator/store/txn.h"
#include "replicator/trust/grant_keys.h"

/* Seals a grant that was written, with the consent to it (NULL: none), takes it into the roster and
 * appends it to the own log. `division` is whose it is. Errors: as of roster_add. */
enum status amending_grant(struct replicator *r, struct txn *txn, struct bytes written,
                           const struct signature *consent, struct err *err);

/* See replicator_amend. Errors: as there. */
enum status amending_begin(struct replicator *r, struct txn *txn, struct division division,
                           const char *name, const struct grant_reach *may_grant, uint32_t *epoch,
                           struct err *err);
/* The child has asked for other keys: they are offered, with what was wished beside them. */
void amending_rekey(struct replicator *r, struct txn *txn, const struct member *member,
                    const struct wanted_keys *keys);
/* A session with this child is open: it is asked for what waits. */
void amending_offer(struct replicator *r, struct txn *txn, struct link *link);
/* The parent offers. What changes more than name and list, and has keys that were not asked for, is
 * not agreed to: alarm. */
void amending_judge(struct replicator *r, struct txn *txn, struct link *link, struct bytes written);
/* The child agrees to what was offered. */
void amending_take(struct replicator *r, struct txn *txn, struct link *link,
                   const Terrace__Consent *consent);

#endif
