/* review - what a checker sees of a batch before he signs it: how many, how much, the largest by
 * kind and by payee, and what is unusual.
 *
 *   drafts of the selection  --+--> counts, totals, the largest; the tightest line
 *   newest documents of the  --+--> unusual: a payee that none of them had; the same payee and
 *   own log, of its kinds           amount again; a round sum where they are rare; far above the
 *                                   median
 *
 * What is usual follows from the newest HISTORY_MAX documents of the same kinds, and costs nothing
 * until somebody asks.
 *
 * Owns: a review, from review_make until review_free.
 * Thread: a worker's (workers.h). Units: fen. */
#ifndef TERRACE_NODE_API_REVIEW_H
#define TERRACE_NODE_API_REVIEW_H

#include "node/api/brief.h"
#include "node/api/review_history.h"
#include "node/api/review_tightest.h"
#include "node/office/selection.h"

enum {
    REVIEW_NAMED_MAX = 5,
    REVIEW_PAYEES_MAX = 10,
    REVIEW_MAKERS_MAX = 8,
    REVIEW_MARKED_MAX = 500,
};

struct review_named { /* one of the largest */
    char id[DOCUMENT_ID_MAX + 1], to[BRIEF_PARTY_MAX];
    char other[DOCUMENT_ID_MAX + 1]; /* the document that it repeats */
    int64_t money;
};
struct review_sum {
    size_t count;
    int128 total;
    struct review_named largest[REVIEW_NAMED_MAX];
    size_t named;
};
enum unusual { UNUSUAL_PAYEE, UNUSUAL_SAME, UNUSUAL_ROUND, UNUSUAL_LARGE, UNUSUALS };
const char *unusual_name(enum unusual unusual); /* "new_payee" */

/* A document with something unusual about it: bits of enum unusual. */
struct review_marked {
    struct review_named named;
    unsigned what;
};

struct review {
    struct review_sum all, kinds[KINDS_END], payees[REVIEW_PAYEES_MAX], unusual[UNUSUALS];
    size_t payee_count;           /* of all; the largest are in payees */
    struct review_marked *marked; /* the unusual ones, by money; REVIEW_MARKED_MAX at most */
    size_t marked_count;          /* of them all */
    struct tightest tightest;     /* of the lines that it takes money from */
    size_t history;               /* documents that it was compared with */
    char makers[REVIEW_MAKERS_MAX][64];
    size_t maker_count;
    uint64_t first_ms, last_ms;
};
struct review *review_make(const struct view *view, const struct service *service,
                           const struct roster_snapshot *roster, const struct selection *selection);
void review_free(struct review *review); /* NULL is fine */

#endif
