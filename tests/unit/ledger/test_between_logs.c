/* What holders make of the logs on both sides of an edge: in whatever order these arrive, and
 * whatever they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/withdraw.h"
#include "node/ledger/observe.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/verify.h"
#include "replicator/log/sealing.h"
#include "tests/unit/ledger/holder.h"

#define TERMS(stage) "cor_bgt_doc_no", "文〔2026〕1号", "tra_type_code", "general", "stage", stage
#define GIVE(stage, line, receiver, amount)                                                        \
    "ori_bgt_id", line, "rec_div_code", receiver, "amount", amount, TERMS(stage)
#define REMIT(line, receiver, amount)                                                              \
    "ori_bgt_id", line, "rec_div_code", receiver, "amount", amount, "cor_bgt_doc_no",              \
        "上〔2026〕1号"

/* --- every order --- */

/* Something of each sort, answered, settled or open still. */
static void tell_story(struct tree *tree)
{
    DO(tree, REGION, "budget", "B", REPLY("1000"));
    DO(tree, REGION, "transfer", "E", GIVE("early", "B", "540100", "600"));
    DO(tree, REGION, "transfer", "D", GIVE("formal", "B", "540121", "50"));
    DO(tree, REGION, "transfer", "O", GIVE("formal", "B", "540100", "10"));
    tree_seal(tree);
    DO(tree, LHASA, "register", "r", "bgt_id", "E");
    DO(tree, LINZHOU, "register", "d", "bgt_id", "D", "ori_div_code", "540000");
    DO(tree, REGION, "withdraw", "W", "bgt_id", "O", "reason", "误发");
    tree_seal(tree);
    DO(tree, LHASA, "transfer", "X", GIVE("early", "r", "540121", "200"));
    DO(tree, REGION, "recall", "C", "bgt_id", "D", "amount", "20", "reason", "结余");
    DO(tree, REGION, "transfer", "F", "early_bgt_id", "E", "rec_div_code", "540100", "amount",
       "-30", TERMS("formal"));
    DO(tree, REGION, "transfer", "Z", "early_bgt_id", "E", "rec_div_code", "540100", "amount", "0",
       TERMS("formal"));
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "x", "bgt_id", "X");
    DO(tree, LINZHOU, "recall_grant", "c", "bgt_id", "d", "amount", "15", "recall_id", "C",
       "ori_div_code", "540000");
    DO(tree, LHASA, "register", "f", "bgt_id", "F");
    DO(tree, LINZHOU, "remit", "M", REMIT("x", "540000", "7"));
    DO(tree, LINZHOU, "remit", "N", REMIT("x", "540100", "5"));
    tree_seal(tree);
    DO(tree, REGION, "register", "m", "bgt_id", "M", "ori_div_code", "540121");
    DO(tree, LHASA, "return", "n", "bgt_id", "N", "ori_div_code", "540121", "reason", "不收");
    DO(tree, LHASA, "recall", "K", "bgt_id", "X", "amount", "3", "reason", "结余");
    tree_seal(tree);
    DO(tree, LINZHOU, "recall_refuse", "k", "recall_id", "K", "reason", "已支");
    DO(tree, LINZHOU, "remit", "Q", REMIT("x", "540000", "1")); /* open still */
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
}

enum { AUTHORS = 3, HELD_MAX = 64 };

struct held {
    struct bytes blocks[HELD_MAX];
    size_t count, next;
};

static bool keep_block(void *arg, const struct block_view *block)
{
    struct held *held = arg;
    struct buf whole = BUF_EMPTY;

    assert_true(held->count < HELD_MAX);
    buf_append_bytes(&whole, block->whole);
    held->blocks[held->count++] = buf_bytes(&whole); /* freed by free_held */
    return true;
}

static void free_held(struct held *held)
{
    for (size_t i = 0; i < held->count; i++) {
        mem_free((void *)(uintptr_t)held->blocks[i].data);
    }
}

