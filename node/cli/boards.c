/* boards - subcommands about whole ledgers and the node: balance, report, status, digest. */
#include <stdio.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/xlsx.h"
#include "node/ledger/accounts.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static enum exit_code ask(struct cli *cli, const char *path, json_t **answer)
{
    const enum exit_code exit_code = client_open(cli);

    return exit_code != EXIT_DONE ? exit_code : client_json(cli, path, BYTES_NONE, answer);
}

static void print_as_of(const struct cli *cli, const json_t *answer)
{
    const json_t *as_of = json_object_get(answer, "as_of");

    for (size_t i = 0; i < json_array_size(as_of); i++) {
        const json_t *one = json_array_get(as_of, i);
        (void)printf(cli_say(cli, "as of %s lsn %" JSON_INTEGER_FORMAT " %s\n",
                             "截至 %s 序号 %" JSON_INTEGER_FORMAT " %s\n"),
                     text_of(one, "division"), number_of(one, "lsn"), text_of(one, "time"));
    }
    if (json_is_object(as_of)) {
        (void)printf(cli_say(cli, "as of %s lsn %" JSON_INTEGER_FORMAT " %s\n",
                             "截至 %s 序号 %" JSON_INTEGER_FORMAT " %s\n"),
                     text_of(answer, "division"), number_of(as_of, "lsn"), text_of(as_of, "time"));
    }
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
                                          json_string(cli_say(cli, info->name_en, info->name_zh)));
            }
        }
    }
}

enum exit_code run_balance(struct cli *cli)
{
    static const struct column columns[] = {
        {"key", "key", "科目", CELL_TEXT},           {"account", "account", "账户", CELL_TEXT},
        {"account_name", "name", "名称", CELL_TEXT}, {"debit", "debit", "借方", CELL_NUMBER},
        {"credit", "credit", "贷方", CELL_NUMBER},   {"balance", "balance", "余额", CELL_NUMBER},
    };
    const struct query queries[] = {
        {"division", cli->value[OPT_DIVISION]},
        {"scope", cli->value[OPT_SCOPE]},
        {"year", cli->value[OPT_YEAR]},
        {"by", cli->value[OPT_BY]},
    };
    const bool by_account =
        cli->value[OPT_BY] == NULL || strcmp(cli->value[OPT_BY], "account") == 0;
    char path[CLIENT_PATH_MAX];
    json_t *answer;
    enum exit_code exit_code;

