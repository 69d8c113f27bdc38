#include "node/daemon/rekeying.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/core/resync.h"
#include "proto/array.h"
#include "proto/log.h"
#include "replicator/log/granted.h"

/* --- opening --- */

enum status rekeying_open(struct rekeying *rekeying, const char *home,
                          const struct home_config *config, struct bytes secret, struct err *err)
{
    rekeying->config = config;
    key_shop_open(&rekeying->shop, home, config);
    return key_choice_load(&rekeying->keys, rekeying->shop.directory, secret, err);
}

enum status rekeying_choose(struct rekeying *rekeying, const struct store *store, struct err *err)
{
    struct grant grant;
    enum status status = grant_newest(store, rekeying->config->division, &grant, err);

    if (status == OK) {
        status = next_keys_choose(&rekeying->keys, rekeying->shop.directory, &grant, err);
    } else if (status == ERR_NOT_FOUND) {
        status = OK; /* a first start: nobody was asked for others yet */
    }
    if (status == OK) {
        atomic_store(&rekeying->signs, &rekeying->keys.in_force->identity);
    }
    return status;
}

void rekeying_serve(struct rekeying *rekeying, struct node *node, struct transport_zmq *transport)
{
    rekeying->node = node;
    rekeying->transport = transport;
}

void rekeying_newcomers(struct rekeying *rekeying, struct enrol_zmq *enrol)
{
    rekeying->enrol = enrol;
}

void rekeying_close(struct rekeying *rekeying)
{
    key_choice_free(&rekeying->keys);
    node_keys_free(rekeying->prepared.keys);
    for (size_t i = 0; i < rekeying->gone_count; i++) {
        node_keys_free(rekeying->gone[i]);
    }
    mem_free(rekeying->gone);
}

/* --- going over --- */

static void let_go(struct rekeying *rekeying, struct node_keys *keys)
{
    ARRAY_ROOM(rekeying->gone, rekeying->gone_count, rekeying->gone_capacity);
    rekeying->gone[rekeying->gone_count++] = keys;
}

enum status rekeying_keep(struct rekeying *rekeying, struct made_keys *made, struct err *err)
{
    const enum status status = next_keys_ask(rekeying->shop.directory, err);

    if (status != OK) {
        return status;
    }
    if (rekeying->keys.next != NULL) {
        let_go(rekeying, rekeying->keys.next); /* the parent did not offer those */
    }
    rekeying->keys.next = made->keys;
    rekeying->keys.next_of_copy = false;
    made->keys = NULL;
    made_keys_kept(&rekeying->shop);
    return OK;
}

enum status rekeying_prepare(struct rekeying *rekeying, struct bytes secret, struct err *err)
{
    return rekeying->keys.next != NULL && !rekeying->keys.next_of_copy
               ? OK
               : make_own_keys(&rekeying->shop, secret, &rekeying->prepared, err);
}

enum status rekeying_ask_prepared(struct rekeying *rekeying, struct err *err)
{
    struct rotation rotation = rekeying->prepared.rotation;
    enum status status = OK;

    if (rekeying->prepared.keys != NULL) {
        status = rekeying_keep(rekeying, &rekeying->prepared, err);
    } else if (rekeying->keys.next != NULL &&
               !rekeying->keys.next_of_copy) { /* by a run that was cut off */
        made_keys_rotation(&rotation, rekeying->keys.next, rekeying->config);
    } else {
        status =
            err_set(err, ERR_KEY, "resync_no_keys division=%s", rekeying->config->division.code);
    }
    return status == OK ? resync_rotate(rekeying->node, &rotation, err) : status;
}

static const struct grant *own_grant(const struct rekeying *rekeying)
{
    return &roster_find(node_roster(rekeying->node), rekeying->config->division)->grant;
}

static struct rotation_status status_of(const struct rekeying *rekeying)
{
    struct rotation_status status;

    replicator_rotation(node_replicator(rekeying->node), &status);
    return status;
}

static bool names(const struct grant *grant, const struct node_keys *keys)
{
    return memcmp(&grant->sign_key, &keys->identity.public, sizeof grant->sign_key) == 0 &&
           memcmp(grant->curve_key, keys->curve.public, sizeof grant->curve_key) == 0;
}

