/* client - requests to the node's API through the socket in its home.
 *
 * Errors are said here, in the node's own words where it answered: callers only pass the exit code
 * on. Owns: its connection, and the session of --as USER, which it ends on close.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_CLIENT_H
#define TERRACE_NODE_CLI_CLIENT_H

#include <jansson.h>

#include "node/cli/cli.h"

struct reply {
    long http;
    struct buf body;
};
static inline void reply_free(struct reply *reply)
{
    buf_free(&reply->body);
}

/* Opens cli->client and, with --as, logs in. */
enum exit_code client_open(struct cli *cli);
void client_close(struct client *client); /* NULL is fine */

/* `path` below /api/v1. `body` with data == NULL sends a GET. EXIT_DONE when the node answered
 * with success; otherwise the error has been said. reply_free in any case. */
enum exit_code client_call(struct cli *cli, const char *path, struct bytes body,
                           struct reply *reply);
/* The same, and the answer read as a JSON object (json_decref it). */
enum exit_code client_json(struct cli *cli, const char *path, struct bytes body, json_t **answer);
/* A GET, with nothing said when it fails: then NULL. */
json_t *client_ask_quietly(struct cli *cli, const char *path);
/* Does a node answer at all? Says nothing. */
bool client_reachable(struct cli *cli);

/* A path with its query: "?name=value&..." from those that are not NULL, escaped. */
struct query {
    const char *name, *value;
};
enum { CLIENT_PATH_MAX = 2048 };
void client_path(char out[CLIENT_PATH_MAX], const char *path, const char *argument,
                 const struct query *queries, size_t count);

#endif
