#include "node/cli/options.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/print.h"
#include "node/ledger/kinds.h"

#define BIT(option) (UINT64_C(1) << (option))

const struct command commands[] = {
    {"init", run_init, 0, 0, ARGUMENT_ANY,
     BIT(OPT_ROOT) | BIT(OPT_DIVISION) | BIT(OPT_NAME) | BIT(OPT_LISTEN) | BIT(OPT_ENROL) |
         BIT(OPT_APPROVAL),
     "init --root --division CODE --name NAME [--listen ENDPOINT] [--enrol ENDPOINT] "
     "[--approval required|none|KINDS]",
     "make the root node's home, keys and first grant", "建立根节点：目录、密钥和首份授权"},
    {"invite", run_invite, 1, 1, ARGUMENT_DIVISION, BIT(OPT_NAME), "invite CODE --name NAME",
     "print a one-time token for a division below", "为下级区划签发一次性入网令牌"},
    {"join", run_join, 1, 1, ARGUMENT_ANY, BIT(OPT_LISTEN) | BIT(OPT_ENROL) | BIT(OPT_APPROVAL),
     "join TOKEN [--listen ENDPOINT] [--enrol ENDPOINT] [--approval required|none|KINDS]",
     "make a home and enrol it with the parent", "建立本级节点并向上级入网"},
    {"submit", run_submit, 1, 1, ARGUMENT_ANY, BIT(OPT_KIND) | BIT(OPT_ATOMIC),
     "submit FILE|- [--kind KIND] [--atomic]", "hand in documents, NDJSON or CSV",
     "提交单据（NDJSON 或 CSV）"},
    {"approve", run_approve, 1, 100000, ARGUMENT_ANY, 0, "approve ID...",
     "approve drafts; they are entered, and answered, in the order of their submission; an id that "
     "is an entry already answers exists",
     "审核通过；按提交的先后入账并逐行答复；已入账的单据号答复 exists"},
    {"reject", run_reject, 1, 1, ARGUMENT_ANY, BIT(OPT_REASON), "reject ID --reason TEXT",
     "reject a draft", "退回待审单据"},
    {"pending", run_pending, 0, 0, ARGUMENT_ANY, 0, "pending",
     "drafts that wait for approval, and rejected ones not handed in again", "待审单据"},
    {"get", run_get, 1, 1, ARGUMENT_ID, BIT(OPT_DIVISION), "get ID [--division D]", "one document",
     "查看一份单据"},
    {"trace", run_trace, 1, 1, ARGUMENT_ID, BIT(OPT_DIVISION), "trace ID [--division D]",
     "where money came from and went", "追踪资金来龙去脉"},
    {"list", run_list, 1, 1, ARGUMENT_KIND, BIT(OPT_DIVISION) | BIT(OPT_YEAR),
     "list KIND [--division D] [--year Y]", "documents of one kind", "按种类列出单据"},
    {"balance", run_balance, 0, 0, ARGUMENT_ANY,
     BIT(OPT_DIVISION) | BIT(OPT_SCOPE) | BIT(OPT_YEAR) | BIT(OPT_BY),
     "balance [--division D] [--scope own|subtree] [--year Y] "
     "[--by account|project|function|fund|agency]",
     "balances of a ledger", "账户余额"},
    {"report", run_report, 1, 1, ARGUMENT_ANY,
     BIT(OPT_DIVISION) | BIT(OPT_FORMAT) | BIT(OPT_YEAR) | BIT(OPT_BY),
     "report chain|execution|reconcile|trial-balance [--division D] [--year Y] "
     "[--format table|json|csv|xlsx]",
     "boards", "报表"},
    {"chain", run_chain, 0, 0, ARGUMENT_ANY, BIT(OPT_DIVISION) | BIT(OPT_FORMAT) | BIT(OPT_YEAR),
     "chain [--division D] [--format table|json|csv|xlsx]", "the money chain (report chain)",
     "资金链（同 report chain）"},
    {"status", run_status, 0, 0, ARGUMENT_ANY, 0, "status",
     "the node, its neighbours, alarms and refused enrolments; a neighbour that was never heard "
     "has "
     "no \"heard\" (--json: null)",
     "节点、邻居、告警与被拒的入网请求；从未听到的邻居没有“距上次”（--json 为 null）"},
    {"digest", run_digest, 0, 0, ARGUMENT_ANY, BIT(OPT_DIVISION), "digest [--division D]",
     "the ledger's digest", "账本摘要"},
    {"verify", run_verify, 0, 0, ARGUMENT_ANY, BIT(OPT_DEEP), "verify [--deep]",
     "re-read and check everything held", "复核全部所存数据"},
    {"doctor", run_doctor, 0, 0, ARGUMENT_ANY, 0, "doctor", "what is wrong here, and the cure",
     "诊断与处置"},
    {"user", run_user, 1, 2, ARGUMENT_ANY, BIT(OPT_ROLE),
     "user add NAME [--role maker|checker|auditor|admin]... | user passwd NAME | "
     "user disable NAME | user list",
     "operators of this node; the password is asked for, or comes from $TERRACE_PASSWORD, and a "
     "new "
     "one for user passwd from $TERRACE_NEW_PASSWORD",
     "本节点操作员；密码由终端输入，或取自 $TERRACE_PASSWORD，user passwd 的新密码取自 "
     "$TERRACE_NEW_PASSWORD"},
    {"pause", run_pause, 1, 1, ARGUMENT_DIVISION, 0, "pause CODE", "stop a neighbour's link",
     "暂停与邻居的连接"},
    {"resume", run_resume, 1, 1, ARGUMENT_DIVISION, 0, "resume CODE", "start it again",
     "恢复与邻居的连接"},
    {"prove", NULL, 0, 0, ARGUMENT_ANY, 0, "prove", "", ""},
    {"check", NULL, 0, 0, ARGUMENT_ANY, 0, "check", "", ""},
    {"bundle", NULL, 0, 0, ARGUMENT_ANY, 0, "bundle", "", ""},
    {"backup", NULL, 0, 0, ARGUMENT_ANY, 0, "backup", "", ""},
    {"restore", NULL, 0, 0, ARGUMENT_ANY, 0, "restore", "", ""},
    {"rotate", NULL, 0, 0, ARGUMENT_ANY, 0, "rotate", "", ""},
    {"revoke", NULL, 0, 0, ARGUMENT_ANY, 0, "revoke", "", ""},
};
const size_t command_count = COUNT_OF(commands);

