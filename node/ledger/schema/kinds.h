/* kinds - every kind of document: its number, name and fields, whom it concerns, what it is about
 * and how its money moves. The rest of the ledger asks the row, and not which kind it is.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_KINDS_H
#define TERRACE_NODE_LEDGER_SCHEMA_KINDS_H

#include "node/ledger/schema/accounts.h"
#include "node/ledger/schema/reason.h"
#include "proto/document_evidence.h"

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
    KIND_ELEMENT_MAP = 36, /* a code becomes another one in the year after */
    KIND_VIREMENT = 39,
    KIND_ADJUST = 40, /* a reply is raised or lowered */
    KIND_RECALL = 41, /* asks that money of a registered transfer be given back */
    KIND_RECALL_GRANT = 42,
    KIND_RECALL_REFUSE = 43,
    KIND_CARRY_OVER = 47, /* to a new line of the year after */
    KIND_LAPSE = 48,
    KIND_CLOSE_YEAR = 49, /* or a month of it */
    KIND_OPEN_YEAR = 50,
    KIND_POLICY = 51,
    KIND_TRANSFER_OUT = 57, /* to a division below that has no node */
    KIND_REMIT = 68,        /* money goes up */
    KIND_REOPEN_YEAR = 70,
    KIND_CALENDAR = 71,
    KIND_WITHDRAW = 74, /* a transfer that nobody has answered is taken back */
    KIND_CONFIRM = 75,  /* a recovery of a division below counts */
    KINDS_END,
    /* Spoken for, by number:
     * 37 revenue          38 receipt        44 rule           45 alert        46 alert_action
     * 52 list_item        53 rule_exempt    54 rule_release   55 inquiry      56 inquiry_reply
     * 58 opening          59 cash_plan      60 bank_out       61 bank_item    62 pay_detail
     * 63 account_balance  64 performance    65 rank           66 cash_transfer
     * 67 cash_receipt     69 settlement     72 unit_figure    73 division_change
     * 76-79 free */
};
/* 2: account 16, differences of a transfer, lines of several years. 3: the same, of a document that
 * names evidence (proto/document_evidence.h), and of no other; what nodes write themselves, none
 * enters for the second time. */
enum { DOCUMENT_FORMAT = 2, EVIDENCE_FORMAT = 3, DOCUMENT_FORMAT_LAST = EVIDENCE_FORMAT };
/* Of an own body, or the document that it is: in which format its entry is written. */
uint32_t document_format(struct bytes body);
uint32_t document_format_of(const struct document *document);
/* An entry's document. Errors: as document_decode, and ERR_MALFORMED where it names evidence in
 * another format, or not in that. */
enum status document_of_entry(struct document *out, uint32_t kind, uint32_t format,
                              struct bytes body, struct err *err);
/* Is this version able to read and fold it? Each format that ever went out stays one of these: a
 * recording of it is folded for ever (tests/data/recorded). False of a kind that is not known, and
 * of the link's own kinds. */
bool document_format_known(uint32_t kind, uint32_t format);

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
    DOC_ADVANCED,    /* budget estimate, until its reply */
    DOC_NOTICED,     /* transfer of nothing: the early amount stands */
    DOC_LOWERED,     /* negative difference, once registered */
    DOC_KEPT,        /* the same, once returned */
    DOC_ASKED,       /* recall */
    DOC_GRANTED,     /* recall, once granted; recall_grant */
    DOC_DECLINED,    /* recall, once refused; recall_refuse */
    DOC_WITHDRAWING, /* withdraw, until its transfer is settled */
    DOC_WITHDRAWN,
    DOC_TOO_LATE, /* withdraw of what was registered already */
    DOC_CARRIED,  /* carry_over of what is not allocated */
    DOC_STATES
};
const char *doc_state_name(enum doc_state state); /* "part_paid" */

/* To whom an entry goes. */
enum reach {
    REACH_LINE, /* the author's own line */
    REACH_TREE, /* all below the author too */
    REACH_TREE_IF_TRACKED,
    REACH_PARTY,      /* the line of the division it names */
    REACH_PARTY_TREE, /* those below and above that division, too: all who hold its log */
};

