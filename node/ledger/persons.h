/* persons - the operators of a division: what each may do, and how its log tells it.
 *
 * A person is an entry of kind `operator`: name, key, roles, enabled. Of one key the newest entry
 * counts, so whoever reads a log in order knows at each entry whose signature is good for what.
 *
 * Business (maker, checker) and oversight (auditor, admin) are never one person's.
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_PERSONS_H
#define TERRACE_NODE_LEDGER_PERSONS_H

#include "proto/block.h"

/* Roles are bits. ROLE_MAKER and ROLE_CHECKER, which sign, are proto/block.h's. */
enum { ROLE_AUDITOR = 4, ROLE_ADMIN = 8, ROLE_LAST = ROLE_ADMIN };
enum {
    ROLES_BUSINESS = ROLE_MAKER | ROLE_CHECKER,
    ROLES_OVERSIGHT = ROLE_AUDITOR | ROLE_ADMIN,
    ROLES_TEXT_MAX = 32, /* all words, commas, the terminating zero */
};

/* "maker", "checker", "auditor", "admin"; 0 and NULL for what is none of them. */
uint32_t role_named(struct bytes word);
const char *role_name(uint32_t role);
/* Words with commas between them, as they stand in an entry. An unknown word is no role. */
uint32_t roles_parse(struct bytes text);
void roles_print(char out[ROLES_TEXT_MAX], uint32_t roles);
/* May one person have them all? */
bool roles_fit(uint32_t roles);

/* The persons of one log up to where it was read. */
struct person_key {
    struct public_key key;
    uint32_t roles; /* none while disabled */
};
struct persons {
    struct person_key *at;
    size_t count, capacity;
};
/* Takes the next entry of the log, of any kind; true when somebody's rights changed. */
bool persons_take(struct persons *persons, const struct entry *entry);
/* Does this key belong to a person who may sign in this role now? */
bool persons_may(const struct persons *persons, const struct public_key *key,
                 enum approval_role role);
void persons_free(struct persons *persons);

#endif
