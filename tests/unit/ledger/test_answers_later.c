/* Asks and answers out of their order: what was answered before it stands in the log again, what is
 * taken back before or after it is answered, answers that wait for their ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/withdraw.h"
#include "node/ledger/observe.h"
#include "node/ledger/rows/unapproved.h"
#include "proto/document_evidence.h"
#include "tests/unit/ledger/holder.h"

#define OF_T "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111", "rec_div_code", "540121"

/* --- a ledger that can read what it holds --- */

struct reading {
    struct division author; /* of what can be read */
    uint64_t lsn;
    struct buf body;
    struct buf due; /* what the node must say */
    size_t dues, alarms;
    char alarm[200];
};

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    const struct reading *reading = arg;

    if (!division_equal(author, reading->author) || lsn != reading->lsn) {
        return false;
    }
    buf_clear(memory);
    buf_append_bytes(memory, buf_bytes(&reading->body));
    *body = buf_bytes(memory);
    return true;
}

static void note_due(void *arg, struct txn *txn, const struct document *document)
{
    struct reading *reading = arg;

    (void)txn;
    reading->dues++;
    buf_clear(&reading->due);
    document_encode(&reading->due, document);
}

static void note_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    struct reading *reading = arg;

    (void)about;
    if (code != ALARM_STATE_DIFFERS) {
        reading->alarms++;
        (void)snprintf(reading->alarm, sizeof reading->alarm, "%s", message);
        message_to_line(reading->alarm);
    }
}

static void read_with(struct holder *holder, struct reading *reading, enum office_name self)
{
    ledger_close(holder->ledger);
    holder->ledger = ledger_open(&(struct ledger_config){
        .self = tree_division(self),
        .roster = tree_roster(holder->tree),
        .sink = {.arg = reading,
                 .read_entry = read_entry,
                 .document_due = note_due,
                 .alarm = note_alarm},
    });
}

static void reading_free(struct reading *reading)
{
    buf_free(&reading->body);
    buf_free(&reading->due);
}

/* --- what was answered before it stands again --- */

static void fill_transfer(struct document *out)
{
    document_fill(out, "transfer", "T", (const char *const[]){OF_T, NULL});
}

/* Linzhou's answer to T as it stood at 2 once. */
static void write_answer(struct script *script, struct reading *reading)
{
    struct document ask, answer;
    struct buf body = BUF_EMPTY;
    struct hash content;

    fill_transfer(&ask);
    document_encode(&body, &ask);
    content = hash_of(TAG_CONTENT, buf_bytes(&body));
    document_fill(&answer, "register", "R",
                  (const char *const[]){"bgt_id", "T", "ori_div_code", "540100", "fund_type_code",
                                        "111", "amount", "20", NULL});
    document_set_number(&answer, FIELD_TRANSFER_LSN, 2);
    document_set_text(&answer, FIELD_TRANSFER_HASH, bytes_of(content.at, sizeof content.at));
    document_encode(&reading->body, &answer);
    write_raw(script, KIND_REGISTER, DOCUMENT_FORMAT, buf_bytes(&reading->body));
    buf_free(&body);
}

/* Lhasa enters T again, with what it stands for. */
static void enter_again(struct holder *holder, uint64_t lsn)
{
    struct document_evidence evidence = {.epoch = 1, .lsn = 2};
    struct document document;
    struct buf body = BUF_EMPTY, before = BUF_EMPTY;

    fill_transfer(&document);
    document_encode(&before, &document);
    evidence.hash = hash_of(TAG_CONTENT, buf_bytes(&before));
    document_set_evidence(&document, &evidence);
    document_encode(&body, &document);
    ledger_apply_own(holder->ledger, holder->txn,
                     &(struct applied){tree_division(LHASA), lsn, 1000, KIND_TRANSFER,
                                       EVIDENCE_FORMAT, buf_bytes(&body)},
                     &document);
    buf_free(&body);
    buf_free(&before);
}

