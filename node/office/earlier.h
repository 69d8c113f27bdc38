/* earlier - a document comes under an id that was used before.
 *
 *   an entry                exists, or exists_with_different_<field>
 *   a draft, the same text  it waits already; of a former epoch: its maker signs it anew
 *   a draft, another text   its maker's: replaced when approval would refuse it, or on his word
 *   set aside               its maker's: handed in again
 *
 * Nothing is changed by asking: the earlier text is taken out once the new one is sure to take its
 * place, so that none is lost on the way.
 *
 * Owns: nothing. Thread: the loop thread, inside a task. */
#ifndef TERRACE_NODE_OFFICE_EARLIER_H
#define TERRACE_NODE_OFFICE_EARLIER_H

#include "node/office/drafted.h"
#include "node/office/drafts.h"

/* Who asks. */
struct earlier_rules {
    struct node *node;
    struct txn *txn;
    struct drafted *drafted;
    const struct submit_terms *terms;
    const struct draft_batch *batch; /* of this post: the same id twice in it is a slip */
};

struct earlier {
    enum draft_place place;
    struct draft draft; /* where it waits */
};

/* What an id stands for beside an entry. */
void earlier_look(const struct earlier_rules *rules, const struct submit_item *item,
                  struct earlier *earlier);
/* True when the document may go on; else the item has its status, and what of it is known. */
bool earlier_pass(const struct earlier_rules *rules, struct submit_item *item,
                  struct earlier *earlier);
void earlier_take_out(const struct earlier_rules *rules, const struct submit_item *item,
                      const struct earlier *earlier);

#endif
