#include "node/daemon/make_keys.h"

#include <stdio.h>

#include "node/home/next_keys.h"

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
        status = home_second_endpoint(out->rotation.second, shop->config, wish->second, err);
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

void made_keys_rotation(struct rotation *out, const struct node_keys *keys,
                        const struct home_config *config)
{
    struct err err;

    *out = (struct rotation){.key = &keys->identity, .channel = true};
    memcpy(out->curve_public, keys->curve.public, sizeof out->curve_public);
    if (home_second_endpoint(out->second, config, NULL, &err) != OK) {
        out->second[0] = '\0'; /* a convenience */
    }
}

enum status make_own_keys(struct key_shop *shop, struct bytes secret, struct made_keys *out,
                          struct err *err)
{
    struct next_keys next = {.identity = true, .channel = true};
    enum status status;

    if (atomic_exchange(&shop->busy, true)) {
        return err_set(err, ERR_BUSY, "rotation_busy");
    }
    *out = (struct made_keys){.keys = node_keys_new()};
    sign_key_generate(&out->keys->identity);
    curve_key_generate(&out->keys->curve);
    next.keys = out->keys;
    status = next_keys_make(&next, shop->directory, shop->config->seal, secret, err);
    if (status != OK) {
        drop_keys(shop, out);
        return status;
    }
    made_keys_rotation(&out->rotation, out->keys, shop->config);
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
