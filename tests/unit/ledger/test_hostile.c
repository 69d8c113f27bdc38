/* Logs that no honest node writes: whatever an entry says, it is folded, everywhere alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/query/closed.h"
#include "node/ledger/query/history.h"
#include "node/ledger/query/lines.h"
#include "node/ledger/query/passed.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/query/years.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/holder.h"

/* --- entries drawn at random, of values that a body can carry --- */

static uint64_t state_of_draw;

static unsigned draw(unsigned below)
{
    state_of_draw ^= state_of_draw << 13;
    state_of_draw ^= state_of_draw >> 7;
    state_of_draw ^= state_of_draw << 17;
    return (unsigned)(state_of_draw >> 33) % below;
}

enum { IDS = 400, FIRST = 9 }; /* of those that stand at the beginning of a log */

#define DRAW(list) (list)[draw(COUNT_OF(list))]

static void write_first(struct script *script)
{
    WRITE(script, "budget", "D0", REPLY("100"));
    WRITE(script, "budget", "D1", "stage", "estimate", "fund_type_code", "111", "amount", "80");
    WRITE(script, "allocate", "D2", "ori_bgt_id", "D0", "agency_code", "1", "amount", "50");
    WRITE(script, "release", "D3", "bgt_id", "D2", "amount", "50");
    WRITE(script, "payment", "D4", "bgt_id", "D2", "pay_app_amt", "30");
    WRITE(script, "paid", "D5", "pay_app_id", "D4", "xpay_amt", "10");
    WRITE(script, "transfer", "D6", "ori_bgt_id", "D0", "amount", "20", "rec_div_code", "540121",
          "stage", "early", "tra_type_code", "special");
    WRITE(script, "carry_over", "D7", "bgt_id", "D0", "amount", "3");
    WRITE(script, "allocate", "D8", "ori_bgt_id", "D1", "agency_code", "1", "amount", "5");
}

static int64_t draw_number(enum field_type type)
{
    static const int64_t years[] = {2025, 2026, 2026, 2026, 2026, 2026,
                                    2026, 2026, 2026, 2027, 1000, 9999};
    static const int64_t amounts[] = {1,
                                      0,
                                      -1,
                                      40,
                                      100,
                                      100,
                                      7,
                                      8,
                                      9,
                                      500,
                                      3000,
                                      10,
                                      -5,
                                      INT64_MAX,
                                      -INT64_MAX,
                                      60,
                                      AMOUNT_FEN_MAX,
                                      -AMOUNT_FEN_MAX};
    static const int64_t numbers[] = {0, 1, 2, 11, 12, 13, 200, 70000, NUMBER_MAX};

    return type == TYPE_YEAR ? DRAW(years) : type == TYPE_AMOUNT ? DRAW(amounts) : DRAW(numbers);
}

static const char *draw_word(uint32_t kind, enum field field)
{
    const char *const *words = kind_words(kind, field);
    size_t count = 0;

    while (words != NULL && words[count] != NULL) {
        count++;
    }
    return count == 0 || draw(10) == 0 ? "other" : words[draw((unsigned)count)];
}

static struct bytes draw_text(uint32_t kind, enum field field)
{
    static const char *const codes[] = {"1", "11", "111", "2", "A"};
    static const char *const divisions[] = {"540000", "540100", "540200", "540121",
                                            "540202", "540300", "100000"};
    static const char *const dates[] = {"2026-11-30", "2027-01-04", "1000-01-01", "9999-12-31",
                                        "2026-01-01"};
    static const uint8_t hash[32] = {7};
    static char longest[2048];

    switch (field_info(field)->type) {
    case TYPE_ID:
        (void)snprintf(longest, sizeof longest, "D%u",
                       draw(field == FIELD_ID || draw(3) == 0 ? IDS : FIRST));
        return bytes_text(longest);
    case TYPE_CODE:
        if (draw(12) == 0 || field_info(field)->bytes_max < 3) {
            memset(longest, '9', sizeof longest);
            return bytes_of(longest, field_info(field)->bytes_max);
        }
        return bytes_text(DRAW(codes));
    case TYPE_DIVISION:
        return bytes_text(DRAW(divisions));
    case TYPE_DATE:
        return bytes_text(DRAW(dates));
    case TYPE_FLAG:
        return bytes_text(draw(2) == 0 ? "1" : "2");
    case TYPE_WORD:
        return bytes_text(draw_word(kind, field));
    case TYPE_HASH:
        return bytes_of(hash, sizeof hash);
    default:
        if (draw(12) == 0) {
            memset(longest, 'x', sizeof longest);
            return bytes_of(longest, field_info(field)->bytes_max);
        }
        return bytes_text("years");
    }
}

/* Most of what a kind takes, little of what it does not. */
static bool is_drawn(uint32_t kind, enum field field)
{
    if (field == FIELD_ID || field == FIELD_FISCAL_YEAR) {
        return draw(40) > 0;
    }
    return kind_takes(kind_info(kind), field, false) ? draw(8) > 1 : draw(60) == 0;
}

