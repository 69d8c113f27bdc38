#include "replicator/session/session.h"

#include <assert.h>
#include <inttypes.h>

#include "replicator/core.h"
#include "replicator/session/amending.h"
#include "replicator/session/follow.h"
#include "replicator/session/fork_news.h"
#include "replicator/session/grant_conflict.h"
#include "replicator/session/listening.h"
#include "replicator/session/revoking.h"
#include "replicator/session/rotate_request.h"
#include "replicator/session/rotating.h"
#include "replicator/session/serving.h"
#include "replicator/session/visits.h"

void session_free(struct session *session)
{
    findings_free(&session->found);
}

/* --- acting --- */

/* The peer brought a false block: its other logs go on, but it is held until a true one comes. */
static void refuse(struct replicator *r, struct link *link, const struct finding *finding)
{
    const char *author = finding->about.code;
    char message[MESSAGE_BYTES_MAX];

    message_format(message, sizeof message, "block_refused lsn=%" PRIu64 " author=%s why=%s",
                   finding->lsn, author, finding->text);
    link_count_refused(link);
    link_hold(r, link, HOLD_REFUSED, message);
    if (finding->status != ERR_FORK) { /* which is its author's, and alarmed of him */
        notice_alarm(r, ALARM_BAD_BLOCK, link->peer, "%s", message);
    }
}

/* It rejects one of ours. */
static void observe_reject(struct replicator *r, struct link *link, const struct finding *finding)
{
    char message[MESSAGE_BYTES_MAX];

    message_format(message, sizeof message, "block_rejected lsn=%" PRIu64 " author=%s reason=%s",
                   finding->lsn, finding->about.code, status_name(finding->status));
    link_hold(r, link, HOLD_NACKED, message);
    notice_alarm(r, ALARM_REJECTED, link->peer, "%s", message);
}

static void refuse_frame(struct replicator *r, struct link *link, const struct finding *finding)
{
    struct err why = {.status = finding->status};

    message_format(why.text, sizeof why.text, "%s", finding->text);
    link_refuse_frame(r, link, &why);
}

/* What is about logs and divisions; such may be found without a link. */
static void act_on_log(struct replicator *r, struct link *link, const struct finding *finding)
{
    switch (finding->kind) {
    case FOUND_ALARM:
        notice_alarm(r, finding->alarm, finding->about, "%s", finding->text);
        break;
    case FOUND_OVER:
        notice_over(r, finding->alarm, finding->about);
        break;
    case FOUND_FORK:
        fork_news_found(r, finding->about);
        follow_later(r); /* a recovery may say which branch is to stay */
        break;
    case FOUND_MEMBER:
        if (division_equal(finding->about, r->config.self)) {
            rotating_granted(r, finding->lsn);
        }
        follow_member(r, finding->about);
        break;
    case FOUND_REVOKED:
        revoking_taken(r, finding->about);
        break;
    case FOUND_OBJECTED:
        visits_objected(r, finding->about);
        break;
    case FOUND_USURPED:
        objecting_begin(r, buf_bytes(&r->ingest.usurper));
        break;
    case FOUND_GRANT:
        if (link != NULL) {
            link_pay(r, link, PAY_GRANT);
        }
        break;
    case FOUND_ENDPOINT:
        listening_heard(r, finding);
        break;
    case FOUND_APPROVALS:
        if (link != NULL) {
            link_pay(r, link, PAY_APPROVAL * finding->lsn);
        }
        break;
    case FOUND_CONFLICT:
        if (link != NULL) {
            grant_conflict_report(r, link, finding->about, finding->lsn);
        }
        break;
    default:
        break;
    }
}

static void act_on_peer(struct replicator *r, struct link *link, const struct finding *finding)
{
    switch (finding->kind) {
    case FOUND_CONFLICT_ABOVE:
        grant_conflict_observe(r, link, finding->about, finding->lsn, finding->text);
        break;
    case FOUND_CLAIM:
        claim_begin(r, link, finding);
        break;
    case FOUND_MOVED:
        link_moved(r, link);
        break;
    case FOUND_ANSWERED:
        link_answered(link);
        break;
    case FOUND_NACKED:
        observe_reject(r, link, finding);
        break;
    case FOUND_NACKED_OVER:
        link_release(r, link, HOLD_NACKED);
        notice_over(r, ALARM_REJECTED, link->peer);
        break;
    case FOUND_REFUSED:
        refuse(r, link, finding);
        break;
    case FOUND_REFUSED_OVER:
        link_release(r, link, HOLD_REFUSED);
        notice_over(r, ALARM_BAD_BLOCK, link->peer);
        break;
    case FOUND_LOST_FRAME:
        link_over(r, link, finding->status, finding->text);
        break;
    case FOUND_BAD_FRAME:
        refuse_frame(r, link, finding);
        break;
    default:
        break;
    }
}

