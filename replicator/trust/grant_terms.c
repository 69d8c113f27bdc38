#include "replicator/trust/grant_terms.h"

#include <assert.h>
#include <inttypes.h>

size_t founders_fill(struct grant_terms_memory *memory, const struct grant_terms *terms)
{
    assert(terms->founder_count <= GRANT_FOUNDERS_MAX);
    for (size_t i = 0; i < terms->founder_count; i++) {
        Terrace__Founder *founder = &memory->founders[i];

        terrace__founder__init(founder);
        founder->has_name = founder->has_key = 1;
        founder->name = pb_of_text(terms->founders[i].name);
        founder->key = pb_of_bytes(terms->founders[i].key.at, PUBLIC_KEY_SIZE);
        memory->list[i] = founder;
    }
    return terms->founder_count;
}

void grant_terms_write(Terrace__Grant *message, struct grant_terms_memory *memory,
                       const struct grant_terms *terms)
{
    assert(terms->may_grant.count <= GRANT_PATTERNS_MAX);
    for (size_t i = 0; i < terms->may_grant.count; i++) {
        memory->may_grant[i] = pb_of_text(terms->may_grant.pattern[i]);
    }
    message->may_grant = memory->may_grant;
    message->n_may_grant = terms->may_grant.count;
    message->founder = memory->list;
    message->n_founder = founders_fill(memory, terms);
}

bool founder_read(struct grant_terms *out, const Terrace__Founder *message)
{
    struct founder *founder = &out->founders[out->founder_count];
    const struct bytes name = message->has_name ? bytes_of_pb(message->name) : BYTES_NONE;

    if (name.size == 0 || name.size > FOUNDER_NAME_BYTES_MAX || !text_plain(name) ||
        !pb_copy_exact(founder->key.at, PUBLIC_KEY_SIZE, message->has_key, message->key)) {
        return false;
    }
    memcpy(founder->name, name.data, name.size);
    for (size_t i = 0; i < out->founder_count; i++) {
        if (strcmp(out->founders[i].name, founder->name) == 0 ||
            memcmp(out->founders[i].key.at, founder->key.at, PUBLIC_KEY_SIZE) == 0) {
            return false;
        }
    }
    out->founder_count++;
    return true;
}

enum status grant_terms_read(struct grant_terms *out, const Terrace__Grant *message,
                             struct err *err)
{
    memset(out, 0, sizeof *out);
    assert(message->n_may_grant <= GRANT_PATTERNS_MAX); /* the scan before the unpacking */
    assert(message->n_founder <= GRANT_FOUNDERS_MAX);
    for (size_t i = 0; i < message->n_may_grant; i++) {
        if (!reach_add(&out->may_grant, bytes_of_pb(message->may_grant[i]))) {
            return err_set(err, ERR_MALFORMED, "grant_pattern_invalid index=%zu", i);
        }
    }
    for (size_t i = 0; i < message->n_founder; i++) {
        if (!founder_read(out, message->founder[i])) {
            return err_set(err, ERR_MALFORMED, "grant_founder_invalid index=%zu", i);
        }
    }
    return OK;
}

enum status grant_consent_read(struct grant_terms *out, const Terrace__SignedGrant *sealed,
                               struct err *err)
{
    out->has_consent = sealed->has_consent;
    if (!sealed->has_consent && !sealed->has_consent_suite) {
        return OK;
    }
    if (sealed->has_consent_suite && sealed->consent_suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "consent_suite_unknown suite=%" PRIu32,
                       sealed->consent_suite);
    }
    return sealed->has_consent_suite && pb_copy_exact(out->consent.at, sizeof out->consent.at,
                                                      sealed->has_consent, sealed->consent)
               ? OK
               : err_set(err, ERR_MALFORMED, "consent_invalid size=%zu", sealed->consent.len);
}
