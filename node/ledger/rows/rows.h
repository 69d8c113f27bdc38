/* rows - how a ledger lies in the store: keys, values, and nothing about what they mean.
 *
 * Letters and keys stand in registry.h.
 *
 * A transfer has an indicator row too: TRANSIT and XFER_OUT stand there, under its own elements.
 *
 * Views of a loaded row point into the txn: they die with the next put of the same row. Those of
 * an indicator live on until the txn is reset: its texts never change, and never move in the row;
 * the view of its newest children is no such text.
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_ROWS_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_ROWS_H

#include "node/ledger/rows/registry.h"
#include "node/ledger/schema/accounts.h"
#include "node/ledger/schema/kinds.h"
#include "replicator/store/txn.h"

enum { FUND_MAX = 10 };

/* A key on the stack. */
struct row_key {
    uint8_t at[112];
    size_t size;
};
static inline struct bytes row_key_bytes(const struct row_key *key)
{
    return bytes_of(key->at, key->size);
}
/* letter, division, rest: most keys; with an empty rest it is the prefix of a scan. */
struct row_key row_key_of(char letter, struct division division, struct bytes rest);
/* What stands behind letter and division in a key that a scan visits. */
static inline struct bytes row_key_rest(struct bytes key)
{
    return bytes_of(key.data + 1 + DIVISION_CODE_MAX, key.size - 1 - DIVISION_CODE_MAX);
}

/* A short text as a value, terminated. */
struct short_text {
    uint8_t size;
    char at[DOCUMENT_ID_MAX + 1];
};
struct short_text short_text_of(struct bytes text); /* cut at DOCUMENT_ID_MAX */
static inline struct bytes short_text_bytes(const struct short_text *text)
{
    return bytes_of(text->at, text->size);
}

/* --- what was made from a line, or happened to a payment: see children.h --- */

enum { CHILDREN_RUN = 64 };
struct children {
    /* Documents about it; for a line also those about its payments. */
    uint32_t count;
    uint32_t lines;      /* of them, those with children of their own: lines and asks */
    uint8_t run;         /* since the last one that a row of the index names */
    struct bytes newest; /* id of the last one; view */
};
struct row_key children_key(struct division division, struct bytes parent, uint64_t lsn);
struct row_key project_line_key(struct division division, struct bytes pro_code, uint64_t lsn);

/* --- documents --- */

struct doc_row {
    uint64_t lsn, time_ms;
    uint32_t kind;
    int year; /* 0: of no year */
    enum doc_state state;
    int128 amount;      /* document_money; what it moved where it leaves that to the ledger */
    int128 left, spent; /* payment: committed and not yet paid; paid and not refunded */
    bool ever_paid;     /* payment */
    /* 1-12: the month of its year that it counts in (posting/book_month.h); 0: it is of no year, or
     * was only observed. */
    uint8_t book_month;
    /* carry_over, lapse: where on the line it took from; 0: any other. And of a carry_over the
     * month of the year after that its new line counts in. */
    enum account taken;
    uint8_t later_month;
    /* Of what made an approved line: what adjustments added to it since; SRC_APPROVED of the line
     * less this is what the year began with. */
    int128 adjusted;
    /* The id it is about: ori_bgt_id, bgt_id or pay_app_id; settle: bgt_id. "" for none. */
    struct short_text about;
    /* An ask, settle: the receiver; an answer, transfer_in: the issuer. Else NONE. */
    struct division party;
    struct short_text economic; /* payment: its class, where its line has another; else "" */
    struct short_text before;   /* the document about the same before it; "" for the first */
    int128 asked_back; /* own transfer: by recalls and negative differences without a settle */
    struct short_text withdraw; /* transfer: what takes it back; "" for none */
    /* Of a payment, a difference, a recall, or an ask from above; a line keeps its own. */
    struct children children;
};
bool doc_load(struct txn *txn, struct division division, struct bytes id, struct doc_row *out);
void doc_store(struct txn *txn, struct division division, struct bytes id,
               const struct doc_row *row);

/* --- indicators --- */

enum indicator_flag {
    INDICATOR_EARMARKED = 1, /* special-purpose: keeps pro_code and tp_func_code */
    INDICATOR_RELEASED = 2,
    INDICATOR_ESTIMATE = 4, /* made by an estimate, replied to or not */
    INDICATOR_DIRECT = 8,   /* is_direct: follows the money to the last payee */
};

