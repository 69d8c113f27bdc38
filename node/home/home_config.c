#include <cyaml/cyaml.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "node/home/files.h"
#include "node/home/home.h"
#include "node/webhook/address.h"
#include "proto/frame.h"
#include "proto/message.h"

enum { CONFIG_BYTES_MAX = 64 << 10, HEX_BYTES = 2 * HASH_SIZE };

/* The file as it is written; texts are checked afterwards. */
struct parent_section {
    char division[DIVISION_CODE_MAX + 1];
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    char curve_key[HEX_BYTES + 1];
};
struct api_section {
    char listen[ENDPOINT_BYTES_MAX + 1];
};
struct config_file {
    char division[DIVISION_CODE_MAX + 1];
    char name[NAME_BYTES_MAX + 1];
    char tree[HEX_BYTES + 1];
    char listen[ENDPOINT_BYTES_MAX + 1];
    char enrol[ENDPOINT_BYTES_MAX + 1];
    char advertise[ENDPOINT_BYTES_MAX + 1];
    char advertise_enrol[ENDPOINT_BYTES_MAX + 1];
    char approval[POLICY_TEXT_MAX];
    int log, seal;
    uint64_t disk_floor_bytes;
    char alarm_hook[HOOK_PATH_MAX + 1];
    uint32_t alarm_hook_seconds;
    char metrics_listen[ENDPOINT_BYTES_MAX + 1];
    char archive[ARCHIVE_PATH_MAX + 1];
    char webhook_networks[NETWORKS_TEXT_MAX + 1];
    struct api_section api;
    char parent_endpoint[ENDPOINT_BYTES_MAX + 1];
    struct parent_section parent;
    struct replicator_limits limits;
};

static const cyaml_strval_t log_levels[] = {{"debug", LOG_LEVEL_DEBUG},
                                            {"info", LOG_LEVEL_INFO},
                                            {"warn", LOG_LEVEL_WARN},
                                            {"error", LOG_LEVEL_ERROR}};
static const cyaml_strval_t seals[] = {{"passphrase", SEAL_PASSPHRASE}, {"machine", SEAL_MACHINE}};

static const cyaml_schema_field_t parent_fields[] = {
    CYAML_FIELD_STRING("division", CYAML_FLAG_DEFAULT, struct parent_section, division, 1),
    CYAML_FIELD_STRING("endpoint", CYAML_FLAG_DEFAULT, struct parent_section, endpoint, 1),
    CYAML_FIELD_STRING("curve_key", CYAML_FLAG_DEFAULT, struct parent_section, curve_key, 1),
    CYAML_FIELD_END};

static const cyaml_schema_field_t api_fields[] = {
    CYAML_FIELD_STRING("listen", CYAML_FLAG_OPTIONAL, struct api_section, listen, 0),
    CYAML_FIELD_END};

#define LIMIT_FIELD(type, name, otherwise, least, most, meaning)                                   \
    CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct replicator_limits, name),
static const cyaml_schema_field_t limit_fields[] = {REPLICATOR_LIMITS(LIMIT_FIELD) CYAML_FIELD_END};
#undef LIMIT_FIELD

