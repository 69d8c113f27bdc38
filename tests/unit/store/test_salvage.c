/* What is read of a damaged store: whatever one harm does to it, nothing that comes is wrong, and
 * what the harm did not touch comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/store/salvage.h"
#include "node/store/store_rocks.h"

enum { ROUNDS = 8, ROWS = 400, PATH = 512, PLACE = 64 };

static const enum store_space asked[] = {SPACE_META, SPACE_COSIGN, SPACE_LOCAL, SPACE_BLOCKS};

/* --- a store whose every row is known --- */

/* Rows of `round` are written in that round; of each space the last hundred are written again in
 * each, and every seventh of the round before is deleted. */
static uint32_t size_of(enum store_space space, uint32_t number)
{
    return space == SPACE_BLOCKS ? 200 + number % 400 : 8 + number % 40;
}

static void key_of(struct buf *key, uint32_t number)
{
    buf_clear(key);
    buf_append(key, "540121\0\0\0", 9);
    buf_put_u32(key, 1);
    buf_put_u64(key, number);
}

static void value_of(struct buf *value, enum store_space space, uint32_t number, uint32_t version)
{
    buf_clear(value);
    buf_put_u32(value, version);
    for (uint32_t i = 0; i < size_of(space, number); i++) {
        buf_put_u8(value, (uint8_t)(number * 31 + i * 7 + version));
    }
}

static bool is_deleted(uint32_t number, uint32_t rounds)
{
    return number % 7 == 3 && number / ROWS + 1 < rounds;
}

static uint32_t version_of(uint32_t number, uint32_t rounds)
{
    return number % ROWS < 100 ? rounds - 1 : number / ROWS;
}

struct made {
    struct change *changes;
    struct buf *bytes;
    size_t count;
};

static void put(struct made *made, enum store_space space, uint32_t number, uint32_t version,
                bool deleted)
{
    struct buf *key = &made->bytes[2 * made->count], *value = &made->bytes[2 * made->count + 1];

    *key = *value = BUF_EMPTY;
    key_of(key, number);
    value_of(value, space, number, version);
    made->changes[made->count++] =
        (struct change){space, buf_bytes(key), deleted ? BYTES_NONE : buf_bytes(value)};
}

static void write_round(const struct store *store, uint64_t fence, uint32_t round)
{
    const size_t room = SPACES * (2 * ROWS + (size_t)100 * ROUNDS);
    struct made made = {mem_zalloc(room * sizeof *made.changes),
                        mem_zalloc(2 * room * sizeof *made.bytes), 0};
    struct err err;

    for (int space = 0; space < SPACES; space++) {
        for (uint32_t number = 0; number < (round + 1) * ROWS; number++) {
            const bool fresh = number / ROWS == round;

            if (!fresh && number / ROWS + 1 == round && number % 7 == 3) {
                put(&made, (enum store_space)space, number, 0, true);
            } else if (fresh || (number % ROWS < 100 && !is_deleted(number, round))) {
                put(&made, (enum store_space)space, number, round, false);
            }
        }
    }
    if (store->ops->commit_begin(store->self, fence, &(struct batch){made.changes, made.count},
                                 &err) != OK) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < 2 * made.count; i++) {
        buf_free(&made.bytes[i]);
    }
    mem_free(made.changes);
    mem_free(made.bytes);
}

static void make_store(const char *directory)
{
    struct err err;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct store store;
        uint64_t fence;

        if (store_rocks_open(&store, directory, NULL, &err) != OK ||
            store.ops->claim(store.self, &fence, &err) != OK) {
            fail_msg("%s", err.text);
        }
        write_round(&store, fence, round);
        store.ops->close(store.self); /* the next start moves the log into tables */
    }
}

/* --- what comes of it --- */

struct heard {
    uint8_t *had[SPACES]; /* of each number: 1 as it was, 2 as it was once */
    uint64_t wrong, stale;
    char what[128];
};

static enum status hear(void *arg, const struct salvaged_row *row, struct err *err)
{
    struct heard *heard = arg;
    struct buf value = BUF_EMPTY;
    struct reader reader = reader_of(row->key), of = reader_of(row->value);
    const uint32_t version = reader_u32(&of);
    uint32_t number;
    bool known, newest;

    (void)err;
    (void)reader_bytes(&reader, 9);
    (void)reader_u32(&reader);
    number = (uint32_t)reader_u64(&reader);
    value_of(&value, row->space, number, version);
    known = reader_done(&reader) && number < ROUNDS * ROWS &&
            bytes_equal(buf_bytes(&value), row->value);
    newest = known && !is_deleted(number, ROUNDS) && version == version_of(number, ROUNDS);
    if (!known || (row->is_newest && !newest)) {
        heard->wrong++;
        (void)snprintf(heard->what, sizeof heard->what,
                       "space %d number %" PRIu32 " version %" PRIu32 " known %d", row->space,
                       number, version, known);
    } else {
        uint8_t *had = &heard->had[row->space][number];

        *had = newest ? 1 : *had == 0 ? 2 : *had;
        heard->stale += newest ? 0 : 1;
    }
    buf_free(&value);
    return OK;
}

