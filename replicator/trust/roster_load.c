#include "replicator/trust/roster_load.h"
#include "proto/array.h"
#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"

struct grants { /* read first, added parents before children */
    const struct store *store;
    struct err damage; /* the first row that cannot be read; OK: none */
    struct buf *at;
    size_t count, capacity;
    struct confirmation_of_epoch *confirmed;
    size_t confirmed_count, confirmed_capacity;
    struct revocation *revoked;
    size_t revoked_count, revoked_capacity;
    struct objection_held *objected;
    size_t objected_count, objected_capacity;
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

/* --- rows beside the grants --- */

static enum status row_damaged(struct bytes key, struct err *err)
{
    return err_set(err, ERR_CORRUPT, "row_damaged letter=%c bytes=%zu", key.data[0], key.size);
}

/* What was taken once was read then. A suite or reason that is not known now is a later version's;
 * whatever else is not read is damage. */
static enum status judge_body(enum status status, bool fits, struct bytes key, struct err *err)
{
    return status == ERR_NEEDS_UPGRADE || (status == OK && fits) ? status : row_damaged(key, err);
}

static enum status read_confirmed(struct confirmation_of_epoch *out, struct bytes key,
                                  struct bytes value, struct err *err)
{
    struct reader at = reader_of(key), of = reader_of(value);

    (void)reader_u8(&at);
    out->division = division_read(&at);
    out->epoch = reader_u32(&at);
    out->by = division_read(&of);
    reader_copy(&of, &out->grant, sizeof out->grant);
    return reader_done(&at) && reader_done(&of) ? OK : row_damaged(key, err);
}

static enum status read_revoked(struct revocation *out, struct bytes key, struct bytes value,
                                struct err *err)
{
    struct reader at = reader_of(key), of = reader_of(value);
    struct division division, by;
    uint64_t said_lsn, time_ms;
    enum status status;

    (void)reader_u8(&at);
    division = division_read(&at);
    by = division_read(&at);
    said_lsn = reader_u64(&at);
    time_ms = reader_u64(&of);
    status = revocation_read(out, reader_bytes(&of, reader_left(&of)), err);
    out->by = by;
    out->said_lsn = said_lsn;
    out->time_ms = time_ms;
    return judge_body(status, reader_done(&at) && division_equal(out->division, division), key,
                      err);
}

static enum status read_objected(struct objection_held *out, struct bytes key, struct bytes value,
                                 struct err *err)
{
    struct reader at = reader_of(key), of = reader_of(value);
    struct division division;
    uint32_t epoch;
    enum status status;

