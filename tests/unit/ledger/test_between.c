/* Money between levels, up and down: what is asked, answered and settled, at the author and at
 * every division above it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/tree.h"

#define REPLY(amount)                                                                              \
    "stage", "reply", "fund_type_code", "111", "approval_ref", "1", "amount", amount
#define TERMS(stage) "cor_bgt_doc_no", "文〔2026〕1号", "tra_type_code", "general", "stage", stage
#define SPECIAL      "cor_bgt_doc_no", "文〔2026〕2号", "tra_type_code", "special", "stage", "formal"
#define GIVE(stage, line, receiver, amount)                                                        \
    "ori_bgt_id", line, "rec_div_code", receiver, "amount", amount, TERMS(stage)
#define DIFFER(early, receiver, amount)                                                            \
    "early_bgt_id", early, "rec_div_code", receiver, "amount", amount, TERMS("formal")
#define REMIT(line, receiver, amount)                                                              \
    "ori_bgt_id", line, "rec_div_code", receiver, "amount", amount, "cor_bgt_doc_no",              \
        "上〔2026〕1号"

static int open_tree(void **state)
{
    *state = tree_new();
    return 0;
}

/* Every row that a node keeps is the one that the logs make. */
static void expect_deep(struct tree *tree, enum office_name at)
{
    const struct roster *roster = tree_roster(tree);
    struct verify *verify = verify_open(&(struct verify_config){
        .store = tree_store(tree, at), .roster = roster, .self = tree_division(at), .deep = true});
    bool is_sound = true;

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division of = roster_at(roster, i)->grant.division;

        if (roster_within(roster, of, tree_division(at)) ||
            roster_within(roster, tree_division(at), of)) {
            is_sound = verify_log(verify, of) && is_sound;
        }
    }
    if (!verify_shared(verify) || !is_sound) {
        fail_msg("deep, at %s: %s", tree_division(at).code, verify_first_fault(verify));
    }
    verify_close(verify);
}

/* Nobody was alarmed, and every ledger is sound where it is held. */
static void expect_sound(struct tree *tree)
{
    for (int holder = 0; holder < OFFICES; holder++) {
        struct txn *txn = txn_open(tree_store(tree, (enum office_name)holder), NULL);

        for (int author = 0; author < OFFICES; author++) {
            const struct division division = tree_division((enum office_name)author);
            char fault[VERIFY_FAULT_MAX] = "";

            if (roster_within(tree_roster(tree), division,
                              tree_division((enum office_name)holder)) &&
                verify_ledger(txn, tree_roster(tree), division, fault, sizeof fault) !=
                    VERIFY_SOUND) {
                message_to_line(fault);
                fail_msg("%s at %s: %s", division.code,
                         tree_division((enum office_name)holder).code, fault);
            }
        }
        txn_free(txn);
        expect_deep(tree, (enum office_name)holder);
    }
}

static int close_tree(void **state)
{
    struct tree *tree = *state;

    if (tree_alarms(tree) != 0) {
        fail_msg("%s", tree_alarm(tree));
    }
    tree_free(tree);
    return 0;
}

/* Yuan, at the author and at all above it. */
#define expect_line(tree, author, id, account, yuan)                                               \
    expect_line_at(tree, author, id, account, yuan, __LINE__)
static void expect_line_at(struct tree *tree, enum office_name author, const char *id,
                           enum account account, int64_t yuan, int line)
{
    for (int holder = 0; holder < OFFICES; holder++) {
        struct indicator row = {.balance = {0}};
        struct txn *txn;

        if (!roster_within(tree_roster(tree), tree_division(author),
                           tree_division((enum office_name)holder))) {
            continue;
        }
        txn = txn_open(tree_store(tree, (enum office_name)holder), NULL);
        if (!indicator_load(txn, tree_division(author), bytes_text(id), &row)) {
            fail_msg("line %d: no line %s at %s", line, id,
                     tree_division((enum office_name)holder).code);
        }
        if (row.balance[account] !=
            (account_info(account)->normal < 0 ? -1 : 1) * (int128)yuan * 100) {
            fail_msg("line %d: %s of %s at %s is %lld", line, account_info(account)->mnemonic, id,
                     tree_division((enum office_name)holder).code, (long long)row.balance[account]);
        }
        txn_free(txn);
    }
}

