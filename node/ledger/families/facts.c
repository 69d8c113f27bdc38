#include "node/ledger/families/facts.h"

bool facts_load_line(struct facts *facts, struct bytes id)
{
    if (!indicator_load(facts->txn, facts->ledger->config.self, id, &facts->line)) {
        return false;
    }
    if (facts->info->splits) {
        indicator_elements(&facts->line, &facts->origin);
    }
    return true;
}

enum reason facts_within(struct facts *facts, const char *what, int128 asked, int128 free)
{
    char asked_text[AMOUNT_TEXT_MAX], free_text[AMOUNT_TEXT_MAX];

    if (asked <= free) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_EXCEEDS, what);
    amount_format(asked_text, asked);
    amount_format(free_text, free);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "asked_and_free asked=%s free=%s", asked_text, free_text);
    return REASON_EXCEEDS;
}

bool facts_keep(const struct facts *facts, enum field field)
{
    return !document_has(&facts->origin, field) || !document_has(facts->document, field) ||
           bytes_equal(document_text(&facts->origin, field), document_text(facts->document, field));
}

bool facts_know_own(const struct facts *facts, char letter, enum field field)
{
    struct catalogue_row row;

    return catalogue_known(facts->txn, letter, facts->ledger->config.self,
                           document_text(facts->document, field), document_year(facts->document),
                           &row);
}

bool facts_know_division(const struct facts *facts, enum field field)
{
    struct division division;

    return division_parse(&division, document_text(facts->document, field)) &&
           roster_find(facts->ledger->config.roster, division) != NULL;
}
