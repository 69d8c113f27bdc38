#include "node/api/routes_config.h"

#include "node/api/roster_snapshot.h"
#include "node/home/settings.h"

static void write_setting(void *arg, const struct setting *setting)
{
    struct json_out *out = arg;

    out_open(out, NULL, '{');
    out_text(out, "name", setting->name);
    out_text(out, "value", setting->value);
    out_text(out, "source", setting_source_name(setting->source));
    out_close(out, '}');
}

static void write_config(struct json_out *out, const struct service *service,
                         const struct roster_snapshot *roster)
{
    char approval[POLICY_TEXT_MAX];

    policy_print(approval, roster_snapshot_policy(roster, service));
    out_open(out, NULL, '{');
    out_open(out, "settings", '[');
    if (service->home != NULL) {
        home_settings(service->home, write_setting, out);
    }
    out_close(out, ']');
    out_text(out, "approval_in_force", approval);
    out_close(out, '}');
}

void get_config(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct roster_snapshot *roster;
    struct view view;

    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL) {
        write_config(&out, request->service, roster);
        (void)view_sound(&view, request, answer);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}
