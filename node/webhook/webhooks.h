/* webhooks - a courier for each webhook that an admin has set up, as long as it is there.
 *
 *   webhooks_step, after a turn: did somebody change which there are? --> couriers begin and end
 *
 * Nothing of it waits on the loop: each courier has a thread of its own, and reports by a task.
 *
 * Owns: the couriers. Thread: the loop thread. */
#ifndef TERRACE_NODE_WEBHOOK_WEBHOOKS_H
#define TERRACE_NODE_WEBHOOK_WEBHOOKS_H

#include "node/core/node.h"

struct webhooks_config {
    struct node *node;
    const struct store *store;
    const struct clock *clock;
    const struct sign_key *_Atomic *key; /* the identity in force; each lives until close */
    const char *networks;    /* where they may go beside what is public: webhook_networks */
    const char *authorities; /* a file of certificates that are trusted beside the system's */
};

struct webhooks;
/* The configuration is borrowed; its networks have been checked. */
struct webhooks *webhooks_open(const struct webhooks_config *config);
/* Cheap where nothing has changed. */
void webhooks_step(struct webhooks *webhooks);
/* Before the last turn, which stores how far each has come. NULL is fine. */
void webhooks_close(struct webhooks *webhooks);

#endif
