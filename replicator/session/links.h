/* links - the neighbours of this node: the parent's link first, then the children as they came, and
 * those that are served, or serve, in place of one between (serving.h).
 *
 * Owns: the links. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_LINKS_H
#define TERRACE_REPLICATOR_SESSION_LINKS_H

#include "replicator/session/link.h"

struct links {
    struct link **at;
    size_t count, capacity;
};

struct link *links_find(const struct links *links, struct division peer); /* or NULL */
/* Takes the link over. */
void links_add(struct links *links, struct link *link);
/* It is freed. */
void links_remove(struct links *links, struct link *link);
/* Over which this node speaks upward now: the parent's where that is open, else of the ancestor
 * that serves it; NULL: neither is. */
struct link *links_upward(const struct links *links);
void links_free(struct links *links);

#endif
