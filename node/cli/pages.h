/* pages - a long answer, asked for page after page.
 *
 *   without --limit   every page, until nothing is left: complete, exit 0
 *   with --limit N    the one page of N rows behind --after CURSOR
 *
 * What an answer leaves out stands in its first line, in JSON ("complete": false, "shown", "total",
 * "next") and in the exit code, which is then EXIT_REFUSED.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_PAGES_H
#define TERRACE_NODE_CLI_PAGES_H

#include "node/cli/client.h"

enum { PAGED_QUERIES_MAX = 18 };

struct paged {
    const char *path, *argument;
    struct query queries[PAGED_QUERIES_MAX - 2]; /* --after and --limit are added here */
    const char *rows;                            /* the answer's array: "rows", "steps" */
    const char *more; /* a second array behind it ("rejected", "projects"); NULL: none */
};

/* All pages as one answer (json_decref it): for what is printed as a whole. EXIT_DONE, or the error
 * said. */
enum exit_code pages_join(struct cli *cli, const struct paged *paged, json_t **answer);

/* Prints each page as it comes: with --json as one object, else through `print`, which gets the
 * rows of a page; `first` once, before the rows, with the first answer. Returns the exit code. */
typedef void pages_print_fn(const struct cli *cli, const json_t *rows, void *arg);
typedef void pages_first_fn(const struct cli *cli, const json_t *answer);
enum exit_code pages_stream(struct cli *cli, const struct paged *paged, pages_first_fn *first,
                            pages_print_fn *print, void *arg);

/* Where an answer tells what it leaves out: stdout above a table, stderr beside a file. */
FILE *pages_told_on(const struct cli *cli);
/* EXIT_DONE for a complete answer; else tells on `out` what it leaves out (NULL: nowhere, JSON has
 * it), and EXIT_REFUSED. */
enum exit_code pages_outcome(const struct cli *cli, const json_t *answer, FILE *out);
/* All pages, printed as a whole: by `print`, or as JSON. EXIT_DONE, EXIT_REFUSED for an answer that
 * leaves something out, or the error said. */
enum exit_code pages_show(struct cli *cli, const struct paged *paged,
                          void (*print)(const struct cli *cli, const json_t *answer));

#endif
