#include "proto/bug.h"
#include "replicator/core.h"

#include <assert.h>

enum { FRAME_SIGNED_MAX = 256 }; /* cosignatures, and beats, in one frame: with acks it fits */

/* --- signed messages that wait --- */

static int compare_keys(const struct division a[2], const struct division b[2])
{
    const int order = division_compare(a[0], b[0]);

    return order != 0 ? order : division_compare(a[1], b[1]);
}

static size_t place_of(const struct waiting *waiting, const struct division key[2])
{
    size_t low = 0, high = waiting->count;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare_keys(waiting->items[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void waiting_put(struct waiting *waiting, size_t max, struct division first, struct division second,
                 const ProtobufCMessage *message)
{
    const struct division key[2] = {first, second};
    const size_t at = place_of(waiting, key);
    struct waiting_item *item;

    if (at == waiting->count || compare_keys(waiting->items[at].key, key) != 0) {
        if (waiting->count >= max) {
            return; /* it is renewed */
        }
        if (waiting->count == waiting->capacity) {
            waiting->capacity = waiting->capacity == 0 ? 8 : 2 * waiting->capacity;
            waiting->items =
                mem_realloc(waiting->items, waiting->capacity * sizeof *waiting->items);
        }
        memmove(&waiting->items[at + 1], &waiting->items[at],
                (waiting->count - at) * sizeof *waiting->items);
        waiting->count++;
        waiting->items[at] = (struct waiting_item){{first, second}, BUF_EMPTY};
    }
    item = &waiting->items[at];
    buf_clear(&item->message);
    message_encode(&item->message, message);
}

void waiting_clear(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        buf_free(&waiting->items[i].message);
    }
    waiting->count = 0;
}

void waiting_free(struct waiting *waiting)
{
    waiting_clear(waiting);
    mem_free(waiting->items);
    *waiting = (struct waiting){NULL, 0, 0};
}

/* Appends them as `field` of Frame: they are encoded already. */
static void append_waiting(struct buf *frame, unsigned field, struct waiting *waiting)
{
    const size_t count = earlier(waiting->count, FRAME_SIGNED_MAX);

    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        buf_put_varint(frame, field << 3 | 2);
        buf_put_varint(frame, waiting->items[i].message.size);
        buf_append_bytes(frame, buf_bytes(&waiting->items[i].message));
        buf_free(&waiting->items[i].message);
    }
    memmove(waiting->items, waiting->items + count,
            (waiting->count - count) * sizeof *waiting->items);
    waiting->count -= count;
    if (waiting->count == 0) {
        waiting_free(waiting); /* an idle link holds no memory for it */
    }
}

/* --- the first lane --- */

static bool add_restart(struct link *link, Terrace__Frame *frame)
{
    if (link->restart_session == 0) {
        return false;
    }
    frame->has_session = frame->has_restart = 1;
    frame->session = link->restart_session;
    frame->restart = (uint32_t)link->restart_why;
    link->restart_session = 0;
    return true;
}

static void add_ack(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    const size_t count = link->listed_count + link->stranger_count;
    Terrace__Ack *ack = arena_alloc(&r->arena, sizeof *ack);
    Terrace__Position **held = arena_alloc(&r->arena, (count + 1) * sizeof(Terrace__Position *));
    Terrace__Position **not_yet = arena_alloc(&r->arena, (count + 1) * sizeof(Terrace__Position *));

    terrace__ack__init(ack);
    ack->held = held;
    ack->not_yet = not_yet;
    for (size_t i = 0; i < link->listed_count; i++) {
        struct held_log *log = link->listed[i];
        Terrace__Position *position = position_new(r, log, log->author);
        if (log->not_yet) {
            not_yet[ack->n_not_yet++] = position;
        } else {
            held[ack->n_held++] = position;
        }
        log->listed = log->not_yet = false;
    }
    for (size_t i = 0; i < link->stranger_count; i++) {
        not_yet[ack->n_not_yet++] = position_new(r, NULL, link->strangers[i]);
    }
    link->listed_count = link->stranger_count = 0;
    ack->has_credit = 1;
    ack->credit = link_grant(r, link);
    link->ack_due = false;
    frame->ack = ack;
}

static Terrace__Reject *reject_new(struct replicator *r, const struct waiting_reject *waiting)
{
    Terrace__Reject *reject = arena_alloc(&r->arena, sizeof *reject);

    terrace__reject__init(reject);
    if (!division_is_none(waiting->author)) {
        reject->has_author = reject->has_epoch = reject->has_lsn = 1;
        reject->author = pb_division(&waiting->author);
        reject->epoch = waiting->epoch;
        reject->lsn = waiting->lsn;
    }
    reject->has_reason = reject->has_text = 1;
    reject->reason = (uint32_t)waiting->reason;
    reject->text = pb_of_bytes(waiting->text, strlen(waiting->text));
    return reject;
}

/* Of no session: there is none, or the frame did not say. */
static bool add_complaint(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    if (!link->complaint_due) {
        return false;
    }
    link->complaint_due = false;
    frame->reject = reject_new(r, &link->complaint);
    return true;
}

static bool add_session_parts(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    bool any = false;

    if (link->welcome_due) {
        greet_welcome(r, link, frame);
        link->welcome_due = false;
        return true;
    }
    if (link->ack_due && link_is_open(link)) {
        add_ack(r, link, frame);
        any = true;
    }
    if (link->reject_count > 0) {
        frame->reject = reject_new(r, &link->rejects[--link->reject_count]);
        any = true;
    }
    return any;
}

/* Everything but blocks. */
static bool next_words(struct replicator *r, struct link *link, struct buf *out)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    bool any = add_restart(link, &frame) || add_complaint(r, link, &frame);

    buf_clear(out);
    if (!any) {
        frame.has_session = 1;
        frame.session = link->session;
        if (link->hello_due) {
            greet_hello(r, link, &frame);
            link->hello_due = false;
            any = true;
        } else if (link_is_open(link)) {
            any = add_session_parts(r, link, &frame);
            any |= frame.welcome == NULL && link->cosignatures.count + link->beats.count > 0;
        }
    }
    if (any) {
        frame_encode(out, &frame);
        if (link_is_open(link) && frame.welcome == NULL && frame.hello == NULL &&
            !frame.has_restart && frame.has_session) {
            append_waiting(out, 7, &link->cosignatures);
            append_waiting(out, 8, &link->beats);
        }
    }
    arena_reset(&r->arena);
    return any;
}

