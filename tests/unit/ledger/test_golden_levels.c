/* Between levels, with exact figures in wan yuan: early and formal, recall, out of the tree, money
 * that goes back, differences under an estimate, a division that joins late. How a line is read
 * says golden.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/array.h"
#include "tests/unit/ledger/golden.h"
#include "tests/unit/ledger/holder.h"

#define EARLY_600                                                                                  \
    "region budget B amount=1000\n"                                                                \
    "region transfer E ori_bgt_id=B rec_div_code=540100 amount=600 stage=early\n"                  \
    "region transfer D0 early_bgt_id=E rec_div_code=540100 amount=-1 ! wrong_state\n"              \
    "lhasa register R bgt_id=E\n"                                                                  \
    "line lhasa R SRC_TRANSFER_IN=600 UNALLOC=600\n"                                               \
    "lhasa transfer T ori_bgt_id=R rec_div_code=540121 amount=200 stage=early\n"                   \
    "linzhou register RT bgt_id=T\n"                                                               \
    "own lhasa SRC_TRANSFER_IN=600 UNALLOC=400 XFER_OUT=200\n"

/* Example 1. */
static void early_and_formal(void **state)
{
    (void)state;
    GOLDEN(EARLY_600,
           "region transfer D early_bgt_id=E rec_div_code=540100 amount=-50\n"
           "state region D issued\n"
           "own region SRC_APPROVED=1000 UNALLOC=400 XFER_OUT=600\n"
           "all region SRC_APPROVED=1000 UNALLOC=1000\n"
           "lhasa register RD bgt_id=D\n"
           "own lhasa SRC_TRANSFER_IN=550 UNALLOC=350 XFER_OUT=200\n"
           "line lhasa R SRC_TRANSFER_IN=550 UNALLOC=350\n"
           "state region D lowered\n"
           "own region SRC_APPROVED=1000 UNALLOC=450 XFER_OUT=550\n"
           "line region E XFER_OUT=550\n"
           "all region SRC_APPROVED=1000 UNALLOC=1000\n"
           "lhasa return RD2 bgt_id=D ! wrong_state\n"
           "region transfer F ori_bgt_id=B early_bgt_id=E rec_div_code=540100 amount=30\n"
           "lhasa register RF bgt_id=F\n"
           "line lhasa RF SRC_TRANSFER_IN=30 UNALLOC=30\n"
           "line lhasa R SRC_TRANSFER_IN=550 UNALLOC=350\n"
           "region transfer N early_bgt_id=E rec_div_code=540100 amount=0\n"
           "state region N noticed\n"
           "own region SRC_APPROVED=1000 UNALLOC=420 XFER_OUT=580\n"
           "own lhasa SRC_TRANSFER_IN=580 UNALLOC=380 XFER_OUT=200\n");
}

/* The same one level lower, so that two above hold what the county writes. */
static void early_and_formal_below_the_region(void **state)
{
    (void)state;
    GOLDEN("lhasa budget B amount=1000\n"
           "linzhou agency AG agency_code=101\n"
           "lhasa transfer E ori_bgt_id=B rec_div_code=540121 amount=600 stage=early\n"
           "linzhou register R bgt_id=E\n"
           "linzhou allocate A ori_bgt_id=R agency_code=101 amount=200\n"
           "lhasa transfer D early_bgt_id=E rec_div_code=540121 amount=-450\n"
           "own linzhou SRC_TRANSFER_IN=600 UNALLOC=400 PENDING=200\n"
           "linzhou register RD bgt_id=D ! exceeds_available 450 400\n"
           "linzhou return RD bgt_id=D\n"
           "state lhasa D kept\n"
           "lhasa transfer D2 early_bgt_id=E rec_div_code=540121 amount=-50\n"
           "state lhasa D2 issued\n"
           "own lhasa SRC_APPROVED=1000 UNALLOC=400 XFER_OUT=600\n"
           "linzhou register RD2 bgt_id=D2\n"
           "state lhasa D2 lowered\n"
           "own linzhou SRC_TRANSFER_IN=550 UNALLOC=350 PENDING=200\n"
           "own lhasa SRC_APPROVED=1000 UNALLOC=450 XFER_OUT=550\n"
           "lhasa transfer F ori_bgt_id=B early_bgt_id=E rec_div_code=540121 amount=30\n"
           "linzhou register RF bgt_id=F\n"
           "line linzhou RF SRC_TRANSFER_IN=30 UNALLOC=30\n"
           "lhasa transfer N early_bgt_id=E rec_div_code=540121 amount=0\n"
           "state lhasa N noticed\n"
           "own linzhou SRC_TRANSFER_IN=580 UNALLOC=380 PENDING=200\n"
           "all lhasa SRC_APPROVED=1000 UNALLOC=800 PENDING=200\n"
           "all region SRC_APPROVED=1000 UNALLOC=800 PENDING=200\n");
}

