/* What is short is answered by the door's own thread: a worker would cost more than the answer. */
#include "node/api/door_internal.h"

#include <assert.h>

/* What it is answered from: the near store in place of the whole one. */
static struct service near_service_of(const struct http_door *door)
{
    struct service service = *door->config.service;

    service.store = door->near.store;
    return service;
}

void door_near_begin(struct http_door *door)
{
    if (door->config.is_short != NULL) {
        near_store_open(&door->near, &door->config.service->store);
        door->near_service = near_service_of(door);
    }
}

void door_near_end(struct http_door *door)
{
    if (door->config.is_short != NULL) {
        near_store_close(&door->near);
    }
}

void door_near_rest(struct http_door *door)
{
    if (door->config.is_short != NULL) {
        near_store_rest(&door->near, door->guests == NULL);
    }
}

bool door_answer_at_once(struct http_door *door, const struct request *asked, struct answer *answer)
{
    struct request request = *asked; /* what was tried leaves nothing behind */

    if (door->config.is_short == NULL || !door->config.is_short(asked)) {
        return false;
    }
    near_store_begin(&door->near);
    request.service = &door->near_service;
    door->config.answer(&request, answer);
    assert(answer->stream.fill == NULL);
    if (!near_store_sufficed(&door->near)) {
        buf_free(&answer->body);
        *answer = (struct answer){.http = 200, .body = BUF_EMPTY};
        return false;
    }
    return true;
}
