/* The token a person carries: it comes back as it was, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "replicator/trust/enrol.h"
#include "tests/harness/identities.h"

static struct token some_token(const char *endpoint)
{
    struct token token = {.division = division_of("540121"),
                          .parent = division_of("540100"),
                          .link = "tcp://10.0.0.5:7400",
                          .policy = {{UINT64_C(0x8000000000000006), 0, 0, 1}},
                          .expires_unix_ms = UINT64_C(1764000000000)};

    (void)snprintf(token.endpoint, sizeof token.endpoint, "%s", endpoint);
    crypto_random(token.curve_key, sizeof token.curve_key);
    crypto_random(token.tree.at, sizeof token.tree.at);
    crypto_random(token.secret, sizeof token.secret);
    return token;
}

static void expect_same(const struct token *a, const struct token *b)
{
    assert_true(division_equal(a->division, b->division));
    assert_true(division_equal(a->parent, b->parent));
    assert_string_equal(a->endpoint, b->endpoint);
    assert_string_equal(a->link, b->link);
    assert_true(number_set_equal(&a->policy, &b->policy));
    assert_memory_equal(a->curve_key, b->curve_key, sizeof a->curve_key);
    assert_true(hash_equal(&a->tree, &b->tree));
    assert_memory_equal(a->secret, b->secret, sizeof a->secret);
    assert_true(a->expires_unix_ms == b->expires_unix_ms);
}

static void a_token_comes_back_as_it_was(void **state)
{
    char endpoint[ENDPOINT_BYTES_MAX + 1] = "", text[TOKEN_TEXT_MAX];
    struct err err;

    (void)state;
    for (size_t size = 1; size <= ENDPOINT_BYTES_MAX; size++) { /* every length modulo three */
        struct token token, got;

        endpoint[size - 1] = 'e';
        token = some_token(endpoint);
        token_format(text, sizeof text, &token);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
                         strlen(text));
        assert_int_equal(strncmp(text, "TERRACE1-", 9), 0);
        assert_int_equal(token_parse(&got, text, &err), OK);
        expect_same(&got, &token);
    }
}

static void white_space_from_pasting_does_no_harm(void **state)
{
    const struct token token = some_token("tcp://127.0.0.1:7401");
    char text[TOKEN_TEXT_MAX], pasted[TOKEN_TEXT_MAX + 8];
    struct token got;
    struct err err;

    (void)state;
    token_format(text, sizeof text, &token);
    (void)snprintf(pasted, sizeof pasted, " \t%s\r\n\n", text);
    assert_int_equal(token_parse(&got, pasted, &err), OK);
    expect_same(&got, &token);
}

static void a_slip_of_the_hand_is_noticed(void **state)
{
    const struct token token = some_token("tcp://127.0.0.1:7401");
    char text[TOKEN_TEXT_MAX];
    struct token got;
    struct err err;
    size_t size;

    (void)state;
    token_format(text, sizeof text, &token);
    size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        const char was = text[i];

        text[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(token_parse(&got, text, &err), ERR_MALFORMED);
        text[i] = '.';
        assert_int_equal(token_parse(&got, text, &err), ERR_MALFORMED);
        text[i] = '\0'; /* cut short */
        assert_int_equal(token_parse(&got, text, &err), ERR_MALFORMED);
        text[i] = was;
    }
    assert_true(division_is_none(got.division));
    text[size] = 'A';
    text[size + 1] = '\0';
    assert_int_equal(token_parse(&got, text, &err), ERR_MALFORMED);
}

static void what_is_no_token_is_refused(void **state)
{
    static char huge[8000];
    static const char *const cases[] = {
        "", " ", "TERRACE1-", "TERRACE2-AAAA", "terrace1-AAAA", "TERRACE1-\xff\xfe", "hello"};
    struct token got;
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(token_parse(&got, cases[i], &err), ERR_MALFORMED);
    }
    memset(huge, 'A', sizeof huge - 1);
    memcpy(huge, "TERRACE1-", 9);
    assert_int_equal(token_parse(&got, huge, &err), ERR_MALFORMED);
}

static void a_listener_on_every_address_is_nowhere_to_dial(void **state)
{
    static const char *const nowhere[] = {"", "tcp://*:7400", "tcp://0.0.0.0:7400", "tcp://[::]:1"};
    static const char *const there[] = {"tcp://10.0.0.5:7400", "tcp://[::1]:1", "tcp://gov.cn:1"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(nowhere); i++) {
        assert_false(endpoint_can_be_dialled(nowhere[i]));
    }
    for (size_t i = 0; i < COUNT_OF(there); i++) {
        assert_true(endpoint_can_be_dialled(there[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_comes_back_as_it_was),
        cmocka_unit_test(white_space_from_pasting_does_no_harm),
        cmocka_unit_test(a_slip_of_the_hand_is_noticed),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(a_listener_on_every_address_is_nowhere_to_dial),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
