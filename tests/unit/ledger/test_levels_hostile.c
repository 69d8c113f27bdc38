/* What a thief of a node writes about years and about money between levels, at who can know that it
 * is not so: it is told, and nothing follows from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/policy_in_force.h"
#include "node/ledger/observe.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/unapproved.h"
#include "tests/unit/ledger/holder.h"

static void expect_alarms(struct holder *holder, const char *what, size_t count, const char *why)
{
    if (holder->alarm_count != count ||
        (count > 0 && strstr(holder->alarms[count - 1], why) == NULL)) {
        fail_msg("%s: %zu alarms, %s", what, holder->alarm_count,
                 holder->alarm_count > 0 ? holder->alarms[holder->alarm_count - 1] : "-");
    }
}

static void expect_no_row(struct holder *holder, enum office_name author, const char *id)
{
    struct doc_row row;

    assert_false(doc_load(holder->txn, tree_division(author), bytes_text(id), &row));
}

/* --- an earmark that is not so --- */

/* Lhasa has B, for anything, and S, for one purpose. */
static struct holder *earmarked(struct tree *tree, struct script *author)
{
    struct holder *holder = holder_new(tree, REGION);

    *author = (struct script){.author = LHASA, .first_lsn = 1};
    WRITE(author, "budget", "B", REPLY("100"));
    WRITE(author, "transfer_in", "S", "ori_div_code", "100000", "fund_type_code", "111",
          "tra_type_code", "special", "amount", "50");
    return holder;
}

/* Whoever registers it folds the log that it is in. */
static void a_remit_says_what_its_money_is_for(void **state)
{
    static const struct {
        const char *line, *word;
        bool fits;
    } cases[] = {{"B", "special", false}, {"B", "general", true}, {"B", NULL, true},
                 {"S", "general", false}, {"S", "special", true}, {"S", NULL, false}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script author;
        struct holder *holder = earmarked(((struct holder *)*state)->tree, &author);

        WRITE(&author, "remit", "A", "ori_bgt_id", cases[i].line, "rec_div_code", "540000",
              "amount", "1", cases[i].word != NULL ? "tra_type_code" : NULL, cases[i].word);
        apply(holder, &author);
        expect_alarms(holder, cases[i].line, cases[i].fits ? 0 : 1, "why=earmark_is_another");
        assert_int_equal(balance(holder, LHASA, "A", ACC_TRANSIT), cases[i].fits ? 100 : -1);
        holder_free(holder);
    }
}

/* Whoever registers that does not: it is counted on both sides, and told. */
static void money_passed_on_without_its_earmark_is_told(void **state)
{
    static const struct {
        const char *kind, *line, *word;
        enum account account;
        size_t alarms;
    } cases[] = {{"transfer", "S", "general", ACC_TRANSIT, 1},
                 {"transfer", "S", "special", ACC_TRANSIT, 0},
                 {"transfer", "B", "special", ACC_TRANSIT, 0},
                 {"transfer", "B", "general", ACC_TRANSIT, 0},
                 {"transfer_out", "S", "general", ACC_XFER_OUT, 1},
                 {"transfer_out", "S", "special", ACC_XFER_OUT, 0}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script author;
        struct holder *holder = earmarked(((struct holder *)*state)->tree, &author);

        WRITE(&author, cases[i].kind, "A", "ori_bgt_id", cases[i].line, "rec_div_code", "540199",
              "amount", "1", "tra_type_code", cases[i].word);
        apply(holder, &author);
        expect_alarms(holder, cases[i].kind, cases[i].alarms, "bad_entry: earmark_dropped lsn=3");
        assert_int_equal(balance(holder, LHASA, "A", cases[i].account), 100);
        holder_free(holder);
    }
}

/* --- asks of nothing, heard from above --- */

static void hear(struct holder *holder, struct script *above)
{
    struct block_header header = header_of(above);

    header.audience.division = tree_division(LHASA);
    ledger_observe_block(holder->ledger, holder->txn, &header, above->entries, above->count);
    script_clear(above);
}

static bool count_item(void *arg, const struct open_item *item)
{
    (void)item;
    ++*(size_t *)arg;
    return true;
}

static size_t waiting(struct holder *holder)
{
    size_t count = 0;

    open_items_each(holder->txn, OPEN_TO_REGISTER, tree_division(LHASA), NULL, count_item, &count);
    return count;
}

#define TRANSFER(receiver)                                                                         \
    "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111", "rec_div_code", receiver, "stage", \
        "early"

