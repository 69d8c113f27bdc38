#include "node/cli/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/option_values.h"
#include "node/ledger/schema/kinds.h"
#include "node/text/nearest.h"

#define BIT(option) ((uint128)1 << ((option)-OPTIONS_GLOBAL))
#define PAGES       (BIT(OPT_AFTER) | BIT(OPT_LIMIT)) /* of a long answer */
#define FILES       (BIT(OPT_FORMAT) | BIT(OPT_BOM))  /* of rows for a spreadsheet */
#define FILTERS                                                                                    \
    (BIT(OPT_STATE) | BIT(OPT_RECEIVER) | BIT(OPT_ISSUER) | BIT(OPT_AGENCY) | BIT(OPT_PROJECT) |   \
     BIT(OPT_DOC_NO) | BIT(OPT_TEXT) | BIT(OPT_FROM) | BIT(OPT_TO) | BIT(OPT_MIN) | BIT(OPT_MAX))

enum { INIT_COPIES_MAX = 256 };

const struct command commands[] = {
    {"init", run_init, 0, INIT_COPIES_MAX, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_ROOT) | BIT(OPT_DIVISION) | BIT(OPT_NAME) | BIT(OPT_LISTEN) | BIT(OPT_ENROL) |
         BIT(OPT_ADVERTISE) | BIT(OPT_API) | BIT(OPT_APPROVAL) | BIT(OPT_ADMIN) | BIT(OPT_RECOVER) |
         BIT(OPT_KEY) | BIT(OPT_YES),
     "init --root --division CODE --name NAME [--listen ENDPOINT] [--enrol ENDPOINT] "
     "[--advertise HOST] [--api ADDRESS] [--approval required|none|KINDS] [--admin NAME]... | "
     "init --root --recover --key TRUSTKEY [--yes] [the same] COPY..."},
    {"invite", run_invite, 0, 1, ARGUMENT_DIVISION, WAIT_WRITE_S,
     BIT(OPT_NAME) | BIT(OPT_MAY_GRANT) | BIT(OPT_HOLD) | BIT(OPT_LIST) | BIT(OPT_ACCEPT) |
         BIT(OPT_FINGERPRINT) | BIT(OPT_WITHDRAW) | BIT(OPT_AGAIN) | BIT(OPT_RECOVER),
     "invite CODE --name NAME [--may-grant PATTERN,...] [--hold] | invite CODE --again [--hold] | "
     "invite CODE --recover [--hold] | invite --list | "
     "invite --accept CODE [--fingerprint GROUPS] | invite --withdraw CODE"},
    {"amend", run_amend, 1, 1, ARGUMENT_DIVISION, WAIT_WRITE_S, BIT(OPT_NAME) | BIT(OPT_MAY_GRANT),
     "amend CODE [--name NAME] [--may-grant PATTERN,...]"},
    {"fork", run_fork, 0, 1, ARGUMENT_DIVISION, WAIT_SUM_S, BIT(OPT_KEEP) | BIT(OPT_YES) | PAGES,
     "fork [--limit N] [--after CURSOR] | fork CODE --keep HASH [--yes]"},
    {"evidence", run_evidence, 0, 1, ARGUMENT_DIVISION, WAIT_WRITE_S, BIT(OPT_OFFER) | PAGES,
     "evidence [CODE] [--limit N] [--after CURSOR] | evidence --offer"},
    {"resync", run_resync, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S, BIT(OPT_WITHOUT) | BIT(OPT_WATCH),
     "resync [--watch] | resync --without CODE"},
    {"rotate", run_rotate, 0, 0, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_IDENTITY) | BIT(OPT_CHANNEL) | BIT(OPT_SECOND),
     "rotate [--identity] [--channel] [--second ENDPOINT]"},
    {"endpoint", run_endpoint, 1, 1, ARGUMENT_ANY, WAIT_WRITE_S, 0, "endpoint ADDRESS"},
    {"trust", run_trust, 2, 2, ARGUMENT_ANY, WAIT_LOOK_S,
     BIT(OPT_KEY) | BIT(OPT_YES) | BIT(OPT_CHANNEL) | BIT(OPT_SECOND),
     "trust request FILE [--channel [--second ENDPOINT]] | trust sign FILE --key TRUSTKEY [--yes] "
     "| trust take FILE.signed | trust copy FILE"},
    {"revoke", run_revoke, 0, 1, ARGUMENT_DIVISION, WAIT_WRITE_S,
     BIT(OPT_REASON) | BIT(OPT_YES) | BIT(OPT_LIST) | BIT(OPT_ACCEPT) | BIT(OPT_WITHDRAW),
     "revoke CODE --reason TEXT [--yes] | revoke --list | revoke --accept CODE [--yes] | "
     "revoke --withdraw CODE"},
    {"join", run_join, 1, 1, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_LISTEN) | BIT(OPT_ENROL) | BIT(OPT_ADVERTISE) | BIT(OPT_API) | BIT(OPT_APPROVAL) |
         BIT(OPT_ADMIN) | BIT(OPT_RECOVER) | BIT(OPT_CHANNEL),
     "join TOKEN [--listen ENDPOINT] [--enrol ENDPOINT] [--advertise HOST] [--api ADDRESS] "
     "[--approval required|none|KINDS] [--admin NAME]... | "
     "join TOKEN --recover [--channel] [--admin NAME]..."},
    {"confirm", run_confirm, 0, 1, ARGUMENT_DIVISION, WAIT_WRITE_S,
     BIT(OPT_LIST) | BIT(OPT_YES) | BIT(OPT_REASON) | BIT(OPT_DESPITE_OBJECTION),
     "confirm CODE [--reason TEXT] [--despite-objection] [--yes] | confirm --list"},
    {"submit", run_submit, 1, 1, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_KIND) | BIT(OPT_ENCODING) | BIT(OPT_ATOMIC) | BIT(OPT_CORRECT),
     "submit FILE|- [--kind KIND] [--encoding utf-8|gb18030] [--atomic] [--correct]"},
    {"approve", run_approve, 0, INT_MAX, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_BATCH) | BIT(OPT_YES) | BIT(OPT_HASH),
     "approve ID... | approve --batch POST|DAY|FILE [--yes | --hash HASH]"},
    {"reject", run_reject, 0, INT_MAX, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_REASON) | BIT(OPT_BATCH) | BIT(OPT_YES),
     "reject ID... --reason TEXT | reject --batch POST|DAY|FILE --reason TEXT [--yes]"},
    {"withdraw", run_withdraw, 0, INT_MAX, ARGUMENT_ID, WAIT_WRITE_S, BIT(OPT_BATCH) | BIT(OPT_YES),
     "withdraw ID... | withdraw --batch POST|DAY|FILE [--yes]"},
    {"pending", run_pending, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S,
     BIT(OPT_MINE) | BIT(OPT_BATCH) | PAGES,
     "pending [--mine] [--limit N] [--after CURSOR] | pending --batch POST|DAY|FILE"},
    {"inbox", run_inbox, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S, BIT(OPT_USER) | BIT(OPT_COUNT) | PAGES,
     "inbox [--user NAME] [--count] [--limit N] [--after CURSOR]"},
    {"get", run_get, 1, 1, ARGUMENT_ID, WAIT_LOOK_S, BIT(OPT_DIVISION), "get ID [--division D]"},
    {"receipt", run_receipt, 1, 1, ARGUMENT_ID, WAIT_LOOK_S, BIT(OPT_DIVISION),
     "receipt ID [--division D]"},
    {"trace", run_trace, 1, 1, ARGUMENT_ID, WAIT_LOOK_S, BIT(OPT_DIVISION) | PAGES,
     "trace ID|PRO_CODE [--division D] [--limit N] [--after CURSOR]"},
    {"list", run_list, 1, 1, ARGUMENT_KIND, WAIT_SUM_S,
     BIT(OPT_DIVISION) | BIT(OPT_YEAR) | FILTERS | FILES | PAGES,
     "list KIND [--division D] [--year Y] [--state WORD] [--receiver D] [--issuer D] "
     "[--agency CODE] [--project CODE] [--doc-no TEXT] [--text TEXT] [--from DAY] [--to DAY] "
     "[--min YUAN] [--max YUAN] [--format table|json|csv|xlsx] [--bom] [--limit N] "
     "[--after CURSOR]"},
    {"balance", run_balance, 0, 0, ARGUMENT_ANY, WAIT_SUM_S,
     BIT(OPT_DIVISION) | BIT(OPT_SCOPE) | BIT(OPT_YEAR) | BIT(OPT_MONTH) | BIT(OPT_BY) |
         BIT(OPT_AT) | FILES | PAGES,
     "balance [--division D] [--scope own|subtree] [--year Y|all] [--month M] "
     "[--at DAY|TIME|ENTRY] [--by account|project|function|fund|agency|department|economic|"
     "gov_economic|direct|month] [--format table|json|csv|xlsx] [--bom] [--limit N] "
     "[--after CURSOR]"},
    {"report", run_report, 1, 1, ARGUMENT_ANY, WAIT_SUM_S,
     BIT(OPT_DIVISION) | BIT(OPT_SCOPE) | BIT(OPT_YEAR) | BIT(OPT_MONTH) | BIT(OPT_CLOSED) |
         BIT(OPT_BY) | BIT(OPT_AT) | FILES | PAGES,
     "report chain|execution|reconcile|sources|trial-balance [--division D] [--year Y|all] "
     "[--month M] [--closed] [--at DAY|TIME|ENTRY] [--scope own|subtree] [--by "
     "project|function|fund|agency|department|economic|gov_economic|direct|month] [--by "
     "ONE,ANOTHER] [--format table|json|csv|xlsx] [--bom] [--limit N] [--after CURSOR]"},
    {"chain", run_chain, 0, 0, ARGUMENT_ANY, WAIT_SUM_S,
     BIT(OPT_DIVISION) | BIT(OPT_YEAR) | BIT(OPT_AT) | FILES | PAGES,
     "chain [--division D] [--year Y|all] [--at DAY|TIME|ENTRY] [--format table|json|csv|xlsx] "
     "[--bom] "
     "[--limit N] "
     "[--after CURSOR]"},
    {"years", run_years, 0, 0, ARGUMENT_ANY, WAIT_SUM_S, BIT(OPT_DIVISION) | BIT(OPT_YEAR),
     "years [--division D] [--year Y]"},
    {"status", run_status, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S, BIT(OPT_WATCH) | BIT(OPT_TREE),
     "status [--tree] [--watch]"},
    {"alarms", run_alarms, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S,
     BIT(OPT_HISTORY) | BIT(OPT_ACK) | BIT(OPT_WATCH) | BIT(OPT_SILENCE) | BIT(OPT_UNTIL),
     "alarms [--history|--watch] | alarms --ack ID | alarms --silence ID --until TIME"},
    {"unapproved", run_unapproved, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S, BIT(OPT_DIVISION) | PAGES,
     "unapproved [--division D] [--limit N] [--after CURSOR]"},
    {"digest", run_digest, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S, BIT(OPT_DIVISION),
     "digest [--division D]"},
    {"verify", run_verify, 0, 0, ARGUMENT_ANY, WAIT_VERIFY_S, BIT(OPT_DEEP), "verify [--deep]"},
    {"doctor", run_doctor, 0, 0, ARGUMENT_ANY, WAIT_LOOK_S, 0, "doctor"},
    {"explain", run_explain, 1, 1, ARGUMENT_ANY, WAIT_LOOK_S, 0,
     "explain KIND|FIELD|REASON|ALARM|STATE"},
    {"template", run_template, 1, 1, ARGUMENT_KIND, WAIT_LOOK_S, BIT(OPT_BOM),
     "template KIND [--bom]"},
    {"user", run_user, 1, 2, ARGUMENT_ANY, WAIT_WRITE_S,
     BIT(OPT_ROLE) | BIT(OPT_END_TOKENS) | BIT(OPT_WITH) | BIT(OPT_DIVISION) | PAGES,
     "user add NAME [--role maker|checker|auditor|admin]... | user passwd NAME [--end-tokens] | "
     "user role NAME --role ROLE... | user renew NAME | user disable NAME | "
     "user list [--division D] | "
     "user show NAME [--division D] [--limit N] "
     "[--after CURSOR] | "
     "user keys [NAME] | user confirm-key KEY | user end-key KEY; who vouches beside --as: "
     "[--with NAME]"},
    {"audit", run_audit, 0, 0, ARGUMENT_ANY, WAIT_SUM_S, BIT(OPT_VERIFY) | BIT(OPT_HEADS) | PAGES,
     "audit [--limit N] [--after POSITION] | audit --verify | audit --heads"},
    {"sessions", run_sessions, 0, 0, ARGUMENT_ANY, WAIT_WRITE_S, BIT(OPT_END),
     "sessions [--end ID]"},
    {"token", run_token, 1, 2, ARGUMENT_ANY, WAIT_WRITE_S, BIT(OPT_ROLE) | BIT(OPT_DAYS),
     "token add NAME [--role maker|auditor|admin]... [--days N] | token revoke NAME | token list"},
    {"webhook", run_webhook, 1, 3, ARGUMENT_ANY, WAIT_LOOK_S,
     BIT(OPT_DIVISION) | BIT(OPT_KINDS) | BIT(OPT_AFTER) | BIT(OPT_LIMIT),
     "webhook add NAME URL [--division D] [--kinds K,K] [--after POSITION] | webhook list | "
     "webhook dead NAME [--limit N] [--after POSITION] | webhook replay NAME [--after POSITION] | "
     "webhook remove NAME"},
    {"pause", run_pause, 1, 1, ARGUMENT_DIVISION, WAIT_WRITE_S, 0, "pause CODE"},
    {"resume", run_resume, 1, 1, ARGUMENT_DIVISION, WAIT_WRITE_S, 0, "resume CODE"},
    {"backup", run_backup, 1, 1, ARGUMENT_ANY, WAIT_SUM_S, BIT(OPT_KEEP), "backup DIR [--keep N]"},
    {"restore", run_restore, 1, 1, ARGUMENT_ANY, WAIT_LOOK_S, BIT(OPT_AT) | BIT(OPT_ARCHIVE),
     "restore DIR [--at DAY|TIME] [--archive DIR]"},
    {"prove", NULL, 0, 0, ARGUMENT_ANY, 0, 0, "prove"},
    {"check", NULL, 0, 0, ARGUMENT_ANY, 0, 0, "check"},
    {"bundle", NULL, 0, 0, ARGUMENT_ANY, 0, 0, "bundle"},
};
const size_t command_count = COUNT_OF(commands);

