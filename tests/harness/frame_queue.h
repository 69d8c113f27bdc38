/* frame_queue - what a node of a test was sent and has not received yet, in order.
 *
 *     sender -> queued_frame_new -> (delayed, changed, lost) -> frame_queue_put -> frame_queue_take
 *
 * Owns:   the frames in it; between a take and a free, and before a put, the caller does.
 * Thread: one.
 * Units:  milliseconds of the test's clock. */
#ifndef TERRACE_TESTS_HARNESS_FRAME_QUEUE_H
#define TERRACE_TESTS_HARNESS_FRAME_QUEUE_H

#include "proto/block.h"

struct queued_frame {
    struct queued_frame *next;
    struct division from;
    uint64_t due_ms;
    struct buf bytes;
};

struct frame_queue { /* all zero: empty */
    struct queued_frame *first, *last;
};

struct queued_frame *queued_frame_new(struct division from, uint64_t due_ms, struct bytes bytes);
void queued_frame_free(struct queued_frame *frame);

void frame_queue_put(struct frame_queue *queue, struct queued_frame *frame);
/* The oldest, when it is due by `now_ms`; else NULL. */
struct queued_frame *frame_queue_take(struct frame_queue *queue, uint64_t now_ms);
/* The connection ended: all that was in flight is lost. */
void frame_queue_clear(struct frame_queue *queue);

#endif
