/* submission - the post under way while a file is handed in: lines are added, a full post is sent,
 * and its answers are printed.
 *
 *   file --> submit.c, submit_csv.c --> submission_add ... --> POST --> one answer a line
 *
 * Owned by: submission.c, submit.c, submit_csv.c, csv_header.c. Thread: the one of the program. */
#ifndef TERRACE_NODE_CLI_SUBMISSION_H
#define TERRACE_NODE_CLI_SUBMISSION_H

#include "node/cli/client.h"
#include "node/cli/csv.h"
#include "proto/document.h"

enum { POST_LINES_MAX = 1000, POST_BODY_BYTES_MAX = 8 << 20 };

struct posted_line {
    uint64_t number; /* in the input, from 1 */
    char *trouble;   /* why it could not even be read, NULL when it could; owned */
};

struct submission {
    struct cli *cli;
    struct input input;
    uint64_t input_bytes; /* 0 when not known */
    char path[CLIENT_PATH_MAX];
    enum encoding_name encoding; /* as named; of a CSV file */
    bool guess_shown;            /* what a file became whose encoding was guessed */
    bool atomic, people, progress;
    struct buf body;
    struct posted_line lines[POST_LINES_MAX];
    size_t count;
    uint64_t accepted, existing, drafts, refused;
    uint64_t doubtful; /* of the drafts: approval would refuse them now */
    uint64_t shown_at;
    enum field columns[CSV_CELLS_MAX]; /* FIELDS: the column `kind` */
};

void submission_free(struct submission *submission);
/* The next line of the post; what is full is posted first. `trouble` says why a line could not even
 * be read: the node is then given one that it refuses, so that every line has its answer in order.
 */
enum exit_code submission_add(struct submission *submission, struct bytes line, uint64_t number,
                              const char *trouble);
/* What is left in the post is sent. The error is said. */
enum exit_code submission_post(struct submission *submission);
#endif
