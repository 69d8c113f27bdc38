/* What a parent may answer to who asks to be let in, read by the child: an answer without a word, a
 * chain that is none, a reason that cannot be shown. Nothing of it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "tests/unit/replicator/enrol_world.h"

static enum status accept_message(struct world *world, const Terrace__EnrolAnswer *message,
                                  struct enrolled *out)
{
    buf_clear(&world->answer);
    message_encode(&world->answer, &message->base);
    return accept_answer(world, out);
}

/* Nothing is left in *out that could be taken for an answer. */
static void expect_none(const struct enrolled *out, bool refused)
{
    assert_int_equal(out->chain_count, 0);
    assert_null(out->memory.data);
    assert_int_equal(out->refused, refused);
    assert_false(out->waits);
}

static void an_answer_says_a_status_that_there_is(void **state)
{
    Terrace__EnrolAnswer message = TERRACE__ENROL_ANSWER__INIT;
    struct world *world = *state;
    struct enrolled out;

    assert_int_equal(accept_message(world, &message, &out), ERR_MALFORMED);
    assert_string_equal(world->err.text, "parent_answer_no_status");
    expect_none(&out, false);
    message.has_status = 1;
    message.status = STATUSES;
    assert_int_equal(accept_message(world, &message, &out), ERR_MALFORMED);
    assert_string_equal(world->err.text, "parent_answer_no_status");
    expect_none(&out, false);
}

static void a_welcome_has_a_chain(void **state)
{
    static ProtobufCBinaryData links[ENROL_CHAIN_MAX + 1];
    Terrace__EnrolAnswer message = TERRACE__ENROL_ANSWER__INIT;
    struct world *world = *state;
    struct enrolled out;

    message.has_status = 1;
    message.status = OK;
    assert_int_equal(accept_message(world, &message, &out), ERR_MALFORMED);
    assert_memory_equal(world->err.text, "grants_chain_length", 19);
    expect_none(&out, false);
    message.n_chain = ENROL_CHAIN_MAX + 1;
    message.chain = links;
    assert_int_equal(accept_message(world, &message, &out), ERR_TOO_LARGE);
    expect_none(&out, false);
    message.n_chain = 1; /* of nothing */
    assert_int_not_equal(accept_message(world, &message, &out), OK);
    assert_memory_equal(world->err.text, "chain_not_trusted", 17);
    expect_none(&out, false);
}

static void a_reason_that_cannot_be_shown_is_the_status_alone(void **state)
{
    static uint8_t long_text[300];
    static const struct {
        const char *text;
        size_t size;
        const char *want;
    } cases[] = {
        {"token_used", 10, "token_used"},
        {"", 0, "refused"},
        {"\xff\xfe", 2, "refused"},
        {"two\nlines", 9, "refused"},
        {(const char *)long_text, sizeof long_text, "refused"},
    };
    struct world *world = *state;
    struct enrolled out;

    memset(long_text, 'x', sizeof long_text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__EnrolAnswer message = TERRACE__ENROL_ANSWER__INIT;

        message.has_status = 1;
        message.status = ERR_REFUSED;
        message.has_text = cases[i].size > 0;
        message.text = pb_of_bytes(cases[i].text, cases[i].size);
        assert_int_equal(accept_message(world, &message, &out), ERR_REFUSED);
        assert_non_null(strstr(world->err.text, "parent_refused"));
        if (strstr(world->err.text, cases[i].want) == NULL || strlen(world->err.text) > 100) {
            fail_msg("%zu: \"%s\"", i, world->err.text);
        }
        expect_none(&out, true);
        assert_int_equal(enrol_confirmed(buf_bytes(&world->answer), &world->err), ERR_REFUSED);
    }
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(an_answer_says_a_status_that_there_is),
        STORY(a_welcome_has_a_chain),
        STORY(a_reason_that_cannot_be_shown_is_the_status_alone),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
