#include "proto/frame.h"
#include "proto/log.h"
#include "replicator/ancestors.h"
#include "replicator/session/resync.h"
#include "replicator/trust/enrol_attempts.h"
#include "replicator/trust/enrol_invites.h"
#include "replicator/trust/enrol_place.h"
#include "replicator/trust/enrol_proof.h"

#include <assert.h>
#include <inttypes.h>

/* The parent's side. Whoever asks is unknown but for a key: every answer says why, and
 * every refusal is kept for the operator to see. */

enum { REQUEST_ARENA_BYTES = 128 << 10 };

/* --- one request --- */

static enum status read_founders(struct enrol_message *out, const Terrace__EnrolRequest *request,
                                 struct err *err)
{
    assert(request->n_founder <= GRANT_FOUNDERS_MAX); /* the scan before the unpacking */
    for (size_t i = 0; i < request->n_founder; i++) {
        if (!founder_read(&out->terms, request->founder[i])) {
            return err_set(err, ERR_MALFORMED, "grant_founder_invalid index=%zu", i);
        }
    }
    return OK;
}

static enum status read_fields(struct enrol_message *out, const Terrace__EnrolRequest *request,
                               struct err *err)
{
    const struct bytes endpoint =
        request->has_endpoint ? bytes_of_pb(request->endpoint) : BYTES_NONE;

    if (!request->has_suite) {
        return err_set(err, ERR_MALFORMED, "suite_missing");
    }
    if (request->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "suite_unknown suite=%u", request->suite);
    }
    if (!request->has_division || !division_parse(&out->division, bytes_of_pb(request->division))) {
        return err_set(err, ERR_MALFORMED, "enrol_no_division");
    }
    out->confirm = request->has_confirm && request->confirm != 0;
    out->unix_ms = request->unix_ms;
    if (!pb_copy_exact(out->secret, sizeof out->secret, request->has_secret, request->secret)) {
        return err_set(err, ERR_MALFORMED, "enrol_no_secret");
    }
    if (!pb_copy_exact(out->sign_key.at, sizeof out->sign_key.at, request->has_sign_key,
                       request->sign_key) ||
        !pb_copy_exact(out->proof.at, sizeof out->proof.at, request->has_proof, request->proof)) {
        return err_set(err, ERR_MALFORMED, "enrol_no_signing_key");
    }
    if (!out->confirm && (!pb_copy_exact(out->curve_key, sizeof out->curve_key,
                                         request->has_curve_key, request->curve_key) ||
                          !pb_copy_exact(out->key_proof.at, sizeof out->key_proof.at,
                                         request->has_key_proof, request->key_proof))) {
        return err_set(err, ERR_MALFORMED, "enrol_no_link_key");
    }
    if (request->has_end_lsn && !pb_copy_exact(out->end.hash.at, sizeof out->end.hash.at,
                                               request->has_end_hash, request->end_hash)) {
        return err_set(err, ERR_MALFORMED, "enrol_bad_end");
    }
    out->end.lsn = request->end_lsn;
    if (endpoint.size > ENDPOINT_BYTES_MAX || !text_plain(endpoint)) {
        return err_set(err, ERR_MALFORMED, "enrol_bad_endpoint");
    }
    if (endpoint.size != 0) {
        memcpy(out->endpoint, endpoint.data, endpoint.size);
    }
    return read_founders(out, request, err);
}

static enum status read_request(struct enrol_message *out, struct bytes frame, struct err *err)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    arena_init(&arena, REQUEST_ARENA_BYTES);
    status = message_decode(&decoded, &terrace__enrol_request__descriptor, &arena, frame,
                            ENROL_FRAME_BYTES_MAX, err);
    if (status == OK) {
        status = read_fields(out, (const Terrace__EnrolRequest *)(const void *)decoded, err);
    }
    arena_free(&arena);
    return status;
}

