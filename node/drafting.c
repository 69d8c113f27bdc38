#include <assert.h>

#include "node/drafting.h"

enum { REHEARSED_DRAFTS_MAX = 10000, REHEARSED_BYTES_MAX = 32 << 20 };

bool drafting_is_open(const struct drafting *drafting)
{
    return drafting->txn != NULL;
}

bool drafting_add(struct node *node, struct drafting *drafting, const struct document *document,
                  struct bytes body)
{
    struct refusal refusal;
    uint8_t *kept;

    if (ledger_check_exists(node->ledger, drafting->txn, document, &refusal) != REASON_NONE ||
        ledger_check_rules(node->ledger, drafting->txn, document, &refusal) != REASON_NONE) {
        return true;
    }
    kept = arena_alloc(&drafting->bodies, body.size);
    if (kept == NULL) {
        return false;
    }
    memcpy(kept, body.data, body.size);
    node_try_apply(node, drafting->txn, document, bytes_of(kept, body.size));
    return true;
}

struct earlier {
    struct node *node;
    struct drafting *drafting;
    struct buf body;
    size_t count;
};

static bool add_earlier(void *arg, const struct draft_row *row)
{
    struct earlier *earlier = arg;

    if (earlier->count++ == REHEARSED_DRAFTS_MAX) {
        return false;
    }
    buf_clear(&earlier->body);
    document_encode(&earlier->body, &row->document);
    return drafting_add(earlier->node, earlier->drafting, &row->document,
                        buf_bytes(&earlier->body));
}

void drafting_open(struct node *node, struct txn *txn, struct drafting *drafting)
{
    struct earlier earlier = {.node = node, .drafting = drafting};

    assert(!drafting_is_open(drafting));
    drafting->txn = txn_open_child(txn);
    drafting->within_trial = node->trial.bodies != NULL;
    if (!drafting->within_trial) {
        trial_log_begin(node, 0);
    }
    drafting->trial_count = node->trial.count;
    ledger_mark(node->ledger, &drafting->mark);
    arena_init(&drafting->bodies, REHEARSED_BYTES_MAX);
    node_pending(txn, add_earlier, &earlier);
    buf_free(&earlier.body);
}

void drafting_close(struct node *node, struct drafting *drafting)
{
    if (!drafting_is_open(drafting)) {
        return;
    }
    ledger_return_to(node->ledger, &drafting->mark);
    if (drafting->within_trial) {
        node->trial.count = drafting->trial_count;
    } else {
        trial_log_end(node);
    }
    txn_free(drafting->txn);
    drafting->txn = NULL;
    arena_free(&drafting->bodies);
}
