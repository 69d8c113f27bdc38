#include "node/keys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "node/files.h"

enum { PASSPHRASE_BYTES_MAX = 1024, SEALED_BYTES_MAX = 4096, MACHINE_SECRET_BYTES = 32 };

struct node_keys *node_keys_new(void)
{
    struct node_keys *keys = mem_zalloc(sizeof *keys);

    (void)mlock(keys, sizeof *keys); /* where the limits of the process allow it */
    return keys;
}

void node_keys_free(struct node_keys *keys)
{
    if (keys != NULL) {
        crypto_wipe(keys, sizeof *keys);
        (void)munlock(keys, sizeof *keys);
        mem_free(keys);
    }
}

/* --- the passphrase --- */

static enum status from_text(struct buf *out, const char *text, struct err *err)
{
    const size_t size = strcspn(text, "\r\n");

    if (size == 0 || size > PASSPHRASE_BYTES_MAX) {
        return err_set(err, ERR_KEY, "the passphrase is empty or longer than %d bytes",
                       PASSPHRASE_BYTES_MAX);
    }
    buf_append(out, text, size);
    return OK;
}

static enum status from_credential(struct buf *out, const char *directory, struct err *err)
{
    struct buf text = BUF_EMPTY;
    char path[PATH_MAX];
    enum status status;

    (void)snprintf(path, sizeof path, "%s/terrace-passphrase", directory);
    status = file_read(&text, path, PASSPHRASE_BYTES_MAX + 2, err);
    if (status == OK) {
        buf_put_u8(&text, 0);
        status = from_text(out, (const char *)text.data, err);
    }
    if (text.data != NULL) {
        crypto_wipe(text.data, text.size);
    }
    buf_free(&text);
    return status;
}

static bool ask(char *answer, size_t size, const char *question)
{
    struct termios before, silent;
    bool answered;

    (void)fprintf(stderr, "%s: ", question);
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return false;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    answered = fgets(answer, (int)size, stdin) != NULL;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)fputc('\n', stderr);
    return answered;
}

static enum status from_prompt(struct buf *out, bool confirm, struct err *err)
{
    char first[PASSPHRASE_BYTES_MAX + 2] = "", second[PASSPHRASE_BYTES_MAX + 2] = "";
    enum status status;

    if (!ask(first, sizeof first, "Passphrase of this node's keys 密钥口令") ||
        (confirm && !ask(second, sizeof second, "Once more 再次输入"))) {
        status = err_set(err, ERR_IO, "no passphrase was typed");
    } else if (confirm && strcmp(first, second) != 0) {
        status = err_set(err, ERR_KEY, "the two passphrases differ");
    } else {
        status = from_text(out, first, err);
    }
    crypto_wipe(first, sizeof first);
    crypto_wipe(second, sizeof second);
    return status;
}

enum status keys_passphrase(struct buf *out, bool confirm, struct err *err)
{
    const char *environment = getenv("TERRACE_PASSPHRASE");
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (environment != NULL && environment[0] != '\0') {
        return from_text(out, environment, err);
    }
    if (credentials != NULL) {
        (void)snprintf(path, sizeof path, "%s/terrace-passphrase", credentials);
        if (access(path, F_OK) == 0) {
            return from_credential(out, credentials, err);
        }
    }
    return isatty(STDIN_FILENO) ? from_prompt(out, confirm, err) : ERR_NOT_FOUND;
}

/* --- what seals the keys --- */

static void key_path(char path[PATH_MAX], const char *directory, const char *name)
{
    (void)snprintf(path, PATH_MAX, "%s/%s", directory, name);
}

enum status keys_secret_create(struct buf *secret, enum key_seal *seal, const char *directory,
                               struct err *err)
{
    uint8_t random[MACHINE_SECRET_BYTES];
    char path[PATH_MAX];
    enum status status = keys_passphrase(secret, true, err);

