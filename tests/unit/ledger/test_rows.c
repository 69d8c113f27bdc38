/* A row whose bytes arrive whole and cannot be read is an error of the turn: were it absent, money
 * would be too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/rows/agency_rows.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/project_rows.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/rows/year_rows.h"
#include "node/store/store_memory.h"

#define COUNTY division_of("540121")

/* What a load answers, beside the error of the turn. */
static void load_document(struct txn *txn)
{
    struct doc_row row;

    assert_false(doc_load(txn, COUNTY, bytes_text("D1"), &row));
}

static void load_indicator(struct txn *txn)
{
    struct indicator indicator;

    assert_false(indicator_load(txn, COUNTY, bytes_text("D1"), &indicator));
}

static void load_terms(struct txn *txn)
{
    struct indicator indicator;

    assert_false(indicator_load_terms(txn, COUNTY, bytes_text("D1"), &indicator));
}

static void load_match(struct txn *txn)
{
    struct transfer_match match;

    assert_false(transfer_match_load(txn, COUNTY, bytes_text("D1"), &match));
}

static void load_source(struct txn *txn)
{
    struct source_sums sums;

    assert_false(source_load(txn, COUNTY, bytes_text("D1"), &sums));
}

static void load_position(struct txn *txn)
{
    struct position_row row;

    position_load(txn, COUNTY, &row);
}

static void load_open_sum(struct txn *txn)
{
    assert_int_equal(open_items_sum(txn, OPEN_AWAITED, COUNTY).count, 0);
}

static const struct {
    const char *name;
    enum store_space space;
    char letter;
    const char *rest; /* of the key, behind the division */
    void (*load)(struct txn *txn);
} rows[] = {
    {"a document", SPACE_LEDGER, ROW_DOCUMENT, "D1", load_document},
    {"an indicator", SPACE_LEDGER, ROW_INDICATOR, "D1", load_indicator},
    {"an indicator's terms", SPACE_LEDGER, ROW_INDICATOR, "D1", load_terms},
    {"both sides of a transfer", SPACE_LEDGER, ROW_TRANSFER_MATCH, "D1", load_match},
    {"the sums of a source", SPACE_LEDGER, ROW_SOURCE, "D1", load_source},
    {"a position", SPACE_LEDGER, ROW_POSITION, "", load_position},
    {"the sum of a list", SPACE_INDEX, ROW_AWAITED_SUM, "", load_open_sum},
};

static void a_row_that_cannot_be_read_is_never_an_absent_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row_key key = row_key_of(rows[i].letter, COUNTY, bytes_text(rows[i].rest));
        struct err err = {OK, ""};
        struct store store;
        struct txn *txn;

        store_memory_open(&store);
        txn = txn_open(&store, NULL);
        rows[i].load(txn);
        assert_int_equal(txn_status(txn, &err), OK); /* there is none: nothing is wrong */
        (void)txn_put(txn, rows[i].space, row_key_bytes(&key), bytes_text("\x01"));
        rows[i].load(txn);
        if (txn_status(txn, &err) != ERR_CORRUPT) {
            fail_msg("%s that cannot be read counts as absent", rows[i].name);
        }
        txn_free(txn);
        store.ops->close(store.self);
    }
}

/* --- bytes that are whole and mean nothing --- */

static struct store memory;

static int open_txn(void **state)
{
    store_memory_open(&memory);
    *state = txn_open(&memory, NULL);
    return 0;
}

static int close_txn(void **state)
{
    txn_free(*state);
    memory.ops->close(memory.self);
    return 0;
}

static void put_row(struct txn *txn, enum store_space space, const struct row_key *key,
                    const void *value, size_t size)
{
    (void)txn_put(txn, space, row_key_bytes(key), bytes_of(value, size));
}

/* The read answers as if there were no row, and the turn fails. */
static void expect_corrupt(struct txn *txn, const char *what)
{
    struct err err = {OK, ""};

    if (txn_status(txn, &err) != ERR_CORRUPT) {
        fail_msg("%s: a row that says nothing is read", what);
    }
    txn_reset(txn);
}

