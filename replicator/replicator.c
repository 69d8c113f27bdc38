#include "replicator/replicator.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/log/cut.h"
#include "replicator/log/endpoints.h"
#include "replicator/log/evidence.h"
#include "replicator/log/fork_pair.h"
#include "replicator/log/granted.h"
#include "replicator/session/amending.h"
#include "replicator/session/cosign_head.h"
#include "replicator/session/follow.h"
#include "replicator/session/link_keys.h"
#include "replicator/session/listening.h"
#include "replicator/session/revoking.h"
#include "replicator/session/rotating.h"
#include "replicator/session/serving.h"
#include "replicator/trust/roster_load.h"

enum { ARENA_BYTES = 8 << 20 };

/* --- opening --- */

static void default_limits(struct replicator_limits *limits)
{
#define TAKE_DEFAULT(type, name, otherwise, least, most, meaning)                                  \
    limits->name = limits->name == 0 ? (otherwise) : limits->name;
    REPLICATOR_LIMITS(TAKE_DEFAULT)
#undef TAKE_DEFAULT
}

static enum status take_bootstrap(struct replicator *r, struct txn *txn,
                                  const struct bytes *bootstrap, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct grant grant;
        bool added;
        enum status status;

        roster_believe(r->roster, true);
        status = roster_add(r->roster, bootstrap[i], &added, err);
        roster_believe(r->roster, false);
        if (status == OK) {
            status = grant_parse(&grant, bootstrap[i], err);
        }
        if (status != OK) {
            return err_wrap(err, "enrolment_grant index=%zu", i + 1);
        }
        if (added) {
            grant_put(txn, &grant, bootstrap[i]);
        }
    }
    return OK;
}

static bool lacks_newest_key(const struct replicator *r)
{
    return key_ring_find(&r->keys, &roster_find(r->roster, r->config.self)->grant.sign_key) == NULL;
}

/* A root whose next epoch stands in its log is opened anew with that key. Whoever else lacks his
 * newest key goes on reading under one that he had: somebody else has his place. */
static enum status check_root_key(const struct replicator *r, struct err *err)
{
    return !division_is_none(r->parent) || !lacks_newest_key(r)
               ? OK
               : err_set(err, ERR_KEY, "grant_names_other_key division=%s", r->config.self.code);
}

static enum status find_self(struct replicator *r, struct err *err)
{
    const struct member *self = roster_find(r->roster, r->config.self);

    if (self == NULL) {
        return err_set(err, ERR_REFUSED, "grant_not_held division=%s", r->config.self.code);
    }
    r->parent = self->grant.parent;
    return own_key(r).epoch != 0
               ? check_root_key(r, err)
               : err_set(err, ERR_KEY, "grant_names_other_key division=%s", r->config.self.code);
}

static struct stream_context context_of(struct replicator *r)
{
    return (struct stream_context){.self = r->config.self,
                                   .roster = r->roster,
                                   .clock = r->config.clock,
                                   .logs = &r->logs,
                                   .ingest = &r->ingest,
                                   .frame_bytes_max = r->limits.frame_bytes_max,
                                   .arena = &r->arena};
}

/* The rooms, from the ground up. */
static void init(struct replicator *r, const struct replicator_config *config)
{
    const struct log_author author = {config->self,    config->tree, &r->keys,
                                      config->clock,   r->roster,    config->sink.state_digest,
                                      config->sink.arg};

    r->config = *config;
    read_watch_open(&r->reads, config->store);
    r->config.store = &r->reads.store;
    key_ring_init(&r->keys, config->key, config->next_key);
    r->limits = config->limits;
    default_limits(&r->limits);
    arena_init(&r->arena, ARENA_BYTES);
    heads_init(&r->logs, r->config.store, config->clock);
    ingest_init(&r->ingest, config->self, &r->logs, r->roster);
    log_writer_init(&r->writer, &author, &r->logs);
    arrivals_init(&r->arrivals);
    cosign_init(&r->cosigning, clock_mono_ms(config->clock));
    r->context = context_of(r);
}