/* Where the division it names must be; else not_below_you, not_above_you, upper_has_node,
 * lower_has_node. */
enum party_place {
    PLACE_ANY,
    PLACE_BELOW,
    PLACE_ABOVE_OR_OUTSIDE,
    PLACE_UPPER_WITHOUT_NODE,
    PLACE_LOWER_WITHOUT_NODE
};

/* Which amounts it may say. */
enum sign {
    SIGN_POSITIVE,
    SIGN_ZERO,   /* or nothing */
    SIGN_SIGNED, /* more or less than nothing */
    SIGN_ANY,
};

/* Beside an open year, where it may be entered. */
enum year_use {
    YEAR_OPEN = 0,
    YEAR_PREPARED = 1, /* in one that is prepared, too */
    YEAR_CLOSED = 2,   /* in one that is closed, too */
    YEAR_EVERY = YEAR_PREPARED | YEAR_CLOSED,
};

/* Whose two persons it needs. */
enum two_persons {
    TWO_BY_POLICY,
    TWO_WITH_ANY, /* wherever any kind does */
    TWO_ALWAYS,   /* whatever the policy says */
};

/* What it is about. They share the year; else year_differs. How that must stand says its family. */
enum about {
    ABOUT_NOTHING,
    ABOUT_LINE,         /* an indicator of this division */
    ABOUT_ESTIMATE,     /* an estimate of this division, where it names one */
    ABOUT_PAYMENT,      /* a payment of this division */
    ABOUT_OWN_TRANSFER, /* a transfer or another ask of this division */
    ABOUT_ASK,          /* one that another issued to it: this is the answer */
};

/* Which fields the lines of a kind must and may have beside their number; 0 ends. A kind without
 * required ones has no lines. */
struct line_form {
    enum line_field required[4], optional[4];
};

struct kind_info {
    const char *name;    /* NULL: not a kind; kind.NAME in node/text/ is what people say */
    bool node_only;      /* clients get `node_only` */
    bool takes_elements; /* the optional elements of DOMAIN 3 */
    bool any_year;       /* says nothing about a fiscal year: it may be left out */
    enum two_persons two;
    enum field two_without; /* two persons where it lacks this, whatever the policy says; 0: none */
    enum year_use years;
    bool two_years;      /* what it books lies in a second year, too */
    enum field first[8]; /* required of a code's first version: see document_check_form */
    enum field required[16], optional[24]; /* beside id, fiscal_year, memo, mof_div_code; 0 ends */
    /* What only nodes write into it; goes before takes_elements. A client that gives one of these
     * gets unknown_field_<name>, as for every field with a tag from 100 on. */
    enum field completed[32];

    const char *const *stages; /* the words of its FIELD_STAGE, ended by NULL */
    struct line_form lines;

    enum reach reach;
    enum field party; /* names its other division, receiver or issuer; 0: there is none */
    enum party_place place;

    enum field defines; /* the code that it defines for others; 0: none */
    enum about about;
    enum field about_id;   /* names what it is about */
    enum field about_line; /* names a line instead, where about_id is left out; 0: it may not be */
    bool is_source;        /* what it makes stands at the head of a chain of origins */
    bool splits;           /* part of that becomes another indicator, with its elements */
    bool is_answered;      /* its other division answers it */
    const char *relation;  /* how a trace calls it below what it is about; NULL: "about" */
    bool has_consequences; /* others are about it: it makes an indicator, or is a payment */
    bool needs_open_project; /* the project it names must take money; else wrong_state */
    bool needs_final;        /* takes no money of an estimate before its reply, but early; else
                                advance_only */

    enum doc_state first_state; /* 0: DOC_ENTERED */
    enum field money;           /* names its amount; 0: FIELD_AMOUNT */
    enum sign sign;
    enum sign sign_with_early; /* beside early_bgt_id */
    struct {
        enum account from, to; /* 0: it moves no money */
        bool pending_first;    /* from what awaits release, while there is any */
    } books;
    struct { /* it moves money only when `field` is `word`; 0: always */
        enum field field;
        const char *word, *or_word; /* or_word: NULL for none */
        enum field needs;           /* required then, beside `word` alone */
        enum doc_state otherwise;   /* its first state else */
    } only_when;
    const char *exceeds; /* exceeds_<what> it is when `from` holds less; NULL: it is not asked */
    bool takes_all;      /* no less than all there is; a node writes the amount out */
};
const struct kind_info *kind_info(uint32_t kind); /* NULL when unknown */
uint32_t kind_named(struct bytes name);           /* 0 when unknown */

