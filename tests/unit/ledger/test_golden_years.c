/* Over the end of a year, with exact figures in wan yuan: estimate and reply, virement, carry and
 * close, refunds of a closed year, reopening, carried money that goes back, a receipt into a closed
 * month. How a line is read says golden.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/array.h"
#include "tests/unit/ledger/golden.h"

#define AGENCIES                                                                                   \
    "lhasa agency AG agency_code=101\n"                                                            \
    "linzhou agency AG agency_code=101\n"                                                          \
    "linzhou agency AG2 agency_code=102\n"

/* Linzhou has received so much, by R, and all above has passed on what it had. */
#define RECEIVED(amount)                                                                           \
    AGENCIES "region budget B amount=" amount "\n"                                                 \
             "region transfer T1 ori_bgt_id=B rec_div_code=540100 amount=" amount "\n"             \
             "lhasa register R1 bgt_id=T1\n"                                                       \
             "lhasa transfer T2 ori_bgt_id=R1 rec_div_code=540121 amount=" amount "\n"             \
             "linzhou register R bgt_id=T2\n"

/* and released so much of it, on A, of which it has paid some, by P. */
#define RELEASED(released, paid)                                                                   \
    "linzhou allocate A ori_bgt_id=R agency_code=101 amount=" released "\n"                        \
    "linzhou release L bgt_id=A\n"                                                                 \
    "linzhou payment P bgt_id=A pay_app_amt=" paid "\n"                                            \
    "linzhou paid V pay_app_id=P xpay_amt=" paid "\n"

#define ESTIMATE_80                                                                                \
    AGENCIES "linzhou budget E stage=estimate amount=80\n"                                         \
             "linzhou allocate A ori_bgt_id=E agency_code=101 amount=30\n"                         \
             "linzhou release L bgt_id=A\n"                                                        \
             "linzhou payment P bgt_id=A pay_app_amt=10\n"                                         \
             "linzhou paid V pay_app_id=P xpay_amt=10\n"                                           \
             "own linzhou SRC_ADVANCE=80 UNALLOC=50 AVAIL=20 SPENT=10\n"                           \
             "state linzhou E advanced\n"

/* Example 2. */
static void estimate(void **state)
{
    (void)state;
    GOLDEN(ESTIMATE_80, "linzhou budget Y estimate_id=E amount=100\n"
                        "own linzhou SRC_APPROVED=100 UNALLOC=70 AVAIL=20 SPENT=10\n"
                        "line linzhou E SRC_APPROVED=100 UNALLOC=70\n"
                        "state linzhou E approved\n"
                        "all region SRC_APPROVED=100 UNALLOC=70 AVAIL=20 SPENT=10\n"
                        "linzhou budget Y2 estimate_id=E amount=100 ! wrong_state\n");
    GOLDEN(ESTIMATE_80, "linzhou budget Y estimate_id=E amount=60\n"
                        "own linzhou SRC_APPROVED=60 UNALLOC=30 AVAIL=20 SPENT=10\n");
    GOLDEN(ESTIMATE_80, "linzhou budget Y estimate_id=E amount=20 ! exceeds_available 60 50\n"
                        "linzhou remit M ori_bgt_id=E rec_div_code=540100 amount=1 ! advance_only\n"
                        "linzhou carry_over K bgt_id=E amount=1 ! advance_only\n"
                        "linzhou close_year CY ! open_items\n"
                        "own linzhou SRC_ADVANCE=80 UNALLOC=50 AVAIL=20 SPENT=10\n");
}

/* Example 4. */
static void virement(void **state)
{
    (void)state;
    GOLDEN(RECEIVED("200"), "linzhou allocate A ori_bgt_id=R agency_code=101 amount=100\n"
                            "linzhou release L bgt_id=A\n"
                            "linzhou virement V from_bgt_id=A agency_code=102 amount=30\n"
                            "line linzhou A AVAIL=70\n"
                            "line linzhou V AVAIL=30\n"
                            "origin linzhou V R\n"
                            "linzhou reduce D bgt_id=V amount=10\n"
                            "line linzhou V AVAIL=20\n"
                            "line linzhou R SRC_TRANSFER_IN=200 UNALLOC=110\n"
                            "lhasa project PJ pro_code=P1 state=reserved agency_code=101\n"
                            "lhasa budget S amount=10 pro_code=P1\n"
                            "lhasa transfer TS ori_bgt_id=S rec_div_code=540121 amount=10"
                            " tra_type_code=special\n"
                            "linzhou register RS bgt_id=TS\n"
                            "earmarked linzhou RS\n"
                            "linzhou project PJ pro_code=P2 state=reserved agency_code=102\n"
                            "linzhou allocate AS ori_bgt_id=RS agency_code=101 amount=10\n"
                            "linzhou release LS bgt_id=AS\n"
                            "linzhou virement X from_bgt_id=AS agency_code=102 pro_code=P2 amount=1"
                            " ! earmark_differs\n");
}

