#include "replicator/session/resync.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/array.h"
#include "replicator/core.h"
#include "replicator/log/cut.h"
#include "replicator/log/evidence.h"

/* Nobody holds as much: a larger number is only said, and added up it would begin anew. */
#define LSN_SAID_MAX (UINT64_C(1) << 48)

static int compare_holder(const void *key, const void *item)
{
    const struct division *division = key;
    const struct resync_holder *holder = item;

    return division_compare(*division, holder->division);
}

static struct resync_holder *get_holder(struct resync *resync, struct division division)
{
    const size_t at = ARRAY_LOWER_BOUND(resync->at, resync->count, &division, compare_holder);

    if (at == resync->count || !division_equal(resync->at[at].division, division)) {
        ARRAY_GAP(resync->at, resync->count, resync->capacity, at);
        resync->at[at] = (struct resync_holder){.division = division};
    }
    return &resync->at[at];
}

static int compare_author(const void *key, const void *item)
{
    const struct division *author = key;
    const struct resync_log *log = item;

    return division_compare(*author, log->author);
}

static void told_below(struct resync *resync, struct division author, uint64_t lsn)
{
    const size_t at =
        ARRAY_LOWER_BOUND(resync->below, resync->below_count, &author, compare_author);

    if (at == resync->below_count || !division_equal(resync->below[at].author, author)) {
        ARRAY_GAP(resync->below, resync->below_count, resync->below_capacity, at);
        resync->below[at] = (struct resync_log){.author = author};
    }
    resync->below[at].lsn = lsn;
}

/* Entries and bytes of the own log and those below. */
static void count_held(const struct replicator *r, uint64_t *entries, uint64_t *bytes)
{
    *entries = *bytes = 0;
    for (size_t i = 0; i < r->logs.count; i++) {
        const struct held_log *log = r->logs.at[i];

        if (log->side == HELD_OWN || log->side == HELD_BELOW) {
            *entries += log->durable.lsn;
            *bytes += log->bytes;
        }
    }
}

void resync_open(struct replicator *r)
{
    r->resync.on = r->config.resyncs;
    r->resync.begun_lsn = r->logs.own->durable.lsn;
}

void resync_followed(struct replicator *r)
{
    count_held(r, &r->resync.begun_entries, &r->resync.begun_bytes);
}

void resync_free(struct resync *resync)
{
    mem_free(resync->at);
    mem_free(resync->below);
}

/* --- what is heard --- */

void resync_proved(struct replicator *r, struct division holder, uint64_t lsn)
{
    struct resync_holder *told = get_holder(&r->resync, holder);

    assert(r->resync.on);
    told->proved = later(told->proved, lsn); /* an older signature may come later */
    told->lsn = later(told->lsn, lsn);
}

void resync_unproved(struct replicator *r, struct division holder)
{
    struct resync_holder *told = r->resync.on ? get_holder(&r->resync, holder) : NULL;

    if (told != NULL) {
        told->lsn = told->proved;
    }
}

void resync_left(struct replicator *r, struct division holder)
{
    assert(r->resync.on);
    resync_unproved(r, holder);
    get_holder(&r->resync, holder)->answered = false;
}

bool resync_doubts(const struct replicator *r, struct division holder)
{
    const struct resync *resync = &r->resync;
    const uint64_t held = r->logs.own->durable.lsn;
    const size_t at = ARRAY_LOWER_BOUND(resync->at, resync->count, &holder, compare_holder);

    if (!resync->on) {
        return false;
    }
    assert(at < resync->count);
    assert(division_equal(resync->at[at].division, holder));
    return resync->at[at].lsn > held && resync->at[at].proved <= held && !resync->at[at].without;
}

void resync_heard(struct replicator *r, const struct link *link, Terrace__Position **heads,
                  size_t count)
{
    struct resync_holder *holder;
    uint64_t lsn = 0;

    if (!r->resync.on) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct division author;
        const bool named = division_from_pb(&author, heads[i]->author);

        assert(named); /* handshake_judge_hello */
        (void)named;
        if (division_equal(author, r->config.self)) {
            lsn = earlier(heads[i]->lsn, LSN_SAID_MAX);
        } else if (link->is_up && roster_within(r->roster, author, r->config.self)) {
            told_below(&r->resync, author, earlier(heads[i]->lsn, LSN_SAID_MAX));
        }
    }
    holder = get_holder(&r->resync, link->peer);
    holder->answered = true;
    holder->lsn = later(lsn, holder->proved);
}

/* --- is it whole? --- */

