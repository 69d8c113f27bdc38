/* May this document become an entry now? Looks things up once, then asks question after question
 * in the order of enum reason. What is asked of a kind stands in its row (kinds.c); what only a
 * family knows, it is asked. */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/line.h"
#include "node/ledger/families/policy_in_force.h"
#include "node/ledger/families/project.h"
#include "node/ledger/families/project_money.h"
#include "node/ledger/families/rules_known.h"
#include "node/ledger/families/years.h"

/* --- what a family answers --- */

static enum reason ask(check_fn *check, struct facts *facts)
{
    return check != NULL ? check(facts) : REASON_NONE;
}

typedef enum reason rule_fn(struct facts *facts);

/* Of several that may find something each, the reason that goes first. */
static enum reason first_of(struct facts *facts, rule_fn *const checks[], size_t count)
{
    struct refusal first = {.reason = REASON_NONE};

    for (size_t i = 0; i < count; i++) {
        const enum reason reason = checks[i](facts);

        if (reason != REASON_NONE && (first.reason == REASON_NONE || reason < first.reason)) {
            first = *facts->refusal;
        }
    }
    if (first.reason != REASON_NONE) {
        *facts->refusal = first;
    }
    return first.reason;
}

static enum reason check_missing_of_kind(struct facts *facts)
{
    return ask(facts->steps->missing, facts);
}

/* The rest of line 1, for which something is looked up: what lacks goes before what is bad. */
static enum reason check_missing(struct facts *facts)
{
    static rule_fn *const checks[] = {policy_check_year, check_missing_of_kind,
                                      policy_check_required};

    return first_of(facts, checks, COUNT_OF(checks));
}

static enum reason check_mapped(struct facts *facts)
{
    return ask(facts->steps->mapped, facts);
}

static enum reason check_booked(struct facts *facts)
{
    return ask(facts->steps->booked, facts);
}

static enum reason check_limit(struct facts *facts)
{
    return ask(facts->steps->limit, facts);
}

static enum reason check_open(struct facts *facts)
{
    return ask(facts->steps->open, facts);
}

/* --- year_differs --- */

static enum reason check_year(struct facts *facts)
{
    const int said = document_year(facts->document);
    int year = said;

    if (facts->info->about == ABOUT_ASK) {
        year = facts->match.year;
        if (year == said && facts->line.year != 0) { /* the line that it is taken from */
            year = facts->line.year;
        }
    } else if (document_about(facts->document).size > 0) {
        year = facts->line.year;
    }
    if (year == said || years_may_differ(facts, year)) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_YEAR_DIFFERS, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "two_years said=%d year=%d", said, year);
    return REASON_YEAR_DIFFERS;
}

/* --- not_below_you, not_above_you, not_for_you, upper_has_node, lower_has_node --- */

static enum reason check_party(struct facts *facts)
{
    const struct division self = facts->ledger->config.self;
    const struct division party = document_party(facts->document);
    const bool has_node = roster_find(facts->ledger->config.roster, party) != NULL;

    /* Any log may name whom it likes: what is asked comes from above, but money sent up. */
    if (facts->info->about == ABOUT_ASK &&
        (!division_equal(facts->match.receiver, self) || division_equal(party, self) ||
         !(facts->match.kind == KIND_REMIT ? ledger_is_below(facts->ledger, party)
                                           : ledger_is_above(facts->ledger, party)))) {
        return refuse(facts->refusal, REASON_NOT_FOR_YOU, "");
    }
    switch (facts->info->place) {
    case PLACE_BELOW:
        return ledger_is_below(facts->ledger, party) && !division_equal(party, self)
                   ? REASON_NONE
                   : refuse(facts->refusal, REASON_NOT_BELOW_YOU, "");
    case PLACE_ABOVE_OR_OUTSIDE:
        return !has_node || (ledger_is_above(facts->ledger, party) && !division_equal(party, self))
                   ? REASON_NONE
                   : refuse(facts->refusal, REASON_NOT_ABOVE_YOU, "");
    case PLACE_UPPER_WITHOUT_NODE:
        return !has_node ? REASON_NONE : refuse(facts->refusal, REASON_UPPER_HAS_NODE, "");
    case PLACE_LOWER_WITHOUT_NODE:
        return !has_node ? REASON_NONE : refuse(facts->refusal, REASON_LOWER_HAS_NODE, "");
    default:
        return REASON_NONE;
    }
}

