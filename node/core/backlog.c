/* backlog - the money in what a neighbour has not confirmed yet. */
#include "node/core/node_struct.h"

struct backlog {
    int128 fen;
    size_t blocks;
    bool is_part; /* there may be more money: a block cannot be read, or what it says is of a later
                     version */
};

static void add_backlog_block(void *arg, const struct block_view *block)
{
    struct backlog *backlog = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    backlog->blocks++;
    if (block_body_read(&body, block, &err) != OK) {
        backlog->is_part = true;
    } else {
        for (size_t i = 0; i < body.count; i++) {
            const struct entry *entry = &body.entries[i];
            struct document document;

            if (!document_format_known(entry->kind, entry->format)) {
                backlog->is_part |= entry->kind >= KIND_USER_FIRST;
            } else if (document_decode(&document, entry->kind, entry->body, &err) == OK) {
                backlog->fen += document_money(&document);
            }
        }
    }
    block_body_free(&body);
}

int128 node_backlog_amount(struct node *node, struct division peer, size_t blocks_max,
                           bool *complete)
{
    struct backlog backlog = {0, 0, false};
    struct err err;

    *complete = replicator_backlog(node->replicator, peer, blocks_max, add_backlog_block, &backlog,
                                   &err) == OK &&
                backlog.blocks < blocks_max && !backlog.is_part;
    return backlog.fen;
}
