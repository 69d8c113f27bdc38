#include "proto/frame.h"
#include "proto/log.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/enrol_attempts.h"
#include "replicator/trust/enrol_proof.h"

#include <assert.h>
#include <inttypes.h>

/* The parent's side. Whoever asks is unknown but for a key: every answer says why, and
 * every refusal is kept for the operator to see. */

enum {
    REQUEST_ARENA_BYTES = 128 << 10,
    RECORD_VERSION = 1,
};

/* --- invites as kept --- */

enum invite_state { INVITE_OPEN, INVITE_GRANTED, INVITE_SPENT, INVITE_STATES };

struct invite {
    enum invite_state state;
    struct division parent;
    struct hash secret; /* TAG_TOKEN of it */
    uint64_t expires_unix_ms;
    struct number_set policy;
    char name[NAME_BYTES_MAX + 1];
    struct public_key sign_key; /* of whom it was granted to */
    uint8_t curve_key[32];
};

static void invite_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_INVITE);
    division_write(key, division);
}

static void write_invite(struct txn *txn, struct division division, const struct invite *invite)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    invite_key(&key, division);
    buf_put_u8(&value, RECORD_VERSION);
    buf_put_u8(&value, (uint8_t)invite->state);
    division_write(&value, invite->parent);
    buf_append(&value, invite->secret.at, sizeof invite->secret.at);
    buf_put_u64(&value, invite->expires_unix_ms);
    buf_put_number_set(&value, &invite->policy);
    buf_append(&value, invite->sign_key.at, sizeof invite->sign_key.at);
    buf_append(&value, invite->curve_key, sizeof invite->curve_key);
    buf_append_bytes(&value, bytes_text(invite->name));
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

static bool parse_invite(struct invite *out, struct bytes value)
{
    struct reader reader = reader_of(value);
    const uint8_t version = reader_u8(&reader);
    const uint8_t state = reader_u8(&reader);
    size_t name_size;

    memset(out, 0, sizeof *out);
    out->state = (enum invite_state)state;
    out->parent = division_read(&reader);
    reader_copy(&reader, out->secret.at, sizeof out->secret.at);
    out->expires_unix_ms = reader_u64(&reader);
    out->policy = reader_number_set(&reader);
    reader_copy(&reader, out->sign_key.at, sizeof out->sign_key.at);
    reader_copy(&reader, out->curve_key, sizeof out->curve_key);
    name_size = reader_left(&reader);
    if (!reader_ok(&reader) || version != RECORD_VERSION || state >= INVITE_STATES ||
        name_size > NAME_BYTES_MAX) {
        return false;
    }
    reader_copy(&reader, out->name, name_size);
    return true;
}

static bool read_invite(struct txn *txn, struct division division, struct invite *out)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool found;

    invite_key(&key, division);
    found = txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &value) && parse_invite(out, value);
    buf_free(&key);
    return found;
}

/* Whose token is it? Kept for as long as the invite it belongs to, used or not. */
static void secret_key(struct buf *key, const struct hash *secret)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_INVITE_SECRET);
    buf_append(key, secret->at, sizeof secret->at);
}

static void index_secret(struct txn *txn, struct division division, const struct hash *secret)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct invite before;

    if (read_invite(txn, division, &before)) {
        secret_key(&key, &before.secret);
        txn_delete(txn, SPACE_LOCAL, buf_bytes(&key));
    }
    secret_key(&key, secret);
    division_write(&value, division);
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

static struct hash secret_hash(const uint8_t secret[32])
{
    return hash_of(TAG_TOKEN, bytes_of(secret, 32));
}

/* --- inviting --- */

static enum status check_place(const struct roster *roster, const struct token *token,
                               struct err *err)
{
    const char *code = token->division.code;
    const struct member *self = roster_find(roster, token->parent);
    const struct member *member = roster_find(roster, token->division);

    if (self == NULL) {
        return err_set(err, ERR_REFUSED, "inviter_not_granted division=%s", token->parent.code);
    }
    if (division_is_none(token->division) || member == self) {
        return err_set(err, ERR_REFUSED, "invites_itself");
    }
    if (member != NULL && member->parent != self) {
        return err_set(err, ERR_REFUSED, "member_elsewhere division=%s parent=%s", code,
                       token->parent.code);
    }
    if (member != NULL) {
        return err_set(err, ERR_REFUSED, "member_needs_epoch division=%s", code);
    }
    if (self->depth + 1 >= TREE_DEPTH_MAX) {
        return err_set(err, ERR_REFUSED, "tree_too_deep levels_max=%d", TREE_DEPTH_MAX);
    }
    return OK;
}

