/* Who asks and is known already, or was invited under other circumstances than it comes in; and
 * what a request or an answer may be at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/trust/enrol_place.h"
#include "tests/unit/replicator/enrol_world.h"

static enum status invite_as(struct world *world, const struct invite_terms *terms)
{
    const enum status status =
        enrol_invite(&world->city, world->txn, &world->token, terms, world->now, &world->err);

    commit(world);
    return status;
}

static void ask_with(struct world *world, const struct enrol_end *end)
{
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public,
                  "tcp://127.0.0.1:7500", &world->admins, end, world->now);
    receive(world);
}

/* The city's next epoch, by the region, to which its key agrees. */
static void amend_city(struct world *world, const struct grant_terms *said)
{
    struct grant grant = roster_find(world->city.roster, division_of(CITY))->grant;
    struct grant_terms terms = *said;
    struct buf sealed = BUF_EMPTY;
    bool added;

    grant.epoch++;
    consent(&terms, &grant, &world->city.key);
    grant_seal(&sealed, &grant, &terms, &world->region);
    if (roster_add(world->city.roster, buf_bytes(&sealed), &added, &world->err) != OK) {
        fail_msg("%s", world->err.text);
    }
    buf_free(&sealed);
}

/* --- who is there --- */

/* Invited, and then let in by another token: of the first one nothing comes any more. */
static void who_came_in_otherwise_is_there_already(void **state)
{
    struct world *world = *state;
    struct grant grant = first_grant(division_of(COUNTY), division_of(CITY));

    grant_certify(&grant, &world->trust.tree, &world->key);
    assert_int_equal(replicator_grant(&world->city, world->txn, &grant, every_code(), &world->err),
                     OK);
    ask(world);
    expect_refused(world, ERR_REFUSED, "member_already");
}

static void who_recovers_has_the_log_that_is_held_of_it(void **state)
{
    static const struct {
        struct enrol_end end;
        const char *word; /* NULL: it is granted */
    } cases[] = {
        {{8, {{9}}}, "recover_behind"},
        {{9, {{8}}}, "recover_other_log"},
        {{9, {{9}}}, NULL},
        {{10, {{8}}}, NULL},
    };
    struct world *world = *state;

    ask(world);
    expect_welcome(world);
    world->city.held = (struct log_head){.epoch = 1, .lsn = 9, .hash = {{9}}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const size_t grants = world->city.grants;
        struct enrolled enrolled;

        assert_int_equal(invite_as(world, &(struct invite_terms){.recover = true}), OK);
        sign_key_generate(&world->key);
        ask_with(world, &cases[i].end);
        if (cases[i].word != NULL) {
            expect_refused(world, ERR_REFUSED, cases[i].word);
            continue;
        }
        assert_int_equal(world->city.grants, grants + 1);
        assert_int_equal(accept_answer(world, &enrolled), OK);
        assert_int_equal(enrolled.own.base_lsn, cases[i].end.lsn);
        enrolled_free(&enrolled);
    }
}

/* A grant would be an entry of a log that is not whole; a chain once more is none. */
static void a_parent_that_fetches_its_log_grants_nobody(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;

    world->city.resyncs = true;
    ask(world);
    assert_int_equal(accept_answer(world, &enrolled), ERR_NOT_YET);
    assert_non_null(strstr(world->err.text, "enrol_resyncs"));
    assert_int_equal(world->city.grants, 0);
    world->city.resyncs = false;
    ask(world);
    expect_welcome(world);
    world->city.resyncs = true;
    assert_int_equal(invite_as(world, &(struct invite_terms){.again = true}), OK);
    ask(world);
    assert_int_equal(accept_answer(world, &enrolled), OK);
    enrolled_free(&enrolled);
    assert_int_equal(world->city.grants, 1);
}

/* --- invitations --- */

static void whoever_was_not_granted_invites_nobody(void **state)
{
    struct world *world = *state;
    const struct grant_reach list = {.count = 0};

    world->token.parent = division_of("540999");
    assert_int_equal(invite_as(world, &(struct invite_terms){.name = "x"}), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "inviter_not_granted"));
    assert_int_equal(enrol_check_reach(world->city.roster, division_of("540999"),
                                       division_of(COUNTY), &list, &world->err),
                     ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "inviter_not_granted"));
}

