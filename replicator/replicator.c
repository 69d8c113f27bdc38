#include "replicator/replicator.h"

#include <stdarg.h>
#include <stdio.h>

#include "replicator/core.h"
#include "replicator/roster_load.h"

/* --- opening --- */

static void default_limits(struct replicator_limits *limits)
{
#define TAKE_DEFAULT(type, name, otherwise, least, most, meaning)                                  \
    limits->name = limits->name == 0 ? (otherwise) : limits->name;
    REPLICATOR_LIMITS(TAKE_DEFAULT)
#undef TAKE_DEFAULT
}

static void put_grant(struct replicator *r, struct txn *txn, const struct grant *grant,
                      struct bytes sealed)
{
    buf_clear(&r->key);
    buf_put_u8(&r->key, 'g');
    division_write(&r->key, grant->division);
    buf_put_u32(&r->key, grant->epoch);
    (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), sealed);
}

void grant_store(struct replicator *r, struct txn *txn, const struct grant *grant,
                 struct bytes sealed)
{
    put_grant(r, txn, grant, sealed);
    follow_member(r, grant->division);
    r->config.sink.roster_changed(r->config.sink.arg, grant->division);
}

/* --- logs, links and cursors follow the roster --- */

/* A log from above, or the own one, goes to every child. */
static void send_down(struct replicator *r, struct held_log *log)
{
    for (size_t i = 0; i < r->link_count; i++) {
        if (!r->links[i]->is_parent) {
            cursor_add(r, r->links[i], log);
        }
    }
}

static void follow_above(struct replicator *r, struct division division)
{
    struct held_log *log = heads_get(r, division);

    log->side = HELD_ABOVE;
    if (link_find(r, r->parent) == NULL) {
        (void)link_add(r, r->parent, true);
    }
    log->source = link_find(r, r->parent);
    send_down(r, log);
}

static void follow_below(struct replicator *r, struct division division)
{
    const struct division hop = roster_next_hop(r->roster, r->config.self, division);
    struct held_log *log = heads_get(r, division);
    struct link *parent = link_find(r, r->parent);
    struct link *child = link_find(r, hop);

    if (child == NULL) {
        child = link_add(r, hop, false);
        for (size_t i = 0; i < r->log_count; i++) {
            if (r->logs[i]->side == HELD_OWN || r->logs[i]->side == HELD_ABOVE) {
                cursor_add(r, child, r->logs[i]);
            }
        }
    }
    if (log->side == HELD_NOT) {
        log->side = HELD_BELOW;
        log->source = child;
        log->turned_lsn = link_is_open(child) ? log->staged.lsn + 1 : 0; /* as a stranger's */
        if (parent != NULL) {
            cursor_add(r, parent, log);
        }
    }
}

void follow_member(struct replicator *r, struct division division)
{
    const struct division self = r->config.self;

    if (division_equal(division, self)) {
        return;
    }
    if (roster_within(r->roster, self, division)) {
        follow_above(r, division);
    } else if (roster_within(r->roster, division, self)) {
        follow_below(r, division);
    } /* else: a sibling's branch, none of ours */
}

static void follow_roster(struct replicator *r)
{
    const struct division self = r->config.self;

    r->own_head = heads_get(r, self);
    r->own_head->side = HELD_OWN;
    for (int pass = 0; pass < 2; pass++) { /* those above first: children get their logs too */
        for (size_t i = 0; i < roster_count(r->roster); i++) {
            const struct division division = roster_at(r->roster, i)->grant.division;
            if (roster_within(r->roster, self, division) == (pass == 0)) {
                follow_member(r, division);
            }
        }
    }
    if (!division_is_none(r->parent)) {
        cursor_add(r, link_find(r, r->parent), r->own_head);
    }
}

static enum status take_bootstrap(struct replicator *r, struct txn *txn,
                                  const struct bytes *bootstrap, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct grant grant;
        bool added;
        enum status status = roster_add(r->roster, bootstrap[i], &added, err);
        if (status == OK) {
            status = grant_parse(&grant, bootstrap[i], err);
        }
        if (status != OK) {
            return err_wrap(err, "grant %zu of the enrolment", i + 1);
        }
        if (added) {
            put_grant(r, txn, &grant, bootstrap[i]);
        }
    }
    return OK;
}

static enum status find_self(struct replicator *r, struct err *err)
{
    const struct member *self = roster_find(r->roster, r->config.self);

    if (self == NULL) {
        return err_set(err, ERR_REFUSED, "no grant of %s is held", r->config.self.code);
    }
    if (memcmp(self->grant.sign_key.at, r->config.key->public.at, PUBLIC_KEY_SIZE) != 0) {
        return err_set(err, ERR_KEY, "the newest grant of %s names another key than this node's",
                       r->config.self.code);
    }
    r->parent = self->grant.parent;
    return OK;
}

/* What the root told before the last stop: its cosignature of the own log is kept. */
static uint64_t stored_confirmation(struct replicator *r)
{
    const struct member *root = roster_root(r->roster);

    return root == NULL ? 0
                        : earlier(cosign_lsn(r, r->config.self, root->grant.division),
                                  r->own_head->durable.lsn);
}

