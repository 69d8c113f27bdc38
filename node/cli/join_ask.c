#include "node/cli/join_ask.h"

#include <poll.h>

#include "node/daemon/system_clock.h"
#include "proto/message.h"
#include "replicator/zmq/enrol_zmq.h"

enum { ASK_AGAIN_MS = 2000 };

static enum status ask_once(const struct home_setup *setup, const struct token *token,
                            const struct enrol_end *end, struct enrolled *enrolled, struct err *err)
{
    const struct clock clock = system_clock();
    struct buf request = BUF_EMPTY, answer = BUF_EMPTY;
    enum status status;

    enrol_request(&request, token, &setup->keys->identity, setup->keys->curve.public,
                  setup->config.listen, &setup->founders.terms, end, clock_unix_ms(&clock));
    status = enrol_zmq_request(token, &setup->keys->curve, buf_bytes(&request), &answer, 0, 0, err);
    if (status == OK) {
        status = enrol_accept(enrolled, token, &setup->keys->identity, &setup->founders.terms,
                              buf_bytes(&answer), err);
    }
    buf_free(&request);
    buf_free(&answer);
    return status;
}

/* What the parent's operator compares; he hears it by telephone, and not over this link. */
static void show_fingerprint(const struct cli *cli, const struct home_setup *setup,
                             const struct token *token)
{
    char fingerprint[ENROL_FINGERPRINT_SIZE];

    enrol_fingerprint(fingerprint, token->division, &setup->keys->identity.public,
                      setup->keys->curve.public);
    cli_tell(cli, stderr, "join_waits division=%s parent=%s fingerprint=%s", token->division.code,
             token->parent.code, fingerprint);
    founding_tell(cli, stderr, &setup->founders.terms);
}

/* Does a person compare the keys? Else it is something else that is not there yet: who hears of
 * groups then would look for somebody to read them to. */
static bool awaits_person(const struct err *err)
{
    struct bytes left = bytes_text(err->text);
    bool awaits = false;

    while (left.size > 0 && !awaits) { /* whatever it is wrapped in */
        const struct message_reader message = message_read(left);

        awaits = bytes_equal(message.code, bytes_text("enrol_waits"));
        left = message.rest.size > 0 ? message.rest : message_value(left, "why");
    }
    return awaits;
}

/* Once for each reason that comes after another. */
static void tell_why(const struct cli *cli, const struct home_setup *setup,
                     const struct token *token, const struct err *err, struct err *told)
{
    if (strcmp(told->text, err->text) == 0) {
        return;
    }
    *told = *err;
    if (awaits_person(err)) {
        show_fingerprint(cli, setup, token);
    } else {
        cli_tell(cli, stderr, "join_waits_meanwhile division=%s why=%s", token->division.code,
                 err->text);
    }
}

/* Asks again while it is waited for, until the token is over. A parent that is away meanwhile is
 * waited for, too. */
enum status join_ask(const struct cli *cli, const struct home_setup *setup,
                     const struct token *token, const struct enrol_end *end,
                     struct enrolled *enrolled, struct err *err)
{
    const struct clock clock = system_clock();
    enum status status = ask_once(setup, token, end, enrolled, err);
    struct err told = {.status = OK};

    if (!enrolled->waits) {
        return status;
    }
    while (enrolled->waits ||
           (status == ERR_UNREACHABLE && clock_unix_ms(&clock) < token->expires_unix_ms)) {
        if (enrolled->waits) {
            tell_why(cli, setup, token, err, &told);
        }
        (void)poll(NULL, 0, ASK_AGAIN_MS);
        status = ask_once(setup, token, end, enrolled, err);
    }
    return status;
}

/* Not confirmed, the token stays good for exactly these keys until it expires: no harm. */
void join_confirm(const struct cli *cli, const struct home_setup *setup, const struct token *token)
{
    struct buf request = BUF_EMPTY, answer = BUF_EMPTY;
    struct err err;

    enrol_confirm(&request, token, &setup->keys->identity);
    if (enrol_zmq_request(token, &setup->keys->curve, buf_bytes(&request), &answer, 0, 0, &err) !=
            OK ||
        enrol_confirmed(buf_bytes(&answer), &err) != OK) {
        cli_warn(cli, "join_not_confirmed why=%s", err.text);
    }
    buf_free(&request);
    buf_free(&answer);
}

static bool got_no_answer(enum status status)
{
    return status == ERR_UNREACHABLE || status == ERR_IO || status == ERR_CONFIG;
}

enum exit_code join_failed(const struct cli *cli, const struct home_setup *setup,
                           const struct enrolled *enrolled, const struct err *err)
{
    if (enrolled->refused) {
        return cli_fail(cli, EXIT_REFUSED, status_name(err->status), "join_refused why=%s",
                        err->text);
    }
    if (got_no_answer(err->status)) {
        return cli_fail(cli, EXIT_NO_NODE, "unreachable", "join_no_answer home=%s why=%s",
                        setup->home, err->text);
    }
    return cli_fail(cli, EXIT_REFUSED, status_name(err->status),
                    "join_answer_differs home=%s why=%s", setup->home, err->text);
}