#define CARRIED                                                                                    \
    RECEIVED("200")                                                                                \
    RELEASED("150", "40")                                                                          \
    "own linzhou SRC_TRANSFER_IN=200 UNALLOC=50 AVAIL=110 SPENT=40\n"                              \
    "day 2026-12-30\n"                                                                             \
    "linzhou close_year CY0 ! open_items\n"                                                        \
    "linzhou carry_over K bgt_id=A amount=110\n"                                                   \
    "own linzhou SRC_TRANSFER_IN=200 UNALLOC=50 SPENT=40 CARRY_OUT=110\n"                          \
    "year 2027\n"                                                                                  \
    "own linzhou SRC_CARRY_IN=110 AVAIL=110\n"                                                     \
    "line linzhou K SRC_CARRY_IN=110 AVAIL=110\n"                                                  \
    "year 2026\n"                                                                                  \
    "linzhou lapse Z bgt_id=R amount=50\n"

/* Examples 5 and 6. */
static void carry_close_and_a_refund_of_what_is_closed(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "lhasa close_year CY\n"
                    "own lhasa SRC_TRANSFER_IN=200 XFER_OUT=200\n"
                    "linzhou close_year CY\n"
                    "line linzhou .close-2026-111 SRC_TRANSFER_IN=-200 SPENT=-40"
                    " CARRY_OUT=-110 LAPSED=-50\n"
                    "line lhasa .close-2026-111 SRC_TRANSFER_IN=-200 XFER_OUT=-200\n"
                    "own linzhou SRC_TRANSFER_IN=200 SPENT=40 CARRY_OUT=110 LAPSED=50\n"
                    "all region SRC_APPROVED=200 SPENT=40 CARRY_OUT=110 LAPSED=50\n"
                    "linzhou allocate A9 ori_bgt_id=R agency_code=101 amount=1 ! closed_year\n"
                    "linzhou close_year CY2 ! closed_year\n"
                    "day 2027-02-01\n"
                    "linzhou refund F0 pay_app_id=P amount=5 ! closed_year\n"
                    "year 2027\n"
                    "linzhou refund F pay_app_id=P amount=5\n"
                    "line linzhou F SRC_RECOVERED=5 UNALLOC=5\n"
                    "own linzhou SRC_CARRY_IN=110 SRC_RECOVERED=5 AVAIL=110 UNALLOC=5\n"
                    "linzhou refund F2 pay_app_id=P amount=36 ! exceeds_spent 36 35\n"
                    "year 2026\n"
                    "own linzhou SRC_TRANSFER_IN=200 SPENT=40 CARRY_OUT=110 LAPSED=50\n");
}

/* A credit of the line, refunds of its payment, in its year and after: together no more than was
 * spent on the line, however many there are. */
static void what_was_spent_comes_back_once(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "linzhou refund C bgt_id=A amount=30\n"
                    "line linzhou A AVAIL=30 SPENT=10 CARRY_OUT=110\n"
                    "linzhou lapse Z2 bgt_id=A amount=30\n"
                    "linzhou close_year CY\n"
                    "day 2027-02-01\n"
                    "year 2027\n"
                    "linzhou refund F pay_app_id=P amount=11 ! exceeds_spent 11 10\n"
                    "linzhou refund F pay_app_id=P amount=6\n"
                    "linzhou refund F2 pay_app_id=P amount=5 ! exceeds_spent 5 4\n"
                    "year 2026\n"
                    "linzhou reopen_year RO\n"
                    "linzhou refund F2 pay_app_id=P amount=5 ! exceeds_spent 5 4\n"
                    "linzhou refund C2 bgt_id=A amount=5 ! exceeds_spent 5 4\n"
                    "linzhou refund C2 bgt_id=A amount=4\n"
                    "line linzhou A AVAIL=4 SPENT=6 CARRY_OUT=110 LAPSED=30\n"
                    "year 2027\n"
                    "linzhou refund F2 pay_app_id=P amount=1 ! exceeds_spent 1 0\n"
                    "own linzhou SRC_CARRY_IN=110 SRC_RECOVERED=6 AVAIL=110 UNALLOC=6\n");
}

