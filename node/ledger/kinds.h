/* kinds - every kind of document: its number, name, fields, audience and approval default. Data.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_KINDS_H
#define TERRACE_NODE_LEDGER_KINDS_H

#include "node/ledger/reason.h"
#include "proto/block.h"

/* Numbers are on disk and on the wire: append, never reuse. */
enum kind {
    KIND_OPERATOR = 16, /* an operator's public key, role and validity; node-written */
    KIND_ELEMENT = 17,
    KIND_AGENCY = 18,
    KIND_BANK_ACCOUNT = 19,
    KIND_PROJECT = 20,
    KIND_BUDGET = 21,
    KIND_TRANSFER_IN = 22,
    KIND_TRANSFER = 23,
    KIND_REGISTER = 24,
    KIND_RETURN = 25,
    KIND_SETTLE = 26,
    KIND_ALLOCATE = 27,
    KIND_RELEASE = 28,
    KIND_PAYMENT = 29,
    KIND_PAYMENT_CANCEL = 30,
    KIND_PAID = 31,
    KIND_REFUND = 32,
    KIND_FREEZE = 33,
    KIND_UNFREEZE = 34,
    KIND_REDUCE = 35,
    KINDS_END, /* 36-50 are spoken for: element_map revenue receipt virement adjust recall
                  recall_grant recall_refuse rule alert alert_action carry_over lapse close_year
                  open_year */
};
enum { DOCUMENT_FORMAT = 1 };

struct kind_info {
    const char *name, *name_zh; /* name NULL: not a kind */
    bool node_only;             /* clients get `node_only` */
    bool takes_elements;        /* the optional elements of DOMAIN 3 */
    bool makes_indicator;
    bool any_year;       /* says nothing about a fiscal year: it may be left out */
    enum field first[8]; /* required of a code's first version: see document_check_form */
    enum field required[16], optional[24]; /* beside id, fiscal_year, memo, mof_div_code; 0 ends */
    /* What only nodes write into it; goes before takes_elements. A client that gives one of these
     * gets unknown_field_<name>, as for every field with a tag from 100 on. */
    enum field completed[32];
};
const struct kind_info *kind_info(uint32_t kind); /* NULL when unknown */
uint32_t kind_named(struct bytes name);           /* 0 when unknown */

/* The elements (DOMAIN 3), in order; 0 ends. */
const enum field *kind_elements(void);
/* Has a document of this kind this field at all, when it comes from a client or from a node? */
bool kind_takes(const struct kind_info *info, enum field field, bool client);
/* Must it be there? Some fields are needed only beside others (a reply's approval_ref), some only
 * in a first version. */
bool kind_needs(const struct kind_info *info, const struct document *document, enum field field,
                bool first);
/* The words of a WORD field in this kind, ended by NULL; NULL when any word will do. */
const char *const *kind_words(uint32_t kind, enum field field);
/* What a person calls a field in Chinese. Never NULL. */
const char *field_name_zh(enum field field);

/* malformed .. not_yours for a document of `self`: what can be said without looking anything up.
 * Of several faults of one sort the first is named: unknown fields by tag, all others in the
 * order id, fiscal_year, the kind's fields, elements, memo, mof_div_code. `first`: its code has no
 * version yet. */
enum reason document_check_form(const struct document *document, struct division self, bool client,
                                bool first, struct refusal *refusal);

/* Where an entry of this document goes, by its own words: see ledger_audience. */
struct audience kind_audience(const struct document *document, struct division self);

/* The most one document may say, fen: eleven trillion yuan. A slip of the keyboard beyond it is
 * refused, and what passes cannot exhaust a ledger's sums. */
#define AMOUNT_FEN_MAX (INT64_C(1) << 50)
/* The money a document moves or plans, fen; 0 where the kind has none. */
int64_t document_money(const struct document *document);

#endif
