#include "node/office/dry_run.h"

#include <assert.h>

#include "node/core/node_struct.h"
#include "proto/array.h"

#define LSN_OF_NO_LOG (UINT64_C(1) << 62)

void dry_run_resume(struct dry_run *dry_run)
{
    struct node *node = dry_run->node;

    assert(dry_run_is_open(dry_run) && dry_run->resting);
    dry_run->resting = false;
    dry_run->outer = node->dry_runs.innermost;
    ledger_mark(node->ledger, &dry_run->mark);
    node->dry_runs.innermost = dry_run;
}

void dry_run_rest(struct dry_run *dry_run)
{
    struct node *node = dry_run->node;

    assert(node->dry_runs.innermost == dry_run && !dry_run->resting);
    node->dry_runs.innermost = dry_run->outer;
    ledger_return_to(node->ledger, &dry_run->mark);
    dry_run->resting = true;
}

static void open_at(struct dry_run *dry_run, struct node *node, struct txn *txn, uint64_t first_lsn)
{
    assert(!dry_run_is_open(dry_run));
    *dry_run = (struct dry_run){
        .txn = txn_open_child(txn), .node = node, .resting = true, .first_lsn = first_lsn};
    arena_init(&dry_run->memory, SIZE_MAX / 2);
    dry_run_resume(dry_run);
}

void dry_run_open(struct dry_run *dry_run, struct node *node, struct txn *txn)
{
    const struct dry_run *outer = node->dry_runs.innermost;

    open_at(dry_run, node, txn,
            outer != NULL ? outer->first_lsn + outer->count
                          : replicator_next_lsn(node->replicator));
}

void dry_run_open_apart(struct dry_run *dry_run, struct node *node, struct txn *txn)
{
    open_at(dry_run, node, txn, LSN_OF_NO_LOG);
}

enum reason dry_run_check(struct dry_run *dry_run, const struct document *document,
                          struct refusal *refusal)
{
    struct ledger *ledger = dry_run->node->ledger;

    if (ledger_check_exists(ledger, dry_run->txn, document, refusal) != REASON_NONE) {
        return refusal->reason;
    }
    return ledger_check_rules(ledger, dry_run->txn, document, refusal);
}

static struct bytes keep(struct dry_run *dry_run, struct bytes body)
{
    uint8_t *copy = arena_alloc(&dry_run->memory, body.size);

    memcpy(copy, body.data, body.size);
    ARRAY_ROOM(dry_run->bodies, dry_run->count, dry_run->capacity);
    return dry_run->bodies[dry_run->count++] = bytes_of(copy, body.size);
}

void dry_run_enter(struct dry_run *dry_run, const struct document *document, struct bytes body)
{
    struct node *node = dry_run->node;
    const struct applied applied = {
        .author = node->config.self,
        .lsn = dry_run->first_lsn + dry_run->count,
        .time_ms = node->turn_unix_ms,
        .kind = document->kind,
        .format = document_format(body),
        .body = keep(dry_run, body),
    };

    assert(node->dry_runs.innermost == dry_run);
    ledger_apply_own(node->ledger, dry_run->txn, &applied, document);
}

void dry_run_close(struct dry_run *dry_run)
{
    if (!dry_run_is_open(dry_run)) {
        return;
    }
    if (!dry_run->resting) {
        dry_run_rest(dry_run);
    }
    txn_free(dry_run->txn);
    mem_free(dry_run->bodies);
    arena_free(&dry_run->memory);
    *dry_run = (struct dry_run){.txn = NULL};
}

bool dry_run_read(const struct dry_run *innermost, uint64_t lsn, struct bytes *body)
{
    for (const struct dry_run *dry_run = innermost; dry_run != NULL; dry_run = dry_run->outer) {
        if (lsn >= dry_run->first_lsn && lsn - dry_run->first_lsn < dry_run->count) {
            *body = dry_run->bodies[lsn - dry_run->first_lsn];
            return true;
        }
    }
    return false;
}
