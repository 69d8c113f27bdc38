/* Balances and the money chain, from roll-ups. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query/names.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/agency_rows.h"
#include "proto/array.h"

/* --- balances --- */

static const struct {
    const char *name;
    enum rollup_dimension rows; /* that it is made from */
} dimensions[DIMENSIONS] = {
    [BY_ACCOUNT] = {"account", ROLLUP_ACCOUNT},
    [BY_PROJECT] = {"project", ROLLUP_PROJECT},
    [BY_FUNCTION] = {"function", ROLLUP_FUNCTION},
    [BY_FUND] = {"fund", ROLLUP_FUND},
    [BY_AGENCY] = {"agency", ROLLUP_AGENCY},
    [BY_DEPARTMENT] = {"department", ROLLUP_AGENCY},
    [BY_ECONOMIC] = {"economic", ROLLUP_ECONOMIC},
    [BY_GOV_ECONOMIC] = {"gov_economic", ROLLUP_GOV_ECONOMIC},
    [BY_DIRECT] = {"direct", ROLLUP_DIRECT},
    [BY_MONTH] = {"month", ROLLUP_MONTH},
};

const char *dimension_name(enum dimension by)
{
    assert(by < DIMENSIONS);
    return dimensions[by].name;
}

bool dimension_is_kept(enum dimension by)
{
    return by != BY_DEPARTMENT && !rollup_is_sparse(dimensions[by].rows);
}

enum dimension dimension_named(const char *name)
{
    enum dimension by = BY_ACCOUNT;

    while (by < DIMENSIONS && strcmp(dimensions[by].name, name) != 0) {
        by++;
    }
    return by;
}

struct balance_group {
    char key[ROLLUP_KEY_MAX];
    struct division division; /* whose ledger, then whose code */
    int year;
    struct rollup sums;
};
struct balance_groups {
    struct balance_group *at;
    size_t count, capacity;
    enum rollup_dimension dimension;
    bool has_owner; /* keys begin with a division */
    struct txn *txn;
    char letter;
    struct division of;
    struct division top; /* whose codes those are, is asked up to this one; NONE: up to the root */
};

static bool visit_rollup(void *arg, struct bytes row_key, struct bytes value)
{
    struct balance_groups *groups = arg;
    enum rollup_dimension dimension;
    struct balance_group *group;
    struct rollup sums;
    struct bytes key;
    int year;

    if (!rollup_key_parse(row_key, &year, &dimension, &key) || dimension != groups->dimension ||
        key.size >= sizeof group->key ||
        !txn_check_row(groups->txn, row_key, rollup_parse(value, &sums))) {
        return true;
    }
    ARRAY_ROOM(groups->at, groups->count, groups->capacity);
    group = &groups->at[groups->count++];
    memset(group->key, 0, sizeof group->key);
    group->division = DIVISION_NONE;
    group->year = year;
    if (groups->has_owner && key.size > DIVISION_CODE_MAX) {
        memcpy(group->division.code, key.data, DIVISION_CODE_MAX);
        key = bytes_of(key.data + DIVISION_CODE_MAX, key.size - DIVISION_CODE_MAX);
    }
    if (key.size > 0) {
        memcpy(group->key, key.data, key.size);
    }
    group->sums = sums;
    return true;
}

/* The rows of one year and dimension stand together. */
static void scan_year(struct balance_groups *groups, int year)
{
    const struct row_key prefix =
        rollup_key(groups->letter, groups->of, year, groups->dimension, BYTES_NONE);
    struct err err;

    (void)txn_scan(groups->txn, SPACE_ROLLUPS, row_key_bytes(&prefix), visit_rollup, groups, &err);
}

static bool take_year(void *arg, struct bytes row_key, struct bytes value)
{
    enum rollup_dimension dimension;
    struct bytes key;

    (void)value;
    return !rollup_key_parse(row_key, arg, &dimension, &key);
}

