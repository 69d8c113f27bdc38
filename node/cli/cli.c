#include "node/cli/cli.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/cli/print.h"
#include "node/prompt.h"
#include "replicator/crypto.h"

/* One answer in any case: an error after its beginning becomes its last member. */
static void print_json_error(const struct cli *cli, const char *code, const char *message)
{
    json_t *error = json_pack("{ssss}", "code", code, "message", message);
    char *text = error == NULL ? NULL : json_dumps(error, JSON_COMPACT);

    (void)printf("%s\"error\":%s}\n", cli->begun_json == NULL ? "{" : cli->begun_json,
                 text == NULL ? "{\"code\":\"failed\",\"message\":\"\"}" : text);
    (void)fflush(stdout);
    mem_free(text);
    json_decref(error);
}

enum exit_code cli_fail(const struct cli *cli, enum exit_code exit_code, const char *code,
                        const char *format, ...)
{
    char message[1024], shown[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    (void)fflush(stdout);
    (void)fprintf(stderr, "terrace: %s\n", text_shown(shown, sizeof shown, message));
    if (cli_json(cli)) {
        print_json_error(cli, code, message);
    }
    return exit_code;
}

enum exit_code cli_fail_status(const struct cli *cli, const struct err *err)
{
    enum exit_code exit_code = EXIT_OWN_FAILURE;
    char words[WORDS_BYTES_MAX];

    switch (err->status) {
    case ERR_USAGE:
    case ERR_MALFORMED:
        exit_code = EXIT_USAGE;
        break;
    case ERR_REFUSED:
    case ERR_EXPIRED:
    case ERR_ALREADY_USED:
    case ERR_BAD_SIGNATURE:
        exit_code = EXIT_REFUSED;
        break;
    case ERR_UNREACHABLE:
        exit_code = EXIT_NO_NODE;
        break;
    default:
        break;
    }
    return cli_fail(cli, exit_code, status_name(err->status), "%s",
                    words_in(cli->language, words, err->text));
}

enum exit_code cli_flush(const struct cli *cli)
{
    char words[WORDS_BYTES_MAX];

    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return EXIT_DONE;
    }
    (void)fprintf(stderr,
                  cli_say(cli, "terrace: the answer could not be written: %s\n",
                          "terrace: 结果无法写出：%s\n"),
                  words_in(cli->language, words, strerror(errno != 0 ? errno : EIO)));
    return EXIT_OWN_FAILURE;
}

const char *cli_home(const struct cli *cli)
{
    const char *home = cli->value[OPT_HOME];

    if (home == NULL || home[0] == '\0') {
        home = getenv("TERRACE_HOME");
    }
    if (home == NULL || home[0] == '\0') {
        (void)cli_fail(cli, EXIT_USAGE, "usage", "%s",
                       cli_say(cli, "which node? give --home DIR or set $TERRACE_HOME",
                               "哪个节点？请给出 --home 目录，或设置 $TERRACE_HOME"));
        return NULL;
    }
    return home;
}

/* --- secrets --- */

void cli_forget(char *secret)
{
    if (secret != NULL) {
        crypto_wipe(secret, strlen(secret));
        mem_free(secret);
    }
}

char *cli_ask_secret(const char *question)
{
    struct buf typed = BUF_EMPTY;
    char *secret = NULL;
    struct err err;

    if (prompt_secret(&typed, question, &err) == OK && typed.size <= PROMPT_BYTES_MAX) {
        buf_put_u8(&typed, 0);
        secret = mem_strdup((const char *)typed.data);
    }
    if (typed.data != NULL) {
        crypto_wipe(typed.data, typed.capacity);
    }
    buf_free(&typed);
    return secret;
}

static char *ask_twice(const struct cli *cli, char *first)
{
    char *second = cli_ask_secret(cli_say(cli, "the same again: ", "再输入一次："));
    const bool same = second != NULL && strcmp(first, second) == 0;

    cli_forget(second);
    if (!same) {
        cli_forget(first);
        (void)cli_fail(cli, EXIT_USAGE, "usage", "%s",
                       cli_say(cli, "the two passwords differ", "两次输入的密码不一致"));
        return NULL;
    }
    return first;
}

char *cli_password(const struct cli *cli, const char *whose, bool fresh)
{
    const char *given = getenv("TERRACE_PASSWORD");
    char prompt[160];
    char *secret;

    if (given == NULL || given[0] == '\0') {
        given = getenv("TERRACE_PASSPHRASE");
    }
    if (given != NULL && given[0] != '\0') {
        return mem_strdup(given);
    }
    (void)snprintf(prompt, sizeof prompt, cli_say(cli, "password of %s: ", "%s 的密码："), whose);
    secret = cli_ask_secret(prompt);
    if (secret == NULL || secret[0] == '\0') {
        cli_forget(secret);
        (void)cli_fail(cli, EXIT_USAGE, "needs_password",
                       cli_say(cli,
                               "no password for %s: type it on a terminal or set "
                               "$TERRACE_PASSWORD",
                               "缺少 %s 的密码：请在终端输入，或设置 $TERRACE_PASSWORD"),
                       whose);
        return NULL;
    }
    return fresh ? ask_twice(cli, secret) : secret;
}
