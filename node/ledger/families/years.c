/* Fiscal years: opened, closed, month by month or whole, and opened again.
 *
 * Closing asks the own log, and of others what has arrived here. Every money that an answer moves
 * at its issuer answers an ask that is still open there, and nobody closes with one open: so
 * whatever comes later for a closed year moves nothing in it. */
#include "node/ledger/families/years.h"

#include "node/ledger/families/family.h"
#include "node/ledger/posting/closing.h"
#include "node/ledger/posting/year_funds.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/year_rows.h"

/* --- closed_year, year_not_open --- */

/* Early money and what takes money back prepare a year; final money waits until it is open. An
 * answer says the stage of what it answers. */
static bool prepares(const struct document *document)
{
    switch (document->kind) {
    case KIND_TRANSFER:
    case KIND_TRANSFER_OUT:
    case KIND_TRANSFER_IN:
    case KIND_REGISTER:
        return document_is_word(document, FIELD_STAGE, "early") ||
               (document_has(document, FIELD_EARLY_BGT_ID) && document_money(document) <= 0);
    default:
        return true;
    }
}

static enum reason check_year(struct facts *facts, int year, enum year_use uses)
{
    const enum year_standing standing = year_standing(facts->txn, facts->ledger->config.self, year);
    enum reason reason = REASON_NONE;

    if (standing == YEAR_IS_CLOSED && (uses & YEAR_CLOSED) == 0) {
        reason = REASON_CLOSED_YEAR;
    } else if (standing == YEAR_IS_PREPARED &&
               ((uses & YEAR_PREPARED) == 0 || !prepares(facts->document))) {
        reason = REASON_YEAR_NOT_OPEN;
    }
    if (reason != REASON_NONE) {
        (void)refuse(facts->refusal, reason, "");
        message_format(facts->refusal->detail, sizeof facts->refusal->detail, "of_year year=%d",
                       year);
    }
    return reason;
}

enum reason years_check(struct facts *facts)
{
    const int year = document_year(facts->document);
    const int line_year = document_line_year(facts->document);
    enum reason reason = REASON_NONE;

    if (!facts->info->any_year) {
        reason = check_year(facts, year, facts->info->years);
    }
    return reason == REASON_NONE && line_year != year ? check_year(facts, line_year, YEAR_PREPARED)
                                                      : reason;
}

/* Money that comes back of a year that is over is money of the year in which it comes. */
bool years_may_differ(const struct facts *facts, int year)
{
    return facts->info->two_years && facts->info->about == ABOUT_PAYMENT &&
           document_has(facts->document, facts->info->about_id) &&
           (year < document_year(facts->document) ||
            year_standing(facts->txn, facts->ledger->config.self, year) == YEAR_IS_CLOSED);
}

/* --- wrong_state --- */

static enum reason wrong_state(struct facts *facts)
{
    return refuse(facts->refusal, REASON_WRONG_STATE, "");
}

static void load_year(const struct facts *facts, struct year_row *out)
{
    year_load(facts->txn, facts->ledger->config.self, document_year(facts->document), out);
}

static enum reason tell_year(struct facts *facts)
{
    static const char *const words[] = {
        [YEAR_IS_PREPARED] = "prepared", [YEAR_IS_OPEN] = "open", [YEAR_IS_CLOSED] = "closed"};
    const int year = document_year(facts->document);

    (void)wrong_state(facts);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "year_stands year=%d state=%s", year,
                   words[year_standing(facts->txn, facts->ledger->config.self, year)]);
    return REASON_WRONG_STATE;
}

static enum reason check_unsaid(struct facts *facts)
{
    struct year_row year;

    load_year(facts, &year);
    return year.said == YEAR_UNSAID ? REASON_NONE : tell_year(facts);
}

static enum reason tell_open_month(struct facts *facts, const struct year_row *year)
{
    (void)wrong_state(facts);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "first_open_month month=%d", year->first_open_month);
    return REASON_WRONG_STATE;
}

/* Months are closed one after the other; line 2 asked whether the year is open. */
static enum reason check_closable(struct facts *facts)
{
    struct year_row year;

    load_year(facts, &year);
    return !document_has(facts->document, FIELD_MONTH) ||
                   document_number(facts->document, FIELD_MONTH) == year.first_open_month
               ? REASON_NONE
               : tell_open_month(facts, &year);
}

/* A courtesy to those above, whose figures are final: not an invariant, since they may have closed
 * without having been heard. */
static enum reason check_not_closed_above(struct facts *facts)
{
    const struct ledger_config *config = &facts->ledger->config;
    const struct member *member = roster_find(config->roster, config->self);

    for (member = member == NULL ? NULL : member->parent; member != NULL; member = member->parent) {
        const struct division above = member->grant.division;

        if (year_standing(facts->txn, above, document_year(facts->document)) == YEAR_IS_CLOSED) {
            (void)wrong_state(facts);
            message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                           "closed_above division=%s", above.code);
            return REASON_WRONG_STATE;
        }
    }
    return REASON_NONE;
}

static enum reason check_reopenable(struct facts *facts)
{
    struct year_row year;

