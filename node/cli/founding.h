/* founding - what init and join share: a new home with its keys, and taking it back.
 *
 *   founding_begin --> keys in HOME/keys --> (grant) --> founding_finish writes grants and config
 *                                                   \--> founding_undo removes what was made
 *
 * A home whose join was cut off keeps its keys, because the parent may have granted exactly those:
 * the next join there goes on with them.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_FOUNDING_H
#define TERRACE_NODE_CLI_FOUNDING_H

#include "node/cli/cli.h"
#include "node/home.h"

struct founding {
    const char *home;
    char keys_path[HOME_FILE_MAX];
    bool made; /* the directory was not there, or empty */
    struct home_config config;
    struct node_keys *keys;
    struct buf secret;
};

/* What --approval says; all kinds when it is not given. Errors: ERR_USAGE. */
enum status founding_policy(struct policy *out, const struct cli *cli, struct err *err);

/* Checks the options both take, makes the directory, finds or makes keys. The error is said. */
enum exit_code founding_begin(struct founding *founding, const struct cli *cli);
enum status founding_finish(struct founding *founding, const struct bytes *grants, size_t count,
                            struct err *err);
void founding_undo(const struct founding *founding);
void founding_end(struct founding *founding); /* wipes */

#endif