/* --- the last lane --- */

static bool next_blocks(struct replicator *r, struct link *link, struct buf *out)
{
    if (!link_is_open(link) || !send_blocks(r, link)) {
        return false;
    }
    buf_clear(out);
    buf_reserve(out, r->parcel.size + 32);
    buf_put_varint(out, 1 << 3 | 0); /* Frame.session */
    buf_put_varint(out, link->session);
    buf_put_varint(out, 4 << 3 | 2); /* Frame.blocks */
    buf_put_varint(out, r->parcel.size);
    buf_append_bytes(out, buf_bytes(&r->parcel));
    return true;
}

static bool next_of_link(struct replicator *r, struct link *link, struct buf *out)
{
    if (link->blocked || link->state == PEER_PAUSED) {
        return false;
    }
    if (link->returned.size > 0) {
        buf_clear(out);
        buf_append_bytes(out, buf_bytes(&link->returned));
        buf_free(&link->returned);
        return true;
    }
    link->unsent_wait_ms = 0; /* the one before it was taken */
    return next_words(r, link, out) || next_blocks(r, link, out);
}

bool replicator_next_frame(struct replicator *r, struct division *to, struct buf *frame)
{
    if (BUG("ack-before-commit") && r->fresh_count > 0) {
        replicator_durable(r); /* what is only staged is acknowledged and sent on */
    }
    for (size_t i = 0; i < r->link_count; i++) {
        struct link *link = r->links[(r->next_link + i) % r->link_count];
        if (next_of_link(r, link, frame)) {
            r->next_link = (r->next_link + i + 1) % r->link_count; /* neighbours take turns */
            link->spoke_ms = now_ms(r);
            *to = link->peer;
            return true;
        }
    }
    return false;
}

void replicator_unsent(struct replicator *r, struct division to, struct bytes frame)
{
    struct link *link = link_find(r, to);

    assert(link != NULL && link->returned.size == 0);
    link_unsent(r, link, frame);
}
