/* What waits for an answer is listed at whom it waits for, from the day on which it was asked until
 * the answer, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/schema/clocks.h"
#include "tests/unit/ledger/tree.h"

#define ISSUE(number) "cor_bgt_doc_no", number, "tra_type_code", "general", "stage", "formal"

static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

/* "540000/T-8 1.00 a, 540100/T-7 2.00 b": issuer, id, amount and document number, in order. */
struct told {
    char text[512];
    uint64_t due;
};

static bool tell(void *arg, const struct open_item *item)
{
    struct told *told = arg;
    const size_t used = strlen(told->text);
    char amount[AMOUNT_TEXT_MAX];

    amount_format(amount, item->amount);
    (void)snprintf(told->text + used, sizeof told->text - used, "%s%s/%.*s %s %.*s",
                   used > 0 ? ", " : "", item->place.author.code, (int)item->place.id.size,
                   (const char *)item->place.id.data, amount, (int)item->number.size,
                   (const char *)item->number.data);
    assert_true(item->place.due >= told->due);
    assert_true(item->place.due >= clock_day(item->since_ms));
    assert_int_equal(item->kind, KIND_TRANSFER);
    told->due = item->place.due;
    return true;
}

/* The list of `of` as `at` has it, and that its sum is that of its rows. */
static void expect(struct tree *tree, enum office_name at, enum open_list list, enum office_name of,
                   const char *rows, uint64_t count, int64_t yuan)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    const struct open_sum sum = open_items_sum(txn, list, tree_division(of));
    struct told told = {"", 0};

    open_items_each(txn, list, tree_division(of), NULL, tell, &told);
    assert_string_equal(told.text, rows);
    assert_int_equal(sum.count, count);
    assert_true(sum.amount == 100 * yuan);
    txn_free(txn);
}

static void a_transfer_waits_until_it_is_answered(void **state)
{
    struct tree *tree = *state;

    expect(tree, LHASA, OPEN_TO_REGISTER, LHASA, "", 0, 0); /* all was registered */
    expect(tree, REGION, OPEN_AWAITED, REGION, "", 0, 0);

    DO(tree, REGION, "transfer", "T-9", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount",
       "9", ISSUE("9"));
    tree_seal(tree);
    expect(tree, LHASA, OPEN_TO_REGISTER, LHASA, "540000/T-9 9.00 9", 1, 9);
    expect(tree, REGION, OPEN_AWAITED, REGION, "540000/T-9 9.00 9", 1, 9);
    expect(tree, REGION, OPEN_TO_REGISTER, LHASA, "", 0, 0); /* that list is Lhasa's own */
    expect(tree, SHIGATSE, OPEN_TO_REGISTER, SHIGATSE, "", 0, 0);

    tree_hold_back(tree, LHASA, true);
    DO(tree, LHASA, "register", "R-9", "bgt_id", "T-9");
    tree_seal(tree);
    expect(tree, LHASA, OPEN_TO_REGISTER, LHASA, "", 0, 0);
    expect(tree, REGION, OPEN_AWAITED, REGION, "540000/T-9 9.00 9", 1, 9); /* not heard of yet */
    tree_hold_back(tree, LHASA, false);
    expect(tree, REGION, OPEN_AWAITED, REGION, "", 0, 0);
}

static void a_return_ends_the_wait_too(void **state)
{
    struct tree *tree = *state;

    DO(tree, LHASA, "transfer", "T-7", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount", "7",
       ISSUE("7"));
    tree_seal(tree);
    expect(tree, LINZHOU, OPEN_TO_REGISTER, LINZHOU, "540100/T-7 7.00 7", 1, 7);
    expect(tree, LHASA, OPEN_AWAITED, LHASA, "540100/T-7 7.00 7", 1, 7);
    expect(tree, REGION, OPEN_AWAITED, LHASA, "540100/T-7 7.00 7", 1, 7); /* its replica */
    DO(tree, LINZHOU, "return", "R-7", "bgt_id", "T-7", "reason", "误发");
    tree_seal(tree);
    expect(tree, LINZHOU, OPEN_TO_REGISTER, LINZHOU, "", 0, 0);
    expect(tree, LHASA, OPEN_AWAITED, LHASA, "", 0, 0);
    expect(tree, REGION, OPEN_AWAITED, LHASA, "", 0, 0);
}