    client_path(path, "/balance", NULL, queries, COUNT_OF(queries));
    exit_code = ask(cli, path, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        const json_t *rows = json_object_get(answer, "rows");
        const size_t skip = by_account ? 1 : 0; /* the key is the mnemonic again */

        name_accounts(cli, rows);
        print_as_of(cli, answer);
        print_table(stdout, columns + skip, COUNT_OF(columns) - skip, rows, cli->language);
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- reports --- */

static const struct column chain_columns[] = {
    {"division", "division", "区划", CELL_TEXT},
    {"name", "name", "名称", CELL_TEXT},
    {"scope", "scope", "口径", CELL_WORD},
    {"received", "received", "收到", CELL_NUMBER},
    {"allocated", "allocated", "本级分配", CELL_NUMBER},
    {"passed_down", "passed down", "对下转移", CELL_NUMBER},
    {"in_transit", "in transit", "在途", CELL_NUMBER},
    {"unallocated", "unallocated", "待分配", CELL_NUMBER},
    {"released", "released", "已下达", CELL_NUMBER},
    {"paid", "paid", "已支付", CELL_NUMBER},
    {"rate", "rate %", "执行率 %", CELL_NUMBER},
    {"as_of_lsn", "as of lsn", "截至序号", CELL_NUMBER},
    {"as_of_time", "as of (UTC)", "截至 (UTC)", CELL_TIME},
};
static const struct column project_columns[] = {
    {"pro_code", "project", "项目", CELL_TEXT},
    {"received", "received", "收到", CELL_NUMBER},
    {"allocated", "allocated", "本级分配", CELL_NUMBER},
    {"passed_down", "passed down", "对下转移", CELL_NUMBER},
    {"in_transit", "in transit", "在途", CELL_NUMBER},
    {"unallocated", "unallocated", "待分配", CELL_NUMBER},
    {"released", "released", "已下达", CELL_NUMBER},
    {"paid", "paid", "已支付", CELL_NUMBER},
    {"rate", "rate %", "执行率 %", CELL_NUMBER},
};
static const struct column execution_columns[] = {
    {"key", "key", "科目", CELL_TEXT},
    {"allocated", "allocated", "已分配", CELL_NUMBER},
    {"released", "released", "已下达", CELL_NUMBER},
    {"committed", "committed", "已申请", CELL_NUMBER},
    {"frozen", "frozen", "冻结", CELL_NUMBER},
    {"paid", "paid", "已支付", CELL_NUMBER},
    {"available", "available", "可用", CELL_NUMBER},
    {"rate", "rate %", "执行率 %", CELL_NUMBER},
};
static const struct column reconcile_columns[] = {
    {"issuer", "issuer", "下达方", CELL_TEXT},
    {"receiver", "receiver", "接收方", CELL_TEXT},
    {"fund_type_code", "fund", "资金性质", CELL_TEXT},
    {"pro_code", "project", "项目", CELL_TEXT},
    {"documents", "documents", "份数", CELL_NUMBER},
    {"open", "open", "未答复", CELL_NUMBER},
    {"issued", "issued", "下达", CELL_NUMBER},
    {"registered", "registered", "登记", CELL_NUMBER},
    {"returned", "returned", "退回", CELL_NUMBER},
    {"in_transit", "in transit", "在途", CELL_NUMBER},
    {"difference", "difference", "差额", CELL_NUMBER},
};
static const struct column trial_balance_columns[] = {
    {"account", "account", "账户", CELL_TEXT},
    {"code", "code", "编码", CELL_TEXT},
    {"name", "name", "名称", CELL_TEXT},
    {"debit", "debit", "借方发生", CELL_NUMBER},
    {"credit", "credit", "贷方发生", CELL_NUMBER},
    {"balance_debit", "balance Dr", "借方余额", CELL_NUMBER},
    {"balance_credit", "balance Cr", "贷方余额", CELL_NUMBER},
};

static const struct report {
    const char *name;
    const struct column *columns; /* NULL: of a later version */
    size_t count;
} reports[] = {
    {"chain", chain_columns, COUNT_OF(chain_columns)},
    {"execution", execution_columns, COUNT_OF(execution_columns)},
    {"reconcile", reconcile_columns, COUNT_OF(reconcile_columns)},
    {"trial-balance", trial_balance_columns, COUNT_OF(trial_balance_columns)},
    {"timeliness", NULL, 0},
    {"rollout", NULL, 0},
};

static void print_report(const struct cli *cli, const struct report *report, const json_t *answer,
                         const char *format)
{
    const json_t *rows = json_object_get(answer, "rows");
    const json_t *projects = json_object_get(answer, "projects");

    if (strcmp(format, "json") == 0) {
        print_json(stdout, answer);
    } else if (strcmp(format, "csv") == 0) {
        print_csv(stdout, report->columns, report->count, rows);
    } else if (strcmp(format, "xlsx") == 0) {
        const struct sheet sheets[] = {
            {report->name, report->columns, report->count, rows},
            {"projects", project_columns, COUNT_OF(project_columns), projects},
        };
        struct buf book = BUF_EMPTY;

        xlsx_write(&book, sheets, json_array_size(projects) > 0 ? 2 : 1, cli->language);
        (void)fwrite(book.data, 1, book.size, stdout);
        buf_free(&book);
    } else {
        print_as_of(cli, answer);
        print_table(stdout, report->columns, report->count, rows, cli->language);
        if (json_array_size(projects) > 0) {
            (void)putchar('\n');
            print_table(stdout, project_columns, COUNT_OF(project_columns), projects,
                        cli->language);
        }
    }
}

static enum exit_code not_yet(const struct cli *cli, const char *what)
{
    return cli_fail(cli, EXIT_USAGE, "not_in_this_version",
                    cli_say(cli, "%s is not in this version", "本版本没有 %s"), what);
}

static enum exit_code run_named_report(struct cli *cli, const char *name)
{
    const struct query queries[] = {
        {"division", cli->value[OPT_DIVISION]},
        {"year", cli->value[OPT_YEAR]},
        {"by", cli->value[OPT_BY]},
    };
    const char *format = cli->value[OPT_FORMAT];
    const struct report *report = NULL;
    char path[CLIENT_PATH_MAX];
    json_t *answer;
    enum exit_code exit_code;

    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        report = strcmp(reports[i].name, name) == 0 ? &reports[i] : report;
    }
    if (report == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage",
                        cli_say(cli,
                                "%s is no report: chain, execution, reconcile or trial-balance",
                                "没有报表 %s：可选 chain、execution、reconcile、trial-balance"),
                        name);
    }
    if (report->columns == NULL) {
        return not_yet(cli, name);
    }
    if (format != NULL && strcmp(format, "xlsx") == 0 && !cli_json(cli) &&
        isatty(STDOUT_FILENO) == 1) {
        return cli_fail(cli, EXIT_USAGE, "usage", "%s",
                        cli_say(cli, "a workbook goes into a file: terrace report ... > FILE.xlsx",
                                "工作簿须写入文件：terrace report ... > 文件.xlsx"));
    }
    client_path(path, "/report/", name, queries, COUNT_OF(queries));
    exit_code = ask(cli, path, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    print_report(cli, report, answer, cli_json(cli) ? "json" : format == NULL ? "table" : format);
    json_decref(answer);
    return EXIT_DONE;
}

enum exit_code run_report(struct cli *cli)
{
    return run_named_report(cli, cli->argv[0]);
}

enum exit_code run_chain(struct cli *cli)
{
    return run_named_report(cli, "chain");
}

/* --- digest --- */

enum exit_code run_digest(struct cli *cli)
{
    const struct query queries[] = {{"division", cli->value[OPT_DIVISION]}};
    char path[CLIENT_PATH_MAX];
    json_t *answer;
    enum exit_code exit_code;

