#include "tests/harness/frame_queue.h"

struct queued_frame *queued_frame_new(struct division from, uint64_t due_ms, struct bytes bytes)
{
    struct queued_frame *frame = mem_zalloc(sizeof *frame);

    frame->from = from;
    frame->due_ms = due_ms;
    buf_append_bytes(&frame->bytes, bytes);
    return frame;
}

void queued_frame_free(struct queued_frame *frame)
{
    buf_free(&frame->bytes);
    mem_free(frame);
}

void frame_queue_put(struct frame_queue *queue, struct queued_frame *frame)
{
    frame->next = NULL;
    if (queue->first == NULL) {
        queue->first = frame;
    } else {
        queue->last->next = frame;
    }
    queue->last = frame;
}

struct queued_frame *frame_queue_take(struct frame_queue *queue, uint64_t now_ms)
{
    struct queued_frame *frame = queue->first;

    if (frame == NULL || frame->due_ms > now_ms) {
        return NULL;
    }
    queue->first = frame->next;
    return frame;
}

void frame_queue_clear(struct frame_queue *queue)
{
    struct queued_frame *frame;

    while ((frame = frame_queue_take(queue, UINT64_MAX)) != NULL) {
        queued_frame_free(frame);
    }
}
