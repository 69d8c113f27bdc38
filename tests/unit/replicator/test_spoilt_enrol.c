/* Rows of enrolment that were cut short: nobody is let in by one, nobody's word is taken for one,
 * and whoever asks for a list is told that there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

#include "replicator/store/row_letters.h"
#include "replicator/trust/enrol_attempts.h"
#include "replicator/trust/enrol_invites.h"
#include "replicator/trust/founders.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/replicator/enrol_world.h"

enum { ROW_MAX = 1024 };

struct row {
    uint8_t key[STORE_KEY_BYTES_MAX], value[ROW_MAX];
    size_t key_size, size;
};

static bool keep_row(void *arg, struct bytes key, struct bytes value)
{
    struct row *row = arg;

    assert_true(value.size <= ROW_MAX);
    memcpy(row->key, key.data, key.size);
    memcpy(row->value, value.data, value.size);
    row->key_size = key.size;
    row->size = value.size;
    return false;
}

/* The first with this letter. */
static struct row row_of(const struct world *world, uint8_t letter)
{
    struct row row = {.size = 0};
    struct err err;

    assert_int_equal(world->store.ops->scan(world->store.self, NULL, SPACE_LOCAL,
                                            bytes_of(&letter, 1), BYTES_NONE, keep_row, &row, &err),
                     OK);
    assert_true(row.size > 0);
    return row;
}

static void put_row(struct world *world, const struct row *row, size_t size)
{
    txn_reset(world->txn); /* what was read before has failed it */
    (void)txn_put(world->txn, SPACE_LOCAL, bytes_of(row->key, row->key_size),
                  bytes_of(row->value, size));
    commit(world);
}

static void count_invitation(void *arg, const struct enrol_invitation *invitation)
{
    (void)invitation;
    ++*(size_t *)arg;
}

static enum status list_invitations(struct world *world, size_t *count)
{
    *count = 0;
    return enrol_invitations(&world->store, NULL, count_invitation, count, &world->err);
}

/* One with all that an invitation can say, and somebody who waits with it. */
static void invite_much(struct world *world)
{
    const struct invite_terms terms = {.name = "county",
                                       .hold = true,
                                       .two = true,
                                       .may_grant = {{"540121*", "!54012199*"}, 2},
                                       .by = "zhao"};

    assert_int_equal(
        enrol_invite(&world->city, world->txn, &world->token, &terms, world->now, &world->err), OK);
    commit(world);
    ask(world);
    expect_waiting(world);
}

/* A turn that met such a row fails: nothing of it is committed, and no answer leaves. */
static void the_turn_fails(struct world *world, const char *how, size_t at)
{
    const struct enrol_asker from = asker(world);

    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public,
                  "tcp://127.0.0.1:7500", &world->admins, NULL, world->now);
    enrol_receive(&world->city, world->txn, buf_bytes(&world->frame), &from, world->now,
                  &world->answer);
    if (txn_status(world->txn, &world->err) != ERR_CORRUPT) {
        fail_msg("%s %zu: who came with the token had an answer", how, at);
    }
    assert_int_equal(world->city.grants, 0);
    txn_reset(world->txn);
}

static void nobody_is_let_in(struct world *world, const char *how, size_t at)
{
    struct enrol_invitation seen;
    size_t count;

    the_turn_fails(world, how, at);
    (void)enrol_admit(world->txn, division_of(COUNTY), "", "qian", &seen, &world->err);
    assert_int_equal(txn_status(world->txn, &world->err), ERR_CORRUPT);
    txn_reset(world->txn);
    (void)enrol_withdraw(world->txn, division_of(COUNTY), &world->err);
    assert_int_equal(txn_status(world->txn, &world->err), ERR_CORRUPT);
    txn_reset(world->txn);
    assert_int_equal(list_invitations(world, &count), ERR_CORRUPT);
    assert_int_equal(count, 0);
}

static void an_invitation_that_was_cut_short_lets_nobody_in(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;
    struct row row;
    size_t count;

    invite_much(world);
    row = row_of(world, LOCAL_INVITE);
    for (size_t size = 1; size < row.size - strlen("county"); size++) { /* the name ends it */
        put_row(world, &row, size);
        nobody_is_let_in(world, "cut at", size);
    }
    for (size_t at = 0; at < 2; at++) { /* another version; a state that there is not */
        struct row other = row;

        other.value[at] = 0xff;
        put_row(world, &other, row.size);
        nobody_is_let_in(world, "another byte at", at);
    }
    put_row(world, &row, row.size);
    ask(world);
    assert_int_equal(accept_answer(world, &enrolled), ERR_NOT_YET); /* it waits still */
    assert_int_equal(list_invitations(world, &count), OK);
    assert_int_equal(count, 1);
}

