#include "node/api/verify.h"

#include <stdio.h>

#include "node/api/routes_alarms.h"
#include "node/api/stop_json.h"
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

/* --- author by author --- */

struct gathering {
    struct verification *result;
    const struct verify_fault *faults; /* as they were met */
    size_t count;
    const struct view *view;
    const struct roster *roster;
    struct division self;
    struct alarm *alarms; /* open ones, as stored */
    size_t alarm_count;
};

/* His faults take the next places; how many. */
static uint64_t take_faults_of(const struct gathering *from, struct division author)
{
    struct verification *result = from->result;
    const size_t before = result->fault_count;

    for (size_t i = 0; i < from->count; i++) {
        if (division_equal(from->faults[i].about, author)) {
            result->faults[result->fault_count++] = from->faults[i];
        }
    }
    return result->fault_count - before;
}

static void take_author(const struct gathering *from, const struct member *member)
{
    struct verification *result = from->result;
    struct verified_author *author = &result->authors[result->author_count];
    const struct stop_question question = {.store = from->view->store,
                                           .snapshot = from->view->snapshot,
                                           .txn = from->view->txn,
                                           .roster = from->roster,
                                           .self = from->self,
                                           .author = member->grant.division};

    *author = (struct verified_author){.division = member->grant.division};
    memcpy(author->name, member->grant.name, sizeof author->name);
    author->faults = take_faults_of(from, author->division);
    unapproved_sum(from->view->txn, author->division, &author->unapproved);
    author->is_stopped = ledger_stop_find(&question, &author->stop);
    author->stopped_unix_ms = stop_since(from->alarms, from->alarm_count, author->division);
    result->author_count +=
        author->faults > 0 || author->unapproved.count > 0 || author->is_stopped;
}

static void take_authors(struct verification *result, const struct verify *verify,
                         const struct view *view, const struct roster *roster, struct division self)
{
    struct gathering from = {.result = result, .view = view, .roster = roster, .self = self};
    const size_t members = roster_count(roster);

    from.faults = verify_faults(verify, &from.count);
    result->cause = verify_cause(verify);
    result->about = verify_about(verify);
    result->fault_total = verify_fault_total(verify);
    result->faults = mem_zalloc((from.count + 1) * sizeof *result->faults);
    result->authors = mem_zalloc((members + 1) * sizeof *result->authors);
    from.alarms = alarms_stored(view->txn, &from.alarm_count);
    for (size_t i = 0; i < members; i++) {
        take_author(&from, roster_at(roster, i));
    }
    mem_free(from.alarms);
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
    mem_free(result->authors);
    result->faults = NULL;
    result->authors = NULL;
    result->fault_count = result->author_count = 0;
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
        take_authors(result, verify, view, roster, service->self);
    }
    result->counts = *verify_counts(verify);
    verify_close(verify);
    roster_free(roster);
}
