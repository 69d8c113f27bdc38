/* Codes on `tree`, and which code becomes which. A log below says what is in force there, and not
 * here: only those of this division and above are. */
#include "node/ledger/families/elements.h"

#include "node/ledger/families/family.h"
#include "node/ledger/rows/code_rows.h"
#include "node/ledger/rows/year_rows.h"

enum { CHAIN_MAX = 32 }; /* codes from one to the root of its set */

static const struct member *own_member(const struct ledger *ledger)
{
    return roster_find(ledger->config.roster, ledger->config.self);
}

/* Is `a` nearer the root than `b`? Both are on the line from the root to this node. */
static bool is_nearer_root(const struct ledger *ledger, struct division a, struct division b)
{
    return !division_equal(a, b) && roster_within(ledger->config.roster, b, a);
}

static bool load_code(struct txn *txn, const struct code_place *place, struct catalogue_row *out)
{
    const struct row_key key = code_key(place->set, place->year, place->code);

    return catalogue_load(txn, &key, out);
}

/* --- which code becomes which --- */

/* Who maps it; of several the one nearest the root. */
static bool find_map(const struct ledger *ledger, struct txn *txn, const struct code_place *place,
                     struct division *owner, struct bytes *to)
{
    bool found = false;

    for (const struct member *member = own_member(ledger); member != NULL;
         member = member->parent) {
        struct bytes said;

        if (code_map_load(txn, member->grant.division, place, &said)) {
            *owner = member->grant.division;
            *to = said;
            found = true;
        }
    }
    return found;
}

bool code_mapped(const struct ledger *ledger, struct txn *txn, struct bytes set, int year,
                 struct bytes from, struct bytes *to)
{
    const struct code_place place = {set, year, from};
    struct division owner;

    return find_map(ledger, txn, &place, &owner, to);
}

static enum reason check_mapped_set(struct facts *facts)
{
    return document_is_word(facts->document, FIELD_ELE_CATALOG_CODE, "fund_type")
               ? refuse_field(facts->refusal, REASON_BAD, FIELD_ELE_CATALOG_CODE)
               : REASON_NONE;
}

/* May what was said of a code of that year still be said otherwise? Once the division opened it,
 * money may have been carried by it. */
static bool may_be_replaced(const struct facts *facts)
{
    const struct division self = facts->ledger->config.self;

    return years_kept_since(facts->txn, self) == 0 ||
           year_standing(facts->txn, self, document_year(facts->document)) == YEAR_IS_PREPARED;
}

static enum reason check_replaces(struct facts *facts)
{
    const struct code_place place = {document_text(facts->document, FIELD_ELE_CATALOG_CODE),
                                     document_year(facts->document),
                                     document_text(facts->document, FIELD_FROM_CODE)};
    struct division owner;
    struct bytes to;

    if (!find_map(facts->ledger, facts->txn, &place, &owner, &to) ||
        (division_equal(owner, facts->ledger->config.self) && may_be_replaced(facts))) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "mapped_already owner=%s to=%.*s", owner.code, (int)to.size,
                   (const char *)to.data);
    return REASON_WRONG_STATE;
}

static void index_map(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document)
{
    const struct code_place place = {document_text(document, FIELD_ELE_CATALOG_CODE),
                                     document_year(document),
                                     document_text(document, FIELD_FROM_CODE)};

    (void)ledger;
    code_map_store(txn, entry->author, &place, document_text(document, FIELD_TO_CODE));
}

bool element_knows(const struct facts *facts, enum field field)
{
    const int year = document_year(facts->document);
    const struct code_place place = {document_text(facts->document, FIELD_ELE_CATALOG_CODE),
                                     field == FIELD_FROM_CODE ? year - 1 : year,
                                     document_text(facts->document, field)};
    struct catalogue_row row;

    return load_code(facts->txn, &place, &row) && (field != FIELD_TO_CODE || row.usable);
}

/* --- codes --- */

/* Has a level above codes right below this one? Of no code: codes of that set and year at all. */
static bool has_branch_above(const struct facts *facts, const struct code_place *parent)
{
    for (const struct member *member = own_member(facts->ledger); member != NULL;
         member = member->parent) {
        if (!division_equal(member->grant.division, facts->ledger->config.self) &&
            code_branch_there(facts->txn, member->grant.division, parent)) {
            return true;
        }
    }
    return false;
}

static enum reason wrong_place(struct facts *facts, const char *why, struct bytes code)
{
    (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "%s code=%.*s", why,
                   (int)code.size, (const char *)code.data);
    return REASON_WRONG_STATE;
}

/* Does the way up from `place` lead past `code`? Only one's own codes can stand in a ring: what is
 * above was there before. */
