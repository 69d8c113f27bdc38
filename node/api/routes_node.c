/* routes_node - the node itself: status, invitations, neighbours, verification, health. */
#include <stdio.h>

#include "node/api/api.h"
#include "node/api/verify.h"

/* --- status: taken on the loop in one read-only call --- */

enum { STATUS_PEERS_MAX = 1024, STATUS_ALARMS_MAX = 256 };

struct peer_line {
    struct peer_status status;
    int64_t behind_fen;
    bool behind_complete;
};

struct status_job {
    struct job job;
    uint32_t epoch;
    struct log_head head;
    struct hash roster_hash;
    struct ledger_position position;
    struct confirmation confirmed;
    uint64_t rows_written;
    struct peer_line *peers;
    size_t peer_count;
    struct alarm *alarms;
    size_t alarm_count;
    uint64_t blocks_sampled;
    struct refused_keys refused;
    char name[NAME_BYTES_MAX + 1];
    struct policy approval;
};

static void take_peers(struct status_job *status, struct node *node)
{
    const struct replicator *replicator = node_replicator(node);
    size_t count = replicator_peers(replicator);

    count = count < STATUS_PEERS_MAX ? count : STATUS_PEERS_MAX;
    status->peers = mem_zalloc((count + 1) * sizeof *status->peers);
    for (size_t i = 0; i < count; i++) {
        struct peer_line *line = &status->peers[status->peer_count++];

        replicator_peer(replicator, i, &line->status);
        line->behind_complete = true;
        if (line->status.behind_entries > 0) {
            line->behind_fen =
                node_backlog_amount(node, line->status.division, &line->behind_complete);
        }
    }
}

static void take_alarms(struct status_job *status, const struct node *node)
{
    const struct alarm *alarms;
    size_t count = node_alarms(node, &alarms);

    count = count < STATUS_ALARMS_MAX ? count : STATUS_ALARMS_MAX;
    status->alarms = mem_zalloc((count + 1) * sizeof *status->alarms);
    memcpy(status->alarms, alarms, count * sizeof *alarms);
    status->alarm_count = count;
}

static void run_status(struct job *job, struct node *node, struct txn *txn)
{
    struct status_job *status = (struct status_job *)job;
    const struct division self = node_config(node)->self;
    const struct member *member = roster_find(node_roster(node), self);

    if (member != NULL) {
        status->epoch = member->grant.epoch;
        memcpy(status->name, member->grant.name, sizeof status->name);
    }
    (void)replicator_head(node_replicator(node), self, true, &status->head);
    status->roster_hash = roster_hash(node_roster(node));
    replicator_confirmed(node_replicator(node), &status->confirmed);
    ledger_position(txn, self, &status->position);
    status->approval = node_policy(node);
    status->rows_written = node_rows_written(node);
    take_peers(status, node);
    take_alarms(status, node);
    status->blocks_sampled = node_blocks_sampled(node);
    if (node_config(node)->refused_keys != NULL) {
        status->refused = *node_config(node)->refused_keys;
    }
}

