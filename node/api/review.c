#include "node/api/review.h"

#include <stdio.h>
#include <stdlib.h>

enum { FAR_ABOVE = 10 }; /* times the median */

const char *unusual_name(enum unusual unusual)
{
    static const char *const names[] = {
        [UNUSUAL_PAYEE] = "new_payee",
        [UNUSUAL_SAME] = "same_again",
        [UNUSUAL_ROUND] = "round_sum",
        [UNUSUAL_LARGE] = "far_above_usual",
    };
    return names[unusual];
}

/* One document of the selection. */
struct reviewed {
    struct fact fact;
    struct taken taken;
    char to[BRIEF_PARTY_MAX];
    bool is_payee;                   /* or a division: whoever it is to is somebody else */
    unsigned unusual;                /* bits of enum unusual */
    char other[DOCUMENT_ID_MAX + 1]; /* that it repeats; "" */
};

/* --- sums and the largest --- */

static void name_largest(struct review_sum *sum, const struct reviewed *document, const char *other)
{
    size_t at = sum->named;

    while (at > 0 && sum->largest[at - 1].money < document->fact.money) {
        at--;
    }
    if (at == REVIEW_NAMED_MAX) {
        return;
    }
    if (sum->named < REVIEW_NAMED_MAX) {
        sum->named++;
    }
    memmove(&sum->largest[at + 1], &sum->largest[at],
            (sum->named - at - 1) * sizeof sum->largest[0]);
    sum->largest[at] = (struct review_named){.money = document->fact.money};
    memcpy(sum->largest[at].id, document->fact.id, sizeof document->fact.id);
    memcpy(sum->largest[at].to, document->to, sizeof document->to);
    (void)snprintf(sum->largest[at].other, sizeof sum->largest[at].other, "%s", other);
}

static void add_to(struct review_sum *sum, const struct reviewed *document, const char *other)
{
    sum->count++;
    sum->total += document->fact.money;
    name_largest(sum, document, other);
}

/* --- by payee --- */

static int by_payee(const void *left, const void *right)
{
    const struct reviewed *a = *(struct reviewed *const *)left,
                          *b = *(struct reviewed *const *)right;

    return a->fact.payee < b->fact.payee ? -1 : a->fact.payee > b->fact.payee;
}

/* Keeps it when it is among those with the most money. */
static void keep_payee(struct review *review, const struct review_sum *payee)
{
    size_t kept = review->payee_count < REVIEW_PAYEES_MAX ? review->payee_count : REVIEW_PAYEES_MAX;
    size_t at = kept;

    review->payee_count++;
    while (at > 0 && review->payees[at - 1].total < payee->total) {
        at--;
    }
    if (at == REVIEW_PAYEES_MAX) {
        return;
    }
    kept += kept < REVIEW_PAYEES_MAX;
    memmove(&review->payees[at + 1], &review->payees[at], (kept - at - 1) * sizeof *review->payees);
    review->payees[at] = *payee;
}

static void sum_payees(struct review *review, struct reviewed *documents, size_t count)
{
    const struct reviewed **sorted = mem_zalloc((count + 1) * sizeof *sorted);
    struct review_sum *payee = mem_zalloc(sizeof *payee);
    size_t paid = 0;

    for (size_t i = 0; i < count; i++) {
        if (documents[i].is_payee) {
            sorted[paid++] = &documents[i];
        }
    }
    qsort(sorted, paid, sizeof *sorted, by_payee);
    for (size_t i = 0; i < paid; i++) {
        add_to(payee, sorted[i], "");
        if (i + 1 == paid || sorted[i + 1]->fact.payee != sorted[i]->fact.payee) {
            keep_payee(review, payee);
            *payee = (struct review_sum){.count = 0};
        }
    }
    mem_free(payee);
    mem_free(sorted);
}

/* --- what is unusual --- */

static void mark(struct review *review, struct reviewed *document, enum unusual unusual,
                 const char *other)
{
    add_to(&review->unusual[unusual], document, other);
    document->unusual |= 1U << unusual;
    if (other[0] != '\0') {
        (void)snprintf(document->other, sizeof document->other, "%s", other);
    }
}

static void judge(struct review *review, struct reviewed *document, const struct history *history)
{
    const struct fact *fact = &document->fact;
    const struct fact *same = fact->money == 0 ? NULL : history_same(history, fact);

    if (fact->has_payee && history->count > 0 && !history_knows_payee(history, fact)) {
        mark(review, document, UNUSUAL_PAYEE, "");
    }
    if (same != NULL) {
        mark(review, document, UNUSUAL_SAME, same->id);
    }
    if (fact_is_round(fact) && !history->round_is_usual[fact->kind]) {
        mark(review, document, UNUSUAL_ROUND, "");
    }
    if (history->median[fact->kind] > 0 && fact->money / FAR_ABOVE > history->median[fact->kind]) {
        mark(review, document, UNUSUAL_LARGE, "");
    }
}

static int by_same(const void *left, const void *right)
{
    const struct fact *a = &(*(struct reviewed *const *)left)->fact;
    const struct fact *b = &(*(struct reviewed *const *)right)->fact;

    return a->same < b->same ? -1 : a->same > b->same;
}

