#include "node/ledger/verify/verify_ledger.h"

#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/posting/closing.h"
#include "node/ledger/query/query_internal.h"
#include "node/ledger/verify/verify_jurisdiction.h"
#include "node/ledger/verify/verify_payments.h"
#include "proto/array.h"

struct year_sums {
    int year;
    char fund[FUND_MAX + 1];
    int128 at[ACCOUNTS];
    int128 closing[ACCOUNTS]; /* of them, on its closing line */
    int128 carried_in;        /* on lines of the year that carry_overs of the one before made */
};

struct check {
    struct txn *txn;
    struct division division;
    verify_found_fn *found;
    void *arg;
    bool is_sound;
    bool breach_below; /* of a transfer that a division below issued */
    struct id_list indicators;
    struct source_sums *sources; /* beside indicators: of those that are a source */
    struct year_sums *years;
    size_t year_count, year_capacity;
};

static void say(struct check *check, enum verify_cause cause, const char *format, va_list args)
{
    char why[VERIFY_FAULT_MAX], fault[VERIFY_FAULT_MAX];

    message_vformat(why, sizeof why, format, args);
    message_format(fault, sizeof fault, "in_ledger division=%s why=%s", check->division.code, why);
    check->is_sound = false;
    check->found(check->arg, cause, fault);
}

PRINTF(2, 3) static void fail(struct check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check, VERIFY_STORE, format, args);
    va_end(args);
}

PRINTF(2, 3) static void blame(struct check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check, VERIFY_AUTHORS, format, args);
    va_end(args);
}

/* --- indicators --- */

static struct year_sums *year_sums_of(struct check *check, int year, struct bytes fund)
{
    struct year_sums *sums;

    for (size_t i = 0; i < check->year_count; i++) {
        if (check->years[i].year == year && bytes_equal(bytes_text(check->years[i].fund), fund)) {
            return &check->years[i];
        }
    }
    ARRAY_ROOM(check->years, check->year_count, check->year_capacity);
    sums = &check->years[check->year_count++];
    memset(sums, 0, sizeof *sums);
    sums->year = year;
    memcpy(sums->fund, fund.data, fund.size < FUND_MAX ? fund.size : FUND_MAX);
    return sums;
}

static bool is_source_account(int account)
{
    return (account >= ACC_SRC_APPROVED && account <= ACC_SRC_RECOVERED) ||
           account == ACC_SRC_ADVANCE;
}

/* Invariant 2. */
static void check_signs(struct check *check, const struct short_text *id,
                        const struct indicator *indicator)
{
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        const struct account_info *info = account_info((enum account)a);
        char amount[AMOUNT_TEXT_MAX];

        if (info->normal != 0 && !indicator_is_closing(indicator) &&
            (info->normal < 0 ? indicator->balance[a] > 0 : indicator->balance[a] < 0)) {
            amount_format(amount, indicator->balance[a]);
            fail(check, "indicator_side id=%s lsn=%llu account=%s amount=%s", id->at,
                 (unsigned long long)indicator->lsn, info->mnemonic, amount);
        }
    }
}

/* Invariant 6 within the division, by induction: an origin is older, and ends where its maker
 * says that it ends. */
static void check_origin(struct check *check, const struct short_text *id,
                         const struct indicator *indicator)
{
    const unsigned long long lsn = indicator->lsn;
    struct indicator origin;

    if (indicator->origin.size == 0) {
        if (!kind_is_source(indicator->kind) && indicator->kind != KIND_REFUND &&
            !indicator_is_closing(indicator)) {
            fail(check, "indicator_no_origin id=%s lsn=%llu", id->at, lsn);
        } else if (!bytes_equal(indicator->source, short_text_bytes(id))) {
            fail(check, "source_names_source id=%s lsn=%llu", id->at, lsn);
        }
    } else if (!indicator_load(check->txn, check->division, indicator->origin, &origin)) {
        fail(check, "indicator_origin_missing id=%s lsn=%llu origin=%.*s", id->at, lsn,
             (int)indicator->origin.size, (const char *)indicator->origin.data);
    } else if (origin.lsn >= indicator->lsn || !bytes_equal(origin.source, indicator->source)) {
        fail(check, "indicator_other_source id=%s lsn=%llu origin=%.*s", id->at, lsn,
             (int)indicator->origin.size, (const char *)indicator->origin.data);
    }
}

