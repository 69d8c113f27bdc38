/* outbox - what waits to leave for a neighbour, in the order of the lanes:
 *
 *   1  session, acks, rejects     2  cosignatures, beats     3  blocks
 *
 * One and two share a frame, so that an ack never waits behind bulk. Blocks do not wait here: they
 * are read from their log as frames leave (send.c), fresh logs first and bulk last.
 *
 * Owns: encoded messages. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_OUTBOX_H
#define TERRACE_REPLICATOR_OUTBOX_H

#include "proto/frame.h"
#include "replicator/heads.h"

enum {
    FRAME_BLOCKS_BYTES = 256 << 10, /* of blocks in one frame; a larger block goes alone */
    SHARE_BYTES = 64 << 10,         /* of one log in a frame, while others wait */
    BULK_BYTES = 4 << 20,           /* a log this far behind goes after all others */
    SCAN_BLOCKS_MAX = 256,          /* looked at for one frame, addressed to the peer or not */
    COSIGNATURES_WAITING_MAX = 4096,
    BEATS_WAITING_MAX = 4096,
};

/* Signed messages that travel by themselves; a newer one takes the older one's place. */
struct waiting {
    struct waiting_item {
        struct division key[2];
        struct buf message; /* encoded */
    } * items;              /* sorted by key */
    size_t count, capacity;
};

struct waiting_reject {
    struct division author;
    uint32_t epoch;
    uint64_t lsn;
    enum status reason;
    char text[96];
};

/* A full list drops what is new: all of it is said again in time. */
void waiting_put(struct waiting *waiting, size_t max, struct division first, struct division second,
                 const ProtobufCMessage *message);
void waiting_clear(struct waiting *waiting);
void waiting_free(struct waiting *waiting);

/* Is this block for the peer? Upward all are. */
bool send_addressed(const struct replicator *r, const struct link *link,
                    const struct block_header *header);
/* A block became durable: cursors that it is not addressed to go past it. */
void send_durable(struct replicator *r, const struct fresh *fresh);
/* Fills r->parcel with blocks that may go; false when there are none. */
bool send_blocks(struct replicator *r, struct link *link);

#endif