    load_year(facts, &year);
    if (document_has(facts->document, FIELD_MONTH)) { /* of a closed year, the year comes first */
        return year.said != YEAR_SAID_CLOSED &&
                       document_number(facts->document, FIELD_MONTH) < year.first_open_month
                   ? REASON_NONE
                   : tell_open_month(facts, &year);
    }
    return year.said == YEAR_SAID_CLOSED ? check_not_closed_above(facts) : tell_year(facts);
}

/* --- open_items --- */

static enum reason check_sums(struct facts *facts)
{
    const struct ledger *ledger = facts->ledger;
    struct year_funds funds;
    char amount[AMOUNT_TEXT_MAX];
    enum reason reason = REASON_NONE;
    enum account open;
    int128 sum;

    year_funds_load(&funds, facts->txn, ledger->config.self, document_year(facts->document),
                    buf_bytes(&ledger->own.folded));
    open = closing_open_account(&funds, &sum);
    if (open != 0) {
        reason = refuse(facts->refusal, REASON_OPEN_ITEMS, "");
        amount_format(amount, account_info(open)->normal < 0 ? -sum : sum);
        message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                       "open_account account=%s amount=%s", account_info(open)->mnemonic, amount);
    }
    year_funds_free(&funds);
    return reason;
}

struct search {
    struct facts *facts;
    enum open_list list;
    bool found;
};

static void tell_ask(struct refusal *refusal, enum open_list list, const struct open_item *item)
{
    const char *kind = kind_info(item->kind)->name;
    const struct bytes id = item->place.id;
    char amount[AMOUNT_TEXT_MAX];

    amount_format(amount, item->amount);
    if (list == OPEN_AWAITED) {
        message_format(refusal->detail, sizeof refusal->detail,
                       "open_own_ask kind=%s id=%.*s division=%s amount=%s", kind, (int)id.size,
                       (const char *)id.data, item->party.code, amount);
    } else {
        message_format(refusal->detail, sizeof refusal->detail,
                       "open_ask_to_you kind=%s id=%.*s division=%s amount=%s", kind, (int)id.size,
                       (const char *)id.data, item->place.author.code, amount);
    }
}

/* The list is ordered by day: the first of the year is the one that is due first. */
static bool visit_ask(void *arg, const struct open_item *item)
{
    struct search *search = arg;
    struct refusal *refusal = search->facts->refusal;

    if (item->year != document_year(search->facts->document)) {
        return true;
    }
    search->found = true;
    (void)refuse(refusal, REASON_OPEN_ITEMS, "");
    tell_ask(refusal, search->list, item);
    return false;
}

static enum reason check_asks(struct facts *facts, enum open_list list)
{
    struct search search = {facts, list, false};

    open_items_each(facts->txn, list, facts->ledger->config.self, NULL, visit_ask, &search);
    return search.found ? REASON_OPEN_ITEMS : REASON_NONE;
}

static enum reason check_nothing_open(struct facts *facts)
{
    enum reason reason;

    if (document_has(facts->document, FIELD_MONTH)) {
        return REASON_NONE; /* closing a month refuses nothing */
    }
    reason = check_sums(facts);
    if (reason == REASON_NONE) {
        reason = check_asks(facts, OPEN_AWAITED);
    }
    return reason == REASON_NONE ? check_asks(facts, OPEN_TO_REGISTER) : reason;
}

/* --- the rows, at every holder of the log or of its part for those below --- */

static void index_open(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                       const struct document *document)
{
    const int year = document_year(document);
    struct year_row row;

    (void)ledger;
    year_load(txn, entry->author, year, &row);
    if (row.said != YEAR_UNSAID) {
        return;
    }
    row.said = YEAR_SAID_OPEN;
    year_store(txn, entry->author, year, &row);
    if (years_kept_since(txn, entry->author) == 0) {
        years_keep_since(txn, entry->author, year);
    }
}

static struct year_row close_period(struct year_row row, const struct document *document)
{
    const int64_t month = document_number(document, FIELD_MONTH);

    if (!document_has(document, FIELD_MONTH)) {
        row.said = YEAR_SAID_CLOSED;
    } else if (month >= row.first_open_month && month < 12) {
        row.first_open_month = (uint8_t)(month + 1);
    }
    return row;
}

static struct year_row reopen_period(struct year_row row, const struct document *document)
{
    const int64_t month = document_number(document, FIELD_MONTH);

    if (!document_has(document, FIELD_MONTH)) {
        row.said = row.said == YEAR_SAID_CLOSED ? YEAR_SAID_OPEN : row.said;
    } else if (month >= 1 && month < row.first_open_month) {
        row.first_open_month = (uint8_t)month;
    }
    return row;
}

static void index_period(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *document)
{
    const int year = document_year(document);
    struct year_row row;

    (void)ledger;
    year_load(txn, entry->author, year, &row);
    row = document->kind == KIND_CLOSE_YEAR ? close_period(row, document)
                                            : reopen_period(row, document);
    year_store(txn, entry->author, year, &row);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_OPEN_YEAR, .stands = check_unsaid, .index = index_open},
    {.kind = KIND_CLOSE_YEAR,
     .stands = check_closable,
     .open = check_nothing_open,
     .book = book_close_year,
     .index = index_period},
    {.kind = KIND_REOPEN_YEAR,
     .stands = check_reopenable,
     .book = book_reopen_year,
     .index = index_period},
};
const struct family family_years = {"years", kinds, COUNT_OF(kinds)};