/* A tree has sixteen levels. */
static void nobody_is_invited_below_the_last_level(void **state)
{
    struct world *world = *state;
    const struct sign_key *above = &world->city.key;
    struct sign_key keys[TREE_DEPTH_MAX];
    char code[8], parent[8] = CITY;

    for (uint32_t depth = 2; depth < TREE_DEPTH_MAX; depth++) {
        struct grant grant;

        (void)snprintf(code, sizeof code, "L%u", depth);
        grant = first_grant(division_of(code), division_of(parent));
        sign_key_generate(&keys[depth]);
        trust_admit(&world->trust, &grant, &keys[depth], above, world->city.roster);
        above = &keys[depth];
        world->token.parent = division_of(parent);
        world->token.division = division_of("N1");
        assert_int_equal(invite_as(world, &(struct invite_terms){.name = "x"}), OK);
        memcpy(parent, code, sizeof parent);
    }
    world->token.parent = division_of(parent);
    assert_int_equal(invite_as(world, &(struct invite_terms){.name = "x"}), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "tree_too_deep"));
}

/* Where nobody is asked for, nobody's word is taken; said twice, the first one's stands. */
static void whose_word_is_taken_is_said_in_the_invitation(void **state)
{
    struct invite_terms terms = {.name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf", .by = "zhao"};
    const struct division county = division_of(COUNTY);
    struct world *world = *state;
    struct enrol_invitation seen;

    assert_int_equal(invite_as(world, &terms), OK);
    assert_int_equal(enrol_admit(world->txn, county, "", "qian", &seen, &world->err),
                     ERR_NOT_FOUND);
    assert_int_equal(enrol_admit(world->txn, county, "00", "qian", &seen, &world->err),
                     ERR_NOT_FOUND);
    assert_int_equal(enrol_admit(world->txn, division_of("540999"), "", "qian", &seen, &world->err),
                     ERR_NOT_FOUND);
    terms.two = true;
    assert_int_equal(invite_as(world, &terms), OK);
    ask(world);
    expect_waiting(world);
    seen = invitation_of(world);
    assert_int_equal(enrol_admit(world->txn, county, "0000 0000", "qian", &seen, &world->err),
                     ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "fingerprint_differs"));
    seen = invitation_of(world);
    assert_int_equal(enrol_admit(world->txn, county, seen.fingerprint, "qian", &seen, &world->err),
                     OK);
    assert_int_equal(enrol_admit(world->txn, county, "", "sun", &seen, &world->err), OK);
    commit(world);
    assert_string_equal(invitation_of(world).accepted_by, "qian");
    ask(world);
    expect_welcome(world);
}

/* What somebody has come in with is not taken back. */
static void a_token_that_was_used_is_not_withdrawn(void **state)
{
    const struct division county = division_of(COUNTY);
    struct enrol_invitation seen;
    struct world *world = *state;

    ask(world);
    expect_welcome(world);
    for (int i = 0; i < 2; i++) { /* granted; and spent */
        assert_int_equal(enrol_withdraw(world->txn, county, &world->err), ERR_NOT_FOUND);
        assert_int_equal(enrol_admit(world->txn, county, "", "qian", &seen, &world->err),
                         ERR_NOT_FOUND);
        assert_false(enrol_invitation_is_open(&seen, world->now));
        confirm(world);
    }
    assert_int_equal(enrol_withdraw(world->txn, division_of("540999"), &world->err), ERR_NOT_FOUND);
}

/* --- sizes --- */

/* The reason tells what list would do; what does not fit in an answer is cut. */
static void a_long_reason_is_cut(void **state)
{
    struct world *world = *state;
    struct grant_terms terms = {.founder_count = 0};
    struct attempts attempts;

    for (int i = 0; i < 16; i++) {
        char pattern[PATTERN_TEXT_MAX + 1];

        (void)snprintf(pattern, sizeof pattern, "5403%04d", i);
        assert_true(reach_add(&terms.may_grant, bytes_text(pattern)));
    }
    amend_city(world, &terms); /* after it was invited */
    ask(world);
    expect_refused(world, ERR_OUTSIDE_REACH, "outside_reach");
    attempts = attempts_of(world);
    assert_int_equal(strlen(attempts.newest.text), sizeof attempts.newest.text - 1);
    assert_non_null(strstr(attempts.newest.text, "5403"));
}

