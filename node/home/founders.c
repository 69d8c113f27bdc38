#include "node/home/founders.h"

#include <assert.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/home.h"

enum { FOUNDERS_BYTES_MAX = 8 << 10 };

static const char founders_magic[8] = "TERRADM1";

void founders_make(struct founders *founders, const char *name, struct bytes password)
{
    const size_t at = founders->terms.founder_count++;
    struct founder *founder = &founders->terms.founders[at];
    struct sign_key key;

    assert(at < GRANT_FOUNDERS_MAX && strlen(name) <= FOUNDER_NAME_BYTES_MAX);
    sign_key_generate(&key);
    memcpy(founder->name, name, strlen(name) + 1);
    founder->key = key.public;
    secret_seal(&founders->sealed[at], bytes_of(key.secret, sizeof key.secret), password, false);
    crypto_wipe(&key, sizeof key);
}

enum status founders_write(const struct founders *founders, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct buf file = BUF_EMPTY;
    enum status status;

    buf_append(&file, founders_magic, sizeof founders_magic);
    buf_put_u8(&file, (uint8_t)founders->terms.founder_count);
    for (size_t i = 0; i < founders->terms.founder_count; i++) {
        const struct founder *founder = &founders->terms.founders[i];

        buf_put_u8(&file, (uint8_t)strlen(founder->name));
        buf_append_bytes(&file, bytes_text(founder->name));
        buf_append(&file, founder->key.at, sizeof founder->key.at);
        buf_put_u32(&file, (uint32_t)founders->sealed[i].size);
        buf_append_bytes(&file, buf_bytes(&founders->sealed[i]));
    }
    home_file(path, home, "founders");
    status = file_write(path, buf_bytes(&file), err);
    buf_free(&file);
    return status;
}

static bool parse(struct founders *out, struct bytes file)
{
    struct reader reader = reader_of(file);
    char magic[sizeof founders_magic];
    size_t count;

    reader_copy(&reader, magic, sizeof magic);
    count = reader_u8(&reader);
    if (!reader_ok(&reader) || memcmp(magic, founders_magic, sizeof magic) != 0 ||
        count > GRANT_FOUNDERS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct founder *founder = &out->terms.founders[i];
        const struct bytes name = reader_bytes(&reader, reader_u8(&reader));

        reader_copy(&reader, founder->key.at, sizeof founder->key.at);
        buf_append_bytes(&out->sealed[i], reader_bytes(&reader, reader_u32(&reader)));
        if (!reader_ok(&reader) || name.size == 0 || name.size > FOUNDER_NAME_BYTES_MAX) {
            return false;
        }
        memcpy(founder->name, name.data, name.size);
    }
    out->terms.founder_count = count;
    return reader_done(&reader);
}

enum status founders_read(struct founders *out, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct buf file = BUF_EMPTY;
    enum status status;

    *out = FOUNDERS_NONE;
    home_file(path, home, "founders");
    status = file_read(&file, path, FOUNDERS_BYTES_MAX, err);
    if (status == ERR_CORRUPT || (status == OK && !parse(out, buf_bytes(&file)))) {
        status = err_set(err, ERR_CORRUPT, "home_file_damaged path=%s", path);
    }
    buf_free(&file);
    return status;
}

void founders_forget(const char *home)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, "founders");
    (void)unlink(path);
}

enum status founders_of_grant(struct founders *out, struct bytes sealed, struct err *err)
{
    return grant_parse_terms(&out->terms, sealed, err);
}

void founders_free(struct founders *founders)
{
    for (size_t i = 0; i < GRANT_FOUNDERS_MAX; i++) {
        buf_free(&founders->sealed[i]);
    }
    *founders = FOUNDERS_NONE;
}
