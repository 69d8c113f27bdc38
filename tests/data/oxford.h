/* oxford - the payments of a city over GBP 500 in four years, and which payment each of its credit
 * notes belongs to: what the file says, without any ledger.
 *
 * A credit note names no payment. It is one of the same supplier out of the same line (a service
 * area in a calendar year), paid no later than the credit, in this order:
 *
 *   CREDIT_FITTED    one payment of the year has so much left: rather of the same expenditure code,
 *                    the latest first
 *   CREDIT_CUT       none alone, but several of the year together: a part for each
 *   CREDIT_EARLIER   one payment of an earlier year has so much left
 *   CREDIT_ON_LINE   none: it is a credit of the line
 *
 * Owns: its rows, until the program ends. Thread: one. Units: pennies. */
#ifndef TERRACE_TESTS_DATA_OXFORD_H
#define TERRACE_TESTS_DATA_OXFORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YEAR_FIRST = 2014, YEARS = 5, AREAS_MAX = 64, PARTS_MAX = 8, CREDITS_MAX = 128 };
enum { ROWS_MAX = 70000, SORTS = 4, MONTHS = 12 };

struct oxford_row {
    int number; /* in the file, from 1 on */
    int year, month, area, supplier;
    char date[11], code[16], trans_no[24];
    bool undated;
    int64_t amount; /* below nothing: a credit note */
    int64_t left;   /* of a payment: what no credit note has taken */
};

enum credit_sort { CREDIT_FITTED, CREDIT_CUT, CREDIT_EARLIER, CREDIT_ON_LINE };
const char *credit_sort_name(enum credit_sort sort);

struct credit {
    const struct oxford_row *row;
    enum credit_sort sort;
    struct credit_part {
        struct oxford_row *payment;
        int64_t amount;
    } part[PARTS_MAX];
    size_t parts;
};

struct oxford {
    struct oxford_row *rows, **by_day; /* of one day: payments first, then as in the file */
    size_t count;
    char area[AREAS_MAX][48];
    int area_count;
    struct credit credit[CREDITS_MAX];
    size_t credit_count, sorts[SORTS];
    size_t undated, nothing; /* rows without a date; of amount zero */
    int64_t total, credit_total, undated_total;
};
/* Ends the program when the file is not the one that tests/data/README.md describes. */
void oxford_read(struct oxford *file, const char *path);

void oxford_free(struct oxford *file);

/* A credit note that several payments of the year together have left, and none alone; of what no
 * other has taken. False when there are no such payments. */
bool oxford_make_up_cut(struct oxford *file, struct oxford_row *row, struct credit *credit);

/* What a line pays out in all. */
int64_t oxford_paid(const struct oxford *file, int area, int year);

/* One figure that the file and a ledger both have: a supplier's, out of one line, in one month. */
struct cell {
    uint64_t key;
    int64_t amount;
};
uint64_t cell_key(int supplier, int area, int year, int month);
/* Sorts, and adds up those of one key, in place. Returns how many are left: those of nothing too.
 */
size_t cells_sum(struct cell *cells, size_t count);
/* The file's own, from its rows alone. Room for ROWS_MAX. */
size_t oxford_cells(const struct oxford *file, struct cell *out);

#endif
