/* Entries that name what there is not, or what is of another sort: at whoever folds that log they
 * book nothing, and say why; what was booked before stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/rows/open_items.h"
#include "tests/unit/ledger/holder.h"

/* Lhasa's log: B 100 (UNALLOC 25), E 80 of an estimate (75), I 5 of outside, A 50 (AVAIL 20), of
 * which P 30, Q 5 that awaits release; T 20 to Linzhou, registered, and of it 4 less (D) and 3 back
 * (C) asked for; O 5 to outside. */
static void write_life(struct script *script)
{
    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "budget", "E", "stage", "estimate", "fund_type_code", "111", "amount", "80");
    WRITE(script, "transfer_in", "I", "ori_div_code", "100000", "fund_type_code", "111", "amount",
          "5");
    WRITE(script, "allocate", "A", "ori_bgt_id", "B", "agency_code", "1", "amount", "50");
    WRITE(script, "release", "L", "bgt_id", "A");
    WRITE(script, "payment", "P", "bgt_id", "A", "pay_app_amt", "30");
    WRITE(script, "allocate", "Q", "ori_bgt_id", "E", "agency_code", "1", "amount", "5");
    WRITE(script, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount", "20",
          "stage", "early");
    WRITE(script, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "registered", "answer_id", "R");
    WRITE(script, "transfer", "D", "early_bgt_id", "T", "rec_div_code", "540121", "amount", "-4",
          "fund_type_code", "111");
    WRITE(script, "transfer_out", "O", "ori_bgt_id", "B", "rec_div_code", "540199", "amount", "5");
    WRITE(script, "recall", "C", "bgt_id", "T", "rec_div_code", "540121", "amount", "3");
}

static void check_life(struct holder *holder, const char *what)
{
    static const struct {
        const char *id;
        enum account account;
        int64_t want;
    } lines[] = {
        {"B", ACC_UNALLOC, 2500}, {"E", ACC_UNALLOC, 7500},        {"E", ACC_SRC_ADVANCE, -8000},
        {"I", ACC_UNALLOC, 500},  {"A", ACC_AVAIL, 2000},          {"A", ACC_COMMIT, 3000},
        {"Q", ACC_PENDING, 500},  {"T", ACC_XFER_OUT, 2000},       {"O", ACC_XFER_OUT, 500},
        {"T", ACC_TRANSIT, 0},    {"I", ACC_SRC_TRANSFER_IN, -500}};
    struct doc_row row;

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        if (balance(holder, LHASA, lines[i].id, lines[i].account) != lines[i].want) {
            fail_msg("%s: %s of %s is %d", what, account_info(lines[i].account)->mnemonic,
                     lines[i].id, (int)balance(holder, LHASA, lines[i].id, lines[i].account));
        }
    }
    assert_false(doc_load(holder->txn, tree_division(LHASA), bytes_text("X"), &row));
    assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("T"), &row));
    assert_true(row.asked_back == 700);
    assert_int_equal(row.withdraw.size, 0);
}

