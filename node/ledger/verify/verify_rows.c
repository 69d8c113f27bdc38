#include "node/ledger/verify/verify_rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/posting/transit.h"
#include "node/ledger/query/query_internal.h"
#include "node/ledger/rows/year_rows.h"

/* What a log makes alone: one of the subtree, and one from above as far as it is addressed to us.
 * Matches come of several logs: verify_ledger looks at transfers. */
static const struct row_kind {
    enum store_space space;
    char letter;
} row_kinds[] = {
    {SPACE_LEDGER, ROW_INDICATOR},      {SPACE_LEDGER, ROW_DOCUMENT},
    {SPACE_LEDGER, ROW_SOURCE},         {SPACE_LEDGER, ROW_YEAR},
    {SPACE_LEDGER, ROW_AGENCY},         {SPACE_LEDGER, ROW_PROJECT},
    {SPACE_LEDGER, ROW_BANK_ACCOUNT},   {SPACE_LEDGER, ROW_RECEIPT},
    {SPACE_ROLLUPS, ROLLUP_OWN},        {SPACE_INDEX, ROW_CHILDREN},
    {SPACE_INDEX, ROW_PROJECT_LINES},   {SPACE_INDEX, ROW_AWAITED},
    {SPACE_INDEX, ROW_AWAITED_SUM},     {SPACE_LEDGER, ROW_INCOMING},
    {SPACE_LEDGER, ROW_PROJECT_MONEY},  {SPACE_LEDGER, ROW_POLICY},
    {SPACE_LEDGER, ROW_CALENDAR},       {SPACE_LEDGER, ROW_CODE_MAP},
    {SPACE_LEDGER, ROW_AGENCY_PARENTS}, {SPACE_LEDGER, ROW_AGENCY_YEAR},
    {SPACE_LEDGER, ROW_FISCAL_YEAR},
};
/* What comes of several logs, by those who make it again. */
static const struct row_kind to_register_kinds[] = {
    {SPACE_INDEX, ROW_TO_REGISTER},
    {SPACE_INDEX, ROW_TO_REGISTER_SUM},
};
static const struct row_kind subtree_kind = {SPACE_ROLLUPS, ROLLUP_SUBTREE};
static const struct row_kind plain_kind = {SPACE_ROLLUPS, ROLLUP_PLAIN};
static const struct row_kind code_kinds[] = {
    {SPACE_LEDGER, ROW_CODE},
    {SPACE_LEDGER, ROW_CODE_SET},
};

struct row_check {
    struct verify *verify;
    struct txn *stored, *replayed;
    struct division division;
    const struct row_kind *kind;
    size_t matched; /* stored rows that the log makes, whatever they say */
    size_t faults;
};

/* --- naming a row --- */

enum { ROW_NAME_MAX = 96 };

/* The readable part of a key: ids and codes are printable ASCII, numbers beside them are not. */
static void name_rest(char out[ROW_NAME_MAX], struct bytes rest)
{
    size_t size = 0;

    for (size_t i = 0; i < rest.size && size < ROW_NAME_MAX - 1; i++) {
        if (rest.data[i] > ' ' && rest.data[i] < 0x7f) {
            out[size++] = (char)rest.data[i];
        }
    }
    out[size] = '\0';
}

/* "fund_type 2026 111" of a code; of a set without the code. */
static void name_code(char out[ROW_NAME_MAX], struct bytes key)
{
    struct reader reader = reader_of(key);
    char set[ROW_NAME_MAX], code[ROW_NAME_MAX];
    const uint8_t *end;
    unsigned year;

    (void)reader_u8(&reader); /* the letter */
    end = memchr(reader.at, '\0', reader_left(&reader));
    name_rest(set, reader_bytes(&reader, end == NULL ? 0 : (size_t)(end - reader.at)));
    (void)reader_u8(&reader);
    year = reader_u16(&reader);
    name_rest(code, reader_bytes(&reader, reader_left(&reader)));
    (void)snprintf(out, ROW_NAME_MAX, "%.40s %u %.40s", set, year, code);
}

static bool is_code(const struct row_kind *kind)
{
    return kind->space == SPACE_LEDGER &&
           (kind->letter == ROW_CODE || kind->letter == ROW_CODE_SET);
}

static void name_row(char out[ROW_NAME_MAX], const struct row_kind *kind, struct bytes key)
{
    enum rollup_dimension dimension;
    char code[ROW_NAME_MAX];
    struct bytes rest;
    int year;

    if (kind->space == SPACE_ROLLUPS && rollup_key_parse(key, &year, &dimension, &rest)) {
        name_rest(code, rest);
        (void)snprintf(out, ROW_NAME_MAX, "%d by %s %.40s", year, rollup_dimension_name(dimension),
                       code);
    } else if (is_code(kind)) {
        name_code(out, key);
    } else {
        name_rest(out, row_key_rest(key));
    }
}

