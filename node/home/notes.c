#include "node/home/notes.h"

#include <sys/stat.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/home.h"
#include "proto/log.h"

static void write_note(const char *home, const char *file, const char *text)
{
    char path[HOME_FILE_MAX];
    struct err why;

    home_file(path, home, file);
    if (file_write(path, bytes_text(text), &why) != OK) {
        LOG_ERROR("note.unwritten", "file=%s text=%s", path, why.text);
    }
}

static enum status read_note(struct buf *out, const char *home, const char *file, struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status = home_check_path(home, err);

    buf_clear(out);
    if (status != OK) {
        return status;
    }
    home_file(path, home, file);
    status = file_read(out, path, sizeof err->text, err);
    if (status == ERR_NOT_FOUND) {
        return OK;
    }
    buf_put_u8(out, 0);
    return status;
}

void notes_write_damage(const char *home, const struct err *what)
{
    write_note(home, "damaged", what->text);
}

/* One that another user could not take away. */
static bool is_ours(const char *home)
{
    struct stat found;

    return stat(home, &found) == 0 && found.st_uid == geteuid() && access(home, W_OK) == 0;
}

void notes_write_end(const char *home, const struct err *why)
{
    struct err err;

    if (home_check_path(home, &err) == OK && is_ours(home)) {
        write_note(home, "ended", why->text);
    }
}

static void clear_note(const char *home, const char *file)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, file);
    (void)unlink(path);
}

void notes_clear_end(const char *home)
{
    clear_note(home, "ended");
}

void notes_clear_damage(const char *home)
{
    clear_note(home, "damaged");
}

bool notes_damage_mends(struct bytes damage)
{
    const struct bytes code = message_read(damage).code;

    return bytes_equal(code, bytes_text("own_log_forked")) ||
           bytes_equal(code, bytes_text("own_log_not_at_base"));
}

bool notes_begun(const char *home)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, "begun");
    return access(path, F_OK) == 0;
}

void notes_write_begun(const char *home)
{
    if (!notes_begun(home)) {
        write_note(home, "begun", "");
    }
}

enum status notes_damage(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "damaged", err);
}

enum status notes_end(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "ended", err);
}
