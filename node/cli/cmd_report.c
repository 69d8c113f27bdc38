/* cmd_report - subcommands about whole ledgers: balance, report, chain. */
#include <stdio.h>

#include "node/cli/option_values.h"
#include "node/cli/output.h"
#include "node/cli/pages.h"
#include "node/cli/unconfirmed_print.h"
#include "node/ledger/schema/accounts.h"
#include "node/text/nearest.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* The whole answer, or the page that was asked for, with its exit code; what it leaves out is told.
 * NULL with the error said. */
static enum exit_code join(struct cli *cli, const struct paged *paged, json_t **answer)
{
    enum exit_code exit_code = client_open(cli);

    *answer = NULL;
    if (exit_code == EXIT_DONE) {
        exit_code = pages_join(cli, paged, answer);
    }
    return *answer == NULL ? exit_code
                           : pages_outcome(cli, *answer, cli_json(cli) ? NULL : pages_told_on(cli));
}

static void tell_as_of(const struct cli *cli, const char *division, const json_t *as_of)
{
    char local[LOCAL_TIME_BYTES_MAX];

    cli_tell(cli, stdout, "as_of division=%s lsn=%" JSON_INTEGER_FORMAT " time=%s", division,
             number_of(as_of, "lsn"), time_local(local, text_of(as_of, "time")));
}

static void print_as_of(const struct cli *cli, const json_t *answer)
{
    const json_t *as_of = json_object_get(answer, "as_of");

    for (size_t i = 0; i < json_array_size(as_of); i++) {
        tell_as_of(cli, text_of(json_array_get(as_of, i), "division"), json_array_get(as_of, i));
    }
    if (json_is_object(as_of)) {
        tell_as_of(cli, text_of(answer, "division"), as_of);
    }
}

/* Beside the figures, which are what the logs say all the same. */
static void print_unapproved(const struct cli *cli, const json_t *answer)
{
    const json_t *sum = json_object_get(answer, "unapproved");

    if (number_of(sum, "count") > 0) {
        cli_tell(cli, stdout, "status_unapproved count=%" JSON_INTEGER_FORMAT " amount=%s",
                 number_of(sum, "count"), text_of(sum, "amount"));
    }
}

/* Of which year it is, and how many may still change it. */
static void print_period(const struct cli *cli, const json_t *answer)
{
    const json_int_t month = number_of(answer, "month"), open = number_of(answer, "not_closed");
    const char *year = text_of(answer, "year");

    if (year[0] == '\0') {
        return;
    }
    if (strcmp(year, "all") == 0) {
        cli_tell(cli, stdout, "period_all");
    } else if (month != 0) {
        cli_tell(cli, stdout, "period_month year=%s month=%" JSON_INTEGER_FORMAT, year, month);
    } else {
        cli_tell(cli, stdout, "period_year year=%s", year);
    }
    if (open > 0) {
        cli_tell(cli, stdout, "period_not_closed year=%s count=%" JSON_INTEGER_FORMAT, year, open);
    }
}

/* --- what is printed of an answer --- */

struct part {
    const char *name; /* report.NAME */
    const struct column *columns;
    size_t count;
    const json_t *rows;
};

static enum exit_code print_parts(const struct cli *cli, const json_t *answer,
                                  const struct part *parts, size_t count)
{
    struct output output;
    enum exit_code exit_code = output_open(&output, cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (output.format == FORMAT_TABLE) {
        print_period(cli, answer);
        print_as_of(cli, answer);
        print_unapproved(cli, answer);
        print_unconfirmed(cli, answer);
    }
    for (size_t i = 0; i < count; i++) {
        output_begin(&output, parts[i].name, parts[i].columns, parts[i].count);
        output_rows(&output, parts[i].rows);
    }
    return output_close(&output);
}

/* The title of a column of keys says by what they are. */
static const char *key_title(const char *by)
{
    static const struct {
        const char *by, *title;
    } titles[] = {
        {"project", "pro_code"}, {"function", "function"},     {"fund", "fund_type_code"},
        {"agency", "agency"},    {"economic", "economic"},     {"gov_economic", "gov_economic"},
        {"account", "account"},  {"department", "department"}, {"direct", "direct"},
        {"month", "month"},
    };

    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        if (strcmp(titles[i].by, by) == 0) {
            return titles[i].title;
        }
    }
    return "key";
}

/* --- balance --- */

/* Gives every row the account's name in the reader's language. */
static void name_accounts(const struct cli *cli, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);

        for (enum account account = 1; account < ACCOUNTS; account++) {
            const struct account_info *info = account_info(account);
            if (strcmp(info->mnemonic, text_of(row, "account")) == 0) {
                (void)json_object_set_new(row, "account_name",
                                          json_string(info->name[cli->language]));
            }
        }
    }
}

