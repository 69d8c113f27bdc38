/* signers - the operators of a division: what each may do, and how its log tells it.
 *
 * A person is an entry of kind `operator`: name, key, roles, enabled. He may have several keys, one
 * entry each: that of the node and those of his browsers. Of one key the newest entry
 * counts, so whoever reads a log in order knows at each entry whose signature is good for what:
 * those above the author and, since such entries go to its whole tree, all below it too.
 *
 * Business (maker, checker) and oversight (auditor, admin) are never one person's.
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_SIGNERS_H
#define TERRACE_NODE_LEDGER_VERIFY_SIGNERS_H

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
void roles_print(char out[ROLES_TEXT_MAX], uint32_t roles);
/* May one person have them all? */
bool roles_fit(uint32_t roles);

/* The persons of one log up to where it was read. */
struct person_key {
    struct public_key key;
    struct hash name; /* of whom: a hash over it */
    uint32_t roles;   /* none while disabled */
};
struct signers {
    struct person_key *at;
    size_t count, capacity;
};
/* Takes the next entry of the log, of any kind; true when somebody's rights changed. */
bool signers_take(struct signers *persons, const struct entry *entry);
/* Does this key belong to a person who may sign in this role now? */
bool signers_may(const struct signers *persons, const struct public_key *key,
                 enum approval_role role);
/* Are they keys of one person? */
bool signers_same(const struct signers *persons, const struct public_key *one,
                  const struct public_key *other);
void signers_free(struct signers *persons);

#endif