/* A name longer than any, a list with what is no pattern. */
static void an_invitation_that_says_too_much_lets_nobody_in(void **state)
{
    struct world *world = *state;
    struct row row, other;
    uint8_t *pattern;

    invite_much(world);
    other = row = row_of(world, LOCAL_INVITE);
    memset(other.value + row.size, 'x', NAME_BYTES_MAX);
    other.size = row.size + NAME_BYTES_MAX;
    put_row(world, &other, other.size);
    nobody_is_let_in(world, "longer by", NAME_BYTES_MAX);
    other = row;
    pattern = memmem(other.value, other.size, "540121*", 7);
    assert_non_null(pattern);
    pattern[0] = '*';
    put_row(world, &other, other.size);
    nobody_is_let_in(world, "no pattern at", 0);
    other = row; /* a person's name longer than any */
    pattern = memmem(other.value, other.size, "zhao", 4);
    assert_non_null(pattern);
    pattern[-1] = FOUNDER_NAME_BYTES_MAX + 1;
    memset(other.value + row.size, 'x', 200);
    put_row(world, &other, row.size + 200);
    nobody_is_let_in(world, "a name of", FOUNDER_NAME_BYTES_MAX + 1);
}

static void count_attempt(void *arg, const struct enrol_attempt *attempt)
{
    assert_int_equal(attempt->reason, ERR_NOT_FOUND);
    ++*(size_t *)arg;
}

static enum status list_attempts(struct world *world, size_t *count)
{
    *count = 0;
    return enrol_attempts(&world->store, NULL, count_attempt, count, &world->err);
}

static void a_refused_attempt_that_cannot_be_read_is_told(void **state)
{
    struct world *world = *state;
    struct row row, other;
    size_t count, before_text, told = 0;

    memset(world->token.secret, 7, sizeof world->token.secret);
    ask(world);
    row = row_of(world, LOCAL_ATTEMPT);
    before_text = row.size - strlen(attempts_of(world).newest.text);
    assert_int_equal(list_attempts(world, &count), OK);
    assert_int_equal(count, 1);
    for (size_t size = 0; size < row.size; size++) {
        put_row(world, &row, size);
        if (list_attempts(world, &count) != OK) {
            assert_int_equal(count, 0);
            told++;
        } else { /* its reason's words end it */
            assert_true(size >= before_text);
        }
    }
    assert_true(told > 60);
    other = row;
    other.value[0] = 0xff; /* another version */
    put_row(world, &other, row.size);
    assert_int_equal(list_attempts(world, &count), ERR_CORRUPT);
    memset(other.value + row.size, 'x', 256);
    other.value[0] = row.value[0];
    put_row(world, &other, row.size + 256);
    assert_int_equal(list_attempts(world, &count), ERR_CORRUPT);

    put_row(world, &row, 3); /* the next one counts from its own time on */
    world->now += 1000;
    ask(world);
    assert_int_equal(attempts_of(world).newest.count, 1);
    assert_true(attempts_of(world).newest.first_unix_ms == world->now);
}

/* A reason, an address and a text that none can be. */
static void a_refused_attempt_that_says_too_much_is_told(void **state)
{
    enum { REASON_AT = 1 + 3 * 8, ADDRESS_AT = REASON_AT + 4 + 32 };
    static const struct {
        size_t at, longer;
        uint8_t byte;
    } cases[] = {{REASON_AT, 0, 0xff}, {ADDRESS_AT, 200, 64}, {0, 128, 1}};
    struct world *world = *state;
    struct row row;
    size_t count;

    memset(world->token.secret, 7, sizeof world->token.secret);
    ask(world);
    row = row_of(world, LOCAL_ATTEMPT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct row other = row;

        other.value[cases[i].at] = cases[i].byte;
        memset(other.value + row.size, 'x', cases[i].longer);
        put_row(world, &other, row.size + cases[i].longer);
        if (list_attempts(world, &count) != ERR_CORRUPT) {
            fail_msg("case %zu", i);
        }
    }
}

static void so_many_attempts_are_listed(void **state)
{
    enum { LISTED_MAX = 4096 };
    struct world *world = *state;
    size_t count;

    for (int i = 0; i < LISTED_MAX + 3; i++) {
        struct enrol_attempt attempt = {.unix_ms = NOW, .reason = ERR_NOT_FOUND};
        char code[8];

        (void)snprintf(code, sizeof code, "N%d", i);
        attempt_keep(world->txn, &attempt, division_of(code));
    }
    commit(world);
    assert_int_equal(list_attempts(world, &count), OK);
    assert_int_equal(count, LISTED_MAX);
}

/* --- what the disk does not give --- */

static void a_list_that_cannot_be_read_is_none(void **state)
{
    struct spoiling_store spoiling;
    struct world *world = *state;
    const struct store sound = world->store;
    struct token known = world->token;
    size_t count;

    invite_much(world);
    memset(world->token.secret, 7, sizeof world->token.secret);
    ask(world);
    world->store = spoiling_store_of(&spoiling, sound);
    spoiling_store_begin(&spoiling, SPOILS_READ, 0);
    assert_int_equal(list_attempts(world, &count), ERR_IO);
    assert_int_equal(count, 0);
    spoiling_store_begin(&spoiling, SPOILS_READ, 0);
    assert_int_equal(list_invitations(world, &count), ERR_IO);
    assert_int_equal(count, 0);
    spoiling_store_begin(&spoiling, SPOILS_READ, 0);
    assert_true(invite_secret_kept(&world->store, known.secret)); /* it may be one of ours */
    assert_true(spoiling.spoilt);
    world->store = sound;
}

