/* founding - the first admins that init and join are told of with --admin.
 *
 * A home whose join was cut off keeps them, as it keeps its keys: the parent may have granted
 * exactly those.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_FOUNDING_H
#define TERRACE_NODE_CLI_FOUNDING_H

#include "node/cli/print.h"
#include "node/home/founders.h"

/* Those that lie in the home, or new ones, each with a password that is asked for; none where
 * --admin was not given. Free them in any case. The error is said. */
enum exit_code founding_begin(struct founders *out, const struct cli *cli, const char *home);
/* "admins": [{"name", "fingerprint"}] */
json_t *founding_json(const struct grant_terms *terms);
/* A line each: name and the eight groups of his key. */
void founding_tell(const struct cli *cli, FILE *out, const struct grant_terms *terms);

#endif