/* Is this the request of who holds these keys? */
static enum status check_proofs(const struct enrol_message *message,
                                const uint8_t proven_curve_key[32], struct err *err)
{
    const struct hash hash = enrol_proof_hash(message);

    if (!signature_ok(&message->sign_key, &hash, &message->proof)) {
        return err_set(err, ERR_BAD_SIGNATURE, "enrol_bad_proof");
    }
    if (!message->confirm &&
        memcmp(message->curve_key, proven_curve_key, sizeof message->curve_key) != 0) {
        return err_set(err, ERR_KEY, "enrol_other_link_key");
    }
    return OK;
}

static enum status find_invite(struct txn *txn, const struct enrol_message *message,
                               struct division invited, struct invite *out, struct err *err)
{
    if (division_is_none(invited) || !invite_find(txn, invited, out)) {
        return err_set(err, ERR_NOT_FOUND, "token_unknown division=%s", message->division.code);
    }
    if (!division_equal(invited, message->division)) {
        return err_set(err, ERR_REFUSED, "token_of_another division=%s", message->division.code);
    }
    return OK;
}

static bool same_keys(const struct invite *invite, const struct enrol_message *message,
                      const uint8_t proven_curve_key[32])
{
    return memcmp(invite->sign_key.at, message->sign_key.at, sizeof invite->sign_key.at) == 0 &&
           memcmp(invite->curve_key, proven_curve_key, sizeof invite->curve_key) == 0;
}

/* Who waits may not name others than those that a person was shown. */
static bool are_as_compared(struct txn *txn, const struct enrol_message *message,
                            const struct invite *invite)
{
    struct grant_terms shown;

    if (invite->state != INVITE_WAITING && invite->state != INVITE_ADMITTED) {
        return true;
    }
    founders_find(txn, message->division, &shown);
    return founders_equal(&shown, &message->terms);
}

static enum status take_confirm(struct txn *txn, const struct enrol_message *message,
                                const uint8_t proven_curve_key[32], struct invite *invite,
                                struct err *err)
{
    if ((invite->state != INVITE_GRANTED && invite->state != INVITE_SPENT) ||
        !same_keys(invite, message, proven_curve_key)) {
        return err_set(err, ERR_REFUSED, "confirm_without_grant division=%s",
                       message->division.code);
    }
    if (invite->state == INVITE_GRANTED) {
        invite->state = INVITE_SPENT;
        invite_put(txn, message->division, invite);
        LOG_INFO("enrol.confirmed", "about=%s", message->division.code);
    }
    return OK;
}

/* Is it who is there already, with the keys that it has? */
static enum status check_again(const struct member *member, const struct enrol_message *message,
                               const uint8_t proven_curve_key[32], struct err *err)
{
    return member != NULL &&
                   memcmp(&member->grant.sign_key, &message->sign_key, PUBLIC_KEY_SIZE) == 0 &&
                   memcmp(member->grant.curve_key, proven_curve_key, 32) == 0
               ? OK
               : err_set(err, ERR_REFUSED, "again_other_keys division=%s", message->division.code);
}

/* It has kept its log: what is held here of it lies within that. Or it has nothing, on a machine
 * that is new: then it goes on behind what is held here. In both cases what an ancestor holds
 * beyond that would be cut off: it is fetched before. */
static enum status check_end(struct replicator *replicator, const struct enrol_message *message,
                             struct err *err)
{
    const enum status status =
        replicator_check_end(replicator, message->division, message->end.lsn, err);
    struct log_head held;

    if (status != OK || message->end.lsn == 0) {
        return status;
    }
    (void)replicator_head(replicator, message->division, true, &held);
    if (message->end.lsn < held.lsn) {
        return err_set(err, ERR_REFUSED, "recover_behind division=%s end=%" PRIu64 " held=%" PRIu64,
                       message->division.code, message->end.lsn, held.lsn);
    }
    return message->end.lsn > held.lsn || hash_equal(&message->end.hash, &held.hash)
               ? OK
               : err_set(err, ERR_REFUSED, "recover_other_log division=%s lsn=%" PRIu64,
                         message->division.code, held.lsn);
}

