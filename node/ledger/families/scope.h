/* scope - for whom something holds that a division says to those below: the field `scope`.
 *
 *   absent     the author and all below it
 *   self       the author alone
 *   codes with commas between them: each of these divisions and all below it
 *
 * Thread: any that may read the roster. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_SCOPE_H
#define TERRACE_NODE_LEDGER_FAMILIES_SCOPE_H

#include "node/ledger/families/facts.h"

/* The part of a list before its next comma; takes it off `rest`, which is not empty. */
struct bytes scope_next(struct bytes *rest);
/* Does what `author` says for that scope hold for `division`? */
bool scope_covers(const struct roster *roster, struct division author, struct bytes scope,
                  struct division division);

/* --- questions before the entry --- */

enum reason scope_check_form(struct facts *facts);  /* bad_scope */
bool scope_known(const struct facts *facts);        /* else unknown_scope */
enum reason scope_check_place(struct facts *facts); /* not_below_you */

#endif
