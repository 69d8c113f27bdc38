#include "node/daemon/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "node/core/rebuild.h"
#include "node/daemon/system_clock.h"
#include "node/home/home.h"
#include "node/home/notes.h"
#include "node/ledger/ledger.h"
#include "node/store/store_rocks.h"
#include "replicator/log/audit.h"
#include "replicator/log/heads.h"
#include "replicator/log/sealing.h"
#include "replicator/store/commit_now.h"
#include "replicator/trust/roster_load.h"

enum {
    MIB_BYTES = 1 << 20,
    ENTRIES_A_SECOND = 50000, /* folded, on a small machine */
    COPIES_MAX = 10,
};

struct migrate {
    const struct migrate_options *options;
    struct home_config config;
    int lock;
    char directory[HOME_FILE_MAX], copy[HOME_FILE_MAX];
    struct store store;
    struct store_schema schema;
    uint64_t logs, blocks, entries, bytes; /* held; bytes of all files of the store */
};

static void say(const struct migrate *migrate, const char *message)
{
    char words[TEXT_BYTES_MAX];

    (void)printf("%s\n", text_in(migrate->options->language, words, message));
    (void)fflush(stdout);
}

#define SAY(migrate, ...)                                                                          \
    do {                                                                                           \
        char said[MESSAGE_BYTES_MAX];                                                              \
        message_format(said, sizeof said, __VA_ARGS__);                                            \
        say(migrate, said);                                                                        \
    } while (0)

/* --- is every log whole, of which rows are made once more? --- */

struct walk {
    struct migrate *migrate;
    struct audit audit;
    struct block_body body;
    enum status status;
    struct err *err;
};

static bool read_block(void *arg, const struct block_view *block)
{
    struct walk *walk = arg;

    walk->status = audit_block(&walk->audit, block, walk->err);
    if (walk->status == OK) {
        walk->status = block_body_read(&walk->body, block, walk->err);
    }
    walk->migrate->blocks++;
    walk->migrate->entries += block->header.count;
    return walk->status == OK;
}

/* Up to where blocks are held, or rows were made of them: whichever is further. */
static uint64_t known_lsn(struct txn *txn, const struct held_log *log)
{
    struct ledger_position position;

    ledger_position(txn, log->author, &position);
    return position.lsn > log->durable.lsn ? position.lsn : log->durable.lsn;
}

static enum status check_log(struct migrate *migrate, const struct roster *roster, struct txn *txn,
                             const struct held_log *log, struct err *err)
{
    struct walk walk = {.migrate = migrate, .body = BLOCK_BODY_EMPTY, .err = err};
    const uint64_t known = known_lsn(txn, log);
    uint64_t last;
    enum status status;

    audit_begin(&walk.audit, roster, log->author,
                roster_within(roster, log->author, migrate->config.division));
    status = log_scan(&migrate->store, NULL, log->author, 1, read_block, &walk, err);
    last = walk.audit.last_lsn;
    audit_end(&walk.audit);
    block_body_free(&walk.body);
    migrate->logs++;
    if (status == OK) {
        status = walk.status;
    }
    if (status == OK && last < known) {
        status = err_set(err, ERR_GAP, "ledger_gap division=%s lsn=%" PRIu64 " after=%" PRIu64,
                         log->author.code, known, last);
    }
    if (status != OK) {
        char why[MESSAGE_BYTES_MAX];

        (void)snprintf(why, sizeof why, "%s", err->text);
        return err_set(err, ERR_REFUSED, "migrate_would_lose division=%s after=%" PRIu64 " why=%s",
                       log->author.code, last, why);
    }
    return OK;
}

static enum status check_logs(struct migrate *migrate, struct err *err)
{
    const struct clock clock = system_clock();
    struct roster *roster = roster_new(&migrate->config.tree, migrate->config.division);
    struct txn *txn = txn_open(&migrate->store, NULL);
    struct logs logs;
    enum status status = roster_load(roster, &migrate->store, NULL, err);

