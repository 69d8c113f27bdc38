/* verify - has everything that this node holds read again (node/ledger/verify/verify.h), in order.
 *
 * Reads one snapshot; never the loop, but for raising or clearing its alarm.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_VERIFY_H
#define TERRACE_NODE_API_VERIFY_H

#include "node/api/api.h"
#include "node/ledger/query/stop.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/verify.h"

/* What there is to say of one author's log. */
struct verified_author {
    struct division division;
    char name[NAME_BYTES_MAX + 1];
    uint64_t faults; /* in words */
    struct unapproved_sum unapproved;
    bool is_stopped; /* its ledger here stands before an entry that this version does not know: */
    struct ledger_stop stop;
    uint64_t stopped_unix_ms; /* since when that is alarmed here; 0: not known */
};

struct verification {
    uint64_t divisions;
    struct verify_counts counts;
    enum verify_cause cause;     /* VERIFY_SOUND: no fault */
    struct division about;       /* whose log or ledger is at fault */
    struct verify_fault *faults; /* as many as are kept in words, author by author */
    size_t fault_count;
    struct verified_author *authors; /* of whom there is something to say, in the same order */
    size_t author_count;
    uint64_t fault_total;
};
void verification_free(struct verification *result);
void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep);

#endif
