#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/home/files.h"
#include "node/home/home.h"
#include "node/store/store_rocks.h"
#include "proto/frame.h"

/* config.yaml as it is written: every value with the words that explain it. */

enum { HEX_BYTES = 2 * HASH_SIZE };

static void put(struct buf *out, const char *format, ...) PRINTF(2, 3);
static void put(struct buf *out, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    buf_append_bytes(out, bytes_text(line));
}

static void put_quoted(struct buf *out, const char *key, const char *text)
{
    put(out, "%s: \"", key);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            buf_put_u8(out, '\\');
        }
        buf_put_u8(out, (uint8_t)*text);
    }
    put(out, "\"\n");
}

static const char *const log_levels[] = {[LOG_LEVEL_DEBUG] = "debug",
                                         [LOG_LEVEL_INFO] = "info",
                                         [LOG_LEVEL_WARN] = "warn",
                                         [LOG_LEVEL_ERROR] = "error"};
static const char *const seals[] = {[SEAL_PASSPHRASE] = "passphrase", [SEAL_MACHINE] = "machine"};

static void put_optional(struct buf *out, const char *key, const char *text)
{
    put(out, "%s", text[0] == '\0' ? "# " : "");
    put_quoted(out, key, text);
}

/* A line that is only a comment shows the default. */
static void put_limit(struct buf *out, const char *key, uint64_t value, uint64_t otherwise,
                      const char *meaning)
{
    put(out, "%s%s: %" PRIu64 " # %s\n", value == 0 ? "  # " : "  ", key,
        value == 0 ? otherwise : value, meaning);
}

