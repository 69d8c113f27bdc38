#include "node/cli/init_recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "node/cli/home_setup.h"
#include "node/cli/print.h"
#include "node/daemon/system_clock.h"
#include "node/home/files.h"
#include "node/home/notes.h"
#include "node/home/root_copy.h"
#include "node/store/block_file.h"

struct recovering {
    struct sign_key trust;
    struct root_copies copies;
    struct home_setup setup;
    struct grant grant; /* of the next epoch */
};

/* --- what is there --- */

static enum exit_code check_options(const struct cli *cli)
{
    if (cli->value[OPT_ROOT] == NULL || cli->value[OPT_KEY] == NULL || cli->argc == 0) {
        return cli_fail(cli, EXIT_USAGE, "usage", "init_recover_needs");
    }
    if (cli->value[OPT_DIVISION] != NULL || cli->value[OPT_NAME] != NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "init_recover_named");
    }
    return EXIT_DONE;
}

/* Of all children: who is left out is granted by nobody any more, and would see the numbers of its
 * blocks a second time. No copy tells that one is missing, so a person says that none is. */
static enum exit_code read_copies(struct recovering *recovering, const struct cli *cli)
{
    struct hash tree;
    char children[ROOT_CHILDREN_TEXT_MAX];
    struct err err;
    enum status status = crypto_init(&err);

    if (status == OK) {
        status = keys_trust_load_file(&recovering->trust, cli->value[OPT_KEY], &err);
    }
    if (status == OK) {
        tree = key_fingerprint(&recovering->trust.public);
        status = root_copies_read(&recovering->copies, &tree, cli->argv, (size_t)cli->argc, &err);
    }
    if (status != OK) {
        return cli_fail_status(cli, &err);
    }
    root_copies_children(&recovering->copies, children);
    return cli->value[OPT_YES] != NULL
               ? EXIT_DONE
               : cli_fail(cli, EXIT_USAGE, "usage", "init_recover_children list=%s", children);
}

/* --- the grant --- */

static void make_grant(struct recovering *recovering, struct buf *sealed)
{
    const struct clock clock = system_clock();
    const struct root_copies *copies = &recovering->copies;
    const struct root_block *last = &copies->at[copies->count - 1];
    const struct grant *former = &roster_root(copies->roster)->grant;
    struct home_setup *setup = &recovering->setup;
    struct grant_terms terms = setup->founders.terms, before;
    struct grant grant = {.division = former->division,
                          .parent = DIVISION_NONE,
                          .epoch = former->epoch + 1,
                          .base_lsn = last->last_lsn,
                          .base_hash = last->hash,
                          .time_ms = clock_unix_ms(&clock),
                          .policy = setup->config.approval.kinds};

    (void)roster_terms(copies->roster, former->division, former->epoch, &before);
    terms.may_grant = before.may_grant;
    memcpy(grant.name, former->name, sizeof grant.name);
    memcpy(grant.curve_key, setup->keys->curve.public, sizeof grant.curve_key);
    memcpy(grant.endpoint, setup->config.listen, sizeof grant.endpoint);
    grant_certify(&grant, &setup->config.tree, &setup->keys->identity);
    grant_seal(sealed, &grant, &terms, &recovering->trust);
    recovering->grant = grant;
}

/* All epochs of the root, and the next one. */
static enum status write_grants(struct recovering *recovering, struct err *err)
{
    const struct root_copies *copies = &recovering->copies;
    const struct grant *former = &roster_root(copies->roster)->grant;
    struct bytes chain[ENROL_CHAIN_MAX];
    struct buf sealed = BUF_EMPTY;
    size_t count = 0;
    enum status status;

    if (former->epoch >= ENROL_CHAIN_MAX) {
        return err_set(err, ERR_LIMIT, "epochs_full epochs_max=%d", ENROL_CHAIN_MAX);
    }
    make_grant(recovering, &sealed);
    while (count < former->epoch) {
        chain[count] = roster_sealed(copies->roster, former->division, (uint32_t)count + 1);
        count++;
    }
    chain[count++] = buf_bytes(&sealed);
    status = home_setup_finish(&recovering->setup, chain, count, err);
    buf_free(&sealed);
    return status;
}

/* --- the home --- */

/* Where the node takes them in at its first start. */
static enum status write_blocks(const struct recovering *recovering, struct err *err)
{
    const struct root_copies *copies = &recovering->copies;
    struct block_file file = {.file = -1};
    char path[HOME_FILE_MAX];
    enum status status;