static void a_year_has_a_state_and_twelve_months(void **state)
{
    static const uint8_t rows_of_years[][4] = {
        {YEAR_SAID_CLOSED + 1, 1, 1, 0}, {YEAR_SAID_OPEN, 0, 1, 0}, {YEAR_SAID_OPEN, 13, 1, 0}};
    static const uint8_t year[2] = {2026 >> 8, 2026 & 0xff};
    const struct row_key key = row_key_of(ROW_FISCAL_YEAR, COUNTY, bytes_of(year, sizeof year));

    for (size_t i = 0; i < COUNT_OF(rows_of_years); i++) {
        struct year_row row;

        put_row(*state, SPACE_LEDGER, &key, rows_of_years[i], sizeof rows_of_years[i]);
        year_load(*state, COUNTY, 2026, &row);
        assert_int_equal(row.said, YEAR_UNSAID);
        assert_int_equal(row.first_open_month, 1);
        assert_false(row.has_lines || row.joined || row.lost);
        expect_corrupt(*state, "a year");
    }
}

/* A year is joined, or lost, or neither. */
static void a_year_keeps_what_it_was(void **state)
{
    static const struct year_row rows_of_years[] = {
        {YEAR_UNSAID, 1, false, false, false},
        {YEAR_SAID_OPEN, 12, true, true, false},
        {YEAR_SAID_CLOSED, 1, true, false, true},
    };

    for (size_t i = 0; i < COUNT_OF(rows_of_years); i++) {
        const struct year_row *want = &rows_of_years[i];
        struct year_row row;

        year_store(*state, COUNTY, 2026, want);
        year_load(*state, COUNTY, 2026, &row);
        assert_int_equal(row.said, want->said);
        assert_int_equal(row.first_open_month, want->first_open_month);
        assert_int_equal(row.has_lines, want->has_lines);
        assert_int_equal(row.joined, want->joined);
        assert_int_equal(row.lost, want->lost);
    }
}

/* Byte `at` of a row that was written soundly says what this version has no word for. */
static void spoil_byte(struct txn *txn, const struct row_key *key, size_t at, uint8_t byte)
{
    struct buf value = BUF_EMPTY;
    struct bytes there;

    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(key), &there) && at < there.size);
    buf_append_bytes(&value, there);
    value.data[at] = byte;
    put_row(txn, SPACE_LEDGER, key, value.data, value.size);
    buf_free(&value);
}

/* Where the number of an outcome stands: behind what never changes its size, and two texts. */
static void an_outcome_is_one_of_six(void **state)
{
    const struct row_key key = row_key_of(ROW_TRANSFER_MATCH, COUNTY, bytes_text("T-1"));
    const struct transfer_match match = {.transfer_lsn = 3,
                                         .answer_lsn = 4,
                                         .answered = OUTCOME_RETURNED,
                                         .settled = OUTCOME_RETURNED};
    enum { ANSWERED = 8 + 8 + 2 + 9 + 8 + 32 + 32 + 2 + 8 + 1 + 8 + 8 + 9 + 8 + 8 + 32 + 32 + 2 };
    enum { SETTLED = ANSWERED + 1 + 1 + 8 + 8 };
    static const size_t places[] = {ANSWERED, SETTLED};

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct transfer_match read;

        transfer_match_store(*state, COUNTY, bytes_text("T-1"), &match);
        assert_true(transfer_match_load(*state, COUNTY, bytes_text("T-1"), &read));
        assert_int_equal(read.answered, OUTCOME_RETURNED);
        spoil_byte(*state, &key, places[i], OUTCOMES);
        assert_false(transfer_match_load(*state, COUNTY, bytes_text("T-1"), &read));
        assert_int_equal(read.transfer_lsn, 0);
        expect_corrupt(*state, "an outcome");
    }
}

/* lsn, time, kind and year stand in front of it. */
static void a_document_is_in_a_state_that_there_is(void **state)
{
    const struct row_key key = row_key_of(ROW_DOCUMENT, COUNTY, bytes_text("D"));
    const struct doc_row row = {.lsn = 1, .kind = KIND_PAYMENT, .year = 2026, .state = DOC_PAID};
    struct doc_row read;

    doc_store(*state, COUNTY, bytes_text("D"), &row);
    assert_true(doc_load(*state, COUNTY, bytes_text("D"), &read));
    assert_int_equal(read.state, DOC_PAID);
    spoil_byte(*state, &key, 8 + 8 + 2 + 2, DOC_STATES);
    assert_false(doc_load(*state, COUNTY, bytes_text("D"), &read));
    expect_corrupt(*state, "a document");
}