static void add_to_source(struct check *check, const struct short_text *id,
                          const struct indicator *indicator)
{
    const size_t at = id_list_find(&check->indicators, indicator->source);

    if (at == SIZE_MAX) {
        fail(check, "indicator_source_missing id=%s lsn=%llu", id->at,
             (unsigned long long)indicator->lsn);
        return;
    }
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        if (is_source_account(a)) {
            check->sources[at].credit -= indicator->balance[a];
        } else if (a != ACC_CLOSE) {
            check->sources[at].debit += indicator->balance[a];
        }
    }
}

/* An author may answer what nobody issued to it, or a second time; its ledger has the money. */
static void check_answers(struct check *check, const struct doc_row *doc,
                          const struct short_text *id, const struct transfer_match *match)
{
    if (match->answer_lsn != doc->lsn || !division_equal(match->answerer, check->division) ||
        (match->transfer_lsn == 0 && match->breach)) {
        blame(check, "register_no_answer id=%s lsn=%llu transfer=%s issuer=%s", id->at,
              (unsigned long long)doc->lsn, doc->about.at, doc->party.code);
    }
}

/* Where both ends said so, which is a breach and alarmed, it is theirs, and no damage here. */
static void say_register_differs(struct check *check, const struct doc_row *doc,
                                 const struct short_text *id, const struct transfer_match *match)
{
    char here[AMOUNT_TEXT_MAX], there[AMOUNT_TEXT_MAX];

    amount_format(here, doc->amount);
    amount_format(there, match->amount);
    (match->breach ? blame
                   : fail)(check,
                           "register_differs id=%s lsn=%llu amount=%s transfer=%s issuer=%s "
                           "transfer_lsn=%llu issued=%s",
                           id->at, (unsigned long long)doc->lsn, here, doc->about.at,
                           doc->party.code, (unsigned long long)match->transfer_lsn, there);
}

/* What was registered is what was issued, wherever the transfer is known. */
static void check_registered(struct check *check, const struct short_text *id,
                             const struct indicator *indicator)
{
    struct doc_row doc;
    struct transfer_match match;

    if (!kind_is_answer(indicator->kind)) {
        return;
    }
    if (!doc_load(check->txn, check->division, short_text_bytes(id), &doc) ||
        !transfer_match_load(check->txn, doc.party, short_text_bytes(&doc.about), &match)) {
        fail(check, "register_no_transfer id=%s lsn=%llu", id->at,
             (unsigned long long)indicator->lsn);
    } else if (match.transfer_lsn != 0 && match.amount != doc.amount) {
        say_register_differs(check, &doc, id, &match);
    } else {
        check_answers(check, &doc, id, &match);
    }
}

static void check_indicator(struct check *check, const struct short_text *id)
{
    struct indicator indicator;
    struct year_sums *sums;

    if (!indicator_load(check->txn, check->division, short_text_bytes(id), &indicator)) {
        fail(check, "indicator_unreadable id=%s", id->at);
        return;
    }
    if (indicator.kind == KIND_CARRY_OVER) { /* so that the year before is asked, too */
        (void)year_sums_of(check, indicator.year - 1, indicator.fund);
    }
    sums = year_sums_of(check, indicator.year, indicator.fund);
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        sums->at[a] += indicator.balance[a];
        sums->closing[a] += indicator_is_closing(&indicator) ? indicator.balance[a] : 0;
    }
    if (indicator.kind == KIND_CARRY_OVER) {
        sums->carried_in -= indicator.balance[ACC_SRC_CARRY_IN];
    }
    /* The views of `indicator` die with no put, so it may be read on while others are loaded. */
    check_signs(check, id, &indicator);
    add_to_source(check, id, &indicator);
    check_origin(check, id, &indicator);
    check_registered(check, id, &indicator);
}

