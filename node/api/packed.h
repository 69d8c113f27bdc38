/* packed - answers that say the same to everybody (texts, schema, the description), sent as gzip to
 * those who can unpack it. This is the one door to zlib.
 *
 *   route --answer_public--> body, ETag "h" --packed_send--> the same, or gzip under ETag "h-gzip"
 *
 * Each body is packed once and kept under its hash, PACKED_KEPT of them; the rest is a copy. What
 * names persons is never sent so: a secret beside what a stranger chose would show by its size.
 *
 * Owns:   the packed bodies. Thread: any. Units: bytes. */
#ifndef TERRACE_NODE_API_PACKED_H
#define TERRACE_NODE_API_PACKED_H

#include "node/api/answer.h"

enum { PACKED_KEPT = 8, PACKED_FROM_BYTES = 1024 };

struct packed_bodies;

struct packed_bodies *packed_open(void);
void packed_close(struct packed_bodies *packed); /* NULL is fine */

/* Does a header Accept-Encoding (NULL: none) take gzip? */
bool packed_accepted(const char *accepts);
/* The last step of an answer: packs it if its route said that it may be. `packed` NULL: nothing is
 * kept. */
void packed_send(struct packed_bodies *packed, const struct request *request,
                 struct answer *answer);
/* How many bodies were packed, and how many copied: for tests. */
void packed_counts(struct packed_bodies *packed, uint64_t *made, uint64_t *copied);

#endif
