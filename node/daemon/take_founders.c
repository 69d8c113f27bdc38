#include "node/daemon/take_founders.h"

#include <stdio.h>

#include "node/home/founders.h"
#include "node/office/operators.h"
#include "proto/log.h"

struct founders_task {
    struct task task;
    const char *home;
    struct founders founders;
};

static void run(struct task *task, struct node *node, struct txn *txn)
{
    const struct founders_task *taking = (const struct founders_task *)task;
    const struct grant_terms *terms = &taking->founders.terms;

    for (size_t i = 0; i < terms->founder_count; i++) {
        struct operator_row row = {.key = terms->founders[i].key,
                                   .roles = ROLE_ADMIN,
                                   .enabled = true,
                                   .sealed = buf_bytes(&taking->founders.sealed[i])};

        (void)snprintf(row.name, sizeof row.name, "%s", terms->founders[i].name);
        node_operator_found(node, txn, &row);
    }
}

static void done(struct task *task, enum status outcome)
{
    struct founders_task *taking = (struct founders_task *)task;

    if (outcome == OK) {
        for (size_t i = 0; i < taking->founders.terms.founder_count; i++) {
            LOG_INFO("user.added", "user=%s", taking->founders.terms.founders[i].name);
        }
        founders_forget(taking->home);
    }
    founders_free(&taking->founders);
    mem_free(taking);
}

enum status take_founders(struct node *node, const char *home, struct err *err)
{
    struct founders_task *taking = mem_zalloc(sizeof *taking);
    const enum status status = founders_read(&taking->founders, home, err);

    if (status != OK) {
        founders_free(&taking->founders);
        mem_free(taking);
        return status == ERR_NOT_FOUND ? OK : status;
    }
    taking->task = (struct task){.run = run, .done = done};
    taking->home = home;
    node_post(node, &taking->task);
    return OK;
}
