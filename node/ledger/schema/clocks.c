#include "node/ledger/schema/clocks.h"

#include <time.h>

enum { DAY_MINUTES = 24 * 60, DAY_SECONDS = DAY_MINUTES * 60, LAST_DAY = 2932896 };

uint64_t clock_day(uint64_t unix_ms)
{
    return (unix_ms / 60000 + UTC_OFFSET_MINUTES) / DAY_MINUTES;
}

uint64_t clock_due(const struct document *asking, uint64_t unix_ms)
{
    const int64_t days = document_has(asking, FIELD_DUE_DAYS)
                             ? document_number(asking, FIELD_DUE_DAYS)
                             : ANSWER_DAYS;

    /* Nobody's entry is refused for its number: what no form allows counts as none. */
    return clock_day(unix_ms) + (days > 0 && days <= NUMBER_MAX ? (uint64_t)days : 0);
}

struct month clock_month(uint64_t unix_ms)
{
    const uint64_t day = clock_day(unix_ms);
    const time_t seconds = (time_t)((day <= LAST_DAY ? day : LAST_DAY) * DAY_SECONDS);
    struct tm date;

    if (gmtime_r(&seconds, &date) == NULL) {
        return (struct month){9999, 12};
    }
    return (struct month){date.tm_year + 1900, date.tm_mon + 1};
}

void day_format(char out[DAY_TEXT_SIZE], uint64_t day)
{
    const time_t seconds = (time_t)((day <= LAST_DAY ? day : 0) * DAY_SECONDS);
    struct tm date;

    if (day > LAST_DAY || gmtime_r(&seconds, &date) == NULL ||
        strftime(out, DAY_TEXT_SIZE, "%Y-%m-%d", &date) == 0) {
        out[0] = '\0';
    }
}

const char *time_text(char out[TIME_BYTES_MAX], uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(out, TIME_BYTES_MAX, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0) {
        out[0] = '\0';
    }
    return out;
}
