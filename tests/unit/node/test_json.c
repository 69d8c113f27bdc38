/* Documents from JSON and back; what is wrong with a line becomes its one reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/api/json.h"
#include "node/api/json_plain.h"
#include "node/office/submit.h"

/* The reason of a line, "" for none: reading, then the form check, as the node does it. */
static void reason_of(char code[REASON_CODE_MAX], struct bytes line, uint32_t default_kind)
{
    struct submit_item item;
    struct buf texts;

    memset(&item, 0, sizeof item);
    json_read_item(&item, &texts, line, default_kind);
    if (!item.malformed) {
        (void)document_check_form(&item.document, division_of("540121"), true, false,
                                  &item.refusal);
    }
    code[0] = '\0';
    if (item.refusal.reason != REASON_NONE) {
        reason_code(code, &item.refusal);
    }
    buf_free(&texts);
    buf_free(&item.lines);
}

#define BUDGET                                                                                     \
    "\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":\"2026\",\"stage\":\"reply\","              \
    "\"fund_type_code\":\"111\",\"approval_ref\":\"x\""

static void every_fault_of_a_line_has_its_reason(void **state)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        {"{" BUDGET ",\"amount\":\"5\"}", ""},
        {"{" BUDGET ",\"amount\":\"5.5\"}", ""},
        {"{" BUDGET ",\"amount\":\"5.00\",\"mof_div_code\":\"540121\"}", ""},
        {"{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":2026,\"stage\":\"reply\","
         "\"fund_type_code\":\"111\",\"approval_ref\":\"x\",\"amount\":\"5.00\"}",
         ""},
        {"", "malformed"},
        {"{", "malformed"},
        {"!", "malformed"},
        {"[]", "malformed"},
        {"\"x\"", "malformed"},
        {"{}{}", "malformed"},
        {"{\"id\":\"a\",\"id\":\"b\"}", "malformed"},
        {"{" BUDGET ",\"memo\":\"\\u0000\",\"amount\":\"5\"}", "malformed"},
        {"{" BUDGET ",\"memo\":\"\xff\",\"amount\":\"5\"}", "malformed"},
        {"{\"id\":\"a\"}", "missing_kind"},
        {"{\"kind\":\"nonsense\"}", "unknown_kind"},
        {"{\"kind\":7}", "unknown_kind"},
        {"{\"kind\":\"nonsense\",\"frob\":1}", "unknown_kind"},
        {"{\"kind\":\"settle\",\"frob\":1}", "node_only"},
        {"{" BUDGET ",\"frob\":\"1\"}", "unknown_field_frob"},
        {"{" BUDGET ",\"amount\":\"5\",\"lines\":[{\"no\":1}]}", "unknown_field_lines"},
        {"{" BUDGET ",\"lines\":[]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":{\"no\":1}}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[1]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{}]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{\"no\":0}]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{\"no\":\"x\"}]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{\"no\":1,\"frob\":\"x\"}]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{\"no\":1,\"amount\":5}]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{\"no\":2},{\"no\":1}]}", "bad_lines"},
        {"{" BUDGET ",\"lines\":[{\"no\":1},{\"no\":1}]}", "bad_lines"},
        {"{" BUDGET ",\"frob\":{\"deep\":[1]}}", "unknown_field_frob"},
        {"{" BUDGET ",\"transfer_lsn\":\"1\",\"amount\":\"5\"}", "unknown_field_transfer_lsn"},
        {"{" BUDGET ",\"payee_acct_no\":\"1\"}", "unknown_field_payee_acct_no"},
        {"{" BUDGET "}", "missing_amount"},
        {"{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":\"2026\",\"amount\":12}",
         "missing_stage"},
        {"{" BUDGET ",\"amount\":12}", "bad_amount"},
        {"{" BUDGET ",\"amount\":12.5}", "bad_amount"},
        {"{" BUDGET ",\"amount\":null}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"\"}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"0\"}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"-5\"}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"1,000\"}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"1e3\"}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"1.234\"}", "bad_amount"},
        {"{" BUDGET ",\"amount\":\"5\",\"memo\":7}", "bad_memo"},
        {"{" BUDGET ",\"amount\":\"5\",\"pro_code\":540}", "bad_pro_code"},
        {"{" BUDGET ",\"amount\":\"5\",\"mof_div_code\":\"540122\"}", "not_yours"},
        {"{\"kind\":\"agency\",\"id\":\"A\",\"fiscal_year\":\"26\",\"agency_code\":\"1\","
         "\"agency_name\":\"x\"}",
         "bad_fiscal_year"},
        {"{\"kind\":\"agency\",\"id\":\"A\",\"fiscal_year\":26,\"agency_code\":\"1\","
         "\"agency_name\":\"x\"}",
         "bad_fiscal_year"},
        {"{\"kind\":\"agency\",\"id\":\"A b\",\"fiscal_year\":\"2026\",\"agency_code\":\"1\","
         "\"agency_name\":\"x\"}",
         "bad_id"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char code[REASON_CODE_MAX];

        reason_of(code, bytes_text(cases[i].line), 0);
        if (strcmp(code, cases[i].want) != 0) {
            fail_msg("%s: got \"%s\", want \"%s\"", cases[i].line, code, cases[i].want);
        }
    }
}

