/* show - subcommands about documents: get, list, trace, pending. */
#include <stdio.h>

#include "node/cli/client.h"
#include "node/cli/print.h"

static enum exit_code ask(struct cli *cli, const char *path, json_t **answer)
{
    const enum exit_code exit_code = client_open(cli);

    return exit_code != EXIT_DONE ? exit_code : client_json(cli, path, BYTES_NONE, answer);
}

/* --- get --- */

static void print_member(const char *name, const json_t *value, unsigned indent)
{
    if (json_is_object(value)) {
        const char *key;
        json_t *inner;

        (void)printf("%*s%s\n", (int)indent, "", name);
        json_object_foreach((json_t *)(uintptr_t)value, key, inner)
        {
            print_member(key, inner, indent + 4);
        }
        return;
    }
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            print_member(name, json_array_get(value, i), indent);
        }
        return;
    }
    (void)printf("%*s%-24s", (int)indent, "", name);
    if (json_is_string(value)) {
        print_text(stdout, json_string_value(value));
        (void)putchar('\n');
    } else {
        print_json(stdout, value);
    }
}

enum exit_code run_get(struct cli *cli)
{
    const struct query queries[] = {{"division", cli->value[OPT_DIVISION]}};
    char path[CLIENT_PATH_MAX];
    const char *key;
    json_t *answer, *value;
    enum exit_code exit_code;

    client_path(path, "/documents/", cli->argv[0], queries, COUNT_OF(queries));
    exit_code = ask(cli, path, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        json_object_foreach(answer, key, value)
        {
            print_member(key, value, 0);
        }
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- list: page after page --- */

static const struct column list_columns[] = {
    {"id", "id", "单据号", CELL_TEXT},
    {"division", "division", "区划", CELL_TEXT},
    {"fiscal_year", "year", "年度", CELL_TEXT},
    {"state", "state", "状态", CELL_WORD},
    {"amount", "amount", "金额", CELL_NUMBER},
    {"lsn", "lsn", "序号", CELL_NUMBER},
    {"time", "time (UTC)", "时间 (UTC)", CELL_TIME},
};

static void print_page(const struct cli *cli, const json_t *rows, struct table_shape *shape,
                       bool *any)
{
    if (!cli_json(cli)) {
        print_more(stdout, list_columns, COUNT_OF(list_columns), rows, cli->language, shape);
        return;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        (void)fputs(*any ? "," : "", stdout);
        (void)json_dumpf(json_array_get(rows, i), stdout, JSON_COMPACT);
        *any = true;
    }
}

static enum exit_code list_pages(struct cli *cli)
{
    struct query queries[] = {
        {"kind", cli->argv[0]},
        {"division", cli->value[OPT_DIVISION]},
        {"year", cli->value[OPT_YEAR]},
        {"after", NULL},
    };
    char path[CLIENT_PATH_MAX], after[64] = "";
    struct table_shape shape = {.begun = false};
    bool any = false;
    enum exit_code exit_code;

    for (;;) {
        json_t *answer;
        const char *next;

        client_path(path, "/documents", NULL, queries, COUNT_OF(queries));
        exit_code = client_json(cli, path, BYTES_NONE, &answer);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
        if (cli_json(cli) && cli->begun_json == NULL) {
            (void)fputs("{\"rows\":[", stdout);
            cli->begun_json = "],";
        }
        print_page(cli, json_object_get(answer, "rows"), &shape, &any);
        next = json_string_value(json_object_get(answer, "next"));
        (void)snprintf(after, sizeof after, "%s", next == NULL ? "" : next);
        queries[COUNT_OF(queries) - 1].value = after;
        json_decref(answer);
        if (after[0] == '\0') {
            break;
        }
        exit_code = cli_flush(cli); /* nobody reads on: ask for no more */
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    if (cli_json(cli)) {
        (void)fputs("]}\n", stdout);
    }
    return EXIT_DONE;
}

enum exit_code run_list(struct cli *cli)
{
    const enum exit_code exit_code = client_open(cli);

    return exit_code != EXIT_DONE ? exit_code : list_pages(cli);
}

/* --- trace --- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void print_step(const struct cli *cli, const json_t *step)
{
    const int indent = (int)json_integer_value(json_object_get(step, "depth")) * 2;

    const char *relation = words_term(cli->language, text_of(step, "relation"));
    const size_t width = text_width(relation);

    (void)printf("%*s%s%*s %s %s %s  %s  %s  lsn %" JSON_INTEGER_FORMAT "\n", indent, "", relation,
                 width < 16 ? (int)(16 - width) : 0, "", text_of(step, "division"),
                 text_of(step, "kind"), text_of(step, "id"), text_of(step, "amount"),
                 words_term(cli->language, text_of(step, "state")),
                 json_integer_value(json_object_get(step, "lsn")));
}

enum exit_code run_trace(struct cli *cli)
{
    const struct query queries[] = {{"division", cli->value[OPT_DIVISION]}};
    char path[CLIENT_PATH_MAX];
    json_t *answer;
    enum exit_code exit_code;

    client_path(path, "/trace/", cli->argv[0], queries, COUNT_OF(queries));
    exit_code = ask(cli, path, &answer);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        const json_t *steps = json_object_get(answer, "steps");

        for (size_t i = 0; i < json_array_size(steps); i++) {
            print_step(cli, json_array_get(steps, i));
        }
    }
    json_decref(answer);
    return EXIT_DONE;
}

/* --- pending --- */

enum exit_code run_pending(struct cli *cli)
{
    static const struct column columns[] = {
        {"id", "id", "单据号", CELL_TEXT},
        {"kind", "kind", "种类", CELL_TEXT},
        {"fiscal_year", "year", "年度", CELL_TEXT},
        {"amount", "amount", "金额", CELL_NUMBER},
        {"pay_app_amt", "payment", "支付金额", CELL_NUMBER},
        {"maker", "maker", "经办人", CELL_TEXT},
        {"time", "time (UTC)", "时间 (UTC)", CELL_TIME},
    };
    static const struct column rejected[] = {
        {"id", "rejected", "已退回", CELL_TEXT},
        {"checker", "checker", "审核人", CELL_TEXT},
        {"time", "time (UTC)", "时间 (UTC)", CELL_TIME},
        {"reason", "reason", "理由", CELL_TEXT},
    };
    json_t *answer;
    const enum exit_code exit_code = ask(cli, "/pending", &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        const json_t *rejections = json_object_get(answer, "rejected");

        print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"),
                    cli->language);
        if (json_array_size(rejections) > 0) {
            (void)putchar('\n');
            print_table(stdout, rejected, COUNT_OF(rejected), rejections, cli->language);
        }
    }
    json_decref(answer);
    return EXIT_DONE;
}
