/* Transfers and their answers, where both sides are held: what fits is settled once, the rest is
 * told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/harness/commit.h"
#include "tests/unit/ledger/holder.h"

/* `but`: name and value of a field that it says otherwise; NULL for none. */
static struct bytes answer_body(struct script *script, const char *kind, const char *id,
                                const char *issuer, const char *bgt_id, const char *amount,
                                int64_t lsn, const struct hash *content, const char *const *but)
{
    struct document document;

    document_clear(&document, kind_named(bytes_text(kind)));
    document_set_text(&document, FIELD_ID, bytes_text(id));
    document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&document, FIELD_BGT_ID, bytes_text(bgt_id));
    document_set_text(&document, FIELD_ORI_DIV_CODE, bytes_text(issuer));
    document_set_text(&document, FIELD_FUND_TYPE_CODE, bytes_text("111"));
    (void)document_set(&document, FIELD_AMOUNT, bytes_text(amount));
    document_set_number(&document, FIELD_TRANSFER_LSN, lsn);
    document_set_text(&document, FIELD_TRANSFER_HASH, bytes_of(content->at, HASH_SIZE));
    if (but != NULL) {
        assert_true(document_set(&document, field_named(bytes_text(but[0])), bytes_text(but[1])));
    }
    document_encode(&script->bodies[script->count], &document);
    return buf_bytes(&script->bodies[script->count]);
}

static void write_answer_but(struct script *script, const char *kind, const char *id,
                             const char *issuer, const char *bgt_id, const char *amount,
                             int64_t lsn, const struct hash *content, const char *const *but)
{
    const struct bytes body =
        answer_body(script, kind, id, issuer, bgt_id, amount, lsn, content, but);
    const size_t at = script->count++;

    script->entries[at] = (struct entry){script->first_lsn + at, 1, kind_named(bytes_text(kind)),
                                         DOCUMENT_FORMAT, body};
}

static void write_answer(struct script *script, const char *kind, const char *id,
                         const char *issuer, const char *bgt_id, const char *amount, int64_t lsn,
                         const struct hash *content)
{
    write_answer_but(script, kind, id, issuer, bgt_id, amount, lsn, content, NULL);
}

/* Lhasa's budget and its transfer T of 20 to Linzhou; returns the transfer's content hash. */
static struct hash issue(struct holder *holder, struct script *script)
{
    struct hash content;

    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, script->entries[1].body);
    apply(holder, script);
    return content;
}

static void sides_that_disagree_are_a_breach(void **state)
{
    static const struct {
        const char *why;
        enum office_name answerer;
        const char *amount;
        int64_t lsn;
        bool other_content;
        const char *but[2];
    } cases[] = {
        {"amounts_differ", LINZHOU, "19", 2, false, {NULL}},
        {"years_differ", LINZHOU, "20", 2, false, {"fiscal_year", "2027"}},
        {"elements_differ", LINZHOU, "20", 2, false, {"fund_type_code", "12"}},
        {"elements_differ", LINZHOU, "20", 2, false, {"pro_code", "P"}},
        {"elements_differ", LINZHOU, "20", 2, false, {"tra_type_code", "special"}},
        {"other_division_answered", SANGZHUZI, "20", 2, false, {NULL}},
        {"other_division_answered", SHIGATSE, "20", 2, false, {NULL}},
        {"content_differs", LINZHOU, "20", 2, true, {NULL}},
        {"positions_differ", LINZHOU, "20", 1, false, {NULL}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = cases[i].answerer, .first_lsn = 1};
        struct hash content = issue(holder, &issuer);

        content.at[0] ^= cases[i].other_content;
        write_answer_but(&receiver, "register", "R", "540100", "T", cases[i].amount, cases[i].lsn,
                         &content, cases[i].but[0] != NULL ? cases[i].but : NULL);
        apply(holder, &receiver);
        if (holder->alarm_count != 1 || strstr(holder->alarms[0], cases[i].why) == NULL ||
            strstr(holder->alarms[0], " id=T transfer_lsn=2") == NULL ||
            strstr(holder->alarms[0], " answer_id=R answer_lsn=1") == NULL) {
            fail_msg("%s: got %zu alarms, %s", cases[i].why, holder->alarm_count,
                     holder->alarms[0]);
        }
        holder_free(holder);
    }
}

