/* settings - the configuration in force, value by value, and where each comes from.
 *
 *   config.yaml --> file       what it leaves out --> default       fixed by the grant --> grant
 *
 * A setting's name is its key in config.yaml, "limits.beat_ms" for one of a section.
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_HOME_SETTINGS_H
#define TERRACE_NODE_HOME_SETTINGS_H

#include "node/home/home.h"

enum setting_source { SETTING_FROM_FILE, SETTING_DEFAULT, SETTING_FROM_GRANT };
const char *setting_source_name(enum setting_source source); /* "file" */

struct setting {
    char name[48];
    const char *value; /* "" for nowhere, or none */
    enum setting_source source;
};
typedef void setting_visit_fn(void *arg, const struct setting *setting);
/* In the order of config.yaml. Nothing of it is secret: keys and passphrases stand elsewhere. */
void home_settings(const struct home_config *config, setting_visit_fn *visit, void *arg);

#endif
