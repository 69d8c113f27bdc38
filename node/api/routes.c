#include "node/api/routes.h"

#include <assert.h>

#include "node/api/access_note.h"
#include "node/api/list.h"
#include "node/api/packed.h"
#include "node/api/reports.h"
#include "node/api/routes_alarms.h"
#include "node/api/routes_audit.h"
#include "node/api/routes_backup.h"
#include "node/api/routes_batch.h"
#include "node/api/routes_blocks.h"
#include "node/api/routes_chain.h"
#include "node/api/routes_changes.h"
#include "node/api/routes_choices.h"
#include "node/api/routes_config.h"
#include "node/api/routes_description.h"
#include "node/api/routes_document.h"
#include "node/api/routes_endpoint.h"
#include "node/api/routes_epochs.h"
#include "node/api/routes_evidence.h"
#include "node/api/routes_export.h"
#include "node/api/routes_find.h"
#include "node/api/routes_forks.h"
#include "node/api/routes_front.h"
#include "node/api/routes_history.h"
#include "node/api/routes_inbox.h"
#include "node/api/routes_invitations.h"
#include "node/api/routes_keys.h"
#include "node/api/routes_lines.h"
#include "node/api/routes_links.h"
#include "node/api/routes_list.h"
#include "node/api/routes_made.h"
#include "node/api/routes_marks.h"
#include "node/api/routes_metrics.h"
#include "node/api/routes_money.h"
#include "node/api/routes_months.h"
#include "node/api/routes_node.h"
#include "node/api/routes_office.h"
#include "node/api/routes_pending.h"
#include "node/api/routes_people.h"
#include "node/api/routes_proof.h"
#include "node/api/routes_read.h"
#include "node/api/routes_receipt.h"
#include "node/api/routes_recoveries.h"
#include "node/api/routes_resync.h"
#include "node/api/routes_revoke.h"
#include "node/api/routes_rotation.h"
#include "node/api/routes_schema.h"
#include "node/api/routes_session.h"
#include "node/api/routes_status.h"
#include "node/api/routes_texts.h"
#include "node/api/routes_tokens.h"
#include "node/api/routes_tree.h"
#include "node/api/routes_unapproved.h"
#include "node/api/routes_unsent.h"
#include "node/api/routes_webhooks.h"
#include "node/api/routes_write.h"
#include "node/api/routes_years.h"
#include "node/api/shared_answers.h"
#include "node/api/upload.h"

