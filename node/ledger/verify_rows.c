/* The rows of one ledger, as stored and as a replay of its log makes them, one by one. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/query_internal.h"
#include "node/ledger/verify_internal.h"

/* What a log makes alone. Edges and codes come of several logs: verify_ledger looks at edges. */
static const struct row_kind {
    enum store_space space;
    char letter;
    const char *name;
} row_kinds[] = {
    {SPACE_LEDGER, 'I', "indicator"},       {SPACE_LEDGER, 'D', "document"},
    {SPACE_LEDGER, 'S', "sums of source"},  {SPACE_LEDGER, 'Y', "sums of year and fund type"},
    {SPACE_LEDGER, 'A', "agency"},          {SPACE_LEDGER, 'P', "project"},
    {SPACE_LEDGER, 'K', "bank account"},    {SPACE_LEDGER, 'Q', "receipt"},
    {SPACE_ROLLUPS, ROLLUP_OWN, "roll-up"},
};
static const struct row_kind subtree_kind = {SPACE_ROLLUPS, ROLLUP_SUBTREE,
                                             "roll-up of the jurisdiction"};

struct row_check {
    struct verify *verify;
    struct txn *stored, *replayed;
    struct division division;
    const struct row_kind *kind;
    size_t rows;
};

/* --- naming a row --- */

enum { ROW_NAME_MAX = 96 };

/* The readable end of a key: an id or a code. */
static void name_rest(char out[ROW_NAME_MAX], struct bytes rest)
{
    size_t size = 0;

    for (size_t i = 0; i < rest.size && size < ROW_NAME_MAX - 1; i++) {
        if (rest.data[i] > ' ' && rest.data[i] != 0x7f) {
            out[size++] = (char)rest.data[i];
        }
    }
    out[size] = '\0';
}

static void name_row(char out[ROW_NAME_MAX], const struct row_kind *kind, struct bytes key)
{
    enum rollup_dimension dimension;
    struct bytes rest;
    int year;

    if (kind->space == SPACE_ROLLUPS && rollup_key_parse(key, &year, &dimension, &rest)) {
        (void)snprintf(out, ROW_NAME_MAX, "%d by %s %.*s", year,
                       dimension_name((enum dimension)dimension), (int)rest.size,
                       (const char *)rest.data);
    } else {
        name_rest(out, row_key_rest(key));
    }
}

/* Returns false, which also ends a scan. */
PRINTF(3, 4)
static bool fail(struct row_check *check, struct bytes key, const char *format, ...)
{
    char name[ROW_NAME_MAX], words[256];
    va_list args;

    name_row(name, check->kind, key);
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return verify_fail(check->verify, VERIFY_STORE, check->division, "ledger of %s: %s %s%s",
                       check->division.code, check->kind->name, name, words);
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

/* --- row by row --- */

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

/* A read error is sticky in the stored txn: the run asks for it. */
static bool compare(struct row_check *check)
{
    const struct row_key prefix = row_key_of(check->kind->letter, check->division, BYTES_NONE);
    const enum store_space space = check->kind->space;
    size_t replayed = 0;
    struct err err;

    check->rows = 0;
    (void)txn_scan(check->stored, space, row_key_bytes(&prefix), visit_stored, check, &err);
    (void)txn_scan(check->replayed, space, row_key_bytes(&prefix), count_row, &replayed, &err);
    if (verify_cause(check->verify) == VERIFY_SOUND && replayed != check->rows) {
        (void)txn_scan(check->replayed, space, row_key_bytes(&prefix), visit_replayed, check, &err);
    }
    return verify_cause(check->verify) == VERIFY_SOUND;
}

/* --- lists --- */

static bool join_ids(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    buf_append_bytes(arg, value);
    return true;
}

/* Where a row of a list ends may differ (an upgrade in the middle of a block); what the rows of a
 * kind say together may not. */
static bool compare_lists(struct row_check *check)
{
    struct buf stored = BUF_EMPTY, replayed = BUF_EMPTY;
    struct err err;
    bool same = true;

    for (uint32_t kind = 0; same && kind < KINDS_END; kind++) {
        const struct row_key prefix = list_prefix(check->division, kind);

        buf_clear(&stored);
        buf_clear(&replayed);
        (void)txn_scan(check->stored, SPACE_INDEX, row_key_bytes(&prefix), join_ids, &stored, &err);
        (void)txn_scan(check->replayed, SPACE_INDEX, row_key_bytes(&prefix), join_ids, &replayed,
                       &err);
        same = bytes_equal(buf_bytes(&stored), buf_bytes(&replayed)) ||
               verify_fail(check->verify, VERIFY_STORE, check->division,
                           "ledger of %s: the list of kind %s differs from what its log says",
                           check->division.code,
                           kind_info(kind) == NULL ? "?" : kind_info(kind)->name);
    }
    buf_free(&stored);
    buf_free(&replayed);
    return same;
}

bool verify_rows(struct verify *verify, struct txn *replayed, struct division division)
{
    struct row_check check = {
        .verify = verify, .stored = verify->stored, .replayed = replayed, .division = division};

    for (size_t i = 0; i < COUNT_OF(row_kinds); i++) {
        check.kind = &row_kinds[i];
        if (!compare(&check)) {
            return false;
        }
    }
    return compare_lists(&check);
}

/* --- jurisdictions --- */

bool verify_subtree_rows(struct verify *verify, struct division division)
{
    struct row_check check = {.verify = verify,
                              .stored = verify->stored,
                              .replayed = verify->jurisdictions,
                              .division = division,
                              .kind = &subtree_kind};

    return compare(&check);
}

static bool add_row(void *arg, struct bytes key, struct bytes value)
{
    struct txn *sums = arg;
    struct row_key into = {.size = key.size};
    struct rollup have, more;

    memcpy(into.at, key.data, key.size);
    rollup_load(sums, &into, &have);
    (void)rollup_parse(value, &more); /* the replay wrote it */
    for (size_t account = 1; account < ACCOUNTS; account++) {
        have.debit[account] = add_capped(have.debit[account], more.debit[account]);
        have.credit[account] = add_capped(have.credit[account], more.credit[account]);
    }
    rollup_store(sums, &into, &have);
    return true;
}

void verify_add_subtree(struct verify *verify, struct txn *replayed, struct division above)
{
    const struct row_key prefix = rollup_prefix(ROLLUP_SUBTREE, above);
    struct err err;

    (void)txn_scan(replayed, SPACE_ROLLUPS, row_key_bytes(&prefix), add_row, verify->jurisdictions,
                   &err);
}