PRINTF(3, 4)
static void fail(struct row_check *check, struct bytes key, const char *format, ...)
{
    char name[ROW_NAME_MAX], words[256];
    va_list args;

    name_row(name, check->kind, key);
    va_start(args, format);
    message_vformat(words, sizeof words, format, args);
    va_end(args);
    check->faults++;
    (void)verify_fail(check->verify, VERIFY_STORE, check->division,
                      "in_ledger_row division=%s row=%s name=%s why=%s", check->division.code,
                      row_title(check->kind->space, check->kind->letter), name, words);
}

/* Says which account of an indicator differs: the row that people look at. */
static void fail_indicator(struct row_check *check, struct bytes key, struct bytes stored,
                           struct bytes replayed)
{
    struct indicator have, want;
    char there[AMOUNT_TEXT_MAX], here[AMOUNT_TEXT_MAX];

    if (indicator_parse(stored, &have) && indicator_parse(replayed, &want)) {
        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            if (have.balance[a] != want.balance[a]) {
                amount_format(there, have.balance[a]);
                amount_format(here, want.balance[a]);
                fail(check, key, "row_account lsn=%" PRIu64 " account=%s stored=%s said=%s",
                     want.lsn, account_info((enum account)a)->mnemonic, there, here);
                return;
            }
        }
    }
    fail(check, key, "row_differs");
}

/* --- row by row: a fault of one says nothing of the next --- */

static bool visit_stored(void *arg, struct bytes key, struct bytes value)
{
    struct row_check *check = arg;
    struct bytes replayed;

    if (!txn_get(check->replayed, check->kind->space, key, &replayed)) {
        fail(check, key, "row_not_made");
        return true;
    }
    check->matched++;
    if (!bytes_equal(replayed, value)) {
        if (check->kind->letter == ROW_INDICATOR) {
            fail_indicator(check, key, value, replayed);
        } else {
            fail(check, key, "row_differs");
        }
    }
    return true;
}

