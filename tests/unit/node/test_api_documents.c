/* Documents over HTTP: one, many, too many, again, and what is said of those that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/rows.h"
#include "tests/unit/node/served_office.h"

static void documents_go_in_and_come_back(void **state)
{
    struct office *office = open_office(false);
    struct answer answer;
    json_t *object;

    (void)state;
    start_loop(office);
    answer = post(office, "/documents", NULL, documents);
    assert_string_equal(answer.body,
                        "{\"line\":1,\"id\":\"A1\",\"status\":\"accepted\",\"message\":\"\"}\n"
                        "{\"line\":3,\"id\":\"B1\",\"status\":\"accepted\",\"message\":\"\"}\n"
                        "{\"line\":4,\"id\":\"L1\",\"status\":\"accepted\",\"message\":\"\"}\n"
                        "{\"line\":5,\"id\":\"R1\",\"status\":\"accepted\",\"message\":\"\"}\n");
    buf_free(&answer.all);
    want(post(office, "/documents", NULL, documents), 200, "\"id\":\"B1\",\"status\":\"exists\"");
    want(post(office, "/documents?kind=payment", NULL, PAYMENT("P1", "40")), 200, "accepted");
    want(post(office, "/documents", NULL, PAYMENT("P2", "1000")), 200,
         "\"reason\":\"exceeds_available\"");
    want(post(office, "/documents?atomic=1", NULL, PAYMENT("P3", "1") PAYMENT("P4", "1000")), 200,
         "\"id\":\"P3\",\"status\":\"refused\"");

    answer = get(office, "/documents/P1");
    object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(member(object, "kind"), "payment");
    assert_string_equal(member(object, "pay_app_amt"), "40.00");
    assert_string_equal(member(object, "payee_acct_name"), "甲");
    assert_string_equal(member(object, "author"), "540000");
    assert_string_not_equal(member(object, "state"), "");
    assert_true(json_integer_value(json_object_get(object, "lsn")) > 0);
    json_decref(object);
    buf_free(&answer.all);

    want(get(office, "/documents/P3"), 404, "not_found");
    want(get(office, "/documents?kind=payment"), 200, "\"id\":\"P1\"");
    want(get(office, "/trace/P1"), 200, "\"id\":\"B1\"");
    want(get(office, "/balance"), 200,
         "\"account\":\"AVAIL\",\"debit\":\"300.00\",\"credit\":\"40.00\",\"balance\":\"260.00\"");
    want(get(office, "/balance?scope=subtree&by=agency"), 200,
         "\"as_of\":[{\"division\":\"540000\"");
    want(get(office, "/report/chain"), 200, "\"received\":\"1000.00\"");
    want(get(office, "/money"), 200,
         "\"own\":{\"received\":\"1000.00\",\"allocated\":\"300.00\",\"passed_down\":\"0.00\"");
    want(get(office, "/money"), 200, "\"sources\":{\"approved\":\"1000.00\"");
    want(get(office, "/money?at=2026-01-01"), 200, "\"own\":{\"received\":\"0.00\"");
    want(get(office, "/money?at=2099-01-01"), 200, "\"own\":{\"received\":\"1000.00\"");
    want(get(office, "/trace/P1?brief=1"), 200,
         "\"to\":\"甲\",\"money\":\"40.00\",\"purpose\":\"x\"");
    want(get(office, "/lines"), 200,
         "\"id\":\"L1\",\"kind\":\"allocate\",\"state\":\"released\",\"fiscal_year\":2026");
    want(get(office, "/lines?agency=105"), 200, "\"agency_name\":\"教育厅\"");
    want(get(office, "/lines?agency="), 200, "\"shown\":1,\"total\":1,\"complete\":true");
    want(get(office, "/lines?agency=106"), 200, "\"rows\":[],\"shown\":0");
    want(get(office, "/lines?limit=1"), 200, "\"complete\":false,\"next\":\"B1\"");
    want(get(office, "/documents/P1/proof"), 200, "{\"check\":\"signature\",\"result\":\"good\"}");
    want(get(office, "/documents/P1/proof"), 200, "{\"check\":\"digest\",\"result\":\"good\"}");
    want(get(office, "/documents/P1/proof"), 200,
         "\"field\":\"payee_acct_name\",\"value\":\"甲\"}");
    want(get(office, "/documents/P3/proof"), 404, "not_found");
    want(get(office, "/documents/P1/proof"), 200,
         "\"line\":{\"id\":\"L1\",\"agency_code\":\"105\"");
    want(get(office, "/export/chain?format=csv"), 200, "\xef\xbb\xbf\"board\",\"Money chain\"\r\n");
    want(get(office, "/export/documents?format=csv&kind=payment"), 200, "\"P1\",");
    want(get(office, "/money/months?year=2026"), 200, "\"released\":\"300.00\",\"paid\":\"0.00\"");
    want(get(office, "/report/trial-balance"), 200, "\"account\":\"SRC_APPROVED\"");
    want(get(office, "/report/execution"), 200, "\"available\":\"260.00\"");
    want(get(office, "/report/reconcile"), 200, "\"rows\":[]");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    close_office(office);
}

static void the_digest_stands_still_and_names_its_lsn(void **state)
{
    struct office *office = open_office(false);
    struct answer one, two;

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    one = get(office, "/digest");
    two = get(office, "/digest?division=540000");
    assert_int_equal(one.http, 200);
    assert_string_equal(one.body, two.body);
    buf_free(&one.all);
    buf_free(&two.all);
    want(get(office, "/digest?division=110000"), 409, "not_below_you");
    want(get(office, "/balance?division=110000"), 409, "not_below_you");
    want(get(office, "/report/chain?division=110000"), 409, "not_below_you");
    close_office(office);
}

/* An error is a problem of RFC 9457, and says the same in the member that the command line reads.
 */
