#include "node/ledger/verify/verify_payments.h"

#include "proto/array.h"

/* What the payments of a line have, one behind the other as the lines are. */
struct line_payments {
    int128 left, spent;
};

struct payments {
    struct txn *txn;
    struct division division;
    const struct id_list *lines;
    struct line_payments *of; /* beside lines */
    payment_found_fn *found;
    void *arg;
};

/* Of a line that is not there somebody else tells. */
static struct line_payments *payments_of(struct payments *payments, const struct short_text *line)
{
    const size_t at = id_list_find(payments->lines, short_text_bytes(line));

    return at != SIZE_MAX ? &payments->of[at] : NULL;
}

/* An author may have paid more than was applied for, whatever its node thought of it. */
static void check_payment(struct payments *payments, struct bytes id, const struct doc_row *row)
{
    char amount[AMOUNT_TEXT_MAX], left[AMOUNT_TEXT_MAX], spent[AMOUNT_TEXT_MAX];
    char fault[VERIFY_FAULT_MAX];

    if (row->left >= 0 && row->spent >= 0 && row->left + row->spent <= row->amount) {
        return;
    }
    amount_format(amount, row->amount);
    amount_format(left, row->left);
    amount_format(spent, row->spent);
    message_format(fault, sizeof fault,
                   "payment_in_parts id=%.*s lsn=%llu amount=%s left=%s spent=%s", (int)id.size,
                   (const char *)id.data, (unsigned long long)row->lsn, amount, left, spent);
    payments->found(payments->arg, VERIFY_AUTHORS, fault);
}

static void add_payment(struct payments *payments, struct bytes id, const struct doc_row *row)
{
    struct line_payments *of = payments_of(payments, &row->about);

    check_payment(payments, id, row);
    if (of != NULL) {
        of->left += row->left;
        of->spent += row->spent;
    }
}

/* Of a payment of its year both were told. One of another year gave the line nothing back, and a
 * credit of the line the payments nothing. */
static void add_refund(struct payments *payments, const struct doc_row *row)
{
    struct line_payments *of;
    struct doc_row about;

    if (!doc_load(payments->txn, payments->division, short_text_bytes(&row->about), &about)) {
        return;
    }
    if (about.kind != KIND_PAYMENT) {
        of = payments_of(payments, &row->about);
        if (of != NULL) {
            of->spent -= row->amount;
        }
    } else if (about.year != row->year) {
        of = payments_of(payments, &about.about);
        if (of != NULL) {
            of->spent += row->amount;
        }
    }
}

static void add_all(struct payments *payments, uint32_t kind)
{
    struct list_scan scan = list_scan_of(payments->txn, payments->division, kind, 0);
    struct doc_row row;
    struct bytes id;

    while (list_scan_next(&scan, &id)) {
        if (!doc_load(payments->txn, payments->division, id, &row)) {
            continue;
        }
        if (kind == KIND_PAYMENT) {
            add_payment(payments, id, &row);
        } else {
            add_refund(payments, &row);
        }
    }
    list_scan_free(&scan);
}

static void compare(struct payments *payments, const struct short_text *id,
                    const struct indicator *line, enum account account, int128 of_payments)
{
    char on_line[AMOUNT_TEXT_MAX], told[AMOUNT_TEXT_MAX], fault[VERIFY_FAULT_MAX];

    if (line->balance[account] == of_payments) {
        return;
    }
    amount_format(on_line, line->balance[account]);
    amount_format(told, of_payments);
    message_format(fault, sizeof fault, "line_and_payments id=%s account=%s line=%s payments=%s",
                   id->at, account_info(account)->mnemonic, on_line, told);
    payments->found(payments->arg, VERIFY_STORE, fault);
}

void verify_payments(struct txn *txn, struct division division, const struct id_list *lines,
                     payment_found_fn *found, void *arg)
{
    struct payments payments = {.txn = txn,
                                .division = division,
                                .lines = lines,
                                .of = mem_zalloc((lines->count + 1) * sizeof *payments.of),
                                .found = found,
                                .arg = arg};

    add_all(&payments, KIND_PAYMENT);
    add_all(&payments, KIND_REFUND);
    for (size_t i = 0; i < lines->count; i++) {
        struct indicator line;

        if (indicator_load(txn, division, short_text_bytes(&lines->at[i]), &line) &&
            line.kind != KIND_CLOSE_YEAR) {
            compare(&payments, &lines->at[i], &line, ACC_COMMIT, payments.of[i].left);
            compare(&payments, &lines->at[i], &line, ACC_SPENT, payments.of[i].spent);
        }
    }
    mem_free(payments.of);
}
