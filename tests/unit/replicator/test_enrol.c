/* How a division gets in, and every way in which it does not. The replicator is a stand-in that
 * seals the grant and takes it into a roster; the rest is real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "node/store/store_memory.h"
#include "proto/frame.h"
#include "proto/log.h"
#include "replicator/trust/enrol.h"
#include "tests/harness/commit.h"
#include "tests/harness/identities.h"

#define REGION "540000"
#define CITY   "540100"
#define COUNTY "540121"

enum { NOW = 1764000000 };
/* Numbers that only the owner understands. */
#define SOME_POLICY ((struct number_set){{UINT64_C(0x8000000129000000), 0, 0, 4}})

struct replicator {
    struct roster *roster;
    struct sign_key key;
    struct hash tree;
    size_t grants;
    bool refuses, founders_of_its_own;
    struct log_head held; /* of the county's log */
};

const struct roster *replicator_roster(const struct replicator *replicator)
{
    return replicator->roster;
}

bool replicator_head(const struct replicator *replicator, struct division author, bool durable,
                     struct log_head *out)
{
    (void)author;
    (void)durable;
    *out = replicator->held;
    return out->lsn != 0;
}

enum status replicator_grant(struct replicator *replicator, struct txn *txn,
                             const struct grant *grant, const struct grant_terms *terms,
                             struct err *err)
{
    struct grant_terms given = *terms;
    struct grant whole = *grant;
    struct buf sealed = BUF_EMPTY;
    enum status status;
    bool added;

    (void)txn;
    if (replicator->refuses) {
        return err_set(err, ERR_DISK_FULL, "no_room");
    }
    whole.tree = replicator->tree;
    if (replicator->founders_of_its_own) { /* a parent that lays its own person there */
        given.founders[given.founder_count++] = (struct founder){"mallory", {{7}}};
    }
    grant_seal(&sealed, &whole, &given, &replicator->key);
    status = roster_add(replicator->roster, buf_bytes(&sealed), &added, err);
    replicator->grants += added;
    buf_free(&sealed);
    return status;
}

/* A region, its city, whose node this is, and a county that wants to join. */
struct world {
    struct trust trust;
    struct sign_key region;
    struct replicator city;
    struct store store;
    uint64_t fence;
    struct txn *txn;
    struct token token;
    struct sign_key key; /* the county's */
    struct curve_key curve, city_curve;
    struct buf frame, answer;
    struct err err;
    uint64_t now;
    struct grant_terms admins; /* that the county names */
};

static void take_grant(struct world *world, const char *code, const char *parent,
                       const struct sign_key *key, const uint8_t curve[32],
                       const struct sign_key *signer)
{
    struct grant grant = first_grant(division_of(code), division_of(parent));

    memcpy(grant.curve_key, curve, 32);
    trust_admit(&world->trust, &grant, key, signer, world->city.roster);
}

static enum status invite_as(struct world *world, struct token *token, const char *code, bool hold)
{
    *token = (struct token){
        .division = division_of(code), .parent = division_of(CITY), .tree = world->trust.tree};
    (void)snprintf(token->endpoint, sizeof token->endpoint, "tcp://127.0.0.1:7401");
    (void)snprintf(token->link, sizeof token->link, "tcp://127.0.0.1:7400");
    token->policy = SOME_POLICY;
    memcpy(token->curve_key, world->city_curve.public, sizeof token->curve_key);
    return enrol_invite(
        &world->city, world->txn, token,
        &(struct invite_terms){.name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf", .hold = hold},
        world->now, &world->err);
}

static enum status invite(struct world *world, struct token *token, const char *code)
{
    return invite_as(world, token, code, false);
}

static int open_world(void **state)
{
    static const uint8_t region_curve[32] = {1};
    struct world *world = mem_zalloc(sizeof *world);

    trust_generate(&world->trust);
    sign_key_generate(&world->region);
    sign_key_generate(&world->city.key);
    sign_key_generate(&world->key);
    curve_key_generate(&world->curve);
    curve_key_generate(&world->city_curve);
    world->city.tree = world->trust.tree;
    world->city.roster = roster_new(&world->trust.tree, DIVISION_NONE);
    take_grant(world, REGION, "", &world->region, region_curve, NULL);
    take_grant(world, CITY, REGION, &world->city.key, world->city_curve.public, &world->region);
    store_memory_open(&world->store);
    (void)world->store.ops->claim(world->store.self, &world->fence, &world->err);
    world->txn = txn_open(&world->store, NULL);
    world->now = NOW;
    *state = world;
    return invite(world, &world->token, COUNTY) == OK ? 0 : -1;
}

static int close_world(void **state)
{
    struct world *world = *state;

    roster_free(world->city.roster);
    txn_free(world->txn);
    world->store.ops->close(world->store.self);
    buf_free(&world->frame);
    buf_free(&world->answer);
    mem_free(world);
    return 0;
}

static void commit(struct world *world)
{
    commit_txn(&world->store, world->fence, world->txn);
}

static struct enrol_asker asker(const struct world *world)
{
    struct enrol_asker from = {.address = "10.0.0.9"};