/* At the author, and wherever else it is held. */
static void expect_state(struct tree *tree, enum office_name author, const char *id,
                         const char *want)
{
    for (int holder = 0; holder < OFFICES; holder++) {
        struct txn *txn = txn_open(tree_store(tree, (enum office_name)holder), NULL);
        struct doc_row row;
        const bool is_held = doc_load(txn, tree_division(author), bytes_text(id), &row);

        assert_true(is_held || holder != (int)author);
        if (is_held && strcmp(doc_state_name(row.state), want) != 0) {
            fail_msg("%s at %s is %s, want %s", id, tree_division((enum office_name)holder).code,
                     doc_state_name(row.state), want);
        }
        txn_free(txn);
    }
}

struct sum {
    enum account account;
    int128 fen;
};

static void add_sum(void *arg, const struct balance_row *row)
{
    struct sum *sum = arg;

    sum->fen += row->account == sum->account ? row->debit - row->credit : 0;
}

static int64_t jurisdiction(struct tree *tree, enum office_name office, enum account account)
{
    struct txn *txn = txn_open(tree_store(tree, office), NULL);
    struct sum sum = {account, 0};

    query_balance(txn, NULL, tree_division(office), SCOPE_SUBTREE, 0, BY_ACCOUNT, add_sum, &sum);
    txn_free(txn);
    return (int64_t)(sum.fen / 100);
}

struct waiting {
    size_t count;
    struct open_item first;
    char id[DOCUMENT_ID_MAX + 1];
};

static bool take_item(void *arg, const struct open_item *item)
{
    struct waiting *waiting = arg;

    if (waiting->count++ == 0) {
        waiting->first = *item;
        (void)snprintf(waiting->id, sizeof waiting->id, "%.*s", (int)item->place.id.size,
                       (const char *)item->place.id.data);
    }
    return true;
}

static struct waiting list(struct tree *tree, enum office_name at, enum open_list name,
                           enum office_name of)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct waiting waiting = {.count = 0};

    open_items_each(txn, name, tree_division(of), NULL, take_item, &waiting);
    assert_int_equal(waiting.count, open_items_sum(txn, name, tree_division(of)).count);
    txn_free(txn);
    return waiting;
}

/* Region 1000; early 600 (E) to Lhasa, registered (r); 200 of it on to Linzhou (X), registered. */
static void begin_early(struct tree *tree)
{
    DO(tree, REGION, "budget", "B", REPLY("1000"));
    DO(tree, REGION, "transfer", "E", GIVE("early", "B", "540100", "600"));
    tree_seal(tree);
    DO(tree, LHASA, "register", "r", "bgt_id", "E");
    tree_seal(tree);
    DO(tree, LHASA, "transfer", "X", GIVE("early", "r", "540121", "200"));
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "q", "bgt_id", "X");
    tree_seal(tree);
}

/* Example 1. */
static void what_is_formal_says_the_difference(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    expect_line(tree, LHASA, "r", ACC_UNALLOC, 400);
    DO(tree, REGION, "transfer", "F", DIFFER("E", "540100", "-50"));
    expect_line(tree, REGION, "E", ACC_XFER_OUT, 600); /* nothing is posted */
    tree_hold_back(tree, REGION, true);
    tree_hold_back(tree, REGION, false);
    expect_state(tree, REGION, "F", "issued");
    assert_int_equal(list(tree, LHASA, OPEN_TO_REGISTER, LHASA).count, 1);
    assert_int_equal(list(tree, LHASA, OPEN_TO_REGISTER, LHASA).first.amount, -5000);
    tree_cut(tree, LHASA, REGION, true);
    DO(tree, LHASA, "register", "n", "bgt_id", "F");
    tree_seal(tree);
    expect_state(tree, REGION, "F", "issued");
    tree_cut(tree, LHASA, REGION, false);
    expect_state(tree, REGION, "F", "lowered");
    expect_line(tree, LHASA, "r", ACC_SRC_TRANSFER_IN, 550);
    expect_line(tree, LHASA, "r", ACC_UNALLOC, 350);
    expect_line(tree, REGION, "E", ACC_XFER_OUT, 550);
    expect_line(tree, REGION, "B", ACC_UNALLOC, 450);
    assert_int_equal(jurisdiction(tree, REGION, ACC_TRANSIT), 0);
    assert_string_equal(SAY(tree, LHASA, "register", "n2", "bgt_id", "F"), "wrong_state");

    DO(tree, REGION, "transfer", "G", DIFFER("E", "540100", "-450"));
    tree_seal(tree);
    assert_string_equal(SAY(tree, LHASA, "register", "m", "bgt_id", "G"), "exceeds_available");
    DO(tree, LHASA, "return", "m", "bgt_id", "G", "reason", "已安排");
    tree_seal(tree);
    expect_state(tree, REGION, "G", "kept");
    expect_line(tree, REGION, "E", ACC_XFER_OUT, 550);

    DO(tree, REGION, "transfer", "H", DIFFER("E", "540100", "30"), "ori_bgt_id", "B");
    DO(tree, REGION, "transfer", "Z", DIFFER("E", "540100", "0"));
    tree_seal(tree);
    expect_state(tree, REGION, "Z", "noticed");
    assert_int_equal(list(tree, LHASA, OPEN_TO_REGISTER, LHASA).count, 1);
    assert_string_equal(SAY(tree, LHASA, "register", "z", "bgt_id", "Z"), "unknown_bgt_id");
    DO(tree, LHASA, "register", "h", "bgt_id", "H");
    tree_seal(tree);
    expect_line(tree, LHASA, "h", ACC_UNALLOC, 30);
    expect_line(tree, REGION, "H", ACC_XFER_OUT, 30);
    expect_sound(tree);
}

