/* operator - what an entry of kind `operator` says: a person's name, key and roles in a division.
 *
 * It moves no money and has no states: of one key the newest entry counts (verify/signers.h).
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_OPERATOR_H
#define TERRACE_NODE_LEDGER_FAMILIES_OPERATOR_H

#include "proto/block.h"
#include "proto/document.h"

struct operator_entry {
    struct bytes name, key; /* key: PUBLIC_KEY_SIZE bytes */
    struct bytes roles;     /* words, see roles_of_text */
    struct bytes by; /* whose word it is; empty: of whoever ran the node before there was one */
    bool enabled;
};

/* What stands in entries, logs and addresses: no blank, nothing hidden, at most 63 bytes. */
bool operator_name_valid(const char *name);
/* The document; its texts are those of `operator` and `id`. */
void operator_document(struct document *out, struct bytes id, int year,
                       const struct operator_entry *operator);
/* False for an entry of another kind or format, and for one that no node writes. Views point into
 * the entry's body. */
bool operator_read(const struct entry *entry, struct operator_entry *out);

#endif
