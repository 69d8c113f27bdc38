#include "node/api/routes_status.h"

#include <stdio.h>

#include "node/api/api_task.h"
#include "node/api/found_damage.h"
#include "node/api/roster_snapshot.h"
#include "node/api/routes_alarms.h"
#include "node/api/routes_rotation.h"
#include "node/api/routes_tree.h"
#include "node/api/served_json.h"
#include "node/api/unconfirmed_json.h"
#include "node/backup/archive.h"
#include "node/core/scrub.h"
#include "node/home/last_backup.h"
#include "node/ledger/rows/unapproved.h"
#include "node/office/operators.h"
#include "proto/array.h"
#include "replicator/ancestors.h"

/* --- status: taken on the loop in one read-only call --- */

struct peer_line {
    struct peer_status status;
    char name[NAME_BYTES_MAX + 1], endpoint[ENDPOINT_BYTES_MAX + 1];
    char reason[MESSAGE_BYTES_MAX];
    int128 behind_fen;
    bool behind_complete;
};

enum {
    SERVED_SHOWN_MS = 60000,            /* that a session was here, after it is over */
    SPELLS_SHOWN_MS = 24 * 3600 * 1000, /* ... and who was served; all: GET /links/served */
    SPELLS_SHOWN_MAX = 50,
};

struct status_task {
    struct api_task api_task;
    const struct store *store;
    uint64_t asked_unix_ms;
    uint32_t epoch;
    uint64_t granted_unix_ms; /* when its keys were granted */
    struct log_head head;
    struct hash roster_hash;
    struct ledger_position position;
    struct confirmation confirmed;
    uint64_t rows_written;
    struct peer_line *peers;
    size_t peer_count;
    struct alarm *alarms;
    size_t alarm_count;
    uint64_t approvals_verified;
    struct refused_keys refused;
    char name[NAME_BYTES_MAX + 1], endpoint[ENDPOINT_BYTES_MAX + 1];
    struct policy approval;
    bool has_makers;
    const char *vouched_by; /* what the node's persons rest on */
    struct unapproved_sum unapproved;
    struct unconfirmed *unconfirmed;
    size_t unconfirmed_count;
    struct scrub_progress scrub;
    bool stalled; /* the loop did not come round: links and those below are not known */
    struct watch_summary below;
    char worst_name[NAME_BYTES_MAX + 1];
    struct rotation_status rotation;
    struct served_status served;
    struct served_line spells[SPELLS_SHOWN_MAX]; /* the newest first */
    size_t spell_count;
    struct division parent;
};

static void take_name(char out[NAME_BYTES_MAX + 1], const struct roster *roster,
                      struct division division)
{
    const struct member *member = roster_find(roster, division);

    if (member != NULL) {
        memcpy(out, member->grant.name, NAME_BYTES_MAX + 1);
    }
}

/* Why it is held or down; of who is no neighbour, why there is a link with it at all. */
static void take_reason(struct peer_line *line, const struct node *node)
{
    const struct peer_status *peer = &line->status;
    const struct roster *roster = node_roster(node);
    const struct member *lower =
        roster_find(roster, peer->is_up ? node_config(node)->self : peer->division);

    if (peer->is_far && peer->state == PEER_LIVE && lower != NULL) {
        message_format(line->reason, sizeof line->reason, "%s parent=%s",
                       peer->is_up ? "peer_serves" : "peer_served", lower->grant.parent.code);
    } else {
        message_format(line->reason, sizeof line->reason, "%s", peer->reason);
    }
}

