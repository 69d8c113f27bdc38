/* founders - the first admins of a division, from the request that names them to the grant.
 *
 *   join: name, key --EnrolRequest--> parent: kept while a person compares --grant--> child: are
 *   these the ones that were sent?
 *
 * They are carried as the founders of a struct grant_terms; what else that says is not looked at.
 *
 * Thread: any; the rows (LOCAL_INVITE_FOUNDERS) as of enrol_invites.h. */
#ifndef TERRACE_REPLICATOR_TRUST_FOUNDERS_H
#define TERRACE_REPLICATOR_TRUST_FOUNDERS_H

#include "replicator/store/txn.h"
#include "replicator/trust/crypto.h"
#include "replicator/trust/grant_terms.h"

enum { FINGERPRINT_TEXT_SIZE = 8 * 5 };

/* Eight groups of four digits, as they are read out by telephone. */
void fingerprint_print(char out[FINGERPRINT_TEXT_SIZE], const struct hash *hash);
/* Those of a person's key. */
void person_fingerprint(char out[FINGERPRINT_TEXT_SIZE], const struct public_key *key);

/* The same persons with the same keys, in the same order? */
bool founders_equal(const struct grant_terms *one, const struct grant_terms *other);
/* Names and keys, with their sizes; nothing at all where there are none. */
void founders_hash(struct hasher *hasher, const struct grant_terms *terms);

/* Of who waits with the token of this division. Put replaces; of none it removes. */
void founders_put(struct txn *txn, struct division division, const struct grant_terms *terms);
/* None where nobody waits. Errors: ERR_IO, ERR_CORRUPT. */
enum status founders_load(const struct store *store, struct store_snapshot *snapshot,
                          struct division division, struct grant_terms *out, struct err *err);
/* As of this turn. What cannot be read fails it. */
void founders_find(struct txn *txn, struct division division, struct grant_terms *out);

#endif
