#include "node/ledger/posting/book_month.h"

#include <assert.h>

#include "node/ledger/rows/year_rows.h"
#include "node/ledger/schema/clocks.h"

static int read_number(struct bytes text, size_t at, size_t digits)
{
    int number = 0;

    for (size_t i = at; i < at + digits; i++) {
        number = 10 * number + (text.data[i] - '0');
    }
    return number;
}

/* Of "2026-11-30": what is in a document is a date, whoever wrote it (document_decode); month 0
 * where there is none. */
static struct month read_month(struct bytes date)
{
    assert(date.size == 0 || field_text_valid(FIELD_DATE, date));
    return date.size == 0 ? (struct month){0, 0}
                          : (struct month){read_number(date, 0, 4), read_number(date, 5, 2)};
}

static struct month business_month(const struct applied *entry, const struct document *document)
{
    static const enum field dates[] = {FIELD_PAY_APP_DATE, FIELD_XPAY_DATE, FIELD_DATE};

    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        const struct month month = read_month(document_text(document, dates[i]));

        if (month.month > 0) {
            return month;
        }
    }
    return clock_month(entry->time_ms);
}

int book_month(struct txn *txn, const struct applied *entry, const struct document *document,
               int year)
{
    const struct month said = business_month(entry, document);
    struct year_row row;
    int month = said.month;

    if (year == 0) {
        return 0;
    }
    if (said.year != year) {
        month = said.year < year ? 1 : 12;
    }
    year_load(txn, entry->author, year, &row);
    return month < row.first_open_month ? row.first_open_month : month;
}