static void free_status(struct job *job)
{
    struct status_job *status = (struct status_job *)job;

    mem_free(status->peers);
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

static void write_peer(struct json_out *out, const struct peer_line *line, uint64_t now_ms)
{
    const struct peer_status *status = &line->status;

    out_open(out, NULL, '{');
    out_text(out, "division", status->division.code);
    out_text(out, "state", peer_state_name(status->state));
    out_bool(out, "is_parent", status->is_parent);
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
    out_count(out, "rtt_ms", status->rtt_ms);
    out_signed(out, "clock_skew_ms", status->clock_skew_ms);
    out_count(out, "frames_refused", status->frames_refused);
    out_text(out, "reason", status->reason);
    out_close(out, '}');
}

static void write_alarm(struct json_out *out, const struct alarm *alarm)
{
    out_open(out, NULL, '{');
    out_text(out, "code", alarm->code);
    out_division(out, "division", alarm->about);
    out_text(out, "text", alarm->text);
    out_time(out, "since", alarm->since_unix_ms);
    out_time(out, "last", alarm->last_unix_ms);
    out_count(out, "count", alarm->count);
    out_close(out, '}');
}

struct attempts {
    struct json_out *out;
    size_t count;
    uint64_t now_ms;
};

static void write_attempt(void *arg, const struct enrol_attempt *attempt)
{
    enum { ATTEMPTS_SHOWN = 64 };
    struct attempts *attempts = arg;

    if (attempts->count++ >= ATTEMPTS_SHOWN) {
        return;
    }
    out_open(attempts->out, NULL, '{');
    out_time(attempts->out, "time", attempt->unix_ms);
    write_age(attempts->out, "age_s", attempt->unix_ms, attempts->now_ms);
    out_time(attempts->out, "first", attempt->first_unix_ms);
    out_count(attempts->out, "count", attempt->count);
    out_division(attempts->out, "division", attempt->division);
    out_text(attempts->out, "reason", status_name(attempt->reason));
    out_text(attempts->out, "text", attempt->text);
    out_hex(attempts->out, "key", attempt->from.curve_key, sizeof attempt->from.curve_key);
    out_text(attempts->out, "address", attempt->from.address);
    out_close(attempts->out, '}');
}

static void write_attempts(struct json_out *out, const struct service *service, uint64_t now_ms)
{
    struct attempts attempts = {out, 0, now_ms};
    struct view view;
    struct err err;

    view_open(&view, service);
    out_open(out, "enrol_attempts", '[');
    (void)enrol_attempts(&service->store, view.snapshot, write_attempt, &attempts, &err);
    out_close(out, ']');
    view_close(&view);
}

static void write_strangers(struct json_out *out, const struct refused_keys *refused,
                            uint64_t now_ms)
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
        out_text(out, "text",
                 row->reason == ERR_LIMIT ? "it connects too often"
                                          : "its key is that of no division below");
        out_hex(out, "key", row->key, sizeof row->key);
        out_text(out, "address", row->address);
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_status(struct json_out *out, const struct service *service,
                         const struct status_job *status)
{
    const uint64_t now_ms = clock_unix_ms(&service->clock);
    char approval[POLICY_TEXT_MAX];

    out_open(out, NULL, '{');
    out_text(out, "division", service->self.code);
    out_text(out, "name", status->name);
    out_count(out, "epoch", status->epoch);
    out_count(out, "lsn", status->head.lsn);
    out_hex(out, "state_digest", &status->position.digest, sizeof status->position.digest);
    out_hex(out, "roster_hash", &status->roster_hash, sizeof status->roster_hash);
    out_hex(out, "tree", &service->tree, sizeof service->tree);
    policy_print(approval, status->approval);
    out_text(out, "approval", approval);
    out_text(out, "version", TERRACE_VERSION);
    out_count(out, "rows_written", status->rows_written);
    out_count(out, "blocks_sampled", status->blocks_sampled);
    out_open(out, "confirmed", '{');
    out_count(out, "lsn", status->confirmed.lsn);
    write_age(out, "age_s", status->confirmed.heard_unix_ms, now_ms);
    out_count(out, "root_lsn", status->confirmed.root_lsn);
    out_signed(out, "root_skew_ms", status->confirmed.root_skew_ms);
    out_close(out, '}');
    out_open(out, "peers", '[');
    for (size_t i = 0; i < status->peer_count; i++) {
        write_peer(out, &status->peers[i], now_ms);
    }
    out_close(out, ']');
    out_open(out, "alarms", '[');
    for (size_t i = 0; i < status->alarm_count; i++) {
        write_alarm(out, &status->alarms[i]);
    }
    out_close(out, ']');
    write_attempts(out, service, now_ms);
    write_strangers(out, &status->refused, now_ms);
    out_close(out, '}');
}

void get_status(struct request *request, struct answer *answer)
{
    struct status_job *status =
        job_new(request->service->gate, sizeof *status, run_status, free_status);
    struct json_out out = json_to(&answer->body);

    status->job.call.read_only = true;
    if (answer_outcome(request, answer, job_run(&status->job, request->service->node))) {
        write_status(&out, request->service, status);
    }
    job_done_with(&status->job);
}

/* --- invitations --- */

struct invite_job {
    struct job job;
    struct division division;
    char name[NAME_BYTES_MAX + 1];
    struct token token;
    struct err err;
};

static void run_invite(struct job *job, struct node *node, struct txn *txn)
{
    struct invite_job *invite = (struct invite_job *)job;

    invite->err.status = OK;
    invite->err.status =
        node_invite(node, txn, invite->division, invite->name, &invite->token, &invite->err);
}

static void free_invite(struct job *job)
{
    crypto_wipe(&((struct invite_job *)job)->token, sizeof(struct token));
}

static void write_invite(struct answer *answer, const struct invite_job *invite)
{
    struct json_out out = json_to(&answer->body);
    char text[TOKEN_TEXT_MAX];

    token_format(text, sizeof text, &invite->token);
    out_open(&out, NULL, '{');
    out_text(&out, "token", text);
    out_time(&out, "expires", invite->token.expires_unix_ms);
    out_text(&out, "division", invite->division.code);
    out_text(&out, "name", invite->name);
    out_close(&out, '}');
    crypto_wipe(text, sizeof text);
}

static bool read_invite(const struct request *request, struct answer *answer, const json_t *object,
                        struct invite_job *invite)
{
    const char *code = request_text(request, answer, object, "division");
    const char *name = code == NULL ? NULL : request_text(request, answer, object, "name");

    if (name == NULL) {
        return false;
    }
    if (!division_parse(&invite->division, bytes_text(code))) {
        answer_error(request, answer, API_BAD_REQUEST, "division: 1-9 of A-Z 0-9");
        return false;
    }
    if (strlen(name) == 0 || strlen(name) > NAME_BYTES_MAX) {
        answer_error(request, answer, API_BAD_REQUEST, "name: 1-96 bytes");
        return false;
    }
    memcpy(invite->name, name, strlen(name) + 1);
    return true;
}

void post_invite(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct invite_job *invite;

    if (object == NULL) {
        return;
    }
    if (!request_admin(request, answer)) {
        json_decref(object);
        return;
    }
    invite = job_new(request->service->gate, sizeof *invite, run_invite, free_invite);
    if (read_invite(request, answer, object, invite) &&
        answer_outcome(request, answer, job_run(&invite->job, request->service->node))) {
        if (invite->err.status == OK) {
            write_invite(answer, invite);
        } else {
            answer_error(request, answer, API_REFUSED, invite->err.text);
        }
    }
    job_done_with(&invite->job);
    json_decref(object);
}

/* --- neighbours --- */

struct pause_job {
    struct job job;
    struct division peer;
    bool paused;
    struct err err;
};

static void run_pause(struct job *job, struct node *node, struct txn *txn)
{
    struct pause_job *pause = (struct pause_job *)job;

    pause->err.status = OK;
    pause->err.status = node_pause(node, txn, pause->peer, pause->paused, &pause->err);
}

static void set_paused(struct request *request, struct answer *answer, bool paused)
{
    struct json_out out = json_to(&answer->body);
    struct pause_job *pause;

    if (!request_admin(request, answer)) {
        return;
    }
    pause = job_new(request->service->gate, sizeof *pause, run_pause, NULL);
    pause->paused = paused;
    if (!division_parse(&pause->peer, bytes_text(request->argument[0]))) {
        answer_error(request, answer, API_BAD_REQUEST, "division: 1-9 of A-Z 0-9");
    } else if (answer_outcome(request, answer, job_run(&pause->job, request->service->node))) {
        if (pause->err.status == OK) {
            out_open(&out, NULL, '{');
            out_text(&out, "division", pause->peer.code);
            out_text(&out, "state", paused ? "paused" : "resumed");
            out_close(&out, '}');
        } else {
            answer_error(request, answer,
                         pause->err.status == ERR_NOT_FOUND ? API_NOT_FOUND : API_REFUSED,
                         pause->err.text);
        }
    }
    job_done_with(&pause->job);
}

void post_pause(struct request *request, struct answer *answer)
{
    set_paused(request, answer, true);
}

void post_resume(struct request *request, struct answer *answer)
{
    set_paused(request, answer, false);
}

/* --- verification --- */

struct damage_job {
    struct job job;
    struct verification result;
    bool deep;
};

/* Only a deep look may say that the damage is over: a plain one may not have seen it. What stopped
 * the node before it started is over with a new start. */
static void run_damage(struct job *job, struct node *node, struct txn *txn)
{
    const struct damage_job *damage = (struct damage_job *)job;
    const struct verification *result = &damage->result;
    const struct alarm *alarms;

    (void)txn;
    if (result->cause == VERIFY_STORE) {
        node_alarm(node, "store_damaged", result->about, result->fault);
        return;
    }
    if (node_config(node)->damage != NULL) {
        return;
    }
    for (size_t i = node_alarms(node, &alarms); damage->deep && i-- > 0;) {
        if (strcmp(alarms[i].code, "store_damaged") == 0) {
            node_alarm_clear(node, "store_damaged", alarms[i].about);
        }
    }
}

/* A result that blames authors changes nothing: they have alarms of their own. */
static bool tell_damage(const struct request *request, struct answer *answer,
                        const struct verification *result, bool deep)
{
    struct damage_job *damage;
    bool told;

    if (result->cause == VERIFY_AUTHORS || (result->cause == VERIFY_SOUND && !deep)) {
        return true;
    }
    damage = job_new(request->service->gate, sizeof *damage, run_damage, NULL);
    damage->job.call.read_only = true; /* of the store */
    damage->result = *result;
    damage->deep = deep;
    told = answer_outcome(request, answer, job_run(&damage->job, request->service->node));
    job_done_with(&damage->job);
    return told;
}

static void write_verification(struct json_out *out, const struct verification *result, bool deep,
                               enum language language)
{
    out_open(out, NULL, '{');
    out_bool(out, "ok", result->cause == VERIFY_SOUND);
    out_bool(out, "deep", deep);
    out_count(out, "divisions", result->divisions);
    out_count(out, "blocks", result->counts.blocks);
    out_count(out, "entries", result->counts.entries);
    out_count(out, "signatures", result->counts.signatures);
    if (result->cause != VERIFY_SOUND) {
        char words[WORDS_BYTES_MAX];
        out_text(out, "fault", words_in(language, words, result->fault));
    }
    out_close(out, '}');
}

void post_verify(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct verification result;
    struct view view;
    bool deep = false;

    if (request->body->size > 0) {
        json_t *object = request_object(request, answer);
        if (object == NULL) {
            return;
        }
        deep = json_is_true(json_object_get(object, "deep"));
        json_decref(object);
    }
    view_open(&view, request->service);
    verify_all(&result, request->service, &view, deep);
    view_close(&view);
    if (tell_damage(request, answer, &result, deep)) {
        write_verification(&out, &result, deep, request->language);
    }
}

/* --- health --- */

void get_healthz(struct request *request, struct answer *answer)
{
    (void)request;
    buf_append(&answer->body, "{\"alive\":true}", 14);
}

struct ready_job {
    struct job job;
    char alarm[32];
};

static void run_ready(struct job *job, struct node *node, struct txn *txn)
{
    const struct alarm *alarms;
    const size_t count = node_alarms(node, &alarms);

    (void)txn;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(alarms[i].code, "disk_full") == 0 ||
            strcmp(alarms[i].code, "store_damaged") == 0) {
            memcpy(((struct ready_job *)job)->alarm, alarms[i].code, sizeof alarms[i].code);
        }
    }
}

/* The loop turns, and it takes new documents. */
void get_readyz(struct request *request, struct answer *answer)
{
    struct ready_job *ready = job_new(request->service->gate, sizeof *ready, run_ready, NULL);

    ready->job.call.read_only = true;
    if (answer_outcome(request, answer, job_run(&ready->job, request->service->node))) {
        if (ready->alarm[0] == '\0') {
            buf_append(&answer->body, "{\"ready\":true}", 14);
        } else {
            answer_error(request, answer, API_NOT_READY, ready->alarm);
        }
    }
    job_done_with(&ready->job);
}
