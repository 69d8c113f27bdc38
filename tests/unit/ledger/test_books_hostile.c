/* Entries that name what there is not, or what is of another sort: at whoever folds that log they
 * book nothing, and say why; what was booked before stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/year_rows.h"
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

/* --- what a root lost of its log --- */

/* Others told of the ask, and nobody of its line: its settle moves nothing, and says how it ended.
 */
static void what_a_lost_log_issued_is_settled_without_a_line(void **state)
{
    static const struct {
        const char *outcome, *amount;
        uint32_t kind;
        int64_t asked;
        enum doc_state state;
    } cases[] = {{"registered", "20", KIND_TRANSFER, 2000, DOC_REGISTERED},
                 {"returned", "20", KIND_TRANSFER, 2000, DOC_RETURNED},
                 {"granted", "20", KIND_RECALL, 2000, DOC_GRANTED},
                 {"lowered", "20", KIND_TRANSFER, -2000, DOC_LOWERED}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};
        struct doc_row row = {.lsn = 1,
                              .kind = cases[i].kind,
                              .year = 2026,
                              .state = cases[i].kind == KIND_RECALL ? DOC_ASKED : DOC_ISSUED,
                              .amount = cases[i].asked,
                              .about = short_text_of(bytes_text("LOST")),
                              .party = tree_division(LINZHOU)};

        doc_store(holder->txn, tree_division(LHASA), bytes_text("K"), &row);
        WRITE(&script, "settle", ".s", "bgt_id", "K", "rec_div_code", "540121", "amount",
              cases[i].amount, "outcome", cases[i].outcome, "answer_id", "R");
        apply(holder, &script);
        if (holder->alarm_count > 0) {
            fail_msg("%s: %s", cases[i].outcome, holder->alarms[0]);
        }
        assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("K"), &row));
        assert_int_equal(row.state, cases[i].state);
        assert_true(balance(holder, LHASA, "K", ACC_XFER_OUT) == -1);
        holder_free(holder);
    }
}

/* --- versions and periods that leave things out --- */

/* A version of a project that says only what changes keeps all else. */
static void what_a_version_leaves_out_stays(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    const struct row_key key = row_key_of(ROW_PROJECT, tree_division(LHASA), bytes_text("P"));
    struct catalogue_row row;

    WRITE(&script, "project", "V1", "pro_code", "P", "state", "reserved", "pro_name", "name",
          "pro_cat_code", "3", "agency_code", "1", "setup_year", "2026");
    WRITE(&script, "project", "V2", "pro_code", "P", "state", "closed");
    apply(holder, &script);
    assert_true(catalogue_load(holder->txn, &key, &row));
    assert_string_equal(row.state.at, "closed");
    assert_true(bytes_equal(row.name, bytes_text("name")));
    assert_true(bytes_equal(row.group, bytes_text("3")));
    assert_string_equal(row.agency.at, "1");
    assert_int_equal(row.lsn, 2);
}

static void months_and_years_move_within_their_bounds(void **state)
{
    static const struct {
        const char *kind, *month;
        unsigned first_open;
        enum year_said said;
    } steps[] = {
        {"open_year", NULL, 1, YEAR_SAID_OPEN},    {"open_year", NULL, 1, YEAR_SAID_OPEN},
        {"close_year", "3", 4, YEAR_SAID_OPEN},    {"close_year", "2", 4, YEAR_SAID_OPEN},
        {"close_year", "12", 4, YEAR_SAID_OPEN},   {"reopen_year", "9", 4, YEAR_SAID_OPEN},
        {"reopen_year", "2", 2, YEAR_SAID_OPEN},   {"reopen_year", NULL, 2, YEAR_SAID_OPEN},
        {"close_year", NULL, 2, YEAR_SAID_CLOSED}, {"open_year", NULL, 2, YEAR_SAID_CLOSED},
        {"reopen_year", NULL, 2, YEAR_SAID_OPEN}};
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct year_row row;
        char id[8];

        (void)snprintf(id, sizeof id, "Y%zu", i);
        WRITE(&script, steps[i].kind, id, "reason", "r", steps[i].month != NULL ? "month" : NULL,
              steps[i].month);
        apply(holder, &script);
        year_load(holder->txn, tree_division(LHASA), 2026, &row);
        if (row.first_open_month != steps[i].first_open || row.said != steps[i].said) {
            fail_msg("step %zu, %s: month %u, said %d", i, steps[i].kind, row.first_open_month,
                     row.said);
        }
    }
    assert_int_equal(years_kept_since(holder->txn, tree_division(LHASA)), 2026);
}

