#include "node/ledger/rows/open_items.h"

#include "node/ledger/rows/row_codec.h"

static const struct {
    char item, sum;
} letters[OPEN_LISTS] = {
    [OPEN_TO_REGISTER] = {ROW_TO_REGISTER, ROW_TO_REGISTER_SUM},
    [OPEN_AWAITED] = {ROW_AWAITED, ROW_AWAITED_SUM},
};

/* --- keys --- */

static struct row_key item_key(enum open_list list, struct division division,
                               const struct open_place *place)
{
    struct writer rest;

    rest.size = 0;
    write_u64(&rest, place->due);
    write_division(&rest, place->author);
    write_raw(&rest, place->id.data, place->id.size);
    return row_key_of(letters[list].item, division, bytes_of(rest.at, rest.size));
}

static bool parse_place(struct bytes key, struct open_place *out)
{
    struct reader reader = reader_of(row_key_rest(key));

    out->due = reader_u64(&reader);
    out->author = read_division(&reader);
    out->id = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader) && out->id.size > 0;
}

/* --- values --- */

static bool parse_item(struct bytes value, struct open_item *out)
{
    struct reader reader = reader_of(value);

    out->kind = read_count(&reader);
    out->party = read_division(&reader);
    out->year = reader_u16(&reader);
    out->amount = read_i64(&reader);
    out->since_ms = reader_u64(&reader);
    out->number = read_text(&reader);
    return reader_done(&reader);
}

static void put_index_row(struct txn *txn, const struct row_key *key, const struct writer *value)
{
    (void)txn_put(txn, SPACE_INDEX, row_key_bytes(key), bytes_of(value->at, value->size));
}

static void store_sum(struct txn *txn, enum open_list list, struct division division,
                      const struct open_sum *sum)
{
    const struct row_key key = row_key_of(letters[list].sum, division, BYTES_NONE);
    struct writer value;

    if (sum->count == 0) { /* a list that is empty again has left nothing */
        txn_delete(txn, SPACE_INDEX, row_key_bytes(&key));
        return;
    }
    value.size = 0;
    write_u64(&value, sum->count);
    write_wide(&value, sum->amount);
    put_index_row(txn, &key, &value);
}

struct open_sum open_items_sum(struct txn *txn, enum open_list list, struct division division)
{
    const struct row_key key = row_key_of(letters[list].sum, division, BYTES_NONE);
    struct open_sum sum = {0, 0};
    struct bytes value;

    if (txn_get(txn, SPACE_INDEX, row_key_bytes(&key), &value)) {
        struct reader reader = reader_of(value);

        sum.count = reader_u64(&reader);
        sum.amount = reader_wide(&reader);
        if (!txn_check_row(txn, row_key_bytes(&key), reader_done(&reader))) {
            sum = (struct open_sum){0, 0};
        }
    }
    return sum;
}

/* --- items --- */

/* False when it is not in the list. */
static bool load_item(struct txn *txn, enum open_list list, struct division division,
                      const struct open_place *place, struct open_item *out)
{
    const struct row_key key = item_key(list, division, place);
    struct bytes value;

    out->place = *place;
    return txn_get(txn, SPACE_INDEX, row_key_bytes(&key), &value) &&
           txn_check_row(txn, row_key_bytes(&key), parse_item(value, out));
}

static int128 money_on_its_way(const struct open_item *item)
{
    return item->kind == KIND_RECALL || item->amount < 0 ? 0 : item->amount;
}

void open_item_add(struct txn *txn, enum open_list list, struct division division,
                   const struct open_item *item)
{
    const struct row_key key = item_key(list, division, &item->place);
    struct open_sum sum = open_items_sum(txn, list, division);
    struct writer value;

    value.size = 0;
    write_count(&value, item->kind);
    write_division(&value, item->party);
    write_u16(&value, (uint32_t)item->year);
    write_i64(&value, item->amount);
    write_u64(&value, item->since_ms);
    write_text(&value, item->number);
    put_index_row(txn, &key, &value);
    sum.count++;
    sum.amount += money_on_its_way(item);
    store_sum(txn, list, division, &sum);
}

void open_item_remove(struct txn *txn, enum open_list list, struct division division,
                      const struct open_place *place)
{
    const struct row_key key = item_key(list, division, place);
    struct open_sum sum = open_items_sum(txn, list, division);
    struct open_item item;

    if (!load_item(txn, list, division, place, &item)) {
        return;
    }
    txn_delete(txn, SPACE_INDEX, row_key_bytes(&key));
    sum.count -= sum.count > 0;
    sum.amount -= money_on_its_way(&item);
    store_sum(txn, list, division, &sum);
}

/* --- reading on --- */

struct walk {
    struct txn *txn;
    const struct row_key *after;
    bool (*visit)(void *arg, const struct open_item *item);
    void *arg;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct walk *walk = arg;
    struct open_item item;

    if (walk->after != NULL && bytes_equal(key, row_key_bytes(walk->after))) {
        return true;
    }
    return txn_check_row(walk->txn, key,
                         parse_place(key, &item.place) && parse_item(value, &item)) &&
           walk->visit(walk->arg, &item);
}

void open_items_each(struct txn *txn, enum open_list list, struct division division,
                     const struct open_place *after,
                     bool (*visit)(void *arg, const struct open_item *item), void *arg)
{
    const struct row_key prefix = row_key_of(letters[list].item, division, BYTES_NONE);
    struct row_key from = prefix;
    struct walk walk = {.txn = txn, .visit = visit, .arg = arg};
    struct err err;

    if (after != NULL) {
        from = item_key(list, division, after);
        walk.after = &from;
    }
    (void)txn_scan_from(txn, SPACE_INDEX, row_key_bytes(&prefix), row_key_bytes(&from), visit_row,
                        &walk, &err);
}