/* A recovery of this very node is confirmed, and goes on behind what is left of its log here. */
static bool wants_own(const struct replicator *r)
{
    uint64_t base_lsn;

    return !cut_is_at_base(r->roster, r->logs.own, &base_lsn) &&
           base_lsn > r->logs.own->durable.lsn && roster_to_confirm(r->roster, r->config.self) == 0;
}

/* Grants, logs and links, as the store has them. */
static enum status load(struct replicator *r, struct txn *txn, const struct bytes *bootstrap,
                        size_t bootstrap_count, struct err *err)
{
    enum status status = roster_load(r->roster, r->config.store, NULL, err);

    if (status == OK) {
        status = take_bootstrap(r, txn, bootstrap, bootstrap_count, err);
    }
    if (status == OK) {
        status = heads_load(&r->logs, err);
    }
    if (status == OK) {
        status = arrivals_load(&r->arrivals, r->config.store, err);
    }
    if (status == OK) {
        status = find_self(r, err);
    }
    if (status == OK) {
        (void)heads_follow(&r->logs, r->config.self, HELD_OWN);
        resync_open(r);
        heads_want(r->logs.own, r->resync.on || wants_own(r));
        status = fork_pairs_load(&r->logs, err);
    }
    if (status == OK) {
        listening_load(r);
        follow_roster(r);
        resync_followed(r);
    }
    if (status == OK) {
        claim_check_own(r);
        status = rotating_load(r, txn, err);
    }
    if (status == OK) {
        status = objecting_load(r, txn, err);
    }
    if (status == OK) {
        status = link_keys_load(r, txn, err);
    }
    if (status == OK) {
        status = grants_resume(&r->ingest, txn, session_findings(r), err);
        session_act(r, NULL);
        revoking_load(r);
        follow_later(r); /* a log may be longer than a recovery leaves it */
    }
    return status;
}

enum status replicator_open(struct replicator **out, const struct replicator_config *config,
                            struct txn *txn, const struct bytes *bootstrap, size_t bootstrap_count,
                            struct err *err)
{
    struct replicator *r = mem_zalloc(sizeof *r);
    enum status status;

    *out = NULL;
    r->roster = roster_new(&config->tree, config->self);
    init(r, config);
    status = load(r, txn, bootstrap, bootstrap_count, err);
    if (status == OK) {
        heartbeat_init(r);
        status = read_watch_status(&r->reads, err);
    }
    if (status != OK) {
        err_wrap(err, "open_logs");
        replicator_close(r);
        return status;
    }
    *out = r;
    return OK;
}

void replicator_close(struct replicator *r)
{
    if (r == NULL) {
        return;
    }
    resync_free(&r->resync);
    links_free(&r->links);
    link_keys_free(&r->link_keys);
    objecting_free(&r->objecting);
    wanting_free(&r->wanting);
    session_free(&r->session);
    lanes_free(&r->lanes);
    cosign_free(&r->cosigning);
    fork_news_free(&r->fork_news);
    arrivals_free(&r->arrivals);
    log_writer_free(&r->writer);
    ingest_free(&r->ingest);
    heads_free(&r->logs);
    roster_free(r->roster);
    arena_free(&r->arena);
    mem_free(r);
}

const struct roster *replicator_roster(const struct replicator *r)
{
    return r->roster;
}

bool replicator_parent_answered(const struct replicator *r)
{
    const struct link *parent = links_find(&r->links, r->parent);

    return parent == NULL ||
           (parent->opened_ms != 0 && !claim_is_of(&parent->claim, r->config.self));
}

struct division replicator_parent(const struct replicator *r)
{
    return r->parent;
}

/* --- the own log --- */