/* Nothing that is stored here is wrong. */
static void expect_fault_of(struct holder *holder, enum office_name author, const char *what)
{
    const struct division division = tree_division(author);
    char fault[VERIFY_FAULT_MAX];

    assert_int_equal(
        verify_ledger(holder->txn, tree_roster(holder->tree), division, fault, sizeof fault),
        VERIFY_AUTHORS);
    message_to_line(fault);
    assert_non_null(strstr(fault, what));
}

static void an_answer_to_nothing_is_a_breach_once_the_log_has_passed(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};

    write_answer(&receiver, "register", "R", "540100", "NEVER", "20", 3, &HASH_ZERO);
    apply(holder, &receiver);
    (void)issue(holder, &issuer);
    assert_int_equal(holder->alarm_count, 0); /* lsn 3 is not there yet */
    WRITE(&issuer, "budget", "B3", REPLY("1"));
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], " id=NEVER "));
    assert_non_null(strstr(holder->alarms[0], "answerer=540121 answer_id=R answer_lsn=1"));
    WRITE(&issuer, "budget", "B4", REPLY("1"));
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 1); /* told once */

    write_answer(&receiver, "register", "R2", "540100", "NEITHER", "20", 3, &HASH_ZERO);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 2); /* and now at once */
}

/* T as it stood, or another one, entered again: with what it stands for where `evidence` says. */
static void write_again(struct script *script, const char *amount, uint32_t format,
                        const struct document_evidence *evidence)
{
    const char *const fields[] = {
        "ori_bgt_id",   "B",      "amount", amount, "fund_type_code", "111",
        "rec_div_code", "540121", NULL};
    struct document document;
    struct buf body = BUF_EMPTY;

    document_fill(&document, "transfer", "T", fields);
    if (evidence != NULL) {
        document_set_evidence(&document, evidence);
    }
    document_encode(&body, &document);
    write_raw(script, KIND_TRANSFER, format, buf_bytes(&body));
    buf_free(&body);
}

/* A lost end of a log: its ask had been answered, and is entered again. Who hears of it in which
 * order makes no difference. */
static void an_ask_that_stands_again_is_the_one_that_was_answered(void **state)
{
    static const struct {
        const char *amount, *alarm;
        uint32_t format;
        bool is_evidence, other_hash;
    } cases[] = {
        {"20", NULL, EVIDENCE_FORMAT, true, false},
        {"21", "amounts_differ", EVIDENCE_FORMAT, true, false},
        {"20", "content_differs", EVIDENCE_FORMAT, true, true},
        {"20", "transfer_not_issued", DOCUMENT_FORMAT, false, false},
        {"20", "why=unreadable", DOCUMENT_FORMAT, true, false},
        {"20", "why=unreadable", EVIDENCE_FORMAT, false, false},
    };

    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const size_t at = i / 2;
        const bool answered_first = i % 2 == 0;
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script before = {.author = LHASA, .first_lsn = 1};
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        struct document_evidence evidence = {.epoch = 1, .lsn = 2};
        size_t told;

        write_again(&before, "20", DOCUMENT_FORMAT, NULL);
        evidence.hash = hash_of(TAG_CONTENT, before.entries[0].body);
        write_answer(&receiver, "register", "R", "540100", "T", "20", 2, &evidence.hash);
        evidence.hash.at[0] ^= cases[at].other_hash;
        WRITE(&issuer, "budget", "B", REPLY("100"));
        WRITE(&issuer, "budget", "B2", REPLY("1"));
        apply(holder, &issuer);
        if (answered_first) { /* the log has passed what it names */
            apply(holder, &receiver);
            assert_int_equal(holder->alarm_count, 1);
        }
        write_again(&issuer, cases[at].amount, cases[at].format,
                    cases[at].is_evidence ? &evidence : NULL);
        apply(holder, &issuer);
        if (!answered_first) {
            apply(holder, &receiver);
        }
        told = holder->alarm_count;
        if (cases[at].alarm == NULL) {
            assert_int_equal(told, answered_first ? 1 : 0);
            assert_int_equal(position(holder, LHASA).lsn, 3);
        } else if (cases[at].is_evidence && cases[at].format == EVIDENCE_FORMAT) {
            assert_non_null(strstr(holder->alarms[told - 1], cases[at].alarm));
        } else {
            assert_true(told >= 1);
        }
        script_clear(&before);
        holder_free(holder);
    }
}