static const struct option long_options[OPTIONS + 1] = {
    [OPT_HOME] = {"home", required_argument, NULL, OPT_HOME},
    [OPT_JSON] = {"json", no_argument, NULL, OPT_JSON},
    [OPT_AS] = {"as", required_argument, NULL, OPT_AS},
    [OPT_LANG] = {"lang", required_argument, NULL, OPT_LANG},
    [OPT_HELP] = {"help", no_argument, NULL, OPT_HELP},
    [OPT_VERSION] = {"version", no_argument, NULL, OPT_VERSION},
    [OPT_ROOT] = {"root", no_argument, NULL, OPT_ROOT},
    [OPT_DIVISION] = {"division", required_argument, NULL, OPT_DIVISION},
    [OPT_NAME] = {"name", required_argument, NULL, OPT_NAME},
    [OPT_LISTEN] = {"listen", required_argument, NULL, OPT_LISTEN},
    [OPT_ENROL] = {"enrol", required_argument, NULL, OPT_ENROL},
    [OPT_APPROVAL] = {"approval", required_argument, NULL, OPT_APPROVAL},
    [OPT_KIND] = {"kind", required_argument, NULL, OPT_KIND},
    [OPT_ATOMIC] = {"atomic", no_argument, NULL, OPT_ATOMIC},
    [OPT_REASON] = {"reason", required_argument, NULL, OPT_REASON},
    [OPT_YEAR] = {"year", required_argument, NULL, OPT_YEAR},
    [OPT_SCOPE] = {"scope", required_argument, NULL, OPT_SCOPE},
    [OPT_BY] = {"by", required_argument, NULL, OPT_BY},
    [OPT_FORMAT] = {"format", required_argument, NULL, OPT_FORMAT},
    [OPT_DEEP] = {"deep", no_argument, NULL, OPT_DEEP},
    [OPT_ROLE] = {"role", required_argument, NULL, OPT_ROLE},
    [OPTIONS] = {NULL, 0, NULL, 0},
};

