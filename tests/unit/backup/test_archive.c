/* The archive of a log in memory: it has every block, goes on where it ends, follows a log that was
 * cut into its later epoch, and touches nothing where it does not know what to believe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/backup/archive.h"
#include "node/backup/archive_files.h"
#include "node/backup/copy_files.h"
#include "node/store/block_file.h"
#include "node/store/store_memory.h"
#include "replicator/log/sealing.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/harness/hand_clock.h"

enum { BLOCKS_MAX = 64, PATIENCE = 2000, LOOK_MS = 5 };

struct world {
    char base[40], home[64], directory[96];
    struct store store;
    struct hand_clock hand;
    struct clock clock;
    struct sign_key key;
    struct hash tree;
    struct division self;
    struct archive *archive;
    struct buf blocks[BLOCKS_MAX]; /* of the own log, as it is now */
    struct hash hashes[BLOCKS_MAX];
    size_t count;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct err err;

    assert_non_null(world);
    assert_int_equal(crypto_init(&err), OK);
    (void)snprintf(world->base, sizeof world->base, "/tmp/terrace-archive-XXXXXX");
    assert_non_null(mkdtemp(world->base));
    (void)snprintf(world->home, sizeof world->home, "%s/home", world->base);
    (void)snprintf(world->directory, sizeof world->directory, "%s/archive", world->base);
    assert_int_equal(mkdir(world->home, 0700), 0);
    assert_int_equal(mkdir(world->directory, 0700), 0);
    store_memory_open(&world->store);
    world->hand.now_ms = NEW_YEAR_2026_MS;
    world->clock = hand_clock_seam(&world->hand);
    sign_key_generate(&world->key);
    assert_true(division_parse(&world->self, bytes_text("540000")));
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    struct err err;

    assert_true(archive_close(world->archive));
    world->store.ops->close(world->store.self);
    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        buf_free(&world->blocks[i]);
    }
    assert_int_equal(copy_remove(world->base, &err), OK);
    free(world);
    return 0;
}

static void changed(void *arg)
{
    (void)arg;
}

static void start(struct world *world)
{
    const struct archive_config config = {.directory = world->directory,
                                          .home = world->home,
                                          .self = world->self,
                                          .store = &world->store,
                                          .clock = &world->clock,
                                          .changed = changed};
    struct err err;

    assert_int_equal(archive_open(&world->archive, &config, &err), OK);
}

static void stop(struct world *world)
{
    assert_true(archive_close(world->archive));
    world->archive = NULL;
}

/* --- the own log: one entry a block, lsn i + 1 the ith --- */

static void put(struct world *world, uint32_t epoch, uint64_t lsn, const struct buf *value)
{
    struct buf key = BUF_EMPTY;
    struct change change = {.space = SPACE_BLOCKS,
                            .value = value == NULL ? BYTES_NONE : buf_bytes(value)};
    const struct batch batch = {&change, 1};

    log_block_key(&key, world->self, epoch, lsn);
    change.key = buf_bytes(&key);
    commit_claiming(&world->store, &batch);
    buf_free(&key);
}

static void append(struct world *world, uint32_t epoch, const char *text)
{
    const size_t i = world->count++;
    const struct entry entry = {.lsn = i + 1,
                                .time_ms = NEW_YEAR_2026_MS,
                                .kind = 20,
                                .format = 1,
                                .body = bytes_text(text)};
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = {AUDIENCE_LINE, world->self},
                                  .author = world->self,
                                  .epoch = epoch,
                                  .count = 1,
                                  .first_lsn = i + 1,
                                  .aud_seq = i + 1,
                                  .prev_hash = i == 0 ? HASH_ZERO : world->hashes[i - 1],
                                  .aud_prev = i == 0 ? HASH_ZERO : world->hashes[i - 1],
                                  .time_ms = NEW_YEAR_2026_MS};

    world->hashes[i] =
        block_of_entries(&world->blocks[i], &header, &entry, &world->tree, &world->key);
    put(world, epoch, i + 1, &world->blocks[i]);
}

static void append_some(struct world *world, uint32_t epoch, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        append(world, epoch, text);
    }
}

