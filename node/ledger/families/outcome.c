#include "node/ledger/families/outcome.h"

bool document_asks(const struct document *document)
{
    const bool is_notice =
        document_is_difference(document) && document_number(document, FIELD_AMOUNT) == 0;

    return kind_is_answered(document->kind) && !is_notice &&
           !document_is_word(document, FIELD_OUTSIDE, "1");
}

/* --- words --- */

static const char *const words[OUTCOMES] = {
    [OUTCOME_REGISTERED] = "registered", [OUTCOME_RETURNED] = "returned",
    [OUTCOME_LOWERED] = "lowered",       [OUTCOME_KEPT] = "kept",
    [OUTCOME_GRANTED] = "granted",       [OUTCOME_REFUSED] = "refused"};

const char *outcome_word(enum outcome outcome)
{
    return outcome < OUTCOMES && words[outcome] != NULL ? words[outcome] : "";
}

enum outcome outcome_said(const struct document *settle)
{
    for (unsigned outcome = OUTCOME_REGISTERED; outcome < OUTCOMES; outcome++) {
        if (document_is_word(settle, FIELD_OUTCOME, words[outcome])) {
            return (enum outcome)outcome;
        }
    }
    return OUTCOME_NONE;
}

enum outcome outcome_of(const struct document *answer)
{
    const bool is_difference = document_money(answer) < 0;

    switch (answer->kind) {
    case KIND_REGISTER:
        return is_difference ? OUTCOME_LOWERED : OUTCOME_REGISTERED;
    case KIND_RETURN:
        return is_difference ? OUTCOME_KEPT : OUTCOME_RETURNED;
    case KIND_RECALL_GRANT:
        return OUTCOME_GRANTED;
    case KIND_RECALL_REFUSE:
        return OUTCOME_REFUSED;
    default:
        return OUTCOME_NONE;
    }
}

bool outcome_fits(uint32_t ask_kind, int128 amount, enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_REGISTERED:
    case OUTCOME_RETURNED:
        return ask_kind == KIND_REMIT || (ask_kind == KIND_TRANSFER && amount >= 0);
    case OUTCOME_LOWERED:
    case OUTCOME_KEPT:
        return ask_kind == KIND_TRANSFER && amount < 0;
    case OUTCOME_GRANTED:
    case OUTCOME_REFUSED:
        return ask_kind == KIND_RECALL;
    default:
        return false;
    }
}

bool outcome_answers(uint32_t ask_kind, uint32_t answer_kind)
{
    const bool is_of_recall = answer_kind == KIND_RECALL_GRANT || answer_kind == KIND_RECALL_REFUSE;

    return (ask_kind == KIND_RECALL) == is_of_recall;
}

bool outcome_lowers(enum outcome outcome)
{
    return outcome == OUTCOME_LOWERED || outcome == OUTCOME_GRANTED;
}

/* --- states --- */

enum { FIRST = OUTCOME_REGISTERED };

static const struct state_table ask_states = {
    .events = {[OUTCOME_REGISTERED - FIRST] = "registered",
               [OUTCOME_RETURNED - FIRST] = "returned",
               [OUTCOME_LOWERED - FIRST] = "lowered",
               [OUTCOME_KEPT - FIRST] = "kept",
               [OUTCOME_GRANTED - FIRST] = "granted",
               [OUTCOME_REFUSED - FIRST] = "refused"},
    .to = {
        [DOC_ISSUED] = {[OUTCOME_REGISTERED - FIRST] = DOC_REGISTERED,
                        [OUTCOME_RETURNED - FIRST] = DOC_RETURNED,
                        [OUTCOME_LOWERED - FIRST] = DOC_LOWERED,
                        [OUTCOME_KEPT - FIRST] = DOC_KEPT},
        [DOC_ASKED] = {[OUTCOME_GRANTED - FIRST] = DOC_GRANTED,
                       [OUTCOME_REFUSED - FIRST] = DOC_DECLINED},
    }};

enum withdraw_event { WITHDRAW_HEARD, WITHDRAW_LATE };

static const struct state_table withdraw_states = {
    .events = {[WITHDRAW_HEARD] = "heard", [WITHDRAW_LATE] = "late"},
    .to = {
        [DOC_WITHDRAWING] = {[WITHDRAW_HEARD] = DOC_WITHDRAWN, [WITHDRAW_LATE] = DOC_TOO_LATE},
    }};

void outcome_step(struct doc_row *ask, struct bytes id, enum outcome outcome)
{
    states_step(&ask_states, ask, id, (unsigned)outcome - FIRST);
}

void outcome_step_withdraw(struct doc_row *withdraw, struct bytes id, enum outcome outcome)
{
    const bool is_back = outcome == OUTCOME_RETURNED || outcome == OUTCOME_KEPT;

    states_step(&withdraw_states, withdraw, id, is_back ? WITHDRAW_HEARD : WITHDRAW_LATE);
}
