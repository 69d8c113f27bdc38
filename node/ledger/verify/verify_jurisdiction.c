#include "node/ledger/verify/verify_jurisdiction.h"

#include "node/ledger/posting/closing.h"
#include "node/ledger/rows/year_rows.h"

/* Is the other side one of its members, with books of the year? Nothing is where a part of the own
 * ones is lost. */
static bool is_inside(const struct jurisdiction *jurisdiction, struct division member,
                      struct division peer, int year)
{
    struct year_row row;

    if (roster_lost_lsn(jurisdiction->roster, member) != 0) {
        year_load(jurisdiction->txn, member, year, &row);
        if (row.lost) {
            return false;
        }
    }
    if (division_is_none(peer) ||
        !roster_within(jurisdiction->roster, peer, jurisdiction->division)) {
        return false;
    }
    year_load(jurisdiction->txn, peer, year, &row);
    return row.joined;
}

/* --- sums of years --- */

static void add_years(struct jurisdiction *jurisdiction, struct division member)
{
    struct id_list funds = ID_LIST_EMPTY;

    id_list_scan(&funds, jurisdiction->txn, ROW_YEAR, member);
    for (size_t i = 0; i < funds.count; i++) {
        struct reader reader = reader_of(short_text_bytes(&funds.at[i]));
        const int year = reader_u16(&reader);
        const struct bytes fund = reader_bytes(&reader, reader_left(&reader));
        const struct row_key key = year_sums_key(member, year, fund);
        int128 sums[ACCOUNTS], closing[ACCOUNTS];

        year_sums_load(jurisdiction->txn, &key, sums);
        closing_line_sums(jurisdiction->txn, member, year, fund, closing);
        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            jurisdiction->sums[a] += sums[a] - closing[a];
        }
    }
    id_list_free(&funds);
}

/* --- lines between divisions --- */

static bool moves_between(const struct kind_info *info)
{
    return info != NULL && info->party != 0 &&
           (info->books.to == ACC_TRANSIT || info->books.to == ACC_XFER_OUT ||
            info->books.from == ACC_SRC_TRANSFER_IN);
}

static void take_line(struct jurisdiction *jurisdiction, struct division member,
                      const struct indicator *line)
{
    const int128 out = line->balance[ACC_XFER_OUT], in = line->balance[ACC_SRC_TRANSFER_IN];
    int128 moved = 0;

    if (out != 0 && is_inside(jurisdiction, member, line->receiver, line->year)) {
        jurisdiction->sums[ACC_XFER_OUT] -= out;
        moved += out;
    }
    if (in != 0 && is_inside(jurisdiction, member, line->issuer, line->year)) {
        jurisdiction->sums[ACC_SRC_TRANSFER_IN] -= in;
        moved += in;
    }
    jurisdiction->sums[ACC_TRANSIT] += moved;
    if (!kind_is_answered(line->kind) && !kind_is_answer(line->kind)) {
        jurisdiction->open += moved; /* nobody answers it */
    }
}

static void take_lines(struct jurisdiction *jurisdiction, struct division member, uint32_t kind)
{
    struct list_scan scan = list_scan_of(jurisdiction->txn, member, kind, 0);
    struct indicator line;
    struct bytes id;

    while (list_scan_next(&scan, &id)) {
        if (indicator_load(jurisdiction->txn, member, id, &line)) {
            take_line(jurisdiction, member, &line);
        }
    }
    list_scan_free(&scan);
}

void jurisdiction_add_member(struct jurisdiction *jurisdiction, struct division member)
{
    add_years(jurisdiction, member);
    for (uint32_t kind = KIND_USER_FIRST; kind < KINDS_END; kind++) {
        if (moves_between(kind_info(kind))) {
            take_lines(jurisdiction, member, kind);
        }
    }
}

/* --- transfers --- */

void jurisdiction_add_transfer(struct jurisdiction *jurisdiction, struct division issuer,
                               struct bytes id, const struct transfer_match *match,
                               const struct transfer_sides *sides)
{
    const bool inside = is_inside(jurisdiction, issuer, match->receiver, match->year);
    struct indicator line;

    if (indicator_load(jurisdiction->txn, issuer, id, &line)) {
        jurisdiction->open += line.balance[ACC_TRANSIT] + (inside ? line.balance[ACC_XFER_OUT] : 0);
    }
    if (match->answer_lsn != 0 &&
        roster_within(jurisdiction->roster, match->answerer, jurisdiction->division) &&
        is_inside(jurisdiction, match->answerer, issuer, match->answer_year)) {
        jurisdiction->open -= sides->there;
    }
}
