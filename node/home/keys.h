/* keys - a node's secrets at rest, in HOME/keys.
 *
 *   identity.key   Ed25519, sealed      signs blocks, grants and cosignatures
 *   curve.key      X25519, sealed       the node's end of every link
 *   trust.key      Ed25519, sealed      only after init --root: to be taken off this machine
 *   machine.secret 32 random bytes      only where no passphrase was given
 *
 * Sealed under a passphrase where one can be had, else under the machine secret, so that an
 * unattended restart works; the config remembers which. The machine secret guards against a copied
 * key file, not against a copied disk: doctor warns of it.
 *
 * Thread: any, but slow on purpose (Argon2id): never the loop thread. */
#ifndef TERRACE_NODE_HOME_KEYS_H
#define TERRACE_NODE_HOME_KEYS_H

#include "replicator/trust/crypto.h"

enum key_seal { SEAL_PASSPHRASE, SEAL_MACHINE };

struct node_keys { /* from node_keys_new, in memory that is not swapped where that is allowed */
    struct sign_key identity;
    struct curve_key curve;
};
struct node_keys *node_keys_new(void);
void node_keys_free(struct node_keys *keys); /* wipes; NULL is fine */

/* In the environment: a descriptor from which the passphrase is read, to its end. */
#define KEYS_PASSPHRASE_FD "TERRACE_PASSPHRASE_FD"
/* The passphrase, from the first of: that descriptor, $TERRACE_PASSPHRASE, the systemd credential
 * terrace-passphrase, a prompt in the language of the environment when stdin is a terminal (twice
 * when `confirm`, for a new one, of 8 bytes or more).
 * The variables are wiped and unset: call it once in a process. Wipe and free `out`. Errors:
 * ERR_NOT_FOUND when there is none of them, with `err` untouched; ERR_KEY when it is empty, too
 * short or too long, or the two differ; ERR_IO. */
enum status keys_passphrase(struct buf *out, bool confirm, struct err *err);

/* What seals the keys of `directory` (HOME/keys). The first one finds a passphrase or makes the
 * machine secret, and tells in *seal which; the second is for a home whose config says. Errors:
 * those of keys_passphrase; ERR_KEY (the machine secret is not there); ERR_IO. */
enum status keys_secret_create(struct buf *secret, enum key_seal *seal, const char *directory,
                               struct err *err);
enum status keys_secret_load(struct buf *secret, enum key_seal seal, const char *directory,
                             struct err *err);

/* Writes identity.key and curve.key (0600). They must not be there yet: ERR_REFUSED. */
enum status keys_save(const struct node_keys *keys, const char *directory, enum key_seal seal,
                      struct bytes secret, struct err *err);
/* Errors: ERR_KEY (missing, or the secret does not open it); ERR_IO. */
enum status keys_load(struct node_keys *keys, const char *directory, struct bytes secret,
                      struct err *err);

/* One of the two, in another directory, with the same secret. Errors: as of keys_save, keys_load.
 */
enum status keys_identity_save(const struct sign_key *key, const char *directory,
                               enum key_seal seal, struct bytes secret, struct err *err);
enum status keys_curve_save(const struct curve_key *key, const char *directory, enum key_seal seal,
                            struct bytes secret, struct err *err);
enum status keys_identity_load(struct sign_key *key, const char *directory, struct bytes secret,
                               struct err *err);
enum status keys_curve_load(struct curve_key *key, const char *directory, struct bytes secret,
                            struct err *err);

/* The trust key. `secret` opens it with the same passphrase that sealed the others.
 * Errors: ERR_KEY (missing, or the secret does not open it); ERR_REFUSED (saving: there already);
 * ERR_IO. */
enum status keys_trust_save(const struct sign_key *trust, const char *directory, enum key_seal seal,
                            struct bytes secret, struct err *err);
enum status keys_trust_load(struct sign_key *trust, const char *directory, struct bytes secret,
                            struct err *err);
/* From the file that was taken off the machine: opened by the machine secret beside it, or else by
 * the passphrase. Errors: as of keys_trust_load, and of keys_passphrase. */
enum status keys_trust_load_file(struct sign_key *trust, const char *path, struct err *err);
bool keys_trust_present(const char *directory);

#endif
