/* cmd_office - what persons decide of drafts: approve, reject, withdraw.
 *
 * approve ID...       each document answered on its line; on a terminal it is shown first
 * approve --batch B   shown in numbers, asked once, signed by the hash of what was shown
 * reject, withdraw    each document answered on its line; --batch B: asked once, told in numbers */
#include <stdio.h>
#include <unistd.h>

#include "node/cli/caption.h"
#include "node/cli/document_print.h"
#include "node/cli/print.h"
#include "node/cli/review_print.h"

enum { IDS_IN_A_POST = 1000, SHOWN_WHOLE_MAX = 20 };

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static bool is_at_terminal(const struct cli *cli)
{
    return !cli_json(cli) && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/* --- one line of JSON a document, as submit --- */

static bool take_verdict(const struct cli *cli, struct bytes line, bool print)
{
    json_t *object = json_loadb((const char *)line.data, line.size, 0, NULL);
    const bool refused = strcmp(member(object, "status"), "refused") == 0;

    if (!print) {
        json_decref(object);
        return !refused;
    }
    if (cli_json(cli) || isatty(STDOUT_FILENO) != 1) {
        (void)fwrite(line.data, 1, line.size, stdout);
        (void)putchar('\n');
    } else {
        print_verdict_line(cli, object, member(object, "message"));
        print_caption(cli, object);
    }
    json_decref(object);
    return !refused;
}

/* Prints each line, or only counts those that were refused. */
static void take_verdicts(const struct cli *cli, struct bytes answer, bool lines, size_t *refused)
{
    while (answer.size > 0) {
        const uint8_t *end = memchr(answer.data, '\n', answer.size);
        const size_t size = end == NULL ? answer.size : (size_t)(end - answer.data);

        if (size > 0 && !take_verdict(cli, bytes_of(answer.data, size), lines)) {
            ++*refused;
        }
        answer = bytes_of(answer.data + size + (end != NULL), answer.size - size - (end != NULL));
    }
}

/* EXIT_DONE when the node answered, whatever it said of each document. */
static enum exit_code post_verdicts(struct cli *cli, const char *path, json_t *object, bool lines,
                                    size_t *refused)
{
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    struct reply reply = REPLY_EMPTY;
    enum exit_code exit_code;

    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "typed_not_utf8");
    } else {
        exit_code = client_call(cli, path, bytes_text(body), &reply);
    }
    if (exit_code == EXIT_DONE) {
        take_verdicts(cli, reply.body, lines, refused);
    }
    reply_free(&reply);
    json_decref(object);
    mem_free(body);
    return exit_code;
}

/* Posts an object (taken) and reads the answer as one. */
static enum exit_code post_json(struct cli *cli, const char *path, json_t *object, json_t **answer)
{
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    enum exit_code exit_code;

    *answer = NULL;
    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "typed_not_utf8");
    } else {
        exit_code = client_json(cli, path, bytes_text(body), answer);
    }
    json_decref(object);
    mem_free(body);
    return exit_code;
}

/* --- the question --- */

static bool ask(const struct cli *cli, const char *act, const json_t *review)
{
    char money[REVIEW_MONEY_MAX], line[16] = "", words[TEXT_BYTES_MAX];

    (void)fputs(text_say(cli->language, words,
                         "ask_decide act=%s documents=%" JSON_INTEGER_FORMAT " total=%s", act,
                         json_integer_value(json_object_get(review, "count")),
                         review_money(money, member(review, "total"))),
                stdout);
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static const json_t *find_document(const json_t *review, const char *id)
{
    const json_t *documents = json_object_get(review, "documents");

    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);

        if (strcmp(member(document, "id"), id) == 0) {
            return document;
        }
    }
    return NULL;
}

/* Every field of a few documents. */
static void show_documents(const struct cli *cli, const json_t *review)
{
    for (int i = 0; i < cli->argc; i++) {
        const json_t *document = find_document(review, cli->argv[i]);

        print_text(stdout, cli->argv[i]);
        (void)putchar('\n');
        document_print(cli, document, 4);
        if (document == NULL) {
            (void)printf("    %s\n", cli_row(cli, "not_waiting"));
        }
    }
}

/* --- approve ID... --- */

