#include "node/api/view.h"

#include <stdio.h>

#include "node/api/api_task.h"
#include "node/core/damage.h"

/* --- damage --- */

struct damage_met {
    struct api_task api_task;
    struct division self;
    char fault[MESSAGE_BYTES_MAX];
};

static void tell_damage(struct api_task *api_task, struct node *node, struct txn *txn)
{
    const struct damage_met *met = (struct damage_met *)api_task;

    (void)txn;
    node_store_damaged(node, met->self, met->fault);
}

static void tell_loop(const struct service *service, const struct err *err)
{
    struct damage_met *met = api_task_new(service->gate, sizeof *met, tell_damage, NULL);

    met->api_task.task.read_only = true;
    met->self = service->self;
    (void)snprintf(met->fault, sizeof met->fault, "%s", err->text);
    api_task_leave(&met->api_task, service->node);
}

/* --- a view --- */

void view_open(struct view *view, const struct service *service)
{
    const struct store *store = &service->store;

    view->service = service;
    read_watch_open(&view->reads, store);
    view->store = &view->reads.store;
    view->moment = store->ops->moment(store->self);
    view->snapshot = store->ops->snapshot(store->self);
    if (store->ops->moment(store->self) != view->moment) {
        view->moment = 0;
    }
    view->txn = txn_open(view->store, view->snapshot);
}

void view_close(struct view *view)
{
    struct err err;

    txn_free(view->txn);
    view->store->ops->release(view->store->self, view->snapshot);
    if (read_watch_status(&view->reads, &err) == ERR_CORRUPT &&
        !node_is_damaged(view->service->node)) {
        tell_loop(view->service, &err);
    }
}

void view_read_from(struct view *view, struct txn *txn)
{
    txn_free(view->txn);
    view->txn = txn;
}

bool view_sound(const struct view *view, const struct request *request, struct answer *answer)
{
    struct err err;

    if (txn_status(view->txn, &err) == OK && read_watch_status(&view->reads, &err) == OK) {
        return true;
    }
    answer_error(request, answer, API_STORE_FAILED, err.text);
    return false;
}
