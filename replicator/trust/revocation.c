#include "replicator/trust/revocation.h"

#include <inttypes.h>

enum { ARENA_BYTES = 4 << 10 };

void revocation_write(struct buf *out, const struct revocation *revocation)
{
    Terrace__Revocation message = TERRACE__REVOCATION__INIT;

    message.has_division = message.has_first_epoch = message.has_last_epoch = 1;
    message.has_epoch = message.has_lsn = message.has_suite = message.has_hash = 1;
    message.has_reason = 1;
    message.division = pb_division(&revocation->division);
    message.first_epoch = revocation->first_epoch;
    message.last_epoch = revocation->last_epoch;
    message.epoch = revocation->epoch;
    message.lsn = revocation->lsn;
    message.suite = SUITE_ED25519_BLAKE2B;
    message.hash = pb_of_bytes(revocation->hash.at, sizeof revocation->hash.at);
    message.reason = pb_of_text(revocation->reason);
    message_encode(out, &message.base);
}

static bool read_epochs(struct revocation *out, const Terrace__Revocation *message)
{
    out->first_epoch = message->first_epoch;
    out->last_epoch = message->last_epoch;
    out->epoch = message->epoch;
    out->lsn = message->lsn;
    return out->first_epoch > 0 && out->first_epoch <= out->last_epoch &&
           out->last_epoch <= REVOCATION_EPOCH_MAX && out->epoch <= out->last_epoch &&
           (out->lsn == 0) == (out->epoch == 0);
}

static bool read_reason(struct revocation *out, const Terrace__Revocation *message)
{
    const struct bytes text = message->has_reason ? bytes_of_pb(message->reason) : BYTES_NONE;

    if (text.size > REVOCATION_REASON_MAX || !text_plain(text)) {
        return false;
    }
    if (text.size > 0) {
        memcpy(out->reason, text.data, text.size);
    }
    return true;
}

static enum status read_message(struct revocation *out, const Terrace__Revocation *message,
                                struct err *err)
{
    if (!message->has_suite || message->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, message->has_suite ? ERR_NEEDS_UPGRADE : ERR_MALFORMED,
                       "suite_unknown suite=%" PRIu32, message->suite);
    }
    if (!message->has_division || !division_from_pb(&out->division, message->division) ||
        !read_epochs(out, message) || !read_reason(out, message) ||
        !pb_copy_exact(out->hash.at, sizeof out->hash.at, message->has_hash, message->hash) ||
        (out->lsn == 0 && !hash_equal(&out->hash, &HASH_ZERO))) {
        return err_set(err, ERR_MALFORMED, "revocation_malformed");
    }
    return OK;
}

enum status revocation_read(struct revocation *out, struct bytes body, struct err *err)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    arena_init(&arena, ARENA_BYTES);
    status = message_decode(&decoded, &terrace__revocation__descriptor, &arena, body,
                            REVOCATION_BYTES_MAX, err);
    if (status == OK) {
        status = read_message(out, (const Terrace__Revocation *)(const void *)decoded, err);
    } else if (status == ERR_TOO_LARGE) {
        err->status = status = ERR_MALFORMED; /* none is that large */
    }
    arena_free(&arena);
    return status;
}
