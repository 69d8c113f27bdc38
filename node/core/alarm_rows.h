/* alarm_rows - alarms as rows of SPACE_LOCAL, letters LOCAL_ALARM, LOCAL_ALARM_PAST and
 * LOCAL_ALARM_COUNTERS of node/office/local_keys.h.
 *
 * Thread: the loop thread, or a reader with a snapshot. */
#ifndef TERRACE_NODE_CORE_ALARM_ROWS_H
#define TERRACE_NODE_CORE_ALARM_ROWS_H

#include "node/core/alarms.h"

/* The history holds sequences first .. next - 1. */
struct alarm_counters {
    uint64_t next_id, first_past, next_past;
};

void alarm_counters_load(struct txn *txn, struct alarm_counters *out);
void alarm_counters_put(struct txn *txn, const struct alarm_counters *counters);

void alarm_put(struct txn *txn, const struct alarm *alarm);
void alarm_delete(struct txn *txn, uint64_t id);
/* Open ones, by id. Errors: ERR_CORRUPT, and those of the store. */
enum status alarm_each(struct txn *txn, bool (*visit)(void *arg, const struct alarm *alarm),
                       void *arg, struct err *err);

/* Has a row of one of these letters the form that is written? */
bool alarm_row_fits(struct bytes key, struct bytes value);

void alarm_past_put(struct txn *txn, uint64_t sequence, const struct alarm *alarm);
void alarm_past_delete(struct txn *txn, uint64_t sequence);

/* Cleared ones that are durable, the last first, from `before` (a position of *next; 0: the last)
 * on, until `visit` returns false. *next: where to go on, 0 when that was all. */
void alarms_each_past(struct txn *txn, uint64_t before,
                      bool (*visit)(void *arg, const struct alarm *alarm), void *arg,
                      uint64_t *next);

#endif
