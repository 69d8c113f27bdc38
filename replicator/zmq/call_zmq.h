/* call_zmq - one word to who is no neighbour, or would not let this node in as one: a connection of
 * its own beside the link, one frame, one answer.
 *
 *   call_open --> CALL_WAITS --> CALL_ANSWERED, or CALL_FAILED after CALL_PATIENCE_MS
 *
 * Owns: its socket, in the transport's context. Thread: the loop's. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_ZMQ_CALL_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_CALL_ZMQ_H

#include "replicator/zmq/transport_zmq.h"

enum { CALL_PATIENCE_MS = 8000, CALL_LOOK_MS = 100 /* until it has been sent */ };

struct call_zmq {
    struct transport_zmq *transport;
    void *socket; /* NULL: nobody is called */
    struct buf frame;
    bool sent;
    uint64_t begun_ms;
};

enum call_state { CALL_NONE, CALL_WAITS, CALL_ANSWERED, CALL_FAILED };

/* Takes what `frame` holds. Errors: ERR_CONFIG (the address), ERR_IO. */
enum status call_open(struct call_zmq *call, const char *endpoint, const uint8_t server_key[32],
                      const struct clock *clock, struct buf *frame, struct err *err);
/* Answered or failed, it is over. `answer` is replaced. */
enum call_state call_step(struct call_zmq *call, uint64_t now_ms, struct buf *answer);
/* When call_step has something to look at besides what comes in. */
uint64_t call_next_ms(const struct call_zmq *call, uint64_t now_ms);
void call_close(struct call_zmq *call);

#endif
