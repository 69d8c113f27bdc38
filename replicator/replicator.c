#include "replicator/replicator.h"

#include <assert.h>

#include "replicator/core.h"

/* --- opening --- */

static void default_limits(struct replicator_limits *limits)
{
    static const struct replicator_limits defaults = {
        .child_bytes_per_day = UINT64_C(4) << 30,
        .child_blocks_per_second = 2000,
        .credit_bytes = 8 << 20,
        .frame_bytes_max = FRAME_BYTES_MAX,
        .beat_ms = 5000,
        .silence_ms = 20000,
        .reconnect_ms_max = 10000,
        .cosign_ms = 1000,
        .stuck_ms = 30000,
    };

#define DEFAULT(field) limits->field = limits->field == 0 ? defaults.field : limits->field
    DEFAULT(child_bytes_per_day);
    DEFAULT(child_blocks_per_second);
    DEFAULT(credit_bytes);
    DEFAULT(frame_bytes_max);
    DEFAULT(beat_ms);
    DEFAULT(silence_ms);
    DEFAULT(reconnect_ms_max);
    DEFAULT(cosign_ms);
    DEFAULT(stuck_ms);
#undef DEFAULT
}

struct stored_grants { /* read first, added parents before children */
    struct buf *grants;
    size_t count;
};

static bool collect_grant(void *arg, struct bytes key, struct bytes value)
{
    struct stored_grants *stored = arg;

    (void)key;
    stored->grants = mem_realloc(stored->grants, (stored->count + 1) * sizeof *stored->grants);
    stored->grants[stored->count] = BUF_EMPTY;
    buf_append_bytes(&stored->grants[stored->count++], value);
    return true;
}

/* Keys sort by code, so a parent may come after its child: what is not yet is tried again. */
static enum status add_stored(struct replicator *r, struct stored_grants *stored, struct err *err)
{
    size_t left = stored->count;

    while (left > 0) {
        const size_t before = left;
        for (size_t i = 0; i < stored->count; i++) {
            enum status status;
            bool added;
            if (stored->grants[i].size == 0) {
                continue;
            }
            status = roster_add(r->roster, buf_bytes(&stored->grants[i]), &added, err);
            if (status == OK) {
                buf_free(&stored->grants[i]);
                left--;
            } else if (status != ERR_NOT_YET) {
                return err_wrap(err, "stored grant");
            }
        }
        if (left == before) {
            return err_set(err, ERR_CORRUPT, "%zu stored grants lack their granter", left);
        }
    }
    return OK;
}

static enum status load_grants(struct replicator *r, struct err *err)
{
    const struct store *store = r->config.store;
    struct stored_grants stored = {NULL, 0};
    enum status status = store->ops->scan(store->self, NULL, SPACE_META, bytes_text("g"),
                                          BYTES_NONE, collect_grant, &stored, err);

    if (status == OK) {
        status = add_stored(r, &stored, err);
    }
    for (size_t i = 0; i < stored.count; i++) {
        buf_free(&stored.grants[i]);
    }
    mem_free(stored.grants);
    return status;
}

static void stage_grant(struct replicator *r, struct txn *txn, const struct grant *grant,
                        struct bytes sealed)
{
    buf_clear(&r->key);
    buf_put_u8(&r->key, 'g');
    division_write(&r->key, grant->division);
    buf_put_u32(&r->key, grant->epoch);
    (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), sealed);
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
            stage_grant(r, txn, &grant, bootstrap[i]);
        }
    }
    return OK;
}

enum status replicator_open(struct replicator **out, const struct replicator_config *config,
                            struct txn *txn, const struct bytes *bootstrap, size_t bootstrap_count,
                            struct err *err)
{
    struct replicator *r = mem_zalloc(sizeof *r);
    const struct member *self;
    enum status status;

    *out = NULL;
    r->config = *config;
    r->limits = config->limits;
    default_limits(&r->limits);
    r->roster = roster_new(&config->tree);
    arena_init(&r->arena, 3 * FRAME_BYTES_MAX);
    status = load_grants(r, err);
    if (status == OK) {
        status = take_bootstrap(r, txn, bootstrap, bootstrap_count, err);
    }
    if (status == OK) {
        status = heads_load(r, err);
    }
    self = roster_find(r->roster, config->self);
    if (status == OK && self == NULL) {
        status = err_set(err, ERR_REFUSED, "no grant of %s is held", config->self.code);
    }
    if (status != OK) {
        err_wrap(err, "open the logs");
        replicator_close(r);
        return status;
    }
    r->parent = self->grant.parent;
    (void)heads_get(r, config->self);
    r->confirmed_ms = now_ms(r);
    r->cosign_ms = now_ms(r); /* whatever came in and was not cosigned before the last stop */
    r->beat_ms = now_ms(r) + clock_random(config->clock) % r->limits.beat_ms / 4;
    links_refresh(r);
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
    roster_free(r->roster);
    arena_free(&r->arena);
    block_body_free(&r->body);
    buf_free(&r->key);
    buf_free(&r->scratch);
    mem_free(r);
}

const struct roster *replicator_roster(const struct replicator *r)
{
    return r->roster;
}

struct division replicator_parent(const struct replicator *r)
{
    return r->parent;
}

enum status replicator_grant(struct replicator *r, struct txn *txn, const struct grant *grant,
                             struct err *err)
{
    const struct audience audience = {AUDIENCE_TREE, grant->division};
    struct buf sealed = BUF_EMPTY;
    bool added;
    enum status status;

