/* What is read over HTTP: lists and boards with pages, balances, exports, what forms are drawn
 * from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/node/served_office.h"

/* What a client has already is not sent again, and what changed is. */
static void a_client_keeps_texts_and_schema_by_their_tag(void **state)
{
    static const char *const paths[] = {"/texts?lang=zh", "/texts?lang=en", "/schema"};
    struct office *office = open_office(false);
    char tag[64] = "", former[64] = "none";

    (void)state;
    start_loop(office);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct ask ask = {.method = "GET", .path = paths[i], .held = former};
        struct answer answer = call(office, ask);
        const char *at = strstr((const char *)answer.all.data, "ETag: ");

        assert_int_equal(answer.http, 200);
        assert_non_null(at);
        assert_int_equal(sscanf(at, "ETag: %63s", tag), 1);
        buf_free(&answer.all);
        ask.held = tag;
        answer = call(office, ask);
        assert_int_equal(answer.http, 304);
        assert_string_equal(answer.body, "");
        buf_free(&answer.all);
        memcpy(former, tag, sizeof former);
    }
    close_office(office);
}

static void a_form_offers_codes_and_lines_while_one_types(void **state)
{
    static const char codes[] = "{\"kind\":\"element\",\"id\":\"E1\",\"fiscal_year\":\"2026\","
                                "\"ele_catalog_code\":\"fund_type\","
                                "\"ele_code\":\"111\",\"ele_name\":\"一般公共预算资金\"}\n"
                                "{\"kind\":\"element\",\"id\":\"E2\",\"fiscal_year\":\"2026\","
                                "\"ele_catalog_code\":\"fund_type\","
                                "\"ele_code\":\"12\",\"ele_name\":\"政府性基金\"}\n";
    static const struct {
        const char *path, *rows;
        int http;
    } cases[] = {
        {"/codes/fund_type", "{\"code\":\"111\",\"name\":\"一般公共预算资金\",\"usable\":true",
         200},
        {"/codes/fund_type?q=zfxjj", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?q=12", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?q=%E5%9F%BA%E9%87%91", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?limit=1", "\"complete\":false,\"next\":\"111\"", 200},
        {"/codes/fund_type?limit=1&after=111", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?year=2025", "{\"rows\":[],\"read\":0", 200},
        {"/codes/agency?q=jyt", "{\"rows\":[{\"code\":\"105\",\"name\":\"教育厅\"", 200},
        {"/codes/division?q=xz", "{\"rows\":[{\"code\":\"540000\",\"name\":\"西藏自治区\"", 200},
        {"/codes/project", "{\"rows\":[],", 200},
        {"/codes/nonsense", "ask_code_set", 404},
        {"/codes/project?after=x", "ask_after", 400},
        {"/indicators", "{\"id\":\"B1\",\"kind\":\"budget\"", 200},
        {"/indicators?kind=payment", "{\"rows\":[{\"id\":\"L1\",\"kind\":\"allocate\"", 200},
        {"/indicators?kind=payment", "\"free\":\"300.00\",\"balances\":{\"AVAIL\":\"300.00\"}",
         200},
        {"/indicators?kind=allocate", "{\"rows\":[{\"id\":\"B1\"", 200},
        {"/indicators?kind=allocate&q=jyt", "{\"rows\":[],\"read\":2", 200},
        {"/indicators?q=jyt", "\"agency_code\":\"105\",\"agency_name\":\"教育厅\"", 200},
        {"/indicators?kind=unfreeze", "{\"rows\":[],", 200},
        {"/indicators?kind=paid", "ask_line_kind", 400},
        {"/indicators?limit=1&after=B1", "{\"rows\":[{\"id\":\"L1\"", 200},
    };
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, codes), 200, "accepted");
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        want(get(office, cases[i].path), cases[i].http, cases[i].rows);
    }
    close_office(office);
}

/* What else its client would take is none of an export's business. */
static void an_export_is_the_file_that_was_asked_for(void **state)
{
    static const char *const accepts[] = {"application/x-ndjson", "text/event-stream", "*/*"};
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (size_t i = 0; i < COUNT_OF(accepts); i++) {
        want(call(office, (struct ask){.method = "GET",
                                       .path = "/export/documents?kind=agency&format=csv",
                                       .accept = accepts[i],
                                       .held = "\"x\""}),
             200, "教育厅");
    }
    close_office(office);
}

static void what_a_form_calls_its_fields_is_text_and_no_json(void **state)
{
    struct office *office = open_office(true);
    struct answer answer;
    char li[128];
    json_t *object;

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    log_in(office, "li", li);
    want(call(office, (struct ask){.method = "PUT",
                                   .path = "/unsent/a",
                                   .token = li,
                                   .body = bytes_text("{\"kind\":\"payment\",\"fields\":"
                                                      "{\"a\\\"b\\\\\":\"1\"}}")}),
         200, "");
    answer = call(office, (struct ask){.method = "GET", .path = "/unsent/a", .token = li});
    object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(member(json_object_get(object, "fields"), "a\"b\\"), "1");
    json_decref(object);
    buf_free(&answer.all);
    close_office(office);
}

