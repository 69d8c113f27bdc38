#include "node/home/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/prompt.h"
#include "node/text/text.h"

enum {
    PATH_BYTES = 512,
    PASSPHRASE_BYTES_MIN = 8, /* of a new one */
    PASSPHRASE_BYTES_MAX = PROMPT_BYTES_MAX,
    MACHINE_SECRET_BYTES = 32,
    KEY_FILE_BYTES_MAX = 4096,
};

static const char machine_file[] = "machine.secret", trust_file[] = "trust.key",
                  identity_file[] = "identity.key", curve_file[] = "curve.key";

struct node_keys *node_keys_new(void)
{
    struct node_keys *keys =
        mmap(NULL, sizeof *keys, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (keys == MAP_FAILED) {
        abort(); /* as mem_zalloc */
    }
    (void)mlock(keys, sizeof *keys); /* may be past the limit; core dumps are kept out anyway */
    (void)madvise(keys, sizeof *keys, MADV_DONTDUMP);
    return keys;
}

void node_keys_free(struct node_keys *keys)
{
    if (keys != NULL) {
        crypto_wipe(keys, sizeof *keys);
        (void)munmap(keys, sizeof *keys);
    }
}

static void secret_free(struct buf *secret)
{
    if (secret->data != NULL) {
        crypto_wipe(secret->data, secret->capacity);
    }
    buf_free(secret);
}

static void join(char out[PATH_BYTES], const char *directory, const char *file)
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", directory, file);
}

static bool present(const char *directory, const char *file)
{
    char path[PATH_BYTES];
    struct stat found;

    join(path, directory, file);
    return stat(path, &found) == 0;
}

/* --- passphrase --- */

static enum status check_passphrase(const struct buf *passphrase, struct err *err)
{
    if (passphrase->size == 0) {
        return err_set(err, ERR_KEY, "passphrase_empty");
    }
    if (passphrase->size > PASSPHRASE_BYTES_MAX) {
        return err_set(err, ERR_KEY, "passphrase_too_long bytes_max=%d", PASSPHRASE_BYTES_MAX);
    }
    return OK;
}

/* What seals new keys is as strong as what an operator may choose. */
static enum status check_new_passphrase(const struct buf *passphrase, struct err *err)
{
    return passphrase->size < PASSPHRASE_BYTES_MIN
               ? err_set(err, ERR_KEY, "passphrase_short bytes_min=%d", PASSPHRASE_BYTES_MIN)
               : OK;
}

/* ERR_NOT_FOUND: none is named, or it is empty: the one who read it before did not get far. */
static enum status from_descriptor(struct buf *out, struct err *err)
{
    const char *number = getenv(KEYS_PASSPHRASE_FD);
    const int file = number == NULL ? -1 : (int)strtol(number, NULL, 10);
    ssize_t got = 1;

    if (file <= STDERR_FILENO) {
        return ERR_NOT_FOUND;
    }
    buf_reserve(out, PASSPHRASE_BYTES_MAX + 1); /* never moved, so that one wipe is enough */
    while (out->size <= PASSPHRASE_BYTES_MAX && (got > 0 || (got < 0 && errno == EINTR))) {
        got = read(file, out->data + out->size, PASSPHRASE_BYTES_MAX + 1 - out->size);
        out->size += got > 0 ? (size_t)got : 0;
    }
    (void)close(file);
    (void)unsetenv(KEYS_PASSPHRASE_FD);
    return out->size == 0 ? ERR_NOT_FOUND : check_passphrase(out, err);
}

static enum status from_credential(struct buf *out, struct err *err)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_BYTES];
    enum status status;

    if (directory == NULL || !present(directory, "terrace-passphrase")) {
        return ERR_NOT_FOUND;
    }
    join(path, directory, "terrace-passphrase");
    buf_reserve(out, PASSPHRASE_BYTES_MAX + 4096); /* never moved, so that one wipe is enough */
    status = file_read(out, path, PASSPHRASE_BYTES_MAX, err);
    while (out->size != 0 &&
           (out->data[out->size - 1] == '\n' || out->data[out->size - 1] == '\r')) {
        out->size--;
    }
    return status == OK ? check_passphrase(out, err) : status;
}

static enum status ask(struct buf *out, const char *question, struct err *err)
{
    const enum language language =
        text_language(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
    const enum status status = prompt_secret(out, text_row(language, question), err);

    return status == OK ? check_passphrase(out, err) : status;
}

static enum status from_terminal(struct buf *out, bool confirm, struct err *err)
{
    struct buf again = BUF_EMPTY;
    enum status status;

