#include "node/office/dry_submit.h"

#include "node/core/node_struct.h"
#include "node/ledger/families/advice.h"
#include "node/office/earlier.h"
#include "node/office/intake.h"
#include "node/office/operators.h"

enum { POST_SEED = 1 }; /* a post has 1,000 documents at most: nobody gains by ids that collide */

/* What one post is held against. */
struct dry_post {
    struct node *node;
    struct txn *txn; /* the turn's */
    const struct submit_item *items;
    uint64_t *hashes;   /* of their ids: whether one stands there twice is asked of each */
    struct dry_run run; /* its txn has what the post has said so far */
    struct draft_batch batch;
    struct earlier_rules rules;
    struct buf memory, body;
    struct intake intake;
    size_t advised;
};

/* --- the line --- */

/* Of a document about a payment: the line of that. */
static struct bytes line_of(const struct dry_post *post, const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);
    const struct bytes about = document_about(document);
    struct doc_row payment;

    if (info->about == ABOUT_PAYMENT && about.size > 0 &&
        doc_load(post->run.txn, post->node->config.self, about, &payment)) {
        return short_text_bytes(&payment.about);
    }
    return info->about == ABOUT_LINE ? about : BYTES_NONE;
}

static void load_line(const struct dry_post *post, struct txn *txn, struct bytes id,
                      int128 balance[ACCOUNTS])
{
    struct indicator indicator;

    if (indicator_load(txn, post->node->config.self, id, &indicator)) {
        memcpy(balance, indicator.balance, sizeof indicator.balance);
    }
}

static void show_before(const struct dry_post *post, const struct document *document,
                        struct dry_line *line)
{
    const struct bytes id = line_of(post, document);

    if (id.size == 0 || id.size > DOCUMENT_ID_MAX) {
        return;
    }
    memcpy(line->id, id.data, id.size);
    load_line(post, post->txn, bytes_text(line->id), line->entered);
    load_line(post, post->run.txn, bytes_text(line->id), line->drafted);
    memcpy(line->after, line->drafted, sizeof line->after);
}

/* --- one document --- */

static void set_refused(struct submit_item *item)
{
    item->status = item->refusal.reason == REASON_EXISTS ? SUBMIT_EXISTS : SUBMIT_REFUSED;
}

/* Completed and judged; entered, so that what follows in the post may build on it. */
static void judge(struct dry_post *post, struct submit_item *item, struct dry_shown *shown)
{
    const bool drafted = intake_needs_approval(&post->intake, &item->document);
    struct ledger *ledger = post->node->ledger;
    struct document document;
    enum reason reason;

    document_copy(&document, &item->document);
    buf_clear(&post->memory);
    buf_clear(&post->body);
    ledger_complete(ledger, post->run.txn, &document, &post->memory);
    document_encode(&post->body, &document);
    if (shown != NULL) {
        shown->kind = document.kind;
        buf_append_bytes(&shown->body, buf_bytes(&post->body));
        show_before(post, &document, &shown->line);
    }
    reason = ledger_check_rules(ledger, post->run.txn, &document, &item->refusal);
    if (reason == REASON_NONE) {
        dry_run_enter(&post->run, &document, buf_bytes(&post->body));
    } else if (post->advised++ < ADVISED_MAX) {
        ledger_advise(ledger, post->run.txn, &document, &item->refusal);
    }
    item->status = drafted                 ? SUBMIT_DRAFT
                   : reason == REASON_NONE ? SUBMIT_ACCEPTED
                                           : SUBMIT_REFUSED;
    if (shown != NULL && reason == REASON_NONE && shown->line.id[0] != '\0') {
        load_line(post, post->run.txn, bytes_text(shown->line.id), shown->line.after);
    }
}

/* The one of this post that has the id already; NULL: none. */
static const struct submit_item *first_of_id(const struct dry_post *post,
                                             const struct submit_item *item)
{
    const size_t at = (size_t)(item - post->items);

    for (size_t i = 0; i < at; i++) {
        const struct submit_item *other = &post->items[i];

        if (post->hashes[i] == post->hashes[at] && !other->malformed &&
            (other->status == SUBMIT_DRAFT || other->status == SUBMIT_ACCEPTED) &&
            bytes_equal(document_id(&other->document), document_id(&item->document))) {
            return other;
        }
    }
    return NULL;
}

/* Twice in one post: the same again is told the same; another text is a slip. False: it is told. */
static bool pass_first_of_id(const struct dry_post *post, struct submit_item *item)
{
    const struct submit_item *first = first_of_id(post, item);

    if (first == NULL) {
        return true;
    }
    if (document_compare(&item->document, &first->document, &item->refusal) == REASON_NONE) {
        item->unchanged = true;
        item->refusal = first->refusal;
        item->status = first->status == SUBMIT_DRAFT ? SUBMIT_DRAFT : SUBMIT_EXISTS;
        return false;
    }
    item->status = SUBMIT_REFUSED;
    return false;
}

static void judge_item(struct dry_post *post, struct submit_item *item, struct dry_shown *shown)
{
    struct earlier earlier;

    if (item->malformed || ledger_check_form(post->node->ledger, post->run.txn, &item->document,
                                             true, &item->refusal) != REASON_NONE) {
        set_refused(item);
    } else if (earlier_pass(&post->rules, item, &earlier) && pass_first_of_id(post, item) &&
               intake_pass(&post->intake, item)) {
        item->refusal.reason = REASON_NONE;
        judge(post, item, shown);
    }
}

/* --- one post --- */

static bool any_needs_approval(const struct dry_post *post, const struct submit_item *items,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!items[i].malformed && intake_needs_approval(&post->intake, &items[i].document)) {
            return true;
        }
    }
    return false;
}

static bool any_replaces_draft(const struct dry_post *post, const struct submit_item *items,
                               size_t count)
{
    struct draft draft;

    for (size_t i = 0; i < count; i++) {
        if (!items[i].malformed &&
            draft_find(post->node, post->txn, document_id(&items[i].document), &draft)) {
            return true;
        }
    }
    return false;
}

void node_submit_dry(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                     const struct submit_terms *terms, struct dry_shown *shown)
{
    struct drafted *drafted = &node->drafted;
    struct dry_post post = {.node = node, .txn = txn, .items = items};
    bool with_drafts;

    post.hashes = mem_zalloc(count * sizeof *post.hashes);
    for (size_t i = 0; i < count; i++) {
        post.hashes[i] =
            items[i].malformed ? 0 : bytes_hash(document_id(&items[i].document), POST_SEED);
    }
    drafted_refresh(drafted);
    post.rules = (struct earlier_rules){node, txn, drafted, terms, &post.batch};
    post.intake = intake_open(node, txn, terms);
    with_drafts =
        any_needs_approval(&post, items, count) && !any_replaces_draft(&post, items, count);
    dry_run_open(&post.run, node, with_drafts ? drafted_begin(drafted, node, txn) : txn);
    for (size_t i = 0; i < count; i++) {
        judge_item(&post, &items[i], shown);
    }
    dry_run_close(&post.run);
    if (with_drafts) {
        drafted_end(drafted);
    }
    buf_free(&post.memory);
    buf_free(&post.body);
    mem_free(post.hashes);
}

void dry_shown_free(struct dry_shown *shown)
{
    buf_free(&shown->body);
}