/* Appends the rows of one answer, both arrays of it; returns its cursor, to be freed, or NULL. */
static char *take_page(const struct office *office, const char *path, json_t *rows, bool *complete)
{
    static const char *const arrays[] = {"rows", "steps", "rejected", "projects"};
    struct answer answer = get(office, path);
    json_t *object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    const char *next = json_string_value(json_object_get(object, "next"));
    size_t shown = 0;
    char *cursor;

    if (answer.http != 200) {
        fail_msg("%s: %d %s", path, answer.http, answer.body);
    }
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        json_t *array = json_object_get(object, arrays[i]);

        shown += json_array_size(array);
        if (array != NULL) {
            assert_int_equal(json_array_extend(rows, array), 0);
        }
    }
    assert_int_equal(json_integer_value(json_object_get(object, "shown")), shown);
    assert_true(json_integer_value(json_object_get(object, "total")) >= (json_int_t)shown);
    *complete = json_is_true(json_object_get(object, "complete"));
    assert_true(*complete == (next == NULL));
    cursor = next == NULL ? NULL : strdup(next);
    json_decref(object);
    buf_free(&answer.all);
    return cursor;
}

/* Row by row the same as all at once. */
static void expect_pages(const struct office *office, const char *path)
{
    json_t *whole = json_array(), *pages = json_array();
    char next[512];
    bool complete;
    char *cursor = take_page(office, path, whole, &complete);

    assert_true(complete);
    assert_null(cursor);
    assert_true(json_array_size(whole) > 1);
    (void)snprintf(next, sizeof next, "%s%climit=1", path, strchr(path, '?') == NULL ? '?' : '&');
    do {
        free(cursor);
        cursor = take_page(office, next, pages, &complete);
        (void)snprintf(next, sizeof next, "%s%climit=1&after=%s", path,
                       strchr(path, '?') == NULL ? '?' : '&', cursor == NULL ? "" : cursor);
    } while (!complete);
    if (!json_equal(whole, pages)) {
        fail_msg("%s: %s", path, json_dumps(pages, 0));
    }
    json_decref(whole);
    json_decref(pages);
}

static void every_list_and_board_has_pages(void **state)
{
    static const char *const paths[] = {
        "/documents?kind=payment",
        "/documents?kind=payment&year=2026",
        "/trace/B1",
        "/balance",
        "/balance?by=function&scope=subtree",
        "/report/chain",
        "/report/execution?by=agency",
        "/report/trial-balance",
    };
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    want(post(office, "/documents", NULL, more_documents), 200, "accepted");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        expect_pages(office, paths[i]);
    }
    close_office(office);
}

/* What the door answers out of a snapshot that it keeps is of the newest commit, always. */
static void a_balance_knows_what_was_just_answered(void **state)
{
    struct office *office = open_office(false);
    char payment[512], words[128];

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (int i = 1; i <= 40; i++) {
        (void)snprintf(payment, sizeof payment,
                       "{\"id\":\"P%d\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\",\"pay_app_amt\":"
                       "\"1.00\",\"payee_acct_name\":\"甲\",\"payee_acct_no\":\"1\","
                       "\"payee_acct_bank_name\":\"行\",\"use_des\":\"x\"}\n",
                       i);
        want(post(office, "/documents?kind=payment", NULL, payment), 200, "accepted");
        (void)snprintf(words, sizeof words,
                       "\"account\":\"COMMIT\",\"debit\":\"%d.00\",\"credit\":\"0.00\"", i);
        want(get(office, "/balance"), 200, words);
        want(get(office, "/balance?year=2026&by=fund"), 200, words);
        want(get(office, "/balance?year=2025"), 200, "\"rows\":[],");
    }
    close_office(office);
}

enum { AGENCIES = 700 };

/* More rows than the door reads: a worker answers, and it is all there. */
static void a_balance_of_many_rows_is_whole(void **state)
{
    struct office *office = open_office(false);
    struct ask ask = {.method = "POST", .path = "/documents?summary=1"};
    struct buf body = BUF_EMPTY;
    char line[256];

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (int i = 0; i < AGENCIES; i++) {
        write_agency(&body, BAD_EVERY + 8 + i);
    }
    for (int i = 0; i < AGENCIES; i++) {
        const int size = snprintf(
            line, sizeof line,
            "{\"kind\":\"allocate\",\"id\":\"LM%d\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":"
            "\"B1\",\"agency_code\":\"2%05d\",\"amount\":\"0.01\"}\n",
            i, BAD_EVERY + 8 + i);

        buf_append(&body, line, (size_t)size);
    }
    ask.body = buf_bytes(&body);
    want(call(office, ask), 200, "\"accepted\":1400,");
    want(get(office, "/balance?by=agency&limit=2"), 200, "\"shown\":2,\"total\":");
    want(get(office, "/balance?by=agency"), 200, "\"key\":\"201707\",");
    want(get(office, "/balance?by=fund"), 200, "\"key\":\"111\",");
    buf_free(&body);
    close_office(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_keeps_texts_and_schema_by_their_tag),
        cmocka_unit_test(a_form_offers_codes_and_lines_while_one_types),
        cmocka_unit_test(an_export_is_the_file_that_was_asked_for),
        cmocka_unit_test(what_a_form_calls_its_fields_is_text_and_no_json),
        cmocka_unit_test(every_list_and_board_has_pages),
        cmocka_unit_test(a_balance_knows_what_was_just_answered),
        cmocka_unit_test(a_balance_of_many_rows_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