static void a_difference_under_way_shows_in_the_jurisdiction(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    DO(tree, REGION, "transfer", "F", DIFFER("E", "540100", "-50"));
    tree_seal(tree);
    /* Linzhou's part, as its two levels above see it before the city hears its own settle. */
    DO(tree, LHASA, "transfer", "Y", DIFFER("X", "540121", "-20"));
    tree_seal(tree);
    tree_cut(tree, LINZHOU, LHASA, true); /* the region hears it first, by another way */
    DO(tree, LINZHOU, "register", "y", "bgt_id", "Y");
    tree_seal(tree);
    assert_int_equal(jurisdiction(tree, REGION, ACC_TRANSIT), 20);
    tree_cut(tree, LINZHOU, LHASA, false);
    assert_int_equal(jurisdiction(tree, REGION, ACC_TRANSIT), 0);
    expect_line(tree, LINZHOU, "q", ACC_UNALLOC, 180);
    expect_line(tree, LHASA, "X", ACC_XFER_OUT, 180);
    expect_line(tree, LHASA, "r", ACC_UNALLOC, 420);
    expect_sound(tree);
}

static void differences_are_refused_for_their_reason(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    DO(tree, REGION, "budget", "B2", "stage", "reply", "fund_type_code", "12", "approval_ref", "1",
       "amount", "100");
    DO(tree, REGION, "transfer", "N", GIVE("formal", "B", "540100", "10"));
    DO(tree, REGION, "transfer", "O", GIVE("early", "B", "540100", "10"));
    tree_seal(tree);
    assert_string_equal(SAY(tree, REGION, "transfer", "1", DIFFER("E", "540200", "-1")),
                        "unknown_early_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer", "1", DIFFER("none", "540100", "-1")),
                        "unknown_early_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer", "1", DIFFER("N", "540100", "-1")),
                        "unknown_early_bgt_id");
    assert_string_equal(
        SAY(tree, REGION, "transfer", "1", DIFFER("E", "540100", "-1"), "fund_type_code", "12"),
        "unknown_early_bgt_id");
    assert_string_equal(
        SAY(tree, REGION, "transfer", "1", DIFFER("E", "540100", "-1"), "fiscal_year", "2027"),
        "unknown_early_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer", "1", "early_bgt_id", "E", "rec_div_code",
                            "540100", "amount", "-1", TERMS("early")),
                        "bad_stage");
    assert_string_equal(
        SAY(tree, REGION, "transfer", "1", DIFFER("E", "540100", "-1"), "ori_bgt_id", "B"),
        "unknown_field_ori_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer", "1", DIFFER("E", "540100", "1")),
                        "missing_ori_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer", "1", DIFFER("O", "540100", "-1")),
                        "wrong_state"); /* not yet registered */
    assert_string_equal(SAY(tree, REGION, "transfer", "1", DIFFER("E", "540100", "-601")),
                        "exceeds_transferred");
    DO(tree, REGION, "transfer", "2", DIFFER("E", "540100", "-400"));
    assert_string_equal(SAY(tree, REGION, "transfer", "3", DIFFER("E", "540100", "-201")),
                        "exceeds_transferred");
    assert_string_equal(
        SAY(tree, REGION, "recall", "3", "bgt_id", "E", "amount", "201", "reason", "收回"),
        "exceeds_transferred");
    DO(tree, REGION, "recall", "3", "bgt_id", "E", "amount", "200", "reason", "收回");
    tree_seal(tree);
    DO(tree, LHASA, "return", "k", "bgt_id", "2", "reason", "不同意");
    tree_seal(tree);
    DO(tree, REGION, "transfer", "4", DIFFER("E", "540100", "-400")); /* free again */
    DO(tree, LHASA, "return", "o", "bgt_id", "O", "reason", "不要");
    tree_seal(tree);
    assert_string_equal(SAY(tree, REGION, "transfer", "5", DIFFER("O", "540100", "-1")),
                        "wrong_state");
    expect_sound(tree);
}