    memcpy(from.curve_key, world->curve.public, sizeof from.curve_key);
    return from;
}

static void receive(struct world *world)
{
    const struct enrol_asker from = asker(world);

    enrol_receive(&world->city, world->txn, buf_bytes(&world->frame), &from, world->now,
                  &world->answer);
    commit(world);
}

static void ask(struct world *world)
{
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public,
                  "tcp://127.0.0.1:7500", &world->admins, NULL, world->now);
    receive(world);
}

static void confirm(struct world *world)
{
    buf_clear(&world->frame);
    enrol_confirm(&world->frame, &world->token, &world->key);
    receive(world);
}

static enum status accept(struct world *world, struct enrolled *out)
{
    return enrol_accept(out, &world->token, &world->key, &world->admins, buf_bytes(&world->answer),
                        &world->err);
}

struct attempts {
    size_t count;
    struct enrol_attempt newest, oldest;
};

static void note_attempt(void *arg, const struct enrol_attempt *attempt)
{
    struct attempts *attempts = arg;

    if (attempts->count++ == 0) {
        attempts->newest = *attempt;
    }
    attempts->oldest = *attempt;
}

static struct attempts attempts_of(struct world *world)
{
    struct attempts attempts = {0};

    assert_int_equal(enrol_attempts(&world->store, NULL, note_attempt, &attempts, &world->err), OK);
    return attempts;
}

/* The child hears the reason, the operator sees it, and nothing was granted. */
static void expect_refused(struct world *world, enum status reason, const char *word)
{
    const size_t grants = world->city.grants;
    struct enrolled enrolled;
    struct attempts attempts;

    assert_int_equal(accept(world, &enrolled), reason);
    if (strstr(world->err.text, word) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", world->err.text, word);
    }
    attempts = attempts_of(world);
    assert_true(attempts.count > 0);
    assert_int_equal(attempts.newest.reason, reason);
    assert_true(attempts.newest.unix_ms == world->now);
    assert_non_null(strstr(attempts.newest.text, word));
    assert_int_equal(world->city.grants, grants);
}

static void expect_welcome(struct world *world)
{
    struct enrolled enrolled;

    if (accept(world, &enrolled) != OK) {
        fail_msg("%s", world->err.text);
    }
    assert_int_equal(enrolled.chain_count, 3);
    assert_string_equal(enrolled.own.division.code, COUNTY);
    assert_string_equal(enrolled.own.name, "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf");
    assert_string_equal(enrolled.own.endpoint, "tcp://127.0.0.1:7500");
    assert_memory_equal(enrolled.own.curve_key, world->curve.public, 32);
    assert_true(number_set_equal(&enrolled.own.policy, &SOME_POLICY));
    assert_int_equal(enrolled.own.epoch, 1);
    assert_true(enrolled.own.base_lsn == 0);
    assert_string_equal(enrolled.parent.division.code, CITY);
    enrolled_free(&enrolled);
}

/* --- getting in --- */

static void a_county_joins_with_its_token(void **state)
{
    struct world *world = *state;

    assert_true(world->token.expires_unix_ms == NOW + (uint64_t)TOKEN_LIFE_MS);
    ask(world);
    expect_welcome(world);
    assert_int_equal(world->city.grants, 1);
    confirm(world);
    assert_int_equal(enrol_confirmed(buf_bytes(&world->answer), &world->err), OK);
    confirm(world); /* its answer was lost */
    assert_int_equal(enrol_confirmed(buf_bytes(&world->answer), &world->err), OK);
    assert_int_equal(attempts_of(world).count, 0);
}

static void the_token_works_as_it_was_carried(void **state)
{
    struct world *world = *state;
    char text[TOKEN_TEXT_MAX];

    token_format(text, sizeof text, &world->token);
    assert_int_equal(token_parse(&world->token, text, &world->err), OK);
    ask(world);
    expect_welcome(world);
}

static void a_lost_answer_is_given_again_without_a_new_grant(void **state)
{
    struct world *world = *state;
    struct buf first = BUF_EMPTY;

    ask(world);
    buf_append_bytes(&first, buf_bytes(&world->answer));
    world->now += TOKEN_LIFE_MS * 2; /* it was in time when it first asked */
    ask(world);
    assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&world->answer)));
    expect_welcome(world);
    assert_int_equal(world->city.grants, 1);
    confirm(world);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    buf_free(&first);
}

static void the_secret_is_not_stored(void **state)
{
    struct world *world = *state;
    const struct batch batch = txn_batch(world->txn);

    assert_int_equal(batch.count, 2);
    for (size_t i = 0; i < batch.count; i++) {
        const struct bytes parts[] = {batch.changes[i].key, batch.changes[i].value};
        for (size_t k = 0; k < COUNT_OF(parts); k++) {
            assert_null(memmem(parts[k].data, parts[k].size, world->token.secret,
                               sizeof world->token.secret));
        }
    }
}

/* --- being refused --- */