static void play(struct holder *holder, enum office_name self, struct held *log)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct block_view block;
    struct err err = {OK, ""};

    assert_int_equal(block_parse(&block, log->blocks[log->next++], &err), OK);
    assert_int_equal(block_body_read(&body, &block, &err), OK);
    if (roster_within(tree_roster(holder->tree), block.header.author, tree_division(self))) {
        assert_int_equal(ledger_apply_block(holder->ledger, holder->txn, &block.header,
                                            body.entries, body.count, &err),
                         OK);
    } else {
        ledger_observe_block(holder->ledger, holder->txn, &block.header, body.entries, body.count);
    }
    block_body_free(&body);
}

static bool add_row(void *arg, struct bytes key, struct bytes value)
{
    struct buf *rows = arg;

    buf_put_varint(rows, key.size);
    buf_append_bytes(rows, key);
    buf_put_varint(rows, value.size);
    buf_append_bytes(rows, value);
    return true;
}

static void read_rows(struct txn *txn, struct buf *rows)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_INDEX, SPACE_ROLLUPS};
    struct err err;

    buf_clear(rows);
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        assert_int_equal(txn_scan(txn, spaces[i], BYTES_NONE, add_row, rows, &err), OK);
    }
}

static unsigned draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*seed >> 33);
}

/* The own log, which is always there, then blocks of the others: in turns, or any one's that draw
 * says. */
static void play_order(struct holder *holder, enum office_name self, struct held logs[AUTHORS],
                       uint64_t seed)
{
    size_t left = 0;

    for (size_t i = 0; i < AUTHORS; i++) {
        logs[i].next = 0;
        left += logs[i].count;
    }
    while (logs[self == REGION ? 0 : 1].next < logs[self == REGION ? 0 : 1].count) {
        play(holder, self, &logs[self == REGION ? 0 : 1]);
        left--;
    }
    for (; left > 0; left--) {
        size_t at = draw(&seed) % AUTHORS;

        while (logs[at].next == logs[at].count) {
            at = (at + 1) % AUTHORS;
        }
        play(holder, self, &logs[at]);
    }
}

static void all_orders_of_arrival_make_the_same_rows(void **state)
{
    static const enum office_name authors[AUTHORS] = {REGION, LHASA, LINZHOU};
    static const enum office_name selves[] = {REGION, LHASA};
    struct tree *tree = tree_new();

    (void)state;
    tell_story(tree);
    for (size_t s = 0; s < COUNT_OF(selves); s++) {
        struct held logs[AUTHORS] = {{.count = 0}};
        struct txn *stored = txn_open(tree_store(tree, selves[s]), NULL);
        struct buf want = BUF_EMPTY, have = BUF_EMPTY;
        struct err err;

        read_rows(stored, &want);
        for (size_t i = 0; i < AUTHORS; i++) {
            assert_int_equal(log_scan(tree_store(tree, selves[s]), NULL, tree_division(authors[i]),
                                      1, keep_block, &logs[i], &err),
                             OK);
            assert_true(logs[i].count > 2);
        }
        for (uint64_t seed = 1; seed <= 60; seed++) {
            struct holder *holder = holder_new(tree, selves[s]);

            play_order(holder, selves[s], logs, seed);
            read_rows(holder->txn, &have);
            if (holder->alarm_count != 0 || holder->states_differ != 0) {
                fail_msg("order %u at %s: %s", (unsigned)seed, tree_division(selves[s]).code,
                         holder->alarms[0]);
            }
            if (!bytes_equal(buf_bytes(&want), buf_bytes(&have))) {
                fail_msg("order %u at %s makes other rows", (unsigned)seed,
                         tree_division(selves[s]).code);
            }
            holder_free(holder);
        }
        for (size_t i = 0; i < AUTHORS; i++) {
            free_held(&logs[i]);
        }
        buf_free(&want);
        buf_free(&have);
        txn_free(stored);
    }
    tree_free(tree);
}