/* The times are those of the money: it does not get younger by being allocated. */
static void allocating_does_not_renew_what_was_carried(void **state)
{
    (void)state;
    GOLDEN("linzhou agency AG agency_code=101\n"
           "linzhou budget B amount=100\n"
           "day 2026-12-30\n"
           "linzhou carry_over K1 bgt_id=B amount=100\n"
           "year 2027\n"
           "day 2027-12-30\n"
           "linzhou agency AG7 agency_code=101\n"
           "linzhou allocate A ori_bgt_id=K1 agency_code=101 amount=100\n"
           "linzhou release L bgt_id=A\n"
           "linzhou carry_over K2 bgt_id=A amount=100\n"
           "year 2028\n"
           "day 2028-12-30\n"
           "linzhou reduce RE bgt_id=K2 amount=100\n"
           "linzhou allocate A8 ori_bgt_id=K2 agency_code=101 amount=100\n"
           "linzhou carry_over K3 bgt_id=A8 amount=100 ! carried_too_long\n"
           "line linzhou A8 PENDING=100\n");
}

/* 14.3: of an ask that moves nothing yet no account tells, and nobody closes with one open. */
static void nobody_closes_with_an_ask_open(void **state)
{
    (void)state;
    GOLDEN("lhasa budget B amount=60\n"
           "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=60\n"
           "linzhou register R bgt_id=T\n"
           "lhasa recall C bgt_id=T amount=10\n"
           "linzhou lapse Z bgt_id=R amount=60\n"
           "lhasa close_year CY ! open_items kind=recall id=C\n"
           "linzhou close_year CY ! open_items kind=recall id=C\n"
           "linzhou recall_refuse N recall_id=C\n"
           "linzhou close_year CY\n"
           "lhasa close_year CY\n"
           "own lhasa SRC_APPROVED=60 XFER_OUT=60\n"
           "own linzhou SRC_TRANSFER_IN=60 LAPSED=60\n");
}

/* Example 13. */
static void reopening_crosses_a_close(void **state)
{
    (void)state;
    GOLDEN(RECEIVED("100") RELEASED("100", "100"),
           "day 2027-01-10\n"
           "linzhou close_year CY\n"
           "held region\n"
           "held lhasa\n"
           "lhasa close_year CY\n"
           "region close_year CY\n"
           "linzhou reopen_year RY\n"
           "free lhasa\n"
           "free region\n"
           "line linzhou .close-2026-111\n"
           "linzhou refund F pay_app_id=P amount=5\n"
           "linzhou reduce D bgt_id=A amount=5\n"
           "line linzhou R SRC_TRANSFER_IN=100 UNALLOC=5\n"
           "linzhou recall_grant G bgt_id=R amount=5"
           " ! missing_recall_id\n"
           "linzhou remit M ori_bgt_id=R rec_div_code=540000"
           " amount=5\n"
           "own linzhou SRC_TRANSFER_IN=100 SPENT=95"
           " TRANSIT=5\n"
           "linzhou close_year CY2 ! open_items\n"
           "region register RM bgt_id=M ori_div_code=540121"
           " ! closed_year\n"
           "region return RM bgt_id=M ori_div_code=540121\n"
           "own linzhou SRC_TRANSFER_IN=100 SPENT=95"
           " UNALLOC=5\n"
           "linzhou lapse Z bgt_id=R amount=5\n"
           "linzhou close_year CY2\n"
           "line linzhou .close-2026-111"
           " SRC_TRANSFER_IN=-100 SPENT=-95 LAPSED=-5\n"
           "own region SRC_APPROVED=100 XFER_OUT=100\n"
           "own lhasa SRC_TRANSFER_IN=100 XFER_OUT=100\n"
           "own linzhou SRC_TRANSFER_IN=100 SPENT=95"
           " LAPSED=5\n"
           "linzhou reopen_year RY2 ! wrong_state\n");
}

