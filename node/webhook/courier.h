/* courier - carries one webhook's entries to where it goes: a thread that reads the change feed,
 * posts, waits as retry.h says, and reports to the loop.
 *
 *   dead letters marked "again", one by one --+
 *   what stands behind the position ----------+--> POST --> retry_after --> webhook_report
 *          ^
 *          '-- nothing there: node_await_commit
 *
 * A post is NDJSON, lines of the change feed (node/api/change_feed.h), signed (proof.h). What was
 * delivered is reported at once where something went wrong before, else at most each REPORT_MS: a
 * node that falls in between delivers that much again, and its receiver knows the positions.
 *
 * Owns: its thread. Borrows its configuration. Thread: open, finished and close the loop thread.
 * Units: *_ms. */
#ifndef TERRACE_NODE_WEBHOOK_COURIER_H
#define TERRACE_NODE_WEBHOOK_COURIER_H

#include "node/api/api_task.h"
#include "node/office/webhooks.h"
#include "node/webhook/address.h"

enum { REPORT_MS = 5000 };

struct courier_config {
    struct node *node;
    const struct store *store;
    const struct clock *clock;
    const struct sign_key *_Atomic *key; /* the identity in force; each lives until close */
    const struct networks *allowed;
    const char *authorities; /* a file, as poster_open takes it */
    struct task_gate *gate;
};

struct courier;
/* Begins with what the row says. Errors: ERR_IO (no thread, no descriptor). */
enum status courier_open(struct courier **out, const struct courier_config *config,
                         const char *name, struct err *err);
const char *courier_name(const struct courier *courier);
/* It is to stop, as soon as it can: its post under way is cut. */
void courier_stop(struct courier *courier);
bool courier_finished(const struct courier *courier);
/* Waits for its thread, and reports in a task that the next turn runs what it had not yet. */
void courier_close(struct courier *courier); /* NULL is fine */

#endif