void rekeying_take_root(struct rekeying *rekeying, struct node_keys **keys,
                        const struct grant *grant)
{
    struct node_keys *former = rekeying->keys.in_force;

    if (names(grant, former) || !names(grant, *keys)) {
        return; /* they lay in their places when the home was opened */
    }
    rekeying->keys.in_force = *keys;
    *keys = NULL;
    atomic_store(&rekeying->signs, &rekeying->keys.in_force->identity);
    if (memcmp(former->curve.public, rekeying->keys.in_force->curve.public,
               sizeof former->curve.public) == 0) {
        let_go(rekeying, former);
        return;
    }
    if (rekeying->keys.former != NULL) {
        let_go(rekeying, rekeying->keys.former);
    }
    rekeying->keys.former = former;
}

void rekeying_before_listen(struct rekeying *rekeying)
{
    if (rekeying->keys.former != NULL && status_of(rekeying).former_served) {
        transport_zmq_serve(rekeying->transport, &rekeying->keys.former->curve);
    }
}

/* At the port of that address, of the host that this node listens at. Children that cannot come
 * there find the former key at the first address, and the new one once all of them know of it. */
void rekeying_listen_beside(struct rekeying *rekeying)
{
    const char *second = own_grant(rekeying)->second, *port = strrchr(second, ':');
    const char *host = rekeying->config->listen, *end = strrchr(host, ':');
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    struct err err;

    if (rekeying->keys.former == NULL || !status_of(rekeying).former_served || port == NULL ||
        end == NULL) {
        return;
    }
    (void)snprintf(endpoint, sizeof endpoint, "%.*s%s", (int)(end - host), host, port);
    if (transport_zmq_listen_beside(rekeying->transport, endpoint, &rekeying->keys.in_force->curve,
                                    &err) == OK) {
        LOG_INFO("rotate.second", "listen=%s", endpoint);
    } else {
        LOG_WARN("rotate.second_failed", "listen=%s error=%s", endpoint, err.text);
    }
}

static void take_link_key(struct rekeying *rekeying, struct node_keys *former)
{
    const struct curve_key *key = &rekeying->keys.in_force->curve;

    if (rekeying->keys.former != NULL) {
        let_go(rekeying, rekeying->keys.former);
    }
    rekeying->keys.former = former;
    transport_zmq_dial_as(rekeying->transport, key);
    if (rekeying->enrol != NULL) {
        enrol_zmq_serve(rekeying->enrol, key);
    }
    rekeying_listen_beside(rekeying);
}

/* True when the link key is another one. */
static bool take(struct rekeying *rekeying)
{
    struct key_choice *keys = &rekeying->keys;
    struct node_keys *former = keys->in_force;
    const bool link_key_new =
        memcmp(former->curve.public, keys->next->curve.public, sizeof former->curve.public) != 0;
    struct err err;

    if (next_keys_take(rekeying->shop.directory, &err) != OK) {
        LOG_WARN("rotate.not_moved", "error=%s", err.text); /* the next start finds them */
    }
    keys->in_force = keys->next;
    keys->next = NULL;
    keys->next_of_copy = false;
    atomic_store(&rekeying->signs, &keys->in_force->identity);
    if (link_key_new) {
        take_link_key(rekeying, former);
    } else {
        let_go(rekeying, former);
    }
    LOG_INFO("rotate.done", "epoch=%" PRIu32 " link_key=%d", own_grant(rekeying)->epoch,
             link_key_new);
    return link_key_new;
}

static void forget_former(struct rekeying *rekeying)
{
    transport_zmq_serve(rekeying->transport, &rekeying->keys.in_force->curve);
    next_keys_forget_former(rekeying->shop.directory);
    let_go(rekeying, rekeying->keys.former);
    rekeying->keys.former = NULL;
}

bool rekeying_step(struct rekeying *rekeying)
{
    struct key_choice *keys = &rekeying->keys;
    bool dial = false;

    if (keys->next != NULL && names(own_grant(rekeying), keys->next)) {
        dial = take(rekeying);
    }
    if (keys->former != NULL && !status_of(rekeying).former_served) {
        forget_former(rekeying);
    }
    if (keys->next != NULL && !status_of(rekeying).waits) {
        next_keys_drop(rekeying->shop.directory); /* nobody was asked for them */
        let_go(rekeying, keys->next);
        keys->next = NULL;
        keys->next_of_copy = false;
    }
    return dial;
}
