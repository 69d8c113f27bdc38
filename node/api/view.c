#include "node/api/view.h"

#include "node/api/found_damage.h"

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
    const enum status status = view_status(view, &err);

    txn_free(view->txn);
    view->store->ops->release(view->store->self, view->snapshot);
    if (status != OK) {
        found_damage(view->service->node, view->service->gate, &err);
    }
}

void view_read_from(struct view *view, struct txn *txn)
{
    txn_free(view->txn);
    view->txn = txn;
}

enum status view_status(const struct view *view, struct err *err)
{
    return txn_status(view->txn, err) == OK ? read_watch_status(&view->reads, err) : err->status;
}

bool view_sound(const struct view *view, const struct request *request, struct answer *answer)
{
    struct err err;

    if (view_status(view, &err) == OK) {
        return true;
    }
    answer_error(request, answer, API_STORE_FAILED, err.text);
    return false;
}
