#include "replicator/zmq/call_zmq.h"

#include <errno.h>
#include <zmq.h>

#include "proto/frame.h"
#include "proto/message.h"

static void hang_up(struct call_zmq *call)
{
    if (call->socket != NULL) {
        transport_zmq_heed(call->transport, NULL);
        socket_close(call->socket);
        call->socket = NULL;
    }
}

void call_close(struct call_zmq *call)
{
    hang_up(call);
    buf_free(&call->frame);
}

enum status call_open(struct call_zmq *call, const char *endpoint, const uint8_t server_key[32],
                      const struct clock *clock, struct buf *frame, struct err *err)
{
    const struct buf former = call->frame;
    enum status status;

    hang_up(call);
    call->frame = *frame;
    *frame = former;
    call->sent = false;
    call->begun_ms = clock_mono_ms(clock);
    call->socket = zmq_socket(transport_zmq_context(call->transport), ZMQ_DEALER);
    if (call->socket == NULL) {
        return err_set(err, ERR_IO, "%s", os_reason(errno));
    }
    status = socket_prepare_client(call->socket, transport_zmq_dials_as(call->transport),
                                   server_key, FRAME_BYTES_MAX, clock_random(clock), err);
    if (status == OK) {
        status = socket_connect(call->socket, endpoint, err);
    }
    if (status != OK) {
        hang_up(call);
        return status;
    }
    transport_zmq_heed(call->transport, call->socket);
    return OK;
}

enum call_state call_step(struct call_zmq *call, uint64_t now_ms, struct buf *answer)
{
    char user_id[SOCKET_USER_ID_MAX + 1];

    if (call->socket == NULL) {
        return CALL_NONE;
    }
    if (!call->sent) {
        call->sent = socket_give(call->socket, NULL, buf_bytes(&call->frame)) == GIVE_DONE;
    }
    if (call->sent && socket_take(call->socket, NULL, user_id, answer) == TAKE_FRAME) {
        hang_up(call);
        return CALL_ANSWERED;
    }
    if (now_ms - call->begun_ms >= CALL_PATIENCE_MS) {
        hang_up(call);
        return CALL_FAILED;
    }
    return CALL_WAITS;
}

uint64_t call_next_ms(const struct call_zmq *call, uint64_t now_ms)
{
    if (call->socket == NULL) {
        return UINT64_MAX;
    }
    return call->sent ? call->begun_ms + CALL_PATIENCE_MS : now_ms + CALL_LOOK_MS;
}
