#include "node/api/roster_snapshot.h"

#include <pthread.h>

#include "node/text/nearest.h"
#include "proto/array.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/roster_load.h"

struct roster_snapshots {
    pthread_mutex_t lock;
    struct hash tree;
    struct division self;
    struct roster_snapshot *newest;
};

static void roster_snapshot_free(struct roster_snapshot *roster)
{
    if (roster == NULL) {
        return;
    }
    roster_free(roster->roster);
    mem_free(roster->by_code);
    mem_free(roster->at);
    mem_free(roster);
}

struct roster_snapshots *roster_snapshots_open(const struct hash *tree, struct division self)
{
    struct roster_snapshots *rosters = mem_zalloc(sizeof *rosters);

    (void)pthread_mutex_init(&rosters->lock, NULL);
    rosters->tree = *tree;
    rosters->self = self;
    return rosters;
}

void roster_snapshots_close(struct roster_snapshots *rosters)
{
    if (rosters == NULL) {
        return;
    }
    roster_snapshot_free(rosters->newest);
    (void)pthread_mutex_destroy(&rosters->lock);
    mem_free(rosters);
}

/* --- making one --- */

static bool hash_grant(void *arg, struct bytes key, struct bytes value)
{
    struct hasher *hasher = arg;

    hasher_add(hasher, key.data, key.size);
    hasher_add(hasher, value.data, value.size);
    return true;
}

/* The same for the same grants, confirmations, revocations and objections, and for no others. */
static enum status hash_grants(const struct view *view, struct hash *out, struct err *err)
{
    static const uint8_t letters[] = {META_GRANT, META_CONFIRMED, META_REVOKED, META_OBJECTION};
    const struct store *store = view->store;
    struct hasher hasher;
    enum status status = OK;

    hasher_begin(&hasher, TAG_CONTENT);
    for (size_t i = 0; status == OK && i < COUNT_OF(letters); i++) {
        status = store->ops->scan(store->self, view->snapshot, SPACE_META, bytes_of(&letters[i], 1),
                                  BYTES_NONE, hash_grant, &hasher, err);
    }
    *out = hasher_end(&hasher);
    return status;
}

static void add_place(struct roster_snapshot *out, const struct member *member,
                      struct division self)
{
    struct place *place = &out->at[out->count++];

    place->division = member->grant.division;
    place->parent = member->grant.parent;
    place->depth = member->depth;
    place->inside = member->below;
    memcpy(place->name, member->grant.name, sizeof place->name);
    place->below = roster_within(out->roster, place->division, self);
    place->above = !place->below && roster_within(out->roster, self, place->division);
}

/* Depth first, keeping the code order among siblings. A member names its parent by a pointer, so
 * there is no circle. */
static void add_children(struct roster_snapshot *out, const struct member *parent,
                         struct division self)
{
    for (size_t i = 0; i < roster_count(out->roster); i++) {
        const struct member *member = roster_at(out->roster, i);

        if (member->parent == parent) {
            add_place(out, member, self);
            if (member->below > 0) {
                add_children(out, member, self);
            }
        }
    }
}

static int compare_places(const void *a, const void *b)
{
    return division_compare((*(const struct place *const *)a)->division,
                            (*(const struct place *const *)b)->division);
}

static void list_by_code(struct roster_snapshot *out)
{
    out->by_code = mem_zalloc((out->count + 1) * sizeof *out->by_code);
    for (size_t i = 0; i < out->count; i++) {
        out->by_code[i] = &out->at[i];
    }
    qsort(out->by_code, out->count, sizeof *out->by_code, compare_places);
}

static struct roster_snapshot *make(const struct roster_snapshots *rosters, const struct view *view,
                                    const struct hash *grants)
{
    struct roster_snapshot *out = mem_zalloc(sizeof *out);
    struct err err;

    out->grants = *grants;
    out->moment = view->moment;
    out->roster = roster_new(&rosters->tree, rosters->self);
    (void)roster_load(out->roster, view->store, view->snapshot, &err);
    out->at = mem_zalloc((roster_count(out->roster) + 1) * sizeof *out->at);
    add_children(out, NULL, rosters->self);
    list_by_code(out);
    return out;
}

/* --- the one that is kept --- */

static struct roster_snapshot *find_of_moment(struct roster_snapshots *rosters, uint64_t moment)
{
    struct roster_snapshot *kept;

    (void)pthread_mutex_lock(&rosters->lock);
    kept = rosters->newest;
    if (kept != NULL && kept->moment == moment && moment != 0) {
        kept->holders++;
    } else {
        kept = NULL;
    }
    (void)pthread_mutex_unlock(&rosters->lock);
    return kept;
}