static bool visit_replayed(void *arg, struct bytes key, struct bytes value)
{
    struct row_check *check = arg;
    struct bytes stored;

    (void)value;
    if (!txn_get(check->stored, check->kind->space, key, &stored)) {
        fail(check, key, "row_missing");
    }
    return true;
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

/* A read error is sticky in the stored txn: the run asks for it. */
static void compare_below(struct row_check *check, struct bytes prefix)
{
    const enum store_space space = check->kind->space;
    size_t replayed = 0;
    struct err err;

    check->matched = 0;
    (void)txn_scan(check->stored, space, prefix, visit_stored, check, &err);
    (void)txn_scan(check->replayed, space, prefix, count_row, &replayed, &err);
    if (replayed != check->matched) {
        (void)txn_scan(check->replayed, space, prefix, visit_replayed, check, &err);
    }
}

static void compare(struct row_check *check)
{
    const struct row_key prefix = row_key_of(check->kind->letter, check->division, BYTES_NONE);

    compare_below(check, row_key_bytes(&prefix));
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
static void compare_lists(struct row_check *check)
{
    struct buf stored = BUF_EMPTY, replayed = BUF_EMPTY;
    struct err err;

    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        const struct row_key prefix = list_prefix(check->division, kind);

        buf_clear(&stored);
        buf_clear(&replayed);
        (void)txn_scan(check->stored, SPACE_INDEX, row_key_bytes(&prefix), join_ids, &stored, &err);
        (void)txn_scan(check->replayed, SPACE_INDEX, row_key_bytes(&prefix), join_ids, &replayed,
                       &err);
        if (!bytes_equal(buf_bytes(&stored), buf_bytes(&replayed))) {
            (void)verify_fail(check->verify, VERIFY_STORE, check->division,
                              "kind_list_differs division=%s kind=%s", check->division.code,
                              kind_info(kind) == NULL ? "?" : kind_info(kind)->name);
        }
    }
    buf_free(&stored);
    buf_free(&replayed);
}

void verify_rows(struct verify *verify, struct txn *replayed, struct division division)
{
    struct row_check check = {
        .verify = verify, .stored = verify->stored, .replayed = replayed, .division = division};

    for (size_t i = 0; i < COUNT_OF(row_kinds); i++) {
        check.kind = &row_kinds[i];
        compare(&check);
    }
    compare_lists(&check);
}

/* --- of several logs --- */

bool verify_rows_to_register(struct verify *verify, struct txn *made)
{
    struct row_check check = {.verify = verify,
                              .stored = verify->stored,
                              .replayed = made,
                              .division = verify->config.self};

    for (size_t i = 0; i < COUNT_OF(to_register_kinds); i++) {
        check.kind = &to_register_kinds[i];
        compare(&check);
    }
    return check.faults == 0;
}

/* The roll-ups of `division` as a jurisdiction. */
static bool verify_subtree_rows(struct verify *verify, struct division division)
{
    struct row_check check = {.verify = verify,
                              .stored = verify->stored,
                              .replayed = verify->jurisdictions,
                              .division = division,
                              .kind = &subtree_kind};

    compare(&check);
    return check.faults == 0;
}

static bool compare_plain(struct verify *verify)
{
    const uint8_t letter = ROLLUP_PLAIN;
    struct row_check check = {.verify = verify,
                              .stored = verify->stored,
                              .replayed = verify->jurisdictions,
                              .division = verify->config.self,
                              .kind = &plain_kind};

    compare_below(&check, bytes_of(&letter, 1));
    return check.faults == 0;
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
        have.of[account].debit += more.of[account].debit;
        have.of[account].credit += more.of[account].credit;
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

static bool copy_row(void *arg, struct bytes key, struct bytes value)
{
    (void)txn_put(arg, SPACE_LEDGER, key, value);
    return true;
}

void verify_add_plain(struct verify *verify, struct txn *replayed, struct division author)
{
    const struct row_key years = row_key_of(ROW_FISCAL_YEAR, author, BYTES_NONE);
    const uint8_t letter = ROLLUP_PLAIN;
    struct err err;

    (void)txn_scan(replayed, SPACE_ROLLUPS, bytes_of(&letter, 1), add_row, verify->jurisdictions,
                   &err);
    (void)txn_scan(replayed, SPACE_LEDGER, row_key_bytes(&years), copy_row, verify->jurisdictions,
                   &err);
}

/* A log alone does not say who keeps books of a year: once all were read, that is known. */
static void settle_years(struct verify *verify, struct division peer)
{
    struct id_list years = ID_LIST_EMPTY;

    id_list_scan(&years, verify->jurisdictions, ROW_FISCAL_YEAR, peer);
    for (size_t i = 0; i < years.count; i++) {
        struct reader reader = reader_of(short_text_bytes(&years.at[i]));
        const int year = reader_u16(&reader);
        struct year_row row;

        year_load(verify->jurisdictions, peer, year, &row);
        if (year != 0 && row.joined) {
            transit_settle(verify->jurisdictions, verify->config.roster, verify->config.self, peer,
                           year);
        }
    }
    id_list_free(&years);
}

bool verify_jurisdictions(struct verify *verify)
{
    const struct verify_config *config = &verify->config;
    bool sound;

    for (size_t i = 0; i < roster_count(config->roster); i++) {
        settle_years(verify, roster_at(config->roster, i)->grant.division);
    }
    sound = compare_plain(verify);
    for (size_t i = 0; i < roster_count(config->roster); i++) {
        const struct division division = roster_at(config->roster, i)->grant.division;

        if (roster_within(config->roster, division, config->self)) {
            sound = verify_subtree_rows(verify, division) && sound;
        }
    }
    return sound;
}

/* --- codes --- */

struct code_merge {
    struct verify *verify;
    struct division owner; /* of the codes being added */
};

/* Of two owners the one nearer the root; both are on the line from there to this node. */
static bool add_code(void *arg, struct bytes key, struct bytes value)
{
    const struct code_merge *merge = arg;
    const struct verify *verify = merge->verify;
    struct row_key row = {.size = key.size};
    struct catalogue_row have;

    memcpy(row.at, key.data, key.size);
    if (!catalogue_load(verify->codes, &row, &have) ||
        !roster_within(verify->config.roster, merge->owner, have.owner)) {
        (void)txn_put(verify->codes, SPACE_LEDGER, key, value);
    }
    return true;
}

void verify_add_codes(struct verify *verify, struct txn *replayed, struct division owner)
{
    struct code_merge merge = {verify, owner};
    struct err err;

    for (size_t i = 0; i < COUNT_OF(code_kinds); i++) {
        const uint8_t letter = (uint8_t)code_kinds[i].letter;

        (void)txn_scan(replayed, SPACE_LEDGER, bytes_of(&letter, 1), add_code, &merge, &err);
    }
}

bool verify_code_rows(struct verify *verify)
{
    struct row_check check = {.verify = verify,
                              .stored = verify->stored,
                              .replayed = verify->codes,
                              .division = verify->config.self};

    for (size_t i = 0; i < COUNT_OF(code_kinds); i++) {
        const uint8_t letter = (uint8_t)code_kinds[i].letter;

        check.kind = &code_kinds[i];
        compare_below(&check, bytes_of(&letter, 1));
    }
    return check.faults == 0;
}
