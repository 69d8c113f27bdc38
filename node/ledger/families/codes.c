/* Codes that others use: elements on `tree`, and a division's agencies and bank accounts. */
#include "node/ledger/families/family.h"

/* Is `a` nearer the root than `b`? Both are on the line from the root to this node. */
static bool is_nearer_root(const struct ledger *ledger, struct division a, struct division b)
{
    return !division_equal(a, b) && roster_within(ledger->config.roster, b, a);
}

static void index_code(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                       const struct document *document)
{
    const struct bytes set = document_text(document, FIELD_ELE_CATALOG_CODE);
    const struct bytes code = document_text(document, FIELD_ELE_CODE);
    const struct row_key key = code_key(set, document_year(document), code);
    const struct row_key set_key = code_set_key(set, document_year(document));
    struct catalogue_row row = catalogue_row_of(entry, document, FIELD_ELE_NAME, FIELD_PARENT_CODE);
    struct catalogue_row held;
    struct bytes there;

    if (!ledger_is_above(ledger, entry->author)) {
        return; /* of a log below: in force there, and not here */
    }
    if (catalogue_load(txn, &key, &held) && !division_equal(held.owner, entry->author)) {
        catalogue_alarm_clash(ledger, "code", code, entry->author, held.owner);
        if (is_nearer_root(ledger, held.owner, entry->author)) {
            return;
        }
    }
    catalogue_store(txn, &key, &row);
    if (!txn_get(txn, SPACE_LEDGER, row_key_bytes(&set_key), &there)) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&set_key), bytes_text(""));
    }
}

static void index_own(struct txn *txn, const struct applied *entry, const struct document *document,
                      char letter, enum field code, enum field name, enum field group)
{
    const struct row_key key = row_key_of(letter, entry->author, document_text(document, code));
    struct catalogue_row row = catalogue_row_of(entry, document, name, group), held;

    catalogue_store_version(txn, &key, &row, catalogue_load(txn, &key, &held) ? &held : NULL);
}

static void index_agency(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *document)
{
    (void)ledger;
    index_own(txn, entry, document, ROW_AGENCY, FIELD_AGENCY_CODE, FIELD_AGENCY_NAME,
              FIELD_PARENT_CODE);
}

static void index_bank_account(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                               const struct document *document)
{
    (void)ledger;
    index_own(txn, entry, document, ROW_BANK_ACCOUNT, FIELD_ACCT_NO, FIELD_ACCT_NAME,
              FIELD_AGENCY_CODE);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_ELEMENT, .index = index_code},
    {.kind = KIND_AGENCY, .index = index_agency},
    {.kind = KIND_BANK_ACCOUNT, .index = index_bank_account},
};
const struct family family_codes = {"codes", kinds, COUNT_OF(kinds)};