uint64_t replicator_append(struct replicator *r, struct txn *txn, const struct audience *audience,
                           uint32_t kind, uint32_t format, struct bytes body)
{
    return log_writer_append(&r->writer, txn, audience, kind, format, body);
}

uint64_t replicator_next_lsn(const struct replicator *r)
{
    return log_writer_next_lsn(&r->writer);
}

void replicator_approve(struct replicator *r, uint64_t first_lsn, uint64_t count,
                        const struct approval_group *group, const struct hash *leaves)
{
    log_writer_approve(&r->writer, first_lsn, count, group, leaves);
}

void replicator_seal(struct replicator *r, struct txn *txn)
{
    struct err err;

    log_writer_seal(&r->writer, txn);
    rotating_seal(r, txn);
    objecting_seal(r, txn);
    link_keys_seal(r, txn);
    arrivals_stage(&r->arrivals, txn, &r->logs);
    if (read_watch_status(&r->reads, &err) != OK) {
        txn_fail(txn, &err); /* what it decided may rest on a row that was not read */
    }
}

uint64_t replicator_arrived(const struct replicator *r)
{
    return r->arrivals.end.position;
}

bool replicator_open_entry(const struct replicator *r, uint64_t lsn, struct entry *out)
{
    return log_writer_open_entry(&r->writer, lsn, out);
}

enum status replicator_check_own_log(const struct replicator *r, struct err *err)
{
    const struct own_log_fault *fault = &r->own_log;
    uint64_t base_lsn;

    if (lacks_newest_key(r)) { /* what is newer is another's */
        return check_root_key(r, err);
    }
    if (!cut_is_at_base(r->roster, r->logs.own, &base_lsn)) {
        return err_set(err, ERR_CORRUPT,
                       "own_log_not_at_base author=%s lsn=%" PRIu64 " held=%" PRIu64,
                       r->config.self.code, base_lsn, r->logs.own->durable.lsn);
    }
    if (division_is_none(fault->peer)) {
        return OK;
    }
    if (fault->forked) {
        return resync_check_fork(r, err);
    }
    return err_set(err, ERR_CORRUPT,
                   "own_log_behind_peer peer=%s author=%s lsn=%" PRIu64 " held=%" PRIu64,
                   fault->peer.code, r->config.self.code, fault->lsn, fault->held);
}

enum status replicator_grant(struct replicator *r, struct txn *txn, const struct grant *grant,
                             const struct grant_terms *terms, struct err *err)
{
    struct grant whole = *grant;
    struct buf written = BUF_EMPTY;
    enum status status;

    whole.tree = r->config.tree;
    whole.granter_epoch = roster_find(r->roster, r->config.self)->grant.epoch;
    grant_write(&written, &whole, terms);
    status = amending_grant(r, txn, buf_bytes(&written),
                            terms->has_consent ? &terms->consent : NULL, err);
    buf_free(&written);
    return status;
}

enum status replicator_take_root(struct replicator *r, struct txn *txn, struct bytes sealed,
                                 struct err *err)
{
    const struct audience audience = {.kind = AUDIENCE_TREE, .division = r->config.self};
    struct grant grant;
    bool added = false;
    enum status status = grant_parse(&grant, sealed, err);

    if (status == OK &&
        (!division_equal(grant.division, r->config.self) || !division_is_none(grant.parent))) {
        status = err_set(err, ERR_REFUSED, "trust_not_this_root division=%s", grant.division.code);
    }
    if (status == OK) {
        status = roster_add(r->roster, sealed, &added, err);
    }
    if (added) {
        rotating_granted(
            r, log_writer_append(&r->writer, txn, &audience, KIND_GRANT, GRANT_FORMAT, sealed));
        grant_put(txn, &grant, sealed);
        follow_member(r, grant.division);
    }
    return status;
}