static void a_wrong_token_is_refused(void **state)
{
    struct world *world = *state;

    world->token.secret[31] ^= 1;
    ask(world);
    expect_refused(world, ERR_NOT_FOUND, "token_unknown");
    assert_string_equal(attempts_of(world).newest.division.code, COUNTY);
    world->token.secret[31] ^= 1;
    world->token.division = division_of("540999");
    ask(world);
    expect_refused(world, ERR_REFUSED, "token_of_another");
    assert_int_equal(attempts_of(world).count, 2);
    world->token.division = division_of(COUNTY);
    ask(world); /* the right one still works */
    expect_welcome(world);
}

static void an_expired_token_is_refused(void **state)
{
    struct world *world = *state;

    world->now = world->token.expires_unix_ms;
    ask(world);
    expect_refused(world, ERR_EXPIRED, "expired");
    world->now--;
    ask(world);
    expect_welcome(world);
}

static void a_used_token_is_refused_to_other_keys(void **state)
{
    struct world *world = *state;
    const struct sign_key key = world->key;
    const struct curve_key curve = world->curve;

    ask(world);
    sign_key_generate(&world->key);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    world->key = key;
    curve_key_generate(&world->curve);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    confirm(world); /* not the thief's to spend */
    expect_refused(world, ERR_REFUSED, "confirm");
    world->curve = curve;
    ask(world);
    expect_welcome(world);
}

static void a_strangers_link_key_is_refused(void **state)
{
    struct world *world = *state;
    struct curve_key stranger;

    curve_key_generate(&stranger);
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, stranger.public, "", NULL, NULL,
                  world->now);
    receive(world);
    expect_refused(world, ERR_KEY, "enrol_other_link_key");
}

static void a_confirm_before_a_grant_is_refused(void **state)
{
    struct world *world = *state;

    confirm(world);
    expect_refused(world, ERR_REFUSED, "confirm");
}

static void a_grant_that_cannot_be_made_leaves_the_token_open(void **state)
{
    struct world *world = *state;

    world->city.refuses = true;
    ask(world);
    expect_refused(world, ERR_DISK_FULL, "no_room");
    world->city.refuses = false;
    ask(world);
    expect_welcome(world);
}

static void a_request_altered_anywhere_is_refused(void **state)
{
    struct world *world = *state;
    const struct enrol_asker from = asker(world);

    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public, "tcp://h:1", NULL,
                  NULL, world->now);
    for (size_t i = 0; i < world->frame.size; i++) {
        struct enrolled enrolled;
        enum status status;

        world->frame.data[i] ^= 1;
        receive(world);
        status = accept(world, &enrolled);
        if (status != ERR_MALFORMED && status != ERR_BAD_SIGNATURE &&
            status != ERR_NEEDS_UPGRADE) { /* another suite */
            fail_msg("byte %zu: %s", i, status_name(status));
        }
        world->frame.data[i] ^= 1;
    }
    for (size_t size = 0; size < world->frame.size; size++) {
        enrol_receive(&world->city, world->txn, bytes_of(world->frame.data, size), &from,
                      world->now, &world->answer);
        commit(world);
        expect_refused(world, ERR_MALFORMED, "");
    }
    assert_int_equal(world->city.grants, 0);
    receive(world);
    assert_int_equal(world->city.grants, 1);
}

static void noise_is_refused(void **state)
{
    struct world *world = *state;
    uint8_t *noise = mem_zalloc(ENROL_FRAME_BYTES_MAX + 1);

    for (size_t size = 1; size <= ENROL_FRAME_BYTES_MAX + 1; size *= 2) {
        crypto_random(noise, size);
        buf_clear(&world->frame);
        buf_append(&world->frame, noise, size);
        receive(world);
        assert_true(world->answer.size > 0);
    }
    buf_clear(&world->frame);
    memset(noise, 0x0a, ENROL_FRAME_BYTES_MAX + 1);
    buf_append(&world->frame, noise, ENROL_FRAME_BYTES_MAX + 1);
    receive(world);
    assert_int_equal(world->city.grants, 0);
    assert_true(division_is_none(attempts_of(world).newest.division));
    mem_free(noise);
}

/* The evidence of a stolen token stays, however much noise follows it. */
static void strangers_are_counted_and_push_nothing_out(void **state)
{
    struct world *world = *state;
    const struct token token = world->token;
    const struct sign_key owner = world->key;
    struct attempts attempts;

    ask(world);
    confirm(world);
    sign_key_generate(&world->key);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "used");
    assert_true(enrol_knows_secret(&world->store, buf_bytes(&world->frame)));
    world->token.secret[0] ^= 1;
    for (int i = 0; i < 300; i++) {
        char code[8];

        (void)snprintf(code, sizeof code, "%d", 600000 + i);
        world->token.division = division_of(code);
        world->now = NOW + 1 + (uint64_t)i;
        ask(world);
    }
    assert_false(enrol_knows_secret(&world->store, buf_bytes(&world->frame)));
    attempts = attempts_of(world);
    assert_int_equal(attempts.count, 2);
    assert_int_equal(attempts.newest.reason, ERR_NOT_FOUND);
    assert_int_equal(attempts.newest.count, 300);
    assert_true(attempts.newest.first_unix_ms == NOW + 1 && attempts.newest.unix_ms == NOW + 300);
    assert_string_equal(attempts.newest.division.code, "600299");
    assert_string_equal(attempts.newest.from.address, "10.0.0.9");
    assert_memory_equal(attempts.newest.from.curve_key, world->curve.public, 32);
    assert_int_equal(attempts.oldest.reason, ERR_ALREADY_USED);
    assert_int_equal(attempts.oldest.count, 1);
    world->token = token;
    world->key = owner;
}