static void take_peers(struct status_task *status, struct node *node)
{
    const struct replicator *replicator = node_replicator(node);
    const size_t count = replicator_peers(replicator);

    status->peers = mem_zalloc((count + 1) * sizeof *status->peers);
    for (size_t i = 0; i < count; i++) {
        struct peer_line *line = &status->peers[status->peer_count];

        replicator_peer(replicator, i, &line->status);
        if (line->status.is_far && !line->status.is_up && line->status.down_ms > SERVED_SHOWN_MS) {
            continue; /* it was served here once */
        }
        status->peer_count++;
        take_reason(line, node);
        take_name(line->name, node_roster(node), line->status.division);
        if (line->status
                .is_parent) { /* its own word alone: without one it is dialled as configured */
            (void)snprintf(line->endpoint, sizeof line->endpoint, "%s",
                           replicator_parent_endpoint(replicator));
        } else {
            replicator_endpoint(replicator, line->status.division, line->endpoint);
        }
        line->behind_complete = true;
        if (line->status.behind_entries > 0) {
            line->behind_fen = node_backlog_amount(
                node, line->status.division, BACKLOG_SHOWN_BLOCKS_MAX, &line->behind_complete);
        }
    }
}

static void take_below(struct status_task *status, struct node *node)
{
    node_watch_summary(node, &status->below);
    take_name(status->worst_name, node_roster(node), status->below.worst.division);
}

static void take_roster(struct status_task *status, const struct roster *roster,
                        struct division self)
{
    const struct member *member = roster_find(roster, self);

    status->roster_hash = roster_hash(roster);
    if (member != NULL) {
        status->epoch = member->grant.epoch;
        status->granted_unix_ms = member->grant.time_ms;
        memcpy(status->name, member->grant.name, sizeof status->name);
    }
}

/* Above and below, as far as this node knows them; `snapshot` NULL: the store as it is now. */
static void take_unconfirmed(struct status_task *status, const struct store *store,
                             struct store_snapshot *snapshot, const struct roster *roster)
{
    struct unconfirmed keys;
    size_t capacity = 0;

    for (size_t i = 0; i < roster_count(roster); i++) {
        if (unconfirmed_find(store, snapshot, roster, roster_at(roster, i)->grant.division,
                             &keys)) {
            ARRAY_ROOM(status->unconfirmed, status->unconfirmed_count, capacity);
            status->unconfirmed[status->unconfirmed_count++] = keys;
        }
    }
}

/* Who is served past his parent, or was within a day, as this node knows of it. */
static void take_spells(struct status_task *status, struct node *node, struct txn *txn)
{
    struct served_spell *spells;
    size_t i = served_spells_read(txn, &spells);

    while (i-- > 0 && status->spell_count < SPELLS_SHOWN_MAX) {
        const uint64_t ended_ms = spells[i].ended_unix_ms;
        struct log_head head = {0};

        if (ended_ms == 0 || status->asked_unix_ms < ended_ms + SPELLS_SHOWN_MS) {
            (void)replicator_head(node_replicator(node), spells[i].division, true, &head);
            status->spells[status->spell_count++] =
                served_line_of(node_roster(node), &spells[i], head.lsn);
        }
    }
    mem_free(spells);
}

static void run_status(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct status_task *status = (struct status_task *)api_task;
    const struct division self = node_config(node)->self;

    take_roster(status, node_roster(node), self);
    replicator_endpoint(node_replicator(node), self, status->endpoint);
    (void)replicator_head(node_replicator(node), self, true, &status->head);
    replicator_confirmed(node_replicator(node), &status->confirmed);
    ledger_position(txn, self, &status->position);
    status->approval = node_policy(node);
    status->has_makers = node_has_maker(txn);
    status->vouched_by = vouched_by(txn, node_roster(node), self);
    unapproved_sum(txn, DIVISION_NONE, &status->unapproved);
    take_unconfirmed(status, status->store, NULL, node_roster(node));
    scrub_progress(node, &status->scrub);
    status->rows_written = node_rows_written(node);
    take_peers(status, node);
    replicator_served(node_replicator(node), &status->served);
    status->parent = replicator_parent(node_replicator(node));
    take_spells(status, node, txn);
    take_below(status, node);
    replicator_rotation(node_replicator(node), &status->rotation);
    status->alarms = alarms_copy(node, &status->alarm_count);
    status->approvals_verified = node_approvals_verified(node);
    if (node_config(node)->refused_keys != NULL) {
        status->refused = *node_config(node)->refused_keys;
    }
}

