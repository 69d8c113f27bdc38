/* join_ask - what a first join and one more say to the parent, and what is told of its answer.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_JOIN_ASK_H
#define TERRACE_NODE_CLI_JOIN_ASK_H

#include "node/cli/home_setup.h"

/* Asks again while a person of the parent decides, until the token is over. Errors: those of
 * enrol_zmq_request and enrol_accept. Free `enrolled` where it is OK. `end` is NULL but in a
 * recovery. */
enum status join_ask(const struct cli *cli, const struct home_setup *setup,
                     const struct token *token, const struct enrol_end *end,
                     struct enrolled *enrolled, struct err *err);
/* The token is spent. Where nobody hears it, it stays good for exactly these keys: no harm. */
void join_confirm(const struct cli *cli, const struct home_setup *setup, const struct token *token);
/* Says why join_ask failed. */
enum exit_code join_failed(const struct cli *cli, const struct home_setup *setup,
                           const struct enrolled *enrolled, const struct err *err);

#endif
