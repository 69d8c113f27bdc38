/* enrol_invites - invitations as rows: to whom a token was given, and who came with it.
 *
 *   OPEN ----------------------------------------> GRANTED --> SPENT
 *     \--a person is asked: the first keys that come--> WAITING --his word--> ADMITTED --> GRANTED
 *     all of these but the last two --> WITHDRAWN
 *
 * Internal to enrol.c; what others read and decide of them is in enrol.h.
 *
 * Owned by: enrol.c.
 * Thread: loop thread. Storage: LOCAL_INVITE, LOCAL_INVITE_SECRET (row_letters.h). */
#ifndef TERRACE_REPLICATOR_TRUST_ENROL_INVITES_H
#define TERRACE_REPLICATOR_TRUST_ENROL_INVITES_H

#include "replicator/trust/enrol.h"

enum invite_state { /* stored: append */
                    INVITE_OPEN,
                    INVITE_GRANTED,
                    INVITE_SPENT,
                    INVITE_WAITING,
                    INVITE_ADMITTED,
                    INVITE_WITHDRAWN,
                    INVITE_STATES
};

struct invite {
    enum invite_state state;
    struct division parent;
    struct hash secret; /* TAG_TOKEN of it */
    uint64_t expires_unix_ms;
    struct number_set policy;
    char name[NAME_BYTES_MAX + 1];
    struct grant_reach may_grant;
    struct public_key sign_key; /* of whom it was granted to, or of who waits */
    uint8_t curve_key[32];
    bool hold;                /* nobody is granted before a person has compared his keys */
    bool again, two, recover; /* struct invite_terms */
    char invited_by[FOUNDER_NAME_BYTES_MAX + 1], accepted_by[FOUNDER_NAME_BYTES_MAX + 1];
    uint64_t asked_unix_ms; /* by who waits; 0: nobody */
    char address[64];       /* his, as the transport tells */
};

void invite_put(struct txn *txn, struct division division, const struct invite *invite);
bool invite_find(struct txn *txn, struct division division, struct invite *out);

struct hash invite_secret_hash(const uint8_t secret[32]);
/* Whose token it is; kept for as long as the invite it belongs to, used or not. The one before is
 * nobody's from now on. */
void invite_index(struct txn *txn, struct division division, const struct hash *secret);
/* None when no token with this secret was ever given out. */
struct division invite_of_secret(struct txn *txn, const uint8_t secret[32]);
/* The same question, outside a turn. True where it cannot be read: the turn meets that, too. */
bool invite_secret_kept(const struct store *store, const uint8_t secret[32]);

#endif
