#include "node/api/routes_metrics.h"

#include "node/api/found_damage.h"
#include "node/api/metrics_divisions.h"
#include "node/api/view.h"
#include "node/backup/archive.h"
#include "node/core/accesses.h"
#include "node/core/node_watch.h"
#include "node/core/scrub.h"
#include "node/home/last_backup.h"
#include "replicator/log/sealing.h"

/* --- what is taken on the loop --- */

struct metrics_task {
    struct api_task api_task;
    enum status ready;
    uint64_t lsn, granted_unix_ms, rows_written;
    struct confirmation confirmed;
    struct store store;
    struct store_space_free space;
    bool has_disk;
    struct meter meter;
    struct access_growth accesses;
    struct scrub_progress scrub;
    uint64_t alarms[ALARM_SEVERITIES];
    struct peer_status *peers;
    size_t peer_count;
    struct division_view *views; /* this node first, then those below */
    size_t view_count;
    bool is_root;
};

static void count_alarms(struct metrics_task *task, struct node *node)
{
    const struct alarms *alarms = node_alarms(node);

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        task->alarms[alarm_info(alarms_at(alarms, i)->code)->severity]++;
    }
}

static void take_peers(struct metrics_task *task, const struct replicator *replicator)
{
    task->peer_count = replicator_peers(replicator);
    task->peers = mem_zalloc((task->peer_count + 1) * sizeof *task->peers);
    for (size_t i = 0; i < task->peer_count; i++) {
        replicator_peer(replicator, i, &task->peers[i]);
    }
}

static void run_metrics(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct metrics_task *task = (struct metrics_task *)api_task;
    const struct replicator *replicator = node_replicator(node);
    const struct division self = node_config(node)->self;
    const struct member *member = roster_find(node_roster(node), self);
    struct log_head head = {0};
    struct err err;

    (void)txn;
    task->ready = node_ready(node);
    (void)replicator_head(replicator, self, true, &head);
    task->lsn = head.lsn;
    task->is_root = division_is_none(replicator_parent(replicator));
    replicator_confirmed(replicator, &task->confirmed);
    task->granted_unix_ms = member == NULL ? 0 : member->grant.time_ms;
    task->rows_written = node_rows_written(node);
    task->meter = *node_meter(node);
    task->accesses = node_access_growth(node);
    scrub_progress(node, &task->scrub);
    count_alarms(task, node);
    take_peers(task, replicator);
    task->views = node_watch_views(node, &task->view_count);
    task->has_disk = task->store.ops->free_space(task->store.self, &task->space, &err) == OK &&
                     task->space.free_bytes != UINT64_MAX;
}

static void free_metrics(struct api_task *api_task)
{
    struct metrics_task *task = (struct metrics_task *)api_task;

    mem_free(task->peers);
    mem_free(task->views);
}

/* --- of the node --- */

static void one(struct metrics_text *out, const char *family, const char *type, const char *help,
                uint64_t value)
{
    metric_family(out, family, type, help);
    metric_count(out, NULL, value);
}

/* Seconds since; nothing where it never was. */
static void age(struct metrics_text *out, const struct metric_label *labels, uint64_t since_unix_ms,
                uint64_t now_ms)
{
    if (since_unix_ms != 0) {
        metric_ms(out, labels, now_ms > since_unix_ms ? (int64_t)(now_ms - since_unix_ms) : 0);
    }
}

