#include "node/api/report.h"

#include <stdarg.h>
#include <stdio.h>

bool report_begin_row(struct report *report, const char *format, ...)
{
    char cursor[CURSOR_BYTES_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(cursor, sizeof cursor, format, args);
    va_end(args);
    if (!page_row(report->page, cursor)) {
        return false;
    }
    out_open(&report->out, NULL, '{');
    return true;
}

void report_rate(struct json_out *out, const char *key, int128 part, int128 whole)
{
    char text[AMOUNT_TEXT_MAX];

    amount_format(text, whole > 0 && part > 0 ? part * 10000 / whole : 0);
    out_text(out, key, text);
}

/* --- sums --- */

void report_add_sum(void *sums_arg, const struct balance_row *row)
{
    struct sums *sums = sums_arg;

    sums->debit[row->account] += row->debit;
    sums->credit[row->account] += row->credit;
    chain_add(&sums->chain, row);
}

int128 report_normal(const struct sums *sums, enum account account)
{
    const int128 net = sums->debit[account] - sums->credit[account];

    return account_info(account)->normal < 0 ? -net : net;
}

/* Rows of query_balance come in key order: one line a key. */
struct grouped {
    struct report *report;
    report_group_fn *write;
    char key[64];
    bool any;
    struct sums sums;
};

static void end_group(struct grouped *grouped)
{
    if (grouped->any) {
        grouped->write(grouped->report, grouped->key, &grouped->sums);
    }
    memset(&grouped->sums, 0, sizeof grouped->sums);
    grouped->any = false;
}

static void add_to_group(void *arg, const struct balance_row *row)
{
    struct grouped *grouped = arg;

    if (!report_of_month(grouped->report, row)) {
        return;
    }
    if (grouped->any && strcmp(grouped->key, row->key) != 0) {
        end_group(grouped);
    }
    memcpy(grouped->key, row->key, sizeof grouped->key);
    grouped->any = true;
    report_add_sum(&grouped->sums, row);
}

bool report_of_month(const struct report *report, const struct balance_row *row)
{
    return report->month == 0 || is_month(row->key, report->month);
}

void report_group_by(struct report *report, enum scope scope, enum dimension by,
                     report_group_fn *write)
{
    struct grouped grouped = {.report = report, .write = write};

    query_balance(report->txn, report->roster->roster, report->division, scope, report->year, by,
                  add_to_group, &grouped);
    end_group(&grouped);
}