/* Example 3. */
static void a_recall_is_answered_once(void **state)
{
    struct tree *tree = *state;
    struct waiting waiting;

    begin_early(tree);
    DO(tree, LHASA, "agency", "AG", "agency_code", "001", "agency_name", "局");
    DO(tree, LHASA, "allocate", "a", "ori_bgt_id", "r", "agency_code", "001", "amount", "340");
    DO(tree, REGION, "recall", "C", "bgt_id", "E", "amount", "100", "reason", "结余");
    tree_seal(tree);
    expect_state(tree, REGION, "C", "asked");
    waiting = list(tree, LHASA, OPEN_TO_REGISTER, LHASA);
    assert_int_equal(waiting.count, 1);
    assert_string_equal(waiting.id, "C");
    assert_int_equal(waiting.first.kind, KIND_RECALL);
    assert_int_equal(list(tree, REGION, OPEN_AWAITED, REGION).count, 1);
    assert_string_equal(SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "r", "amount", "100"),
                        "missing_recall_id");
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "r", "amount", "1", "recall_id", "E"),
        "unknown_recall_id");
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "none", "amount", "1", "recall_id", "C"),
        "unknown_bgt_id");
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "X", "amount", "1", "recall_id", "C"),
        "wrong_state");
    DO(tree, LHASA, "budget", "N", REPLY("9"), "fiscal_year", "2027");
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "N", "amount", "1", "recall_id", "C"),
        "year_differs"); /* the line that it is taken from */
    assert_string_equal(SAY(tree, LHASA, "register", "g", "bgt_id", "C"), "unknown_bgt_id");
    assert_string_equal(SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "r", "amount", "1",
                            "recall_id", "C", "fund_type_code", "111"),
                        "unknown_field_fund_type_code"); /* its node writes that */
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "r", "amount", "100", "recall_id", "C"),
        "exceeds_available");
    DO(tree, LHASA, "recall_grant", "g", "bgt_id", "r", "amount", "60", "recall_id", "C");
    tree_seal(tree);
    expect_line(tree, LHASA, "r", ACC_UNALLOC, 0);
    expect_state(tree, REGION, "C", "granted");
    expect_line(tree, LHASA, "r", ACC_SRC_TRANSFER_IN, 540);
    expect_line(tree, REGION, "E", ACC_XFER_OUT, 540);
    expect_line(tree, REGION, "B", ACC_UNALLOC, 460);
    assert_int_equal(list(tree, LHASA, OPEN_TO_REGISTER, LHASA).count, 0);
    assert_int_equal(list(tree, REGION, OPEN_AWAITED, REGION).count, 0);
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g2", "bgt_id", "r", "amount", "1", "recall_id", "C"),
        "wrong_state");
    assert_string_equal(SAY(tree, LHASA, "recall_refuse", "g3", "recall_id", "C", "reason", "已退"),
                        "wrong_state");

    DO(tree, REGION, "recall", "D", "bgt_id", "E", "amount", "540", "reason",
       "全部"); /* all free */
    tree_seal(tree);
    DO(tree, LHASA, "recall_refuse", "f", "recall_id", "D", "reason", "已安排");
    tree_seal(tree);
    expect_state(tree, REGION, "D", "declined");
    expect_line(tree, REGION, "E", ACC_XFER_OUT, 540);
    DO(tree, REGION, "recall", "D2", "bgt_id", "E", "amount", "540", "reason", "再收");
    tree_seal(tree);
    expect_sound(tree);
}

