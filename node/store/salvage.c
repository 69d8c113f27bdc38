#include "node/store/salvage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/store/manifest.h"
#include "node/store/rocks.h"
#include "node/store/wal.h"
#include "proto/log.h"
#include "proto/message.h"

enum {
    GAPS_MAX = 4096,  /* of one space and source */
    PLACE_BYTES = 32, /* so much of a key counts where a gap is stepped over */
    BISECTIONS_MAX = 96,
    ALIVE_ROWS = 4096,
    SMALL_BYTES_MAX = 64 << 10, /* CURRENT, NOTED: written again in place, so no link */
};

/* --- directories of files --- */

static enum status fail(struct err *err, const char *doing, const char *path)
{
    return err_set(err, errno == ENOSPC ? ERR_DISK_FULL : ERR_IO,
                   "file_failed doing=%s path=%s why=%s", doing, path, os_reason(errno));
}

static enum status path_of(char out[PATH_MAX], const char *directory, const char *name,
                           struct err *err)
{
    const int size = snprintf(out, PATH_MAX, "%s/%s", directory, name);

    return size > 0 && size < PATH_MAX ? OK : err_set(err, ERR_CONFIG, "store_path_too_long");
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

typedef enum status file_fn(void *arg, const char *path, const char *name, struct err *err);

/* Each file of it; none where it is not there. */
static enum status each_file(const char *directory, file_fn *visit, void *arg, struct err *err)
{
    DIR *open = opendir(directory);
    const struct dirent *entry;
    enum status status = OK;

    if (open == NULL) {
        return errno == ENOENT ? OK : fail(err, "opened", directory);
    }
    while (status == OK && (entry = readdir(open)) != NULL) {
        char path[PATH_MAX];

        if (is_dots(entry->d_name)) {
            continue;
        }
        status = path_of(path, directory, entry->d_name, err);
        if (status == OK) {
            status = visit(arg, path, entry->d_name, err);
        }
    }
    (void)closedir(open);
    return status;
}

static enum status remove_file(void *arg, const char *path, const char *name, struct err *err)
{
    struct stat found;

    (void)arg;
    (void)name;
    if (lstat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        return salvage_remove(path, err); /* "lost", as a repair leaves it */
    }
    return unlink(path) == 0 || errno == ENOENT ? OK : fail(err, "removed", path);
}

enum status salvage_remove(const char *directory, struct err *err)
{
    const enum status status = each_file(directory, remove_file, NULL, err);

    if (status != OK) {
        return status;
    }
    return rmdir(directory) == 0 || errno == ENOENT ? OK : fail(err, "removed", directory);
}

static enum status add_size(void *arg, const char *path, const char *name, struct err *err)
{
    uint64_t *bytes = arg;
    struct stat found;

    (void)name;
    (void)err;
    *bytes += lstat(path, &found) == 0 && S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0;
    return OK;
}

uint64_t salvage_bytes(const char *directory)
{
    uint64_t bytes = 0;
    struct err err;

    (void)each_file(directory, add_size, &bytes, &err);
    return bytes;
}

/* --- the copy --- */

static bool is_small(const char *name)
{
    return strcmp(name, "CURRENT") == 0 || strcmp(name, "NOTED") == 0 ||
           strcmp(name, "IDENTITY") == 0;
}

static bool is_needless(const char *name)
{
    return strcmp(name, "LOCK") == 0 || strncmp(name, "LOG", 3) == 0;
}

/* One that cannot be read is as good as none. */
static enum status copy_small(const char *from, const char *to, struct err *err)
{
    struct buf text = BUF_EMPTY;
    enum status status = file_read(&text, from, SMALL_BYTES_MAX, err);

    status = status == OK              ? file_write(to, buf_bytes(&text), err)
             : status == ERR_DISK_FULL ? status
                                       : OK;
    buf_free(&text);
    return status;
}

static enum status copy_file(void *arg, const char *path, const char *name, struct err *err)
{
    const char *copy = arg;
    char to[PATH_MAX];
    enum status status = path_of(to, copy, name, err);

    if (status != OK || is_needless(name)) {
        return status;
    }
    if (is_small(name)) {
        return copy_small(path, to, err);
    }
    if (link(path, to) == 0) {
        return OK;
    }
    if (errno == EIO) { /* neither is its entry in the directory */
        LOG_WARN("salvage.said", "doing=%s directory=%s said=%s", "link", copy, name);
        return OK;
    }
    return fail(err, "linked", to);
}

static enum status make_copy(const struct salvage *salvage, struct err *err)
{
    char copy[PATH_MAX];
    enum status status = salvage_remove(salvage->copy, err);

