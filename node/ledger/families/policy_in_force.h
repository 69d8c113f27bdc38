/* policy_in_force - what policy a division is under: the strictest of what it and those above it
 * say for it; while nobody says anything, what is usual.
 *
 * A policy whose approval does not hold (rows/unapproved.h) is in force nowhere: the one before it
 * is, until its persons are known.
 *
 * For questions before an entry alone: what a log books never hangs on policy, since not everybody
 * who folds the log hears of it.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_POLICY_IN_FORCE_H
#define TERRACE_NODE_LEDGER_FAMILIES_POLICY_IN_FORCE_H

#include "node/ledger/families/facts.h"

enum policy_figure {
    POLICY_YEARS_BACK,    /* how many years before that of the entry may be named */
    POLICY_YEARS_AHEAD,   /* and after it */
    POLICY_PROJECT_TOTAL, /* 1: what a project's lines take stays within its total; else 0 */
    POLICY_CARRY_MAX,     /* how often money may be carried over */
    POLICY_FIGURES
};
/* What this node's division is under. */
int64_t policy_number(const struct ledger *ledger, struct txn *txn, enum policy_figure figure);

/* --- questions before the entry of anything --- */

enum reason policy_check_year(struct facts *facts);     /* bad_fiscal_year */
enum reason policy_check_required(struct facts *facts); /* missing_<field>, once completed */

/* The mark of this entry went: where it is a policy that is part of its ledger here, it is in force
 * from now on. Nothing of any other entry. */
void policy_approved(struct txn *txn, struct division author, const struct entry *entry);

/* --- for the family of the kind `policy` --- */

struct field_set {
    uint64_t has[FIELDS / 64];
};

/* A value that was read: of `required` the fields, else one or two figures. */
struct policy_value {
    int64_t figures[2];
    struct field_set fields;
};
/* Which policy a code names; NULL: none. */
struct policy_rule;
const struct policy_rule *policy_rule_of(struct bytes code);
bool policy_value_read(const struct policy_rule *rule, struct bytes text, struct policy_value *out);
/* As strict as both. */
struct policy_value policy_stricter(const struct policy_rule *rule, const struct policy_value *a,
                                    const struct policy_value *b);
/* The strictest of what those above this division say for it; false when nobody says anything.
 * `with_own`: and what it says itself. */
bool policy_said_above(const struct ledger *ledger, struct txn *txn, struct bytes code,
                       bool with_own, struct policy_value *out);

#endif