    *seal = SEAL_PASSPHRASE;
    if (status != ERR_NOT_FOUND) {
        return status;
    }
    *seal = SEAL_MACHINE;
    crypto_random(random, sizeof random);
    key_path(path, directory, "machine.secret");
    status = file_write(path, bytes_of(random, sizeof random), err);
    buf_append(secret, random, sizeof random);
    crypto_wipe(random, sizeof random);
    return status;
}

enum status keys_secret_load(struct buf *secret, enum key_seal seal, const char *directory,
                             struct err *err)
{
    char path[PATH_MAX];
    enum status status;

    if (seal == SEAL_MACHINE) {
        key_path(path, directory, "machine.secret");
        status = file_read(secret, path, MACHINE_SECRET_BYTES, err);
        return status == OK
                   ? OK
                   : err_set(err, ERR_KEY, "%s is missing: the keys cannot be opened", path);
    }
    status = keys_passphrase(secret, false, err);
    return status != ERR_NOT_FOUND
               ? status
               : err_set(err, ERR_KEY,
                         "the keys are sealed under a passphrase: set TERRACE_PASSPHRASE, give the "
                         "systemd credential terrace-passphrase, or run from a terminal");
}

/* --- sealed files --- */

static enum status seal_file(const char *directory, const char *name, const void *secret_key,
                             size_t size, enum key_seal seal, struct bytes secret, struct err *err)
{
    struct buf sealed = BUF_EMPTY;
    char path[PATH_MAX];
    enum status status;

    key_path(path, directory, name);
    if (access(path, F_OK) == 0) {
        return err_set(err, ERR_REFUSED, "%s is there already", path);
    }
    secret_seal(&sealed, bytes_of(secret_key, size), secret, seal == SEAL_MACHINE);
    status = file_write(path, buf_bytes(&sealed), err);
    buf_free(&sealed);
    return status;
}

static enum status open_file(void *secret_key, size_t size, const char *directory, const char *name,
                             struct bytes secret, struct err *err)
{
    struct buf sealed = BUF_EMPTY;
    char path[PATH_MAX];
    enum status status;

    key_path(path, directory, name);
    status = file_read(&sealed, path, SEALED_BYTES_MAX, err);
    if (status == ERR_NOT_FOUND) {
        status = err_set(err, ERR_KEY, "%s is missing", path);
    } else if (status == OK &&
               secret_unseal(secret_key, size, buf_bytes(&sealed), secret, err) != OK) {
        status =
            err_set(err, ERR_KEY, "%s does not open: wrong passphrase, or an altered file", path);
    }
    buf_free(&sealed);
    return status;
}

enum status keys_save(const struct node_keys *keys, const char *directory, enum key_seal seal,
                      struct bytes secret, struct err *err)
{
    const enum status status = seal_file(directory, "identity.key", &keys->identity,
                                         sizeof keys->identity, seal, secret, err);

    return status != OK ? status
                        : seal_file(directory, "curve.key", &keys->curve, sizeof keys->curve, seal,
                                    secret, err);
}

enum status keys_load(struct node_keys *keys, const char *directory, struct bytes secret,
                      struct err *err)
{
    const enum status status =
        open_file(&keys->identity, sizeof keys->identity, directory, "identity.key", secret, err);

    return status != OK
               ? status
               : open_file(&keys->curve, sizeof keys->curve, directory, "curve.key", secret, err);
}

enum status keys_trust_save(const struct sign_key *trust, const char *directory, enum key_seal seal,
                            struct bytes secret, struct err *err)
{
    return seal_file(directory, "trust.key", trust, sizeof *trust, seal, secret, err);
}

enum status keys_trust_load(struct sign_key *trust, const char *directory, struct bytes secret,
                            struct err *err)
{
    return open_file(trust, sizeof *trust, directory, "trust.key", secret, err);
}

bool keys_trust_present(const char *directory)
{
    char path[PATH_MAX];

    key_path(path, directory, "trust.key");
    return access(path, F_OK) == 0;
}