static void the_kind_of_the_post_serves_lines_without_one(void **state)
{
    char code[REASON_CODE_MAX];

    (void)state;
    reason_of(code,
              bytes_text("{\"id\":\"A\",\"fiscal_year\":\"2026\",\"agency_code\":\"1\","
                         "\"agency_name\":\"x\"}"),
              KIND_AGENCY);
    assert_string_equal(code, "");
    reason_of(code,
              bytes_text("{\"kind\":\"agency\",\"id\":\"A\",\"fiscal_year\":\"2026\","
                         "\"agency_code\":\"1\",\"agency_name\":\"x\"}"),
              KIND_PAYMENT);
    assert_string_equal(code, "");
}

static void nested_and_overlong_lines_are_answered(void **state)
{
    struct buf line = BUF_EMPTY;
    char code[REASON_CODE_MAX];

    (void)state;
    buf_append(&line, "{\"memo\":", 8);
    for (int i = 0; i < 100000; i++) {
        buf_put_u8(&line, '[');
    }
    reason_of(code, buf_bytes(&line), 0);
    assert_string_equal(code, "malformed");
    buf_clear(&line);
    buf_append(&line, "{\"memo\":\"", 9);
    for (int i = 0; i < JSON_LINE_BYTES_MAX; i++) {
        buf_put_u8(&line, 'x');
    }
    buf_append(&line, "\"}", 2);
    reason_of(code, buf_bytes(&line), 0);
    assert_string_equal(code, "malformed");
    buf_free(&line);
}

static void the_id_is_told_back_even_when_the_line_is_refused(void **state)
{
    static const struct {
        const char *line, *id;
    } cases[] = {
        {"{\"id\":\"B7\",\"frob\":1}", "B7"},
        {"{\"id\":\"B\\u0037\",\"frob\":1}", "B7"},
        {"{\"id\":7}", ""},
        {"{\"id\":\"B7\",\"frob\":", ""},
        {"[\"id\",\"B7\"]", ""},
        {"nonsense", ""},
    };
    struct submit_item item;
    struct buf texts;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memset(&item, 0, sizeof item);
        json_read_item(&item, &texts, bytes_text(cases[i].line), KIND_BUDGET);
        assert_true(bytes_equal(json_typed_id(&item), bytes_text(cases[i].id)));
        buf_free(&texts);
    }
}

/* Of what the tree takes nothing is left, and only what may be a document's has one at all. */
static size_t tree_bytes, tree_bytes_most;

static void *take_counted(size_t size)
{
    size_t *at = malloc(sizeof *at * 2 + size);

    assert_non_null(at);
    *at = size;
    tree_bytes += size;
    tree_bytes_most = tree_bytes > tree_bytes_most ? tree_bytes : tree_bytes_most;
    return at + 2;
}

static void give_counted(void *taken)
{
    size_t *at = taken;

    if (at != NULL) {
        tree_bytes -= at[-2];
        free(at - 2);
    }
}