static const struct row {
    const char *method, *path; /* '*' stands for one part */
    route_fn *run;
    enum asks asks;     /* the least that its caller must be: decided here, and nowhere else */
    bool is_watch;      /* for who watches this machine: no document, no person */
    bool names_persons; /* payees and their accounts: who reads it is noted */
    bool is_short; /* a few rows of a snapshot, and no word with the loop: see route_is_short */
    enum shared shared;
} routes[] = {
    {"POST", "/documents", post_documents, ASKS_SUBMITTER},
    {"GET", "/documents", list_documents, ASKS_PERSON, .names_persons = true},
    {"GET", "/documents/*", get_document, ASKS_PERSON, .names_persons = true},
    {"GET", "/documents/*/receipt", get_receipt, ASKS_PERSON},
    {"GET", "/documents/*/proof", get_proof, ASKS_PERSON, .names_persons = true},
    {"GET", "/find", get_find, ASKS_PERSON, .names_persons = true},
    {"POST", "/approve", post_approve, ASKS_DECIDER},
    {"POST", "/reject", post_reject, ASKS_DECIDER},
    {"POST", "/withdraw", post_withdraw, ASKS_PROPOSER},
    {"POST", "/review", post_review, ASKS_PERSON},
    {"GET", "/pending", get_pending, ASKS_PERSON, .names_persons = true},
    {"GET", "/made", get_made, ASKS_HIMSELF, .names_persons = true},
    {"GET", "/inbox", get_inbox, ASKS_PERSON, .names_persons = true},
    {"GET", "/inbox/counts", get_inbox_counts, ASKS_PERSON},
    {"GET", "/changes", get_changes, ASKS_PERSON, .names_persons = true},
    {"GET", "/changes/marks", get_marks, ASKS_PERSON},
    {"GET", "/blocks", get_blocks, ASKS_OVERSIGHT, .names_persons = true},
    {"GET", "/grants", get_grants, ASKS_OVERSIGHT},
    {"GET", "/webhooks", get_webhooks, ASKS_OVERSIGHT},
    {"POST", "/webhooks", post_webhook, ASKS_ADMIN_HIMSELF},
    {"GET", "/webhooks/*/dead", get_dead_letters, ASKS_OVERSIGHT},
    {"POST", "/webhooks/*/remove", post_webhook_remove, ASKS_ADMIN_HIMSELF},
    {"POST", "/webhooks/*/replay", post_webhook_replay, ASKS_ADMIN},
    {"GET", "/trace/*", get_trace, ASKS_PERSON, .names_persons = true},
    {"GET", "/balance", get_balance, ASKS_PERSON, .is_short = true},
    {"GET", "/report/*", get_report, ASKS_PERSON, .shared = SHARED_WHILE_STORED},
    {"GET", "/export/*", get_export, ASKS_PERSON, .names_persons = true},
    {"GET", "/lines", get_lines, ASKS_PERSON},
    {"GET", "/money", get_money, ASKS_PERSON},
    {"GET", "/money/months", get_months, ASKS_PERSON},
    {"GET", "/status", get_status, ASKS_PERSON, .shared = SHARED_A_MOMENT},
    {"GET", "/status/tree", get_tree, ASKS_PERSON, .shared = SHARED_A_MOMENT},
    {"GET", "/forks", get_forks, ASKS_PERSON},
    {"GET", "/evidence", get_evidence, ASKS_PERSON},
    {"POST", "/evidence/offer", post_evidence, ASKS_SUBMITTER},
    {"GET", "/resync", get_resync, ASKS_PERSON},
    {"POST", "/resync/without", post_resync_without, ASKS_ADMIN_HIMSELF},
    {"GET", "/config", get_config, ASKS_OVERSIGHT},
    {"GET", "/history", get_history, ASKS_PERSON},
    {"GET", "/links/past", get_links_past, ASKS_PERSON},
    {"GET", "/links/served", get_links_served, ASKS_PERSON},
    {"GET", "/alarms", get_alarms, ASKS_PERSON, .shared = SHARED_A_MOMENT},
    {"POST", "/alarms/*/ack", post_alarm_ack, ASKS_ADMIN},
    {"POST", "/alarms/*/silence", post_alarm_silence, ASKS_ADMIN},
    {"POST", "/backup", post_backup, ASKS_MACHINE},
    {"POST", "/backup/end", post_backup_end, ASKS_MACHINE},
    {"GET", "/digest", get_digest, ASKS_PERSON},
    {"POST", "/verify", post_verify, ASKS_OVERSIGHT},
    {"POST", "/invite", post_invite, ASKS_ADMIN_HIMSELF},
    {"GET", "/invitations", get_invitations, ASKS_OVERSIGHT},
    {"POST", "/invitations/*/accept", post_invitation_accept, ASKS_ADMIN_HIMSELF},
    {"POST", "/invitations/*/withdraw", post_invitation_withdraw, ASKS_ADMIN_HIMSELF},
    {"POST", "/endpoint", post_endpoint, ASKS_ADMIN_HIMSELF},
    {"POST", "/peers/*/amend", post_amend, ASKS_ADMIN_HIMSELF},
    {"POST", "/rotation", post_rotation, ASKS_ADMIN_HIMSELF},
    {"GET", "/divisions/*/epochs", get_epochs, ASKS_PERSON},
    {"GET", "/divisions/*/years", get_years, ASKS_PERSON},
    {"POST", "/divisions/*/revoke", post_revoke, ASKS_ADMIN_HIMSELF},
    {"POST", "/forks/*/keep", post_keep, ASKS_ADMIN_HIMSELF},
    {"GET", "/revocations", get_revocations, ASKS_OVERSIGHT},
    {"POST", "/revocations/*/accept", post_revocation_accept, ASKS_ADMIN_HIMSELF},
    {"POST", "/revocations/*/withdraw", post_revocation_withdraw, ASKS_ADMIN_HIMSELF},
    {"POST", "/peers/*/pause", post_pause, ASKS_ADMIN},
    {"POST", "/peers/*/resume", post_resume, ASKS_ADMIN},
    {"GET", "/recoveries", get_recoveries, ASKS_PERSON},
    {"GET", "/users", get_users, ASKS_PERSON},
    {"POST", "/users", post_user, ASKS_ADMIN_HIMSELF},
    {"POST", "/users/*/passwd", post_passwd, ASKS_NOTHING},
    {"GET", "/users/*/chain", get_user_chain, ASKS_PERSON},
    {"GET", "/persons", get_persons, ASKS_PERSON, .names_persons = true},
    {"GET", "/unapproved", get_unapproved, ASKS_PERSON},
    {"POST", "/users/*/renew", post_renew, ASKS_ADMIN_HIMSELF},
    {"POST", "/users/*/roles", post_roles, ASKS_ADMIN_HIMSELF},
    {"POST", "/users/*/disable", post_disable, ASKS_ADMIN_HIMSELF},
    {"GET", "/keys", get_keys, ASKS_HIMSELF},
    {"POST", "/keys", post_key, ASKS_HIMSELF},
    {"POST", "/keys/*/confirm", post_key_confirm, ASKS_ADMIN_IN_PERSON},
    {"POST", "/keys/*/end", post_key_end, ASKS_HIMSELF},
    {"GET", "/unsent", list_unsent, ASKS_HIMSELF},
    {"GET", "/unsent/*", get_unsent, ASKS_HIMSELF},
    {"PUT", "/unsent/*", put_unsent, ASKS_HIMSELF},
    {"DELETE", "/unsent/*", delete_unsent, ASKS_HIMSELF},
    {"POST", "/login", post_login, ASKS_NOTHING},
    {"POST", "/logout", post_logout, ASKS_NOTHING},
    {"GET", "/front", get_front, ASKS_NOTHING},
    {"GET", "/codes/*", get_codes, ASKS_PERSON},
    {"GET", "/indicators", get_indicators, ASKS_PERSON},
    {"GET", "/audit", get_audit, ASKS_AUDITOR, .names_persons = true},
    {"GET", "/audit/check", get_audit_check, ASKS_AUDITOR},
    {"GET", "/audit/heads", get_audit_heads, ASKS_AUDITOR},
    {"GET", "/tokens", get_tokens, ASKS_TOKEN_MAKER},
    {"POST", "/tokens", post_token, ASKS_TOKEN_MAKER},
    {"DELETE", "/tokens/*", delete_token, ASKS_TOKEN_MAKER},
    {"GET", "/session", get_session, ASKS_PERSON, .is_short = true},
    {"GET", "/sessions", get_sessions, ASKS_ADMIN},
    {"DELETE", "/sessions/*", delete_session, ASKS_ADMIN_HIMSELF},
    {"GET", "/texts", get_texts, ASKS_NOTHING},
    {"GET", "/openapi.json", get_description, ASKS_NOTHING},
    {"GET", "/schema", get_schema, ASKS_NOTHING},
    {"GET", "/healthz", get_healthz, ASKS_NOTHING, true, .is_short = true},
    {"GET", "/readyz", get_readyz, ASKS_NOTHING, true},
    {"GET", "/metrics", get_metrics, ASKS_WATCH, true},
};

