#include "replicator/zmq/routes_zmq.h"

#include "proto/array.h"

struct route *routes_find(struct routes *routes, struct division division)
{
    for (size_t i = 0; i < routes->count; i++) {
        if (division_equal(routes->rows[i].division, division)) {
            return &routes->rows[i];
        }
    }
    return NULL;
}

static struct route *add(struct routes *routes, struct division division)
{
    ARRAY_ROOM(routes->rows, routes->count, routes->capacity);
    routes->rows[routes->count] = (struct route){.division = division};
    return &routes->rows[routes->count++];
}

void routes_learn(struct routes *routes, struct division from, const uint8_t curve_key[32],
                  const struct socket_id *id, void *socket)
{
    struct route *route = routes_find(routes, from);

    if (route == NULL) {
        route = add(routes, from);
    }
    if (!socket_id_equal(&route->newest, id) && !socket_id_equal(&route->former, id)) {
        route->former = route->newest;
        route->newest = *id;
        route->socket = socket;
        route->fd = id->fd;
        route->ended = false;
        memcpy(route->curve_key, curve_key, sizeof route->curve_key);
    }
}

void routes_forget(struct routes *routes, struct route *route)
{
    *route = routes->rows[--routes->count];
}

void routes_end_fd(struct routes *routes, int fd)
{
    for (size_t i = 0; i < routes->count; i++) {
        routes->rows[i].ended |= routes->rows[i].fd == fd;
    }
}

void routes_end_socket(struct routes *routes, const void *socket)
{
    for (size_t i = 0; i < routes->count; i++) {
        routes->rows[i].ended |= routes->rows[i].socket == socket;
    }
}

bool routes_take_ended(struct routes *routes, struct division *division)
{
    for (size_t i = 0; i < routes->count; i++) {
        if (routes->rows[i].ended) {
            *division = routes->rows[i].division;
            routes_forget(routes, &routes->rows[i]);
            return true;
        }
    }
    return false;
}

void routes_clear(struct routes *routes)
{
    routes->count = 0;
}

void routes_free(struct routes *routes)
{
    mem_free(routes->rows);
}