/* Example 14. */
static void carried_earmarked_money_goes_back(void **state)
{
    (void)state;
    GOLDEN(AGENCIES, "region budget B amount=100\n"
                     "region transfer T ori_bgt_id=B rec_div_code=540100 amount=100"
                     " tra_type_code=special\n"
                     "lhasa register R bgt_id=T\n"
                     "lhasa allocate A ori_bgt_id=R agency_code=101 amount=70\n"
                     "lhasa release L bgt_id=A\n"
                     "lhasa payment P bgt_id=A pay_app_amt=70\n"
                     "lhasa paid V pay_app_id=P xpay_amt=70\n"
                     "day 2026-12-31\n"
                     "lhasa carry_over K1 bgt_id=R amount=30\n"
                     "year 2027\n"
                     "day 2027-12-31\n"
                     "earmarked lhasa K1\n"
                     "lhasa carry_over K2 bgt_id=K1 amount=30\n"
                     "year 2028\n"
                     "day 2028-12-01\n"
                     "lhasa carry_over K3 bgt_id=K2 amount=30 ! carried_too_long\n"
                     "lhasa remit M ori_bgt_id=K2 rec_div_code=540000 amount=30\n"
                     "region register RM bgt_id=M ori_div_code=540100\n"
                     "line region RM SRC_TRANSFER_IN=30 UNALLOC=30\n"
                     "earmarked region RM\n"
                     "state lhasa M registered\n"
                     "line lhasa M XFER_OUT=30\n"
                     "own lhasa SRC_CARRY_IN=30 XFER_OUT=30\n"
                     "all region SRC_CARRY_IN=30 UNALLOC=30\n");
    /* The same of a county, from its city: two above hold it. */
    GOLDEN(AGENCIES, "lhasa budget B amount=100\n"
                     "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=100"
                     " tra_type_code=special\n"
                     "linzhou register R bgt_id=T\n"
                     "linzhou allocate A ori_bgt_id=R agency_code=101 amount=70\n"
                     "linzhou release L bgt_id=A\n"
                     "linzhou payment P bgt_id=A pay_app_amt=70\n"
                     "linzhou paid V pay_app_id=P xpay_amt=70\n"
                     "day 2026-12-31\n"
                     "linzhou carry_over K1 bgt_id=R amount=30\n"
                     "year 2027\n"
                     "day 2027-12-31\n"
                     "earmarked linzhou K1\n"
                     "linzhou carry_over K2 bgt_id=K1 amount=30\n"
                     "year 2028\n"
                     "day 2028-12-01\n"
                     "linzhou carry_over K3 bgt_id=K2 amount=30 ! carried_too_long\n"
                     "linzhou remit M ori_bgt_id=K2 rec_div_code=540100 amount=30\n"
                     "lhasa register RM bgt_id=M ori_div_code=540121\n"
                     "line lhasa RM SRC_TRANSFER_IN=30 UNALLOC=30\n"
                     "earmarked lhasa RM\n"
                     "state linzhou M registered\n"
                     "line linzhou M XFER_OUT=30\n"
                     "own linzhou SRC_CARRY_IN=30 XFER_OUT=30\n"
                     "all region SRC_CARRY_IN=30 UNALLOC=30\n");
    GOLDEN(AGENCIES, "lhasa budget B amount=10\n"
                     "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=10"
                     " tra_type_code=special\n"
                     "linzhou register R bgt_id=T\n"
                     "day 2026-12-31\n"
                     "linzhou carry_over K bgt_id=R amount=10\n"
                     "year 2027\n"
                     "day 2027-02-01\n"
                     "linzhou remit M ori_bgt_id=K rec_div_code=540000 amount=10"
                     " ! earmark_differs\n"
                     "linzhou remit M ori_bgt_id=K rec_div_code=540100 amount=10\n"
                     "lhasa register RM bgt_id=M ori_div_code=540121\n"
                     "earmarked lhasa RM\n"
                     "lhasa remit M ori_bgt_id=RM rec_div_code=540000 amount=10\n"
                     "region register RM bgt_id=M ori_div_code=540100\n"
                     "own linzhou SRC_CARRY_IN=10 XFER_OUT=10\n"
                     "own lhasa SRC_TRANSFER_IN=10 XFER_OUT=10\n"
                     "own region SRC_TRANSFER_IN=10 UNALLOC=10\n"
                     "all region SRC_CARRY_IN=10 UNALLOC=10\n");
}

