#include "node/home/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/store/store_rocks.h"
#include "proto/frame.h"

const char *setting_source_name(enum setting_source source)
{
    static const char *const names[] = {[SETTING_FROM_FILE] = "file",
                                        [SETTING_DEFAULT] = "default",
                                        [SETTING_FROM_GRANT] = "grant"};

    assert(source < COUNT_OF(names));
    return names[source];
}

struct telling {
    setting_visit_fn *visit;
    void *arg;
};

static void tell(const struct telling *telling, const char *section, const char *name,
                 const char *value, enum setting_source source)
{
    struct setting setting = {.value = value, .source = source};

    (void)snprintf(setting.name, sizeof setting.name, "%s%s%s", section,
                   section[0] == '\0' ? "" : ".", name);
    telling->visit(telling->arg, &setting);
}

/* What the file may leave out is empty then. */
static void tell_text(const struct telling *telling, const char *section, const char *name,
                      const char *value)
{
    tell(telling, section, name, value, value[0] == '\0' ? SETTING_DEFAULT : SETTING_FROM_FILE);
}

static void tell_number(const struct telling *telling, const char *section, const char *name,
                        uint64_t value, uint64_t otherwise)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, value == 0 ? otherwise : value);
    tell(telling, section, name, text, value == 0 ? SETTING_DEFAULT : SETTING_FROM_FILE);
}

static void tell_identity(const struct telling *telling, const struct home_config *config)
{
    char tree[2 * HASH_SIZE + 1];

    hex_encode(tree, &config->tree, sizeof config->tree);
    tell(telling, "", "division", config->division.code, SETTING_FROM_GRANT);
    tell(telling, "", "name", config->name, SETTING_FROM_GRANT);
    tell(telling, "", "tree", tree, SETTING_FROM_GRANT);
}

static void tell_doors(const struct telling *telling, const struct home_config *config)
{
    tell_text(telling, "", "listen", config->listen);
    tell_text(telling, "", "enrol", config->enrol);
    tell_text(telling, "", "advertise", config->advertise);
    tell_text(telling, "", "advertise_enrol", config->advertise_enrol);
    tell_text(telling, "", "metrics_listen", config->metrics_listen);
    tell_text(telling, "api", "listen", config->api_listen);
}

static void tell_choices(const struct telling *telling, const struct home_config *config)
{
    static const char *const levels[] = {[LOG_LEVEL_DEBUG] = "debug",
                                         [LOG_LEVEL_INFO] = "info",
                                         [LOG_LEVEL_WARN] = "warn",
                                         [LOG_LEVEL_ERROR] = "error"};
    static const char *const seals[] = {
        [SEAL_PASSPHRASE] = "passphrase", [SEAL_MACHINE] = "machine"};
    char approval[POLICY_TEXT_MAX];

    policy_print(approval, config->approval);
    tell(telling, "", "approval", approval, SETTING_FROM_FILE);
    tell(telling, "", "log", levels[config->log_level], SETTING_FROM_FILE);
    tell(telling, "", "seal", seals[config->seal], SETTING_FROM_FILE);
    tell_number(telling, "", "disk_floor_bytes", config->disk_floor_bytes, STORE_ROCKS_FLOOR_BYTES);
    tell_text(telling, "", "archive", config->archive);
    tell_text(telling, "", "alarm_hook", config->alarm_hook);
    tell_number(telling, "", "alarm_hook_seconds", config->alarm_hook_seconds, HOOK_SECONDS);
}

void home_settings(const struct home_config *config, setting_visit_fn *visit, void *arg)
{
    const struct telling telling = {visit, arg};

    tell_identity(&telling, config);
    tell_doors(&telling, config);
    tell_choices(&telling, config);
    if (!division_is_none(config->parent.division)) {
        tell(&telling, "parent", "division", config->parent.division.code, SETTING_FROM_GRANT);
        tell_text(&telling, "parent", "endpoint", config->parent.endpoint);
        tell_text(&telling, "", "parent_endpoint", config->parent_endpoint);
    }
#define TELL_LIMIT(type, name, otherwise, least, most, meaning)                                    \
    tell_number(&telling, "limits", #name, config->limits.name, otherwise);
    REPLICATOR_LIMITS(TELL_LIMIT)
#undef TELL_LIMIT
}
