#include "node/home/root_epoch.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/next_keys.h"
#include "proto/message.h"

static const char request_magic[] = "TERRACE-ROOT-REQUEST1\n",
                  grant_magic[] = "TERRACE-ROOT-GRANT1\n";

enum { FILE_BYTES_MAX = 16 << 10 };

static void next_directory(char out[HOME_FILE_MAX], const char *home)
{
    home_file(out, home, "keys/root");
}

/* --- files with a first line of their own --- */

static enum status write_file(const char *path, const char *magic, struct bytes rest,
                              struct err *err)
{
    struct buf file = BUF_EMPTY;
    enum status status;

    buf_append_bytes(&file, bytes_text(magic));
    buf_append_bytes(&file, rest);
    status = file_write(path, buf_bytes(&file), err);
    buf_free(&file);
    return status;
}

static enum status read_file(struct buf *memory, const char *path, const char *magic,
                             struct bytes *rest, struct err *err)
{
    const size_t size = strlen(magic);
    enum status status = file_read(memory, path, FILE_BYTES_MAX, err);

    if (status == OK && (memory->size < size || memcmp(memory->data, magic, size) != 0)) {
        status = err_set(err, ERR_MALFORMED, "trust_file_other path=%s", path);
    }
    if (status == OK) {
        *rest = bytes_of(memory->data + size, memory->size - size);
    }
    return status;
}

/* --- asking --- */

static enum status newest_grant(const char *home, struct sealed_grant *out, struct err *err)
{
    struct bytes grants[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    size_t count;
    enum status status = home_grants_read(home, grants, &count, &memory, err);

    if (status == OK) {
        status = grant_open(out, grants[count - 1], err);
    }
    buf_free(&memory);
    return status;
}

static void drop_next(const char *home)
{
    static const char *const files[] = {"keys/root/identity.key", "keys/root/curve.key"};
    char path[HOME_FILE_MAX];

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        home_file(path, home, files[i]);
        (void)unlink(path);
    }
    next_directory(path, home);
    (void)rmdir(path);
}

/* A new identity, and a new link key or the one in force. */
static enum status make_next(const char *home, enum key_seal seal, struct bytes secret,
                             const struct root_wish *wish, const struct node_keys *now,
                             struct node_keys *next, struct err *err)
{
    char directory[HOME_FILE_MAX];
    enum status status;

    *next = *now;
    sign_key_generate(&next->identity);
    drop_next(home);
    next_directory(directory, home);
    status = directory_make(directory, err);
    if (status == OK && wish->channel) {
        curve_key_generate(&next->curve);
        status = keys_curve_save(&next->curve, directory, seal, secret, err);
    }
    return status == OK ? keys_identity_save(&next->identity, directory, seal, secret, err)
                        : status;
}

static void write_request(struct root_request *out, const struct sealed_grant *newest,
                          const struct node_keys *now, const struct node_keys *next,
                          const char *second, uint64_t now_unix_ms)
{
    const struct grant *last = &newest->grant;
    struct grant grant = {.division = last->division,
                          .parent = last->parent,
                          .epoch = last->epoch + 1,
                          .time_ms = now_unix_ms,
                          .policy = last->policy};

    memcpy(grant.name, last->name, sizeof grant.name);
    memcpy(grant.endpoint, last->endpoint, sizeof grant.endpoint);
    (void)snprintf(grant.second, sizeof grant.second, "%s", second);
    memcpy(grant.curve_key, next->curve.public, sizeof grant.curve_key);
    grant_certify(&grant, &newest->grant.tree, &next->identity);
    out->grant = grant;
    out->terms = newest->terms;
    out->terms.has_consent = false;
    out->former = now->identity.public;
    grant_write(&out->written, &out->grant, &out->terms);
}

static enum status save_request(const struct root_request *request, const struct sign_key *former,
                                const char *path, struct err *err)
{
    const struct hash agreed = grant_consent_hash(buf_bytes(&request->written));
    const struct signature consent = sign_hash(former, &agreed);
    struct buf rest = BUF_EMPTY;
    enum status status;

    buf_append(&rest, request->former.at, sizeof request->former.at);
    buf_append(&rest, consent.at, sizeof consent.at);
    buf_append_bytes(&rest, buf_bytes(&request->written));
    status = write_file(path, request_magic, buf_bytes(&rest), err);
    buf_free(&rest);
    return status;
}

