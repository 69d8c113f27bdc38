#include "node/cli/cli.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/cli/print.h"
#include "node/home/prompt.h"
#include "replicator/trust/crypto.h"

/* The arguments of a message by name. A reason with arguments of its own is an object of them, with
 * its code as "reason", as the node's answers have it. */
static json_t *message_args(struct bytes message, bool is_reason)
{
    struct message_reader reader = message_read(message);
    json_t *args = json_object();
    struct bytes key, value;

    if (is_reason) {
        (void)json_object_set_new(args, "reason",
                                  json_stringn((const char *)reader.code.data, reader.code.size));
    }
    while (message_next(&reader, &key, &value)) {
        const bool is_message =
            value.size > 0 && (memchr(value.data, MESSAGE_PAIR, value.size) != NULL ||
                               memchr(value.data, MESSAGE_WRAP, value.size) != NULL);
        char name[64];

        (void)snprintf(name, sizeof name, "%.*s", (int)key.size, (const char *)key.data);
        (void)json_object_set_new(args, name,
                                  is_message ? message_args(value, true)
                                             : json_stringn((const char *)value.data, value.size));
    }
    return args;
}

/* {"code":..., "args":{...}, "message":...} */
static json_t *error_object(const char *code, const char *message, const char *words)
{
    json_t *args = message_args(bytes_text(message), false);

    return json_pack("{ss so ss}", "code", code, "args", args, "message", words);
}

/* One answer in any case: an error after its beginning becomes its last member. */
static void print_json_error(const struct cli *cli, json_t *error)
{
    char *text = error == NULL ? NULL : json_dumps(error, JSON_COMPACT);
    json_t *damage = cli->damage[0] == '\0' ? NULL : json_string(cli->damage);
    char *damaged = damage == NULL ? NULL : json_dumps(damage, JSON_ENCODE_ANY);

    (void)printf("%s%s%s%s\"error\":%s}\n", cli->begun_json == NULL ? "{" : cli->begun_json,
                 damaged == NULL ? "" : "\"damaged\":", damaged == NULL ? "" : damaged,
                 damaged == NULL ? "" : ",",
                 text == NULL ? "{\"code\":\"failed\",\"message\":\"\"}" : text);
    (void)fflush(stdout);
    mem_free(damaged);
    json_decref(damage);
    mem_free(text);
    json_decref(error);
}

static void print_words(FILE *out, const char *front, const char *words)
{
    (void)fputs(front, out);
    print_text(out, words);
    (void)fputc('\n', out);
}

void cli_tell(const struct cli *cli, FILE *out, const char *format, ...)
{
    char message[TEXT_BYTES_MAX], words[TEXT_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    (void)fprintf(out, "%s\n", text_in(cli->language, words, message));
}

void cli_warn(const struct cli *cli, const char *format, ...)
{
    char message[TEXT_BYTES_MAX], words[TEXT_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    print_words(stderr, "terrace: ", text_in(cli->language, words, message));
}

enum exit_code cli_fail(const struct cli *cli, enum exit_code exit_code, const char *code,
                        const char *format, ...)
{
    char message[TEXT_BYTES_MAX], words[TEXT_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    (void)fflush(stdout);
    print_words(stderr, "terrace: ", text_in(cli->language, words, message));
    if (cli_json(cli)) {
        print_json_error(cli, error_object(code, message, words));
    }
    return exit_code;
}

enum exit_code cli_fail_status(const struct cli *cli, const struct err *err)
{
    enum exit_code exit_code = EXIT_OWN_FAILURE;

    switch (err->status) {
    case ERR_USAGE:
    case ERR_CONFIG:
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
    case ERR_KEY:
        exit_code = EXIT_KEYS;
        break;
    default:
        break;
    }
    return cli_fail(cli, exit_code, status_name(err->status), "%s", err->text);
}

enum exit_code cli_flush(const struct cli *cli)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return EXIT_DONE;
    }
    cli_warn(cli, "answer_not_written why=%s", os_reason(errno != 0 ? errno : EIO));
    clearerr(stdout); /* said once; the caller ends with what is returned here */
    return EXIT_OWN_FAILURE;
}

const char *cli_home(const struct cli *cli)
{
    const char *home = cli->value[OPT_HOME];

    if (home == NULL || home[0] == '\0') {
        home = getenv("TERRACE_HOME");
    }
    if (home == NULL || home[0] == '\0') {
        (void)cli_fail(cli, EXIT_USAGE, "usage", "home_not_named");
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
    char *second = cli_ask_secret(cli_row(cli, "ask_password_again"));
    const bool same = second != NULL && strcmp(first, second) == 0;

    cli_forget(second);
    if (!same) {
        cli_forget(first);
        (void)cli_fail(cli, EXIT_USAGE, "usage", "passwords_differ");
        return NULL;
    }
    return first;
}

char *cli_password(const struct cli *cli, const char *whose, bool fresh)
{
    const char *given = getenv("TERRACE_PASSWORD");
    char prompt[TEXT_BYTES_MAX];
    char *secret;

    if (given != NULL && given[0] != '\0') {
        return mem_strdup(given);
    }
    secret = cli_ask_secret(text_say(cli->language, prompt, "ask_password name=%s", whose));
    if (secret == NULL || secret[0] == '\0') {
        cli_forget(secret);
        (void)cli_fail(cli, EXIT_USAGE, "needs_password", "password_missing name=%s", whose);
        return NULL;
    }
    return fresh ? ask_twice(cli, secret) : secret;
}
