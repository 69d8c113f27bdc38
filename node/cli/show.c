/* show - `terrace trace`: where money came from and went. */
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/print.h"

/* --- trace --- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void print_step(const struct cli *cli, const json_t *step)
{
    const int indent = (int)json_integer_value(json_object_get(step, "depth")) * 2;

    const char *relation = text_term(cli->language, text_of(step, "relation"));
    const size_t width = text_width(relation);

    (void)printf("%*s%s%*s %s %s %s  %s  %s  %s %" JSON_INTEGER_FORMAT "\n", indent, "", relation,
                 width < 16 ? (int)(16 - width) : 0, "", text_of(step, "division"),
                 text_word(cli->language, "kind", text_of(step, "kind")), text_of(step, "id"),
                 text_of(step, "amount"), text_term(cli->language, text_of(step, "state")),
                 text_word(cli->language, "column", "lsn"),
                 json_integer_value(json_object_get(step, "lsn")));
}

static void print_steps(const struct cli *cli, const json_t *steps, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        print_step(cli, json_array_get(steps, i));
    }
}

static void print_trace_size(const struct cli *cli, const json_t *answer)
{
    const long long total = json_integer_value(json_object_get(answer, "total"));
    char words[TEXT_BYTES_MAX];

    if (json_is_true(json_object_get(answer, "total_is_least"))) {
        (void)puts(text_say(cli->language, words, "trace_of_at_least total=%lld", total));
    } else {
        (void)puts(text_say(cli->language, words, "trace_of total=%lld", total));
    }
}

enum exit_code run_trace(struct cli *cli)
{
    const struct paged paged = {
        .path = "/trace/",
        .argument = cli->argv[0],
        .queries = {{"division", cli->value[OPT_DIVISION]}},
        .rows = "steps",
    };
    const enum exit_code exit_code = client_open(cli);

    return exit_code != EXIT_DONE ? exit_code
                                  : pages_stream(cli, &paged, print_trace_size, print_steps, NULL);
}
