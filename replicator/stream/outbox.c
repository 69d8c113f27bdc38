#include "replicator/stream/outbox.h"

#include "proto/array.h"
#include "proto/message.h"
#include "replicator/clock.h"
#include "replicator/stream/position.h"

enum { UNSENT_MS_FIRST = 20, UNSENT_MS_MAX = 1000 }; /* twice as long each time */

enum { ACKED_BYTES_MAX = 32, FRAME_REST_BYTES_MAX = 4 << 10 }; /* a position of an Ack; a Reject */
_Static_assert(FRAME_POSITIONS_MAX *ACKED_BYTES_MAX + 2 * FRAME_SIGNED_BYTES_MAX +
                       FRAME_REST_BYTES_MAX <=
                   FRAME_BYTES_MAX,
               "the largest Ack leaves room for signed words");

void outbox_free(struct outbox *outbox)
{
    mailbox_free(&outbox->cosignatures);
    mailbox_free(&outbox->cosigned_heads);
    mailbox_free(&outbox->beats);
    mem_free(outbox->forks);
    buf_free(&outbox->evidence);
    buf_free(&outbox->offer);
    buf_free(&outbox->returned);
}

void outbox_reset(struct outbox *outbox)
{
    outbox->hello_due = outbox->welcome_due = outbox->ack_due = false;
    outbox->reject_count = 0;
    mailbox_clear(&outbox->beats); /* stale by then */
    outbox->signed_due = false;
    outbox->show_author = DIVISION_NONE;
    outbox->fork_count = 0;
    outbox->consent_due = outbox->rotate_due = false;
    outbox->rotate_refused = OK;
    buf_free(&outbox->evidence);
    buf_free(&outbox->offer);
    buf_free(&outbox->returned);
}

/* --- what waits --- */

void outbox_want_hello(struct outbox *outbox)
{
    outbox->hello_due = true;
}

void outbox_want_welcome(struct outbox *outbox)
{
    outbox->welcome_due = true;
}

void outbox_want_ack(struct outbox *outbox, bool wanted)
{
    outbox->ack_due = wanted;
}

void outbox_restart(struct outbox *outbox, uint64_t session, enum status why)
{
    outbox->restart_session = session;
    outbox->restart_why = why;
}

void outbox_reject(struct outbox *outbox, const struct reject *reject)
{
    if (outbox->reject_count < REJECTS_MAX) {
        outbox->rejects[outbox->reject_count++] = *reject;
    }
}

void outbox_complain(struct outbox *outbox, const struct err *why)
{
    outbox->complaint_due = true;
    outbox->complaint = (struct reject){.reason = why->status};
    message_format(outbox->complaint.text, sizeof outbox->complaint.text, "%s", why->text);
}

void outbox_cosignature(struct outbox *outbox, struct division author, struct division holder,
                        const ProtobufCMessage *cosignature)
{
    mailbox_put(&outbox->cosignatures, COSIGNATURES_WAITING_MAX, author, holder, cosignature);
}

void outbox_cosigned_head(struct outbox *outbox, struct division author, struct division holder,
                          const ProtobufCMessage *cosignature)
{
    mailbox_put(&outbox->cosigned_heads, 1, author, holder, cosignature);
}

void outbox_ask_to_show(struct outbox *outbox, struct division author, uint64_t lsn)
{
    outbox->show_author = author;
    outbox->show_lsn = lsn;
}

void outbox_show(struct outbox *outbox, struct bytes block)
{
    buf_clear(&outbox->evidence);
    buf_append_bytes(&outbox->evidence, block);
}

void outbox_tell_fork(struct outbox *outbox, struct division author)
{
    for (size_t i = 0; i < outbox->fork_count; i++) {
        if (division_equal(outbox->forks[i], author)) {
            return;
        }
    }
    ARRAY_ROOM(outbox->forks, outbox->fork_count, outbox->fork_capacity);
    outbox->forks[outbox->fork_count++] = author;
}

void outbox_offer(struct outbox *outbox, struct bytes written)
{
    buf_clear(&outbox->offer);
    buf_append_bytes(&outbox->offer, written);
}

void outbox_consent(struct outbox *outbox, uint32_t epoch, const struct signature *consent)
{
    outbox->consent_due = true;
    outbox->consent_epoch = epoch;
    outbox->consent = *consent;
}

void outbox_rotate(struct outbox *outbox, const struct wanted_keys *wanted)
{
    outbox->rotate_due = true;
    outbox->rotate = *wanted;
}

void outbox_refuse_rotate(struct outbox *outbox, enum status why)
{
    outbox->rotate_refused = why;
}

void outbox_beat(struct outbox *outbox, struct division division, const ProtobufCMessage *beat,
                 bool now)
{
    mailbox_put(&outbox->beats, BEATS_WAITING_MAX, division, DIVISION_NONE, beat);
    outbox->signed_due |= now;
}

/* --- into a frame --- */

bool outbox_add_restart(struct outbox *outbox, Terrace__Frame *frame)
{
    if (outbox->restart_session == 0) {
        return false;
    }
    frame->has_session = frame->has_restart = 1;
    frame->session = outbox->restart_session;
    frame->restart = (uint32_t)outbox->restart_why;
    outbox->restart_session = 0;
    return true;
}