    if (status == OK) {
        status = directory_make(salvage->copy, err);
    }
    (void)snprintf(copy, sizeof copy, "%s", salvage->copy);
    return status == OK ? each_file(salvage->directory, copy_file, copy, err) : status;
}

/* CURRENT only says which list of tables is in force, and so does the note of that list, which
 * proves the list as well. Where CURRENT alone is harmed, nothing is lost. */
static void mend_current(const struct salvage *salvage)
{
    char path[PATH_MAX], name[32] = "";
    struct buf text = BUF_EMPTY;
    struct err err;
    bool noted;

    if (path_of(path, salvage->copy, "NOTED", &err) == OK &&
        file_read(&text, path, SMALL_BYTES_MAX, &err) == OK) {
        buf_put_u8(&text, 0);
        if (sscanf((const char *)text.data, "%31s", name) == 1 &&
            strncmp(name, "MANIFEST-", 9) == 0) {
            char line[sizeof name + 1];

            (void)snprintf(line, sizeof line, "%s\n", name);
            if (path_of(path, salvage->copy, "CURRENT", &err) == OK &&
                file_write(path, bytes_text(line), &err) == OK &&
                manifest_check(salvage->copy, &noted, &err) != OK) {
                (void)unlink(path);
            }
        }
    }
    buf_free(&text);
}

/* --- a source --- */

struct source {
    const struct salvage *salvage;
    struct salvage_found *found;
    rocksdb_options_t *options;
    rocksdb_readoptions_t *read;
    rocksdb_t *db;
    char **names;
    size_t count;
    rocksdb_column_family_handle_t **handles;
    bool is_newest;
    bool is_listed; /* the list of tables holds, and was read by */
    uint64_t rows;  /* since `alive` was told */
};

static rocksdb_options_t *make_options(void)
{
    rocksdb_options_t *options = rocksdb_options_create();

    rocksdb_options_set_paranoid_checks(options, 0); /* a table that is bad hides no other */
    rocksdb_options_set_wal_recovery_mode(options, rocksdb_skip_any_corrupted_records_recovery);
    rocksdb_options_set_max_open_files(options, 256);
    rocksdb_options_set_info_log_level(options, 4); /* fatal */
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_skip_checking_sst_file_sizes_on_db_open(options, 1);
    return options;
}

/* What RocksDB says is told to the log and to nobody else: that a source cannot be opened is no
 * fault of whoever asked. */
static bool is_fine(char *said, const char *doing, const char *directory)
{
    if (said == NULL) {
        return true;
    }
    LOG_WARN("salvage.said", "doing=%s directory=%s said=%s", doing, directory, said);
    rocksdb_free(said);
    return false;
}

static void source_close(struct source *source)
{
    for (size_t i = 0; source->handles != NULL && i < source->count; i++) {
        if (source->handles[i] != NULL) {
            rocksdb_column_family_handle_destroy(source->handles[i]);
        }
    }
    mem_free(source->handles);
    if (source->names != NULL) {
        rocksdb_list_column_families_destroy(source->names, source->count);
    }
    if (source->db != NULL) {
        rocksdb_close(source->db);
    }
    if (source->read != NULL) {
        rocksdb_readoptions_destroy(source->read);
    }
    if (source->options != NULL) {
        rocksdb_options_destroy(source->options);
    }
    *source = (struct source){
        .salvage = source->salvage, .found = source->found, .is_listed = source->is_listed};
}

static bool source_open(struct source *source)
{
    const char *directory = source->salvage->copy;
    const rocksdb_options_t **options;
    char *said = NULL;
    bool fine;

    source->options = make_options();
    source->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_verify_checksums(source->read, 1);
    rocksdb_readoptions_set_fill_cache(source->read, 0);
    source->names = rocksdb_list_column_families(source->options, directory, &source->count, &said);
    if (!is_fine(said, "list", directory)) {
        source->names = NULL;
        source_close(source);
        return false;
    }
    source->handles = mem_zalloc(source->count * sizeof *source->handles);
    options = mem_zalloc(source->count * sizeof *options);
    for (size_t i = 0; i < source->count; i++) {
        options[i] = source->options;
    }
    said = NULL;
    source->db = rocksdb_open_for_read_only_column_families(
        source->options, directory, (int)source->count, (const char *const *)source->names, options,
        source->handles, 0, &said);
    mem_free(options);
    fine = is_fine(said, "open", directory);
    if (!fine) {
        source_close(source);
    }
    return fine;
}

static rocksdb_column_family_handle_t *handle_of(const struct source *source,
                                                 enum store_space space)
{
    for (size_t i = 0; i < source->count; i++) {
        if (strcmp(source->names[i], rocks_family(space)) == 0) {
            return source->handles[i];
        }
    }
    return NULL;
}

/* --- one space of it --- */

/* A key as a number of fixed width, so that places between two keys can be named. */
struct place {
    uint8_t at[PLACE_BYTES];
};

static struct place place_of(struct bytes key)
{
    struct place place = {{0}};