static enum reason check_place(struct facts *facts)
{
    return check_party(facts) != REASON_NONE ? facts->refusal->reason
                                             : ask(facts->steps->place, facts);
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

static int128 taken_money(const struct facts *facts)
{
    return facts->steps->taken != NULL ? facts->steps->taken(facts)
                                       : document_money(facts->document);
}

static enum reason check_stands(struct facts *facts)
{
    if (facts->steps->stands != NULL) {
        return facts->steps->stands(facts);
    }
    return facts->info->about != ABOUT_LINE ||
                   line_allows(&facts->line, (enum line_event)facts->steps->line_event)
               ? REASON_NONE
               : wrong_state(facts);
}

/* Does it give money that was not there before? What takes some back does not, nor does a reply to
 * an estimate that approves no more than that gave: without one nobody could close the year. */
static bool gives_money(const struct facts *facts)
{
    const bool replies =
        facts->info->about == ABOUT_ESTIMATE && document_about(facts->document).size > 0;

    return document_books(facts->document) &&
           (replies ? taken_money(facts) < 0 : document_money(facts->document) > 0);
}

/* A project that is not held here: its owner saw to it. */
static enum reason check_state(struct facts *facts)
{
    const struct kind_info *info = facts->info;

    if (info->needs_open_project && gives_money(facts) && facts->has_project &&
        !project_takes_money(&facts->project)) {
        return wrong_state(facts);
    }
    if (check_stands(facts) != REASON_NONE) {
        return facts->refusal->reason;
    }
    return info->takes_all && free_money(facts) <= 0 ? wrong_state(facts) : REASON_NONE;
}

/* --- fund_type_differs, earmark_differs, direct_differs --- */

static enum reason check_kept(struct facts *facts)
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

/* --- eco_differs, advance_only --- */

/* Authority that no assembly has replied to may be spent, and passed on early, and no more. */
static enum reason check_final(struct facts *facts)
{
    return facts->info->needs_final && document_money(facts->document) > 0 &&
                   !document_is_word(facts->document, FIELD_STAGE, "early") &&
                   line_is_advance(facts->txn, facts->ledger->config.self, &facts->line)
               ? refuse(facts->refusal, REASON_ADVANCE_ONLY, "")
               : REASON_NONE;
}

static enum reason check_purpose_of_kind(struct facts *facts)
{
    return ask(facts->steps->purpose, facts);
}

static enum reason check_purpose(struct facts *facts)
{
    static rule_fn *const checks[] = {check_kept, check_purpose_of_kind, check_final};

    return first_of(facts, checks, COUNT_OF(checks));
}

/* --- exceeds_<what> --- */

/* Of kinds that take all there is. What was signed says how much that was, and it may be less now
 * than there is: a part would leave the rest where no step leads on. */
static enum reason check_whole(struct facts *facts, int128 whole)
{
    const int64_t asked = document_money(facts->document);
    char asked_text[AMOUNT_TEXT_MAX], whole_text[AMOUNT_TEXT_MAX];

    if (!document_has(facts->document, FIELD_AMOUNT) || asked >= whole) {
        return facts_within(facts, facts->info->exceeds, asked, whole);
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
    const char *what = facts->info->exceeds;
    enum reason reason = REASON_NONE;

    if (what != NULL && facts->info->takes_all) {
        reason = check_whole(facts, free_money(facts));
    } else if (what != NULL) {
        reason = facts_within(facts, what, taken_money(facts), free_money(facts));
    }
    return reason == REASON_NONE ? ask(facts->steps->amount, facts) : reason;
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
    static rule_fn *const checks[] = {
        check_missing, years_check,  rules_check_known,   check_mapped, check_year,
        check_place,   check_booked, check_limit,         check_state,  check_open,
        check_purpose, check_amount, project_check_total,
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
    facts.match.kind = 0;
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
