#include "node/ledger/families/nearest_known.h"

#include "node/ledger/families/catalogues.h"

/* --- rows --- */

/* Where to look: keys `space` that go on behind `prefix` with what people type. */
struct known_range {
    struct row_key prefix;
    struct nearest *nearest;
    size_t rows_left;
};

static bool visit_known(void *arg, struct bytes key, struct bytes value)
{
    struct known_range *range = arg;

    (void)value;
    if (range->rows_left == 0) {
        return false;
    }
    range->rows_left--;
    nearest_offer(range->nearest,
                  bytes_of(key.data + range->prefix.size, key.size - range->prefix.size));
    return true;
}

static struct row_key key_with(const struct row_key *prefix, struct bytes text, size_t size)
{
    struct row_key key = *prefix;

    if (size > sizeof key.at - key.size) {
        size = sizeof key.at - key.size;
    }
    memcpy(key.at + key.size, text.data, size);
    key.size += size;
    return key;
}

static void offer_if_there(struct txn *txn, const struct known_range *range, struct bytes candidate)
{
    const struct row_key key = key_with(&range->prefix, candidate, candidate.size);
    struct bytes value;

    if (txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        nearest_offer(range->nearest, candidate);
    }
}

/* Two neighbours swapped, or one character too many, anywhere: looked up one by one. */
static void try_slips(struct txn *txn, struct known_range *range)
{
    const char *typed = range->nearest->typed;
    const size_t size = strlen(typed);
    char slip[NEAREST_BYTES_MAX + 1];

    for (size_t i = 0; i < size; i++) {
        memcpy(slip, typed, size + 1);
        if (i + 1 < size) {
            slip[i] = typed[i + 1];
            slip[i + 1] = typed[i];
            offer_if_there(txn, range, bytes_of(slip, size));
        }
        memcpy(slip, typed, i);
        memcpy(slip + i, typed + i + 1, size - i);
        offer_if_there(txn, range, bytes_of(slip, size - 1));
    }
}

static void search_from(struct txn *txn, struct known_range *range, const struct row_key *prefix,
                        const struct row_key *from)
{
    struct err err; /* a read error is sticky in the txn */

    range->rows_left = KNOWN_ROWS_MAX / 5;
    (void)txn_scan_from(txn, SPACE_LEDGER, row_key_bytes(prefix), row_key_bytes(from), visit_known,
                        range, &err);
}

/* Those that begin as the typed one does: three quarters of it, half, a quarter. Then those behind
 * it, and the first of all. */
static void search(struct txn *txn, struct known_range *range, struct bytes typed)
{
    const struct row_key whole = key_with(&range->prefix, typed, typed.size);

    try_slips(txn, range);
    for (size_t quarters = 3; quarters > 0 && range->nearest->distance > 1; quarters--) {
        const struct row_key prefix = key_with(&range->prefix, typed, typed.size * quarters / 4);

        search_from(txn, range, &prefix, &prefix);
    }
    if (range->nearest->distance > 1) {
        search_from(txn, range, &range->prefix, &whole);
        search_from(txn, range, &range->prefix, &range->prefix);
    }
}

static void search_own(struct txn *txn, char letter, struct division division, struct bytes typed,
                       struct nearest *out)
{
    struct known_range range = {.prefix = row_key_of(letter, division, BYTES_NONE), .nearest = out};

    search(txn, &range, typed);
}

/* One that is there and not in force would be refused again. */
static void search_codes(struct txn *txn, const char *set, int year, struct bytes typed,
                         struct nearest *out)
{
    struct known_range range = {.prefix = code_key(bytes_text(set), year, BYTES_NONE),
                                .nearest = out};
    struct catalogue_row row;
    struct row_key key;

    search(txn, &range, typed);
    key = code_key(bytes_text(set), year, bytes_text(nearest_found(out)));
    if (!catalogue_load(txn, &key, &row) || !row.usable) {
        nearest_reject(out);
    }
}

/* --- divisions --- */

/* Of those around it in the order of codes. */
static void search_divisions(const struct roster *roster, struct bytes typed, struct nearest *out)
{
    enum { AROUND = KNOWN_ROWS_MAX / 2 };
    size_t low = 0, high = roster_count(roster);

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (bytes_compare(bytes_text(roster_at(roster, middle)->grant.division.code), typed) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low > AROUND ? low - AROUND : 0; i < roster_count(roster) && i < low + AROUND;
         i++) {
        nearest_offer(out, bytes_text(roster_at(roster, i)->grant.division.code));
    }
}

/* --- which of them a field names --- */

static struct division issuer_of(const struct ledger *ledger, const struct document *document)
{
    const struct member *self = roster_find(ledger->config.roster, ledger->config.self);
    const struct division given = document_party(document);

    return division_is_none(given) && self != NULL && self->parent != NULL
               ? self->parent->grant.division
               : given;
}

static void search_about(const struct ledger *ledger, struct txn *txn,
                         const struct document *document, struct bytes typed, struct nearest *out)
{
    switch (kind_info(document->kind)->about) {
    case ABOUT_LINE:
        search_own(txn, ROW_INDICATOR, ledger->config.self, typed, out);
        break;
    case ABOUT_PAYMENT:
    case ABOUT_OWN_TRANSFER:
        search_own(txn, ROW_DOCUMENT, ledger->config.self, typed, out);
        break;
    case ABOUT_ASK:
        search_own(txn, ROW_INCOMING, issuer_of(ledger, document), typed, out);
        break;
    default:
        break;
    }
}

void nearest_known(const struct ledger *ledger, struct txn *txn, const struct document *document,
                   enum field field, struct nearest *out)
{
    const struct bytes typed = document_text(document, field);
    const char *set = catalogue_of_field(field);

    nearest_begin(out, typed);
    if (typed.size == 0) {
        return;
    }
    if (field == kind_info(document->kind)->about_id) {
        search_about(ledger, txn, document, typed, out);
    } else if (field == FIELD_REC_DIV_CODE || field == FIELD_ORI_DIV_CODE) {
        search_divisions(ledger->config.roster, typed, out);
    } else if (field == FIELD_AGENCY_CODE) {
        search_own(txn, ROW_AGENCY, ledger->config.self, typed, out);
    } else if (field == FIELD_AGENCY_ACCT_NO) {
        search_own(txn, ROW_BANK_ACCOUNT, ledger->config.self, typed, out);
    } else if (field == FIELD_EARLY_BGT_ID) {
        search_own(txn, ROW_DOCUMENT, ledger->config.self, typed, out);
    } else if (field == FIELD_PRO_CODE) {
        for (const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
             member != NULL; member = member->parent) {
            search_own(txn, ROW_PROJECT, member->grant.division, typed, out);
        }
    } else if (set != NULL) {
        search_codes(txn, set, document_year(document), typed, out);
    }
}

bool known_or_nearest(struct txn *txn, struct division owner, enum field field, struct bytes code,
                      struct nearest *out)
{
    const char letter = field == FIELD_AGENCY_CODE ? ROW_AGENCY : ROW_PROJECT;
    const struct row_key key = row_key_of(letter, owner, code);
    struct bytes value;

    if (txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value)) {
        return true;
    }
    search_own(txn, letter, owner, code, out);
    return false;
}

void nearest_document(struct txn *txn, struct division author, struct bytes id, struct nearest *out)
{
    nearest_begin(out, id);
    if (id.size > 0) {
        search_own(txn, ROW_DOCUMENT, author, id, out);
    }
}
