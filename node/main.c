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
#include "proto/log.h"

enum { EXIT_STOPPED = 0, EXIT_USAGE = 2, EXIT_OWN_FAILURE = 5 };

enum action { ACTION_RUN, ACTION_CHECK, ACTION_VERSION, ACTION_HELP, ACTION_WRONG };

static const char usage[] =
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

static enum action parse_options(struct daemon_options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"home", required_argument, NULL, 'H'}, {"check", no_argument, NULL, 'n'},
        {"verbose", no_argument, NULL, 'v'},    {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    enum action action = ACTION_RUN;
    int option;

    *options = (struct daemon_options){.home = getenv("TERRACE_HOME")};
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
            return ACTION_WRONG; /* getopt has said why */
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "terraced: what is \"%s\"?\n", argv[optind]);
        return ACTION_WRONG;
    }
    if (options->home == NULL || options->home[0] == '\0') {
        (void)fprintf(stderr, "terraced: which home? Give --home DIR or set TERRACE_HOME\n");
        return ACTION_WRONG;
    }
    return action;
}

/* A node is small, because a region may run all of its nodes on one machine: without this each
 * thread that ever allocated keeps a heap of its own. */
static void keep_memory_small(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

int main(int argc, char **argv)
{
    struct daemon_options options;
    struct err err = {.status = OK};
    bool crashed = false;
    enum status status;

    keep_memory_small();
    switch (parse_options(&options, argc, argv)) {
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
        (void)fprintf(stderr, "terraced: %s\n", err.text);
    }
    if (crashed) {
        _exit(EXIT_OWN_FAILURE); /* threads still hold what a clean end would take away */
    }
    return status == OK ? EXIT_STOPPED : EXIT_OWN_FAILURE;
}