/* --- what this version does not know --- */

/* Its author may have written any time. */
static void an_unknown_entry_of_no_time_is_waited_for(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    write_raw(&script, 9999, 2, bytes_text("x"));
    script.entries[0].time_ms = UINT64_MAX;
    assert_int_equal(apply_part(holder, &script, 0), ERR_NEEDS_UPGRADE);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(
        strstr(holder->alarms[0], "entry_unknown lsn=1 author=540100 written= kind=9999 format=2"));
    assert_int_equal(position(holder, LHASA).lsn, 0);
    assert_int_equal(apply_part(holder, &(struct script){.author = LHASA, .first_lsn = 1}, 0), OK);
    script_clear(&script);
}

/* --- a chain without an end --- */

enum { CHAIN = 300 };

/* Virements one of another, each on a line of its own. */
static void write_chain(struct holder *holder, struct script *script)
{
    char id[16], from[16] = "A";

    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "allocate", "A", "ori_bgt_id", "B", "agency_code", "1", "amount", "50");
    WRITE(script, "release", "L", "bgt_id", "A");
    for (int i = 1; i <= CHAIN; i++) {
        (void)snprintf(id, sizeof id, "V%d", i);
        WRITE(script, "virement", id, "from_bgt_id", from, "agency_code", i % 2 == 0 ? "1" : "2",
              "amount", "50");
        memcpy(from, id, sizeof from);
        if (i % 25 == 0) {
            apply(holder, script);
        }
    }
}

static void count_step(void *arg, const struct trace_step *step)
{
    (void)step;
    ++*(size_t *)arg;
}

/* Up and down a trace goes so many levels, and says that it left something out. */
static void a_trace_goes_so_many_levels(void **state)
{
    static const char *const starts[] = {"A", "V300"};
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct trace_page page;

    write_chain(holder, &script);
    assert_int_equal(holder->alarm_count, 0);
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        size_t steps = 0;
        const struct trace_request request = {
            .author = tree_division(LHASA), .id = bytes_text(starts[i]), .steps_max = 1000};

        assert_int_equal(query_trace(holder->txn, &request, count_step, &steps, &page), TRACE_DONE);
        assert_int_equal(page.shown, steps);
        assert_true(steps >= 256 && steps < 260);
        assert_false(page.complete);
        assert_true(division_is_none(page.next));
    }
    /* from the first of them on, what lies below is counted to a bound only */
    assert_int_equal(query_trace(holder->txn,
                                 &(struct trace_request){.author = tree_division(LHASA),
                                                         .id = bytes_text("V200"),
                                                         .steps_max = 1000},
                                 count_step, &(size_t){0}, &page),
                     TRACE_DONE);
    assert_false(page.total_exact);
    assert_true(page.complete);
    /* a cursor that lies too far below leads nowhere */
    assert_int_equal(query_trace(holder->txn,
                                 &(struct trace_request){.author = tree_division(LHASA),
                                                         .id = bytes_text("A"),
                                                         .after = tree_division(LHASA),
                                                         .after_id = bytes_text("V290"),
                                                         .steps_max = 1000},
                                 count_step, &(size_t){0}, &page),
                     TRACE_BAD_CURSOR);
}

static void a_trace_begins_at_what_there_is(void **state)
{
    static const char too_long[DOCUMENT_ID_MAX + 1] = {'a'};
    struct holder *holder = *state;
    struct trace_page page;
    const struct bytes ids[] = {BYTES_NONE, bytes_of(too_long, sizeof too_long), bytes_text("NO")};

    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        size_t steps = 0;

        assert_int_equal(query_trace(holder->txn,
                                     &(struct trace_request){.author = tree_division(LHASA),
                                                             .id = ids[i],
                                                             .steps_max = 9},
                                     count_step, &steps, &page),
                         TRACE_UNKNOWN);
        assert_int_equal(steps, 0);
    }
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
        HELD(what_a_lost_log_issued_is_settled_without_a_line),
        HELD(what_a_version_leaves_out_stays),
        HELD(months_and_years_move_within_their_bounds),
        HELD(an_unknown_entry_of_no_time_is_waited_for),
        HELD(a_trace_goes_so_many_levels),
        HELD(a_trace_begins_at_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