static void put_limits(struct buf *out, const struct replicator_limits *limits)
{
    bool any = false;

#define ANY_LIMIT(type, name, otherwise, least, most, meaning) any |= limits->name != 0;
    REPLICATOR_LIMITS(ANY_LIMIT)
#undef ANY_LIMIT
    put(out,
        "\n# What one child may do, and timing. A line that is commented out shows the default.\n"
        "%s\n",
        any ? "limits:" : "# limits:");
#define PUT_LIMIT(type, name, otherwise, least, most, meaning)                                     \
    put_limit(out, #name, limits->name, otherwise, meaning);
    REPLICATOR_LIMITS(PUT_LIMIT)
#undef PUT_LIMIT
}

static void put_parent(struct buf *out, const struct home_config *config)
{
    char curve_key[HEX_BYTES + 1];

    if (division_is_none(config->parent.division)) {
        put(out, "\n# This is the root: it has no parent.\n");
        return;
    }
    hex_encode(curve_key, config->parent.curve_key, sizeof config->parent.curve_key);
    put(out,
        "\n# Where the node above is dialled, whatever it says itself: when it moved while this "
        "node was away,\n"
        "# or is reached another way from here. Keys prove who answers.\n");
    put_optional(out, "parent_endpoint", config->parent_endpoint);
    put(out, "\n# The node above, as its token told. Where it has moved since, it says itself "
             "(terrace endpoint).\n"
             "parent:\n");
    put_quoted(out, "  division", config->parent.division.code);
    put_quoted(out, "  endpoint", config->parent.endpoint);
    put_quoted(out, "  curve_key", curve_key);
}

static void put_identity(struct buf *out, const struct home_config *config)
{
    char tree[HEX_BYTES + 1];

    hex_encode(tree, &config->tree, sizeof config->tree);
    put(out, "# A node of Terrace. terraced reads this file when it starts.\n"
             "\n# Who this node is: fixed by its grant.\n");
    put_quoted(out, "division", config->division.code);
    put_quoted(out, "name", config->name);
    put(out,
        "# Fingerprint of the tree's trust key: compare it with the one your parent reads out.\n");
    put_quoted(out, "tree", tree);
}

/* Where people and programs of other machines come in. */
static void put_api(struct buf *out, const struct home_config *config)
{
    const bool listens = config->api_listen[0] != '\0';

    put(out,
        "\n# Where the console and the API are reached through TLS 1.3 (tls/cert.pem, "
        "tls/key.pem), by\n"
        "# whoever has a name and a password here; nowhere without it.\n%sapi:\n",
        listens ? "" : "# ");
    put(out, "%s", listens ? "" : "# ");
    put_quoted(out, "  listen", listens ? config->api_listen : "https://127.0.0.1:9443");
}

/* Where other programs are told. */
static void put_webhooks(struct buf *out, const struct home_config *config)
{
    const bool some = config->webhook_networks[0] != '\0';

    put(out,
        "\n# Networks that webhooks may reach beside what anybody can, as 127.0.0.0/8, "
        "10.1.0.0/16; and by http\n"
        "# there alone. Public addresses take https, and need no entry. Authorities of one's "
        "own stand in\n# tls/webhooks.pem.\n%s",
        some ? "" : "# ");
    put_quoted(out, "webhook_networks", some ? config->webhook_networks : "127.0.0.0/8");
}

/* Where the own log is kept beside this home. */
static void put_archive(struct buf *out, const struct home_config *config)
{
    const bool some = config->archive[0] != '\0';

    put(out,
        "\n# A directory on another disk or machine, mounted here: every block of the own log is "
        "written there,\n"
        "# too, within ten seconds. At the root of a tree nobody else has all of it.\n%s",
        some ? "" : "# ");
    put_quoted(out, "archive", some ? config->archive : "/mnt/archive");
}

/* How an operator is told. */
static void put_watch(struct buf *out, const struct home_config *config)
{
    const bool hook = config->alarm_hook[0] != '\0', metrics = config->metrics_listen[0] != '\0';

    put(out, "\n# A program in this home (or from / on), run for each new and each cleared alarm "
             "with one line\n"
             "# of JSON on its standard input, and killed after so many seconds.\n");
    put(out, "%s", hook ? "" : "# ");
    put_quoted(out, "alarm_hook", hook ? config->alarm_hook : "hooks/alarm");
    put(out, "%salarm_hook_seconds: %" PRIu32 "\n", config->alarm_hook_seconds == 0 ? "# " : "",
        config->alarm_hook_seconds == 0 ? (uint32_t)HOOK_SECONDS : config->alarm_hook_seconds);
    put(out, "\n# Where Prometheus on this machine reads /metrics, /healthz and /readyz; nowhere "
             "without it.\n"
             "# Everybody on this machine can read it there: sums and counts, no document.\n");
    put(out, "%s", metrics ? "" : "# ");
    put_quoted(out, "metrics_listen", metrics ? config->metrics_listen : "tcp://127.0.0.1:9464");
}

void home_print(struct buf *out, const struct home_config *config)
{
    char approval[POLICY_TEXT_MAX];

    policy_print(approval, config->approval);
    put_identity(out, config);
    put(out, "\n# Where children connect, and where new ones enrol; \"\" for none.\n");
    put_quoted(out, "listen", config->listen);
    put_quoted(out, "enrol", config->enrol);
    put(out, "# The same as others dial them, where that differs: behind a NAT, or when this node "
             "listens\n"
             "# on every address (tcp://*:7400). They stand in the tokens it gives.\n");
    put_optional(out, "advertise", config->advertise);
    put_optional(out, "advertise_enrol", config->advertise_enrol);
    put(out, "\n# Which documents need a maker and a checker: required (all), none, or kinds with "
             "commas\n"
             "# between them, as transfer,payment,paid. What the parent's grant names stays in "
             "force.\n");
    put(out, "approval: ");
    buf_append_bytes(out, bytes_text(approval)); /* may be longer than a line of put */
    put(out, "\n");
    put(out, "\n# error, warn, info or debug.\nlog: %s\n", log_levels[config->log_level]);
    put(out,
        "\n# What the keys are sealed under, set when they were made: passphrase\n"
        "# ($TERRACE_PASSPHRASE, the systemd credential terrace-passphrase, or a prompt) or\n"
        "# machine (keys/machine.secret).\nseal: %s\n",
        seals[config->seal]);
    put(out,
        "\n# New business is refused while less is free on the disk.\n%sdisk_floor_bytes: %" PRIu64
        "\n",
        config->disk_floor_bytes == 0 ? "# " : "",
        config->disk_floor_bytes == 0 ? (uint64_t)STORE_ROCKS_FLOOR_BYTES
                                      : config->disk_floor_bytes);
    put_archive(out, config);
    put_watch(out, config);
    put_api(out, config);
    put_webhooks(out, config);
    put_parent(out, config);
    put_limits(out, &config->limits);
}

enum status home_save(const struct home_config *config, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct buf text = BUF_EMPTY;
    enum status status = home_check_path(home, err);

    if (status == OK) {
        home_file(path, home, "config.yaml");
        home_print(&text, config);
        status = file_write(path, buf_bytes(&text), err);
    }
    buf_free(&text);
    return status;
}
