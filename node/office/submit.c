/* submit - from a typed document to an entry of the own log, or to a draft, or to a refusal. */
#include "node/office/submit.h"
#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/ledger/families/advice.h"
#include "node/office/earlier.h"
#include "node/office/intake.h"
#include "node/office/operators.h"
#include "node/office/rehearsal.h"

/* What one post is working with; buffers are kept from line to line. */
struct post {
    struct node *node;
    struct txn *txn; /* the turn's, or the dry_run's */
    const struct submit_terms *terms;
    struct dry_run *dry_run;     /* entries go here; NULL: they are made */
    struct rehearsal *rehearsal; /* what was entered there, or was before */
    struct drafted *drafted;     /* with the earlier drafts in it */
    size_t advised;              /* refusals that were looked into */
    struct draft_batch drafts;
    struct earlier_rules rules;
    struct buf memory, body;
    struct intake intake;
    bool taken_out; /* the later drafts that this post replaces */
};

static void set_refused(struct submit_item *item)
{
    item->status = item->refusal.reason == REASON_EXISTS ? SUBMIT_EXISTS : SUBMIT_REFUSED;
}

static void refuse_item(struct submit_item *item, enum reason reason)
{
    (void)refuse(&item->refusal, reason, "");
    item->status = SUBMIT_REFUSED;
}

/* An entry of this post, when drafts of it may come behind. */
static void follow(struct post *post, const struct document *document, struct bytes body)
{
    if (post->drafts.count > 0) {
        drafted_follow(post->drafted, document, body);
    }
}

/* --- form --- */

/* A first version among the drafts counts: what comes after it may be short. */
static enum reason check_form(struct post *post, struct submit_item *item)
{
    struct node *node = post->node;
    enum reason reason =
        ledger_check_form(node->ledger, post->txn, &item->document, true, &item->refusal);

    if (reason == REASON_MISSING && kind_has_versions(item->document.kind) &&
        intake_needs_approval(&post->intake, &item->document)) {
        struct txn *txn = drafted_begin(post->drafted, node, post->txn);

        reason = ledger_check_form(node->ledger, txn, &item->document, true, &item->refusal);
        drafted_end(post->drafted);
    }
    return reason;
}

/* --- one document --- */

/* Completes from what `txn` has and encodes; the body is in post->body. */
static void prepare(struct post *post, struct txn *txn, struct document *document, bool is_complete)
{
    buf_clear(&post->memory);
    buf_clear(&post->body);
    if (!is_complete) {
        ledger_complete(post->node->ledger, txn, document, &post->memory);
    }
    document_encode(&post->body, document);
}

/* What helps beside the reason, while this post has not asked for it too often. */
static void advise(struct post *post, struct txn *txn, const struct document *document,
                   struct refusal *refusal)
{
    if (refusal->reason != REASON_NONE && post->advised < ADVISED_MAX) {
        post->advised++;
        ledger_advise(post->node->ledger, txn, document, refusal);
    }
}

/* An entry, made or rehearsed. False: the rules refuse it. */
static bool enter_item(struct post *post, struct submit_item *item)
{
    struct document document;

    document_copy(&document, &item->document);
    prepare(post, post->txn, &document, item->is_complete);
    if (ledger_check_rules(post->node->ledger, post->txn, &document, &item->refusal) !=
        REASON_NONE) {
        advise(post, post->txn, &document, &item->refusal);
        set_refused(item);
        return false;
    }
    if (post->dry_run != NULL) {
        drafted_forget(post->drafted); /* later drafts are judged with it */
        dry_run_enter(post->dry_run, &document, buf_bytes(&post->body));
        rehearsal_add(post->rehearsal, document.kind, buf_bytes(&post->body));
    } else {
        item->lsn = own_log_enter(post->node, post->txn, &document, buf_bytes(&post->body));
        follow(post, &document, buf_bytes(&post->body));
    }
    item->status = SUBMIT_ACCEPTED;
    return true;
}

