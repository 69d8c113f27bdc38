#include "node/api/view.h"

void view_open(struct view *view, const struct service *service)
{
    const struct store *store = &service->store;

    view->store = store;
    view->moment = store->ops->moment(store->self);
    view->snapshot = store->ops->snapshot(store->self);
    if (store->ops->moment(store->self) != view->moment) {
        view->moment = 0;
    }
    view->txn = txn_open(view->store, view->snapshot);
}

void view_close(struct view *view)
{
    txn_free(view->txn);
    view->store->ops->release(view->store->self, view->snapshot);
}

void view_read_from(struct view *view, struct txn *txn)
{
    txn_free(view->txn);
    view->txn = txn;
}

bool view_sound(const struct view *view, const struct request *request, struct answer *answer)
{
    struct err err;

    if (txn_status(view->txn, &err) == OK) {
        return true;
    }
    answer_error(request, answer, API_STORE_FAILED, err.text);
    return false;
}
