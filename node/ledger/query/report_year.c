#include "node/ledger/query/report_year.h"

#include "node/ledger/query/query_internal.h"
#include "node/ledger/rows/year_rows.h"

static bool is_open_with_lines(struct txn *txn, struct division division, int year)
{
    struct year_row row;

    year_load(txn, division, year, &row);
    return row.has_lines && year_standing(txn, division, year) == YEAR_IS_OPEN;
}

/* A division has a row a year: few. */
int query_report_year(struct txn *txn, struct division division, int this_year)
{
    struct id_list years = ID_LIST_EMPTY;
    int newest = this_year;

    id_list_scan(&years, txn, ROW_FISCAL_YEAR, division);
    for (size_t i = years.count; i-- > 0;) {
        struct reader reader = reader_of(short_text_bytes(&years.at[i]));
        const int year = reader_u16(&reader);

        if (year != 0 && is_open_with_lines(txn, division, year)) {
            newest = year;
            break;
        }
    }
    id_list_free(&years);
    return newest;
}
