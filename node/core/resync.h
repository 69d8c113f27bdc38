/* resync - a node whose own log is not whole here: it only reads, its links go on, and it is opened
 * anew once the log is whole (replicator/session/resync.h).
 *
 *   HOME/resync: one message --resync_mode_of--> node_config.resync, .damage
 *
 *   RESYNC_FETCH    the log is shorter here than at neighbours: all of it is asked for. What comes
 *                   is stored, and folded after the next opening: what a node says itself because
 *                   of what it folds would be entries of a log that is not whole
 *   RESYNC_CONFIRM  it came apart, or a recovery goes on elsewhere: it waits until persons above
 *                   have confirmed where, and fetches what it lacks then
 *
 * Blocks of a file (an archive, what was saved of a damaged store) are taken in beside what
 * neighbours send, by the same door. What does not follow yet is shown again once more is here.
 * While the disk is full nothing is shown.
 *
 *   all is here --> the report, in the store --> resync_is_over --> the owner opens the node anew
 *
 * A home that was put back from a copy may have a twin with the same keys. Before it is over the
 * parent grants it keys that were made on this machine: one of two gets them, and nothing that the
 * other wrote can count any more. The root goes on under its key; with nobody below it and no
 * archive, only once a person says so: nothing can show what was written after the copy. Which keys
 * it asked for is noted with the wish, so that it asks once, whichever moment takes the process.
 *
 * Owns: of struct node, resync. Thread: the loop's, resync_mode_of any. Units: lsn; *_ms is mono.
 */
#ifndef TERRACE_NODE_CORE_RESYNC_H
#define TERRACE_NODE_CORE_RESYNC_H

#include "node/core/node.h"
#include "replicator/session/resync.h"

/* Where blocks come from beside neighbours. */
struct resync_source {
    void *arg;
    /* The next block, which lives until the next call; false behind the last one, and from then on
     * it begins with the first. NULL: there is no source. */
    bool (*next)(void *arg, struct bytes *block);
    /* What could not be read in the last pass, and is waited for: a message; "": nothing. NULL: it
     * is always so. */
    const char *(*fault)(void *arg);
    /* The block that was shown last was not taken in, in this pass or for good. */
    void (*left)(void *arg, bool for_good);
};

struct resync_import {
    struct resync_source source;
    bool in_pass, passed;              /* within a pass over the source; one of them is over */
    uint64_t pass_lsn, staged;         /* of this pass: the own log then; blocks that were taken */
    uint64_t waiting, unfit;           /* of this pass: do not follow yet; can never be taken */
    uint64_t last_waiting, last_unfit; /* of the pass before; the most of all passes */
    uint64_t tried_ms;
};

struct resync_state {
    struct resync_import import;
    bool reported; /* the report is durable with this turn */
    bool goes_on;  /* without what the root's disk lost, as a person said */
    bool rotates;  /* keys made here are asked for, or waited for since an earlier run */
    uint64_t begun_ms;
    char last[MESSAGE_BYTES_MAX]; /* the report of the last one; "": none */
};

/* What this message asks for: of a note, or of a run that ended. RESYNC_NOT: nothing. */
enum resync_mode resync_mode_of(const char *message);
/* Was the home put back from a copy, which another machine may have, too? Or can it not be told? */
bool resync_is_of_copy(const char *message);
/* Is the store damaged, and no link mends that? */
bool resync_only_reads(const struct node *node);
/* Is it over? The owner closes the node, takes the note away, and opens it anew. */
bool resync_is_over(const struct node *node);
/* What makes a node that resyncs stop and begin with another reason. Errors: ERR_CORRUPT. */
enum status resync_check(const struct node *node, struct err *err);
/* Is a frame of this neighbour let go? */
bool resync_ignores(const struct node *node, struct division from);
/* A block was taken in; true when it is not to be folded now. */
bool resync_keeps(struct node *node, struct txn *txn, const struct block_header *header);

/* A node that was just opened: whom a person had said to go on without, and the last report. */
void resync_begin(struct node *node);
/* Its blocks are shown from now on, in turns; `source` is copied, what it borrows must outlive the
 * node. */
void resync_import(struct node *node, const struct resync_source *source);
/* A turn's share of a source, and the report once all is here. True when more is to be done at
 * once. */
bool resync_step(struct node *node);

/* All is here but keys that nobody else has: the owner asks for some, once. */
bool resync_wants_keys(const struct node *node);
/* The parent is asked for these: staged. Errors: those of replicator_rotate. */
enum status resync_rotate(struct node *node, const struct rotation *rotation, struct err *err);

/* A person says that neither the answer of this neighbour nor what it told is waited for: staged.
 * Errors: ERR_REFUSED (the node does not resync; or that one told nothing, and is no neighbour). */
enum status resync_go_on_without(struct node *node, struct txn *txn, struct division division,
                                 const char *who, struct err *err);

struct resync_view {
    enum resync_mode mode;
    char why[MESSAGE_BYTES_MAX], last[MESSAGE_BYTES_MAX];
    struct resync_progress progress; /* but for its holders: */
    struct resync_holder *holders;   /* a copy; mem_free it */
    uint64_t ms;                     /* since the node was opened */
    bool imports;                    /* files are there that were not gone through */
    char fault[MESSAGE_BYTES_MAX];   /* of the archive, in the last pass; "": none */
    uint64_t waiting, unfit;         /* blocks of files */
};
void resync_view(struct node *node, struct resync_view *out);

#endif
