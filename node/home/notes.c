#include "node/home/notes.h"

#include <unistd.h>

#include "node/home/files.h"
#include "node/home/home.h"
#include "proto/log.h"

static void write_note(const char *home, const char *file, const struct err *what)
{
    char path[HOME_FILE_MAX];
    struct err why;

    home_file(path, home, file);
    if (file_write(path, bytes_text(what->text), &why) != OK) {
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
    write_note(home, "damaged", what);
}

void notes_write_end(const char *home, const struct err *why)
{
    struct err err;

    if (home_check_path(home, &err) == OK && access(home, W_OK) == 0) {
        write_note(home, "ended", why);
    }
}

void notes_clear_end(const char *home)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, "ended");
    (void)unlink(path);
}

enum status notes_damage(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "damaged", err);
}

enum status notes_end(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "ended", err);
}