/* At once, if the answer can be read; a dry run says nothing to anybody. */
static void what_was_answered_before_it_stands_again_is_settled(void **state)
{
    static const struct {
        bool in_dry_run, is_held;
        size_t settles;
    } cases[] = {{false, true, 1}, {true, true, 0}, {false, false, 0}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
        struct reading reading = {.author = tree_division(LINZHOU), .lsn = 1};
        struct script own = {.author = LHASA, .first_lsn = 1};
        struct script below = {.author = LINZHOU, .first_lsn = 1};
        struct transfer_match match;
        struct document settle;
        struct ledger_mark mark;
        struct err err;

        read_with(holder, &reading, LHASA);
        TRY(holder, &own, "budget", "B", REPLY("100"));
        write_answer(&below, &reading);
        apply(holder, &below);
        assert_int_equal(reading.alarms, 1); /* nobody issued it */
        assert_non_null(strstr(reading.alarm, "why=transfer_not_issued"));
        reading.lsn += cases[i].is_held ? 0 : 1;
        if (cases[i].in_dry_run) {
            ledger_mark(holder->ledger, &mark);
        }
        enter_again(holder, own.first_lsn);
        if (cases[i].in_dry_run) {
            ledger_return_to(holder->ledger, &mark);
        }
        assert_int_equal(reading.dues, cases[i].settles);
        assert_int_equal(reading.alarms, 1);
        assert_true(
            transfer_match_load(holder->txn, tree_division(LHASA), bytes_text("T"), &match));
        assert_false(match.breach);
        assert_int_equal(match.answer_lsn, 1);
        if (cases[i].settles > 0) {
            assert_int_equal(document_decode(&settle, KIND_SETTLE, buf_bytes(&reading.due), &err),
                             OK);
            assert_true(
                bytes_equal(document_text(&settle, FIELD_OUTCOME), bytes_text("registered")));
            assert_true(bytes_equal(document_text(&settle, FIELD_ANSWER_ID), bytes_text("R")));
            assert_int_equal(document_number(&settle, FIELD_AMOUNT), 2000);
        }
        reading_free(&reading);
        holder_free(holder);
    }
}

/* --- what is taken back --- */

static void hear(struct holder *holder, struct script *above)
{
    struct block_header header = header_of(above);

    header.audience = (struct audience){AUDIENCE_LINE, tree_division(LINZHOU)};
    ledger_observe_block(holder->ledger, holder->txn, &header, above->entries, above->count);
    script_clear(above);
}

/* The node of the receiver returns what was taken back: once, and not for a thief of its issuer's
 * node, whom no person helped. */
static void what_is_taken_back_is_returned_by_the_node(void **state)
{
    static const struct {
        bool unapproved;
        size_t returns;
    } cases[] = {{false, 1}, {true, 0}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *linzhou = holder_new(((struct holder *)*state)->tree, LINZHOU);
        struct script above = {.author = LHASA, .first_lsn = 1};
        struct document answer;
        struct err err;

        if (cases[i].unapproved) {
            unapproved_mark(linzhou->txn, tree_division(LHASA),
                            &(struct unapproved){.lsn = 2, .kind = KIND_WITHDRAW});
        }
        WRITE(&above, "transfer", "T", OF_T);
        WRITE(&above, "withdraw", "W", "bgt_id", "T", "rec_div_code", "540121");
        hear(linzhou, &above);
        assert_int_equal(linzhou->settles, cases[i].returns);
        assert_int_equal(linzhou->alarm_count, 0);
        if (cases[i].returns > 0) {
            assert_int_equal(
                document_decode(&answer, KIND_RETURN, buf_bytes(&linzhou->settle), &err), OK);
            assert_true(bytes_equal(document_text(&answer, FIELD_REASON), bytes_text("withdrawn")));
            assert_true(bytes_equal(document_text(&answer, FIELD_BGT_ID), bytes_text("T")));
            assert_int_equal(document_number(&answer, FIELD_TRANSFER_LSN), 1);
        }
        holder_free(linzhou);
    }
}