static const struct option long_options[OPTIONS + 1] = {
    [OPT_HOME] = {"home", required_argument, NULL, OPT_HOME},
    [OPT_JSON] = {"json", no_argument, NULL, OPT_JSON},
    [OPT_AS] = {"as", required_argument, NULL, OPT_AS},
    [OPT_LANG] = {"lang", required_argument, NULL, OPT_LANG},
    [OPT_TIMEOUT] = {"timeout", required_argument, NULL, OPT_TIMEOUT},
    [OPT_HELP] = {"help", no_argument, NULL, OPT_HELP},
    [OPT_VERSION] = {"version", no_argument, NULL, OPT_VERSION},
    [OPT_ROOT] = {"root", no_argument, NULL, OPT_ROOT},
    [OPT_DIVISION] = {"division", required_argument, NULL, OPT_DIVISION},
    [OPT_NAME] = {"name", required_argument, NULL, OPT_NAME},
    [OPT_LISTEN] = {"listen", required_argument, NULL, OPT_LISTEN},
    [OPT_ENROL] = {"enrol", required_argument, NULL, OPT_ENROL},
    [OPT_ADVERTISE] = {"advertise", required_argument, NULL, OPT_ADVERTISE},
    [OPT_API] = {"api", required_argument, NULL, OPT_API},
    [OPT_APPROVAL] = {"approval", required_argument, NULL, OPT_APPROVAL},
    [OPT_KIND] = {"kind", required_argument, NULL, OPT_KIND},
    [OPT_KINDS] = {"kinds", required_argument, NULL, OPT_KINDS},
    [OPT_ENCODING] = {"encoding", required_argument, NULL, OPT_ENCODING},
    [OPT_ATOMIC] = {"atomic", no_argument, NULL, OPT_ATOMIC},
    [OPT_REASON] = {"reason", required_argument, NULL, OPT_REASON},
    [OPT_YEAR] = {"year", required_argument, NULL, OPT_YEAR},
    [OPT_MONTH] = {"month", required_argument, NULL, OPT_MONTH},
    [OPT_CLOSED] = {"closed", no_argument, NULL, OPT_CLOSED},
    [OPT_SCOPE] = {"scope", required_argument, NULL, OPT_SCOPE},
    [OPT_BY] = {"by", required_argument, NULL, OPT_BY},
    [OPT_FORMAT] = {"format", required_argument, NULL, OPT_FORMAT},
    [OPT_DEEP] = {"deep", no_argument, NULL, OPT_DEEP},
    [OPT_ADMIN] = {"admin", required_argument, NULL, OPT_ADMIN},
    [OPT_WITH] = {"with", required_argument, NULL, OPT_WITH},
    [OPT_ROLE] = {"role", required_argument, NULL, OPT_ROLE},
    [OPT_HISTORY] = {"history", no_argument, NULL, OPT_HISTORY},
    [OPT_ACK] = {"ack", required_argument, NULL, OPT_ACK},
    [OPT_AFTER] = {"after", required_argument, NULL, OPT_AFTER},
    [OPT_LIMIT] = {"limit", required_argument, NULL, OPT_LIMIT},
    [OPT_BATCH] = {"batch", required_argument, NULL, OPT_BATCH},
    [OPT_YES] = {"yes", no_argument, NULL, OPT_YES},
    [OPT_HASH] = {"hash", required_argument, NULL, OPT_HASH},
    [OPT_KEEP] = {"keep", required_argument, NULL, OPT_KEEP},
    [OPT_OFFER] = {"offer", no_argument, NULL, OPT_OFFER},
    [OPT_MINE] = {"mine", no_argument, NULL, OPT_MINE},
    [OPT_CORRECT] = {"correct", no_argument, NULL, OPT_CORRECT},
    [OPT_STATE] = {"state", required_argument, NULL, OPT_STATE},
    [OPT_RECEIVER] = {"receiver", required_argument, NULL, OPT_RECEIVER},
    [OPT_ISSUER] = {"issuer", required_argument, NULL, OPT_ISSUER},
    [OPT_AGENCY] = {"agency", required_argument, NULL, OPT_AGENCY},
    [OPT_PROJECT] = {"project", required_argument, NULL, OPT_PROJECT},
    [OPT_DOC_NO] = {"doc-no", required_argument, NULL, OPT_DOC_NO},
    [OPT_TEXT] = {"text", required_argument, NULL, OPT_TEXT},
    [OPT_FROM] = {"from", required_argument, NULL, OPT_FROM},
    [OPT_TO] = {"to", required_argument, NULL, OPT_TO},
    [OPT_MIN] = {"min", required_argument, NULL, OPT_MIN},
    [OPT_MAX] = {"max", required_argument, NULL, OPT_MAX},
    [OPT_BOM] = {"bom", no_argument, NULL, OPT_BOM},
    [OPT_WATCH] = {"watch", no_argument, NULL, OPT_WATCH},
    [OPT_USER] = {"user", required_argument, NULL, OPT_USER},
    [OPT_COUNT] = {"count", no_argument, NULL, OPT_COUNT},
    [OPT_TREE] = {"tree", no_argument, NULL, OPT_TREE},
    [OPT_END] = {"end", required_argument, NULL, OPT_END},
    [OPT_DAYS] = {"days", required_argument, NULL, OPT_DAYS},
    [OPT_VERIFY] = {"verify", no_argument, NULL, OPT_VERIFY},
    [OPT_HEADS] = {"heads", no_argument, NULL, OPT_HEADS},
    [OPT_HOLD] = {"hold", no_argument, NULL, OPT_HOLD},
    [OPT_LIST] = {"list", no_argument, NULL, OPT_LIST},
    [OPT_ACCEPT] = {"accept", required_argument, NULL, OPT_ACCEPT},
    [OPT_WITHDRAW] = {"withdraw", required_argument, NULL, OPT_WITHDRAW},
    [OPT_FINGERPRINT] = {"fingerprint", required_argument, NULL, OPT_FINGERPRINT},
    [OPT_SILENCE] = {"silence", required_argument, NULL, OPT_SILENCE},
    [OPT_UNTIL] = {"until", required_argument, NULL, OPT_UNTIL},
    [OPT_END_TOKENS] = {"end-tokens", no_argument, NULL, OPT_END_TOKENS},
    [OPT_AT] = {"at", required_argument, NULL, OPT_AT},
    [OPT_MAY_GRANT] = {"may-grant", required_argument, NULL, OPT_MAY_GRANT},
    [OPT_IDENTITY] = {"identity", no_argument, NULL, OPT_IDENTITY},
    [OPT_CHANNEL] = {"channel", no_argument, NULL, OPT_CHANNEL},
    [OPT_SECOND] = {"second", required_argument, NULL, OPT_SECOND},
    [OPT_KEY] = {"key", required_argument, NULL, OPT_KEY},
    [OPT_AGAIN] = {"again", no_argument, NULL, OPT_AGAIN},
    [OPT_RECOVER] = {"recover", no_argument, NULL, OPT_RECOVER},
    [OPT_ARCHIVE] = {"archive", required_argument, NULL, OPT_ARCHIVE},
    [OPT_DESPITE_OBJECTION] = {"despite-objection", no_argument, NULL, OPT_DESPITE_OBJECTION},
    [OPT_WITHOUT] = {"without", required_argument, NULL, OPT_WITHOUT},
    [OPTIONS] = {NULL, 0, NULL, 0},
};

