#include "node/daemon/take_root.h"

#include "node/core/node_struct.h"
#include "node/core/turn.h"

struct root_task {
    struct task task;
    struct bytes sealed;
    struct err err;
    bool over;
};

static void run(struct task *task, struct node *node, struct txn *txn)
{
    struct root_task *taking = (struct root_task *)task;

    taking->err.status = OK;
    taking->err.status = replicator_take_root(node->replicator, txn, taking->sealed, &taking->err);
}

static void done(struct task *task, enum status outcome)
{
    struct root_task *taking = (struct root_task *)task;

    taking->over = true;
    if (outcome != OK && taking->err.status == OK) {
        (void)err_set(&taking->err, outcome, "%s", status_name(outcome));
    }
}

enum status take_root(struct node *node, struct bytes sealed, struct err *err)
{
    struct root_task taking = {.task = {.run = run, .done = done}, .sealed = sealed};
    enum status status = OK;
    bool busy;

    node_post(node, &taking.task);
    while (status == OK && !taking.over) {
        status = node_step(node, &busy, err);
    }
    if (status == ERR_KEY && taking.over) {
        status = OK; /* as it is to be: this node has not the new key */
    }
    if (status == OK && taking.err.status != OK) {
        *err = taking.err;
        status = taking.err.status;
    }
    return status;
}
