#include "node/office/pending.h"

#include <stdio.h>

#include "replicator/trust/merkle.h"

struct pending {
    struct txn *txn;
    bool (*visit)(void *arg, const struct draft_row *row);
    void *arg;
    uint64_t batch_number; /* of the batch looked at last; 0: none */
    struct batch_row batch;
};

static bool show_draft(void *arg, const struct draft *draft)
{
    struct pending *pending = arg;
    struct draft_row row = {
        .sequence = draft->sequence, .batch = draft->batch, .unix_ms = draft->unix_ms};
    struct err err;

    if (document_decode(&row.document, draft->kind, draft->body, &err) != OK) {
        return true;
    }
    (void)draft_would_refuse(draft, &row.would_refuse);
    if (draft->batch != pending->batch_number) {
        pending->batch = (struct batch_row){.maker = ""};
        (void)batch_find(pending->txn, draft->batch, &pending->batch);
        pending->batch_number = draft->batch;
    }
    (void)snprintf(row.id, sizeof row.id, "%.*s", (int)draft->id.size,
                   (const char *)draft->id.data);
    memcpy(row.maker, pending->batch.maker, sizeof row.maker);
    row.hash = merkle_approval_leaf(draft->kind, document_format(draft->body), draft->body);
    return pending->visit(pending->arg, &row);
}

void node_pending_from(struct txn *txn, uint64_t sequence,
                       bool (*visit)(void *arg, const struct draft_row *row), void *arg)
{
    struct pending pending = {.txn = txn, .visit = visit, .arg = arg};

    draft_each_from(txn, sequence, show_draft, &pending);
}

void node_pending(struct txn *txn, bool (*visit)(void *arg, const struct draft_row *row), void *arg)
{
    node_pending_from(txn, 0, visit, arg);
}

bool node_pending_find(struct node *node, struct txn *txn, uint64_t moment, const char *id,
                       bool (*visit)(void *arg, const struct draft_row *row), void *arg)
{
    struct pending pending = {.txn = txn, .visit = visit, .arg = arg};
    struct draft draft;

    return draft_find_at(node, txn, moment, bytes_text(id), &draft) && show_draft(&pending, &draft);
}

bool node_pending_at(struct txn *txn, struct draft_ref ref,
                     bool (*visit)(void *arg, const struct draft_row *row), void *arg)
{
    struct pending pending = {.txn = txn, .visit = visit, .arg = arg};
    struct draft draft;

    return draft_at(txn, ref, &draft) && show_draft(&pending, &draft);
}
