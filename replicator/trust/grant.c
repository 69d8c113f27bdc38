#include "replicator/trust/grant.h"

#include <inttypes.h>

enum { SEALED_ARENA_BYTES = 32 << 10 };

static const char link_endpoint[] = "link"; /* where children dial */

struct hash link_key_hash(const struct hash *tree, struct division division,
                          const uint8_t curve_key[32])
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_KEY_PROOF);
    hasher_add(&hasher, tree->at, sizeof tree->at);
    hasher_add(&hasher, division.code, DIVISION_CODE_MAX);
    hasher_add(&hasher, curve_key, 32);
    return hasher_end(&hasher);
}

struct signature link_key_proof(const struct sign_key *key, const struct hash *tree,
                                struct division division, const uint8_t curve_key[32])
{
    const struct hash hash = link_key_hash(tree, division, curve_key);

    return sign_hash(key, &hash);
}

void grant_certify(struct grant *grant, const struct hash *tree, const struct sign_key *key)
{
    grant->tree = *tree;
    grant->sign_key = key->public;
    grant->key_proof = link_key_proof(key, tree, grant->division, grant->curve_key);
}

/* What the granter signs, and what a grant is known by. */
static struct hash grant_hash(struct bytes grant, uint32_t consent_suite, struct bytes consent)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_GRANT);
    hasher_add_bytes(&hasher, grant);
    hasher_add_u32(&hasher, consent_suite);
    hasher_add_bytes(&hasher, consent);
    return hasher_end(&hasher);
}

struct hash grant_consent_hash(struct bytes written)
{
    return hash_of(TAG_CONSENT, written);
}

void grant_seal_written(struct buf *out, struct bytes grant, const struct signature *consent,
                        const struct sign_key *signer)
{
    Terrace__SignedGrant sealed = TERRACE__SIGNED_GRANT__INIT;
    struct signature signature;
    struct hash hash;

    sealed.has_suite = sealed.has_grant = sealed.has_signer = sealed.has_signature = 1;
    sealed.suite = SUITE_ED25519_BLAKE2B;
    sealed.grant = pb_of_bytes(grant.data, grant.size);
    sealed.signer = pb_of_bytes(signer->public.at, sizeof signer->public.at);
    if (consent != NULL) {
        sealed.has_consent_suite = sealed.has_consent = 1;
        sealed.consent_suite = SUITE_ED25519_BLAKE2B;
        sealed.consent = pb_of_bytes(consent->at, sizeof consent->at);
    }
    hash = grant_hash(grant, sealed.consent_suite, bytes_of_pb(sealed.consent));
    signature = sign_hash(signer, &hash);
    sealed.signature = pb_of_bytes(signature.at, sizeof signature.at);
    message_encode(out, &sealed.base);
}

void grant_seal(struct buf *out, const struct grant *grant, const struct grant_terms *terms,
                const struct sign_key *signer)
{
    struct buf written = BUF_EMPTY;

    grant_write(&written, grant, terms);
    grant_seal_written(out, buf_bytes(&written), terms->has_consent ? &terms->consent : NULL,
                       signer);
    buf_free(&written);
}

void grant_write(struct buf *out, const struct grant *grant, const struct grant_terms *terms)
{
    Terrace__Grant message = TERRACE__GRANT__INIT;
    Terrace__Endpoint endpoint = TERRACE__ENDPOINT__INIT, *endpoints[] = {&endpoint};
    struct grant_terms_memory memory;
    uint32_t policy[NUMBER_SET_LIST_MAX];

    message.has_division = message.has_name = message.has_epoch = message.has_suite = 1;
    message.has_sign_key = message.has_curve_key = message.has_key_proof = 1;
    message.has_base_lsn = message.has_base_hash = message.has_unix_ms = 1;
    message.has_parent = !division_is_none(grant->parent);
    message.has_tree = 1;
    message.division = pb_division(&grant->division);
    message.parent = pb_division(&grant->parent);
    message.name = pb_of_text(grant->name);
    message.epoch = grant->epoch;
    message.suite = SUITE_ED25519_BLAKE2B;
    message.sign_key = pb_of_bytes(grant->sign_key.at, sizeof grant->sign_key.at);
    message.curve_key = pb_of_bytes(grant->curve_key, sizeof grant->curve_key);
    message.key_proof = pb_of_bytes(grant->key_proof.at, sizeof grant->key_proof.at);
    endpoint.has_name = endpoint.has_address = 1;
    endpoint.name = pb_of_text(link_endpoint);
    endpoint.address = pb_of_text(grant->endpoint);
    message.endpoint = endpoints;
    message.n_endpoint = grant->endpoint[0] != '\0';
    message.base_lsn = grant->base_lsn;
    message.base_hash = pb_of_bytes(grant->base_hash.at, sizeof grant->base_hash.at);
    message.unix_ms = grant->time_ms;
    message.policy = policy;
    message.n_policy = number_set_list(&grant->policy, policy);
    message.tree = pb_of_bytes(grant->tree.at, sizeof grant->tree.at);
    grant_terms_write(&message, &memory, terms);
    message.has_granter_epoch = grant->granter_epoch > 1;
    message.granter_epoch = grant->granter_epoch;
    message.has_second = grant->second[0] != '\0';
    message.second = pb_of_text(grant->second);
    message_encode(out, &message.base);
}