/* Does this document move money? The stages of a budget before its reply do not, nor does what says
 * that an early amount stands or is to be lowered. */
bool document_books(const struct document *document);
/* Which amounts it may say, by its stage and by what it names. */
enum sign document_sign(const struct document *document);
bool sign_allows(enum sign sign, int64_t amount);
/* Is it the difference to an early transfer, and no more than that? */
bool document_is_difference(const struct document *document);
/* The fiscal year of the line that it makes: of a carry_over the year after its own. */
int document_line_year(const struct document *document);
/* Of a kind with about_line: which of the fields that say what it is about was given first,
 * about_id, about_line or, for what no document here tells of, the fund type of the line it opens;
 * 0: none. */
enum field document_subject(const struct document *document);
/* Does it say no fiscal year where its kind has one? No author's node enters that. */
bool document_lacks_year(const struct document *document);
/* Does it say that it is of another division than its author? No author's node enters that. */
bool document_is_anothers(const struct document *document, struct division author);
/* The id of what it is about, or BYTES_NONE: of what lowers an early one, that. */
struct bytes document_about(const struct document *document);
enum doc_state document_first_state(const struct document *document);

/* Does it answer another's ask? */
bool kind_is_answer(uint32_t kind);
/* Does its code have versions, of which the first says more? */
bool kind_has_versions(uint32_t kind);
/* Has it an answer to come, of its other division? */
bool kind_is_answered(uint32_t kind);
/* Does what it makes stand at the head of a chain of origins? */
bool kind_is_source(uint32_t kind);
/* Does it no more than take from what is free, so that others of its sort may come before or behind
 * it as long as all of them fit? True of what moves no money. */
bool kind_only_takes(uint32_t kind);
/* Is what a node writes into it taken from the own document that it names? */
bool kind_completes_from_own(uint32_t kind);

/* The elements (DOMAIN 3), in order; 0 ends. */
const enum field *kind_elements(void);
/* Has a document of this kind this field at all, when it comes from a client or from a node? */
bool kind_takes(const struct kind_info *info, enum field field, bool client);
/* Does its row ask for the field, in any version or in a first one? */
bool kind_requires(const struct kind_info *info, enum field field, bool first);
/* Must it be there? Some fields are needed only beside others (a reply's approval_ref), some only
 * in a first version. */
bool kind_needs(const struct kind_info *info, const struct document *document, enum field field,
                bool first);
/* The words of a WORD field in this kind, ended by NULL; NULL when any word will do. */
const char *const *kind_words(uint32_t kind, enum field field);

/* malformed .. not_yours for a document of `self`: what can be said without looking anything up.
 * Of several faults of one sort the first is named: unknown fields by tag, all others in the
 * order id, fiscal_year, the kind's fields, elements, memo, mof_div_code. `first`: its code has no
 * version yet. */
enum reason document_check_form(const struct document *document, struct division self, bool client,
                                bool first, struct refusal *refusal);

/* What is wrong with the lines of a document, of which each takes `form`; part of
 * document_check_form. */
enum reason document_check_lines(const struct document *document, const struct line_form *form,
                                 struct refusal *refusal);

/* Where an entry of this document goes, by its own words: see ledger_audience. */
struct audience kind_audience(const struct document *document, struct division self);

/* The most one document may say, fen: 10^15 yuan, above any nation's budget. A slip of the keyboard
 * beyond it is refused. */
#define AMOUNT_FEN_MAX INT64_C(100000000000000000)
/* The money a document moves or plans, fen; 0 where the kind has none. */
int64_t document_money(const struct document *document);
/* Its other division: receiver or issuer; NONE where it has none. */
struct division document_party(const struct document *document);
bool document_is_word(const struct document *document, enum field field, const char *word);

#endif
