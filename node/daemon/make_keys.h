/* make_keys - new keys for this home, beside those in force (node/home/next_keys.h), as the API
 * asks for them (node/api/key_maker.h).
 *
 * Thread: make_keys and drop_keys a worker's; what `struct key_shop` guards is under its lock. */
#ifndef TERRACE_NODE_DAEMON_MAKE_KEYS_H
#define TERRACE_NODE_DAEMON_MAKE_KEYS_H

#include <stdatomic.h>

#include "node/api/key_maker.h"
#include "node/home/home.h"

struct key_shop {
    char directory[HOME_FILE_MAX]; /* HOME/keys */
    const struct home_config *config;
    atomic_bool busy; /* from make to keep or drop */
};

void key_shop_open(struct key_shop *shop, const char *home, const struct home_config *config);
/* See struct key_maker. Errors: as there. */
enum status make_keys(struct key_shop *shop, const struct key_wish *wish, struct made_keys *out,
                      struct err *err);
/* Identity and link key are new; sealed by this secret, on a thread that may wait. Errors:
 * ERR_BUSY, ERR_IO, ERR_DISK_FULL, ERR_CONFIG. */
enum status make_own_keys(struct key_shop *shop, struct bytes secret, struct made_keys *out,
                          struct err *err);
/* What the parent is asked for with these, both of which are new. */
void made_keys_rotation(struct rotation *out, const struct node_keys *keys,
                        const struct home_config *config);
void made_keys_kept(struct key_shop *shop);
void drop_keys(struct key_shop *shop, struct made_keys *made);

#endif
