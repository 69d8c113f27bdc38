/* Agencies, accounts, projects and codes: who owns them, and which is in force here. */
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

static struct catalogue_row row_of(const struct applied *entry, const struct document *document,
                                   enum field name, enum field group)
{
    return (struct catalogue_row){
        .lsn = entry->lsn,
        .owner = entry->author,
        .year = document_year(document),
        .usable = !document_is_word(document, FIELD_IS_ENABLED, "2"),
        .state = short_text_of(document_text(document, FIELD_STATE)),
        .name = document_text(document, name),
        .group = document_text(document, group),
    };
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

static void enter_code(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                       const struct document *document)
{
    const struct bytes set = document_text(document, FIELD_ELE_CATALOG_CODE);
    const struct bytes code = document_text(document, FIELD_ELE_CODE);
    const struct row_key key = code_key(set, document_year(document), code);
    const struct row_key set_key = code_set_key(set, document_year(document));
    struct catalogue_row row = row_of(entry, document, FIELD_ELE_NAME, FIELD_PARENT_CODE);
    struct catalogue_row held;
    struct bytes there;

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
static void enter_project(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const struct row_key key = row_key_of('P', entry->author, code);
    struct catalogue_row row = row_of(entry, document, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE);
    struct catalogue_row held;

    if (catalogue_load(txn, &key, &held)) {
        row.name = row.name.size > 0 ? row.name : held.name;
        row.group = row.group.size > 0 ? row.group : held.group;
    } else if (ledger_is_above(ledger, entry->author) &&
               catalogue_project(ledger, txn, code, &held)) {
        alarm_clash(ledger, "project", code, entry->author, held.owner);
    }
    catalogue_store(txn, &key, &row);
}

void catalogue_enter(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                     const struct document *document)
{
    struct catalogue_row row;
    struct row_key key;

    switch (document->kind) {
    case KIND_ELEMENT:
        if (ledger_is_above(ledger, entry->author)) {
            enter_code(ledger, txn, entry, document);
        }
        break;
    case KIND_PROJECT:
        enter_project(ledger, txn, entry, document);
        break;
    case KIND_AGENCY:
        row = row_of(entry, document, FIELD_AGENCY_NAME, FIELD_PARENT_CODE);
        key = row_key_of('A', entry->author, document_text(document, FIELD_AGENCY_CODE));
        catalogue_store(txn, &key, &row);
        break;
    case KIND_BANK_ACCOUNT:
        row = row_of(entry, document, FIELD_ACCT_NAME, FIELD_AGENCY_CODE);
        key = row_key_of('K', entry->author, document_text(document, FIELD_ACCT_NO));
        catalogue_store(txn, &key, &row);
        break;
    default:
        break;
    }
}

bool catalogue_project(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                       struct catalogue_row *out)
{
    bool found = false;

    for (const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
         member != NULL; member = member->parent) {
        const struct row_key key = row_key_of('P', member->grant.division, pro_code);
        struct catalogue_row row;

        if (catalogue_load(txn, &key, &row)) {
            *out = row; /* one nearer the root wins */
            found = true;
        }
    }
    return found;
}
