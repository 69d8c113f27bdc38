#include "replicator/stream/mailbox.h"

#include "proto/array.h"

enum { FRAME_SIGNED_MAX = 256 }; /* of one kind in one frame: with acks it fits */

static int compare_keys(const void *key, const void *item)
{
    const struct division *const *wanted = key;
    const struct mailbox_item *there = item;
    const int order = division_compare(*wanted[0], there->key[0]);

    return order != 0 ? order : division_compare(*wanted[1], there->key[1]);
}

void mailbox_put(struct mailbox *mailbox, size_t max, struct division first, struct division second,
                 const ProtobufCMessage *message)
{
    const struct division *key[2] = {&first, &second};
    const size_t at = ARRAY_LOWER_BOUND(mailbox->items, mailbox->count, key, compare_keys);

    if (protobuf_c_message_get_packed_size(message) > SIGNED_BYTES_MAX) {
        return;
    }
    if (at == mailbox->count || compare_keys(key, &mailbox->items[at]) != 0) {
        if (mailbox->count >= max) {
            return;
        }
        ARRAY_GAP(mailbox->items, mailbox->count, mailbox->capacity, at);
        mailbox->items[at] = (struct mailbox_item){{first, second}, BUF_EMPTY};
    }
    buf_clear(&mailbox->items[at].message);
    message_encode(&mailbox->items[at].message, message);
}

/* How many of the first ones go into one frame. */
static size_t count_for_frame(const struct mailbox *mailbox)
{
    size_t count = 0, bytes = 0;

    while (count < mailbox->count && count < FRAME_SIGNED_MAX &&
           bytes + mailbox->items[count].message.size <= FRAME_SIGNED_BYTES_MAX) {
        bytes += mailbox->items[count++].message.size;
    }
    return count;
}

void mailbox_append(struct buf *frame, unsigned field, struct mailbox *mailbox)
{
    const size_t count = count_for_frame(mailbox);

    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        buf_put_varint(frame, field << 3 | 2);
        buf_put_varint(frame, mailbox->items[i].message.size);
        buf_append_bytes(frame, buf_bytes(&mailbox->items[i].message));
        buf_free(&mailbox->items[i].message);
    }
    memmove(mailbox->items, mailbox->items + count,
            (mailbox->count - count) * sizeof *mailbox->items);
    mailbox->count -= count;
    if (mailbox->count == 0) {
        mailbox_free(mailbox); /* an idle link holds no memory for it */
    }
}

void mailbox_clear(struct mailbox *mailbox)
{
    for (size_t i = 0; i < mailbox->count; i++) {
        buf_free(&mailbox->items[i].message);
    }
    mailbox->count = 0;
}

void mailbox_free(struct mailbox *mailbox)
{
    mailbox_clear(mailbox);
    mem_free(mailbox->items);
    *mailbox = (struct mailbox){NULL, 0, 0};
}