static void write_node(struct metrics_text *out, const struct metrics_task *task,
                       const struct service *service)
{
    const struct metric_label info[] = {
        {"version", TERRACE_VERSION}, {"division", service->self.code}, {NULL, NULL}};

    metric_family(out, "terrace_build_info", "gauge", "Version and division of this node.");
    metric_count(out, info, 1);
    one(out, "terrace_ready", "gauge", "1 while new documents are taken.", task->ready == OK);
    one(out, "terrace_log_entries_total", "counter", "Entries of the own log.", task->lsn);
    one(out, "terrace_rows_written_total", "counter", "Rows put or deleted since the start.",
        task->rows_written);
    one(out, "terrace_store_stalls_total", "counter",
        "Commits that took a second or longer, since the start.", task->meter.stalls);
    one(out, "terrace_audit_rows", "gauge",
        "Rows of the chain of who asked what; none is ever deleted.", task->accesses.rows);
    one(out, "terrace_audit_rows_written_total", "counter", "Rows added to it since the start.",
        task->accesses.new_rows);
    one(out, "terrace_audit_bytes_written_total", "counter",
        "Bytes of these rows before the store packs them, since the start.",
        task->accesses.new_bytes);
    metric_family(out, "terrace_commit_seconds", "histogram",
                  "From the begin of a commit until it is durable.");
    metric_histogram(out, &task->meter.commits);
    metric_family(out, "terrace_block_arrival_seconds", "histogram",
                  "From an author's closing of a block, by its clock, until it was held here.");
    metric_histogram(out, &task->meter.arrivals);
}

static void write_scrub(struct metrics_text *out, const struct scrub_progress *scrub)
{
    one(out, "terrace_scrub_blocks_total", "counter",
        "Blocks held that were read again: signature, body and entries.", scrub->blocks);
    one(out, "terrace_scrub_faults_total", "counter",
        "Of these, signed by their author over other entries.", scrub->faults);
    one(out, "terrace_scrub_entries_left", "gauge", "Entries held and not read again yet.",
        scrub->entries_left);
    one(out, "terrace_scrub_rounds_total", "counter", "Times that all that is held was read again.",
        scrub->rounds);
    one(out, "terrace_scrub_rows_total", "counter", "Other rows of the store that were read again.",
        scrub->rows);
    one(out, "terrace_scrub_through_seconds", "gauge",
        "When the last round ended, in seconds of Unix; 0: none did yet.",
        scrub->through_unix_ms / 1000);
}

static void write_alarms(struct metrics_text *out, const struct metrics_task *task)
{
    metric_family(out, "terrace_alarms", "gauge", "Open alarms.");
    for (int severity = 0; severity < ALARM_SEVERITIES; severity++) {
        const struct metric_label labels[] = {
            {"severity", alarm_severity_name((enum alarm_severity)severity)}, {NULL, NULL}};

        metric_count(out, labels, task->alarms[severity]);
    }
}

static bool take_time(void *arg, const struct block_view *block)
{
    *(uint64_t *)arg = block->header.time_ms;
    return false;
}

/* When the first block behind `lsn` was closed; 0 when there is none. Errors: log_scan's. */
static enum status time_after(const struct view *view, uint64_t lsn, uint64_t *unix_ms,
                              struct err *err)
{
    return log_scan(view->store, view->snapshot, view->service->self, lsn + 1, take_time, unix_ms,
                    err);
}

static void write_oldest(struct metrics_text *out, const struct view *view, uint64_t lsn,
                         uint64_t last_lsn, uint64_t now_ms)
{
    static const char family[] = "terrace_unconfirmed_oldest_seconds";
    uint64_t unix_ms = 0;
    struct err err;

    if (lsn < last_lsn && time_after(view, lsn, &unix_ms, &err) != OK) {
        found_damage(view->service->node, view->service->gate, &err);
        metric_not_known(out, family, err.text);
        return;
    }
    metric_family(out, family, "gauge",
                  "Age of the oldest own entry that the root has not said it holds; 0: none.");
    age(out, NULL, unix_ms == 0 ? now_ms : unix_ms, now_ms);
}

/* At the root everything is confirmed by being there. */
static void write_confirmed(struct metrics_text *out, const struct metrics_task *task,
                            const struct view *view, uint64_t now_ms)
{
    const uint64_t lsn = task->confirmed.lsn < task->lsn ? task->confirmed.lsn : task->lsn;

    if (task->is_root) {
        return;
    }
    one(out, "terrace_unconfirmed_entries", "gauge",
        "Own entries that the root has not said it holds.", task->lsn - lsn);
    write_oldest(out, view, lsn, task->lsn, now_ms);
    metric_family(out, "terrace_confirmed_age_seconds", "gauge",
                  "Since the root last said what it holds; missing: not since the start.");
    age(out, NULL, task->confirmed.heard_unix_ms, now_ms);
}

