/* submit_task - lines of documents as one task of the loop: read, handed in, told one by one.
 *
 *   body --submit_task_open--> items --api_task--> node_submit, in one turn --> a verdict a line
 *
 * Owns: the body it was given, and what was read of it.
 * Thread: a worker's; its run is the loop's. */
#ifndef TERRACE_NODE_API_SUBMIT_TASK_H
#define TERRACE_NODE_API_SUBMIT_TASK_H

#include "node/api/api.h"
#include "node/api/dry_json.h"

enum { SUBMIT_FILE_NAME_MAX = 128 };

struct submit_line {
    struct bytes typed; /* in the task's body */
    struct buf texts;   /* of its document, where they needed decoding */
    uint32_t number;    /* in the post, from 1 */
};

struct submit_task {
    struct api_task api_task;
    struct submit_item *items;
    struct submit_line *lines; /* one an item */
    struct buf body;           /* what the items' texts point into */
    size_t count, capacity;
    struct submit_terms terms;
    char file[SUBMIT_FILE_NAME_MAX];
    bool has_maker;
    struct person maker;
    struct sign_key secret;
    struct caption caption; /* of the only document; of several, none is shown */
    bool is_dry;
    enum status ready; /* of a dry run: ERR_CORRUPT when nothing may be built on the store */
    struct dry_shown shown;
};

/* The next line of `rest` without the blanks around it; false at the end. */
bool next_line(struct bytes *rest, struct bytes *line);

/* Reads `body`, which is taken from the caller, as what `request` asks for. Its lines are counted
 * on from `lines_before`, and hold `count` documents at most. Done with by api_task_done_with. NULL
 * with the error answered. */
struct submit_task *submit_task_open(const struct request *request, struct answer *answer,
                                     struct buf *body, size_t count, uint32_t lines_before);

/* About how much memory it takes. */
size_t submit_task_bytes(const struct submit_task *submit);

/* The call on the loop that it is. */
struct api_task *submit_task_call(struct submit_task *submit);

/* Once it has run: the verdict of document `i` as a line of JSON. */
void submit_task_tell(struct buf *out, struct submit_task *submit, size_t i,
                      enum language language);

#endif
