/* Policy: what those below must obey, said by a division to all below it or to some. What is in
 * force where says policy_in_force.h. */
#include <stdio.h>

#include "node/ledger/families/family.h"
#include "node/ledger/families/policy_in_force.h"
#include "node/ledger/families/scope.h"
#include "node/ledger/rows/policy_rows.h"
#include "node/ledger/rows/unapproved.h"

static struct bytes code_of(const struct facts *facts)
{
    return document_text(facts->document, FIELD_POLICY_CODE);
}

/* A further scope beyond what a row keeps: an office names several divisions in one. */
static bool has_room(const struct facts *facts)
{
    const struct bytes scope = document_text(facts->document, FIELD_SCOPE);
    struct policy_said said[POLICY_SCOPES_MAX];
    const size_t count = policy_said(facts->txn, facts->ledger->config.self, code_of(facts), said);

    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(said[i].scope, scope)) {
            return true;
        }
    }
    return count < POLICY_SCOPES_MAX;
}

static enum reason check_form(struct facts *facts)
{
    const struct policy_rule *rule = policy_rule_of(code_of(facts));
    struct policy_value value;

    if (rule == NULL) {
        return refuse_field(facts->refusal, REASON_BAD, FIELD_POLICY_CODE);
    }
    if (!policy_value_read(rule, document_text(facts->document, FIELD_POLICY_VALUE), &value)) {
        return refuse_field(facts->refusal, REASON_BAD, FIELD_POLICY_VALUE);
    }
    if (scope_check_form(facts) != REASON_NONE) {
        return facts->refusal->reason;
    }
    return has_room(facts) ? REASON_NONE : refuse_field(facts->refusal, REASON_BAD, FIELD_SCOPE);
}

static enum reason check_place(struct facts *facts)
{
    const struct policy_rule *rule = policy_rule_of(code_of(facts));
    struct policy_value value, above, both;

    if (scope_check_place(facts) != REASON_NONE) {
        return facts->refusal->reason;
    }
    (void)policy_value_read(rule, document_text(facts->document, FIELD_POLICY_VALUE), &value);
    if (!policy_said_above(facts->ledger, facts->txn, code_of(facts), false, &above)) {
        return REASON_NONE;
    }
    both = policy_stricter(rule, &value, &above);
    return memcmp(&both, &value, sizeof both) == 0
               ? REASON_NONE
               : refuse(facts->refusal, REASON_WEAKER_POLICY, "");
}

static void say(struct txn *txn, struct division author, uint64_t lsn,
                const struct document *document)
{
    const struct policy_said said = {document_text(document, FIELD_SCOPE),
                                     document_text(document, FIELD_POLICY_VALUE), lsn};

    policy_say(txn, author, document_text(document, FIELD_POLICY_CODE), &said);
}

/* Of a log below, too: it is shown, and in force there. What nobody approved who may leaves the one
 * before it in force. */
static void index_policy(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                         const struct document *document)
{
    (void)ledger;
    if (!unapproved_find(txn, entry->author, entry->lsn, NULL)) {
        say(txn, entry->author, entry->lsn, document);
    }
}

void policy_approved(struct txn *txn, struct division author, const struct entry *entry)
{
    struct document document;
    struct doc_row row;
    struct err err;

    if (entry->kind == KIND_POLICY &&
        document_of_entry(&document, entry->kind, entry->format, entry->body, &err) == OK &&
        doc_load(txn, author, document_id(&document), &row) && row.lsn == entry->lsn) {
        say(txn, author, entry->lsn, &document);
    }
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_POLICY, .missing = check_form, .place = check_place, .index = index_policy},
};
const struct family family_policy = {"years", kinds, COUNT_OF(kinds)};
