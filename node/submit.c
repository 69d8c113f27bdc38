/* submit - from a typed document to an entry of the own log, or to a draft, or to a refusal. */
#include <assert.h>

#include "node/drafting.h"

bool node_needs_approval(const struct node *node, uint32_t kind)
{
    return policy_needs(node_policy(node), kind);
}

/* --- trials --- */

void trial_log_begin(struct node *node, size_t capacity)
{
    assert(node->trial.bodies == NULL);
    node->trial.first_lsn = replicator_next_lsn(node->replicator);
    node->trial.bodies = mem_zalloc((capacity + 1) * sizeof *node->trial.bodies);
    node->trial.capacity = capacity;
    node->trial.count = 0;
}

uint64_t trial_log_add(struct node *node, struct bytes body)
{
    struct trial_log *trial = &node->trial;

    if (trial->count == trial->capacity) {
        trial->capacity = 64 + 2 * trial->capacity;
        trial->bodies = mem_realloc(trial->bodies, trial->capacity * sizeof *trial->bodies);
    }
    trial->bodies[trial->count] = body;
    return trial->first_lsn + trial->count++;
}

void trial_log_end(struct node *node)
{
    mem_free(node->trial.bodies);
    memset(&node->trial, 0, sizeof node->trial);
}

void node_try_apply(struct node *node, struct txn *child, const struct document *document,
                    struct bytes body)
{
    const struct applied applied = {
        .author = node->config.self,
        .lsn = trial_log_add(node, body),
        .time_ms = node->turn_unix_ms,
        .kind = document->kind,
        .format = DOCUMENT_FORMAT,
        .body = body,
    };

    ledger_apply_own(node->ledger, child, &applied, document);
}

void node_try(struct node *node, struct txn *txn, struct trial *trials, size_t count)
{
    struct txn *child = txn_open_child(txn);
    struct ledger_mark mark;

    ledger_mark(node->ledger, &mark);
    trial_log_begin(node, count);
    for (size_t i = 0; i < count; i++) {
        struct trial *trial = &trials[i];

        if (trial->refused) {
            continue;
        }
        if (ledger_check_exists(node->ledger, child, trial->document, &trial->refusal) !=
                REASON_NONE ||
            ledger_check_rules(node->ledger, child, trial->document, &trial->refusal) !=
                REASON_NONE) {
            trial->refused = true;
            continue;
        }
        node_try_apply(node, child, trial->document, trial->body);
    }
    trial_log_end(node);
    ledger_return_to(node->ledger, &mark);
    txn_free(child);
}

/* --- one document --- */

static void set_refused(struct submit_item *item)
{
    item->status = item->refusal.reason == REASON_EXISTS ? SUBMIT_EXISTS : SUBMIT_REFUSED;
}

/* What one post is working with; buffers are kept from line to line. */
struct post {
    struct node *node;
    struct txn *txn;
    const struct person *maker;
    struct draft_batch drafts;
    struct drafting drafting; /* opened by the first draft that needs it */
    struct buf memory, body;
};

/* A first version among the drafts counts: what comes after it may be short. */
static enum reason check_form(struct post *post, struct submit_item *item)
{
    struct node *node = post->node;
    const enum reason reason =
        ledger_check_form(node->ledger, post->txn, &item->document, true, &item->refusal);

    if (reason != REASON_MISSING || item->document.kind != KIND_PROJECT ||
        !node_needs_approval(node, KIND_PROJECT)) {
        return reason;
    }
    if (!drafting_is_open(&post->drafting)) {
        drafting_open(node, post->txn, &post->drafting);
    }
    return ledger_check_form(node->ledger, post->drafting.txn, &item->document, true,
                             &item->refusal);
}

/* malformed .. exists_with_different: true when the document may go on. */
static bool pass_form(struct post *post, struct submit_item *item)
{
    struct node *node = post->node;
    bool drafted;

    if (item->malformed) {
        item->status = SUBMIT_REFUSED;
        return false;
    }
    if (check_form(post, item) != REASON_NONE ||
        ledger_check_exists(node->ledger, post->txn, &item->document, &item->refusal) !=
            REASON_NONE ||
        draft_compare(post->txn, &item->document, &item->refusal, &drafted) != REASON_NONE) {
        set_refused(item);
        return false;
    }
    if (drafted) {
        item->status = SUBMIT_DRAFT;
        return false;
    }
    if (node->disk_full) {
        (void)refuse(&item->refusal, REASON_DISK_FULL, "");
        item->status = SUBMIT_REFUSED;
        return false;
    }
    return true;
}

static void free_post(struct post *post)
{
    drafting_close(post->node, &post->drafting);
    mem_free(post->drafts.leaves);
    buf_free(&post->memory);
    buf_free(&post->body);
}

