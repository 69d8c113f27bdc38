/* root_copy - what those below hold of the root's log, each in a file: for a root that has neither
 * its disk nor a copy of it (node/cli/init_recover.h).
 *
 *   a child:  root_copy_write --> FILE   its grants, and the root's log as far as it was addressed
 *             to it
 *   root:     root_copies_read --> checked with the trust key's fingerprint, put together in the
 *             order of lsn, and that nothing is missing of any audience
 *
 *   file   = "terrace root copy 1\n", record: code of who made it, record: grant ..., empty record,
 *            record: block ...
 *   record = u32 size, bytes
 *
 * Nothing of a file is trusted: a grant is its granter's, a block the root's, up to the trust key.
 *
 * Owns: all that it read. Thread: the program's only one. Units: lsn. */
#ifndef TERRACE_NODE_HOME_ROOT_COPY_H
#define TERRACE_NODE_HOME_ROOT_COPY_H

#include "proto/block.h"
#include "replicator/trust/roster.h"

enum { ROOT_COPIES_MAX = 256 };

struct root_block {
    uint64_t first_lsn, last_lsn, aud_seq;
    struct audience audience;
    struct hash aud_prev, prev_hash, hash;
    struct bytes whole;
};

struct root_copies {
    struct buf files[ROOT_COPIES_MAX];
    size_t file_count;
    struct roster *roster; /* all grants of all files that hold */
    struct root_block *at; /* by lsn, each once */
    size_t count, capacity;
    uint64_t entries; /* in these blocks */
};

/* `grants` and `blocks` as a node answers them: records one behind the other. Errors: ERR_IO,
 * ERR_DISK_FULL. */
enum status root_copy_write(const char *path, struct division maker, struct bytes grants,
                            struct bytes blocks, struct err *err);
/* Free it in any case. Errors: ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE; ERR_MALFORMED (no such file,
 * or cut off; or no root in it); ERR_BAD_SIGNATURE, ERR_CORRUPT (a block that the root did not
 * sign); ERR_REFUSED (of another tree); ERR_FORK (two differ); ERR_GAP (of one audience a block is
 * missing). */
enum status root_copies_read(struct root_copies *out, const struct hash *tree, char *const *paths,
                             size_t count, struct err *err);
void root_copies_free(struct root_copies *copies);

/* The children of the root that these files know of, with commas between, as far as they fit. Each
 * holds its own grant and those above, so nobody here can tell whether one is left out. */
enum { ROOT_CHILDREN_TEXT_MAX = 400 };
void root_copies_children(const struct root_copies *copies, char out[ROOT_CHILDREN_TEXT_MAX]);
/* Which entries nobody has, as "1-3,7": as far as it fits. Returns how many they are. */
enum { ROOT_LOST_TEXT_MAX = 400 };
uint64_t root_copies_lost(const struct root_copies *copies, char out[ROOT_LOST_TEXT_MAX]);

#endif
