/* hints - what a form needs to know of a field beside its type: where on the page it stands, what
 * its value names, and whether the node writes it out when it is left empty.
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_HINTS_H
#define TERRACE_NODE_LEDGER_SCHEMA_HINTS_H

#include "node/ledger/schema/kinds.h"

/* In the order of a form. */
enum field_group {
    GROUP_SOURCE,   /* what it is about, and where its money comes from */
    GROUP_AMOUNT,   /* how much, and to whom */
    GROUP_PURPOSE,  /* in what manner, and what for */
    GROUP_ELEMENTS, /* codes of the budget */
    GROUP_DOCUMENT, /* numbers, dates, titles */
    GROUP_MEMO,
    FIELD_GROUPS
};
const char *field_group_name(enum field_group group); /* "source" */

/* A kind that is added later is placed by its row: what it is about, its party, its amount. */
enum field_group hint_group(const struct kind_info *info, enum field field);

/* What the value is the code or id of: "indicator", "payment", "transfer", "project", "agency",
 * "bank_account", "division", "recall", "estimate"; NULL for what names nothing of this
 * sort. */
const char *hint_names(const struct kind_info *info, enum field field);

/* Does a node take the value from elsewhere where it is left out: from the line, the transfer or
 * the version before? */
bool hint_inherits(const struct kind_info *info, enum field field);

#endif
