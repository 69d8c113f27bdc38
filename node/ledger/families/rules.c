/* May this document become an entry now? Looks things up once, then asks question after question
 * in the order of enum reason. What is asked of a kind stands in its row (kinds.c); what only a
 * family knows, it is asked. */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/project.h"
#include "node/ledger/families/rules_known.h"

/* --- what a family answers --- */

static enum reason ask(check_fn *check, struct facts *facts)
{
    return check != NULL ? check(facts) : REASON_NONE;
}

static enum reason check_missing(struct facts *facts)
{
    return ask(facts->steps->missing, facts);
}

static enum reason check_booked(struct facts *facts)
{
    return ask(facts->steps->booked, facts);
}

/* --- year_differs --- */

static enum reason check_year(struct facts *facts)
{
    const int said = document_year(facts->document);
    int year = said;

    if (facts->info->about == ABOUT_TRANSFER) {
        year = facts->match.year;
    } else if (facts->info->about != ABOUT_NOTHING) {
        year = facts->line.year;
    }
    if (year == said) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_YEAR_DIFFERS, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "two_years said=%d year=%d", said, year);
    return REASON_YEAR_DIFFERS;
}

/* --- not_below_you, not_for_you, upper_has_node --- */

static enum reason check_place(struct facts *facts)
{
    const struct division self = facts->ledger->config.self;
    const struct division party = document_party(facts->document);

    /* A log from below may name whom it likes: money comes from above. */
    if (facts->info->about == ABOUT_TRANSFER &&
        (!division_equal(facts->match.receiver, self) || division_equal(party, self) ||
         !ledger_is_above(facts->ledger, party))) {
        return refuse(facts->refusal, REASON_NOT_FOR_YOU, "");
    }
    switch (facts->info->place) {
    case PLACE_BELOW:
        return ledger_is_below(facts->ledger, party) && !division_equal(party, self)
                   ? REASON_NONE
                   : refuse(facts->refusal, REASON_NOT_BELOW_YOU, "");
    case PLACE_WITHOUT_NODE:
        return roster_find(facts->ledger->config.roster, party) == NULL
                   ? REASON_NONE
                   : refuse(facts->refusal, REASON_UPPER_HAS_NODE, "");
    default:
        return REASON_NONE;
    }
}

/* --- wrong_state --- */

static enum reason wrong_state(struct facts *facts)
{
    return refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* What there is of the money that its kind takes. */
static int128 free_money(const struct facts *facts)
{
    return facts->steps->available != NULL
               ? facts->steps->available(facts)
               : facts->line.balance[line_drawn_account(facts->info, &facts->line)];
}

static enum reason check_stands(struct facts *facts)
{
    if (facts->steps->stands != NULL) {
        return facts->steps->stands(facts);
    }
    return facts->info->about != ABOUT_LINE ||
                   states_allow(&line_states, line_state(&facts->line), facts->steps->line_event)
               ? REASON_NONE
               : wrong_state(facts);
}

/* A project that is not held here: its owner saw to it. */
static enum reason check_state(struct facts *facts)
{
    const struct kind_info *info = facts->info;

    if (info->needs_open_project && document_books(facts->document) && facts->has_project &&
        !project_takes_money(&facts->project)) {
        return wrong_state(facts);
    }
    if (check_stands(facts) != REASON_NONE) {
        return facts->refusal->reason;
    }
    return info->takes_all && free_money(facts) <= 0 ? wrong_state(facts) : REASON_NONE;
}

/* --- fund_type_differs, earmark_differs, direct_differs --- */

static enum reason check_purpose(struct facts *facts)
{
    if (!facts->info->splits) {
        return REASON_NONE;
    }
    if (!facts_keep(facts, FIELD_FUND_TYPE_CODE)) {
        return refuse(facts->refusal, REASON_FUND_TYPE_DIFFERS, "");
    }
    if ((facts->line.flags & INDICATOR_EARMARKED) != 0 &&
        (!facts_keep(facts, FIELD_PRO_CODE) || !facts_keep(facts, FIELD_TP_FUNC_CODE) ||
         document_is_word(facts->document, FIELD_TRA_TYPE_CODE, "general"))) {
        return refuse(facts->refusal, REASON_EARMARK_DIFFERS, "");
    }
    if (!facts_keep(facts, FIELD_IS_DIRECT) || !facts_keep(facts, FIELD_IS_TRACK) ||
        !facts_keep(facts, FIELD_TRACK_PRO_CODE)) {
        return refuse(facts->refusal, REASON_DIRECT_DIFFERS, "");
    }
    return REASON_NONE;
}

/* --- exceeds_<what> --- */

static enum reason check_within(struct facts *facts, int128 free)
{
    const int64_t asked = document_money(facts->document);
    char asked_text[AMOUNT_TEXT_MAX], free_text[AMOUNT_TEXT_MAX];

    if (asked <= free) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_EXCEEDS, facts->info->exceeds);
    amount_format(asked_text, asked);
    amount_format(free_text, free);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "asked_and_free asked=%s free=%s", asked_text, free_text);
    return REASON_EXCEEDS;
}

/* Of kinds that take all there is. What was signed says how much that was, and it may be less now
 * than there is: a part would leave the rest where no step leads on. */
static enum reason check_whole(struct facts *facts, int128 whole)
{
    const int64_t asked = document_money(facts->document);
    char asked_text[AMOUNT_TEXT_MAX], whole_text[AMOUNT_TEXT_MAX];

    if (!document_has(facts->document, FIELD_AMOUNT) || asked >= whole) {
        return check_within(facts, whole);
    }
    (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
    amount_format(asked_text, asked);
    amount_format(whole_text, whole);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "says_and_all says=%s all=%s", asked_text, whole_text);
    return REASON_WRONG_STATE;
}

static enum reason check_amount(struct facts *facts)
{
    if (facts->info->exceeds == NULL) {
        return REASON_NONE;
    }
    return facts->info->takes_all ? check_whole(facts, free_money(facts))
                                  : check_within(facts, free_money(facts));
}

static void find_project(struct facts *facts)
{
    const struct bytes code = document_text(facts->document, FIELD_PRO_CODE);

    facts->has_project =
        code.size > 0 && catalogue_project(facts->ledger, facts->txn, code,
                                           document_year(facts->document), &facts->project);
}

enum reason ledger_check_rules(struct ledger *ledger, struct txn *txn,
                               const struct document *document, struct refusal *refusal)
{
    static enum reason (*const checks[])(struct facts * facts) = {
        check_missing, rules_check_known, check_year,    check_place,
        check_booked,  check_state,       check_purpose, check_amount,
    };
    struct facts facts;

    facts.ledger = ledger;
    facts.txn = txn;
    facts.document = document;
    facts.info = kind_info(document->kind);
    facts.steps = kind_steps(document->kind);
    facts.refusal = refusal;
    facts.line = (struct indicator){.year = 0};
    facts.match.year = 0;
    document_clear(&facts.origin, document->kind);
    find_project(&facts);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        if (checks[i](&facts) != REASON_NONE) {
            return refusal->reason;
        }
    }
    refusal->reason = REASON_NONE;
    return REASON_NONE;
}
