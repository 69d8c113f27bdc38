#include "replicator/zmq/visit_queue.h"

void visit_queue_free(struct visit_queue *queue)
{
    for (size_t i = 0; i < COUNT_OF(queue->waiting); i++) {
        buf_free(&queue->waiting[i].frame);
    }
    connection_rates_free(&queue->rates);
}

/* A connection that fell out of the ring had its turn before so many others. */
static bool may_speak(struct visit_queue *queue, const struct socket_id *id, uint64_t now_ms)
{
    for (size_t i = 0; i < COUNT_OF(queue->visitors); i++) {
        if (queue->visitors[i].heard_ms != 0 && socket_id_equal(&queue->visitors[i].id, id)) {
            const bool may = now_ms - queue->visitors[i].heard_ms >= VISIT_EVERY_MS;

            queue->visitors[i].heard_ms = may ? now_ms : queue->visitors[i].heard_ms;
            return may;
        }
    }
    queue->visitors[queue->next].id = *id;
    queue->visitors[queue->next].heard_ms = now_ms;
    queue->next = (queue->next + 1) % COUNT_OF(queue->visitors);
    return true;
}

bool visit_queue_put(struct visit_queue *queue, const struct visit *from, struct bytes frame,
                     uint64_t now_ms)
{
    const size_t size = frame.size < VISIT_FRAME_BYTES ? frame.size : VISIT_FRAME_BYTES;

    if (queue->count == COUNT_OF(queue->waiting) || !may_speak(queue, &from->id, now_ms)) {
        queue->dropped++;
        return false;
    }
    queue->waiting[queue->count].from = *from;
    buf_clear(&queue->waiting[queue->count].frame);
    buf_append(&queue->waiting[queue->count].frame, frame.data, size);
    queue->count++;
    return true;
}

bool visit_queue_take(struct visit_queue *queue, struct visit *from, struct buf *frame)
{
    struct buf taken;

    if (queue->count == 0) {
        return false;
    }
    *from = queue->waiting[0].from;
    buf_clear(frame);
    buf_append_bytes(frame, buf_bytes(&queue->waiting[0].frame));
    taken = queue->waiting[0].frame;
    queue->count--;
    memmove(&queue->waiting[0], &queue->waiting[1], queue->count * sizeof queue->waiting[0]);
    queue->waiting[queue->count].frame = taken; /* its memory goes round */
    return true;
}
