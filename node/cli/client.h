/* client - requests to the node's API through the socket in its home, by libterrace.
 *
 * Errors are said here, in the node's own words where it answered: callers only pass the exit code
 * on. Owns: its connection, and the session of --as USER, which it ends on close.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_CLIENT_H
#define TERRACE_NODE_CLI_CLIENT_H

#include <jansson.h>

#include "node/cli/cli.h"
#include "node/client/terrace.h"

struct reply {
    long http;
    struct terrace_answer *answer;
    struct bytes body; /* of the answer */
};
#define REPLY_EMPTY                                                                                \
    {                                                                                              \
        0, NULL,                                                                                   \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }
static inline void reply_free(struct reply *reply)
{
    terrace_answer_free(reply->answer);
}

/* Opens cli->client and, with --as, logs in. */
enum exit_code client_open(struct cli *cli);
void client_close(struct client *client); /* NULL is fine */

/* `path` below /api/v1. Waits cli->wait_s for the answer, and then says that the node hangs; of
 * what would have been written, that nothing is known and how to ask. `body` with data == NULL
 * sends a GET. EXIT_DONE when the node answered with success; otherwise the error has been said.
 * reply_free in any case. */
enum exit_code client_call(struct cli *cli, const char *path, struct bytes body,
                           struct reply *reply);
/* The same, and the answer read as a JSON object (json_decref it). */
enum exit_code client_json(struct cli *cli, const char *path, struct bytes body, json_t **answer);
/* The same for a DELETE of what `name` names below `path`. */
enum exit_code client_delete(struct cli *cli, const char *path, const char *name, json_t **answer);
/* A GET, with nothing said when it fails: then NULL. */
json_t *client_ask_quietly(struct cli *cli, const char *path);
/* Does the node of cli->client answer at all, within so long? Otherwise that has been said. */
enum exit_code client_answers(struct cli *cli, unsigned wait_s);
/* The same before client_open, within cli->wait_s, with nothing said. */
bool client_reachable(struct cli *cli);

/* A path with its query: "?name=value&..." from those that are not NULL, escaped. */
struct query {
    const char *name, *value;
};
enum { CLIENT_PATH_MAX = 4096 };
void client_path(char out[CLIENT_PATH_MAX], const char *path, const char *argument,
                 const struct query *queries, size_t count);

#endif
