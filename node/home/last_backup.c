#include "node/home/last_backup.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/home/files.h"
#include "node/home/home.h"

enum { FILE_BYTES_MAX = LAST_BACKUP_PATH_MAX + 64 };

enum status last_backup_write(const struct last_backup *backup, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX], text[FILE_BYTES_MAX];

    home_file(path, home, "backed_up");
    (void)snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %s\n", backup->unix_ms, backup->lsn,
                   backup->directory);
    return file_write(path, bytes_text(text), err);
}

bool last_backup_read(struct last_backup *out, const char *home)
{
    struct buf text = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    bool found = false;
    struct err err;

    *out = (struct last_backup){.unix_ms = 0};
    home_file(path, home, "backed_up");
    if (file_read(&text, path, FILE_BYTES_MAX, &err) == OK) {
        buf_put_u8(&text, 0);
        found = sscanf((const char *)text.data, "%" SCNu64 " %" SCNu64 " %255[^\n]", &out->unix_ms,
                       &out->lsn, out->directory) == 3;
    }
    buf_free(&text);
    return found;
}
