/* listening - where this node says that it listens, and where its parent does: each in its own
 * word, an entry of its own log (log/endpoints.h).
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_LISTENING_H
#define TERRACE_REPLICATOR_SESSION_LISTENING_H

#include "replicator/finding.h"
#include "replicator/former_keys.h"

struct listening {
    char parent[ENDPOINT_BYTES_MAX + 1]; /* its newest word; "": none yet */
};

/* At the start, from the store. */
void listening_load(struct replicator *r);
/* A division said where it listens. */
void listening_heard(struct replicator *r, const struct finding *finding);
/* See replicator_endpoint. */
void listening_of(const struct replicator *r, struct division division,
                  char out[ENDPOINT_BYTES_MAX + 1]);
/* Where to dial the holder of this grant, and under which key. A listener has two keys for a while:
 * the new one is at its `second` address then. */
void listening_place(const struct replicator *r, const struct grant *grant, bool second,
                     struct ancestor_call *out);
/* Errors: as of replicator_listen. */
enum status listening_say(struct replicator *r, struct txn *txn, const struct endpoint_entry *entry,
                          struct err *err);

#endif