static bool leads_past(struct txn *txn, struct code_place place, struct bytes code)
{
    struct catalogue_row row;

    for (size_t i = 0; i < CHAIN_MAX && place.code.size > 0; i++) {
        if (bytes_equal(place.code, code)) {
            return true;
        }
        if (!load_code(txn, &place, &row)) {
            return false;
        }
        place.code = row.group;
    }
    return place.code.size > 0;
}

/* A level adds codes below a leaf of the sets above it, or below its own. */
static enum reason check_parent(struct facts *facts, const struct code_place *place,
                                const struct code_place *parent)
{
    struct catalogue_row row;

    if (parent->code.size == 0) {
        return has_branch_above(facts, parent) ? wrong_place(facts, "set_is_of_above", place->code)
                                               : REASON_NONE;
    }
    if (leads_past(facts->txn, *parent, place->code)) {
        return wrong_place(facts, "codes_in_a_ring", parent->code);
    }
    if (!load_code(facts->txn, parent, &row) ||
        division_equal(row.owner, facts->ledger->config.self)) {
        return REASON_NONE;
    }
    if (!row.usable) {
        return wrong_place(facts, "parent_disabled", parent->code);
    }
    return has_branch_above(facts, parent) ? wrong_place(facts, "parent_is_no_leaf", parent->code)
                                           : REASON_NONE;
}

/* --- what has money cannot be taken out of use --- */

static bool has_money(const struct facts *facts, const struct code_place *place)
{
    static const struct {
        const char *set;
        enum rollup_dimension dimension;
    } keyed[] = {{"fund_type", ROLLUP_FUND},
                 {"exp_func", ROLLUP_FUNCTION},
                 {"tp_func", ROLLUP_FUNCTION},
                 {"gov_bgt_eco", ROLLUP_GOV_ECONOMIC},
                 {"dep_bgt_eco", ROLLUP_ECONOMIC}};

    for (size_t i = 0; i < COUNT_OF(keyed); i++) {
        if (bytes_equal(place->set, bytes_text(keyed[i].set))) {
            const struct row_key key = rollup_key(ROLLUP_SUBTREE, facts->ledger->config.self,
                                                  place->year, keyed[i].dimension, place->code);
            struct rollup sums;

            rollup_load(facts->txn, &key, &sums);
            for (unsigned account = 1; account < ACCOUNTS; account++) {
                if (sums.of[account].debit != sums.of[account].credit) {
                    return true;
                }
            }
        }
    }
    return false;
}

static enum reason check_code(struct facts *facts)
{
    const struct document *document = facts->document;
    const struct division self = facts->ledger->config.self;
    const struct code_place place = {document_text(document, FIELD_ELE_CATALOG_CODE),
                                     document_year(document),
                                     document_text(document, FIELD_ELE_CODE)};
    const struct code_place parent = {place.set, place.year,
                                      document_text(document, FIELD_PARENT_CODE)};
    struct catalogue_row held;
    const bool is_there = load_code(facts->txn, &place, &held);

    if (is_there && !division_equal(held.owner, self)) {
        return wrong_place(facts, "code_is_of_above", place.code);
    }
    if ((!is_there || !bytes_equal(held.group, parent.code)) &&
        check_parent(facts, &place, &parent) != REASON_NONE) {
        return facts->refusal->reason;
    }
    return !catalogue_in_force(document) && is_there && held.usable &&
                   year_standing(facts->txn, self, place.year) != YEAR_IS_CLOSED &&
                   has_money(facts, &place)
               ? wrong_place(facts, "code_has_money", place.code)
               : REASON_NONE;
}

static void index_code(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                       const struct document *document)
{
    const struct bytes set = document_text(document, FIELD_ELE_CATALOG_CODE);
    const struct bytes code = document_text(document, FIELD_ELE_CODE);
    const struct row_key key = code_key(set, document_year(document), code);
    const struct row_key set_key = code_set_key(set, document_year(document));
    const struct code_place parent = {set, document_year(document),
                                      document_text(document, FIELD_PARENT_CODE)};
    struct catalogue_row row = catalogue_row_of(entry, document, FIELD_ELE_NAME, FIELD_PARENT_CODE);
    struct catalogue_row held;
    struct bytes there;

    if (!ledger_is_above(ledger, entry->author)) {
        return;
    }
    code_branch_add(txn, entry->author, &parent);
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

static const struct kind_steps kinds[] = {
    {.kind = KIND_ELEMENT, .stands = check_code, .index = index_code},
    {.kind = KIND_ELEMENT_MAP,
     .missing = check_mapped_set,
     .stands = check_replaces,
     .index = index_map},
};
const struct family family_elements = {"codes", kinds, COUNT_OF(kinds)};
