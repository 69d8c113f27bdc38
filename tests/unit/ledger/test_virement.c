/* Virement: released money goes to another agency or purpose, and stays money of the same origin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/tree.h"

enum { SAID_MAX = 20 };

/* Linzhou: A-3 with 90.00 released and free, DA-1 of direct money, EA-1 of earmarked money. */
static int open_tree(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    DO(tree, LINZHOU, "agency", "AG-2", "agency_code", "002001", "agency_name", "林周县水利局");
    DO(tree, LINZHOU, "allocate", "DA-1", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "10", "is_direct", "1");
    DO(tree, LINZHOU, "release", "DL-1", "bgt_id", "DA-1", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "allocate", "PA-1", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "10");
    DO(tree, REGION, "transfer_in", "TI-1", "ori_div_code", "100000", "sup_bgt_doc_no", "1",
       "amount", "500", "fund_type_code", "111", "tra_type_code", "special", "stage", "formal",
       "tp_func_code", "2130199");
    DO(tree, REGION, "transfer", "T-5", "ori_bgt_id", "TI-1", "rec_div_code", "540121", "amount",
       "20", "cor_bgt_doc_no", "2", "tra_type_code", "special", "stage", "formal");
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "R-5", "bgt_id", "T-5", "ori_div_code", "540000");
    DO(tree, LINZHOU, "allocate", "EA-1", "ori_bgt_id", "R-5", "agency_code", "001001", "amount",
       "20");
    DO(tree, LINZHOU, "release", "EL-1", "bgt_id", "EA-1", "cor_bgt_doc_no", "1");
    tree_seal(tree);
    *state = tree;
    return 0;
}

static int close_tree(void **state)
{
    tree_free(*state);
    return 0;
}

static int128 balance(struct tree *tree, enum office_name at, const char *id, enum account account)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct indicator line;
    int128 fen;

    assert_true(indicator_load(txn, tree_division(LINZHOU), bytes_text(id), &line));
    fen = line.balance[account];
    txn_free(txn);
    return fen;
}

static void refuses_for_the_first_reason_that_holds(void **state)
{
    static const struct {
        const char *want, *fields[SAID_MAX];
    } cases[] = {
        {"unknown_field_source_type_code",
         {"from_bgt_id", "A-3", "agency_code", "002001", "amount", "1", "source_type_code", "3"}},
        {"missing_from_bgt_id", {"agency_code", "002001", "amount", "1"}},
        {"missing_agency_code", {"from_bgt_id", "A-3", "amount", "1"}},
        {"unknown_from_bgt_id", {"from_bgt_id", "NO", "agency_code", "999", "amount", "1"}},
        {"unknown_agency_code", {"from_bgt_id", "A-3", "agency_code", "999", "amount", "1"}},
        {"unknown_pro_code",
         {"from_bgt_id", "A-3", "agency_code", "001001", "amount", "1", "pro_code", "NO"}},
        {"wrong_state", /* nothing differs */
         {"from_bgt_id", "A-3", "agency_code", "001001", "amount", "999"}},
        {"wrong_state", /* of what is not allocated: allocate it elsewhere */
         {"from_bgt_id", "R-2", "agency_code", "002001", "amount", "1"}},
        {"wrong_state", /* of what is not released: reduce it */
         {"from_bgt_id", "PA-1", "agency_code", "002001", "amount", "1"}},
        {"fund_type_differs",
         {"from_bgt_id", "A-3", "agency_code", "002001", "amount", "1", "fund_type_code", "12"}},
        {"earmark_differs",
         {"from_bgt_id", "EA-1", "agency_code", "002001", "amount", "1", "tp_func_code", "230"}},
        {"direct_differs",
         {"from_bgt_id", "DA-1", "agency_code", "002001", "amount", "99", "is_direct", "2"}},
        {"exceeds_available", {"from_bgt_id", "A-3", "agency_code", "002001", "amount", "90.01"}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[16];
        const char *got;

        (void)snprintf(id, sizeof id, "X-%zu", i);
        got = tree_say(*state, LINZHOU, "virement", id, cases[i].fields);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("case %zu: got \"%s\", want \"%s\"", i, got, cases[i].want);
        }
    }
}

