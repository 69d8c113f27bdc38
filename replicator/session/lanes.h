/* lanes - the next frame that may leave, in the order of the lanes:
 *
 *   1  a frame that came back     2  session, acks, rejects, with cosignatures and beats
 *   3  blocks
 *
 * Neighbours take turns, a frame each.
 *
 * Owns: whose turn it is. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_LANES_H
#define TERRACE_REPLICATOR_SESSION_LANES_H

#include "proto/bytes.h"
#include "proto/division.h"

struct replicator;

struct lanes {
    size_t next_link;
    struct buf blocks;    /* the message being put together */
    struct buf put_aside; /* the block that is in a frame now */
};

void lanes_free(struct lanes *lanes);
void lanes_trim(struct lanes *lanes); /* an idle node keeps no large buffers */
/* False when there is none. `frame` is replaced. What is found in the logs meanwhile is acted on.
 */
bool lanes_next(struct replicator *r, struct division *to, struct buf *frame);

#endif
