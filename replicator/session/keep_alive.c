#include "replicator/session/keep_alive.h"

#include "replicator/core.h"

static bool may_speak(const struct link *link)
{
    const struct outbox *outbox = &link->stream.outbox;

    return link_is_open(link) && !outbox->blocked && outbox->returned.size == 0;
}

static uint64_t due_ms(const struct replicator *r, const struct link *link)
{
    return link->spoke_ms + r->limits.silence_ms / 2;
}

static void write_frame(const struct link *link, struct buf *out)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Ack ack = TERRACE__ACK__INIT;

    frame.has_session = 1;
    frame.session = link->session;
    frame.ack = &ack;
    buf_clear(out);
    frame_encode(out, &frame);
}

void replicator_keep_alive(struct replicator *r)
{
    heartbeat_tick(r);
}

bool replicator_next_keep_alive(struct replicator *r, struct division *to, struct buf *out)
{
    for (size_t i = 0; i < r->links.count; i++) {
        struct link *link = r->links.at[i];
        struct outbox *outbox = &link->stream.outbox;

        if (may_speak(link) && (outbox_signed_due(outbox) || now_ms(r) >= due_ms(r, link))) {
            write_frame(link, out);
            outbox_append_signed(outbox, out);
            link_spoke(r, link);
            *to = link->peer;
            return true;
        }
    }
    return false;
}

uint64_t replicator_keep_alive_ms(const struct replicator *r)
{
    uint64_t at = r->heartbeat.due_ms;

    for (size_t i = 0; i < r->links.count; i++) {
        if (may_speak(r->links.at[i])) {
            at = earlier(at, due_ms(r, r->links.at[i]));
        }
    }
    return at;
}

void replicator_beat_soon(struct replicator *r)
{
    heartbeat_soon(r);
}

bool replicator_lone_beat(struct replicator *r, struct division *to, struct buf *out)
{
    *to = r->parent;
    return heartbeat_alone(r, out);
}

bool replicator_lone_answer(struct replicator *r, struct division from, struct bytes received,
                            struct buf *out)
{
    Terrace__Frame answer = TERRACE__FRAME__INIT, *frame;
    struct link *link = links_find(&r->links, from);
    struct err err;
    bool says;

    if (link == NULL || link->is_up || link->revoked_ms != 0) {
        return false;
    }
    if (frame_decode(&frame, &r->arena, received, &err) == OK && frame->hello != NULL &&
        frame->session != 0) {
        link_ask_restart(r, link, frame->session, ERR_CORRUPT);
    }
    arena_reset(&r->arena);
    says = outbox_add_restart(&link->stream.outbox, &answer);
    if (says) {
        buf_clear(out);
        frame_encode(out, &answer);
    }
    return says;
}

bool replicator_has_children(const struct replicator *r)
{
    for (size_t i = 0; i < r->links.count; i++) {
        if (!r->links.at[i]->is_up) {
            return true;
        }
    }
    return false;
}
