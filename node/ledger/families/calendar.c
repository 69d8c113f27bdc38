#include "node/ledger/families/calendar.h"

#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/scope.h"
#include "node/ledger/rows/calendar_rows.h"
#include "node/ledger/schema/clocks.h"

/* A document's range; and how far a clock is followed through the calendar: what is due later than
 * this is due by its own days. */
enum { RANGE_MAX = 366, CLOCK_DAYS_MAX = 3660, OFF_MAX = 366 };

/* --- what holds --- */

/* One of the two words that are said of a day. */
typedef enum day_word word_fn(const struct day_said *said);

static enum day_word workday_of(const struct day_said *said)
{
    return said->is_workday;
}

static enum day_word suspends_of(const struct day_said *said)
{
    return said->suspends;
}

/* What one author says. Of several scopes, `first` goes before the other word. */
static enum day_word said_by(const struct ledger *ledger, struct txn *txn, struct division author,
                             struct division whom, uint64_t day, word_fn *word, enum day_word first)
{
    struct day_said all[DAY_SCOPES_MAX];
    const size_t count = calendar_said(txn, author) ? calendar_day(txn, author, day, all) : 0;
    enum day_word said = DAY_UNSAID;

    for (size_t i = 0; i < count; i++) {
        if (scope_covers(ledger->config.roster, author, all[i].scope, whom) &&
            word(&all[i]) != DAY_UNSAID && said != first) {
            said = word(&all[i]);
        }
    }
    return said;
}

static enum day_word said_of(const struct ledger *ledger, struct txn *txn, struct division whom,
                             uint64_t day, word_fn *word, enum day_word first)
{
    enum day_word said = DAY_UNSAID;

    for (const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
         member != NULL; member = member->parent) {
        const enum day_word own =
            said_by(ledger, txn, member->grant.division, whom, day, word, first);

        said = own != DAY_UNSAID ? own : said;
    }
    return said;
}

bool calendar_is_workday(const struct ledger *ledger, struct txn *txn, struct division whom,
                         uint64_t day)
{
    const enum day_word said = said_of(ledger, txn, whom, day, workday_of, DAY_NO);

    return said == DAY_UNSAID ? !day_is_weekend(day) : said == DAY_YES;
}

static bool is_suspended(const struct ledger *ledger, struct txn *txn, struct division whom,
                         uint64_t day)
{
    return said_of(ledger, txn, whom, day, suspends_of, DAY_YES) == DAY_YES;
}

static bool anybody_says(const struct ledger *ledger, struct txn *txn)
{
    for (const struct member *member = roster_find(ledger->config.roster, ledger->config.self);
         member != NULL; member = member->parent) {
        if (calendar_said(txn, member->grant.division)) {
            return true;
        }
    }
    return false;
}

void calendar_complete(const struct ledger *ledger, struct txn *txn, struct document *ask)
{
    const struct division whom = document_party(ask);
    const uint64_t now_ms = ledger_now(ledger), start = clock_day(now_ms), days = clock_days(ask);
    uint64_t day = start, counted = 0;

    if (now_ms == 0 || days > CLOCK_DAYS_MAX || !anybody_says(ledger, txn)) {
        return;
    }
    while (counted < days && day < start + 2 * CLOCK_DAYS_MAX) {
        day++;
        counted += is_suspended(ledger, txn, whom, day) ? 0 : 1;
    }
    for (size_t off = 0; off < OFF_MAX && !calendar_is_workday(ledger, txn, whom, day); off++) {
        day++;
    }
    if (day > clock_due(ask, now_ms)) {
        inherit_number(ask, FIELD_DUE_SPAN, (int64_t)(day - start));
    }
}

/* --- the kind --- */

/* The days that a document speaks of. False: they are none, or too many. */
static bool days_of(const struct document *document, uint64_t *first, uint64_t *last)
{
    if (!day_read(document_text(document, FIELD_DATE), first)) {
        return false;
    }
    *last = *first;
    return !document_has(document, FIELD_END_DATE) ||
           (day_read(document_text(document, FIELD_END_DATE), last) && *last >= *first &&
            *last - *first < RANGE_MAX);
}

static enum reason check_days(struct facts *facts)
{
    uint64_t first, last;

    if (!document_has(facts->document, FIELD_IS_WORKDAY) &&
        !document_has(facts->document, FIELD_SUSPENDS)) {
        return refuse_field(facts->refusal, REASON_MISSING, FIELD_IS_WORKDAY);
    }
    if (!days_of(facts->document, &first, &last)) {
        return refuse_field(facts->refusal, REASON_BAD,
                            document_has(facts->document, FIELD_END_DATE) ? FIELD_END_DATE
                                                                          : FIELD_DATE);
    }
    return scope_check_form(facts);
}

static enum day_word word_of(const struct document *document, enum field field)
{
    if (!document_has(document, field)) {
        return DAY_UNSAID;
    }
    return document_is_word(document, field, "1") ? DAY_YES : DAY_NO;
}

static void index_calendar(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                           const struct document *document)
{
    const struct day_said said = {word_of(document, FIELD_IS_WORKDAY),
                                  word_of(document, FIELD_SUSPENDS),
                                  document_text(document, FIELD_SCOPE)};
    uint64_t first, last;

    (void)ledger;
    if (!days_of(document, &first, &last)) {
        return; /* an author's node refuses it */
    }
    for (uint64_t day = first; day <= last; day++) {
        calendar_say(txn, entry->author, day, &said);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_CALENDAR,
     .missing = check_days,
     .place = scope_check_place,
     .index = index_calendar},
};
const struct family family_calendar = {"years", kinds, COUNT_OF(kinds)};
