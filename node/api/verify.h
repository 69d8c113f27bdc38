/* verify - has everything that this node holds read again (node/ledger/verify/verify.h), in order.
 *
 * Reads one snapshot; never the loop, but for raising or clearing its alarm.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_VERIFY_H
#define TERRACE_NODE_API_VERIFY_H

#include "node/api/api.h"
#include "node/ledger/verify/verify.h"

struct verification {
    uint64_t divisions;
    struct verify_counts counts;
    enum verify_cause cause;     /* VERIFY_SOUND: no fault */
    struct division about;       /* whose log or ledger is at fault */
    struct verify_fault *faults; /* as many as are kept in words; verification_free frees them */
    size_t fault_count;
    uint64_t fault_total;
};
void verification_free(struct verification *result);
void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep);

#endif
