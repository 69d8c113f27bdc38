/* Any bytes as every message of a link: an answer, inside the arena, and what was accepted can be
 * packed again and is accepted again. A health that was read is written as one that reads alike,
 * and so is an objection. */
#include <assert.h>

#include "proto/health.h"
#include "replicator/trust/objection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const messages[] = {
    &terrace__frame__descriptor,          &terrace__grant__descriptor,
    &terrace__signed_grant__descriptor,   &terrace__enrol_request__descriptor,
    &terrace__enrol_answer__descriptor,   &terrace__health__descriptor,
    &terrace__endpoint_entry__descriptor, &terrace__objection__descriptor,
    &terrace__superseded__descriptor,
};

static void check_again(const ProtobufCMessageDescriptor *descriptor,
                        const ProtobufCMessage *message, size_t size)
{
    struct buf packed = BUF_EMPTY;
    struct arena arena;
    struct err err;
    ProtobufCMessage *again;

    arena_init(&arena, 8 << 20);
    message_encode(&packed, message);
    assert(packed.size <= size); /* shortest forms only, so packing adds nothing */
    assert(message_decode(&again, descriptor, &arena, buf_bytes(&packed), FRAME_BYTES_MAX, &err) ==
           OK);
    arena_free(&arena);
    buf_free(&packed);
}

static void read_health(struct bytes raw)
{
    struct health health, again;
    struct buf written = BUF_EMPTY;
    struct err err;

    if (health_decode(&health, raw, &err) != OK) {
        return;
    }
    health_encode(&written, &health);
    assert(health_decode(&again, buf_bytes(&written), &err) == OK);
    assert(!health_is_news(&health, &again));
    buf_free(&written);
}

static void read_objection(struct bytes raw)
{
    struct objection objection, again;
    struct buf written = BUF_EMPTY;
    struct err err;

    if (objection_read(&objection, raw, &err) != OK) {
        return;
    }
    objection_write(&written, &objection);
    assert(written.size <= OBJECTION_BYTES_MAX);
    assert(objection_read(&again, buf_bytes(&written), &err) == OK);
    assert(memcmp(&objection, &again, sizeof objection) == 0);
    buf_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_health(bytes_of(data, size));
    read_objection(bytes_of(data, size));
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        struct arena arena;
        struct err err = {OK, ""};
        ProtobufCMessage *message;
        enum status status;

        arena_init(&arena, 1 << 20);
        status = message_decode(&message, messages[i], &arena, bytes_of(data, size),
                                FRAME_BYTES_MAX, &err);
        assert((status == OK) == (message != NULL));
        assert(err.status == status);
        assert(arena.used <= arena.budget);
        if (status == OK) {
            check_again(messages[i], message, size);
        }
        arena_free(&arena);
    }
    return 0;
}
