#include "node/api/routes_epochs.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "replicator/trust/enrol.h"

static const char *standing_word(enum standing standing)
{
    return standing == STANDING_COUNTS        ? "counts"
           : standing == STANDING_UNCONFIRMED ? "unconfirmed"
                                              : "refused";
}

/* Where it was ended; null while it goes on. */
static void write_end(struct json_out *out, const struct epoch_end *end)
{
    if (!end->is_over) {
        out_null(out, "end");
        return;
    }
    out_open(out, "end", '{');
    out_count(out, "lsn", end->lsn);
    out_hex(out, "hash", end->hash.at, HASH_SIZE);
    out_close(out, '}');
}

static void write_epoch(struct json_out *out, const struct roster *roster,
                        const struct grant *grant)
{
    const struct grant *former = roster_epoch(roster, grant->division, grant->epoch - 1);
    char fingerprint[ENROL_FINGERPRINT_SIZE];
    struct epoch_state stands;

    (void)roster_epoch_state(roster, grant->division, grant->epoch, &stands);
    enrol_fingerprint(fingerprint, grant->division, &grant->sign_key, grant->curve_key);
    out_open(out, NULL, '{');
    out_count(out, "epoch", grant->epoch);
    out_time(out, "since", grant->time_ms);
    out_text(out, "standing", standing_word(stands.standing));
    out_bool(out, "is_recovery", stands.is_recovery);
    out_bool(out, "identity_is_new",
             former == NULL ||
                 memcmp(&former->sign_key, &grant->sign_key, sizeof grant->sign_key) != 0);
    out_bool(out, "channel_is_new",
             former == NULL ||
                 memcmp(former->curve_key, grant->curve_key, sizeof grant->curve_key) != 0);
    out_text(out, "fingerprint", fingerprint);
    out_count(out, "base_lsn", stands.is_recovery ? stands.base_lsn : 0);
    write_end(out, &stands.end);
    out_close(out, '}');
}

/* The newest first. */
static void write_epochs(struct json_out *out, const struct roster *roster,
                         struct division division, struct page *page)
{
    out_open(out, "rows", '[');
    for (uint32_t epoch = roster_next_epoch(roster, division) - 1; epoch > 0; epoch--) {
        const struct grant *grant = roster_epoch(roster, division, epoch);
        char cursor[16];

        (void)snprintf(cursor, sizeof cursor, "%" PRIu32, epoch);
        if (grant != NULL && page_row(page, cursor)) {
            write_epoch(out, roster, grant);
        }
    }
    out_close(out, ']');
}

static void write_revoked(struct json_out *out, const struct roster *roster,
                          struct division division)
{
    struct revocation said;

    if (!roster_revoked(roster, division, &said)) {
        out_null(out, "revoked");
        return;
    }
    out_open(out, "revoked", '{');
    out_division(out, "by", said.by);
    out_time(out, "since", said.time_ms);
    out_text(out, "reason", said.reason);
    out_count(out, "last_epoch", said.last_epoch);
    out_count(out, "final_epoch", said.epoch);
    out_count(out, "final_lsn", said.lsn);
    out_hex(out, "final_hash", said.hash.at, HASH_SIZE);
    out_close(out, '}');
}

static void answer_epochs(const struct request *request, struct answer *answer,
                          const struct roster_snapshot *roster, struct division division)
{
    struct json_out out = json_to(&answer->body);
    struct page page;

    if (!request_page(request, answer, &page)) {
        return;
    }
    out_open(&out, NULL, '{');
    out_division(&out, "division", division);
    out_text(&out, "name", roster_snapshot_place(roster, division)->name);
    out_division(&out, "granter", roster_snapshot_place(roster, division)->parent);
    write_revoked(&out, roster->roster, division);
    write_epochs(&out, roster->roster, division, &page);
    write_page(&out, &page);
    out_close(&out, '}');
    (void)page_found(&page, request, answer);
}

void get_epochs(struct request *request, struct answer *answer)
{
    struct roster_snapshot *roster;
    struct division division;
    struct view view;

    if (!division_parse(&division, bytes_text(request->argument[0]))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s",
                      request->argument[0]);
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && roster_snapshot_knows(roster, request, answer, division)) {
        answer_epochs(request, answer, roster, division);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