/* Whatever is made of direct money says that it is, down to the last of it. */
static void direct_money_stays_direct_on_its_whole_way(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "budget", "DB", "stage", "reply", "fund_type_code", "111", "amount", "10",
       "approval_ref", "1", "is_direct", "1", "track_pro_code", "TP1");
    assert_string_equal(SAY(tree, REGION, "allocate", "DA", "ori_bgt_id", "DB", "agency_code",
                            "001001", "amount", "1", "is_direct", "2"),
                        "direct_differs");
    assert_string_equal(SAY(tree, REGION, "transfer", "DT", "ori_bgt_id", "DB", "rec_div_code",
                            "540121", "amount", "1", "cor_bgt_doc_no", "1", "tra_type_code",
                            "general", "stage", "formal", "track_pro_code", "TP2"),
                        "direct_differs");
    DO(tree, REGION, "allocate", "DA", "ori_bgt_id", "DB", "agency_code", "001001", "amount", "1",
       "is_direct", "1");
    DO(tree, REGION, "transfer", "DT", "ori_bgt_id", "DB", "rec_div_code", "540121", "amount", "1",
       "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "DR", "bgt_id", "DT", "ori_div_code", "540000");
    assert_string_equal(SAY(tree, LINZHOU, "allocate", "DS", "ori_bgt_id", "DR", "agency_code",
                            "001001", "amount", "1", "is_direct", "2"),
                        "direct_differs");
}

static void every_way_on_keeps_what_is_direct_and_tracked(void **state)
{
    static const char *const fields[] = {"is_direct", "is_track"};
    struct tree *tree = *state;

    DO(tree, LINZHOU, "budget", "DB", "stage", "reply", "fund_type_code", "111", "amount", "10",
       "approval_ref", "1", "is_direct", "1", "is_track", "1");
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        assert_string_equal(SAY(tree, LINZHOU, "remit", "X", "ori_bgt_id", "DB", "rec_div_code",
                                "540100", "amount", "1", "cor_bgt_doc_no", "1", fields[i], "2"),
                            "direct_differs");
        assert_string_equal(SAY(tree, LINZHOU, "transfer_out", "X", "ori_bgt_id", "DB",
                                "rec_div_code", "540199", "amount", "1", "cor_bgt_doc_no", "1",
                                "tra_type_code", "general", "stage", "formal", fields[i], "2"),
                            "direct_differs");
    }
    tree_seal(tree);
}

/* What an element of an indicator says there. */
static bool says(struct tree *tree, enum office_name of, const char *id, enum field field,
                 const char *word)
{
    struct txn *txn = txn_open(tree_store(tree, REGION), NULL);
    struct document elements;
    struct indicator line;
    bool it_does;

    assert_true(indicator_load(txn, tree_division(of), bytes_text(id), &line));
    indicator_elements(&line, &elements);
    it_does = document_is_word(&elements, field, word);
    txn_free(txn);
    return it_does;
}

