#include "node/ledger/query/choices.h"

#include "node/ledger/families/line.h"
#include "node/ledger/query/names.h"

struct scan {
    struct txn *txn;
    struct row_key prefix;
    struct bytes after;
    choice_visit_fn *visit;
    line_visit_fn *visit_line;
    void *arg;
};

static struct bytes rest_of(const struct scan *scan, struct bytes key)
{
    return bytes_of(key.data + scan->prefix.size, key.size - scan->prefix.size);
}

/* The row of `after` itself was shown. */
static bool is_shown(const struct scan *scan, struct bytes code)
{
    return scan->after.size > 0 && bytes_equal(code, scan->after);
}

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct scan *scan = arg;
    const struct bytes code = rest_of(scan, key);
    struct catalogue_row row;

    return is_shown(scan, code) || !txn_check_row(scan->txn, key, catalogue_parse(value, &row)) ||
           scan->visit(scan->arg, code, &row);
}

static bool visit_line(void *arg, struct bytes key, struct bytes value)
{
    const struct scan *scan = arg;
    const struct bytes id = rest_of(scan, key);
    struct indicator line;

    return is_shown(scan, id) || !txn_check_row(scan->txn, key, indicator_parse(value, &line)) ||
           indicator_is_closing(&line) || scan->visit_line(scan->arg, id, &line);
}

static void run(struct txn *txn, struct scan *scan, store_visit_fn *visit)
{
    struct row_key from = scan->prefix;
    struct err err; /* a read error is sticky in the txn */

    scan->txn = txn;
    if (scan->after.size <= sizeof from.at - from.size && scan->after.size > 0) {
        memcpy(from.at + from.size, scan->after.data, scan->after.size);
        from.size += scan->after.size;
    }
    (void)txn_scan_from(txn, SPACE_LEDGER, row_key_bytes(&scan->prefix), row_key_bytes(&from),
                        visit, scan, &err);
}

void choices_of_set(struct txn *txn, struct bytes set, int year, struct bytes after,
                    choice_visit_fn *visit, void *arg)
{
    struct scan scan = {.after = after, .visit = visit, .arg = arg};

    scan.prefix = code_key(set, year == 0 ? newest_year_of_set(txn, set) : year, BYTES_NONE);
    run(txn, &scan, visit_row);
}

void choices_of_owner(struct txn *txn, char letter, struct division owner, struct bytes after,
                      choice_visit_fn *visit, void *arg)
{
    struct scan scan = {.prefix = row_key_of(letter, owner, BYTES_NONE),
                        .after = after,
                        .visit = visit,
                        .arg = arg};

    run(txn, &scan, visit_row);
}

void choices_of_lines(struct txn *txn, struct division division, struct bytes after,
                      line_visit_fn *visit, void *arg)
{
    struct scan scan = {.prefix = row_key_of(ROW_INDICATOR, division, BYTES_NONE),
                        .after = after,
                        .visit_line = visit,
                        .arg = arg};

    run(txn, &scan, visit_line);
}

bool choice_names_line(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL &&
           (info->about == ABOUT_LINE || info->about_line != 0 || kind == KIND_RECALL_GRANT);
}

/* What the end of a year takes first: the first that is not nil. */
static enum account ended_account(const struct indicator *line)
{
    return line->balance[ACC_UNALLOC] != 0   ? ACC_UNALLOC
           : line->balance[ACC_PENDING] != 0 ? ACC_PENDING
                                             : ACC_AVAIL;
}

int128 choice_free(const struct indicator *line, uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    switch (kind) {
    case KIND_ADJUST:
        return line->kind == KIND_BUDGET ? line->balance[ACC_UNALLOC] : 0;
    case KIND_RECALL_GRANT:
        return line->kind == KIND_REGISTER ? line->balance[ACC_UNALLOC] : 0;
    case KIND_CARRY_OVER:
    case KIND_LAPSE:
        return line->balance[ended_account(line)];
    case KIND_REFUND:
        return line->balance[ACC_SPENT];
    default:
        return info == NULL || info->about != ABOUT_LINE || info->books.to == 0
                   ? 0
                   : line->balance[line_drawn_account(info, line)];
    }
}

bool choice_fits(const struct indicator *line, uint32_t kind)
{
    return (kind == KIND_ADJUST && line->kind == KIND_BUDGET) || choice_free(line, kind) > 0;
}
