/* submit - from a typed document to an entry of the own log, or to a draft, or to a refusal. */
#include "node/drafts.h"
#include "node/node_internal.h"
#include "node/trial.h"

bool node_needs_approval(const struct node *node, uint32_t kind)
{
    return policy_needs(node_policy(node), kind);
}

/* What one post is working with; buffers are kept from line to line. */
struct post {
    struct node *node;
    struct txn *txn;         /* the turn's, or the rehearsal's */
    struct trial *rehearsal; /* entries go here; NULL: they are made */
    const struct person *maker;
    struct draft_batch drafts;
    struct trial drafting; /* with the earlier drafts in it; opened by the first that needs it */
    struct buf memory, body;
};

/* --- a ledger with the earlier drafts in it --- */

/* The pass over all that is pending has a bound; drafts behind it build on entries alone. */
enum { EARLIER_DRAFTS_MAX = 10000, EARLIER_BYTES_MAX = 32 << 20 };

/* Nothing is decided here: what the rules refuse is passed over, and a draft is checked in full
 * when it is approved. False: there is no room for it, nor for later ones. */
static bool add_drafted(struct trial *drafting, const struct document *document, struct bytes body)
{
    struct refusal refusal;

    if (trial_check(drafting, document, &refusal) != REASON_NONE) {
        return true;
    }
    if (drafting->memory.used + body.size > EARLIER_BYTES_MAX) {
        return false;
    }
    trial_enter(drafting, document, body);
    return true;
}

struct earlier {
    struct trial *drafting;
    size_t count;
};

static bool add_earlier(void *arg, const struct draft *draft)
{
    struct earlier *earlier = arg;
    struct document document;
    struct err err;

    return earlier->count++ < EARLIER_DRAFTS_MAX &&
           (document_decode(&document, draft->kind, draft->body, &err) != OK ||
            add_drafted(earlier->drafting, &document, draft->body));
}

static void open_drafting(struct post *post)
{
    struct earlier earlier = {.drafting = &post->drafting};

    trial_open(&post->drafting, post->node, post->txn);
    draft_each(post->txn, add_earlier, &earlier);
}

/* --- one document --- */

static void set_refused(struct submit_item *item)
{
    item->status = item->refusal.reason == REASON_EXISTS ? SUBMIT_EXISTS : SUBMIT_REFUSED;
}

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
    if (!trial_is_open(&post->drafting)) {
        open_drafting(post);
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
    struct document document = item->document;

    trial_close(&post->drafting);
    prepare(post, post->txn, &document);
    if (ledger_check_rules(post->node->ledger, post->txn, &document, &item->refusal) !=
        REASON_NONE) {
        set_refused(item);
        return;
    }
    if (post->rehearsal != NULL) {
        trial_enter(post->rehearsal, &document, buf_bytes(&post->body));
    } else {
        item->lsn = node_enter(post->node, post->txn, &document, buf_bytes(&post->body));
    }
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

    if (!trial_is_open(&post->drafting)) {
        prepare(post, post->txn, document);
        if (!lacks_earlier(post, document)) {
            return;
        }
        open_drafting(post);
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
    if (trial_is_open(&post->drafting)) {
        (void)add_drafted(&post->drafting, &document, buf_bytes(&post->body));
    }
    item->status = SUBMIT_DRAFT;
}

/* --- one post --- */

/* True when none was refused. */
static bool submit_all(struct post *post, struct submit_item *items, size_t count)
{
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        struct submit_item *item = &items[i];

        if (pass_form(post, item)) {
            if (node_needs_approval(post->node, item->document.kind)) {
                draft_item(post, item);
            } else {
                enter_item(post, item);
            }
        }
        all = all && item->status != SUBMIT_REFUSED;
    }
    trial_close(&post->drafting);
    return all;
}

static void free_post(struct post *post)
{
    draft_batch_free(&post->drafts);
    buf_free(&post->memory);
    buf_free(&post->body);
}

static bool rehearse(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                     const struct person *maker)
{
    struct trial trial = {.txn = NULL};
    struct post post = {.node = node, .rehearsal = &trial, .maker = maker};
    bool all;

    trial_open(&trial, node, txn);
    post.txn = trial.txn;
    all = submit_all(&post, items, count);
    trial_close(&trial);
    free_post(&post);
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
    (void)submit_all(&post, items, count);
    draft_end(node, txn, &post.drafts, maker);
    free_post(&post);
}