const char *option_name(enum option_id option)
{
    return long_options[option].name;
}

bool option_takes_value(enum option_id option)
{
    return long_options[option].has_arg == required_argument;
}

bool command_takes(const struct command *command, enum option_id option)
{
    _Static_assert(OPTIONS - OPTIONS_GLOBAL <= 128, "a command's options are the bits of a number");
    return option < OPTIONS_GLOBAL || (command != NULL && (command->options & BIT(option)) != 0);
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

static enum exit_code refuse_command(const struct cli *cli, const char *typed)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;

    nearest_begin(&nearest, bytes_text(typed));
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].run != NULL) {
            nearest_offer(&nearest, bytes_text(commands[i].name));
        }
    }
    return cli_fail(cli, EXIT_USAGE, "usage", "command_unknown word=%s why=%s", typed,
                    nearest_advice(advice, &nearest));
}

/* Of the options that the command takes, with the dashes that were typed. */
static enum exit_code refuse_option(const struct cli *cli, const struct command *command,
                                    const char *typed)
{
    char advice[DID_YOU_MEAN_BYTES_MAX], word[NEAREST_BYTES_MAX + 3];
    struct nearest nearest;

    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(typed, "="), typed);
    nearest_begin(&nearest, bytes_text(word));
    for (enum option_id option = 0; option < OPTIONS; option++) {
        if (command_takes(command, option)) {
            (void)snprintf(word, sizeof word, "--%s", option_name(option));
            nearest_offer(&nearest, bytes_text(word));
        }
    }
    return cli_fail(cli, EXIT_USAGE, "usage", "option_wrong option=%s command=%s why=%s", typed,
                    command == NULL ? "" : command->name, nearest_advice(advice, &nearest));
}

