/* reason - why a document is refused: one bare code, in a fixed order of precedence.
 *
 * The order of the enum IS the precedence (DOMAIN: "one reason, the first in this order"). The
 * code goes into the answer as it is ("missing_amount"); a sentence in the reader's language
 * goes beside it.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_REASON_H
#define TERRACE_NODE_LEDGER_SCHEMA_REASON_H

#include "node/text/text.h"
#include "proto/document.h"

enum reason {
    REASON_NONE = 0,
    REASON_MALFORMED,
    REASON_UNKNOWN_KIND,
    REASON_NODE_ONLY,
    REASON_UNKNOWN_FIELD, /* unknown_field_<name> */
    REASON_MISSING,       /* missing_<field> */
    REASON_BAD,           /* bad_<field> */
    REASON_NOT_YOURS,
    REASON_EXISTS,           /* not an error */
    REASON_EXISTS_DIFFERENT, /* exists_with_different_<field> */
    REASON_CLOSED_YEAR,
    REASON_YEAR_NOT_OPEN,
    REASON_AMBIGUOUS_ISSUER, /* two above issued under the number that the answer names */
    REASON_UNKNOWN,          /* unknown_<field> */
    REASON_UNMAPPED,         /* unmapped_<field>: no code of the year after */
    REASON_YEAR_DIFFERS,
    REASON_NOT_BELOW_YOU,
    REASON_NOT_ABOVE_YOU,
    REASON_NOT_FOR_YOU,
    REASON_UPPER_HAS_NODE,
    REASON_LOWER_HAS_NODE,
    REASON_WEAKER_POLICY,
    REASON_RECEIPT_ALREADY_BOOKED,
    REASON_CARRIED_TOO_LONG,
    REASON_WRONG_STATE,
    REASON_OPEN_ITEMS,
    REASON_FUND_TYPE_DIFFERS,
    REASON_EARMARK_DIFFERS,
    REASON_DIRECT_DIFFERS,
    REASON_ECO_DIFFERS,
    REASON_ADVANCE_ONLY,
    REASON_EXCEEDS,            /* exceeds_<what>: available, committed, spent, frozen, ... */
    REASON_BLOCKED_BY_RULE,    /* blocked_by_rule_<code> */
    REASON_DISK_FULL,          /* the node takes no new business: outside the ledger's order */
    REASON_NEEDS_MAKER,        /* approval is required and nobody signed */
    REASON_SAME_PERSON,        /* the checker is the maker */
    REASON_NOT_ALL,            /* --atomic: another line of this post was refused */
    REASON_NOT_PENDING,        /* approve, reject: no such draft */
    REASON_ANOTHERS,           /* submit, withdraw: another maker handed it in */
    REASON_CHANGED,            /* approve: the draft is not the one that was read */
    REASON_SIGNER_ENDED,       /* approve: its maker, or the checker, is no longer an operator */
    REASON_SIGNATURE_OUTDATED, /* approve: the maker's signature does not hold any more */
    REASON_DRAFTS_FULL,        /* submit: too many drafts wait */
    REASON_ISSUER_UNAPPROVED,  /* register: the issuer's persons did not approve the transfer */
    REASON_NOT_FOR_ROLE, /* approve, reject, withdraw: it waits for a person of another role */
    REASON_ISSUER_UNCONFIRMED, /* register: the issuer's keys of now are not confirmed yet */
    REASON_REVOKED,            /* this division is revoked: outside the ledger's order, too */
    REASON_OBJECTED,           /* confirm: the former key says that the new ones are not its own */
    REASON_SUPERSEDED,         /* another key has this division's place: as REASON_REVOKED */
    REASONS
};

enum { REFUSAL_ALSO_MAX = 6, REFUSAL_IS_MISSING = 0x8000 };

struct refusal {
    enum reason reason;
    char what[64]; /* the field, the quantity or the rule; "" where there is none */
    uint16_t also[REFUSAL_ALSO_MAX]; /* other fields that are wrong, too, 0 after the last; with
                                        REFUSAL_IS_MISSING those that lack */
    char detail[256]; /* figures that help a person, in neutral form: "asked 12.00, free 5.00" */
};

/* No reason, and nothing behind it: what stands behind the ends of its texts is nobody's. */
static inline void refusal_clear(struct refusal *refusal)
{
    refusal->reason = REASON_NONE;
    refusal->what[0] = refusal->detail[0] = '\0';
    memset(refusal->also, 0, sizeof refusal->also);
}

enum { REASON_CODE_MAX = 128, REASON_MESSAGE_MAX = 960 };

/* "missing", "wrong_state": without what it is about. */
const char *reason_name(enum reason reason);
/* Is the code followed by what it is about: missing_<field>? */
bool reason_names_what(enum reason reason);
/* The other way: "missing_amount" or "missing". False when no reason has this code. */
bool reason_named(struct refusal *refusal, const char *code);
/* What a value of this field must look like, as its refusal says. */
const char *field_form(enum language language, enum field field);
/* "missing_amount" */
void reason_code(char out[REASON_CODE_MAX], const struct refusal *refusal);
/* One sentence that says what is wrong and what to do. */
void reason_message(char out[REASON_MESSAGE_MAX], const struct refusal *refusal,
                    enum language language);

/* Sets reason and what; returns the reason so that a check can fail in one line. */
enum reason refuse(struct refusal *refusal, enum reason reason, const char *what);
enum reason refuse_field(struct refusal *refusal, enum reason reason, enum field field);

#endif