static void write_disk(struct metrics_text *out, const struct metrics_task *task)
{
    one(out, "terrace_store_stalled", "gauge",
        "1 while the engine slows writes down, or stops them, until it has caught up.",
        task->space.is_stalled);
    if (task->has_disk) {
        one(out, "terrace_disk_free_bytes", "gauge", "Free where the store lies.",
            task->space.free_bytes);
        one(out, "terrace_disk_floor_bytes", "gauge", "Below this no new documents are taken.",
            task->space.floor_bytes);
    }
}

/* What is beside the store. */
static void write_copies(struct metrics_text *out, const struct service *service, uint64_t now_ms)
{
    struct last_backup backup;
    struct archive_state state;

    metric_family(out, "terrace_backup_age_seconds", "gauge",
                  "Since the last complete backup was taken; missing: none is known.");
    if (service->home_path != NULL && last_backup_read(&backup, service->home_path)) {
        age(out, NULL, backup.unix_ms, now_ms);
    }
    if (service->archive == NULL) {
        return;
    }
    archive_look(service->archive, &state);
    one(out, "terrace_archive_entries", "gauge",
        "Up to which entry of the own log its archive has it, durable.", state.lsn);
    metric_family(
        out, "terrace_archive_waiting_seconds", "gauge",
        "How long something has been waiting to be written to the archive; 0: nothing is.");
    metric_ms(out, NULL, (int64_t)state.waiting_ms);
    one(out, "terrace_archive_fault", "gauge", "1 while the archive cannot be written.",
        state.fault[0] != '\0');
}

static void write_keys(struct metrics_text *out, const struct metrics_task *task, uint64_t now_ms)
{
    metric_family(out, "terrace_key_age_seconds", "gauge", "Since this key was granted.");
    age(out, (const struct metric_label[]){{"key", "node"}, {NULL, NULL}}, task->granted_unix_ms,
        now_ms);
}

static void write_money(struct metrics_text *out, const struct view *view)
{
    static const char family[] = "terrace_money_in_transit_yuan";
    static const char *const scopes[] = {[SCOPE_OWN] = "own", [SCOPE_SUBTREE] = "subtree"};
    struct chain_row chains[COUNT_OF(scopes)];
    struct err err;

    for (size_t scope = 0; scope < COUNT_OF(scopes); scope++) {
        query_chain(view->txn, view->service->self, (enum scope)scope, 0, &chains[scope]);
    }
    if (view_status(view, &err) != OK) {
        metric_not_known(out, family, err.text); /* and no zero */
        return;
    }
    metric_family(out, family, "gauge",
                  "Issued to a division below and not answered yet, all open years.");
    for (size_t scope = 0; scope < COUNT_OF(scopes); scope++) {
        metric_yuan(out, (const struct metric_label[]){{"scope", scopes[scope]}, {NULL, NULL}},
                    chains[scope].in_transit);
    }
}

/* --- of the links, a family at a time --- */

enum link_value {
    LINK_UP,
    LINK_LAG_ENTRIES,
    LINK_LAG_BYTES,
    LINK_LAG,
    LINK_HEARD,
    LINK_RTT,
    LINK_SKEW,
    LINK_REFUSED,
};

static const struct link_family {
    const char *name, *type, *help;
    enum link_value value;
} link_families[] = {
    {"terrace_link_up", "gauge", "1 while the link to this neighbour is live.", LINK_UP},
    {"terrace_link_lag_entries", "gauge", "Held for this neighbour and not confirmed by it.",
     LINK_LAG_ENTRIES},
    {"terrace_link_lag_bytes", "gauge", "The same in bytes.", LINK_LAG_BYTES},
    {"terrace_link_lag_seconds", "gauge", "Age of the oldest of these; 0: none.", LINK_LAG},
    {"terrace_link_heard_age_seconds", "gauge",
     "Since this neighbour was last heard; missing: not since the start.", LINK_HEARD},
    {"terrace_link_rtt_seconds", "gauge", "Round trip.", LINK_RTT},
    {"terrace_link_clock_skew_seconds", "gauge", "Its clock ahead of ours.", LINK_SKEW},
    {"terrace_link_frames_refused_total", "counter",
     "Frames of this neighbour that were refused, since the start.", LINK_REFUSED},
};

