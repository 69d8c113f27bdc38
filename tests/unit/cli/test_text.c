/* The Chinese of English sentences: rows, what is put in, and what err_wrap joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/text/nearest.h"
#include "node/text/text.h"

static void finds_the_chinese(void **state)
{
    static const struct {
        const char *en, *zh;
    } cases[] = {
        {"home_path_too_long\x1f"
         "bytes_max=90",
         "主目录路径超过 90 字节，容不下其中套接字的路径：请选用更短的 --home。"},
        {"key_file_open_failed\x1fpath=/k\x1eseal_wrong_passphrase",
         "无法打开 /k：口令错误，或封存数据被改动。"},
        {"file_failed\x1f"
         "doing=opened\x1fpath=/a b\x1fwhy=no_such_file",
         "无法打开 /a b：没有此文件或目录。"},
        {"no_such_code\x1fkey=a b\x1eno_other", "no_such_code key=a b：no_other"},
        {"nobody: wrote this", "nobody: wrote this"},
        {"", ""},
        {": ", ": "},
    };
    char out[TEXT_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(text_in(LANGUAGE_ZH, out, cases[i].en), cases[i].zh);
    }
}

static void cuts_between_characters(void **state)
{
    char text[3 * TEXT_BYTES_MAX] = "", out[TEXT_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < TEXT_BYTES_MAX; i++) {
        memcpy(text + 3 * i, "税", 3);
    }
    text[sizeof text - 1] = '\0';
    text[sizeof text - 3] = '\0';
    (void)text_in(LANGUAGE_ZH, out, text);
    assert_true(strlen(out) < sizeof out);
    assert_true(utf8_valid(bytes_text(out)));
}

static void terms_stand_alone(void **state)
{
    (void)state;
    assert_string_equal(text_term(LANGUAGE_ZH, "paused"), "已暂停");
    assert_string_equal(text_term(LANGUAGE_EN, "paused"), "paused");
    assert_string_equal(text_term(LANGUAGE_ZH, "nobody's"), "nobody's");
}

static void the_locale_picks_the_language(void **state)
{
    static const struct {
        const char *lc_all, *lc_messages, *lang;
        enum language want;
    } cases[] = {
        {NULL, NULL, NULL, LANGUAGE_EN},
        {NULL, NULL, "zh_CN.UTF-8", LANGUAGE_ZH},
        {"C.UTF-8", "zh_CN.UTF-8", "zh_CN.UTF-8", LANGUAGE_EN},
        {"", "zh_CN.UTF-8", "en_US.UTF-8", LANGUAGE_ZH},
        {"zh_CN.UTF-8", "C", "C", LANGUAGE_ZH},
        {"en_US.UTF-8", NULL, "zh_CN.UTF-8", LANGUAGE_EN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (text_language(cases[i].lc_all, cases[i].lc_messages, cases[i].lang) != cases[i].want) {
            fail_msg("row %zu", i);
        }
    }
}

static void offers_what_is_near_and_nothing_else(void **state)
{
    static const struct {
        const char *typed, *want;
    } cases[] = {
        {"submti", "submit"},
        {"sumbit", "submit"},
        {"submitt", "submit"},
        {"statsu", "status"},
        {"submit", ""},
        {"nonsense", ""},
        {"", ""},
        {"x", ""},
        {"bi", "be"},
        {"balnce", "balance"},
        {"pause", ""},
    };
    static const char *const words[] = {"submit", "status", "balance", "pause", "y", "be"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nearest nearest;

        nearest_begin(&nearest, bytes_text(cases[i].typed));
        for (size_t word = 0; word < COUNT_OF(words); word++) {
            nearest_offer(&nearest, bytes_text(words[word]));
        }
        if (strcmp(nearest_found(&nearest), cases[i].want) != 0) {
            fail_msg("%s: %s, not %s", cases[i].typed, nearest_found(&nearest), cases[i].want);
        }
    }
}

static void no_time_at_all_has_a_word(void **state)
{
    static const struct {
        unsigned seconds;
        const char *want;
    } cases[] = {
        {0, "Cut from X for less than 1 s."},  {1, "Cut from X for 1 s."},
        {59, "Cut from X for 59 s."},          {3600, "Cut from X for 1 h."},
        {19234, "Cut from X for 5 h 20 min."},
    };
    char words[TEXT_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(
            text_say(LANGUAGE_EN, words, "division_off_line above=X seconds=%u", cases[i].seconds),
            cases[i].want);
    }
    assert_string_equal(text_say(LANGUAGE_ZH, words, "division_off_line above=X seconds=0"),
                        "与 X 断开，已不到 1 秒。");
    assert_string_equal(text_say(LANGUAGE_ZH, words, "division_off_line above=X seconds=59"),
                        "与 X 断开，已 59 秒。");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_chinese),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(terms_stand_alone),
        cmocka_unit_test(the_locale_picks_the_language),
        cmocka_unit_test(no_time_at_all_has_a_word),
        cmocka_unit_test(offers_what_is_near_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
