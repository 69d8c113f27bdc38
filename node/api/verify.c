#include "node/api/verify.h"

#include <stdio.h>

#include "replicator/trust/roster_load.h"

/* Every log that is held here: own, of the subtree, and what ancestors addressed to us. */
static void check_logs(struct verification *result, struct verify *verify,
                       const struct roster *roster, struct division self)
{
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;

        if (!roster_within(roster, division, self) && !roster_within(roster, self, division)) {
            continue; /* a sibling: nothing of its log is held here */
        }
        result->divisions++;
        (void)verify_log(verify, division); /* the next log is told from the next log */
    }
    (void)verify_shared(verify);
}

static void take_faults(struct verification *result, const struct verify *verify)
{
    const struct verify_fault *faults = verify_faults(verify, &result->fault_count);

    result->cause = verify_cause(verify);
    result->about = verify_about(verify);
    result->fault_total = verify_fault_total(verify);
    if (result->fault_count > 0) {
        result->faults = mem_realloc(NULL, result->fault_count * sizeof *faults);
        memcpy(result->faults, faults, result->fault_count * sizeof *faults);
    }
}

/* Without its grants nothing can be told. */
static void fail_grants(struct verification *result, struct division self)
{
    result->cause = VERIFY_STORE;
    result->about = self;
    result->faults = mem_zalloc(sizeof *result->faults);
    result->fault_count = result->fault_total = 1;
    result->faults[0].cause = VERIFY_STORE;
    result->faults[0].about = self;
    message_format(result->faults[0].text, sizeof result->faults[0].text,
                   "grants_not_to_root division=%s", self.code);
}

void verification_free(struct verification *result)
{
    mem_free(result->faults);
    result->faults = NULL;
    result->fault_count = 0;
}

void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep)
{
    struct roster *roster = roster_new(&service->tree, service->self);
    const struct verify_config config = {.store = view->store,
                                         .snapshot = view->snapshot,
                                         .roster = roster,
                                         .self = service->self,
                                         .deep = deep};
    struct verify *verify = verify_open(&config);

    struct err err;

    memset(result, 0, sizeof *result);
    (void)roster_load(roster, view->store, view->snapshot, &err); /* what is missing: see below */
    if (roster_find(roster, service->self) == NULL) {
        fail_grants(result, service->self);
    } else {
        check_logs(result, verify, roster, service->self);
        take_faults(result, verify);
    }
    result->counts = *verify_counts(verify);
    verify_close(verify);
    roster_free(roster);
}
