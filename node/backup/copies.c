#include "node/backup/copies.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "proto/array.h"
#include "proto/message.h"

void copy_name_make(char out[COPY_NAME_MAX], struct division division, uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    char moment[COPY_MOMENT_MAX] = "";
    struct tm utc;

    if (gmtime_r(&seconds, &utc) != NULL) {
        (void)strftime(moment, sizeof moment, "%Y%m%dT%H%M%SZ", &utc);
    }
    (void)snprintf(out, COPY_NAME_MAX, "%s-%s", division.code, moment);
}

void copy_moment(char out[COPY_MOMENT_MAX], const char *utc)
{
    size_t size = 0;

    for (; *utc != '\0' && size + 1 < COPY_MOMENT_MAX; utc++) {
        if (*utc != '-' && *utc != ':') {
            out[size++] = *utc;
        }
    }
    out[size] = '\0';
}

static bool is_moment(const char *text)
{
    const size_t size = 15; /* YYYYMMDDTHHMMSS */

    return strlen(text) == size + 1 && strspn(text, "0123456789") == 8 && text[8] == 'T' &&
           strspn(text + 9, "0123456789") == 6 && text[size] == 'Z';
}

/* "CODE-MOMENT". */
static bool read_name(struct copy_name *out, const char *name)
{
    const char *dash = strrchr(name, '-');

    if (dash == NULL || strlen(name) >= sizeof out->text || !is_moment(dash + 1) ||
        !division_parse(&out->division, bytes_of(name, (size_t)(dash - name)))) {
        return false;
    }
    memcpy(out->text, name, strlen(name) + 1);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct copy_name *)a)->text, ((const struct copy_name *)b)->text);
}

static void add(struct copies *out, const char *directory, struct copy_name name)
{
    char path[PATH_MAX];

    name.is_complete = snprintf(path, sizeof path, "%s/%s/%s", directory, name.text,
                                COPY_MANIFEST_FILE) < (int)sizeof path &&
                       access(path, F_OK) == 0;
    ARRAY_ROOM(out->at, out->count, out->capacity);
    out->at[out->count++] = name;
}

enum status copies_list(struct copies *out, const char *directory, struct err *err)
{
    DIR *listing = opendir(directory);
    const struct dirent *entry;
    struct copy_name name;

    *out = COPIES_NONE;
    if (listing == NULL) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                       "file_failed doing=opened path=%s why=%s", directory, os_reason(errno));
    }
    while ((entry = readdir(listing)) != NULL) {
        if (read_name(&name, entry->d_name)) {
            add(out, directory, name);
        }
    }
    (void)closedir(listing);
    if (out->count > 0) {
        qsort(out->at, out->count, sizeof *out->at, by_name);
    }
    return OK;
}

void copies_free(struct copies *copies)
{
    mem_free(copies->at);
    *copies = COPIES_NONE;
}

const struct copy_name *copies_newest(const struct copies *copies, const char *until, bool *others)
{
    const struct copy_name *found = NULL;

    *others = false;
    for (size_t i = 0; i < copies->count; i++) {
        const struct copy_name *name = &copies->at[i];

        if (!name->is_complete ||
            (until != NULL && strcmp(strrchr(name->text, '-') + 1, until) > 0)) {
            continue;
        }
        if (found != NULL && !division_equal(found->division, name->division)) {
            *others = true;
            return NULL;
        }
        found = name;
    }
    return found;
}
