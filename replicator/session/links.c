#include "replicator/session/links.h"

#include <assert.h>

#include "proto/array.h"

struct link *links_find(const struct links *links, struct division peer)
{
    for (size_t i = 0; i < links->count; i++) {
        if (division_equal(links->at[i]->peer, peer)) {
            return links->at[i];
        }
    }
    return NULL;
}

void links_add(struct links *links, struct link *link)
{
    const size_t at = link_is_parent(link) ? 0 : links->count;

    ARRAY_GAP(links->at, links->count, links->capacity, at);
    links->at[at] = link;
}

void links_remove(struct links *links, struct link *link)
{
    size_t at = 0;

    while (links->at[at] != link) {
        at++;
        assert(at < links->count);
    }
    ARRAY_REMOVE(links->at, links->count, at);
    link_free(link);
}

struct link *links_upward(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++) { /* the parent's is the first */
        if (links->at[i]->is_up && link_is_open(links->at[i])) {
            return links->at[i];
        }
    }
    return NULL;
}

void links_free(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        link_free(links->at[i]);
    }
    mem_free(links->at);
    *links = (struct links){NULL, 0, 0};
}
