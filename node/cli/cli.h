/* cli - what the subcommands of `terrace` share: options as typed, exit codes, how errors are said.
 *
 * Every command but init, join and doctor is one or a few requests to the node's API; what they
 * print is what it answered. With --json stdout carries JSON only, an error too; a person's words
 * for it go to stderr in any case.
 *
 * Owned by: cli.c, options.c, client.c, pages.c. Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_CLI_H
#define TERRACE_NODE_CLI_CLI_H

#include <stdio.h>

#include "node/text/text.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, /* by a rule; submit: any line refused; or rows were left out */
    EXIT_USAGE = 2,   /* or configuration */
    EXIT_NO_NODE = 3,
    EXIT_VERIFY = 4,      /* or the answer rests on a damaged store */
    EXIT_OWN_FAILURE = 5, /* disk, store */
    EXIT_KEYS = 6,        /* a key is missing, or the passphrase does not open it */
};

/* Options by number; cli->value[] holds what was typed, "" for a flag, NULL when not given. */
enum option_id {
    OPT_HOME,
    OPT_JSON,
    OPT_AS,
    OPT_LANG,
    OPT_TIMEOUT,
    OPT_HELP,
    OPT_VERSION,
    OPTIONS_GLOBAL,
    OPT_ROOT = OPTIONS_GLOBAL,
    OPT_DIVISION,
    OPT_NAME,
    OPT_LISTEN,
    OPT_ENROL,
    OPT_ADVERTISE,
    OPT_API,
    OPT_APPROVAL,
    OPT_KIND,
    OPT_KINDS,
    OPT_ENCODING,
    OPT_ATOMIC,
    OPT_REASON,
    OPT_YEAR,
    OPT_MONTH,
    OPT_CLOSED,
    OPT_SCOPE,
    OPT_BY,
    OPT_FORMAT,
    OPT_DEEP,
    OPT_ROLE,
    OPT_HISTORY,
    OPT_ACK,
    OPT_AFTER,
    OPT_LIMIT,
    OPT_BATCH,
    OPT_YES,
    OPT_HASH,
    OPT_KEEP,
    OPT_OFFER,
    OPT_MINE,
    OPT_CORRECT,
    OPT_STATE,
    OPT_RECEIVER,
    OPT_ISSUER,
    OPT_AGENCY,
    OPT_PROJECT,
    OPT_DOC_NO,
    OPT_TEXT,
    OPT_FROM,
    OPT_TO,
    OPT_MIN,
    OPT_MAX,
    OPT_BOM,
    OPT_WATCH,
    OPT_USER,
    OPT_COUNT,
    OPT_TREE,
    OPT_END,
    OPT_DAYS,
    OPT_VERIFY,
    OPT_HEADS,
    OPT_HOLD,
    OPT_LIST,
    OPT_ACCEPT,
    OPT_WITHDRAW,
    OPT_FINGERPRINT,
    OPT_SILENCE,
    OPT_UNTIL,
    OPT_END_TOKENS,
    OPT_ADMIN,
    OPT_AT,
    OPT_WITH,
    OPT_MAY_GRANT,
    OPT_IDENTITY,
    OPT_CHANNEL,
    OPT_SECOND,
    OPT_AGAIN,
    OPT_KEY,
    OPT_RECOVER,
    OPT_DESPITE_OBJECTION,
    OPT_WITHOUT,
    OPT_ARCHIVE,
    OPTIONS
};

/* How long one answer of the node may take before it counts as hung, in seconds. What reads a page
 * or what the loop knows answers in milliseconds, and says so itself after five seconds of a
 * stalled loop; a post waits for the disk; sums are made when they are asked for; a verification
 * reads everything. */
enum { WAIT_LOOK_S = 10, WAIT_WRITE_S = 60, WAIT_SUM_S = 120, WAIT_VERIFY_S = 24 * 3600 };

struct client;

