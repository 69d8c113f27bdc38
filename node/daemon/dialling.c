#include "node/daemon/dialling.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/log.h"

enum { PATIENCE_MS = 3000 }; /* a place that does not answer is left for the next */

static const struct member *parent_of(const struct dialling *dialling)
{
    return roster_find(node_roster(dialling->node), dialling->config->parent.division);
}

static void add(struct dialling *dialling, const char *endpoint, const uint8_t key[32])
{
    struct dial_place *place = &dialling->places[dialling->count];

    for (size_t i = 0; i < dialling->count; i++) {
        if (strcmp(dialling->places[i].endpoint, endpoint) == 0 &&
            memcmp(dialling->places[i].key, key, 32) == 0) {
            return;
        }
    }
    if (endpoint[0] != '\0' && dialling->count < DIAL_PLACES_MAX) {
        (void)snprintf(place->endpoint, sizeof place->endpoint, "%s", endpoint);
        memcpy(place->key, key, sizeof place->key);
        dialling->count++;
    }
}

/* Did somebody begin anew with this epoch, and it counts? Who has a link key of before is then not
 * who was granted: a machine that was lost, and whoever found it. */
static bool begins_anew(const struct roster *roster, struct division division, uint32_t epoch)
{
    struct epoch_state state;

    return roster_epoch_state(roster, division, epoch, &state) &&
           state.standing == STANDING_COUNTS && (state.is_recovery || state.base_lsn > 0);
}

/* The link key before the newest one; NULL: there was none. */
static const uint8_t *former_key(const struct dialling *dialling, const struct grant *newest)
{
    const struct roster *roster = node_roster(dialling->node);

    for (uint32_t epoch = newest->epoch; epoch-- > 1;) {
        const struct grant *grant = roster_epoch(roster, newest->division, epoch);

        if (begins_anew(roster, newest->division, epoch + 1)) {
            return NULL;
        }
        if (grant != NULL && memcmp(grant->curve_key, newest->curve_key, 32) != 0) {
            return grant->curve_key;
        }
    }
    return NULL;
}

/* Under one key: where it says that it listens, and where its token did. */
static void add_usual(struct dialling *dialling, const uint8_t key[32])
{
    const struct home_config *config = dialling->config;

    if (config->parent_endpoint[0] != '\0') {
        add(dialling, config->parent_endpoint, key);
        return;
    }
    add(dialling, dialling->says, key);
    add(dialling, config->parent.endpoint, key);
}

/* A grant that just came says where its new key is; one from long ago, where it was for a while. */
static void plan(struct dialling *dialling, bool fresh)
{
    const struct member *parent = parent_of(dialling);
    const uint8_t *former;

    dialling->count = dialling->at = 0;
    (void)snprintf(dialling->says, sizeof dialling->says, "%s",
                   replicator_parent_endpoint(node_replicator(dialling->node)));
    if (parent != NULL) {
        dialling->epoch = parent->grant.epoch;
        former = former_key(dialling, &parent->grant);
        if (fresh && former != NULL) {
            add(dialling, parent->grant.second, parent->grant.curve_key);
        }
        add_usual(dialling, parent->grant.curve_key);
        if (former != NULL) {
            add(dialling, parent->grant.second, parent->grant.curve_key);
            add_usual(dialling, former);
        }
    }
    if (dialling->count == 0) {
        add_usual(dialling, dialling->config->parent.curve_key);
    }
}

static enum status dial(struct dialling *dialling, uint64_t now_ms, struct err *err)
{
    const struct dial_place *place = &dialling->places[dialling->at];

    dialling->dialled_ms = now_ms;
    return transport_zmq_connect(dialling->transport, dialling->config->parent.division,
                                 place->endpoint, place->key, err);
}

enum status dialling_open(struct dialling *dialling, uint64_t now_ms, struct err *err)
{
    plan(dialling, false);
    return dial(dialling, now_ms, err);
}

static bool is_same(const struct ancestor_call *a, const struct ancestor_call *b)
{
    return division_equal(a->who, b->who) && strcmp(a->endpoint, b->endpoint) == 0 &&
           memcmp(a->curve_key, b->curve_key, sizeof a->curve_key) == 0;
}

static void step_beside(struct dialling *dialling, bool again)
{
    struct ancestor_call *beside = &dialling->beside, wanted = {.who = DIVISION_NONE};
    struct err err;

    if (!replicator_dials(node_replicator(dialling->node), &wanted)) {
        if (!division_is_none(beside->who)) {
            transport_zmq_leave_beside(dialling->transport);
            beside->who = DIVISION_NONE;
        }
        return;
    }
    if (!again && is_same(beside, &wanted)) {
        return;
    }
    *beside = wanted;
    if (transport_zmq_connect_beside(dialling->transport, wanted.who, wanted.endpoint,
                                     wanted.curve_key, &err) == OK) {
        LOG_INFO("link.dial", "peer=%s endpoint=%s place=%zu", wanted.who.code, wanted.endpoint,
                 (size_t)1);
    } else {
        LOG_WARN("link.call_failed", "peer=%s endpoint=%s error=%s", wanted.who.code,
                 wanted.endpoint, err.text);
    }
}

void dialling_step(struct dialling *dialling, bool again, uint64_t now_ms)
{
    const struct member *parent = parent_of(dialling);
    const struct dial_place dialled = dialling->places[dialling->at];
    struct err err;

    step_beside(dialling, again);
    if (parent != NULL && parent->grant.epoch != dialling->epoch) {
        plan(dialling, true);
        again |= memcmp(dialled.key, parent->grant.curve_key, 32) != 0;
    } else if (strcmp(dialling->says,
                      replicator_parent_endpoint(node_replicator(dialling->node))) != 0) {
        plan(dialling, false);
        dialling->at = dialling->count - 1; /* a link that stands is left alone; then it is first */
    }
    if (!again && dialling->count > 1 && !transport_zmq_connected(dialling->transport) &&
        now_ms - dialling->dialled_ms >= PATIENCE_MS) {
        dialling->at = (dialling->at + 1) % dialling->count;
        again = true;
    }
    if (again && dial(dialling, now_ms, &err) == OK) {
        LOG_INFO("link.dial", "peer=%s endpoint=%s place=%zu",
                 dialling->config->parent.division.code, dialling->places[dialling->at].endpoint,
                 dialling->at + 1);
    }
}