    if (isatty(STDIN_FILENO) != 1) {
        return ERR_NOT_FOUND; /* nobody sits there, even if the process has a terminal */
    }
    status = ask(out, confirm ? "ask_passphrase_new" : "ask_passphrase", err);
    if (status == OK && confirm) {
        status = ask(&again, "ask_passphrase_again", err);
        if (status == OK && !bytes_equal(buf_bytes(out), buf_bytes(&again))) {
            status = err_set(err, ERR_KEY, "passphrases_differ");
        }
    }
    secret_free(&again);
    return status;
}

enum status keys_passphrase(struct buf *out, bool confirm, struct err *err)
{
    char *given = getenv("TERRACE_PASSPHRASE");
    enum status status;

    buf_clear(out);
    status = from_descriptor(out, err);
    if (status != ERR_NOT_FOUND) {
        given = NULL;
    } else if (given != NULL) {
        buf_append_bytes(out, bytes_text(given));
        crypto_wipe(given, strlen(given)); /* /proc shows this memory, set or not */
        (void)unsetenv("TERRACE_PASSPHRASE");
        status = check_passphrase(out, err);
    } else {
        status = from_credential(out, err);
        if (status == ERR_NOT_FOUND) {
            status = from_terminal(out, confirm, err);
        }
    }
    if (status == OK && confirm) {
        status = check_new_passphrase(out, err);
    }
    if (status != OK) {
        secret_free(out);
    }
    return status;
}

/* --- what seals --- */

/* Like ssh, we do not use a secret that others on this machine can read. */
static enum status read_secret_file(struct buf *out, const char *path, size_t limit,
                                    struct err *err)
{
    struct stat found;
    enum status status = file_read(out, path, limit, err);

    if (status == ERR_NOT_FOUND) {
        return err_set(err, ERR_KEY, "key_file_missing path=%s", path);
    }
    if (status == OK && stat(path, &found) == 0 && (found.st_mode & 077) != 0) {
        status = err_set(err, ERR_KEY, "key_file_open path=%s mode=%04o", path,
                         (unsigned)found.st_mode & 07777);
    }
    return status;
}

static enum status machine_secret_load(struct buf *secret, const char *directory, struct err *err)
{
    char path[PATH_BYTES];
    enum status status;

    join(path, directory, machine_file);
    status = read_secret_file(secret, path, KEY_FILE_BYTES_MAX, err);
    if (status == OK && secret->size != MACHINE_SECRET_BYTES) {
        status = err_set(err, ERR_KEY, "key_file_size path=%s bytes=%zu want=%d", path,
                         secret->size, MACHINE_SECRET_BYTES);
    }
    return status;
}

static enum status machine_secret_make(struct buf *secret, const char *directory, struct err *err)
{
    char path[PATH_BYTES];

    join(path, directory, machine_file);
    buf_clear(secret);
    buf_reserve(secret, MACHINE_SECRET_BYTES);
    crypto_random(secret->data, MACHINE_SECRET_BYTES);
    secret->size = MACHINE_SECRET_BYTES;
    return file_write(path, buf_bytes(secret), err);
}

/* Keys that an interrupted join left: sealed once, so no new passphrase. */
static enum status secret_again(struct buf *secret, enum key_seal *seal, const char *directory,
                                struct err *err)
{
    *seal = present(directory, machine_file) ? SEAL_MACHINE : SEAL_PASSPHRASE;
    return keys_secret_load(secret, *seal, directory, err);
}

enum status keys_secret_create(struct buf *secret, enum key_seal *seal, const char *directory,
                               struct err *err)
{
    char path[PATH_BYTES];
    enum status status;

    if (present(directory, identity_file)) {
        return secret_again(secret, seal, directory, err);
    }
    *seal = SEAL_PASSPHRASE;
    status = keys_passphrase(secret, true, err);
    if (status == ERR_NOT_FOUND) {
        *seal = SEAL_MACHINE;
        return machine_secret_make(secret, directory, err);
    }
    join(path, directory, machine_file);
    (void)unlink(path); /* an earlier try had no passphrase */
    return status;
}

enum status keys_secret_load(struct buf *secret, enum key_seal seal, const char *directory,
                             struct err *err)
{
    enum status status;

    if (seal == SEAL_MACHINE) {
        return machine_secret_load(secret, directory, err);
    }
    status = keys_passphrase(secret, false, err);
    if (status == ERR_NOT_FOUND) {
        status = err_set(err, ERR_KEY, "passphrase_needed directory=%s", directory);
    }
    return status;
}

/* --- key files --- */

static enum status save(const char *directory, const char *file, struct bytes plain,
                        enum key_seal seal, struct bytes secret, struct err *err)
{
    char path[PATH_BYTES];
    struct buf sealed = BUF_EMPTY;
    enum status status;