/* Would the answer hold its chain? Who was granted and cannot be told so never comes in. */
static enum status check_chain(const struct roster *roster, const struct invite *invite,
                               const struct enrol_message *message, struct err *err)
{
    const struct member *above = roster_find(roster, invite->parent);
    uint32_t links = roster_next_epoch(roster, message->division) - (invite->again ? 1 : 0);

    for (; above != NULL; above = above->parent) {
        links += above->grant.epoch;
    }
    return links <= ENROL_CHAIN_MAX ? OK : err_set(err, ERR_LIMIT, "enrol_chain_long");
}

/* May it be granted at all, now? */
static enum status check_open(struct replicator *replicator, const struct enrol_message *message,
                              const struct invite *invite, const uint8_t proven_curve_key[32],
                              uint64_t now_unix_ms, struct err *err)
{
    const struct member *member = roster_find(replicator_roster(replicator), message->division);

    if (now_unix_ms >= invite->expires_unix_ms && invite->state != INVITE_ADMITTED) {
        return err_set(err, ERR_EXPIRED, "token_expired division=%s", message->division.code);
    }
    if (invite->again) {
        return check_again(member, message, proven_curve_key, err);
    }
    if (invite->recover) {
        return check_end(replicator, message, err);
    }
    if (member != NULL) {
        return err_set(err, ERR_REFUSED, "member_already division=%s", message->division.code);
    }
    return enrol_check_reach(replicator_roster(replicator), invite->parent, message->division,
                             &invite->may_grant, err); /* others may have come since */
}

/* A person decides: whoever comes first waits, and no other key beside it. */
static enum status hold(struct txn *txn, const struct enrol_message *message,
                        const struct enrol_asker *from, struct invite *invite, uint64_t now_unix_ms,
                        struct err *err)
{
    if (invite->state == INVITE_OPEN) {
        invite->state = INVITE_WAITING;
        invite->sign_key = message->sign_key;
        memcpy(invite->curve_key, from->curve_key, sizeof invite->curve_key);
        memcpy(invite->address, from->address, sizeof invite->address);
        invite->asked_unix_ms = now_unix_ms;
        invite_put(txn, message->division, invite);
        founders_put(txn, message->division, &message->terms);
        LOG_INFO("enrol.waits", "about=%s address=%s", message->division.code, from->address);
    }
    return err_set(err, ERR_NOT_YET, "enrol_waits division=%s parent=%s", message->division.code,
                   invite->parent.code);
}

/* From now on the token is these keys'. */
static void note_granted(struct txn *txn, const struct enrol_message *message,
                         const uint8_t proven_curve_key[32], struct invite *invite)
{
    invite->state = INVITE_GRANTED;
    invite->sign_key = message->sign_key;
    memcpy(invite->curve_key, proven_curve_key, sizeof invite->curve_key);
    invite_put(txn, message->division, invite);
    founders_put(txn, message->division, &(struct grant_terms){.founder_count = 0});
}

/* Where the new epoch goes on: where the log ends that was kept, else behind what is held here. */
static struct enrol_end base_for(const struct replicator *replicator,
                                 const struct enrol_message *message)
{
    struct log_head held;

    if (message->end.lsn != 0) {
        return message->end;
    }
    (void)replicator_head(replicator, message->division, true, &held);
    return (struct enrol_end){held.lsn, held.hash};
}

