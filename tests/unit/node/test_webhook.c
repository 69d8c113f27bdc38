/* test_webhook - where a webhook may go, what becomes of a post, and by what its receiver knows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "node/webhook/address.h"
#include "node/webhook/proof.h"
#include "node/webhook/retry.h"
#include "node/webhook/url.h"

/* --- addresses --- */

static enum address_verdict judge(const char *networks, const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct networks allowed;

    assert_true(networks_parse(&allowed, networks));
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        return address_judge(&allowed, (const struct sockaddr *)&four);
    }
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return address_judge(&allowed, (const struct sockaddr *)&six);
}

static void an_address_is_public_allowed_or_never_reached(void **state)
{
    static const struct {
        const char *networks, *address;
        enum address_verdict want;
    } cases[] = {
        {"", "93.184.216.34", ADDRESS_PUBLIC},
        {"", "2606:2800:220:1::1", ADDRESS_PUBLIC},
        {"", "127.0.0.1", ADDRESS_REFUSED},
        {"", "127.255.255.255", ADDRESS_REFUSED},
        {"", "0.0.0.0", ADDRESS_REFUSED},
        {"", "10.1.2.3", ADDRESS_REFUSED},
        {"", "11.0.0.0", ADDRESS_PUBLIC},
        {"", "172.15.255.255", ADDRESS_PUBLIC},
        {"", "172.16.0.0", ADDRESS_REFUSED},
        {"", "172.31.255.255", ADDRESS_REFUSED},
        {"", "172.32.0.0", ADDRESS_PUBLIC},
        {"", "192.168.1.1", ADDRESS_REFUSED},
        {"", "169.254.169.254", ADDRESS_REFUSED}, /* where clouds keep secrets */
        {"", "100.64.0.1", ADDRESS_REFUSED},
        {"", "224.0.0.1", ADDRESS_REFUSED},
        {"", "255.255.255.255", ADDRESS_REFUSED},
        {"", "::", ADDRESS_REFUSED},
        {"", "::1", ADDRESS_REFUSED},
        {"", "fe80::1", ADDRESS_REFUSED},
        {"", "fd00::1", ADDRESS_REFUSED},
        {"", "ff02::1", ADDRESS_REFUSED},
        {"", "::ffff:127.0.0.1", ADDRESS_REFUSED},
        {"", "::ffff:8.8.8.8", ADDRESS_PUBLIC},
        {"", "64:ff9b::7f00:1", ADDRESS_REFUSED}, /* NAT64 to 127.0.0.1 */
        {"", "64:ff9b::808:808", ADDRESS_PUBLIC},
        {"", "2002:7f00:1::", ADDRESS_REFUSED}, /* 6to4 to 127.0.0.1 */
        {"", "2002:808:808::", ADDRESS_PUBLIC},
        {"", "64:ff9b:1::7f00:1", ADDRESS_REFUSED}, /* NAT64 of one network's own */
        {"", "::7f00:1", ADDRESS_REFUSED},          /* IPv4 inside, three more ways */
        {"", "::808:808", ADDRESS_REFUSED},
        {"", "::ffff:0:7f00:1", ADDRESS_REFUSED},
        {"", "::ffff:10.0.0.1", ADDRESS_REFUSED},
        {"", "::ffff:169.254.169.254", ADDRESS_REFUSED},
        {"", "2001::1", ADDRESS_REFUSED}, /* Teredo */
        {"", "2001:10::1", ADDRESS_REFUSED},
        {"", "2001:2::1", ADDRESS_REFUSED},
        {"", "2001:200::1", ADDRESS_PUBLIC},
        {"", "2001:db8::1", ADDRESS_REFUSED},
        {"", "3fff::1", ADDRESS_REFUSED},
        {"", "100::1", ADDRESS_REFUSED},
        {"", "100:0:0:1::1", ADDRESS_REFUSED},
        {"", "5f00::1", ADDRESS_REFUSED},
        {"", "4000::1", ADDRESS_REFUSED}, /* given to nobody */
        {"", "fec0::1", ADDRESS_REFUSED},
        {"", "2620:4f:8000::1", ADDRESS_REFUSED},
        {"", "192.31.196.1", ADDRESS_REFUSED},
        {"", "192.52.193.1", ADDRESS_REFUSED},
        {"", "192.175.48.1", ADDRESS_REFUSED},
        {"64:ff9b:1::/48", "64:ff9b:1::7f00:1", ADDRESS_ALLOWED},
        {"127.0.0.0/8", "127.0.0.1", ADDRESS_ALLOWED},
        {"127.0.0.0/8", "::ffff:127.0.0.1", ADDRESS_ALLOWED},
        {"127.0.0.0/8", "::1", ADDRESS_REFUSED},
        {"127.0.0.1/32", "127.0.0.2", ADDRESS_REFUSED},
        {"10.0.0.0/8, ::1/128", "::1", ADDRESS_ALLOWED},
        {"10.1.0.0/17", "10.1.127.255", ADDRESS_ALLOWED},
        {"10.1.0.0/17", "10.1.128.0", ADDRESS_REFUSED},
        {"0.0.0.0/0", "192.168.0.1", ADDRESS_ALLOWED},
        {"0.0.0.0/0", "fd00::1", ADDRESS_REFUSED},
        {"fd00::/8", "fdff::1", ADDRESS_ALLOWED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const enum address_verdict got = judge(cases[i].networks, cases[i].address);

        if (got != cases[i].want) {
            fail_msg("%s with \"%s\": %d, want %d", cases[i].address, cases[i].networks, got,
                     cases[i].want);
        }
    }
}

static void other_families_are_never_reached(void **state)
{
    const struct sockaddr local = {.sa_family = AF_UNIX};
    struct networks all;

    (void)state;
    assert_true(networks_parse(&all, "0.0.0.0/0,::/0"));
    assert_int_equal(address_judge(&all, &local), ADDRESS_REFUSED);
}

static void a_list_of_networks_is_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        bool good;
        unsigned count;
    } cases[] = {
        {"", true, 0},
        {"127.0.0.0/8", true, 1},
        {" 127.0.0.0/8 , ::1/128 ", true, 2},
        {"1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,"
         "1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8",
         true, 16},
        {"1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,"
         "1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,1.0.0.0/8,"
         "1.0.0.0/8",
         false, 0},
        {"127.0.0.1", false, 0},
        {"127.0.0.0/33", false, 0},
        {"::/129", false, 0},
        {"127.0.0.0/", false, 0},
        {"127.0.0.0/8x", false, 0},
        {"localhost/8", false, 0},
        {",", false, 0},
        {"127.0.0.0/8,,", false, 0},
        {"   ", false, 0},
        {"0000000000000000000000000000000000000000000000000000000000000000000000000000/8", false,
         0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct networks networks;

        if (networks_parse(&networks, cases[i].text) != cases[i].good ||
            (cases[i].good && networks.count != cases[i].count)) {
            fail_msg("\"%s\"", cases[i].text);
        }
    }
}

