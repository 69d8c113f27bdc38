/* key_maker - who makes and keeps the keys of this home: its owner, the daemon. The API asks.
 *
 *   worker:  make (Argon2id, files) --> task in a turn: keep, and the parent is asked
 *                                               '-- refused --> drop
 *
 * Thread: make and drop any, keep the loop's. */
#ifndef TERRACE_NODE_API_KEY_MAKER_H
#define TERRACE_NODE_API_KEY_MAKER_H

#include "replicator/replicator.h"

struct node_keys;

struct key_wish {
    bool identity, channel; /* which are to be new */
    const char *passphrase; /* NULL: none was given */
    const char *second; /* where the new link key is to be served meanwhile; NULL: chosen here */
};

struct made_keys {
    struct node_keys *keys;
    struct rotation rotation; /* points into them */
};

struct key_maker {
    /* Errors: ERR_KEY (the passphrase is missing, or another one), ERR_CONFIG (the address),
     * ERR_BUSY (somebody else does just this), ERR_IO, ERR_DISK_FULL. With OK, keep or drop
     * follows. */
    enum status (*make)(void *arg, const struct key_wish *wish, struct made_keys *out,
                        struct err *err);
    /* Errors: ERR_IO; then drop follows. */
    enum status (*keep)(void *arg, struct made_keys *made, struct err *err);
    void (*drop)(void *arg, struct made_keys *made);
    void *arg;
};

#endif
