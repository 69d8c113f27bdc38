/* alarms - what an operator must see, until it is over, and what there was before.
 *
 *   raise --> open --> clear (by its check) ----+--> history: the last ALARMS_HISTORY_MAX
 *               |---> restart (of a session) ---|
 *               |---> ack by a person ----------+   an alarm that a check ends stays open, marked
 *               +---> silenced by a person until a time: still open, counting on; then told again
 *
 * One alarm for each code and division; of codes that are `is_each` (proto/alarm.h) one for each
 * message. Beyond ALARMS_EACH_MAX of one code and division, and beyond ALARMS_OPEN_MAX of all, a
 * summary stands for those that are not listed: how many times, since when, and the last of them.
 *
 * One that comes back within an hour after its check ended it is the same alarm again, and if that
 * happens more than a few times it ends only after it was quiet for long (alarm_flaps.h).
 *
 * Rows of SPACE_LOCAL (node/office/local_keys.h). They ride on the turn's commit: what is new,
 * acknowledged or cleared at once, repeated ones once in ALARMS_REPEAT_MS. On a node that commits
 * nothing else, a change waits ALARMS_ALONE_MS at most, and not beyond the last turn.
 *
 * Owns:   the open alarms, sorted, and those cleared that wait for a commit.
 * Thread: the loop thread.
 * Units:  *_unix_ms is wall time. */
#ifndef TERRACE_NODE_CORE_ALARMS_H
#define TERRACE_NODE_CORE_ALARMS_H

#include "proto/alarm.h"
#include "proto/division.h"
#include "replicator/clock.h"
#include "replicator/store/txn.h"

enum {
    ALARMS_OPEN_MAX = 4096,
    ALARMS_EACH_MAX = 256,
    ALARMS_HISTORY_MAX = 10000,
    ALARMS_REPEAT_MS = 60000,
    ALARMS_ALONE_MS = 60000,
    ALARMS_SILENCE_DAYS_MAX = 7,
};

struct alarm {
    uint64_t id; /* from 1, never given twice */
    enum alarm_code code;
    struct division about; /* NONE: a summary over all divisions */
    bool is_summary;
    uint64_t first_unix_ms, last_unix_ms, count;
    uint64_t acked_unix_ms;    /* 0: nobody yet */
    uint64_t cleared_unix_ms;  /* 0: open */
    char acked_by[64];         /* "": before there was an admin, whoever could reach the node */
    uint64_t silenced_unix_ms; /* until then nobody wants to hear of it; 0: it is heard */
    char silenced_by[64];      /* as acked_by */
    char message[MESSAGE_BYTES_MAX]; /* of the last time */
};

struct alarms;

/* Who is told of each new one, of each that is silenced no more and, once cleared_unix_ms is set,
 * of each cleared one, at once and before it is durable. Zeros: nobody. */
struct alarms_sink {
    void (*changed)(void *arg, const struct alarm *alarm);
    void *arg;
};

/* Reads the rows back and clears what a restart ends. `clock` is borrowed. On failure *out is NULL.
 * Errors: ERR_CORRUPT (a row that is none), and those of the store. */
enum status alarms_open(struct alarms **out, const struct clock *clock, struct alarms_sink sink,
                        struct txn *txn, struct err *err);
void alarms_close(struct alarms *alarms); /* NULL is fine; what was not staged is forgotten */

/* Raises one, or again, with a message in the code form (proto/message.h). */
void alarms_raise(struct alarms *alarms, enum alarm_code code, struct division about,
                  const char *format, ...) PRINTF(4, 5);
/* The check that raises `code` finds nothing about this division: it ends now, or once it was quiet
 * for long enough. Cheap when there is none. */
void alarms_clear(struct alarms *alarms, enum alarm_code code, struct division about);
/* The same about every division. */
void alarms_clear_all(struct alarms *alarms, enum alarm_code code);
/* `who` has seen it. Ends it where its code says so, and summaries; *cleared tells.
 * Errors: ERR_NOT_FOUND. */
enum status alarms_ack(struct alarms *alarms, uint64_t id, const char *who, bool *cleared,
                       struct err *err);

/* `who` does not want to hear of it before `until`; 0 takes that back. Its end is told as a new one
 * is. Errors: ERR_NOT_FOUND; ERR_REFUSED (it is of money or of signatures, a time that is over, or
 * beyond ALARMS_SILENCE_DAYS_MAX). */
enum status alarms_silence(struct alarms *alarms, uint64_t id, uint64_t until_unix_ms,
                           const char *who, struct err *err);

/* Puts into `txn` what changed. `commits`: the turn is committed anyway. */
void alarms_stage(struct alarms *alarms, struct txn *txn, bool commits);
/* The node is about to stop: the next alarms_stage waits for nothing. */
void alarms_hurry(struct alarms *alarms);
/* When alarms_stage would make a commit of its own, mono ms; UINT64_MAX for never. */
uint64_t alarms_next_tick(const struct alarms *alarms);

/* By code, division and message; valid until the next call that changes them. */
size_t alarms_count(const struct alarms *alarms);
const struct alarm *alarms_at(const struct alarms *alarms, size_t index);

#endif