/* A return that a node wrote needs no persons, once the withdraw is known; a register, or a return
 * of a person, does. */
static void a_return_of_a_node_needs_no_persons(void **state)
{
    static const struct {
        const char *kind, *id;
        bool stays_marked;
    } cases[] = {{"return", ".w1", false}, {"return", "W1", true}, {"register", "R1", true}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *region = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        struct entry entry;

        WRITE(&issuer, "budget", "B", REPLY("100"));
        WRITE(&issuer, "transfer", "T", OF_T);
        apply(region, &issuer);
        unapproved_mark(
            region->txn, tree_division(LINZHOU),
            &(struct unapproved){.lsn = 1, .kind = kind_named(bytes_text(cases[i].kind))});
        write_fields(&receiver, cases[i].kind, cases[i].id,
                     (const char *const[]){"bgt_id", "T", "ori_div_code", "540100", "amount", "20",
                                           "fund_type_code", "111", NULL});
        assert_int_equal(apply_part(region, &receiver, 0), OK);
        entry = receiver.entries[0];
        assert_false(withdraw_excuses(region->txn, &entry));
        assert_true(unapproved_find(region->txn, tree_division(LINZHOU), 1, NULL));
        WRITE(&issuer, "withdraw", "W", "bgt_id", "T", "rec_div_code", "540121");
        apply(region, &issuer);
        assert_int_equal(unapproved_find(region->txn, tree_division(LINZHOU), 1, NULL),
                         cases[i].stays_marked);
        assert_int_equal(withdraw_excuses(region->txn, &entry), !cases[i].stays_marked);
        script_clear(&receiver);
        holder_free(region);
    }
}

/* Neither does what names nothing, or cannot be read, or answers no transfer. */
static void not_every_entry_is_excused(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LINZHOU, .first_lsn = 1};

    WRITE(&script, "return", ".w1", "reason", "withdrawn", "ori_div_code", "540100");
    WRITE(&script, "return", ".w2", "reason", "withdrawn", "ori_div_code", "540100", "bgt_id",
          "NO");
    WRITE(&script, "payment", ".w3", "bgt_id", "T");
    write_raw(&script, KIND_RETURN, DOCUMENT_FORMAT, bytes_text("\xff"));
    for (size_t i = 0; i < script.count; i++) {
        assert_false(withdraw_excuses(holder->txn, &script.entries[i]));
    }
    script_clear(&script);
}

/* A withdraw of what is no transfer takes nothing back. */
static void only_a_transfer_is_taken_back(void **state)
{
    struct holder *region = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct transfer_match match;

    WRITE(&issuer, "budget", "B", REPLY("100"));
    WRITE(&issuer, "remit", "M", "ori_bgt_id", "B", "amount", "5", "rec_div_code", "540000",
          "fund_type_code", "111", "tra_type_code", "general");
    WRITE(&issuer, "withdraw", "W", "bgt_id", "M", "rec_div_code", "540000");
    WRITE(&issuer, "withdraw", "X", "bgt_id", "NO", "rec_div_code", "540000");
    apply(region, &issuer);
    assert_true(transfer_match_load(region->txn, tree_division(LHASA), bytes_text("M"), &match));
    assert_int_equal(match.withdraw_lsn, 0);
    assert_int_equal(region->settles, 0);
}

/* --- answers that wait --- */

/* How many wait is a row: one that is cut is no number, and never none. */
static void a_count_of_waiting_answers_that_is_cut_is_told(void **state)
{
    struct holder *holder = *state;
    const struct row_key key = row_key_of(ROW_WAITING_COUNT, tree_division(LHASA), BYTES_NONE);
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct err err = {OK, ""};

    (void)txn_put(holder->txn, SPACE_LEDGER, row_key_bytes(&key), bytes_text("1234567"));
    WRITE(&issuer, "budget", "B", REPLY("100"));
    apply(holder, &issuer);
    assert_int_equal(txn_status(holder->txn, &err), ERR_CORRUPT);
}

