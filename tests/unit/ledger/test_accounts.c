/* The chart that was built in is the one in configs/accounts.yaml, and the one that the posting
 * table counts on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/schema/accounts.h"
#include "proto/bytes.h"
#include "proto/status.h"

enum { LINE_MAX_BYTES = 512 };

/* The value of `key` in a line "- {key: value, key: "value"}"; false when it is not there. */
static bool value_of(const char *line, const char *key, char out[64])
{
    char wanted[32];
    const char *at, *end;

    (void)snprintf(wanted, sizeof wanted, "%s: ", key);
    at = strstr(line, wanted);
    if (at == NULL) {
        return false;
    }
    at += strlen(wanted);
    if (*at == '"') {
        at++;
        end = strchr(at, '"');
    } else {
        end = strpbrk(at, ",}");
    }
    if (end == NULL || (size_t)(end - at) >= 64) {
        return false;
    }
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return true;
}

static void compare_line(const char *line, enum account account)
{
    static const char *const sides[] = {"credit", "clearing", "debit"};
    const struct account_info *info = account_info(account);
    const struct {
        const char *key, *want;
    } rows[] = {
        {"mnemonic", info->mnemonic},         {"name_zh", info->name[LANGUAGE_ZH]},
        {"name_en", info->name[LANGUAGE_EN]}, {"code", info->code},
        {"normal", sides[info->normal + 1]},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char value[64];

        if (!value_of(line, rows[i].key, value) || strcmp(value, rows[i].want) != 0) {
            fail_msg("%s: %s is not '%s' in: %s", info->mnemonic, rows[i].key, rows[i].want, line);
        }
    }
}

static void the_chart_on_disk_is_the_chart_in_the_code(void **state)
{
    FILE *file = fopen(ACCOUNTS_YAML, "r");
    char line[LINE_MAX_BYTES];
    int account = ACC_SRC_APPROVED;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strstr(line, "- {") != NULL) {
            assert_true(account < ACCOUNTS);
            compare_line(line, (enum account)account++);
        }
    }
    (void)fclose(file);
    assert_int_equal(account, ACCOUNTS);
}

/* Whose balance may be on which side is part of what is booked: a chart that says otherwise would
 * be another ledger. */
static void the_sides_are_those_the_postings_count_on(void **state)
{
    static const struct {
        enum account account;
        const char *mnemonic;
        int normal;
    } rows[] = {
        {ACC_SRC_APPROVED, "SRC_APPROVED", -1},
        {ACC_SRC_TRANSFER_IN, "SRC_TRANSFER_IN", -1},
        {ACC_SRC_CARRY_IN, "SRC_CARRY_IN", -1},
        {ACC_SRC_RECOVERED, "SRC_RECOVERED", -1},
        {ACC_UNALLOC, "UNALLOC", 1},
        {ACC_PENDING, "PENDING", 1},
        {ACC_AVAIL, "AVAIL", 1},
        {ACC_FROZEN, "FROZEN", 1},
        {ACC_COMMIT, "COMMIT", 1},
        {ACC_SPENT, "SPENT", 1},
        {ACC_TRANSIT, "TRANSIT", 1},
        {ACC_XFER_OUT, "XFER_OUT", 1},
        {ACC_CARRY_OUT, "CARRY_OUT", 1},
        {ACC_LAPSED, "LAPSED", 1},
        {ACC_CLOSE, "CLOSE", 0},
        {ACC_SRC_ADVANCE, "SRC_ADVANCE", -1},
    };

    (void)state;
    assert_int_equal(COUNT_OF(rows), ACCOUNTS - 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_string_equal(account_info(rows[i].account)->mnemonic, rows[i].mnemonic);
        assert_int_equal(account_info(rows[i].account)->normal, rows[i].normal);
    }
}

static void mnemonics_and_codes_are_unique(void **state)
{
    (void)state;
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        for (int b = a + 1; b < ACCOUNTS; b++) {
            const struct account_info *one = account_info((enum account)a);
            const struct account_info *other = account_info((enum account)b);

            assert_string_not_equal(one->mnemonic, other->mnemonic);
            assert_string_not_equal(one->code, other->code);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chart_on_disk_is_the_chart_in_the_code),
        cmocka_unit_test(the_sides_are_those_the_postings_count_on),
        cmocka_unit_test(mnemonics_and_codes_are_unique),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
