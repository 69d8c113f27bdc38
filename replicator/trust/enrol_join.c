#include "proto/frame.h"
#include "proto/message.h"
#include "replicator/trust/enrol_proof.h"

#include <assert.h>

/* The joining side: it trusts the token that a person carried, and nothing the network says. */

enum { ANSWER_ARENA_BYTES = 2 * ENROL_ANSWER_BYTES_MAX };

struct hash enrol_proof_hash(const struct enrol_message *message)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_ENROL);
    hasher_add_u32(&hasher, SUITE_ED25519_BLAKE2B);
    hasher_add(&hasher, message->division.code, DIVISION_CODE_MAX);
    hasher_add(&hasher, message->secret, sizeof message->secret);
    hasher_add(&hasher, message->sign_key.at, sizeof message->sign_key.at);
    hasher_add(&hasher, message->curve_key, sizeof message->curve_key);
    hasher_add(&hasher, message->key_proof.at, sizeof message->key_proof.at);
    hasher_add_bytes(&hasher, bytes_text(message->endpoint));
    hasher_add_u64(&hasher, message->unix_ms);
    hasher_add_u32(&hasher, message->confirm ? 1 : 0);
    hasher_add_u64(&hasher, message->end.lsn);
    hasher_add(&hasher, message->end.hash.at, sizeof message->end.hash.at);
    founders_hash(&hasher, &message->terms);
    return hasher_end(&hasher);
}

static void write_request(struct buf *frame, struct enrol_message *message,
                          const struct sign_key *key)
{
    Terrace__EnrolRequest request = TERRACE__ENROL_REQUEST__INIT;
    struct grant_terms_memory memory;
    struct hash hash;

    message->sign_key = key->public;
    hash = enrol_proof_hash(message);
    message->proof = sign_hash(key, &hash);

    request.has_suite = request.has_division = request.has_secret = 1;
    request.has_sign_key = request.has_proof = 1;
    request.has_curve_key = request.has_key_proof = !message->confirm;
    request.has_endpoint = request.has_unix_ms = !message->confirm;
    request.has_confirm = message->confirm;
    request.suite = SUITE_ED25519_BLAKE2B;
    request.division = pb_division(&message->division);
    request.secret = pb_of_bytes(message->secret, sizeof message->secret);
    request.sign_key = pb_of_bytes(message->sign_key.at, sizeof message->sign_key.at);
    request.curve_key = pb_of_bytes(message->curve_key, sizeof message->curve_key);
    request.key_proof = pb_of_bytes(message->key_proof.at, sizeof message->key_proof.at);
    request.endpoint = pb_of_text(message->endpoint);
    request.unix_ms = message->unix_ms;
    request.confirm = message->confirm ? 1 : 0;
    request.has_end_lsn = request.has_end_hash = message->end.lsn != 0;
    request.end_lsn = message->end.lsn;
    request.end_hash = pb_of_bytes(message->end.hash.at, sizeof message->end.hash.at);
    request.n_founder = founders_fill(&memory, &message->terms);
    request.founder = memory.list;
    request.proof = pb_of_bytes(message->proof.at, sizeof message->proof.at);
    message_encode(frame, &request.base);
    crypto_wipe(message->secret, sizeof message->secret);
}

void enrol_request(struct buf *frame, const struct token *token, const struct sign_key *key,
                   const uint8_t curve_public[32], const char *endpoint,
                   const struct grant_terms *terms, const struct enrol_end *end,
                   uint64_t now_unix_ms)
{
    struct enrol_message message = {.division = token->division, .unix_ms = now_unix_ms};
    const size_t endpoint_size = strlen(endpoint);

    assert(endpoint_size <= ENDPOINT_BYTES_MAX);
    memcpy(message.secret, token->secret, sizeof message.secret);
    memcpy(message.curve_key, curve_public, sizeof message.curve_key);
    message.key_proof = link_key_proof(key, &token->tree, token->division, curve_public);
    memcpy(message.endpoint, endpoint, endpoint_size);
    if (terms != NULL) {
        message.terms = *terms;
    }
    if (end != NULL) {
        message.end = *end;
    }
    write_request(frame, &message, key);
}

void enrol_confirm(struct buf *frame, const struct token *token, const struct sign_key *key)
{
    struct enrol_message message = {.division = token->division, .confirm = true};

    memcpy(message.secret, token->secret, sizeof message.secret);
    write_request(frame, &message, key);
}

/* --- the answer --- */

static enum status read_answer(Terrace__EnrolAnswer **out, struct arena *arena, struct bytes frame,
                               bool *refused, struct err *err)
{
    ProtobufCMessage *decoded;
    const Terrace__EnrolAnswer *answer;
    enum status status = message_decode(&decoded, &terrace__enrol_answer__descriptor, arena, frame,
                                        ENROL_ANSWER_BYTES_MAX, err);

    if (status != OK) {
        return err_wrap(err, "parent_answer");
    }
    answer = *out = (Terrace__EnrolAnswer *)(void *)decoded;
    if (!answer->has_status || answer->status >= STATUSES) {
        return err_set(err, ERR_MALFORMED, "parent_answer_no_status");
    }
    *refused = answer->status != OK;
    if (*refused) {
        const struct bytes text = answer->has_text ? bytes_of_pb(answer->text) : BYTES_NONE;
        const bool readable = text.size != 0 && text.size <= 256 && message_valid(text);
        status = (enum status)answer->status;
        return readable ? err_set(err, status, "parent_refused why=%.*s", (int)text.size,
                                  (const char *)text.data)
                        : err_set(err, status, "parent_refused why=%s", status_name(status));
    }
    return OK;
}