    client_path(path, "/digest", NULL, queries, COUNT_OF(queries));
    exit_code = ask(cli, path, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        (void)printf("%s  %" JSON_INTEGER_FORMAT "  %s\n", text_of(answer, "division"),
                     number_of(answer, "lsn"), text_of(answer, "digest"));
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- status --- */

/* Attempts that differ only in their time are one row, with the newest of them and their number. */
static json_t *count_attempts(const json_t *attempts)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *attempt = json_array_get(attempts, i);
        json_t *row = NULL, *same = NULL;
        size_t j;

        json_array_foreach(rows, j, row)
        {
            if (strcmp(text_of(row, "division"), text_of(attempt, "division")) == 0 &&
                strcmp(text_of(row, "text"), text_of(attempt, "text")) == 0) {
                same = row;
            }
        }
        if (same == NULL) {
            same = json_copy((json_t *)(uintptr_t)attempt);
            (void)json_array_append_new(rows, same);
        }
        (void)json_object_set_new(same, "count", json_integer(number_of(same, "count") + 1));
    }
    return rows;
}

static void print_attempts(const struct cli *cli, const json_t *attempts)
{
    static const struct column columns[] = {
        {"time", "refused enrolment (UTC)", "被拒的入网请求 (UTC)", CELL_TIME},
        {"division", "division", "区划", CELL_TEXT},
        {"text", "reason", "原因", CELL_SENTENCE},
        {"count", "times", "次数", CELL_NUMBER},
    };
    json_t *rows = count_attempts(attempts);

    if (json_array_size(rows) > 0) {
        (void)putchar('\n');
        print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    }
    json_decref(rows);
}

static void print_strangers(const struct cli *cli, const json_t *strangers)
{
    static const struct column columns[] = {
        {"time", "refused key (UTC)", "被拒的密钥 (UTC)", CELL_TIME},
        {"key", "key", "密钥", CELL_TEXT},
        {"address", "address", "来源", CELL_TEXT},
        {"text", "reason", "原因", CELL_SENTENCE},
        {"count", "times", "次数", CELL_NUMBER},
    };

    if (json_array_size(strangers) > 0) {
        (void)putchar('\n');
        print_table(stdout, columns, COUNT_OF(columns), strangers, cli->language);
    }
}

static void print_status(const struct cli *cli, const json_t *status)
{
    static const struct column peers[] = {
        {"division", "neighbour", "邻居", CELL_TEXT},
        {"state", "state", "状态", CELL_WORD},
        {"behind_entries", "behind", "积压条数", CELL_NUMBER},
        {"behind_bytes", "bytes", "积压字节", CELL_NUMBER},
        {"behind_amount", "amount", "积压金额", CELL_NUMBER},
        {"oldest_age_s", "oldest s", "最久(秒)", CELL_NUMBER},
        {"last_heard_s", "heard s ago", "距上次(秒)", CELL_NUMBER},
        {"rtt_ms", "rtt ms", "往返(毫秒)", CELL_NUMBER},
        {"reason", "reason", "原因", CELL_SENTENCE},
    };
    static const struct column alarms[] = {
        {"code", "alarm", "告警", CELL_TEXT},    {"division", "about", "涉及", CELL_TEXT},
        {"text", "what", "内容", CELL_SENTENCE}, {"since", "since (UTC)", "开始 (UTC)", CELL_TIME},
        {"count", "times", "次数", CELL_NUMBER},
    };
    const json_t *alarm_rows = json_object_get(status, "alarms");

    (void)printf("%s %s  %s %" JSON_INTEGER_FORMAT "  %s %" JSON_INTEGER_FORMAT "\n",
                 text_of(status, "division"), text_of(status, "name"),
                 cli_say(cli, "epoch", "任期"), number_of(status, "epoch"),
                 cli_say(cli, "lsn", "序号"), number_of(status, "lsn"));
    (void)printf("%s %s\n%s %s\n", cli_say(cli, "state digest", "账本摘要"),
                 text_of(status, "state_digest"), cli_say(cli, "roster hash", "名册摘要"),
                 text_of(status, "roster_hash"));
    print_table(stdout, peers, COUNT_OF(peers), json_object_get(status, "peers"), cli->language);
    if (json_array_size(alarm_rows) > 0) {
        (void)putchar('\n');
        print_table(stdout, alarms, COUNT_OF(alarms), alarm_rows, cli->language);
    }
    print_attempts(cli, json_object_get(status, "enrol_attempts"));
    print_strangers(cli, json_object_get(status, "refused_strangers"));
}

enum exit_code run_status(struct cli *cli)
{
    json_t *answer;
    const enum exit_code exit_code = ask(cli, "/status", &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_status(cli, answer);
    }
    json_decref(answer);
    return EXIT_DONE;
}
