#include "node/daemon/make_keys.h"

#include <stdio.h>

#include "node/home/next_keys.h"

/* --- where the new link key is served while the former one is, too --- */

/* "tcp://HOST" of one address, the port of another. Empty when either is not there, or the host is
 * no address that others can dial. */
static void beside(char out[ENDPOINT_BYTES_MAX + 1], const char *host, const char *port)
{
    const char *end = strrchr(host, ':'), *colon = strrchr(port, ':');

    out[0] = '\0';
    if (end == NULL || colon == NULL ||
        snprintf(out, ENDPOINT_BYTES_MAX + 1, "%.*s%s", (int)(end - host), host, colon) >
            ENDPOINT_BYTES_MAX ||
        !endpoint_can_be_dialled(out)) {
        out[0] = '\0';
    }
}

static enum status choose_second(char out[ENDPOINT_BYTES_MAX + 1], const struct home_config *config,
                                 const char *given, struct err *err)
{
    char free[ENDPOINT_BYTES_MAX + 1];
    enum status status;

    out[0] = '\0';
    if (config->listen[0] == '\0') {
        return OK; /* it has no children */
    }
    if (given != NULL) {
        status = home_check_endpoint(given, err);
        if (status == OK) {
            (void)snprintf(out, ENDPOINT_BYTES_MAX + 1, "%s", given);
        }
        return status;
    }
    status = home_free_endpoint(free, err);
    if (status == OK) {
        beside(out, config->advertise[0] != '\0' ? config->advertise : config->listen, free);
    }
    return status;
}

/* --- keys --- */

/* The secret that seals the others, proven by opening them. */
static enum status open_present(struct node_keys *keys, struct buf *secret,
                                const struct key_shop *shop, const struct key_wish *wish,
                                struct err *err)
{
    enum status status = OK;

    if (shop->config->seal == SEAL_MACHINE) {
        status = keys_secret_load(secret, SEAL_MACHINE, shop->directory, err);
    } else if (wish->passphrase == NULL) {
        status = err_set(err, ERR_KEY, "rotation_needs_passphrase");
    } else {
        buf_append_bytes(secret, bytes_text(wish->passphrase));
    }
    if (status == OK) {
        status = keys_load(keys, shop->directory, buf_bytes(secret), err);
        if (status == ERR_KEY && shop->config->seal == SEAL_PASSPHRASE) {
            status = err_set(err, ERR_KEY, "rotation_wrong_passphrase");
        }
    }
    return status;
}

static enum status make(struct made_keys *out, struct key_shop *shop, const struct key_wish *wish,
                        struct err *err)
{
    const struct next_keys next = {out->keys, wish->identity, wish->channel};
    struct buf secret = BUF_EMPTY;
    enum status status = open_present(out->keys, &secret, shop, wish, err);

    if (status == OK) {
        status = choose_second(out->rotation.second, shop->config, wish->second, err);
    }
    if (status == OK) {
        if (wish->identity) {
            sign_key_generate(&out->keys->identity);
        }
        if (wish->channel) {
            curve_key_generate(&out->keys->curve);
        } else {
            out->rotation.second[0] = '\0';
        }
        status =
            next_keys_make(&next, shop->directory, shop->config->seal, buf_bytes(&secret), err);
    }
    if (secret.data != NULL) {
        crypto_wipe(secret.data, secret.capacity);
    }
    buf_free(&secret);
    return status;
}

void key_shop_open(struct key_shop *shop, const char *home, const struct home_config *config)
{
    home_file(shop->directory, home, "keys");
    shop->config = config;
}

enum status make_keys(struct key_shop *shop, const struct key_wish *wish, struct made_keys *out,
                      struct err *err)
{
    enum status status;

    if (atomic_exchange(&shop->busy, true)) {
        return err_set(err, ERR_BUSY, "rotation_busy");
    }
    *out = (struct made_keys){.keys = node_keys_new()};
    status = make(out, shop, wish, err);
    if (status != OK) {
        drop_keys(shop, out);
        return status;
    }
    out->rotation.key = &out->keys->identity;
    out->rotation.channel = wish->channel;
    memcpy(out->rotation.curve_public, out->keys->curve.public, sizeof out->rotation.curve_public);
    return OK;
}

void made_keys_kept(struct key_shop *shop)
{
    atomic_store(&shop->busy, false);
}

void drop_keys(struct key_shop *shop, struct made_keys *made)
{
    next_keys_unmake(shop->directory);
    node_keys_free(made->keys);
    made->keys = NULL;
    atomic_store(&shop->busy, false);
}