#define TEXT(name, flags) CYAML_FIELD_STRING(#name, flags, struct config_file, name, 0)
#define CHOICE(name, values)                                                                       \
    CYAML_FIELD_ENUM(#name, CYAML_FLAG_STRICT, struct config_file, name, values, COUNT_OF(values))
static const cyaml_schema_field_t config_fields[] = {
    TEXT(division, CYAML_FLAG_DEFAULT),
    TEXT(name, CYAML_FLAG_DEFAULT),
    TEXT(tree, CYAML_FLAG_DEFAULT),
    TEXT(listen, CYAML_FLAG_OPTIONAL),
    TEXT(enrol, CYAML_FLAG_OPTIONAL),
    TEXT(advertise, CYAML_FLAG_OPTIONAL),
    TEXT(advertise_enrol, CYAML_FLAG_OPTIONAL),
    TEXT(approval, CYAML_FLAG_DEFAULT),
    CHOICE(log, log_levels),
    CHOICE(seal, seals),
    CYAML_FIELD_UINT("disk_floor_bytes", CYAML_FLAG_OPTIONAL, struct config_file, disk_floor_bytes),
    TEXT(alarm_hook, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_UINT("alarm_hook_seconds", CYAML_FLAG_OPTIONAL, struct config_file,
                     alarm_hook_seconds),
    TEXT(metrics_listen, CYAML_FLAG_OPTIONAL),
    TEXT(archive, CYAML_FLAG_OPTIONAL),
    TEXT(webhook_networks, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_MAPPING("api", CYAML_FLAG_OPTIONAL, struct config_file, api, api_fields),
    TEXT(parent_endpoint, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_MAPPING("parent", CYAML_FLAG_OPTIONAL, struct config_file, parent, parent_fields),
    CYAML_FIELD_MAPPING("limits", CYAML_FLAG_OPTIONAL, struct config_file, limits, limit_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_file, config_fields)};

/* --- where in the text --- */

static bool is_key(const char *at, const char *end, const char *key)
{
    const size_t size = strlen(key);

    while (at < end && *at == ' ') {
        at++;
    }
    return (size_t)(end - at) > size && memcmp(at, key, size) == 0 && at[size] == ':';
}

/* The first line from `first` on that begins with `key`; 0 when there is none. */
static unsigned line_from(struct bytes text, unsigned first, const char *key)
{
    const char *at = (const char *)text.data, *end = at + text.size;

    for (unsigned line = 1; at < end; line++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));

        if (line >= first && is_key(at, end, key)) {
            return line;
        }
        at = next == NULL ? end : next + 1;
    }
    return 0;
}

static unsigned line_of(struct bytes text, const char *section, const char *key)
{
    return line_from(text, section == NULL ? 1 : line_from(text, 1, section) + 1, key);
}

/* --- reading: what the library says --- */

struct complaint {
    char what[160]; /* as the library says it */
    char why[224];  /* as a message */
    unsigned line;
};

/* Its first error says what, the first place it names says where. */
static void hear(cyaml_log_t level, void *arg, const char *format, va_list args)
{
    struct complaint *complaint = arg;
    char text[256];
    const char *place, *what;

    if (level < CYAML_LOG_ERROR) {
        return;
    }
    (void)vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    place = strstr(text, "line: ");
    if (place != NULL && complaint->line == 0) {
        (void)sscanf(place, "line: %u", &complaint->line);
    }
    what = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
    if (complaint->what[0] == '\0' && strncmp(what, "Backtrace", 9) != 0) {
        (void)snprintf(complaint->what, sizeof complaint->what, "%.*s",
                       (int)sizeof complaint->what - 1, what);
    }
}

static void *resize(void *arg, void *memory, size_t size)
{
    (void)arg;
    if (size == 0) {
        mem_free(memory);
        return NULL;
    }
    return mem_realloc(memory, size);
}

/* The key that the library's words `about` name, NULL when it says something else. */
static const char *key_behind(const struct complaint *complaint, const char *about)
{
    const size_t size = strlen(about);

    return strncmp(complaint->what, about, size) == 0 ? complaint->what + size : NULL;
}

/* The value that the library could not read, without its quotes; NULL when it says something else.
 */
static const char *value_behind(struct complaint *complaint)
{
    char *value = strstr(complaint->what, " value: ");

    if (value == NULL || strncmp(complaint->what, "Invalid ", 8) != 0) {
        return NULL;
    }
    value += strlen(" value: ");
    if (value[0] == '\'' && value[strlen(value) - 1] == '\'') {
        value[strlen(value) - 1] = '\0';
        value++;
    }
    return value;
}

/* For a key that is not expected the library names the place before it. */
static void correct_line(struct complaint *complaint, struct bytes text)
{
    const char *unknown = key_behind(complaint, "Unexpected key: ");
    const char *repeated = key_behind(complaint, "Mapping field already seen: ");
    const unsigned line = unknown != NULL    ? line_from(text, complaint->line, unknown)
                          : repeated != NULL ? line_from(text, complaint->line + 1, repeated)
                                             : 0;
    const char *value = value_behind(complaint);

    if (value != NULL) {
        message_format(complaint->why, sizeof complaint->why, "config_bad_value value=%s", value);
    } else if (unknown != NULL) {
        message_format(complaint->why, sizeof complaint->why, "config_unknown_key key=%s", unknown);
    } else if (repeated != NULL) {
        message_format(complaint->why, sizeof complaint->why, "config_repeated_key key=%s",
                       repeated);
    } else {
        (void)snprintf(complaint->why, sizeof complaint->why, "%s", complaint->what);
    }
    if (line != 0) {
        complaint->line = line;
    }
}

static enum status parse(struct config_file *out, struct bytes text, const char *path,
                         struct err *err)
{
    struct complaint complaint = {"", "", 0};
    const cyaml_config_t config = {.log_fn = hear,
                                   .log_ctx = &complaint,
                                   .mem_fn = resize,
                                   .log_level = CYAML_LOG_ERROR,
                                   .flags = CYAML_CFG_NO_ALIAS};
    cyaml_data_t *data = NULL;
    const cyaml_err_t result =
        cyaml_load_data(text.data, text.size, &config, &config_schema, &data, NULL);

    if (result != CYAML_OK) {
        correct_line(&complaint, text);
        return err_set(err, ERR_CONFIG, "config_unreadable path=%s line=%u why=%s", path,
                       complaint.line,
                       complaint.why[0] != '\0' ? complaint.why : cyaml_strerror(result));
    }
    if (data == NULL) {
        return err_set(err, ERR_CONFIG, "config_empty path=%s", path);
    }
    memcpy(out, data, sizeof *out);
    (void)cyaml_free(&config, &config_schema, data, 0);
    return OK;
}

/* --- reading: our own rules --- */

struct check {
    const char *path;
    struct bytes text;
    struct err *err;
};

static enum status complain(const struct check *check, const char *section, const char *key,
                            const char *why)
{
    return err_set(check->err, ERR_CONFIG, "config_value path=%s line=%u key=%s%s%s why=%s",
                   check->path, line_of(check->text, section, key), section != NULL ? section : "",
                   section != NULL ? "." : "", key, why);
}

static enum status take_endpoint(const struct check *check, const char *section, const char *key,
                                 char out[ENDPOINT_BYTES_MAX + 1], const char *text)
{
    struct err why;

    if (text[0] != '\0' && home_check_endpoint(text, &why) != OK) {
        return complain(check, section, key, why.text);
    }
    memcpy(out, text, ENDPOINT_BYTES_MAX + 1);
    return OK;
}

static enum status take_advertised(const struct check *check, const char *key,
                                   char out[ENDPOINT_BYTES_MAX + 1], const char *text)
{
    if (text[0] != '\0' && !endpoint_can_be_dialled(text)) {
        return complain(check, NULL, key, "must_be_dialled");
    }
    return take_endpoint(check, NULL, key, out, text);
}

/* Whoever can reach it can read it, so it is for this machine alone. */
static enum status take_metrics(const struct check *check, char out[ENDPOINT_BYTES_MAX + 1],
                                const char *text)
{
    static const char *const hosts[] = {"tcp://127.0.0.1:", "tcp://[::1]:", "tcp://localhost:"};
    bool is_loopback = text[0] == '\0';

    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        is_loopback = is_loopback || strncmp(text, hosts[i], strlen(hosts[i])) == 0;
    }
    return is_loopback ? take_endpoint(check, NULL, "metrics_listen", out, text)
                       : complain(check, NULL, "metrics_listen", "must_be_loopback");
}

static enum status take_api(const struct check *check, char out[ENDPOINT_BYTES_MAX + 1],
                            const struct api_section *api)
{
    struct err why;

    if (api->listen[0] != '\0' && home_check_address(api->listen, &why) != OK) {
        return complain(check, "api", "listen", why.text);
    }
    memcpy(out, api->listen, sizeof api->listen);
    return OK;
}

static enum status take_networks(const struct check *check, char out[NETWORKS_TEXT_MAX + 1],
                                 const char *text)
{
    struct networks networks;

    if (!networks_parse(&networks, text)) {
        return complain(check, NULL, "webhook_networks", "must_be_networks");
    }
    memcpy(out, text, strlen(text) + 1);
    return OK;
}

static enum status take_hook(const struct check *check, char out[HOOK_PATH_MAX + 1],
                             const char *text)
{
    if (text[0] != '\0' && !text_plain(bytes_text(text))) {
        return complain(check, NULL, "alarm_hook", "must_be_text");
    }
    memcpy(out, text, HOOK_PATH_MAX + 1);
    return OK;
}

/* A whole path: a service and a person at a terminal stand in different directories. */
static enum status take_archive(const struct check *check, char out[ARCHIVE_PATH_MAX + 1],
                                const char *text)
{
    if (text[0] != '\0' && (text[0] != '/' || !text_plain(bytes_text(text)))) {
        return complain(check, NULL, "archive", "must_be_whole_path");
    }
    memcpy(out, text, ARCHIVE_PATH_MAX + 1);
    return OK;
}

static enum status take_hex(const struct check *check, const char *section, const char *key,
                            void *out, const char *text)
{
    if (!hex_decode(out, HASH_SIZE, text)) {
        return complain(check, section, key, "must_be_hex_64");
    }
    return OK;
}

static enum status take_division(const struct check *check, const char *section,
                                 struct division *out, const char *text)
{
    if (!division_parse(out, bytes_text(text))) {
        return complain(check, section, "division", "must_be_division");
    }
    return OK;
}

static enum status take_name(const struct check *check, char *out, const char *text)
{
    const size_t size = strlen(text);

    if (size == 0 || !text_plain(bytes_text(text))) {
        return complain(check, NULL, "name", "must_be_text");
    }
    memcpy(out, text, size + 1);
    return OK;
}

static enum status take_policy(const struct check *check, struct policy *out, const char *text)
{
    struct bytes bad;
    char why[160];

    if (policy_parse(out, text, &bad)) {
        return OK;
    }
    message_format(why, sizeof why, "must_be_policy word=%.*s",
                   (int)(bad.size < 64 ? bad.size : 64), (const char *)bad.data);
    return complain(check, NULL, "approval", why);
}

static enum status take_parent(const struct check *check, struct home_config *out,
                               const struct parent_section *parent)
{
    enum status status;

    if (parent->division[0] == '\0') {
        return OK; /* the root */
    }
    status = take_division(check, "parent", &out->parent.division, parent->division);
    if (status == OK) {
        status = take_endpoint(check, "parent", "endpoint", out->parent.endpoint, parent->endpoint);
    }
    if (status == OK) {
        status = take_hex(check, "parent", "curve_key", out->parent.curve_key, parent->curve_key);
    }
    return status;
}

/* Zero is the default; anything else has to be a limit a node can live with. */
static enum status take_limits(const struct check *check, struct home_config *out,
                               const struct config_file *file)
{
#define LIMIT_RANGE(type, name, otherwise, least, most, meaning)                                   \
    {"limits", #name, file->limits.name, least, most},
    const struct {
        const char *section, *key;
        uint64_t value, min, max;
    } ranges[] = {{NULL, "disk_floor_bytes", file->disk_floor_bytes, 1, LIMIT_HUGE},
                  {NULL, "alarm_hook_seconds", file->alarm_hook_seconds, 1, HOOK_SECONDS_MAX},
                  REPLICATOR_LIMITS(LIMIT_RANGE)};
#undef LIMIT_RANGE

    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (ranges[i].value != 0 &&
            (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)) {
            char why[96];

            message_format(why, sizeof why, "must_be_from min=%" PRIu64 " max=%" PRIu64,
                           ranges[i].min, ranges[i].max);
            return complain(check, ranges[i].section, ranges[i].key, why);
        }
    }
    out->limits = file->limits;
    out->disk_floor_bytes = file->disk_floor_bytes;
    out->alarm_hook_seconds = file->alarm_hook_seconds;
    return OK;
}

static enum status take_all(const struct check *check, struct home_config *out,
                            const struct config_file *file)
{
    enum status status = take_division(check, NULL, &out->division, file->division);

    if (status == OK) {
        status = take_name(check, out->name, file->name);
    }
    if (status == OK) {
        status = take_hex(check, NULL, "tree", &out->tree, file->tree);
    }
    if (status == OK) {
        status = take_endpoint(check, NULL, "listen", out->listen, file->listen);
    }
    if (status == OK) {
        status = take_endpoint(check, NULL, "enrol", out->enrol, file->enrol);
    }
    if (status == OK) {
        status = take_advertised(check, "advertise", out->advertise, file->advertise);
    }
    if (status == OK) {
        status =
            take_advertised(check, "advertise_enrol", out->advertise_enrol, file->advertise_enrol);
    }
    if (status == OK) {
        status = take_policy(check, &out->approval, file->approval);
    }
    if (status == OK) {
        status =
            take_advertised(check, "parent_endpoint", out->parent_endpoint, file->parent_endpoint);
    }
    if (status == OK) {
        status = take_hook(check, out->alarm_hook, file->alarm_hook);
    }
    if (status == OK) {
        status = take_archive(check, out->archive, file->archive);
    }
    if (status == OK) {
        status = take_metrics(check, out->metrics_listen, file->metrics_listen);
    }
    if (status == OK) {
        status = take_api(check, out->api_listen, &file->api);
    }
    if (status == OK) {
        status = take_networks(check, out->webhook_networks, file->webhook_networks);
    }
    if (status == OK) {
        status = take_parent(check, out, &file->parent);
    }
    if (status == OK) {
        status = take_limits(check, out, file);
    }
    out->log_level = (enum log_level)file->log;
    out->seal = (enum key_seal)file->seal;
    return status;
}

/* A home that lost the file is not one that was never made. */
static void say_no_config(const char *home, const char *path, struct err *err)
{
    char key[HOME_FILE_MAX];
    struct stat found;

    home_file(key, home, "keys/identity.key");
    (void)(stat(key, &found) == 0 ? err_set(err, ERR_NOT_FOUND, "home_file_missing path=%s", path)
                                  : err_set(err, ERR_NOT_FOUND, "home_has_no_node home=%s", home));
}

enum status home_load(struct home_config *out, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct buf text = BUF_EMPTY;
    struct config_file file;
    enum status status = home_check_path(home, err);

    memset(out, 0, sizeof *out);
    if (status != OK) {
        return status;
    }
    home_file(path, home, "config.yaml");
    status = file_read(&text, path, CONFIG_BYTES_MAX, err);
    if (status == ERR_NOT_FOUND) {
        say_no_config(home, path, err);
    }
    if (status == OK) {
        status = parse(&file, buf_bytes(&text), path, err);
    }
    if (status == OK) {
        const struct check check = {path, buf_bytes(&text), err};

        status = take_all(&check, out, &file);
    }
    buf_free(&text);
    return status;
}
