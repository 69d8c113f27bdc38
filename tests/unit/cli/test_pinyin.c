/* Names are found by the first letters of their pinyin, as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "node/text/pinyin.h"

static void a_name_has_initials(void **state)
{
    static const struct {
        const char *name, *initials;
    } cases[] = {
        {"教育局", "jyj"},
        {"林周县教育局", "lzxjyj"},
        {"一般公共预算资金", "ybggyszj"},
        {"农业银行（拉萨）", "nyyhls"},
        {"行政会计", "xzkj"},
        {"西藏自治区", "xzzzq"},
        {"2026年校舍 A区", "2026nxsaq"},
        {"鏖战", "xz"}, /* of the second level */
        {"", ""},
        {"𠀀", "q"}, /* of no GB 2312 */
    };
    struct pinyin pinyin;

    (void)state;
    pinyin_open(&pinyin);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct initials initials;

        pinyin_initials(&pinyin, &initials, bytes_text(cases[i].name));
        assert_true(pinyin_contains(&initials, bytes_text(cases[i].initials)) ||
                    cases[i].initials[0] == '\0');
        assert_int_equal(strlen(initials.first), strlen(cases[i].initials));
    }
    pinyin_close(&pinyin);
}

static void letters_in_a_row_are_found(void **state)
{
    const struct initials county = {"lzxjyj", "lzxjyj"}, unknown = {"l?xjyj", "l?xjyj"};

    (void)state;
    assert_true(pinyin_contains(&county, bytes_text("jyj")));
    assert_true(pinyin_contains(&county, bytes_text("LZX")));
    assert_true(pinyin_contains(&unknown, bytes_text("lzx")));
    assert_false(pinyin_contains(&county, bytes_text("lxj")));
    assert_false(pinyin_contains(&county, bytes_text("yjs")));
    assert_false(pinyin_contains(&county, bytes_text("")));
}

/* Bytes that are no character, and names that end in the middle of one. */
static void what_is_no_text_ends_it(void **state)
{
    struct initials initials;
    char name[3 * PINYIN_LETTERS_MAX + 64];
    struct pinyin pinyin;

    (void)state;
    pinyin_open(&pinyin);
    pinyin_initials(&pinyin, &initials, bytes_of("a\xe6\x95", 3));
    assert_string_equal(initials.first, "a");
    pinyin_initials(&pinyin, &initials,
                    bytes_of("\xff\xff\xff\xff"
                             "b",
                             5));
    assert_string_equal(initials.first, "?b");
    memset(name, 'a', sizeof name);
    pinyin_initials(&pinyin, &initials, bytes_of(name, sizeof name));
    assert_int_equal(strlen(initials.first), PINYIN_LETTERS_MAX);
    pinyin_close(&pinyin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_initials),
        cmocka_unit_test(letters_in_a_row_are_found),
        cmocka_unit_test(what_is_no_text_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
