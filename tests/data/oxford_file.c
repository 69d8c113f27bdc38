#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/field_value.h"
#include "tests/data/oxford.h"
#include "tests/data/replay.h"

/* What tests/data/README.md says of the file. */
enum { ROWS = 61528, CREDITS = 84, UNDATED = 3836, AREAS = 40 };
#define TOTAL         INT64_C(22821015540)
#define CREDIT_TOTAL  INT64_C(-22717243)
#define UNDATED_TOTAL INT64_C(1416588728)

/* Where it has no dates it says those of April to June 2014, between the quarters around them. */
#define UNDATED_DAY "2014-06-30"

/* --- rows --- */

static int area_of(struct oxford *file, const char *name)
{
    for (int i = 0; i < file->area_count; i++) {
        if (strcmp(file->area[i], name) == 0) {
            return i;
        }
    }
    assert(file->area_count < AREAS_MAX && strlen(name) < sizeof file->area[0]);
    (void)snprintf(file->area[file->area_count], sizeof file->area[0], "%s", name);
    return file->area_count++;
}

static void copy(char *out, size_t size, const char *text)
{
    const int length = snprintf(out, size, "%s", text);

    assert(length > 0 && (size_t)length < size);
    (void)length;
}

static void bad_row(const struct oxford *file, const char *what)
{
    (void)fprintf(stderr, "oxford: row %zu: bad %s\n", file->count, what);
    exit(1);
}

static void read_date(struct oxford *file, struct oxford_row *row, const char *date)
{
    row->undated = date[0] == '\0';
    copy(row->date, sizeof row->date, row->undated ? UNDATED_DAY : date);
    if (sscanf(row->date, "%4d-%2d-", &row->year, &row->month) != 2 || row->year < YEAR_FIRST ||
        row->year >= YEAR_FIRST + YEARS || row->month < 1 || row->month > MONTHS) {
        bad_row(file, "date");
    }
}

/* service_area, category, expenditure_code, paid_date, trans_no, amount, payee */
static void read_row(void *arg, char **fields, size_t count)
{
    struct oxford *file = arg;
    struct oxford_row *row = &file->rows[file->count++];

    (void)count;
    assert(file->count < ROWS_MAX);
    row->number = (int)file->count;
    row->area = area_of(file, fields[0]);
    copy(row->code, sizeof row->code, fields[2]);
    read_date(file, row, fields[3]);
    copy(row->trans_no, sizeof row->trans_no, fields[4]);
    if (!amount_parse(&row->amount, bytes_text(fields[5]))) {
        bad_row(file, "amount");
    }
    if (sscanf(fields[6], "S%d", &row->supplier) != 1) {
        bad_row(file, "payee");
    }
    row->left = row->amount > 0 ? row->amount : 0;
    file->total += row->amount;
    file->undated += row->undated;
    file->undated_total += row->undated ? row->amount : 0;
    file->nothing += row->amount == 0;
    if (row->amount < 0) {
        file->credit_total += row->amount;
        file->credit_count++;
    }
}

static int compare_days(const void *first, const void *second)
{
    const struct oxford_row *a = *(struct oxford_row *const *)first,
                            *b = *(struct oxford_row *const *)second;
    int order = strcmp(a->date, b->date);

    if (order == 0) {
        order = (a->amount < 0) - (b->amount < 0);
    }
    return order != 0 ? order : a->number - b->number;
}

static void sort_days(struct oxford *file)
{
    file->by_day = mem_zalloc(file->count * sizeof(struct oxford_row *));
    for (size_t i = 0; i < file->count; i++) {
        file->by_day[i] = &file->rows[i];
    }
    qsort(file->by_day, file->count, sizeof(struct oxford_row *), compare_days);
}

int64_t oxford_paid(const struct oxford *file, int area, int year)
{
    int64_t sum = 0;

    for (size_t i = 0; i < file->count; i++) {
        const struct oxford_row *row = &file->rows[i];

        sum += row->area == area && row->year == year && row->amount > 0 ? row->amount : 0;
    }
    return sum;
}

/* --- credit notes --- */

const char *credit_sort_name(enum credit_sort sort)
{
    static const char *const names[SORTS] = {"fitted one payment", "cut",
                                             "fitted one of an earlier year", "on the line"};

    return names[sort];
}

static bool is_candidate(const struct credit *credit, const struct oxford_row *row)
{
    return row->supplier == credit->row->supplier && row->area == credit->row->area &&
           row->left > 0;
}

static void take(struct credit *credit, struct oxford_row *payment, int64_t amount)
{
    assert(credit->parts < PARTS_MAX && amount > 0 && amount <= payment->left);
    payment->left -= amount;
    credit->part[credit->parts++] = (struct credit_part){payment, amount};
}

