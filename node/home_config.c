/* home_config - HOME/config.yaml, read against a schema and written with its comments. */
#include <cyaml/cyaml.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/files.h"
#include "node/home.h"

enum { CONFIG_BYTES_MAX = 64 << 10 };

struct file_parent {
    char *division, *endpoint, *curve_key;
};
struct file_limits {
    uint64_t child_bytes_per_day;
    uint32_t child_blocks_per_second, credit_bytes, frame_bytes_max, beat_ms, silence_ms,
        reconnect_ms_max, cosign_ms, stuck_ms;
};
struct file_config {
    char *division, *name, *tree, *listen, *enrol, *approval, *log, *keys;
    struct file_parent *parent;
    struct file_limits *limits;
    uint64_t disk_floor_bytes;
};

static const cyaml_schema_field_t parent_fields[] = {
    CYAML_FIELD_STRING_PTR("division", CYAML_FLAG_POINTER, struct file_parent, division, 1, 9),
    CYAML_FIELD_STRING_PTR("endpoint", CYAML_FLAG_POINTER, struct file_parent, endpoint, 1,
                           ENDPOINT_BYTES_MAX),
    CYAML_FIELD_STRING_PTR("curve_key", CYAML_FLAG_POINTER, struct file_parent, curve_key, 64, 64),
    CYAML_FIELD_END};

#define LIMIT(name) CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct file_limits, name)
static const cyaml_schema_field_t limit_fields[] = {LIMIT(child_bytes_per_day),
                                                    LIMIT(child_blocks_per_second),
                                                    LIMIT(credit_bytes),
                                                    LIMIT(frame_bytes_max),
                                                    LIMIT(beat_ms),
                                                    LIMIT(silence_ms),
                                                    LIMIT(reconnect_ms_max),
                                                    LIMIT(cosign_ms),
                                                    LIMIT(stuck_ms),
                                                    CYAML_FIELD_END};

#define TEXT(name, flags, max)                                                                     \
    CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER | (flags), struct file_config, name, 0, max)
static const cyaml_schema_field_t config_fields[] = {
    TEXT(division, CYAML_FLAG_DEFAULT, 9),
    TEXT(name, CYAML_FLAG_DEFAULT, NAME_BYTES_MAX),
    TEXT(tree, CYAML_FLAG_DEFAULT, 64),
    TEXT(listen, CYAML_FLAG_OPTIONAL, ENDPOINT_BYTES_MAX),
    TEXT(enrol, CYAML_FLAG_OPTIONAL, ENDPOINT_BYTES_MAX),
    TEXT(approval, CYAML_FLAG_DEFAULT, 16),
    TEXT(log, CYAML_FLAG_OPTIONAL, 16),
    TEXT(keys, CYAML_FLAG_DEFAULT, 16),
    CYAML_FIELD_MAPPING_PTR("parent", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_config,
                            parent, parent_fields),
    CYAML_FIELD_MAPPING_PTR("limits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_config,
                            limits, limit_fields),
    CYAML_FIELD_UINT("disk_floor_bytes", CYAML_FLAG_OPTIONAL, struct file_config, disk_floor_bytes),
    CYAML_FIELD_END};

static const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_config, config_fields)};

/* --- reading --- */

struct words { /* what the parser says, without its line breaks; the first thing says most */
    char text[256];
    size_t size;
};

static void note_words(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct words *words = context;
    int size;

    (void)level;
    if (words->size + 1 >= sizeof words->text) {
        return;
    }
    size = vsnprintf(words->text + words->size, sizeof words->text - words->size, format, args);
    if (size > 0) {
        words->size += (size_t)size;
    }
    if (words->size >= sizeof words->text) {
        words->size = sizeof words->text - 1;
    }
    for (size_t i = 0; i < words->size; i++) {
        if (words->text[i] == '\n') {
            words->text[i] = ';';
        }
    }
}

static bool word_index(const char *text, const char *const *words, size_t count, size_t *index)
{
    for (*index = 0; text != NULL && *index < count; (*index)++) {
        if (strcmp(text, words[*index]) == 0) {
            return true;
        }
    }
    return false;
}