static void of_what_was_passed_on_nothing_is_lowered(void **state)
{
    (void)state;
    GOLDEN(EARLY_600, "region transfer G early_bgt_id=E rec_div_code=540100 amount=-601"
                      " ! exceeds_transferred 601 600\n"
                      "region transfer D early_bgt_id=E rec_div_code=540100 amount=-450\n"
                      "region transfer G early_bgt_id=E rec_div_code=540100 amount=-151"
                      " ! exceeds_transferred 151 150\n"
                      "lhasa register RD bgt_id=D ! exceeds_available 450 400\n"
                      "lhasa return RD bgt_id=D\n"
                      "state region D kept\n"
                      "own region SRC_APPROVED=1000 UNALLOC=400 XFER_OUT=600\n"
                      "own lhasa SRC_TRANSFER_IN=600 UNALLOC=400 XFER_OUT=200\n"
                      "all lhasa SRC_TRANSFER_IN=600 UNALLOC=600\n");
}

/* The region hears the answer before it hears the settle of the city between. */
static void what_is_not_settled_is_in_transit(void **state)
{
    (void)state;
    GOLDEN(EARLY_600, "lhasa transfer D early_bgt_id=T rec_div_code=540121 amount=-50\n"
                      "held lhasa\n"
                      "linzhou register RD bgt_id=D\n"
                      "own linzhou SRC_TRANSFER_IN=150 UNALLOC=150\n"
                      "all region SRC_APPROVED=1000 UNALLOC=950 TRANSIT=50\n"
                      "free lhasa\n"
                      "own lhasa SRC_TRANSFER_IN=600 UNALLOC=450 XFER_OUT=150\n"
                      "all region SRC_APPROVED=1000 UNALLOC=1000\n");
}

/* Example 3. */
static void recall(void **state)
{
    (void)state;
    GOLDEN("region budget B amount=1000\n"
           "region transfer T ori_bgt_id=B rec_div_code=540100 amount=600\n"
           "region recall C0 bgt_id=T amount=1 ! wrong_state\n"
           "lhasa register R bgt_id=T\n"
           "lhasa agency AG agency_code=101\n"
           "lhasa allocate A ori_bgt_id=R agency_code=101 amount=540\n"
           "region recall C1 bgt_id=T amount=601 ! exceeds_transferred 601 600\n"
           "region recall C bgt_id=T amount=100\n"
           "state region C asked\n"
           "region recall C1 bgt_id=T amount=501 ! exceeds_transferred 501 500\n"
           "own region SRC_APPROVED=1000 UNALLOC=400 XFER_OUT=600\n"
           "lhasa recall_grant G bgt_id=R amount=100 recall_id=C ! exceeds_available 100 60\n"
           "lhasa recall_grant G bgt_id=R amount=60 ! missing_recall_id\n"
           "lhasa recall_grant G bgt_id=R amount=60 recall_id=C\n"
           "state region C granted\n"
           "state lhasa G granted\n"
           "own region SRC_APPROVED=1000 UNALLOC=460 XFER_OUT=540\n"
           "line region T XFER_OUT=540\n"
           "own lhasa SRC_TRANSFER_IN=540 PENDING=540\n"
           "lhasa recall_grant G2 bgt_id=R amount=1 recall_id=C ! wrong_state\n"
           "lhasa recall_refuse G2 recall_id=C ! wrong_state\n"
           "region recall C2 bgt_id=T amount=540\n"
           "lhasa recall_grant G3 bgt_id=R amount=541 recall_id=C2 ! exceeds_available\n"
           "lhasa reduce RE bgt_id=A amount=540\n"
           "lhasa recall_grant G3 bgt_id=R amount=541 recall_id=C2 ! exceeds_available\n"
           "lhasa recall_refuse G3 recall_id=C2\n"
           "state region C2 declined\n"
           "own region SRC_APPROVED=1000 UNALLOC=460 XFER_OUT=540\n"
           "all region SRC_APPROVED=1000 UNALLOC=1000\n");
}