struct cli {
    const char *value[OPTIONS];
    char roles[128];  /* all --role, comma between */
    char admins[640]; /* all --admin, the same way */
    enum language language;
    int argc;
    char **argv; /* what is no option, after the subcommand */
    struct client *client;
    char damage[512]; /* what is damaged in the node's store, as its answers say; "": nothing */
    unsigned wait_s;  /* for one answer of the node: as asked for, or as the command's kind needs */
    const char *begun_json; /* what ends the answer begun on stdout; an error goes in behind it */
};

static inline bool cli_json(const struct cli *cli)
{
    return cli->value[OPT_JSON] != NULL;
}
/* A row of node/text/ without arguments, in the reader's language. */
static inline const char *cli_row(const struct cli *cli, const char *code)
{
    return text_row(cli->language, code);
}
/* One message (proto/message.h) as a line on `out`; a warning is told on stderr. */
void cli_tell(const struct cli *cli, FILE *out, const char *format, ...) PRINTF(3, 4);
void cli_warn(const struct cli *cli, const char *format, ...) PRINTF(2, 3);

/* Tells the message on stderr, and with --json on stdout, with its arguments; returns `exit_code`.
 * `code` is what programs decide by. What is a sentence already goes through "%s". */
enum exit_code cli_fail(const struct cli *cli, enum exit_code exit_code, const char *code,
                        const char *format, ...) PRINTF(4, 5);
/* For a failure of our own: the exit code that fits the status; its text is in node/text/text.h. */
enum exit_code cli_fail_status(const struct cli *cli, const struct err *err);

/* Writes out what stdout holds. What did not get out is an answer that nobody saw: said, and
 * EXIT_OWN_FAILURE. */
enum exit_code cli_flush(const struct cli *cli);

/* The home's directory, or NULL with the error said. */
const char *cli_home(const struct cli *cli);

/* $TERRACE_PASSWORD, else asked for on the terminal (twice when it is
 * `fresh`). The result is the caller's to wipe and mem_free; NULL with the error said. */
char *cli_password(const struct cli *cli, const char *whose, bool fresh);
/* One secret from the terminal (node/home/prompt.h); NULL when none was typed. */
char *cli_ask_secret(const char *question);
void cli_forget(char *secret);

typedef enum exit_code command_fn(struct cli *cli);
command_fn run_init, run_join, run_doctor;        /* init.c join.c doctor.c */
command_fn run_backup, run_restore;               /* cmd_backup.c restore.c */
command_fn run_submit;                            /* submit.c */
command_fn run_approve, run_reject, run_withdraw; /* cmd_office.c */
command_fn run_pause, run_resume, run_verify;     /* cmd_admin.c */
command_fn run_confirm;                           /* cmd_confirm.c */
command_fn run_invite, run_amend, run_user;       /* cmd_invite.c cmd_invite.c cmd_user.c */
command_fn run_rotate;                            /* cmd_rotate.c */
command_fn run_trust;                             /* cmd_trust.c */
command_fn run_endpoint;                          /* cmd_endpoint.c */
command_fn run_revoke;                            /* cmd_revoke.c */
command_fn run_audit;                             /* cmd_audit.c */
command_fn run_sessions, run_token;               /* cmd_access.c */
command_fn run_evidence;                          /* cmd_evidence.c */
command_fn run_fork;                              /* cmd_fork.c */
command_fn run_resync;                            /* cmd_resync.c */
command_fn run_alarms;                            /* cmd_alarms.c */
command_fn run_inbox;                             /* cmd_inbox.c */
command_fn run_status_tree, run_webhook;          /* cmd_tree.c cmd_webhook.c */
command_fn run_get, run_list, run_trace;          /* cmd_get.c cmd_list.c show.c */
command_fn run_pending, run_receipt;              /* cmd_pending.c cmd_receipt.c */
command_fn run_unapproved;                        /* cmd_unapproved.c */
command_fn run_years;                             /* cmd_years.c */
command_fn run_explain, run_template;             /* explain.c template.c */
command_fn run_balance, run_report, run_chain;    /* cmd_report.c */
command_fn run_status, run_digest;                /* cmd_status.c */

#endif