/* A set of accounts, and of counts that take five bytes at most. */
static void no_row_names_an_account_that_is_none(void **state)
{
    const struct row_key sums = year_sums_key(COUNTY, 2026, bytes_text("111"));
    const struct row_key rolled = rollup_key(ROLLUP_OWN, COUNTY, 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    static const uint8_t far[] = {0xff, 0xff, 0xff, 0x7f};
    int128 read[ACCOUNTS];
    struct rollup rollup;

    put_row(*state, SPACE_LEDGER, &sums, far, sizeof far);
    year_sums_load(*state, &sums, read);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        assert_true(read[i] == 0);
    }
    expect_corrupt(*state, "sums of a year");
    put_row(*state, SPACE_ROLLUPS, &rolled, far, sizeof far);
    rollup_load(*state, &rolled, &rollup);
    assert_true(rollup.of[ACC_SPENT].debit == 0);
    expect_corrupt(*state, "a roll-up");
}

static void a_count_ends(void **state)
{
    const struct row_key key = row_key_of(ROW_PROJECT_MONEY, COUNTY, bytes_text("P"));
    struct project_money money = {
        .taken = 0, .total = 5, .start_year = 2026, .term = 0x0fffffff, .policy_ref = BYTES_NONE};
    enum { TERM = 1 + 8 + 2, TERM_BYTES = 4 };

    project_money_store(*state, COUNTY, bytes_text("P"), &money);
    project_money_load(*state, COUNTY, bytes_text("P"), &money);
    assert_int_equal(money.term, 0x0fffffff);
    for (size_t i = 0; i < TERM_BYTES + 1; i++) {
        spoil_byte(*state, &key, TERM + i, 0xff); /* none of the five is the last one */
    }
    project_money_load(*state, COUNTY, bytes_text("P"), &money);
    assert_int_equal(money.total, 0);
    assert_int_equal(money.term, 0);
    expect_corrupt(*state, "a project's money");
}

/* --- marks --- */

static bool count_mark(void *arg, const struct unapproved *mark)
{
    (void)mark;
    ++*(size_t *)arg;
    return true;
}

/* Marked twice it counts once, with the words of the first time. */
static void an_entry_is_marked_once(void **state)
{
    struct unapproved mark = {
        .lsn = 5, .kind = KIND_PAYMENT, .amount = 70, .id = "P-1", .why = "approval_no_checker"};
    struct unapproved_sum sum;
    struct unapproved read;

    unapproved_mark(*state, COUNTY, &mark);
    mark.amount = 80;
    unapproved_mark(*state, COUNTY, &mark);
    unapproved_sum(*state, COUNTY, &sum);
    assert_int_equal(sum.count, 1);
    assert_true(sum.amount == 70);
    assert_true(unapproved_find(*state, COUNTY, 5, &read) && read.amount == 70);
    unapproved_clear(*state, COUNTY, 6); /* there is none */
    unapproved_sum(*state, DIVISION_NONE, &sum);
    assert_int_equal(sum.count, 1);
    unapproved_clear(*state, COUNTY, 5);
    unapproved_sum(*state, DIVISION_NONE, &sum);
    assert_int_equal(sum.count, 0);
    assert_true(sum.amount == 0);
}

/* As no writer writes it: kind, amount, an id longer than there are, a cause longer than there are.
 */
static void a_mark_that_cannot_be_read_is_none(void **state)
{
    static const uint8_t lsn[8] = {[7] = 5}, short_lsn[3] = {5};
    const struct row_key key = row_key_of(ROW_UNAPPROVED, COUNTY, bytes_of(lsn, sizeof lsn)),
                         odd = row_key_of(ROW_UNAPPROVED, COUNTY,
                                          bytes_of(short_lsn, sizeof short_lsn));
    static const struct {
        size_t id, why;
    } sizes[] = {{DOCUMENT_ID_MAX + 1, 3}, {3, UNAPPROVED_WHY_MAX + 1}};

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct buf value = BUF_EMPTY;
        struct unapproved read;
        size_t count = 0;

        buf_put_u32(&value, KIND_PAYMENT);
        buf_put_wide(&value, 1);
        buf_put_u8(&value, (uint8_t)sizes[i].id);
        for (size_t k = 0; k < sizes[i].id + sizes[i].why; k++) {
            buf_put_u8(&value, 'a');
        }
        put_row(*state, SPACE_LEDGER, &key, value.data, value.size);
        assert_false(unapproved_find(*state, COUNTY, 5, &read));
        expect_corrupt(*state, "a mark");
        put_row(*state, SPACE_LEDGER, &key, value.data, value.size);
        unapproved_each(*state, COUNTY, 1, count_mark, &count);
        assert_int_equal(count, 0);
        expect_corrupt(*state, "one of the marks");
        buf_free(&value);
    }
    put_row(*state, SPACE_LEDGER, &odd, "", 0);
    unapproved_each(*state, COUNTY, 1, count_mark, NULL);
    expect_corrupt(*state, "a mark of no entry");
}

