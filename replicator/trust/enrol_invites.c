#include "replicator/trust/enrol_invites.h"

#include <ctype.h>
#include <stdio.h>

#include "proto/log.h"
#include "replicator/store/row_letters.h"

enum { RECORD_VERSION = 4, BIT_HOLD = 1, BIT_AGAIN = 2, BIT_TWO = 4, BIT_RECOVER = 8 };

/* --- rows --- */

static void invite_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_INVITE);
    division_write(key, division);
}

static void put_short(struct buf *value, const char *text)
{
    buf_put_u8(value, (uint8_t)strlen(text));
    buf_append_bytes(value, bytes_text(text));
}

static void write_invite(struct buf *value, const struct invite *invite)
{
    buf_put_u8(value, RECORD_VERSION);
    buf_put_u8(value, (uint8_t)invite->state);
    division_write(value, invite->parent);
    buf_append(value, invite->secret.at, sizeof invite->secret.at);
    buf_put_u64(value, invite->expires_unix_ms);
    buf_put_number_set(value, &invite->policy);
    buf_append(value, invite->sign_key.at, sizeof invite->sign_key.at);
    buf_append(value, invite->curve_key, sizeof invite->curve_key);
    buf_put_u8(value, (uint8_t)((invite->hold ? BIT_HOLD : 0) | (invite->again ? BIT_AGAIN : 0) |
                                (invite->two ? BIT_TWO : 0) | (invite->recover ? BIT_RECOVER : 0)));
    buf_put_u8(value, (uint8_t)invite->may_grant.count);
    for (size_t i = 0; i < invite->may_grant.count; i++) {
        put_short(value, invite->may_grant.pattern[i]);
    }
    put_short(value, invite->invited_by);
    put_short(value, invite->accepted_by);
    buf_put_u64(value, invite->asked_unix_ms);
    put_short(value, invite->address);
    buf_append_bytes(value, bytes_text(invite->name));
}

void invite_put(struct txn *txn, struct division division, const struct invite *invite)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    invite_key(&key, division);
    write_invite(&value, invite);
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

static bool read_short(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    if (!reader_ok(reader) || text.size >= size) {
        return false;
    }
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    return true;
}

static bool read_reach(struct reader *reader, struct grant_reach *out)
{
    const uint8_t count = reader_u8(reader);

    for (uint8_t i = 0; i < count; i++) {
        const struct bytes pattern = reader_bytes(reader, reader_u8(reader));

        if (!reader_ok(reader) || !reach_add(out, pattern)) {
            return false;
        }
    }
    return reader_ok(reader);
}

/* Why and how somebody is let in. */
static bool read_way(struct reader *reader, struct invite *out)
{
    const uint8_t bits = reader_u8(reader);

    out->hold = (bits & BIT_HOLD) != 0;
    out->again = (bits & BIT_AGAIN) != 0;
    out->two = (bits & BIT_TWO) != 0;
    out->recover = (bits & BIT_RECOVER) != 0;
    if (!read_reach(reader, &out->may_grant) ||
        !read_short(reader, out->invited_by, sizeof out->invited_by) ||
        !read_short(reader, out->accepted_by, sizeof out->accepted_by)) {
        return false;
    }
    out->asked_unix_ms = reader_u64(reader);
    return read_short(reader, out->address, sizeof out->address);
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
    if (version != RECORD_VERSION || !read_way(&reader, out)) {
        return false;
    }
    name_size = reader_left(&reader);
    if (state >= INVITE_STATES || name_size > NAME_BYTES_MAX) {
        return false;
    }
    reader_copy(&reader, out->name, name_size);
    return true;
}

bool invite_find(struct txn *txn, struct division division, struct invite *out)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool found;

    invite_key(&key, division);
    found = txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &value) &&
            txn_check_row(txn, buf_bytes(&key), parse_invite(out, value));
    buf_free(&key);
    return found;
}

/* --- by secret --- */

struct hash invite_secret_hash(const uint8_t secret[32])
{
    return hash_of(TAG_TOKEN, bytes_of(secret, 32));
}

static void secret_key(struct buf *key, const struct hash *secret)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_INVITE_SECRET);
    buf_append(key, secret->at, sizeof secret->at);
}