/* The first year from this one on that has sums; -1: there is none. */
static int find_year(const struct balance_groups *groups, int from)
{
    const struct row_key prefix = rollup_prefix(groups->letter, groups->of);
    const struct row_key first =
        rollup_key(groups->letter, groups->of, from, ROLLUP_ACCOUNT, BYTES_NONE);
    struct err err;
    int year = -1;

    (void)txn_scan_from(groups->txn, SPACE_ROLLUPS, row_key_bytes(&prefix), row_key_bytes(&first),
                        take_year, &year, &err);
    return year >= from ? year : -1;
}

/* year 0: all. */
static void scan_years(struct balance_groups *groups, int year)
{
    if (year != 0) {
        scan_year(groups, year);
        return;
    }
    for (year = find_year(groups, 0); year >= 0;
         year = year < UINT16_MAX ? find_year(groups, year + 1) : -1) {
        scan_year(groups, year);
    }
}

/* --- money without the element --- */

static void add_sums(struct rollup *to, const struct rollup *more, int sign)
{
    for (size_t a = 0; a < ACCOUNTS; a++) {
        to->of[a].debit += sign * more->of[a].debit;
        to->of[a].credit += sign * more->of[a].credit;
    }
}

/* It has no row: it is what remains of all there is. */
static void add_remainder(struct balance_groups *groups, int year)
{
    struct balance_groups all = *groups;
    struct balance_group *group;
    struct rollup left;

    memset(&left, 0, sizeof left);
    all.at = NULL;
    all.count = all.capacity = 0;
    all.dimension = ROLLUP_ACCOUNT;
    scan_years(&all, year);
    for (size_t i = 0; i < all.count; i++) {
        add_sums(&left, &all.at[i].sums, 1);
    }
    for (size_t i = 0; i < groups->count; i++) {
        add_sums(&left, &groups->at[i].sums, -1);
    }
    mem_free(all.at);
    ARRAY_ROOM(groups->at, groups->count, groups->capacity);
    group = &groups->at[groups->count++];
    memset(group, 0, sizeof *group);
    group->sums = left;
}

/* --- whose a code is --- */

static void set_key(struct balance_group *group, const char *code)
{
    char copy[sizeof group->key];

    (void)snprintf(copy, sizeof copy, "%s", code);
    memcpy(group->key, copy, sizeof copy);
}

/* Adds what stands under an agency to each of those above it: as a department, an agency has all
 * that is below it, by the register of the division that has it. */
static void add_to_departments(struct balance_groups *groups, const struct roster *roster)
{
    const size_t agencies = groups->count;

    for (size_t i = 0; i < agencies; i++) {
        struct balance_group department = groups->at[i];
        const struct bytes agency = bytes_text(groups->at[i].key);
        struct division owner = groups->of;
        struct agency_line line;

        if (agency.size == 0) {
            continue;
        }
        if (groups->has_owner) {
            owner = name_owner(groups->txn, roster, ROW_AGENCY, department.division, groups->top,
                               agency);
        }
        agency_ancestors(groups->txn, owner, agency, department.year, &line);
        for (size_t above = 0; above < line.count; above++) {
            set_key(&department, line.above[above].at);
            ARRAY_ROOM(groups->at, groups->count, groups->capacity);
            groups->at[groups->count++] = department;
        }
    }
}

static void name_owners(struct balance_groups *groups, const struct roster *roster)
{
    const char letter = groups->dimension == ROLLUP_PROJECT ? ROW_PROJECT : ROW_AGENCY;

    assert(roster != NULL);
    for (size_t i = 0; i < groups->count; i++) {
        struct balance_group *group = &groups->at[i];
        char code[sizeof group->key];

        if (division_is_none(group->division)) {
            continue;
        }
        group->division = name_owner(groups->txn, roster, letter, group->division, groups->top,
                                     bytes_text(group->key));
        if (!division_is_none(group->division)) {
            memcpy(code, group->key, sizeof code);
            (void)snprintf(group->key, sizeof group->key, "%s/%.*s", group->division.code,
                           (int)(sizeof code - DIVISION_CODE_MAX - 2), code);
        }
    }
}

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct balance_group *)a)->key, ((const struct balance_group *)b)->key);
}