static enum status check_wish(const struct home_config *config, const char *home,
                              const struct root_wish *wish, struct err *err)
{
    char former[HOME_FILE_MAX];

    if (!division_is_none(config->parent.division)) {
        return err_set(err, ERR_REFUSED, "trust_no_root division=%s", config->division.code);
    }
    home_file(former, home, "keys/former/curve.key");
    return wish->channel && access(former, F_OK) == 0
               ? err_set(err, ERR_REFUSED, "rotation_unknown_below division=%s",
                         config->division.code)
               : OK;
}

enum status root_epoch_request(const struct home_config *config, const char *home,
                               struct bytes secret, const struct root_wish *wish, const char *path,
                               struct root_request *out, struct err *err)
{
    struct node_keys *now = node_keys_new(), *next = node_keys_new();
    char directory[HOME_FILE_MAX], second[ENDPOINT_BYTES_MAX + 1] = "";
    struct sealed_grant newest;
    enum status status = check_wish(config, home, wish, err);

    memset(out, 0, sizeof *out);
    home_file(directory, home, "keys");
    if (status == OK && wish->channel) {
        status = home_second_endpoint(second, config, wish->second, err);
    }
    if (status == OK) {
        status = newest_grant(home, &newest, err);
    }
    if (status == OK) {
        status = keys_load(now, directory, secret, err);
    }
    if (status == OK) {
        status = make_next(home, config->seal, secret, wish, now, next, err);
    }
    if (status == OK) {
        write_request(out, &newest, now, next, second, wish->now_unix_ms);
        status = save_request(out, &now->identity, path, err);
    }
    node_keys_free(now);
    node_keys_free(next);
    return status;
}

/* --- signing --- */

static enum status parse_request(struct root_request *out, struct bytes rest, struct err *err)
{
    struct reader reader = reader_of(rest);
    struct signature consent;
    struct bytes written;
    enum status status;

    reader_copy(&reader, out->former.at, sizeof out->former.at);
    reader_copy(&reader, consent.at, sizeof consent.at);
    written = reader_bytes(&reader, reader_left(&reader));
    if (!reader_ok(&reader)) {
        return err_set(err, ERR_MALFORMED, "trust_file_cut");
    }
    status = grant_read(&out->grant, &out->terms, written, err);
    if (status == OK && !division_is_none(out->grant.parent)) {
        status = err_set(err, ERR_MALFORMED, "trust_no_root division=%s", out->grant.division.code);
    }
    if (status == OK && !signature_ok(&out->former, &out->terms.consented, &consent)) {
        status = err_set(err, ERR_BAD_SIGNATURE, "trust_not_agreed");
    }
    buf_append_bytes(&out->written, written);
    return status;
}

enum status root_epoch_read(struct root_request *out, const char *path, struct err *err)
{
    struct buf memory = BUF_EMPTY;
    struct bytes rest;
    enum status status;

    memset(out, 0, sizeof *out);
    status = read_file(&memory, path, request_magic, &rest, err);
    if (status == OK) {
        status = parse_request(out, rest, err);
    }
    if (status != OK) {
        root_request_free(out);
    }
    buf_free(&memory);
    return status;
}

void root_request_free(struct root_request *request)
{
    buf_free(&request->written);
}

enum status root_epoch_sign(const struct root_request *request, const struct sign_key *trust,
                            const char *path, struct err *err)
{
    const struct hash tree = key_fingerprint(&trust->public);
    struct buf sealed = BUF_EMPTY;
    enum status status;

    if (!hash_equal(&tree, &request->grant.tree)) {
        return err_set(err, ERR_REFUSED, "trust_other_key");
    }
    grant_seal_written(&sealed, buf_bytes(&request->written), NULL, trust);
    status = write_file(path, grant_magic, buf_bytes(&sealed), err);
    buf_free(&sealed);
    return status;
}

/* --- taking it up --- */

static enum status check_taken(const struct home_config *config, const char *home,
                               struct bytes secret, const struct sealed_grant *opened,
                               struct err *err)
{
    const struct hash signer = key_fingerprint(&opened->signer);
    struct node_keys *next = node_keys_new();
    enum status status = root_epoch_keys(next, home, secret, err);

