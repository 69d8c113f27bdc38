/* cmd_template - `terrace template KIND`: the file of a kind, to be filled in. */
#include <stdio.h>

#include "node/cli/print.h"
#include "node/ledger/schema/template.h"

static void print_as_csv(const struct template_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i > 0 ? "," : "", stdout);
        print_csv_cell(stdout, text_word(LANGUAGE_ZH, "field", field_info(columns[i].field)->name));
    }
    (void)fputs("\r\n", stdout);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i > 0 ? "," : "", stdout);
        print_csv_cell(stdout, columns[i].example);
    }
    (void)fputs("\r\n", stdout);
}

static void print_as_json(const struct cli *cli, uint32_t kind,
                          const struct template_column *columns, size_t count)
{
    json_t *rows = json_array(), *example = json_object(), *answer;

    (void)json_object_set_new(example, "kind", json_string(kind_info(kind)->name));
    for (size_t i = 0; i < count; i++) {
        const char *name = field_info(columns[i].field)->name;

        (void)json_array_append_new(rows, json_pack("{ss ss sb}", "name", name, "title",
                                                    text_word(cli->language, "field", name),
                                                    "required", (int)columns[i].required));
        if (columns[i].example[0] != '\0') {
            (void)json_object_set_new(example, name, json_string(columns[i].example));
        }
    }
    answer =
        json_pack("{ss so so}", "kind", kind_info(kind)->name, "columns", rows, "example", example);
    print_json(stdout, answer);
    json_decref(answer);
}

enum exit_code run_template(struct cli *cli)
{
    const uint32_t kind = kind_named(bytes_text(cli->argv[0]));
    struct template_column columns[DOCUMENT_VALUES_MAX];
    size_t count;

    if (kind_info(kind)->node_only) {
        return cli_fail(cli, EXIT_REFUSED, "node_only", "reason.node_only");
    }
    count = template_columns(columns, kind, cli->language);
    if (cli_json(cli)) {
        print_as_json(cli, kind, columns, count);
    } else {
        (void)fputs(cli->value[OPT_BOM] != NULL ? "\xef\xbb\xbf" : "", stdout);
        print_as_csv(columns, count);
    }
    return EXIT_DONE;
}
