#include "replicator/trust/objection.h"

#include <inttypes.h>

enum { ARENA_BYTES = 4 << 10 };

static struct hash signed_hash(const struct objection *objection, const struct hash *tree)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_OBJECTION);
    hasher_add(&hasher, tree->at, sizeof tree->at);
    hasher_add_u32(&hasher, SUITE_ED25519_BLAKE2B);
    hasher_add(&hasher, objection->division.code, DIVISION_CODE_MAX);
    hasher_add_u32(&hasher, objection->epoch);
    hasher_add(&hasher, objection->grant.at, sizeof objection->grant.at);
    hasher_add_u64(&hasher, objection->time_ms);
    hasher_add_u32(&hasher, objection->reason);
    return hasher_end(&hasher);
}

void objection_sign(struct objection *objection, const struct hash *tree,
                    const struct sign_key *key)
{
    const struct hash hash = signed_hash(objection, tree);

    objection->signature = sign_hash(key, &hash);
}

bool objection_holds(const struct objection *objection, const struct hash *tree,
                     const struct public_key *key)
{
    const struct hash hash = signed_hash(objection, tree);

    return signature_ok(key, &hash, &objection->signature);
}

const char *objection_reason_name(enum objection_reason reason)
{
    return reason == OBJECTION_IMPERSONATED ? "impersonated" : "unknown";
}

/* --- as bytes --- */

void objection_fill(Terrace__Objection *message, const struct objection *objection)
{
    terrace__objection__init(message);
    message->has_suite = message->has_division = message->has_epoch = 1;
    message->has_unix_ms = message->has_reason = message->has_signature = 1;
    message->suite = SUITE_ED25519_BLAKE2B;
    message->division = pb_division(&objection->division);
    message->epoch = objection->epoch;
    message->has_grant = !hash_equal(&objection->grant, &HASH_ZERO);
    message->grant = pb_of_bytes(objection->grant.at, sizeof objection->grant.at);
    message->unix_ms = objection->time_ms;
    message->reason = objection->reason;
    message->signature = pb_of_bytes(objection->signature.at, sizeof objection->signature.at);
}

enum status objection_take(struct objection *out, const Terrace__Objection *message,
                           struct err *err)
{
    memset(out, 0, sizeof *out);
    if (message->has_suite && message->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "suite_unknown suite=%" PRIu32, message->suite);
    }
    if (message->has_reason && message->reason >= OBJECTION_REASONS) {
        return err_set(err, ERR_NEEDS_UPGRADE, "objection_reason reason=%" PRIu32, message->reason);
    }
    out->epoch = message->epoch;
    out->time_ms = message->unix_ms;
    out->reason = (enum objection_reason)message->reason;
    if (!message->has_suite || out->reason == 0 || out->epoch == 0 ||
        out->epoch > OBJECTION_EPOCH_MAX || !message->has_division ||
        !division_from_pb(&out->division, message->division) ||
        (message->has_grant &&
         !pb_copy_exact(out->grant.at, sizeof out->grant.at, true, message->grant)) ||
        !pb_copy_exact(out->signature.at, sizeof out->signature.at, message->has_signature,
                       message->signature)) {
        return err_set(err, ERR_MALFORMED, "objection_malformed");
    }
    return OK;
}

void objection_write(struct buf *out, const struct objection *objection)
{
    Terrace__Objection message;

    objection_fill(&message, objection);
    message_encode(out, &message.base);
}

enum status objection_read(struct objection *out, struct bytes body, struct err *err)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    arena_init(&arena, ARENA_BYTES);
    status = message_decode(&decoded, &terrace__objection__descriptor, &arena, body,
                            OBJECTION_BYTES_MAX, err);
    if (status == OK) {
        status = objection_take(out, (const Terrace__Objection *)(const void *)decoded, err);
    } else if (status == ERR_TOO_LARGE) {
        err->status = status = ERR_MALFORMED; /* none is that large */
    }
    arena_free(&arena);
    return status;
}