/* Asked for later and due earlier: it comes first. */
static void what_is_due_first_stands_first(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "T-1A", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "1", ISSUE("1"));
    DO(tree, REGION, "transfer", "T-2A", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "2", "due_days", "3", ISSUE("2"));
    DO(tree, LHASA, "transfer", "T-1A", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount",
       "4", ISSUE("4")); /* the number of the region's */
    tree_seal(tree);
    expect(tree, LINZHOU, OPEN_TO_REGISTER, LINZHOU,
           "540000/T-2A 2.00 2, 540000/T-1A 1.00 1, 540100/T-1A 4.00 4", 3, 7);
    expect(tree, REGION, OPEN_AWAITED, REGION, "540000/T-2A 2.00 2, 540000/T-1A 1.00 1", 2, 3);
    DO(tree, LINZHOU, "register", "R-1A", "bgt_id", "T-1A", "ori_div_code", "540000");
    tree_seal(tree);
    expect(tree, LINZHOU, OPEN_TO_REGISTER, LINZHOU, "540000/T-2A 2.00 2, 540100/T-1A 4.00 4", 2,
           6);
}

struct first {
    size_t seen;
    uint64_t due;
};

static bool keep_first(void *arg, const struct open_item *item)
{
    struct first *first = arg;

    first->seen++;
    first->due = item->place.due;
    return false;
}

static void a_list_is_read_on_behind_an_item(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;
    struct told told = {"", 0};
    struct first first = {0, 0};
    struct open_place place = {0, tree_division(REGION), bytes_text("T-1B")};

    DO(tree, REGION, "transfer", "T-1B", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "1", ISSUE("1"));
    DO(tree, REGION, "transfer", "T-2B", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "2", ISSUE("2"));
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    open_items_each(txn, OPEN_TO_REGISTER, tree_division(LINZHOU), NULL, keep_first, &first);
    assert_int_equal(first.seen, 1);
    place.due = first.due;
    open_items_each(txn, OPEN_TO_REGISTER, tree_division(LINZHOU), &place, tell, &told);
    assert_string_equal(told.text, "540000/T-2B 2.00 2");
    txn_free(txn);
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static size_t index_rows(struct tree *tree, enum office_name at)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    size_t count = 0;
    struct err err;

    assert_int_equal(txn_scan(txn, SPACE_INDEX, BYTES_NONE, count_row, &count, &err), OK);
    txn_free(txn);
    return count;
}

/* A payment is one row of the index, that of its kind's list, as before there were other lists. */
static void a_payment_puts_no_row_of_its_own(void **state)
{
    struct tree *tree = *state;
    const size_t before = index_rows(tree, LINZHOU);

    for (int i = 0; i < 10; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "PX-%d", i);
        DO(tree, LINZHOU, "payment", id, "bgt_id", "A-3", "pay_app_amt", "0.01", "payee_acct_name",
           "施工队", "payee_acct_no", "62", "payee_acct_bank_name", "农行", "use_des", "工程款");
    }
    tree_seal(tree);
    assert_int_equal(index_rows(tree, LINZHOU), before + 1); /* ten of one block share one */
}

/* --- registering --- */