static void want_problem(const struct answer *answer)
{
    json_t *problem = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = json_object_get(problem, "error");
    char type[96];

    if (strstr((const char *)answer->all.data, "Content-Type: application/problem+json") == NULL ||
        strcmp(member(problem, "code"), "") == 0 ||
        strcmp(member(problem, "code"), member(error, "code")) != 0 ||
        strcmp(member(problem, "detail"), member(error, "message")) != 0 ||
        !json_equal(json_object_get(problem, "args"), json_object_get(error, "args")) ||
        json_integer_value(json_object_get(problem, "status")) != answer->http ||
        strcmp(member(problem, "title"), "") == 0) {
        fail_msg("no problem: %s", answer->body);
    }
    (void)snprintf(type, sizeof type, "/help/%s", member(problem, "code"));
    assert_string_equal(member(problem, "type"), type);
    json_decref(problem);
}

static void what_cannot_be_asked_is_answered_with_a_reason(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int http;
        const char *words;
    } cases[] = {
        {"GET", "/nonsense", "", 404, "no_such_path"},
        {"GET", "/documents/", "", 404, "no_such_path"},
        {"PUT", "/documents", "", 405, "wrong_method"},
        {"GET", "/documents", "", 400, "kind"},
        {"GET", "/documents?kind=nonsense", "", 400, "kind"},
        {"GET", "/documents?kind=budget&after=x", "", 400, "after"},
        {"GET", "/balance?year=26", "", 400, "year"},
        {"GET", "/balance?scope=all", "", 400, "scope"},
        {"GET", "/balance?division=lower", "", 400, "division"},
        {"GET", "/report/nonsense", "", 404, "not_found"},
        {"GET", "/money?at=yesterday", "", 400, "ask_moment"},
        {"GET", "/export/nonsense?format=csv", "", 404, "ask_report"},
        {"GET", "/export/chain?format=pdf", "", 400, "ask_format"},
        {"GET", "/export/chain?format=csv&division=110000", "", 409, "not_below_you"},
        {"GET", "/money?after=110000", "", 400, "ask_after"},
        {"GET", "/money?division=110000", "", 409, "not_below_you"},
        {"GET", "/money/months?year=26", "", 400, "ask_year"},
        {"GET", "/money/months?division=110000", "", 409, "not_below_you"},
        {"POST", "/documents?kind=nonsense", "{}", 400, "kind"},
        {"POST", "/documents", "", 200, ""},
        {"POST", "/documents", "!\n", 200,
         "\"id\":null,\"status\":\"refused\",\"reason\":\"malformed\""},
        {"POST", "/documents", "{\"kind\":\"agency\",\"id\":5,\"fiscal_year\":\"2026\"}\n", 200,
         "\"id\":null,\"status\":\"refused\",\"reason\":\"missing_agency_code\""},
        {"POST", "/documents", "{\"kind\":\"agency\",\"id\":[\"A\"],\"x\":1}\n", 200,
         "\"id\":null"},
        {"POST", "/approve", "{\"ids\":[\"x\"]}", 401, "needs_login"},
        {"POST", "/approve", "[", 401, "needs_login"}, /* who asks comes before what */
        {"POST", "/reject", "{\"id\":\"x\"}", 401, "needs_login"},
        {"POST", "/login", "{\"name\":\"li\",\"password\":\"x\"}", 403, "wrong_password"},
        {"POST", "/login", "{\"name\":\"li\"}", 400, "password"},
        {"POST", "/users", "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"king\"]}", 400,
         "roles"},
        {"POST", "/users", "{\"name\":\"li\",\"password\":\"seven-7\"}", 400, "short_password"},
        {"POST", "/users",
         "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"maker\",\"admin\"]}", 400,
         "never one of each pair"},
        {"POST", "/users",
         "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"auditor\",\"checker\"]}", 400,
         "never one of each pair"},
        {"POST", "/users", "{\"name\":\"li\\u009bx\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\u202ex\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\u2066x\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\u061cx\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\ufeffx\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users/nobody/disable", "{}", 404, "not_found"},
        {"POST", "/invite", "{\"division\":\"lower\",\"name\":\"x\"}", 400, "division"},
        {"POST", "/invite", "{\"division\":\"540000\",\"name\":\"x\"}", 409, "refused"},
        {"POST", "/invite", "{\"division\":\"540100\",\"name\":\"拉萨市\"}", 200, "TERRACE1-"},
        {"POST", "/peers/540100/pause", "{}", 404, "not_found"},
        {"GET", "/texts?lang=fr", "", 400, "ask_lang"},
        {"GET", "/texts?lang=zh&prefix=console.nav.", "", 200,
         "\"rows\":{\"console.nav.help\":\"帮助\","},
        {"GET", "/schema", "", 200, "{\"division\":\"540000\",\"kinds\":["},
        {"GET", "/healthz", "", 200, "alive"},
        {"GET", "/readyz", "", 200, "ready"},
        {"GET", "/status", "", 200, "\"peers\":["},
        {"GET", "/pending", "", 200, "{\"rows\":[],\"rejected\":[],"},
        {"GET", "/inbox", "", 200, "\"rows\":[],\"shown\":0"},
        {"GET", "/inbox?counts=1", "", 200, "\"counts\":{\"to_register\":{\"documents\":0,"},
        {"GET", "/inbox?user=nobody", "", 404, "not_found"},
        {"GET", "/inbox?after=to_register/1", "", 400, "after"},
        {"GET", "/documents?kind=budget&after=540000:nothing", "", 400, "after"},
        {"GET", "/documents?kind=budget&limit=0", "", 400, "limit"},
        {"GET", "/documents?kind=budget&limit=10001", "", 400, "limit"},
        {"GET", "/balance?limit=x", "", 400, "limit"},
        {"GET", "/balance?after=nothing", "", 400, "after"},
        {"GET", "/report/chain?after=", "", 400, "after"},
        {"GET", "/users", "", 200, "{\"rows\":[],\"shown\":0,"},
    };
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer answer = call(office, (struct ask){.method = cases[i].method,
                                                         .path = cases[i].path,
                                                         .body = bytes_text(cases[i].body)});
        if (answer.http != cases[i].http || strstr(answer.body, cases[i].words) == NULL) {
            fail_msg("%s %s: want %d with %s, got %d: %s", cases[i].method, cases[i].path,
                     cases[i].http, cases[i].words, answer.http, answer.body);
        }
        if (cases[i].http >= 400) {
            want_problem(&answer);
        }
        buf_free(&answer.all);
    }
    want(call(office, (struct ask){.method = "GET", .path = "/nonsense", .language = "zh-CN"}), 404,
         "接口没有这个地址");
    close_office(office);
}

