/* How a division gets in with its token, once more, and as another epoch; and what a child believes
 * of the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "proto/log.h"
#include "tests/unit/replicator/enrol_world.h"

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
    assert_int_equal(accept_answer(world, &enrolled), OK);
    assert_int_equal(enrolled.own.epoch, 1);
    assert_int_equal(enrolled.chain_count, 3);
    enrolled_free(&enrolled);
    assert_int_equal(world->city.grants, 1); /* and nothing was granted */
    ask(world);                              /* a lost answer is given again */
    assert_int_equal(accept_answer(world, &enrolled), OK);
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
    if (accept_answer(world, &enrolled) != OK) {
        fail_msg("%s", world->err.text);
    }
    assert_int_equal(enrolled.own.epoch, 3);
    assert_true(enrolled.own.base_lsn == 5);
    assert_int_equal(roster_find(world->city.roster, division_of(COUNTY))->grant.epoch, 3);
    enrolled_free(&enrolled);
}

/* Of who has lost all, the parent holds what the new epoch goes on from: but all of it. */
static void who_lost_all_goes_on_behind_what_anybody_holds(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;

    ask(world);
    expect_welcome(world);
    world->city.held = (struct log_head){.epoch = 1, .lsn = 7, .hash = {{7}}};
    world->city.more_above = true;
    ask_to_recover(world, NULL);
    assert_int_equal(accept_answer(world, &enrolled), ERR_NOT_YET);
    assert_true(enrolled.waits);
    world->city.more_above = false;
    receive(world); /* asked again */
    assert_int_equal(accept_answer(world, &enrolled), OK);
    assert_int_equal(enrolled.own.epoch, 2);
    assert_int_equal(enrolled.own.base_lsn, 7);
    enrolled_free(&enrolled);
}

/* Who kept his log, but an older copy of it, as well. */
static void who_kept_less_than_an_ancestor_holds_waits(void **state)
{
    struct world *world = *state;
    const struct enrol_end older = {8, {{8}}}, newest = {9, {{9}}};
    struct enrolled enrolled;

    ask(world);
    expect_welcome(world);
    world->city.held = (struct log_head){.epoch = 1, .lsn = 7, .hash = {{7}}};
    world->city.more_above = true;
    ask_to_recover(world, &older);
    assert_int_equal(accept_answer(world, &enrolled), ERR_NOT_YET);
    assert_true(enrolled.waits);
    world->city.held = (struct log_head){.epoch = 1, .lsn = 9, .hash = {{9}}}; /* it was fetched */
    world->city.more_above = false;
    receive(world);
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "recover_behind"));
    world->city.more_above = true;
    ask_to_recover(world, &newest);
    assert_int_equal(accept_answer(world, &enrolled), OK);
    assert_int_equal(enrolled.own.base_lsn, 9);
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
        status = accept_answer(world, &enrolled);
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
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    world->token = token;
    world->token.parent = division_of(REGION);
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    world->token = token;
    world->token.division = division_of("540122");
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    world->token = token;
    world->token.curve_key[0] ^= 1; /* another parent than the one we speak to */
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    world->token = token;
    (void)number_set_add(&world->token.policy, 1); /* laxer or stricter than what we agreed to */
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    assert_false(enrolled.refused);
    world->token = token;
    sign_key_generate(&world->key); /* a grant of somebody else's key */
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
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
        assert_int_equal(accept_answer(world, &enrolled), ERR_EXPIRED);
        assert_true(enrolled.refused);
        assert_null(strchr(world->err.text, '\x1b'));
        assert_true(utf8_valid(bytes_text(world->err.text)));
        answer.status = STATUSES;
        buf_clear(&world->answer);
        message_encode(&world->answer, &answer.base);
        assert_int_equal(accept_answer(world, &enrolled), ERR_MALFORMED);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(a_county_joins_with_its_token),
        STORY(the_token_works_as_it_was_carried),
        STORY(a_lost_answer_is_given_again_without_a_new_grant),
        STORY(the_secret_is_not_stored),
        STORY(a_member_gets_its_chain_once_more),
        STORY(another_link_key_is_not_who_is_there),
        STORY(who_waits_too_long_is_refused),
        STORY(a_child_checks_the_chain_against_its_token),
        STORY(a_recovery_has_a_number_that_none_had),
        STORY(who_lost_all_goes_on_behind_what_anybody_holds),
        STORY(who_kept_less_than_an_ancestor_holds_waits),
        STORY(a_child_believes_its_token_and_not_the_parent),
        STORY(a_bad_answer_is_an_error_and_not_a_crash),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
