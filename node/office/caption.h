/* caption - what an answer shows of the one document it is about, so that a person sees whether it
 * is the one he meant: whose money or to whom, how much, under which number.
 *
 * Owns: copies of all that it shows. Thread: any; pure. Units: fen. */
#ifndef TERRACE_NODE_OFFICE_CAPTION_H
#define TERRACE_NODE_OFFICE_CAPTION_H

#include "node/ledger/rows/open_items.h"
#include "proto/document.h"
#include "replicator/trust/roster.h"

enum { CAPTION_PAYEE_MAX = 360, CAPTION_NUMBER_MAX = 200 };

struct caption {
    uint32_t kind;            /* 0: nothing is known of the document */
    bool from_issuer;         /* its other division is its issuer; else its receiver */
    struct division division; /* NONE: it has none */
    char division_name[NAME_BYTES_MAX + 1]; /* "" when the roster does not have it */
    char payee[CAPTION_PAYEE_MAX + 1];
    bool has_amount;
    int64_t amount;
    char number[CAPTION_NUMBER_MAX + 1]; /* of the paper behind it */
};

/* Of a document as completed: what it does not say stays empty. */
void caption_fill(struct caption *caption, const struct roster *roster,
                  const struct document *document);
/* The same of a body. `caption` may be NULL, and a body that cannot be read fills in nothing. */
void caption_fill_body(struct caption *caption, const struct roster *roster, uint32_t kind,
                       struct bytes body);
/* The same of a transfer that waits for an answer: its issuer for who must answer, its receiver for
 * who waits. */
void caption_fill_open(struct caption *caption, const struct roster *roster,
                       const struct open_item *item, bool from_issuer);

#endif
