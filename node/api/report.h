/* report - what the reports share: the answer as it is written, and the sums of one row.
 *
 * Owned by: report.c, report_execution.c, reports.c. Thread: a worker's (workers.h). Units:
 * fen. */
#ifndef TERRACE_NODE_API_REPORT_H
#define TERRACE_NODE_API_REPORT_H

#include "node/api/names.h"
#include "node/api/page.h"

/* By what a report of execution goes: report_execution.h. */
struct execution_by {
    enum dimension dimension; /* DIMENSIONS: by two elements */
    enum line_element elements[LINE_KEYS_MAX];
    size_t count;
};

struct report {
    struct json_out out;
    const struct request *request;
    const struct view *view;
    struct txn *txn; /* of the view */
    const struct roster_snapshot *roster;
    struct division division;
    enum scope scope;
    int year;          /* 0: all */
    int month;         /* 0: all */
    bool closed;       /* with what closing the year booked */
    bool year_said;    /* by who asks; else query_report_year */
    uint64_t until_ms; /* as it stood before that moment; 0: now */
    struct execution_by by;
    struct page *page;
    /* there is more to read for it than an answer may take: lines, or transfers */
    bool too_long, too_many_transfers, too_many_lines;
};

/* Opens the row that the cursor names, when it belongs on this page. */
bool report_begin_row(struct report *report, const char *format, ...) PRINTF(2, 3);
/* Hundredths of a percent as "12.34"; "0.00" of nothing. Whole numbers only. */
void report_rate(struct json_out *out, const char *key, int128 part, int128 whole);

/* Accounts of one scope. */
struct sums {
    int128 debit[ACCOUNTS], credit[ACCOUNTS];
    struct chain_row chain; /* the same, as the money chain */
};
/* `sums` is a struct sums. */
void report_add_sum(void *sums, const struct balance_row *row);
int128 report_normal(const struct sums *sums, enum account account); /* on its normal side */

/* Is this row of query_balance by month of the month that was asked for, or was none? */
bool report_of_month(const struct report *report, const struct balance_row *row);
/* One row of a report for each key of a dimension. */
typedef void report_group_fn(struct report *report, const char *key, const struct sums *sums);
void report_group_by(struct report *report, enum scope scope, enum dimension by,
                     report_group_fn *write);

#endif
