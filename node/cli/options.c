#include "node/cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define BIT(option) (UINT64_C(1) << (option))

const struct command commands[] = {
    {"init", run_init, 0, 0,
     BIT(OPT_ROOT) | BIT(OPT_DIVISION) | BIT(OPT_NAME) | BIT(OPT_LISTEN) | BIT(OPT_ENROL) |
         BIT(OPT_APPROVAL),
     "init --root --division CODE --name NAME [--listen ENDPOINT] [--enrol ENDPOINT] "
     "[--approval required|none|KINDS]",
     "make the root node's home, keys and first grant", "建立根节点：目录、密钥和首份授权"},
    {"invite", run_invite, 1, 1, BIT(OPT_NAME), "invite CODE --name NAME",
     "print a one-time token for a division below", "为下级区划签发一次性入网令牌"},
    {"join", run_join, 1, 1, BIT(OPT_LISTEN) | BIT(OPT_ENROL) | BIT(OPT_APPROVAL),
     "join TOKEN [--listen ENDPOINT] [--enrol ENDPOINT] [--approval required|none|KINDS]",
     "make a home and enrol it with the parent", "建立本级节点并向上级入网"},
    {"submit", run_submit, 1, 1, BIT(OPT_KIND) | BIT(OPT_ATOMIC),
     "submit FILE|- [--kind KIND] [--atomic]", "hand in documents, NDJSON or CSV",
     "提交单据（NDJSON 或 CSV）"},
    {"approve", run_approve, 1, 100000, 0, "approve ID...", "approve drafts", "审核通过"},
    {"reject", run_reject, 1, 1, BIT(OPT_REASON), "reject ID --reason TEXT", "reject a draft",
     "退回待审单据"},
    {"pending", run_pending, 0, 0, 0, "pending", "drafts that wait for approval", "待审单据"},
    {"get", run_get, 1, 1, BIT(OPT_DIVISION), "get ID [--division D]", "one document",
     "查看一份单据"},
    {"trace", run_trace, 1, 1, BIT(OPT_DIVISION), "trace ID [--division D]",
     "where money came from and went", "追踪资金来龙去脉"},
    {"list", run_list, 1, 1, BIT(OPT_DIVISION) | BIT(OPT_YEAR),
     "list KIND [--division D] [--year Y]", "documents of one kind", "按种类列出单据"},
    {"balance", run_balance, 0, 0, BIT(OPT_DIVISION) | BIT(OPT_SCOPE) | BIT(OPT_YEAR) | BIT(OPT_BY),
     "balance [--division D] [--scope own|subtree] [--year Y] "
     "[--by account|project|function|fund|agency]",
     "balances of a ledger", "账户余额"},
    {"report", run_report, 1, 1, BIT(OPT_DIVISION) | BIT(OPT_FORMAT) | BIT(OPT_YEAR) | BIT(OPT_BY),
     "report chain|execution|reconcile|trial-balance [--division D] [--year Y] "
     "[--format table|json|csv]",
     "boards", "报表"},
    {"chain", run_chain, 0, 0, BIT(OPT_DIVISION) | BIT(OPT_FORMAT) | BIT(OPT_YEAR),
     "chain [--division D] [--format table|json|csv]", "the money chain (report chain)",
     "资金链（同 report chain）"},
    {"status", run_status, 0, 0, 0, "status", "the node, its neighbours and alarms",
     "节点、邻居与告警"},
    {"digest", run_digest, 0, 0, BIT(OPT_DIVISION), "digest [--division D]", "the ledger's digest",
     "账本摘要"},
    {"verify", run_verify, 0, 0, BIT(OPT_DEEP), "verify [--deep]",
     "re-read and check everything held", "复核全部所存数据"},
    {"doctor", run_doctor, 0, 0, 0, "doctor", "what is wrong here, and the cure", "诊断与处置"},
    {"user", run_user, 1, 2, BIT(OPT_ROLE),
     "user add NAME [--role maker|checker|auditor|admin]... | user passwd NAME | user list",
     "operators of this node", "本节点操作员"},
    {"pause", run_pause, 1, 1, 0, "pause CODE", "stop a neighbour's link", "暂停与邻居的连接"},
    {"resume", run_resume, 1, 1, 0, "resume CODE", "start it again", "恢复与邻居的连接"},
    {"prove", NULL, 0, 0, 0, "prove", "", ""},
    {"check", NULL, 0, 0, 0, "check", "", ""},
    {"bundle", NULL, 0, 0, 0, "bundle", "", ""},
    {"backup", NULL, 0, 0, 0, "backup", "", ""},
    {"restore", NULL, 0, 0, 0, "restore", "", ""},
    {"rotate", NULL, 0, 0, 0, "rotate", "", ""},
    {"revoke", NULL, 0, 0, 0, "revoke", "", ""},
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

/* Words an option may have, NULL when any. */
static const char *const *option_words(enum option_id option)
{
    static const char *const scope[] = {"own", "subtree", NULL};
    static const char *const by[] = {"account", "project", "function", "fund", "agency", NULL};
    static const char *const format[] = {"table", "json", "csv", "xlsx", NULL};
    static const char *const lang[] = {"zh", "en", NULL};

    switch (option) {
    case OPT_SCOPE:
        return scope;
    case OPT_BY:
        return by;
    case OPT_FORMAT:
        return format;
    case OPT_LANG:
        return lang;
    default:
        return NULL;
    }
}

static bool word_known(const char *const *words, const char *word)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static void print_help(const struct cli *cli, const struct command *command)
{
    if (command != NULL && command->run != NULL) {
        (void)printf("terrace %s\n    %s\n", command->usage,
                     cli_say(cli, command->en, command->zh));
        return;
    }
    (void)printf("%s\n\n", cli_say(cli,
                                   "terrace [--home DIR] [--json] [--as USER] [--lang zh|en] "
                                   "COMMAND ...",
                                   "terrace [--home 目录] [--json] [--as 用户] [--lang zh|en] "
                                   "命令 ..."));
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].run != NULL) {
            (void)printf("  terrace %s\n      %s\n", commands[i].usage,
                         cli_say(cli, commands[i].en, commands[i].zh));
        }
    }
}

/* Where the subcommand stands: the first word that is no option and no global option's value. */
static int find_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--home") == 0 || strcmp(argv[i], "--as") == 0 ||
            strcmp(argv[i], "--lang") == 0) {
            i++;
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
    const char *const *words = option_words((enum option_id)option);

    if (option >= OPTIONS_GLOBAL &&
        (command == NULL || (command->options & BIT((unsigned)option)) == 0)) {
        return cli_fail(cli, EXIT_USAGE, "usage",
                        cli_say(cli, "--%s does not belong to %s", "--%s 不适用于 %s"),
                        long_options[option].name, command == NULL ? "terrace" : command->name);
    }
    if (words != NULL && !word_known(words, typed)) {
        return cli_fail(cli, EXIT_USAGE, "usage",
                        cli_say(cli, "--%s cannot be \"%s\"", "--%s 不能是“%s”"),
                        long_options[option].name, typed);
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
        print_help(cli, found);
        return EXIT_DONE;
    }
    if (cli->value[OPT_VERSION] != NULL) {
        (void)printf("terrace %s\n", TERRACE_VERSION);
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