/* Neither does it wait for an answer, nor keep a year open. */
static void what_asks_for_money_of_nothing_is_told(void **state)
{
    static const struct {
        const char *kind;
        const char *fields[12];
    } cases[] = {
        {"recall", {"bgt_id", "NO", "rec_div_code", "540100", "amount", "5"}},
        {"recall", {"bgt_id", "U", "rec_div_code", "540100", "amount", "5"}},
        {"recall", {"rec_div_code", "540100", "amount", "5"}},
        {"withdraw", {"bgt_id", "NO", "rec_div_code", "540100"}},
        {"withdraw", {"bgt_id", "U", "rec_div_code", "540100"}},
        {"transfer", {"early_bgt_id", "NO", "rec_div_code", "540100", "amount", "-5"}},
        {"transfer", {"early_bgt_id", "U", "rec_div_code", "540100", "amount", "-5"}},
        {"transfer", {"early_bgt_id", "U", "rec_div_code", "540100", "amount", "0"}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *lhasa = holder_new(((struct holder *)*state)->tree, LHASA);
        struct script above = {.author = REGION, .first_lsn = 1};

        WRITE(&above, "transfer", "T", TRANSFER("540100"));
        WRITE(&above, "transfer", "U", TRANSFER("540200"));
        write_fields(&above, cases[i].kind, "A", cases[i].fields);
        hear(lhasa, &above);
        expect_alarms(lhasa, cases[i].kind, 1, "bad_entry: ask_of_no_transfer lsn=3 author=540000");
        assert_int_equal(waiting(lhasa), 1); /* T */
        assert_int_equal(lhasa->settles, 0);
        holder_free(lhasa);
    }
}

static void what_asks_of_a_transfer_is_not(void **state)
{
    struct holder *lhasa = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script above = {.author = REGION, .first_lsn = 1};

    WRITE(&above, "transfer", "T", TRANSFER("540100"));
    WRITE(&above, "recall", "C", "bgt_id", "T", "rec_div_code", "540100", "amount", "5");
    WRITE(&above, "transfer", "F", "early_bgt_id", "T", "rec_div_code", "540100", "amount", "-5");
    WRITE(&above, "transfer", "N", "early_bgt_id", "T", "rec_div_code", "540100", "amount", "0");
    hear(lhasa, &above);
    expect_alarms(lhasa, "asks of T", 0, "");
    assert_int_equal(waiting(lhasa), 3);
    holder_free(lhasa);
}

/* 20 went to Linzhou, which registered them; 15 of these are asked back already. */
static void more_is_not_asked_back_than_was_passed(void **state)
{
    static const struct {
        const char *kind;
        const char *fields[12];
        size_t alarms;
    } cases[] = {
        {"recall", {"bgt_id", "T", "rec_div_code", "540121", "amount", "5"}, 0},
        {"recall", {"bgt_id", "T", "rec_div_code", "540121", "amount", "5.01"}, 1},
        {"transfer",
         {"early_bgt_id", "T", "rec_div_code", "540121", "amount", "-5", "fund_type_code", "111"},
         0},
        {"transfer",
         {"early_bgt_id", "T", "rec_div_code", "540121", "amount", "-6", "fund_type_code", "111"},
         1},
        {"recall", {"bgt_id", "U", "rec_div_code", "540121", "amount", "1"}, 1}, /* in transit */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script author = {.author = LHASA, .first_lsn = 1};

        WRITE(&author, "budget", "B", REPLY("100"));
        WRITE(&author, "transfer", "T", TRANSFER("540121"));
        WRITE(&author, "transfer", "U", TRANSFER("540121"));
        WRITE(&author, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
              "outcome", "registered", "answer_id", "R");
        WRITE(&author, "recall", "C", "bgt_id", "T", "rec_div_code", "540121", "amount", "15");
        write_fields(&author, cases[i].kind, "A", cases[i].fields);
        apply(holder, &author);
        expect_alarms(holder, cases[i].kind, cases[i].alarms,
                      "bad_entry: asks_more_than_passed lsn=6 author=540100");
        holder_free(holder);
    }
}

/* --- a settle of what nobody answered --- */

static const char *answer(struct holder *lhasa, const char *kind, const char *id)
{
    static char code[REASON_CODE_MAX];
    struct buf memory = BUF_EMPTY;
    struct document document;
    struct refusal refusal = {.reason = REASON_NONE};

    document_fill(&document, kind, id, (const char *const[]){"bgt_id", "T", "reason", "x", NULL});
    ledger_complete(lhasa->ledger, lhasa->txn, &document, &memory);
    code[0] = '\0';
    if (ledger_check_rules(lhasa->ledger, lhasa->txn, &document, &refusal) != REASON_NONE) {
        reason_code(code, &refusal);
    }
    buf_free(&memory);
    return code;
}

/* Whoever has not answered knows that at once; the money may be with the issuer again, so that it
 * is not taken in any more. */
static void the_receiver_knows_that_it_has_not_answered(void **state)
{
    static const char *const outcomes[] = {"returned", "registered"};

    for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
        struct holder *lhasa = holder_new(((struct holder *)*state)->tree, LHASA);
        struct script above = {.author = REGION, .first_lsn = 1};

        WRITE(&above, "transfer", "T", TRANSFER("540100"));
        hear(lhasa, &above);
        assert_string_equal(answer(lhasa, "register", "R"), "");
        WRITE(&above, "settle", ".s", "bgt_id", "T", "rec_div_code", "540100", "amount", "20",
              "outcome", outcomes[i], "answer_id", "R");
        hear(lhasa, &above);
        expect_alarms(lhasa, outcomes[i], 1, "why=settled_unanswered");
        assert_string_equal(answer(lhasa, "register", "R"), "wrong_state");
        assert_string_equal(answer(lhasa, "return", "R"), "");
        holder_free(lhasa);
    }
}

