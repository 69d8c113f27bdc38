#include "node/api/view.h"

void view_open(struct view *view, const struct service *service)
{
    view->store = &service->store;
    view->snapshot = view->store->ops->snapshot(view->store->self);
    view->txn = txn_open(view->store, view->snapshot);
}

void view_close(struct view *view)
{
    txn_free(view->txn);
    view->store->ops->release(view->store->self, view->snapshot);
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
