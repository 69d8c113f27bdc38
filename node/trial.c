#include "node/trial.h"

#include <assert.h>

#include "node/node_internal.h"

void trial_open(struct trial *trial, struct node *node, struct txn *txn)
{
    struct trial *outer = node->trial;

    assert(!trial_is_open(trial));
    *trial = (struct trial){.txn = txn_open_child(txn), .node = node, .outer = outer};
    trial->first_lsn =
        outer != NULL ? outer->first_lsn + outer->count : replicator_next_lsn(node->replicator);
    arena_init(&trial->memory, SIZE_MAX / 2);
    ledger_mark(node->ledger, &trial->mark);
    node->trial = trial;
}

enum reason trial_check(struct trial *trial, const struct document *document,
                        struct refusal *refusal)
{
    struct ledger *ledger = trial->node->ledger;

    if (ledger_check_exists(ledger, trial->txn, document, refusal) != REASON_NONE) {
        return refusal->reason;
    }
    return ledger_check_rules(ledger, trial->txn, document, refusal);
}

static struct bytes keep(struct trial *trial, struct bytes body)
{
    uint8_t *copy = arena_alloc(&trial->memory, body.size);

    memcpy(copy, body.data, body.size);
    if (trial->count == trial->capacity) {
        trial->capacity = 64 + 2 * trial->capacity;
        trial->bodies = mem_realloc(trial->bodies, trial->capacity * sizeof *trial->bodies);
    }
    return trial->bodies[trial->count++] = bytes_of(copy, body.size);
}

void trial_enter(struct trial *trial, const struct document *document, struct bytes body)
{
    struct node *node = trial->node;
    const struct applied applied = {
        .author = node->config.self,
        .lsn = trial->first_lsn + trial->count,
        .time_ms = node->turn_unix_ms,
        .kind = document->kind,
        .format = DOCUMENT_FORMAT,
        .body = keep(trial, body),
    };

    assert(node->trial == trial);
    ledger_apply_own(node->ledger, trial->txn, &applied, document);
}

void trial_close(struct trial *trial)
{
    if (!trial_is_open(trial)) {
        return;
    }
    assert(trial->node->trial == trial);
    trial->node->trial = trial->outer;
    ledger_return_to(trial->node->ledger, &trial->mark);
    txn_free(trial->txn);
    mem_free(trial->bodies);
    arena_free(&trial->memory);
    *trial = (struct trial){.txn = NULL};
}

bool trial_read(const struct trial *innermost, uint64_t lsn, struct bytes *body)
{
    for (const struct trial *trial = innermost; trial != NULL; trial = trial->outer) {
        if (lsn >= trial->first_lsn && lsn - trial->first_lsn < trial->count) {
            *body = trial->bodies[lsn - trial->first_lsn];
            return true;
        }
    }
    return false;
}
