/* Agencies, accounts, projects and codes: who owns them, and which is in force here. */
#include <stdio.h>

#include "node/ledger/families/catalogues.h"

const char *catalogue_of_field(enum field field)
{
    switch (field) {
    case FIELD_FUND_TYPE_CODE:
        return "fund_type";
    case FIELD_EXP_FUNC_CODE:
        return "exp_func";
    case FIELD_TP_FUNC_CODE:
        return "tp_func";
    case FIELD_GOV_BGT_ECO_CODE:
        return "gov_bgt_eco";
    case FIELD_DEP_BGT_ECO_CODE:
        return "dep_bgt_eco";
    case FIELD_INCOME_SORT_CODE:
        return "income_sort";
    case FIELD_PRO_CAT_CODE:
        return "pro_cat";
    case FIELD_BGT_TYPE_CODE:
        return "bgt_type";
    case FIELD_SOURCE_TYPE_CODE:
        return "source_type";
    case FIELD_PAY_TYPE_CODE:
        return "pay_type";
    case FIELD_SET_MODE_CODE:
        return "set_mode";
    case FIELD_ACCT_TYPE_CODE:
        return "acct_type";
    default:
        return NULL;
    }
}

bool catalogue_in_force(const struct document *document)
{
    const struct bytes start = document_text(document, FIELD_START_DATE),
                       end = document_text(document, FIELD_END_DATE);
    char year[8];

    if (document_is_word(document, FIELD_IS_ENABLED, "2")) {
        return false;
    }
    (void)snprintf(year, sizeof year, "%04u", (unsigned)document_year(document) % 10000);
    return (start.size < 4 || memcmp(start.data, year, 4) <= 0) &&
           (end.size < 4 || memcmp(end.data, year, 4) >= 0);
}

struct catalogue_row catalogue_row_of(const struct applied *entry, const struct document *document,
                                      enum field name, enum field group)
{
    return (struct catalogue_row){
        .lsn = entry->lsn,
        .owner = entry->author,
        .year = document_year(document),
        .first_year = document_year(document),
        .usable = catalogue_in_force(document),
        .is_track = document_is_word(document, FIELD_IS_TRACK, "1"),
        .state = short_text_of(document_text(document, FIELD_STATE)),
        .agency = short_text_of(document_text(document, FIELD_AGENCY_CODE)),
        .name = document_text(document, name),
        .group = document_text(document, group),
    };
}

bool catalogue_code_usable(struct txn *txn, struct bytes set, int year, struct bytes code)
{
    const struct row_key key = code_key(set, year, code), set_key = code_set_key(set, year);
    struct catalogue_row row;
    struct bytes value;

    if (catalogue_load(txn, &key, &row)) {
        return row.usable;
    }
    return !txn_get(txn, SPACE_LEDGER, row_key_bytes(&set_key), &value);
}

void catalogue_store_version(struct txn *txn, const struct row_key *key, struct catalogue_row *row,
                             const struct catalogue_row *held)
{
    if (held != NULL) {
        const int first = row->year < held->first_year ? row->year : held->first_year;
        const bool is_track = row->is_track || held->is_track;

        if (row->year < held->year) {
            *row = *held;
        }
        row->first_year = first;
        row->is_track = is_track;
    }
    catalogue_store(txn, key, row);
}

bool catalogue_known(struct txn *txn, char letter, struct division owner, struct bytes code,
                     int year, struct catalogue_row *out)
{
    const struct row_key key = row_key_of(letter, owner, code);

    return catalogue_load(txn, &key, out) && out->first_year <= year;
}

void catalogue_alarm_clash(const struct ledger *ledger, const char *what, struct bytes code,
                           struct division a, struct division b)
{
    ledger_alarm(ledger, ALARM_ELEMENT_CLASH, a,
                 "code_has_two_owners what=%s code=%.*s author=%s owner=%s", what, (int)code.size,
                 (const char *)code.data, a.code, b.code);
}

bool catalogue_project(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                       int year, struct catalogue_row *out)
{
    bool found = false;

    for (const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
         member != NULL; member = member->parent) {
        struct catalogue_row row;

        if (catalogue_known(txn, ROW_PROJECT, member->grant.division, pro_code, year, &row)) {
            *out = row; /* one nearer the root wins */
            found = true;
        }
    }
    return found;
}

bool catalogue_project_above(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                             int year)
{
    const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
    struct catalogue_row row;

    if (member == NULL || member->parent == NULL) {
        return true;
    }
    for (member = member->parent; member != NULL; member = member->parent) {
        if (catalogue_known(txn, ROW_PROJECT, member->grant.division, pro_code, year, &row)) {
            return true;
        }
    }
    return false;
}