    heads_init(&logs, &migrate->store, &clock);
    status = status == OK ? heads_load(&logs, err) : status;
    for (size_t i = 0; i < logs.count && status == OK; i++) {
        status = check_log(migrate, roster, txn, logs.at[i], err);
    }
    heads_free(&logs);
    txn_free(txn);
    roster_free(roster);
    return status;
}

/* --- the steps --- */

static enum status forget_folded(struct migrate *migrate, struct err *err)
{
    struct txn *txn = txn_open(&migrate->store, NULL);
    uint64_t fence;
    enum status status = migrate->store.ops->claim(migrate->store.self, &fence, err);

    if (status == OK) {
        status = rebuild_rules(&migrate->store, fence, migrate->config.division,
                               &migrate->config.tree, txn, err);
    }
    if (status == OK) {
        status = commit_now(&migrate->store, fence, txn, err);
    }
    txn_free(txn);
    return status;
}

/* From schema 1 on, each to the next one. `check`: ERR_REFUSED where it would lose something. */
static const struct step {
    const char *what; /* a message: what it does, and what that asks of the next start */
    enum status (*check)(struct migrate *migrate, struct err *err);
    enum status (*make)(struct migrate *migrate, struct err *err);
} steps[] = {
    {"migrate_forget_folded", check_logs, forget_folded},
};
_Static_assert(COUNT_OF(steps) + 1 == STORE_SCHEMA, "each schema but the first has its step");

/* Where the next step begins: one that was begun is made again. */
static uint64_t next_from(const struct migrate *migrate)
{
    return migrate->schema.from != 0 ? migrate->schema.from : migrate->schema.version;
}

static enum status make_step(struct migrate *migrate, uint64_t from, struct err *err)
{
    const struct step *step = &steps[from - 1];
    enum status status = store_rocks_step_begin(&migrate->store, from, from + 1, err);

    if (status == OK) {
        status = step->make(migrate, err);
    }
    if (status == OK) {
        status = store_rocks_step_end(&migrate->store, err);
    }
    if (status == OK) {
        SAY(migrate, "migrate_step_done to=%" PRIu64, from + 1);
    }
    return status;
}

/* --- before them --- */

/* What lies directly in the directory, as a store has no folders. */
static uint64_t files_bytes(const char *directory)
{
    DIR *folder = opendir(directory);
    const struct dirent *entry;
    uint64_t bytes = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char path[HOME_FILE_MAX + sizeof entry->d_name];
        struct stat info;

        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
            bytes += (uint64_t)info.st_size;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return bytes;
}

/* What is forgotten is written once more, and the copy keeps what it was. */
static enum status check_room(const struct migrate *migrate, struct err *err)
{
    struct store_space_free space;
    const enum status status = migrate->store.ops->free_space(migrate->store.self, &space, err);

    if (status == OK && space.free_bytes < migrate->bytes + space.floor_bytes) {
        return err_set(err, ERR_DISK_FULL,
                       "migrate_no_room directory=%s free=%" PRIu64 " needs=%" PRIu64,
                       migrate->directory, space.free_bytes / MIB_BYTES,
                       (migrate->bytes + space.floor_bytes) / MIB_BYTES + 1);
    }
    return status;
}

static enum status look(struct migrate *migrate, struct err *err)
{
    enum status status = store_rocks_schema(&migrate->store, &migrate->schema, err);

    if (status != OK) {
        return status;
    }
    migrate->bytes = files_bytes(migrate->directory);
    for (uint64_t from = next_from(migrate); from < STORE_SCHEMA && status == OK; from++) {
        migrate->logs = migrate->blocks = migrate->entries = 0;
        status = steps[from - 1].check(migrate, err);
        if (status == OK) {
            SAY(migrate, "migrate_step from=%" PRIu64 " to=%" PRIu64 " why=%s", from, from + 1,
                steps[from - 1].what);
        }
    }
    if (status == OK) {
        SAY(migrate,
            "migrate_size logs=%" PRIu64 " blocks=%" PRIu64 " entries=%" PRIu64 " mib=%" PRIu64
            " seconds=%" PRIu64,
            migrate->logs, migrate->blocks, migrate->entries, migrate->bytes / MIB_BYTES + 1,
            migrate->entries / ENTRIES_A_SECOND + 1);
        status = check_room(migrate, err);
    }
    return status;
}

