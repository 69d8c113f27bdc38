#include "replicator/session/revoking.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/session/follow.h"
#include "replicator/trust/roster_load.h"

/* --- saying it --- */

/* What does not count here yet is refused; else all that the division signed is over where the log
 * ends that is held here. */
static void name_position(const struct replicator *r, struct revocation *out)
{
    const struct held_log *log = heads_find(&r->logs, out->division);
    struct epoch_state recovery;
    uint64_t base_lsn;

    out->first_epoch = roster_unconfirmed(r->roster, out->division, &base_lsn);
    out->last_epoch = roster_next_epoch(r->roster, out->division) - 1;
    if (out->first_epoch > 0) {
        (void)roster_epoch_state(r->roster, out->division, out->first_epoch, &recovery);
        out->epoch = recovery.base_lsn == 0 ? 0 : out->first_epoch - 1;
        out->lsn = recovery.base_lsn;
        out->hash = recovery.base_hash;
        return;
    }
    out->first_epoch = 1;
    if (log != NULL && log->staged.lsn > 0) {
        out->epoch = log->staged.epoch;
        out->lsn = log->staged.lsn;
        out->hash = log->staged.hash;
    }
}

enum status revoking_begin(struct replicator *r, struct txn *txn, struct division division,
                           const char *reason, struct revocation *out, struct err *err)
{
    const struct audience audience = {.kind = AUDIENCE_TREE, .division = division};
    struct buf body = BUF_EMPTY;
    enum status status = roster_may_revoke(r->roster, r->config.self, division, err);
    bool changed;

    memset(out, 0, sizeof *out);
    if (status != OK) {
        return status;
    }
    out->by = r->config.self;
    out->division = division;
    out->time_ms = now_unix_ms(r);
    (void)snprintf(out->reason, sizeof out->reason, "%s", reason);
    name_position(r, out);
    revocation_write(&body, out);
    out->said_lsn =
        log_writer_append(&r->writer, txn, &audience, KIND_REVOKE, REVOKE_FORMAT, buf_bytes(&body));
    buf_free(&body);
    status = roster_revoke(r->roster, out, &changed, err);
    if (status == OK) {
        roster_store_revocation(txn, out);
        revoking_taken(r, division);
    }
    return status;
}

/* --- what follows from it --- */

/* Somewhere above the end, or on another branch at it: this replica is what others will not be. */
static void compare_replica(struct replicator *r, struct division division)
{
    const struct held_log *log = heads_find(&r->logs, division);
    struct epoch_state state;

    if (log == NULL || log->side == HELD_OWN ||
        !roster_epoch_state(r->roster, division, log->staged.epoch, &state)) {
        return;
    }
    if (!state.end.is_over || log->staged.lsn < state.end.lsn ||
        (log->staged.lsn == state.end.lsn && hash_equal(&log->staged.hash, &state.end.hash))) {
        notice_over(r, ALARM_REVOKED_BEYOND, division);
    } else {
        notice_alarm(r, ALARM_REVOKED_BEYOND, division,
                     "revoked_beyond division=%s held=%" PRIu64 " final=%" PRIu64, division.code,
                     log->staged.lsn, state.end.lsn);
    }
}

void revoking_load(struct replicator *r)
{
    for (size_t i = 0; i < r->logs.count; i++) {
        if (roster_revoked(r->roster, r->logs.at[i]->author, NULL)) {
            compare_replica(r, r->logs.at[i]->author);
        }
    }
}

/* Where a word nearer the root names a later position, what was passed over goes out after all. */
static void send_again(struct replicator *r, struct division division)
{
    struct epoch_state state;
    uint64_t from = UINT64_MAX;

    for (uint32_t epoch = 1; roster_epoch_state(r->roster, division, epoch, &state); epoch++) {
        from = state.end.is_over && state.end.lsn > 0 ? earlier(from, state.end.lsn) : from;
    }
    for (size_t i = 0; from != UINT64_MAX && i < r->links.count; i++) {
        struct stream *stream = &r->links.at[i]->stream;
        struct cursor *cursor = cursor_find(&stream->cursors, division);

        if (cursor != NULL) {
            cursor_go_back(stream, cursor, from);
        }
    }
}

void revoking_taken(struct replicator *r, struct division division)
{
    struct link *link = links_find(&r->links, division);
    struct revocation word;

    if (roster_revoked(r->roster, division, &word)) {
        LOG_WARN("division.revoked", "about=%s by=%s epoch=%" PRIu32 " final=%" PRIu64,
                 division.code, word.by.code, word.last_epoch, word.lsn);
    }
    compare_replica(r, division);
    send_again(r, division);
    if (link != NULL) {
        revoking_tick(r, link);
    }
    follow_later(r); /* epochs may count since a refusal */
    r->config.sink.roster_changed(r->config.sink.arg, division);
}

/* --- its session --- */

void revoking_tick(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    if (link->is_up || !roster_revoked(r->roster, link->peer, NULL)) {
        link_revoked(link, 0);
    } else if (link->revoked_ms == 0) {
        link_revoked(link, now);
    } else if (link_is_open(link) && now >= link->revoked_ms + REVOKED_GRACE_MS) {
        link_over(r, link, ERR_REFUSED, "division_revoked");
    }
}

uint64_t revoking_next_tick(const struct link *link)
{
    return link->revoked_ms == 0 || !link_is_open(link) ? UINT64_MAX
                                                        : link->revoked_ms + REVOKED_GRACE_MS;
}

bool revoking_admits(const struct replicator *r, struct division child)
{
    const struct link *link = links_find(&r->links, child);

    return !roster_revoked(r->roster, child, NULL) ||
           (link != NULL && link->revoked_ms != 0 &&
            now_ms(r) < link->revoked_ms + REVOKED_GRACE_MS);
}
