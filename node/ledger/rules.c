/* May this document become an entry now? Looks things up once, then asks question after question
 * in the order of enum reason. What is asked of a kind stands in its row (kinds.c); the few that
 * are asked something of their own are named here. */
#include <stdio.h>

#include "node/ledger/rules_internal.h"

/* --- missing_<field>, where that depends on what is there already --- */

static enum reason check_first_version(struct facts *facts)
{
    const enum field *first = kind_info(KIND_PROJECT)->first;

    if (rules_knows_own(facts, 'P', FIELD_PRO_CODE)) {
        return REASON_NONE; /* the form was asked, but the first version may have been a draft */
    }
    for (; *first != 0; first++) {
        if (!document_has(facts->document, *first)) {
            return refuse_field(facts->refusal, REASON_MISSING, *first);
        }
    }
    return REASON_NONE;
}

/* An issuer's document may lack what no honest one lacks; it can still be returned. */
static enum reason check_usable(struct facts *facts)
{
    static const enum field needed[] = {FIELD_AMOUNT, FIELD_FUND_TYPE_CODE};

    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (document_has(facts->document, FIELD_TRANSFER_LSN) &&
            !document_has(facts->document, needed[i])) {
            return refuse_field(facts->refusal, REASON_MISSING, needed[i]);
        }
    }
    return REASON_NONE;
}

static enum reason check_missing(struct facts *facts)
{
    switch (facts->document->kind) {
    case KIND_PROJECT:
        return check_first_version(facts);
    case KIND_REGISTER:
        return check_usable(facts);
    default:
        return REASON_NONE;
    }
}

/* --- year_differs --- */

static enum reason check_year(struct facts *facts)
{
    const int said = document_year(facts->document);
    int year = said;

    if (facts->info->about == ABOUT_TRANSFER) {
        year = facts->edge.year;
    } else if (facts->info->about != ABOUT_NOTHING) {
        year = facts->line.year;
    }
    return year == said ? REASON_NONE : refuse(facts->refusal, REASON_YEAR_DIFFERS, "");
}

/* --- not_below_you, not_for_you, upper_has_node --- */

static enum reason check_place(struct facts *facts)
{
    const struct division self = facts->ledger->config.self;
    const struct division party = document_party(facts->document);

