/* Drafts over HTTP: dry runs, two persons, and what was not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/node/served_office.h"

/* However the list is written: plain ones are read in one pass, all others with a library. */
static void ids_are_read_as_json_has_them(const struct office *office, const char *wang)
{
    static const struct {
        const char *body;
        int http;
        const char *words;
    } cases[] = {
        {"{\"ids\":[]}", 400, "ids"},
        {"[", 400, "bad_request"},
        {"{\"ids\":[\"B7\",]}", 400, "bad_request"},
        {"{\"ids\":[\"B7\"]", 400, "bad_request"},
        {"{\"ids\":[\"B7\"]} x", 400, "bad_request"},
        {"{\"ids\":[\"B7\"],\"ids\":[\"B7\"]}", 400, "bad_request"},
        {"{\"ids\":[\"B7\t\"]}", 400, "bad_request"},
        {"{\"ids\":[\"B7\",8]}", 400, "ids"},
        {"{\"ids\":[\"\"]}", 200, "{\"id\":\"\",\"status\":\"refused\""},
        {" { \"ids\" : [ \"B7\" , \"B7\" ] } ", 200, "{\"id\":\"B7\",\"status\":\"refused\""},
        {"{\"ids\":[\"\\u00427\"]}", 200, "{\"id\":\"B7\",\"status\":\"refused\""},
        {"{\"ids\":[\"12345678901234567890123456789012345678901\"]}", 200, "not_pending"},
    };
    struct buf body = BUF_EMPTY;
    struct answer answer;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        want(post(office, "/approve", wang, cases[i].body), cases[i].http, cases[i].words);
    }
    answer = post(office, "/approve", wang, "{\"ids\":[\"B7\",\"B8\",\"B7\"]}");
    assert_ptr_equal(strstr(strstr(answer.body, "\"B7\"") + 1, "\"B7\""), NULL); /* once */
    buf_free(&answer.all);
    buf_append_bytes(&body, bytes_text("{\"ids\":[\"B7\""));
    for (int i = 0; i < 1000; i++) {
        buf_append_bytes(&body, bytes_text(",\"B7\""));
    }
    buf_append_bytes(&body, bytes_text("]}"));
    buf_put_u8(&body, '\0');
    want(post(office, "/approve", wang, (const char *)body.data), 400, "ids");
    buf_free(&body);
}

static void two_persons_approve_what_one_may_not(void **state)
{
    struct office *office = open_office(true);
    struct answer again;
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\",\"checker\"]");
    add_user(office, "wang", "[\"checker\"]");
    want(get(office, "/users"), 200, "\"key_age_s\":0}"); /* made just now */
    want(post(office, "/users", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 409,
         "refused");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"secret-wang\"}"), 403,
         "wrong_password");
    log_in(office, "li", li);
    log_in(office, "wang", wang);

    want(post(office, "/documents", NULL, documents), 200, "\"reason\":\"needs_maker\"");
    want(post(office, "/documents", wang, documents), 403, "needs_role");
    want(post(office, "/documents", "0123", documents), 401, "needs_login");
    want(call(office, (struct ask){.method = "GET", .path = "/pending", .token = "0123"}), 401,
         "needs_login");
    ids_are_read_as_json_has_them(office, wang);
    want(post(office, "/reject", wang, "{\"id\":\"x\"}"), 400, "reason");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"B1\",\"status\":\"draft\"");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"B1\",\"status\":\"draft\"");
    want(get(office, "/pending"), 200, "\"maker\":\"li\"");
    want(post(office, "/approve", li, "{\"ids\":[\"B1\"]}"), 200, "\"reason\":\"same_person\"");
    want(post(office, "/approve", wang, "{\"ids\":[\"L1\",\"A1\",\"B1\"]}"), 200,
         "\"id\":\"L1\",\"status\":\"accepted\"");
    again = post(office, "/approve", wang, "{\"ids\":[\"B1\",\"B1\"]}"); /* its answer was lost */
    assert_string_equal(again.body, "{\"id\":\"B1\",\"status\":\"exists\",\"message\":\"already "
                                    "there, with the same content\",\"kind\":\"budget\","
                                    "\"amount\":\"1000.00\",\"document_no\":\"1\"}\n");
    buf_free(&again.all);
    want(post(office, "/approve", wang, "{\"ids\":[\"B7\"]}"), 200, "\"reason\":\"not_pending\"");
    want(post(office, "/reject", wang, "{\"id\":\"R1\",\"reason\":\"文号不对\"}"), 200,
         "\"id\":\"R1\",\"status\":\"rejected\"");
    want(get(office, "/pending"), 200, "{\"rows\":[],\"rejected\":[{\"id\":\"R1\"");
    want(get(office, "/documents/R1"), 200, "\"state\":\"rejected\",\"checker\":\"wang\"");
    want(get(office, "/documents/R1"), 200, "\"reason\":\"文号不对\"");
    want(get(office, "/documents/B1"), 200, "\"role\":\"maker\",\"name\":\"li\"");
    want(get(office, "/documents/B1"), 200, "\"role\":\"checker\",\"name\":\"wang\"");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");

    want(post(office, "/users/li/passwd", NULL,
              "{\"password\":\"no\",\"new_password\":\"newer-secret\"}"),
         403, "wrong_password");
    want(post(office, "/users/li/passwd", NULL,
              "{\"password\":\"secret-li\",\"new_password\":\"newer-secret\"}"),
         200, "li");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"newer-secret\"}"), 200,
         "token");
    want(post(office, "/documents", li, documents), 401, "needs_login"); /* the old session */
    want(post(office, "/logout", wang, "{}"), 200, "{}");
    want(post(office, "/approve", wang, "{\"ids\":[\"B1\"]}"), 401, "needs_login");
    close_office(office);
}