static void odd_lines_leave_nothing_behind(void **state)
{
    static const struct {
        const char *begin, *repeated, *end;
    } odd[] = {
        {"[", "{},", "0]"},
        {"[", "[],", "0]"},
        {"[", "0,", "0]"},
        {"{\"memo\":[", "{},", "0]}"},
        {"{\"memo\":[", "\"\",", "0]}"},
        {"{\"lines\":[", "{},", "0]}"},
        {"{\"memo\":\"", "\\n", "\"}"},
    };
    enum { TREE_MAX = 8 << 20 };

    (void)state;
    json_set_alloc_funcs(take_counted, give_counted);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        struct buf line = BUF_EMPTY, texts;
        struct submit_item item;

        buf_append_bytes(&line, bytes_text(odd[i].begin));
        while (line.size < JSON_LINE_BYTES_MAX - 16) {
            buf_append_bytes(&line, bytes_text(odd[i].repeated));
        }
        buf_append_bytes(&line, bytes_text(odd[i].end));
        memset(&item, 0, sizeof item);
        tree_bytes_most = 0;
        json_read_item(&item, &texts, buf_bytes(&line), KIND_BUDGET);
        assert_int_equal(tree_bytes, 0);
        assert_true(tree_bytes_most < TREE_MAX);
        assert_true(texts.capacity <= 2 * line.size);
        buf_free(&texts);
        buf_free(&item.lines);
        buf_free(&line);
    }
    json_set_alloc_funcs(malloc, free);
}

static void a_document_comes_back_as_it_was_typed(void **state)
{
    static const char line[] =
        "{\"kind\":\"transfer\",\"id\":\"X1\",\"fiscal_year\":\"2026\",\"memo\":\"\\\"引\\\" "
        "\\\\\","
        "\"amount\":\"1250.00\",\"ori_bgt_id\":\"B1\",\"rec_div_code\":\"540122\","
        "\"stage\":\"formal\",\"cor_bgt_doc_no\":\"藏财预〔2026〕1号\",\"fund_type_code\":\"0111\","
        "\"tra_type_code\":\"general\",\"due_days\":\"30\"}";
    struct submit_item item;
    struct buf text = BUF_EMPTY;
    struct json_out out = json_to(&text);
    json_t *typed, *again;
    struct buf texts;

    (void)state;
    memset(&item, 0, sizeof item);
    json_read_item(&item, &texts, bytes_text(line), 0);
    typed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_false(item.malformed);
    out_open(&out, NULL, '{');
    out_document(&out, &item.document);
    out_close(&out, '}');
    again = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_equal(typed, again));
    json_decref(again);
    json_decref(typed);
    buf_free(&texts);
    buf_free(&text);
}

/* The one-pass reader must answer as jansson does: the same member twice, once written plainly and
 * once with an escape that says the same, gives the same document or the same reason. */
static void lines_come_back_as_they_were_typed(void **state)
{
    static const char typed[] = "{" BUDGET ",\"amount\":\"5.00\",\"lines\":["
                                "{\"no\":1,\"name\":\"扎西\",\"amount\":\"-3.5\"},"
                                "{\"no\":\"4096\",\"acct_no\":\"6222\"}]}";
    static const char want[] = "\"lines\":[{\"no\":\"1\",\"name\":\"扎西\",\"amount\":\"-3.50\"},"
                               "{\"no\":\"4096\",\"acct_no\":\"6222\"}]";
    struct submit_item item = {.malformed = false};
    struct buf body = BUF_EMPTY, text = BUF_EMPTY;
    struct json_out out = json_to(&text);
    struct document back;
    struct err err;
    struct buf texts;

    (void)state;
    json_read_item(&item, &texts, bytes_text(typed), 0);
    assert_false(item.malformed);
    assert_int_equal(item.document.line_count, 2);
    document_encode(&body, &item.document);
    assert_int_equal(document_decode(&back, KIND_BUDGET, buf_bytes(&body), &err), OK);
    out_document(&out, &back);
    buf_put_u8(&text, '\0');
    assert_non_null(strstr((const char *)text.data, want));
    buf_free(&texts);
    buf_free(&item.lines);
    buf_free(&body);
    buf_free(&text);
}

