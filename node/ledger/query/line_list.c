#include "node/ledger/query/line_list.h"

#include <stdio.h>

#include "proto/array.h"

struct collecting {
    struct txn *txn;
    const struct line_filter *filter;
    struct line_items *items;
    size_t reads_left;
    bool sufficed;
};

static void copy(char *out, size_t size, struct bytes text)
{
    (void)snprintf(out, size, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
}

static bool fits(const struct line_filter *filter, const struct indicator *line)
{
    return !indicator_is_closing(line) && (filter->year == 0 || filter->year == line->year) &&
           (!filter->by_agency || bytes_equal(filter->agency, line->agency)) &&
           (filter->project.size == 0 || bytes_equal(filter->project, line->project)) &&
           (filter->fund.size == 0 || bytes_equal(filter->fund, line->fund));
}

static bool visit_line(void *arg, struct bytes key, struct bytes value)
{
    struct collecting *collecting = arg;
    struct line_items *items = collecting->items;
    struct line_item *item;
    struct indicator line;

    if (collecting->reads_left == 0) {
        collecting->sufficed = false;
        return false;
    }
    collecting->reads_left--;
    if (!txn_check_row(collecting->txn, key, indicator_parse(value, &line)) ||
        !fits(collecting->filter, &line)) {
        return true;
    }
    ARRAY_ROOM(items->at, items->count, items->capacity);
    item = &items->at[items->count++];
    *item = (struct line_item){.kind = line.kind, .year = line.year, .lsn = line.lsn};
    copy(item->id, sizeof item->id, row_key_rest(key));
    copy(item->agency, sizeof item->agency, line.agency);
    copy(item->project, sizeof item->project, line.project);
    copy(item->fund, sizeof item->fund, line.fund);
    copy(item->function, sizeof item->function, line.function);
    memcpy(item->balance, line.balance, sizeof item->balance);
    return true;
}

bool query_line_list(struct txn *txn, const struct line_filter *filter, size_t read_max,
                     struct line_items *items)
{
    const struct row_key prefix = row_key_of(ROW_INDICATOR, filter->division, BYTES_NONE);
    struct collecting collecting = {txn, filter, items, read_max, true};
    struct err err;

    *items = (struct line_items){NULL, 0, 0};
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_line, &collecting, &err);
    return collecting.sufficed;
}

void line_items_free(struct line_items *items)
{
    mem_free(items->at);
    *items = (struct line_items){NULL, 0, 0};
}