    home_file(path, recovering->setup.home, "import");
    status = directory_make(path, err);
    home_file(path, recovering->setup.home, "import/root.blocks");
    (void)unlink(path); /* of an init that was cut off */
    if (status == OK) {
        status = block_file_append_to(&file, path, err);
    }
    for (size_t i = 0; i < copies->count && status == OK; i++) {
        status = block_file_append(&file, copies->at[i].whole, err);
    }
    if (status == OK) {
        status = block_file_sync(&file, err);
    }
    block_file_close(&file);
    return status;
}

static enum status write_home(struct recovering *recovering, const char *lost, uint64_t lost_count,
                              struct err *err)
{
    const struct root_copies *copies = &recovering->copies;
    const struct home_setup *setup = &recovering->setup;
    struct err note;
    enum status status = write_blocks(recovering, err);

    if (status == OK) {
        (void)err_set(&note, ERR_REFUSED,
                      "resync_root_recovered lsn=%" PRIu64 " count=%" PRIu64 " lost=%s",
                      copies->at[copies->count - 1].last_lsn, lost_count, lost);
        notes_write_resync(setup->home, note.text);
        status = write_grants(recovering, err);
    }
    return status;
}

static void take_former(struct recovering *recovering, const struct cli *cli)
{
    const struct grant *former = &roster_root(recovering->copies.roster)->grant;
    struct home_config *config = &recovering->setup.config;

    config->division = former->division;
    config->tree = former->tree;
    memcpy(config->name, former->name, sizeof config->name);
    if (cli->value[OPT_LISTEN] == NULL && former->endpoint[0] != '\0') {
        memcpy(config->listen, former->endpoint, sizeof config->listen);
    }
    if (cli->value[OPT_APPROVAL] == NULL) {
        config->approval.kinds = former->policy;
    }
}

static void print_recovered(const struct cli *cli, const struct recovering *recovering,
                            const char *lost, uint64_t lost_count)
{
    const struct home_config *config = &recovering->setup.config;
    const struct grant *grant = &recovering->grant;

    if (cli_json(cli)) {
        json_t *answer = json_pack(
            "{ss ss ss sI sI sI sI ss ss ss ss so}", "division", config->division.code, "name",
            config->name, "home", recovering->setup.home, "epoch", (json_int_t)grant->epoch, "lsn",
            (json_int_t)grant->base_lsn, "entries_held", (json_int_t)recovering->copies.entries,
            "entries_lost", (json_int_t)lost_count, "lost", lost, "listen", config->listen, "enrol",
            config->enrol, "tls_fingerprint", recovering->setup.fingerprint, "admins",
            founding_json(&recovering->setup.founders.terms));
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    cli_tell(cli, stdout,
             "root_recovered division=%s name=%s epoch=%u lsn=%" PRIu64 " held=%" PRIu64
             " count=%" PRIu64 " lost=%s listen=%s home=%s",
             config->division.code, config->name, grant->epoch, grant->base_lsn,
             recovering->copies.entries, lost_count, lost, config->listen, recovering->setup.home);
    founding_tell(cli, stdout, &recovering->setup.founders.terms);
    home_setup_warn(cli, config);
}

static enum exit_code make_home(struct recovering *recovering, const struct cli *cli)
{
    struct home_setup *setup = &recovering->setup;
    char lost[ROOT_LOST_TEXT_MAX];
    const uint64_t lost_count = root_copies_lost(&recovering->copies, lost);
    struct err err = {OK, ""};
    enum exit_code exit_code = home_setup_begin(setup, cli);

    if (exit_code != EXIT_DONE) {
        home_setup_abandon(setup);
        return exit_code;
    }
    take_former(recovering, cli);
    if (write_home(recovering, lost, lost_count, &err) == OK) {
        print_recovered(cli, recovering, lost, lost_count);
    } else {
        home_setup_undo(setup);
        exit_code = cli_fail_status(cli, &err);
    }
    home_setup_end(setup);
    return exit_code;
}

enum exit_code init_recover(struct cli *cli)
{
    struct recovering recovering = {.copies = {.file_count = 0}};
    enum exit_code exit_code = check_options(cli);

    if (exit_code == EXIT_DONE) {
        exit_code = read_copies(&recovering, cli);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = make_home(&recovering, cli);
    }
    crypto_wipe(&recovering.trust, sizeof recovering.trust);
    root_copies_free(&recovering.copies);
    return exit_code;
}