/* An option that may stand several times. */
static void add_word(char *list, size_t size, const char *word)
{
    const size_t used = strlen(list);

    (void)snprintf(list + used, size - used, "%s%s", used > 0 ? "," : "", word);
}

static enum exit_code take_option(struct cli *cli, const struct command *command, int option,
                                  const char *typed)
{
    enum exit_code exit_code = EXIT_DONE;

    if (!command_takes(command, (enum option_id)option)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "option_elsewhere option=--%s command=%s",
                        long_options[option].name, command == NULL ? "terrace" : command->name);
    }
    if (typed != NULL) {
        exit_code = option_value_check(cli, option, long_options[option].name, typed);
    }
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    cli->value[option] = typed == NULL ? "" : option == OPT_KIND ? option_kind(typed) : typed;
    if (option == OPT_ROLE) {
        add_word(cli->roles, sizeof cli->roles, typed);
    }
    if (option == OPT_ADMIN) {
        add_word(cli->admins, sizeof cli->admins, typed);
    }
    if (option == OPT_FORMAT && strcmp(typed, "json") == 0) {
        cli->value[OPT_JSON] = "";
    }
    if (option == OPT_LANG && typed != NULL) {
        cli->language = text_language(typed, NULL, NULL);
    }
    return EXIT_DONE;
}