/* It names no transfer, so it waits for none; what waits behind it is found all the same. */
static void an_answer_that_names_no_transfer_hides_no_other(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};

    WRITE(&receiver, "register", "R0", "ori_div_code", "540100", "amount", "5", "fund_type_code",
          "111", "transfer_lsn", "1");
    write_answer(&receiver, "register", "R", "540100", "NEVER", "20", 3, &HASH_ZERO);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "answer_id=R0"));
    assert_non_null(strstr(holder->alarms[0], "why=names_no_transfer"));
    (void)issue(holder, &issuer);
    WRITE(&issuer, "budget", "B3", REPLY("1"));
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 2);
    assert_non_null(strstr(holder->alarms[1], " id=NEVER "));
    expect_fault_of(holder, LINZHOU, "register_no_answer id=R ");
}

/* An issuer that is not above has issued nothing to it: its author is at fault, not this store. */
static void an_answer_to_a_stranger_is_a_fault_of_its_author(void **state)
{
    struct holder *holder = *state;
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};

    write_answer(&receiver, "register", "R", "540200", "T", "20", 2, &HASH_ZERO);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "why=issuer_not_above"));
    expect_fault_of(holder, LINZHOU, "register_no_answer id=R lsn=1");
}

/* The same money twice: also where the issuer's own ledger is not held, as at a city. */
static void a_second_register_is_a_fault_of_its_author(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script issuer = {.author = REGION, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    struct block_header header;
    struct hash content;

    WRITE(&issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, issuer.entries[0].body);
    header = header_of(&issuer);
    header.audience.division = tree_division(LINZHOU);
    ledger_observe_block(holder->ledger, holder->txn, &header, issuer.entries, issuer.count);
    write_answer(&receiver, "register", "R", "540000", "T", "20", 1, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 0);
    write_answer(&receiver, "register", "R2", "540000", "T", "20", 1, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "why=answered_twice"));
    expect_fault_of(holder, LINZHOU, "register_no_answer id=R2 lsn=2");
    script_clear(&issuer);
    holder_free(holder);
}

static void a_settle_that_says_otherwise_is_a_breach(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    const struct hash content = issue(holder, &issuer);

    WRITE(&issuer, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "returned", "answer_id", "R");
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 0); /* the answer may still be under way */
    write_answer(&receiver, "register", "R", "540100", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "why=outcome_not_answered"));
    assert_non_null(strstr(holder->alarms[0], "settle_id=.s settle_lsn=3"));
}

/* The holder is the issuer here: what comes back settles, once, and only if it fits. */
static void own_transfers_are_settled_once_and_only_when_they_fit(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    struct document settle;
    struct hash content;
    struct err err;

    content = issue(holder, &issuer); /* its own log, replayed */
    write_answer(&receiver, "return", "R", "540100", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->settles, 1);
    assert_int_equal(document_decode(&settle, KIND_SETTLE, buf_bytes(&holder->settle), &err), OK);
    assert_true(bytes_equal(document_text(&settle, FIELD_OUTCOME), bytes_text("returned")));
    assert_true(bytes_equal(document_text(&settle, FIELD_ANSWER_ID), bytes_text("R")));
    assert_true(bytes_equal(document_text(&settle, FIELD_REC_DIV_CODE), bytes_text("540121")));
    assert_int_equal(document_number(&settle, FIELD_AMOUNT), 2000);
    assert_int_equal(document_year(&settle), 2026);

    write_answer(&receiver, "register", "R2", "540100", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->settles, 1);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "_twice"));

    WRITE(&issuer, "transfer", "T4", "ori_bgt_id", "B", "amount", "1", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, issuer.entries[0].body);
    apply(holder, &issuer);
    write_answer(&receiver, "register", "R4", "540100", "T4", "1.01", 3, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->settles, 1);
    assert_int_equal(holder->alarm_count, 2);
    holder_free(holder);
}

/* Money that came back under another year or fund was not registered: the issuer says so, and does
 * not settle. */
static void an_answer_to_other_money_is_not_settled(void **state)
{
    static const char *const buts[][2] = {{"fiscal_year", "2027"}, {"fund_type_code", "12"}};

    for (size_t i = 0; i < COUNT_OF(buts); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        const struct hash content = issue(holder, &issuer);

        write_answer_but(&receiver, "register", "R", "540100", "T", "20", 2, &content, buts[i]);
        apply(holder, &receiver);
        assert_int_equal(holder->settles, 0);
        assert_int_equal(holder->alarm_count, 1);
        holder_free(holder);
    }
}

