#include "node/ledger/persons.h"

#include <stdio.h>

#include "node/ledger/postings.h"

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

uint32_t roles_parse(struct bytes text)
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

static struct person_key *find_key(const struct persons *persons, struct bytes key)
{
    for (size_t i = 0; i < persons->count; i++) {
        if (memcmp(persons->at[i].key.at, key.data, PUBLIC_KEY_SIZE) == 0) {
            return &persons->at[i];
        }
    }
    return NULL;
}

static struct person_key *add_key(struct persons *persons, struct bytes key)
{
    struct person_key *person;

    if (persons->count == persons->capacity) {
        persons->capacity = persons->capacity == 0 ? 8 : 2 * persons->capacity;
        persons->at = mem_realloc(persons->at, persons->capacity * sizeof *persons->at);
    }
    person = &persons->at[persons->count++];
    memcpy(person->key.at, key.data, PUBLIC_KEY_SIZE);
    return person;
}

bool persons_take(struct persons *persons, const struct entry *entry)
{
    struct person_key *person;
    struct document document;
    struct bytes key;
    struct err err;

    if (entry->kind != KIND_OPERATOR || entry->format != DOCUMENT_FORMAT ||
        document_decode(&document, entry->kind, entry->body, &err) != OK) {
        return false;
    }
    key = document_text(&document, FIELD_OPERATOR_KEY);
    if (key.size != PUBLIC_KEY_SIZE) {
        return false;
    }
    person = find_key(persons, key);
    person = person != NULL ? person : add_key(persons, key);
    person->roles = document_is_word(&document, FIELD_ENABLED, "2")
                        ? 0
                        : roles_parse(document_text(&document, FIELD_ROLE));
    return true;
}

bool persons_may(const struct persons *persons, const struct public_key *key,
                 enum approval_role role)
{
    const struct person_key *person = find_key(persons, bytes_of(key->at, sizeof key->at));

    return person != NULL && (person->roles & (uint32_t)role) != 0;
}

void persons_free(struct persons *persons)
{
    mem_free(persons->at);
    *persons = (struct persons){NULL, 0, 0};
}