void replicator_introduce(struct replicator *r, struct txn *txn)
{
    const struct audience audience = {.kind = AUDIENCE_TREE, .division = r->config.self};
    const uint64_t lost = roster_lost_lsn(r->roster, r->config.self);
    const struct member *self = roster_find(r->roster, r->config.self);

    if (lost != 0 && log_writer_next_lsn(&r->writer) == lost + 1) {
        (void)log_writer_append(&r->writer, txn, &audience, KIND_GRANT, GRANT_FORMAT, self->sealed);
    }
}

enum status replicator_amend(struct replicator *r, struct txn *txn, struct division division,
                             const char *name, const struct grant_reach *may_grant, uint32_t *epoch,
                             struct err *err)
{
    return amending_begin(r, txn, division, name, may_grant, epoch, err);
}

enum status replicator_confirm(struct replicator *r, struct txn *txn,
                               const struct confirmation_of_epoch *confirmation, struct err *err)
{
    bool changed;
    const enum status status = roster_confirm(r->roster, confirmation, &changed, err);

    if (status == OK) {
        roster_store_confirmed(txn, confirmation);
        LOG_INFO("epoch.confirmed", "about=%s epoch=%" PRIu32 " by=%s", confirmation->division.code,
                 confirmation->epoch, confirmation->by.code);
    }
    follow_later(r); /* the own log waits for it, too, though its epochs count here without */
    if (changed) {
        r->config.sink.roster_changed(r->config.sink.arg, confirmation->division);
    }
    return status;
}

enum status replicator_revoke(struct replicator *r, struct txn *txn, struct division division,
                              const char *reason, struct revocation *out, struct err *err)
{
    return revoking_begin(r, txn, division, reason, out, err);
}

bool replicator_own_log_mended(const struct replicator *r)
{
    const struct member *self = roster_find(r->roster, r->config.self);
    uint64_t base_lsn;

    return r->logs.own->durable.epoch < self->grant.epoch && !r->cut_waits && !r->resumes_grants &&
           roster_to_confirm(r->roster, r->config.self) == 0 &&
           !evidence_stands(r->roster, r->logs.own) &&
           cut_is_at_base(r->roster, r->logs.own, &base_lsn);
}

bool replicator_cut_waits(const struct replicator *r)
{
    return r->cut_waits;
}

/* Of logs as they are durable, so a turn after what shows it. */
static void find_cuts(struct replicator *r, struct txn *txn)
{
    struct cut cut;

    for (size_t i = 0; i < r->logs.count && !r->cut_waits; i++) {
        if (cut_find(&cut, txn, &r->logs, r->roster, r->logs.at[i])) {
            cut_stage(txn, &cut);
            r->cut_waits = true;
            LOG_INFO("log.cut", "about=%s epoch=%" PRIu32 " lsn=%" PRIu64 " held=%" PRIu64,
                     cut.author.code, cut.epoch, cut.lsn, r->logs.at[i]->durable.lsn);
        }
    }
}

/* What epochs granted that count since the turn before, and who revoked whom that was not known. */
static void resume_grants(struct replicator *r, struct txn *txn)
{
    struct err err;

    if (ingest_met_cut(&r->ingest)) {
        follow_later(r);
    }
    if (follow_now(r)) {
        if (grants_resume(&r->ingest, txn, session_findings(r), &err) != OK) {
            notice_alarm(r, ALARM_CORRUPT, r->config.self, "%s", err.text);
        }
        session_act(r, NULL);
        find_cuts(r, txn);
    }
}

enum status replicator_rotate(struct replicator *r, struct txn *txn,
                              const struct rotation *rotation, struct err *err)
{
    return rotating_begin(r, txn, rotation, err);
}

enum status replicator_may_rotate(const struct replicator *r, const struct rotation *rotation,
                                  struct err *err)
{
    return rotating_check(r, rotation, err);
}

void replicator_rotation(const struct replicator *r, struct rotation_status *out)
{
    rotating_show(r, out);
}

