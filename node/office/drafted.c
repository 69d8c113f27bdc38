#include "node/office/drafted.h"

#include "node/core/node_struct.h"
#include "node/office/drafts.h"
#include "proto/array.h"

/* Building it again has a bound, and so has what it keeps. */
enum { DRAFTED_MAX = 10000, DRAFTED_BYTES_MAX = 32 << 20 };

static uint64_t own_next_lsn(const struct drafted *drafted)
{
    return replicator_next_lsn(drafted->dry_run.node->replicator);
}

bool drafted_is_current(const struct drafted *drafted)
{
    return dry_run_is_open(&drafted->dry_run) && drafted->next_lsn == own_next_lsn(drafted);
}

void drafted_forget(struct drafted *drafted)
{
    if (!dry_run_is_open(&drafted->dry_run)) {
        return;
    }
    dry_run_close(&drafted->dry_run);
    mem_free(drafted->verdicts);
    arena_free(&drafted->memory);
    *drafted = (struct drafted){.count = 0};
}

/* --- verdicts, by sequence --- */

static int compare_sequence(const void *key, const void *item)
{
    const uint64_t sequence = *(const uint64_t *)key;
    const struct drafted_verdict *verdict = item;

    return sequence < verdict->sequence ? -1 : sequence > verdict->sequence;
}

const struct drafted_verdict *drafted_find(const struct drafted *drafted, uint64_t sequence)
{
    const size_t at =
        ARRAY_LOWER_BOUND(drafted->verdicts, drafted->count, &sequence, compare_sequence);

    return at < drafted->count && drafted->verdicts[at].sequence == sequence
               ? &drafted->verdicts[at]
               : NULL;
}

static const struct refusal *keep_refusal(struct drafted *drafted, const struct refusal *refusal)
{
    struct refusal *copy = arena_alloc(&drafted->memory, sizeof *copy);

    *copy = *refusal;
    return copy;
}

static bool has_room(const struct drafted *drafted, struct bytes body)
{
    return drafted->dry_run.count < DRAFTED_MAX &&
           drafted->dry_run.memory.used + body.size <= DRAFTED_BYTES_MAX;
}

enum reason drafted_add(struct drafted *drafted, uint64_t sequence, const struct document *document,
                        struct bytes body, struct refusal *refusal)
{
    struct drafted_verdict verdict = {.sequence = sequence};
    const enum reason reason = dry_run_check(&drafted->dry_run, document, refusal);

    if (reason != REASON_NONE) {
        verdict.refusal = keep_refusal(drafted, refusal);
        drafted->first_refused = drafted->first_refused == 0 ? sequence : drafted->first_refused;
    } else if (has_room(drafted, body)) {
        dry_run_enter(&drafted->dry_run, document, body);
        verdict.fits = true;
        drafted->order_matters = drafted->order_matters || !kind_only_takes(document->kind);
    }
    ARRAY_ROOM(drafted->verdicts, drafted->count, drafted->capacity);
    drafted->verdicts[drafted->count++] = verdict;
    return reason;
}

/* --- building it --- */

static bool add_waiting(void *arg, const struct draft *draft)
{
    struct drafted *drafted = arg;
    struct document document;
    struct refusal refusal;
    struct err err;

    if (draft->kind != KIND_OPERATOR && /* which no rule of the ledger judges */
        document_decode(&document, draft->kind, draft->body, &err) == OK) {
        (void)drafted_add(drafted, draft->sequence, &document, draft->body, &refusal);
    }
    return drafted->count < DRAFTED_MAX && has_room(drafted, draft->body);
}

static void build(struct drafted *drafted, struct node *node, struct txn *txn)
{
    drafted_forget(drafted);
    arena_init(&drafted->memory, SIZE_MAX / 2);
    dry_run_open_apart(&drafted->dry_run, node, txn);
    draft_each(txn, add_waiting, drafted);
    drafted->next_lsn = own_next_lsn(drafted);
}

/* Is much of it no draft any more? Building it again costs what waits, so it is done when little
 * does, unless room is short. */
static bool is_worn(const struct drafted *drafted)
{
    const size_t waiting = drafted->count - drafted->entered;

    return drafted->count >= 2 * DRAFTED_MAX ||
           (drafted->entered > DRAFTED_MAX / 4 &&
            (!has_room(drafted, BYTES_NONE) || waiting < drafted->entered / 16));
}

void drafted_refresh(struct drafted *drafted)
{
    if (drafted->outdated) {
        drafted_forget(drafted);
    }
}

struct txn *drafted_begin(struct drafted *drafted, struct node *node, struct txn *txn)
{
    if (!drafted_is_current(drafted) || is_worn(drafted)) {
        build(drafted, node, txn);
    } else {
        dry_run_resume(&drafted->dry_run);
    }
    return drafted->dry_run.txn;
}

void drafted_end(struct drafted *drafted)
{
    dry_run_rest(&drafted->dry_run);
}

/* --- following what happens below it --- */

/* Does all but this draft lie in it as in the rows below? */
static bool follows(const struct drafted *drafted, uint64_t entries)
{
    return drafted->next_lsn + entries == own_next_lsn(drafted);
}

void drafted_entered(struct drafted *drafted, uint64_t sequence)
{
    const struct drafted_verdict *verdict;

    if (!dry_run_is_open(&drafted->dry_run)) {
        return;
    }
    verdict = drafted_find(drafted, sequence);
    if (verdict == NULL || !verdict->fits || !follows(drafted, 1)) {
        drafted_forget(drafted);
        return;
    }
    drafted->next_lsn++;
    drafted->entered++;
    if (drafted->order_matters ||
        (drafted->first_refused != 0 && drafted->first_refused < sequence)) {
        drafted->outdated = true;
    }
}

void drafted_dropped(struct drafted *drafted, uint64_t sequence)
{
    const struct drafted_verdict *verdict;

    if (!dry_run_is_open(&drafted->dry_run)) {
        return;
    }
    verdict = drafted_find(drafted, sequence);
    if (verdict != NULL && verdict->fits) {
        drafted_forget(drafted);
    }
}

void drafted_follow(struct drafted *drafted, const struct document *document, struct bytes body)
{
    struct refusal refusal;

    if (!dry_run_is_open(&drafted->dry_run)) {
        return;
    }
    if (!follows(drafted, 1)) {
        drafted_forget(drafted);
        return;
    }
    dry_run_resume(&drafted->dry_run);
    if (dry_run_check(&drafted->dry_run, document, &refusal) != REASON_NONE) {
        dry_run_rest(&drafted->dry_run);
        drafted_forget(drafted); /* drafts took what it took: all are judged again */
        return;
    }
    dry_run_enter(&drafted->dry_run, document, body);
    dry_run_rest(&drafted->dry_run);
    drafted->next_lsn++;
    drafted->outdated = drafted->outdated || drafted->order_matters || drafted->first_refused != 0;
}
