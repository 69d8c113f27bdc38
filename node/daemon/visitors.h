/* visitors - who comes with a link key that is over, and where this node itself comes with one:
 * each frame as a call of a turn.
 *
 *   transport_zmq_visit --> call: replicator_visit inside the turn --> commit --> answer
 *   replicator_call --> call_zmq: another node's answer --> call: replicator_called
 *
 * What was entered is durable before its sender hears of it; a turn that failed answers nothing,
 * and he asks again.
 *
 * Owns: the call under way. Thread: the loop's. Units: *_ms is mono. */
#ifndef TERRACE_NODE_DAEMON_VISITORS_H
#define TERRACE_NODE_DAEMON_VISITORS_H

#include "node/core/node.h"
#include "replicator/zmq/call_zmq.h"

struct visitors {
    struct node *node;
    struct transport_zmq *transport;
    const struct clock *clock;
    struct call_zmq call;
    struct division called;
    struct buf frame; /* for a moment */
};

void visitors_open(struct visitors *visitors, struct node *node, struct transport_zmq *transport,
                   const struct clock *clock);
void visitors_close(struct visitors *visitors);
/* Posts what has arrived. Calls hold the transport until the turn they ran in is over. */
void visitors_take(struct visitors *visitors);
/* Between turns: who is to be called, and what he said. */
void visitors_call(struct visitors *visitors);
uint64_t visitors_next_ms(const struct visitors *visitors);

#endif
