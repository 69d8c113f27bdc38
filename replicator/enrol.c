#include "proto/frame.h"
#include "proto/log.h"
#include "replicator/enrol_proof.h"

#include <assert.h>
#include <inttypes.h>

/* The parent's side. Whoever knocks is a stranger with a key: every answer to one says why, and
 * every refusal is kept for the operator to see. */

enum {
    REQUEST_ARENA_BYTES = 128 << 10,
    RECORD_VERSION = 1,
    ATTEMPTS_KEPT = 256,
    INVITE_KEY = 'i',
    ATTEMPT_KEY = 'j',
};

/* --- invites as kept --- */

enum invite_state { INVITE_OPEN, INVITE_GRANTED, INVITE_SPENT, INVITE_STATES };

struct invite {
    enum invite_state state;
    struct division parent;
    struct hash secret; /* TAG_TOKEN of it */
    uint64_t expires_unix_ms;
    uint64_t policy;
    char name[NAME_BYTES_MAX + 1];
    struct public_key sign_key; /* of whom it was granted to */
    uint8_t curve_key[32];
};

static void invite_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, INVITE_KEY);
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
    buf_put_u64(&value, invite->policy);
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
    out->policy = reader_u64(&reader);
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

/* --- inviting --- */

static enum status check_place(const struct roster *roster, const struct token *token,
                               struct err *err)
{
    const char *code = token->division.code;
    const struct member *self = roster_find(roster, token->parent);
    const struct member *member = roster_find(roster, token->division);

    if (self == NULL) {
        return err_set(err, ERR_REFUSED, "%s is not granted yet itself", token->parent.code);
    }
    if (division_is_none(token->division) || member == self) {
        return err_set(err, ERR_REFUSED, "a node cannot invite its own division");
    }
    if (member != NULL && member->parent != self) {
        return err_set(err, ERR_REFUSED, "%s is a member already, and not a child of %s", code,
                       token->parent.code);
    }
    if (member != NULL) {
        return err_set(err, ERR_REFUSED,
                       "%s is a member already: new keys for it, or a rebuild after a lost disk, "
                       "need a new epoch, which an invite does not give",
                       code);
    }
    if (self->depth + 1 >= TREE_DEPTH_MAX) {
        return err_set(err, ERR_REFUSED, "a tree has at most %d levels", TREE_DEPTH_MAX);
    }
    return OK;
}

static enum status check_addresses(const struct token *token, struct err *err)
{
    if (!endpoint_can_be_dialled(token->link)) {
        return err_set(err, ERR_REFUSED,
                       "nobody can dial \"%s\": set listen or advertise in config.yaml to the "
                       "address at which "
                       "this node is reached, and start it again",
                       token->link);
    }
    if (!endpoint_can_be_dialled(token->endpoint)) {
        return err_set(
            err, ERR_REFUSED,
            "nobody can dial \"%s\": set enrol or advertise_enrol in config.yaml to the address at "
            "which this node is reached, and start it again",
            token->endpoint);
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
        return err_wrap(err, "invite");
    }
    if (name_bytes.size == 0 || name_bytes.size > NAME_BYTES_MAX || !text_plain(name_bytes)) {
        return err_set(err, ERR_REFUSED,
                       "invite: a name has 1 to %d bytes of UTF-8 and no control characters",
                       NAME_BYTES_MAX);
    }
    memcpy(invite.name, name_bytes.data, name_bytes.size);
    crypto_random(token->secret, sizeof token->secret);
    token->expires_unix_ms = now_unix_ms + TOKEN_LIFE_MS;
    invite.expires_unix_ms = token->expires_unix_ms;
    invite.secret = hash_of(TAG_TOKEN, bytes_of(token->secret, sizeof token->secret));
    write_invite(txn, token->division, &invite); /* one that was never used is replaced */
    return OK;
}

/* --- attempts --- */

struct attempt_range {
    size_t count;
    uint64_t first, last; /* sequence numbers */
};

static bool note_attempt(void *arg, struct bytes key, struct bytes value)
{
    struct attempt_range *range = arg;
    struct reader reader = reader_of(key);

    (void)value;
    (void)reader_u8(&reader);
    range->last = reader_u64(&reader);
    if (range->count++ == 0) {
        range->first = range->last;
    }
    return true;
}

static void attempt_key(struct buf *key, uint64_t sequence)
{
    buf_clear(key);
    buf_put_u8(key, ATTEMPT_KEY);
    buf_put_u64(key, sequence);
}