/* What a cut leaves: nothing of that epoch above. */
static void cut(struct world *world, uint32_t epoch, size_t to)
{
    while (world->count > to) {
        put(world, epoch, world->count--, NULL);
    }
}

/* --- what the directory has --- */

/* False when it did not come about in ten seconds. */
static bool settles(struct world *world, uint64_t lsn, const char *fault)
{
    struct archive_state state;

    archive_committed(world->archive);
    for (int i = 0; i < PATIENCE; i++) {
        archive_look(world->archive, &state);
        if (strncmp(state.fault, fault, strlen(fault)) == 0 &&
            (fault[0] != '\0' || (state.fault[0] == '\0' && state.is_known && state.lsn == lsn))) {
            return true;
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
    print_error("lsn=%llu fault=%s\n", (unsigned long long)state.lsn, state.fault);
    return false;
}

struct reading {
    const struct world *world;
    size_t at;
};

static bool compare(void *arg, struct bytes block)
{
    struct reading *reading = arg;

    assert_true(reading->at < reading->world->count);
    assert_true(bytes_equal(block, buf_bytes(&reading->world->blocks[reading->at])));
    reading->at++;
    return true;
}

/* All files of it, one behind the other, are the log. */
static size_t check_whole(const struct world *world)
{
    struct reading reading = {world, 0};
    struct archive_files files;
    struct err err;
    size_t count;

    assert_int_equal(archive_files_list(&files, world->directory, world->self, &err), OK);
    for (size_t i = 0; i < files.count; i++) {
        char path[256];
        uint64_t position = 0;
        bool torn;

        (void)snprintf(path, sizeof path, "%s/%s", world->directory, files.at[i].name);
        assert_int_equal(block_file_each(path, &position, compare, &reading, &torn, &err), OK);
        assert_false(torn);
    }
    assert_int_equal(reading.at, world->count);
    count = files.count;
    archive_files_free(&files);
    return count;
}

static void has_every_block(void **state)
{
    struct world *world = *state;

    append_some(world, 1, 5, "a");
    start(world);
    assert_true(settles(world, 5, ""));
    append_some(world, 1, 7, "b");
    assert_true(settles(world, 12, ""));
    assert_int_equal(check_whole(world), 1);
    stop(world);
    append_some(world, 1, 3, "c");
    start(world);
    assert_true(settles(world, 15, ""));
    assert_int_equal(check_whole(world), 1);
}

/* What a crash left of the newest file: any length of it. */
static void goes_on_behind_a_torn_end(void **state)
{
    struct world *world = *state;
    char name[ARCHIVE_NAME_MAX], path[256];
    struct stat found;

    append_some(world, 1, 4, "a");
    start(world);
    assert_true(settles(world, 4, ""));
    stop(world);
    archive_name(name, world->self, 1, 1);
    (void)snprintf(path, sizeof path, "%s/%s", world->directory, name);
    assert_int_equal(stat(path, &found), 0);
    for (off_t size = found.st_size - 1; size > 0; size -= 41) {
        assert_int_equal(truncate(path, size), 0);
        start(world);
        assert_true(settles(world, 4, ""));
        stop(world);
        assert_int_equal(check_whole(world), 1);
    }
}

static void an_epoch_begins_a_file(void **state)
{
    struct world *world = *state;

    append_some(world, 1, 4, "a");
    start(world);
    assert_true(settles(world, 4, ""));
    append_some(world, 2, 4, "b");
    assert_true(settles(world, 8, ""));
    assert_int_equal(check_whole(world), 2);
}

/* The end of epoch 1 is part of the log no more; what it says stays in the archive's first file. */
static void follows_a_cut(void **state)
{
    struct world *world = *state;
    struct archive_end end;
    struct archive_files files;
    struct err err;

    for (int running = 0; running < 2; running++) {
        append_some(world, 1 + 2 * (uint32_t)running, 6, "a");
        start(world);
        assert_true(settles(world, world->count, ""));
        if (running == 0) {
            stop(world);
        }
        cut(world, 1 + 2 * (uint32_t)running, world->count - 4);
        append_some(world, 2 + 2 * (uint32_t)running, 3, "b");
        if (running == 0) {
            start(world);
        }
        assert_true(settles(world, world->count, ""));
        stop(world);
        assert_int_equal(archive_files_list(&files, world->directory, world->self, &err), OK);
        assert_int_equal(files.at[files.count - 1].first_lsn, world->count - 2);
        assert_int_equal(archive_files_end(&end, &files, world->directory, NULL, NULL, &err), OK);
        assert_int_equal(end.last_lsn, world->count);
        archive_end_free(&end);
        archive_files_free(&files);
    }
}

static uint64_t bytes_there(const struct world *world)
{
    struct archive_files files;
    struct stat found;
    uint64_t sum = 0;
    struct err err;

    assert_int_equal(archive_files_list(&files, world->directory, world->self, &err), OK);
    for (size_t i = 0; i < files.count; i++) {
        char path[256];

        (void)snprintf(path, sizeof path, "%s/%s", world->directory, files.at[i].name);
        assert_int_equal(stat(path, &found), 0);
        sum += (uint64_t)found.st_size;
    }
    archive_files_free(&files);
    return sum;
}

static void a_shorter_log_is_told(void **state)
{
    struct world *world = *state;
    uint64_t bytes;

    append_some(world, 1, 6, "a");
    start(world);
    assert_true(settles(world, 6, ""));
    stop(world);
    bytes = bytes_there(world);
    cut(world, 1, 3);
    start(world);
    assert_true(settles(world, 0, "archive_ahead"));
    assert_int_equal(bytes_there(world), bytes);
}

/* A copy was put back and went on: the archive alone shows it. */
static void a_log_written_twice_is_told(void **state)
{
    struct world *world = *state;
    uint64_t bytes;

    append_some(world, 1, 6, "a");
    start(world);
    assert_true(settles(world, 6, ""));
    stop(world);
    bytes = bytes_there(world);
    cut(world, 1, 3);
    append_some(world, 1, 5, "b");
    start(world);
    assert_true(settles(world, 0, "archive_differs"));
    assert_int_equal(bytes_there(world), bytes);
}

static void an_empty_directory_is_no_new_archive(void **state)
{
    struct world *world = *state;
    char aside[112], note[80];

    append_some(world, 1, 3, "a");
    start(world);
    assert_true(settles(world, 3, ""));
    (void)snprintf(aside, sizeof aside, "%s.aside", world->directory);
    assert_int_equal(rename(world->directory, aside), 0);
    assert_int_equal(mkdir(world->directory, 0700), 0);
    append_some(world, 1, 1, "b");
    assert_true(settles(world, 0, "archive_gone"));
    assert_int_equal(bytes_there(world), 0);
    assert_int_equal(rmdir(world->directory), 0);
    assert_true(settles(world, 0, "file_failed"));
    assert_int_equal(rename(aside, world->directory), 0);
    assert_true(settles(world, 4, ""));
    assert_int_equal(check_whole(world), 1);
    stop(world);
    (void)snprintf(note, sizeof note, "%s/archived", world->home);
    assert_int_equal(rename(world->directory, aside), 0);
    assert_int_equal(mkdir(world->directory, 0700), 0);
    assert_int_equal(unlink(note), 0); /* anew, as an operator says so */
    start(world);
    assert_true(settles(world, 4, ""));
    assert_int_equal(check_whole(world), 1);
}

static void not_inside_the_home(void **state)
{
    struct world *world = *state;

    (void)snprintf(world->directory, sizeof world->directory, "%s/archive", world->home);
    assert_int_equal(mkdir(world->directory, 0700), 0);
    append_some(world, 1, 1, "a");
    start(world);
    assert_true(settles(world, 0, "archive_inside_home"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(has_every_block),
        CASE(goes_on_behind_a_torn_end),
        CASE(an_epoch_begins_a_file),
        CASE(follows_a_cut),
        CASE(a_shorter_log_is_told),
        CASE(a_log_written_twice_is_told),
        CASE(an_empty_directory_is_no_new_archive),
        CASE(not_inside_the_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