static void a_dry_run_says_what_a_post_would_be_told_and_keeps_nothing(void **state)
{
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "40")), 200,
         "\"status\":\"accepted\",\"message\":\"\",\"kind\":\"payment\",\"payee\":\"甲\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "40")), 200,
         "\"indicator\":{\"id\":\"L1\",\"entered\":{\"AVAIL\":\"300.00\"},"
         "\"drafted\":{\"AVAIL\":\"300.00\"},"
         "\"after\":{\"AVAIL\":\"260.00\",\"COMMIT\":\"40.00\"}}");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "400")), 200,
         "\"status\":\"refused\",\"reason\":\"exceeds_available\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "200") PAYMENT("P2", "200")), 200,
         "\"id\":\"P2\",\"status\":\"refused\",\"reason\":\"exceeds_available\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "200") PAYMENT("P1", "200")), 200,
         "{\"line\":2,\"id\":\"P1\",\"status\":\"exists\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "20") PAYMENT("P1", "30")), 200,
         "\"status\":\"refused\",\"reason\":\"exists_with_different_pay_app_amt\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "900") PAYMENT("P1", "30")), 200,
         "{\"line\":2,\"id\":\"P1\",\"status\":\"accepted\"");
    want(post(office, "/documents?dry_run=1", NULL, documents), 200,
         "\"id\":\"B1\",\"status\":\"exists\"");
    want(post(office, "/documents?dry_run=1", NULL, "!\n"), 200, "\"reason\":\"malformed\"");
    want(get(office, "/documents/P1"), 404, "not_found");
    want(get(office, "/status"), 200, "\"lsn\":4,");
    close_office(office);
}

/* What other drafts take is taken, as the checker will see it; a correction is not in its own way.
 */
static void a_dry_run_counts_the_drafts_that_wait(void **state)
{
    struct office *office = open_office(true);
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    add_user(office, "wang", "[\"checker\"]");
    log_in(office, "li", li);
    log_in(office, "wang", wang);
    want(post(office, "/documents?dry_run=1", NULL, documents), 200, "\"reason\":\"needs_maker\"");
    want(post(office, "/documents?dry_run=1", wang, documents), 403, "needs_role");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"R1\",\"status\":\"draft\"");
    want(post(office, "/documents", li, PAYMENT("P1", "250")), 200, "\"status\":\"draft\"");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P2", "100")), 200,
         "\"would_refuse\":\"exceeds_available\"");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P2", "50")), 200,
         "\"after\":{\"COMMIT\":\"300.00\"}");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P3", "1") PAYMENT("P3", "1")), 200,
         "{\"line\":2,\"id\":\"P3\",\"status\":\"draft\"");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P3", "900") PAYMENT("P3", "1")), 200,
         "\"status\":\"refused\",\"reason\":\"exists_with_different_pay_app_amt\"");
    want(post(office, "/approve", wang, "{\"ids\":[\"A1\",\"B1\",\"L1\",\"R1\"]}"), 200,
         "accepted");
    want(post(office, "/documents?dry_run=1&correct=1", li, PAYMENT("P1", "300")), 200,
         "\"after\":{\"COMMIT\":\"300.00\"}");
    want(get(office, "/pending"), 200, "\"pay_app_amt\":\"250.00\"");
    want(get(office, "/documents/P2"), 404, "not_found");
    close_office(office);
}