/* Example 16. */
static void a_receipt_into_a_closed_month(void **state)
{
    (void)state;
    GOLDEN(RECEIVED("100"),
           "day 2026-11-20\n"
           "linzhou allocate A ori_bgt_id=R agency_code=101 amount=100\n"
           "linzhou release L bgt_id=A\n"
           "linzhou payment P bgt_id=A pay_app_amt=30\n"
           "linzhou payment Q bgt_id=A pay_app_amt=20\n"
           "linzhou paid V0 pay_app_id=P xpay_amt=1 xpay_date=2026-11-20\n"
           "day 2026-12-02\n"
           "linzhou close_year M0 month=2 ! wrong_state\n"
           "linzhou close_year M1 month=1\n"
           "linzhou close_year M2 month=2\n"
           "linzhou close_year M3 month=3\n"
           "linzhou close_year M4 month=4\n"
           "linzhou close_year M5 month=5\n"
           "linzhou close_year M6 month=6\n"
           "linzhou close_year M7 month=7\n"
           "linzhou close_year M8 month=8\n"
           "linzhou close_year M9 month=9\n"
           "linzhou close_year M10 month=10\n"
           "linzhou close_year M11 month=11\n"
           "linzhou close_year M12 month=12 ! bad_month\n"
           "day 2026-12-03\n"
           "linzhou paid V1 pay_app_id=P agent_business_no=2 xpay_amt=9 xpay_date=2026-11-30\n"
           "day 2027-01-05\n"
           "linzhou paid V2 pay_app_id=Q agent_business_no=3 xpay_amt=20 xpay_date=2027-01-04\n"
           "month linzhou 11 COMMIT=49 SPENT=1 AVAIL=50 UNALLOC=-100\n"
           "month linzhou 12 COMMIT=-29 SPENT=29\n");
}

/* 14.1: of a year that is not open yet, early money goes down and is allocated, and no more. */
static void a_year_that_is_prepared(void **state)
{
    (void)state;
    GOLDEN(AGENCIES, "lhasa open_year OY\n"
                     "linzhou open_year OY\n"
                     "linzhou open_year OY2 ! wrong_state\n"
                     "year 2027\n"
                     "lhasa budget B amount=100\n"
                     "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=60 ! year_not_open\n"
                     "lhasa transfer T ori_bgt_id=B rec_div_code=540121 amount=60 stage=early\n"
                     "linzhou register R bgt_id=T\n"
                     "linzhou allocate A ori_bgt_id=R agency_code=101 amount=20\n"
                     "linzhou release L bgt_id=A\n"
                     "linzhou lapse Z bgt_id=R amount=5 ! year_not_open\n"
                     "linzhou close_year CY ! year_not_open\n"
                     "day 2027-01-02\n"
                     "linzhou open_year OY27\n"
                     "linzhou lapse Z bgt_id=R amount=5\n"
                     "linzhou payment P bgt_id=A pay_app_amt=3\n"
                     "own linzhou SRC_TRANSFER_IN=60 UNALLOC=35 AVAIL=17 COMMIT=3 LAPSED=5\n"
                     "year 2028\n"
                     "linzhou budget Y stage=estimate amount=1\n"
                     "year 2029\n"
                     "linzhou budget Y2 stage=estimate amount=1 ! bad_fiscal_year\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimate),
        cmocka_unit_test(virement),
        cmocka_unit_test(carry_close_and_a_refund_of_what_is_closed),
        cmocka_unit_test(what_was_spent_comes_back_once),
        cmocka_unit_test(allocating_does_not_renew_what_was_carried),
        cmocka_unit_test(nobody_closes_with_an_ask_open),
        cmocka_unit_test(reopening_crosses_a_close),
        cmocka_unit_test(carried_earmarked_money_goes_back),
        cmocka_unit_test(a_receipt_into_a_closed_month),
        cmocka_unit_test(a_year_that_is_prepared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