/* --- URLs --- */

static void an_address_is_taken_apart_or_refused(void **state)
{
    static const struct {
        const char *text, *host, *port, *path; /* host NULL: refused */
        bool tls;
    } cases[] = {
        {"https://a.example/x?y=1", "a.example", "443", "/x?y=1", true},
        {"http://a.example", "a.example", "80", "/", false},
        {"https://a.example:8443/", "a.example", "8443", "/", true},
        {"https://[::1]:8443/p", "::1", "8443", "/p", true},
        {"https://127.0.0.1/", "127.0.0.1", "443", "/", true},
        {"https://a.example:65535", "a.example", "65535", "/", true},
        {"https://a.example:65536", NULL, NULL, NULL, false},
        {"https://a.example:0", NULL, NULL, NULL, false},
        {"https://a.example:", NULL, NULL, NULL, false},
        {"https://", NULL, NULL, NULL, false},
        {"https:///x", NULL, NULL, NULL, false},
        {"https://u:p@a.example/", NULL, NULL, NULL, false},
        {"https://u@a.example/", NULL, NULL, NULL, false},
        {"https://a.example/#x", NULL, NULL, NULL, false},
        {"https://a.example/a b", NULL, NULL, NULL, false},
        {"https://a.example/\r\nX: y", NULL, NULL, NULL, false},
        {"https://[::1/", NULL, NULL, NULL, false},
        {"https://a.example?x", NULL, NULL, NULL, false},
        {"ftp://a.example/", NULL, NULL, NULL, false},
        {"file:///etc/passwd", NULL, NULL, NULL, false},
        {"", NULL, NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct url url;
        const bool good = url_parse(&url, cases[i].text);

        if (good != (cases[i].host != NULL)) {
            fail_msg("\"%s\"", cases[i].text);
        }
        if (good) {
            assert_string_equal(url.host, cases[i].host);
            assert_string_equal(url.port, cases[i].port);
            assert_string_equal(url.path, cases[i].path);
            assert_int_equal(url.tls, cases[i].tls);
        }
    }
}

static void what_is_too_long_is_refused(void **state)
{
    char text[URL_HOST_MAX + URL_PATH_MAX + 64];
    struct url url;

    (void)state;
    (void)snprintf(text, sizeof text, "https://%0*d/", URL_HOST_MAX, 0);
    assert_true(url_parse(&url, text));
    (void)snprintf(text, sizeof text, "https://%0*d/", URL_HOST_MAX + 1, 0);
    assert_false(url_parse(&url, text));
    (void)snprintf(text, sizeof text, "https://a/%0*d", URL_PATH_MAX - 1, 0);
    assert_true(url_parse(&url, text));
    (void)snprintf(text, sizeof text, "https://a/%0*d", URL_PATH_MAX, 0);
    assert_false(url_parse(&url, text));
}

/* --- retries --- */

static void every_answer_has_its_consequence(void **state)
{
    static const struct {
        const char *name;
        struct retry before;
        int http;
        uint32_t entries;
        enum retry_next want;
        uint32_t attempts, next_entries;
    } cases[] = {
        {"taken", {0, POST_ENTRIES_MAX, 0}, 200, 100, RETRY_DELIVERED, 0, 100},
        {"taken, whatever 2xx", {0, POST_ENTRIES_MAX, 0}, 204, 3, RETRY_DELIVERED, 0, 100},
        {"taken after failures", {7, 100, 9}, 200, 100, RETRY_DELIVERED, 0, 100},
        {"taken alone: more again", {0, 1, 0}, 200, 1, RETRY_DELIVERED, 0, 2},
        {"no answer", {0, POST_ENTRIES_MAX, 0}, 0, 100, RETRY_AGAIN, 1, 100},
        {"not there, for long", {500, 100, 0}, 503, 100, RETRY_AGAIN, 501, 100},
        {"asked to wait", {0, POST_ENTRIES_MAX, 0}, 429, 1, RETRY_AGAIN, 1, 100},
        {"no answer never kills", {50, 1, 0}, 0, 1, RETRY_AGAIN, 51, 1},
        {"many refused: one by one", {0, POST_ENTRIES_MAX, 0}, 400, 100, RETRY_AGAIN, 0, 1},
        {"one refused", {0, 1, 0}, 400, 1, RETRY_AGAIN, 1, 1},
        {"one refused often", {3, 1, 0}, 500, 1, RETRY_AGAIN, 4, 1},
        {"one refused too often", {4, 1, 0}, 500, 1, RETRY_DEAD, 0, 2},
        {"turned elsewhere is refused", {4, 1, 0}, 302, 1, RETRY_DEAD, 0, 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct retry retry = cases[i].before;
        const enum retry_next got = retry_after(&retry, cases[i].http, cases[i].entries, 7);

        if (got != cases[i].want || retry.attempts != cases[i].attempts ||
            retry.entries != cases[i].next_entries) {
            fail_msg("%s: %d attempts=%u entries=%u", cases[i].name, got, (unsigned)retry.attempts,
                     (unsigned)retry.entries);
        }
    }
}

static void waits_double_to_a_bound_and_differ_by_chance(void **state)
{
    struct retry retry = RETRY_FRESH;
    uint32_t bound = RETRY_MS_MIN;

    (void)state;
    for (uint32_t attempt = 1; attempt < 100; attempt++) {
        assert_int_equal(retry_after(&retry, 0, 100, attempt * 7919), RETRY_AGAIN);
        assert_in_range(retry.wait_ms, bound / 2, bound);
        bound = bound * 2 < RETRY_MS_MAX ? bound * 2 : RETRY_MS_MAX;
    }
    assert_int_equal(bound, RETRY_MS_MAX);
}

/* --- proofs --- */

/* From Python: hmac.new(("07" * 32).encode(), b"1764384000." + body, "sha256"). */
static void a_post_is_signed_over_its_time_and_its_body(void **state)
{
    static const char body[] = "{\"position\":\"1-0000000000000000\"}\n";
    char first[PROOF_BYTES_MAX], second[PROOF_BYTES_MAX];
    struct signature signature;
    struct sign_key key;
    struct hasher hasher;
    struct hash hash;
    uint8_t secret[32];
    const char *at;

    (void)state;
    memset(secret, 7, sizeof secret);
    sign_key_generate(&key);
    proof_write(first, secret, &key, 1764384000, bytes_text(body));
    assert_non_null(strstr(first,
                           "Terrace-Signature: t=1764384000, hmac-sha256="
                           "a953cf00eb8c163ccc14f41ffb53a5423ba9c04c1e01e224c456b2fa93c4dbe4\r\n"));
    at = strstr(first, "ed25519=");
    assert_non_null(at);
    assert_int_equal(strlen(at), 8 + 2 * SIGNATURE_SIZE + 2);
    first[(size_t)(at - first) + 8 + 2 * SIGNATURE_SIZE] = '\0';
    assert_true(hex_decode(&signature, sizeof signature, at + 8));
    hasher_begin(&hasher, TAG_WEBHOOK);
    hasher_add_u64(&hasher, 1764384000);
    hasher_add(&hasher, body, sizeof body - 1);
    hash = hasher_end(&hasher);
    assert_true(signature_ok(&key.public, &hash, &signature));
    proof_write(second, secret, &key, 1764384001, bytes_text(body));
    assert_int_not_equal(memcmp(first, second, 120), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_public_allowed_or_never_reached),
        cmocka_unit_test(other_families_are_never_reached),
        cmocka_unit_test(a_list_of_networks_is_read_or_refused),
        cmocka_unit_test(an_address_is_taken_apart_or_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(every_answer_has_its_consequence),
        cmocka_unit_test(waits_double_to_a_bound_and_differ_by_chance),
        cmocka_unit_test(a_post_is_signed_over_its_time_and_its_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