/* The same one level lower, so that somebody above sees both sides. */
static void recall_below_the_region(void **state)
{
    (void)state;
    GOLDEN("lhasa budget B amount=100\n"
           "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=60\n"
           "linzhou register R bgt_id=T\n"
           "lhasa recall C bgt_id=T amount=20\n"
           "linzhou recall_grant G bgt_id=R amount=21 recall_id=C ! exceeds_asked 21 20\n"
           "held lhasa\n"
           "linzhou recall_grant G bgt_id=R amount=15 recall_id=C\n"
           "own linzhou SRC_TRANSFER_IN=45 UNALLOC=45\n"
           "all region SRC_APPROVED=100 UNALLOC=85 TRANSIT=15\n"
           "free lhasa\n"
           "own lhasa SRC_APPROVED=100 UNALLOC=55 XFER_OUT=45\n"
           "all region SRC_APPROVED=100 UNALLOC=100\n"
           "all lhasa SRC_APPROVED=100 UNALLOC=100\n");
}

/* The region hears what the city settled, and not the answers of the county. */
static void settled_and_never_heard(void **state)
{
    (void)state;
    GOLDEN("cut linzhou region\n"
           "lhasa budget B amount=100\n"
           "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=60 stage=early\n"
           "linzhou register R bgt_id=T\n"
           "lhasa recall C bgt_id=T amount=20\n"
           "linzhou recall_grant G bgt_id=R amount=15 recall_id=C\n"
           "lhasa transfer D early_bgt_id=T rec_div_code=540121 amount=-5\n"
           "linzhou register RD bgt_id=D\n"
           "own lhasa SRC_APPROVED=100 UNALLOC=60 XFER_OUT=40\n"
           "all region SRC_APPROVED=100 UNALLOC=60 XFER_OUT=40\n"
           "heal linzhou region\n"
           "all region SRC_APPROVED=100 UNALLOC=100\n");
}

/* Example 12. */
static void out_of_the_tree(void **state)
{
    (void)state;
    GOLDEN("region budget B amount=100\n"
           "region transfer_out O ori_bgt_id=B rec_div_code=540122 amount=20\n"
           "own region SRC_APPROVED=100 UNALLOC=80 XFER_OUT=20\n"
           "all region SRC_APPROVED=100 UNALLOC=80 XFER_OUT=20\n"
           "region transfer_out O2 ori_bgt_id=B early_bgt_id=O rec_div_code=540122"
           " amount=-21"
           " ! exceeds_transferred 21 20\n"
           "region transfer_out O2 ori_bgt_id=B early_bgt_id=O rec_div_code=540122"
           " amount=-5\n"
           "all region SRC_APPROVED=100 UNALLOC=85 XFER_OUT=15\n"
           "line region O XFER_OUT=15\n"
           "region remit M ori_bgt_id=B rec_div_code=100000 amount=7\n"
           "all region SRC_APPROVED=100 UNALLOC=78 XFER_OUT=22\n"
           "region transfer_out O3 ori_bgt_id=B rec_div_code=540100 amount=1"
           " ! lower_has_node\n");
}

/* The same of a county: two above hold it. */
static void out_of_the_tree_below_the_region(void **state)
{
    (void)state;
    GOLDEN("linzhou budget B amount=100\n"
           "linzhou transfer_out O ori_bgt_id=B rec_div_code=540121001 amount=20\n"
           "linzhou transfer_out O2 ori_bgt_id=B early_bgt_id=O rec_div_code=540121001 amount=-21"
           " ! exceeds_transferred 21 20\n"
           "linzhou transfer_out O2 ori_bgt_id=B early_bgt_id=O rec_div_code=540121001 amount=-5\n"
           "line linzhou O XFER_OUT=15\n"
           "linzhou remit M ori_bgt_id=B rec_div_code=100000 amount=7\n"
           "own linzhou SRC_APPROVED=100 UNALLOC=78 XFER_OUT=22\n"
           "all lhasa SRC_APPROVED=100 UNALLOC=78 XFER_OUT=22\n"
           "all region SRC_APPROVED=100 UNALLOC=78 XFER_OUT=22\n");
}

