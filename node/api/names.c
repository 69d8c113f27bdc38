#include "node/api/names.h"

#include "node/ledger/families/catalogues.h"

static void out_name(struct json_out *out, const char *key, struct bytes name)
{
    if (name.size > 0) {
        out_bytes(out, key, name);
    }
}

void out_division_name(struct json_out *out, const char *key, const struct names *names,
                       struct division division)
{
    const struct place *place = roster_snapshot_place(names->roster, division);

    if (place != NULL) {
        out_name(out, key, bytes_text(place->name));
    }
}

void out_owned_name(struct json_out *out, const char *key, const struct names *names, char letter,
                    struct division division, struct bytes code)
{
    out_name(out, key, name_of_owned(names->txn, names->roster->roster, letter, division, code));
}

static const enum field sets[LINE_ELEMENTS] = {
    [LINE_FUNCTION] = FIELD_EXP_FUNC_CODE,
    [LINE_FUND] = FIELD_FUND_TYPE_CODE,
    [LINE_ECONOMIC] = FIELD_DEP_BGT_ECO_CODE,
    [LINE_GOV_ECONOMIC] = FIELD_GOV_BGT_ECO_CODE,
};

static struct bytes name_of_element(const struct names *names, enum line_element element,
                                    struct division division, int year, struct bytes code)
{
    struct bytes name;

    if (element == LINE_AGENCY || element == LINE_PROJECT) {
        return name_of_owned(names->txn, names->roster->roster,
                             element == LINE_AGENCY ? ROW_AGENCY : ROW_PROJECT, division, code);
    }
    name = name_of_code(names->txn, sets[element], year, code);
    return name.size > 0 || element != LINE_FUNCTION
               ? name
               : name_of_code(names->txn, FIELD_TP_FUNC_CODE, year, code);
}

void out_element_name(struct json_out *out, const char *key, const struct names *names,
                      enum line_element element, struct division division, int year,
                      const char *code)
{
    const char *slash = strchr(code, '/');
    struct division owner;

    if (slash != NULL && division_parse(&owner, bytes_of(code, (size_t)(slash - code)))) {
        division = owner;
        code = slash + 1;
    }
    if (element < LINE_ELEMENTS) {
        out_name(out, key, name_of_element(names, element, division, year, bytes_text(code)));
    }
}

/* A function may be of either of two sets. */
bool element_settle_year(const struct names *names, enum line_element element, int *year)
{
    const bool has_set =
        element < LINE_ELEMENTS && element != LINE_FUNCTION && sets[element] != (enum field)0;

    if (*year == 0 && has_set) {
        *year = newest_year_of_set(names->txn, bytes_text(catalogue_of_field(sets[element])));
        return *year != 0;
    }
    return element < LINE_ELEMENTS;
}

enum line_element element_of_dimension(enum dimension by)
{
    return by == BY_DEPARTMENT ? LINE_AGENCY : line_element_named(bytes_text(dimension_name(by)));
}