struct findings *session_findings(struct replicator *r)
{
    return &r->session.found;
}

void session_act(struct replicator *r, struct link *link)
{
    const struct findings *found = &r->session.found;

    for (size_t i = 0; i < found->count; i++) {
        const struct finding *finding = &found->at[i];
        act_on_log(r, link, finding);
        if (link != NULL) {
            act_on_peer(r, link, finding);
        }
    }
    findings_clear(&r->session.found);
}

/* --- the handshake --- */

static void note_clock(struct replicator *r, struct link *link, uint64_t unix_ms)
{
    if (handshake_note_clock(&link->handshake, unix_ms, now_unix_ms(r))) {
        notice_over(r, ALARM_CLOCK_SKEW, link->peer);
    } else {
        notice_alarm(r, ALARM_CLOCK_SKEW, link->peer, "clock_differs seconds=%" PRId64,
                     link->handshake.skew_ms / 1000);
    }
}

/* True when the judgement of a Hello or a Welcome lets the session begin. */
static bool pass(struct replicator *r, struct link *link, uint64_t session, enum status status,
                 const struct err *err)
{
    if (status == ERR_NEEDS_UPGRADE) {
        link_incompatible(r, link, session, err->text);
    } else if (status != OK) {
        link_refuse_frame(r, link, err);
    }
    return status == OK;
}

static void resume(struct replicator *r, struct link *link, uint64_t unix_ms,
                   Terrace__Position **heads, size_t count)
{
    notice_over(r, ALARM_INCOMPATIBLE, link->peer);
    note_clock(r, link, unix_ms);
    cursor_resume(&link->stream, heads, count, &r->session.found);
    resync_heard(r, link, heads, count);
    claim_resumed(r, link, &r->session.found);
    fork_news_resume(r, link, heads, count);
    session_act(r, link);
}

static void take_hello(struct replicator *r, struct txn *txn, struct link *link, uint64_t session,
                       const Terrace__Hello *hello)
{
    struct outbox *outbox = &link->stream.outbox;
    struct err err;
    const enum status status = handshake_judge_hello(r, link, hello, &err);

    if (!pass(r, link, session, status, &err)) {
        return;
    }
    if (serving_judge(r, link, &err) != OK) {
        link_left(r, link, err.text);
        link_ask_restart(r, link, session, err.status);
        return;
    }
    handshake_note_hello(&link->handshake, hello);
    if (link_is_open(link) && link->session == session) {
        link_pay(r, link, PAY_SESSION);
        outbox_want_welcome(outbox); /* it did not hear the first one yet */
        return;
    }
    link_begin(r, link, session, hello->credit);
    link_pay(r, link, PAY_SESSION);
    wanting_give(r, link, hello);
    resume(r, link, hello->unix_ms, hello->heads, hello->n_heads);
    outbox_restart(outbox, 0, OK);
    outbox_want_welcome(outbox);
    amending_offer(r, txn, link);
}

static void take_welcome(struct replicator *r, struct link *link, const Terrace__Welcome *welcome)
{
    struct err err;
    uint32_t rtt_ms;

    if (!link->is_up || link->state != PEER_HANDSHAKE ||
        !pass(r, link, 0, handshake_judge_welcome(r, welcome, &err), &err)) {
        return;
    }
    handshake_note_welcome(&link->handshake, welcome);
    link_begin(r, link, link->session, welcome->credit);
    heartbeat_soon(r);
    if (link->is_far) {
        serving_begun(r);
    } else {
        objecting_let_in(r);
    }
    if (handshake_round_trip(&link->handshake, welcome, now_ms(r), &rtt_ms)) {
        flow_set_round_trip(&link->stream.flow, rtt_ms);
    }
    resume(r, link, welcome->unix_ms, welcome->heads, welcome->n_heads);
    wanting_welcomed(r, welcome->heads, welcome->n_heads);
    if (r->logs.own->wanted && (welcome->features & FEATURE_OWN_LOG) == 0) {
        notice_alarm(r, ALARM_INCOMPATIBLE, link->peer, "own_log_not_brought");
    }
    if (!link->is_far) {
        rotating_ask(r, link);
    }
}