/* Does completing this kind need the document that it names, and is it not there? */
static bool lacks_earlier(struct post *post, const struct document *document)
{
    struct refusal refusal;

    return kind_completes_from_own(document->kind) &&
           ledger_check_rules(post->node->ledger, post->txn, document, &refusal) == REASON_UNKNOWN;
}

/* On the dry run only what later lines build on counts, so all that waits is not looked at for a
 * document that needs none of it. True when it is prepared. */
static bool rehearse_alone(struct post *post, struct document *document, bool is_complete)
{
    struct document typed;

    if (post->dry_run == NULL || drafted_is_current(post->drafted)) {
        return false;
    }
    document_copy(&typed, document);
    prepare(post, post->txn, document, is_complete);
    if (lacks_earlier(post, document)) {
        document_copy(document, &typed);
        return false;
    }
    return true;
}

static void draft_item(struct post *post, struct submit_item *item)
{
    const uint64_t sequence = draft_next_sequence(post->txn, &post->drafts);
    struct document document;

    document_copy(&document, &item->document);
    item->refusal.reason = REASON_NONE;
    if (!rehearse_alone(post, &document, item->is_complete)) {
        struct txn *txn = drafted_begin(post->drafted, post->node, post->txn);

        prepare(post, txn, &document, item->is_complete);
        (void)drafted_add(post->drafted, sequence, &document, buf_bytes(&post->body),
                          &item->refusal);
        /* The nearest known is looked for among entries: a scan of all drafts' rows sorts them. */
        advise(post, item->refusal.reason == REASON_UNKNOWN ? post->txn : txn, &document,
               &item->refusal);
        drafted_end(post->drafted);
    }
    draft_add(post->node, post->txn, &post->drafts, &document, buf_bytes(&post->body),
              &item->refusal);
    item->status = SUBMIT_DRAFT;
}

/* --- one post --- */

/* Taking out one draft makes the ledger of all drafts stale, so all that this post replaces are
 * taken out at once: of those whose form needs no draft, which can then not be refused any more. */
static void take_out_later_ones(struct post *post, struct submit_item *items, size_t count)
{
    struct earlier earlier;

    post->taken_out = true;
    for (size_t i = 0; i < count; i++) {
        struct submit_item *item = &items[i];

        if (!item->malformed && !item->is_complete &&
            intake_needs_approval(&post->intake, &item->document) &&
            ledger_check_form(post->node->ledger, post->txn, &item->document, true,
                              &item->refusal) == REASON_NONE &&
            earlier_pass(&post->rules, item, &earlier) && earlier.place == DRAFT_WAITS &&
            intake_pass(&post->intake, item)) {
            earlier_take_out(&post->rules, item, &earlier);
        }
    }
}

static void submit_item(struct post *post, struct submit_item *items, size_t count)
{
    struct submit_item *item = items;
    const bool drafted = intake_needs_approval(&post->intake, &item->document);
    struct earlier earlier;

    if (item->malformed || (!item->is_complete && check_form(post, item) != REASON_NONE)) {
        set_refused(item);
        return;
    }
    if (!earlier_pass(&post->rules, item, &earlier) || !intake_pass(&post->intake, item)) {
        if (item->status == SUBMIT_DRAFT) { /* it waits already, and is told the same again */
            advise(post, post->txn, &item->document, &item->refusal);
        }
        return;
    }
    if (drafted) {
        earlier_take_out(&post->rules, item, &earlier);
        if (earlier.place == DRAFT_WAITS && !post->taken_out) {
            take_out_later_ones(post, items + 1, count - 1);
        }
        draft_item(post, item);
    } else if (enter_item(post, item)) {
        earlier_take_out(&post->rules, item, &earlier);
    }
}

/* True when none was refused. */
static bool submit_all(struct post *post, struct submit_item *items, size_t count)
{
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        submit_item(post, &items[i], count - i);
        all = all && items[i].status != SUBMIT_REFUSED;
    }
    return all;
}