static bool copy_text(char *out, size_t bytes_max, bool present, ProtobufCBinaryData data)
{
    const struct bytes text = present ? bytes_of_pb(data) : BYTES_NONE;

    memset(out, 0, bytes_max + 1);
    if (text.size > bytes_max || !text_plain(text)) {
        return false;
    }
    if (text.size != 0) {
        memcpy(out, text.data, text.size);
    }
    return true;
}

/* Names that are not known here are for a newer version. */
static bool read_endpoints(struct grant *out, const Terrace__Grant *message)
{
    memset(out->endpoint, 0, sizeof out->endpoint);
    for (size_t i = 0; i < message->n_endpoint; i++) {
        const Terrace__Endpoint *endpoint = message->endpoint[i];
        if (endpoint->has_name &&
            bytes_equal(bytes_of_pb(endpoint->name), bytes_text(link_endpoint))) {
            return copy_text(out->endpoint, ENDPOINT_BYTES_MAX, endpoint->has_address,
                             endpoint->address);
        }
    }
    return true;
}

static enum status read_place(struct grant *out, const Terrace__Grant *message, struct err *err)
{
    out->parent = DIVISION_NONE;
    if (!message->has_division || !division_parse(&out->division, bytes_of_pb(message->division))) {
        return err_set(err, ERR_MALFORMED, "grant_no_division");
    }
    if (message->has_parent && !division_parse(&out->parent, bytes_of_pb(message->parent))) {
        return err_set(err, ERR_MALFORMED, "grant_bad_parent division=%s", out->division.code);
    }
    if (division_equal(out->division, out->parent)) {
        return err_set(err, ERR_MALFORMED, "grant_own_parent division=%s", out->division.code);
    }
    if (!copy_text(out->name, NAME_BYTES_MAX, message->has_name, message->name) ||
        out->name[0] == '\0') {
        return err_set(err, ERR_MALFORMED, "grant_bad_name division=%s", out->division.code);
    }
    if (!read_endpoints(out, message) ||
        !copy_text(out->second, ENDPOINT_BYTES_MAX, message->has_second, message->second)) {
        return err_set(err, ERR_MALFORMED, "grant_bad_endpoint division=%s", out->division.code);
    }
    return OK;
}

static enum status check_suite(bool present, uint32_t suite, struct err *err)
{
    if (!present) {
        return err_set(err, ERR_MALFORMED, "suite_missing");
    }
    return suite == SUITE_ED25519_BLAKE2B
               ? OK
               : err_set(err, ERR_NEEDS_UPGRADE, "suite_unknown suite=%" PRIu32, suite);
}

static enum status read_keys(struct grant *out, const Terrace__Grant *message, struct err *err)
{
    const enum status status = check_suite(message->has_suite, message->suite, err);

    if (status != OK) {
        return err_wrap(err, "in_grant division=%s", out->division.code);
    }
    if (!pb_copy_exact(out->sign_key.at, sizeof out->sign_key.at, message->has_sign_key,
                       message->sign_key) ||
        !pb_copy_exact(out->curve_key, sizeof out->curve_key, message->has_curve_key,
                       message->curve_key) ||
        !pb_copy_exact(out->key_proof.at, sizeof out->key_proof.at, message->has_key_proof,
                       message->key_proof) ||
        !pb_copy_exact(out->tree.at, sizeof out->tree.at, message->has_tree, message->tree) ||
        !pb_copy_exact(out->base_hash.at, sizeof out->base_hash.at, message->has_base_hash,
                       message->base_hash)) {
        return err_set(err, ERR_MALFORMED, "grant_key_size division=%s", out->division.code);
    }
    out->epoch = message->epoch;
    out->granter_epoch = division_is_none(out->parent) ? 0
                         : message->has_granter_epoch  ? message->granter_epoch
                                                       : 1;
    out->base_lsn = message->base_lsn;
    out->time_ms = message->unix_ms;
    if (out->epoch == 0 || (out->granter_epoch == 0 && !division_is_none(out->parent))) {
        return err_set(err, ERR_MALFORMED, "grant_epoch_zero division=%s", out->division.code);
    }
    if (!number_set_of_list(&out->policy, message->policy, message->n_policy)) {
        (void)err_set(err, ERR_MALFORMED, "grant_policy_invalid");
        return err_wrap(err, "grant_of division=%s", out->division.code);
    }
    if (out->base_lsn == 0 && !hash_equal(&out->base_hash, &HASH_ZERO)) {
        return err_set(err, ERR_MALFORMED, "grant_base_hash division=%s", out->division.code);
    }
    return OK;
}