/* --- inviting --- */

static void who_may_not_be_invited(void **state)
{
    static const struct {
        const char *code, *word;
    } cases[] = {
        {CITY, "invites_itself"},
        {"", "invites_itself"},
        {REGION, "member_elsewhere"},
    };
    struct world *world = *state;
    struct token token;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(invite(world, &token, cases[i].code), ERR_REFUSED);
        assert_non_null(strstr(world->err.text, cases[i].word));
    }
}

static void an_address_that_nobody_can_dial_is_not_handed_out(void **state)
{
    struct world *world = *state;
    const struct token token = world->token;

    (void)snprintf(world->token.link, sizeof world->token.link, "tcp://*:7400");
    assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                  &(struct invite_terms){.name = "x"}, NOW, &world->err),
                     ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "link_not_dialled"));
    world->token = token;
    (void)snprintf(world->token.endpoint, sizeof world->token.endpoint, "tcp://0.0.0.0:7401");
    assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                  &(struct invite_terms){.name = "x"}, NOW, &world->err),
                     ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "enrol_not_dialled"));
}

static void names_that_cannot_be_shown_are_refused(void **state)
{
    char long_name[NAME_BYTES_MAX + 2];
    const char *const names[] = {"", "a\nb", "\xff", long_name};
    struct world *world = *state;

    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                      &(struct invite_terms){.name = names[i]}, NOW, &world->err),
                         ERR_REFUSED);
    }
    long_name[NAME_BYTES_MAX] = '\0';
    assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                  &(struct invite_terms){.name = long_name}, NOW, &world->err),
                     OK);
    ask(world);
}

static void a_new_invite_replaces_one_that_was_not_used(void **state)
{
    struct world *world = *state;
    const struct token old = world->token;
    struct token token;

    assert_int_equal(invite(world, &token, COUNTY), OK);
    ask(world);
    expect_refused(world, ERR_NOT_FOUND, "token_unknown");
    world->token = token;
    ask(world);
    expect_welcome(world);
    assert_memory_not_equal(old.secret, token.secret, sizeof old.secret);
    assert_int_equal(invite(world, &token, COUNTY), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "member_needs_epoch"));
}

/* Two invitations may be open with lists that meet: who comes second is told. */
static void lists_that_meet_are_not_both_granted(void **state)
{
    const struct invite_terms terms = {.name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf",
                                       .may_grant = {{"540121*"}, 1}};
    struct world *world = *state;
    struct token other = world->token;

    other.division = division_of("540122");
    assert_int_equal(
        enrol_invite(&world->city, world->txn, &world->token, &terms, NOW, &world->err), OK);
    assert_int_equal(enrol_invite(&world->city, world->txn, &other, &terms, NOW, &world->err), OK);
    ask(world);
    expect_welcome(world);
    world->token = other;
    curve_key_generate(&world->curve);
    ask(world);
    expect_refused(world, ERR_REFUSED, "reach_is_of_another");
}

/* --- held until a person has compared --- */

static void note_invitation(void *arg, const struct enrol_invitation *invitation)
{
    struct enrol_invitation *last = arg;

    *last = *invitation;
}

/* The one that is open; zeros: none. */
static struct enrol_invitation invitation_of(struct world *world)
{
    struct enrol_invitation invitation = {.hold = false};

    assert_int_equal(
        enrol_invitations(&world->store, NULL, note_invitation, &invitation, &world->err), OK);
    return invitation;
}

static void hold_world(struct world *world)
{
    assert_int_equal(invite_as(world, &world->token, COUNTY, true), OK);
    commit(world);
}

static void expect_waiting(struct world *world)
{
    struct enrolled enrolled;

    assert_int_equal(accept(world, &enrolled), ERR_NOT_YET);
    assert_true(enrolled.waits && !enrolled.refused);
    assert_non_null(strstr(world->err.text, "enrol_waits"));
    assert_int_equal(world->city.grants, 0);
}