static enum status check_addresses(const struct token *token, struct err *err)
{
    if (!endpoint_can_be_dialled(token->link)) {
        return err_set(err, ERR_REFUSED, "link_not_dialled endpoint=%s", token->link);
    }
    if (!endpoint_can_be_dialled(token->endpoint)) {
        return err_set(err, ERR_REFUSED, "enrol_not_dialled endpoint=%s", token->endpoint);
    }
    return OK;
}

enum status enrol_invite(struct replicator *replicator, struct txn *txn, struct token *token,
                         const char *name, uint64_t now_unix_ms, struct err *err)
{
    const struct bytes name_bytes = bytes_text(name);
    struct invite invite = {.state = INVITE_OPEN, .parent = token->parent, .policy = token->policy};
    enum status status = check_place(replicator_roster(replicator), token, err);

    if (status == OK) {
        status = check_addresses(token, err);
    }
    if (status != OK) {
        return err_wrap(err, "invite_failed");
    }
    if (name_bytes.size == 0 || name_bytes.size > NAME_BYTES_MAX || !text_plain(name_bytes)) {
        return err_set(err, ERR_REFUSED, "invite_name bytes_max=%d", NAME_BYTES_MAX);
    }
    memcpy(invite.name, name_bytes.data, name_bytes.size);
    crypto_random(token->secret, sizeof token->secret);
    token->expires_unix_ms = now_unix_ms + TOKEN_LIFE_MS;
    invite.expires_unix_ms = token->expires_unix_ms;
    invite.secret = secret_hash(token->secret);
    index_secret(txn, token->division, &invite.secret);
    write_invite(txn, token->division, &invite); /* one that was never used is replaced */
    return OK;
}

struct invitations {
    void (*visit)(void *arg, const struct enrol_invitation *invitation);
    void *arg;
    bool bad;
};

static bool visit_invite(void *arg, struct bytes key, struct bytes value)
{
    struct invitations *list = arg;
    struct enrol_invitation invitation;
    struct reader division = reader_of(key);
    struct invite invite;

    (void)reader_u8(&division); /* the letter */
    invitation.division = division_read(&division);
    list->bad = !reader_ok(&division) || !parse_invite(&invite, value);
    if (!list->bad && invite.state == INVITE_OPEN) {
        memcpy(invitation.name, invite.name, sizeof invitation.name);
        invitation.expires_unix_ms = invite.expires_unix_ms;
        invitation.since_unix_ms = invite.expires_unix_ms - TOKEN_LIFE_MS;
        list->visit(list->arg, &invitation);
    }
    return !list->bad;
}

enum status enrol_invitations(const struct store *store, struct store_snapshot *snapshot,
                              void (*visit)(void *arg, const struct enrol_invitation *invitation),
                              void *arg, struct err *err)
{
    const uint8_t prefix = LOCAL_INVITE;
    struct invitations list = {visit, arg, false};
    const enum status status =
        store->ops->scan(store->self, snapshot, SPACE_LOCAL, bytes_of(&prefix, 1), BYTES_NONE,
                         visit_invite, &list, err);

    return status == OK && list.bad ? err_set(err, ERR_CORRUPT, "invitation_unreadable") : status;
}

/* --- one request --- */

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
    if (endpoint.size > ENDPOINT_BYTES_MAX || !text_plain(endpoint)) {
        return err_set(err, ERR_MALFORMED, "enrol_bad_endpoint");
    }
    if (endpoint.size != 0) {
        memcpy(out->endpoint, endpoint.data, endpoint.size);
    }
    return OK;
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

/* Whose token is shown; none when no token with this secret was ever given out. */
static struct division find_invited(struct txn *txn, const struct enrol_message *message)
{
    const struct hash secret = secret_hash(message->secret);
    struct division invited = DIVISION_NONE;
    struct buf key = BUF_EMPTY;
    struct bytes value;

    secret_key(&key, &secret);
    if (txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &value)) {
        struct reader reader = reader_of(value);
        invited = division_read(&reader);
    }
    buf_free(&key);
    return invited;
}

