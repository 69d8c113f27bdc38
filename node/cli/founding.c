#include "node/cli/founding.h"

#include "node/ledger/families/operator.h"
#include "replicator/trust/founders.h"

/* The next of the names, which stand one behind the other with commas between. */
static bool next_name(const char **at, char out[FOUNDER_NAME_BYTES_MAX + 1])
{
    const size_t size = strcspn(*at, ",");

    out[0] = '\0';
    if (size == 0 || size > FOUNDER_NAME_BYTES_MAX) {
        return false;
    }
    memcpy(out, *at, size);
    out[size] = '\0';
    *at += size + ((*at)[size] == ',');
    return operator_name_valid(out);
}

static bool is_named(const struct grant_terms *terms, const char *name)
{
    for (size_t i = 0; i < terms->founder_count; i++) {
        if (strcmp(terms->founders[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum exit_code add(struct founders *founders, const struct cli *cli, const char *name)
{
    char *password = cli_password(cli, name, true);
    enum exit_code exit_code = EXIT_DONE;

    if (password == NULL) {
        return EXIT_USAGE;
    }
    if (strlen(password) < FOUNDER_PASSWORD_BYTES_MIN) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "founder_password bytes_min=%d",
                             FOUNDER_PASSWORD_BYTES_MIN);
    } else {
        founders_make(founders, name, bytes_text(password));
    }
    cli_forget(password);
    return exit_code;
}

static enum exit_code make(struct founders *out, const struct cli *cli)
{
    enum exit_code exit_code = EXIT_DONE;
    char name[FOUNDER_NAME_BYTES_MAX + 1];

    for (const char *at = cli->admins; exit_code == EXIT_DONE && *at != '\0';) {
        if (!next_name(&at, name)) {
            exit_code = cli_fail(cli, EXIT_USAGE, "usage", "user_name_form");
        } else if (is_named(&out->terms, name) || out->terms.founder_count == GRANT_FOUNDERS_MAX) {
            exit_code =
                cli_fail(cli, EXIT_USAGE, "usage", "founders_wrong max=%d", GRANT_FOUNDERS_MAX);
        } else {
            exit_code = add(out, cli, name);
        }
    }
    return exit_code;
}

/* Are those that lie there from the first try the ones that are named now? */
static bool are_named(const struct founders *founders, const struct cli *cli)
{
    char name[FOUNDER_NAME_BYTES_MAX + 1];
    const char *at = cli->admins;
    size_t count = 0;

    while (*at != '\0' && next_name(&at, name) && is_named(&founders->terms, name)) {
        count++;
    }
    return *at == '\0' && (cli->admins[0] == '\0' || count == founders->terms.founder_count);
}

enum exit_code founding_begin(struct founders *out, const struct cli *cli, const char *home)
{
    struct err err;
    enum exit_code exit_code;
    const enum status status = founders_read(out, home, &err);

    if (status == OK) {
        return are_named(out, cli)
                   ? EXIT_DONE
                   : cli_fail(cli, EXIT_USAGE, "usage", "founders_of_before home=%s", home);
    }
    if (status != ERR_NOT_FOUND) {
        return cli_fail_status(cli, &err);
    }
    exit_code = make(out, cli);
    if (exit_code == EXIT_DONE && out->terms.founder_count > 0 &&
        founders_write(out, home, &err) != OK) {
        exit_code = cli_fail_status(cli, &err);
    }
    return exit_code;
}

json_t *founding_json(const struct grant_terms *terms)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < terms->founder_count; i++) {
        char fingerprint[FINGERPRINT_TEXT_SIZE];

        person_fingerprint(fingerprint, &terms->founders[i].key);
        (void)json_array_append_new(
            rows, json_pack("{ssss}", "name", terms->founders[i].name, "fingerprint", fingerprint));
    }
    return rows;
}

void founding_tell(const struct cli *cli, FILE *out, const struct grant_terms *terms)
{
    for (size_t i = 0; i < terms->founder_count; i++) {
        char fingerprint[FINGERPRINT_TEXT_SIZE];

        person_fingerprint(fingerprint, &terms->founders[i].key);
        cli_tell(cli, out, "founder_is name=%s fingerprint=%s", terms->founders[i].name,
                 fingerprint);
    }
}
