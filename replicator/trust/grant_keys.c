#include "replicator/trust/grant_keys.h"

#include <inttypes.h>
#include <stdio.h>

void wanted_keys_write(Terrace__Rotate *message, const struct wanted_keys *wanted)
{
    terrace__rotate__init(message);
    message->has_suite = message->has_epoch = message->has_sign_key = 1;
    message->has_curve_key = message->has_key_proof = 1;
    message->suite = SUITE_ED25519_BLAKE2B;
    message->epoch = wanted->epoch;
    message->sign_key = pb_of_bytes(wanted->sign_key.at, sizeof wanted->sign_key.at);
    message->curve_key = pb_of_bytes(wanted->curve_key, sizeof wanted->curve_key);
    message->key_proof = pb_of_bytes(wanted->key_proof.at, sizeof wanted->key_proof.at);
    message->has_second = wanted->second[0] != '\0';
    message->second = pb_of_text(wanted->second);
}

static bool read_second(struct wanted_keys *out, const Terrace__Rotate *message)
{
    const struct bytes text = message->has_second ? bytes_of_pb(message->second) : BYTES_NONE;

    if (text.size > ENDPOINT_BYTES_MAX || !text_plain(text)) {
        return false;
    }
    (void)snprintf(out->second, sizeof out->second, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
    return true;
}

enum status wanted_keys_read(struct wanted_keys *out, const Terrace__Rotate *message,
                             const struct hash *tree, struct division division, struct err *err)
{
    struct hash link_key;

    memset(out, 0, sizeof *out);
    if (message->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "suite_unknown suite=%" PRIu32, message->suite);
    }
    if (message->epoch == 0 ||
        !pb_copy_exact(out->sign_key.at, sizeof out->sign_key.at, message->has_sign_key,
                       message->sign_key) ||
        !pb_copy_exact(out->curve_key, sizeof out->curve_key, message->has_curve_key,
                       message->curve_key) ||
        !pb_copy_exact(out->key_proof.at, sizeof out->key_proof.at, message->has_key_proof,
                       message->key_proof) ||
        !read_second(out, message)) {
        return err_set(err, ERR_MALFORMED, "grant_key_size division=%s", division.code);
    }
    out->epoch = message->epoch;
    link_key = link_key_hash(tree, division, out->curve_key);
    return signature_ok(&out->sign_key, &link_key, &out->key_proof)
               ? OK
               : err_set(err, ERR_BAD_SIGNATURE, "link_key_uncertified");
}

bool wanted_keys_are_of(const struct wanted_keys *wanted, const struct grant *grant)
{
    return memcmp(&wanted->sign_key, &grant->sign_key, sizeof grant->sign_key) == 0 &&
           memcmp(wanted->curve_key, grant->curve_key, sizeof grant->curve_key) == 0 &&
           memcmp(&wanted->key_proof, &grant->key_proof, sizeof grant->key_proof) == 0 &&
           strcmp(wanted->second, grant->second) == 0;
}

void wanted_keys_put(struct grant *grant, const struct wanted_keys *wanted)
{
    grant->sign_key = wanted->sign_key;
    memcpy(grant->curve_key, wanted->curve_key, sizeof grant->curve_key);
    grant->key_proof = wanted->key_proof;
    memcpy(grant->second, wanted->second, sizeof grant->second);
}

struct wanted_keys wanted_keys_of(const struct grant *grant)
{
    struct wanted_keys keys = {
        .epoch = grant->epoch, .sign_key = grant->sign_key, .key_proof = grant->key_proof};

    memcpy(keys.curve_key, grant->curve_key, sizeof keys.curve_key);
    memcpy(keys.second, grant->second, sizeof keys.second);
    return keys;
}