static Terrace__Reject *reject_new(struct arena *arena, const struct reject *waiting)
{
    Terrace__Reject *reject = arena_alloc(arena, sizeof *reject);

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

bool outbox_add_complaint(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena)
{
    if (!outbox->complaint_due) {
        return false;
    }
    outbox->complaint_due = false;
    frame->reject = reject_new(arena, &outbox->complaint);
    return true;
}

bool outbox_add_reject(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena)
{
    if (outbox->reject_count == 0) {
        return false;
    }
    frame->reject = reject_new(arena, &outbox->rejects[--outbox->reject_count]);
    return true;
}

bool outbox_add_ask_to_show(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena)
{
    if (!division_is_none(outbox->show_author)) {
        frame->show = position_acked(arena, NULL, outbox->show_author, DIVISION_NONE);
    }
    if (frame->show == NULL) {
        return false;
    }
    frame->show->lsn = outbox->show_lsn;
    outbox->show_author = DIVISION_NONE;
    return true;
}

bool outbox_add_evidence(const struct outbox *outbox, Terrace__Frame *frame)
{
    frame->has_evidence = outbox->evidence.size > 0;
    frame->evidence = pb_of_bytes(outbox->evidence.data, outbox->evidence.size);
    return frame->has_evidence != 0;
}

void outbox_shown(struct outbox *outbox)
{
    buf_free(&outbox->evidence);
}

bool outbox_add_offer(const struct outbox *outbox, Terrace__Frame *frame)
{
    frame->has_offer = outbox->offer.size > 0;
    frame->offer = pb_of_bytes(outbox->offer.data, outbox->offer.size);
    return frame->has_offer != 0;
}

void outbox_offered(struct outbox *outbox)
{
    buf_free(&outbox->offer);
}

bool outbox_add_consent(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena)
{
    Terrace__Consent *consent;

    if (!outbox->consent_due) {
        return false;
    }
    consent = arena_alloc(arena, sizeof *consent);
    terrace__consent__init(consent);
    consent->has_suite = consent->has_epoch = consent->has_signature = 1;
    consent->suite = SUITE_ED25519_BLAKE2B;
    consent->epoch = outbox->consent_epoch;
    consent->signature = pb_of_bytes(outbox->consent.at, sizeof outbox->consent.at);
    frame->consent = consent;
    outbox->consent_due = false;
    return true;
}

bool outbox_take_fork(struct outbox *outbox, struct division *author)
{
    if (outbox->fork_count == 0) {
        return false;
    }
    *author = outbox->forks[--outbox->fork_count];
    return true;
}

bool outbox_add_rotate(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena)
{
    const bool any = outbox->rotate_due || outbox->rotate_refused != OK;

    if (outbox->rotate_due) {
        frame->rotate = arena_alloc(arena, sizeof *frame->rotate);
        wanted_keys_write(frame->rotate, &outbox->rotate);
    }
    frame->has_rotate_refused = outbox->rotate_refused != OK;
    frame->rotate_refused = (uint32_t)outbox->rotate_refused;
    outbox->rotate_due = false;
    outbox->rotate_refused = OK;
    return any;
}

bool outbox_take_ack(struct outbox *outbox)
{
    const bool due = outbox->ack_due;

    outbox->ack_due = false;
    return due;
}

bool outbox_take_hello(struct outbox *outbox)
{
    const bool due = outbox->hello_due;

    outbox->hello_due = false;
    return due;
}

bool outbox_take_welcome(struct outbox *outbox)
{
    const bool due = outbox->welcome_due;

    outbox->welcome_due = false;
    return due;
}

bool outbox_signed_due(const struct outbox *outbox)
{
    return outbox->signed_due;
}

void outbox_append_signed(struct outbox *outbox, struct buf *frame)
{
    mailbox_append(frame, 7, &outbox->cosignatures);
    mailbox_append(frame, 7, &outbox->cosigned_heads);
    mailbox_append(frame, 8, &outbox->beats);
    outbox->signed_due = outbox->cosignatures.count > 0 || outbox->beats.count > 0;
}

/* --- what came back --- */

void outbox_return(struct outbox *outbox, struct bytes frame, uint64_t now_ms)
{
    buf_append_bytes(&outbox->returned, frame);
    outbox->unsent_wait_ms =
        outbox->unsent_wait_ms == 0 ? UNSENT_MS_FIRST : 2 * outbox->unsent_wait_ms;
    outbox->unsent_wait_ms = (uint32_t)earlier(outbox->unsent_wait_ms, UNSENT_MS_MAX);
    outbox->unsent_ms = now_ms + outbox->unsent_wait_ms;
}

bool outbox_take_returned(struct outbox *outbox, struct buf *frame)
{
    if (outbox->returned.size == 0) {
        return false;
    }
    buf_clear(frame);
    buf_append_bytes(frame, buf_bytes(&outbox->returned));
    buf_free(&outbox->returned);
    return true;
}

void outbox_block(struct outbox *outbox, bool blocked)
{
    outbox->blocked = blocked;
}

void outbox_was_taken(struct outbox *outbox)
{
    outbox->unsent_wait_ms = 0;
}