static const char *const log_words[] = {"debug", "info", "warn", "error"};
static const char *const approval_words[] = {"none", "required"};
static const char *const seal_words[] = {"passphrase", "machine"};

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

static enum status bad(struct err *err, const char *path, const char *key, const char *wants)
{
    return err_set(err, ERR_CONFIG, "%s: %s: %s", path, key, wants);
}

static enum status take_parent(struct home_config *out, const struct file_parent *parent,
                               const char *path, struct err *err)
{
    if (parent == NULL) {
        return OK;
    }
    if (!division_parse(&out->parent.division, bytes_text(parent->division))) {
        return bad(err, path, "parent.division", "1-9 of A-Z and 0-9");
    }
    if (!hex_decode(out->parent.curve_key, sizeof out->parent.curve_key, parent->curve_key)) {
        return bad(err, path, "parent.curve_key", "64 hex digits");
    }
    copy_text(out->parent.endpoint, sizeof out->parent.endpoint, parent->endpoint);
    return home_check_endpoint(out->parent.endpoint, err);
}

static void take_limits(struct replicator_limits *out, const struct file_limits *limits)
{
    if (limits != NULL) {
        *out = (struct replicator_limits){
            .child_bytes_per_day = limits->child_bytes_per_day,
            .child_blocks_per_second = limits->child_blocks_per_second,
            .credit_bytes = limits->credit_bytes,
            .frame_bytes_max = limits->frame_bytes_max,
            .beat_ms = limits->beat_ms,
            .silence_ms = limits->silence_ms,
            .reconnect_ms_max = limits->reconnect_ms_max,
            .cosign_ms = limits->cosign_ms,
            .stuck_ms = limits->stuck_ms,
        };
    }
}

static enum status take_config(struct home_config *out, const struct file_config *file,
                               const char *path, struct err *err)
{
    size_t index;

    if (!division_parse(&out->division, bytes_text(file->division))) {
        return bad(err, path, "division", "1-9 of A-Z and 0-9");
    }
    if (!hex_decode(&out->tree, sizeof out->tree, file->tree)) {
        return bad(err, path, "tree", "the trust key's fingerprint, 64 hex digits");
    }
    if (!word_index(file->approval, approval_words, COUNT_OF(approval_words), &index)) {
        return bad(err, path, "approval", "required or none");
    }
    out->approval_required = index == 1;
    if (!word_index(file->keys, seal_words, COUNT_OF(seal_words), &index)) {
        return bad(err, path, "keys", "passphrase or machine");
    }
    out->seal = index == 1 ? SEAL_MACHINE : SEAL_PASSPHRASE;
    out->log_level = LOG_LEVEL_INFO;
    if (file->log != NULL) {
        if (!word_index(file->log, log_words, COUNT_OF(log_words), &index)) {
            return bad(err, path, "log", "debug, info, warn or error");
        }
        out->log_level = (enum log_level)index;
    }
    copy_text(out->name, sizeof out->name, file->name);
    copy_text(out->listen, sizeof out->listen, file->listen);
    copy_text(out->enrol, sizeof out->enrol, file->enrol);
    out->disk_floor_bytes = file->disk_floor_bytes;
    take_limits(&out->limits, file->limits);
    return take_parent(out, file->parent, path, err);
}

enum status home_load(struct home_config *out, const char *home, struct err *err)
{
    struct words words = {"", 0};
    const cyaml_config_t cyaml = {
        .log_fn = note_words,
        .log_ctx = &words,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_DEFAULT,
    };
    struct file_config *file = NULL;
    struct buf text = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    enum status status;

