/* kinds - every kind of document: its number, name and fields, whom it concerns, what it is about
 * and how its money moves. The rest of the ledger asks the row, and not which kind it is.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_KINDS_H
#define TERRACE_NODE_LEDGER_KINDS_H

#include "node/ledger/accounts.h"
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

/* What became of a document. Numbers are on disk. */
enum doc_state {
    DOC_ENTERED = 1, /* whatever has no life of its own */
    DOC_PLANNED,     /* budget: request, ceiling, submission */
    DOC_APPROVED,    /* budget reply, transfer_in */
    DOC_ISSUED,      /* transfer */
    DOC_REGISTERED,  /* transfer, once settled so; register */
    DOC_RETURNED,    /* the same; return */
    DOC_PENDING,     /* allocate */
    DOC_RELEASED,
    DOC_APPLIED, /* payment */
    DOC_PART_PAID,
    DOC_PAID,
    DOC_CANCELLED,
    DOC_REFUNDED,
    DOC_STATES
};
const char *doc_state_name(enum doc_state state); /* "part_paid" */

/* To whom an entry goes. */
enum reach {
    REACH_LINE, /* the author's own line */
    REACH_TREE, /* all below the author too */
    REACH_TREE_IF_TRACKED,
    REACH_PARTY, /* the line of the division it names */
};

/* Where the division it names must be; else not_below_you, upper_has_node. */
enum party_place { PLACE_ANY, PLACE_BELOW, PLACE_WITHOUT_NODE };

/* What its bgt_id, ori_bgt_id or pay_app_id names, and how that must stand; else wrong_state. They
 * share the year; else year_differs. */
enum about {
    ABOUT_NOTHING,
    ABOUT_SOURCE,       /* an indicator not yet allocated: part of it becomes a new one */
    ABOUT_ALLOCATED,    /* an allocated one */
    ABOUT_UNRELEASED,   /* an allocated one before its release */
    ABOUT_RELEASED,     /* and after it */
    ABOUT_PAYMENT,      /* a payment */
    ABOUT_LIVE_PAYMENT, /* one that is not cancelled */
    ABOUT_OWN_TRANSFER, /* a transfer this division issued; only nodes write of it */
    ABOUT_TRANSFER,     /* one that another issued to it, not yet answered: this is the answer */
};

struct applied;
struct booking_context;
struct ledger;
struct txn;

/* What the node writes into a document (ledger_complete). */
typedef void complete_fn(struct ledger *ledger, struct txn *txn, struct document *document,
                         struct buf *memory);
/* What an entry books (booking_make): NULL, or why it books nothing. */
typedef const char *book_fn(const struct booking_context *context);
/* What an entry is looked up by later, beside its own row (ledger_index_entry). */
typedef void index_fn(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document);

struct kind_info {
    const char *name, *name_zh; /* name NULL: not a kind */
    bool node_only;             /* clients get `node_only` */
    bool takes_elements;        /* the optional elements of DOMAIN 3 */
    bool any_year;              /* says nothing about a fiscal year: it may be left out */
    enum field first[8];        /* required of a code's first version: see document_check_form */
    enum field required[16], optional[24]; /* beside id, fiscal_year, memo, mof_div_code; 0 ends */
    /* What only nodes write into it; goes before takes_elements. A client that gives one of these
     * gets unknown_field_<name>, as for every field with a tag from 100 on. */
    enum field completed[32];

    enum reach reach;
    enum field party; /* names its other division, receiver or issuer; 0: there is none */
    enum party_place place;

    enum about about;
    const char *relation;    /* how a trace calls it below what it is about; NULL: "about" */
    bool has_consequences;   /* others are about it: it makes an indicator, or is a payment */
    bool needs_open_project; /* the project it names must take money; else wrong_state */

    enum doc_state first_state; /* 0: DOC_ENTERED */
    enum field money;           /* names its amount; 0: FIELD_AMOUNT */
    struct {
        book_fn *how; /* NULL: it moves no money */
        enum account from, to;
        bool pending_first; /* from what awaits release, while there is any */
    } books;
    const char *exceeds; /* exceeds_<what> it is when `from` holds less; NULL: it is not asked */
    bool takes_all;      /* no less than all there is; a node writes the amount out */

    complete_fn *complete; /* NULL: there is nothing to write out */
    index_fn *index;       /* NULL: nothing is looked up by it */
};
const struct kind_info *kind_info(uint32_t kind); /* NULL when unknown */
uint32_t kind_named(struct bytes name);           /* 0 when unknown */

/* Does it answer another's transfer? */
bool kind_is_answer(uint32_t kind);
/* Does it make another indicator out of an own one, with that one's elements? */
bool kind_splits(uint32_t kind);
/* Does what it makes stand at the head of a chain of origins? */
bool kind_is_source(uint32_t kind);
/* Is what a node writes into it taken from the own document that it names? */
bool kind_completes_from_own(uint32_t kind);

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
/* Its other division: receiver or issuer; NONE where it has none. */
struct division document_party(const struct document *document);
bool document_is_word(const struct document *document, enum field field, const char *word);

#endif
