/* links - the neighbours of this node: the parent's link first, then the children as they came.
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
void links_free(struct links *links);

#endif
