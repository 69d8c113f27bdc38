#include "node/core/catch_up.h"

#include "node/ledger/observe.h"
#include "proto/array.h"
#include "proto/log.h"
#include "replicator/log/sealing.h"

static struct lagging *find_lagging(const struct catch_up *catch_up, struct division division)
{
    for (size_t i = 0; i < catch_up->count; i++) {
        if (division_equal(catch_up->lagging[i].division, division) &&
            !catch_up->lagging[i].above) {
            return &catch_up->lagging[i];
        }
    }
    return NULL;
}

static void add_lagging(struct catch_up *catch_up, const struct lagging *lagging)
{
    ARRAY_ROOM(catch_up->lagging, catch_up->count, catch_up->capacity);
    catch_up->lagging[catch_up->count++] = *lagging;
}

static void mark_lagging(struct catch_up *catch_up, struct division division)
{
    if (find_lagging(catch_up, division) == NULL) {
        add_lagging(catch_up, &(struct lagging){.division = division});
    }
}

static void stop(struct catch_up *catch_up, struct division division, bool unconfirmed)
{
    struct lagging *lagging;

    mark_lagging(catch_up, division);
    lagging = find_lagging(catch_up, division);
    lagging->stopped = true;
    lagging->unconfirmed = unconfirmed;
}

/* Posts a block of a lower division, and remembers when the rest has to wait: for an upgrade, or
 * until its keys are confirmed. */
static bool apply_below(struct catch_up *catch_up, const struct block_header *header,
                        const struct entry *entries, size_t count)
{
    struct err err;

    if (!roster_block_counts(replicator_roster(catch_up->parts.replicator), header)) {
        stop(catch_up, header->author, true);
        return false;
    }

    if (ledger_apply_block(catch_up->parts.ledger, catch_up->parts.txn, header, entries, count,
                           &err) == OK) {
        return true;
    }
    alarms_raise(catch_up->parts.alarms,
                 err.status == ERR_NEEDS_UPGRADE ? ALARM_NEEDS_UPGRADE : ALARM_CORRUPT,
                 header->author, "%s", err.text);
    stop(catch_up, header->author, false);
    return false;
}

void catch_up_resume(struct catch_up *catch_up, struct division division)
{
    struct lagging *lagging = find_lagging(catch_up, division);

    if (lagging != NULL && lagging->unconfirmed) {
        lagging->stopped = lagging->unconfirmed = false;
    }
}

void catch_up_take(struct catch_up *catch_up, const struct block_header *header,
                   const struct entry *entries, size_t count)
{
    if (find_lagging(catch_up, catch_up->parts.self) != NULL) { /* it is matched with that one */
        mark_lagging(catch_up, header->author);
    } else if (find_lagging(catch_up, header->author) == NULL) {
        (void)apply_below(catch_up, header, entries, count);
    } /* else: read back from the store when its turn comes */
}

struct slice {
    struct catch_up *catch_up;
    uint64_t next_lsn, entries;
    bool failed;
};

static bool replay_block(void *arg, const struct block_view *block)
{
    struct slice *slice = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    const struct block_header *header = &block->header;
    struct err err;

    if (block_last_lsn(header) < slice->next_lsn) {
        return true;
    }
    if (block_body_read(&body, block, &err) != OK) {
        alarms_raise(slice->catch_up->parts.alarms, ALARM_CORRUPT, header->author, "%s", err.text);
        slice->failed = true;
    } else {
        size_t skip = 0; /* a replica that stopped inside a block goes on inside it */
        while (skip < body.count && body.entries[skip].lsn < slice->next_lsn) {
            skip++;
        }
        slice->failed =
            !apply_below(slice->catch_up, header, body.entries + skip, body.count - skip);
    }
    slice->entries += body.count;
    block_body_free(&body);
    return !slice->failed && slice->entries < TURN_CATCH_UP_ENTRIES_MAX;
}

/* Posts from slice->next_lsn on, which lies inside a block when that held a kind not known then. */
static enum status replay_from(struct catch_up *catch_up, struct division division,
                               struct slice *slice, struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    uint64_t from = slice->next_lsn;
    enum status status =
        log_read_block(catch_up->parts.store, NULL, division, slice->next_lsn, &whole, &block, err);

    if (status == OK) {
        from = block.header.first_lsn;
    } else if (status == ERR_NOT_FOUND &&
               from <= roster_lost_lsn(replicator_roster(catch_up->parts.replicator), division)) {
        status = OK; /* nobody has it: the next block that is held */
    }
    if (status == OK) {
        status = log_scan(catch_up->parts.store, NULL, division, from, replay_block, slice, err);
    }
    buf_free(&whole);
    return status;
}

/* --- logs above --- */

struct hearing {
    struct catch_up *catch_up;
    const struct audience *audience;
    uint64_t entries;
    enum status status;
    struct err err;
};

static bool observe_block(void *arg, const struct block_view *block)
{
    struct hearing *hearing = arg;
    struct block_body body = BLOCK_BODY_EMPTY;

    if (!audience_equal(&block->header.audience, hearing->audience)) {
        return true;
    }
    hearing->status = block_body_read(&body, block, &hearing->err);
    if (hearing->status == OK) {
        hearing->status =
            ledger_observe_again(hearing->catch_up->parts.ledger, hearing->catch_up->parts.txn,
                                 &block->header, body.entries, body.count, &hearing->err);
    }
    hearing->entries += body.count;
    block_body_free(&body);
    return hearing->status == OK && hearing->entries < TURN_CATCH_UP_ENTRIES_MAX;
}

/* --- a slice of one of them --- */