static void who_is_held_waits_for_a_person(void **state)
{
    struct world *world = *state;
    struct enrol_invitation seen;
    char own[ENROL_FINGERPRINT_SIZE];

    hold_world(world);
    seen = invitation_of(world);
    assert_true(seen.hold && seen.asked_unix_ms == 0);
    assert_string_equal(seen.fingerprint, "");
    ask(world);
    expect_waiting(world);
    world->now += 5000;
    ask(world); /* as often as it likes, and it is no refused attempt */
    expect_waiting(world);
    assert_int_equal(attempts_of(world).count, 0);
    confirm(world);
    expect_refused(world, ERR_REFUSED, "confirm");
    seen = invitation_of(world);
    enrol_fingerprint(own, division_of(COUNTY), &world->key.public, world->curve.public);
    assert_string_equal(seen.fingerprint, own);
    assert_int_equal(strlen(own), 8 * 4 + 7);
    assert_string_equal(seen.address, "10.0.0.9");
    assert_true(seen.asked_unix_ms == NOW && seen.state == INVITATION_WAITING);
    assert_int_equal(
        enrol_admit(world->txn, division_of(COUNTY), seen.fingerprint, "", &seen, &world->err), OK);
    assert_true(seen.state == INVITATION_ADMITTED);
    commit(world);
    world->now += 2 * (uint64_t)TOKEN_LIFE_MS; /* its owner comes back late */
    ask(world);
    expect_welcome(world);
    confirm(world);
    assert_int_equal(enrol_confirmed(buf_bytes(&world->answer), &world->err), OK);
    assert_int_equal(invitation_of(world).state, INVITATION_JOINED);
}

/* Typed as it was heard; any other digit is another key. */
static void only_the_keys_that_were_compared_get_in(void **state)
{
    struct world *world = *state;
    const struct division county = division_of(COUNTY);
    const struct sign_key key = world->key;
    struct enrol_invitation seen;
    char typed[2 * ENROL_FINGERPRINT_SIZE] = " ";
    size_t size = 1;

    hold_world(world);
    assert_int_equal(enrol_admit(world->txn, county, "", "", &seen, &world->err), ERR_NOT_FOUND);
    ask(world);
    seen = invitation_of(world);
    for (const char *at = seen.fingerprint; *at != '\0'; at++) {
        if (*at != ' ') {
            typed[size++] = *at >= 'A' ? (char)(*at + 'a' - 'A') : *at;
        }
    }
    typed[size] = typed[size - 1] == '0' ? '1' : '0';
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), ERR_REFUSED);
    typed[size - 1] ^= 1;
    typed[size] = '\0';
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), ERR_REFUSED);
    typed[size - 1] ^= 1;
    sign_key_generate(&world->key); /* whoever else has the token */
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), OK);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    world->key = key;
    ask(world);
    expect_welcome(world);
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), ERR_NOT_FOUND);
}

static void a_withdrawn_invitation_is_worth_nothing(void **state)
{
    struct world *world = *state;
    const struct division county = division_of(COUNTY);

    hold_world(world);
    ask(world);
    assert_int_equal(enrol_withdraw(world->txn, county, &world->err), OK);
    commit(world);
    assert_int_equal(invitation_of(world).state, INVITATION_WITHDRAWN);
    ask(world);
    expect_refused(world, ERR_REFUSED, "token_withdrawn");
    assert_int_equal(enrol_withdraw(world->txn, county, &world->err), ERR_NOT_FOUND);
    assert_int_equal(invite(world, &world->token, COUNTY), OK);
    ask(world);
    expect_welcome(world);
    assert_int_equal(enrol_withdraw(world->txn, county, &world->err), ERR_NOT_FOUND);
}

/* --- two persons --- */

static void invite_for_two(struct world *world, bool hold)
{
    struct invite_terms terms = {
        .name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf", .hold = hold, .two = true, .by = "zhao"};

    assert_int_equal(
        enrol_invite(&world->city, world->txn, &world->token, &terms, world->now, &world->err), OK);
    commit(world);
}

static enum status admit(struct world *world, const char *fingerprint, const char *by)
{
    struct enrol_invitation seen;

    return enrol_admit(world->txn, division_of(COUNTY), fingerprint, by, &seen, &world->err);
}

static void who_invites_does_not_say_yes_too(void **state)
{
    struct world *world = *state;

    invite_for_two(world, false);
    ask(world);
    expect_waiting(world);
    assert_int_equal(admit(world, "", "zhao"), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "invitation_second_person"));
    ask(world);
    expect_waiting(world);
    assert_int_equal(admit(world, "", "qian"), OK);
    commit(world);
    assert_string_equal(invitation_of(world).invited_by, "zhao");
    assert_string_equal(invitation_of(world).accepted_by, "qian");
    ask(world);
    expect_welcome(world);
}

/* Before anybody came; another token of the first person's lets nobody in by that word. */
static void the_second_may_say_yes_first(void **state)
{
    struct world *world = *state;

    invite_for_two(world, false);
    assert_int_equal(admit(world, "", "qian"), OK);
    invite_for_two(world, false);
    ask(world);
    expect_waiting(world);
    assert_int_equal(admit(world, "", "qian"), OK);
    ask(world);
    expect_welcome(world);
}