static bool match(const char *pattern, const char *path, char arguments[2][64])
{
    size_t taken = 0;

    while (*pattern != '\0') {
        if (*pattern != '*') {
            if (*pattern++ != *path++) {
                return false;
            }
            continue;
        }
        const size_t size = strcspn(path, "/");
        if (size == 0 || size >= sizeof arguments[0] || taken == 2) {
            return false;
        }
        memcpy(arguments[taken], path, size);
        arguments[taken++][size] = '\0';
        path += size;
        pattern++;
    }
    return *path == '\0';
}

/* Logging in and out is noted by its routes. */
static bool is_noted(const struct row *row)
{
    return row->asks != ASKS_NOTHING;
}

/* Once a request: one that comes in parts is noted with its first. */
static bool note_asked(const struct request *request, struct answer *answer, bool names_persons)
{
    return request->upload != NULL || access_note_asked(request, answer, names_persons);
}

static void run_row(const struct row *row, struct request *request, struct answer *answer)
{
    const bool admitted = admit(request, answer, row->asks);

    if (admitted && (!is_noted(row) || note_asked(request, answer, row->names_persons))) {
        shared_answer(row->shared, row->run, request, answer);
    }
    if (is_noted(row)) {
        access_note_outcome(request, answer, admitted);
    }
}