static void what_names_nothing_books_nothing(void **state)
{
    static const struct {
        const char *why, *kind;
        const char *fields[14];
    } cases[] = {
        /* replies and adjustments */
        {"line_missing", "budget", {REPLY("9"), "estimate_id", "NO"}},
        {"line_missing", "budget", {REPLY("9"), "estimate_id", "B"}},
        {"line_missing", "budget", {REPLY("9"), "estimate_id", "Q"}},
        {"fund_type_missing", "budget", {"stage", "estimate", "amount", "5"}},
        {"line_missing", "adjust", {"bgt_id", "NO", "amount", "5"}},
        {"line_missing", "adjust", {"bgt_id", "I", "amount", "5"}},
        /* lines */
        {"line_missing", "reduce", {"bgt_id", "NO", "amount", "5"}},
        {"line_missing", "reduce", {"bgt_id", "T", "amount", "5"}},
        {"line_missing", "release", {"bgt_id", "NO"}},
        {"line_missing", "freeze", {"bgt_id", "NO", "amount", "5"}},
        {"line_missing", "virement", {"from_bgt_id", "NO", "amount", "5", "agency_code", "2"}},
        {"line_missing", "carry_over", {"bgt_id", "NO", "amount", "5"}},
        {"line_missing", "lapse", {"bgt_id", "NO", "amount", "5"}},
        {"line_missing", "allocate", {"ori_bgt_id", "NO", "amount", "5"}},
        {"line_missing", "remit", {"ori_bgt_id", "NO", "amount", "5", "rec_div_code", "540000"}},
        /* payments, and what comes back */
        {"line_missing", "payment", {"bgt_id", "NO", "pay_app_amt", "5"}},
        {"line_missing", "paid", {"pay_app_id", "A", "xpay_amt", "5"}},
        {"line_missing", "payment_cancel", {"pay_app_id", "NO"}},
        {"line_missing", "refund", {"pay_app_id", "NO", "amount", "5"}},
        {"line_missing", "refund", {"bgt_id", "NO", "amount", "5"}},
        /* between levels: D is a transfer, and has no line */
        {"line_missing",
         "transfer",
         {"early_bgt_id", "D", "rec_div_code", "540121", "amount", "-1"}},
        {"line_missing",
         "transfer",
         {"early_bgt_id", "NO", "rec_div_code", "540121", "amount", "-1"}},
        {"line_missing",
         "transfer",
         {"early_bgt_id", "A", "rec_div_code", "540121", "amount", "-1"}},
        {"line_missing", "recall", {"bgt_id", "D", "rec_div_code", "540121", "amount", "1"}},
        {"line_missing", "recall", {"bgt_id", "A", "rec_div_code", "540121", "amount", "1"}},
        {"amount_missing", "recall", {"bgt_id", "T", "rec_div_code", "540121", "amount", "-1"}},
        {"line_missing", "withdraw", {"bgt_id", "A", "rec_div_code", "540121"}},
        {"line_missing",
         "settle",
         {"bgt_id", "NO", "rec_div_code", "540121", "amount", "1", "outcome", "returned"}},
        {"outcome_does_not_fit",
         "settle",
         {"bgt_id", "A", "rec_div_code", "540121", "amount", "1", "outcome", "returned"}},
        {"outcome_does_not_fit",
         "settle",
         {"bgt_id", "C", "rec_div_code", "540121", "amount", "1", "outcome", "returned"}},
        {"outcome_does_not_fit",
         "settle",
         {"bgt_id", "T", "rec_div_code", "540121", "amount", "1"}},
        {"line_missing",
         "register",
         {"bgt_id", "Z", "ori_div_code", "540000", "amount", "-1", "own_bgt_id", "NO"}},
        {"line_missing",
         "register",
         {"bgt_id", "Z", "ori_div_code", "540000", "amount", "-1", "own_bgt_id", "B"}},
        {"line_missing",
         "recall_grant",
         {"recall_id", "Z", "ori_div_code", "540000", "amount", "1", "bgt_id", "NO"}},
        {"line_missing",
         "recall_grant",
         {"recall_id", "Z", "ori_div_code", "540000", "amount", "1", "bgt_id", "B"}},
        /* out and in */
        {"line_missing",
         "transfer_out",
         {"early_bgt_id", "NO", "rec_div_code", "540199", "amount", "-1"}},
        {"line_missing",
         "transfer_out",
         {"early_bgt_id", "B", "rec_div_code", "540199", "amount", "-1"}},
        {"line_missing",
         "transfer_out",
         {"early_bgt_id", "T", "rec_div_code", "540199", "amount", "-1"}},
        {"line_missing",
         "transfer_in",
         {"early_bgt_id", "NO", "ori_div_code", "100000", "amount", "-1"}},
        {"line_missing",
         "transfer_in",
         {"early_bgt_id", "B", "ori_div_code", "100000", "amount", "-1"}},
        /* amounts */
        {"amount_missing", "reduce", {"bgt_id", "A", "amount", "0"}},
        {"amount_missing", "freeze", {"bgt_id", "A", "amount", "-1"}},
        {"line_missing", "release", {"bgt_id", "A"}}, /* nothing awaits it */
    };
    struct tree *tree = ((struct holder *)*state)->tree;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};
        char want[96], what[96];

        write_life(&script);
        apply(holder, &script);
        assert_int_equal(holder->alarm_count, 0);
        check_life(holder, "before");
        write_fields(&script, cases[i].kind, "X", cases[i].fields);
        apply(holder, &script);
        (void)snprintf(want, sizeof want,
                       "bad_entry: entry_books_nothing lsn=13 author=540100 why=%s", cases[i].why);
        (void)snprintf(what, sizeof what, "case %zu, %s", i, cases[i].kind);
        if (holder->alarm_count == 0 || strstr(holder->alarms[0], want) == NULL) {
            fail_msg("%s: not %s but %s", what, want,
                     holder->alarm_count == 0 ? "nothing" : holder->alarms[0]);
        }
        check_life(holder, what);
        holder_free(holder);
    }
}