static void plain_and_escaped_lines_read_alike(void **state)
{
    static const char *const plain[] = {
        "{" BUDGET ",\"amount\":\"5\"}",
        "  {  " BUDGET " ,\t\"amount\" : \"5\"  }  ",
        "{" BUDGET ",\"amount\":\"5\",\"memo\":\"拉萨\"}",
        "{" BUDGET ",\"amount\":\"5\",\"memo\":\"\xe6\x8b\"}",
        "{" BUDGET ",\"amount\":\"5\",\"amount\":\"5\"}",
        "{" BUDGET ",\"kind\":\"budget\",\"amount\":\"5\"}",
        "{" BUDGET ",\"amount\":\"5\"},",
        "{" BUDGET ",\"amount\":\"5\",}",
        "{" BUDGET ",\"amount\":\"5\"",
        "{" BUDGET ",\"amount\":\"5",
        "{" BUDGET ",\"amount\":\"x\"}",
        "{" BUDGET ",\"memo\":\"\x01\"}",
        "{" BUDGET ",\"memo\":\"of eleven\t\",\"amount\":\"5\"}",
        "{" BUDGET ",\"memo\":\"\x7f\",\"amount\":\"5\"}",
        "{" BUDGET " \"amount\":\"5\"}",
        "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":2026,\"amount\":\"5\"}",
        "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":02026,\"amount\":\"5\"}",
        "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":2026.0,\"amount\":\"5\"}",
        "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":20260,\"amount\":\"5\"}",
        "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":2026,\"amount\":5}",
        "{}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        char code[REASON_CODE_MAX], escaped_code[REASON_CODE_MAX], escaped[512];
        const char *tail = strstr(plain[i], "\"B1\"");

        reason_of(code, bytes_text(plain[i]), 0);
        if (tail == NULL) {
            assert_string_equal(code, "missing_kind");
            continue;
        }
        (void)snprintf(escaped, sizeof escaped, "%.*s\"\\u00421\"%s", (int)(tail - plain[i]),
                       plain[i], tail + 4);
        reason_of(escaped_code, bytes_text(escaped), 0);
        if (strcmp(code, escaped_code) != 0) {
            fail_msg("%s: \"%s\", escaped \"%s\"", plain[i], code, escaped_code);
        }
    }
}

/* Each byte at each place of what is looked at eight bytes at a time. */
static void what_stands_as_it_is_in_a_string_is_told(void **state)
{
    enum { SIZE = 19 };
    uint8_t text[SIZE], seen;

    (void)state;
    for (size_t at = 0; at < SIZE; at++) {
        for (unsigned c = 0; c <= UINT8_MAX; c++) {
            const bool is_plain = c >= 0x20 && c != '"' && c != '\\';

            memset(text, 'a', sizeof text);
            text[at] = (uint8_t)c;
            assert_int_equal(json_plain_run(bytes_of(text, SIZE), &seen), is_plain ? SIZE : at);
            assert_int_equal(seen >= 0x80, c >= 0x80);
        }
    }
    assert_int_equal(json_plain_run(BYTES_NONE, &seen), 0);
    assert_int_equal(seen, 0);
}

static void what_is_no_text_is_still_written_as_json(void **state)
{
    static const char odd[] = "a\xff\x01\"\\\n";
    struct buf text = BUF_EMPTY;
    struct json_out out = json_to(&text);

    (void)state;
    out_bytes(&out, NULL, bytes_text(odd));
    buf_put_u8(&text, '\0');
    assert_string_equal((const char *)text.data, "\"a?\\u0001\\\"\\\\\\u000a\"");
    buf_free(&text);
}

static void digits_of_any_number_of_bytes_are_written_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 31, 32, 33, 64, 200};
    uint8_t raw[200], back[200];

    (void)state;
    memset(raw, 0xa5, sizeof raw);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct buf text = BUF_EMPTY;
        struct json_out out = json_to(&text);

        out_hex(&out, NULL, raw, sizes[i]);
        assert_int_equal(text.size, 2 * sizes[i] + 2);
        text.data[text.size - 1] = '\0'; /* the quote */
        assert_true(hex_decode(back, sizes[i], (const char *)text.data + 1));
        assert_memory_equal(raw, back, sizes[i]);
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_of_any_number_of_bytes_are_written_whole),
        cmocka_unit_test(every_fault_of_a_line_has_its_reason),
        cmocka_unit_test(the_kind_of_the_post_serves_lines_without_one),
        cmocka_unit_test(nested_and_overlong_lines_are_answered),
        cmocka_unit_test(the_id_is_told_back_even_when_the_line_is_refused),
        cmocka_unit_test(odd_lines_leave_nothing_behind),
        cmocka_unit_test(a_document_comes_back_as_it_was_typed),
        cmocka_unit_test(lines_come_back_as_they_were_typed),
        cmocka_unit_test(plain_and_escaped_lines_read_alike),
        cmocka_unit_test(what_stands_as_it_is_in_a_string_is_told),
        cmocka_unit_test(what_is_no_text_is_still_written_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