/* Completes from what `txn` has and encodes; the body is in post->body. */
static void prepare(struct post *post, struct txn *txn, struct document *document)
{
    buf_clear(&post->memory);
    buf_clear(&post->body);
    ledger_complete(post->node->ledger, txn, document, &post->memory);
    document_encode(&post->body, document);
}

static void enter_item(struct post *post, struct submit_item *item)
{
    drafting_close(post->node, &post->drafting);
    prepare(post, post->txn, &item->document);
    if (ledger_check_rules(post->node->ledger, post->txn, &item->document, &item->refusal) !=
        REASON_NONE) {
        set_refused(item);
        return;
    }
    item->lsn = node_enter(post->node, post->txn, &item->document, buf_bytes(&post->body));
    item->status = SUBMIT_ACCEPTED;
}

/* Does completing this kind need the document that it names, and is it not there? */
static bool lacks_earlier(struct post *post, const struct document *document)
{
    struct refusal refusal;

    return kind_completes_from_own(document->kind) &&
           ledger_check_rules(post->node->ledger, post->txn, document, &refusal) == REASON_UNKNOWN;
}

/* Completes a draft from the ledger, or else, when it names what is not there, from the ledger
 * with the earlier drafts in it. */
static void prepare_draft(struct post *post, struct document *document)
{
    const struct document typed = *document;

    if (!drafting_is_open(&post->drafting)) {
        prepare(post, post->txn, document);
        if (!lacks_earlier(post, document)) {
            return;
        }
        drafting_open(post->node, post->txn, &post->drafting);
        *document = typed;
    }
    prepare(post, post->drafting.txn, document);
}

static void draft_item(struct post *post, struct submit_item *item)
{
    struct document document = item->document;

    if (post->maker == NULL) {
        (void)refuse(&item->refusal, REASON_NEEDS_MAKER, "");
        item->status = SUBMIT_REFUSED;
        return;
    }
    prepare_draft(post, &document);
    draft_add(post->node, post->txn, &post->drafts, &document, buf_bytes(&post->body));
    if (drafting_is_open(&post->drafting)) {
        (void)drafting_add(post->node, &post->drafting, &document, buf_bytes(&post->body));
    }
    item->status = SUBMIT_DRAFT;
}

/* --- all or nothing --- */

/* As enter_item, but into a trial: the body goes to `kept`, which outlives the trial. */
static void rehearse_item(struct post *post, struct submit_item *item, struct buf *kept)
{
    struct document trial = item->document;

    if (!pass_form(post, item)) {
        return;
    }
    if (node_needs_approval(post->node, trial.kind)) {
        draft_item(post, item);
        return;
    }
    drafting_close(post->node, &post->drafting);
    prepare(post, post->txn, &trial);
    if (ledger_check_rules(post->node->ledger, post->txn, &trial, &item->refusal) != REASON_NONE) {
        set_refused(item);
        return;
    }
    buf_append_bytes(kept, buf_bytes(&post->body));
    node_try_apply(post->node, post->txn, &trial, buf_bytes(kept));
    item->status = SUBMIT_ACCEPTED;
}

static bool rehearse(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                     const struct person *maker)
{
    struct post post = {.node = node, .txn = txn_open_child(txn), .maker = maker};
    struct buf *kept = mem_zalloc((count + 1) * sizeof *kept);
    struct ledger_mark mark;
    bool all = true;

    ledger_mark(node->ledger, &mark);
    trial_log_begin(node, count);
    draft_begin(&post.drafts);
    for (size_t i = 0; i < count; i++) {
        rehearse_item(&post, &items[i], &kept[i]);
        all = all && items[i].status != SUBMIT_REFUSED;
    }
    free_post(&post);
    trial_log_end(node);
    ledger_return_to(node->ledger, &mark);
    txn_free(post.txn);
    for (size_t i = 0; i < count; i++) {
        buf_free(&kept[i]);
    }
    mem_free(kept);
    return all;
}

static void refuse_all(struct submit_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].status != SUBMIT_REFUSED) {
            (void)refuse(&items[i].refusal, REASON_NOT_ALL, "");
            items[i].status = SUBMIT_REFUSED;
        }
    }
}

void node_submit(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                 bool atomic, const struct person *maker)
{
    struct post post = {.node = node, .txn = txn, .maker = maker};

    if (atomic && !rehearse(node, txn, items, count, maker)) {
        refuse_all(items, count);
        return;
    }
    draft_begin(&post.drafts);
    for (size_t i = 0; i < count; i++) {
        struct submit_item *item = &items[i];

        if (!pass_form(&post, item)) {
            continue;
        }
        if (node_needs_approval(node, item->document.kind)) {
            draft_item(&post, item);
        } else {
            enter_item(&post, item);
        }
    }
    draft_end(node, txn, &post.drafts, maker);
    free_post(&post);
}