/* Under a key that is none; and a secret whose row does not say whom it invites. */
static void a_row_that_names_nobody_is_damage(void **state)
{
    struct world *world = *state;
    struct row row;
    size_t count;

    invite_much(world);
    row = row_of(world, LOCAL_INVITE_SECRET);
    for (size_t size = 0; size < row.size; size++) {
        put_row(world, &row, size);
        the_turn_fails(world, "secret cut at", size);
    }
    put_row(world, &row, row.size);
    row = row_of(world, LOCAL_INVITE);
    row.key_size = 5;
    put_row(world, &row, row.size);
    assert_int_equal(list_invitations(world, &count), ERR_CORRUPT);
}

/* The first admins of who waits are all of them, or the row is damaged. */
static void persons_that_were_cut_short_are_damage(void **state)
{
    struct world *world = *state;
    struct row row;
    size_t count;

    world->admins.founder_count = 2;
    world->admins.founders[0] = (struct founder){"sun", {{1}}};
    world->admins.founders[1] = (struct founder){"li", {{2}}};
    hold_world(world);
    ask(world);
    row = row_of(world, LOCAL_INVITE_FOUNDERS);
    for (size_t size = 0; size < row.size; size++) {
        put_row(world, &row, size);
        if (list_invitations(world, &count) != ERR_CORRUPT) {
            fail_msg("cut at %zu of %zu", size, row.size);
        }
        assert_int_equal(count, 0);
        the_turn_fails(world, "founders cut at", size);
    }
}

static void note_persons(void *arg, const struct enrol_invitation *invitation)
{
    *(struct grant_terms *)arg = invitation->terms;
}

static enum status persons_of(struct world *world, const struct row *row, struct grant_terms *out)
{
    put_row(world, row, row->size);
    return enrol_invitations(&world->store, NULL, note_persons, out, &world->err);
}

/* The first version did not write how many there are. */
static void persons_of_the_first_version_are_read(void **state)
{
    struct world *world = *state;
    struct grant_terms seen = {.founder_count = 0};
    struct row row, other;

    world->admins.founder_count = 2;
    world->admins.founders[0] = (struct founder){"sun", {{1}}};
    world->admins.founders[1] = (struct founder){"li", {{2}}};
    hold_world(world);
    ask(world);
    row = other = row_of(world, LOCAL_INVITE_FOUNDERS);
    memmove(other.value, other.value + 1, --other.size);
    assert_int_equal(persons_of(world, &other, &seen), OK);
    assert_true(founders_equal(&seen, &world->admins));
    ask(world); /* the same once more: it waits still */
    expect_waiting(world);

    row.value[0]++; /* one more than are there */
    assert_int_equal(persons_of(world, &row, &seen), ERR_CORRUPT);
    row.value[0] -= 2; /* one less */
    assert_int_equal(persons_of(world, &row, &seen), ERR_CORRUPT);
    other.value[0] = FOUNDER_NAME_BYTES_MAX + 1; /* a name longer than any */
    other.size = 1 + FOUNDER_NAME_BYTES_MAX + 1 + PUBLIC_KEY_SIZE;
    assert_int_equal(persons_of(world, &other, &seen), ERR_CORRUPT);
    for (size_t i = 0; i <= GRANT_FOUNDERS_MAX; i++) { /* more than a grant can have */
        memset(other.value + i * (2 + PUBLIC_KEY_SIZE), 'n', 2 + PUBLIC_KEY_SIZE);
        other.value[i * (2 + PUBLIC_KEY_SIZE)] = 1;
    }
    other.size = GRANT_FOUNDERS_MAX * (2 + PUBLIC_KEY_SIZE);
    assert_int_equal(persons_of(world, &other, &seen), OK);
    assert_int_equal(seen.founder_count, GRANT_FOUNDERS_MAX);
    other.size += 2 + PUBLIC_KEY_SIZE;
    assert_int_equal(persons_of(world, &other, &seen), ERR_CORRUPT);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(an_invitation_that_was_cut_short_lets_nobody_in),
        STORY(an_invitation_that_says_too_much_lets_nobody_in),
        STORY(a_refused_attempt_that_cannot_be_read_is_told),
        STORY(a_refused_attempt_that_says_too_much_is_told),
        STORY(so_many_attempts_are_listed),
        STORY(a_list_that_cannot_be_read_is_none),
        STORY(a_row_that_names_nobody_is_damage),
        STORY(persons_that_were_cut_short_are_damage),
        STORY(persons_of_the_first_version_are_read),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
