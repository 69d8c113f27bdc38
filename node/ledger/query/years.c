#include "node/ledger/query/years.h"

#include "node/ledger/posting/year_funds.h"

const char *year_standing_name(enum year_standing standing)
{
    static const char *const names[] = {
        [YEAR_IS_PREPARED] = "prepared", [YEAR_IS_OPEN] = "open", [YEAR_IS_CLOSED] = "closed"};

    return names[standing];
}

static bool keeps_books(const struct year_row *row)
{
    return row->said != YEAR_UNSAID || row->has_lines;
}

void query_year(struct txn *txn, struct division division, int year, struct year_state *out)
{
    struct year_row row;

    year_load(txn, division, year, &row);
    *out = (struct year_state){.year = year,
                               .standing = year_standing(txn, division, year),
                               .months_closed = row.first_open_month - 1U,
                               .is_kept = keeps_books(&row)};
    if (out->standing == YEAR_IS_CLOSED) {
        out->months_closed = 12;
    }
}

bool query_year_is_open(struct txn *txn, struct division division, int year)
{
    struct year_row row;

    year_load(txn, division, year, &row);
    return keeps_books(&row) && year_standing(txn, division, year) != YEAR_IS_CLOSED;
}

size_t query_not_closed(struct txn *txn, const struct roster *roster, struct division division,
                        int year, struct buf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division below = roster_at(roster, i)->grant.division;

        if (!division_equal(below, division) && roster_within(roster, below, division) &&
            query_year_is_open(txn, below, year)) {
            buf_append(out, &below, sizeof below);
            count++;
        }
    }
    return count;
}

/* --- which years there are --- */

struct year_scan {
    int years[YEARS_MAX]; /* newest last: keys are in the order of the numbers */
    size_t count;
};

static bool visit_year(void *arg, struct bytes key, struct bytes value)
{
    struct year_scan *scan = arg;
    struct reader reader = reader_of(row_key_rest(key));
    const int year = (int)reader_u16(&reader);

    (void)value;
    if (year == 0) { /* since when years are kept: no year */
        return true;
    }
    if (scan->count == YEARS_MAX) {
        memmove(scan->years, scan->years + 1, sizeof scan->years - sizeof scan->years[0]);
        scan->count--;
    }
    scan->years[scan->count++] = year;
    return true;
}

/* In its place, once. */
static void add_year(struct year_scan *scan, int year)
{
    size_t at = scan->count;

    while (at > 0 && scan->years[at - 1] > year) {
        at--;
    }
    if ((at > 0 && scan->years[at - 1] == year) || scan->count == YEARS_MAX) {
        return;
    }
    memmove(scan->years + at + 1, scan->years + at, (scan->count - at) * sizeof scan->years[0]);
    scan->years[at] = year;
    scan->count++;
}

size_t query_years(struct txn *txn, struct division division, int this_year,
                   struct year_state out[YEARS_MAX])
{
    const struct row_key prefix = row_key_of(ROW_FISCAL_YEAR, division, BYTES_NONE);
    struct year_scan scan = {.count = 0};
    struct err err; /* a read error is sticky in the txn */

    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_year, &scan, &err);
    add_year(&scan, this_year);
    for (size_t i = 0; i < scan.count; i++) {
        query_year(txn, division, scan.years[scan.count - 1 - i], &out[i]);
    }
    return scan.count;
}

/* --- what hinders closing --- */

struct fund_scan {
    struct txn *txn;
    int128 *balance;
};

static bool visit_fund(void *arg, struct bytes key, struct bytes value)
{
    const struct fund_scan *scan = arg;
    int128 sums[ACCOUNTS];

    if (txn_check_row(scan->txn, key, year_sums_parse(value, sums))) {
        for (size_t i = 0; i < YEAR_OPEN_ACCOUNTS; i++) {
            const enum account account = year_open_accounts[i];

            scan->balance[account] += account_info(account)->normal * sums[account];
        }
    }
    return true;
}

struct item_scan {
    int year;
    size_t reads_left;
    struct year_items *out;
};

/* In the order of days: the first of the year is the one that is due first. */
static bool visit_item(void *arg, const struct open_item *item)
{
    struct item_scan *scan = arg;
    struct year_items *out = scan->out;

    if (scan->reads_left-- == 0) {
        out->is_least = true;
        return false;
    }
    if (item->year != scan->year) {
        return true;
    }
    if (out->count++ == 0) {
        out->author = item->place.author;
        out->first = short_text_of(item->place.id);
    }
    out->amount += item->amount;
    return true;
}

static void sum_items(struct txn *txn, enum open_list list, struct division division, int year,
                      struct year_items *out)
{
    struct item_scan scan = {year, YEAR_ITEMS_READ_MAX, out};

    open_items_each(txn, list, division, NULL, visit_item, &scan);
}

void query_year_hindrances(struct txn *txn, struct division division, int year, bool has_list,
                           struct year_hindrances *out)
{
    const struct row_key prefix = year_sums_key(division, year, BYTES_NONE);
    struct fund_scan scan = {txn, out->balance};
    struct err err; /* a read error is sticky in the txn */

    memset(out, 0, sizeof *out);
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_fund, &scan, &err);
    sum_items(txn, OPEN_AWAITED, division, year, &out->of[OPEN_AWAITED]);
    if (has_list) {
        sum_items(txn, OPEN_TO_REGISTER, division, year, &out->of[OPEN_TO_REGISTER]);
    }
}
