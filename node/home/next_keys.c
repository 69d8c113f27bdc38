#include "node/home/next_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home/files.h"
#include "proto/message.h"

enum { DIRECTORY_BYTES_MAX = 256, PATH_BYTES = DIRECTORY_BYTES_MAX + 64 };

static const char identity_file[] = "identity.key", curve_file[] = "curve.key",
                  copied_file[] = "of_copy";

static void join(char out[PATH_BYTES], const char *directory, const char *file)
{
    (void)snprintf(out, PATH_BYTES, "%.*s/%.32s", DIRECTORY_BYTES_MAX, directory, file);
}

static bool present(const char *directory, const char *file)
{
    char path[PATH_BYTES];
    struct stat found;

    join(path, directory, file);
    return stat(path, &found) == 0;
}

/* A folder and what a write that was cut off left in it. */
static void drop(const char *directory, const char *of)
{
    static const char *const files[] = {"identity.key",  "curve.key", "identity.key.new",
                                        "curve.key.new", copied_file, "of_copy.new"};
    char inner[PATH_BYTES], path[PATH_BYTES];

    join(inner, directory, of);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        join(path, inner, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(inner);
}

/* --- at the start --- */

/* All of it was written before anybody was asked. */
static enum status load_next(struct key_choice *choice, const char *directory, struct bytes secret,
                             struct err *err)
{
    char next[PATH_BYTES];
    bool identity, curve;
    enum status status = OK;

    join(next, directory, "next");
    identity = present(next, identity_file);
    curve = present(next, curve_file);
    if (!identity && !curve) {
        return OK;
    }
    choice->next = node_keys_new();
    choice->next_of_copy = present(next, copied_file);
    *choice->next = *choice->in_force;
    if (identity) {
        status = keys_identity_load(&choice->next->identity, next, secret, err);
    }
    return status == OK && curve ? keys_curve_load(&choice->next->curve, next, secret, err)
                                 : status;
}

static enum status load_former(struct key_choice *choice, const char *directory,
                               struct bytes secret, struct err *err)
{
    char former[PATH_BYTES];

    join(former, directory, "former");
    if (!present(former, curve_file)) {
        return OK;
    }
    choice->former = node_keys_new();
    return keys_curve_load(&choice->former->curve, former, secret, err);
}

enum status key_choice_load(struct key_choice *out, const char *directory, struct bytes secret,
                            struct err *err)
{
    enum status status;

    *out = (struct key_choice){.in_force = node_keys_new()};
    status = keys_load(out->in_force, directory, secret, err);
    if (status == OK) {
        status = load_next(out, directory, secret, err);
    }
    if (status == OK) {
        status = load_former(out, directory, secret, err);
    }
    if (status != OK) {
        key_choice_free(out);
    }
    return status;
}

/* Those that were granted while the process ended: one of them may have been moved already. */
static bool next_is_granted(const struct key_choice *choice, const struct grant *grant)
{
    const struct node_keys *next = choice->next;

    return next != NULL &&
           (memcmp(&grant->sign_key, &choice->in_force->identity.public, sizeof grant->sign_key) !=
                0 ||
            memcmp(grant->curve_key, choice->in_force->curve.public, sizeof grant->curve_key) !=
                0) &&
           memcmp(&grant->sign_key, &next->identity.public, sizeof grant->sign_key) == 0 &&
           memcmp(grant->curve_key, next->curve.public, sizeof grant->curve_key) == 0;
}

static enum status take_next(struct key_choice *choice, const char *directory, struct err *err)
{
    struct node_keys *former = choice->in_force;
    const enum status status = next_keys_take(directory, err);

    if (status != OK) {
        return status;
    }
    choice->in_force = choice->next;
    choice->next = NULL;
    choice->next_of_copy = false;
    if (memcmp(former->curve.public, choice->in_force->curve.public, sizeof former->curve.public) !=
        0) {
        node_keys_free(choice->former);
        choice->former = former;
    } else {
        node_keys_free(former);
    }
    return OK;
}

/* What the last process could not remove any more. */
static void tidy(const struct key_choice *choice, const char *directory)
{
    drop(directory, "made");
    if (choice->next == NULL) {
        drop(directory, "next");
    }
    if (choice->former == NULL) {
        drop(directory, "former");
    }
}

enum status next_keys_choose(struct key_choice *choice, const char *directory,
                             const struct grant *grant, struct err *err)
{
    const enum status status =
        next_is_granted(choice, grant) ? take_next(choice, directory, err) : OK;

    if (status == OK) {
        tidy(choice, directory);
    }
    return status;
}

void key_choice_free(struct key_choice *choice)
{
    node_keys_free(choice->in_force);
    node_keys_free(choice->next);
    node_keys_free(choice->former);
    *choice = (struct key_choice){NULL, NULL, NULL, false};
}

static enum status sync_directory(const char *path, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return synced ? OK : err_set(err, ERR_IO, "%s", os_reason(errno));
}

/* --- asked for --- */

void next_keys_unmake(const char *directory)
{
    drop(directory, "made");
}

void next_keys_drop(const char *directory)
{
    drop(directory, "next");
}

enum status next_keys_mark_copied(const char *directory, struct err *err)
{
    char next[PATH_BYTES], path[PATH_BYTES];

    join(next, directory, "next");
    join(path, next, copied_file);
    return present(directory, "next") ? file_write(path, BYTES_NONE, err) : OK;
}

enum status next_keys_make(const struct next_keys *next, const char *directory, enum key_seal seal,
                           struct bytes secret, struct err *err)
{
    char path[PATH_BYTES];
    enum status status;

    next_keys_unmake(directory);
    join(path, directory, "made");
    status = directory_make(path, err);
    if (status == OK && next->channel) {
        status = keys_curve_save(&next->keys->curve, path, seal, secret, err);
    }
    if (status == OK && next->identity) {
        status = keys_identity_save(&next->keys->identity, path, seal, secret, err);
    }
    return status;
}

enum status next_keys_ask(const char *directory, struct err *err)
{
    char made[PATH_BYTES], next[PATH_BYTES];

    next_keys_drop(directory);
    join(made, directory, "made");
    join(next, directory, "next");
    return rename(made, next) == 0 ? sync_directory(directory, err)
                                   : err_set(err, ERR_IO, "%s", os_reason(errno));
}

/* --- granted --- */

/* The place in force is never empty: the former gets a second name before it loses this one. */
static enum status keep_curve(const char *directory, struct err *err)
{
    char former[PATH_BYTES], from[PATH_BYTES], to[PATH_BYTES];
    enum status status;

    join(former, directory, "former");
    join(from, directory, curve_file);
    join(to, former, curve_file);
    status = directory_make(former, err);
    if (status != OK) {
        return status;
    }
    (void)unlink(to);
    if (link(from, to) != 0) {
        return err_set(err, ERR_IO, "%s", os_reason(errno));
    }
    return sync_directory(former, err);
}

static enum status move(const char *directory, const char *file, struct err *err)
{
    char next[PATH_BYTES], from[PATH_BYTES], to[PATH_BYTES];

    join(next, directory, "next");
    join(from, next, file);
    join(to, directory, file);
    return rename(from, to) == 0 ? sync_directory(directory, err)
                                 : err_set(err, ERR_IO, "%s", os_reason(errno));
}

enum status next_keys_take(const char *directory, struct err *err)
{
    char next[PATH_BYTES];
    enum status status = OK;

    join(next, directory, "next");
    if (present(next, curve_file)) {
        status = keep_curve(directory, err);
        if (status == OK) {
            status = move(directory, curve_file, err);
        }
    }
    if (status == OK && present(next, identity_file)) {
        status = move(directory, identity_file, err);
    }
    if (status == OK) {
        drop(directory, "next");
    }
    return status == OK ? OK : err_wrap(err, "take_keys");
}

void next_keys_forget_former(const char *directory)
{
    drop(directory, "former");
}