/* The same payee and amount twice within the batch. */
static void find_repeated(struct review *review, struct reviewed *documents, size_t count)
{
    struct reviewed **sorted = mem_zalloc((count + 1) * sizeof *sorted);

    for (size_t i = 0; i < count; i++) {
        sorted[i] = &documents[i];
    }
    qsort(sorted, count, sizeof *sorted, by_same);
    for (size_t i = 1; i < count; i++) {
        if (sorted[i]->fact.money != 0 && sorted[i]->fact.same == sorted[i - 1]->fact.same) {
            mark(review, sorted[i], UNUSUAL_SAME, sorted[i - 1]->fact.id);
        }
    }
    mem_free(sorted);
}

static int by_money(const void *left, const void *right)
{
    const struct review_marked *a = left, *b = right;

    return a->named.money > b->named.money ? -1 : a->named.money < b->named.money;
}

/* All that are unusual, with what is; what is beyond the bound is counted alone. */
static void collect_marked(struct review *review, const struct reviewed *documents, size_t count)
{
    struct review_marked *all = mem_zalloc((count + 1) * sizeof *all);

    for (size_t i = 0; i < count; i++) {
        struct review_marked *marked = &all[review->marked_count];

        if (documents[i].unusual != 0) {
            marked->what = documents[i].unusual;
            marked->named.money = documents[i].fact.money;
            memcpy(marked->named.id, documents[i].fact.id, sizeof marked->named.id);
            memcpy(marked->named.to, documents[i].to, sizeof marked->named.to);
            memcpy(marked->named.other, documents[i].other, sizeof marked->named.other);
            review->marked_count++;
        }
    }
    qsort(all, review->marked_count, sizeof *all, by_money);
    review->marked = all;
}

/* --- what it takes --- */

static void find_tightest(struct review *review, const struct view *view, struct division self,
                          const struct reviewed *documents, size_t count)
{
    struct taken *taken = mem_zalloc((count + 1) * sizeof *taken);

    for (size_t i = 0; i < count; i++) {
        taken[i] = documents[i].taken;
    }
    review->tightest = tightest_of(view->txn, self, taken, count);
    mem_free(taken);
}

/* --- the whole --- */

static void add_maker(struct review *review, struct txn *txn, uint64_t number)
{
    struct batch_row batch;

    if (!batch_find(txn, number, &batch)) {
        return;
    }
    for (size_t i = 0; i < review->maker_count; i++) {
        if (strcmp(review->makers[i], batch.maker) == 0) {
            return;
        }
    }
    if (review->maker_count < REVIEW_MAKERS_MAX) {
        memcpy(review->makers[review->maker_count++], batch.maker, sizeof batch.maker);
    }
}

/* Reads one; false when it is gone or damaged, which a snapshot never shows by halves. */
static bool read_document(struct review *review, struct reviewed *out, struct txn *txn,
                          struct draft_ref ref, const struct roster_snapshot *roster)
{
    struct draft draft;
    struct document document;
    struct brief brief;
    struct err err;

    if (!draft_at(txn, ref, &draft) ||
        document_decode(&document, draft.kind, draft.body, &err) != OK || draft.kind >= KINDS_END) {
        return false;
    }
    fact_of(&out->fact, &document);
    out->taken = taken_by(&document);
    brief_of(&brief, &document);
    brief_party(out->to, &brief, roster);
    out->is_payee = brief.party.size > 0 && !brief.party_is_agency;
    if (review->first_ms == 0 || draft.unix_ms < review->first_ms) {
        review->first_ms = draft.unix_ms;
    }
    if (draft.unix_ms > review->last_ms) {
        review->last_ms = draft.unix_ms;
    }
    add_maker(review, txn, draft.batch);
    return true;
}

static size_t read_documents(struct review *review, struct reviewed *documents, struct txn *txn,
                             const struct selection *selection,
                             const struct roster_snapshot *roster, bool wanted[KINDS_END])
{
    size_t count = 0;

    for (size_t i = 0; i < selection->count; i++) {
        struct reviewed *document = &documents[count];

        if (read_document(review, document, txn, selection->at[i].ref, roster)) {
            add_to(&review->all, document, "");
            add_to(&review->kinds[document->fact.kind], document, "");
            wanted[document->fact.kind] = true;
            count++;
        }
    }
    return count;
}

struct review *review_make(const struct view *view, const struct service *service,
                           const struct roster_snapshot *roster, const struct selection *selection)
{
    struct review *review = mem_zalloc(sizeof *review);
    struct reviewed *documents = mem_zalloc((selection->count + 1) * sizeof *documents);
    bool wanted[KINDS_END] = {false};
    const size_t count = read_documents(review, documents, view->txn, selection, roster, wanted);
    struct history history;

    history_read(&history, view, service->self, wanted);
    review->history = history.count;
    for (size_t i = 0; i < count; i++) {
        judge(review, &documents[i], &history);
    }
    find_repeated(review, documents, count);
    collect_marked(review, documents, count);
    sum_payees(review, documents, count);
    find_tightest(review, view, service->self, documents, count);
    history_free(&history);
    mem_free(documents);
    return review;
}

void review_free(struct review *review)
{
    if (review != NULL) {
        mem_free(review->marked);
        mem_free(review);
    }
}