static void enter_rehearsed(struct post *post, struct submit_item *item)
{
    struct document document;
    struct earlier earlier;
    struct bytes body;

    earlier_look(&post->rules, item, &earlier);
    earlier_take_out(&post->rules, item, &earlier);
    item->lsn = rehearsal_enter(post->rehearsal, post->node, post->txn, item->document.kind,
                                &document, &body);
    follow(post, &document, body);
}

/* Behind the rehearsal: what it entered is made an entry, and drafts are made for the first time.
 */
static void submit_rehearsed(struct post *post, struct submit_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct submit_item *item = &items[i];

        if (!item->malformed && intake_needs_approval(&post->intake, &item->document)) {
            item->corrected = item->unchanged = false;
            submit_item(post, item, count - i);
        } else if (item->status == SUBMIT_ACCEPTED) {
            enter_rehearsed(post, item);
        }
    }
}

static void open_post(struct post *post, struct node *node, struct txn *txn,
                      const struct submit_terms *terms, struct drafted *drafted)
{
    *post = (struct post){.node = node, .txn = txn, .terms = terms, .drafted = drafted};
    post->rules = (struct earlier_rules){node, txn, drafted, terms, &post->drafts};
    post->intake = intake_open(node, txn, terms);
}

static void free_post(struct post *post)
{
    draft_batch_free(&post->drafts);
    buf_free(&post->memory);
    buf_free(&post->body);
}

/* True when none was refused. */
static bool rehearse(const struct post *real, struct submit_item *items, size_t count)
{
    struct dry_run dry_run = {.txn = NULL};
    struct drafted drafted = {.count = 0};
    struct post post;
    bool all;

    dry_run_open(&dry_run, real->node, real->txn);
    open_post(&post, real->node, dry_run.txn, real->terms, &drafted);
    post.dry_run = &dry_run;
    post.rehearsal = real->rehearsal;
    all = submit_all(&post, items, count);
    drafted_forget(&drafted);
    dry_run_close(&dry_run);
    free_post(&post);
    return all;
}

static void refuse_all(struct submit_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].status != SUBMIT_REFUSED) {
            refuse_item(&items[i], REASON_NOT_ALL);
        }
    }
}

/* Entries carry their maker's signature, which stands over all of them. */
static bool has_entries_to_sign(const struct post *post, const struct submit_item *items,
                                size_t count)
{
    for (size_t i = 0; post->terms->maker != NULL && i < count; i++) {
        if (!items[i].malformed && !intake_needs_approval(&post->intake, &items[i].document)) {
            return true;
        }
    }
    return false;
}

/* An answer about one document shows which it is. What is no document yet is not looked up. */
static void show_item(struct post *post, const struct submit_item *item)
{
    struct document document;

    if (item->malformed ||
        (item->status == SUBMIT_REFUSED && item->refusal.reason < REASON_EXISTS)) {
        return;
    }
    document_copy(&document, &item->document);
    buf_clear(&post->memory);
    ledger_complete(post->node->ledger, post->txn, &document, &post->memory);
    caption_fill(item->caption, node_roster(post->node), &document);
}

void node_submit(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                 const struct submit_terms *terms)
{
    struct rehearsal rehearsal = {.count = 0};
    struct post post;

    drafted_refresh(&node->drafted);
    drafts_refresh(node, txn);
    open_post(&post, node, txn, terms, &node->drafted);
    post.rehearsal = &rehearsal;
    if (!terms->atomic && !has_entries_to_sign(&post, items, count)) {
        (void)submit_all(&post, items, count);
    } else if (rehearse(&post, items, count) || !terms->atomic) {
        rehearsal_sign(&rehearsal, node, terms->maker);
        submit_rehearsed(&post, items, count);
    } else {
        refuse_all(items, count);
    }
    draft_end(node, txn, &post.drafts, terms->maker, terms->file);
    for (size_t i = 0; i < count; i++) {
        if (items[i].caption != NULL) {
            show_item(&post, &items[i]);
        }
    }
    rehearsal_free(&rehearsal);
    free_post(&post);
}