/* The parent wants another session, or none; or who was served here goes back to its own. */
static void take_restart(struct replicator *r, struct link *link, enum status why)
{
    char message[MESSAGE_BYTES_MAX];

    if (!link->is_up) {
        if (link->is_far) {
            link_left(r, link, "went_back");
        }
        return;
    }
    if (link->is_far && (why == ERR_BUSY || why == ERR_LIMIT)) {
        serving_refused(r, link, why);
        return;
    }
    if (why == ERR_NEEDS_UPGRADE) {
        link_incompatible(r, link, 0, "protocol_not_in_common");
        return;
    }
    if (why == ERR_CORRUPT && !link->is_far) { /* its store is: it opens no session */
        link_over_damaged(r, link);
        return;
    }
    message_format(message, sizeof message, "parent_restarts reason=%s", status_name(why));
    link_over(r, link, why, message);
}

/* --- in a session --- */

static void take_blocks(struct replicator *r, struct txn *txn, struct link *link,
                        const Terrace__Blocks *blocks)
{
    const struct replicator_sink *sink = &r->config.sink;
    enum receive_result result = RECEIVE_NEXT;
    size_t bytes = 0;

    if (receive_lost_frame(&link->stream, blocks)) {
        link_over(r, link, ERR_GAP, "frame_lost");
        return;
    }
    for (size_t i = 0; i < blocks->n_block; i++) {
        bytes += blocks->block[i].len;
    }
    if (!link_charge(r, link, blocks->n_block, bytes)) {
        link_count_refused(link);
        link_protocol_error(link);
        notice_alarm(r, ALARM_LIMIT, link->peer, "credit_exceeded");
        link_over(r, link, ERR_LIMIT, "credit_exceeded");
        return;
    }
    for (size_t i = 0; i < blocks->n_block && result != RECEIVE_STOP; i++) {
        const struct bytes whole = bytes_of_pb(blocks->block[i]);
        struct block_view block;

        result = r->no_room || link_puts_off(r, link)
                     ? receive_put_off(&link->stream, whole, &r->session.found)
                     : receive_block(&link->stream, txn, whole, &block, &r->session.found);
        session_act(r, link);
        if (result == RECEIVE_STAGED) {
            sink->block_held(sink->arg, txn, &block, &r->ingest.body);
        }
    }
}

enum ingest_result session_import(struct replicator *r, struct txn *txn, struct bytes whole,
                                  struct err *err)
{
    const struct replicator_sink *sink = &r->config.sink;
    enum ingest_result result = INGEST_REFUSED;
    struct block_view block;

    if (r->no_room) {
        (void)err_set(err, ERR_DISK_FULL, "import_no_room division=%s", r->config.self.code);
        return INGEST_NOT_YET;
    }
    if (block_parse(&block, whole, err) == OK) {
        result = ingest_block(&r->ingest, txn, &block, &r->session.found, err);
        session_act(r, NULL);
    }
    if (result == INGEST_STAGED) {
        sink->block_held(sink->arg, txn, &block, &r->ingest.body);
    }
    return result;
}