/* A grant says how much it gives: something, and no more than was asked for. */
static void a_grant_gives_part_of_what_was_asked(void **state)
{
    static const struct {
        const char *amount;
        bool fits;
    } cases[] = {{"5", true}, {"1", true}, {"6", false}, {"0", false}, {"-1", false}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *region = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        struct document grant;
        struct buf body = BUF_EMPTY;
        struct hash content;

        WRITE(&issuer, "budget", "B", REPLY("100"));
        WRITE(&issuer, "transfer", "T", OF_T);
        WRITE(&issuer, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
              "outcome", "registered", "answer_id", "R");
        WRITE(&issuer, "recall", "C", "bgt_id", "T", "rec_div_code", "540121", "amount", "5");
        content = hash_of(TAG_CONTENT, issuer.entries[3].body);
        apply(region, &issuer);
        WRITE(&receiver, "register", "R", "bgt_id", "Z", "ori_div_code", "540000", "amount", "20",
              "fund_type_code", "111");
        apply(region, &receiver);
        region->alarm_count = 0; /* Z, too, is nothing that anybody issued */
        document_fill(&grant, "recall_grant", "G",
                      (const char *const[]){"recall_id", "C", "ori_div_code", "540100",
                                            "ori_bgt_id", "T", "bgt_id", "R", "amount",
                                            cases[i].amount, NULL});
        document_set_number(&grant, FIELD_TRANSFER_LSN, 4);
        document_set_text(&grant, FIELD_TRANSFER_HASH, bytes_of(content.at, sizeof content.at));
        document_encode(&body, &grant);
        write_raw(&receiver, KIND_RECALL_GRANT, DOCUMENT_FORMAT, buf_bytes(&body));
        apply(region, &receiver);
        if ((region->alarm_count == 0) != cases[i].fits) {
            fail_msg("%s: %zu alarms, %s", cases[i].amount, region->alarm_count,
                     region->alarm_count > 0 ? region->alarms[0] : "");
        }
        buf_free(&body);
        holder_free(region);
    }
}

/* A settle that names another answer, of the same outcome and amount. */
static void a_settle_names_the_answer_that_it_settles(void **state)
{
    static const struct {
        const char *answer_id, *amount, *why;
    } cases[] = {{"R", "20", NULL},
                 {"R2", "20", "why=other_answer_settled"},
                 {"R", "19", "why=settled_not_"}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *region = holder_new(((struct holder *)*state)->tree, REGION);
        struct reading reading = {.lsn = 0};
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};

        WRITE(&issuer, "budget", "B", REPLY("100"));
        WRITE(&issuer, "transfer", "T", OF_T);
        apply(region, &issuer);
        write_answer(&receiver, &reading);
        apply(region, &receiver);
        assert_int_equal(region->alarm_count, 0);
        WRITE(&issuer, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount",
              cases[i].amount, "outcome", "registered", "answer_id", cases[i].answer_id);
        apply(region, &issuer);
        assert_int_equal(region->alarm_count, cases[i].why == NULL ? 0 : 1);
        if (cases[i].why != NULL) {
            assert_non_null(strstr(region->alarms[0], cases[i].why));
        }
        reading_free(&reading);
        holder_free(region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(what_was_answered_before_it_stands_again_is_settled),
        HELD(what_is_taken_back_is_returned_by_the_node),
        HELD(a_return_of_a_node_needs_no_persons),
        HELD(not_every_entry_is_excused),
        HELD(only_a_transfer_is_taken_back),
        HELD(a_count_of_waiting_answers_that_is_cut_is_told),
        HELD(a_grant_gives_part_of_what_was_asked),
        HELD(a_settle_names_the_answer_that_it_settles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