    if (status == OK && (!hash_equal(&signer, &config->tree) ||
                         !division_equal(opened->grant.division, config->division))) {
        status = err_set(err, ERR_REFUSED, "trust_other_key");
    }
    if (status == OK && !signature_ok(&opened->signer, &opened->hash, &opened->signature)) {
        status = err_set(err, ERR_BAD_SIGNATURE, "signature_wrong");
    }
    if (status == OK && (memcmp(&opened->grant.sign_key, &next->identity.public,
                                sizeof opened->grant.sign_key) != 0 ||
                         memcmp(opened->grant.curve_key, next->curve.public,
                                sizeof opened->grant.curve_key) != 0)) {
        status = err_set(err, ERR_REFUSED, "trust_older_request");
    }
    node_keys_free(next);
    return status;
}

enum status root_epoch_take(const struct home_config *config, const char *home, struct bytes secret,
                            const char *path, struct grant *out, struct err *err)
{
    struct buf memory = BUF_EMPTY;
    struct sealed_grant opened;
    char waiting[HOME_FILE_MAX];
    struct bytes sealed;
    enum status status = read_file(&memory, path, grant_magic, &sealed, err);

    if (status == OK) {
        status = grant_open(&opened, sealed, err);
    }
    if (status == OK) {
        status = check_taken(config, home, secret, &opened, err);
    }
    if (status == OK) {
        home_file(waiting, home, "root_grant");
        status = file_write(waiting, sealed, err);
        *out = opened.grant;
    }
    buf_free(&memory);
    return status;
}

/* --- at the start --- */

static bool lies(const char *home, const char *file)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, file);
    return access(path, F_OK) == 0;
}

enum status root_epoch_keys(struct node_keys *out, const char *home, struct bytes secret,
                            struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status;

    home_file(path, home, "keys");
    status = keys_load(out, path, secret, err);
    next_directory(path, home);
    if (status == OK && lies(home, "keys/root/identity.key")) {
        status = keys_identity_load(&out->identity, path, secret, err);
    }
    if (status == OK && lies(home, "keys/root/curve.key")) {
        status = keys_curve_load(&out->curve, path, secret, err);
    }
    return status;
}

enum status root_epoch_waiting(const char *home, struct buf *sealed, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct err why;
    const enum status status =
        (home_file(path, home, "root_grant"), file_read(sealed, path, FILE_BYTES_MAX, &why));

    if (status != OK && status != ERR_NOT_FOUND) {
        *err = why;
    }
    return status;
}

static enum status add_to_chain(const char *home, struct bytes sealed, struct err *err)
{
    struct bytes grants[ENROL_CHAIN_MAX + 1];
    struct buf memory = BUF_EMPTY;
    size_t count;
    enum status status = home_grants_read(home, grants, &count, &memory, err);

    if (status == OK && !bytes_equal(grants[count - 1], sealed)) {
        grants[count] = sealed;
        status = home_grants_write(home, grants, count + 1, err);
    }
    buf_free(&memory);
    return status;
}

/* From here on they are as keys that any node was granted. */
static enum status move_next(const char *home, const char *keys, struct err *err)
{
    char from[HOME_FILE_MAX], to[HOME_FILE_MAX];

    next_directory(from, home);
    home_file(to, home, "keys/next");
    if (!lies(home, "keys/root")) {
        return OK; /* a crash came behind it */
    }
    next_keys_drop(keys);
    return rename(from, to) == 0 ? OK : err_set(err, ERR_IO, "%s", os_reason(errno));
}

enum status root_epoch_swap(const char *home, struct bytes sealed, struct err *err)
{
    char keys[HOME_FILE_MAX], waiting[HOME_FILE_MAX];
    enum status status = add_to_chain(home, sealed, err);

    home_file(keys, home, "keys");
    if (status == OK) {
        status = move_next(home, keys, err);
    }
    if (status == OK) {
        status = next_keys_take(keys, err);
    }
    if (status == OK) {
        home_file(waiting, home, "root_grant");
        (void)unlink(waiting);
    }
    return status;
}
