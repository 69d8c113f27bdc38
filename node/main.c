/* terraced - one node of the ledger tree.
 *
 * Reads its options, runs the daemon until SIGTERM, and decides the exit code: 0 stopped as asked,
 * 2 usage, 5 own failure. Everything worth reading is in daemon.c and node.c. */
#include <assert.h>
#include <dlfcn.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/daemon/again.h"
#include "node/daemon/copy_check.h"
#include "node/daemon/daemon.h"
#include "node/daemon/guard.h"
#include "node/daemon/migrate.h"
#include "node/text/text.h"
#include "proto/log.h"

/* A unit starts the node again after EXIT_OWN_FAILURE only: the other two stay as they are. */
enum { EXIT_STOPPED = 0, EXIT_USAGE = 2, EXIT_OWN_FAILURE = 5, EXIT_KEYS = 6 };

enum action {
    ACTION_RUN,
    ACTION_CHECK,
    ACTION_POSITION,
    ACTION_CHECK_COPY,
    ACTION_MIGRATE,
    ACTION_VERSION,
    ACTION_HELP,
    ACTION_WRONG
};

static enum action parse_options(struct daemon_options *options, struct migrate_options *migrate,
                                 enum language language, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"home", required_argument, NULL, 'H'},
        {"check", no_argument, NULL, 'n'},
        {"verbose", no_argument, NULL, 'v'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {"position", no_argument, NULL, 'p'},
        {"migrate", no_argument, NULL, 'm'},
        {"dry-run", no_argument, NULL, 'd'},
        {"no-copy", no_argument, NULL, 'o'},
        {"check-copy", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    enum action action = ACTION_RUN;
    char words[TEXT_BYTES_MAX];
    int option;

    *options = (struct daemon_options){.home = getenv("TERRACE_HOME")};
    *migrate = (struct migrate_options){.language = language};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "nvh", long_options, NULL)) != -1) {
        switch (option) {
        case 'H':
            options->home = optarg;
            break;
        case 'n':
            action = ACTION_CHECK;
            break;
        case 'p':
            action = ACTION_POSITION;
            break;
        case 'c':
            options->home = optarg;
            action = ACTION_CHECK_COPY;
            break;
        case 'm':
            action = ACTION_MIGRATE;
            break;
        case 'd':
            migrate->dry_run = true;
            break;
        case 'o':
            migrate->no_copy = true;
            break;
        case 'v':
            options->verbose = true;
            break;
        case 'V':
            return ACTION_VERSION;
        case 'h':
            return ACTION_HELP;
        default:
            (void)fprintf(stderr, "terraced: %s\n",
                          text_say(language, words, "option_unknown option=%s",
                                   argv[optind > 0 ? optind - 1 : 0]));
            return ACTION_WRONG;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "terraced: %s\n",
                      text_say(language, words, "word_unexpected word=%s", argv[optind]));
        return ACTION_WRONG;
    }
    if (options->home == NULL || options->home[0] == '\0') {
        (void)fprintf(stderr, "terraced: %s\n", text_row(language, "home_not_named"));
        return ACTION_WRONG;
    }
    if ((migrate->dry_run || migrate->no_copy) && action != ACTION_MIGRATE) {
        (void)fprintf(stderr, "terraced: %s\n",
                      text_say(language, words, "option_needs option=%s needs=--migrate",
                               migrate->dry_run ? "--dry-run" : "--no-copy"));
        return ACTION_WRONG;
    }
    migrate->home = options->home;
    return action;
}

/* A node is small, because a region may run all of its nodes on one machine: without this each
 * thread that ever allocated keeps a heap of its own. */
static void keep_memory_small(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

static int exit_code_of(enum status status)
{
    switch (status) {
    case OK:
        return EXIT_STOPPED;
    case ERR_CONFIG:
    case ERR_NOT_FOUND:     /* no node lives there */
    case ERR_NEEDS_UPGRADE: /* a newer version wrote its store: this one will never read it */
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_KEY:
        return EXIT_KEYS;
    default:
        return EXIT_OWN_FAILURE;
    }
}

/* A daemon's end is an event of its log; a person at a terminal, or with --check, reads a sentence.
 */
static void say_why(const struct err *err, enum action action, enum language language)
{
    char words[TEXT_BYTES_MAX];

    (void)text_in(language, words, err->text);
    if (action == ACTION_RUN) {
        LOG_ERROR("exit", "status=%s reason=%s text=%s", status_name(err->status), err->text,
                  words);
    }
    if (action != ACTION_RUN || log_on_terminal()) {
        (void)fprintf(stderr, "terraced: %s\n", words);
    }
}

/* Debian's RocksDB asserts that nobody writes again to a file where a write failed, and does so
 * itself when it closes one: a disk that fails would end the process by SIGABRT. It ends with a
 * reason and a code instead, and what a start finds is what counts. Our own assertions abort. */
void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    void (*next)(const char *, const char *, unsigned, const char *) = NULL;
    Dl_info caller;
    struct err err;

    if (dladdr(__builtin_return_address(0), &caller) != 0 && caller.dli_fname != NULL &&
        strstr(caller.dli_fname, "librocksdb") != NULL) {
        (void)err_set(&err, ERR_IO, "store_engine_ended file=%s line=%u said=%s", file, line,
                      assertion);
        say_why(&err, ACTION_RUN, LANGUAGE_EN);
        _exit(EXIT_OWN_FAILURE);
    }
    *(void **)&next = dlsym(RTLD_NEXT, "__assert_fail");
    next(assertion, file, line, function);
    abort();
}

/* Of a copy that `terrace backup` made, for that program: where it ends, on one line. */
static enum status check_copy(const char *directory, struct err *err)
{
    char text[COPY_POSITION_BYTES_MAX];
    struct copy_position at;
    const enum status status = copy_check(&at, directory, err);

    if (status == OK) {
        copy_position_print(text, &at);
        (void)puts(text);
    }
    return status;
}

int main(int argc, char **argv)
{
    const enum language language =
        text_language(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
    const char *usage = text_row(language, "terraced_usage");
    struct daemon_options options;
    struct migrate_options migrate;
    enum action action;
    struct err err = {.status = OK};
    struct daemon_end end = {.secret = -1};
    enum status status;

    process_guard();
    keep_memory_small();
    log_open(LOG_LEVEL_WARN, ""); /* until the configuration says more */
    action = parse_options(&options, &migrate, language, argc, argv);
    switch (action) {
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
    case ACTION_POSITION:
        status = daemon_position(&options, &err);
        break;
    case ACTION_CHECK_COPY:
        status = check_copy(options.home, &err);
        break;
    case ACTION_MIGRATE:
        status = migrate_home(&migrate, &err);
        break;
    default:
        status = daemon_run(&options, &end, &err);
        break;
    }
    if (status != OK) {
        say_why(&err, action, language);
    }
    if (end.again) {
        process_again(argv, end.secret);
    }
    if (end.crashed) {
        _exit(EXIT_OWN_FAILURE); /* threads still hold what a clean end would take away */
    }
    return exit_code_of(status);
}
