#include "node/daemon/enrolment.h"

#include "node/core/node_struct.h"

struct enrolment {
    struct task task;
    struct enrol_zmq *socket;
    struct socket_id who;
    struct enrol_asker from;
    struct buf request, answer;
};

static void run(struct task *task, struct node *node, struct txn *txn)
{
    struct enrolment *enrolment = (struct enrolment *)task;

    enrol_receive(node->replicator, txn, buf_bytes(&enrolment->request), &enrolment->from,
                  node->turn_unix_ms, &enrolment->answer);
}

static void done(struct task *task, enum status outcome)
{
    struct enrolment *enrolment = (struct enrolment *)task;

    if (outcome == OK && enrolment->answer.size > 0) {
        enrol_zmq_answer(enrolment->socket, &enrolment->who, buf_bytes(&enrolment->answer));
    }
    buf_free(&enrolment->request);
    buf_free(&enrolment->answer);
    mem_free(enrolment);
}

static bool knows_secret(void *arg, struct bytes frame)
{
    const struct node *node = arg;

    return enrol_knows_secret(&node->store, frame);
}

void enrolment_take(struct enrol_zmq *socket, struct node *node)
{
    struct enrolment incoming = {.task = {.run = run, .done = done, .meanwhile = true},
                                 .socket = socket};

    while (enrol_zmq_receive(socket, knows_secret, node, &incoming.who, &incoming.from,
                             &incoming.request)) {
        struct enrolment *enrolment = mem_zalloc(sizeof *enrolment);
        *enrolment = incoming; /* the request's memory moves along */
        incoming.request = BUF_EMPTY;
        node_post(node, &enrolment->task);
    }
    buf_free(&incoming.request);
}