static enum exit_code print_balances(const struct cli *cli, const json_t *answer)
{
    struct column columns[] = {
        {"key", "key", CELL_TEXT},          {"key_name", "name", CELL_TEXT},
        {"account", "account", CELL_TEXT},  {"account_name", "account_name", CELL_TEXT},
        {"debit", "debit", CELL_SUM},       {"credit", "credit", CELL_SUM},
        {"balance", "balance", CELL_MONEY},
    };
    const char *by = cli->value[OPT_BY] == NULL ? "account" : cli->value[OPT_BY];
    const size_t skip = strcmp(by, "account") == 0 ? 2 : 0; /* the key is the mnemonic again */
    const json_t *rows = json_object_get(answer, "rows");
    const struct part part = {"balance", columns + skip, COUNT_OF(columns) - skip, rows};

    columns[0].title = key_title(by);
    name_accounts(cli, rows);
    return print_parts(cli, answer, &part, 1);
}

enum exit_code run_balance(struct cli *cli)
{
    char at[AT_BYTES_MAX];
    const struct paged paged = {
        .path = "/balance",
        .queries = {{"division", cli->value[OPT_DIVISION]},
                    {"scope", cli->value[OPT_SCOPE]},
                    {"year", cli->value[OPT_YEAR]},
                    {"month", cli->value[OPT_MONTH]},
                    {"by", cli->value[OPT_BY]},
                    {"at", option_at(at, cli->value[OPT_AT])}},
        .rows = "rows",
    };
    enum exit_code exit_code = output_check(cli), printed = EXIT_DONE;
    json_t *answer;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    exit_code = join(cli, &paged, &answer);
    if (answer == NULL) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        printed = print_balances(cli, answer);
    }
    json_decref(answer);
    return printed != EXIT_DONE ? printed : exit_code;
}

/* --- reports --- */

static const struct column chain_columns[] = {
    {"division", "division", CELL_TEXT},
    {"name", "name", CELL_TEXT},
    {"scope", "scope", CELL_WORD},
    {"received", "received", CELL_MONEY},
    {"allocated", "allocated", CELL_MONEY},
    {"passed_down", "passed_down", CELL_MONEY},
    {"in_transit", "in_transit", CELL_MONEY},
    {"unallocated", "unallocated", CELL_MONEY},
    {"released", "released", CELL_MONEY},
    {"paid", "paid", CELL_MONEY},
    {"rate", "rate", CELL_NUMBER},
    {"as_of_lsn", "as_of_lsn", CELL_NUMBER},
    {"as_of_time", "as_of_time", CELL_TIME},
};
static const struct column project_columns[] = {
    {"pro_code", "pro_code", CELL_TEXT},
    {"pro_name", "pro_name", CELL_TEXT},
    {"received", "received", CELL_SUM},
    {"allocated", "allocated", CELL_SUM},
    {"passed_down", "passed_down", CELL_SUM},
    {"in_transit", "in_transit", CELL_SUM},
    {"unallocated", "unallocated", CELL_SUM},
    {"released", "released", CELL_SUM},
    {"paid", "paid", CELL_SUM},
    {"rate", "rate", CELL_NUMBER},
};
static const struct column execution_columns[] = {
    {"key", "key", CELL_TEXT},
    {"key_name", "name", CELL_TEXT},
    {"key2", "key", CELL_TEXT},
    {"key2_name", "name", CELL_TEXT},
    {"allocated", "allocated_here", CELL_SUM},
    {"released", "released", CELL_SUM},
    {"committed", "committed", CELL_SUM},
    {"frozen", "frozen", CELL_SUM},
    {"paid", "paid", CELL_SUM},
    {"available", "available", CELL_SUM},
    {"rate", "rate", CELL_NUMBER},
};
static const struct column reconcile_columns[] = {
    {"issuer", "issuer", CELL_TEXT},
    {"issuer_name", "issuer_name", CELL_TEXT},
    {"receiver", "receiver", CELL_TEXT},
    {"receiver_name", "receiver_name", CELL_TEXT},
    {"fund_type_code", "fund_type_code", CELL_TEXT},
    {"pro_code", "pro_code", CELL_TEXT},
    {"documents", "documents", CELL_NUMBER},
    {"open", "open", CELL_NUMBER},
    {"to_register", "to_register", CELL_NUMBER},
    {"issued", "issued", CELL_SUM},
    {"registered", "registered", CELL_SUM},
    {"returned", "returned", CELL_SUM},
    {"in_transit", "in_transit", CELL_SUM},
    {"difference", "difference", CELL_SUM},
};
static const struct column source_columns[] = {
    {"source_name", "source", CELL_TEXT},
    {"issuer", "issuer", CELL_TEXT},
    {"issuer_name", "issuer_name", CELL_TEXT},
    {"documents", "documents", CELL_NUMBER},
    {"received", "received", CELL_SUM},
    {"allocated", "allocated_here", CELL_SUM},
    {"passed_down", "passed_down", CELL_SUM},
    {"in_transit", "in_transit", CELL_SUM},
    {"unallocated", "unallocated", CELL_SUM},
    {"released", "released", CELL_SUM},
    {"paid", "paid", CELL_SUM},
    {"rate", "rate", CELL_NUMBER},
};
static const struct column trial_balance_columns[] = {
    {"account", "account", CELL_TEXT},
    {"code", "code", CELL_TEXT},
    {"name", "name", CELL_TEXT},
    {"debit", "debit_turnover", CELL_SUM},
    {"credit", "credit_turnover", CELL_SUM},
    {"balance_debit", "balance_debit", CELL_SUM},
    {"balance_credit", "balance_credit", CELL_SUM},
};

