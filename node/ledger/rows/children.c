#include "node/ledger/rows/children.h"

/* --- writing --- */

static void put_id(struct txn *txn, const struct row_key *key, struct bytes id)
{
    struct buf value = BUF_EMPTY;

    list_add(&value, id);
    (void)txn_put(txn, SPACE_INDEX, row_key_bytes(key), buf_bytes(&value));
    buf_free(&value);
}

void children_add(struct txn *txn, struct division division, struct bytes parent,
                  struct children *children, struct doc_row *child, struct bytes id, bool is_line)
{
    child->before = short_text_of(children->newest);
    children->newest = id;
    children->count++;
    children->lines += is_line;
    children->run++;
    if (children->run >= CHILDREN_RUN) {
        const struct row_key key = children_key(division, parent, child->lsn);

        put_id(txn, &key, id);
        children->run = 0;
    }
}

void project_line_add(struct txn *txn, struct division division, struct bytes pro_code,
                      uint64_t lsn, struct bytes id)
{
    const struct row_key key = project_line_key(division, pro_code, lsn);

    put_id(txn, &key, id);
}

/* --- reading --- */

bool children_load(struct txn *txn, struct division division, struct bytes parent,
                   struct children *out)
{
    struct indicator indicator;
    struct doc_row doc;

    if (parent.size == 0 || parent.size > DOCUMENT_ID_MAX) {
        return false;
    }
    if (indicator_load(txn, division, parent, &indicator)) {
        *out = indicator.children;
        return true;
    }
    if (doc_load(txn, division, parent, &doc)) {
        *out = doc.children;
        return true;
    }
    return false;
}

/* Ids of a run, back from `newest`, appended in the order of the log: `count` of them, or those
 * behind `after_lsn`. */
static void append_run(struct txn *txn, struct division division, struct bytes newest,
                       uint64_t after_lsn, size_t count, struct buf *ids)
{
    struct short_text run[CHILDREN_RUN];
    struct doc_row doc = {.before = short_text_of(newest)};
    size_t found = 0;

    while (found < count && found < CHILDREN_RUN && doc.before.size > 0) {
        run[found] = doc.before;
        if (!doc_load(txn, division, short_text_bytes(&run[found]), &doc) || doc.lsn <= after_lsn) {
            break;
        }
        found++;
    }
    while (found > 0) {
        list_add(ids, short_text_bytes(&run[--found]));
    }
}

struct page {
    struct txn *txn;
    struct buf *ids;
    size_t bytes_max;
    uint64_t last_lsn;
    bool more;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct page *page = arg;

    if (page->ids->size >= page->bytes_max) {
        page->more = true;
        return false;
    }
    if (!txn_check_row(page->txn, key, list_is_whole(value))) {
        return false;
    }
    buf_append_bytes(page->ids, value);
    page->last_lsn = load_u64(key.data + key.size - 8);
    return true;
}

/* A read error is sticky in the txn. */
static void read_rows(struct txn *txn, const struct row_key *from, struct page *page)
{
    const struct bytes prefix = bytes_of(from->at, from->size - 8);
    struct err err;

    (void)txn_scan_from(txn, SPACE_INDEX, prefix, row_key_bytes(from), visit_row, page, &err);
}

void children_read(struct txn *txn, struct division division, struct bytes parent,
                   uint64_t after_lsn, struct buf *ids, uint64_t *last_lsn)
{
    const struct row_key from = children_key(division, parent, after_lsn + 1);
    struct buf named = BUF_EMPTY;
    struct page page = {.txn = txn, .ids = &named, .bytes_max = 1};
    struct children children;
    struct reader reader;
    struct bytes id;

    read_rows(txn, &from, &page);
    reader = reader_of(buf_bytes(&named));
    *last_lsn = 0;
    if (list_next(&reader, &id)) {
        append_run(txn, division, id, after_lsn, CHILDREN_RUN, ids);
        *last_lsn = page.last_lsn;
    } else if (children_load(txn, division, parent, &children)) {
        append_run(txn, division, children.newest, after_lsn, children.run, ids);
    }
    buf_free(&named);
}

void project_lines_read(struct txn *txn, struct division division, struct bytes pro_code,
                        uint64_t after_lsn, struct buf *ids, uint64_t *last_lsn)
{
    const struct row_key from = project_line_key(division, pro_code, after_lsn + 1);
    struct page page = {.txn = txn, .ids = ids, .bytes_max = ids->size + PROJECT_LINES_BYTES};

    read_rows(txn, &from, &page);
    *last_lsn = page.more ? page.last_lsn : 0;
}
