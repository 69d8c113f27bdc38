/* A line at the head of a chain is its own origin: what was carried over as it stood is released,
 * reduced, moved and split like any other, and what came back of a closed year is split. Figures
 * are those of golden.h, at the author and two above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/array.h"
#include "tests/unit/ledger/golden.h"

/* Of 100: 40 allocated (KP), 25 released (KA) and 30 not allocated (KU) go on into 2027; 5 are
 * paid. */
#define CARRIED                                                                                    \
    "linzhou agency AG agency_code=101\n"                                                          \
    "linzhou agency AG2 agency_code=102\n"                                                         \
    "linzhou budget B amount=100\n"                                                                \
    "linzhou allocate A ori_bgt_id=B agency_code=101 amount=40\n"                                  \
    "linzhou allocate A2 ori_bgt_id=B agency_code=101 amount=30\n"                                 \
    "linzhou release L2 bgt_id=A2\n"                                                               \
    "linzhou payment P bgt_id=A2 pay_app_amt=5\n"                                                  \
    "linzhou paid V pay_app_id=P xpay_amt=5\n"                                                     \
    "day 2026-12-30\n"                                                                             \
    "linzhou carry_over KP bgt_id=A amount=40\n"                                                   \
    "linzhou carry_over KA bgt_id=A2 amount=25\n"                                                  \
    "linzhou carry_over KU bgt_id=B amount=30\n"                                                   \
    "day 2027-01-05\n"                                                                             \
    "year 2027\n"                                                                                  \
    "own linzhou SRC_CARRY_IN=95 PENDING=40 AVAIL=25 UNALLOC=30\n"

static void what_is_carried_allocated_is_released_and_reduced_on_itself(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "linzhou payment X bgt_id=KP pay_app_amt=1 ! wrong_state\n"
                    "linzhou reduce D1 bgt_id=KP amount=5\n"
                    "line linzhou KP SRC_CARRY_IN=40 PENDING=35 UNALLOC=5\n"
                    "linzhou allocate N1 ori_bgt_id=KP agency_code=102 amount=2\n"
                    "linzhou release L1 bgt_id=KP\n"
                    "state linzhou KP released\n"
                    "line linzhou KP SRC_CARRY_IN=40 AVAIL=35 UNALLOC=3\n"
                    "linzhou release L9 bgt_id=KP ! wrong_state\n"
                    "linzhou reduce D2 bgt_id=KP amount=10\n"
                    "linzhou reduce X bgt_id=KP amount=26 ! exceeds_available 26 25\n"
                    "line linzhou KP SRC_CARRY_IN=40 AVAIL=25 UNALLOC=13\n"
                    "linzhou allocate N2 ori_bgt_id=KP agency_code=102 amount=13\n"
                    "origin linzhou N2 KP\n"
                    "linzhou reduce D3 bgt_id=N2 amount=13\n"
                    "line linzhou KP SRC_CARRY_IN=40 AVAIL=25 UNALLOC=13\n");
}

static void what_is_carried_released_is_paid_moved_and_frozen(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "linzhou payment P1 bgt_id=KA pay_app_amt=4\n"
                    "linzhou freeze F1 bgt_id=KA amount=1\n"
                    "linzhou virement V1 from_bgt_id=KA agency_code=102 amount=10\n"
                    "origin linzhou V1 KA\n"
                    "linzhou virement V2 from_bgt_id=V1 agency_code=101 amount=3\n"
                    "origin linzhou V2 KA\n"
                    "linzhou reduce D1 bgt_id=V2 amount=2\n"
                    "line linzhou V2 AVAIL=1\n"
                    "line linzhou V1 AVAIL=7\n"
                    "line linzhou KA SRC_CARRY_IN=25 COMMIT=4 FROZEN=1 AVAIL=10 UNALLOC=2\n"
                    "linzhou remit M ori_bgt_id=KA rec_div_code=540100 amount=2\n"
                    "lhasa register RM bgt_id=M ori_div_code=540121\n"
                    "line linzhou KA SRC_CARRY_IN=25 COMMIT=4 FROZEN=1 AVAIL=10\n");
}

static void what_is_not_allocated_is_split_and_not_reduced(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "linzhou reduce X bgt_id=KU amount=1 ! wrong_state\n"
                    "linzhou virement X from_bgt_id=KU agency_code=102 amount=1 ! wrong_state\n"
                    "linzhou adjust X bgt_id=KU amount=1 approval_ref=1 ! wrong_state\n"
                    "linzhou allocate N1 ori_bgt_id=KU agency_code=101 amount=30\n"
                    "line linzhou KU SRC_CARRY_IN=30\n");
}

static void what_came_back_of_a_closed_year_is_split(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "year 2026\n"
                    "linzhou close_year CY\n"
                    "year 2027\n"
                    "linzhou refund F pay_app_id=P amount=2\n"
                    "line linzhou F SRC_RECOVERED=2 UNALLOC=2\n"
                    "linzhou reduce X bgt_id=F amount=1 ! wrong_state\n"
                    "linzhou allocate N1 ori_bgt_id=F agency_code=101 amount=2\n"
                    "origin linzhou N1 F\n"
                    "line linzhou F SRC_RECOVERED=2\n");
}

/* A credit belongs to the line of its own year, and none of it to a payment. */
static void a_credit_goes_on_a_line_of_an_open_year(void **state)
{
    (void)state;
    GOLDEN(CARRIED, "linzhou payment P1 bgt_id=KA pay_app_amt=4\n"
                    "linzhou paid V1 pay_app_id=P1 xpay_amt=4 agent_business_no=2\n"
                    "linzhou refund C1 bgt_id=KA amount=3\n"
                    "line linzhou KA SRC_CARRY_IN=25 SPENT=1 AVAIL=24\n"
                    "linzhou refund C2 pay_app_id=P1 amount=2 ! exceeds_spent 2 1\n"
                    "year 2026\n"
                    "linzhou refund C3 bgt_id=A2 amount=5\n"
                    "line linzhou A2 AVAIL=5 CARRY_OUT=25\n"
                    "linzhou refund C4 pay_app_id=P amount=1 ! exceeds_spent 1 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_carried_allocated_is_released_and_reduced_on_itself),
        cmocka_unit_test(what_is_carried_released_is_paid_moved_and_frozen),
        cmocka_unit_test(what_is_not_allocated_is_split_and_not_reduced),
        cmocka_unit_test(what_came_back_of_a_closed_year_is_split),
        cmocka_unit_test(a_credit_goes_on_a_line_of_an_open_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