static void keep_attempt(struct txn *txn, const struct enrol_attempt *attempt)
{
    const uint8_t prefix = ATTEMPT_KEY;
    const size_t code_size = strlen(attempt->division.code);
    struct attempt_range range = {0, 0, 0};
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct err err;

    if (txn_scan(txn, SPACE_LOCAL, bytes_of(&prefix, 1), note_attempt, &range, &err) != OK) {
        return; /* the read error stays with the txn, and the turn ends on it */
    }
    if (range.count >= ATTEMPTS_KEPT) {
        attempt_key(&key, range.first);
        txn_delete(txn, SPACE_LOCAL, buf_bytes(&key));
    }
    attempt_key(&key, range.last + 1);
    buf_put_u8(&value, RECORD_VERSION);
    buf_put_u64(&value, attempt->unix_ms);
    buf_put_u32(&value, (uint32_t)attempt->reason);
    buf_put_u8(&value, (uint8_t)code_size);
    buf_append(&value, attempt->division.code, code_size);
    buf_append_bytes(&value, bytes_text(attempt->text));
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

static bool parse_attempt(struct enrol_attempt *out, struct bytes value)
{
    struct reader reader = reader_of(value);
    const uint8_t version = reader_u8(&reader);
    uint32_t reason;
    struct bytes code;
    size_t text_size;

    memset(out, 0, sizeof *out);
    out->unix_ms = reader_u64(&reader);
    reason = reader_u32(&reader);
    code = reader_bytes(&reader, reader_u8(&reader));
    text_size = reader_left(&reader);
    if (!reader_ok(&reader) || version != RECORD_VERSION || reason >= STATUSES ||
        text_size >= sizeof out->text) {
        return false;
    }
    out->reason = (enum status)reason;
    (void)division_parse(&out->division, code); /* none: it could not be read */
    reader_copy(&reader, out->text, text_size);
    return true;
}

struct attempt_list {
    struct enrol_attempt *attempts;
    size_t count;
    bool bad;
};

static bool gather_attempt(void *arg, struct bytes key, struct bytes value)
{
    struct attempt_list *list = arg;

    (void)key;
    list->bad = list->count == ATTEMPTS_KEPT || !parse_attempt(&list->attempts[list->count], value);
    list->count++;
    return !list->bad;
}

enum status enrol_attempts(const struct store *store, struct store_snapshot *snapshot,
                           void (*visit)(void *arg, const struct enrol_attempt *attempt), void *arg,
                           struct err *err)
{
    const uint8_t prefix = ATTEMPT_KEY;
    struct attempt_list list = {mem_zalloc(ATTEMPTS_KEPT * sizeof *list.attempts), 0, false};
    enum status status = store->ops->scan(store->self, snapshot, SPACE_LOCAL, bytes_of(&prefix, 1),
                                          BYTES_NONE, gather_attempt, &list, err);

    if (status == OK && list.bad) {
        status = err_set(err, ERR_CORRUPT, "a kept enrolment attempt cannot be read");
    }
    while (status == OK && list.count > 0) {
        visit(arg, &list.attempts[--list.count]);
    }
    mem_free(list.attempts);
    return status;
}

/* --- one request --- */

static enum status read_fields(struct enrol_message *out, const Terrace__EnrolRequest *request,
                               struct err *err)
{
    const struct bytes endpoint =
        request->has_endpoint ? bytes_of_pb(request->endpoint) : BYTES_NONE;

    if (!request->has_suite) {
        return err_set(err, ERR_MALFORMED, "no suite of signatures is named");
    }
    if (request->suite != SUITE_ED25519_BLAKE2B) {
        return err_set(err, ERR_NEEDS_UPGRADE, "keys of suite %u are not known here",
                       request->suite);
    }
    if (!request->has_division || !division_parse(&out->division, bytes_of_pb(request->division))) {
        return err_set(err, ERR_MALFORMED, "no division code");
    }
    out->confirm = request->has_confirm && request->confirm != 0;
    out->unix_ms = request->unix_ms;
    if (!pb_copy_exact(out->secret, sizeof out->secret, request->has_secret, request->secret)) {
        return err_set(err, ERR_MALFORMED, "no secret");
    }
    if (!pb_copy_exact(out->sign_key.at, sizeof out->sign_key.at, request->has_sign_key,
                       request->sign_key) ||
        !pb_copy_exact(out->proof.at, sizeof out->proof.at, request->has_proof, request->proof)) {
        return err_set(err, ERR_MALFORMED, "no signing key, or no proof of it");
    }
    if (!out->confirm && (!pb_copy_exact(out->curve_key, sizeof out->curve_key,
                                         request->has_curve_key, request->curve_key) ||
                          !pb_copy_exact(out->key_proof.at, sizeof out->key_proof.at,
                                         request->has_key_proof, request->key_proof))) {
        return err_set(err, ERR_MALFORMED, "no link key, or no word of the signing key for it");
    }
    if (endpoint.size > ENDPOINT_BYTES_MAX || !text_plain(endpoint)) {
        return err_set(err, ERR_MALFORMED, "bad endpoint");
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
        return err_set(err, ERR_BAD_SIGNATURE, "the proof of the signing key does not fit");
    }
    if (!message->confirm &&
        memcmp(message->curve_key, proven_curve_key, sizeof message->curve_key) != 0) {
        return err_set(err, ERR_KEY, "the claimed link key is not the one of the connection");
    }
    return OK;
}

struct secret_search {
    const struct hash *secret;
    struct division division;
};

static bool match_secret(void *arg, struct bytes key, struct bytes value)
{
    struct secret_search *search = arg;
    struct reader reader = reader_of(key);
    struct invite invite;

    (void)reader_u8(&reader);
    if (parse_invite(&invite, value) &&
        crypto_equal(invite.secret.at, search->secret->at, sizeof invite.secret.at)) {
        search->division = division_read(&reader);
        return false;
    }
    return true;
}

/* No invite fits: is the token one for somebody else, or none at all? */
static enum status say_why_unknown(struct txn *txn, const struct hash *secret,
                                   struct division division, struct err *err)
{
    const uint8_t prefix = INVITE_KEY;
    struct secret_search search = {secret, DIVISION_NONE};

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&prefix, 1), match_secret, &search, err);
    if (!division_is_none(search.division)) {
        return err_set(err, ERR_REFUSED, "the token was made for another division than %s",
                       division.code);
    }
    return err_set(err, ERR_NOT_FOUND, "no such token for %s", division.code);
}

