/* mailbox - signed messages that travel by themselves, waiting for a frame; a newer one takes the
 * older one's place.
 *
 * A message may come from far away, and is encoded again with all that was in it: so each is
 * bounded here, and what one frame takes of them.
 *
 * Owns: the encoded messages. Thread: loop thread. Units: bytes. */
#ifndef TERRACE_REPLICATOR_STREAM_MAILBOX_H
#define TERRACE_REPLICATOR_STREAM_MAILBOX_H

#include "proto/frame.h"

enum {
    SIGNED_BYTES_MAX = 4 << 10,         /* of one message; a beat with a whole line takes half */
    FRAME_SIGNED_BYTES_MAX = 256 << 10, /* of one mailbox in one frame */
};

struct mailbox {
    struct mailbox_item {
        struct division key[2];
        struct buf message; /* encoded */
    } * items;              /* sorted by key */
    size_t count, capacity;
};

/* A full one (of `max`) drops what is new: all of it is said again in time. A message above
 * SIGNED_BYTES_MAX is none of ours, and is dropped. */
void mailbox_put(struct mailbox *mailbox, size_t max, struct division first, struct division second,
                 const ProtobufCMessage *message);
/* Moves the first of them to an encoded Frame, as its repeated field of this number; the rest waits
 * for the next one. */
void mailbox_append(struct buf *frame, unsigned field, struct mailbox *mailbox);
void mailbox_clear(struct mailbox *mailbox);
void mailbox_free(struct mailbox *mailbox);

#endif