/* Where keys are compared, too, it is the second person who does. */
static void who_is_held_needs_both(void **state)
{
    struct world *world = *state;
    char shown[ENROL_FINGERPRINT_SIZE];

    invite_for_two(world, true);
    assert_int_equal(admit(world, "", "qian"), ERR_NOT_FOUND);
    ask(world);
    expect_waiting(world);
    memcpy(shown, invitation_of(world).fingerprint, sizeof shown);
    assert_int_equal(admit(world, "", "qian"), ERR_REFUSED);
    assert_int_equal(admit(world, shown, "zhao"), ERR_REFUSED);
    assert_int_equal(admit(world, shown, "qian"), OK);
    ask(world);
    expect_welcome(world);
}

/* --- once more --- */

static enum status invite_again(struct world *world, const char *code)
{
    struct invite_terms terms = {.again = true};

    world->token.division = division_of(code);
    return enrol_invite(&world->city, world->txn, &world->token, &terms, world->now, &world->err);
}

static void a_member_gets_its_chain_once_more(void **state)
{
    struct world *world = *state;
    const struct sign_key key = world->key;
    struct enrolled enrolled;

    assert_int_equal(invite_again(world, COUNTY), ERR_REFUSED); /* it is none yet */
    ask(world);
    expect_welcome(world);
    confirm(world);
    assert_int_equal(invite_again(world, COUNTY), OK);
    commit(world);
    sign_key_generate(&world->key); /* whoever found the token */
    ask(world);
    expect_refused(world, ERR_REFUSED, "again_other_keys");
    world->key = key;
    ask(world);
    assert_int_equal(accept(world, &enrolled), OK);
    assert_int_equal(enrolled.own.epoch, 1);
    assert_int_equal(enrolled.chain_count, 3);
    enrolled_free(&enrolled);
    assert_int_equal(world->city.grants, 1); /* and nothing was granted */
    ask(world);                              /* a lost answer is given again */
    assert_int_equal(accept(world, &enrolled), OK);
    enrolled_free(&enrolled);
    confirm(world);
    world->now++;
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
}

static void another_link_key_is_not_who_is_there(void **state)
{
    struct world *world = *state;

    ask(world);
    expect_welcome(world);
    assert_int_equal(invite_again(world, COUNTY), OK);
    commit(world);
    curve_key_generate(&world->curve);
    ask(world);
    expect_refused(world, ERR_REFUSED, "again_other_keys");
    world->now = world->token.expires_unix_ms;
    ask(world);
    expect_refused(world, ERR_EXPIRED, "expired");
}

static void who_waits_too_long_is_refused(void **state)
{
    struct world *world = *state;

    hold_world(world);
    ask(world);
    expect_waiting(world);
    world->now = world->token.expires_unix_ms;
    ask(world);
    expect_refused(world, ERR_EXPIRED, "expired");
}

/* --- what the child believes --- */

enum lie { NO_LIE, LIE_ORDER, LIE_MISSING, LIE_EXTRA, LIE_BYTE, LIE_NO_CHAIN, LIES };

static void answer_with(struct world *world, enum lie lie)
{
    Terrace__EnrolAnswer answer = TERRACE__ENROL_ANSWER__INIT;
    const char *const codes[] = {REGION, CITY, COUNTY};
    ProtobufCBinaryData chain[ENROL_CHAIN_MAX + 1];
    struct buf altered = BUF_EMPTY;

    for (size_t i = 0; i < 3; i++) {
        const struct bytes sealed = roster_find(world->city.roster, division_of(codes[i]))->sealed;
        chain[i] = pb_of_bytes(sealed.data, sealed.size);
    }
    answer.has_status = 1;
    answer.chain = chain;
    answer.n_chain = 3;
    switch (lie) {
    case LIE_ORDER: {
        const ProtobufCBinaryData first = chain[0];
        chain[0] = chain[1];
        chain[1] = first;
        break;
    }
    case LIE_MISSING:
        answer.n_chain = 2;
        break;
    case LIE_EXTRA:
        chain[3] = chain[2];
        answer.n_chain = 4;
        break;
    case LIE_BYTE:
        buf_append(&altered, chain[2].data, chain[2].len);
        altered.data[altered.size - 1] ^= 1;
        chain[2] = pb_of_bytes(altered.data, altered.size);
        break;
    case LIE_NO_CHAIN:
        answer.n_chain = 0;
        break;
    default:
        break;
    }
    buf_clear(&world->answer);
    message_encode(&world->answer, &answer.base);
    buf_free(&altered);
}

/* --- recovering --- */

static void ask_to_recover(struct world *world, const struct enrol_end *end)
{
    const struct invite_terms terms = {.recover = true};

    world->token.policy = SOME_POLICY;
    assert_int_equal(
        enrol_invite(&world->city, world->txn, &world->token, &terms, world->now, &world->err), OK);
    commit(world);
    sign_key_generate(&world->key);
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public,
                  "tcp://127.0.0.1:7500", &world->admins, end, world->now);
    receive(world);
}

