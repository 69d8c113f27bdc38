/* send - what to send whom: one frame of blocks at a time.
 *
 *   fresh logs, the own one first (it carries the grants that others wait for), in turn
 *   bulk: logs far behind, after all others, so that a catch-up holds up nothing new
 *
 * Only durable blocks leave. A relay sends the bytes the author signed.
 *
 * Owns: whose turn it is. Thread: loop thread. Units: bytes. */
#ifndef TERRACE_REPLICATOR_STREAM_SEND_H
#define TERRACE_REPLICATOR_STREAM_SEND_H

#include "replicator/finding.h"
#include "replicator/log/heads.h"

struct stream;

struct send {
    size_t next_cursor;   /* the next frame begins with this log */
    bool scan_incomplete; /* a bounded look at a log ended before the log did */
};

void send_reset(struct send *send);
/* Is this block for the peer? Upward all are. */
bool send_addressed(const struct stream *stream, const struct block_header *header);
/* A block became durable: a cursor that it is not addressed to goes past it. */
void send_durable(struct stream *stream, const struct staged_block *staged_block);
/* Fills `message`, an encoded Blocks, with blocks that may go; false when there are none.
 * Found: ALARM_CORRUPT (a log cannot be read on), FOUND_CLAIM (the peer's goes on otherwise). */
bool send_blocks(struct stream *stream, struct buf *message, struct findings *found);

#endif