static enum status find_invite(struct txn *txn, const struct enrol_message *message,
                               struct invite *out, struct err *err)
{
    const struct hash secret =
        hash_of(TAG_TOKEN, bytes_of(message->secret, sizeof message->secret));

    if (!read_invite(txn, message->division, out) ||
        !crypto_equal(out->secret.at, secret.at, sizeof secret.at)) {
        return say_why_unknown(txn, &secret, message->division, err);
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
        return err_set(err, ERR_REFUSED, "nothing was granted to who confirms");
    }
    if (invite->state == INVITE_GRANTED) {
        invite->state = INVITE_SPENT;
        write_invite(txn, message->division, invite);
        LOG_INFO("enrol.confirmed", "division=%s", message->division.code);
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
        return err_set(err, ERR_EXPIRED, "the token for %s has expired", message->division.code);
    }
    if (roster_find(replicator_roster(replicator), message->division) != NULL) {
        return err_set(err, ERR_REFUSED, "%s is a member already", message->division.code);
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
    LOG_INFO("enrol.granted", "division=%s parent=%s", message->division.code, invite->parent.code);
    return OK;
}

static enum status take_request(struct replicator *replicator, struct txn *txn,
                                const struct enrol_message *message,
                                const uint8_t proven_curve_key[32], uint64_t now_unix_ms,
                                struct err *err)
{
    struct invite invite = {.state = INVITE_OPEN};
    enum status status = find_invite(txn, message, &invite, err);

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
        return err_set(err, ERR_ALREADY_USED, "the token for %s was used already",
                       message->division.code);
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

static void refuse(struct txn *txn, struct division division, enum status status, const char *text,
                   uint64_t now_unix_ms, struct buf *answer)
{
    struct enrol_attempt attempt = {.unix_ms = now_unix_ms, .division = division, .reason = status};

    copy_reason(attempt.text, sizeof attempt.text, text);
    keep_attempt(txn, &attempt);
    write_status(answer, status, attempt.text);
    LOG_WARN("enrol.refused", "division=%s reason=%s", division.code, status_name(status));
}

void enrol_receive(struct replicator *replicator, struct txn *txn, struct bytes frame,
                   const uint8_t proven_curve_key[32], uint64_t now_unix_ms, struct buf *answer)
{
    struct enrol_message message;
    struct err err = {OK, ""};
    enum status status = read_request(&message, frame, &err);

    buf_clear(answer);
    if (status == OK) {
        status = check_proofs(&message, proven_curve_key, &err);
    }
    if (status == OK) {
        status = take_request(replicator, txn, &message, proven_curve_key, now_unix_ms, &err);
    }
    crypto_wipe(message.secret, sizeof message.secret);
    if (status != OK) {
        refuse(txn, message.division, status, err.text, now_unix_ms, answer);
    } else if (message.confirm) {
        write_status(answer, OK, "");
    } else {
        write_chain(answer, replicator_roster(replicator), message.division);
    }
}