    memset(out, 0, sizeof *out);
    home_file(path, home, "config.yaml");
    status = file_read(&text, path, CONFIG_BYTES_MAX, err);
    if (status == ERR_NOT_FOUND) {
        return err_set(err, ERR_NOT_FOUND,
                       "no node lives in %s: make one with terrace init --root or terrace join",
                       home);
    }
    if (status != OK) {
        return status;
    }
    if (cyaml_load_data(text.data, text.size, &cyaml, &config_schema, (cyaml_data_t **)&file,
                        NULL) != CYAML_OK) {
        status = err_set(err, ERR_CONFIG, "%s: %s", path, words.text);
    } else {
        status = take_config(out, file, path, err);
    }
    (void)cyaml_free(&cyaml, &config_schema, file, 0);
    buf_free(&text);
    return status;
}

/* --- writing --- */

static void PRINTF(2, 3) line(struct buf *out, const char *format, ...)
{
    char text[512];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_append(out, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
    buf_put_u8(out, '\n');
}

/* A double-quoted YAML scalar. */
static void quoted(struct buf *out, const char *key, const char *text)
{
    buf_append_bytes(out, bytes_text(key));
    buf_append_bytes(out, bytes_text(": \""));
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            buf_put_u8(out, '\\');
        }
        buf_put_u8(out, (uint8_t)*at);
    }
    buf_append_bytes(out, bytes_text("\"\n"));
}

static void print_limits(struct buf *out, const struct replicator_limits *limits)
{
    struct buf lines = BUF_EMPTY;

#define NUMBER(name)                                                                               \
    if (limits->name != 0) {                                                                       \
        line(&lines, "  %s: %" PRIu64, #name, (uint64_t)limits->name);                             \
    }
    NUMBER(child_bytes_per_day)
    NUMBER(child_blocks_per_second)
    NUMBER(credit_bytes)
    NUMBER(frame_bytes_max)
    NUMBER(beat_ms)
    NUMBER(silence_ms)
    NUMBER(reconnect_ms_max)
    NUMBER(cosign_ms)
    NUMBER(stuck_ms)
#undef NUMBER
    if (lines.size > 0) {
        line(out, "\n# Limits and timing other than the defaults.\nlimits:");
        buf_append_bytes(out, buf_bytes(&lines));
    }
    buf_free(&lines);
}

void home_print(struct buf *out, const struct home_config *config)
{
    char hex[2 * HASH_SIZE + 1];

    line(out, "# A Terrace node. Unknown keys are errors. Restart terraced after a change.");
    line(out, "division: \"%s\"", config->division.code);
    quoted(out, "name", config->name);
    line(out, "\n# Fingerprint of the trust key: what this node was told to trust when it joined.");
    hex_encode(hex, &config->tree, sizeof config->tree);
    line(out, "tree: \"%s\"", hex);
    line(out, "\n# Where children connect, and where new ones enrol.");
    quoted(out, "listen", config->listen);
    quoted(out, "enrol", config->enrol);
    line(out, "\n# required: every document needs a maker and a checker. May be made stricter than "
              "the parent's,\n# never weaker.");
    line(out, "approval: %s", approval_words[config->approval_required]);
    line(out, "\n# How the keys are sealed: passphrase, or machine (a secret beside them).");
    line(out, "keys: %s", seal_words[config->seal == SEAL_MACHINE]);
    line(out, "\n# debug, info, warn or error.");
    line(out, "log: %s", log_words[config->log_level]);
    if (!division_is_none(config->parent.division)) {
        hex_encode(hex, config->parent.curve_key, sizeof config->parent.curve_key);
        line(out, "\nparent:\n  division: \"%s\"\n  endpoint: \"%s\"\n  curve_key: \"%s\"",
             config->parent.division.code, config->parent.endpoint, hex);
    }
    print_limits(out, &config->limits);
    if (config->disk_floor_bytes != 0) {
        line(out, "\n# New documents are refused below this much free space.");
        line(out, "disk_floor_bytes: %" PRIu64, config->disk_floor_bytes);
    }
}

enum status home_save(const struct home_config *config, const char *home, struct err *err)
{
    struct buf text = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    enum status status;

    home_print(&text, config);
    home_file(path, home, "config.yaml");
    status = file_write(path, buf_bytes(&text), err);
    buf_free(&text);
    return status;
}
