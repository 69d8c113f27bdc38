/* cmd_tree - `terrace status --tree`: how this node and every division below it is. */
#include <stdio.h>

#include "node/cli/client.h"
#include "node/cli/print.h"
#include "node/cli/unconfirmed_print.h"
#include "node/cli/watch.h"

#define TREE_PATH "/status/tree"

enum { LABEL_BYTES_MAX = 128, INDENT = 2 };

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* Its place in the tree is shown by how far to the right its code stands. */
static void indent(json_t *row)
{
    const int depth = (int)json_integer_value(json_object_get(row, "depth"));
    char label[LABEL_BYTES_MAX];

    (void)snprintf(label, sizeof label, "%*s%s", INDENT * depth, "", member(row, "division"));
    (void)json_object_set_new(row, "label", json_string(label));
}

/* What to do, once for each sentence of it: what is below a broken link has the cure of the link.
 */
static void print_cures(const json_t *rows)
{
    const char *before = "";

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *cure = member(row, "cure");

        if (cure[0] != '\0' && strcmp(cure, before) != 0) {
            (void)printf("\n%s  ", member(row, "division"));
            print_text(stdout, cure);
            (void)putchar('\n');
            before = cure;
        }
    }
}

/* Who was invited here and has not come: they are in no tree yet. */
static void print_invited(const struct cli *cli, const json_t *invited)
{
    for (size_t i = 0; i < json_array_size(invited); i++) {
        const json_t *row = json_array_get(invited, i);

        (void)printf("\n%s ", member(row, "division"));
        print_text(stdout, member(row, "name"));
        (void)fputs(text_word(cli->language, "mark", "colon"), stdout);
        print_text(stdout, member(row, "sentence"));
        (void)fputs("\n    ", stdout);
        print_text(stdout, member(row, "cure"));
        (void)putchar('\n');
    }
}

/* What lacks an approval that holds, division by division. */
static void print_unapproved(const struct cli *cli, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *sum = json_object_get(row, "unapproved");
        const json_int_t count = json_integer_value(json_object_get(sum, "count"));

        if (count > 0) {
            cli_tell(cli, stdout,
                     "tree_unapproved division=%s count=%" JSON_INTEGER_FORMAT " amount=%s",
                     member(row, "division"), count, member(sum, "amount"));
        }
    }
}

static void print_tree(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"label", "division", CELL_TEXT},    {"name", "name", CELL_TEXT},
        {"state", "state", CELL_WORD},       {"as_of", "as_of_time", CELL_TIME},
        {"age_s", "age_s", CELL_NUMBER},     {"vouched_by", "vouched_by", CELL_WORD},
        {"sentence", "sentence", CELL_TEXT},
    };
    const json_t *rows = json_object_get(answer, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        indent(json_array_get(rows, i));
    }
    print_text(stdout, member(answer, "sentence"));
    (void)fputs("\n\n", stdout);
    print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    print_unapproved(cli, rows);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        print_unconfirmed(cli, json_array_get(rows, i));
    }
    print_cures(rows);
    print_invited(cli, json_object_get(answer, "invited"));
}

static void show_tree(struct cli *cli, const json_t *answer, void *arg)
{
    (void)arg;
    print_tree(cli, answer);
}

enum exit_code run_status_tree(struct cli *cli)
{
    json_t *answer = NULL;
    enum exit_code exit_code;

    if (cli->value[OPT_WATCH] != NULL) {
        return watch_block(cli, TREE_PATH, show_tree);
    }
    exit_code = client_open(cli);
    if (exit_code == EXIT_DONE) {
        exit_code = client_json(cli, TREE_PATH, BYTES_NONE, &answer);
    }
    if (exit_code == EXIT_DONE && cli_json(cli)) {
        print_json(stdout, answer);
    } else if (exit_code == EXIT_DONE) {
        print_tree(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}
