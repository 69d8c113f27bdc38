/* session - operators who have logged in: a token outside, an unlocked signing key inside.
 *
 *   login(name, password) --> Argon2id (at most two at once) --> token (32 random bytes, hex)
 *   token --> person {name, key, secret}     until 15 min idle, 8 h at most, logout,
 *                                        a new password, or the person's end
 *
 * Tokens are kept hashed. Ten wrong passwords in a row close an account for a minute.
 * Owns: the unlocked keys, in memory that is not swapped out where the system allows, wiped at the
 * end of each session. Thread: any. */
#ifndef TERRACE_NODE_API_SESSION_H
#define TERRACE_NODE_API_SESSION_H

#include "node/node.h"

enum {
    SESSIONS_MAX = 128,
    SESSION_TOKEN_MAX = 2 * HASH_SIZE + 1,
    SESSION_IDLE_MS = 15 * 60 * 1000,
    SESSION_LIFE_MS = 8 * 3600 * 1000,
    PASSWORD_BYTES_MIN = 8, /* of a new one */
    PASSWORD_BYTES_MAX = 1024,
};

struct sessions;
struct sessions *sessions_open(const struct clock *clock);
void sessions_close(struct sessions *sessions); /* NULL is fine */

/* `row` is the operator as stored, NULL when there is no such name: the answer and its delay are
 * the same then. Errors: ERR_KEY (wrong name or password), ERR_LIMIT (too many failures). */
enum status session_login(struct sessions *sessions, const char *name,
                          const struct operator_row *row, struct bytes password,
                          char token[SESSION_TOKEN_MAX], struct err *err);
/* The key of `row` under this password, without a session. Same errors. */
enum status session_unseal(struct sessions *sessions, const char *name,
                           const struct operator_row *row, struct bytes password,
                           struct sign_key *out, struct err *err);
/* Seals a key under a password; takes one of the two places as unsealing does. */
void session_seal(struct sessions *sessions, struct buf *out, const struct sign_key *key,
                  struct bytes password);

/* Copies the name and the key; the caller wipes `secret`. False: no such session, or expired. */
bool session_find(struct sessions *sessions, const char *token, char name[64],
                  struct sign_key *secret);
void session_logout(struct sessions *sessions, const char *token);
/* Ends all sessions of one person: after a new password, or when the person is ended. */
void session_end(struct sessions *sessions, const char *name);

#endif
