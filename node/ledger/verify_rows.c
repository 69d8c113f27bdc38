/* The rows of one ledger, as stored and as a replay of its log makes them, one by one. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/query_internal.h"

static const struct row_kind {
    enum store_space space;
    char letter;
    const char *name;
} row_kinds[] = {
    {SPACE_LEDGER, 'I', "indicator"},       {SPACE_LEDGER, 'D', "document"},
    {SPACE_LEDGER, 'S', "sums of source"},  {SPACE_LEDGER, 'Y', "sums of year and fund type"},
    {SPACE_ROLLUPS, ROLLUP_OWN, "roll-up"},
};

struct row_check {
    struct txn *stored, *replayed;
    struct division division;
    const struct row_kind *kind;
    char *fault;
    size_t fault_size, rows;
    bool failed;
};

/* Names the row; returns false, which also ends a scan. */
PRINTF(3, 4)
static bool fail(struct row_check *check, struct bytes key, const char *format, ...)
{
    const struct bytes rest = row_key_rest(key);
    char name[64], words[256];
    size_t size = 0;
    va_list args;

    for (size_t i = 0; i < rest.size && size < sizeof name - 1; i++) {
        if (rest.data[i] > ' ' && rest.data[i] < 0x7f) { /* the readable end: an id or a code */
            name[size++] = (char)rest.data[i];
        }
    }
    name[size] = '\0';
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    check->failed = true;
    (void)snprintf(check->fault, check->fault_size, "ledger of %s: %s %s%s", check->division.code,
                   check->kind->name, name, words);
    return false;
}

/* Says which account of an indicator differs: the row that people look at. */
static bool fail_indicator(struct row_check *check, struct bytes key, struct bytes stored,
                           struct bytes replayed)
{
    struct indicator have, want;
    char there[AMOUNT_TEXT_MAX], here[AMOUNT_TEXT_MAX];

    if (indicator_parse(stored, &have) && indicator_parse(replayed, &want)) {
        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            if (have.balance[a] != want.balance[a]) {
                amount_format(there, have.balance[a]);
                amount_format(here, want.balance[a]);
                return fail(check, key, " (lsn %" PRIu64 "): %s is stored as %s, its log says %s",
                            want.lsn, account_info((enum account)a)->mnemonic, there, here);
            }
        }
    }
    return fail(check, key, " differs from what its log says");
}

static bool visit_stored(void *arg, struct bytes key, struct bytes value)
{
    struct row_check *check = arg;
    struct bytes replayed;

    check->rows++;
    if (!txn_get(check->replayed, check->kind->space, key, &replayed)) {
        return fail(check, key, " is stored, but its log does not make it");
    }
    if (bytes_equal(replayed, value)) {
        return true;
    }
    return check->kind->letter == 'I' ? fail_indicator(check, key, value, replayed)
                                      : fail(check, key, " differs from what its log says");
}

static bool visit_replayed(void *arg, struct bytes key, struct bytes value)
{
    struct row_check *check = arg;
    struct bytes stored;

    (void)value;
    return txn_get(check->stored, check->kind->space, key, &stored) ||
           fail(check, key, " is missing; its log makes it");
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static bool compare(struct row_check *check)
{
    const struct row_key prefix = row_key_of(check->kind->letter, check->division, BYTES_NONE);
    const enum store_space space = check->kind->space;
    size_t replayed = 0;
    struct err err;

    check->rows = 0;
    if (txn_scan(check->stored, space, row_key_bytes(&prefix), visit_stored, check, &err) != OK) {
        (void)snprintf(check->fault, check->fault_size, "ledger of %s: %s", check->division.code,
                       err.text);
        return false;
    }
    if (check->failed) {
        return false;
    }
    (void)txn_scan(check->replayed, space, row_key_bytes(&prefix), count_row, &replayed, &err);
    if (replayed != check->rows) {
        (void)txn_scan(check->replayed, space, row_key_bytes(&prefix), visit_replayed, check, &err);
    }
    return !check->failed;
}

bool verify_rows(struct txn *stored, struct txn *replayed, struct division division, char *fault,
                 size_t fault_size)
{
    struct row_check check = {.stored = stored,
                              .replayed = replayed,
                              .division = division,
                              .fault = fault,
                              .fault_size = fault_size};

    for (size_t i = 0; i < COUNT_OF(row_kinds); i++) {
        check.kind = &row_kinds[i];
        if (!compare(&check)) {
            return false;
        }
    }
    return true;
}
