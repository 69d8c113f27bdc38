/* Wrong passwords by account and by address, at both edges of each bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/api/attempts.h"
#include "node/api/client_network.h"
#include "proto/status.h"

static uint64_t now_ms = 1;

static enum status check(struct attempts *attempts, const char *name, const char *address)
{
    struct err err;

    return attempts_check(attempts, &(struct attempt){name, address}, now_ms, &err);
}

static void fail_as(struct attempts *attempts, const char *name, const char *address)
{
    assert_int_equal(check(attempts, name, address), OK);
    attempts_count(attempts, &(struct attempt){name, address}, now_ms, false);
}

/* Each time another name, so that no account is what is closed. */
static void fail_from(struct attempts *attempts, const char *address, int times)
{
    static int names;
    char name[32];

    for (int i = 0; i < times; i++) {
        (void)snprintf(name, sizeof name, "name%d", names++);
        fail_as(attempts, name, address);
    }
}

static void an_address_is_closed_whatever_names_are_tried(void **state)
{
    struct attempts *attempts = attempts_open();

    (void)state;
    fail_from(attempts, "192.0.2.7", 30);
    assert_int_equal(check(attempts, "tashi", "192.0.2.7"), ERR_LIMIT);
    assert_int_equal(check(attempts, "tashi", "192.0.2.8"), OK);
    assert_int_equal(check(attempts, "tashi", ""), OK);
    now_ms += 5999;
    assert_int_equal(check(attempts, "tashi", "192.0.2.7"), ERR_LIMIT);
    now_ms += 1;
    fail_from(attempts, "192.0.2.7", 1);
    assert_int_equal(check(attempts, "tashi", "192.0.2.7"), ERR_LIMIT);
    attempts_close(attempts);
}

static void a_good_login_does_not_clear_its_address(void **state)
{
    struct attempts *attempts = attempts_open();

    (void)state;
    fail_from(attempts, "192.0.2.7", 30);
    attempts_count(attempts, &(struct attempt){"tashi", "192.0.2.7"}, now_ms, true);
    assert_int_equal(check(attempts, "tashi", "192.0.2.7"), ERR_LIMIT);
    attempts_close(attempts);
}

static void an_ipv6_address_counts_by_its_network(void **state)
{
    struct attempts *attempts = attempts_open();

    (void)state;
    fail_from(attempts, "2001:db8:1:2::1", 15);
    fail_from(attempts, "2001:db8:1:2:ffff::7", 15);
    assert_int_equal(check(attempts, "tashi", "2001:db8:1:2:3::9"), ERR_LIMIT);
    assert_int_equal(check(attempts, "tashi", "2001:db8:1:3::1"), OK);
    attempts_close(attempts);
}

/* One customer may have 65,536 networks: together they are tried no more often than four. */
static void the_networks_of_one_site_are_counted_together(void **state)
{
    struct attempts *attempts = attempts_open();
    char address[48];

    (void)state;
    for (int i = 0; i < 120; i++) {
        (void)snprintf(address, sizeof address, "2001:db8:1:%x::1", (unsigned)i);
        fail_from(attempts, address, 1);
    }
    assert_int_equal(check(attempts, "tashi", "2001:db8:1:ffff::1"), ERR_LIMIT);
    assert_int_equal(check(attempts, "tashi", "2001:db8:2:1::1"), OK);
    assert_int_equal(check(attempts, "tashi", "::ffff:192.0.2.7"), OK);
    attempts_close(attempts);
}

static void which_addresses_are_one_client(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"192.0.2.7", "::ffff:192.0.2.7", true},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.8", false},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
    };
    struct client_network one, other;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(client_network_parse(&one, cases[i].one));
        assert_true(client_network_parse(&other, cases[i].other));
        if (client_network_equal(&one, &other) != cases[i].same) {
            fail_msg("%s and %s", cases[i].one, cases[i].other);
        }
    }
    assert_false(client_network_parse(&one, ""));
    assert_false(client_network_parse(&one, "localhost"));
    assert_false(client_network_of(&one, &(struct sockaddr){.sa_family = AF_UNIX}));
}

/* Whose name is whose is not known here, so it cannot show. */
static void no_number_of_other_names_opens_one_that_is_closed(void **state)
{
    struct attempts *attempts = attempts_open();
    char name[32];

    (void)state;
    for (int i = 0; i < 10; i++) {
        fail_as(attempts, "tashi", "");
    }
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "invented%d", i);
        fail_as(attempts, name, "");
    }
    assert_int_equal(check(attempts, "tashi", ""), ERR_LIMIT);
    attempts_close(attempts);
}

static void a_new_name_waits_where_too_many_have_failed(void **state)
{
    struct attempts *attempts = attempts_open();
    char name[32];
    int counted = 0;

    (void)state;
    (void)snprintf(name, sizeof name, "invented%d", counted);
    while (check(attempts, name, "") == OK && counted <= ATTEMPT_NAMES_MAX) {
        fail_as(attempts, name, "");
        (void)snprintf(name, sizeof name, "invented%d", ++counted);
    }
    assert_in_range(counted, ATTEMPT_NAMES_MAX / 2, ATTEMPT_NAMES_MAX);
    assert_int_equal(check(attempts, "tashi", ""), ERR_BUSY);
    assert_int_equal(check(attempts, "invented1", ""), OK);
    assert_int_equal(check(attempts, "tashi", "192.0.2.7"), OK); /* counted apart */
    now_ms += 3 * 60 * 1000;
    assert_int_equal(check(attempts, "tashi", ""), OK);
    attempts_close(attempts);
}

static void an_account_is_closed_after_ten_in_a_row(void **state)
{
    struct attempts *attempts = attempts_open();

    (void)state;
    for (int i = 0; i < 9; i++) {
        fail_as(attempts, "tashi", "");
    }
    attempts_count(attempts, &(struct attempt){"tashi", ""}, now_ms, true);
    for (int i = 0; i < 10; i++) {
        fail_as(attempts, "tashi", "");
    }
    assert_int_equal(check(attempts, "tashi", ""), ERR_LIMIT);
    now_ms += 60 * 1000;
    fail_as(attempts, "tashi", ""); /* one more, and a minute again */
    assert_int_equal(check(attempts, "tashi", ""), ERR_LIMIT);
    now_ms += 3 * 60 * 1000;
    for (int i = 0; i < 10; i++) {
        fail_as(attempts, "tashi", "");
    }
    assert_int_equal(check(attempts, "tashi", ""), ERR_LIMIT);
    attempts_close(attempts);
}

static void more_addresses_than_are_watched_cost_no_more_memory(void **state)
{
    struct attempts *attempts = attempts_open();
    char address[32];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        attempts_count(attempts, &(struct attempt){"nobody", address}, ++now_ms, false);
    }
    fail_from(attempts, "192.0.2.7", 30);
    assert_int_equal(check(attempts, "tashi", "192.0.2.7"), ERR_LIMIT);
    attempts_close(attempts);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_closed_whatever_names_are_tried),
        cmocka_unit_test(a_good_login_does_not_clear_its_address),
        cmocka_unit_test(an_ipv6_address_counts_by_its_network),
        cmocka_unit_test(the_networks_of_one_site_are_counted_together),
        cmocka_unit_test(which_addresses_are_one_client),
        cmocka_unit_test(no_number_of_other_names_opens_one_that_is_closed),
        cmocka_unit_test(a_new_name_waits_where_too_many_have_failed),
        cmocka_unit_test(an_account_is_closed_after_ten_in_a_row),
        cmocka_unit_test(more_addresses_than_are_watched_cost_no_more_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
