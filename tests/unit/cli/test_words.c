/* The Chinese of English sentences: rows, what is put in, and what err_wrap joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/words.h"

static void finds_the_chinese(void **state)
{
    static const struct {
        const char *en, *zh;
    } cases[] = {
        {"no passphrase was typed", "没有输入口令"},
        {"540121 is a member already", "540121 已是成员"},
        {"540121 is a member already, and not a child of 540100",
         "540121 已是成员，且不是 540100 的下级"},
        {"the parent refused: the token for 540121 has expired", "上级拒绝：540121 的令牌已过期"},
        {"invite: a node cannot invite its own division", "邀请：节点不能邀请本级区划"},
        {"listen for enrolment: tcp://10.0.0.1:80 is no address of this machine",
         "入网端口：tcp://10.0.0.1:80 不是本机地址"},
        {"/srv/a/config.yaml:3: tree: must be 64 hexadecimal digits",
         "/srv/a/config.yaml:3：tree：须为 64 位十六进制数字"},
        {"open /srv/a: No such file or directory", "打开 /srv/a：没有此文件或目录"},
        {"column 8: '}' expected near 'x'", "第 8 列：应为 }，在 'x' 附近"},
        {"ledger of 540121: indicator L1 (lsn 7): its source is missing",
         "540121 的账本：指标 L1（序号 7）：缺少资金来源"},
        {"nobody: wrote this", "nobody: wrote this"},
        {"", ""},
        {": ", ": "},
    };
    char out[WORDS_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(words_in(LANGUAGE_ZH, out, cases[i].en), cases[i].zh);
        assert_string_equal(words_in(LANGUAGE_EN, out, cases[i].en), cases[i].en);
    }
}

static void cuts_between_characters(void **state)
{
    char text[3 * WORDS_BYTES_MAX] = "", out[WORDS_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < WORDS_BYTES_MAX; i++) {
        memcpy(text + 3 * i, "税", 3);
    }
    text[sizeof text - 1] = '\0';
    text[sizeof text - 3] = '\0';
    (void)words_in(LANGUAGE_ZH, out, text);
    assert_true(strlen(out) < sizeof out);
    assert_true(utf8_valid(bytes_text(out)));
}

static void terms_stand_alone(void **state)
{
    (void)state;
    assert_string_equal(words_term(LANGUAGE_ZH, "paused"), "已暂停");
    assert_string_equal(words_term(LANGUAGE_EN, "paused"), "paused");
    assert_string_equal(words_term(LANGUAGE_ZH, "nobody's"), "nobody's");
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
        if (words_language(cases[i].lc_all, cases[i].lc_messages, cases[i].lang) != cases[i].want) {
            fail_msg("row %zu", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_chinese),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(terms_stand_alone),
        cmocka_unit_test(the_locale_picks_the_language),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