/* --- what no honest log says --- */

/* Lhasa's transfer T of 20 to Linzhou, registered there as R and settled; and its recall C of 5. */
static void issue(struct holder *holder, struct script *issuer, struct script *receiver)
{
    WRITE(issuer, "budget", "B", REPLY("100"));
    WRITE(issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121", "stage", "early");
    WRITE(issuer, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "registered", "answer_id", "R");
    WRITE(issuer, "recall", "C", "bgt_id", "T", "rec_div_code", "540121", "amount", "5");
    apply(holder, issuer);
    WRITE(receiver, "register", "R", "bgt_id", "T", "ori_div_code", "540100", "amount", "20",
          "fund_type_code", "111", "stage", "early", "transfer_lsn", "2");
    apply(holder, receiver);
    holder->alarm_count = 0; /* the hash is none: not what is looked at here */
}

static void expect_alarm(struct holder *holder, const char *what, const char *why)
{
    if (holder->alarm_count != 1 || strstr(holder->alarms[0], why) == NULL) {
        fail_msg("%s: %zu alarms, %s", what, holder->alarm_count,
                 holder->alarm_count > 0 ? holder->alarms[0] : "-");
    }
}

static void answers_that_do_not_fit_are_a_breach(void **state)
{
    static const struct {
        const char *why;
        enum office_name answerer;
        const char *kind;
        const char *fields[20];
    } cases[] = {
        {"amounts_differ",
         LINZHOU,
         "recall_grant",
         {"bgt_id", "R", "recall_id", "C", "ori_div_code", "540100", "amount", "6", "ori_bgt_id",
          "T", "transfer_lsn", "4"}},
        {"elements_differ",
         LINZHOU,
         "recall_grant",
         {"bgt_id", "R", "recall_id", "C", "ori_div_code", "540100", "amount", "5", "ori_bgt_id",
          "U", "transfer_lsn", "4"}},
        {"other_kind_answered",
         LINZHOU,
         "return",
         {"bgt_id", "C", "ori_div_code", "540100", "amount", "5", "transfer_lsn", "4"}},
        {"other_division_answered",
         SANGZHUZI,
         "recall_refuse",
         {"recall_id", "C", "ori_div_code", "540100", "transfer_lsn", "4"}},
        {"years_differ",
         LINZHOU,
         "recall_refuse",
         {"recall_id", "C", "ori_div_code", "540100", "transfer_lsn", "4", "fiscal_year", "2027"}},
        {"content_differs",
         LINZHOU,
         "recall_refuse",
         {"recall_id", "C", "ori_div_code", "540100", "transfer_lsn", "4"}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        struct script other = {.author = SANGZHUZI, .first_lsn = 1};
        struct script *answerer = cases[i].answerer == LINZHOU ? &receiver : &other;

        issue(holder, &issuer, &receiver);
        write_fields(answerer, cases[i].kind, "A", cases[i].fields);
        apply(holder, answerer);
        expect_alarm(holder, cases[i].why, cases[i].why);
        holder_free(holder);
    }
}

/* Nothing is posted, at every holder alike, and whoever looks is told. */
static void settles_that_do_not_fit_book_nothing(void **state)
{
    static const struct {
        const char *why, *bgt_id, *outcome;
    } cases[] = {
        {"outcome_does_not_fit", "C", "registered"}, {"outcome_does_not_fit", "C", "lowered"},
        {"outcome_does_not_fit", "T", "granted"},    {"outcome_does_not_fit", "T", "lowered"},
        {"outcome_does_not_fit", "C", "other"},      {"line_missing", "NO", "granted"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};

        issue(holder, &issuer, &receiver);
        WRITE(&issuer, "settle", ".t", "bgt_id", cases[i].bgt_id, "rec_div_code", "540121",
              "amount", "5", "outcome", cases[i].outcome, "answer_id", "A");
        apply(holder, &issuer);
        expect_alarm(holder, cases[i].why, cases[i].why);
        assert_int_equal(balance(holder, LHASA, "T", ACC_XFER_OUT), 2000);
        assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), 8000);
        holder_free(holder);
    }
}

