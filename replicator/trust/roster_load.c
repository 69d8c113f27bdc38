#include "replicator/trust/roster_load.h"
#include "proto/array.h"
#include "replicator/store/row_letters.h"

struct grants { /* read first, added parents before children */
    struct buf *at;
    size_t count, capacity;
};

static bool collect(void *arg, struct bytes key, struct bytes value)
{
    struct grants *grants = arg;

    (void)key;
    ARRAY_ROOM(grants->at, grants->count, grants->capacity);
    grants->at[grants->count] = BUF_EMPTY;
    buf_append_bytes(&grants->at[grants->count++], value);
    return true;
}

/* Keys sort by code, so a parent may come after its child: what is not yet is tried again. Each
 * round takes at least one level of the tree. */
static enum status add_all(struct roster *roster, struct grants *grants, struct err *err)
{
    size_t left = grants->count, before;
    enum status worst = OK;

    do {
        before = left;
        for (size_t i = 0; i < grants->count; i++) {
            struct err why;
            enum status status;
            bool added;

            if (grants->at[i].size == 0) {
                continue;
            }
            status = roster_add(roster, buf_bytes(&grants->at[i]), &added, &why);
            if (status == ERR_NOT_YET) {
                continue;
            }
            if (status != OK && worst == OK) {
                worst = status;
                *err = why;
            }
            buf_free(&grants->at[i]);
            left--;
        }
    } while (left > 0 && left < before);
    if (worst != OK) {
        return err_wrap(err, "in_stored_grant");
    }
    return left == 0 ? OK : err_set(err, ERR_CORRUPT, "grants_orphaned count=%zu", left);
}

enum status roster_load(struct roster *roster, const struct store *store,
                        struct store_snapshot *snapshot, struct err *err)
{
    const uint8_t letter = META_GRANT;
    struct grants grants = {NULL, 0, 0};
    enum status status = store->ops->scan(store->self, snapshot, SPACE_META, bytes_of(&letter, 1),
                                          BYTES_NONE, collect, &grants, err);

    if (status == OK) {
        status = add_all(roster, &grants, err);
    }
    for (size_t i = 0; i < grants.count; i++) {
        buf_free(&grants.at[i]);
    }
    mem_free(grants.at);
    return status;
}
