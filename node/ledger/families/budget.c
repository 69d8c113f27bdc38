/* Budgets: authority from the assembly (a reply), or from a level that has no node. Each makes a
 * source line; the stages before a reply book nothing. */
#include "node/ledger/families/family.h"

#include <inttypes.h>

/* Its author may not know all members of the tree; who is above knows more of them. */
static void index_transfer_in(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                              const struct document *document)
{
    const struct division issuer = document_party(document);
    const struct bytes id = document_id(document);

    (void)txn;
    if (!division_equal(entry->author, ledger->config.self) &&
        ledger_is_below(ledger, entry->author) &&
        roster_find(ledger->config.roster, issuer) != NULL) {
        ledger_alarm(ledger, ALARM_UPPER_HAS_NODE, entry->author,
                     "transfer_in_names_member author=%s id=%.*s lsn=%" PRIu64 " issuer=%s",
                     entry->author.code, (int)id.size, (const char *)id.data, entry->lsn,
                     issuer.code);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_BUDGET, .book = book_source},
    {.kind = KIND_TRANSFER_IN, .book = book_source, .index = index_transfer_in},
};
const struct family family_budget = {"budget", kinds, COUNT_OF(kinds)};