/* Years of one key become one group. */
static void merge_groups(struct balance_groups *groups)
{
    size_t kept = 0;

    if (groups->count == 0) {
        return;
    }
    qsort(groups->at, groups->count, sizeof *groups->at, compare_groups);
    for (size_t i = 1; i < groups->count; i++) {
        if (compare_groups(&groups->at[kept], &groups->at[i]) != 0) {
            groups->at[++kept] = groups->at[i];
            continue;
        }
        add_sums(&groups->at[kept].sums, &groups->at[i].sums, 1);
    }
    groups->count = kept + 1;
}

void query_balance(struct txn *txn, const struct roster *roster, struct division division,
                   enum scope scope, int year, enum dimension by,
                   void (*visit)(void *arg, const struct balance_row *row), void *arg)
{
    struct balance_groups groups = {
        .txn = txn, .of = division, .letter = scope == SCOPE_OWN ? ROLLUP_OWN : ROLLUP_SUBTREE};

    assert(by < DIMENSIONS);
    groups.dimension = dimensions[by].rows;
    groups.has_owner = scope == SCOPE_SUBTREE && rollup_has_owner(groups.dimension);
    scan_years(&groups, year);
    if (rollup_is_sparse(groups.dimension)) {
        add_remainder(&groups, year);
    }
    if (by == BY_DEPARTMENT) {
        groups.top = division; /* what registers above it say, not every holder knows */
        add_to_departments(&groups, roster);
    }
    if (groups.has_owner) {
        name_owners(&groups, roster);
    }
    merge_groups(&groups);
    for (size_t i = 0; i < groups.count; i++) {
        const struct balance_group *group = &groups.at[i];

        for (int a = ACC_SRC_APPROVED; a < ACCOUNTS; a++) {
            struct balance_row row = {.division = group->division,
                                      .account = (enum account)a,
                                      .debit = group->sums.of[a].debit,
                                      .credit = group->sums.of[a].credit};

            if (row.debit == 0 && row.credit == 0) {
                continue;
            }
            memcpy(row.key, group->key, sizeof row.key);
            if (by == BY_ACCOUNT) {
                (void)snprintf(row.key, sizeof row.key, "%s", account_info(row.account)->mnemonic);
            }
            visit(arg, &row);
        }
    }
    mem_free(groups.at);
}

/* --- chain --- */

void chain_add(struct chain_row *chain, const struct balance_row *row)
{
    const int128 net = row->debit - row->credit;

    switch (row->account) {
    case ACC_SRC_APPROVED:
    case ACC_SRC_TRANSFER_IN:
    case ACC_SRC_CARRY_IN:
    case ACC_SRC_RECOVERED:
    case ACC_SRC_ADVANCE:
        chain->received -= net;
        break;
    case ACC_UNALLOC:
        chain->unallocated += net;
        break;
    case ACC_SPENT:
        chain->paid += net;
        /* fall through */
    case ACC_AVAIL:
    case ACC_FROZEN:
    case ACC_COMMIT:
        chain->released += net;
        /* fall through */
    case ACC_PENDING:
        chain->allocated += net;
        break;
    case ACC_TRANSIT:
        chain->in_transit += net;
        /* fall through */
    case ACC_XFER_OUT:
        chain->passed_down += net;
        break;
    default:
        break;
    }
}

static void add_to_chain(void *arg, const struct balance_row *row)
{
    chain_add(arg, row);
}

void query_chain(struct txn *txn, struct division division, enum scope scope, int year,
                 struct chain_row *out)
{
    memset(out, 0, sizeof *out);
    query_balance(txn, NULL, division, scope, year, BY_ACCOUNT, add_to_chain, out);
}