static enum exit_code read_options(struct cli *cli, const struct command *command, int argc,
                                   char **argv)
{
    optind = 0; /* glibc: start over, so that tests may parse more than once */
    opterr = 0;
    for (;;) {
        int index = -1; /* of a long one that was read whole; its number may look like ':' or '?' */
        const int option = getopt_long(argc, argv, ":h", long_options, &index);
        const char *word = argv[optind > 0 ? optind - 1 : 0];
        enum exit_code exit_code;

        if (option == -1) {
            break;
        }
        if (index < 0 && option == ':') {
            return cli_fail(cli, EXIT_USAGE, "usage", "option_needs_value option=%s", word);
        }
        if (index < 0 && option == '?') {
            return refuse_option(cli, command, word);
        }
        exit_code = take_option(cli, command, index < 0 ? OPT_HELP : option, optarg);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    cli->argc = argc - optind;
    cli->argv = argv + optind;
    return EXIT_DONE;
}

/* As typed, else as the environment says, else as the command's kind needs. */
static enum exit_code set_wait(struct cli *cli, const struct command *command)
{
    const char *set = cli->value[OPT_TIMEOUT];
    enum exit_code exit_code;

    if (set == NULL) {
        set = getenv("TERRACE_TIMEOUT");
    }
    cli->wait_s = command->wait_s;
    if (set == NULL || set[0] == '\0') {
        return EXIT_DONE;
    }
    exit_code = option_value_check(cli, OPT_TIMEOUT, option_name(OPT_TIMEOUT), set);
    if (exit_code == EXIT_DONE) {
        cli->wait_s = (unsigned)strtoul(set, NULL, 10);
    }
    return exit_code;
}

static enum exit_code check_arguments(const struct cli *cli, const struct command *command)
{
    if (cli->argc < command->args_min || cli->argc > command->args_max) {
        return cli_fail(cli, EXIT_USAGE, "usage", "command_usage usage=%s", command->usage);
    }
    for (int i = 0; i < cli->argc; i++) {
        const enum exit_code exit_code = argument_check(cli, command->argument, cli->argv[i]);

        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
        if (command->argument == ARGUMENT_KIND) { /* whatever people call it */
            cli->argv[i] = (char *)(uintptr_t)option_kind(cli->argv[i]);
        }
    }
    return EXIT_DONE;
}

/* So that an error of the command line is told as asked for, wherever that stands. */
static void read_early(struct cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *tag = strncmp(argv[i], "--lang=", 7) == 0 ? argv[i] + 7
                          : strcmp(argv[i], "--lang") == 0    ? argv[i + 1]
                                                              : NULL;

        if (strcmp(argv[i], "--json") == 0) {
            cli->value[OPT_JSON] = "";
        }
        if (tag != NULL && option_value_good(OPT_LANG, tag)) {
            cli->language = text_language(tag, NULL, NULL);
        }
    }
}

enum exit_code options_parse(struct cli *cli, const struct command **command, int argc, char **argv)
{
    const int at = find_command(argc, argv);
    const struct command *found = at > 0 ? command_named(argv[at]) : NULL;
    enum exit_code exit_code;

    *command = NULL;
    read_early(cli, argc, argv);
    if (at > 0 && found == NULL) {
        return refuse_command(cli, argv[at]);
    }
    if (found != NULL && found->run == NULL) {
        return cli_fail(cli, EXIT_USAGE, "not_in_this_version", "not_in_this_version what=%s",
                        found->name);
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
        *command = found;
        return EXIT_DONE;
    }
    if (cli->value[OPT_VERSION] != NULL) {
        (void)printf(cli_json(cli) ? "{\"version\":\"%s\"}\n" : "terrace %s\n", TERRACE_VERSION);
        return EXIT_DONE;
    }
    if (found == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "command_missing");
    }
    *command = found;
    exit_code = set_wait(cli, found);
    return exit_code == EXIT_DONE ? check_arguments(cli, found) : exit_code;
}
