/* signers - what each person of a division may do: his roles, in numbers and in words.
 *
 * Which key is whose, and whose word that is: person_chain.h. Business (maker, checker) and
 * oversight (auditor, admin) are never one person's. Thread: any; pure. */
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
uint32_t roles_of_text(struct bytes text);
void roles_print(char out[ROLES_TEXT_MAX], uint32_t roles);
/* May one person have them all? */
bool roles_fit(uint32_t roles);

#endif