    memcpy(place.at, key.data, key.size < sizeof place.at ? key.size : sizeof place.at);
    return place;
}

/* False where there is no number behind it. */
static bool place_add(struct place *place, size_t byte, unsigned step)
{
    for (size_t i = byte + 1; i < sizeof place->at; i++) {
        place->at[i] = 0;
    }
    for (size_t i = byte + 1; i-- > 0 && step > 0;) {
        const unsigned sum = place->at[i] + step;

        place->at[i] = (uint8_t)sum;
        step = sum >> 8;
    }
    return step == 0;
}

/* (a + b) / 2 */
static struct place place_between(const struct place *a, const struct place *b)
{
    struct place sum;
    unsigned carry = 0;

    for (size_t i = sizeof sum.at; i-- > 0;) {
        const unsigned digit = (unsigned)a->at[i] + b->at[i] + carry;

        sum.at[i] = (uint8_t)digit;
        carry = digit >> 8;
    }
    for (size_t i = 0; i < sizeof sum.at; i++) {
        const unsigned digit = sum.at[i] | carry << 8;

        sum.at[i] = (uint8_t)(digit >> 1);
        carry = digit & 1;
    }
    return sum;
}

enum sought { AT_ROW, AT_END, AT_DAMAGE };

/* After an iterator was moved. */
static enum sought look(const rocksdb_iterator_t *iterator)
{
    char *said = NULL;

    if (rocksdb_iter_valid(iterator) != 0) {
        return AT_ROW;
    }
    rocksdb_iter_get_error(iterator, &said);
    if (said == NULL) {
        return AT_END;
    }
    rocksdb_free(said);
    return AT_DAMAGE;
}

static enum sought seek(rocksdb_iterator_t *iterator, const struct place *place)
{
    rocksdb_iter_seek(iterator, (const char *)place->at, sizeof place->at);
    return look(iterator);
}

/* Where reading goes on behind `bad`: *good is such a place, and nothing between `bad` and it can
 * be read, as far as bisecting tells. False: nothing behind it can. */
static bool step_over(rocksdb_iterator_t *iterator, const struct place *bad, struct place *good)
{
    struct place low = *bad, at = *bad;
    bool found = false;

    for (size_t i = sizeof at.at; i-- > 0 && !found;) {
        for (unsigned step = 1; step <= 128 && !found; step *= 2) {
            at = *bad;
            if (!place_add(&at, i, step)) {
                return false;
            }
            if (seek(iterator, &at) == AT_DAMAGE) {
                low = at;
            } else {
                found = true;
            }
        }
    }
    for (int i = 0; found && i < BISECTIONS_MAX; i++) {
        const struct place middle = place_between(&low, &at);

        if (memcmp(&middle, &low, sizeof middle) == 0) {
            break;
        }
        if (seek(iterator, &middle) == AT_DAMAGE) {
            low = middle;
        } else {
            at = middle;
        }
    }
    *good = at;
    return found;
}

static enum status tell(struct source *source, enum store_space space,
                        const rocksdb_iterator_t *iterator, struct place *last, struct err *err)
{
    size_t key_size = 0, value_size = 0;
    const char *key = rocksdb_iter_key(iterator, &key_size);
    const char *value = rocksdb_iter_value(iterator, &value_size);
    const struct salvaged_row row = {space, bytes_of(key, key_size), bytes_of(value, value_size),
                                     source->is_newest};

    *last = place_of(row.key);
    source->found->rows[space]++;
    if (++source->rows >= ALIVE_ROWS && source->salvage->alive != NULL) {
        source->rows = 0;
        source->salvage->alive(source->salvage->arg);
    }
    return source->salvage->visit(source->salvage->arg, &row, err);
}

/* *gaps: how often it was stepped over what cannot be read. */
static enum status read_rows(struct source *source, enum store_space space, uint64_t *gaps,
                             struct err *err)
{
    rocksdb_iterator_t *iterator =
        rocksdb_create_iterator_cf(source->db, source->read, handle_of(source, space));
    struct place last = {{0}};
    enum status status = OK;
    enum sought at;

    rocksdb_iter_seek_to_first(iterator);
    at = look(iterator);
    while (status == OK && at != AT_END) {
        if (at == AT_ROW) {
            status = tell(source, space, iterator, &last, err);
            rocksdb_iter_next(iterator);
            at = look(iterator);
        } else {
            struct place good;

            (*gaps)++;
            if (*gaps > GAPS_MAX || !step_over(iterator, &last, &good)) {
                break;
            }
            last = good;
            at = seek(iterator, &good);
        }
    }
    rocksdb_iter_destroy(iterator);
    return status;
}

/* Of all spaces of which not all is known yet. */
static enum status read_spaces(struct source *source, struct err *err)
{
    const struct salvage *salvage = source->salvage;
    enum status status = OK;

