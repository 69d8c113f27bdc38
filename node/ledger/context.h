/* context - what the rooms of a ledger share: its configuration, what is not folded yet, its place
 * in the tree, and its alarms. Not for anybody outside the ledger.
 *
 * Owned by: ledger.c, context.c.
 * Owns: struct ledger, which ledger.c opens and closes; own, block and booking are written by
 * ledger.c and observe.c alone, today by context.c. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_CONTEXT_H
#define TERRACE_NODE_LEDGER_CONTEXT_H

#include "node/ledger/ledger.h"
#include "node/ledger/posting/block_postings.h"
#include "node/ledger/posting/booking.h"
#include "node/ledger/posting/rollups.h"
#include "node/ledger/schema/clocks.h"

struct ledger {
    struct ledger_config config;
    struct block_postings own;   /* since the own log's last digest */
    struct block_postings block; /* of the block being applied */
    struct block_turnover turnover;
    struct booking booking; /* of the entry being applied */
    struct buf memory;
    bool in_dry_run; /* what is only tried raises no alarm */
    uint64_t today;  /* that today_text says */
    char today_text[DAY_TEXT_SIZE];
};

/* The date of an entry written now, "2026-11-29", good until the next call. Said again for every
 * payment, so it is written out once a day. */
const char *ledger_today(struct ledger *ledger);

/* As notice_alarm of the replicator. */
void ledger_alarm(const struct ledger *ledger, enum alarm_code code, struct division about,
                  const char *format, ...) PRINTF(4, 5);
/* The check that raises it finds nothing any more. Cheap when there is no alarm. */
void ledger_alarm_over(const struct ledger *ledger, enum alarm_code code, struct division about);

/* The time of an entry written now; 0 when nobody tells. */
uint64_t ledger_now(const struct ledger *ledger);

/* Is `division` this node's own, or one above it? */
bool ledger_is_above(const struct ledger *ledger, struct division division);
/* Is this entry of its author's ledger, or of a log above, or of what the root lost of its own log:
 * of those nothing is booked here. */
bool ledger_is_observed(const struct ledger *ledger, struct division author, uint64_t lsn);
bool ledger_is_below(const struct ledger *ledger, struct division division); /* or own */

/* Does this version know the entry's kind and format? */
bool ledger_knows(const struct entry *entry);
/* Alarms that what begins with `entry` waits for an upgrade. Returns ERR_NEEDS_UPGRADE. */
enum status ledger_stop_before(const struct ledger *ledger, struct division author,
                               const struct entry *entry, struct err *err);

#endif
