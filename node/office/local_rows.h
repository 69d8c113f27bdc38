/* local_rows - what becomes of a row of SPACE_LOCAL when a damaged store is made anew.
 *
 *   kept      nobody else knows it: drafts, alarms, what was set aside ...
 *   a right   lets somebody in or something out: tokens, keys of browsers, invitations, webhooks.
 *             Kept where it is known to be the newest. An older one could be what was revoked since
 *   a person  who may sign in
 *   chained   a row of the chain of accesses: kept as far as it follows the one before it
 *   derived   made again
 *   unfit     not of the form that its owner writes, or of no owner: left out
 *
 * Persons are kept in any case: without them nobody could sign in to put it right. One whose row
 * may be older waits for what the log says of him (aged_persons.h).
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_OFFICE_LOCAL_ROWS_H
#define TERRACE_NODE_OFFICE_LOCAL_ROWS_H

#include <stdbool.h>

#include "proto/bytes.h"

enum local_row_sort {
    LOCAL_UNFIT,
    LOCAL_KEPT,
    LOCAL_RIGHT,
    LOCAL_PERSON,
    LOCAL_CHAINED,
    LOCAL_DERIVED
};
enum local_row_sort local_row_sort(struct bytes key, struct bytes value);

#endif
