/* Requests, answers and what is sealed or signed, of which one thing was changed: who asks so is
 * refused and told why, nothing is granted, and whoever reads such a record either reads what can
 * be written again as it came, or says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/trust/endpoint_entry.h"
#include "replicator/trust/objection.h"
#include "replicator/trust/revocation.h"
#include "tests/harness/mutation.h"
#include "tests/unit/replicator/enrol_world.h"

enum { TIMES = 600, ARENA_BYTES = 1 << 20 };

/* `out` becomes `message` with one thing changed; false: it came out as it was. */
static bool mutated(struct buf *out, const ProtobufCMessageDescriptor *descriptor,
                    struct bytes message, struct hand_clock *chance)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    struct err err;

    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(message_decode(&decoded, descriptor, &arena, message, message.size, &err), OK);
    (void)message_mutate(decoded, &arena, chance);
    buf_clear(out);
    message_encode(out, decoded);
    arena_free(&arena);
    return !bytes_equal(buf_bytes(out), message);
}

/* --- who asks --- */

static void name_admins(struct world *world)
{
    struct sign_key key;

    for (int i = 0; i < 2; i++) {
        struct founder *founder = &world->admins.founders[world->admins.founder_count++];

        sign_key_generate(&key);
        (void)snprintf(founder->name, sizeof founder->name, "admin %d", i);
        founder->key = key.public;
    }
}

static void a_request_that_was_changed_grants_nothing(void **state)
{
    static const struct enrol_end end = {7, {{1, 2, 3}}};
    struct hand_clock chance = {.random = 11};
    struct world *world = *state;
    struct buf truth = BUF_EMPTY;
    size_t changed = 0;

    name_admins(world);
    enrol_request(&truth, &world->token, &world->key, world->curve.public, "tcp://127.0.0.1:7500",
                  &world->admins, &end, world->now);
    for (int i = 0; i < TIMES; i++) {
        struct enrolled enrolled;

        if (!mutated(&world->frame, &terrace__enrol_request__descriptor, buf_bytes(&truth),
                     &chance)) {
            continue;
        }
        changed++;
        buf_clear(&world->answer);
        receive(world);
        assert_int_equal(world->city.grants, 0);
        assert_int_not_equal(accept_answer(world, &enrolled), OK);
        assert_true(enrolled.refused && world->err.text[0] != '\0');
    }
    assert_true(changed > TIMES / 2 && attempts_of(world).count > 0);
    buf_free(&truth);
    ask(world); /* and the true one is let in */
    expect_welcome(world);
}

/* --- who is answered --- */

static void an_answer_that_was_changed_makes_nobody_a_member(void **state)
{
    struct hand_clock chance = {.random = 12};
    struct world *world = *state;
    struct buf truth = BUF_EMPTY;
    size_t refused = 0;

    name_admins(world);
    ask(world);
    buf_append_bytes(&truth, buf_bytes(&world->answer));
    for (int i = 0; i < TIMES; i++) {
        struct enrolled enrolled;
        enum status status;

        if (!mutated(&world->answer, &terrace__enrol_answer__descriptor, buf_bytes(&truth),
                     &chance)) {
            continue;
        }
        status = accept_answer(world, &enrolled);
        if (status == OK) { /* its words alone were changed: the grants are the city's */
            assert_string_equal(enrolled.own.division.code, COUNTY);
            assert_memory_equal(enrolled.own.curve_key, world->curve.public, 32);
            assert_int_equal(enrolled.chain_count, 3);
            enrolled_free(&enrolled);
        } else {
            refused++;
            assert_true(world->err.text[0] != '\0');
        }
    }
    assert_true(refused > TIMES / 4);
    buf_free(&truth);
}

/* --- what is said in entries --- */

typedef enum status rewrite_fn(struct buf *out, struct bytes body, struct err *err);

static enum status rewrite_revocation(struct buf *out, struct bytes body, struct err *err)
{
    struct revocation revocation;
    const enum status status = revocation_read(&revocation, body, err);

    if (status == OK) {
        revocation_write(out, &revocation);
    }
    return status;
}

static enum status rewrite_objection(struct buf *out, struct bytes body, struct err *err)
{
    struct objection objection;
    const enum status status = objection_read(&objection, body, err);

    if (status == OK) {
        objection_write(out, &objection);
    }
    return status;
}

static enum status rewrite_endpoint(struct buf *out, struct bytes body, struct err *err)
{
    struct endpoint_entry entry;
    const enum status status = endpoint_read(&entry, body, err);

    if (status == OK) {
        endpoint_write(out, &entry);
    }
    return status;
}

static void rewritten_or_refused(const struct buf *truth, rewrite_fn *rewrite,
                                 const ProtobufCMessageDescriptor *descriptor)
{
    struct buf body = BUF_EMPTY, again = BUF_EMPTY, third = BUF_EMPTY;
    struct hand_clock chance = {.random = 13};
    size_t refused = 0;
    struct err err;

    assert_int_equal(rewrite(&again, buf_bytes(truth), &err), OK);
    assert_true(bytes_equal(buf_bytes(&again), buf_bytes(truth)));
    for (int i = 0; i < TIMES; i++) {
        if (!mutated(&body, descriptor, buf_bytes(truth), &chance)) {
            continue;
        }
        buf_clear(&again);
        err = (struct err){OK, ""};
        if (rewrite(&again, buf_bytes(&body), &err) == OK) {
            buf_clear(&third);
            assert_int_equal(rewrite(&third, buf_bytes(&again), &err), OK);
            assert_true(bytes_equal(buf_bytes(&third), buf_bytes(&again)));
        } else {
            refused++;
            assert_true(err.text[0] != '\0');
        }
    }
    assert_true(refused > TIMES / 20);
    buf_free(&body);
    buf_free(&again);
    buf_free(&third);
}

static void what_an_entry_says_is_read_whole_or_refused(void **state)
{
    const struct revocation revocation = {.division = division_of(COUNTY),
                                          .first_epoch = 2,
                                          .last_epoch = 3,
                                          .epoch = 1,
                                          .lsn = 9,
                                          .hash = {{4, 5}},
                                          .reason = "stolen"};
    const struct objection objection = {.division = division_of(COUNTY),
                                        .epoch = 3,
                                        .grant = {{6}},
                                        .time_ms = NOW,
                                        .reason = OBJECTION_IMPERSONATED,
                                        .signature = {{8}}};
    const struct endpoint_entry endpoint = {"tcp://127.0.0.1:7001"};
    struct buf truth = BUF_EMPTY;

    (void)state;
    revocation_write(&truth, &revocation);
    rewritten_or_refused(&truth, rewrite_revocation, &terrace__revocation__descriptor);
    buf_clear(&truth);
    objection_write(&truth, &objection);
    rewritten_or_refused(&truth, rewrite_objection, &terrace__objection__descriptor);
    buf_clear(&truth);
    endpoint_write(&truth, &endpoint);
    rewritten_or_refused(&truth, rewrite_endpoint, &terrace__endpoint_entry__descriptor);
    buf_free(&truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_that_was_changed_grants_nothing, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(an_answer_that_was_changed_makes_nobody_a_member,
                                        open_world, close_world),
        cmocka_unit_test(what_an_entry_says_is_read_whole_or_refused),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