/* Whoever else answers is told of, and does not stand in the receiver's way. */
static void only_the_receiver_answers(void **state)
{
    struct holder *holder = *state; /* the region is the issuer here */
    struct script issuer = {.author = REGION, .first_lsn = 1};
    struct script other = {.author = SANGZHUZI, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    struct hash content;

    write_answer(&other, "register", "R0", "540000", "T", "20", 2, &HASH_ZERO);
    WRITE(&issuer, "budget", "B", REPLY("100"));
    WRITE(&issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, issuer.entries[1].body);
    apply(holder, &issuer);
    apply(holder, &other);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "why=other_division_answered"));
    write_answer(&receiver, "register", "R1", "540200", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 2);
    assert_non_null(strstr(holder->alarms[1], "why=issuer_not_above"));
    assert_int_equal(holder->settles, 0);
    write_answer(&receiver, "register", "R", "540000", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 2);
    assert_int_equal(holder->settles, 1);
}

/* Linzhou does not know Shigatse; the region knows both. */
static void money_from_outside_does_not_come_from_a_member(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LINZHOU, .first_lsn = 1};

    WRITE(&script, "transfer_in", "TI1", "ori_div_code", "100000", "amount", "5", "fund_type_code",
          "111");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 0);
    WRITE(&script, "transfer_in", "TI2", "ori_div_code", "540200", "amount", "5", "fund_type_code",
          "111");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 1);
    assert_string_equal(
        holder->alarms[0],
        "upper_has_node: transfer_in_names_member author=540121 id=TI2 lsn=2 issuer=540200");
}

/* A division below may write what it likes into its log; money comes from above all the same. */
static void a_transfer_from_below_is_not_registered(void **state)
{
    static const struct {
        enum office_name issuer;
        const char *want;
    } cases[] = {{LINZHOU, "not_for_you"}, {LHASA, "not_for_you"}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
        struct script script = {.author = cases[i].issuer, .first_lsn = 1};
        char code[REASON_CODE_MAX];
        struct refusal refusal = {.reason = REASON_NONE};
        struct buf memory = BUF_EMPTY;
        struct document answer;

        WRITE(&script, "budget", "B", REPLY("100"));
        WRITE(&script, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
              "rec_div_code", "540100");
        apply(holder, &script);
        document_clear(&answer, kind_named(bytes_text("register")));
        document_set_text(&answer, FIELD_ID, bytes_text("R"));
        document_set_number(&answer, FIELD_FISCAL_YEAR, 2026);
        document_set_text(&answer, FIELD_BGT_ID, bytes_text("T"));
        document_set_text(&answer, FIELD_ORI_DIV_CODE,
                          bytes_text(tree_division(cases[i].issuer).code));
        ledger_complete(holder->ledger, holder->txn, &answer, &memory);
        (void)ledger_check_rules(holder->ledger, holder->txn, &answer, &refusal);
        reason_code(code, &refusal);
        if (strcmp(code, cases[i].want) != 0) {
            fail_msg("of %s: got %s", tree_division(cases[i].issuer).code, code);
        }
        buf_free(&memory);
        holder_free(holder);
    }
}

/* What Lhasa's node says to an answer to the region's T. */
static void answer_t(struct holder *holder, struct refusal *refusal, const char *kind)
{
    struct buf memory = BUF_EMPTY;
    struct document answer;

    document_fill(&answer, kind, "R", (const char *const[]){"bgt_id", "T", NULL});
    ledger_complete(holder->ledger, holder->txn, &answer, &memory);
    (void)ledger_check_rules(holder->ledger, holder->txn, &answer, refusal);
    buf_free(&memory);
}

/* An issuer may write what no ledger books. Who registered it would have an entry that books
 * nothing; it can be returned. */
static void money_that_cannot_be_is_not_registered(void **state)
{
    static const struct {
        const char *amount, *want;
    } cases[] = {
        {"1000000000000000.00", ""}, /* the most there is */
        {"1000000000000000.01", "bad_amount"},
        {"92233720368547758.07", "bad_amount"},
        {"0", "missing_amount"},
        {"-20", "bad_amount"}, /* it names no early one that it would lower */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
        struct script script = {.author = REGION, .first_lsn = 1};
        struct block_header header;
        struct refusal refusal;
        char code[REASON_CODE_MAX];

        WRITE(&script, "transfer", "T", "ori_bgt_id", "B", "amount", cases[i].amount,
              "fund_type_code", "111", "rec_div_code", "540100");
        header = header_of(&script);
        ledger_observe_block(holder->ledger, holder->txn, &header, script.entries, script.count);
        answer_t(holder, &refusal, "register");
        reason_code(code, &refusal);
        if (strcmp(code, cases[i].want) != 0) {
            fail_msg("%s: got %s", cases[i].amount, code);
        }
        answer_t(holder, &refusal, "return");
        assert_int_equal(refusal.reason, REASON_NONE);
        script_clear(&script);
        holder_free(holder);
    }
}

