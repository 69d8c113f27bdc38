/* clocks - by which day something must be done.
 *
 * A clock starts at a signed fact, the time of an entry, and runs for days, so that every holder of
 * the entry names the same day: the division that asks, the one that must answer, and all above
 * them. A day on a weekend moves to the Monday behind it. What the work calendar says beyond that
 * (days off, days that do not count) its node has written into the document, as the days of the
 * calendar that they come to (due_span): who holds the document need not hold the calendar.
 *
 * Thread: any; pure. Units: a day is a date in Beijing, counted from 1970-01-01 = 0. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_CLOCKS_H
#define TERRACE_NODE_LEDGER_SCHEMA_CLOCKS_H

#include "proto/document.h"

enum {
    UTC_OFFSET_MINUTES = 480, /* of the local date: Beijing time */
    ANSWER_DAYS = 7,          /* to register or return what came and does not say due_days */
    RECALL_DAYS = 15,         /* to answer what asks for money back and does not say due_days */
    DAY_TEXT_SIZE = 11,
    TIME_BYTES_MAX = 32,
};

uint64_t clock_day(uint64_t unix_ms);
/* The date of a DATE field; false when it is none. */
bool day_read(struct bytes date, uint64_t *day);
bool day_is_weekend(uint64_t day);
/* How many days an asking document gives for its answer. */
uint64_t clock_days(const struct document *asking);
/* The last day for the answer to a document that was entered at unix_ms. */
uint64_t clock_due(const struct document *asking, uint64_t unix_ms);
/* The month of that day, 1-12, and its year; the last one of the year 9999 for all after it. */
struct month {
    int year, month;
};
struct month clock_month(uint64_t unix_ms);
/* The first moment after that year, 1970-9998, ms since 1970; 0 for any other. */
uint64_t clock_year_end_ms(int year);
/* "2026-11-29"; "" after the year 9999. */
void day_format(char out[DAY_TEXT_SIZE], uint64_t day);
/* "2026-11-29 08:15:00 UTC", in `out`, which is returned; "" for what no calendar has. */
const char *time_text(char out[TIME_BYTES_MAX], uint64_t unix_ms);

#endif