static void route_within(struct request *request, struct answer *answer, bool watch_only)
{
    bool known = false;

    answer->http = 200;
    answer->type = "application/json; charset=utf-8";
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if ((watch_only && !routes[i].is_watch) ||
            !match(routes[i].path, request->path, request->argument)) {
            continue;
        }
        known = true;
        if (strcmp(routes[i].method, request->method) == 0) {
            run_row(&routes[i], request, answer);
            answer_name_damage(request, answer);
            packed_send(request->service->packed, request, answer);
            return;
        }
    }
    answer_error(request, answer, known ? API_METHOD : API_NO_SUCH_PATH, NULL);
}

static const struct row *find_row(const char *method, const char *path, char arguments[2][64])
{
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (strcmp(routes[i].method, method) == 0 && match(routes[i].path, path, arguments)) {
            return &routes[i];
        }
    }
    return NULL;
}

/* What is noted, is noted once; what is kept for others, is whole. */
bool route_is_short(const struct request *request)
{
    char arguments[2][64];
    const struct row *row = find_row(request->method, request->path, arguments);

    assert(row == NULL || !row->is_short || (!row->names_persons && row->shared == SHARED_NEVER));
    return row != NULL && row->is_short;
}

bool route_in_parts(const struct request *request)
{
    return strcmp(request->path, "/documents") == 0 && upload_is_asked(request);
}

void route_part(struct request *request, struct answer *answer)
{
    if (admit(request, answer, ASKS_SUBMITTER) && note_asked(request, answer, false)) {
        upload_part(request, answer);
    }
}

void route(struct request *request, struct answer *answer)
{
    route_within(request, answer, false);
}

void route_watch(struct request *request, struct answer *answer)
{
    route_within(request, answer, true);
}

enum route_pace route_pace(const char *path)
{
    static const struct {
        const char *path;
        enum route_pace pace;
    } paces[] = {
        {"/login", ROUTE_PASSWORD},
        {"/users", ROUTE_PASSWORD},
        {"/users/*/passwd", ROUTE_PASSWORD},
        {"/users/*/renew", ROUTE_PASSWORD},
        {"/users/*/roles", ROUTE_PASSWORD},
        {"/users/*/disable", ROUTE_PASSWORD},
        {"/keys/*/confirm", ROUTE_PASSWORD},
        {"/rotation", ROUTE_PASSWORD},
        {"/documents/*", ROUTE_READ},
        {"/balance", ROUTE_READ},
        {"/healthz", ROUTE_READ},
        {"/verify", ROUTE_LONG},
        {"/audit/check", ROUTE_LONG},
        {"/digest", ROUTE_WAITING},
    };
    char arguments[2][64];

    for (size_t i = 0; i < COUNT_OF(paces); i++) {
        if (match(paces[i].path, path, arguments)) {
            return paces[i].pace;
        }
    }
    return ROUTE_QUICK;
}
