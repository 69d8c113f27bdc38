#include "node/api/routes_recoveries.h"

#include <stdio.h>

#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/ledger/schema/kinds.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/enrol.h"

enum { LOOKED_BLOCKS_MAX = 4096 }; /* of one log: what is behind them is not counted */

/* What is held here of a log above a base. */
struct held_above {
    uint64_t documents, oldest_ms; /* 0: none */
    int128 amount;
};
struct above_base {
    uint32_t epoch; /* that waits */
    uint64_t base_lsn;
    struct held_above before, since; /* of earlier epochs; of this one and later */
    size_t blocks;
};

static bool count_block(void *arg, const struct block_view *block)
{
    struct above_base *above = arg;
    struct held_above *held = block->header.epoch < above->epoch ? &above->before : &above->since;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct document document;
    struct err err;

    if (block_last_lsn(&block->header) <= above->base_lsn) {
        return true;
    }
    if (block_body_read(&body, block, &err) == OK) {
        for (size_t i = 0; i < body.count; i++) {
            const struct entry *entry = &body.entries[i];

            if (entry->lsn > above->base_lsn && document_format_known(entry->kind, entry->format) &&
                document_of_entry(&document, entry->kind, entry->format, entry->body, &err) == OK) {
                held->documents++;
                held->oldest_ms = held->oldest_ms == 0 ? entry->time_ms : held->oldest_ms;
                held->amount += document_money(&document);
            }
        }
    }
    block_body_free(&body);
    return ++above->blocks < LOOKED_BLOCKS_MAX;
}

static void write_held(struct json_out *out, const char *name, const struct held_above *held)
{
    out_open(out, name, '{');
    out_count(out, "documents", held->documents);
    out_amount(out, "amount", held->amount);
    out_time(out, "oldest", held->oldest_ms);
    out_close(out, '}');
}

static void write_keys(struct json_out *out, const char *name, const struct grant *grant)
{
    char fingerprint[ENROL_FINGERPRINT_SIZE] = "";

    if (grant != NULL) {
        enrol_fingerprint(fingerprint, grant->division, &grant->sign_key, grant->curve_key);
    }
    out_text(out, name, fingerprint);
}

/* The last epoch before a recovery that waits: whose keys people know. */
static uint32_t former_epoch(const struct roster *roster, struct division division, uint32_t epoch)
{
    struct epoch_state stands;

    while (epoch > 1 && roster_epoch_state(roster, division, epoch, &stands) &&
           !stands.is_recovery) {
        epoch--;
    }
    return epoch - 1;
}

static void write_objection(struct json_out *out, const struct roster *roster,
                            struct division division)
{
    struct objection_held held;

    if (roster_objection(roster, division, &held)) {
        out_open(out, "objection", '{');
        out_text(out, "reason", objection_reason_name(held.said.reason));
        out_time(out, "said", held.said.time_ms);
        out_division(out, "by", held.by);
        out_time(out, "since", held.time_ms);
        out_close(out, '}');
    } else {
        out_null(out, "objection");
    }
}

static void write_recovery(struct json_out *out, const struct view *view,
                           const struct roster_snapshot *roster, const struct place *place,
                           struct division self)
{
    const struct member *member = roster_find(roster->roster, place->division);
    const struct division by = roster_confirmer(roster->roster, place->division);
    const uint32_t epoch = member->grant.epoch,
                   former = former_epoch(roster->roster, place->division, epoch);
    struct epoch_state stands;
    struct above_base above = {.epoch = former + 1};
    struct err err;

    (void)roster_epoch_state(roster->roster, place->division, former + 1, &stands);
    above.base_lsn = stands.base_lsn;
    (void)log_scan(view->store, view->snapshot, place->division, stands.base_lsn + 1, count_block,
                   &above, &err); /* what cannot be read is not counted */
    out_open(out, NULL, '{');
    out_division(out, "division", place->division);
    out_text(out, "name", place->name);
    out_count(out, "epoch", epoch);
    out_time(out, "since", member->grant.time_ms);
    out_division(out, "granter", place->parent);
    out_division(out, "by", by);
    out_bool(out, "here", division_equal(by, self));
    out_bool(out, "counts", roster_epoch_counts(roster->roster, place->division, epoch));
    write_keys(out, "former_fingerprint", roster_epoch(roster->roster, place->division, former));
    write_keys(out, "fingerprint", &member->grant);
    out_count(out, "base_lsn", above.base_lsn);
    write_held(out, "cut_off", &above.before);
    write_held(out, "waiting", &above.since);
    write_objection(out, roster->roster, place->division);
    out_close(out, '}');
}

void get_recoveries(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct roster_snapshot *roster;
    struct page page;
    struct view view;

    if (!request_page(request, answer, &page)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        out_open(&out, NULL, '{');
        out_open(&out, "rows", '[');
        for (size_t i = 0; i < roster->count; i++) {
            if (roster_to_confirm(roster->roster, roster->at[i].division) != 0 &&
                page_row(&page, roster->at[i].division.code)) {
                write_recovery(&out, &view, roster, &roster->at[i], request->service->self);
            }
        }
        out_close(&out, ']');
        write_page(&out, &page);
        out_close(&out, '}');
        if (page_found(&page, request, answer)) {
            (void)view_sound(&view, request, answer);
        }
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