static void write_link(struct metrics_text *out, enum link_value value,
                       const struct metric_label *labels, const struct peer_status *peer,
                       uint64_t now_ms)
{
    switch (value) {
    case LINK_UP:
        metric_count(out, labels, peer->state == PEER_LIVE);
        return;
    case LINK_LAG_ENTRIES:
        metric_count(out, labels, peer->behind_entries);
        return;
    case LINK_LAG_BYTES:
        metric_count(out, labels, peer->behind_bytes);
        return;
    case LINK_LAG:
        age(out, labels, peer->oldest_unix_ms == 0 ? now_ms : peer->oldest_unix_ms, now_ms);
        return;
    case LINK_HEARD:
        age(out, labels, peer->last_heard_unix_ms, now_ms);
        return;
    case LINK_RTT:
        metric_ms(out, labels, peer->rtt_ms);
        return;
    case LINK_SKEW:
        metric_ms(out, labels, peer->clock_skew_ms);
        return;
    case LINK_REFUSED:
        metric_count(out, labels, peer->frames_refused);
        return;
    }
}

static const char *side_of(const struct peer_status *peer)
{
    return peer->is_far      ? peer->is_up ? "ancestor" : "served"
           : peer->is_parent ? "parent"
                             : "child";
}

/* Every state has a series, so that a rule needs not know the others. */
static void write_states(struct metrics_text *out, const struct metrics_task *task)
{
    metric_family(out, "terrace_link_state", "gauge", "1 for the state this link is in.");
    for (size_t i = 0; i < task->peer_count; i++) {
        const struct peer_status *peer = &task->peers[i];

        for (int state = 0; state < PEER_STATES; state++) {
            const struct metric_label labels[METRIC_LABELS_MAX + 1] = {
                {"division", peer->division.code},
                {"side", side_of(peer)},
                {"state", peer_state_name((enum peer_state)state)},
                {NULL, NULL}};

            metric_count(out, labels, peer->state == (enum peer_state)state);
        }
    }
}

static void write_links(struct metrics_text *out, const struct metrics_task *task, uint64_t now_ms)
{
    for (size_t i = 0; i < COUNT_OF(link_families); i++) {
        const struct link_family *family = &link_families[i];

        metric_family(out, family->name, family->type, family->help);
        for (size_t j = 0; j < task->peer_count; j++) {
            const struct peer_status *peer = &task->peers[j];
            const struct metric_label labels[] = {
                {"division", peer->division.code}, {"side", side_of(peer)}, {NULL, NULL}};

            write_link(out, family->value, labels, peer, now_ms);
        }
    }
    write_states(out, task);
}

/* --- */

static void write_metrics(struct answer *answer, const struct metrics_task *task,
                          const struct service *service)
{
    const uint64_t now_ms = clock_unix_ms(&service->clock);
    struct metrics_text out = {&answer->body, NULL};
    struct view view;

    answer->type = METRICS_TYPE;
    view_open(&view, service);
    write_node(&out, task, service);
    write_scrub(&out, &task->scrub);
    write_alarms(&out, task);
    write_confirmed(&out, task, &view, now_ms);
    write_disk(&out, task);
    write_keys(&out, task, now_ms);
    write_copies(&out, service, now_ms);
    write_money(&out, &view);
    write_links(&out, task, now_ms);
    metric_divisions(&out, task->views + 1, task->view_count - 1);
    view_close(&view);
}

void get_metrics(struct request *request, struct answer *answer)
{
    struct metrics_task *task =
        api_task_new(request->service->gate, sizeof *task, run_metrics, free_metrics);

    task->api_task.task.read_only = true;
    task->store = request->service->store;
    if (answer_outcome(request, answer,
                       api_task_run_within(&task->api_task, request->service->node,
                                           &request->service->clock, API_TASK_PATIENCE_MS))) {
        write_metrics(answer, task, request->service);
    }
    api_task_done_with(&task->api_task);
}
