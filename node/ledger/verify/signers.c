#include "node/ledger/verify/signers.h"

#include <stdio.h>

#include "proto/array.h"

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

uint32_t roles_of_text(struct bytes text)
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
