/* session - operators who have logged in: a token outside, an unlocked signing key inside.
 *
 *   login(name, password) --> Argon2id (few at once) --> token (32 random bytes, hex)
 *   token --> person {name, key, secret}     until 15 min idle, 8 h at most, logout, a new
 * password, or the person's end
 *
 * Of Argon2id three run at once, two of them for the network at most, and few more wait at each
 * door: a flood from outside locks nobody out who stands at the socket.
 *
 * Tokens are kept hashed. What too many wrong passwords lead to is attempts.h's. Each login, good
 * or refused, is a log event. Owns: the unlocked keys, in memory that is not swapped out where the
 * system allows, wiped at the end of each session. Thread: any. Units: *_ms; *_unix_ms is the wall
 * clock's. */
#ifndef TERRACE_NODE_API_SESSION_H
#define TERRACE_NODE_API_SESSION_H

#include "node/api/attempts.h"
#include "node/core/node.h"
#include "node/office/operators.h"

enum {
    SESSIONS_MAX = 128,
    SESSIONS_EACH_MAX = 32, /* of one person */
    SESSION_TOKEN_MAX = 2 * HASH_SIZE + 1,
    SESSION_IDLE_MS = 15 * 60 * 1000,
    SESSION_LIFE_MS = 8 * 3600 * 1000,
    PASSWORD_BYTES_MIN = 8, /* of a new one */
    PASSWORD_BYTES_MAX = 1024,
};

struct sessions;
struct sessions *sessions_open(const struct clock *clock);
void sessions_close(struct sessions *sessions); /* NULL is fine */

struct login {
    const char *name;
    const struct operator_row *row; /* as stored; NULL when there is no such name: the answer and
                                       its delay are the same then */
    struct bytes password;
    const char *address; /* where it comes from; "" at the socket */
};
/* Errors: ERR_KEY (wrong name or password), ERR_LIMIT (too many failures), ERR_BUSY (too many log
 * in at this moment: nothing was tried). */
enum status session_login(struct sessions *sessions, const struct login *login,
                          char token[SESSION_TOKEN_MAX], struct err *err);
/* The key of login->row under this password, without a session. Same errors. */
enum status session_unseal(struct sessions *sessions, const struct login *login,
                           struct sign_key *out, struct err *err);
/* Seals a key under a password; takes one of the places as unsealing does, and waits for it. */
void session_seal(struct sessions *sessions, struct buf *out, const struct sign_key *key,
                  struct bytes password, const char *address);

struct session_view {
    uint64_t id; /* names it to an admin; says nothing of the token */
    char name[64], address[ATTEMPT_ADDRESS_MAX];
    struct public_key key;
    uint64_t begun_unix_ms, used_unix_ms;
    uint64_t idle_until_unix_ms, until_unix_ms; /* whichever comes first ends it */
};

/* Whose session it is. `is_used`: its idle time begins anew; what a page asks by itself, while
 * nobody is there, does not keep a session. False: no such session, or expired. */
bool session_know(struct sessions *sessions, const char *token, bool is_used,
                  struct session_view *out);
/* Copies the name and the key; the caller wipes `secret`. False: no such session, or expired. */
bool session_find(struct sessions *sessions, const char *token, char name[64],
                  struct sign_key *secret);
/* All that live, oldest first, at most SESSIONS_MAX; how many. */
size_t session_list(struct sessions *sessions, struct session_view out[SESSIONS_MAX]);
void session_logout(struct sessions *sessions, const char *token);
/* False when no session has this id. */
bool session_end_one(struct sessions *sessions, uint64_t id);
/* Ends all sessions of one person: after a new password, or when the person is ended. */
void session_end(struct sessions *sessions, const char *name);

#endif