bool resync_is_on(const struct replicator *r)
{
    return r->resync.on;
}

/* Of somebody who is revoked nothing is awaited. */
static bool is_neighbour(const struct link *link)
{
    return link->revoked_ms == 0;
}

static bool has_answered(struct replicator *r, struct division division)
{
    const struct resync_holder *holder = get_holder(&r->resync, division);

    return holder->answered || holder->without;
}

/* How many logs below are longer at the parent. */
static size_t count_more_below(const struct replicator *r)
{
    const struct resync *resync = &r->resync;
    size_t more = 0;

    for (size_t i = 0; i < resync->below_count; i++) {
        const struct held_log *log = heads_find(&r->logs, resync->below[i].author);

        assert(log != NULL); /* each division below has one */
        more += log->durable.lsn < resync->below[i].lsn ? 1 : 0;
    }
    return more;
}

/* Behind the end of this log a recovery goes on: what anybody holds behind it is evidence, and can
 * never be taken. */
static bool recovers_here(const struct replicator *r)
{
    const struct member *self = roster_find(r->roster, r->config.self);
    struct epoch_state state;

    for (uint32_t epoch = r->logs.own->durable.epoch + 1; epoch <= self->grant.epoch; epoch++) {
        if (roster_epoch_state(r->roster, r->config.self, epoch, &state) && state.is_recovery &&
            state.standing != STANDING_REFUSED) {
            return true;
        }
    }
    return false;
}

bool resync_is_whole(struct replicator *r)
{
    const struct resync *resync = &r->resync;
    const uint64_t held = r->logs.own->durable.lsn;
    uint64_t base_lsn;

    if (!resync->on || held < roster_lost_lsn(r->roster, r->config.self) || r->cut_waits ||
        r->resumes_grants || evidence_stands(r->roster, r->logs.own) ||
        !cut_is_at_base(r->roster, r->logs.own, &base_lsn)) {
        return false;
    }
    for (size_t i = 0; i < r->links.count; i++) {
        const struct link *link = r->links.at[i];

        if (is_neighbour(link) && !has_answered(r, link->peer)) {
            return false;
        }
    }
    if (!division_is_none(r->parent) && !get_holder(&r->resync, r->parent)->without &&
        count_more_below(r) > 0) {
        return false;
    }
    for (size_t i = 0; !recovers_here(r) && i < resync->count; i++) {
        if (resync->at[i].lsn > held && !resync->at[i].without) {
            return false;
        }
    }
    return true;
}

enum status resync_check_fork(const struct replicator *r, struct err *err)
{
    return r->own_log.forked ? err_set(err, ERR_CORRUPT, "own_log_forked author=%s held=%" PRIu64,
                                       r->config.self.code, r->own_log.held)
                             : OK;
}

/* --- for operators --- */

void resync_without(struct replicator *r, struct division division)
{
    if (r->resync.on) {
        get_holder(&r->resync, division)->without = true;
    }
}

void resync_progress(struct replicator *r, struct resync_progress *out)
{
    const struct resync *resync = &r->resync;
    const struct held_log *own = r->logs.own;
    uint64_t bytes;

    for (size_t i = 0; i < r->links.count; i++) { /* who has told nothing yet is named, too */
        const struct link *link = r->links.at[i];
        struct resync_holder *holder = get_holder(&r->resync, link->peer);

        holder->is_neighbour = is_neighbour(link);
        holder->more_below = link->is_up ? count_more_below(r) : 0;
    }
    *out = (struct resync_progress){.on = resync->on,
                                    .lsn = own->durable.lsn,
                                    .begun_lsn = resync->begun_lsn,
                                    .begun_entries = resync->begun_entries,
                                    .holders = resync->at,
                                    .holder_count = resync->count};
    count_held(r, &out->entries, &bytes);
    out->bytes =
        bytes > resync->begun_bytes ? bytes - resync->begun_bytes : 0; /* else it was cut */
    for (size_t i = 0; i < resync->count; i++) {
        if (resync->at[i].lsn > out->known_lsn) {
            out->known_lsn = resync->at[i].lsn;
        }
    }
    out->known_entries = out->entries + (out->known_lsn > out->lsn ? out->known_lsn - out->lsn : 0);
    for (size_t i = 0; i < resync->below_count; i++) {
        const struct held_log *log = heads_find(&r->logs, resync->below[i].author);

        assert(log != NULL);
        if (resync->below[i].lsn > log->durable.lsn) {
            out->known_entries += resync->below[i].lsn - log->durable.lsn;
        }
    }
}
