/* salvaging - what is readable of a damaged store (node/store/salvage.h) is brought to where it
 * belongs: blocks into files that are taken in like those of a neighbour, rows that only this node
 * has into a fresh store.
 *
 *   blocks           import/salvaged-NAME.blocks, in the order of author and lsn; those that only a
 *                    later reading gave: import/salvaged-NAME-2.blocks
 *   META             what no log tells: amendments, rotations, link keys, forks, what a cut put
 *                    aside, usurpers, pauses, confirmations; the grants that this node stands on
 *   COSIGN           all
 *   LOCAL            node/office/local_rows.h; the chain of accesses as far as it holds, and a row
 *                    that says what is lost of it
 *   HEADS            where the own log ended, for the report
 *   everything else  nothing: it is made of blocks
 *
 * Owns: nothing that stays. Thread: the one that will be the loop's. */
#ifndef TERRACE_NODE_DAEMON_SALVAGING_H
#define TERRACE_NODE_DAEMON_SALVAGING_H

#include "node/home/home.h"
#include "node/store/salvage.h"

struct salvaging {
    const char *home;
    const struct home_config *config;
    uint64_t now_unix_ms;
    void (*alive)(void);          /* every now and then; NULL */
    const char *from, *copy, *to; /* directories: the damaged store, salvage.copy, the fresh one */
    const char *name;             /* of this one among others */
    enum salvage_depth depth;
};

/* The fresh store is closed, and what was left out stands in HOME/healed. Errors: those of salvage,
 * store and files. */
enum status salvaging_run(const struct salvaging *salvaging, struct err *err);

#endif