enum status replicator_open(struct replicator **out, const struct replicator_config *config,
                            struct txn *txn, const struct bytes *bootstrap, size_t bootstrap_count,
                            struct err *err)
{
    struct replicator *r = mem_zalloc(sizeof *r);
    enum status status;

    *out = NULL;
    r->config = *config;
    r->limits = config->limits;
    default_limits(&r->limits);
    r->roster = roster_new(&config->tree);
    arena_init(&r->arena, ARENA_BYTES);
    status = roster_load(r->roster, r->config.store, NULL, err);
    if (status == OK) {
        status = take_bootstrap(r, txn, bootstrap, bootstrap_count, err);
    }
    if (status == OK) {
        status = heads_load(r, err);
    }
    if (status == OK) {
        status = find_self(r, err);
    }
    if (status != OK) {
        err_wrap(err, "open the logs");
        replicator_close(r);
        return status;
    }
    follow_roster(r);
    r->confirmed.lsn = stored_confirmation(r);
    r->confirmed_ms = now_ms(r);
    r->cosign_ms = now_ms(r); /* whatever came in and was not cosigned before the last stop */
    r->beat_ms = now_ms(r) + clock_random(config->clock) % (r->limits.beat_ms / 4 + 1);
    r->beat_sequence = now_unix_ms(r); /* above those of the run before */
    r->confirmed_sequence = r->beat_sequence;
    *out = r;
    return OK;
}

void replicator_close(struct replicator *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->link_count; i++) {
        link_free(r->links[i]);
    }
    mem_free(r->links);
    own_log_free(r);
    heads_free(r);
    recent_free(&r->recent);
    roster_free(r->roster);
    arena_free(&r->arena);
    block_body_free(&r->body);
    buf_free(&r->key);
    buf_free(&r->scratch);
    buf_free(&r->parcel);
    mem_free(r);
}

const struct roster *replicator_roster(const struct replicator *r)
{
    return r->roster;
}

bool replicator_parent_answered(const struct replicator *r)
{
    const struct link *parent = link_find(r, r->parent);

    return parent == NULL || parent->opened_ms != 0;
}

struct division replicator_parent(const struct replicator *r)
{
    return r->parent;
}

void alarm_about(struct replicator *r, const char *code, struct division about, const char *format,
                 ...)
{
    char words[240];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    r->config.sink.alarm(r->config.sink.arg, code, about, words);
}

void alarm_over(struct replicator *r, const char *code, struct division about)
{
    r->config.sink.alarm_cleared(r->config.sink.arg, code, about);
}

enum status replicator_grant(struct replicator *r, struct txn *txn, const struct grant *grant,
                             struct err *err)
{
    const struct audience audience = {AUDIENCE_TREE, grant->division};
    struct grant whole = *grant;
    struct buf sealed = BUF_EMPTY;
    bool added;
    enum status status;

    whole.tree = r->config.tree;
    grant_seal(&sealed, &whole, r->config.key);
    status = roster_add(r->roster, buf_bytes(&sealed), &added, err);
    if (status == OK && added) {
        (void)replicator_append(r, txn, &audience, KIND_GRANT, 1, buf_bytes(&sealed));
        grant_store(r, txn, grant, buf_bytes(&sealed));
    }
    buf_free(&sealed);
    return status;
}

/* --- the loop --- */

void replicator_receive(struct replicator *r, struct txn *txn, struct division from,
                        struct bytes raw)
{
    struct link *link = link_find(r, from);
    Terrace__Frame *frame;
    struct err err;

    if (link == NULL) {
        return; /* the transport admits neighbours only; this one is no longer one */
    }
    if (frame_decode(&frame, &r->arena, raw, &err) != OK) {
        link_refuse_frame(r, link, &err);
    } else {
        link_receive(r, txn, link, frame, raw.size);
    }
    arena_reset(&r->arena);
}

void replicator_tick(struct replicator *r, struct txn *txn)
{
    for (size_t i = 0; i < r->link_count; i++) {
        link_tick(r, r->links[i]);
    }
    beat_tick(r);
    cosign_tick(r, txn);
    if (!recent_expire(&r->recent, now_ms(r))) { /* an idle node keeps no large buffers */
        buf_free(&r->parcel);
        block_body_free(&r->body);
    }
}

uint64_t replicator_next_tick(const struct replicator *r)
{
    uint64_t at = earlier(r->beat_ms, r->cosign_ms);

    for (size_t i = 0; i < r->link_count; i++) {
        at = earlier(at, link_next_tick(r, r->links[i]));
    }
    return at;
}

void replicator_withhold(struct replicator *r, bool no_room)
{
    if (r->no_room && !no_room) {
        for (size_t i = 0; i < r->link_count; i++) {
            r->links[i]->ack_due = true; /* carries the credit that was withheld */
        }
    }
    r->no_room = no_room;
}

void replicator_durable(struct replicator *r)
{
    heads_durable(r);
    own_log_durable(r);
    for (size_t i = 0; i < r->link_count; i++) {
        link_durable(r->links[i]);
    }
}