static void a_settle_of_nothing_is_told_to_whom_it_names(void **state)
{
    struct holder *lhasa = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script above = {.author = REGION, .first_lsn = 1};

    WRITE(&above, "settle", ".s", "bgt_id", "NO", "rec_div_code", "540100", "amount", "20",
          "outcome", "registered", "answer_id", "R");
    hear(lhasa, &above);
    expect_alarms(lhasa, "of nothing", 1, "why=settled_unanswered");
    holder_free(lhasa);
}

/* Of what another answers it hears later, maybe: the region holds both logs in any order. */
static void who_is_above_both_waits_for_the_answer(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};

    WRITE(&issuer, "budget", "B", REPLY("100"));
    WRITE(&issuer, "transfer", "T", TRANSFER("540121"));
    WRITE(&issuer, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "returned", "answer_id", "R");
    apply(holder, &issuer);
    expect_alarms(holder, "above both", 0, "");
}

/* --- another division's document --- */

static void nobody_writes_for_another(void **state)
{
    struct tree *tree = ((struct holder *)*state)->tree;
    struct holder *region = holder_new(tree, REGION), *lhasa = holder_new(tree, LHASA);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct script above = {.author = REGION, .first_lsn = 1};

    WRITE(&script, "budget", "B", REPLY("100"), "mof_div_code", "540100");
    apply(region, &script);
    expect_alarms(region, "its own", 0, "");
    WRITE(&script, "budget", "C", REPLY("100"), "mof_div_code", "540000");
    apply(region, &script);
    expect_alarms(region, "of the region", 1, "why=division_is_another");
    expect_no_row(region, LHASA, "C");
    WRITE(&above, "policy", "P", "policy_code", "carry_max", "policy_value", "1", "mof_div_code",
          "540100");
    hear(lhasa, &above);
    expect_alarms(lhasa, "heard from above", 1, "entry_unread_or_repeated");
    expect_no_row(lhasa, REGION, "P");
    holder_free(region);
    holder_free(lhasa);
}

/* --- money that goes where nobody asks for it --- */

static void transfer_out(struct script *script, const char *receiver, uint64_t time_ms)
{
    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "transfer_out", "O", "ori_bgt_id", "B", "rec_div_code", receiver,
          "fund_type_code", "111", "amount", "7");
    script->entries[script->count - 1].time_ms = time_ms;
}

/* One that was let in only later had no node. */
static void money_out_to_a_member_is_told(void **state)
{
    static const struct {
        const char *receiver;
        uint64_t time_ms;
        size_t alarms;
    } cases[] = {{"540121", 1000, 1}, {"540121", 0, 0}, {"540199", 1000, 0}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};

        transfer_out(&script, cases[i].receiver, cases[i].time_ms);
        apply(holder, &script);
        expect_alarms(holder, cases[i].receiver, cases[i].alarms,
                      "bad_entry: transfer_out_names_member author=540100 id=O lsn=2");
        holder_free(holder);
    }
}

/* --- a year that is not over --- */