/* --- sums --- */

static void say_sum(struct check *check, const struct year_sums *sums, int account, int128 stored)
{
    char have[AMOUNT_TEXT_MAX], want[AMOUNT_TEXT_MAX];

    amount_format(have, stored);
    amount_format(want, sums->at[account]);
    fail(check, "year_sum_differs year=%d fund=%s account=%s stored=%s sum=%s", sums->year,
         sums->fund, account_info((enum account)account)->mnemonic, have, want);
}

/* Invariants 1 and 3, and the stored sums. */
static void check_years(struct check *check)
{
    for (size_t i = 0; i < check->year_count; i++) {
        const struct year_sums *sums = &check->years[i];
        const struct row_key key =
            year_sums_key(check->division, sums->year, bytes_text(sums->fund));
        int128 stored[ACCOUNTS], total = 0;
        char amount[AMOUNT_TEXT_MAX];

        year_sums_load(check->txn, &key, stored);
        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            total += sums->at[a];
            if (stored[a] != sums->at[a]) {
                say_sum(check, sums, a, stored[a]);
            }
        }
        if (total != 0) {
            amount_format(amount, total);
            fail(check, "sources_and_uses year=%d fund=%s difference=%s", sums->year, sums->fund,
                 amount);
        }
    }
}

/* Invariant 3 of a closed year: its closing line takes up sources and uses alike. */
static void check_closing(struct check *check, const struct year_sums *sums)
{
    char amount[AMOUNT_TEXT_MAX];

    if (sums->closing[ACC_CLOSE] != 0) {
        amount_format(amount, sums->closing[ACC_CLOSE]);
        blame(check, "closed_with_open year=%d fund=%s difference=%s", sums->year, sums->fund,
              amount);
    }
}

/* Invariant 8: what a year carried on is what came of it in the next. */
static void check_carried(struct check *check, const struct year_sums *sums)
{
    const int128 out = sums->at[ACC_CARRY_OUT] - sums->closing[ACC_CARRY_OUT];
    const int128 in = year_sums_of(check, sums->year + 1, bytes_text(sums->fund))->carried_in;
    char out_text[AMOUNT_TEXT_MAX], in_text[AMOUNT_TEXT_MAX];

    if (out != in) {
        amount_format(out_text, out);
        amount_format(in_text, in);
        fail(check, "carried_differs year=%d fund=%s carried=%s came=%s", sums->year, sums->fund,
             out_text, in_text);
    }
}

static void check_year_ends(struct check *check)
{
    for (size_t i = 0, count = check->year_count; i < count; i++) {
        const struct year_sums sums = check->years[i]; /* the array may grow */

        check_closing(check, &sums);
        check_carried(check, &sums);
    }
}

struct row_count {
    size_t rows;
};

static bool visit_year_row(void *arg, struct bytes key, struct bytes value)
{
    struct row_count *count = arg;
    int128 sums[ACCOUNTS];

    (void)key;
    if (year_sums_parse(value, sums)) {
        for (int a = 0; a < ACCOUNTS; a++) {
            if (sums[a] != 0) {
                count->rows++;
                break;
            }
        }
    }
    return true;
}

/* No stored sum of a year and fund type that has no indicator. */
static void check_no_more_years(struct check *check)
{
    const struct row_key prefix = row_key_of(ROW_YEAR, check->division, BYTES_NONE);
    struct row_count count = {0};
    struct err err;
    size_t expected = 0;

    for (size_t i = 0; i < check->year_count; i++) {
        for (int a = 0; a < ACCOUNTS; a++) {
            if (check->years[i].at[a] != 0) {
                expected++;
                break;
            }
        }
    }
    (void)txn_scan(check->txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_year_row, &count, &err);
    if (count.rows != expected) {
        fail(check, "sum_without_indicator");
    }
}