static struct roster_snapshot *find_kept(struct roster_snapshots *rosters,
                                         const struct hash *grants, uint64_t moment)
{
    struct roster_snapshot *kept;

    (void)pthread_mutex_lock(&rosters->lock);
    kept = rosters->newest;
    if (kept != NULL && hash_equal(&kept->grants, grants)) {
        kept->holders++;
        kept->moment = moment > kept->moment ? moment : kept->moment;
    } else {
        kept = NULL;
    }
    (void)pthread_mutex_unlock(&rosters->lock);
    return kept;
}

static void let_go(struct roster_snapshots *rosters, struct roster_snapshot *roster)
{
    bool last;

    (void)pthread_mutex_lock(&rosters->lock);
    last = --roster->holders == 0;
    (void)pthread_mutex_unlock(&rosters->lock);
    if (last) {
        roster_snapshot_free(roster);
    }
}

/* The cache is one of its two holders. */
static void keep(struct roster_snapshots *rosters, struct roster_snapshot *roster)
{
    struct roster_snapshot *former;

    (void)pthread_mutex_lock(&rosters->lock);
    former = rosters->newest;
    rosters->newest = roster;
    roster->holders = 2;
    (void)pthread_mutex_unlock(&rosters->lock);
    if (former != NULL) {
        let_go(rosters, former);
    }
}

struct roster_snapshot *roster_snapshot_open(const struct view *view, const struct request *request,
                                             struct answer *answer)
{
    struct roster_snapshots *rosters = request->service->rosters;
    struct roster_snapshot *roster = find_of_moment(rosters, view->moment);
    struct hash grants;
    struct err err;

    if (roster != NULL) {
        return roster;
    }
    if (hash_grants(view, &grants, &err) != OK) {
        answer_error(request, answer, API_STORE_FAILED, err.text);
        return NULL;
    }
    roster = find_kept(rosters, &grants, view->moment);
    if (roster == NULL) {
        roster = make(rosters, view, &grants);
        keep(rosters, roster);
    }
    return roster;
}

void roster_snapshot_release(const struct service *service, struct roster_snapshot *roster)
{
    if (roster != NULL) {
        let_go(service->rosters, roster);
    }
}

/* --- asking --- */

static int compare_code(const void *code, const void *item)
{
    return division_compare(*(const struct division *)code,
                            (*(const struct place *const *)item)->division);
}

const struct place *roster_snapshot_place(const struct roster_snapshot *roster,
                                          struct division division)
{
    const size_t at = ARRAY_LOWER_BOUND(roster->by_code, roster->count, &division, compare_code);

    return at < roster->count && compare_code(&division, &roster->by_code[at]) == 0
               ? roster->by_code[at]
               : NULL;
}

struct policy roster_snapshot_policy(const struct roster_snapshot *roster,
                                     const struct service *service)
{
    const struct member *self = roster_find(roster->roster, service->self);
    const struct policy parents = {self == NULL ? NUMBER_SET_NONE : self->grant.policy};

    return policy_both(node_config(service->node)->approval, parents);
}

bool roster_snapshot_within(const struct roster_snapshot *roster, struct division division,
                            struct division above)
{
    const struct place *place = roster_snapshot_place(roster, division);
    const struct place *top = roster_snapshot_place(roster, above);

    return place != NULL && top != NULL && place >= top && place <= top + top->inside;
}

/* did_you_mean for a code that is not in the roster, or "". */
static const char *nearest_division(char out[DID_YOU_MEAN_BYTES_MAX],
                                    const struct roster_snapshot *roster, struct division division)
{
    struct nearest nearest;

    nearest_begin(&nearest, bytes_text(division.code));
    for (size_t i = 0; i < roster->count; i++) {
        nearest_offer(&nearest, bytes_text(roster->at[i].division.code));
    }
    return nearest_advice(out, &nearest);
}

bool roster_snapshot_knows(const struct roster_snapshot *roster, const struct request *request,
                           struct answer *answer, struct division division)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];

    if (roster_snapshot_place(roster, division) != NULL) {
        return true;
    }
    answer_refuse(request, answer, API_NOT_FOUND, "division_unknown division=%s why=%s",
                  division.code, nearest_division(advice, roster, division));
    return false;
}

bool roster_snapshot_below(const struct roster_snapshot *roster, const struct request *request,
                           struct answer *answer, struct division division)
{
    const struct place *place = roster_snapshot_place(roster, division);
    char advice[DID_YOU_MEAN_BYTES_MAX];

    if (place != NULL && place->below) {
        return true;
    }
    answer_refuse(request, answer, API_NOT_BELOW_YOU,
                  "division_elsewhere division=%s self=%s why=%s", division.code,
                  request->service->self.code,
                  place == NULL ? nearest_division(advice, roster, division) : "");
    return false;
}

bool request_division(const struct request *request, struct answer *answer,
                      const struct roster_snapshot *roster, struct division *out)
{
    const char *code = request->query(request->connection, "division");

    *out = request->service->self;
    if (code == NULL) {
        return true;
    }
    if (!division_parse(out, bytes_text(code))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", code);
        return false;
    }
    return roster_snapshot_below(roster, request, answer, *out);
}
