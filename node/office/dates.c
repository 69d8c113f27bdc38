#include "node/office/dates.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#include "node/ledger/schema/kinds.h"

enum { DATE_SIZE = 10, DAY_MS = 24 * 3600 * 1000 };

/* When something happened; a span's start_date and end_date are left out, and so is the date with
 * which a calendar's span begins. */
static const enum field of_facts[] = {FIELD_APPROVAL_DATE, FIELD_DATE, FIELD_DOC_DATE,
                                      FIELD_XPAY_DATE};

/* "2026-11-29" where it is `unix_ms` now; BYTES_NONE after the year 9999. */
static struct bytes last_day(char out[32], uint64_t unix_ms)
{
    const uint64_t local_ms =
        unix_ms + (uint64_t)UTC_OFFSET_MINUTES * 60 * 1000 + (uint64_t)DATE_AHEAD_DAYS_MAX * DAY_MS;
    const time_t seconds = (time_t)(local_ms / 1000);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, 32, "%Y-%m-%d", &utc) != DATE_SIZE) {
        return BYTES_NONE;
    }
    return bytes_of(out, DATE_SIZE);
}

enum reason dates_check(const struct document *document, uint64_t unix_ms, struct refusal *refusal)
{
    for (size_t i = 0; i < COUNT_OF(of_facts); i++) {
        const struct bytes date = document_text(document, of_facts[i]);
        char text[32];

        if (date.size != DATE_SIZE ||
            (document->kind == KIND_CALENDAR && of_facts[i] == FIELD_DATE)) {
            continue;
        }
        const struct bytes last = last_day(text, unix_ms);

        if (last.size != 0 && bytes_compare(date, last) > 0) {
            (void)refuse_field(refusal, REASON_BAD, of_facts[i]);
            message_format(refusal->detail, sizeof refusal->detail,
                           "date_ahead date=%.*s last=%.*s", DATE_SIZE, (const char *)date.data,
                           DATE_SIZE, (const char *)last.data);
            return REASON_BAD;
        }
    }
    return REASON_NONE;
}