/* --- what a value must look like --- */

static bool word_known(const char *const *words, const char *word)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static bool good_scope(const char *typed)
{
    static const char *const words[] = {"own", "subtree", NULL};

    return word_known(words, typed);
}

static bool good_dimension(const char *typed)
{
    static const char *const words[] = {"account", "project", "function", "fund", "agency", NULL};

    return word_known(words, typed);
}

static bool good_format(const char *typed)
{
    static const char *const words[] = {"table", "json", "csv", "xlsx", NULL};

    return word_known(words, typed);
}

static bool good_language(const char *typed)
{
    static const char *const words[] = {"zh", "en", NULL};

    return word_known(words, typed);
}

static bool good_role(const char *typed)
{
    static const char *const words[] = {"maker", "checker", "auditor", "admin", NULL};

    for (; *typed != '\0'; typed += typed[0] == ',') { /* several with commas between them */
        char role[16];
        const size_t size = strcspn(typed, ",");

        (void)snprintf(role, sizeof role, "%.*s", (int)(size < sizeof role ? size : 0), typed);
        if (!word_known(words, role)) {
            return false;
        }
        typed += size;
    }
    return true;
}

static bool good_division(const char *typed)
{
    struct division division;

    return division_parse(&division, bytes_text(typed));
}

static bool good_year(const char *typed)
{
    return strlen(typed) == 4 && strspn(typed, "0123456789") == 4 && typed[0] != '0';
}

static bool good_kind(const char *typed)
{
    return kind_named(bytes_text(typed)) != 0;
}

/* What a path of the API can carry; the form of an id is narrower than that. */
static bool good_id(const char *typed)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const size_t size = strlen(typed);

    return size > 0 && size <= 38 && strspn(typed, plain) == size;
}

static bool good_any(const char *typed)
{
    (void)typed;
    return true;
}

/* What a value must look like, and the sentence for one that does not; '#' stands for all kinds. */
static const struct value_rule {
    bool (*good)(const char *typed);
    const char *en, *zh;
} value_rules[OPTIONS] = {
    [OPT_LANG] = {good_language, "zh or en", "可选 zh、en"},
    [OPT_DIVISION] = {good_division, "give a division code, 1-9 of A-Z 0-9, such as 540121",
                      "请给出区划码，1-9 位大写字母或数字，例如 540121"},
    [OPT_KIND] = {good_kind, "the kinds are #", "种类有 #"},
    [OPT_YEAR] = {good_year, "give a year of four digits, such as 2026",
                  "请给出四位数字的年度，例如 2026"},
    [OPT_SCOPE] = {good_scope, "own or subtree", "可选 own（本级）、subtree（辖区）"},
    [OPT_BY] = {good_dimension, "account, project, function, fund or agency",
                "可选 account、project、function、fund、agency"},
    [OPT_FORMAT] = {good_format, "table, json, csv or xlsx", "可选 table、json、csv、xlsx"},
    [OPT_ROLE] = {good_role, "maker, checker, auditor or admin",
                  "可选 maker、checker、auditor、admin"},
};

static const struct argument_rule {
    struct value_rule value;
    const char *en, *zh; /* what the argument is */
} argument_rules[] = {
    [ARGUMENT_ANY] = {{good_any, "", ""}, "", ""},
    [ARGUMENT_ID] = {{good_id, "an id has 1-38 of the characters A-Z a-z 0-9 - _ .",
                      "单据号为 1-38 位字母、数字、-、_、."},
                     "id",
                     "单据号"},
    [ARGUMENT_KIND] = {{good_kind, "the kinds are #", "种类有 #"}, "kind", "种类"},
    [ARGUMENT_DIVISION] = {{good_division, "give a division code, 1-9 of A-Z 0-9, such as 540121",
                            "请给出区划码，1-9 位大写字母或数字，例如 540121"},
                           "division",
                           "区划"},
};