static void recalls_are_refused_for_their_reason(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    DO(tree, REGION, "transfer", "O", GIVE("formal", "B", "540100", "10"));
    DO(tree, LHASA, "transfer", "P", GIVE("formal", "r", "540121", "10"));
    tree_seal(tree);
    assert_string_equal(
        SAY(tree, REGION, "recall", "1", "bgt_id", "none", "amount", "1", "reason", "因"),
        "unknown_bgt_id");
    assert_string_equal(
        SAY(tree, REGION, "recall", "1", "bgt_id", "B", "amount", "1", "reason", "因"),
        "unknown_bgt_id");
    assert_string_equal(
        SAY(tree, REGION, "recall", "1", "bgt_id", "X", "amount", "1", "reason", "因"),
        "unknown_bgt_id"); /* another's */
    assert_string_equal(
        SAY(tree, REGION, "recall", "1", "bgt_id", "O", "amount", "1", "reason", "因"),
        "wrong_state");
    assert_string_equal(SAY(tree, REGION, "recall", "1", "bgt_id", "E", "amount", "1", "reason",
                            "因", "fiscal_year", "2027"),
                        "year_differs");
    assert_string_equal(
        SAY(tree, REGION, "recall", "1", "bgt_id", "E", "amount", "601", "reason", "因"),
        "exceeds_transferred");
    DO(tree, REGION, "recall", "1", "bgt_id", "E", "amount", "2", "reason", "因");
    tree_seal(tree);
    assert_string_equal(
        SAY(tree, LHASA, "recall_grant", "g", "bgt_id", "r", "amount", "3", "recall_id", "1"),
        "exceeds_asked");
    assert_string_equal(SAY(tree, LINZHOU, "recall_refuse", "g", "recall_id", "1", "ori_div_code",
                            "540000", "reason", "因"),
                        "unknown_recall_id");
    assert_string_equal(SAY(tree, LHASA, "withdraw", "w", "bgt_id", "X", "reason", "因"),
                        "wrong_state");
    expect_sound(tree);
}

/* Example 12. */
static void money_leaves_the_tree_at_once(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "transfer_out", "T", GIVE("formal", "B", "540300", "20"));
    tree_seal(tree);
    expect_line(tree, REGION, "T", ACC_XFER_OUT, 20);
    DO(tree, REGION, "transfer_out", "U", GIVE("formal", "B", "540300", "-5"), "early_bgt_id", "T");
    tree_seal(tree);
    expect_line(tree, REGION, "T", ACC_XFER_OUT, 15);
    expect_line(tree, REGION, "B", ACC_UNALLOC, 85);
    DO(tree, REGION, "remit", "M", REMIT("B", "100000", "7"));
    tree_seal(tree);
    expect_line(tree, REGION, "M", ACC_XFER_OUT, 7);
    expect_line(tree, REGION, "M", ACC_TRANSIT, 0);
    tree_seal(tree);
    assert_int_equal(list(tree, REGION, OPEN_AWAITED, REGION).count, 0);
    assert_string_equal(SAY(tree, REGION, "transfer_out", "V", GIVE("formal", "B", "540100", "1")),
                        "lower_has_node");
    assert_string_equal(SAY(tree, REGION, "transfer_out", "V", GIVE("formal", "B", "540300", "-16"),
                            "early_bgt_id", "T"),
                        "exceeds_transferred");
    assert_string_equal(SAY(tree, REGION, "transfer_out", "V", GIVE("formal", "B", "540400", "-1"),
                            "early_bgt_id", "T"),
                        "unknown_early_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer_out", "V", GIVE("formal", "B", "540300", "-1")),
                        "bad_amount");
    DO(tree, REGION, "transfer_out", "W", GIVE("formal", "B", "540300", "2"), "early_bgt_id", "T");
    tree_seal(tree);
    expect_line(tree, REGION, "W", ACC_XFER_OUT, 2);
}

#define CAME(id_of, amount)                                                                        \
    "ori_div_code", id_of, "sup_bgt_doc_no", "财〔2026〕1号", "amount", amount, "fund_type_code",  \
        "111", "tra_type_code", "special", "stage", "formal"

static void money_from_outside_is_lowered_on_its_line(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer_in", "I", CAME("100000", "50"));
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "I", "rec_div_code", "540100", "amount", "30",
       SPECIAL);
    assert_string_equal(
        SAY(tree, REGION, "transfer_in", "J", CAME("100000", "-21"), "early_bgt_id", "I"),
        "exceeds_available");
    assert_string_equal(
        SAY(tree, REGION, "transfer_in", "J", CAME("110000", "-1"), "early_bgt_id", "I"),
        "unknown_early_bgt_id");
    assert_string_equal(SAY(tree, REGION, "transfer_in", "J", CAME("100000", "-1")), "bad_amount");
    DO(tree, REGION, "transfer_in", "J", CAME("100000", "-20"), "early_bgt_id", "I");
    tree_seal(tree);
    expect_line(tree, REGION, "I", ACC_SRC_TRANSFER_IN, 30);
    expect_line(tree, REGION, "I", ACC_UNALLOC, 0);
}