bool replicator_admits(const struct replicator *r, const uint8_t curve_key[32],
                       struct division *child)
{
    return link_keys_find(r, curve_key, child) && revoking_admits(r, *child);
}

void replicator_heard_under(struct replicator *r, const uint8_t curve_key[32],
                            struct division child)
{
    link_keys_spoke(r, child, curve_key);
}

enum status replicator_listen(struct replicator *r, struct txn *txn,
                              const struct endpoint_entry *entry, struct err *err)
{
    return listening_say(r, txn, entry, err);
}

const char *replicator_parent_endpoint(const struct replicator *r)
{
    return r->listening.parent;
}

void replicator_endpoint(const struct replicator *r, struct division division,
                         char out[ENDPOINT_BYTES_MAX + 1])
{
    listening_of(r, division, out);
}

bool replicator_head(const struct replicator *r, struct division author, bool durable,
                     struct log_head *out)
{
    const struct held_log *log = heads_find(&r->logs, author);

    if (log == NULL) {
        memset(out, 0, sizeof *out);
        return false;
    }
    *out = durable ? log->durable : log->staged;
    return out->lsn != 0;
}

/* --- the loop --- */

void replicator_receive(struct replicator *r, struct txn *txn, struct division from,
                        struct bytes raw)
{
    struct link *link = links_find(&r->links, from);
    Terrace__Frame *frame;
    struct err err;

    if (link == NULL) {
        link = serving_greet(r, from);
    }
    if (link == NULL) {
        return; /* the transport admits who is below, and the parent; this one no longer is */
    }
    if (frame_decode(&frame, &r->arena, raw, &err) != OK) {
        link_refuse_frame(r, link, &err);
    } else {
        session_receive(r, txn, link, frame, raw.size);
    }
    arena_reset(&r->arena);
}

void replicator_connection_ended(struct replicator *r, struct division peer)
{
    struct link *link = links_find(&r->links, peer);

    if (link != NULL && link_is_open(link)) {
        link_over(r, link, ERR_UNREACHABLE, "connection_ended");
    }
}

void replicator_tick(struct replicator *r, struct txn *txn)
{
    resume_grants(r, txn);
    serving_tick(r);
    for (size_t i = 0; i < r->links.count; i++) {
        link_tick(r, r->links.at[i]);
        claim_tick(r, r->links.at[i]);
        revoking_tick(r, r->links.at[i]);
    }
    wanting_tick(r);
    heartbeat_tick(r);
    cosign_tick(r, txn);
    if (!heads_expire(&r->logs)) { /* an idle node keeps no large buffers */
        lanes_trim(&r->lanes);
        ingest_trim(&r->ingest);
        log_writer_trim(&r->writer);
    }
}

uint64_t replicator_next_tick(const struct replicator *r)
{
    uint64_t at = earlier(earlier(r->heartbeat.due_ms, r->cosigning.due_ms),
                          earlier(wanting_next_tick(&r->wanting), serving_next_tick(r)));

    if (r->resumes_grants) {
        return now_ms(r);
    }
    for (size_t i = 0; i < r->links.count; i++) {
        at = earlier(at, link_next_tick(r, r->links.at[i]));
        at = earlier(at, claim_next_tick(&r->links.at[i]->claim));
        at = earlier(at, revoking_next_tick(r->links.at[i]));
    }
    return at;
}

void replicator_withhold(struct replicator *r, bool no_room)
{
    if (r->no_room && !no_room) {
        for (size_t i = 0; i < r->links.count; i++) { /* carries the credit that was withheld */
            outbox_want_ack(&r->links.at[i]->stream.outbox, true);
        }
    }
    r->no_room = no_room;
}

void replicator_durable(struct replicator *r)
{
    const struct staged_blocks blocks = heads_durable(&r->logs);

    for (size_t i = 0; i < blocks.count; i++) {
        cosign_soon(r, blocks.at[i].log);
        for (size_t k = 0; k < r->links.count; k++) {
            send_durable(&r->links.at[k]->stream, &blocks.at[i]);
        }
    }
    log_writer_durable(&r->writer);
    for (size_t i = 0; i < r->links.count; i++) {
        link_durable(r->links.at[i]);
    }
}

