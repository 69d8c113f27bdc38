#include "tests/harness/identities.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int crypto_set_up(void **state)
{
    struct err err;

    (void)state;
    return crypto_init(&err) == OK ? 0 : -1;
}

void trust_generate(struct trust *trust)
{
    const int failed = crypto_set_up(NULL);

    assert(failed == 0);
    (void)failed;
    sign_key_generate(&trust->key);
    trust->tree = key_fingerprint(&trust->key.public);
}

struct grant first_grant(struct division division, struct division parent)
{
    struct grant grant = {.division = division, .parent = parent, .epoch = 1, .time_ms = 1};

    (void)snprintf(grant.name, sizeof grant.name, "%s", division.code);
    (void)snprintf((char *)grant.curve_key, sizeof grant.curve_key, "%s", division.code);
    return grant;
}

const struct grant_terms *every_code(void)
{
    static const struct grant_terms terms = {.may_grant = {{"*"}, 1}};

    return &terms;
}

void consent(struct grant_terms *terms, const struct grant *grant, const struct sign_key *former)
{
    struct buf written = BUF_EMPTY;
    struct hash hash;

    grant_write(&written, grant, terms);
    hash = grant_consent_hash(buf_bytes(&written));
    terms->has_consent = true;
    terms->consent = sign_hash(former, &hash);
    buf_free(&written);
}

void trust_seal(const struct trust *trust, struct grant *grant, const struct sign_key *holder,
                const struct sign_key *signer, struct buf *out)
{
    grant_certify(grant, &trust->tree, holder);
    grant_seal(out, grant, every_code(), signer == NULL ? &trust->key : signer);
}

void trust_admit(const struct trust *trust, struct grant *grant, const struct sign_key *holder,
                 const struct sign_key *signer, struct roster *roster)
{
    struct buf sealed = BUF_EMPTY;
    struct err err = {OK, ""};
    bool added = false;

    trust_seal(trust, grant, holder, signer, &sealed);
    if (roster_add(roster, buf_bytes(&sealed), &added, &err) != OK || !added) {
        (void)fprintf(stderr, "grant of %s: %s\n", grant->division.code, err.text);
        abort();
    }
    buf_free(&sealed);
}
