#include "replicator/session/visits.h"

#include <inttypes.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/roster_load.h"

bool visits_find(const struct replicator *r, const uint8_t curve_key[32], struct division *who)
{
    struct former_key former;

    if (!roster_former_key(r->roster, curve_key, &former)) {
        return false;
    }
    *who = former.division;
    return true;
}

void visits_objected(struct replicator *r, struct division division)
{
    struct objection_held held;

    if (roster_objection(r->roster, division, &held)) {
        LOG_WARN("epoch.objected", "about=%s epoch=%" PRIu32 " reason=%s by=%s", division.code,
                 held.said.epoch, objection_reason_name(held.said.reason), held.by.code);
    }
    r->config.sink.roster_changed(r->config.sink.arg, division);
}

/* --- the one frame --- */

static enum status check_frame(const Terrace__Frame *frame, size_t size, struct err *err)
{
    Terrace__Frame alone = TERRACE__FRAME__INIT;

    alone.objection = frame->objection;
    return frame->objection != NULL && protobuf_c_message_get_packed_size(&alone.base) == size
               ? OK
               : err_set(err, ERR_REFUSED, "visit_no_objection");
}

static enum status read_objection(struct replicator *r, struct bytes raw, struct objection *out,
                                  struct err *err)
{
    Terrace__Frame *frame;
    enum status status;

    if (raw.size > VISIT_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "visit_large bytes=%zu max=%d", raw.size,
                       VISIT_BYTES_MAX);
    }
    status = frame_decode(&frame, &r->arena, raw, err);
    if (status == OK) {
        status = check_frame(frame, raw.size, err);
    }
    return status == OK ? objection_take(out, frame->objection, err) : status;
}

static void enter(struct replicator *r, struct txn *txn, const struct objection *objection)
{
    const struct audience audience = {.kind = AUDIENCE_TREE, .division = objection->division};
    struct objection_held held = {
        .said = *objection, .by = r->config.self, .time_ms = now_unix_ms(r)};
    struct buf body = BUF_EMPTY;
    struct err err;
    bool kept;

    objection_write(&body, objection);
    held.said_lsn = log_writer_append(&r->writer, txn, &audience, KIND_OBJECTION, OBJECTION_FORMAT,
                                      buf_bytes(&body));
    buf_free(&body);
    if (roster_object(r->roster, &held, &kept, &err) == OK && kept) {
        roster_store_objection(txn, &held);
    }
    visits_objected(r, objection->division);
}

/* Said again, as it is until it was answered, it is entered once. */
static enum status take(struct replicator *r, struct txn *txn, const struct former_key *former,
                        struct bytes raw, struct err *err)
{
    struct objection_held held;
    struct objection objection;
    enum status status = read_objection(r, raw, &objection, err);

    if (status == OK && !division_equal(objection.division, former->division)) {
        status =
            err_set(err, ERR_REFUSED, "objection_of_another division=%s", objection.division.code);
    }
    if (status == OK) {
        status = roster_check_objection(r->roster, &objection, err);
    }
    if (status == OK && !roster_objection(r->roster, objection.division, &held)) {
        enter(r, txn, &objection);
    }
    return status;
}

/* --- the answer --- */

/* The recovery in the place of that epoch, as it was sealed. */
static void tell_grant(const struct replicator *r, const struct former_key *former,
                       Terrace__Superseded *out)
{
    struct contest contest;
    struct epoch_state state;
    uint32_t epoch = former->epoch + 1;

    while (roster_epoch_state(r->roster, former->division, epoch, &state) &&
           (!state.is_recovery || state.standing == STANDING_REFUSED)) {
        epoch++;
    }
    if (state.is_recovery) {
        const struct bytes sealed = roster_sealed(r->roster, former->division, epoch);

        out->has_grant = out->has_counts = 1;
        out->grant = pb_of_bytes(sealed.data, sealed.size);
        out->counts =
            !roster_contest(r->roster, former->division, &contest) || contest.epoch > epoch;
    }
}

/* Where the block is not durable yet, or is large for other reasons, the bare word goes. */
static void tell_word(const struct replicator *r, const struct revocation *word, struct buf *memory,
                      Terrace__Superseded *out)
{
    struct block_view block;
    struct err err;

    out->has_by = out->has_epoch = out->has_lsn = 1;
    out->by = pb_division(&word->by);
    out->epoch = word->epoch;
    out->lsn = word->lsn;
    if (log_read_block(r->config.store, NULL, word->by, word->said_lsn, memory, &block, &err) ==
            OK &&
        block.whole.size <= VISIT_WORD_BYTES_MAX) {
        out->has_word = 1;
        out->word = pb_of_bytes(block.whole.data, block.whole.size);
    }
}

void visits_take(struct replicator *r, struct txn *txn, const uint8_t curve_key[32],
                 struct bytes raw, struct buf *answer)
{
    Terrace__Superseded superseded = TERRACE__SUPERSEDED__INIT;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct buf memory = BUF_EMPTY;
    struct former_key former;
    struct err err = {.status = ERR_REFUSED};

    if (!roster_former_key(r->roster, curve_key, &former)) {
        return;
    }
    if (former.is_revoked) {
        message_format(err.text, sizeof err.text, "division_revoked");
        tell_word(r, &former.word, &memory, &superseded);
    } else if (take(r, txn, &former, raw, &err) == OK) {
        err.status = OK;
    }
    if (!former.is_revoked) {
        tell_grant(r, &former, &superseded);
    }
    LOG_INFO("link.visit", "about=%s epoch=%" PRIu32 " status=%s why=%s", former.division.code,
             former.epoch, status_name(err.status), err.status == OK ? "-" : err.text);
    superseded.has_status = 1;
    superseded.status = err.status;
    frame.superseded = &superseded;
    frame_encode(answer, &frame);
    buf_free(&memory);
    arena_reset(&r->arena);
}
