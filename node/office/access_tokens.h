/* access_tokens - what programs show at the API instead of a person: named, of few roles, ending by
 * themselves. Who holds the store cannot use one: it is kept as a hash.
 *
 *   add --> row {name, roles, until, whose} --> find(hash) at each request --> revoke, or its end
 *
 * Owns: its rows. Thread: the loop thread for changes; a reader with a snapshot for the rest.
 * Units: *_unix_ms. */
#ifndef TERRACE_NODE_OFFICE_ACCESS_TOKENS_H
#define TERRACE_NODE_OFFICE_ACCESS_TOKENS_H

#include "node/core/node.h"

#define ACCESS_TOKEN_PREFIX "tk_"
enum {
    ACCESS_TOKEN_TEXT_MAX = 3 + 2 * HASH_SIZE + 1,
    ACCESS_TOKENS_MAX = 256,
    ACCESS_TOKEN_DAYS_MAX = 366,
};

struct access_token {
    struct hash hash;
    char name[64];
    char maker[64]; /* whose rights it has part of; "": of the owner of the process */
    uint32_t roles; /* 0: it only reads; never ROLE_CHECKER */
    uint64_t made_unix_ms, expires_unix_ms;
    uint64_t used_unix_ms; /* 0: never; at most a minute old */
};

/* The token as its holder shows it, "tk_" and hexadecimal digits; the row keeps the hash alone. */
void access_token_make(char text[ACCESS_TOKEN_TEXT_MAX], struct hash *hash);
struct hash access_token_hash(const char *text);

/* Expired ones, too. */
bool access_token_find(struct txn *txn, const struct hash *hash, struct access_token *out);
void access_tokens_each(struct txn *txn, bool (*visit)(void *arg, const struct access_token *token),
                        void *arg);

/* What it may do now: no more than its maker, who may have lost a role since. False when its time
 * is over, or its maker is ended. */
bool access_token_rights(struct txn *txn, const struct access_token *token, uint64_t now_unix_ms,
                         uint32_t *roles);

/* Errors: ERR_CONFIG (its name), ERR_REFUSED (there already), ERR_LIMIT (too many). */
enum status node_access_token_add(struct txn *txn, const struct access_token *token,
                                  struct err *err);
/* By its maker, or by an admin. Errors: ERR_NOT_FOUND, ERR_REFUSED (somebody else's). */
enum status node_access_token_revoke(struct txn *txn, const char *name, const char *by,
                                     bool by_admin, struct err *err);
/* How many of this maker's have not expired; `ends`: they are revoked, and the expired with them.
 */
size_t access_tokens_of(struct txn *txn, const char *maker, uint64_t now_unix_ms, bool ends);
void node_access_token_used(struct txn *txn, const struct hash *hash, uint64_t unix_ms);
/* Has the row the form that is written? */
bool access_token_row_fits(struct bytes key, struct bytes value);

#endif
