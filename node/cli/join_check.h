/* join_check - what a home that is there takes of a token: only its own tree, and no grants that
 * are older than those it has.
 *
 *   token: the home's trust key?  --parent asked-->  chain: of each ancestor an epoch at least as
 *                                                    new as the home's?  --> written
 *
 * Of the own division a parent on an empty machine may know less than the home: that says nothing
 * of who the parent is.
 *
 * So whoever stands where the parent stood, with a trust key of his own, or with the keys of a
 * machine in whose place another was granted, gets no home to dial him.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_JOIN_CHECK_H
#define TERRACE_NODE_CLI_JOIN_CHECK_H

#include "node/home/home.h"
#include "replicator/trust/enrol.h"

/* Errors: ERR_REFUSED. */
enum status join_check_token(const struct home_config *config, const struct token *token,
                             struct err *err);
/* Errors: ERR_REFUSED, those of home_grants_read and grant_parse. */
enum status join_check_chain(const char *home, const struct token *token,
                             const struct enrolled *enrolled, struct err *err);

#endif
