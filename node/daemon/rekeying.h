/* rekeying - a running node goes over to the keys that its newest grant names: files, sockets, and
 * those who sign. Nothing is lost on the way, and no restart is needed.
 *
 *   asked:    next/ is written, the parent is asked                       (make_keys.h)
 *   granted:  durable --> next/ takes the place of what was in force; the parent is dialled, and
 *             newcomers are met, under the new link key; children find the former one where it was,
 *             and the new one beside it
 *   known to all children:  the new one takes the first place, the former one is forgotten
 *
 * Keys live until the end of the process: threads may sign with one that just went.
 *
 * Owns: the keys. Thread: the loop's. */
#ifndef TERRACE_NODE_DAEMON_REKEYING_H
#define TERRACE_NODE_DAEMON_REKEYING_H

#include <stdatomic.h>

#include "node/core/node.h"
#include "node/daemon/make_keys.h"
#include "node/home/next_keys.h"
#include "replicator/zmq/enrol_zmq.h"
#include "replicator/zmq/transport_zmq.h"

struct rekeying {
    const struct home_config *config;
    struct key_shop shop;
    struct key_choice keys;
    const struct sign_key *_Atomic signs; /* the identity in force */
    struct made_keys prepared;            /* keys NULL: none were */
    struct node_keys **gone;              /* in force before */
    size_t gone_count, gone_capacity;
    /* what serves, once it is there */
    struct node *node;
    struct transport_zmq *transport;
    struct enrol_zmq *enrol; /* NULL: nobody can join here */
};

/* Opens the keys that are there. Errors: as of key_choice_load. */
enum status rekeying_open(struct rekeying *rekeying, const char *home,
                          const struct home_config *config, struct bytes secret, struct err *err);
/* The store is open: which of them are in force, its grants say. Errors: as of grant_newest and
 * next_keys_choose. */
enum status rekeying_choose(struct rekeying *rekeying, const struct store *store, struct err *err);
/* The root took up keys that the trust key granted: where these are the ones, they are in force
 * from now on, and *keys is NULL. Before anything serves. */
void rekeying_take_root(struct rekeying *rekeying, struct node_keys **keys,
                        const struct grant *grant);
void rekeying_close(struct rekeying *rekeying); /* wipes */

/* Who goes over with them, borrowed; enrol: NULL where nobody can join. */
void rekeying_serve(struct rekeying *rekeying, struct node *node, struct transport_zmq *transport);
void rekeying_newcomers(struct rekeying *rekeying, struct enrol_zmq *enrol);
/* Before the listener opens: it gets the former link key while that is served. After it: the new
 * one beside it. Errors: as of transport_zmq_listen. */
void rekeying_before_listen(struct rekeying *rekeying);
void rekeying_listen_beside(struct rekeying *rekeying);

/* The API made keys, and the parent is asked for them in this turn. Errors: ERR_IO. */
enum status rekeying_keep(struct rekeying *rekeying, struct made_keys *made, struct err *err);
/* A home that was put back from a copy: keys of this machine alone are made, beside those in force,
 * unless some were asked for before. The secret is that of the home. Errors: as of make_keys. */
enum status rekeying_prepare(struct rekeying *rekeying, struct bytes secret, struct err *err);
/* Asks the parent for them. Errors: ERR_IO, and those of replicator_rotate. */
enum status rekeying_ask_prepared(struct rekeying *rekeying, struct err *err);
/* After a turn whose commit is durable. True when the parent is to be dialled anew. */
bool rekeying_step(struct rekeying *rekeying);

#endif