enum progress { CAUGHT_UP, WORKED, WAITS };

static enum progress observe_more(struct catch_up *catch_up, struct lagging *lagging)
{
    struct hearing hearing = {.catch_up = catch_up, .audience = &lagging->audience, .status = OK};
    struct observe_cursor cursor;
    enum status status;

    if (!ledger_observe_cursor(catch_up->parts.txn, lagging->division, &lagging->audience,
                               &cursor)) {
        return CAUGHT_UP;
    }
    status = log_scan(catch_up->parts.store, NULL, cursor.author, cursor.block_lsn, observe_block,
                      &hearing, &hearing.err);
    if (status != OK || (hearing.status != OK && hearing.status != ERR_NEEDS_UPGRADE)) {
        alarms_raise(catch_up->parts.alarms, ALARM_CORRUPT, cursor.author, "%s", hearing.err.text);
    }
    lagging->stopped = status != OK || hearing.status != OK;
    return hearing.entries > 0 ? WORKED : WAITS;
}

static enum progress post_more(struct catch_up *catch_up, struct lagging *lagging)
{
    const struct division division = lagging->division;
    struct slice slice = {.catch_up = catch_up};
    struct ledger_position position;
    struct log_head head;
    struct err err;

    ledger_position(catch_up->parts.txn, division, &position);
    if (!replicator_head(catch_up->parts.replicator, division, true, &head) ||
        position.lsn >= head.lsn) {
        /* Blocks taken in this very turn are durable only after it; ask again then. */
        return replicator_head(catch_up->parts.replicator, division, false, &head) &&
                       position.lsn < head.lsn
                   ? WORKED
                   : CAUGHT_UP;
    }
    slice.next_lsn = position.lsn + 1;
    if (replay_from(catch_up, division, &slice, &err) != OK) {
        alarms_raise(catch_up->parts.alarms, ALARM_CORRUPT, division, "%s", err.text);
        lagging->stopped = true;
        return WAITS;
    }
    if (slice.failed) {
        find_lagging(catch_up, division)->stopped = true;
    }
    return WORKED;
}

/* --- all of them --- */

/* What stood before an unknown entry is over with the last of that division's ledgers. */
static void end_upgrade_alarm(const struct catch_up *catch_up, size_t done)
{
    const struct division division = catch_up->lagging[done].division;

    for (size_t i = 0; i < catch_up->count; i++) {
        if (i != done && division_equal(catch_up->lagging[i].division, division)) {
            return;
        }
    }
    alarms_clear(catch_up->parts.alarms, ALARM_NEEDS_UPGRADE, division);
}

/* Tells the end of it: while it lasts, figures are not whole. */
static void look_whether_it_folds(struct catch_up *catch_up)
{
    bool folds = false;

    for (size_t i = 0; i < catch_up->count && !folds; i++) {
        folds = !catch_up->lagging[i].stopped;
    }
    if (!folds && atomic_load(&catch_up->folds)) {
        LOG_INFO("folded", "about=%s", catch_up->parts.self.code);
    }
    atomic_store(&catch_up->folds, folds);
}

static bool fold_slice(struct catch_up *catch_up)
{
    size_t i = 0;

    while (i < catch_up->count) {
        struct lagging *lagging = &catch_up->lagging[i];
        enum progress progress = WAITS;

        if (!lagging->stopped) {
            progress =
                lagging->above ? observe_more(catch_up, lagging) : post_more(catch_up, lagging);
        }
        if (progress == WORKED) {
            return true;
        }
        if (progress == CAUGHT_UP) {
            end_upgrade_alarm(catch_up, i);
            *lagging = catch_up->lagging[--catch_up->count];
        } else {
            i++;
        }
    }
    return false;
}

bool catch_up_slice(struct catch_up *catch_up)
{
    const bool more = catch_up->count > 0 && fold_slice(catch_up);

    if (atomic_load(&catch_up->folds)) {
        look_whether_it_folds(catch_up);
    }
    return more;
}

enum own_progress catch_up_own(const struct catch_up *catch_up)
{
    const struct lagging *own = find_lagging(catch_up, catch_up->parts.self);

    if (own == NULL) {
        return OWN_WHOLE;
    }
    return own->stopped ? OWN_STOPPED : OWN_BEHIND;
}

static bool mark_observe_cursor(void *arg, const struct observe_cursor *cursor)
{
    add_lagging(arg, &(struct lagging){
                         .division = cursor->author, .above = true, .audience = cursor->audience});
    return true;
}

static void find_below(struct catch_up *catch_up, struct division division)
{
    struct ledger_position position;
    struct log_head head;

    if (!replicator_head(catch_up->parts.replicator, division, true, &head)) {
        return;
    }
    ledger_position(catch_up->parts.txn, division, &position);
    if (position.lsn < head.lsn) {
        mark_lagging(catch_up, division);
    }
}

void catch_up_open(struct catch_up *catch_up, const struct catch_up_parts *parts)
{
    const struct roster *roster = replicator_roster(parts->replicator);
    struct err err;

    *catch_up = (struct catch_up){.parts = *parts};
    find_below(catch_up, parts->self); /* first: answers from below are matched with it */
    (void)ledger_each_observe_cursor(catch_up->parts.txn, mark_observe_cursor, catch_up,
                                     &err); /* a read error stays there */
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;

        if (roster_within(roster, division, catch_up->parts.self)) {
            find_below(catch_up, division);
        }
    }
    look_whether_it_folds(catch_up);
}

void catch_up_free(struct catch_up *catch_up)
{
    mem_free(catch_up->lagging);
}