/* Linzhou got 100 of Lhasa, which got it of the region; some goes up over both. */
static void money_goes_up_and_is_answered_from_above(void **state)
{
    struct tree *tree = *state;
    struct waiting waiting;

    begin_early(tree);
    DO(tree, LINZHOU, "remit", "M", REMIT("q", "540000", "40"));
    expect_line(tree, LHASA, "X", ACC_XFER_OUT, 200);
    tree_seal(tree);
    expect_line(tree, LINZHOU, "M", ACC_TRANSIT, 40);
    expect_line(tree, LINZHOU, "q", ACC_UNALLOC, 160);
    waiting = list(tree, REGION, OPEN_TO_REGISTER, REGION);
    assert_int_equal(waiting.count, 1);
    assert_string_equal(waiting.id, "M");
    assert_int_equal(waiting.first.kind, KIND_REMIT);
    assert_int_equal(list(tree, LHASA, OPEN_TO_REGISTER, LHASA).count, 0);
    assert_int_equal(list(tree, LHASA, OPEN_AWAITED, LINZHOU).count, 1);
    assert_string_equal(SAY(tree, REGION, "register", "m", "bgt_id", "M"), "unknown_bgt_id");
    assert_string_equal(SAY(tree, LHASA, "register", "m", "bgt_id", "M", "ori_div_code", "540121"),
                        "not_for_you");
    DO(tree, REGION, "register", "m", "bgt_id", "M", "ori_div_code", "540121");
    tree_seal(tree);
    expect_state(tree, LINZHOU, "M", "registered");
    expect_line(tree, LINZHOU, "M", ACC_XFER_OUT, 40);
    expect_line(tree, LINZHOU, "M", ACC_TRANSIT, 0);
    expect_line(tree, REGION, "m", ACC_UNALLOC, 40);
    assert_int_equal(list(tree, REGION, OPEN_TO_REGISTER, REGION).count, 0);
    assert_int_equal(list(tree, LHASA, OPEN_AWAITED, LINZHOU).count, 0);
    assert_int_equal(list(tree, LINZHOU, OPEN_AWAITED, LINZHOU).count, 0);
    assert_string_equal(
        SAY(tree, REGION, "return", "m2", "bgt_id", "M", "ori_div_code", "540121", "reason", "因"),
        "wrong_state");

    DO(tree, LINZHOU, "remit", "N", REMIT("q", "540100", "5"));
    tree_seal(tree);
    DO(tree, LHASA, "return", "n", "bgt_id", "N", "ori_div_code", "540121", "reason", "不收");
    tree_seal(tree);
    expect_state(tree, LINZHOU, "N", "returned");
    expect_line(tree, LINZHOU, "q", ACC_UNALLOC, 160);
    assert_string_equal(SAY(tree, LINZHOU, "remit", "O", REMIT("q", "540200", "1")),
                        "not_above_you");
    assert_string_equal(SAY(tree, LHASA, "remit", "O", REMIT("r", "540121", "1")), "not_above_you");
    assert_string_equal(SAY(tree, LINZHOU, "remit", "O", REMIT("q", "540121", "1")),
                        "not_above_you");
    assert_string_equal(SAY(tree, LINZHOU, "remit", "O", REMIT("q", "540100", "161")),
                        "exceeds_available");
    assert_string_equal(SAY(tree, LINZHOU, "remit", "O", REMIT("none", "540100", "1")),
                        "unknown_ori_bgt_id");
    assert_string_equal(SAY(tree, LINZHOU, "remit", "O", REMIT("M", "540100", "1")), "wrong_state");
    expect_sound(tree);
}

/* The levels between hear an answer from above before what it answers, and nobody minds. */
static void answers_outrun_their_asks(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    tree_cut(tree, LINZHOU, LHASA, true); /* the region hears it by another way */
    DO(tree, LINZHOU, "remit", "M", REMIT("q", "540000", "40"));
    tree_seal(tree);
    DO(tree, REGION, "register", "m", "bgt_id", "M", "ori_div_code", "540121");
    tree_seal(tree);
    expect_state(tree, LINZHOU, "M", "registered");
    tree_cut(tree, LINZHOU, LHASA, false);
    expect_line(tree, LINZHOU, "M", ACC_XFER_OUT, 40);

    tree_cut(tree, LHASA, REGION, true); /* the recall and the difference are held up above */
    DO(tree, LHASA, "recall", "C", "bgt_id", "X", "amount", "10", "reason", "因");
    DO(tree, LHASA, "transfer", "F", DIFFER("X", "540121", "-7"));
    tree_seal(tree);
    DO(tree, LINZHOU, "recall_grant", "c", "bgt_id", "q", "amount", "9", "recall_id", "C");
    DO(tree, LINZHOU, "register", "f", "bgt_id", "F");
    tree_seal(tree);
    expect_state(tree, LHASA, "C", "granted");
    tree_cut(tree, LHASA, REGION, false);
    expect_line(tree, LINZHOU, "q", ACC_UNALLOC, 144);
    expect_line(tree, LHASA, "X", ACC_XFER_OUT, 184);
    expect_line(tree, LHASA, "r", ACC_UNALLOC, 416);
    expect_sound(tree);
}