/* All of a Grant but the consent, which stands beside it. */
static enum status read_written(struct grant *out, struct grant_terms *terms, struct arena *arena,
                                struct bytes written, struct err *err)
{
    ProtobufCMessage *decoded;
    const Terrace__Grant *message;
    enum status status =
        message_decode(&decoded, &terrace__grant__descriptor, arena, written, GRANT_BYTES_MAX, err);

    if (status != OK) {
        return err_wrap(err, "in_one_grant");
    }
    message = (const Terrace__Grant *)(const void *)decoded;
    status = read_place(out, message, err);
    if (status == OK) {
        status = read_keys(out, message, err);
    }
    if (status != OK) {
        return status;
    }
    status = grant_terms_read(terms, message, err);
    terms->consented = grant_consent_hash(written);
    return status == OK ? OK : err_wrap(err, "grant_of division=%s", out->division.code);
}

static enum status open_inner(struct sealed_grant *out, const Terrace__SignedGrant *sealed,
                              struct arena *arena, struct err *err)
{
    enum status status = check_suite(sealed->has_suite, sealed->suite, err);

    if (status != OK) {
        return err_wrap(err, "in_sealed_grant");
    }
    if (!sealed->has_grant ||
        !pb_copy_exact(out->signer.at, sizeof out->signer.at, sealed->has_signer, sealed->signer) ||
        !pb_copy_exact(out->signature.at, sizeof out->signature.at, sealed->has_signature,
                       sealed->signature)) {
        return err_set(err, ERR_MALFORMED, "grant_unsigned");
    }
    out->hash =
        grant_hash(bytes_of_pb(sealed->grant), sealed->consent_suite, bytes_of_pb(sealed->consent));
    status = read_written(&out->grant, &out->terms, arena, bytes_of_pb(sealed->grant), err);
    if (status != OK) {
        return status;
    }
    status = grant_consent_read(&out->terms, sealed, err);
    return status == OK ? OK : err_wrap(err, "grant_of division=%s", out->grant.division.code);
}

enum status grant_read(struct grant *out, struct grant_terms *terms, struct bytes written,
                       struct err *err)
{
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    memset(terms, 0, sizeof *terms);
    arena_init(&arena, SEALED_ARENA_BYTES);
    status = read_written(out, terms, &arena, written, err);
    arena_free(&arena);
    if (status == ERR_TOO_LARGE) {
        err->status = status = ERR_MALFORMED; /* no grant is that large */
    }
    return status;
}

enum status grant_open(struct sealed_grant *out, struct bytes sealed, struct err *err)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    if (sealed.size > GRANT_BYTES_MAX) {
        return err_set(err, ERR_MALFORMED, "grant_size bytes=%zu max=%d", sealed.size,
                       GRANT_BYTES_MAX);
    }
    arena_init(&arena, SEALED_ARENA_BYTES);
    status = message_decode(&decoded, &terrace__signed_grant__descriptor, &arena, sealed,
                            GRANT_BYTES_MAX, err);
    if (status == OK) {
        status = open_inner(out, (const Terrace__SignedGrant *)(const void *)decoded, &arena, err);
    } else {
        err_wrap(err, "in_sealed_grant");
    }
    arena_free(&arena);
    if (status == ERR_TOO_LARGE) {
        err->status = status = ERR_MALFORMED; /* no grant is that large */
    }
    return status;
}

enum status grant_parse(struct grant *out, struct bytes sealed, struct err *err)
{
    struct sealed_grant opened;
    const enum status status = grant_open(&opened, sealed, err);

    *out = opened.grant;
    return status;
}

enum status grant_parse_terms(struct grant_terms *out, struct bytes sealed, struct err *err)
{
    struct sealed_grant opened;
    const enum status status = grant_open(&opened, sealed, err);

    *out = opened.terms;
    return status;
}