static void alive(void *arg)
{
    (void)arg;
}

static void salvage(const char *directory, struct heard *heard, struct salvage_found *found)
{
    char copy[PATH];
    struct err err;
    struct salvage how = {.directory = directory,
                          .copy = copy,
                          .depth = SALVAGE_ALL,
                          .spaces = asked,
                          .space_count = COUNT_OF(asked),
                          .visit = hear,
                          .arg = heard,
                          .alive = alive};

    (void)snprintf(copy, sizeof copy, "%s.copy", directory);
    *heard = (struct heard){.wrong = 0};
    for (int space = 0; space < SPACES; space++) {
        heard->had[space] = mem_zalloc((size_t)ROUNDS * ROWS);
    }
    if (salvage_read(&how, found, &err) != OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(access(copy, F_OK), -1);
}

static void forget(struct heard *heard)
{
    for (int space = 0; space < SPACES; space++) {
        mem_free(heard->had[space]);
    }
}

/* Rows of a space that did not come as they were. */
static uint64_t lost(const struct heard *heard, enum store_space space)
{
    uint64_t count = 0;

    for (uint32_t number = 0; number < ROUNDS * ROWS; number++) {
        count += !is_deleted(number, ROUNDS) && heard->had[space][number] != 1 ? 1 : 0;
    }
    return count;
}

/* --- harms --- */

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *directory)
{
    (void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void copy_tree(const char *from, const char *to)
{
    char command[3 * PATH];

    remove_tree(to);
    (void)snprintf(command, sizeof command, "cp -a %s %s", from, to);
    assert_int_equal(system(command), 0);
}

/* The `index`-th file whose name has `part` in it; false when there are fewer. */
static bool find_file(char *out, const char *directory, const char *part, int index)
{
    struct dirent **names;
    const int count = scandir(directory, &names, NULL, alphasort);
    bool found = false;

    for (int i = 0; i < count; i++) {
        if (strstr(names[i]->d_name, part) != NULL && index-- == 0) {
            (void)snprintf(out, PATH, "%.200s/%.200s", directory, names[i]->d_name);
            found = true;
        }
        free(names[i]);
    }
    free(names);
    return found;
}

static long size_of_file(const char *path)
{
    struct stat found;

    assert_int_equal(stat(path, &found), 0);
    return (long)found.st_size;
}

static void flip(const char *path, long at)
{
    const int file = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;

    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 4;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    (void)close(file);
}

/* --- tests --- */

struct place {
    char made[PLACE], harmed[PLACE];
};

static int set_up(void **state)
{
    static struct place place;
    char root[] = "/tmp/terrace-salvage-XXXXXX";

    assert_non_null(mkdtemp(root));
    (void)snprintf(place.made, sizeof place.made, "%s/made", root);
    (void)snprintf(place.harmed, sizeof place.harmed, "%s/harmed", root);
    make_store(place.made);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    *strrchr(place->made, '/') = '\0';
    remove_tree(place->made);
    return 0;
}

static void want_whole(const struct heard *heard, const struct salvage_found *found)
{
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_true(found->is_whole[asked[i]]);
        assert_int_equal(lost(heard, asked[i]), 0);
    }
    assert_int_equal(heard->wrong, 0);
    assert_int_equal(heard->stale, 0);
}

static void a_sound_store_comes_whole_and_stays_as_it_is(void **state)
{
    const struct place *place = *state;
    struct salvage_found found;
    struct heard heard;
    struct store store;
    struct err err;

    copy_tree(place->made, place->harmed);
    salvage(place->harmed, &heard, &found);
    want_whole(&heard, &found);
    forget(&heard);
    assert_int_equal(store_rocks_open(&store, place->harmed, NULL, &err), OK);
    store.ops->close(store.self);
}

static void without_current_nothing_is_lost(void **state)
{
    const struct place *place = *state;
    struct salvage_found found;
    struct heard heard;
    char path[PATH];

    for (int how = 0; how < 3; how++) {
        copy_tree(place->made, place->harmed);
        assert_true(find_file(path, place->harmed, "CURRENT", 0));
        if (how == 0) {
            assert_int_equal(unlink(path), 0);
        } else if (how == 1) {
            flip(path, 12);
        } else {
            assert_int_equal(truncate(path, 0), 0);
        }
        salvage(place->harmed, &heard, &found);
        want_whole(&heard, &found);
        forget(&heard);
    }
}

static void without_the_list_of_tables_all_rows_come_and_none_as_the_newest(void **state)
{
    const struct place *place = *state;
    struct salvage_found found;
    struct heard heard;
    char path[PATH];

    for (int how = 0; how < 3; how++) {
        copy_tree(place->made, place->harmed);
        assert_true(find_file(path, place->harmed, "MANIFEST", 0));
        if (how == 0) {
            assert_int_equal(unlink(path), 0);
        } else if (how == 1) {
            flip(path, size_of_file(path) / 2);
        } else {
            assert_int_equal(truncate(path, size_of_file(path) / 2), 0);
        }
        salvage(place->harmed, &heard, &found);
        for (size_t i = 0; i < COUNT_OF(asked); i++) {
            assert_false(found.is_whole[asked[i]]);
            assert_int_equal(lost(&heard, asked[i]), 0);
        }
        assert_int_equal(heard.wrong, 0);
        forget(&heard);
    }
}

static void a_block_of_a_table_costs_what_stands_in_it(void **state)
{
    const struct place *place = *state;
    struct salvage_found found;
    struct heard heard;
    char path[PATH];
    uint64_t most = 0, harms = 0;

    for (int index = 0;
         copy_tree(place->made, place->harmed), find_file(path, place->harmed, ".sst", index);
         index++) {
        uint64_t sum = 0;

        flip(path, size_of_file(path) / 3);
        salvage(place->harmed, &heard, &found);
        for (size_t i = 0; i < COUNT_OF(asked); i++) {
            sum += lost(&heard, asked[i]);
        }
        assert_int_equal(heard.wrong, 0);
        most = sum > most ? sum : most;
        harms++;
        forget(&heard);
    }
    print_message("%" PRIu64 " tables harmed; one cost %" PRIu64 " rows at most\n", harms, most);
    assert_true(harms > 8);
    assert_true(most > 0 && most <= 800);
}

/* A store that was written once has it all in its log. */
static void without_a_table_the_log_is_enough(void **state)
{
    const struct place *place = *state;
    struct salvage_found found;
    struct heard heard;
    struct store store;
    uint64_t fence;
    char path[PATH];
    struct err err;

    remove_tree(place->harmed);
    assert_int_equal(store_rocks_open(&store, place->harmed, NULL, &err), OK);
    assert_int_equal(store.ops->claim(store.self, &fence, &err), OK);
    write_round(&store, fence, 0);
    store.ops->close(store.self);
    assert_false(find_file(path, place->harmed, ".sst", 0));
    assert_true(find_file(path, place->harmed, "MANIFEST", 0));
    assert_int_equal(unlink(path), 0);
    salvage(place->harmed, &heard, &found);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_int_equal(found.rows[asked[i]], ROWS);
        assert_false(found.is_whole[asked[i]]);
    }
    forget(&heard);
}