static void a_recall_is_settled_once(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};

    issue(holder, &issuer, &receiver);
    for (int i = 0; i < 2; i++) {
        WRITE(&issuer, "settle", i == 0 ? ".t" : ".u", "bgt_id", "C", "rec_div_code", "540121",
              "amount", "5", "outcome", "granted", "answer_id", "A");
        apply(holder, &issuer);
    }
    expect_alarm(holder, "the second", "why=ask_is_settled");
    assert_int_equal(balance(holder, LHASA, "T", ACC_XFER_OUT), 1500);
    holder_free(holder);
}

/* What lacks that by which it could be folded posts nothing. */
static void what_a_node_left_out_books_nothing(void **state)
{
    static const struct {
        const char *kind;
        const char *fields[16];
    } cases[] = {
        {"transfer", {"early_bgt_id", "NO", "amount", "-1", "rec_div_code", "540121"}},
        {"transfer_out",
         {"ori_bgt_id", "B", "early_bgt_id", "T", "amount", "-1", "fund_type_code", "111"}},
        {"transfer_in", {"early_bgt_id", "B", "amount", "-1", "fund_type_code", "111"}},
        {"register", {"bgt_id", "D", "amount", "-1", "fund_type_code", "111"}},
        {"register", {"bgt_id", "D", "amount", "-1", "own_bgt_id", "B"}},
        {"recall", {"bgt_id", "B", "amount", "1"}},
        {"recall", {"bgt_id", "T", "amount", "-1"}},
        {"recall_grant", {"bgt_id", "B", "amount", "1", "recall_id", "C"}},
        {"withdraw", {"bgt_id", "B"}},
        {"remit", {"ori_bgt_id", "NO", "amount", "1"}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        struct doc_row row;

        issue(holder, &issuer, &receiver);
        write_fields(&issuer, cases[i].kind, "A", cases[i].fields);
        apply(holder, &issuer);
        expect_alarm(holder, cases[i].kind, "bad_entry: ");
        assert_false(doc_load(holder->txn, tree_division(LHASA), bytes_text("A"), &row));
        assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), 8000);
        holder_free(holder);
    }
}

/* --- a return without persons --- */

static bool is_deeply_sound(struct tree *tree, enum office_name at, enum office_name of,
                            char fault[VERIFY_FAULT_MAX])
{
    struct verify *verify = verify_open(&(struct verify_config){.store = tree_store(tree, at),
                                                                .roster = tree_roster(tree),
                                                                .self = tree_division(at),
                                                                .deep = true});
    const bool is_sound = verify_log(verify, tree_division(of));

    (void)snprintf(fault, VERIFY_FAULT_MAX, "%s", verify_first_fault(verify));
    verify_close(verify);
    return is_sound;
}

/* Linzhou's documents need two persons; what its node answers to a withdraw does not. */
static void a_withdraw_is_answered_without_persons(void **state)
{
    struct tree *tree = tree_new_strict(LINZHOU);
    char fault[VERIFY_FAULT_MAX];

    (void)state;
    tree_approve(tree, LINZHOU);
    DO(tree, REGION, "budget", "B", REPLY("1000"));
    DO(tree, REGION, "transfer", "T", GIVE("formal", "B", "540121", "600"));
    tree_seal(tree);
    DO(tree, REGION, "withdraw", "W", "bgt_id", "T", "reason", "误发");
    tree_seal(tree);
    for (int at = 0; at < OFFICES; at++) {
        if (roster_within(tree_roster(tree), tree_division(LINZHOU),
                          tree_division((enum office_name)at)) &&
            !is_deeply_sound(tree, (enum office_name)at, LINZHOU, fault)) {
            fail_msg("at %s: %s", tree_division((enum office_name)at).code, fault);
        }
    }
    assert_int_equal(tree_alarms(tree), 0);
    tree_free(tree);
}

