/* log_writer - the own log's block being written: entries gather until the turn, the audience or
 * the size ends it; then it is rooted, digested, signed once and staged.
 *
 *   append, approve --> open block --> seal: root, digest, signature --> heads_stage
 *
 * Owns: the open block, and this turn's entries until they can be read from the store. Borrows the
 * logs, and what the author signs with. Thread: loop thread. Units: lsn counts entries. */
#ifndef TERRACE_REPLICATOR_LOG_LOG_WRITER_H
#define TERRACE_REPLICATOR_LOG_LOG_WRITER_H

#include "replicator/log/heads.h"
#include "replicator/trust/key_ring.h"
#include "replicator/trust/merkle.h"

enum { OPEN_GROUPS_MAX = 240 }; /* approval groups of one block, below BLOCK_GROUPS_MAX */

struct pending_group { /* an approval whose entries are being appended */
    struct approval_group group;
    struct merkle_tree tree; /* over all documents approved together */
    uint64_t first_lsn, count;
};

struct turn_block { /* entries of this turn, until they can be read from the store */
    uint64_t first_lsn, count;
    struct buf entries;
};

/* Who writes, and with what. */
struct log_author {
    struct division self;
    struct hash tree;
    const struct key_ring *keys;
    const struct clock *clock;
    const struct roster *roster; /* has the epochs of these keys */
    /* The block is being closed: what its entries make of the author's state. */
    void (*state_digest)(void *arg, struct txn *txn, struct hash *out);
    void *arg;
};

struct log_writer {
    struct log_author author;
    struct logs *logs;
    struct audience audience;
    uint32_t epoch; /* of the open block: its approvals were signed for it */
    struct buf entries;
    size_t last_size; /* of the entries of the block before */
    struct hash *leaves;
    uint32_t count;
    uint64_t first_lsn;
    struct pending_group *groups;
    size_t group_count, group_capacity;
    struct turn_block *turn;
    size_t turn_count, turn_capacity;
    struct buf sealed; /* the last block, as it was staged */
};

void log_writer_init(struct log_writer *own, const struct log_author *author, struct logs *logs);
void log_writer_free(struct log_writer *own);
void log_writer_trim(struct log_writer *own); /* an idle node keeps no large buffers */

/* See replicator_next_lsn, _append, _approve, _seal and _open_entry of replicator.h. */
uint64_t log_writer_next_lsn(const struct log_writer *own);
uint64_t log_writer_append(struct log_writer *own, struct txn *txn, const struct audience *audience,
                           uint32_t kind, uint32_t format, struct bytes body);
void log_writer_approve(struct log_writer *own, uint64_t first_lsn, uint64_t count,
                        const struct approval_group *group, const struct hash *leaves);
void log_writer_seal(struct log_writer *own, struct txn *txn);
bool log_writer_open_entry(const struct log_writer *own, uint64_t lsn, struct entry *out);
/* What was staged can be read from the store from now on. */
void log_writer_durable(struct log_writer *own);

#endif
