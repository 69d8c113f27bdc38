/* policy - which kinds of document need a maker and a checker. Data: a set of kinds.
 *
 * A node's own policy stands in its config.yaml; its parent's came with the grant and is a floor:
 * what both name together is in force. In words: "required" (every kind, those of later versions
 * too), "none", or kinds with commas between them: "transfer,payment,paid".
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_POLICY_H
#define TERRACE_NODE_LEDGER_SCHEMA_POLICY_H

#include "node/ledger/schema/kinds.h"
#include "proto/number_set.h"

enum { POLICY_TEXT_MAX = 1600 }; /* every kind's name, commas, the terminating zero */

struct policy {
    struct number_set kinds; /* as it stands in a grant */
};
#define POLICY_NONE     ((struct policy){NUMBER_SET_NONE})
#define POLICY_REQUIRED ((struct policy){NUMBER_SET_ALL})

/* Does a document of this kind need two persons? What nodes write by themselves never does; what
 * says whom to believe always does, where anything does. */
bool policy_needs(struct policy policy, uint32_t kind);
/* Does this document? Some are of a kind that does not, and lack what would show where they belong.
 */
bool policy_needs_document(struct policy policy, const struct document *document);
/* The same of an entry. A body that cannot be read says nothing. */
bool policy_needs_entry(struct policy policy, const struct entry *entry);
struct policy policy_both(struct policy own, struct policy parent);
/* The kinds that `floor` names and `policy` does not; POLICY_NONE when `policy` is as strict. */
struct policy policy_lacks(struct policy policy, struct policy floor);

/* Reads the words above. False when a word is neither; *bad is then that word. */
bool policy_parse(struct policy *out, const char *text, struct bytes *bad);
void policy_print(char out[POLICY_TEXT_MAX], struct policy policy);

#endif