static json_t *ids_of(const struct cli *cli, int from, int count)
{
    json_t *ids = json_array();

    for (int i = from; i < cli->argc && i < from + count; i++) {
        (void)json_array_append_new(ids, json_string(cli->argv[i]));
    }
    return ids;
}

/* With its hash the node refuses any other content than what was shown. */
static json_t *shown_ids(const struct cli *cli, const json_t *review, int from, int count)
{
    json_t *ids = json_array();

    for (int i = from; i < cli->argc && i < from + count; i++) {
        const json_t *document = find_document(review, cli->argv[i]);

        (void)json_array_append_new(
            ids, document == NULL
                     ? json_string(cli->argv[i])
                     : json_pack("{ssss}", "id", cli->argv[i], "hash", member(document, "hash")));
    }
    return ids;
}

/* Line by line; `review` of what was shown, or NULL. */
static enum exit_code approve_lines(struct cli *cli, const json_t *review)
{
    enum exit_code exit_code = EXIT_DONE;
    size_t refused = 0;

    for (int from = 0; exit_code == EXIT_DONE && from < cli->argc; from += IDS_IN_A_POST) {
        json_t *ids = shown_ids(cli, review, from, IDS_IN_A_POST);

        exit_code = post_verdicts(cli, "/approve", json_pack("{so}", "ids", ids), true, &refused);
    }
    return exit_code == EXIT_DONE && refused > 0 ? EXIT_REFUSED : exit_code;
}

/* --- as one batch --- */

static enum exit_code finish(struct cli *cli, const json_t *outcome)
{
    if (cli_json(cli)) {
        print_json(stdout, outcome);
    } else {
        print_outcome(cli, outcome);
    }
    return json_integer_value(json_object_get(outcome, "refused")) > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Signs what has this hash and nothing else. `named` (taken) says which. */
static enum exit_code approve_as_one(struct cli *cli, json_t *named, const char *hash)
{
    json_t *outcome;
    enum exit_code exit_code;

    (void)json_object_set_new(named, "hash", json_string(hash));
    exit_code = post_json(cli, "/approve", named, &outcome);
    if (exit_code == EXIT_DONE) {
        exit_code = finish(cli, outcome);
    }
    json_decref(outcome);
    return exit_code;
}

static enum exit_code approve_batch(struct cli *cli)
{
    json_t *named = json_pack("{ss}", "batch", cli->value[OPT_BATCH]), *review;
    const bool asks = is_at_terminal(cli) && cli->value[OPT_YES] == NULL;
    enum exit_code exit_code;

    if (cli->value[OPT_HASH] != NULL) {
        return approve_as_one(cli, named, cli->value[OPT_HASH]);
    }
    exit_code = post_json(cli, "/review", json_incref(named), &review);
    if (exit_code == EXIT_DONE && !cli_json(cli)) {
        print_review(cli, review);
    }
    if (exit_code == EXIT_DONE && asks && !ask(cli, "approve", review)) {
        exit_code = EXIT_REFUSED;
    } else if (exit_code == EXIT_DONE && !asks && cli->value[OPT_YES] == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "needs_yes", "batch_needs_yes hash=%s",
                             member(review, "hash"));
    } else if (exit_code == EXIT_DONE) {
        exit_code = approve_as_one(cli, json_incref(named), member(review, "hash"));
    }
    json_decref(review);
    json_decref(named);
    return exit_code;
}

/* On a terminal nobody approves what was not shown: a few documents whole, many in numbers. */
static enum exit_code approve_shown(struct cli *cli)
{
    json_t *named = json_pack("{so}", "ids", ids_of(cli, 0, cli->argc)), *review;
    const bool few = cli->argc <= SHOWN_WHOLE_MAX;
    enum exit_code exit_code = post_json(cli, "/review", json_incref(named), &review);

    if (exit_code == EXIT_DONE) {
        if (few) {
            show_documents(cli, review);
        } else {
            print_review(cli, review);
        }
        if (cli->value[OPT_YES] == NULL && !ask(cli, "approve", review)) {
            exit_code = EXIT_REFUSED;
        } else if (few || json_object_get(review, "hash") == NULL) {
            exit_code = approve_lines(cli, review);
        } else {
            exit_code = approve_as_one(cli, json_incref(named), member(review, "hash"));
            if (json_integer_value(json_object_get(review, "not_waiting")) > 0 &&
                exit_code == EXIT_DONE) {
                exit_code = EXIT_REFUSED;
            }
        }
    }
    json_decref(review);
    json_decref(named);
    return exit_code;
}

