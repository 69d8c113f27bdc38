/* cli - what the subcommands of `terrace` share: options as typed, exit codes, how errors are said.
 *
 * Every command but init, join and doctor is one or a few requests to the node's API; what they
 * print is what it answered. With --json stdout carries JSON only, an error too; a person's words
 * for it go to stderr in any case.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_CLI_H
#define TERRACE_NODE_CLI_CLI_H

#include "node/words.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, /* by a rule; submit: any line refused */
    EXIT_USAGE = 2,
    EXIT_NO_NODE = 3,
    EXIT_VERIFY = 4,
    EXIT_OWN_FAILURE = 5, /* disk, key, store */
};

/* Options by number; cli->value[] holds what was typed, "" for a flag, NULL when not given. */
enum option_id {
    OPT_HOME,
    OPT_JSON,
    OPT_AS,
    OPT_LANG,
    OPT_HELP,
    OPT_VERSION,
    OPTIONS_GLOBAL,
    OPT_ROOT = OPTIONS_GLOBAL,
    OPT_DIVISION,
    OPT_NAME,
    OPT_LISTEN,
    OPT_ENROL,
    OPT_APPROVAL,
    OPT_KIND,
    OPT_ATOMIC,
    OPT_REASON,
    OPT_YEAR,
    OPT_SCOPE,
    OPT_BY,
    OPT_FORMAT,
    OPT_DEEP,
    OPT_ROLE,
    OPTIONS
};

struct client;

struct cli {
    const char *value[OPTIONS];
    char roles[128]; /* all --role, comma between */
    enum language language;
    int argc;
    char **argv; /* what is no option, after the subcommand */
    struct client *client;
    const char *begun_json; /* what ends the answer begun on stdout; an error goes in behind it */
};

static inline bool cli_json(const struct cli *cli)
{
    return cli->value[OPT_JSON] != NULL;
}
/* The sentence in the reader's language. */
static inline const char *cli_say(const struct cli *cli, const char *en, const char *zh)
{
    return cli->language == LANGUAGE_ZH ? zh : en;
}

/* Says the error on stderr, and with --json on stdout; returns `exit_code`. */
enum exit_code cli_fail(const struct cli *cli, enum exit_code exit_code, const char *code,
                        const char *format, ...) PRINTF(4, 5);
/* For a failure of our own: the exit code that fits the status; its text is in node/words.h. */
enum exit_code cli_fail_status(const struct cli *cli, const struct err *err);

/* Writes out what stdout holds. What did not get out is an answer that nobody saw: said, and
 * EXIT_OWN_FAILURE. */
enum exit_code cli_flush(const struct cli *cli);

/* The home's directory, or NULL with the error said. */
const char *cli_home(const struct cli *cli);

/* $TERRACE_PASSWORD, else $TERRACE_PASSPHRASE, else asked for on the terminal (twice when it is
 * `fresh`). The result is the caller's to wipe and mem_free; NULL with the error said. */
char *cli_password(const struct cli *cli, const char *whose, bool fresh);
/* One secret from the terminal (node/prompt.h); NULL when none was typed. */
char *cli_ask_secret(const char *question);
void cli_forget(char *secret);

typedef enum exit_code command_fn(struct cli *cli);
command_fn run_init, run_join, run_doctor;                             /* init.c join.c doctor.c */
command_fn run_submit;                                                 /* submit.c */
command_fn run_approve, run_reject, run_user, run_invite;              /* act.c */
command_fn run_pause, run_resume, run_verify;                          /* act.c */
command_fn run_get, run_list, run_trace, run_pending;                  /* show.c */
command_fn run_balance, run_report, run_chain, run_status, run_digest; /* boards.c */

#endif