    for (size_t i = 0; status == OK && i < salvage->space_count; i++) {
        const enum store_space space = salvage->spaces[i];
        uint64_t gaps = 0;

        if (source->found->is_whole[space] || handle_of(source, space) == NULL) {
            continue;
        }
        status = read_rows(source, space, &gaps, err);
        source->found->is_whole[space] = gaps == 0 && source->is_newest;
        source->found->gaps[space] = gaps > source->found->gaps[space] || source->is_newest
                                         ? gaps
                                         : source->found->gaps[space];
    }
    return status;
}

/* --- one source after the other --- */

static bool is_done(const struct salvage *salvage, const struct salvage_found *found)
{
    bool done = true;

    for (size_t i = 0; i < salvage->space_count; i++) {
        done = done && found->is_whole[salvage->spaces[i]];
    }
    return done;
}

/* A list that was cut opens as one of before: the rows are sound, and others are missing. */
static bool list_holds(const char *copy)
{
    struct err err;
    bool noted;

    return manifest_check(copy, &noted, &err) == OK || strstr(err.text, "store_note_damaged");
}

/* Without paranoid_checks RocksDB passes over what is harmed there. */
static enum status look_at_log(void *arg, const char *path, const char *name, struct err *err)
{
    bool *whole = arg;
    const size_t size = strlen(name);

    (void)err;
    if (size > 4 && strcmp(name + size - 4, ".log") == 0) {
        *whole = *whole && wal_is_whole(path);
    }
    return OK;
}

static enum status read_as_listed(struct source *source, struct err *err)
{
    enum status status;

    mend_current(source->salvage);
    source->is_newest = true;
    if (!list_holds(source->salvage->copy)) {
        return OK;
    }
    status = each_file(source->salvage->copy, look_at_log, &source->is_newest, err);
    if (status != OK || !source_open(source)) {
        return status;
    }
    source->is_listed = true;
    status = read_spaces(source, err);
    source_close(source);
    return status;
}

static enum status read_put_together(struct source *source, struct err *err)
{
    const char *copy = source->salvage->copy;
    rocksdb_options_t *options = make_options();
    char *said = NULL;
    bool fine;
    enum status status = OK;

    rocksdb_repair_db(options, copy, &said);
    fine = is_fine(said, "repair", copy);
    rocksdb_options_destroy(options);
    source->is_newest = false;
    if (fine && source_open(source)) {
        status = read_spaces(source, err);
        source_close(source);
    }
    return status;
}

static enum status link_log(void *arg, const char *path, const char *name, struct err *err)
{
    const char *to = arg;
    const size_t size = strlen(name);
    char other[PATH_MAX];
    enum status status = OK;

    if (size > 4 && strcmp(name + size - 4, ".log") == 0) {
        status = path_of(other, to, name, err);
        if (status == OK) {
            (void)unlink(other);
            status = link(path, other) == 0 ? OK : fail(err, "linked", other);
        }
    }
    return status;
}

/* Of a space that has no table yet a repair does not know which it is. A new store has the same
 * ones under the same numbers: the log is read as its own. */
static enum status read_log_alone(struct source *source, struct err *err)
{
    const char *copy = source->salvage->copy;
    struct err why;
    char to[PATH_MAX];
    struct rocks *rocks;
    enum status status = salvage_remove(copy, err);

    if (status != OK) {
        return status;
    }
    if (rocks_open(&rocks, copy, NULL, &why) != OK) {
        LOG_WARN("salvage.said", "doing=%s directory=%s said=%s", "log", copy, why.text);
        return OK;
    }
    rocks_close(rocks);
    (void)snprintf(to, sizeof to, "%s", copy);
    status = each_file(source->salvage->directory, link_log, to, err);
    if (status == OK && source_open(source)) {
        status = read_spaces(source, err);
        source_close(source);
    }
    return status;
}

enum status salvage_read(const struct salvage *salvage, struct salvage_found *found,
                         struct err *err)
{
    struct source source = {.salvage = salvage, .found = found};
    struct err ignored;
    enum status status = OK;

    *found = (struct salvage_found){.rows = {0}};
    if (salvage->depth == SALVAGE_NOTHING || access(salvage->directory, F_OK) != 0) {
        return OK;
    }
    status = make_copy(salvage, err);
    if (status == OK) {
        status = read_as_listed(&source, err);
    }
    if (status == OK && salvage->depth == SALVAGE_ALL && !is_done(salvage, found)) {
        status = read_put_together(&source, err);
        if (status == OK && !source.is_listed) {
            status = read_log_alone(&source, err);
        }
    }
    (void)salvage_remove(salvage->copy, &ignored);
    return status;
}