static struct entry return_entry(struct buf *body, const char *id, const char *bgt_id)
{
    struct document answer;

    document_fill(&answer, "return", id,
                  (const char *const[]){"bgt_id", bgt_id, "ori_div_code", "540100", NULL});
    buf_clear(body);
    document_encode(body, &answer);
    return (struct entry){1, 1, KIND_RETURN, DOCUMENT_FORMAT, buf_bytes(body)};
}

/* Only a node's own return, and only of what was taken back. */
static void no_other_return_does_without_persons(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct buf body = BUF_EMPTY;
    struct entry entry;

    WRITE(&issuer, "budget", "B", REPLY("100"));
    WRITE(&issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    WRITE(&issuer, "transfer", "U", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    apply(holder, &issuer);
    entry = return_entry(&body, ".w1", "T");
    assert_false(withdraw_excuses(holder->txn, &entry));
    WRITE(&issuer, "withdraw", "W", "bgt_id", "T", "rec_div_code", "540121");
    apply(holder, &issuer);
    assert_true(withdraw_excuses(holder->txn, &entry));
    entry = return_entry(&body, "r1", "T"); /* a person's */
    assert_false(withdraw_excuses(holder->txn, &entry));
    entry = return_entry(&body, ".w1", "U");
    assert_false(withdraw_excuses(holder->txn, &entry));
    entry = return_entry(&body, ".w1", "T");
    entry.kind = KIND_REGISTER;
    assert_false(withdraw_excuses(holder->txn, &entry));
    buf_free(&body);
}

/* Lhasa hears of T, and of what takes it back. */
static void hear_withdraw(struct holder *lhasa, struct script *issuer, bool is_approved)
{
    struct block_header header;

    WRITE(issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540100");
    WRITE(issuer, "withdraw", "W", "bgt_id", "T", "rec_div_code", "540100", "reason", "误发");
    if (!is_approved) {
        unapproved_mark(lhasa->txn, tree_division(REGION),
                        &(struct unapproved){.lsn = 2, .kind = KIND_WITHDRAW});
    }
    header = header_of(issuer);
    header.audience.division = tree_division(LHASA);
    ledger_observe_block(lhasa->ledger, lhasa->txn, &header, issuer->entries, issuer->count);
}

static void only_what_persons_took_back_is_returned(void **state)
{
    struct tree *tree = ((struct holder *)*state)->tree;

    for (int is_approved = 0; is_approved < 2; is_approved++) {
        struct holder *lhasa = holder_new(tree, LHASA);
        struct script issuer = {.author = REGION, .first_lsn = 1};
        struct document answer;
        struct err err;

        hear_withdraw(lhasa, &issuer, is_approved == 1);
        assert_int_equal(lhasa->settles, is_approved);
        if (is_approved == 1) {
            assert_int_equal(document_decode(&answer, KIND_RETURN, buf_bytes(&lhasa->settle), &err),
                             OK);
            assert_true(document_is_word(&answer, FIELD_REASON, "withdrawn"));
            assert_true(document_is_word(&answer, FIELD_BGT_ID, "T"));
            assert_int_equal(document_id(&answer).data[0], '.');
            assert_int_equal(document_number(&answer, FIELD_TRANSFER_LSN), 1);
            assert_int_equal(document_money(&answer), 2000);
        }
        assert_int_equal(lhasa->alarm_count, 0);
        script_clear(&issuer);
        holder_free(lhasa);
    }
}

/* A return that came before the withdraw it answers was marked: it is no more. */
static void a_return_that_outran_its_withdraw_is_cleared(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};

    WRITE(&issuer, "budget", "B", REPLY("100"));
    WRITE(&issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    apply(holder, &issuer);
    unapproved_mark(holder->txn, tree_division(LINZHOU),
                    &(struct unapproved){.lsn = 1, .kind = KIND_RETURN});
    WRITE(&receiver, "return", ".w1", "bgt_id", "T", "ori_div_code", "540100", "amount", "20",
          "fund_type_code", "111", "transfer_lsn", "2");
    apply(holder, &receiver);
    assert_true(unapproved_find(holder->txn, tree_division(LINZHOU), 1, NULL));
    WRITE(&issuer, "withdraw", "W", "bgt_id", "T", "rec_div_code", "540121");
    apply(holder, &issuer);
    assert_false(unapproved_find(holder->txn, tree_division(LINZHOU), 1, NULL));
}

/* What is asked back without the issuer's persons is refused or returned, and no more. */
static void what_nobody_approved_is_not_given_back(void **state)
{
    struct tree *tree = ((struct holder *)*state)->tree;
    struct holder *lhasa = holder_new(tree, LHASA);
    struct script issuer = {.author = REGION, .first_lsn = 1};
    static const struct {
        const char *kind, *want;
        const char *fields[10];
    } cases[] = {
        {"recall_grant", "issuer_unapproved", {"recall_id", "C", "bgt_id", "R", "amount", "1"}},
        {"recall_refuse", "", {"recall_id", "C", "reason", "因"}},
        {"register", "issuer_unapproved", {"bgt_id", "F"}},
        {"return", "", {"bgt_id", "F", "reason", "因"}},
    };
    struct script own = {.author = LHASA, .first_lsn = 1};
    struct block_header header;

    WRITE(&issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540100", "stage", "early");
    WRITE(&own, "register", "R", "bgt_id", "T", "ori_div_code", "540000", "amount", "20",
          "fund_type_code", "111", "stage", "early", "transfer_lsn", "1");
    WRITE(&issuer, "recall", "C", "bgt_id", "T", "rec_div_code", "540100", "amount", "5", "reason",
          "因");
    WRITE(&issuer, "transfer", "F", "early_bgt_id", "T", "amount", "-5", "fund_type_code", "111",
          "rec_div_code", "540100", "stage", "formal");
    for (uint64_t lsn = 2; lsn <= 3; lsn++) {
        unapproved_mark(lhasa->txn, tree_division(REGION),
                        &(struct unapproved){.lsn = lsn, .kind = KIND_RECALL});
    }
    header = header_of(&issuer);
    header.audience.division = tree_division(LHASA);
    ledger_observe_block(lhasa->ledger, lhasa->txn, &header, issuer.entries, issuer.count);
    apply(lhasa, &own);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf memory = BUF_EMPTY;
        struct document answer;
        struct refusal refusal = {.reason = REASON_NONE};
        char code[REASON_CODE_MAX] = "";

        document_fill(&answer, cases[i].kind, "A", cases[i].fields);
        ledger_complete(lhasa->ledger, lhasa->txn, &answer, &memory);
        if (ledger_check_rules(lhasa->ledger, lhasa->txn, &answer, &refusal) != REASON_NONE) {
            reason_code(code, &refusal);
        }
        if (strcmp(code, cases[i].want) != 0) {
            fail_msg("%s: got %s, want %s", cases[i].kind, code, cases[i].want);
        }
        buf_free(&memory);
    }
    script_clear(&issuer);
    holder_free(lhasa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orders_of_arrival_make_the_same_rows),
        HELD(answers_that_do_not_fit_are_a_breach),
        HELD(settles_that_do_not_fit_book_nothing),
        HELD(a_recall_is_settled_once),
        HELD(what_a_node_left_out_books_nothing),
        cmocka_unit_test(a_withdraw_is_answered_without_persons),
        HELD(no_other_return_does_without_persons),
        HELD(only_what_persons_took_back_is_returned),
        HELD(a_return_that_outran_its_withdraw_is_cleared),
        HELD(what_nobody_approved_is_not_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
