#include "node/cli/unconfirmed_print.h"

#include "node/cli/print.h"

void print_unconfirmed(const struct cli *cli, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "unconfirmed");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *state = json_string_value(json_object_get(row, "state"));
        const bool by_key = state != NULL && strcmp(state, "node_key") == 0;

        cli_tell(cli, stdout, by_key ? "status_by_key words=%s" : "status_unconfirmed words=%s",
                 json_string_value(json_object_get(row, "sentence")));
    }
}
