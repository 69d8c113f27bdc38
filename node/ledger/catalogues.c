/* Agencies, accounts, projects and codes: who owns them, and which is in force here. */
#include <stdio.h>

#include "node/ledger/kind_steps.h"
#include "node/ledger/ledger_internal.h"

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

/* Is a code in force on any day of its year? */
static bool in_force(const struct document *document)
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

static struct catalogue_row row_of(const struct applied *entry, const struct document *document,
                                   enum field name, enum field group)
{
    return (struct catalogue_row){
        .lsn = entry->lsn,
        .owner = entry->author,
        .year = document_year(document),
        .first_year = document_year(document),
        .usable = in_force(document),
        .is_track = document_is_word(document, FIELD_IS_TRACK, "1"),
        .state = short_text_of(document_text(document, FIELD_STATE)),
        .agency = short_text_of(document_text(document, FIELD_AGENCY_CODE)),
        .name = document_text(document, name),
        .group = document_text(document, group),
    };
}

/* Agencies, accounts and projects stay from their year on: a version of an earlier year, entered
 * late, says since when there is one and nothing else. */
static void store_version(struct txn *txn, const struct row_key *key, struct catalogue_row *row,
                          const struct catalogue_row *held)
{
    if (held != NULL) {
        const int first = row->year < held->first_year ? row->year : held->first_year;

        if (row->year < held->year) {
            *row = *held;
        }
        row->first_year = first;
    }
    catalogue_store(txn, key, row);
}

bool catalogue_known(struct txn *txn, char letter, struct division owner, struct bytes code,
                     int year, struct catalogue_row *out)
{
    const struct row_key key = row_key_of(letter, owner, code);

    return catalogue_load(txn, &key, out) && out->first_year <= year;
}

static void alarm_clash(const struct ledger *ledger, const char *what, struct bytes code,
                        struct division a, struct division b)
{
    ledger_alarm(ledger, "element_clash", a, "%s %.*s of %s and of %s", what, (int)code.size,
                 (const char *)code.data, a.code, b.code);
}

/* Is `a` nearer the root than `b`? Both are on the line from the root to this node. */
static bool is_nearer_root(const struct ledger *ledger, struct division a, struct division b)
{
    return !division_equal(a, b) && roster_within(ledger->config.roster, b, a);
}

void catalogue_enter_code(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document)
{
    const struct bytes set = document_text(document, FIELD_ELE_CATALOG_CODE);
    const struct bytes code = document_text(document, FIELD_ELE_CODE);
    const struct row_key key = code_key(set, document_year(document), code);
    const struct row_key set_key = code_set_key(set, document_year(document));
    struct catalogue_row row = row_of(entry, document, FIELD_ELE_NAME, FIELD_PARENT_CODE);
    struct catalogue_row held;
    struct bytes there;

    if (!ledger_is_above(ledger, entry->author)) {
        return; /* of a log below: in force there, and not here */
    }
    if (catalogue_load(txn, &key, &held) && !division_equal(held.owner, entry->author)) {
        alarm_clash(ledger, "code", code, entry->author, held.owner);
        if (is_nearer_root(ledger, held.owner, entry->author)) {
            return;
        }
    }
    catalogue_store(txn, &key, &row);
    if (!txn_get(txn, SPACE_LEDGER, row_key_bytes(&set_key), &there)) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&set_key), bytes_text(""));
    }
}

/* A later version may leave out what does not change. */
void catalogue_enter_project(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                             const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const struct row_key key = row_key_of('P', entry->author, code);
    struct catalogue_row row = row_of(entry, document, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE);
    struct catalogue_row held;

    if (catalogue_load(txn, &key, &held)) {
        row.name = row.name.size > 0 ? row.name : held.name;
        row.group = row.group.size > 0 ? row.group : held.group;
        row.agency = row.agency.size > 0 ? row.agency : held.agency;
        row.is_track = row.is_track || held.is_track;
        store_version(txn, &key, &row, &held);
        return;
    }
    if (ledger_is_above(ledger, entry->author) &&
        catalogue_project(ledger, txn, code, row.year, &held)) {
        alarm_clash(ledger, "project", code, entry->author, held.owner);
    }
    store_version(txn, &key, &row, NULL);
}

static void enter_own(struct txn *txn, const struct applied *entry, const struct document *document,
                      char letter, enum field code, enum field name, enum field group)
{
    const struct row_key key = row_key_of(letter, entry->author, document_text(document, code));
    struct catalogue_row row = row_of(entry, document, name, group), held;

    store_version(txn, &key, &row, catalogue_load(txn, &key, &held) ? &held : NULL);
}

void catalogue_enter_agency(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                            const struct document *document)
{
    (void)ledger;
    enter_own(txn, entry, document, 'A', FIELD_AGENCY_CODE, FIELD_AGENCY_NAME, FIELD_PARENT_CODE);
}

void catalogue_enter_account(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                             const struct document *document)
{
    (void)ledger;
    enter_own(txn, entry, document, 'K', FIELD_ACCT_NO, FIELD_ACCT_NAME, FIELD_AGENCY_CODE);
}

bool catalogue_project(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                       int year, struct catalogue_row *out)
{
    bool found = false;

    for (const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
         member != NULL; member = member->parent) {
        struct catalogue_row row;

        if (catalogue_known(txn, 'P', member->grant.division, pro_code, year, &row)) {
            *out = row; /* one nearer the root wins */
            found = true;
        }
    }
    return found;
}