static void draw_entry(struct script *script)
{
    static const uint32_t moving[] = {KIND_REFUND,     KIND_CARRY_OVER,  KIND_LAPSE,
                                      KIND_CLOSE_YEAR, KIND_REOPEN_YEAR, KIND_OPEN_YEAR,
                                      KIND_BUDGET,     KIND_SETTLE};
    struct document document;
    struct buf body = BUF_EMPTY;
    struct buf kept[FIELDS];
    uint32_t kind;

    memset(kept, 0, sizeof kept);
    do {
        kind = KIND_USER_FIRST + draw(KINDS_END - KIND_USER_FIRST);
    } while (kind_info(kind) == NULL);
    if (draw(3) == 0) {
        kind = DRAW(moving);
    }
    document_clear(&document, kind);
    for (unsigned field = 1; field < FIELD_LINES; field++) {
        if (field_info(field)->name == NULL || !is_drawn(kind, (enum field)field)) {
            continue;
        }
        if (field_is_number(field)) {
            document_set_number(&document, field, draw_number(field_info(field)->type));
        } else {
            buf_append_bytes(&kept[field], draw_text(kind, field));
            document_set_text(&document, field, buf_bytes(&kept[field]));
        }
        if (draw(6) == 0) {
            document_mark_inherited(&document, field);
        }
    }
    document_encode(&body, &document);
    write_raw(script, kind, DOCUMENT_FORMAT, buf_bytes(&body));
    buf_free(&body);
    for (size_t i = 0; i < FIELDS; i++) {
        buf_free(&kept[i]);
    }
}

enum { ROUNDS = 40, BLOCKS = 120 };

static void draw_entries(struct script *script)
{
    for (unsigned count = 1 + draw(8); count > 0; count--) {
        draw_entry(script);
    }
}

/* A block of one of those below: Lhasa's reaches somebody who holds no other log, too. */
static void fold_block(struct holder *all, struct holder *alone, struct script scripts[OFFICES])
{
    static const enum office_name authors[] = {LHASA, SHIGATSE, LINZHOU, SANGZHUZI};
    const enum office_name author = DRAW(authors);
    struct script *script = &scripts[author];

    script->author = author;
    if (script->first_lsn == 0) {
        script->first_lsn = 1;
        write_first(script);
    }
    draw_entries(script);
    if (author == LHASA) {
        assert_int_equal(apply_part(alone, script, 0), OK);
    }
    assert_int_equal(apply_part(all, script, 0), OK);
    script_clear(script);
}

static void hear_block(struct holder *below, struct script *above)
{
    const bool is_tree = draw(2) == 0;
    struct block_header header;

    draw_entries(above);
    header = header_of(above);
    header.audience.kind = is_tree ? AUDIENCE_TREE : AUDIENCE_LINE;
    header.audience.division = tree_division(is_tree ? REGION : LINZHOU);
    ledger_observe_block(below->ledger, below->txn, &header, above->entries, above->count);
    script_clear(above);
}

/* --- whatever there is can be read --- */

static void pass_balance(void *arg, const struct balance_row *row)
{
    (void)arg;
    (void)row;
}

static void pass_step(void *arg, const struct trace_step *step)
{
    (void)arg;
    (void)step;
}

static void pass_moved(void *arg, const struct moved *moved)
{
    (void)arg;
    (void)moved;
}

static void pass_line(void *arg, const struct line_sums *row)
{
    (void)arg;
    (void)row;
}

static void pass_reconciled(void *arg, const struct reconcile_row *row)
{
    (void)arg;
    (void)row;
}

static void pass_passed(void *arg, const struct passed_row *row)
{
    (void)arg;
    (void)row;
}

static bool pass_document(void *arg, const struct document_row *row)
{
    (void)arg;
    (void)row;
    return true;
}

static void pass_fault(void *arg, enum verify_cause cause, const char *fault)
{
    (void)arg;
    (void)cause;
    (void)fault;
}

static void read_years(struct holder *holder, struct division division)
{
    struct year_state years[YEARS_MAX];
    const size_t count = query_years(holder->txn, division, 2026, years);

    for (size_t i = 0; i < count; i++) {
        struct year_hindrances hindrances;
        int128 closed[ACCOUNTS];

        query_year_hindrances(holder->txn, division, years[i].year, true, &hindrances);
        closing_sums_of_year(holder->txn, division, years[i].year, closed);
    }
}

static void read_traces(struct holder *holder, struct division division)
{
    for (unsigned i = 0; i < FIRST; i++) {
        char id[16];
        struct trace_page page;

        (void)snprintf(id, sizeof id, "D%u", i);
        (void)query_trace(
            holder->txn,
            &(struct trace_request){
                .author = division, .id = bytes_text(id), .after = DIVISION_NONE, .steps_max = 200},
            pass_step, NULL, &page);
    }
}