/* --- what waits --- */

static const struct store_ops *real_ops;
static size_t waiting_rows_seen;

struct counted {
    store_visit_fn *visit;
    void *arg;
};

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    const struct counted *counted = arg;

    waiting_rows_seen += key.size > 0 && key.data[0] == ROW_WAITING;
    return counted->visit(counted->arg, key, value);
}

static enum status scan_counted(void *self, struct store_snapshot *snapshot, enum store_space space,
                                struct bytes prefix, struct bytes from, store_visit_fn *visit,
                                void *arg, struct err *err)
{
    struct counted counted = {visit, arg};

    return real_ops->scan(self, snapshot, space, prefix, from, count_row, &counted, err);
}

static void commit(struct holder *holder)
{
    struct err err;
    uint64_t fence;

    assert_int_equal(holder->store.ops->claim(holder->store.self, &fence, &err), OK);
    commit_txn(&holder->store, fence, holder->txn);
}

/* A block of the region on the line to a division below it, as Lhasa holds it. */
static void observe_line(struct holder *holder, uint64_t lsn, const char *to)
{
    struct script script = {.author = REGION, .first_lsn = lsn};
    struct block_header header;
    char id[24];

    (void)snprintf(id, sizeof id, "B-%d", (int)lsn);
    WRITE(&script, "budget", id, REPLY("100"));
    header = header_of(&script);
    header.audience = (struct audience){AUDIENCE_LINE, division_of(to)};
    ledger_observe_block(holder->ledger, holder->txn, &header, script.entries, script.count);
    script_clear(&script);
}

/* A county answers transfers that nobody issued. What the region says to others passes none of
 * these; what it says to the county passes them once. */
static void answers_of_one_receiver_cost_the_others_nothing(void **state)
{
    enum { ANSWERS = 600, LINES = 100 };
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script script = {.author = LINZHOU, .first_lsn = 1};
    struct store_ops counting;
    struct hash content = HASH_ZERO;

    for (int i = 0; i < ANSWERS; i++) {
        char id[16], transfer[16];

        (void)snprintf(id, sizeof id, "R-%d", i);
        (void)snprintf(transfer, sizeof transfer, "T-%d", i);
        write_answer(&script, "register", id, "540000", transfer, "1", 1, &content);
        if (script.count == ENTRIES_MAX || i == ANSWERS - 1) {
            apply(holder, &script);
            script.first_lsn = (uint64_t)i + 2;
        }
    }
    commit(holder);
    real_ops = holder->store.ops;
    counting = *real_ops;
    counting.scan = scan_counted;
    holder->store.ops = &counting;
    waiting_rows_seen = 0;
    for (uint64_t lsn = 1; lsn <= LINES; lsn++) {
        observe_line(holder, lsn, "540100");
    }
    assert_in_range(waiting_rows_seen, 0, LINES);
    assert_int_equal(holder->alarm_count, 0);
    observe_line(holder, LINES + 1, "540121");
    assert_in_range(waiting_rows_seen, ANSWERS, ANSWERS + LINES);
    assert_int_equal(holder->alarm_count, ALARMS_MAX); /* as many as it lists */
    commit(holder);
    waiting_rows_seen = 0;
    observe_line(holder, LINES + 2, "540121");
    assert_int_equal(waiting_rows_seen, 0);
    holder->store.ops = real_ops;
    holder_free(holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(money_that_cannot_be_is_not_registered),
        HELD(sides_that_disagree_are_a_breach),
        HELD(a_transfer_from_below_is_not_registered),
        HELD(an_answer_to_nothing_is_a_breach_once_the_log_has_passed),
        HELD(an_ask_that_stands_again_is_the_one_that_was_answered),
        HELD(an_answer_that_names_no_transfer_hides_no_other),
        HELD(an_answer_to_a_stranger_is_a_fault_of_its_author),
        HELD(a_second_register_is_a_fault_of_its_author),
        HELD(a_settle_that_says_otherwise_is_a_breach),
        HELD(own_transfers_are_settled_once_and_only_when_they_fit),
        HELD(an_answer_to_other_money_is_not_settled),
        HELD(only_the_receiver_answers),
        HELD(money_from_outside_does_not_come_from_a_member),
        HELD(answers_of_one_receiver_cost_the_others_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
