/* names - members of an answer that say what a code beside them is called, in this node's words.
 *
 * A code without a name here gets no member.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_NAMES_H
#define TERRACE_NODE_API_NAMES_H

#include "node/api/roster_snapshot.h"
#include "node/ledger/query/lines.h"
#include "node/ledger/query/names.h"

struct names {
    struct txn *txn;
    const struct roster_snapshot *roster;
};

void out_division_name(struct json_out *out, const char *key, const struct names *names,
                       struct division division);
/* Of an agency (ROW_AGENCY) or project (ROW_PROJECT) in the ledger of `division`. */
void out_owned_name(struct json_out *out, const char *key, const struct names *names, char letter,
                    struct division division, struct bytes code);
/* Of a key of sums by an element, "105" or "540121/105": in the ledger of `division`, or of the one
 * that stands in front of it. */
void out_element_name(struct json_out *out, const char *key, const struct names *names,
                      enum line_element element, struct division division, int year,
                      const char *code);
/* For whoever asks for many names of one element: puts the year that is meant in place of 0, where
 * that does not depend on the code. False when nothing has a name. */
bool element_settle_year(const struct names *names, enum line_element element, int *year);
/* The element whose codes are the keys of a dimension; LINE_ELEMENTS where they are none's. */
enum line_element element_of_dimension(enum dimension by);

#endif