static void check_sources(struct check *check)
{
    char credit[AMOUNT_TEXT_MAX], debit[AMOUNT_TEXT_MAX];
    struct source_sums stored;

    for (size_t i = 0; i < check->indicators.count; i++) {
        const struct source_sums *sums = &check->sources[i];
        const struct short_text *id = &check->indicators.at[i];

        if (sums->credit == 0 && sums->debit == 0) {
            continue;
        }
        amount_format(credit, sums->credit);
        amount_format(debit, sums->debit);
        if (sums->credit != sums->debit) {
            fail(check, "source_gave id=%s given=%s standing=%s", id->at, credit, debit);
        } else if (!source_load(check->txn, check->division, short_text_bytes(id), &stored) ||
                   stored.credit != sums->credit || stored.debit != sums->debit) {
            fail(check, "source_sums_differ id=%s sum=%s", id->at, credit);
        }
    }
}

static void say_of_payments(void *arg, enum verify_cause cause, const char *fault)
{
    struct check *check = arg;
    char whole[VERIFY_FAULT_MAX];

    message_format(whole, sizeof whole, "in_ledger division=%s why=%s", check->division.code,
                   fault);
    check->is_sound = false;
    check->found(check->arg, cause, whole);
}

/* --- roll-ups --- */

struct account_sums {
    int128 at[ACCOUNTS];
};

static void add_balance(void *arg, const struct balance_row *row)
{
    struct account_sums *sums = arg;

    sums->at[row->account] += row->debit - row->credit;
}

static void compare_rollup(struct check *check, enum scope scope, enum dimension by,
                           const struct account_sums *want)
{
    struct account_sums have = {{0}};
    char stored[AMOUNT_TEXT_MAX], computed[AMOUNT_TEXT_MAX];

    query_balance(check->txn, NULL, check->division, scope, 0, by, add_balance, &have);
    for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
        if (have.at[a] != want->at[a]) {
            amount_format(stored, have.at[a]);
            amount_format(computed, want->at[a]);
            fail(check, "rollup_differs by=%s scope=%s key=%s stored=%s computed=%s",
                 dimension_name(by), scope == SCOPE_OWN ? "own" : "subtree",
                 account_info((enum account)a)->mnemonic, stored, computed);
        }
    }
}

static void check_own_rollups(struct check *check)
{
    struct account_sums want = {{0}};

    for (size_t i = 0; i < check->year_count; i++) {
        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            want.at[a] += check->years[i].at[a] - check->years[i].closing[a];
        }
    }
    for (int by = BY_ACCOUNT; by < DIMENSIONS; by++) {
        if (dimension_is_kept((enum dimension)by)) {
            compare_rollup(check, SCOPE_OWN, (enum dimension)by, &want);
        }
    }
}

/* --- both sides of a transfer --- */

static void fail_match(struct check *check, struct division issuer, const struct short_text *id,
                       const struct transfer_match *match, const struct transfer_sides *sides)
{
    char here[AMOUNT_TEXT_MAX], there[AMOUNT_TEXT_MAX], open[AMOUNT_TEXT_MAX];

    amount_format(here, sides->here);
    amount_format(there, sides->there);
    amount_format(open, sides->open);
    blame(check,
          "transfer_and_answer transfer=%s issuer=%s transfer_lsn=%llu answer=%s receiver=%s "
          "answer_lsn=%llu issued=%s registered=%s open=%s",
          id->at, issuer.code, (unsigned long long)match->transfer_lsn, match->answer_id.at,
          match->answer_lsn != 0 ? match->answerer.code : match->receiver.code,
          (unsigned long long)match->answer_lsn, here, there, open);
}

/* Invariant 4 for all transfers of one issuer. */
static void check_transfers_of(struct check *check, struct division issuer,
                               struct jurisdiction *jurisdiction)
{
    struct id_list ids = ID_LIST_EMPTY;