/* In a process of its own: one that the library ends is a failure of this test alone. */
static void any_harm_is_survived_and_nothing_that_comes_is_wrong(void **state)
{
    const struct place *place = *state;
    const char *rounds = getenv("SALVAGE_ROUNDS");
    unsigned seed = 7;

    for (long round = 0; round < (rounds == NULL ? 40 : strtol(rounds, NULL, 10)); round++) {
        static const char *const parts[] = {".sst",    ".sst",    ".log",  "MANIFEST",
                                            "CURRENT", "OPTIONS", "NOTED", "IDENTITY"};
        const char *part = parts[(unsigned)rand_r(&seed) % COUNT_OF(parts)];
        char path[PATH];
        int count = 0, outcome;
        long at;
        pid_t child;

        copy_tree(place->made, place->harmed);
        while (find_file(path, place->harmed, part, count)) {
            count++;
        }
        assert_true(find_file(path, place->harmed, part, rand_r(&seed) % count));
        at = size_of_file(path) == 0 ? 0 : rand_r(&seed) % size_of_file(path);
        if (rand_r(&seed) % 3 == 0 || size_of_file(path) == 0) {
            assert_int_equal(truncate(path, at), 0);
        } else {
            flip(path, at);
        }
        child = fork();
        if (child == 0) {
            struct salvage_found found;
            struct heard heard;

            salvage(place->harmed, &heard, &found);
            if (heard.wrong > 0) {
                print_error("%s (of %" PRIu64 ")\n", heard.what, heard.wrong);
            }
            _exit(heard.wrong == 0 ? 0 : 9);
        }
        assert_int_equal(waitpid(child, &outcome, 0), child);
        if (outcome != 0) {
            fail_msg("round %ld: harm at %ld of %s: the process ended with %d", round, at, path,
                     outcome);
        }
    }
}

static void of_a_store_that_is_gone_nothing_comes(void **state)
{
    const struct place *place = *state;
    struct salvage_found found;
    struct heard heard;

    remove_tree(place->harmed);
    salvage(place->harmed, &heard, &found);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_false(found.is_whole[asked[i]]);
        assert_int_equal(found.rows[asked[i]], 0);
    }
    forget(&heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_store_comes_whole_and_stays_as_it_is),
        cmocka_unit_test(without_current_nothing_is_lost),
        cmocka_unit_test(without_the_list_of_tables_all_rows_come_and_none_as_the_newest),
        cmocka_unit_test(a_block_of_a_table_costs_what_stands_in_it),
        cmocka_unit_test(without_a_table_the_log_is_enough),
        cmocka_unit_test(any_harm_is_survived_and_nothing_that_comes_is_wrong),
        cmocka_unit_test(of_a_store_that_is_gone_nothing_comes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