static enum status take_link(struct roster *roster, struct enrolled *out, struct bytes sealed,
                             struct err *err)
{
    struct division above = DIVISION_NONE;
    struct grant grant;
    bool added, is_next_epoch;
    enum status status = grant_parse(&grant, sealed, err);

    if (out->chain_count != 0) {
        above = out->own.division;
    }
    is_next_epoch = status == OK && out->chain_count != 0 &&
                    division_equal(grant.division, above) && grant.epoch == out->own.epoch + 1;
    if (status == OK && !is_next_epoch && !division_equal(grant.parent, above)) {
        status = err_set(err, ERR_REFUSED, "not_granted_by division=%s by=%s", grant.division.code,
                         division_is_none(above) ? "-" : above.code);
    }
    if (status == OK) {
        status = roster_add(roster, sealed, &added, err);
    }
    if (status == OK) {
        out->parent =
            is_next_epoch ? out->parent : out->own; /* the last but one level, in the end */
        out->own = grant;
        out->chain[out->chain_count++] = sealed;
    }
    return status;
}

/* Whoever lays his own persons into the grant could sign for this division. */
static enum status check_founders(const struct enrolled *enrolled, const struct grant_terms *sent,
                                  struct err *err)
{
    const struct grant_terms none = {.founder_count = 0};
    struct grant_terms granted;
    const enum status status =
        grant_parse_terms(&granted, enrolled->chain[enrolled->chain_count - 1], err);

    assert(status == OK); /* it is one that the roster took */
    return founders_equal(&granted, sent == NULL ? &none : sent)
               ? OK
               : err_set(err, ERR_REFUSED, "grant_other_founders");
}

static enum status check_ends(const struct enrolled *enrolled, const struct token *token,
                              const struct sign_key *key, struct err *err)
{
    if (enrolled->chain_count < 2 || !division_equal(enrolled->own.division, token->division)) {
        return err_set(err, ERR_REFUSED, "chain_ends_elsewhere division=%s", token->division.code);
    }
    if (!division_equal(enrolled->own.parent, token->parent)) {
        return err_set(err, ERR_REFUSED, "grant_from_another token=%s grant=%s", token->parent.code,
                       enrolled->own.parent.code);
    }
    if (memcmp(enrolled->own.sign_key.at, key->public.at, sizeof key->public.at) != 0) {
        return err_set(err, ERR_REFUSED, "grant_for_another_key");
    }
    if (!number_set_equal(&enrolled->own.policy, &token->policy)) {
        return err_set(err, ERR_REFUSED, "grant_other_policy");
    }
    if (memcmp(enrolled->parent.curve_key, token->curve_key, sizeof token->curve_key) != 0) {
        return err_set(err, ERR_REFUSED, "grant_other_link_key division=%s", token->parent.code);
    }
    return OK;
}

/* The frame dies with its socket, so the links are copied before they are kept. */
static void copy_chain(struct enrolled *out, const Terrace__EnrolAnswer *answer)
{
    size_t size = 0;

    for (size_t i = 0; i < answer->n_chain; i++) {
        size += answer->chain[i].len;
    }
    buf_reserve(&out->memory, size);
    for (size_t i = 0; i < answer->n_chain; i++) {
        buf_append(&out->memory, answer->chain[i].data, answer->chain[i].len);
    }
}

static enum status check_chain(struct enrolled *out, const Terrace__EnrolAnswer *answer,
                               const struct token *token, const struct sign_key *key,
                               const struct grant_terms *terms, struct err *err)
{
    struct roster *roster = roster_new(&token->tree, token->division);
    enum status status = OK;
    size_t at = 0;

    copy_chain(out, answer);
    roster_believe(roster, true); /* above its parent, epochs may have been confirmed or wait */
    for (size_t i = 0; status == OK && i < answer->n_chain; i++) {
        status = take_link(roster, out, bytes_of(out->memory.data + at, answer->chain[i].len), err);
        at += answer->chain[i].len;
    }
    if (status == OK) {
        status = check_ends(out, token, key, err);
    }
    if (status == OK) {
        status = check_founders(out, terms, err);
    }
    roster_free(roster);
    return status;
}

enum status enrol_accept(struct enrolled *out, const struct token *token,
                         const struct sign_key *key, const struct grant_terms *terms,
                         struct bytes frame, struct err *err)
{
    Terrace__EnrolAnswer *answer = NULL;
    struct arena arena;
    bool refused = false;
    enum status status;

    memset(out, 0, sizeof *out);
    arena_init(&arena, ANSWER_ARENA_BYTES);
    status = read_answer(&answer, &arena, frame, &refused, err);
    if (status != OK) {
        goto out;
    }
    assert(answer != NULL);
    assert(answer->n_chain <= ENROL_CHAIN_MAX); /* the scan before the unpacking */
    if (answer->n_chain == 0) {
        status = err_set(err, ERR_MALFORMED, "grants_chain_length count=%zu max=%d",
                         answer->n_chain, ENROL_CHAIN_MAX);
        goto out;
    }
    status = check_chain(out, answer, token, key, terms, err);
    if (status != OK) {
        err_wrap(err, "chain_not_trusted");
    }
out:
    if (status != OK) {
        enrolled_free(out);
        out->waits = refused && status == ERR_NOT_YET;
        out->refused = refused && !out->waits;
    }
    arena_free(&arena);
    return status;
}

void enrolled_free(struct enrolled *enrolled)
{
    buf_free(&enrolled->memory);
    memset(enrolled, 0, sizeof *enrolled);
}

enum status enrol_confirmed(struct bytes frame, struct err *err)
{
    Terrace__EnrolAnswer *answer = NULL;
    struct arena arena;
    bool refused;
    enum status status;

    arena_init(&arena, ANSWER_ARENA_BYTES);
    status = read_answer(&answer, &arena, frame, &refused, err);
    arena_free(&arena);
    return status;
}
