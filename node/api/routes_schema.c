#include "node/api/routes_schema.h"

#include "node/api/roster_snapshot.h"
#include "node/api/schema_json.h"

static void write_schema(struct answer *answer, const struct schema_here *here)
{
    struct json_out out = json_to(&answer->body);

    out_open(&out, NULL, '{');
    out_text(&out, "division", here->self.code);
    write_kinds(&out, here);
    write_families(&out);
    write_fields(&out);
    write_groups(&out);
    write_code_sets(&out);
    write_states(&out);
    write_reasons(&out);
    write_roles(&out);
    write_accounts(&out);
    write_alarm_codes(&out);
    write_errors(&out);
    out_close(&out, '}');
}

void get_schema(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct schema_here here = {.self = service->self, .parent = DIVISION_NONE};
    const struct place *place;
    struct roster_snapshot *roster;
    struct view view;

    view_open(&view, service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        place = roster_snapshot_place(roster, service->self);
        here.parent = place == NULL ? DIVISION_NONE : place->parent;
        here.policy = roster_snapshot_policy(roster, service);
        write_schema(answer, &here);
        answer_public(request, answer);
    }
    roster_snapshot_release(service, roster);
    view_close(&view);
}
