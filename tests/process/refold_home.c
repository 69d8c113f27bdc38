/* refold_home - forgets all that a stopped node has made of the blocks that it holds; its next
 * start makes it once more.
 *
 *     refold_home HOME
 */
#include <stdio.h>

#include "node/home/home.h"
#include "node/ledger/refold.h"
#include "node/store/store_rocks.h"
#include "replicator/store/commit_now.h"
#include "replicator/trust/roster_load.h"

static enum status refold(const struct store *store, const struct home_config *config,
                          struct err *err)
{
    struct roster *roster = roster_new(&config->tree, config->division);
    struct txn *txn = txn_open(store, NULL);
    uint64_t fence;
    enum status status = store->ops->claim(store->self, &fence, err);

    status = status == OK ? roster_load(roster, store, NULL, err) : status;
    status = status == OK ? refold_forget(store, fence, err) : status;
    if (status == OK) {
        refold_observe(txn, roster, config->division);
        status = commit_now(store, fence, txn, err);
    }
    txn_free(txn);
    roster_free(roster);
    return status;
}

int main(int argc, char **argv)
{
    char directory[HOME_FILE_MAX];
    struct home_config config;
    struct store store;
    struct err err = {OK, ""};
    enum status status;

    if (argc != 2) {
        (void)fprintf(stderr, "refold_home HOME\n");
        return 2;
    }
    home_file(directory, argv[1], "store");
    status = home_load(&config, argv[1], &err);
    status = status == OK ? store_rocks_open(&store, directory, NULL, &err) : status;
    if (status == OK) {
        status = refold(&store, &config, &err);
        store.ops->close(store.self);
    }
    if (status != OK) {
        (void)fprintf(stderr, "refold_home: %s\n", err.text);
    }
    return status == OK ? 0 : 1;
}
