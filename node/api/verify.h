/* verify - has everything that this node holds read again (node/ledger/verify.h), in order.
 *
 * Reads one snapshot; never the loop, but for raising or clearing its alarm.
 *
 * Thread: HTTP threads. */
#ifndef TERRACE_NODE_API_VERIFY_H
#define TERRACE_NODE_API_VERIFY_H

#include "node/api/api.h"
#include "node/ledger/verify.h"

struct verification {
    uint64_t divisions;
    struct verify_counts counts;
    enum verify_cause cause;      /* VERIFY_SOUND: no fault */
    struct division about;        /* whose log or ledger is at fault */
    char fault[VERIFY_FAULT_MAX]; /* the first one: where, then what */
};
void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep);

#endif