struct indicator {
    int128 balance[ACCOUNTS]; /* fen, debit + */
    int year;
    uint32_t kind; /* of the document that made it */
    uint8_t flags;
    uint8_t carried_times; /* into how many years after its own its money was carried */
    uint32_t frozen_day;   /* on which FROZEN last rose from nil (schema/clocks.h); 0: never */
    int128 recovered;      /* fen: of what is SPENT, what came back into another year */
    uint64_t lsn;
    struct division issuer;   /* from whom the money came, and went on so when carried; else NONE */
    struct division receiver; /* transfer, transfer_out, remit: to whom; else NONE */
    struct bytes origin;      /* the indicator it was made from; "" for a source */
    struct bytes source;      /* where the chain of origins ends; itself for a source */
    struct bytes elements;    /* body of a document: the elements, pro_name, pro_cat_code */
    /* Out of the elements, what roll-ups group by; function: exp_func_code, else tp_func_code;
     * economic: dep_bgt_eco_code. */
    struct bytes fund, project, function, agency, economic, gov_economic;
    struct children children;
};
bool indicator_load(struct txn *txn, struct division division, struct bytes id,
                    struct indicator *out);
/* All but balance, children, frozen_day and recovered, which stay unset. */
bool indicator_load_terms(struct txn *txn, struct division division, struct bytes id,
                          struct indicator *out);
bool indicator_parse(struct bytes value, struct indicator *out);
void indicator_store(struct txn *txn, struct division division, struct bytes id,
                     const struct indicator *indicator);
/* Its elements as fields of a document; views point into indicator->elements. */
void indicator_elements(const struct indicator *indicator, struct document *out);
/* Does it take up what a closed year's accounts came to, and no money of its own? */
static inline bool indicator_is_closing(const struct indicator *indicator)
{
    return indicator->kind == KIND_CLOSE_YEAR;
}
/* The other way: `encoded` is `elements` as a body. Views point into both. */
void indicator_set_elements(struct indicator *indicator, const struct document *elements,
                            struct bytes encoded);

struct source_sums {
    int128 credit, debit; /* fen; equal in a sound ledger */
};
bool source_load(struct txn *txn, struct division division, struct bytes id,
                 struct source_sums *out);
void source_store(struct txn *txn, struct division division, struct bytes id,
                  const struct source_sums *sums);

/* Sums of a (division, year, fund), by account. Zeros when there are none. */
struct row_key year_sums_key(struct division division, int year, struct bytes fund);
void year_sums_load(struct txn *txn, const struct row_key *key, int128 sums[ACCOUNTS]);
bool year_sums_parse(struct bytes value, int128 sums[ACCOUNTS]);
void year_sums_store(struct txn *txn, const struct row_key *key, const int128 sums[ACCOUNTS]);

/* --- how far a log is posted --- */

struct position_row {
    uint64_t lsn, time_ms; /* last entry posted */
    struct hash digest;    /* after the last whole block */
    uint64_t digest_lsn;
};
/* Zeros when there is none. */
void position_load(struct txn *txn, struct division division, struct position_row *out);
void position_store(struct txn *txn, struct division division, const struct position_row *row);

/* --- roll-ups --- */

struct rollup {
    struct {
        int128 debit, credit; /* fen */
    } of[ACCOUNTS];
};
enum rollup_dimension { /* on disk */
                        ROLLUP_ACCOUNT,
                        ROLLUP_PROJECT,
                        ROLLUP_FUNCTION,
                        ROLLUP_FUND,
                        ROLLUP_AGENCY,
                        ROLLUP_ECONOMIC, /* COMMIT and SPENT by the payment's class */
                        ROLLUP_GOV_ECONOMIC,
                        ROLLUP_DIRECT, /* "1" */
                        ROLLUP_MONTH,  /* book month, "01" to "12" */
                        /* size(u8) agency class, both of the line; own level only */
                        ROLLUP_AGENCY_ECONOMIC,
                        ROLLUP_DIMENSIONS
};
enum { ROLLUP_KEY_MAX = 64 };
const char *rollup_dimension_name(enum rollup_dimension dimension); /* "gov_economic" */
/* Few lines say such an element: money without it has no row, and is what remains of the sums by
 * account. */
static inline bool rollup_is_sparse(enum rollup_dimension dimension)
{
    return dimension == ROLLUP_ECONOMIC || dimension == ROLLUP_GOV_ECONOMIC ||
           dimension == ROLLUP_DIRECT || dimension == ROLLUP_AGENCY_ECONOMIC;
}
/* Do its codes belong to a division each? In ROLLUP_SUBTREE the key then begins with the code, all
 * DIVISION_CODE_MAX bytes of it, of the division in whose ledger the money is. */
static inline bool rollup_has_owner(enum rollup_dimension dimension)
{
    return dimension == ROLLUP_PROJECT || dimension == ROLLUP_AGENCY;
}
struct row_key rollup_key(char scope, struct division division, int year,
                          enum rollup_dimension dimension, struct bytes key);