static enum status give_grant(struct replicator *replicator, struct txn *txn,
                              const struct enrol_message *message,
                              const uint8_t proven_curve_key[32], struct invite *invite,
                              uint64_t now_unix_ms, struct err *err)
{
    struct grant grant = {.division = message->division,
                          .parent = invite->parent,
                          .epoch = 1,
                          .sign_key = message->sign_key,
                          .key_proof = message->key_proof,
                          .time_ms = now_unix_ms,
                          .policy = invite->policy};
    struct grant_terms terms = message->terms; /* the founders, and what the invitation says */
    enum status status;

    if (invite->recover) {
        const struct enrol_end base = base_for(replicator, message);

        grant.epoch = roster_next_epoch(replicator_roster(replicator), message->division);
        grant.base_lsn = base.lsn;
        grant.base_hash = base.hash;
    }
    memcpy(grant.name, invite->name, sizeof grant.name);
    memcpy(grant.endpoint, message->endpoint, sizeof grant.endpoint);
    memcpy(grant.curve_key, proven_curve_key, sizeof grant.curve_key);
    terms.may_grant = invite->may_grant;
    status = replicator_grant(replicator, txn, &grant, &terms, err);
    if (status != OK) {
        return status;
    }
    note_granted(txn, message, proven_curve_key, invite);
    LOG_INFO("enrol.granted", "about=%s parent=%s", message->division.code, invite->parent.code);
    return OK;
}

/* Nothing is granted: it is a member, and its answer is the chain as it stands now. */
static enum status give_again(struct txn *txn, const struct enrol_message *message,
                              const uint8_t proven_curve_key[32], struct invite *invite)
{
    note_granted(txn, message, proven_curve_key, invite);
    LOG_INFO("enrol.again", "about=%s", message->division.code);
    return OK;
}

/* A person's word is asked for, and was not said yet. */
static bool needs_word(const struct invite *invite)
{
    return (invite->hold && invite->state != INVITE_ADMITTED) ||
           (invite->two && invite->accepted_by[0] == '\0');
}

static enum status take_request(struct replicator *replicator, struct txn *txn,
                                const struct enrol_message *message, struct division invited,
                                const struct enrol_asker *from, uint64_t now_unix_ms,
                                struct err *err)
{
    struct invite invite = {.state = INVITE_OPEN};
    enum status status = find_invite(txn, message, invited, &invite, err);

    if (status != OK) {
        return status;
    }
    if (message->confirm) {
        return take_confirm(txn, message, from->curve_key, &invite, err);
    }
    if (invite.state == INVITE_WITHDRAWN) {
        return err_set(err, ERR_REFUSED, "token_withdrawn division=%s", message->division.code);
    }
    if (invite.state != INVITE_OPEN && !same_keys(&invite, message, from->curve_key)) {
        return err_set(err, ERR_ALREADY_USED, "token_used division=%s", message->division.code);
    }
    if (!are_as_compared(txn, message, &invite)) {
        return err_set(err, ERR_REFUSED, "enrol_other_founders division=%s",
                       message->division.code);
    }
    if (invite.state == INVITE_GRANTED) {
        return OK; /* our answer was lost: it gets the same one */
    }
    if (invite.state == INVITE_SPENT) {
        return err_set(err, ERR_ALREADY_USED, "token_used division=%s", message->division.code);
    }
    if (!invite.again && resync_is_on(replicator)) { /* a grant would be an entry of the own log */
        return err_set(err, ERR_NOT_YET, "enrol_resyncs parent=%s", invite.parent.code);
    }
    status = check_open(replicator, message, &invite, from->curve_key, now_unix_ms, err);
    if (status == OK) {
        status = check_chain(replicator_roster(replicator), &invite, message, err);
    }
    if (status != OK) {
        return status;
    }
    if (needs_word(&invite)) {
        return hold(txn, message, from, &invite, now_unix_ms, err);
    }
    return invite.again
               ? give_again(txn, message, from->curve_key, &invite)
               : give_grant(replicator, txn, message, from->curve_key, &invite, now_unix_ms, err);
}

/* --- answers --- */

/* All epochs of every level, so that each can be judged by the one before it. False: they are more
 * than an answer holds. */