enum exit_code run_approve(struct cli *cli)
{
    enum exit_code exit_code;

    if ((cli->value[OPT_BATCH] != NULL) == (cli->argc > 0)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "approve_names_one");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_BATCH] != NULL) {
        return approve_batch(cli);
    }
    return is_at_terminal(cli) ? approve_shown(cli) : approve_lines(cli, NULL);
}

/* --- reject, withdraw --- */

/* The documents of an array from one on, as a post names them; `why` may be NULL. */
static json_t *some_of(const json_t *ids, size_t from, const char *why)
{
    json_t *some = json_array(), *object;

    for (size_t i = from; i < json_array_size(ids) && i < from + IDS_IN_A_POST; i++) {
        (void)json_array_append(some, json_array_get(ids, i));
    }
    object = json_pack("{so}", "ids", some);
    if (object != NULL && why != NULL) {
        (void)json_object_set_new(object, "reason", json_string(why));
    }
    return object;
}

/* Posts them all and counts what was refused; with `lines` each answer is printed. */
static enum exit_code post_all(struct cli *cli, const char *path, const json_t *ids,
                               const char *why, bool lines, size_t *refused)
{
    enum exit_code exit_code = EXIT_DONE;

    *refused = 0;
    for (size_t from = 0; exit_code == EXIT_DONE && from < json_array_size(ids);
         from += IDS_IN_A_POST) {
        exit_code = post_verdicts(cli, path, some_of(ids, from, why), lines, refused);
    }
    return exit_code == EXIT_DONE && *refused > 0 ? EXIT_REFUSED : exit_code;
}

static void print_decided(const struct cli *cli, const char *act, size_t count, size_t refused)
{
    json_t *outcome;

    if (!cli_json(cli)) {
        cli_tell(cli, stdout, "decided act=%s documents=%zu refused=%zu", act, count - refused,
                 refused);
        return;
    }
    outcome = json_pack("{sI sI sI}", "count", (json_int_t)count, act,
                        (json_int_t)(count - refused), "refused", (json_int_t)refused);
    print_json(stdout, outcome);
    json_decref(outcome);
}

/* `act` is "rejected" or "withdrawn". */
static enum exit_code decide_batch(struct cli *cli, const char *path, const char *act,
                                   const char *why)
{
    const bool asks = is_at_terminal(cli) && cli->value[OPT_YES] == NULL;
    json_t *review, *ids;
    enum exit_code exit_code = post_json(
        cli, "/review", json_pack("{ss sb}", "batch", cli->value[OPT_BATCH], "list", 1), &review);
    size_t refused;

    if (exit_code == EXIT_DONE && asks && !ask(cli, act, review)) {
        exit_code = EXIT_REFUSED;
    } else if (exit_code == EXIT_DONE && !asks && cli->value[OPT_YES] == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "needs_yes", "decide_needs_yes");
    } else if (exit_code == EXIT_DONE) {
        ids = json_object_get(review, "ids");
        exit_code = post_all(cli, path, ids, why, false, &refused);
        if (exit_code == EXIT_DONE || exit_code == EXIT_REFUSED) {
            print_decided(cli, act, json_array_size(ids), refused);
        }
    }
    json_decref(review);
    return exit_code;
}

static enum exit_code decide(struct cli *cli, const char *path, const char *act, const char *why)
{
    enum exit_code exit_code;
    size_t refused;
    json_t *ids;

    if ((cli->value[OPT_BATCH] != NULL) == (cli->argc > 0)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "approve_names_one");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_BATCH] != NULL) {
        return decide_batch(cli, path, act, why);
    }
    ids = ids_of(cli, 0, cli->argc);
    exit_code = post_all(cli, path, ids, why, true, &refused);
    json_decref(ids);
    return exit_code;
}

enum exit_code run_reject(struct cli *cli)
{
    const char *why = cli->value[OPT_REASON];

    if (why == NULL || why[0] == '\0') {
        return cli_fail(cli, EXIT_USAGE, "usage", "reject_needs_reason");
    }
    return decide(cli, "/reject", "rejected", why);
}

enum exit_code run_withdraw(struct cli *cli)
{
    return decide(cli, "/withdraw", "withdrawn", NULL);
}
