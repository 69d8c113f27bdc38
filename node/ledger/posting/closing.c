#include "node/ledger/posting/closing.h"

#include <assert.h>
#include <stdio.h>

#include "node/ledger/rows/year_rows.h"

/* Sources first, then uses. */
static const enum account closed_accounts[] = {
    ACC_SRC_APPROVED, ACC_SRC_TRANSFER_IN, ACC_SRC_CARRY_IN, ACC_SRC_RECOVERED,
    ACC_SPENT,        ACC_XFER_OUT,        ACC_CARRY_OUT,    ACC_LAPSED};

#define CLOSING ".close-"

bool closing_line_is_id(struct bytes id)
{
    const size_t size = sizeof CLOSING - 1;

    return id.size >= size && memcmp(id.data, CLOSING, size) == 0;
}

static struct short_text closing_line_id(int year, struct bytes fund)
{
    char text[DOCUMENT_ID_MAX + 1];
    const int size = snprintf(text, sizeof text, CLOSING "%04d-%.*s", year, (int)fund.size,
                              (const char *)fund.data);

    assert(size > 0 && size < (int)sizeof text);
    return short_text_of(bytes_of(text, (size_t)size));
}

void closing_line_sums(struct txn *txn, struct division division, int year, struct bytes fund,
                       int128 sums[ACCOUNTS])
{
    const struct short_text id = closing_line_id(year, fund);
    struct indicator line;

    if (indicator_load(txn, division, short_text_bytes(&id), &line)) {
        memcpy(sums, line.balance, sizeof line.balance);
    } else {
        memset(sums, 0, ACCOUNTS * sizeof *sums);
    }
}

static struct indicator_ref *closing_line(const struct booking_context *context, struct bytes fund)
{
    const int year = document_year(context->document);

    return booking_load_made(context->out, context->txn, context->entry->author,
                             closing_line_id(year, fund));
}

/* It is of its year and fund type, and of nobody's project: at the head of a chain of its own. */
static struct indicator_ref *open_closing_line(const struct booking_context *context,
                                               struct bytes fund)
{
    const int year = document_year(context->document);
    struct indicator_ref *line = booking_open_made(context->out, closing_line_id(year, fund));
    struct document kept;
    struct err err;
    enum status status;

    document_clear(&kept, KIND_CLOSE_YEAR);
    document_set_text(&kept, FIELD_FUND_TYPE_CODE, fund);
    document_encode(&line->elements, &kept);
    status = document_decode(&kept, KIND_CLOSE_YEAR, buf_bytes(&line->elements), &err);
    assert(status == OK); /* views of the line's own bytes, which outlive `fund` */
    (void)status;
    line->row.year = year;
    line->row.kind = KIND_CLOSE_YEAR;
    line->row.lsn = context->entry->lsn;
    line->row.issuer = DIVISION_NONE;
    indicator_set_elements(&line->row, &kept, buf_bytes(&line->elements));
    line->row.origin = BYTES_NONE;
    line->row.source = line->id;
    return line;
}

static void add_to_close(const struct booking_context *context, struct indicator_ref *line,
                         enum account account, int128 fen)
{
    booking_add(context->out, line, account, -fen);
    booking_add(context->out, line, ACC_CLOSE, fen);
}

static bool has_turnover(const struct year_fund *fund)
{
    for (size_t i = 0; i < COUNT_OF(closed_accounts); i++) {
        if (fund->at[closed_accounts[i]] != 0) {
            return true;
        }
    }
    return false;
}

const char *book_close_year(const struct booking_context *context)
{
    struct year_funds funds;

    year_funds_load(&funds, context->txn, context->entry->author, document_year(context->document),
                    context->unposted);
    for (size_t f = 0; f < funds.count; f++) {
        const struct year_fund *fund = &funds.at[f];
        struct indicator_ref *line;

        if (!has_turnover(fund)) {
            continue;
        }
        line = closing_line(context, short_text_bytes(&fund->fund));
        if (line == NULL) {
            line = open_closing_line(context, short_text_bytes(&fund->fund));
        }
        for (size_t i = 0; i < COUNT_OF(closed_accounts); i++) {
            add_to_close(context, line, closed_accounts[i], fund->at[closed_accounts[i]]);
        }
    }
    year_funds_free(&funds);
    return NULL;
}

const char *book_reopen_year(const struct booking_context *context)
{
    struct year_funds funds;

    year_funds_load(&funds, context->txn, context->entry->author, document_year(context->document),
                    context->unposted);
    for (size_t f = 0; f < funds.count; f++) {
        struct indicator_ref *line = closing_line(context, short_text_bytes(&funds.at[f].fund));

        for (size_t i = 0; line != NULL && i < COUNT_OF(closed_accounts); i++) {
            add_to_close(context, line, closed_accounts[i], line->row.balance[closed_accounts[i]]);
        }
    }
    year_funds_free(&funds);
    return NULL;
}

int closing_moved_year(const struct booking *booking, struct txn *txn, struct division author)
{
    struct year_row row;
    int asked = 0;

    for (size_t i = 0; i < booking->count && booking->own.kind != KIND_REOPEN_YEAR; i++) {
        const int year = booking->at[i].line->row.year;

        if (year != asked) {
            year_load(txn, author, year, &row);
            if (row.said == YEAR_SAID_CLOSED) {
                return year;
            }
        }
        asked = year;
    }
    return 0;
}

enum account closing_open_account(const struct year_funds *funds, int128 *sum)
{
    for (size_t i = 0; i < YEAR_OPEN_ACCOUNTS; i++) {
        *sum = year_funds_sum(funds, year_open_accounts[i]);
        if (*sum != 0) {
            return year_open_accounts[i];
        }
    }
    return (enum account)0;
}