static void a_post_past_its_limits_is_refused_whole(void **state)
{
    struct office *office = open_office(false);
    struct buf body = BUF_EMPTY;

    (void)state;
    start_loop(office);
    for (int i = 0; i < 1001; i++) {
        buf_append(&body, "{}\n", 3);
    }
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         413, "too_many_documents");
    body.size -= 3;
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         200, "\"line\":1000,");
    buf_clear(&body);
    buf_reserve(&body, 17 << 20);
    memset(body.data, ' ', 17 << 20);
    body.size = (8 << 20) + 1;
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         413, "too_large");
    body.size = 17 << 20;
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         413, "too_large");
    buf_clear(&body); /* an object of a million values, in two megabytes */
    buf_append(&body, "{\"ids\":[0", 9);
    for (int i = 0; i < 1000000; i++) {
        buf_append(&body, ",0", 2);
    }
    buf_append(&body, "]}", 2);
    want(call(office, (struct ask){.method = "POST", .path = "/review", .body = buf_bytes(&body)}),
         413, "too_large");
    buf_clear(&body); /* few values, and each of them an object */
    buf_append(&body, "{\"ids\":[0", 9);
    for (int i = 0; i < 6000; i++) {
        buf_append(&body, ",{}", 3);
    }
    buf_append(&body, "]}", 2);
    want(call(office, (struct ask){.method = "POST", .path = "/review", .body = buf_bytes(&body)}),
         413, "values, lists or objects");
    buf_free(&body);
    close_office(office);
}

