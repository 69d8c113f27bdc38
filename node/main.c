/* terraced - one node of the ledger tree.
 *
 * Reads its options, runs the daemon until SIGTERM, and decides the exit code: 0 stopped as asked,
 * 2 usage, 5 own failure. Everything worth reading is in daemon.c and node.c. */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/daemon.h"
#include "node/guard.h"
#include "node/words.h"
#include "proto/log.h"

enum { EXIT_STOPPED = 0, EXIT_USAGE = 2, EXIT_OWN_FAILURE = 5 };

enum action { ACTION_RUN, ACTION_CHECK, ACTION_VERSION, ACTION_HELP, ACTION_WRONG };

static const char usage_en[] =
    "usage: terraced --home DIR [--check] [-v]\n"
    "\n"
    "  --home DIR     the node's home, made by terrace init or terrace join ($TERRACE_HOME)\n"
    "  -n, --check    read the configuration, print it as it takes effect, and end\n"
    "  -v, --verbose  log everything\n"
    "      --version  print the version\n"
    "  -h, --help     print this\n"
    "\n"
    "Runs in the foreground until SIGTERM. Where the keys are sealed under a passphrase, it comes\n"
    "from a prompt, $TERRACE_PASSPHRASE or the systemd credential terrace-passphrase.\n"
    "Exit codes: 0 stopped, 2 usage, 5 own failure.\n";
static const char usage_zh[] =
    "用法：terraced --home 目录 [--check] [-v]\n"
    "\n"
    "  --home 目录    节点主目录，由 terrace init 或 terrace join 建立（$TERRACE_HOME）\n"
    "  -n, --check    读取配置，打印实际生效的内容，然后结束\n"
    "  -v, --verbose  记录全部日志\n"
    "      --version  打印版本\n"
    "  -h, --help     打印本说明\n"
    "\n"
    "在前台运行，直到 SIGTERM。密钥由口令封存时，口令取自提示、$TERRACE_PASSPHRASE\n"
    "或 systemd 凭据 terrace-passphrase。\n"
    "退出码：0 正常停止，2 用法错误，5 自身故障。\n";

static enum action parse_options(struct daemon_options *options, enum language language, int argc,
                                 char **argv)
{
    static const struct option long_options[] = {
        {"home", required_argument, NULL, 'H'}, {"check", no_argument, NULL, 'n'},
        {"verbose", no_argument, NULL, 'v'},    {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    enum action action = ACTION_RUN;
    int option;

    *options = (struct daemon_options){.home = getenv("TERRACE_HOME")};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "nvh", long_options, NULL)) != -1) {
        switch (option) {
        case 'H':
            options->home = optarg;
            break;
        case 'n':
            action = ACTION_CHECK;
            break;
        case 'v':
            options->verbose = true;
            break;
        case 'V':
            return ACTION_VERSION;
        case 'h':
            return ACTION_HELP;
        default:
            (void)fprintf(stderr,
                          language == LANGUAGE_ZH
                              ? "terraced：%s：未知选项，或缺少取值\n"
                              : "terraced: %s: unknown option, or its value is missing\n",
                          argv[optind > 0 ? optind - 1 : 0]);
            return ACTION_WRONG;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr,
                      language == LANGUAGE_ZH ? "terraced：“%s”是什么？\n"
                                              : "terraced: what is \"%s\"?\n",
                      argv[optind]);
        return ACTION_WRONG;
    }
    if (options->home == NULL || options->home[0] == '\0') {
        (void)fprintf(stderr, "%s",
                      language == LANGUAGE_ZH
                          ? "terraced：哪个主目录？请给出 --home 目录，或设置 TERRACE_HOME\n"
                          : "terraced: which home? Give --home DIR or set TERRACE_HOME\n");
        return ACTION_WRONG;
    }
    return action;
}

/* A node is small, because a region may run all of its nodes on one machine: without this each
 * thread that ever allocated keeps a heap of its own. */
static void keep_memory_small(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

int main(int argc, char **argv)
{
    const enum language language =
        words_language(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
    const char *usage = language == LANGUAGE_ZH ? usage_zh : usage_en;
    char words[WORDS_BYTES_MAX];
    struct daemon_options options;
    struct err err = {.status = OK};
    bool crashed = false;
    enum status status;

    process_guard();
    keep_memory_small();
    switch (parse_options(&options, language, argc, argv)) {
    case ACTION_VERSION:
        (void)printf("terraced %s\n", TERRACE_VERSION);
        return EXIT_STOPPED;
    case ACTION_HELP:
        (void)fputs(usage, stdout);
        return EXIT_STOPPED;
    case ACTION_WRONG:
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    case ACTION_CHECK:
        status = daemon_check(&options, &err);
        break;
    default:
        status = daemon_run(&options, &crashed, &err);
        break;
    }
    if (status != OK) {
        LOG_ERROR("exit", "status=%s reason=\"%s\"", status_name(status), err.text);
        (void)fprintf(stderr, "terraced: %s\n", words_in(language, words, err.text));
    }
    if (crashed) {
        _exit(EXIT_OWN_FAILURE); /* threads still hold what a clean end would take away */
    }
    return status == OK ? EXIT_STOPPED : EXIT_OWN_FAILURE;
}