bool replicator_next_frame(struct replicator *r, struct division *to, struct buf *frame)
{
    return lanes_next(r, to, frame);
}

void replicator_unsent(struct replicator *r, struct division to, struct bytes frame)
{
    struct link *link = links_find(&r->links, to);

    assert(link != NULL && link->stream.outbox.returned.size == 0);
    link_unsent(r, link, frame);
}

/* --- what operators see and say --- */

size_t replicator_peers(const struct replicator *r)
{
    return r->links.count;
}

void replicator_peer_link(const struct replicator *r, size_t index, struct peer_status *out)
{
    const struct link *link = r->links.at[index];

    *out = (struct peer_status){.division = link->peer,
                                .state = link->state,
                                .is_parent = link_is_parent(link),
                                .is_far = link->is_far,
                                .is_up = link->is_up,
                                .last_heard_unix_ms = link->heard_unix_ms,
                                .down_ms = link_is_open(link) ? 0 : now_ms(r) - link->closed_ms,
                                .is_damaged = link_is_damaged(r, link),
                                .never_open = link->opened_ms == 0,
                                .rtt_ms = link->stream.flow.rtt_ms,
                                .clock_skew_ms = link->handshake.skew_ms,
                                .frames_refused = link->frames_refused,
                                .protocol = link->handshake.version,
                                .features = link->handshake.features};
    (void)snprintf(out->reason, sizeof out->reason, "%s", link->reason);
}

void replicator_peer(const struct replicator *r, size_t index, struct peer_status *out)
{
    struct lag lag;

    replicator_peer_link(r, index, out);
    lag_count(&r->links.at[index]->stream, &lag);
    out->behind_entries = lag.entries;
    out->behind_bytes = lag.bytes;
    out->oldest_unix_ms = lag.oldest_unix_ms;
}

const struct replicator_limits *replicator_limits(const struct replicator *r)
{
    return &r->limits;
}

void replicator_parent_lag(const struct replicator *r, uint64_t *entries, uint64_t *oldest_unix_ms)
{
    const struct link *up = links_upward(&r->links);
    struct lag lag = {0, 0, 0};

    up = up == NULL ? links_find(&r->links, r->parent) : up;
    if (up != NULL) {
        lag_glance(&up->stream, &lag);
    }
    *entries = lag.entries;
    *oldest_unix_ms = lag.oldest_unix_ms;
}

static enum status find_peer(const struct replicator *r, struct division peer, struct link **link,
                             struct err *err)
{
    *link = links_find(&r->links, peer);
    return *link != NULL ? OK
                         : err_set(err, ERR_NOT_FOUND, "no_neighbour division=%s self=%s",
                                   peer.code, r->config.self.code);
}

enum status replicator_backlog(const struct replicator *r, struct division peer, size_t blocks_max,
                               void (*visit)(void *arg, const struct block_view *block), void *arg,
                               struct err *err)
{
    struct link *link;
    const enum status status = find_peer(r, peer, &link, err);

    return status != OK ? status : lag_visit(&link->stream, blocks_max, visit, arg, err);
}

void replicator_confirmed(const struct replicator *r, struct confirmation *out)
{
    *out = r->heartbeat.confirmed;
}

void replicator_cosign_head(struct replicator *r, struct txn *txn, struct division child,
                            uint64_t position, const struct hash *head)
{
    cosign_head(r, txn, child, position, head);
}

enum status replicator_pause(struct replicator *r, struct txn *txn, struct division peer,
                             bool paused, struct err *err)
{
    struct link *link;
    const enum status status = find_peer(r, peer, &link, err);

    if (status == OK) {
        link_pause(r, txn, link, paused);
    }
    return status;
}