static bool write_chain(struct buf *answer, const struct roster *roster, struct division division)
{
    Terrace__EnrolAnswer message = TERRACE__ENROL_ANSWER__INIT;
    ProtobufCBinaryData chain[ENROL_CHAIN_MAX];
    const struct member *member = roster_find(roster, division);
    size_t at = ENROL_CHAIN_MAX;

    for (; member != NULL; member = member->parent) {
        for (uint32_t epoch = member->grant.epoch; epoch > 0; epoch--) {
            const struct bytes sealed = roster_sealed(roster, member->grant.division, epoch);

            if (at == 0) {
                return false;
            }
            chain[--at] = pb_of_bytes(sealed.data, sealed.size);
        }
    }
    message.has_status = 1;
    message.status = OK;
    message.chain = chain + at;
    message.n_chain = ENROL_CHAIN_MAX - at;
    message_encode(answer, &message.base);
    return answer->size <= ENROL_ANSWER_BYTES_MAX;
}

static void write_status(struct buf *answer, enum status status, const char *text)
{
    Terrace__EnrolAnswer message = TERRACE__ENROL_ANSWER__INIT;

    message.has_status = 1;
    message.status = (uint32_t)status;
    message.has_text = text[0] != '\0';
    message.text = pb_of_bytes(text, strlen(text));
    message_encode(answer, &message.base);
}

/* Cut at a whole character, so that it can be read back as text. */
static void copy_reason(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size) {
        length = size - 1;
    }
    while (length > 0 && !utf8_valid(bytes_of(text, length))) {
        length--;
    }
    memset(out, 0, size);
    memcpy(out, text, length);
}

static void refuse(struct txn *txn, struct enrol_attempt *attempt, struct division invited,
                   const char *text, struct buf *answer)
{
    copy_reason(attempt->text, sizeof attempt->text, text);
    attempt_keep(txn, attempt, invited);
    write_status(answer, attempt->reason, attempt->text);
    if ((attempt->count & (attempt->count - 1)) == 0) { /* a flood must not become one of lines */
        LOG_WARN("enrol.refused", "about=%s reason=%s address=%s count=%" PRIu64,
                 attempt->division.code, status_name(attempt->reason), attempt->from.address,
                 attempt->count);
    }
}

void enrol_receive(struct replicator *replicator, struct txn *txn, struct bytes frame,
                   const struct enrol_asker *from, uint64_t now_unix_ms, struct buf *answer)
{
    struct division invited = DIVISION_NONE;
    struct enrol_message message;
    struct err err = {OK, ""};
    enum status status = read_request(&message, frame, &err);

    buf_clear(answer);
    if (status == OK) {
        invited = invite_of_secret(txn, message.secret);
        status = check_proofs(&message, from->curve_key, &err);
    }
    if (status == OK) {
        status = take_request(replicator, txn, &message, invited, from, now_unix_ms, &err);
    }
    crypto_wipe(message.secret, sizeof message.secret);
    if (status == ERR_NOT_YET) {
        write_status(answer, status, err.text); /* no refusal: a person is waited for */
    } else if (status != OK) {
        struct enrol_attempt attempt = {
            .unix_ms = now_unix_ms, .division = message.division, .reason = status, .from = *from};
        refuse(txn, &attempt, invited, err.text, answer);
    } else if (message.confirm) {
        write_status(answer, OK, "");
    } else if (!write_chain(answer, replicator_roster(replicator), message.division)) {
        buf_clear(answer);
        write_status(answer, ERR_LIMIT, "enrol_chain_long");
    }
}

bool enrol_knows_secret(const struct store *store, struct bytes frame)
{
    struct enrol_message message;
    struct err err;
    bool known = false;

    if (read_request(&message, frame, &err) == OK) {
        known = invite_secret_kept(store, message.secret);
        crypto_wipe(message.secret, sizeof message.secret);
    }
    return known;
}