static void free_status(struct api_task *api_task)
{
    struct status_task *status = (struct status_task *)api_task;

    mem_free(status->peers);
    mem_free(status->unconfirmed);
    mem_free(status->alarms);
}

/* Seconds since, or null for never. */
static void write_age(struct json_out *out, const char *key, uint64_t since_ms, uint64_t now_ms)
{
    if (since_ms == 0) {
        out_null(out, key);
    } else {
        out_count(out, key, now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0);
    }
}

static void write_sentence(struct json_out *out, const char *key, enum language language,
                           const char *message)
{
    char words[TEXT_BYTES_MAX];

    out_text(out, key, text_in(language, words, message));
}

static const char *role_of(const struct peer_status *status)
{
    return status->is_far      ? status->is_up ? "ancestor" : "served"
           : status->is_parent ? "parent"
                               : "child";
}

/* Those that both ends know, by name. */
static void write_features(struct json_out *out, uint64_t features)
{
    out_open(out, "features", '[');
#define WRITE_FEATURE(name, bit, word)                                                             \
    if ((features & (name)) != 0) {                                                                \
        out_text(out, NULL, word);                                                                 \
    }
    LINK_FEATURES(WRITE_FEATURE)
#undef WRITE_FEATURE
    out_close(out, ']');
    out_count(out, "features_unknown", (uint64_t)__builtin_popcountll(features & ~FEATURES_KNOWN));
}

static void write_peer(struct json_out *out, const struct peer_line *line, uint64_t now_ms,
                       enum language language)
{
    const struct peer_status *status = &line->status;

    out_open(out, NULL, '{');
    out_text(out, "division", status->division.code);
    out_text(out, "name", line->name);
    out_text(out, "state", peer_state_name(status->state));
    out_bool(out, "is_parent", status->is_parent);
    out_text(out, "role", role_of(status));
    out_text(out, "endpoint", line->endpoint);
    out_count(out, "behind_entries", status->behind_entries);
    out_count(out, "behind_bytes", status->behind_bytes);
    out_amount(out, "behind_amount", line->behind_fen);
    out_bool(out, "behind_amount_complete", line->behind_complete);
    if (status->oldest_unix_ms == 0) {
        out_count(out, "oldest_age_s", 0);
    } else {
        write_age(out, "oldest_age_s", status->oldest_unix_ms, now_ms);
    }
    write_age(out, "last_heard_s", status->last_heard_unix_ms, now_ms);
    out_count(out, "down_s", status->down_ms / 1000);
    out_count(out, "rtt_ms", status->rtt_ms);
    out_signed(out, "clock_skew_ms", status->clock_skew_ms);
    out_count(out, "frames_refused", status->frames_refused);
    out_count(out, "protocol", status->protocol);
    write_features(out, status->features);
    write_sentence(out, "reason", language, line->reason);
    out_close(out, '}');
}

struct attempts {
    struct json_out *out;
    uint64_t now_ms;
    enum language language;
};

static void write_attempt(void *arg, const struct enrol_attempt *attempt)
{
    struct attempts *attempts = arg;

    out_open(attempts->out, NULL, '{');
    out_time(attempts->out, "time", attempt->unix_ms);
    write_age(attempts->out, "age_s", attempt->unix_ms, attempts->now_ms);
    out_time(attempts->out, "first", attempt->first_unix_ms);
    out_count(attempts->out, "count", attempt->count);
    out_division(attempts->out, "division", attempt->division);
    out_text(attempts->out, "reason", status_name(attempt->reason));
    write_sentence(attempts->out, "text", attempts->language, attempt->text);
    out_hex(attempts->out, "key", attempt->from.curve_key, sizeof attempt->from.curve_key);
    out_text(attempts->out, "address", attempt->from.address);
    out_close(attempts->out, '}');
}