    (void)reader_u8(&at);
    division = division_read(&at);
    epoch = reader_u32(&at);
    out->by = division_read(&of);
    out->said_lsn = reader_u64(&of);
    out->time_ms = reader_u64(&of);
    status = objection_read(&out->said, reader_bytes(&of, reader_left(&of)), err);
    return judge_body(status,
                      reader_done(&at) && division_equal(out->said.division, division) &&
                          out->said.epoch == epoch,
                      key, err);
}

bool roster_confirmed_fits(struct bytes key, struct bytes value)
{
    struct confirmation_of_epoch one;
    struct err err;

    return read_confirmed(&one, key, value, &err) == OK;
}

/* Of a row that says nothing whoever loads is told, and so is who watches the store: a word against
 * somebody must not count as one that nobody said. The others are gone over all the same. */
static bool is_read(struct grants *grants, enum status status, struct bytes key,
                    const struct err *err)
{
    if (status != OK && grants->damage.status == OK) {
        grants->damage = *err;
        grants->damage.status = status;
    }
    return read_watch_row(grants->store, key, status != ERR_CORRUPT) && status == OK;
}

static bool collect_confirmed(void *arg, struct bytes key, struct bytes value)
{
    struct grants *grants = arg;
    struct confirmation_of_epoch one;
    struct err err;

    if (is_read(grants, read_confirmed(&one, key, value, &err), key, &err)) {
        ARRAY_ROOM(grants->confirmed, grants->confirmed_count, grants->confirmed_capacity);
        grants->confirmed[grants->confirmed_count++] = one;
    }
    return true;
}

static bool collect_revoked(void *arg, struct bytes key, struct bytes value)
{
    struct grants *grants = arg;
    struct revocation one;
    struct err err;

    if (is_read(grants, read_revoked(&one, key, value, &err), key, &err)) {
        ARRAY_ROOM(grants->revoked, grants->revoked_count, grants->revoked_capacity);
        grants->revoked[grants->revoked_count++] = one;
    }
    return true;
}

static bool collect_objected(void *arg, struct bytes key, struct bytes value)
{
    struct grants *grants = arg;
    struct objection_held one;
    struct err err;

    if (is_read(grants, read_objected(&one, key, value, &err), key, &err)) {
        ARRAY_ROOM(grants->objected, grants->objected_count, grants->objected_capacity);
        grants->objected[grants->objected_count++] = one;
    }
    return true;
}

/* --- taking them --- */

static void object_all(struct roster *roster, const struct grants *grants)
{
    for (size_t i = 0; i < grants->objected_count; i++) {
        struct err err;
        bool kept;

        (void)roster_object(roster, &grants->objected[i], &kept, &err);
    }
}

/* After the grants that were taken before: of a refused epoch, too, somebody may have been granted
 * while it counted. What counts since then comes in the next round. */
static void revoke_all(struct roster *roster, const struct grants *grants)
{
    for (size_t i = 0; i < grants->revoked_count; i++) {
        struct err err;
        bool changed;

        (void)roster_revoke(roster, &grants->revoked[i], &changed, &err);
    }
}

/* What was taken once is taken again: whose grants are there. */
static void confirm_all(struct roster *roster, const struct grants *grants)
{
    for (size_t i = 0; i < grants->confirmed_count; i++) {
        struct err err;
        bool changed;

        (void)roster_confirm(roster, &grants->confirmed[i], &changed, &err);
    }
}

/* --- storing them --- */

void roster_store_confirmed(struct txn *txn, const struct confirmation_of_epoch *confirmation)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u8(&key, META_CONFIRMED);
    division_write(&key, confirmation->division);
    buf_put_u32(&key, confirmation->epoch);
    division_write(&value, confirmation->by);
    buf_append(&value, confirmation->grant.at, sizeof confirmation->grant.at);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

void roster_store_revocation(struct txn *txn, const struct revocation *revocation)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u8(&key, META_REVOKED);
    division_write(&key, revocation->division);
    division_write(&key, revocation->by);
    buf_put_u64(&key, revocation->said_lsn);
    buf_put_u64(&value, revocation->time_ms);
    revocation_write(&value, revocation);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

void roster_store_objection(struct txn *txn, const struct objection_held *objection)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u8(&key, META_OBJECTION);
    division_write(&key, objection->said.division);
    buf_put_u32(&key, objection->said.epoch);
    division_write(&value, objection->by);
    buf_put_u64(&value, objection->said_lsn);
    buf_put_u64(&value, objection->time_ms);
    objection_write(&value, &objection->said);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

/* --- all of it --- */

/* Keys sort by code, so a parent may come after its child: what is not yet is tried again. Each
 * round takes at least one level of the tree. */
static size_t add_rounds(struct roster *roster, struct grants *grants, size_t left,
                         enum status *worst, struct err *err)
{
    size_t before;

    do {
        before = left;
        confirm_all(roster, grants);
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
            if (status == ERR_MALFORMED || status == ERR_BAD_SIGNATURE) { /* it was none once */
                why.status = status = ERR_CORRUPT;
            }
            if (status != OK && *worst == OK) {
                *worst = status;
                *err = why;
            }
            buf_free(&grants->at[i]);
            left--;
        }
    } while (left > 0 && left < before);
    confirm_all(roster, grants);
    return left;
}

static enum status add_all(struct roster *roster, struct grants *grants, struct err *err)
{
    enum status worst = OK;
    size_t left = add_rounds(roster, grants, grants->count, &worst, err);

    revoke_all(roster, grants);
    if (left > 0) {
        left = add_rounds(roster, grants, left, &worst, err);
        revoke_all(roster, grants);
    }
    if (worst != OK) {
        return err_wrap(err, "in_stored_grant");
    }
    return left == 0 ? OK : err_set(err, ERR_CORRUPT, "grants_orphaned count=%zu", left);
}

enum status roster_load(struct roster *roster, const struct store *store,
                        struct store_snapshot *snapshot, struct err *err)
{
    static const struct {
        uint8_t letter;
        store_visit_fn *collect;
    } rows[] = {{META_GRANT, collect},
                {META_CONFIRMED, collect_confirmed},
                {META_REVOKED, collect_revoked},
                {META_OBJECTION, collect_objected}};
    struct grants grants = {.store = store, .damage = {OK, ""}};
    enum status status = OK;

    for (size_t i = 0; status == OK && i < COUNT_OF(rows); i++) {
        status = store->ops->scan(store->self, snapshot, SPACE_META, bytes_of(&rows[i].letter, 1),
                                  BYTES_NONE, rows[i].collect, &grants, err);
    }
    if (status == OK) {
        roster_believe(roster, true);
        status = add_all(roster, &grants, err);
        roster_believe(roster, false);
    }
    object_all(roster, &grants);
    if (status == OK && grants.damage.status != OK) {
        *err = grants.damage;
        status = err->status;
    }
    for (size_t i = 0; i < grants.count; i++) {
        buf_free(&grants.at[i]);
    }
    mem_free(grants.at);
    mem_free(grants.confirmed);
    mem_free(grants.revoked);
    mem_free(grants.objected);
    return status;
}