static void forget_secret(struct txn *txn, const struct hash *secret)
{
    struct buf key = BUF_EMPTY;

    secret_key(&key, secret);
    txn_delete(txn, SPACE_LOCAL, buf_bytes(&key));
    buf_free(&key);
}

void invite_index(struct txn *txn, struct division division, const struct hash *secret)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct invite before;

    if (invite_find(txn, division, &before)) {
        forget_secret(txn, &before.secret);
    }
    secret_key(&key, secret);
    division_write(&value, division);
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

struct division invite_of_secret(struct txn *txn, const uint8_t secret[32])
{
    const struct hash hash = invite_secret_hash(secret);
    struct division invited = DIVISION_NONE;
    struct buf key = BUF_EMPTY;
    struct bytes value;

    secret_key(&key, &hash);
    if (txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &value)) {
        struct reader reader = reader_of(value);
        invited = division_read(&reader);
        (void)txn_check_row(txn, buf_bytes(&key), reader_done(&reader));
    }
    buf_free(&key);
    return invited;
}

bool invite_secret_kept(const struct store *store, const uint8_t secret[32])
{
    const struct hash hash = invite_secret_hash(secret);
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    enum status status;
    struct err err;
    bool kept;

    secret_key(&key, &hash);
    status = store->ops->get(store->self, NULL, SPACE_LOCAL, buf_bytes(&key), &value, &err);
    kept = status == OK ? value.size != 0 : status != ERR_NOT_FOUND;
    buf_free(&key);
    buf_free(&value);
    return kept;
}

/* --- what a person compares --- */

void enrol_fingerprint(char out[ENROL_FINGERPRINT_SIZE], struct division division,
                       const struct public_key *sign_key, const uint8_t curve_key[32])
{
    struct hasher hasher;
    struct hash hash;

    hasher_begin(&hasher, TAG_ASKER);
    hasher_add(&hasher, division.code, DIVISION_CODE_MAX);
    hasher_add(&hasher, sign_key->at, sizeof sign_key->at);
    hasher_add(&hasher, curve_key, 32);
    hash = hasher_end(&hasher);
    fingerprint_print(out, &hash);
}

/* As it was heard: small letters or great, with blanks or without. */
static bool same_fingerprint(const char *typed, const char *fingerprint)
{
    for (;;) {
        typed += strspn(typed, " ");
        fingerprint += strspn(fingerprint, " ");
        if (*typed == '\0' || *fingerprint == '\0') {
            return *typed == *fingerprint;
        }
        if (toupper((unsigned char)*typed++) != *fingerprint++) {
            return false;
        }
    }
}

/* --- reading, and a person's word --- */

static enum invitation_state state_seen(const struct invite *invite)
{
    static const enum invitation_state states[INVITE_STATES] = {
        [INVITE_OPEN] = INVITATION_OPEN,         [INVITE_GRANTED] = INVITATION_JOINED,
        [INVITE_SPENT] = INVITATION_JOINED,      [INVITE_WAITING] = INVITATION_WAITING,
        [INVITE_ADMITTED] = INVITATION_ADMITTED, [INVITE_WITHDRAWN] = INVITATION_WITHDRAWN,
    };

    return states[invite->state];
}

static void write_view(struct enrol_invitation *out, const struct invite *invite)
{
    out->expires_unix_ms = invite->expires_unix_ms;
    out->since_unix_ms = invite->expires_unix_ms - TOKEN_LIFE_MS;
    out->state = state_seen(invite);
    out->hold = invite->hold;
    out->again = invite->again;
    out->two = invite->two;
    out->asked_unix_ms = invite->asked_unix_ms;
    out->may_grant = invite->may_grant;
    memcpy(out->name, invite->name, sizeof out->name);
    memcpy(out->address, invite->address, sizeof out->address);
    memcpy(out->invited_by, invite->invited_by, sizeof out->invited_by);
    memcpy(out->accepted_by, invite->accepted_by, sizeof out->accepted_by);
    if (invite->asked_unix_ms != 0) {
        enrol_fingerprint(out->fingerprint, out->division, &invite->sign_key, invite->curve_key);
    }
}

bool enrol_invitation_is_open(const struct enrol_invitation *invitation, uint64_t now_unix_ms)
{
    return invitation->state == INVITATION_ADMITTED ||
           ((invitation->state == INVITATION_OPEN || invitation->state == INVITATION_WAITING) &&
            now_unix_ms < invitation->expires_unix_ms);
}

