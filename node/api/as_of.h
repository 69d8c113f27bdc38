/* as_of - up to which entry and moment an answer is true: a member of it.
 *
 *   own scope       {"lsn", "time"}
 *   a jurisdiction  [{"division", "lsn", "time"}, ...], each of its divisions
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_AS_OF_H
#define TERRACE_NODE_API_AS_OF_H

#include "node/api/roster_snapshot.h"

void out_as_of(struct json_out *out, struct txn *txn, const struct roster_snapshot *roster,
               struct division division, enum scope scope);

#endif
