#include "node/ledger/verify/signers.h"

#include <stdio.h>

#include "node/ledger/families/operator.h"
#include "proto/array.h"
#include "replicator/trust/crypto.h"

static const struct {
    uint32_t role;
    const char *name;
} roles_known[] = {
    {ROLE_MAKER, "maker"},
    {ROLE_CHECKER, "checker"},
    {ROLE_AUDITOR, "auditor"},
    {ROLE_ADMIN, "admin"},
};

uint32_t role_named(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(roles_known); i++) {
        if (bytes_equal(word, bytes_text(roles_known[i].name))) {
            return roles_known[i].role;
        }
    }
    return 0;
}

const char *role_name(uint32_t role)
{
    for (size_t i = 0; i < COUNT_OF(roles_known); i++) {
        if (roles_known[i].role == role) {
            return roles_known[i].name;
        }
    }
    return NULL;
}

static uint32_t roles_parse(struct bytes text)
{
    uint32_t roles = 0;

    while (text.size > 0) {
        const uint8_t *comma = memchr(text.data, ',', text.size);
        const size_t size = comma == NULL ? text.size : (size_t)(comma - text.data);
        const size_t next = size + (comma != NULL);

        roles |= role_named(bytes_of(text.data, size));
        text = bytes_of(text.data + next, text.size - next);
    }
    return roles;
}

void roles_print(char out[ROLES_TEXT_MAX], uint32_t roles)
{
    size_t size = 0;

    out[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(roles_known); i++) {
        if ((roles & roles_known[i].role) != 0) {
            size += (size_t)snprintf(out + size, ROLES_TEXT_MAX - size, "%s%s", size > 0 ? "," : "",
                                     roles_known[i].name);
        }
    }
}

bool roles_fit(uint32_t roles)
{
    return (roles & ROLES_BUSINESS) == 0 || (roles & ROLES_OVERSIGHT) == 0;
}

static struct person_key *find_key(const struct signers *signers, struct bytes key)
{
    for (size_t i = 0; i < signers->count; i++) {
        if (memcmp(signers->at[i].key.at, key.data, PUBLIC_KEY_SIZE) == 0) {
            return &signers->at[i];
        }
    }
    return NULL;
}

static struct person_key *add_key(struct signers *signers, struct bytes key)
{
    struct person_key *person;

    ARRAY_ROOM(signers->at, signers->count, signers->capacity);
    person = &signers->at[signers->count++];
    memcpy(person->key.at, key.data, PUBLIC_KEY_SIZE);
    return person;
}

bool signers_take(struct signers *signers, const struct entry *entry)
{
    struct operator_entry operator;
    struct person_key *person;

    if (!operator_read(entry, &operator)) {
        return false;
    }
    person = find_key(signers, operator.key);
    person = person != NULL ? person : add_key(signers, operator.key);
    person->name = hash_of(TAG_CONTENT, operator.name);
    person->roles = operator.enabled ? roles_parse(operator.roles) : 0;
    return true;
}

bool signers_may(const struct signers *signers, const struct public_key *key,
                 enum approval_role role)
{
    const struct person_key *person = find_key(signers, bytes_of(key->at, sizeof key->at));

    return person != NULL && (person->roles & (uint32_t)role) != 0;
}

bool signers_same(const struct signers *signers, const struct public_key *one,
                  const struct public_key *other)
{
    const struct person_key *a = find_key(signers, bytes_of(one->at, sizeof one->at)),
                            *b = find_key(signers, bytes_of(other->at, sizeof other->at));

    return a != NULL && b != NULL && hash_equal(&a->name, &b->name);
}

void signers_free(struct signers *signers)
{
    mem_free(signers->at);
    *signers = (struct signers){NULL, 0, 0};
}
