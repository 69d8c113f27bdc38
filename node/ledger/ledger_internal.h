/* ledger_internal - what the parts of a ledger share. Not for anybody else.
 *
 * A journal gathers what the entries since the last digest booked, in the very form in which it
 * is hashed. When a block closes, digest, sums, roll-ups and lists are made from it in one go: a
 * row that a thousand payments touch is then written once. */
#ifndef TERRACE_NODE_LEDGER_LEDGER_INTERNAL_H
#define TERRACE_NODE_LEDGER_LEDGER_INTERNAL_H

#include "node/ledger/postings.h"
#include "node/ledger/rollups.h"

struct journal {
    struct buf folded; /* booking_fold of every entry */
    struct buf filed;  /* kind(u32) lsn(u64) size(u8) id of every document */
    uint64_t last_lsn, last_time_ms;
};

struct ledger {
    struct ledger_config config;
    struct journal own;   /* since the own log's last digest */
    struct journal block; /* of the block being applied */
    struct tally tally;
    struct buf elements, memory;
    bool in_trial; /* what is only tried raises no alarm */
};

void ledger_alarm(const struct ledger *ledger, const char *code, struct division about,
                  const char *format, ...) PRINTF(4, 5);

/* Is `division` this node's own, or one above it? */
bool ledger_is_above(const struct ledger *ledger, struct division division);
bool ledger_is_below(const struct ledger *ledger, struct division division); /* or own */

/* What an entry is looked up by later, beside its own row. */
void ledger_index_entry(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                        const struct document *document);
/* Does this version know the entry's kind and format? */
bool ledger_knows(const struct entry *entry);
/* Alarms that what begins with `entry` waits for an upgrade. Returns ERR_NEEDS_UPGRADE. */
enum status ledger_stop_before(const struct ledger *ledger, struct division author,
                               const struct entry *entry, struct err *err);

/* --- journal (journal.c) --- */

void journal_clear(struct journal *journal);
void journal_free(struct journal *journal);
void journal_add(struct journal *journal, const struct applied *entry, struct bytes id,
                 const struct booking *booking);
/* Only the list: a document of a log above. */
void journal_file(struct journal *journal, const struct applied *entry, struct bytes id);
/* Writes the lists. */
void journal_list(const struct journal *journal, struct txn *txn, struct division author);
/* Writes lists, sums and roll-ups; the caller writes the position. */
void journal_post(struct ledger *ledger, const struct journal *journal, struct txn *txn,
                  struct division author);

/* --- catalogues (catalogues.c) --- */

/* Has `owner` an agency ('A'), account ('K') or project ('P') under this code in that year? */
bool catalogue_known(struct txn *txn, char letter, struct division owner, struct bytes code,
                     int year, struct catalogue_row *out);
/* The project this node uses under a code: of all owners from the root down to here the first. */
bool catalogue_project(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                       int year, struct catalogue_row *out);
/* Which code set a field is checked against; NULL for none. */
const char *catalogue_of_field(enum field field);

/* --- edges (edges.c) --- */

/* True when the answer fits a transfer that is known, and nothing was settled yet. */
bool edge_answer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                 const struct document *answer);
/* What an answer repeats of its transfer beside the amount (year, elements, type, stage), as a
 * hash: as the transfer has it, and as an answer does. */
struct hash terms_issued(const struct document *transfer);
struct hash terms_answered(const struct document *answer);
/* `issuer`'s log is known up to `lsn`, all of it or, with a receiver, what is addressed there:
 * an answer to a transfer up to it that is still missing is a breach. */
void edge_passed(struct ledger *ledger, struct txn *txn, struct division issuer,
                 const struct division *receiver, uint64_t lsn);

/* --- transfers to this node --- */

struct incoming {
    uint64_t lsn;
    struct hash content;
    struct bytes body; /* view into the txn */
};
bool incoming_load(struct txn *txn, struct division issuer, struct bytes id, struct incoming *out);
void incoming_store(struct txn *txn, struct division issuer, struct bytes id,
                    const struct incoming *incoming);

#endif