static void read_division(struct holder *holder, struct division division)
{
    const struct roster *roster = tree_roster(holder->tree);
    struct txn *txn = holder->txn;
    size_t reads_left = 100000;

    for (int by = 0; by < DIMENSIONS; by++) {
        query_balance(txn, roster, division, SCOPE_OWN, 0, (enum dimension)by, pass_balance, NULL);
        query_balance(txn, roster, division, SCOPE_SUBTREE, 2026, (enum dimension)by, pass_balance,
                      NULL);
    }
    for (uint32_t kind = KIND_OPERATOR; kind < KINDS_END; kind++) {
        query_list(txn, division, kind, 0, pass_document, NULL);
    }
    (void)query_history(txn,
                        &(struct history_request){.author = division, .reads_left = &reads_left},
                        pass_moved, NULL);
    (void)query_lines(txn,
                      &(struct line_request){.divisions = &division,
                                             .division_count = 1,
                                             .by = {line_element_named(bytes_text("agency"))},
                                             .by_count = 1,
                                             .read_max = 100000},
                      pass_line, NULL);
    (void)query_reconcile(txn, division, &reads_left, pass_reconciled, NULL);
    (void)query_passed(
        txn,
        &(struct passed_request){.issuer = division, .today = 20000, .reads_left = &reads_left},
        pass_passed, NULL);
    read_years(holder, division);
    read_traces(holder, division);
    (void)verify_ledger_each(txn, roster, division, pass_fault, NULL);
}

static void expect_whole(struct holder *holder, unsigned round)
{
    struct err err;

    for (int office = REGION; office < OFFICES; office++) {
        read_division(holder, tree_division((enum office_name)office));
    }
    if (txn_status(holder->txn, &err) != OK) {
        fail_msg("round %u: %s", round, err.text);
    }
    holder_free(holder);
}

static void whatever_is_written_is_folded_everywhere_alike(void **state)
{
    (void)state;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct tree *tree = tree_new();
        struct holder *all = holder_new(tree, REGION), *alone = holder_new(tree, REGION);
        struct holder *below = holder_new(tree, LINZHOU);
        struct script scripts[OFFICES], above = {.author = REGION, .first_lsn = 1};
        struct hash first, second;

        memset(scripts, 0, sizeof scripts);
        state_of_draw = round * UINT64_C(0x9e3779b97f4a7c15);
        for (size_t i = 0; i < BLOCKS; i++) {
            fold_block(all, alone, scripts);
            hear_block(below, &above);
        }
        first = position(alone, LHASA).digest;
        second = position(all, LHASA).digest;
        assert_true(hash_equal(&first, &second));
        expect_whole(all, round);
        expect_whole(alone, round);
        expect_whole(below, round);
        tree_free(tree);
    }
}

/* --- what lacks its year --- */

static void write_without_year(struct script *script, const char *kind, const char *id,
                               const char *const fields[])
{
    struct document document, bare;
    struct buf body = BUF_EMPTY;

    document_fill(&document, kind, id, fields);
    document_clear(&bare, document.kind);
    for (unsigned field = 1; field < FIELD_LINES; field++) {
        if (field != FIELD_FISCAL_YEAR && document_has(&document, field)) {
            document_set_value(&bare, field, *document_value(&document, field));
        }
    }
    document_encode(&body, &bare);
    write_raw(script, bare.kind, DOCUMENT_FORMAT, buf_bytes(&body));
    buf_free(&body);
}

#define WITHOUT_YEAR(script, kind, id, ...)                                                        \
    write_without_year(script, kind, id, (const char *const[]){__VA_ARGS__, NULL})

/* Of no year there is neither a month nor a row: no money may lie there. */
static void what_lacks_its_year_books_nothing(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct err err;

    WITHOUT_YEAR(&script, "budget", "B", REPLY("5"));
    WITHOUT_YEAR(&script, "open_year", "O", "reason", "x");
    WITHOUT_YEAR(&script, "open_year", "P", "reason", "x");
    WITHOUT_YEAR(&script, "policy", "K", "policy_code", "carry_max", "policy_value", "1");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 3); /* a policy is of no year */
    for (size_t i = 0; i < holder->alarm_count; i++) {
        assert_non_null(strstr(holder->alarms[i], "why=year_missing"));
    }
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), -1);
    assert_int_equal(txn_status(holder->txn, &err), OK);
}

static void what_lacks_its_year_is_not_heard(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script script = {.author = REGION, .first_lsn = 1};
    struct block_header header;
    struct err err;

    WITHOUT_YEAR(&script, "open_year", "O", "reason", "x");
    WITHOUT_YEAR(&script, "open_year", "P", "reason", "x");
    WITHOUT_YEAR(&script, "policy", "K", "policy_code", "carry_max", "policy_value", "1");
    header = header_of(&script);
    header.audience.kind = AUDIENCE_TREE;
    ledger_observe_block(holder->ledger, holder->txn, &header, script.entries, script.count);
    assert_int_equal(holder->alarm_count, 2);
    assert_non_null(strstr(holder->alarms[0], "entry_unread_or_repeated lsn=1"));
    assert_non_null(strstr(holder->alarms[1], "entry_unread_or_repeated lsn=2"));
    assert_int_equal(txn_status(holder->txn, &err), OK);
    script_clear(&script);
    holder_free(holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_written_is_folded_everywhere_alike),
        HELD(what_lacks_its_year_books_nothing),
        HELD(what_lacks_its_year_is_not_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
