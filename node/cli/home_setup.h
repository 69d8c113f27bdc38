/* home_setup - what init and join share: a new home with its keys, and taking it back.
 *
 *   home_setup_begin --> keys in HOME/keys --> (grant) --> home_setup_finish writes grants and
 * config
 *                                                   \--> home_setup_undo removes what was made
 *
 * A home whose join was cut off keeps its keys, because the parent may have granted exactly those:
 * the next join there goes on with them.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_HOME_SETUP_H
#define TERRACE_NODE_CLI_HOME_SETUP_H

#include "node/cli/founding.h"
#include "node/home/home.h"
#include "node/home/tls.h"

struct home_setup {
    const char *home;
    char keys_path[HOME_FILE_MAX];
    bool made; /* the directory was not there, or empty */
    struct home_config config;
    struct node_keys *keys;
    struct buf secret;
    struct founders founders;              /* the first admins, as they go into the grant */
    char fingerprint[TLS_FINGERPRINT_MAX]; /* of the API's certificate, once finished */
};

/* What --approval says; all kinds when it is not given. Errors: ERR_USAGE. */
enum status home_setup_policy(struct policy *out, const struct cli *cli, struct err *err);

/* Checks the options both take, makes the directory, finds or makes keys. The error is said. */
enum exit_code home_setup_begin(struct home_setup *setup, const struct cli *cli);
/* Writes certificate, grants and configuration: from here on it is a home. Errors: ERR_KEY, ERR_IO.
 */
enum status home_setup_finish(struct home_setup *setup, const struct bytes *grants, size_t count,
                              struct err *err);
/* When home_setup_begin failed: takes back what it made, and ends. */
void home_setup_abandon(struct home_setup *setup);
void home_setup_undo(const struct home_setup *setup);
void home_setup_end(struct home_setup *setup); /* wipes */

/* Warns on stderr about the endpoints that only this machine can reach: others cannot join there.
 */
void home_setup_warn(const struct cli *cli, const struct home_config *config);

#endif