/* The hash of the draft of an id, as /pending tells. */
static void hash_of_draft(const struct office *office, const char *id, char hash[72])
{
    struct answer answer = get(office, "/pending");
    json_t *object = json_loads(answer.body, 0, NULL), *rows = json_object_get(object, "rows");

    hash[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (strcmp(member(json_array_get(rows, i), "id"), id) == 0) {
            (void)snprintf(hash, 72, "%s", member(json_array_get(rows, i), "hash"));
        }
    }
    assert_int_equal(strlen(hash), 64);
    json_decref(object);
    buf_free(&answer.all);
}

#define AGENCY(name)                                                                               \
    "{\"kind\":\"agency\",\"id\":\"G1\",\"fiscal_year\":\"2026\",\"agency_code\":\"107\","         \
    "\"agency_name\":\"" name "\"}\n"

/* Between reading and approving, the id was rejected and submitted again with other content. */
static void what_was_not_read_is_not_approved(void **state)
{
    struct office *office = open_office(true);
    char li[128], wang[128], hash[72], body[200];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    add_user(office, "wang", "[\"checker\"]");
    log_in(office, "li", li);
    log_in(office, "wang", wang);
    want(post(office, "/documents", li, AGENCY("first")), 200, "draft");
    hash_of_draft(office, "G1", hash);
    want(post(office, "/reject", wang, "{\"id\":\"G1\",\"reason\":\"x\"}"), 200, "rejected");
    want(post(office, "/documents", li, AGENCY("second")), 200, "draft");
    (void)snprintf(body, sizeof body, "{\"ids\":[{\"id\":\"G1\",\"hash\":\"%s\"}]}", hash);
    want(post(office, "/approve", wang, body), 200, "\"reason\":\"changed\"");
    want(post(office, "/approve", wang, "{\"ids\":[{\"id\":\"G1\",\"hash\":\"12\"}]}"), 400,
         "hash");
    hash_of_draft(office, "G1", hash);
    (void)snprintf(body, sizeof body, "{\"ids\":[{\"id\":\"G1\",\"hash\":\"%s\"}]}", hash);
    want(post(office, "/approve", wang, body), 200, "accepted");
    close_office(office);
}

/* A person who is ended can do nothing any more, in no session; what waits for approval with
 * that signature cannot enter, and what was signed before stays good. */
static void an_ended_person_signs_nothing_more(void **state)
{
    struct office *office = open_office(true);
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    add_user(office, "zhao", "[\"maker\"]");
    add_user(office, "wang", "[\"checker\"]");
    log_in(office, "li", li);
    log_in(office, "wang", wang);
    want(post(office, "/documents", li, documents), 200, "draft");
    want(post(office, "/approve", wang, "{\"ids\":[\"B1\"]}"), 200, "accepted");
    want(post(office, "/users/li/disable", NULL, "{}"), 200, "\"enabled\":false");
    want(post(office, "/users/li/disable", NULL, "{}"), 200, "\"enabled\":false");
    want(post(office, "/documents", li, documents), 401, "needs_login");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 403,
         "wrong_password");
    want(post(office, "/approve", wang, "{\"ids\":[\"A1\"]}"), 200, "\"reason\":\"signer_ended\"");
    want(post(office, "/users", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 409,
         "refused");
    want(get(office, "/users"), 200, "\"enabled\":false");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    close_office(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_says_what_a_post_would_be_told_and_keeps_nothing),
        cmocka_unit_test(a_dry_run_counts_the_drafts_that_wait),
        cmocka_unit_test(two_persons_approve_what_one_may_not),
        cmocka_unit_test(what_was_not_read_is_not_approved),
        cmocka_unit_test(an_ended_person_signs_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