/* The latest payment before place `at` that has all of it left. */
static bool take_one(struct oxford *file, struct credit *credit, size_t at, bool same_year,
                     bool same_code)
{
    const int64_t amount = -credit->row->amount;

    while (at-- > 0) {
        struct oxford_row *row = file->by_day[at];

        if (is_candidate(credit, row) && row->left >= amount &&
            (row->year == credit->row->year) == same_year &&
            (!same_code || strcmp(row->code, credit->row->code) == 0)) {
            take(credit, row, amount);
            return true;
        }
    }
    return false;
}

static bool is_of_year(const struct credit *credit, const struct oxford_row *row)
{
    return is_candidate(credit, row) && row->year == credit->row->year;
}

static bool take_several(struct oxford *file, struct credit *credit, size_t at)
{
    int64_t amount = -credit->row->amount, all = 0;

    for (size_t i = 0; i < at; i++) {
        all += is_of_year(credit, file->by_day[i]) ? file->by_day[i]->left : 0;
    }
    while (all >= -credit->row->amount && at-- > 0 && amount > 0) {
        struct oxford_row *row = file->by_day[at];
        const int64_t part = is_of_year(credit, row) ? row->left : 0;

        if (part > 0) {
            take(credit, row, part < amount ? part : amount);
            amount -= part < amount ? part : amount;
        }
    }
    return credit->parts > 0;
}

static enum credit_sort find_payments(struct oxford *file, struct credit *credit, size_t at)
{
    if (take_one(file, credit, at, true, true) || take_one(file, credit, at, true, false)) {
        return CREDIT_FITTED;
    }
    if (take_several(file, credit, at)) {
        return CREDIT_CUT;
    }
    return take_one(file, credit, at, false, true) || take_one(file, credit, at, false, false)
               ? CREDIT_EARLIER
               : CREDIT_ON_LINE;
}

static void find_credits(struct oxford *file)
{
    file->credit_count = 0;
    for (size_t at = 0; at < file->count; at++) {
        if (file->by_day[at]->amount < 0) {
            struct credit *credit = &file->credit[file->credit_count++];

            *credit = (struct credit){.row = file->by_day[at]};
            credit->sort = find_payments(file, credit, at);
            file->sorts[credit->sort]++;
        }
    }
}

void oxford_read(struct oxford *file, const char *path)
{
    file->rows = mem_zalloc(ROWS_MAX * sizeof *file->rows);
    csv_each(path, 7, read_row, file);
    if (file->count != ROWS || file->total != TOTAL || file->credit_count != CREDITS ||
        file->credit_total != CREDIT_TOTAL || file->undated != UNDATED ||
        file->undated_total != UNDATED_TOTAL || file->nothing != 1 || file->area_count != AREAS) {
        (void)fprintf(stderr,
                      "oxford: %zu rows of %" PRId64 ", %zu credit notes of %" PRId64
                      ", %zu without a date of %" PRId64 ", %zu of nothing, %d areas\n",
                      file->count, file->total, file->credit_count, file->credit_total,
                      file->undated, file->undated_total, file->nothing, file->area_count);
        exit(1);
    }
    sort_days(file);
    find_credits(file);
}

void oxford_free(struct oxford *file)
{
    mem_free(file->rows);
    mem_free(file->by_day);
}

bool oxford_make_up_cut(struct oxford *file, struct oxford_row *row, struct credit *credit)
{
    for (size_t at = file->count; at-- > 0;) {
        const struct oxford_row *payment = file->by_day[at];

        if (payment->left == 0) {
            continue;
        }
        *row = *payment;
        row->number += (int)file->count; /* of no row */
        row->amount = -payment->left - 1;
        *credit = (struct credit){.row = row};
        if (!take_one(file, credit, file->count, true, false) &&
            take_several(file, credit, file->count)) {
            credit->sort = CREDIT_CUT;
            return true;
        }
        for (size_t i = 0; i < credit->parts; i++) { /* one had enough */
            credit->part[i].payment->left += credit->part[i].amount;
        }
    }
    return false;
}

/* --- cells --- */

uint64_t cell_key(int supplier, int area, int year, int month)
{
    return (((uint64_t)supplier * AREAS_MAX + (uint64_t)area) * YEARS +
            (uint64_t)(year - YEAR_FIRST)) *
               MONTHS +
           (uint64_t)(month - 1);
}

static int compare_cells(const void *first, const void *second)
{
    const struct cell *a = first, *b = second;

    return (a->key > b->key) - (a->key < b->key);
}

size_t cells_sum(struct cell *cells, size_t count)
{
    size_t sums = 0;

    qsort(cells, count, sizeof *cells, compare_cells);
    for (size_t i = 0; i < count; i++) {
        if (sums > 0 && cells[sums - 1].key == cells[i].key) {
            cells[sums - 1].amount += cells[i].amount;
        } else {
            cells[sums++] = cells[i];
        }
    }
    return sums;
}

size_t oxford_cells(const struct oxford *file, struct cell *out)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct oxford_row *row = &file->rows[i];

        out[i] =
            (struct cell){cell_key(row->supplier, row->area, row->year, row->month), row->amount};
    }
    return cells_sum(out, file->count);
}
