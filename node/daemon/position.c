#include <inttypes.h>
#include <stdio.h>

#include "node/daemon/daemon.h"
#include "node/daemon/system_clock.h"
#include "node/home/home.h"
#include "node/store/store_rocks.h"
#include "replicator/log/heads.h"

static enum status print_end(const struct store *store, struct division own, struct err *err)
{
    const struct clock clock = system_clock();
    char hex[2 * HASH_SIZE + 1];
    const struct held_log *log;
    struct logs logs;
    enum status status;

    heads_init(&logs, store, &clock);
    status = heads_load(&logs, err);
    if (status == OK) {
        log = heads_find(&logs, own);
        hex_encode(hex, log == NULL ? HASH_ZERO.at : log->durable.hash.at, HASH_SIZE);
        (void)printf("%" PRIu64 " %s\n", log == NULL ? 0 : log->durable.lsn, hex);
    }
    heads_free(&logs);
    return status;
}

enum status daemon_position(const struct daemon_options *options, struct err *err)
{
    const struct store_rocks_options store_options = {.must_exist = true};
    char path[HOME_FILE_MAX];
    struct home_config config;
    struct store store;
    int lock = -1;
    enum status status = home_load(&config, options->home, err);

    if (status != OK) {
        return status;
    }
    status = home_lock(&lock, options->home, err);
    if (status == OK) {
        home_file(path, options->home, "store");
        status = store_rocks_open(&store, path, &store_options, err);
    }
    if (status == OK) {
        status = print_end(&store, config.division, err);
        store.ops->close(store.self);
    }
    home_unlock(lock);
    return status;
}
