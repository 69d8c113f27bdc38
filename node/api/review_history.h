/* review_history - what of documents is compared: to whom, how much, and whether it was said
 * before.
 *
 * Owns: its arrays, until history_free. Thread: a worker's (workers.h). Units: fen. */
#ifndef TERRACE_NODE_API_REVIEW_HISTORY_H
#define TERRACE_NODE_API_REVIEW_HISTORY_H

#include "node/api/view.h"
#include "node/office/brief.h"

enum {
    HISTORY_MAX = 20000,       /* documents */
    HISTORY_BLOCKS_MAX = 2000, /* read for them */
    HISTORY_USUAL_MIN = 20,    /* fewer say nothing of what is usual */
};
#define ROUND_FEN INT64_C(1000000) /* 10,000 yuan: multiples of it are round sums */

struct fact {
    uint32_t kind;
    bool has_payee;
    uint64_t payee; /* hash of account and name */
    uint64_t same;  /* of kind, payee, amount and purpose; without a payee, of the paper */
    int64_t money;
    char id[DOCUMENT_ID_MAX + 1];
};
void fact_of(struct fact *fact, const struct document *document);
static inline bool fact_is_round(const struct fact *fact)
{
    return fact->has_payee && fact->money >= ROUND_FEN && fact->money % ROUND_FEN == 0;
}

struct history {
    struct fact *by_payee, *by_same; /* the same facts, sorted */
    size_t count;
    int64_t median[KINDS_END]; /* 0: too few */
    bool round_is_usual[KINDS_END];
};
/* The newest of the own log, of the kinds for which wanted[kind]. */
void history_read(struct history *history, const struct view *view, struct division self,
                  const bool wanted[KINDS_END]);
bool history_knows_payee(const struct history *history, const struct fact *fact);
/* The document that said the same, or NULL. */
const struct fact *history_same(const struct history *history, const struct fact *fact);
void history_free(struct history *history);

#endif
