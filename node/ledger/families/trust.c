/* Whom to believe: a division below has keys to which its former ones did not agree, and persons of
 * the level above its granter say that they count. It moves no money. */
#include "node/ledger/context.h"
#include "node/ledger/families/family.h"
#include "node/ledger/schema/clocks.h"

/* What the persons sign names the grant, so that none that comes later takes its place. */
static void complete_confirm(struct ledger *ledger, struct txn *txn, struct document *document,
                             struct buf *memory)
{
    const struct roster *roster = ledger->config.roster;
    const struct division division = document_party(document);
    const uint32_t epoch = roster_to_confirm(roster, division);
    struct epoch_state state;

    (void)txn;
    if (!roster_epoch_state(roster, division, epoch, &state)) {
        return;
    }
    buf_append(memory, state.hash.at, sizeof state.hash.at);
    document_set_number(document, FIELD_EPOCH, epoch);
    document_set_text(document, FIELD_GRANT_HASH, buf_bytes(memory));
}

static enum reason refuse_state(struct facts *facts, const char *code)
{
    const struct division division = document_party(facts->document);

    (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail, "%s division=%s by=%s",
                   code, division.code,
                   roster_confirmer(facts->ledger->config.roster, division).code);
    return REASON_WRONG_STATE;
}

/* Its former key says that the new ones are somebody else's: persons who know better say so. */
static enum reason check_objection(struct facts *facts)
{
    const struct division division = document_party(facts->document);
    struct objection_held held;
    char said[TIME_BYTES_MAX], since[TIME_BYTES_MAX];

    if (!roster_objection(facts->ledger->config.roster, division, &held) ||
        document_is_word(facts->document, FIELD_UNCONFIRMED, "1")) {
        return REASON_NONE;
    }
    (void)refuse(facts->refusal, REASON_OBJECTED, "");
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "objection_says division=%s reason=%s said=%s by=%s since=%s", division.code,
                   objection_reason_name(held.said.reason), time_text(said, held.said.time_ms),
                   held.by.code, time_text(since, held.time_ms));
    return REASON_OBJECTED;
}

static enum reason check_confirm(struct facts *facts)
{
    const struct roster *roster = facts->ledger->config.roster;
    const struct division division = document_party(facts->document);
    const uint32_t epoch = (uint32_t)document_number(facts->document, FIELD_EPOCH);
    struct epoch_state state;

    if (!division_equal(roster_confirmer(roster, division), facts->ledger->config.self)) {
        return refuse_state(facts, "confirm_is_of_another");
    }
    if (roster_to_confirm(roster, division) == 0 || epoch == 0 ||
        !roster_epoch_state(roster, division, epoch, &state) ||
        !bytes_equal(document_text(facts->document, FIELD_GRANT_HASH),
                     bytes_of(state.hash.at, sizeof state.hash.at))) {
        return refuse_state(facts, "confirm_nothing_waits");
    }
    return check_objection(facts);
}

/* Held by who may write it and by all that hold the division's log: the owner looks at who signed.
 */
static void index_confirm(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document)
{
    (void)txn;
    (void)document;
    if (!ledger->in_dry_run && ledger->config.sink.confirm_held != NULL) {
        ledger->config.sink.confirm_held(ledger->config.sink.arg, entry->author);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_CONFIRM,
     .complete = complete_confirm,
     .stands = check_confirm,
     .index = index_confirm},
};
const struct family family_trust = {"trust", kinds, COUNT_OF(kinds)};