/* All years of a division: a prefix. Takes a visited key apart. */
struct row_key rollup_prefix(char scope, struct division division);
bool rollup_key_parse(struct bytes row_key, int *year, enum rollup_dimension *dimension,
                      struct bytes *key);
/* The key of an agency and a class; size 0 where the money lacks one of them. */
struct bytes rollup_agency_economic(uint8_t out[ROLLUP_KEY_MAX], struct bytes agency,
                                    struct bytes economic);
/* Of ROLLUP_PLAIN: what `author` passed to `peer` or got from it. */
struct plain_key {
    struct division peer, author;
    int year;
    enum rollup_dimension dimension;
    struct bytes key;
};
struct row_key plain_prefix(struct division peer, int year);
struct row_key plain_key(const struct plain_key *key);
bool plain_key_parse(struct bytes row_key, struct plain_key *out);
void rollup_load(struct txn *txn, const struct row_key *key, struct rollup *out); /* or zeros */
bool rollup_parse(struct bytes value, struct rollup *out);
void rollup_store(struct txn *txn, const struct row_key *key, const struct rollup *rollup);

/* --- both sides of an ask, as far as they were seen --- */

/* What became of an ask. Numbers are on disk. */
enum outcome {
    OUTCOME_NONE,
    OUTCOME_REGISTERED, /* transfer, remit */
    OUTCOME_RETURNED,
    OUTCOME_LOWERED, /* negative difference, registered */
    OUTCOME_KEPT,    /* the same, returned */
    OUTCOME_GRANTED, /* recall */
    OUTCOME_REFUSED,
    OUTCOMES
};

struct transfer_match {
    /* the issuer's ask; lsn 0: not seen */
    uint64_t transfer_lsn;
    uint64_t evidence_lsn; /* where it stood first, by its own word and content; 0: nowhere else */
    uint32_t kind;         /* transfer, recall or remit */
    struct division receiver;
    int64_t amount;      /* as it says: below nothing for a negative difference */
    struct hash content; /* TAG_CONTENT of the ask's body, as it stood first */
    struct hash terms;   /* what an answer must repeat (terms_issued) */
    int year;
    uint64_t due; /* the last day for the answer (schema/clocks.h) */
    /* The transfer of the same issuer that a negative difference or a recall lowers, as the ask or
     * its answer names it; "" for what moves money itself. */
    struct short_text lowers;
    uint64_t withdraw_lsn; /* the issuer takes it back; 0: not seen */
    /* the receiver's answer; lsn 0: not seen */
    uint64_t answer_lsn;
    struct division answerer;
    int64_t answer_amount;
    uint64_t answer_names_lsn;  /* the ask's lsn, as the answer tells */
    struct hash answer_content; /* likewise */
    struct hash answer_terms;
    int answer_year;
    enum outcome answered;
    struct short_text answer_id;
    /* the issuer's settle; lsn 0: not seen */
    uint64_t settle_lsn;
    int64_t settle_amount; /* always above nothing */
    enum outcome settled;
    struct short_text settle_id, settle_answer_id;
    /* Of a transfer, fen: what its receiver gave back of it since, and what its issuer settled of
     * that. */
    int128 given_back, taken_back;
    bool breach; /* the sides disagree; told once, kept for who asks */
    bool missed; /* ... for want of the ask alone: over where it is entered again as evidence */
};
bool transfer_match_load(struct txn *txn, struct division issuer, struct bytes id,
                         struct transfer_match *out);
void transfer_match_store(struct txn *txn, struct division issuer, struct bytes id,
                          const struct transfer_match *match);

/* --- catalogues: agencies, projects, accounts, codes --- */

struct catalogue_row {
    uint64_t lsn;
    struct division owner;
    int year, first_year;            /* of this version; from when on the code is known at all */
    bool usable;                     /* code: not disabled, and in force in its year */
    bool is_track;                   /* project: it, or a version of it before */
    struct short_text state, agency; /* project */
    struct bytes name,
        group; /* project: pro_cat_code; agency, code: parent_code; account: agency */
};
bool catalogue_load(struct txn *txn, const struct row_key *key, struct catalogue_row *out);
bool catalogue_parse(struct bytes value, struct catalogue_row *out);
void catalogue_store(struct txn *txn, const struct row_key *key, const struct catalogue_row *row);
struct row_key code_key(struct bytes catalogue, int year, struct bytes code);
struct row_key code_set_key(struct bytes catalogue, int year);

/* --- lists --- */

/* Ids in lsn order within a row, rows in lsn order within a kind. */
struct row_key list_key(struct division division, uint32_t kind, uint64_t lsn);
struct row_key list_prefix(struct division division, uint32_t kind);
void list_add(struct buf *value, struct bytes id);
bool list_next(struct reader *value, struct bytes *id); /* false at the end */
bool list_is_whole(struct bytes value);                 /* ids to its last byte */

#endif
