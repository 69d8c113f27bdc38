#include "node/ledger/schema/clocks.h"

#include <assert.h>
#include <time.h>

#include "node/ledger/schema/kinds.h"

enum {
    DAY_MINUTES = 24 * 60,
    DAY_SECONDS = DAY_MINUTES * 60,
    LAST_DAY = 2932896,
    DAYS_OF_400_YEARS = 146097
};

uint64_t clock_day(uint64_t unix_ms)
{
    return (unix_ms / 60000 + UTC_OFFSET_MINUTES) / DAY_MINUTES;
}

/* Days from 1970-01-01 to the first of March of a year, so that a leap day is a year's last. */
static int64_t march_first(int64_t year)
{
    return 365 * year + year / 4 - year / 100 + year / 400 - 719468;
}

bool day_read(struct bytes date, uint64_t *day)
{
    static const int before[] = {306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    int64_t year = 0, month, of_month, days;

    if (!field_text_valid(FIELD_DATE, date)) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        year = 10 * year + (date.data[i] - '0');
    }
    month = 10 * (date.data[5] - '0') + (date.data[6] - '0');
    of_month = 10 * (date.data[8] - '0') + (date.data[9] - '0');
    year -= month <= 2 ? 1 : 0;
    days = march_first(year) + before[month - 1] + of_month - 1;
    *day = days >= 0 ? (uint64_t)days : 0;
    return days >= 0;
}

bool day_is_weekend(uint64_t day)
{
    return (day + 3) % 7 >= 5; /* 1970-01-01 was a Thursday */
}

/* Nobody's entry is refused for its number: what no form allows counts as none. */
static uint64_t days_said(const struct document *asking, enum field field)
{
    const int64_t days = document_number(asking, field);

    return days > 0 && days <= NUMBER_MAX ? (uint64_t)days : 0;
}

uint64_t clock_days(const struct document *asking)
{
    const bool asks_back = asking->kind == KIND_RECALL || document_number(asking, FIELD_AMOUNT) < 0;

    if (document_has(asking, FIELD_DUE_DAYS)) {
        return days_said(asking, FIELD_DUE_DAYS);
    }
    return asks_back ? RECALL_DAYS : ANSWER_DAYS;
}

uint64_t clock_due(const struct document *asking, uint64_t unix_ms)
{
    const uint64_t days = clock_days(asking), span = days_said(asking, FIELD_DUE_SPAN);
    uint64_t due = clock_day(unix_ms) + (span > days ? span : days);

    while (day_is_weekend(due)) {
        due++;
    }
    return due;
}

/* For each entry that is booked: so no calendar of the C library. */
struct month clock_month(uint64_t unix_ms)
{
    const uint64_t clocked = clock_day(unix_ms);
    const int64_t day = (int64_t)(clocked <= LAST_DAY ? clocked : LAST_DAY);
    int64_t year = (day - march_first(0)) * 400 / DAYS_OF_400_YEARS; /* or one beside it */
    int month;                                                       /* 0: March */

    year += march_first(year + 1) <= day ? 1 : march_first(year) > day ? -1 : 0;
    month = (int)((5 * (day - march_first(year)) + 2) / 153); /* 31 30 31 30 31, twice and on */
    return month < 10 ? (struct month){(int)year, month + 3}
                      : (struct month){(int)year + 1, month - 9};
}

uint64_t clock_year_end_ms(int year)
{
    struct tm date = {.tm_year = year + 1 - 1900, .tm_mday = 1};

    if (year < 1970 || year > 9998) {
        return 0;
    }
    return ((uint64_t)timegm(&date) - (uint64_t)UTC_OFFSET_MINUTES * 60) * 1000;
}

void day_format(char out[DAY_TEXT_SIZE], uint64_t day)
{
    const time_t seconds = (time_t)((day <= LAST_DAY ? day : 0) * DAY_SECONDS);
    struct tm date;
    size_t size;

    (void)gmtime_r(&seconds, &date);
    size = strftime(out, DAY_TEXT_SIZE, "%Y-%m-%d", &date);
    assert(size > 0); /* a year of four digits */
    out[day <= LAST_DAY ? size : 0] = '\0';
}

const char *time_text(char out[TIME_BYTES_MAX], uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    const struct tm *there = gmtime_r(&seconds, &utc);
    size_t size;

    assert(there != NULL); /* 2^64 ms are a year of nine digits */
    size = strftime(out, TIME_BYTES_MAX, "%Y-%m-%d %H:%M:%S UTC", there);
    assert(size > 0);
    (void)size;
    return out;
}