/* Example 14, between levels: what is for one purpose goes back to who gave it, and on from there.
 */
static void earmarked_money_goes_back_to_who_gave_it(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer_in", "I", CAME("100000", "100"));
    DO(tree, REGION, "transfer", "T", "ori_bgt_id", "I", "rec_div_code", "540100", "amount", "100",
       SPECIAL, "is_direct", "1");
    tree_seal(tree);
    DO(tree, LHASA, "register", "r", "bgt_id", "T");
    DO(tree, LHASA, "transfer", "X", "ori_bgt_id", "r", "rec_div_code", "540121", "amount", "70",
       SPECIAL);
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "q", "bgt_id", "X");
    assert_string_equal(SAY(tree, LINZHOU, "remit", "M", REMIT("q", "540000", "30")),
                        "earmark_differs");
    assert_string_equal(
        SAY(tree, LINZHOU, "remit", "M", REMIT("q", "540000", "30"), "is_direct", "2"),
        "earmark_differs"); /* it goes before direct_differs */
    assert_string_equal(
        SAY(tree, LINZHOU, "remit", "M", REMIT("q", "540100", "30"), "is_direct", "2"),
        "direct_differs");
    assert_string_equal(
        SAY(tree, LINZHOU, "remit", "M", REMIT("q", "540100", "30"), "tra_type_code", "general"),
        "unknown_field_tra_type_code");
    DO(tree, LINZHOU, "remit", "M", REMIT("q", "540100", "30"));
    tree_seal(tree);
    DO(tree, LHASA, "register", "m", "bgt_id", "M", "ori_div_code", "540121");
    tree_seal(tree);
    expect_line(tree, LHASA, "m", ACC_SRC_TRANSFER_IN, 30);
    expect_line(tree, LINZHOU, "M", ACC_XFER_OUT, 30);
    DO(tree, LHASA, "remit", "N", REMIT("m", "540000", "30")); /* it came up: on it goes */
    tree_seal(tree);
    DO(tree, REGION, "register", "n", "bgt_id", "N", "ori_div_code", "540100");
    tree_seal(tree);
    expect_line(tree, REGION, "n", ACC_UNALLOC, 30);
    assert_string_equal(SAY(tree, REGION, "transfer", "T2", GIVE("formal", "n", "540100", "1")),
                        "earmark_differs"); /* still */
    DO(tree, REGION, "remit", "O", REMIT("n", "100000", "30"));
    tree_seal(tree);
    expect_sound(tree);
}

static void what_nobody_answered_is_taken_back(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    DO(tree, REGION, "transfer", "O", GIVE("formal", "B", "540100", "10"));
    tree_seal(tree);
    DO(tree, REGION, "withdraw", "W", "bgt_id", "O", "reason", "误发");
    expect_line(tree, REGION, "O", ACC_TRANSIT, 10);
    assert_string_equal(SAY(tree, REGION, "withdraw", "W2", "bgt_id", "O", "reason", "误发"),
                        "wrong_state");
    tree_seal(tree);
    expect_state(tree, REGION, "W", "withdrawn");
    expect_state(tree, REGION, "O", "returned");
    expect_line(tree, REGION, "O", ACC_TRANSIT, 0);
    expect_line(tree, REGION, "B", ACC_UNALLOC, 400);
    assert_string_equal(SAY(tree, LHASA, "register", "o", "bgt_id", "O"), "wrong_state");
    assert_int_equal(list(tree, LHASA, OPEN_TO_REGISTER, LHASA).count, 0);
    assert_string_equal(SAY(tree, REGION, "withdraw", "W3", "bgt_id", "O", "reason", "误发"),
                        "wrong_state");
    assert_string_equal(SAY(tree, REGION, "withdraw", "W4", "bgt_id", "none", "reason", "误发"),
                        "unknown_bgt_id");
    expect_sound(tree);
}

