#include "node/api/routes_front.h"

#include "node/api/api_task.h"

struct front_task {
    struct api_task api_task;
    char name[NAME_BYTES_MAX + 1];
    uint64_t lsn;
    bool sound;
    bool has_parent;
    struct peer_status parent;
    char parent_name[NAME_BYTES_MAX + 1];
};

static void take_name(char out[NAME_BYTES_MAX + 1], const struct roster *roster,
                      struct division division)
{
    const struct member *member = roster_find(roster, division);

    if (member != NULL) {
        memcpy(out, member->grant.name, NAME_BYTES_MAX + 1);
    }
}

static void run_front(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct front_task *front = (struct front_task *)api_task;
    const struct replicator *replicator = node_replicator(node);
    const struct division self = node_config(node)->self;
    struct log_head head;

    (void)txn;
    if (replicator_head(replicator, self, true, &head)) {
        front->lsn = head.lsn;
    }
    front->sound = node_ready(node) != ERR_CORRUPT;
    take_name(front->name, node_roster(node), self);
    for (size_t i = 0; i < replicator_peers(replicator) && !front->has_parent; i++) {
        replicator_peer_link(replicator, i, &front->parent);
        front->has_parent = front->parent.is_parent;
    }
    if (front->has_parent) {
        take_name(front->parent_name, node_roster(node), front->parent.division);
    }
}

static void write_parent(struct json_out *out, const struct front_task *front)
{
    if (!front->has_parent) {
        out_null(out, "parent");
        return;
    }
    out_open(out, "parent", '{');
    out_text(out, "division", front->parent.division.code);
    out_text(out, "name", front->parent_name);
    out_text(out, "state", peer_state_name(front->parent.state));
    out_count(out, "down_s", front->parent.down_ms / 1000);
    out_close(out, '}');
}

void get_front(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct front_task *front = api_task_new(service->gate, sizeof *front, run_front, NULL);
    struct json_out out = json_to(&answer->body);

    front->api_task.task.read_only = true;
    if (answer_outcome(request, answer,
                       api_task_run_within(&front->api_task, service->node, &service->clock,
                                           API_TASK_PATIENCE_MS))) {
        out_open(&out, NULL, '{');
        out_text(&out, "division", service->self.code);
        out_text(&out, "name", front->name);
        out_text(&out, "version", TERRACE_VERSION);
        out_time(&out, "time", clock_unix_ms(&service->clock));
        out_count(&out, "lsn", front->lsn);
        out_bool(&out, "sound", front->sound);
        write_parent(&out, front);
        out_close(&out, '}');
    }
    api_task_done_with(&front->api_task);
}