static void a_close_with_money_left_is_told(void **state)
{
    static const struct {
        const char *what, *lapsed;
        size_t alarms;
    } cases[] = {{"nothing left", "10", 0}, {"some left", "9", 1}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};

        WRITE(&script, "budget", "B", REPLY("10"));
        apply(holder, &script); /* of a block before, and of the same one */
        WRITE(&script, "close_year", "M", "month", "1");
        WRITE(&script, "lapse", "Z", "bgt_id", "B", "amount", cases[i].lapsed, "reason", "x");
        WRITE(&script, "close_year", "C", "memo", "x");
        apply(holder, &script);
        expect_alarms(holder, cases[i].what, cases[i].alarms,
                      "bad_entry: closed_with_money lsn=4 author=540100 year=2026");
        holder_free(holder);
    }
}

/* --- policies --- */

static void mark_policy(struct holder *holder, uint64_t lsn)
{
    unapproved_mark(holder->txn, tree_division(REGION),
                    &(struct unapproved){.lsn = lsn, .kind = KIND_POLICY});
}

static void say_carry_max(struct holder *holder, struct script *above, const char *id,
                          const char *value)
{
    WRITE(above, "policy", id, "policy_code", "carry_max", "policy_value", value);
    hear(holder, above);
}

static int64_t carry_max(const struct holder *holder)
{
    return policy_number(holder->ledger, holder->txn, POLICY_CARRY_MAX);
}

/* The one before it stays in force, or what is usual. */
static void a_policy_of_nobody_is_not_in_force(void **state)
{
    struct holder *lhasa = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script above = {.author = REGION, .first_lsn = 1};

    mark_policy(lhasa, 1);
    say_carry_max(lhasa, &above, "P", "1");
    assert_int_equal(carry_max(lhasa), 2);
    say_carry_max(lhasa, &above, "Q", "0");
    assert_int_equal(carry_max(lhasa), 0);
    mark_policy(lhasa, 3); /* looser than what its persons said */
    say_carry_max(lhasa, &above, "R", "9");
    assert_int_equal(carry_max(lhasa), 0);
    say_carry_max(lhasa, &above, "S", "3");
    assert_int_equal(carry_max(lhasa), 3);
    holder_free(lhasa);
}

/* As the holder finds it when it looks at their blocks again. */
static void persons_are_known(struct holder *holder, struct script *said)
{
    for (size_t i = 0; i < said->count; i++) {
        unapproved_clear(holder->txn, tree_division(REGION), said->entries[i].lsn);
        policy_approved(holder->txn, tree_division(REGION), &said->entries[i]);
    }
}

/* Unless another was said behind it; and not before it is part of its ledger here. */
static void a_policy_is_in_force_once_its_persons_are_known(void **state)
{
    struct holder *lhasa = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script above = {.author = REGION, .first_lsn = 1}, again = above;

    WRITE(&again, "policy", "P", "policy_code", "carry_max", "policy_value", "1");
    mark_policy(lhasa, 1);
    persons_are_known(lhasa, &again); /* it is only held so far */
    assert_int_equal(carry_max(lhasa), 2);
    mark_policy(lhasa, 1);
    say_carry_max(lhasa, &above, "P", "1");
    assert_int_equal(carry_max(lhasa), 2);
    persons_are_known(lhasa, &again);
    assert_int_equal(carry_max(lhasa), 1);
    script_clear(&again);
    WRITE(&again, "policy", "Q", "policy_code", "carry_max", "policy_value", "0");
    mark_policy(lhasa, 2);
    say_carry_max(lhasa, &above, "Q", "0");
    say_carry_max(lhasa, &above, "R", "3");
    persons_are_known(lhasa, &again); /* R was said since */
    assert_int_equal(carry_max(lhasa), 3);
    script_clear(&again);
    holder_free(lhasa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(a_remit_says_what_its_money_is_for),
        HELD(money_passed_on_without_its_earmark_is_told),
        HELD(what_asks_for_money_of_nothing_is_told),
        HELD(what_asks_of_a_transfer_is_not),
        HELD(more_is_not_asked_back_than_was_passed),
        HELD(the_receiver_knows_that_it_has_not_answered),
        HELD(a_settle_of_nothing_is_told_to_whom_it_names),
        HELD(who_is_above_both_waits_for_the_answer),
        HELD(nobody_writes_for_another),
        HELD(money_out_to_a_member_is_told),
        HELD(a_close_with_money_left_is_told),
        HELD(a_policy_of_nobody_is_not_in_force),
        HELD(a_policy_is_in_force_once_its_persons_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