/* Registered before it was heard: the receiver's log decides. */
static void a_withdraw_comes_too_late(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    DO(tree, REGION, "transfer", "O", GIVE("formal", "B", "540100", "10"));
    tree_seal(tree);
    tree_cut(tree, LHASA, REGION, true);
    DO(tree, LHASA, "register", "o", "bgt_id", "O");
    tree_seal(tree);
    DO(tree, REGION, "withdraw", "W", "bgt_id", "O", "reason", "误发");
    tree_seal(tree);
    expect_state(tree, REGION, "W", "withdrawing");
    tree_cut(tree, LHASA, REGION, false);
    expect_state(tree, REGION, "W", "too_late");
    expect_state(tree, REGION, "O", "registered");
    expect_line(tree, LHASA, "o", ACC_UNALLOC, 10);
    expect_sound(tree);
}

static void a_difference_is_taken_back(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    DO(tree, REGION, "transfer", "F", DIFFER("E", "540100", "-600"));
    tree_seal(tree);
    DO(tree, REGION, "withdraw", "W", "bgt_id", "F", "reason", "误发");
    tree_seal(tree);
    expect_state(tree, REGION, "F", "kept");
    expect_state(tree, REGION, "W", "withdrawn");
    DO(tree, REGION, "transfer", "G", DIFFER("E", "540100", "-600")); /* free again */
    expect_sound(tree);
}

/* Example 13, between levels: an answer has an ask, and what goes up unasked may be returned. */
static void a_grant_has_a_recall(void **state)
{
    struct tree *tree = *state;

    begin_early(tree);
    assert_string_equal(SAY(tree, LINZHOU, "recall_grant", "g", "bgt_id", "q", "amount", "5"),
                        "missing_recall_id");
    DO(tree, LINZHOU, "remit", "M", REMIT("q", "540000", "5"));
    tree_seal(tree);
    DO(tree, REGION, "return", "m", "bgt_id", "M", "ori_div_code", "540121", "reason", "已年结");
    tree_seal(tree);
    expect_state(tree, LINZHOU, "M", "returned");
    expect_line(tree, LINZHOU, "q", ACC_UNALLOC, 200);
    expect_sound(tree);
}

/* As the region holds it. */
static void expect_beneficiary(struct tree *tree, enum office_name of, const char *id)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct indicator line;
    struct document elements;

    assert_true(indicator_load(txn, tree_division(of), bytes_text(id), &line));
    indicator_elements(&line, &elements);
    assert_true(document_is_word(&elements, FIELD_BEN_NAME, "第一小学"));
    assert_true(document_is_word(&elements, FIELD_BEN_CODE, "001"));
    txn_free(txn);
}

/* The last beneficiary as the issuer knows him goes on with the money, down and up. */
static void the_last_beneficiary_travels(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "B", REPLY("100"));
    DO(tree, REGION, "transfer", "T", GIVE("formal", "B", "540100", "10"), "ben_name", "第一小学",
       "ben_code", "001");
    tree_seal(tree);
    DO(tree, LHASA, "register", "r", "bgt_id", "T");
    DO(tree, LHASA, "transfer", "X", GIVE("formal", "r", "540121", "10"));
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "q", "bgt_id", "X");
    tree_seal(tree);
    expect_beneficiary(tree, LINZHOU, "q");
    DO(tree, LINZHOU, "remit", "M", REMIT("q", "540000", "4"));
    tree_seal(tree);
    DO(tree, REGION, "register", "m", "bgt_id", "M", "ori_div_code", "540121");
    tree_seal(tree);
    expect_beneficiary(tree, REGION, "m");
    expect_sound(tree);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(what_is_formal_says_the_difference),
        IN_TREE(a_difference_under_way_shows_in_the_jurisdiction),
        IN_TREE(differences_are_refused_for_their_reason),
        IN_TREE(a_recall_is_answered_once),
        IN_TREE(recalls_are_refused_for_their_reason),
        IN_TREE(money_leaves_the_tree_at_once),
        IN_TREE(money_from_outside_is_lowered_on_its_line),
        IN_TREE(money_goes_up_and_is_answered_from_above),
        IN_TREE(answers_outrun_their_asks),
        IN_TREE(earmarked_money_goes_back_to_who_gave_it),
        IN_TREE(what_nobody_answered_is_taken_back),
        IN_TREE(a_withdraw_comes_too_late),
        IN_TREE(a_difference_is_taken_back),
        IN_TREE(a_grant_has_a_recall),
        IN_TREE(the_last_beneficiary_travels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
