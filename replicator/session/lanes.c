#include "replicator/session/lanes.h"

#include "replicator/core.h"
#include "replicator/session/fork_news.h"

void lanes_free(struct lanes *lanes)
{
    lanes_trim(lanes);
}

void lanes_trim(struct lanes *lanes)
{
    buf_free(&lanes->blocks);
    buf_free(&lanes->put_aside);
}

/* --- words --- */

static bool add_session_parts(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    struct outbox *outbox = &link->stream.outbox;
    bool any = false;

    if (outbox_take_welcome(outbox)) {
        handshake_welcome(r, link, link_grant(r, link), frame);
        return true;
    }
    if (outbox_take_ack(outbox)) {
        receive_write_ack(&link->stream, frame, link_grant(r, link));
        any = true;
    }
    any |= outbox_add_reject(outbox, frame, r->context.arena);
    any |= outbox_add_ask_to_show(outbox, frame, r->context.arena);
    any |= outbox_add_consent(outbox, frame, r->context.arena);
    any |= outbox_add_rotate(outbox, frame, r->context.arena);
    any |= outbox_add_offer(outbox, frame);
    return any || outbox_signed_due(outbox);
}

/* A Restart or a complaint is of another session, or of none; it goes alone. */
static bool is_of_session(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    struct outbox *outbox = &link->stream.outbox;

    return !outbox_add_restart(outbox, frame) &&
           !outbox_add_complaint(outbox, frame, r->context.arena);
}

/* Everything but blocks. */
static bool next_words(struct replicator *r, struct link *link, struct buf *out)
{
    struct outbox *outbox = &link->stream.outbox;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    const bool of_session = is_of_session(r, link, &frame);
    bool any = !of_session, with_signed = false;

    buf_clear(out);
    if (of_session) {
        frame.has_session = 1;
        frame.session = link->session;
        if (outbox_take_hello(outbox)) {
            handshake_hello(r, link, link_grant(r, link), &frame);
            any = true;
        } else if (link_is_open(link) && !outbox->welcome_due && /* before it, nobody listens */
                   (outbox_add_evidence(outbox, &frame) || fork_news_add(r, link, &frame) ||
                    bringing_add(r, link, &frame, &r->lanes.put_aside))) {
            any = true;
        } else if (link_is_open(link)) {
            any = add_session_parts(r, link, &frame);
            with_signed = frame.welcome == NULL;
        }
    }
    if (any) {
        frame_encode(out, &frame);
    }
    if (frame.has_evidence) {
        outbox_shown(outbox);
    }
    if (frame.has_offer) {
        outbox_offered(outbox);
    }
    if (any && with_signed) {
        outbox_append_signed(outbox, out);
    }
    arena_reset(r->context.arena);
    return any;
}

/* --- blocks --- */

static bool next_blocks(struct replicator *r, struct link *link, struct buf *out)
{
    struct buf *blocks = &r->lanes.blocks;
    bool any;

    if (!link_is_open(link)) {
        return false;
    }
    any = send_blocks(&link->stream, blocks, session_findings(r));
    session_act(r, link);
    if (!any) {
        return false;
    }
    buf_clear(out);
    buf_reserve(out, blocks->size + 32);
    buf_put_varint(out, 1 << 3 | 0); /* Frame.session */
    buf_put_varint(out, link->session);
    buf_put_varint(out, 4 << 3 | 2); /* Frame.blocks */
    buf_put_varint(out, blocks->size);
    buf_append_bytes(out, buf_bytes(blocks));
    return true;
}

static bool next_of_link(struct replicator *r, struct link *link, struct buf *out)
{
    struct outbox *outbox = &link->stream.outbox;

    if (outbox->blocked || link->state == PEER_PAUSED) {
        return false;
    }
    if (outbox_take_returned(outbox, out)) {
        return true;
    }
    outbox_was_taken(outbox); /* the one before it */
    return next_words(r, link, out) || next_blocks(r, link, out);
}

bool lanes_next(struct replicator *r, struct division *to, struct buf *frame)
{
    struct links *links = &r->links;
    struct lanes *lanes = &r->lanes;

    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->at[(lanes->next_link + i) % links->count];
        if (next_of_link(r, link, frame)) {
            lanes->next_link = (lanes->next_link + i + 1) % links->count;
            link_spoke(r, link);
            *to = link->peer;
            return true;
        }
    }
    return false;
}