/* The last beneficiary as the issuer knows him: looked up nowhere, and known to the last of it. */
static void the_beneficiary_goes_with_the_money(void **state)
{
    struct tree *tree = *state;

    DO(tree, REGION, "transfer", "BT", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "9",
       "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal", "ben_name",
       "林周县中学", "ben_code", "Z9");
    tree_seal(tree);
    DO(tree, LHASA, "register", "BR", "bgt_id", "BT");
    DO(tree, LHASA, "transfer", "BU", "ori_bgt_id", "BR", "rec_div_code", "540121", "amount", "8",
       "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    tree_seal(tree);
    DO(tree, LINZHOU, "register", "BV", "bgt_id", "BU");
    DO(tree, LINZHOU, "allocate", "BA", "ori_bgt_id", "BV", "agency_code", "001001", "amount", "7");
    DO(tree, LINZHOU, "release", "BL", "bgt_id", "BA", "cor_bgt_doc_no", "1");
    DO(tree, LINZHOU, "virement", "BW", "from_bgt_id", "BA", "agency_code", "002001", "amount",
       "6");
    tree_seal(tree);
    assert_true(says(tree, LINZHOU, "BV", FIELD_BEN_NAME, "林周县中学"));
    assert_true(says(tree, LINZHOU, "BW", FIELD_BEN_NAME, "林周县中学"));
    assert_true(says(tree, LINZHOU, "BW", FIELD_BEN_CODE, "Z9"));
}

/* The new line is released, has the origin of the old one, and gives back to it. */
static void money_goes_to_another_agency_and_back_to_its_origin(void **state)
{
    static const enum office_name holders[] = {LINZHOU, LHASA, REGION};
    struct tree *tree = *state;

    DO(tree, LINZHOU, "virement", "VM-1", "from_bgt_id", "A-3", "agency_code", "002001", "amount",
       "30", "reason", "任务移交");
    DO(tree, LINZHOU, "virement", "VM-2", "from_bgt_id", "VM-1", "agency_code", "002001", "amount",
       "5", "exp_func_code", "2130314");
    DO(tree, LINZHOU, "payment", "P-9", "bgt_id", "VM-2", "pay_app_amt", "4", "payee_acct_name",
       "队", "payee_acct_no", "6", "payee_acct_bank_name", "行", "use_des", "款");
    DO(tree, LINZHOU, "reduce", "D-1", "bgt_id", "VM-1", "amount", "10");
    tree_seal(tree);
    assert_int_equal(tree_alarms(tree), 0);
    for (size_t i = 0; i < COUNT_OF(holders); i++) {
        struct txn *txn = txn_open(tree_store(tree, holders[i]), NULL);
        struct indicator line;
        char fault[512] = "";

        assert_int_equal(balance(tree, holders[i], "A-3", ACC_AVAIL), 6000);
        assert_int_equal(balance(tree, holders[i], "VM-1", ACC_AVAIL), 1500);
        assert_int_equal(balance(tree, holders[i], "VM-2", ACC_AVAIL), 100);
        assert_int_equal(balance(tree, holders[i], "R-2", ACC_UNALLOC), 4000);
        assert_true(indicator_load(txn, tree_division(LINZHOU), bytes_text("VM-2"), &line));
        assert_true(bytes_equal(line.origin, bytes_text("R-2")));
        assert_true(bytes_equal(line.source, bytes_text("R-2")));
        assert_true(bytes_equal(line.agency, bytes_text("002001")));
        assert_true(bytes_equal(line.function, bytes_text("2130314")));
        if (verify_ledger(txn, tree_roster(tree), tree_division(LINZHOU), fault, sizeof fault) !=
            VERIFY_SOUND) {
            fail_msg("holder %d: %s", (int)holders[i], fault);
        }
        txn_free(txn);
    }
}

static void the_node_says_that_it_is_a_virement_and_what_it_inherits(void **state)
{
    struct tree *tree = *state;
    struct txn *txn;
    struct indicator line;
    struct document elements;
    struct document_row row;

    DO(tree, LINZHOU, "virement", "VM-3", "from_bgt_id", "EA-1", "agency_code", "002001", "amount",
       "7");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, LINZHOU), NULL);
    assert_true(indicator_load(txn, tree_division(LINZHOU), bytes_text("VM-3"), &line));
    indicator_elements(&line, &elements);
    assert_true(document_is_word(&elements, FIELD_SOURCE_TYPE_CODE, "3"));
    assert_true(document_is_word(&elements, FIELD_TP_FUNC_CODE, "2130199"));
    assert_int_equal(line.flags, INDICATOR_EARMARKED | INDICATOR_RELEASED);
    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("VM-3"), &row));
    assert_string_equal(row.state, "released");
    txn_free(txn);
    assert_string_equal(SAY(tree, LINZHOU, "virement", "VM-3", "from_bgt_id", "EA-1", "agency_code",
                            "002001", "amount", "7"),
                        "exists");
}

static void visit_step(void *arg, const struct trace_step *step)
{
    bool *found = arg;

    *found = *found || (strcmp(step->row.id, "VM-4") == 0 && strcmp(step->relation, "vired") == 0);
}

static void a_trace_finds_it_below_the_line_it_came_from(void **state)
{
    const struct trace_request request = {.author = tree_division(LINZHOU),
                                          .id = bytes_text("A-3"),
                                          .after = DIVISION_NONE,
                                          .steps_max = 100};
    struct tree *tree = *state;
    struct trace_page page;
    struct txn *txn;
    bool found = false;

    DO(tree, LINZHOU, "virement", "VM-4", "from_bgt_id", "A-3", "agency_code", "002001", "amount",
       "1");
    tree_seal(tree);
    txn = txn_open(tree_store(tree, REGION), NULL);
    assert_int_equal(query_trace(txn, &request, visit_step, &found, &page), TRACE_DONE);
    txn_free(txn);
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_for_the_first_reason_that_holds, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(direct_money_stays_direct_on_its_whole_way, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(every_way_on_keeps_what_is_direct_and_tracked, open_tree,
                                        close_tree),
        cmocka_unit_test_setup_teardown(the_beneficiary_goes_with_the_money, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(money_goes_to_another_agency_and_back_to_its_origin,
                                        open_tree, close_tree),
        cmocka_unit_test_setup_teardown(the_node_says_that_it_is_a_virement_and_what_it_inherits,
                                        open_tree, close_tree),
        cmocka_unit_test_setup_teardown(a_trace_finds_it_below_the_line_it_came_from, open_tree,
                                        close_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