    join(path, directory, file);
    if (present(directory, file)) {
        return err_set(err, ERR_REFUSED, "key_file_exists path=%s", path);
    }
    secret_seal(&sealed, plain, secret, seal == SEAL_MACHINE);
    status = file_write(path, buf_bytes(&sealed), err);
    buf_free(&sealed);
    return status;
}

static enum status load(void *out, size_t size, const char *directory, const char *file,
                        struct bytes secret, struct err *err)
{
    char path[PATH_BYTES];
    struct buf sealed = BUF_EMPTY;
    enum status status;

    join(path, directory, file);
    status = read_secret_file(&sealed, path, KEY_FILE_BYTES_MAX, err);
    if (status == OK) {
        status = secret_unseal(out, size, buf_bytes(&sealed), secret, err);
        if (status != OK) {
            (void)err_wrap(err, "key_file_open_failed path=%s", path);
        }
    }
    buf_free(&sealed);
    return status;
}

enum status keys_identity_save(const struct sign_key *key, const char *directory,
                               enum key_seal seal, struct bytes secret, struct err *err)
{
    return save(directory, identity_file, bytes_of(key, sizeof *key), seal, secret, err);
}

enum status keys_curve_save(const struct curve_key *key, const char *directory, enum key_seal seal,
                            struct bytes secret, struct err *err)
{
    return save(directory, curve_file, bytes_of(key, sizeof *key), seal, secret, err);
}

/* A crash between the two leaves a curve key without an identity: the next try replaces it. */
enum status keys_save(const struct node_keys *keys, const char *directory, enum key_seal seal,
                      struct bytes secret, struct err *err)
{
    char path[PATH_BYTES];
    enum status status;

    join(path, directory, identity_file);
    if (present(directory, identity_file)) {
        return err_set(err, ERR_REFUSED, "key_file_exists path=%s", path);
    }
    join(path, directory, curve_file);
    (void)unlink(path);
    status = keys_curve_save(&keys->curve, directory, seal, secret, err);
    return status == OK ? keys_identity_save(&keys->identity, directory, seal, secret, err)
                        : status;
}

enum status keys_identity_load(struct sign_key *key, const char *directory, struct bytes secret,
                               struct err *err)
{
    return load(key, sizeof *key, directory, identity_file, secret, err);
}

enum status keys_curve_load(struct curve_key *key, const char *directory, struct bytes secret,
                            struct err *err)
{
    return load(key, sizeof *key, directory, curve_file, secret, err);
}

enum status keys_load(struct node_keys *keys, const char *directory, struct bytes secret,
                      struct err *err)
{
    const enum status status = keys_identity_load(&keys->identity, directory, secret, err);

    return status == OK ? keys_curve_load(&keys->curve, directory, secret, err) : status;
}

/* The trust key of an init that did not finish granted nothing: it is replaced. */
enum status keys_trust_save(const struct sign_key *trust, const char *directory, enum key_seal seal,
                            struct bytes secret, struct err *err)
{
    char path[PATH_BYTES];

    join(path, directory, trust_file);
    (void)unlink(path);
    return save(directory, trust_file, bytes_of(trust, sizeof *trust), seal, secret, err);
}

enum status keys_trust_load(struct sign_key *trust, const char *directory, struct bytes secret,
                            struct err *err)
{
    return load(trust, sizeof *trust, directory, trust_file, secret, err);
}

bool keys_trust_present(const char *directory)
{
    return present(directory, trust_file);
}

enum status keys_trust_load_file(struct sign_key *trust, const char *path, struct err *err)
{
    char directory[PATH_BYTES - 64];
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    struct buf secret = BUF_EMPTY;
    enum status status;

    if (strlen(path) >= sizeof directory) {
        return err_set(err, ERR_KEY, "key_file_open_failed path=%.160s", path);
    }
    (void)snprintf(directory, sizeof directory, "%.*s", slash == NULL ? 1 : (int)(slash - path),
                   slash == NULL ? "." : path);
    status = keys_secret_load(
        &secret, present(directory, machine_file) ? SEAL_MACHINE : SEAL_PASSPHRASE, directory, err);
    if (status == OK) {
        status = load(trust, sizeof *trust, directory, file, buf_bytes(&secret), err);
    }
    if (secret.data != NULL) {
        crypto_wipe(secret.data, secret.capacity);
    }
    buf_free(&secret);
    return status;
}
