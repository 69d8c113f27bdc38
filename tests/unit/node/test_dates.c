/* Dates that lie ahead of the node's clock, and how far they may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/schema/kinds.h"
#include "node/office/dates.h"

/* 2026-11-28 15:59:59 UTC is 23:59:59 in Beijing; a second later the local day is the next. */
static const uint64_t before_midnight_ms = UINT64_C(1795881599000),
                      midnight_ms = UINT64_C(1795881600000);

static void a_date_of_a_fact_lies_a_day_ahead_at_most(void **state)
{
    static const struct {
        const char *name;
        enum field field;
        const char *date;
        uint64_t now_ms;
        bool fine;
        uint32_t kind; /* 0: a receipt */
    } cases[] = {
        {"today", FIELD_XPAY_DATE, "2026-11-28", before_midnight_ms, true},
        {"tomorrow", FIELD_XPAY_DATE, "2026-11-29", before_midnight_ms, true},
        {"the day after tomorrow", FIELD_XPAY_DATE, "2026-11-30", before_midnight_ms, false},
        {"the local day counts", FIELD_XPAY_DATE, "2026-11-30", midnight_ms, true},
        {"two digits exchanged", FIELD_DOC_DATE, "2062-11-28", midnight_ms, false},
        {"of an approval", FIELD_APPROVAL_DATE, "2026-12-01", midnight_ms, false},
        {"of a receipt", FIELD_DATE, "2027-01-01", midnight_ms, false},
        {"long ago", FIELD_DOC_DATE, "1999-01-01", midnight_ms, true},
        {"a span may end later", FIELD_END_DATE, "2099-12-31", midnight_ms, true},
        {"and begin later", FIELD_START_DATE, "2099-12-31", midnight_ms, true},
        {"days of a calendar", FIELD_DATE, "2027-10-01", midnight_ms, true, KIND_CALENDAR},
        {"a refund", FIELD_DATE, "2027-10-01", midnight_ms, false, KIND_REFUND},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct document document = {.kind = cases[i].kind != 0 ? cases[i].kind : KIND_PAID};
        struct refusal refusal = {.reason = REASON_NONE};

        document_set_text(&document, cases[i].field, bytes_text(cases[i].date));
        if ((dates_check(&document, cases[i].now_ms, &refusal) == REASON_NONE) != cases[i].fine) {
            fail_msg("%s: %s", cases[i].name, cases[i].date);
        }
        if (!cases[i].fine) {
            assert_int_equal(refusal.reason, REASON_BAD);
            assert_string_equal(refusal.what, field_info(cases[i].field)->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_of_a_fact_lies_a_day_ahead_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
