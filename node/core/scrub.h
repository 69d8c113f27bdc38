/* scrub - what is held, read again in idle turns: the root over a block's entries, which no intake
 * recomputes, and on the way to it the body's hash.
 *
 *   order of arrival --newest first--> block --> body hash --> does the store hold what came? else
 *                                        |                     `corrupt`
 *                                        +-----> root over its entries --> does the header name
 *                                                them? else, if its author signed that header,
 *                                                `entries_differ`, with its lsn
 *
 * What came since the scrub last looked goes before what is older, and is two spans of positions at
 * most:
 *
 *   0        older.low  older.next   recent.low  recent.next = seen      the end
 *   | read ..... | to read | read ...... | to read | ..................... | not looked at yet |
 *
 * Behind the blocks come all other rows, space by space, for what the store itself can tell:
 * whether they can be read. Then there is a rest, and SCRUB_ROUND_MS behind the end of one round
 * the next begins, for ever: what nobody asks for goes bad on a disk, too. A store that is found
 * damaged is told to the node (node_store_damaged), which has it mended.
 *
 * Nothing is held up by an author's fault: the block is evidence, and goes on being stored,
 * acknowledged, passed on and cosigned. A slice is bounded in blocks, bytes and time; between two
 * there are SCRUB_PAUSE_MS, and as long since a turn changed anything: what is under load reads one
 * slice in SCRUB_BUSY_MS. How far it came is a row, which rides on a commit, and makes one of its
 * own once in SCRUB_ROW_MS: a restart reads what came after that row once more.
 *
 * Owns:   its row, and the block it reads. Thread: the loop thread.
 * Units:  a position counts entries held, own and received (replicator/log/arrivals.h).
 * Errors: none; they are alarms. A store that cannot be read is asked again later. */
#ifndef TERRACE_NODE_CORE_SCRUB_H
#define TERRACE_NODE_CORE_SCRUB_H

#include "proto/block.h"
#include "replicator/store/txn.h"

struct node;

enum {
    SCRUB_BLOCKS_MAX = 32, /* a slice */
    SCRUB_BYTES_MAX = 1 << 20,
    SCRUB_SLICE_MS = 4,
    SCRUB_PAUSE_MS = 100,
    SCRUB_REST_MS = 10000, /* behind a slice that left nothing */
    SCRUB_BUSY_MS = 1000,
    SCRUB_AGAIN_MS = 1000, /* between two slices of what was read before: 1 MiB a second at most */
    SCRUB_ROWS_BYTES_MAX = 128 << 10, /* a slice of rows: cached ones are not to be driven out */
    SCRUB_ROUND_MS = 24 * 3600 * 1000,
    SCRUB_ROW_MS = 60000,
};

struct scrub_span { /* low + 1 .. next wait to be read, from `next` down */
    uint64_t low, next;
};

struct scrub_row {
    struct scrub_span recent, older;
    uint64_t seen; /* the last position that was part of a span */
    uint64_t blocks, faults;
    uint64_t through_unix_ms;       /* when nothing was left to read; 0: not yet */
    uint64_t rounds, ended_unix_ms; /* that came to their end; when the last one did */
    uint64_t known;                 /* up to this position it was read in a round before */
    uint64_t rows;                  /* read, of all rounds */
    uint8_t space;                  /* of SPACES: whose rows are read next; SPACES: none are left */
    uint8_t key_size, key[STORE_KEY_BYTES_MAX]; /* that was read last there; 0: none */
};

struct scrub {
    struct scrub_row row;
    uint64_t due_ms, sliced_ms, staged_ms, busy_ms;
    bool is_changed, is_hurried;
    struct block_body body; /* within a slice */
    struct buf whole;
};

/* Reads the row back. Errors: ERR_CORRUPT (one that is none). */
enum status scrub_open(struct node *node, struct err *err);
void scrub_close(struct node *node);

/* In a turn, before anything of it is sealed: reads a slice when one is due. `idle`: the turn has
 * changed nothing, and nothing waits for the next. */
void scrub_step(struct node *node, bool idle);
/* The row rides on this turn when it is time. */
void scrub_stage(struct node *node);
/* The node is about to stop: the next scrub_stage waits for nothing. */
void scrub_hurry(struct node *node);
/* When a slice or the row is due; UINT64_MAX for never. */
uint64_t scrub_next_tick(const struct node *node);

/* How far it is, for whoever asks. */
struct scrub_progress {
    uint64_t blocks, faults;  /* read, of all that was ever held; of these at fault */
    uint64_t entries_left;    /* held, and not read again yet */
    uint64_t through_unix_ms; /* when nothing was left last; 0: not yet */
    uint64_t rounds;          /* since the store was made */
    uint64_t rows;            /* read, beside blocks */
    const char *reads;        /* "blocks", "rows"; "": it rests until the next round */
};
void scrub_progress(const struct node *node, struct scrub_progress *out);

#endif