    grant_seal(&sealed, grant, r->config.key);
    status = roster_add(r->roster, buf_bytes(&sealed), &added, err);
    if (status == OK && added) {
        (void)replicator_append(r, txn, &audience, KIND_GRANT, 1, buf_bytes(&sealed));
        stage_grant(r, txn, grant, buf_bytes(&sealed));
        links_refresh(r);
        r->config.sink.roster_changed(r->config.sink.arg, grant->division);
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
        link->frames_refused++;
        r->config.sink.alarm(r->config.sink.arg, "bad_frame", from, err.text);
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
}

uint64_t replicator_next_tick(const struct replicator *r)
{
    uint64_t at = r->beat_ms;

    for (size_t i = 0; i < r->link_count; i++) {
        const uint64_t link_ms = link_next_tick(r, r->links[i]);
        if (link_ms < at) {
            at = link_ms;
        }
    }
    return r->cosign_ms < at ? r->cosign_ms : at;
}

void replicator_durable(struct replicator *r)
{
    heads_durable(r);
    own_log_durable(r);
    for (size_t i = 0; i < r->link_count; i++) {
        struct link *link = r->links[i];
        if (link->stored_bytes != link->taken_bytes) {
            link->stored_bytes = link->taken_bytes;
            link->ack_due = true;
        }
        link->stalled = false;
    }
}

/* --- frames out, by lanes: control, acks, cosignatures and beats, blocks --- */

static bool pop_control(struct link *link, struct buf *frame)
{
    if (link->control_count == 0) {
        return false;
    }
    buf_clear(frame);
    buf_append_bytes(frame, buf_bytes(&link->control[0]));
    buf_free(&link->control[0]);
    memmove(&link->control[0], &link->control[1], --link->control_count * sizeof *link->control);
    return true;
}

static void fill_positions(const struct replicator *r, Terrace__Position *at,
                           Terrace__Position **list, const struct division *authors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct held_log *log = heads_find(r, authors[i]);
        const struct log_head none = {0};
        const struct log_head *head = log == NULL ? &none : heads_sendable(log);

        terrace__position__init(&at[i]);
        at[i].has_author = at[i].has_epoch = at[i].has_lsn = at[i].has_hash = 1;
        at[i].author = pb_division(&authors[i]);
        at[i].epoch = head->epoch;
        at[i].lsn = head->lsn;
        at[i].hash = pb_of_bytes(&head->hash, HASH_SIZE);
        list[i] = &at[i];
    }
}

static bool pop_ack(struct replicator *r, struct link *link, struct buf *frame)
{
    Terrace__Frame message = TERRACE__FRAME__INIT;
    Terrace__Ack ack = TERRACE__ACK__INIT;
    Terrace__Position *at, **list;
    const size_t count = link->held_due_count + link->not_yet_count;

    if (!link_is_open(link) || (!link->ack_due && !link->pong_due)) {
        return false;
    }
    at = mem_zalloc((count + 1) * sizeof *at);
    list = mem_zalloc((count + 1) * sizeof(Terrace__Position *));
    fill_positions(r, at, list, link->held_due, link->held_due_count);
    fill_positions(r, at + link->held_due_count, list + link->held_due_count, link->not_yet_due,
                   link->not_yet_count);
    ack.n_held = link->held_due_count;
    ack.held = list;
    ack.n_not_yet = link->not_yet_count;
    ack.not_yet = list + link->held_due_count;
    if (link->state == PEER_LIVE) { /* held for a limit: no new credit */
        link->credit_given = r->limits.credit_bytes + link->stored_bytes;
    }
    ack.has_credit = 1;
    ack.credit = link->credit_given;
    message.has_session = 1;
    message.session = link->session;
    message.ack = &ack;
    buf_clear(frame);
    frame_encode(frame, &message);
    mem_free(at);
    mem_free(list);
    link->held_due_count = link->not_yet_count = 0;
    link->ack_due = link->pong_due = false;
    return true;
}

/* Joins encoded messages into one frame; `field` is their number in Frame. */
static void join_messages(struct buf *frame, unsigned field, struct buf *list, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        buf_put_varint(frame, field << 3 | 2);
        buf_put_varint(frame, list[i].size);
        buf_append_bytes(frame, buf_bytes(&list[i]));
        buf_free(&list[i]);
    }
    *count = 0;
}

static bool pop_signed(struct link *link, struct buf *frame)
{
    if (!link_is_open(link) || link->cosign_count + link->beat_count == 0) {
        return false;
    }
    buf_clear(frame);
    buf_put_varint(frame, 1 << 3 | 0);
    buf_put_varint(frame, link->session);
    join_messages(frame, 7, link->cosigns, &link->cosign_count);
    join_messages(frame, 8, link->beats, &link->beat_count);
    return true;
}

static bool next_of_link(struct replicator *r, struct link *link, struct buf *frame)
{
    if (link->stalled || link->state == PEER_PAUSED) {
        return false;
    }
    if (link->has_returned) {
        buf_clear(frame);
        buf_append_bytes(frame, buf_bytes(&link->returned));
        link->has_returned = false;
        buf_free(&link->returned);
        return true;
    }
    return pop_control(link, frame) || pop_ack(r, link, frame) || pop_signed(link, frame) ||
           (link_is_open(link) && sync_next_blocks(r, link, frame));
}

bool replicator_next_frame(struct replicator *r, struct division *to, struct buf *frame)
{
    for (size_t i = 0; i < r->link_count; i++) {
        struct link *link = r->links[(r->next_link + i) % r->link_count];
        if (next_of_link(r, link, frame)) {
            r->next_link = (r->next_link + i + 1) % r->link_count; /* neighbours take turns */
            *to = link->peer;
            return true;
        }
    }
    return false;
}

void replicator_unsent(struct replicator *r, struct division to, struct bytes frame)
{
    struct link *link = link_find(r, to);

    assert(link != NULL && !link->has_returned);
    buf_clear(&link->returned);
    buf_append_bytes(&link->returned, frame);
    link->has_returned = true;
    link->stalled = true;
}