static void take_parts(struct replicator *r, struct txn *txn, struct link *link,
                       const Terrace__Frame *frame)
{
    if (frame->ack != NULL) {
        cursor_acked(&link->stream, frame->ack, &r->session.found);
        session_act(r, link);
    }
    if (frame->reject != NULL) {
        cursor_rejected(&link->stream, frame->reject, &r->session.found);
        session_act(r, link);
    }
    if (frame->show != NULL) {
        claim_show(r, link, frame->show);
    }
    if (frame->has_offer) {
        amending_judge(r, txn, link, bytes_of_pb(frame->offer));
    }
    if (frame->rotate != NULL && !r->resync.on) {
        rotate_request_take(r, txn, link, frame->rotate);
    }
    if (frame->has_rotate_refused) {
        rotating_refused(r, link, (enum status)frame->rotate_refused);
    }
    if (frame->consent != NULL && !r->resync.on) {
        amending_take(r, txn, link, frame->consent);
    }
    if (frame->has_evidence) {
        claim_judge(r, txn, link, bytes_of_pb(frame->evidence), &r->session.found);
        session_act(r, link);
    }
    if (frame->has_put_aside && !r->resync.on) {
        bringing_take(r, txn, link, bytes_of_pb(frame->put_aside));
    }
    if (frame->has_put_aside_held) {
        bringing_held(r, txn, link, bytes_of_pb(frame->put_aside_held));
    }
    if (frame->fork != NULL) {
        fork_news_take(r, txn, link, frame->fork, &r->session.found);
        session_act(r, link);
    }
    for (size_t i = 0; i < frame->n_cosignature; i++) {
        cosign_receive(r, txn, link, frame->cosignature[i], &r->session.found);
        session_act(r, link);
    }
    for (size_t i = 0; i < frame->n_beat; i++) {
        if (heartbeat_receive(r, link, frame->beat[i])) {
            note_clock(r, link, frame->beat[i]->unix_ms); /* it may be set within a session */
        }
    }
    assert(link_is_open(link)); /* nothing before it ends a session */
    if (frame->blocks != NULL) {
        take_blocks(r, txn, link, frame->blocks);
    }
}

/* --- frames in --- */

/* Besides its blocks, which are charged as they are taken. */
static uint64_t price_of(const Terrace__Frame *frame, size_t size)
{
    for (size_t i = 0; frame->blocks != NULL && i < frame->blocks->n_block; i++) {
        size -= frame->blocks->block[i].len;
    }
    return PAY_FRAME + (uint64_t)size * PAY_PAGE / 4096;
}

static void take_in_session(struct replicator *r, struct txn *txn, struct link *link,
                            const Terrace__Frame *frame)
{
    link_heard_now(r, link);
    if (frame->has_restart) {
        take_restart(r, link, (enum status)frame->restart);
    } else if (frame->welcome != NULL) {
        take_welcome(r, link, frame->welcome);
    } else if (link_is_open(link)) {
        take_parts(r, txn, link, frame);
    }
}

/* A node that opens no session, as its store is damaged, still tells how it is. */
static bool is_lone_beat(const struct link *link, const Terrace__Frame *frame)
{
    return !link->is_up && frame->session == 0 && frame->n_beat == 1 && frame->hello == NULL &&
           frame->blocks == NULL && frame->ack == NULL && frame->n_cosignature == 0;
}

/* It could not use what we sent. That is never answered, or the two never end. */
static void take_complaint(struct replicator *r, struct link *link, const Terrace__Reject *reject)
{
    link_protocol_error(link);
    notice_alarm(r, ALARM_REJECTED, link->peer, "frame_rejected reason=%s",
                 status_name((enum status)reject->reason));
}

void session_receive(struct replicator *r, struct txn *txn, struct link *link,
                     const Terrace__Frame *frame, size_t size)
{
    const bool can_pay = link_can_pay(r, link);
    struct err err;

    link_pay(r, link, price_of(frame, size));
    if (link->state == PEER_PAUSED || (!link->is_up && !revoking_admits(r, link->peer))) {
        return;
    }
    link_heard(r, link);
    if (link->is_up && frame->superseded != NULL) { /* it knows this node's key as one before */
        objecting_told(r, txn, link->peer, frame->superseded);
    } else if (frame->reject != NULL && !frame->reject->has_author) {
        take_complaint(r, link, frame->reject);
    } else if (is_lone_beat(link, frame)) {
        (void)heartbeat_receive(r, link, frame->beat[0]);
        if (frame->fork != NULL && can_pay) {
            fork_news_take(r, txn, link, frame->fork, &r->session.found);
            session_act(r, link);
        }
    } else if (frame->session == 0) {
        (void)err_set(&err, ERR_MALFORMED, "frame_without_session");
        link_refuse_frame(r, link, &err);
    } else if (frame->hello != NULL) {
        if (can_pay) { /* it will say Hello again */
            take_hello(r, txn, link, frame->session, frame->hello);
        }
    } else if (frame->session == link->session) {
        take_in_session(r, txn, link, frame);
    } else if (!link->is_up) { /* left over from a session that is over, or of none */
        link_ask_restart(r, link, frame->session, ERR_NOT_FOUND);
    }
}
