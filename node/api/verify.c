#include "node/api/verify.h"

#include <stdio.h>

/* Every log that is held here: own, of the subtree, and what ancestors addressed to us. */
static bool check_logs(struct verification *result, struct verify *verify,
                       const struct roster *roster, struct division self)
{
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;

        if (!roster_within(roster, division, self) && !roster_within(roster, self, division)) {
            continue; /* a sibling: nothing of its log is held here */
        }
        result->divisions++;
        if (!verify_log(verify, division)) {
            return false;
        }
    }
    return verify_jurisdictions(verify);
}

void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep)
{
    struct roster *roster = view_roster(view, &service->tree);
    const struct verify_config config = {.store = view->store,
                                         .snapshot = view->snapshot,
                                         .roster = roster,
                                         .self = service->self,
                                         .deep = deep};
    struct verify *verify = verify_open(&config);

    memset(result, 0, sizeof *result);
    if (roster_find(roster, service->self) == NULL) {
        result->cause = VERIFY_STORE;
        result->about = service->self;
        (void)snprintf(result->fault, sizeof result->fault,
                       "%s: the grants held do not lead to the trust key", service->self.code);
    } else if (!check_logs(result, verify, roster, service->self)) {
        result->cause = verify_cause(verify);
        result->about = verify_about(verify);
        (void)snprintf(result->fault, sizeof result->fault, "%s", verify_fault(verify));
    }
    result->counts = *verify_counts(verify);
    verify_close(verify);
    roster_free(roster);
}
