#include "node/api/report_execution.h"

#include <stdio.h>

/* --- by what --- */

static bool add_element(struct execution_by *by, struct bytes word)
{
    const enum line_element element = line_element_named(word);

    if (element == LINE_ELEMENTS || by->count == LINE_KEYS_MAX ||
        (by->count > 0 && by->elements[0] == element)) {
        return false;
    }
    by->elements[by->count++] = element;
    return true;
}

static bool read_elements(struct execution_by *by, const char *at)
{
    const char *comma = strchr(at, ',');

    by->dimension = DIMENSIONS;
    return add_element(by, bytes_of(at, (size_t)(comma - at))) &&
           add_element(by, bytes_text(comma + 1));
}

static bool read_dimension(struct execution_by *by, const char *name)
{
    by->dimension = dimension_named(name);
    if (by->dimension == DIMENSIONS || by->dimension == BY_ACCOUNT) {
        return false;
    }
    by->elements[by->count++] = element_of_dimension(by->dimension);
    return true;
}

/* Roll-ups of a month are kept by account alone. */
static bool takes_month(const struct execution_by *by, int month)
{
    return month == 0 || by->dimension == BY_MONTH;
}

bool report_execution_by(const struct request *request, struct answer *answer, int month,
                         struct execution_by *by)
{
    const char *typed = request->query(request->connection, "by");
    const char *name = typed != NULL ? typed : month != 0 ? "month" : "function";

    by->count = 0;
    if (strchr(name, ',') != NULL ? !read_elements(by, name) : !read_dimension(by, name)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_elements value=%.64s", typed);
        return false;
    }
    if (!takes_month(by, month)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_month_alone");
        return false;
    }
    return true;
}

/* --- rows --- */

static void write_amounts(struct json_out *out, const struct sums *sums)
{
    const struct chain_row *chain = &sums->chain;

    out_amount(out, "allocated", chain->allocated);
    out_amount(out, "released", chain->released);
    out_amount(out, "committed", report_normal(sums, ACC_COMMIT));
    out_amount(out, "frozen", report_normal(sums, ACC_FROZEN));
    out_amount(out, "paid", chain->paid);
    out_amount(out, "available", report_normal(sums, ACC_AVAIL));
    report_rate(out, "rate", chain->paid, chain->allocated);
}

static void write_key(struct report *report, size_t i, const char *code)
{
    static const char *const keys[LINE_KEYS_MAX] = {"key", "key2"};
    static const char *const names[LINE_KEYS_MAX] = {"key_name", "key2_name"};

    out_text(&report->out, keys[i], code);
    out_element_name(&report->out, names[i], &(struct names){report->txn, report->roster},
                     report->by.elements[i], report->division, report->year, code);
}

static void write_execution(struct report *report, const char *key, const struct sums *sums)
{
    if (!report_begin_row(report, "%s", key[0] == '\0' ? "-" : key)) {
        return;
    }
    write_key(report, 0, key);
    write_amounts(&report->out, sums);
    out_close(&report->out, '}');
}

static void visit_line_sums(void *arg, const struct line_sums *row)
{
    struct report *report = arg;
    struct sums sums = {.debit = {0}};

    if (!report_begin_row(report, "%s|%s", row->key[0], row->key[1])) {
        return;
    }
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        report_add_sum(&sums,
                       &(struct balance_row){.account = (enum account)a, .debit = row->balance[a]});
    }
    for (size_t i = 0; i < report->by.count; i++) {
        write_key(report, i, row->key[i]);
    }
    write_amounts(&report->out, &sums);
    out_close(&report->out, '}');
}

/* --- lines --- */

static size_t divisions_asked(const struct report *report, struct division *out)
{
    const struct roster_snapshot *roster = report->roster;
    size_t count = 0;

    if (report->scope == SCOPE_OWN) {
        out[0] = report->division;
        return 1;
    }
    for (size_t i = 0; i < roster->count; i++) {
        if (roster_snapshot_within(roster, roster->at[i].division, report->division)) {
            out[count++] = roster->at[i].division;
        }
    }
    return count;
}

static void execution_by_lines(struct report *report)
{
    struct division *divisions = mem_zalloc((report->roster->count + 1) * sizeof *divisions);
    struct line_request lines = {
        .divisions = divisions,
        .division_count = divisions_asked(report, divisions),
        .roster = report->scope == SCOPE_OWN ? NULL : report->roster->roster,
        .year = report->year,
        .by_count = report->by.count,
        .read_max = LINES_READ_MAX,
    };

    memcpy(lines.by, report->by.elements, sizeof lines.by);
    report->too_long = !query_lines(report->txn, &lines, visit_line_sums, report);
    mem_free(divisions);
}

void report_execution(struct report *report)
{
    if (report->by.dimension != DIMENSIONS) {
        report_group_by(report, report->scope, report->by.dimension, write_execution);
    } else {
        execution_by_lines(report);
    }
}