/* The sentence of a rule with the kinds put in. */
static void write_rule(char *out, size_t size, const char *sentence)
{
    const size_t front = strcspn(sentence, "#");
    size_t used = (size_t)snprintf(out, size, "%.*s", (int)front, sentence);
    const char *comma = "";

    for (uint32_t kind = 1; sentence[front] != '\0' && kind < KINDS_END && used < size; kind++) {
        const struct kind_info *info = kind_info(kind);

        if (info != NULL) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", comma, info->name);
            comma = ", ";
        }
    }
}

static enum exit_code check_value(const struct cli *cli, const struct value_rule *rule,
                                  const char *dashes, const char *name, const char *typed)
{
    char sentence[640];

    if (rule->good == NULL || rule->good(typed)) {
        return EXIT_DONE;
    }
    write_rule(sentence, sizeof sentence, cli_say(cli, rule->en, rule->zh));
    return cli_fail(cli, EXIT_USAGE, "usage",
                    cli_say(cli, "%s%s cannot be \"%s\": %s", "%s%s 不能是“%s”：%s"), dashes, name,
                    typed, sentence);
}

static void print_usage(const struct cli *cli, const struct command *command, const char *margin)
{
    (void)printf("%sterrace %s\n%s    %s\n", margin, command->usage, margin,
                 cli_say(cli, command->en, command->zh));
}

static void print_help(const struct cli *cli, const struct command *command)
{
    if (command != NULL && command->run != NULL) {
        print_usage(cli, command, "");
        return;
    }
    (void)printf("%s\n\n", cli_say(cli,
                                   "terrace [--home DIR] [--json] [--as USER] [--lang zh|en] "
                                   "COMMAND ...",
                                   "terrace [--home 目录] [--json] [--as 用户] [--lang zh|en] "
                                   "命令 ..."));
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].run != NULL) {
            print_usage(cli, &commands[i], "  ");
        }
    }
}

/* With --json: {"commands":[{"name","usage","help"}]} of one command or all. */
static void print_help_json(const struct cli *cli, const struct command *command)
{
    json_t *rows = json_array(), *answer;

    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].run != NULL && (command == NULL || command == &commands[i])) {
            (void)json_array_append_new(
                rows, json_pack("{ss ss ss}", "name", commands[i].name, "usage", commands[i].usage,
                                "help", cli_say(cli, commands[i].en, commands[i].zh)));
        }
    }
    answer = json_pack("{so}", "commands", rows);
    print_json(stdout, answer);
    json_decref(answer);
}

/* Does this word take the next one as its value? As getopt_long reads it: an option may be cut
 * short as long as one only begins so. */
static bool takes_next(const char *word)
{
    const size_t size = strlen(word + 2);
    const struct option *found = NULL;

    if (size == 0 || strchr(word, '=') != NULL) {
        return false;
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strncmp(long_options[i].name, word + 2, size) == 0) {
            if (long_options[i].name[size] == '\0') {
                found = &long_options[i];
                break;
            }
            found = &long_options[i];
        }
    }
    return found != NULL && found->has_arg == required_argument;
}

/* Where the subcommand stands: the first word that is no option and no option's value. */
static int find_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            i += takes_next(argv[i]);
        } else if (argv[i][0] != '-') {
            return i;
        }
    }
    return 0;
}

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static void add_role(struct cli *cli, const char *role)
{
    const size_t used = strlen(cli->roles);

    (void)snprintf(cli->roles + used, sizeof cli->roles - used, "%s%s", used > 0 ? "," : "", role);
}

