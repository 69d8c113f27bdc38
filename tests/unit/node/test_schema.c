/* What forms and lists are drawn from has every kind and every field of the schema, each with its
 * name in both languages: a kind that is added later is noticed here when it lacks its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>

#include "node/api/schema_json.h"
#include "node/ledger/schema/hints.h"
#include "node/ledger/schema/template.h"

static json_t *schema_of(struct policy policy)
{
    const struct schema_here here = {division_of("540121"), division_of("540100"), policy};
    struct buf body = BUF_EMPTY;
    struct json_out out = json_to(&body);
    json_error_t error;
    json_t *schema;

    out_open(&out, NULL, '{');
    write_kinds(&out, &here);
    write_families(&out);
    write_fields(&out);
    write_groups(&out);
    write_code_sets(&out);
    write_states(&out);
    write_reasons(&out);
    write_roles(&out);
    write_accounts(&out);
    write_alarm_codes(&out);
    write_errors(&out);
    out_close(&out, '}');
    schema = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, &error);
    if (schema == NULL) {
        fail_msg("%s", error.text);
    }
    buf_free(&body);
    return schema;
}

static const json_t *find(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *its = json_string_value(json_object_get(one, "name"));

        if (its != NULL && strcmp(its, name) == 0) {
            return one;
        }
    }
    return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void want_words(const json_t *one, const char *name)
{
    const json_t *words = json_object_get(one, "words");

    if (text_of(words, "en")[0] == '\0' || text_of(words, "zh")[0] == '\0') {
        fail_msg("%s has no words in both languages", name);
    }
}

/* Among what people hand in, among what only nodes write, or in neither. */
static void want_field(const json_t *kind, const struct kind_info *info, enum field field)
{
    const char *name = field_info(field)->name;
    const bool handed_in = !info->node_only && kind_takes(info, field, true);
    const bool written_out = !handed_in && kind_takes(info, field, false);

    if ((find(json_object_get(kind, "fields"), name) != NULL) != handed_in ||
        (find(json_object_get(kind, "written_out"), name) != NULL) != written_out) {
        fail_msg("%s: %s", info->name, name);
    }
}

static void every_kind_and_field_is_in_it(void **state)
{
    json_t *schema = schema_of(POLICY_NONE);
    const json_t *kinds = json_object_get(schema, "kinds");
    const json_t *fields = json_object_get(schema, "fields");

    (void)state;
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        const json_t *one;

        if (kind_info(kind) == NULL) {
            continue;
        }
        one = find(kinds, kind_info(kind)->name);
        if (one == NULL) {
            fail_msg("no kind %s", kind_info(kind)->name);
        }
        want_words(one, kind_info(kind)->name);
        for (enum field field = 1; field < FIELDS; field++) {
            if (field_info(field)->name != NULL) {
                want_field(one, kind_info(kind), field);
            }
        }
    }
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL) {
            const json_t *one = find(fields, field_info(field)->name);

            want_words(one, field_info(field)->name);
            assert_string_not_equal(text_of(one, "type"), "");
        }
    }
    json_decref(schema);
}

static void every_word_that_it_names_has_a_title(void **state)
{
    static const char *const lists[] = {"families", "groups",   "code_sets", "states",
                                        "roles",    "accounts", "alarms",    "errors"};
    json_t *schema = schema_of(POLICY_NONE);
    const json_t *kinds = json_object_get(schema, "kinds");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *list = json_object_get(schema, lists[i]);

        assert_true(json_array_size(list) > 0);
        for (size_t k = 0; k < json_array_size(list); k++) {
            want_words(json_array_get(list, k), text_of(json_array_get(list, k), "name"));
        }
    }
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *fields = json_object_get(json_array_get(kinds, i), "fields");

        for (size_t f = 0; f < json_array_size(fields); f++) {
            const json_t *allowed = json_object_get(json_array_get(fields, f), "allowed");

            for (size_t k = 0; k < json_array_size(allowed); k++) {
                want_words(json_array_get(allowed, k), text_of(json_array_get(allowed, k), "name"));
            }
        }
    }
    json_decref(schema);
}

/* What a form asks first, what it offers, and what it fills in. */
static void a_form_can_be_drawn_from_it(void **state)
{
    static const struct {
        const char *kind, *field, *group, *names, *filled_in;
        bool required, inherited;
    } cases[] = {
        {"payment", "bgt_id", "source", "indicator", "", true, false},
        {"payment", "pay_app_amt", "amount", "", "", true, false},
        {"payment", "payee_acct_name", "amount", "", "", true, false},
        {"payment", "use_des", "purpose", "", "", true, false},
        {"payment", "memo", "memo", "", "", false, false},
        {"payment", "mof_div_code", "document", "division", "540121", false, true},
        {"paid", "pay_app_id", "source", "payment", "", true, false},
        {"register", "bgt_id", "source", "transfer", "", true, false},
        {"register", "ori_div_code", "source", "division", "540100", false, true},
        {"transfer", "rec_div_code", "amount", "division", "", true, false},
        {"transfer", "due_days", "document", "", "7", false, false},
        {"allocate", "exp_func_code", "elements", "", "", false, true},
        {"allocate", "agency_code", "elements", "agency", "", true, true},
        {"agency", "agency_code", "document", "", "", true, false},
        {"project", "pro_name", "document", "", "", true, false},
    };
    json_t *schema = schema_of(POLICY_NONE);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const json_t *kind = find(json_object_get(schema, "kinds"), cases[i].kind);
        const json_t *field = find(json_object_get(kind, "fields"), cases[i].field);

        if (strcmp(text_of(field, "group"), cases[i].group) != 0 ||
            strcmp(text_of(field, "names"), cases[i].names) != 0 ||
            strcmp(text_of(field, "default"), cases[i].filled_in) != 0 ||
            json_is_true(json_object_get(field, "required")) != cases[i].required ||
            json_is_true(json_object_get(field, "inherited")) != cases[i].inherited) {
            fail_msg("%s.%s: %s", cases[i].kind, cases[i].field,
                     json_dumps(field, JSON_COMPACT | JSON_ENCODE_ANY));
        }
    }
    json_decref(schema);
}

static void it_says_who_hands_in_and_who_approves(void **state)
{
    json_t *open = schema_of(POLICY_NONE), *strict = schema_of(POLICY_REQUIRED);
    const json_t *free_payment = find(json_object_get(open, "kinds"), "payment");
    const json_t *payment = find(json_object_get(strict, "kinds"), "payment");
    const json_t *settle = find(json_object_get(strict, "kinds"), "settle");

    (void)state;
    assert_string_equal(text_of(payment, "family"), "payment");
    assert_true(json_is_false(json_object_get(free_payment, "approval")));
    assert_int_equal(json_array_size(json_object_get(free_payment, "roles")), 1);
    assert_true(json_is_true(json_object_get(payment, "approval")));
    assert_int_equal(json_array_size(json_object_get(payment, "roles")), 2);
    assert_string_equal(text_of(settle, "written_by"), "node");
    assert_int_equal(json_array_size(json_object_get(settle, "fields")), 0);
    json_decref(open);
    json_decref(strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_field_is_in_it),
        cmocka_unit_test(every_word_that_it_names_has_a_title),
        cmocka_unit_test(a_form_can_be_drawn_from_it),
        cmocka_unit_test(it_says_who_hands_in_and_who_approves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