static void two_issuers_of_one_number_are_not_guessed(void **state)
{
    struct tree *tree = *state;
    char code[REASON_CODE_MAX], message[REASON_MESSAGE_MAX];

    DO(tree, REGION, "transfer", "T-8", "ori_bgt_id", "B-1", "rec_div_code", "540121", "amount",
       "13", ISSUE("藏财预〔2026〕13号"));
    DO(tree, LHASA, "transfer", "T-8", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount", "7",
       ISSUE("拉财预〔2026〕3号"));
    tree_seal(tree);
    assert_string_equal(SAY(tree, LINZHOU, "return", "R-8", "bgt_id", "T-8", "reason", "误发"),
                        "ambiguous_issuer");
    assert_string_equal(SAY(tree, LINZHOU, "register", "R-8", "bgt_id", "T-8"), "ambiguous_issuer");
    reason_code(code, tree_refusal(tree));
    assert_string_equal(code, "ambiguous_issuer");
    for (int language = 0; language < LANGUAGES; language++) {
        reason_message(message, tree_refusal(tree), (enum language)language);
        assert_non_null(strstr(message, "540100 7.00 拉财预〔2026〕3号"));
        assert_non_null(strstr(message, "540000 13.00 藏财预〔2026〕13号"));
        assert_non_null(strstr(message, "ori_div_code"));
    }
    DO(tree, LINZHOU, "register", "R-8", "bgt_id", "T-8", "ori_div_code", "540000");
    tree_seal(tree);
    expect(tree, LINZHOU, OPEN_TO_REGISTER, LINZHOU, "540100/T-8 7.00 拉财预〔2026〕3号", 1, 7);
    /* Both numbers were used, and one is answered: still nobody guesses. */
    assert_string_equal(SAY(tree, LINZHOU, "register", "R-8B", "bgt_id", "T-8"),
                        "ambiguous_issuer");
    DO(tree, LINZHOU, "register", "R-8B", "bgt_id", "T-8", "ori_div_code", "540100");
    assert_int_equal(tree_alarms(tree), 0);
}

/* --- days --- */

static void a_day_is_a_date_in_beijing(void **state)
{
    static const struct {
        const char *name;
        uint64_t unix_ms;
        const char *day;
    } cases[] = {
        {"the beginning", 0, "1970-01-01"},
        {"before midnight in Beijing", 57599999, "1970-01-01"},
        {"midnight in Beijing", 57600000, "1970-01-02"},
        {"a day of this year", 1795881600000, "2026-11-29"},
        {"the last day with four digits", 253402271999999, "9999-12-31"},
        {"the day behind it", 253402272000000, ""},
        {"the far end of the range", UINT64_MAX, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[DAY_TEXT_SIZE];

        day_format(text, clock_day(cases[i].unix_ms));
        if (strcmp(text, cases[i].day) != 0) {
            fail_msg("%s: %s, want %s", cases[i].name, text, cases[i].day);
        }
    }
}

/* Every day there is, in Beijing, and the second before each of them ends. */
static void a_day_is_in_the_month_that_the_c_library_says(void **state)
{
    enum { DAY_S = 24 * 60 * 60, OFFSET_S = UTC_OFFSET_MINUTES * 60 };

    (void)state;
    for (int64_t day = 0; day <= 2932896; day++) {
        const time_t seconds = (time_t)(day * DAY_S);
        struct month first, last;
        struct tm date;

        assert_non_null(gmtime_r(&seconds, &date));
        first = clock_month(day == 0 ? 0 : (uint64_t)(seconds - OFFSET_S) * 1000);
        last = clock_month((uint64_t)(seconds + DAY_S - OFFSET_S) * 1000 - 1);
        assert_int_equal(first.year, date.tm_year + 1900);
        assert_int_equal(first.month, date.tm_mon + 1);
        assert_int_equal(last.year, date.tm_year + 1900);
        assert_int_equal(last.month, date.tm_mon + 1);
    }
}

static void an_answer_is_due_by_the_days_that_the_transfer_says(void **state)
{
    static const struct {
        const char *days;
        uint64_t due;
    } cases[] = {{NULL, ANSWER_DAYS},
                 {"0", 0}, /* a Thursday */
                 {"3", 4}, /* a Sunday, so the Monday behind it */
                 {"29", 29},
                 {"30", 32},
                 {"999999999", 999999999}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *const fields[] = {"due_days", cases[i].days, NULL};
        struct document transfer;

        document_fill(&transfer, "transfer", "T", cases[i].days == NULL ? fields + 2 : fields);
        assert_int_equal(clock_due(&transfer, 0), cases[i].due);
    }
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_transfer_waits_until_it_is_answered),
        IN_TREE(a_return_ends_the_wait_too),
        IN_TREE(what_is_due_first_stands_first),
        IN_TREE(a_list_is_read_on_behind_an_item),
        IN_TREE(a_payment_puts_no_row_of_its_own),
        IN_TREE(two_issuers_of_one_number_are_not_guessed),
        cmocka_unit_test(a_day_is_a_date_in_beijing),
        cmocka_unit_test(a_day_is_in_the_month_that_the_c_library_says),
        cmocka_unit_test(an_answer_is_due_by_the_days_that_the_transfer_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
