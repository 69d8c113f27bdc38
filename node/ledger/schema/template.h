/* template - what a person fills in of a kind: its fields, which of them are required, and an
 * example of each, for the file of `terrace template` and for forms. The examples of all kinds name
 * each other, so that in the order of the money each of them passes where those before it were
 * entered.
 *
 *   header   what the schema says a client may give, the required fields first
 *   example  the row example.KIND.FIELD of node/text/; else, of a required field, the word that
 *            makes its document move money, the row example.FIELD, or that of its type; else empty
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_TEMPLATE_H
#define TERRACE_NODE_LEDGER_SCHEMA_TEMPLATE_H

#include "node/ledger/schema/kinds.h"

struct template_column {
    enum field field;
    bool required;
    char example[128]; /* "": none */
};

/* The columns of a kind that people hand in; `columns` has room for DOCUMENT_VALUES_MAX. */
size_t template_columns(struct template_column *columns, uint32_t kind, enum language language);

#endif