static void write_attempts(struct json_out *out, const struct service *service, uint64_t now_ms,
                           enum language language)
{
    struct attempts attempts = {out, now_ms, language};
    struct view view;
    struct err err;

    view_open(&view, service);
    out_open(out, "enrol_attempts", '[');
    if (enrol_attempts(view.store, view.snapshot, write_attempt, &attempts, &err) != OK) {
        found_damage(service->node, service->gate, &err); /* the status says so from then on */
    }
    out_close(out, ']');
    view_close(&view);
}

static void write_strangers(struct json_out *out, const struct refused_keys *refused,
                            uint64_t now_ms, enum language language)
{
    out_open(out, "refused_strangers", '[');
    for (size_t i = 0; i < refused->count; i++) {
        const struct refused_key *row = &refused->rows[i];

        out_open(out, NULL, '{');
        out_time(out, "time", row->unix_ms);
        write_age(out, "age_s", row->unix_ms, now_ms);
        out_time(out, "first", row->first_unix_ms);
        out_count(out, "count", row->count);
        out_text(out, "reason", status_name(row->reason));
        write_sentence(out, "text", language,
                       row->reason == ERR_LIMIT ? "key_too_often" : "key_of_no_child");
        out_hex(out, "key", row->key, sizeof row->key);
        out_text(out, "address", row->address);
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* What approvals here are worth, and how much of what is held lacks one that holds. */
static void write_vouched(struct json_out *out, const struct status_task *status,
                          enum language language)
{
    out_text(out, "vouched_by", status->vouched_by);
    write_sentence(out, "vouched", language, vouched_sentence(status->vouched_by));
    out_open(out, "unapproved", '{');
    out_count(out, "count", status->unapproved.count);
    out_amount(out, "amount", status->unapproved.amount);
    out_close(out, '}');
}

static void write_unconfirmed(struct json_out *out, const struct status_task *status,
                              uint64_t now_ms, enum language language)
{
    out_open(out, "unconfirmed", '[');
    for (size_t i = 0; i < status->unconfirmed_count; i++) {
        out_new_keys(out, &status->unconfirmed[i], now_ms, language);
    }
    out_close(out, ']');
}

/* How far what is held was read again since it came. */
static void write_scrub(struct json_out *out, const struct scrub_progress *scrub)
{
    out_open(out, "scrub", '{');
    out_count(out, "blocks", scrub->blocks);
    out_count(out, "faults", scrub->faults);
    out_count(out, "entries_left", scrub->entries_left);
    out_time(out, "through", scrub->through_unix_ms);
    out_count(out, "rounds", scrub->rounds);
    out_count(out, "rows", scrub->rows);
    out_text(out, "reads", scrub->reads == NULL ? "" : scrub->reads);
    out_close(out, '}');
}

/* Whose signatures documents carry here, as a program and as a person wants it. */
static void write_persons(struct json_out *out, const struct status_task *status,
                          enum language language)
{
    const bool two = !number_set_is_empty(&status->approval.kinds);
    char approval[POLICY_TEXT_MAX];

    policy_print(approval, status->approval);
    out_text(out, "approval", approval);
    out_bool(out, "documents_carry_person", status->has_makers);
    write_sentence(out, "persons", language,
                   two && status->has_makers ? "persons_two"
                   : two                     ? "persons_missing"
                   : status->has_makers      ? "persons_maker"
                                             : "persons_none");
    write_vouched(out, status, language);
}

/* Where browsers come in, and by what they know this node. */
static void write_door(struct json_out *out, const struct service *service)
{
    if (service->listen == NULL) {
        out_null(out, "api");
        return;
    }
    out_open(out, "api", '{');
    out_text(out, "listen", service->listen);
    out_text(out, "fingerprint", service->fingerprint);
    out_close(out, '}');
}

/* Null where none is known. */
static void write_backup(struct json_out *out, const struct service *service, uint64_t now_ms)
{
    struct last_backup backup;

    if (service->home_path == NULL || !last_backup_read(&backup, service->home_path)) {
        out_null(out, "backup");
        return;
    }
    out_open(out, "backup", '{');
    out_time(out, "time", backup.unix_ms);
    write_age(out, "age_s", backup.unix_ms, now_ms);
    out_count(out, "lsn", backup.lsn);
    out_text(out, "directory", backup.directory);
    out_close(out, '}');
}

/* Null where config.yaml names none. */
static void write_archive(struct json_out *out, const struct service *service, uint64_t own_lsn,
                          enum language language)
{
    struct archive_state state;

    if (service->archive == NULL) {
        out_null(out, "archive");
        return;
    }
    archive_look(service->archive, &state);
    out_open(out, "archive", '{');
    out_text(out, "directory", state.directory);
    out_bool(out, "known", state.is_known);
    out_bool(out, "same_disk", state.same_disk);
    out_count(out, "epoch", state.epoch);
    out_count(out, "lsn", state.lsn);
    out_count(out, "behind_entries", own_lsn > state.lsn ? own_lsn - state.lsn : 0);
    out_count(out, "waiting_s", state.waiting_ms / 1000);
    out_time(out, "written", state.synced_unix_ms);
    write_sentence(out, "fault", language, state.fault);
    out_close(out, '}');
}

/* While the parent is away. */
static void write_served(struct json_out *out, const struct status_task *status, uint64_t now_ms)
{
    const struct served_status *served = &status->served;

    if (division_is_none(served->by)) {
        out_null(out, "served");
        return;
    }
    out_open(out, "served", '{');
    out_text(out, "by", served->by.code);
    out_time(out, "since", served->since_unix_ms);
    write_age(out, "since_s", served->since_unix_ms, now_ms);
    out_text(out, "parent", status->parent.code);
    out_count(out, "parent_down_s", served->parent_down_ms / 1000);
    out_bool(out, "parent_is_damaged", served->parent_is_damaged);
    out_close(out, '}');
}

static void write_spells(struct json_out *out, const struct status_task *status, uint64_t now_ms)
{
    out_open(out, "served_spells", '[');
    for (size_t i = 0; i < status->spell_count; i++) {
        out_served(out, &status->spells[i], now_ms);
    }
    out_close(out, ']');
}

static void write_status(struct json_out *out, const struct service *service,
                         const struct status_task *status, enum language language)
{
    const uint64_t now_ms = clock_unix_ms(&service->clock);

    out_open(out, NULL, '{');
    out_text(out, "division", service->self.code);
    out_text(out, "name", status->name);
    out_text(out, "endpoint", status->endpoint);
    out_bool(out, "stalled", status->stalled);
    write_sentence(out, "notice", language, status->stalled ? "loop_stalled" : "");
    out_count(out, "epoch", status->epoch);
    write_age(out, "grant_age_s", status->granted_unix_ms, now_ms);
    out_count(out, "lsn", status->head.lsn);
    out_hex(out, "state_digest", &status->position.digest, sizeof status->position.digest);
    out_hex(out, "roster_hash", &status->roster_hash, sizeof status->roster_hash);
    out_hex(out, "tree", &service->tree, sizeof service->tree);
    write_persons(out, status, language);
    write_scrub(out, &status->scrub);
    write_backup(out, service, now_ms);
    write_archive(out, service, status->head.lsn, language);
    out_text(out, "version", TERRACE_VERSION);
    out_count(out, "rows_written", status->rows_written);
    out_count(out, "approvals_verified", status->approvals_verified);
    out_open(out, "confirmed", '{');
    out_count(out, "lsn", status->confirmed.lsn);
    write_age(out, "age_s", status->confirmed.heard_unix_ms, now_ms);
    out_count(out, "root_lsn", status->confirmed.root_lsn);
    out_signed(out, "root_skew_ms", status->confirmed.root_skew_ms);
    out_close(out, '}');
    out_open(out, "peers", '[');
    for (size_t i = 0; i < status->peer_count; i++) {
        write_peer(out, &status->peers[i], now_ms, language);
    }
    out_close(out, ']');
    write_served(out, status, now_ms);
    write_spells(out, status, now_ms);
    out_open(out, "alarms", '[');
    for (size_t i = 0; i < status->alarm_count; i++) {
        write_alarm(out, NULL, &status->alarms[i], language, false);
    }
    out_close(out, ']');
    write_unconfirmed(out, status, now_ms, language);
    write_below(out, "below", &status->below, status->worst_name, language);
    write_rotation(out, &status->rotation, now_ms);
    write_door(out, service);
    write_attempts(out, service, now_ms, language);
    write_strangers(out, &status->refused, now_ms, language);
    out_close(out, '}');
}

/* --- while the loop does not come round --- */

/* False with the error answered. */
static bool take_from_disk(struct status_task *status, const struct request *request,
                           struct answer *answer)
{
    const struct service *service = request->service;
    struct roster_snapshot *roster;
    struct view view;
    bool taken = false;

    view_open(&view, service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        status->stalled = true;
        take_roster(status, roster->roster, service->self);
        ledger_position(view.txn, service->self, &status->position);
        status->head.lsn = status->position.lsn;
        status->approval = roster_snapshot_policy(roster, service);
        status->has_makers = node_has_maker(view.txn);
        status->vouched_by = vouched_by(view.txn, roster->roster, service->self);
        unapproved_sum(view.txn, DIVISION_NONE, &status->unapproved);
        take_unconfirmed(status, view.store, view.snapshot, roster->roster);
        status->alarms = alarms_stored(view.txn, &status->alarm_count);
        taken = view_sound(&view, request, answer);
    }
    roster_snapshot_release(service, roster);
    view_close(&view);
    return taken;
}

static void answer_stalled(struct request *request, struct answer *answer)
{
    struct status_task *status =
        api_task_new(request->service->gate, sizeof *status, run_status, free_status);
    struct json_out out = json_to(&answer->body);

    if (take_from_disk(status, request, answer)) {
        write_status(&out, request->service, status, request->language);
    }
    api_task_done_with(&status->api_task);
}

void get_status(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct status_task *status =
        api_task_new(service->gate, sizeof *status, run_status, free_status);
    struct json_out out = json_to(&answer->body);
    enum status outcome;

    status->api_task.task.read_only = true;
    status->store = &service->store;
    status->asked_unix_ms = clock_unix_ms(&service->clock);
    outcome = api_task_run_within(&status->api_task, service->node, &service->clock,
                                  API_TASK_PATIENCE_MS);
    if (outcome == ERR_BUSY) {
        answer_stalled(request, answer);
    } else if (answer_outcome(request, answer, outcome)) {
        write_status(&out, service, status, request->language);
    }
    api_task_done_with(&status->api_task);
}

/* --- health --- */

void get_healthz(struct request *request, struct answer *answer)
{
    (void)request;
    buf_append(&answer->body, "{\"alive\":true}", 14);
}

struct ready_task {
    struct api_task api_task;
    enum status status;
};

static void run_ready(struct api_task *api_task, struct node *node, struct txn *txn)
{
    (void)txn;
    ((struct ready_task *)api_task)->status = node_ready(node);
}

/* The loop turns, and it takes new documents. */
void get_readyz(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct ready_task *ready = api_task_new(service->gate, sizeof *ready, run_ready, NULL);
    enum status outcome;

    ready->api_task.task.read_only = true;
    outcome =
        api_task_run_within(&ready->api_task, service->node, &service->clock, API_TASK_PATIENCE_MS);
    if (answer_outcome(request, answer, outcome)) {
        if (ready->status == OK) {
            buf_append(&answer->body, "{\"ready\":true}", 14);
        } else {
            answer_error(request, answer, API_NOT_READY,
                         ready->status == ERR_CORRUPT ? "store_damaged" : "disk_full");
        }
    }
    api_task_done_with(&ready->api_task);
}