/* --- keys --- */

static bool fail_item(void *arg, const struct open_item *item)
{
    (void)arg;
    (void)item;
    fail();
    return true;
}

static bool fail_cursor(void *arg, const struct observe_cursor *cursor)
{
    (void)arg;
    (void)cursor;
    fail();
    return true;
}

/* Too short for what stands in it, or with nothing where a name must be. */
static void a_key_that_cannot_be_read_is_no_row(void **state)
{
    static const uint8_t place[8 + DIVISION_CODE_MAX] = {[8] = '5'};
    static const size_t sizes[] = {3, sizeof place};
    const struct row_key cursor = row_key_of(ROW_OBSERVE_CURSOR, COUNTY, bytes_text("1"));
    uint8_t cursor_value[3 * 8] = {0};
    struct err err = {OK, ""};

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const struct row_key key = row_key_of(ROW_AWAITED, COUNTY, bytes_of(place, sizes[i]));

        put_row(*state, SPACE_INDEX, &key, "x", 1);
        open_items_each(*state, OPEN_AWAITED, COUNTY, NULL, fail_item, NULL);
        expect_corrupt(*state, "what waits");
    }
    put_row(*state, SPACE_LEDGER, &cursor, cursor_value, sizeof cursor_value);
    (void)ledger_each_observe_cursor(*state, fail_cursor, NULL, &err);
    expect_corrupt(*state, "where observing stopped");
}

static void keys_of_sums_are_taken_apart(void **state)
{
    const struct row_key rolled =
        rollup_key(ROLLUP_OWN, COUNTY, 2026, ROLLUP_FUND, bytes_text("111"));
    const struct plain_key plain = {COUNTY, division_of("540100"), 2026, ROLLUP_AGENCY,
                                    bytes_text("001")};
    struct row_key key = plain_key(&plain);
    uint8_t out[ROLLUP_KEY_MAX];
    enum rollup_dimension dimension;
    struct plain_key read;
    struct bytes rest;
    int year;

    (void)state;
    assert_true(rollup_key_parse(row_key_bytes(&rolled), &year, &dimension, &rest));
    assert_int_equal(year, 2026);
    assert_int_equal(dimension, ROLLUP_FUND);
    assert_true(bytes_equal(rest, bytes_text("111")));
    assert_false(rollup_key_parse(bytes_of(rolled.at, 5), &year, &dimension, &rest));
    assert_true(plain_key_parse(row_key_bytes(&key), &read));
    assert_true(division_equal(read.peer, plain.peer) && division_equal(read.author, plain.author));
    assert_true(read.year == 2026 && read.dimension == ROLLUP_AGENCY);
    assert_true(bytes_equal(read.key, plain.key));
    assert_false(plain_key_parse(bytes_of(key.at, 12), &read));
    key.at[1 + DIVISION_CODE_MAX + 2 + DIVISION_CODE_MAX] = ROLLUP_DIMENSIONS;
    assert_false(plain_key_parse(row_key_bytes(&key), &read));
    /* money without one of the two has no sum of both */
    assert_int_equal(rollup_agency_economic(out, bytes_text("001"), BYTES_NONE).size, 0);
    assert_int_equal(rollup_agency_economic(out, BYTES_NONE, bytes_text("30101")).size, 0);
    assert_int_equal(rollup_agency_economic(out, bytes_text("001"), bytes_text("30101")).size, 9);
}

/* --- what was made from something --- */

static void only_what_has_an_id_has_children(void **state)
{
    static const char too_long[DOCUMENT_ID_MAX + 1] = {'a'};
    struct children children;

    assert_false(children_load(*state, COUNTY, BYTES_NONE, &children));
    assert_false(children_load(*state, COUNTY, bytes_of(too_long, sizeof too_long), &children));
    assert_false(children_load(*state, COUNTY, bytes_text("NO"), &children));
}

/* --- agencies --- */

/* Of more versions than a row holds the oldest go, and one that is older than all of them is left
 * out. */
