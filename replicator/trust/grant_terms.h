/* grant_terms - what a grant says beyond place and keys: whom its holder may grant, who its first
 * admins are, and that the epoch before agreed to it.
 *
 *   may_grant  the codes that its holder may grant (reach.h)
 *   founders   the first persons of the division, each with a name and a public key
 *   consent    the former epoch's identity key, over the whole grant: hash_of(TAG_CONSENT, grant)
 *
 * The granter signs all of it. Reading checks the form and nothing else; what the terms have to be
 * is the roster's.
 *
 * Thread: any; pure. */
#ifndef TERRACE_REPLICATOR_TRUST_GRANT_TERMS_H
#define TERRACE_REPLICATOR_TRUST_GRANT_TERMS_H

#include "replicator/trust/reach.h"

enum { FOUNDER_NAME_BYTES_MAX = 63 };

struct grant_terms {
    struct grant_reach may_grant;
    struct founder {
        char name[FOUNDER_NAME_BYTES_MAX + 1];
        struct public_key key;
    } founders[GRANT_FOUNDERS_MAX];
    size_t founder_count;
    bool has_consent;
    struct signature consent;
    struct hash consented; /* what a consent to this grant signs; filled in by reading */
};

/* The terms as parts of a message: `memory` and `terms` must outlive it. */
struct grant_terms_memory {
    ProtobufCBinaryData may_grant[GRANT_PATTERNS_MAX];
    Terrace__Founder founders[GRANT_FOUNDERS_MAX], *list[GRANT_FOUNDERS_MAX];
};
void grant_terms_write(Terrace__Grant *message, struct grant_terms_memory *memory,
                       const struct grant_terms *terms);
/* The founders alone, into memory->list; how many. */
size_t founders_fill(struct grant_terms_memory *memory, const struct grant_terms *terms);
/* One founder more. False: a name that cannot be shown, no key, or there twice. The caller has seen
 * to it that there is room. */
bool founder_read(struct grant_terms *out, const Terrace__Founder *message);
/* May_grant and founders of a decoded grant. Errors: ERR_MALFORMED: a pattern of no such form, a
 * name that cannot be shown, a key of another size, or one of them twice. */
enum status grant_terms_read(struct grant_terms *out, const Terrace__Grant *message,
                             struct err *err);
/* The consent beside it. Errors: ERR_MALFORMED; ERR_NEEDS_UPGRADE: its suite is not known. */
enum status grant_consent_read(struct grant_terms *out, const Terrace__SignedGrant *sealed,
                               struct err *err);

#endif