/* It was revoked while it changed its keys: that number is used. */
static void a_recovery_has_a_number_that_none_had(void **state)
{
    struct world *world = *state;
    const struct enrol_end end = {5, {{7}}};
    struct revocation word = {.by = division_of(REGION),
                              .division = division_of(COUNTY),
                              .first_epoch = 1,
                              .last_epoch = 1,
                              .epoch = 1,
                              .lsn = 5,
                              .hash = {{7}}};
    struct grant second = first_grant(division_of(COUNTY), division_of(CITY));
    struct grant_terms terms = {.founder_count = 0};
    struct enrolled enrolled;
    struct sign_key other;
    bool changed;

    ask(world);
    expect_welcome(world);
    sign_key_generate(&other);
    second.epoch = 2;
    second.policy = SOME_POLICY;
    memcpy(second.curve_key, world->curve.public, sizeof second.curve_key);
    second.tree = world->city.tree;
    grant_certify(&second, &world->trust.tree, &other);
    consent(&terms, &second, &world->key);
    assert_int_equal(replicator_grant(&world->city, world->txn, &second, &terms, &world->err), OK);
    assert_int_equal(roster_revoke(world->city.roster, &word, &changed, &world->err), OK);
    assert_int_equal(roster_find(world->city.roster, division_of(COUNTY))->grant.epoch, 1);
    ask_to_recover(world, &end);
    if (accept(world, &enrolled) != OK) {
        fail_msg("%s", world->err.text);
    }
    assert_int_equal(enrolled.own.epoch, 3);
    assert_true(enrolled.own.base_lsn == 5);
    assert_int_equal(roster_find(world->city.roster, division_of(COUNTY))->grant.epoch, 3);
    enrolled_free(&enrolled);
}

static void a_child_checks_the_chain_against_its_token(void **state)
{
    static const struct {
        const char *name;
        enum lie lie;
        enum status want;
    } lies[] = {
        {"the truth", NO_LIE, OK},
        {"out of order", LIE_ORDER, ERR_REFUSED},
        {"our own grant is missing", LIE_MISSING, ERR_REFUSED},
        {"one grant too many", LIE_EXTRA, ERR_REFUSED},
        {"a forged signature", LIE_BYTE, ERR_BAD_SIGNATURE},
        {"no chain", LIE_NO_CHAIN, ERR_MALFORMED},
    };
    struct world *world = *state;

    ask(world);
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        struct enrolled enrolled;
        enum status status;

        answer_with(world, lies[i].lie);
        status = accept(world, &enrolled);
        if (status != lies[i].want) {
            fail_msg("%s: %s", lies[i].name, world->err.text);
        }
        if (status != OK) {
            assert_int_equal(enrolled.chain_count, 0);
        }
        enrolled_free(&enrolled);
    }
}

static void a_child_believes_its_token_and_not_the_parent(void **state)
{
    struct world *world = *state;
    const struct token token = world->token;
    const struct sign_key key = world->key;
    struct enrolled enrolled;

    ask(world);
    world->token.tree.at[0] ^= 1; /* another tree than the one we pinned */
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    world->token = token;
    world->token.parent = division_of(REGION);
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    world->token = token;
    world->token.division = division_of("540122");
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    world->token = token;
    world->token.curve_key[0] ^= 1; /* another parent than the one we speak to */
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    world->token = token;
    (void)number_set_add(&world->token.policy, 1); /* laxer or stricter than what we agreed to */
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    assert_false(enrolled.refused);
    world->token = token;
    sign_key_generate(&world->key); /* a grant of somebody else's key */
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    world->key = key;
    expect_welcome(world);
}

static void a_bad_answer_is_an_error_and_not_a_crash(void **state)
{
    static const char *const texts[] = {"", "\x1b[2J", "\xff\xff"};
    struct world *world = *state;
    struct enrolled enrolled;

    ask(world);
    for (size_t size = 0; size < world->answer.size; size++) {
        assert_int_not_equal(enrol_accept(&enrolled, &world->token, &world->key, NULL,
                                          bytes_of(world->answer.data, size), &world->err),
                             OK);
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        Terrace__EnrolAnswer answer = TERRACE__ENROL_ANSWER__INIT;

        answer.has_status = answer.has_text = 1;
        answer.status = ERR_EXPIRED;
        answer.text = pb_of_bytes(texts[i], strlen(texts[i]));
        buf_clear(&world->answer);
        message_encode(&world->answer, &answer.base);
        assert_int_equal(accept(world, &enrolled), ERR_EXPIRED);
        assert_true(enrolled.refused);
        assert_null(strchr(world->err.text, '\x1b'));
        assert_true(utf8_valid(bytes_text(world->err.text)));
        answer.status = STATUSES;
        buf_clear(&world->answer);
        message_encode(&world->answer, &answer.base);
        assert_int_equal(accept(world, &enrolled), ERR_MALFORMED);
    }
}

/* --- the first admins --- */

static void name_admins(struct world *world)
{
    world->admins.founders[0] = (struct founder){"\xe5\x8d\x93\xe7\x8e\x9b", {{1}}};
    world->admins.founders[1] = (struct founder){"zhao", {{2}}};
    world->admins.founder_count = 2;
}

