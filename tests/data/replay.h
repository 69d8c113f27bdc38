/* replay - what the programs share that enter a real file into nodes of the simulator: rows of CSV,
 * and documents handed in by the hundred.
 *
 *   post_open -> post_next, post_keep ... -> post_flush -> ... -> post_close
 *
 * Where the node has persons, its maker hands in and its checker approves at once what needs two.
 * What cannot be goes to stderr, and ends the program: a test that went on would prove nothing.
 *
 * Owns: struct post its items and their texts; the world keeps sim and node. Thread: one.
 * Units: fen. */
#ifndef TERRACE_TESTS_DATA_REPLAY_H
#define TERRACE_TESTS_DATA_REPLAY_H

#include "node/office/submit.h"
#include "tests/sim/sim.h"

/* Splits one RFC 4180 record in place. Returns how many fields there are, at most `max`. */
size_t csv_split(char *line, char **fields, size_t max);

/* Calls row(arg, fields, count) for each record of a packed file, its header left out. Ends the
 * program when it cannot be read, or a record has less than `fields_min` fields. */
void csv_each(const char *path, size_t fields_min,
              void (*row)(void *arg, char **fields, size_t count), void *arg);

enum { POST_BATCH = 500, POST_TEXTS = 4, POST_TEXT_MAX = 48 };

struct post {
    struct task call;
    struct sim *sim;
    struct sim_node *node;
    const struct person *maker; /* NULL: nobody is named */
    struct submit_item *items;
    size_t count;
    bool done;
    char (*text)[POST_TEXTS][POST_TEXT_MAX];
};
void post_open(struct post *post, struct sim *sim, struct sim_node *node);
void post_close(struct post *post);

/* The next document, called `prefix` and `id`; a full post is handed in first. */
struct document *post_next(struct post *post, uint32_t kind, int year, const char *prefix,
                           const char *id);
/* A text that lives as long as the last document does; slots from 1 on, 0 has its id. */
struct bytes post_keep(struct post *post, int slot, const char *prefix, const char *text);
/* Hands in, and waits. Each item has its answer; nothing is emptied. */
void post_send(struct post *post);
/* Hands in; all of it must be accepted. Empty afterwards. */
void post_flush(struct post *post);
void post_clear(struct post *post);

/* Every node above has posted what everybody below has written. */
bool replay_arrived(struct sim *sim);

#endif
