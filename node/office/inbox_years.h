/* inbox_years - years that are over and not closed: what is left of them waits for this division.
 *
 * Of a division that keeps years each one that is open, has business and ended before today; how
 * long it takes depends on how many asks wait and not on what was entered. Nothing says by when a
 * year must be closed: such an item has no day on which it is due.
 *
 * Owns: nothing. Thread: any, with a txn of its own. */
#ifndef TERRACE_NODE_OFFICE_INBOX_YEARS_H
#define TERRACE_NODE_OFFICE_INBOX_YEARS_H

#include "node/office/inbox.h"

/* Behind `after` (NULL: all), oldest first, until `visit` returns false. */
void inbox_years_each(const struct inbox *inbox, const struct inbox_place *after,
                      bool (*visit)(void *arg, const struct inbox_item *item), void *arg);

#endif