static void documents_of_any_number_go_in_at_once(void **state)
{
    struct office *office = open_office(false);
    struct buf body = BUF_EMPTY;
    struct ask ask = {.method = "POST", .path = "/documents?summary=1"};
    struct answer answer;

    (void)state;
    start_loop(office);
    for (int i = 0; i < MANY; i++) {
        write_agency(&body, i);
    }
    ask.body = bytes_of(body.data, body.size - 1); /* the last line has no end */
    answer = call(office, ask);
    assert_int_equal(answer.http, 200);
    assert_non_null(strstr(answer.body, "{\"line\":8,\"id\":\"M7\",\"status\":\"refused\""));
    assert_non_null(strstr(answer.body, "{\"line\":11008,\"id\":\"M11007\""));
    assert_non_null(strstr(answer.body, "\n{\"lines\":12000,\"accepted\":11988,\"exists\":0,"
                                        "\"drafts\":0,\"refused\":12,\"complete\":true}\n"));
    buf_free(&answer.all);
    want(call(office, ask), 200, "\"accepted\":0,\"exists\":11988");
    want(get(office, "/documents/M11999"), 200, "机关11999");
    buf_free(&body);
    close_office(office);
}

/* Nobody reads a million refusals, and nobody holds them. */
static void where_everything_is_refused_it_stops(void **state)
{
    struct office *office = open_office(false);
    struct buf body = BUF_EMPTY;
    const struct ask ask = {.method = "POST", .path = "/documents?summary=1"};
    struct ask all = ask;

    (void)state;
    start_loop(office);
    for (int i = 0; i < 60000; i++) {
        buf_append_bytes(&body, bytes_text("{\"kind\":\"agency\",\"id\":\"x\"}\n"));
    }
    all.body = buf_bytes(&body);
    want(call(office, all), 200, "\"complete\":false}");
    buf_clear(&body);
    buf_append_bytes(&body, bytes_text("{\"kind\":\"agency\",\"id\":\""));
    for (int i = 0; i < 3 << 20; i++) {
        buf_put_u8(&body, 'x'); /* a line without an end */
    }
    all.body = buf_bytes(&body);
    want(call(office, all), 413, "too_large");
    all.path = "/documents?summary=1&atomic=1";
    all.body = bytes_text("{}\n");
    want(call(office, all), 400, "ask_summary_with");
    buf_free(&body);
    close_office(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_go_in_and_come_back),
        cmocka_unit_test(the_digest_stands_still_and_names_its_lsn),
        cmocka_unit_test(what_cannot_be_asked_is_answered_with_a_reason),
        cmocka_unit_test(a_post_past_its_limits_is_refused_whole),
        cmocka_unit_test(documents_of_any_number_go_in_at_once),
        cmocka_unit_test(where_everything_is_refused_it_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
