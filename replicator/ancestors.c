#include "replicator/ancestors.h"

#include <inttypes.h>

#include "replicator/core.h"

enum { DIALS_A_PLACE = 4 }; /* attempts at one address before the other one's turn */

enum status replicator_want(struct replicator *r, struct division division, struct err *err)
{
    struct held_log *log = heads_find(&r->logs, division);

    if (log == NULL || log->side != HELD_BELOW || division_is_none(r->parent)) {
        return err_set(err, ERR_NOT_FOUND, "no_log_below division=%s self=%s", division.code,
                       r->config.self.code);
    }
    wanting_begin(r, log);
    return OK;
}

bool replicator_wants(const struct replicator *r, struct division division)
{
    const struct held_log *log = heads_find(&r->logs, division);

    return log != NULL && log->wanted;
}

enum status replicator_check_end(struct replicator *r, struct division division, uint64_t lsn,
                                 struct err *err)
{
    const struct link *up = links_upward(&r->links);
    struct held_log *log = heads_find(&r->logs, division);
    const struct cursor *cursor;

    if (division_is_none(r->parent) || log == NULL || log->side != HELD_BELOW) {
        return OK;
    }
    if (up == NULL) {
        return lsn != 0
                   ? OK
                   : err_set(err, ERR_NOT_YET, "recover_asks_above division=%s", division.code);
    }
    cursor = cursor_find(&up->stream.cursors, division);
    if (cursor == NULL || cursor->told <= log->durable.lsn || (lsn != 0 && cursor->told <= lsn)) {
        return OK;
    }
    (void)err_set(err, ERR_NOT_YET,
                  "recover_more_above division=%s peer=%s lsn=%" PRIu64 " held=%" PRIu64,
                  division.code, up->peer.code, cursor->told, log->durable.lsn);
    wanting_begin(r, log);
    return ERR_NOT_YET;
}

bool replicator_dials(const struct replicator *r, struct ancestor_call *out)
{
    const struct link *link = serving_up(r);
    const struct member *member =
        link == NULL || link->state == PEER_PAUSED ? NULL : roster_find(r->roster, link->peer);

    if (member == NULL) {
        return false;
    }
    listening_place(r, &member->grant, link->attempts / DIALS_A_PLACE % 2 == 1, out);
    return out->endpoint[0] != '\0';
}

void replicator_served(const struct replicator *r, struct served_status *out)
{
    const struct link *link = serving_up(r), *parent = links_find(&r->links, r->parent);

    *out = (struct served_status){.by = DIVISION_NONE};
    if (link != NULL && link_is_open(link) && parent != NULL) {
        out->by = link->peer;
        out->since_unix_ms = r->serving.since_unix_ms;
        out->parent_is_open = link_is_open(parent);
        out->parent_is_damaged = link_is_damaged(r, parent);
        out->parent_down_ms = out->parent_is_open ? 0 : now_ms(r) - parent->closed_ms;
    }
}