/* An answer has every epoch of every level, and there can be too many. */
static void a_chain_that_is_too_long_is_not_answered_with(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;

    for (int i = 3; i < ENROL_CHAIN_MAX; i++) {
        amend_city(world, every_code());
    }
    ask(world);
    assert_int_equal(accept_answer(world, &enrolled), OK);
    assert_int_equal(enrolled.chain_count, ENROL_CHAIN_MAX);
    enrolled_free(&enrolled);
    amend_city(world, every_code());
    ask(world); /* its answer was lost */
    assert_int_equal(accept_answer(world, &enrolled), ERR_LIMIT);
    assert_non_null(strstr(world->err.text, "enrol_chain_long"));
    assert_true(enrolled.refused);

    world->token.division = division_of("540122"); /* and nobody is granted who could not be told */
    assert_int_equal(invite_as(world, &(struct invite_terms){.name = "x"}), OK);
    sign_key_generate(&world->key);
    curve_key_generate(&world->curve);
    ask(world);
    expect_refused(world, ERR_LIMIT, "enrol_chain_long");
    assert_null(roster_find(world->city.roster, division_of("540122")));
}

/* A request as somebody else's program may write it. */
static void ask_changed(struct world *world, void (*change)(Terrace__EnrolRequest *request))
{
    ProtobufCMessage *decoded;
    struct arena arena;

    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public,
                  "tcp://127.0.0.1:7500", &world->admins, NULL, world->now);
    arena_init(&arena, 1 << 20);
    assert_int_equal(message_decode(&decoded, &terrace__enrol_request__descriptor, &arena,
                                    buf_bytes(&world->frame), ENROL_FRAME_BYTES_MAX, &world->err),
                     OK);
    change((Terrace__EnrolRequest *)(void *)decoded);
    buf_clear(&world->frame);
    message_encode(&world->frame, decoded);
    arena_free(&arena);
    receive(world);
}

static void say_no_confirm(Terrace__EnrolRequest *request)
{
    request->has_confirm = 1;
    request->confirm = 0;
}

static void lengthen_endpoint(Terrace__EnrolRequest *request)
{
    static uint8_t longer[ENDPOINT_BYTES_MAX + 1];

    memset(longer, 'x', sizeof longer);
    request->endpoint = pb_of_bytes(longer, sizeof longer);
}

static void break_endpoint(Terrace__EnrolRequest *request)
{
    request->endpoint = pb_of_bytes("tcp://\n", 7);
}

static void leave_out_end_hash(Terrace__EnrolRequest *request)
{
    request->has_end_lsn = 1;
    request->end_lsn = 7;
}

static void what_is_said_otherwise_is_read_or_refused(void **state)
{
    struct world *world = *state;

    ask_changed(world, lengthen_endpoint);
    expect_refused(world, ERR_MALFORMED, "enrol_bad_endpoint");
    ask_changed(world, break_endpoint);
    expect_refused(world, ERR_MALFORMED, "enrol_bad_endpoint");
    ask_changed(world, leave_out_end_hash);
    expect_refused(world, ERR_MALFORMED, "enrol_bad_end");
    ask_changed(world, say_no_confirm); /* so it is a request */
    expect_welcome(world);
}

/* Whoever shows a secret of ours has a share of his own in what is read; noise has none. */
static void noise_knows_no_secret(void **state)
{
    struct world *world = *state;

    ask(world);
    assert_true(enrol_knows_secret(&world->store, buf_bytes(&world->frame)));
    assert_false(
        enrol_knows_secret(&world->store, bytes_of(world->frame.data, world->frame.size - 1)));
    assert_false(enrol_knows_secret(&world->store, bytes_text("noise")));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(who_came_in_otherwise_is_there_already),
        STORY(who_recovers_has_the_log_that_is_held_of_it),
        STORY(a_parent_that_fetches_its_log_grants_nobody),
        STORY(whoever_was_not_granted_invites_nobody),
        STORY(nobody_is_invited_below_the_last_level),
        STORY(whose_word_is_taken_is_said_in_the_invitation),
        STORY(a_token_that_was_used_is_not_withdrawn),
        STORY(a_long_reason_is_cut),
        STORY(a_chain_that_is_too_long_is_not_answered_with),
        STORY(what_is_said_otherwise_is_read_or_refused),
        STORY(noise_knows_no_secret),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
