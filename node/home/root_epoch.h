/* root_epoch - the next epoch of the root, on its way to the machine of the trust key and back.
 *
 *   root_epoch_request --> HOME/keys/root/ (a new identity key, and a new link key where that is
 *       |                  wished) and a file: the Grant, unsigned, with the present key's consent
 *       |   by hand
 *       v
 *   root_epoch_read --> shown, asked --> root_epoch_sign --> a file: the SignedGrant
 *       |   by hand
 *       v
 *   root_epoch_take --> HOME/root_grant --> at the next start: entry of the log, durable, and only
 *                       then root_epoch_swap (node/daemon/take_root.h)
 *
 * A request made anew takes the place of the one before: the keys that were not granted are gone.
 * Name, founders, list and policy stay as they are. A former link key is served until all children
 * know the new one, as of any node (next_keys.h).
 *
 * Thread: the program's only one; slow on purpose where a key is sealed. */
#ifndef TERRACE_NODE_HOME_ROOT_EPOCH_H
#define TERRACE_NODE_HOME_ROOT_EPOCH_H

#include "node/home/home.h"

struct root_request {
    struct buf written; /* bytes of the Grant */
    struct grant grant;
    struct grant_terms terms;
    struct public_key former; /* the key in force, which agrees to it */
};

struct root_wish {
    bool channel;       /* the link key is to be another one, too */
    const char *second; /* where that is served meanwhile; NULL: chosen */
    uint64_t now_unix_ms;
};
/* `secret` opens the keys of the home. Errors: ERR_REFUSED (not the root's home; some below do not
 * know the present link key yet), those of keys_load, keys_identity_save, home_second_endpoint and
 * file_write. */
enum status root_epoch_request(const struct home_config *config, const char *home,
                               struct bytes secret, const struct root_wish *wish, const char *path,
                               struct root_request *out, struct err *err);
/* Errors: ERR_MALFORMED (no such file), ERR_BAD_SIGNATURE (nobody of the epoch before agreed),
 * ERR_IO, ERR_NOT_FOUND. */
enum status root_epoch_read(struct root_request *out, const char *path, struct err *err);
void root_request_free(struct root_request *request);
/* Errors: ERR_REFUSED (the trust key of another tree), those of file_write. */
enum status root_epoch_sign(const struct root_request *request, const struct sign_key *trust,
                            const char *path, struct err *err);
/* What the trust key signed, for this home's tree and the key that waits in it, is put where the
 * next start finds it. Errors: ERR_MALFORMED, ERR_REFUSED (of another tree, or for a key that is
 * not here), ERR_BAD_SIGNATURE, ERR_NOT_FOUND, ERR_IO. */
enum status root_epoch_take(const struct home_config *config, const char *home, struct bytes secret,
                            const char *path, struct grant *out, struct err *err);

/* The keys of the next epoch, each where it lies in the home, or else the one in force.
 * Errors: as of keys_load. */
enum status root_epoch_keys(struct node_keys *out, const char *home, struct bytes secret,
                            struct err *err);
/* What waits to be taken up; ERR_NOT_FOUND (err untouched): nothing. Errors: ERR_IO, ERR_TOO_LARGE.
 */
enum status root_epoch_waiting(const char *home, struct buf *sealed, struct err *err);
/* It is durable in the log: its keys take their places, and the chain of grants ends with it. May
 * be repeated after a crash. Errors: ERR_IO, and those of home_grants_read. */
enum status root_epoch_swap(const char *home, struct bytes sealed, struct err *err);

#endif
