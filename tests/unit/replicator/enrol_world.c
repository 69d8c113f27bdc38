#include "tests/unit/replicator/enrol_world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "proto/frame.h"
#include "proto/log.h"
#include "replicator/ancestors.h"
#include "replicator/session/resync.h"
#include "tests/harness/commit.h"

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

bool resync_is_on(const struct replicator *replicator)
{
    return replicator->resyncs;
}

enum status replicator_check_end(struct replicator *replicator, struct division division,
                                 uint64_t lsn, struct err *err)
{
    return replicator->more_above && lsn < 9
               ? err_set(err, ERR_NOT_YET,
                         "recover_more_above division=%s peer=R lsn=9 held=%" PRIu64, division.code,
                         replicator->held.lsn)
               : OK;
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

enum status invite(struct world *world, struct token *token, const char *code)
{
    return invite_as(world, token, code, false);
}

int open_world(void **state)
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

int close_world(void **state)
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

void commit(struct world *world)
{
    commit_txn(&world->store, world->fence, world->txn);
}

struct enrol_asker asker(const struct world *world)
{
    struct enrol_asker from = {.address = "10.0.0.9"};

    memcpy(from.curve_key, world->curve.public, sizeof from.curve_key);
    return from;
}

void receive(struct world *world)
{
    const struct enrol_asker from = asker(world);

    enrol_receive(&world->city, world->txn, buf_bytes(&world->frame), &from, world->now,
                  &world->answer);
    commit(world);
}

void ask(struct world *world)
{
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public,
                  "tcp://127.0.0.1:7500", &world->admins, NULL, world->now);
    receive(world);
}

void confirm(struct world *world)
{
    buf_clear(&world->frame);
    enrol_confirm(&world->frame, &world->token, &world->key);
    receive(world);
}

enum status accept_answer(struct world *world, struct enrolled *out)
{
    return enrol_accept(out, &world->token, &world->key, &world->admins, buf_bytes(&world->answer),
                        &world->err);
}

static void note_attempt(void *arg, const struct enrol_attempt *attempt)
{
    struct attempts *attempts = arg;

    if (attempts->count++ == 0) {
        attempts->newest = *attempt;
    }
    attempts->oldest = *attempt;
}

struct attempts attempts_of(struct world *world)
{
    struct attempts attempts = {0};

    assert_int_equal(enrol_attempts(&world->store, NULL, note_attempt, &attempts, &world->err), OK);
    return attempts;
}

void expect_refused(struct world *world, enum status reason, const char *word)
{
    const size_t grants = world->city.grants;
    struct enrolled enrolled;
    struct attempts attempts;

    assert_int_equal(accept_answer(world, &enrolled), reason);
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

void expect_welcome(struct world *world)
{
    struct enrolled enrolled;

    if (accept_answer(world, &enrolled) != OK) {
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

/* --- held until a person has compared --- */

static void note_invitation(void *arg, const struct enrol_invitation *invitation)
{
    struct enrol_invitation *last = arg;

    *last = *invitation;
}

struct enrol_invitation invitation_of(struct world *world)
{
    struct enrol_invitation invitation = {.hold = false};

    assert_int_equal(
        enrol_invitations(&world->store, NULL, note_invitation, &invitation, &world->err), OK);
    return invitation;
}

void hold_world(struct world *world)
{
    assert_int_equal(invite_as(world, &world->token, COUNTY, true), OK);
    commit(world);
}

void expect_waiting(struct world *world)
{
    struct enrolled enrolled;

    assert_int_equal(accept_answer(world, &enrolled), ERR_NOT_YET);
    assert_true(enrolled.waits && !enrolled.refused);
    assert_non_null(strstr(world->err.text, "enrol_waits"));
    assert_int_equal(world->city.grants, 0);
}

/* --- the first admins --- */

int start(void **state)
{
    log_open(LOG_LEVEL_NONE, "");
    return crypto_set_up(state);
}
