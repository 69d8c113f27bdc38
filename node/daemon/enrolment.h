/* enrolment - requests of the enrolment socket, each as a call of a turn.
 *
 *   enrol_zmq_receive --> call: enrol_receive inside the turn --> commit --> enrol_zmq_answer
 *
 * A grant is durable before the child hears of it; a turn that failed answers nothing, and the
 * child asks again. Thread: the loop's. */
#ifndef TERRACE_NODE_DAEMON_ENROLMENT_H
#define TERRACE_NODE_DAEMON_ENROLMENT_H

#include "node/core/node.h"
#include "replicator/zmq/enrol_zmq.h"

/* Posts what has arrived. Calls hold `socket` until the turn they ran in is over. */
void enrolment_take(struct enrol_zmq *socket, struct node *node);

#endif
