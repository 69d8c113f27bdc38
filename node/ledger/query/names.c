#include "node/ledger/query/names.h"

#include "node/ledger/families/catalogues.h"

static bool load_owned(struct txn *txn, const struct roster *roster, char letter,
                       struct division division, struct division top, struct bytes code,
                       struct division *owner, struct catalogue_row *row)
{
    for (const struct member *member = roster_find(roster, division); member != NULL;
         member = member->parent) {
        const struct row_key key = row_key_of(letter, member->grant.division, code);

        if (catalogue_load(txn, &key, row)) {
            *owner = member->grant.division;
            return true;
        }
        if (division_equal(member->grant.division, top)) {
            break;
        }
    }
    return false;
}

struct division name_owner(struct txn *txn, const struct roster *roster, char letter,
                           struct division division, struct division top, struct bytes code)
{
    struct division owner = DIVISION_NONE;
    struct catalogue_row row;

    (void)load_owned(txn, roster, letter, division, top, code, &owner, &row);
    return owner;
}

struct bytes name_of_owned(struct txn *txn, const struct roster *roster, char letter,
                           struct division division, struct bytes code)
{
    struct division owner;
    struct catalogue_row row;

    return code.size > 0 &&
                   load_owned(txn, roster, letter, division, DIVISION_NONE, code, &owner, &row)
               ? row.name
               : BYTES_NONE;
}

/* --- codes of a set --- */

static bool take_year(void *arg, struct bytes key, struct bytes value)
{
    (void)value;
    if (key.size >= 2) {
        *(int *)arg = key.data[key.size - 2] << 8 | key.data[key.size - 1];
    }
    return true;
}

/* A row of the set stands there for each year that has codes: few, and the last is the newest. */
int newest_year_of_set(struct txn *txn, struct bytes set)
{
    struct row_key prefix = code_set_key(set, 0);
    struct err err;
    int year = 0;

    prefix.size -= 2; /* without the year */
    (void)txn_scan(txn, SPACE_LEDGER, row_key_bytes(&prefix), take_year, &year, &err);
    return year;
}

struct bytes name_of_code(struct txn *txn, enum field field, int year, struct bytes code)
{
    const char *set = catalogue_of_field(field);
    struct catalogue_row row;
    struct row_key key;

    if (set == NULL || code.size == 0) {
        return BYTES_NONE;
    }
    if (year == 0) {
        year = newest_year_of_set(txn, bytes_text(set));
    }
    key = code_key(bytes_text(set), year, code);
    return catalogue_load(txn, &key, &row) ? row.name : BYTES_NONE;
}
