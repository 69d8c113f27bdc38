/* Limits of what may be written in words about a division: lists, addresses, claims, revocations,
 * invitations. What is one too much, too long or too late is refused, and what was there stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/trust/endpoint_entry.h"
#include "replicator/trust/enrol.h"
#include "replicator/trust/objection.h"
#include "replicator/trust/reach.h"
#include "replicator/trust/revocation.h"
#include "replicator/trust/root_claims.h"
#include "tests/harness/identities.h"

static void a_list_has_so_many_patterns(void **state)
{
    struct grant_reach reach = {.count = 0};
    char text[16];

    (void)state;
    assert_false(reach_add(&reach, bytes_text("!54012199999")));
    assert_false(reach_add(&reach, bytes_text("5401**")));
    for (int i = 0; i < GRANT_PATTERNS_MAX; i++) {
        (void)snprintf(text, sizeof text, "%d*", 1000 + i);
        assert_true(reach_add(&reach, bytes_text(text)));
        assert_false(reach_add(&reach, bytes_text(text))); /* it is there */
    }
    assert_false(reach_add(&reach, bytes_text("9*")));
    assert_int_equal(reach.count, GRANT_PATTERNS_MAX);
    assert_true(reach_has(&reach, division_of("100099")));
    assert_false(reach_has(&reach, division_of("900099")));
    assert_false(reach_has(&reach, DIVISION_NONE));
}

static void an_address_has_a_host_and_a_port(void **state)
{
    static const char *const bad[] = {
        "",           "tcp://",        "tcp://h",        "tcp://h:",        "tcp://h:0",
        "tcp://h:01", "tcp://h:65536", "tcp://h:123456", "tcp://h:1234567", "tcp://h:7x",
        "tcp://h:x",  "tcp://:7400",   "tcp:7400",       "udp://h:7400",    "tcp://h h:7400",
        "tcp://*:1",
    };
    char longest[ENDPOINT_BYTES_MAX + 8];

    (void)state;
    assert_true(endpoint_well_formed("tcp://h:1"));
    assert_true(endpoint_well_formed("tcp://h:65535"));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (endpoint_well_formed(bad[i])) {
            fail_msg("\"%s\" is taken", bad[i]);
        }
    }
    (void)snprintf(longest, sizeof longest, "tcp://%0*d:1", ENDPOINT_BYTES_MAX - 8, 0);
    assert_int_equal(strlen(longest), ENDPOINT_BYTES_MAX);
    assert_true(endpoint_well_formed(longest));
    (void)snprintf(longest, sizeof longest, "tcp://%0*d:1", ENDPOINT_BYTES_MAX - 7, 0);
    assert_false(endpoint_well_formed(longest));
}

static struct audience line_of(int number)
{
    struct audience audience = {.kind = AUDIENCE_LINE};
    char code[DIVISION_CODE_MAX + 1];

    (void)snprintf(code, sizeof code, "%u", (1000U + (unsigned)number) % 10000U);
    audience.division = division_of(code);
    return audience;
}

static void the_oldest_claim_that_is_awaited_counts(void **state)
{
    struct root_claims claims = {.count = 0};
    const struct hash hash = {{1}}, other = {{2}};
    struct audience audience;

    (void)state;
    assert_null(root_claims_oldest(&claims));
    for (int i = 0; i < BEAT_LINE_MAX; i++) {
        audience = line_of(i);
        root_claims_add(&claims, &audience, 5, &hash, 100 - (uint64_t)i);
    }
    audience = line_of(BEAT_LINE_MAX); /* one more than a beat can say */
    root_claims_add(&claims, &audience, 5, &hash, 1);
    assert_int_equal(claims.count, BEAT_LINE_MAX);
    assert_int_equal(root_claims_oldest(&claims)->since_ms, 100 - (BEAT_LINE_MAX - 1));

    audience = line_of(0); /* said again: it is what it was */
    root_claims_add(&claims, &audience, 9, &other, 500);
    assert_true(claims.at[0].seq == 5 && claims.at[0].since_ms == 100);
    root_claims_observe(&claims, BEAT_LINE_MAX - 1, 3, 600); /* some of it came */
    assert_int_equal(claims.at[BEAT_LINE_MAX - 1].since_ms, 600);
    assert_int_equal(root_claims_oldest(&claims)->since_ms, 100 - (BEAT_LINE_MAX - 2));
    root_claims_observe(&claims, 0, 5, 600); /* all */
    assert_false(claims.at[0].awaited);
    root_claims_add(&claims, &audience, 9, &other, 700);
    assert_true(claims.at[0].awaited && claims.at[0].seq == 9 && claims.at[0].since_ms == 700);
    root_claims_clear(&claims);
    assert_null(root_claims_oldest(&claims));
}

/* --- words that are entries --- */

static enum status read_revocation(const struct revocation *word)
{
    struct revocation found;
    struct buf body = BUF_EMPTY;
    enum status status;
    struct err err;

    revocation_write(&body, word);
    status = revocation_read(&found, buf_bytes(&body), &err);
    buf_free(&body);
    return status;
}

static void a_revocation_says_epochs_and_an_end_that_can_be(void **state)
{
    const struct revocation good = {.division = division_of("K1"),
                                    .first_epoch = 1,
                                    .last_epoch = 2,
                                    .epoch = 1,
                                    .lsn = 5,
                                    .hash = {{1}},
                                    .reason = "gone"};
    struct revocation word = good, found;
    uint8_t large[REVOCATION_BYTES_MAX + 1] = {0};
    struct err err;

    (void)state;
    assert_int_equal(read_revocation(&good), OK);
    word.first_epoch = 0;
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    word = good;
    word.first_epoch = 3;
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    word = good;
    word.last_epoch = REVOCATION_EPOCH_MAX + 1;
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    word = good;
    word.epoch = 3;
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    word = good;
    word.lsn = 0; /* an epoch without a position */
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    word.epoch = 0; /* none, and a hash */
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    word.hash = HASH_ZERO;
    assert_int_equal(read_revocation(&word), OK);
    memcpy(word.reason, "two\nlines", 10);
    assert_int_equal(read_revocation(&word), ERR_MALFORMED);
    assert_int_equal(revocation_read(&found, bytes_of(large, sizeof large), &err), ERR_MALFORMED);
}

static void a_reason_that_is_none_has_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(objection_reason_name(OBJECTION_IMPERSONATED), "impersonated");
    assert_string_equal(objection_reason_name(OBJECTION_REASONS), "unknown");
}

/* --- invitations --- */

static void an_invitation_is_open_until_its_end(void **state)
{
    static const struct {
        enum invitation_state state;
        bool before, after; /* its end */
    } cases[] = {
        {INVITATION_OPEN, true, false},    {INVITATION_WAITING, true, false},
        {INVITATION_ADMITTED, true, true}, /* who was let in is granted whenever he asks */
        {INVITATION_JOINED, false, false}, {INVITATION_WITHDRAWN, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct enrol_invitation one = {.state = cases[i].state, .expires_unix_ms = 100};

        assert_int_equal(enrol_invitation_is_open(&one, 99), cases[i].before);
        assert_int_equal(enrol_invitation_is_open(&one, 100), cases[i].after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_so_many_patterns),
        cmocka_unit_test(an_address_has_a_host_and_a_port),
        cmocka_unit_test(the_oldest_claim_that_is_awaited_counts),
        cmocka_unit_test(a_revocation_says_epochs_and_an_end_that_can_be),
        cmocka_unit_test(a_reason_that_is_none_has_a_name_too),
        cmocka_unit_test(an_invitation_is_open_until_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
