/* read - a moment of the store, and who is where, for handlers that must not disturb the loop. */
#include <stdlib.h>

#include "node/api/api.h"
#include "replicator/roster_load.h"

void view_open(struct view *view, const struct service *service)
{
    view->store = &service->store;
    view->snapshot = view->store->ops->snapshot(view->store->self);
    view->txn = txn_open(view->store, view->snapshot);
}

void view_close(struct view *view)
{
    txn_free(view->txn);
    view->store->ops->release(view->store->self, view->snapshot);
}

bool view_sound(const struct view *view, const struct request *request, struct answer *answer)
{
    struct err err;

    if (txn_status(view->txn, &err) == OK) {
        return true;
    }
    answer_error(request, answer, API_STORE_FAILED, err.text);
    return false;
}

/* --- the roster, as one turn saw it --- */

struct places_job {
    struct job job;
    struct places places;
};

static void add_place(struct places *places, const struct roster *roster,
                      const struct member *member, struct division self)
{
    struct place *place = &places->at[places->count++];

    place->division = member->grant.division;
    place->parent = member->grant.parent;
    place->depth = member->depth;
    memcpy(place->name, member->grant.name, sizeof place->name);
    place->below = roster_within(roster, place->division, self);
    place->above = !place->below && roster_within(roster, self, place->division);
}

static void copy_roster(struct job *job, struct node *node, struct txn *txn)
{
    struct places *places = &((struct places_job *)job)->places;
    const struct roster *roster = node_roster(node);

    (void)txn;
    places->at = mem_zalloc((roster_count(roster) + 1) * sizeof *places->at);
    for (size_t i = 0; i < roster_count(roster); i++) {
        add_place(places, roster, roster_at(roster, i), node_config(node)->self);
    }
}

static void free_places_job(struct job *job)
{
    places_free(&((struct places_job *)job)->places);
}

/* Depth first, keeping the code order among siblings. */
static void order_below(const struct places *from, struct places *to, struct division parent)
{
    for (size_t i = 0; i < from->count; i++) {
        if (division_equal(from->at[i].parent, parent) && !division_is_none(from->at[i].division)) {
            to->at[to->count++] = from->at[i];
            order_below(from, to, from->at[i].division);
        }
    }
}

bool places_read(struct places *places, const struct request *request, struct answer *answer)
{
    struct places_job *job =
        job_new(request->service->gate, sizeof *job, copy_roster, free_places_job);
    enum status outcome;

    memset(places, 0, sizeof *places);
    job->job.call.read_only = true;
    outcome = job_run(&job->job, request->service->node);
    if (outcome == OK) {
        places->at = mem_zalloc((job->places.count + 1) * sizeof *places->at);
        order_below(&job->places, places, DIVISION_NONE);
    }
    job_done_with(&job->job);
    return answer_outcome(request, answer, outcome);
}

void places_free(struct places *places)
{
    mem_free(places->at);
    places->at = NULL;
    places->count = 0;
}

const struct place *places_find(const struct places *places, struct division division)
{
    for (size_t i = 0; i < places->count; i++) {
        if (division_equal(places->at[i].division, division)) {
            return &places->at[i];
        }
    }
    return NULL;
}

bool places_within(const struct places *places, struct division division, struct division above)
{
    for (uint32_t steps = 0; steps <= TREE_DEPTH_MAX; steps++) {
        const struct place *place = places_find(places, division);
        if (place == NULL) {
            return false;
        }
        if (division_equal(division, above)) {
            return true;
        }
        division = place->parent;
    }
    return false;
}

bool request_division(const struct request *request, struct answer *answer,
                      const struct places *places, struct division *out)
{
    const char *code = request->query(request->connection, "division");
    const struct place *place;

    *out = request->service->self;
    if (code == NULL) {
        return true;
    }
    if (!division_parse(out, bytes_text(code))) {
        answer_error(request, answer, API_BAD_REQUEST, "division: 1-9 of A-Z 0-9");
        return false;
    }
    place = places_find(places, *out);
    if (place == NULL || !place->below) {
        answer_error(request, answer, API_NOT_BELOW_YOU, out->code);
        return false;
    }
    return true;
}

bool request_dimension(const struct request *request, struct answer *answer,
                       enum dimension otherwise, enum dimension *by)
{
    const char *name = request->query(request->connection, "by");

    *by = name == NULL ? otherwise : dimension_named(name);
    if (*by == DIMENSIONS) {
        answer_error(request, answer, API_BAD_REQUEST, "by");
    }
    return *by != DIMENSIONS;
}

bool request_year(const struct request *request, struct answer *answer, int *year)
{
    const char *text = request->query(request->connection, "year");

    *year = 0;
    if (text == NULL) {
        return true;
    }
    for (size_t i = 0; text[i] >= '0' && text[i] <= '9' && i < 4; i++) {
        *year = *year * 10 + (text[i] - '0');
    }
    if (strlen(text) != 4 || *year < 1000) {
        answer_error(request, answer, API_BAD_REQUEST, "year: four digits");
        return false;
    }
    return true;
}

/* --- a roster of one's own --- */

/* What cannot be added is missing in it; verify says so. */
struct roster *view_roster(const struct view *view, const struct hash *tree)
{
    struct roster *roster = roster_new(tree);
    struct err err;

    (void)roster_load(roster, view->store, view->snapshot, &err);
    return roster;
}