static enum status find_invite(struct txn *txn, const struct enrol_message *message,
                               struct division invited, struct invite *out, struct err *err)
{
    if (division_is_none(invited) || !read_invite(txn, invited, out)) {
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

static enum status take_confirm(struct txn *txn, const struct enrol_message *message,
                                const uint8_t proven_curve_key[32], struct invite *invite,
                                struct err *err)
{
    if (invite->state == INVITE_OPEN || !same_keys(invite, message, proven_curve_key)) {
        return err_set(err, ERR_REFUSED, "confirm_without_grant division=%s",
                       message->division.code);
    }
    if (invite->state == INVITE_GRANTED) {
        invite->state = INVITE_SPENT;
        write_invite(txn, message->division, invite);
        LOG_INFO("enrol.confirmed", "about=%s", message->division.code);
    }
    return OK;
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
    enum status status;

    if (now_unix_ms >= invite->expires_unix_ms) {
        return err_set(err, ERR_EXPIRED, "token_expired division=%s", message->division.code);
    }
    if (roster_find(replicator_roster(replicator), message->division) != NULL) {
        return err_set(err, ERR_REFUSED, "member_already division=%s", message->division.code);
    }
    memcpy(grant.name, invite->name, sizeof grant.name);
    memcpy(grant.endpoint, message->endpoint, sizeof grant.endpoint);
    memcpy(grant.curve_key, proven_curve_key, sizeof grant.curve_key);
    status = replicator_grant(replicator, txn, &grant, err);
    if (status != OK) {
        return status;
    }
    invite->state = INVITE_GRANTED;
    invite->sign_key = message->sign_key;
    memcpy(invite->curve_key, proven_curve_key, sizeof invite->curve_key);
    write_invite(txn, message->division, invite);
    LOG_INFO("enrol.granted", "about=%s parent=%s", message->division.code, invite->parent.code);
    return OK;
}

static enum status take_request(struct replicator *replicator, struct txn *txn,
                                const struct enrol_message *message, struct division invited,
                                const uint8_t proven_curve_key[32], uint64_t now_unix_ms,
                                struct err *err)
{
    struct invite invite = {.state = INVITE_OPEN};
    enum status status = find_invite(txn, message, invited, &invite, err);

    if (status != OK) {
        return status;
    }
    if (message->confirm) {
        return take_confirm(txn, message, proven_curve_key, &invite, err);
    }
    if (invite.state == INVITE_GRANTED && same_keys(&invite, message, proven_curve_key)) {
        return OK; /* our answer was lost: it gets the same one */
    }
    if (invite.state != INVITE_OPEN) {
        return err_set(err, ERR_ALREADY_USED, "token_used division=%s", message->division.code);
    }
    return give_grant(replicator, txn, message, proven_curve_key, &invite, now_unix_ms, err);
}

/* --- answers --- */

static void write_chain(struct buf *answer, const struct roster *roster, struct division division)
{
    Terrace__EnrolAnswer message = TERRACE__ENROL_ANSWER__INIT;
    ProtobufCBinaryData chain[ENROL_CHAIN_MAX];
    const struct member *member = roster_find(roster, division);
    size_t at = ENROL_CHAIN_MAX;

    assert(member != NULL && member->depth < ENROL_CHAIN_MAX);
    for (; member != NULL; member = member->parent) {
        chain[--at] = pb_of_bytes(member->sealed.data, member->sealed.size);
    }
    message.has_status = 1;
    message.status = OK;
    message.chain = chain + at;
    message.n_chain = ENROL_CHAIN_MAX - at;
    message_encode(answer, &message.base);
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
        invited = find_invited(txn, &message);
        status = check_proofs(&message, from->curve_key, &err);
    }
    if (status == OK) {
        status =
            take_request(replicator, txn, &message, invited, from->curve_key, now_unix_ms, &err);
    }
    crypto_wipe(message.secret, sizeof message.secret);
    if (status != OK) {
        struct enrol_attempt attempt = {
            .unix_ms = now_unix_ms, .division = message.division, .reason = status, .from = *from};
        refuse(txn, &attempt, invited, err.text, answer);
    } else if (message.confirm) {
        write_status(answer, OK, "");
    } else {
        write_chain(answer, replicator_roster(replicator), message.division);
    }
}

bool enrol_knows_secret(const struct store *store, struct bytes frame)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct enrol_message message;
    struct hash secret;
    struct err err;
    bool known = false;

    if (read_request(&message, frame, &err) == OK) {
        secret = secret_hash(message.secret);
        crypto_wipe(message.secret, sizeof message.secret);
        secret_key(&key, &secret);
        known =
            store->ops->get(store->self, NULL, SPACE_LOCAL, buf_bytes(&key), &value, &err) == OK &&
            value.size != 0;
    }
    buf_free(&key);
    buf_free(&value);
    return known;
}
