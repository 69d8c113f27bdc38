#include "node/ledger/query/closed.h"

#include "node/ledger/posting/closing.h"
#include "node/ledger/query/query_internal.h"

void closing_sums_of_year(struct txn *txn, struct division division, int year, int128 out[ACCOUNTS])
{
    struct id_list funds = ID_LIST_EMPTY;

    memset(out, 0, ACCOUNTS * sizeof *out);
    id_list_scan(&funds, txn, ROW_YEAR, division);
    for (size_t i = 0; i < funds.count; i++) {
        struct reader reader = reader_of(short_text_bytes(&funds.at[i]));
        const int of = reader_u16(&reader);
        int128 sums[ACCOUNTS];

        if (year != 0 && year != of) {
            continue;
        }
        closing_line_sums(txn, division, of, reader_bytes(&reader, reader_left(&reader)), sums);
        for (size_t a = 0; a < ACCOUNTS; a++) {
            out[a] += sums[a];
        }
    }
    id_list_free(&funds);
}