/* An estimate is replied to once. */
static void a_second_reply_books_nothing(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    write_life(&script);
    WRITE(&script, "budget", "R1", REPLY("90"), "estimate_id", "E");
    WRITE(&script, "budget", "R2", REPLY("70"), "estimate_id", "E");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "why=line_missing"));
    assert_true(balance(holder, LHASA, "E", ACC_SRC_APPROVED) == -9000);
    assert_true(balance(holder, LHASA, "E", ACC_SRC_ADVANCE) == 0);
    assert_true(balance(holder, LHASA, "E", ACC_UNALLOC) == 8500);
}

/* What was asked back is settled once: the second settle of it books nothing. */
static void what_was_asked_back_is_settled_once(void **state)
{
    static const char *const asks[] = {"C", "D"};
    static const char *const outcomes[] = {"granted", "lowered"};

    for (size_t i = 0; i < COUNT_OF(asks); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};
        const int64_t amount = i == 0 ? 300 : 400;

        write_life(&script);
        for (int again = 0; again < 2; again++) {
            WRITE(&script, "settle", again == 0 ? ".t" : ".u", "bgt_id", asks[i], "rec_div_code",
                  "540121", "amount", i == 0 ? "3" : "4", "outcome", outcomes[i], "answer_id", "G");
        }
        apply(holder, &script);
        assert_non_null(strstr(holder->alarms[0], "why=ask_is_settled"));
        assert_true(balance(holder, LHASA, "T", ACC_XFER_OUT) == 2000 - amount);
        assert_true(balance(holder, LHASA, "B", ACC_UNALLOC) == 2500 + amount);
        holder_free(holder);
    }
}

/* The first withdraw is the one that the transfer names. */
static void a_transfer_is_taken_back_by_the_first_withdraw(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct transfer_match match;
    struct doc_row row;

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount", "20");
    WRITE(&script, "withdraw", "W1", "bgt_id", "T", "rec_div_code", "540121");
    WRITE(&script, "withdraw", "W2", "bgt_id", "T", "rec_div_code", "540121");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 0);
    assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("T"), &row));
    assert_string_equal(row.withdraw.at, "W1");
    assert_true(transfer_match_load(holder->txn, tree_division(LHASA), bytes_text("T"), &match));
    assert_int_equal(match.withdraw_lsn, 3);
    WRITE(&script, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "returned", "answer_id", "R");
    apply(holder, &script);
    assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("W1"), &row));
    assert_int_equal(row.state, DOC_WITHDRAWN);
    assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("W2"), &row));
    assert_int_equal(row.state, DOC_WITHDRAWING);
}

/* --- months --- */