static void a_row_holds_twenty_versions_of_an_agency(void **state)
{
    enum { VERSIONS = 20, FIRST = 2001 };

    for (int i = 1; i <= VERSIONS; i++) {
        agency_version_add(*state, COUNTY, bytes_text("2"), FIRST + i, bytes_text("1"));
    }
    assert_int_equal(agency_holds_until(*state, COUNTY, bytes_text("2"), FIRST), FIRST + 1);
    agency_version_add(*state, COUNTY, bytes_text("2"), FIRST, bytes_text("1")); /* left out */
    assert_int_equal(agency_holds_until(*state, COUNTY, bytes_text("2"), FIRST - 1), FIRST + 1);
    agency_version_add(*state, COUNTY, bytes_text("2"), FIRST + VERSIONS + 1, bytes_text("1"));
    assert_int_equal(agency_holds_until(*state, COUNTY, bytes_text("2"), FIRST), FIRST + 2);
    assert_int_equal(agency_holds_until(*state, COUNTY, bytes_text("2"), FIRST + VERSIONS),
                     FIRST + VERSIONS + 1);
}

static void expect_above(struct txn *txn, const char *agency, const char *want)
{
    char got[AGENCY_DEPTH_MAX * 40] = "";
    struct agency_line line;
    size_t size = 0;

    agency_ancestors(txn, COUNTY, bytes_text(agency), 2026, &line);
    for (size_t i = 0; i < line.count; i++) {
        size += (size_t)snprintf(got + size, sizeof got - size, "%s%s", i > 0 ? " " : "",
                                 line.above[i].at);
    }
    assert_string_equal(got, want);
}

/* As no honest author has them: a ring, and more levels than there may be, some written down for
 * the year before others were put above. */
static void agencies_in_a_ring_end(void **state)
{
    static const char *const levels[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

    agency_version_add(*state, COUNTY, bytes_text("1"), 2026, bytes_text("2"));
    agency_version_add(*state, COUNTY, bytes_text("2"), 2026, bytes_text("3"));
    agency_version_add(*state, COUNTY, bytes_text("3"), 2026, bytes_text("2"));
    expect_above(*state, "1", "2 3");
    expect_above(*state, "2", "3");
    for (size_t i = 0; i + 1 < COUNT_OF(levels); i++) {
        agency_version_add(*state, COUNTY, bytes_text(levels[i]), 2026, bytes_text(levels[i + 1]));
    }
    expect_above(*state, "a", "b c d e f");
    agency_use(*state, COUNTY, bytes_text("c"), 2026);
    expect_above(*state, "c", "d e f g h");
    expect_above(*state, "a", "b c d e f");
}

/* What was written down for a year cannot be read: neither that it fits, nor that it does not. */
static void a_year_of_an_agency_that_cannot_be_read_is_told(void **state)
{
    static const uint8_t rest[] = {'2', 0, 2026 >> 8, 2026 & 0xff};
    const struct row_key key = row_key_of(ROW_AGENCY_YEAR, COUNTY, bytes_of(rest, sizeof rest));

    agency_version_add(*state, COUNTY, bytes_text("2"), 2026, bytes_text("1"));
    put_row(*state, SPACE_LEDGER, &key, "\x09", 1);
    assert_false(agency_parent_fixed(*state, COUNTY, bytes_text("2"), 2026, bytes_text("1")));
    expect_corrupt(*state, "the agencies above of a year");
}

#define IN_TXN(test) cmocka_unit_test_setup_teardown(test, open_txn, close_txn)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_that_cannot_be_read_is_never_an_absent_one),
        IN_TXN(a_year_has_a_state_and_twelve_months),
        IN_TXN(a_year_keeps_what_it_was),
        IN_TXN(an_outcome_is_one_of_six),
        IN_TXN(a_document_is_in_a_state_that_there_is),
        IN_TXN(no_row_names_an_account_that_is_none),
        IN_TXN(a_count_ends),
        IN_TXN(an_entry_is_marked_once),
        IN_TXN(a_mark_that_cannot_be_read_is_none),
        IN_TXN(a_key_that_cannot_be_read_is_no_row),
        IN_TXN(keys_of_sums_are_taken_apart),
        IN_TXN(only_what_has_an_id_has_children),
        IN_TXN(a_row_holds_twenty_versions_of_an_agency),
        IN_TXN(agencies_in_a_ring_end),
        IN_TXN(a_year_of_an_agency_that_cannot_be_read_is_told),
    };

    return cmocka_run_group_tests_name("ledger.rows", tests, NULL, NULL);
}
