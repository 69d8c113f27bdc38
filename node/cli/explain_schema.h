/* explain_schema - what the schema says of a kind, a field, a state or an account, for people: as
 *
 *   {"sort":"kind","name":"payment","title":...,"text":...,"facts":[{"name","label","value"}]}
 *
 * where a value is a text, or a list of {"name","title","form"}. All of it comes from the tables of
 * node/ledger/schema/ and from node/text/, so a later kind explains itself; a sentence of its own
 * is the row explain.SORT.NAME.
 *
 * Owns: nothing; what is returned is the caller's. Thread: any. */
#ifndef TERRACE_NODE_CLI_EXPLAIN_SCHEMA_H
#define TERRACE_NODE_CLI_EXPLAIN_SCHEMA_H

#include <jansson.h>

#include "node/ledger/schema/kinds.h"

/* One meaning of a word, with no facts yet; `text` may be NULL. */
json_t *explain_meaning(enum language language, const char *sort, const char *name,
                        const char *title, const char *text);
/* Adds a fact; `value` is taken. Its label is the row explain.NAME. */
void explain_fact(json_t *meaning, enum language language, const char *name, json_t *value);

json_t *explain_kind(enum language language, uint32_t kind);
json_t *explain_field(enum language language, enum field field);
json_t *explain_state(enum language language, enum doc_state state);
json_t *explain_account(enum language language, enum account account);

#endif
