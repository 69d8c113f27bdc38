/* between - what the files of the edges between levels have from each other: transfers and remits,
 * their answers and settles, differences, recalls, and what takes back.
 *
 *   transfer.c, remit.c, recall.c  --ask-->  answer.c  --answer-->  settle.c
 *   difference.c: both sides of a negative one    withdraw.c: back before the answer
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_BETWEEN_H
#define TERRACE_NODE_LEDGER_FAMILIES_BETWEEN_H

#include "node/ledger/families/family.h"

/* --- difference.c --- */

/* Elements and origin, as the early transfer has them. */
void difference_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                         struct buf *memory);
/* unknown_early_bgt_id: an own early transfer of the same receiver, fund and year. */
bool difference_knows_early(struct facts *facts);
check_fn difference_known, difference_stands, difference_amount;
book_fn difference_note;
/* Of an answer: the own register that answered the early transfer; "" for none. */
struct short_text difference_own(struct txn *txn, struct division self, struct division issuer,
                                 struct bytes early);
check_fn difference_answer_stands, difference_answer_amount;
book_fn difference_book_answer;

/* --- answer.c --- */

complete_fn answer_complete;
/* missing_<field>, bad_amount of what an issuer may have left out; unknown_<field> of the ask;
 * wrong_state: it is answered; issuer_unapproved; and all that, and whether its money may be taken.
 */
check_fn answer_usable, answer_known, answer_open, answer_approved, answer_registrable;
index_fn answer_index;
/* An ask of a log above is listed at the own transfer that it is about. */
void ask_note_above(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                    const struct document *document);

/* --- settle.c --- */

book_fn settle_book;
index_fn settle_index;
/* The settle of an answer that fits, for the own log, in this turn. */
void settle_send(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                 const struct document *answer);
/* The same of the answer that was there before an own ask, which was put aside, was entered again.
 */
void settle_earlier(struct ledger *ledger, struct txn *txn, const struct applied *ask,
                    const struct document *document);

/* An id of the node's own: `mark` behind the dot, then 32 hex of a hash over division and id. */
enum { NODES_ID_SIZE = 2 + 32 + 1 };
void nodes_id(char out[NODES_ID_SIZE], char mark, struct division division, struct bytes id);

#endif