    id_list_scan(&ids, check->txn, ROW_TRANSFER_MATCH, issuer);
    for (size_t i = 0; i < ids.count; i++) {
        const struct bytes id = short_text_bytes(&ids.at[i]);
        struct transfer_sides sides;
        struct transfer_match match;

        if (!transfer_match_load(check->txn, issuer, id, &match)) {
            continue;
        }
        transfer_sides(check->txn, issuer, id, &match, &sides);
        if (match.breach || transfer_difference(&sides) != 0) {
            if (division_equal(issuer, check->division)) {
                fail_match(check, issuer, &ids.at[i], &match, &sides);
            } else {
                check->breach_below = true;
            }
        }
        jurisdiction_add_transfer(jurisdiction, issuer, id, &match, &sides);
    }
    id_list_free(&ids);
}

/* --- the jurisdiction --- */

static void add_member(struct check *check, struct division member,
                       struct jurisdiction *jurisdiction)
{
    jurisdiction_add_member(jurisdiction, member);
    check_transfers_of(check, member, jurisdiction);
}

/* Invariant 5: transfers inside cancel out but for what is open. */
static void check_jurisdiction(struct check *check, const struct roster *roster)
{
    struct jurisdiction jurisdiction = {
        .txn = check->txn, .roster = roster, .division = check->division};
    char transit[AMOUNT_TEXT_MAX], open[AMOUNT_TEXT_MAX];
    struct account_sums want;
    size_t members = 0;

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division member = roster_at(roster, i)->grant.division;

        if (roster_within(roster, member, check->division)) {
            members++;
            add_member(check, member, &jurisdiction);
        }
    }
    if (members == 0) { /* a roster that does not know it: own level only */
        add_member(check, check->division, &jurisdiction);
        return;
    }
    if (check->breach_below || !check->is_sound) {
        return; /* it cannot come out even, and why is said */
    }
    if (jurisdiction.sums[ACC_TRANSIT] != jurisdiction.open) {
        amount_format(transit, jurisdiction.sums[ACC_TRANSIT]);
        amount_format(open, jurisdiction.open);
        fail(check, "transit_differs transit=%s open=%s", transit, open);
    }
    memcpy(want.at, jurisdiction.sums, sizeof want.at);
    compare_rollup(check, SCOPE_SUBTREE, BY_ACCOUNT, &want);
}

bool verify_ledger_each(struct txn *txn, const struct roster *roster, struct division division,
                        verify_found_fn *found, void *arg)
{
    struct check check = {
        .txn = txn, .division = division, .found = found, .arg = arg, .is_sound = true};
    struct err err;

    id_list_scan(&check.indicators, txn, ROW_INDICATOR, division);
    check.sources = mem_zalloc((check.indicators.count + 1) * sizeof *check.sources);
    for (size_t i = 0; i < check.indicators.count; i++) {
        check_indicator(&check, &check.indicators.at[i]);
    }
    check_years(&check);
    check_no_more_years(&check);
    check_year_ends(&check);
    check_sources(&check);
    verify_payments(txn, division, &check.indicators, say_of_payments, &check);
    check_own_rollups(&check);
    check_jurisdiction(&check, roster);
    if (txn_status(txn, &err) != OK) {
        fail(&check, "%s", err.text);
    }
    id_list_free(&check.indicators);
    mem_free(check.sources);
    mem_free(check.years);
    return check.is_sound;
}

struct first {
    enum verify_cause cause;
    char *fault;
    size_t size;
};

static void keep_first(void *arg, enum verify_cause cause, const char *fault)
{
    struct first *first = arg;

    if (first->cause == VERIFY_SOUND) {
        first->cause = cause;
        (void)snprintf(first->fault, first->size, "%s", fault);
    }
}

enum verify_cause verify_ledger(struct txn *txn, const struct roster *roster,
                                struct division division, char *fault, size_t fault_size)
{
    struct first first = {VERIFY_SOUND, fault, fault_size};

    (void)verify_ledger_each(txn, roster, division, keep_first, &first);
    return first.cause;
}
