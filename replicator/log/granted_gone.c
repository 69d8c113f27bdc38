#include "proto/array.h"
#include "replicator/log/granted.h"
#include "replicator/store/row_letters.h"

void grants_gone_free(struct grants_gone *gone)
{
    mem_free(gone->at);
}

static void note(struct grants_gone *gone, struct division division, uint32_t epoch)
{
    ARRAY_ROOM(gone->at, gone->count, gone->capacity);
    gone->at[gone->count++] = (struct gone){division, epoch};
}

static bool is_gone(const struct grants_gone *gone, struct division division, uint32_t epoch)
{
    for (size_t i = 0; i < gone->count; i++) {
        if (division_equal(gone->at[i].division, division) && epoch >= gone->at[i].epoch) {
            return true;
        }
    }
    return false;
}

/* --- one block --- */

static void grant_key(struct buf *key, struct division division, uint32_t epoch)
{
    buf_clear(key);
    buf_put_u8(key, META_GRANT);
    division_write(key, division);
    buf_put_u32(key, epoch);
}

/* What the block granted counts as gone only where it is what is held. */
static void note_grant(struct grants_gone *gone, struct txn *txn, struct bytes sealed)
{
    struct buf key = BUF_EMPTY;
    struct bytes held;
    struct grant grant;
    struct err err;

    if (grant_parse(&grant, sealed, &err) == OK) {
        grant_key(&key, grant.division, grant.epoch);
        if (txn_get(txn, SPACE_META, buf_bytes(&key), &held) && bytes_equal(held, sealed)) {
            note(gone, grant.division, grant.epoch);
        }
    }
    buf_free(&key);
}

static void forget_revocation(struct txn *txn, struct division author, const struct entry *entry)
{
    struct revocation revocation;
    struct buf key = BUF_EMPTY;
    struct err err;

    if (revocation_read(&revocation, entry->body, &err) == OK) {
        buf_put_u8(&key, META_REVOKED);
        division_write(&key, revocation.division);
        division_write(&key, author);
        buf_put_u64(&key, entry->lsn);
        txn_delete(txn, SPACE_META, buf_bytes(&key));
    }
    buf_free(&key);
}

/* Until it says so again it listens where its grant says. */
static void forget_endpoint(struct txn *txn, struct division author)
{
    struct buf key = BUF_EMPTY;

    buf_put_u8(&key, META_ENDPOINT);
    division_write(&key, author);
    txn_delete(txn, SPACE_META, buf_bytes(&key));
    buf_free(&key);
}

static void forget_waiting(struct txn *txn, const struct block_header *header)
{
    struct buf key = BUF_EMPTY;

    buf_put_u8(&key, META_GRANT_WAITS);
    division_write(&key, header->author);
    buf_put_u64(&key, header->first_lsn);
    buf_put_u32(&key, header->epoch);
    txn_delete(txn, SPACE_META, buf_bytes(&key));
    buf_free(&key);
}

enum status grants_note_gone(struct grants_gone *gone, struct txn *txn,
                             const struct block_view *block, struct err *err)
{
    const struct division author = block->header.author;
    struct block_body body = BLOCK_BODY_EMPTY;
    const enum status status = block_body_read(&body, block, err);

    for (size_t i = 0; status == OK && i < body.count; i++) {
        const struct entry *entry = &body.entries[i];

        if (entry->kind == KIND_GRANT) {
            note_grant(gone, txn, entry->body);
        } else if (entry->kind == KIND_REVOKE) {
            forget_revocation(txn, author, entry);
        } else if (entry->kind == KIND_ENDPOINT) {
            forget_endpoint(txn, author);
        }
    }
    forget_waiting(txn, &block->header);
    block_body_free(&body);
    return status;
}

/* --- what stands on it --- */

struct forgetting {
    struct grants_gone *gone;
    struct buf keys;
    bool found; /* one more in this round */
    bool failed;
};

static bool look_at_grant(void *arg, struct bytes key, struct bytes value)
{
    struct forgetting *forgetting = arg;
    struct grants_gone *gone = forgetting->gone;
    struct grant grant;
    struct err err;

    if (grant_parse(&grant, value, &err) != OK) {
        forgetting->failed = true;
        return false;
    }
    if (!is_gone(gone, grant.division, grant.epoch) &&
        is_gone(gone, grant.parent, grant.granter_epoch == 0 ? 1 : grant.granter_epoch)) {
        note(gone, grant.division, grant.epoch);
        forgetting->found = true;
    }
    if (is_gone(gone, grant.division, grant.epoch)) {
        buf_append_bytes(&forgetting->keys, key);
    }
    return true;
}

enum status grants_forget(struct grants_gone *gone, struct txn *txn, struct err *err)
{
    static const size_t key_size = 1 + DIVISION_CODE_MAX + sizeof(uint32_t);
    const uint8_t letter = META_GRANT;
    struct forgetting forgetting = {.gone = gone};
    enum status status = OK;

    do {
        forgetting.found = false;
        buf_clear(&forgetting.keys);
        status = txn_scan(txn, SPACE_META, bytes_of(&letter, 1), look_at_grant, &forgetting, err);
    } while (status == OK && forgetting.found && !forgetting.failed);
    if (status == OK && forgetting.failed) {
        status = err_set(err, ERR_CORRUPT, "in_stored_grant");
    }
    for (size_t at = 0; status == OK && at < forgetting.keys.size; at += key_size) {
        txn_delete(txn, SPACE_META, bytes_of(forgetting.keys.data + at, key_size));
    }
    buf_free(&forgetting.keys);
    return status;
}