/* Of the store as it was before the first step. What lies there under that name is of another time,
 * or of a run that ended right behind it: it stays. */
static enum status keep_copy(struct migrate *migrate, struct err *err)
{
    struct stat info;
    char name[64];
    enum status status;

    if (migrate->options->no_copy || migrate->schema.from != 0) {
        return OK;
    }
    for (int number = 0; number < COPIES_MAX; number++) {
        const int size =
            snprintf(name, sizeof name, "store.schema-%" PRIu64, migrate->schema.version);

        if (number > 0) {
            (void)snprintf(name + size, sizeof name - (size_t)size, ".%d", number);
        }
        home_file(migrate->copy, migrate->options->home, name);
        if (lstat(migrate->copy, &info) != 0) {
            break;
        }
    }
    status = migrate->store.ops->checkpoint(migrate->store.self, migrate->copy, err);
    if (status == OK) {
        SAY(migrate, "migrate_copy directory=%s copy=%s", migrate->directory, migrate->copy);
    }
    return status;
}

static enum status migrate_store(struct migrate *migrate, struct err *err)
{
    enum status status = look(migrate, err);
    uint64_t from;

    if (status != OK || migrate->options->dry_run) {
        return status;
    }
    from = next_from(migrate);
    status = keep_copy(migrate, err);
    for (; from < STORE_SCHEMA && status == OK; from++) {
        status = make_step(migrate, from, err);
    }
    if (status == OK) {
        SAY(migrate, "migrate_done schema=%d home=%s", STORE_SCHEMA, migrate->options->home);
    }
    return status;
}

/* --- the home --- */

static enum status check_home(const struct migrate *migrate, struct err *err)
{
    struct buf damage = BUF_EMPTY;
    enum status status = notes_damage(&damage, migrate->options->home, err);

    if (status == OK && damage.size > 0) {
        status = err_set(err, ERR_REFUSED, "migrate_damaged home=%s", migrate->options->home);
    }
    buf_free(&damage);
    return status;
}

static enum status open_and_migrate(struct migrate *migrate, struct err *err)
{
    const struct store_rocks_options options = {
        .floor_bytes = migrate->config.disk_floor_bytes, .must_exist = true, .migrates = true};
    enum status status;

    home_file(migrate->directory, migrate->options->home, "store");
    status = store_rocks_open(&migrate->store, migrate->directory, &options, err);
    if (status != OK) {
        return status;
    }
    status = store_rocks_schema(&migrate->store, &migrate->schema, err);
    if (status == OK && next_from(migrate) == STORE_SCHEMA) {
        SAY(migrate, "migrate_nothing directory=%s schema=%d", migrate->directory, STORE_SCHEMA);
    } else if (status == OK) {
        status = migrate_store(migrate, err);
    }
    migrate->store.ops->close(migrate->store.self);
    return status;
}

enum status migrate_home(const struct migrate_options *options, struct err *err)
{
    struct migrate migrate = {.options = options, .lock = -1};
    enum status status = crypto_init(err);

    if (status == OK) {
        status = home_load(&migrate.config, options->home, err);
    }
    if (status == OK) {
        status = home_check_user(options->home, err);
    }
    if (status == OK) {
        status = home_lock(&migrate.lock, options->home, err);
    }
    if (status == OK) {
        status = check_home(&migrate, err);
    }
    if (status == OK) {
        status = open_and_migrate(&migrate, err);
    }
    home_unlock(migrate.lock);
    return status;
}
