#include "node/home/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/home.h"
#include "proto/log.h"
#include "proto/message.h"

static void write_note(const char *home, const char *file, const char *text)
{
    char path[HOME_FILE_MAX];
    struct err why;

    home_file(path, home, file);
    if (file_write(path, bytes_text(text), &why) != OK) {
        LOG_ERROR("note.unwritten", "file=%s text=%s", path, why.text);
    }
}

/* Ended by a zero; empty when there is no such file. */
static enum status read_text(struct buf *out, const char *home, const char *file, struct err *err)
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

/* One that holds no message, or cannot be read any more, counts all the same, whatever it said. */
static enum status read_note(struct buf *out, const char *home, const char *file, struct err *err)
{
    char path[HOME_FILE_MAX], text[MESSAGE_BYTES_MAX];
    const enum status status = read_text(out, home, file, err);

    if (status == ERR_CORRUPT ||
        (status == OK && out->size > 0 &&
         (out->size == 1 || !message_valid(bytes_of(out->data, out->size - 1))))) {
        home_file(path, home, file);
        message_format(text, sizeof text, "note_unreadable path=%s", path);
        buf_clear(out);
        buf_append(out, text, strlen(text) + 1);
        return OK;
    }
    return status;
}

void notes_write_damage(const char *home, const struct err *what)
{
    write_note(home, "damaged", what->text);
}

void notes_write_resync(const char *home, const char *reason)
{
    write_note(home, "resync", reason);
}

void notes_write_healed(const char *home, const char *report)
{
    write_note(home, "healed", report);
}

enum status notes_write_healing(const char *home, const char *step, struct err *err)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, "healing");
    return file_write(path, bytes_text(step), err);
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

void notes_clear_resync(const char *home)
{
    clear_note(home, "resync");
}

void notes_clear_damage(const char *home)
{
    clear_note(home, "damaged");
}

void notes_clear_healing(const char *home)
{
    clear_note(home, "healing");
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

enum status notes_resync(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "resync", err);
}

enum status notes_healing(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "healing", err);
}

enum status notes_healed(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "healed", err);
}

enum status notes_end(struct buf *out, const char *home, struct err *err)
{
    return read_note(out, home, "ended", err);
}

/* --- when a store was made anew --- */

void notes_write_heals(const char *home, const uint64_t *unix_s, size_t count)
{
    char text[128] = "";

    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(text);

        (void)snprintf(text + size, sizeof text - size, "%" PRIu64 "\n", unix_s[i]);
    }
    write_note(home, "heals", text);
}

/* One that is damaged bounds nothing: what stands in it is only when. */
void notes_heals(const char *home, uint64_t *unix_s, size_t count)
{
    struct buf text = BUF_EMPTY;
    struct err err;
    char *at;

    memset(unix_s, 0, count * sizeof *unix_s);
    if (read_text(&text, home, "heals", &err) == OK && text.size > 0) {
        at = (char *)text.data;
        for (size_t i = 0; i < count; i++) {
            unix_s[i] = strtoull(at, &at, 10);
        }
    }
    buf_free(&text);
}