static void first_admins_stand_in_the_grant(void **state)
{
    struct world *world = *state;
    struct grant_terms granted;

    name_admins(world);
    ask(world);
    expect_welcome(world);
    assert_true(roster_terms(world->city.roster, division_of(COUNTY), 1, &granted));
    assert_true(founders_equal(&granted, &world->admins));
}

/* One more, one less, another key or name, another order. */
static void a_grant_with_other_admins_is_refused(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;
    struct grant_terms sent;

    name_admins(world);
    sent = world->admins;
    world->city.founders_of_its_own = true;
    ask(world);
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "grant_other_founders"));
    assert_false(enrolled.refused); /* its own judgement: the parent has granted */
    for (int change = 0; change < 4; change++) {
        world->admins = sent;
        world->admins.founders[2] = (struct founder){"mallory", {{7}}};
        world->admins.founder_count = 3;
        if (change == 0) {
            assert_int_equal(accept(world, &enrolled), OK);
            enrolled_free(&enrolled);
            world->admins.founder_count = 2;
        } else if (change == 1) {
            world->admins.founders[1].key.at[31] ^= 1;
        } else if (change == 2) {
            world->admins.founders[1].name[0] = 'Z';
        } else {
            world->admins.founders[0] = sent.founders[1];
            world->admins.founders[1] = sent.founders[0];
        }
        assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
    }
}

static void admins_that_were_not_asked_for_are_refused(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;

    world->city.founders_of_its_own = true;
    ask(world);
    assert_int_equal(accept(world, &enrolled), ERR_REFUSED);
}

/* Nobody between can lay another person's key into the request. */
static void admins_are_part_of_the_proof(void **state)
{
    struct world *world = *state;
    const uint8_t *at;

    name_admins(world);
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public, "",
                  &world->admins, NULL, world->now);
    at = memmem(world->frame.data, world->frame.size, "zhao", 4);
    assert_non_null(at);
    world->frame.data[at - world->frame.data] = 'Z';
    receive(world);
    expect_refused(world, ERR_BAD_SIGNATURE, "enrol_bad_proof");
    assert_int_equal(world->city.grants, 0);
}

static void a_person_sees_the_admins_of_who_waits(void **state)
{
    struct world *world = *state;
    struct enrol_invitation seen;

    hold_world(world);
    name_admins(world);
    ask(world);
    expect_waiting(world);
    seen = invitation_of(world);
    assert_true(founders_equal(&seen.terms, &world->admins));
    assert_int_equal(
        enrol_admit(world->txn, division_of(COUNTY), seen.fingerprint, "", &seen, &world->err), OK);
    assert_true(founders_equal(&seen.terms, &world->admins));
    commit(world);
    world->admins.founders[1].key.at[0] ^= 1; /* none that a person was shown */
    ask(world);
    expect_refused(world, ERR_REFUSED, "enrol_other_founders");
    world->admins.founders[1].key.at[0] ^= 1;
    ask(world);
    expect_welcome(world);
}

static int start(void **state)
{
    log_open(LOG_LEVEL_NONE, "");
    return crypto_set_up(state);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(a_county_joins_with_its_token),
        STORY(the_token_works_as_it_was_carried),
        STORY(a_lost_answer_is_given_again_without_a_new_grant),
        STORY(the_secret_is_not_stored),
        STORY(a_wrong_token_is_refused),
        STORY(an_expired_token_is_refused),
        STORY(a_used_token_is_refused_to_other_keys),
        STORY(a_strangers_link_key_is_refused),
        STORY(a_confirm_before_a_grant_is_refused),
        STORY(a_grant_that_cannot_be_made_leaves_the_token_open),
        STORY(a_request_altered_anywhere_is_refused),
        STORY(noise_is_refused),
        STORY(strangers_are_counted_and_push_nothing_out),
        STORY(who_may_not_be_invited),
        STORY(an_address_that_nobody_can_dial_is_not_handed_out),
        STORY(names_that_cannot_be_shown_are_refused),
        STORY(a_new_invite_replaces_one_that_was_not_used),
        STORY(lists_that_meet_are_not_both_granted),
        STORY(who_is_held_waits_for_a_person),
        STORY(only_the_keys_that_were_compared_get_in),
        STORY(a_withdrawn_invitation_is_worth_nothing),
        STORY(who_invites_does_not_say_yes_too),
        STORY(the_second_may_say_yes_first),
        STORY(who_is_held_needs_both),
        STORY(a_member_gets_its_chain_once_more),
        STORY(another_link_key_is_not_who_is_there),
        STORY(who_waits_too_long_is_refused),
        STORY(a_child_checks_the_chain_against_its_token),
        STORY(a_recovery_has_a_number_that_none_had),
        STORY(a_child_believes_its_token_and_not_the_parent),
        STORY(a_bad_answer_is_an_error_and_not_a_crash),
        STORY(first_admins_stand_in_the_grant),
        STORY(a_grant_with_other_admins_is_refused),
        STORY(admins_that_were_not_asked_for_are_refused),
        STORY(admins_are_part_of_the_proof),
        STORY(a_person_sees_the_admins_of_who_waits),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
