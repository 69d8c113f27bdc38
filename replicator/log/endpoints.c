#include "replicator/log/endpoints.h"

#include <inttypes.h>

#include "proto/log.h"
#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"

static void row_key(struct buf *key, struct division division)
{
    buf_put_u8(key, META_ENDPOINT);
    division_write(key, division);
}

void endpoint_put(struct txn *txn, struct division division, uint32_t epoch, uint64_t lsn,
                  struct bytes body)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    row_key(&key, division);
    buf_put_u32(&value, epoch);
    buf_put_u64(&value, lsn);
    buf_append_bytes(&value, body);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

/* Blocks that were kept back come after later ones. */
static bool is_newer(struct txn *txn, struct division division, uint32_t epoch, uint64_t lsn)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool newer = true;

    row_key(&key, division);
    if (txn_get(txn, SPACE_META, buf_bytes(&key), &value)) {
        struct reader reader = reader_of(value);
        const uint32_t known_epoch = reader_u32(&reader);
        const uint64_t known_lsn = reader_u64(&reader);

        newer = !txn_check_row(txn, buf_bytes(&key), reader_ok(&reader)) || epoch > known_epoch ||
                (epoch == known_epoch && lsn > known_lsn);
    }
    buf_free(&key);
    return newer;
}

static enum status check_audience(const struct block_header *header, struct err *err)
{
    return header->audience.kind == AUDIENCE_TREE &&
                   division_equal(header->audience.division, header->author)
               ? OK
               : err_set(err, ERR_REFUSED, "endpoint_not_its_own author=%s division=%s",
                         header->author.code, header->audience.division.code);
}

void endpoint_take(struct txn *txn, const struct block_header *header, const struct entry *entry,
                   struct findings *found)
{
    struct endpoint_entry said;
    struct err err;
    enum status status = check_audience(header, &err);

    if (status == OK) {
        status = endpoint_read(&said, entry->body, &err);
    }
    if (status != OK) {
        findings_alarm(found, ALARM_BAD_ENDPOINT, header->author,
                       "endpoint_not_taken lsn=%" PRIu64 " author=%s why=%s", entry->lsn,
                       header->author.code, err.text);
        return;
    }
    if (is_newer(txn, header->author, header->epoch, entry->lsn)) {
        endpoint_put(txn, header->author, header->epoch, entry->lsn, entry->body);
        findings_because(found, FOUND_ENDPOINT, header->author, entry->lsn, OK, said.link);
        findings_over(found, ALARM_BAD_ENDPOINT, header->author);
    }
}

bool endpoint_find(const struct store *store, struct store_snapshot *snapshot,
                   struct division division, struct endpoint_entry *out)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct reader reader;
    struct err err;
    bool found = false;

    row_key(&key, division);
    if (store->ops->get(store->self, snapshot, SPACE_META, buf_bytes(&key), &value, &err) == OK &&
        read_watch_row(store, buf_bytes(&key), value.size > sizeof(uint32_t) + sizeof(uint64_t))) {
        reader = reader_of(buf_bytes(&value));
        (void)reader_u32(&reader);
        (void)reader_u64(&reader);
        found = read_watch_row(
            store, buf_bytes(&key),
            endpoint_read(out, reader_bytes(&reader, reader_left(&reader)), &err) == OK);
    }
    buf_free(&key);
    buf_free(&value);
    return found;
}
