/* submission - what submit.c and submit_csv.c share: the file being handed in and the post under
 * way. Not for anybody else. Thread: the one of the program. */
#ifndef TERRACE_NODE_CLI_SUBMISSION_H
#define TERRACE_NODE_CLI_SUBMISSION_H

#include "node/cli/client.h"
#include "node/cli/csv.h"

enum { POST_LINES_MAX = 1000, POST_BODY_BYTES_MAX = 8 << 20 };

struct posted_line {
    uint64_t number;     /* in the input, from 1 */
    const char *trouble; /* why it could not even be read, NULL when it could */
};

struct submission {
    struct cli *cli;
    struct input input;
    uint64_t input_bytes; /* 0 when not known */
    char path[CLIENT_PATH_MAX];
    bool atomic, people, progress;
    struct buf body;
    struct posted_line lines[POST_LINES_MAX];
    size_t count;
    uint64_t accepted, existing, drafts, refused;
    uint64_t shown_at;
    enum field columns[CSV_CELLS_MAX]; /* FIELDS: the column `kind` */
};

/* The next line of the post; what is full is posted first. `trouble` says why a line could not even
 * be read: the node is then given one that it refuses, so that every line has its answer in order.
 */
enum exit_code submission_add(struct submission *submission, struct bytes line, uint64_t number,
                              const char *trouble);
/* All that is left of the input, as CSV with a header. */
enum exit_code submission_csv(struct submission *submission);

#endif