    if (facts->info->about == ABOUT_TRANSFER && !division_equal(facts->edge.receiver, self)) {
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

static bool project_takes_money(const struct facts *facts)
{
    static const char *const open[] = {"reserved", "budgeted", "executing"};

    if (!facts->has_project) {
        return true; /* not held here: its owner saw to it */
    }
    for (size_t i = 0; i < COUNT_OF(open); i++) {
        if (strcmp(facts->project.state.at, open[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool project_goes_on(struct facts *facts)
{
    const struct row_key key =
        row_key_of('P', facts->ledger->config.self, document_text(facts->document, FIELD_PRO_CODE));
    struct catalogue_row held;

    return !catalogue_load(facts->txn, &key, &held) ||
           (strcmp(held.state.at, "closed") != 0 && strcmp(held.state.at, "cancelled") != 0);
}

/* How what it is about must stand. */
static bool about_fits(const struct facts *facts)
{
    const struct indicator *line = &facts->line;
    const bool allocated = line->kind == KIND_ALLOCATE;
    const bool released = (line->flags & INDICATOR_RELEASED) != 0;

    switch (facts->info->about) {
    case ABOUT_SOURCE:
        return !allocated && line->kind != KIND_TRANSFER;
    case ABOUT_ALLOCATED:
        return allocated;
    case ABOUT_UNRELEASED:
        return allocated && !released;
    case ABOUT_RELEASED:
        return allocated && released;
    case ABOUT_LIVE_PAYMENT:
        return facts->payment.state != DOC_CANCELLED;
    case ABOUT_TRANSFER:
        return facts->edge.answer_lsn == 0;
    default:
        return true;
    }
}

/* What there is of the money that its kind takes. */
static int64_t free_money(const struct facts *facts)
{
    const struct kind_info *info = facts->info;

    if (info->about == ABOUT_PAYMENT || info->about == ABOUT_LIVE_PAYMENT) {
        return info->books.from == ACC_COMMIT ? facts->payment.left : facts->payment.spent;
    }
    return facts->line.balance[drawn_account(info, &facts->line)];
}

static bool state_fits(struct facts *facts)
{
    const struct kind_info *info = facts->info;

    if (facts->document->kind == KIND_PROJECT) {
        return project_goes_on(facts);
    }
    if (info->needs_open_project && document_books(facts->document) &&
        !project_takes_money(facts)) {
        return false;
    }
    return about_fits(facts) && (!info->takes_all || free_money(facts) > 0);
}

static enum reason check_state(struct facts *facts)
{
    return state_fits(facts) ? REASON_NONE : refuse(facts->refusal, REASON_WRONG_STATE, "");
}

/* --- fund_type_differs, earmark_differs --- */

static bool keeps(const struct facts *facts, enum field field)
{
    return !document_has(&facts->origin, field) || !document_has(facts->document, field) ||
           bytes_equal(document_text(&facts->origin, field), document_text(facts->document, field));
}

static enum reason check_purpose(struct facts *facts)
{
    if (!kind_splits(facts->document->kind)) {
        return REASON_NONE;
    }
    if (!keeps(facts, FIELD_FUND_TYPE_CODE)) {
        return refuse(facts->refusal, REASON_FUND_TYPE_DIFFERS, "");
    }
    if ((facts->line.flags & INDICATOR_EARMARKED) != 0 &&
        (!keeps(facts, FIELD_PRO_CODE) || !keeps(facts, FIELD_TP_FUNC_CODE) ||
         document_is_word(facts->document, FIELD_TRA_TYPE_CODE, "general"))) {
        return refuse(facts->refusal, REASON_EARMARK_DIFFERS, "");
    }
    return REASON_NONE;
}

/* --- exceeds_<what> --- */

static enum reason check_within(struct facts *facts, int64_t free)
{
    const int64_t asked = document_money(facts->document);
    char asked_text[AMOUNT_TEXT_MAX], free_text[AMOUNT_TEXT_MAX];

    if (asked <= free) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_EXCEEDS, facts->info->exceeds);
    amount_format(asked_text, asked);
    amount_format(free_text, free);
    (void)snprintf(facts->refusal->detail, sizeof facts->refusal->detail, "asked %s, free %s",
                   asked_text, free_text);
    return REASON_EXCEEDS;
}

/* Of kinds that take all there is. What was signed says how much that was, and it may be less now
 * than there is: a part would leave the rest where no step leads on. */
static enum reason check_whole(struct facts *facts, int64_t whole)
{
    const int64_t asked = document_money(facts->document);
    char asked_text[AMOUNT_TEXT_MAX], whole_text[AMOUNT_TEXT_MAX];

    if (!document_has(facts->document, FIELD_AMOUNT) || asked >= whole) {
        return check_within(facts, whole);
    }
    (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
    amount_format(asked_text, asked);
    amount_format(whole_text, whole);
    (void)snprintf(facts->refusal->detail, sizeof facts->refusal->detail, "says %s, all is %s",
                   asked_text, whole_text);
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

/* --- receipt_already_booked --- */

static enum reason check_receipt(struct facts *facts)
{
    const struct row_key key = row_key_of('Q', facts->ledger->config.self,
                                          document_text(facts->document, FIELD_AGENT_BUSINESS_NO));
    struct bytes booked;

    if (facts->document->kind != KIND_PAID ||
        !txn_get(facts->txn, SPACE_LEDGER, row_key_bytes(&key), &booked)) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_RECEIPT_ALREADY_BOOKED, "");
    (void)snprintf(facts->refusal->detail, sizeof facts->refusal->detail, "under %.*s",
                   (int)booked.size, (const char *)booked.data);
    return REASON_RECEIPT_ALREADY_BOOKED;
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
        check_receipt, check_state,       check_purpose, check_amount,
    };
    struct facts facts;

    facts.ledger = ledger;
    facts.txn = txn;
    facts.document = document;
    facts.info = kind_info(document->kind);
    facts.refusal = refusal;
    facts.line = (struct indicator){.year = 0};
    facts.edge.year = 0;
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
