/* served_json - one spell of being served by an ancestor (node/core/served_spells.h) in an answer:
 * whom, by whom, in whose place, from when to when, and whether what it entered by then is here.
 *
 * Owns: nothing. Thread: any; what is told of rosters follows theirs. Units: lsn. */
#ifndef TERRACE_NODE_API_SERVED_JSON_H
#define TERRACE_NODE_API_SERVED_JSON_H

#include "node/api/json.h"
#include "node/core/served_spells.h"
#include "replicator/trust/roster.h"

struct served_line {
    struct served_spell spell;
    struct division parent;
    char name[NAME_BYTES_MAX + 1], by_name[NAME_BYTES_MAX + 1], parent_name[NAME_BYTES_MAX + 1];
    uint64_t held_lsn; /* up to where its log is here */
};

/* With the names that `roster` has. */
struct served_line served_line_of(const struct roster *roster, const struct served_spell *spell,
                                  uint64_t held_lsn);
void out_served(struct json_out *out, const struct served_line *line, uint64_t now_unix_ms);

#endif