static enum exit_code take_option(struct cli *cli, const struct command *command, int option,
                                  const char *typed)
{
    enum exit_code exit_code = EXIT_DONE;

    if (option >= OPTIONS_GLOBAL &&
        (command == NULL || (command->options & BIT((unsigned)option)) == 0)) {
        return cli_fail(cli, EXIT_USAGE, "usage",
                        cli_say(cli, "--%s does not belong to %s", "--%s 不适用于 %s"),
                        long_options[option].name, command == NULL ? "terrace" : command->name);
    }
    if (typed != NULL) {
        exit_code = check_value(cli, &value_rules[option], "--", long_options[option].name, typed);
    }
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    cli->value[option] = typed == NULL ? "" : typed;
    if (option == OPT_ROLE) {
        add_role(cli, typed);
    }
    if (option == OPT_LANG && typed != NULL) {
        cli->language = strcmp(typed, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    }
    return EXIT_DONE;
}

static enum exit_code read_options(struct cli *cli, const struct command *command, int argc,
                                   char **argv)
{
    optind = 0; /* glibc: start over, so that tests may parse more than once */
    opterr = 0;
    for (;;) {
        const int option = getopt_long(argc, argv, "h", long_options, NULL);
        enum exit_code exit_code;

        if (option == -1) {
            break;
        }
        if (option == '?') {
            return cli_fail(cli, EXIT_USAGE, "usage",
                            cli_say(cli, "%s: unknown option, or its value is missing",
                                    "%s：未知选项，或缺少取值"),
                            argv[optind > 0 ? optind - 1 : 0]);
        }
        exit_code = take_option(cli, command, option == 'h' ? OPT_HELP : option, optarg);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    cli->argc = argc - optind;
    cli->argv = argv + optind;
    return EXIT_DONE;
}

static enum exit_code check_arguments(const struct cli *cli, const struct command *command)
{
    if (cli->argc < command->args_min || cli->argc > command->args_max) {
        return cli_fail(cli, EXIT_USAGE, "usage",
                        cli_say(cli, "usage: terrace %s", "用法：terrace %s"), command->usage);
    }
    for (int i = 0; i < cli->argc; i++) {
        const struct argument_rule *rule = &argument_rules[command->argument];
        const enum exit_code exit_code =
            check_value(cli, &rule->value, "", cli_say(cli, rule->en, rule->zh), cli->argv[i]);

        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    return EXIT_DONE;
}

enum exit_code options_parse(struct cli *cli, const struct command **command, int argc, char **argv)
{
    const int at = find_command(argc, argv);
    const struct command *found = at > 0 ? command_named(argv[at]) : NULL;
    enum exit_code exit_code;

    *command = NULL;
    for (int i = 1; i < argc; i++) { /* so that an early error is said as asked for */
        if (strcmp(argv[i], "--json") == 0) {
            cli->value[OPT_JSON] = "";
        }
    }
    if (at > 0 && found == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage",
                        cli_say(cli, "%s is no command; terrace --help lists them",
                                "没有命令 %s；terrace --help 列出全部命令"),
                        argv[at]);
    }
    if (found != NULL && found->run == NULL) {
        return cli_fail(cli, EXIT_USAGE, "not_in_this_version",
                        cli_say(cli, "%s is not in this version", "本版本没有 %s"), found->name);
    }
    if (at > 0) {
        memmove(&argv[at], &argv[at + 1], (size_t)(argc - at) * sizeof *argv);
        argc--;
    }
    exit_code = read_options(cli, found, argc, argv);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_HELP] != NULL) {
        (cli_json(cli) ? print_help_json : print_help)(cli, found);
        return EXIT_DONE;
    }
    if (cli->value[OPT_VERSION] != NULL) {
        (void)printf(cli_json(cli) ? "{\"version\":\"%s\"}\n" : "terrace %s\n", TERRACE_VERSION);
        return EXIT_DONE;
    }
    if (found == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "%s",
                        cli_say(cli, "a command is missing; terrace --help lists them",
                                "缺少命令；terrace --help 列出全部命令"));
    }
    *command = found;
    return check_arguments(cli, found);
}