static const struct report {
    const char *name;
    const struct column *columns; /* NULL: of a later version */
    size_t count;
} reports[] = {
    {"chain", chain_columns, COUNT_OF(chain_columns)},
    {"execution", execution_columns, COUNT_OF(execution_columns)},
    {"reconcile", reconcile_columns, COUNT_OF(reconcile_columns)},
    {"sources", source_columns, COUNT_OF(source_columns)},
    {"trial-balance", trial_balance_columns, COUNT_OF(trial_balance_columns)},
    {"timeliness", NULL, 0},
    {"rollout", NULL, 0},
};

/* By one element there are no second keys. */
static size_t execution_columns_of(struct column out[COUNT_OF(execution_columns)], const char *by)
{
    enum { KEY_COLUMNS = 2 };
    const char *comma = strchr(by, ',');
    const size_t skip = comma == NULL ? KEY_COLUMNS : 0;
    char first[32];

    (void)snprintf(first, sizeof first, "%.*s",
                   (int)(comma == NULL ? strlen(by) : (size_t)(comma - by)), by);
    memcpy(out, execution_columns, KEY_COLUMNS * sizeof *out);
    memcpy(out + KEY_COLUMNS, execution_columns + KEY_COLUMNS + skip,
           (COUNT_OF(execution_columns) - KEY_COLUMNS - skip) * sizeof *out);
    out[0].title = key_title(first);
    if (comma != NULL) {
        out[KEY_COLUMNS].title = key_title(comma + 1);
    }
    return COUNT_OF(execution_columns) - skip;
}

/* Gives every row its source's name in the reader's language. */
static void name_sources(const struct cli *cli, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *source = json_string_value(json_object_get(row, "source"));

        if (source != NULL) {
            (void)json_object_set_new(row, "source_name",
                                      json_string(text_word(cli->language, "column", source)));
        }
    }
}

/* A month is a row of its own, as by months. */
static const char *elements_of(const struct cli *cli)
{
    const char *otherwise = cli->value[OPT_MONTH] == NULL ? "function" : "month";

    return cli->value[OPT_BY] == NULL ? otherwise : cli->value[OPT_BY];
}

static enum exit_code print_report(const struct cli *cli, const struct report *report,
                                   const json_t *answer)
{
    const char *by = elements_of(cli);
    const json_t *projects = json_object_get(answer, "projects");
    struct column keyed[COUNT_OF(execution_columns)];
    struct part parts[] = {
        {report->name, report->columns, report->count, json_object_get(answer, "rows")},
        {"projects", project_columns, COUNT_OF(project_columns), projects},
    };

    name_sources(cli, parts[0].rows);
    if (report->columns == execution_columns) {
        parts[0].count = execution_columns_of(keyed, by);
        parts[0].columns = keyed;
    }
    return print_parts(cli, answer, parts, json_array_size(projects) > 0 ? 2 : 1);
}

static enum exit_code not_yet(const struct cli *cli, const char *what)
{
    return cli_fail(cli, EXIT_USAGE, "not_in_this_version", "not_in_this_version what=%s", what);
}

static enum exit_code find_report(const struct cli *cli, const char *name,
                                  const struct report **report)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;

    *report = NULL;
    nearest_begin(&nearest, bytes_text(name));
    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        *report = strcmp(reports[i].name, name) == 0 ? &reports[i] : *report;
        nearest_offer(&nearest, bytes_text(reports[i].name));
    }
    if (*report == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "report_unknown name=%s why=%s", name,
                        nearest_advice(advice, &nearest));
    }
    return (*report)->columns == NULL ? not_yet(cli, name) : output_check(cli);
}

static enum exit_code run_named_report(struct cli *cli, const char *name)
{
    char at[AT_BYTES_MAX];
    const struct paged paged = {
        .path = "/report/",
        .argument = name,
        .queries = {{"division", cli->value[OPT_DIVISION]},
                    {"scope", cli->value[OPT_SCOPE]},
                    {"year", cli->value[OPT_YEAR]},
                    {"month", cli->value[OPT_MONTH]},
                    {"closed", cli->value[OPT_CLOSED] != NULL ? "1" : NULL},
                    {"by", cli->value[OPT_BY]},
                    {"at", option_at(at, cli->value[OPT_AT])}},
        .rows = "rows",
        .more = "projects",
    };
    const struct report *report;
    json_t *answer;
    enum exit_code exit_code = find_report(cli, name, &report), printed = EXIT_DONE;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    exit_code = join(cli, &paged, &answer);
    if (answer == NULL) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        printed = print_report(cli, report, answer);
    }
    json_decref(answer);
    return printed != EXIT_DONE ? printed : exit_code;
}

enum exit_code run_report(struct cli *cli)
{
    return run_named_report(cli, cli->argv[0]);
}

enum exit_code run_chain(struct cli *cli)
{
    return run_named_report(cli, "chain");
}
