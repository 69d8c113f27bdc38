/* open_items - what waits for an answer, in the order in which it is due.
 *
 *   asking document --> open_item_add --> row of the list, and its sum --> open_item_remove <--
 * answer
 *
 * A list is one division's. OPEN_TO_REGISTER has the asks to this node's division that it has not
 * answered: transfers and recalls from above, remits from below; it comes of several logs.
 * OPEN_AWAITED has a division's own asks that its node has not settled; it follows from that
 * division's log alone. A list is as long as what waits, and not as what was ever said: who asks
 * reads rows of it, and nobody counts them. Payments are in none.
 *
 * Owns: ROW_TO_REGISTER, ROW_AWAITED and their sums. Views of a row live until the next put of it.
 * Thread: that of the txn. Units: amounts are fen, days those of schema/clocks.h. */
#ifndef TERRACE_NODE_LEDGER_ROWS_OPEN_ITEMS_H
#define TERRACE_NODE_LEDGER_ROWS_OPEN_ITEMS_H

#include "node/ledger/rows/rows.h"

enum open_list { OPEN_TO_REGISTER, OPEN_AWAITED, OPEN_LISTS };

/* Where an item stands in its list, which is also its name. */
struct open_place {
    uint64_t due;           /* the last day for the answer */
    struct division author; /* of the asking document */
    struct bytes id;
};

struct open_item {
    struct open_place place;
    uint32_t kind;
    struct division party; /* who must answer */
    int year;
    int64_t amount;
    uint64_t since_ms;
    struct bytes number; /* cor_bgt_doc_no; "" for none */
};

/* What a recall or a negative difference asks for is no money on its way, and not in the amount. */
struct open_sum {
    uint64_t count;
    int128 amount;
};

void open_item_add(struct txn *txn, enum open_list list, struct division division,
                   const struct open_item *item);
/* Changes nothing when it is not in the list. */
void open_item_remove(struct txn *txn, enum open_list list, struct division division,
                      const struct open_place *place);

struct open_sum open_items_sum(struct txn *txn, enum open_list list, struct division division);

/* In the order of days, authors and ids, from the first behind `after` on (NULL: from the first),
 * until `visit` returns false. A read error is sticky in the txn. */
void open_items_each(struct txn *txn, enum open_list list, struct division division,
                     const struct open_place *after,
                     bool (*visit)(void *arg, const struct open_item *item), void *arg);

#endif