struct invitations {
    const struct store *store;
    struct store_snapshot *snapshot;
    void (*visit)(void *arg, const struct enrol_invitation *invitation);
    void *arg;
    enum status status;
    struct err *err;
};

static bool is_over(const struct invite *invite)
{
    return invite->state == INVITE_GRANTED || invite->state == INVITE_SPENT ||
           invite->state == INVITE_WITHDRAWN;
}

static bool visit_invite(void *arg, struct bytes key, struct bytes value)
{
    struct invitations *list = arg;
    struct enrol_invitation invitation = {.asked_unix_ms = 0};
    struct reader division = reader_of(key);
    struct invite invite;

    (void)reader_u8(&division); /* the letter */
    invitation.division = division_read(&division);
    if (!reader_ok(&division) || !parse_invite(&invite, value)) {
        list->status = err_set(list->err, ERR_CORRUPT, "invitation_unreadable");
        return false;
    }
    write_view(&invitation, &invite);
    if (invite.asked_unix_ms != 0) {
        list->status = founders_load(list->store, list->snapshot, invitation.division,
                                     &invitation.terms, list->err);
    }
    if (list->status == OK) {
        list->visit(list->arg, &invitation);
    }
    return list->status == OK;
}

enum status enrol_invitations(const struct store *store, struct store_snapshot *snapshot,
                              void (*visit)(void *arg, const struct enrol_invitation *invitation),
                              void *arg, struct err *err)
{
    const uint8_t prefix = LOCAL_INVITE;
    struct invitations list = {store, snapshot, visit, arg, OK, err};
    const enum status status =
        store->ops->scan(store->self, snapshot, SPACE_LOCAL, bytes_of(&prefix, 1), BYTES_NONE,
                         visit_invite, &list, err);

    return status == OK ? list.status : status;
}

/* May this person's word let in who waits, or who comes? */
static enum status check_word(const struct invite *invite, const struct enrol_invitation *seen,
                              const char *fingerprint, const char *by, struct err *err)
{
    const bool compares = invite->hold || fingerprint[0] != '\0';

    if (is_over(invite) || (compares && invite->asked_unix_ms == 0) ||
        (!invite->hold && !invite->two)) {
        return err_set(err, ERR_NOT_FOUND, "nobody_waits division=%s", seen->division.code);
    }
    if (compares && !same_fingerprint(fingerprint, seen->fingerprint)) {
        return err_set(err, ERR_REFUSED, "fingerprint_differs division=%s", seen->division.code);
    }
    return invite->two && strcmp(by, invite->invited_by) == 0
               ? err_set(err, ERR_REFUSED, "invitation_second_person division=%s name=%s",
                         seen->division.code, by)
               : OK;
}

enum status enrol_admit(struct txn *txn, struct division division, const char *fingerprint,
                        const char *by, struct enrol_invitation *out, struct err *err)
{
    struct invite invite;
    enum status status;

    memset(out, 0, sizeof *out);
    if (!invite_find(txn, division, &invite)) {
        return err_set(err, ERR_NOT_FOUND, "nobody_waits division=%s", division.code);
    }
    out->division = division;
    write_view(out, &invite);
    status = check_word(&invite, out, fingerprint, by, err);
    if (status != OK) {
        return status;
    }
    if (invite.accepted_by[0] == '\0') {
        (void)snprintf(invite.accepted_by, sizeof invite.accepted_by, "%s", by);
    }
    if (invite.state == INVITE_WAITING) {
        invite.state = INVITE_ADMITTED;
        LOG_INFO("enrol.admitted", "about=%s", division.code);
    }
    invite_put(txn, division, &invite);
    write_view(out, &invite);
    founders_find(txn, division, &out->terms);
    return OK;
}

enum status enrol_withdraw(struct txn *txn, struct division division, struct err *err)
{
    struct invite invite;

    if (!invite_find(txn, division, &invite) || is_over(&invite)) {
        return err_set(err, ERR_NOT_FOUND, "invitation_unknown division=%s", division.code);
    }
    invite.state = INVITE_WITHDRAWN; /* whoever comes with its token is told so */
    invite_put(txn, division, &invite);
    founders_put(txn, division, &(struct grant_terms){.founder_count = 0});
    LOG_INFO("enrol.withdrawn", "about=%s", division.code);
    return OK;
}