static void what_was_paid_in_another_year_counts_in_the_first_or_last_month(void **state)
{
    static const struct {
        const char *date;
        int month;
    } cases[] = {{"2026-11-30", 11}, {"2025-11-30", 1}, {"2027-02-01", 12}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};
        struct document document;
        struct buf body = BUF_EMPTY;
        struct doc_row row;

        write_life(&script);
        document_fill(&document, "paid", "V",
                      (const char *const[]){"pay_app_id", "P", "xpay_amt", "10", NULL});
        document_set_text(&document, FIELD_XPAY_DATE, bytes_text(cases[i].date));
        document_encode(&body, &document);
        write_raw(&script, document.kind, DOCUMENT_FORMAT, buf_bytes(&body));
        apply(holder, &script);
        if (!doc_load(holder->txn, tree_division(LHASA), bytes_text("V"), &row)) {
            fail_msg("%s: %s", cases[i].date, holder->alarms[0]);
        }
        if (row.book_month != cases[i].month) {
            fail_msg("%s counts in month %d", cases[i].date, row.book_month);
        }
        assert_true(balance(holder, LHASA, "A", ACC_SPENT) == 1000);
        buf_free(&body);
        holder_free(holder);
    }
}

/* --- heard from above --- */

static void hear(struct holder *below, struct script *above)
{
    struct block_header header = header_of(above);

    header.audience = (struct audience){AUDIENCE_LINE, tree_division(LINZHOU)};
    ledger_observe_block(below->ledger, below->txn, &header, above->entries, above->count);
    script_clear(above);
}

/* Of an answer, a settle or a withdraw that names what it was never told, nothing follows. */
static void what_is_said_above_of_nothing_changes_nothing(void **state)
{
    struct holder *below = holder_new(((struct holder *)*state)->tree, LINZHOU);
    struct script above = {.author = LHASA, .first_lsn = 1};
    struct doc_row row;

    WRITE(&above, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount", "20");
    WRITE(&above, "settle", "S1", "bgt_id", "NO", "rec_div_code", "540121", "amount", "20",
          "outcome", "registered");
    WRITE(&above, "settle", "S2", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "granted");
    WRITE(&above, "settle", "S3", "rec_div_code", "540121", "amount", "20", "outcome",
          "registered");
    WRITE(&above, "register", "R", "bgt_id", "NO", "ori_div_code", "540121", "amount", "1");
    hear(below, &above);
    assert_true(doc_load(below->txn, tree_division(LHASA), bytes_text("T"), &row));
    assert_int_equal(row.state, DOC_ISSUED);
    assert_int_equal(row.children.count, 0);
    assert_int_equal(below->settles, 0);
    holder_free(below);
}

/* What is heard twice is heard once. */
static void an_ask_that_was_heard_is_not_heard_again(void **state)
{
    struct holder *below = holder_new(((struct holder *)*state)->tree, LINZHOU);
    struct script above = {.author = LHASA, .first_lsn = 1};
    struct open_sum open;

    for (int again = 0; again < 2; again++) {
        WRITE(&above, "transfer", "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount", "20");
        hear(below, &above);
    }
    assert_int_equal(below->alarm_count, 1);
    assert_non_null(strstr(below->alarms[0], "entry_unread_or_repeated lsn=2"));
    open = open_items_sum(below->txn, OPEN_TO_REGISTER, tree_division(LINZHOU));
    assert_int_equal(open.count, 1);
    assert_true(open.amount == 2000);
    holder_free(below);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(what_names_nothing_books_nothing),
        HELD(a_second_reply_books_nothing),
        HELD(what_was_asked_back_is_settled_once),
        HELD(a_transfer_is_taken_back_by_the_first_withdraw),
        HELD(what_was_paid_in_another_year_counts_in_the_first_or_last_month),
        HELD(what_is_said_above_of_nothing_changes_nothing),
        HELD(an_ask_that_was_heard_is_not_heard_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