/* Example 15, issued by a city. */
static void differences_under_an_estimate(void **state)
{
    (void)state;
    GOLDEN("lhasa budget E stage=estimate amount=80\n"
           "lhasa transfer T0 ori_bgt_id=E rec_div_code=540121 amount=1 ! advance_only\n"
           "lhasa transfer T ori_bgt_id=E rec_div_code=540121 amount=50 stage=early\n"
           "linzhou register R bgt_id=T\n"
           "lhasa budget Y stage=reply estimate_id=E amount=20 ! exceeds_available 60 30\n"
           "lhasa transfer D early_bgt_id=T rec_div_code=540121 amount=-30\n"
           "linzhou register RD bgt_id=D\n"
           "own lhasa SRC_ADVANCE=80 UNALLOC=60 XFER_OUT=20\n"
           "own linzhou SRC_TRANSFER_IN=20 UNALLOC=20\n"
           "lhasa transfer T1 ori_bgt_id=E early_bgt_id=T rec_div_code=540121 amount=10"
           " ! advance_only\n"
           "lhasa budget Y stage=reply estimate_id=E amount=20\n"
           "own lhasa SRC_APPROVED=20 XFER_OUT=20\n"
           "line lhasa E SRC_APPROVED=20\n"
           "all region SRC_APPROVED=20 UNALLOC=20\n");
}

/* Example 18, its first half. */
static void passed_out_before_the_node_is_there(void **state)
{
    (void)state;
    GOLDEN_WITHOUT(SANGZHUZI, "region budget B amount=100\n"
                              "region transfer_out O ori_bgt_id=B rec_div_code=540202 amount=20\n"
                              "all region SRC_APPROVED=100 UNALLOC=80 XFER_OUT=20\n"
                              "joins sangzhuzi\n"
                              "all region SRC_APPROVED=100 UNALLOC=80 XFER_OUT=20\n"
                              "sangzhuzi agency AG agency_code=101\n"
                              "all region SRC_APPROVED=100 UNALLOC=80 XFER_OUT=20\n"
                              "region transfer_out O2 ori_bgt_id=B rec_div_code=540202 amount=1"
                              " ! lower_has_node\n");
}

/* 9.4: whoever answered first, the receiver's log decides. */
static void withdrawn_or_too_late(void **state)
{
    (void)state;
    GOLDEN("lhasa budget B amount=100\n"
           "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=60\n"
           "lhasa withdraw W bgt_id=T\n"
           "state lhasa T returned\n"
           "state lhasa W withdrawn\n"
           "own lhasa SRC_APPROVED=100 UNALLOC=100\n"
           "linzhou register R bgt_id=T ! wrong_state\n"
           "lhasa withdraw W2 bgt_id=T ! wrong_state\n"
           "lhasa transfer U ori_bgt_id=B rec_div_code=540121 amount=40\n"
           "held linzhou\n"
           "linzhou register RU bgt_id=U\n"
           "lhasa withdraw W3 bgt_id=U\n"
           "state lhasa W3 withdrawing\n"
           "lhasa withdraw W4 bgt_id=U ! wrong_state\n"
           "free linzhou\n"
           "state lhasa W3 too_late\n"
           "state lhasa U registered\n"
           "own lhasa SRC_APPROVED=100 UNALLOC=60 XFER_OUT=40\n"
           "own linzhou SRC_TRANSFER_IN=40 UNALLOC=40\n");
}

/* Lhasa answers a remit before the region has heard of the county that it let in below itself: what
 * is not known yet is no breach. */
static void an_answer_to_who_is_not_known_yet(void **state)
{
    struct tree *tree = tree_new_without(LINZHOU);
    struct holder *holder = holder_new(tree, REGION);
    struct script lhasa = {.author = LHASA, .first_lsn = 1};

    (void)state;
    WRITE(&lhasa, "register", "RM", "bgt_id", "M", "ori_div_code", "540121", "amount", "20",
          "fund_type_code", "111", "transfer_lsn", "2");
    apply(holder, &lhasa);
    if (holder->alarm_count != 0) {
        fail_msg("%s", holder->alarms[0]);
    }
    holder_free(holder);
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_and_formal),
        cmocka_unit_test(early_and_formal_below_the_region),
        cmocka_unit_test(of_what_was_passed_on_nothing_is_lowered),
        cmocka_unit_test(what_is_not_settled_is_in_transit),
        cmocka_unit_test(recall),
        cmocka_unit_test(recall_below_the_region),
        cmocka_unit_test(settled_and_never_heard),
        cmocka_unit_test(out_of_the_tree),
        cmocka_unit_test(out_of_the_tree_below_the_region),
        cmocka_unit_test(differences_under_an_estimate),
        cmocka_unit_test(passed_out_before_the_node_is_there),
        cmocka_unit_test(withdrawn_or_too_late),
        cmocka_unit_test(an_answer_to_who_is_not_known_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
