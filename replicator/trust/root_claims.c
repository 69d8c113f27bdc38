#include "replicator/trust/root_claims.h"

void root_claims_clear(struct root_claims *claims)
{
    claims->count = 0;
}

static struct root_claim *get(struct root_claims *claims, const struct audience *audience)
{
    for (size_t i = 0; i < claims->count; i++) {
        if (audience_equal(&claims->at[i].audience, audience)) {
            return &claims->at[i];
        }
    }
    if (claims->count == BEAT_LINE_MAX) {
        return NULL;
    }
    claims->at[claims->count] = (struct root_claim){.audience = *audience};
    return &claims->at[claims->count++];
}

void root_claims_add(struct root_claims *claims, const struct audience *audience, uint64_t seq,
                     const struct hash *hash, uint64_t now_ms)
{
    struct root_claim *claim = get(claims, audience);

    if (claim != NULL && !claim->awaited) {
        claim->awaited = true;
        claim->seq = seq;
        claim->since_ms = now_ms;
        claim->hash = *hash;
    }
}

void root_claims_observe(struct root_claims *claims, size_t index, uint64_t have, uint64_t now_ms)
{
    struct root_claim *claim = &claims->at[index];

    claim->awaited = claim->awaited && have < claim->seq;
    if (have > claim->have) {
        claim->have = have;
        claim->since_ms = now_ms;
    }
}

const struct root_claim *root_claims_oldest(const struct root_claims *claims)
{
    const struct root_claim *oldest = NULL;

    for (size_t i = 0; i < claims->count; i++) {
        const struct root_claim *claim = &claims->at[i];
        if (claim->awaited && (oldest == NULL || claim->since_ms < oldest->since_ms)) {
            oldest = claim;
        }
    }
    return oldest;
}
