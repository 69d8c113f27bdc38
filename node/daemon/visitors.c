#include "node/daemon/visitors.h"

#include "node/core/node_struct.h"
#include "proto/log.h"
#include "replicator/former_keys.h"

struct visiting {
    struct task task;
    struct transport_zmq *transport;
    struct visit from;
    struct division called; /* of an answer */
    struct buf frame, answer;
};

void visitors_open(struct visitors *visitors, struct node *node, struct transport_zmq *transport,
                   const struct clock *clock)
{
    *visitors = (struct visitors){
        .node = node, .transport = transport, .clock = clock, .call = {.transport = transport}};
}

void visitors_close(struct visitors *visitors)
{
    call_close(&visitors->call);
    buf_free(&visitors->frame);
}

static struct visiting *begin(const struct visitors *visitors, const struct task *task)
{
    struct visiting *visiting = mem_zalloc(sizeof *visiting);

    visiting->task = *task;
    visiting->transport = visitors->transport;
    return visiting;
}

static void end(struct visiting *visiting)
{
    buf_free(&visiting->frame);
    buf_free(&visiting->answer);
    mem_free(visiting);
}

/* --- they come here --- */

static void run_visit(struct task *task, struct node *node, struct txn *txn)
{
    struct visiting *visiting = (struct visiting *)task;

    replicator_visit(node->replicator, txn, visiting->from.curve_key, buf_bytes(&visiting->frame),
                     &visiting->answer);
}

static void visit_done(struct task *task, enum status outcome)
{
    struct visiting *visiting = (struct visiting *)task;

    if (outcome == OK && visiting->answer.size > 0) {
        transport_zmq_answer(visiting->transport, &visiting->from, buf_bytes(&visiting->answer));
    }
    end(visiting);
}

void visitors_take(struct visitors *visitors)
{
    static const struct task task = {.run = run_visit, .done = visit_done};
    struct visit from;

    while (transport_zmq_visit(visitors->transport, &from, &visitors->frame)) {
        struct visiting *visiting = begin(visitors, &task);

        visiting->from = from;
        visiting->frame = visitors->frame; /* its memory moves along */
        visitors->frame = BUF_EMPTY;
        node_post(visitors->node, &visiting->task);
    }
}

/* --- this node goes there --- */

static void run_answer(struct task *task, struct node *node, struct txn *txn)
{
    struct visiting *visiting = (struct visiting *)task;

    replicator_called(node->replicator, txn, visiting->called, buf_bytes(&visiting->frame));
}

static void answer_done(struct task *task, enum status outcome)
{
    (void)outcome; /* what was not stored is asked for again */
    end((struct visiting *)task);
}

static void take_answer(struct visitors *visitors)
{
    static const struct task task = {.run = run_answer, .done = answer_done};
    struct visiting *visiting = begin(visitors, &task);

    visiting->called = visitors->called;
    visiting->frame = visitors->frame;
    visitors->frame = BUF_EMPTY;
    node_post(visitors->node, &visiting->task);
}

static void dial(struct visitors *visitors)
{
    struct ancestor_call call;
    struct err err;

    if (!replicator_call(visitors->node->replicator, &call, &visitors->frame)) {
        return;
    }
    visitors->called = call.who;
    if (call_open(&visitors->call, call.endpoint, call.curve_key, visitors->clock, &visitors->frame,
                  &err) == OK) {
        LOG_INFO("link.call", "peer=%s endpoint=%s", call.who.code, call.endpoint);
    } else {
        LOG_WARN("link.call_failed", "peer=%s endpoint=%s error=%s", call.who.code, call.endpoint,
                 err.text);
    }
}

void visitors_call(struct visitors *visitors)
{
    if (transport_zmq_shut_out(visitors->transport)) {
        replicator_shut_out(visitors->node->replicator);
    }
    switch (call_step(&visitors->call, clock_mono_ms(visitors->clock), &visitors->frame)) {
    case CALL_ANSWERED:
        take_answer(visitors);
        break;
    case CALL_NONE:
        dial(visitors);
        break;
    case CALL_WAITS:
    case CALL_FAILED:
        break;
    }
}

uint64_t visitors_next_ms(const struct visitors *visitors)
{
    return earlier(call_next_ms(&visitors->call, clock_mono_ms(visitors->clock)),
                   visitors->call.socket != NULL
                       ? UINT64_MAX
                       : replicator_next_call(visitors->node->replicator));
}
