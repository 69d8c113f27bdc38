/* A request's way to a worker and back. */
#include "node/api/door_internal.h"

#include <unistd.h>

void door_work_begin(struct http_door *door)
{
    (void)pthread_mutex_init(&door->lock, NULL);
}

void door_work_end(struct http_door *door)
{
    (void)pthread_mutex_destroy(&door->lock);
}

void exchange_enter(struct exchange *exchange, enum exchange_state state)
{
    exchange->state = state;
}

void exchange_suspend(struct exchange *exchange, enum exchange_state state)
{
    exchange_enter(exchange, state);
    if (!exchange->suspended) {
        exchange->suspended = true;
        MHD_suspend_connection(exchange->connection);
    }
}

void exchange_resume(struct exchange *exchange, enum exchange_state state)
{
    exchange_enter(exchange, state);
    exchange->suspended = false;
    MHD_resume_connection(exchange->connection);
}

void exchange_post(struct exchange *exchange, enum exchange_state state, enum lane lane,
                   void (*run)(struct work *work))
{
    exchange_suspend(exchange, state);
    exchange->work = (struct work){.run = run};
    exchange->door->running++;
    workers_post(exchange->door->config.workers, lane, &exchange->work);
}

void door_wake(const struct http_door *door)
{
    const uint64_t one = 1;

    (void)!write(door->wake, &one, sizeof one); /* full: it is awake anyway */
}

void exchange_hand_back(struct exchange *exchange)
{
    struct http_door *door = exchange->door;
    bool first;

    (void)pthread_mutex_lock(&door->lock);
    first = door->done == NULL;
    exchange->next = door->done;
    door->done = exchange;
    if (first) {
        door_wake(door); /* under the lock: the door may end once it has the last one back */
    }
    (void)pthread_mutex_unlock(&door->lock);
}

struct exchange *door_collect(struct http_door *door)
{
    struct exchange *done;

    (void)pthread_mutex_lock(&door->lock);
    done = door->done;
    door->done = NULL;
    (void)pthread_mutex_unlock(&door->lock);
    for (const struct exchange *at = done; at != NULL; at = at->next) {
        door->running--;
    }
    return done;
}
