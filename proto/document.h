/* document - what a finance office says, as fields of one flat message.
 *
 * One set of fields serves all kinds; which of them a kind takes or needs is the ledger's
 * (node/ledger/schema/kinds.h). On the wire it is the message Document of document.proto: text
 * fields length-delimited, numbers as sint64. Bodies are written in ascending field order with
 * shortest varints, and a body written otherwise is malformed: so a document has exactly one
 * encoding, and it is read in one bounded pass without allocation (tests/unit/proto checks this
 * codec against the generated one).
 *
 * Text views borrow: from the body they were read from, or from whoever set them.
 * Amounts are fen (int64). Thread: any. */
#ifndef TERRACE_PROTO_DOCUMENT_H
#define TERRACE_PROTO_DOCUMENT_H

#include "proto/document_lines.h"
#include "proto/field_value.h"

/* X(constant, tag, name, type, bytes_max). Tags are never reused. */
#define DOCUMENT_FIELDS(X)                                                                         \
    X(ID, 1, "id", ID, DOCUMENT_ID_MAX)                                                            \
    X(FISCAL_YEAR, 2, "fiscal_year", YEAR, 0)                                                      \
    X(MEMO, 3, "memo", TEXT, 1000)                                                                 \
    X(MOF_DIV_CODE, 4, "mof_div_code", DIVISION, 9)                                                \
    X(AMOUNT, 5, "amount", AMOUNT, 0)                                                              \
    X(BGT_ID, 6, "bgt_id", ID, 38)                                                                 \
    X(ORI_BGT_ID, 7, "ori_bgt_id", ID, 38)                                                         \
    X(REC_DIV_CODE, 8, "rec_div_code", DIVISION, 9)                                                \
    X(ORI_DIV_CODE, 9, "ori_div_code", DIVISION, 9)                                                \
    X(REASON, 10, "reason", TEXT, 1000)                                                            \
    X(STAGE, 11, "stage", WORD, 16)                                                                \
    X(APPROVAL_REF, 12, "approval_ref", TEXT, 200)                                                 \
    X(APPROVAL_DATE, 13, "approval_date", DATE, 10)                                                \
    X(VERSION, 14, "version", TEXT, 20)                                                            \
    X(COR_BGT_DOC_NO, 15, "cor_bgt_doc_no", TEXT, 100)                                             \
    X(PRO_CODE, 16, "pro_code", CODE, 21)                                                          \
    X(AGENCY_CODE, 17, "agency_code", CODE, 21)                                                    \
    X(FUND_TYPE_CODE, 18, "fund_type_code", CODE, 10)                                              \
    X(TP_FUNC_CODE, 19, "tp_func_code", CODE, 13)                                                  \
    X(EXP_FUNC_CODE, 20, "exp_func_code", CODE, 13)                                                \
    X(GOV_BGT_ECO_CODE, 21, "gov_bgt_eco_code", CODE, 11)                                          \
    X(DEP_BGT_ECO_CODE, 22, "dep_bgt_eco_code", CODE, 20)                                          \
    X(BGT_TYPE_CODE, 23, "bgt_type_code", CODE, 50)                                                \
    X(SOURCE_TYPE_CODE, 24, "source_type_code", CODE, 1)                                           \
    X(IS_DIRECT, 25, "is_direct", FLAG, 1)                                                         \
    X(IS_TRACK, 26, "is_track", FLAG, 1)                                                           \
    X(TRACK_PRO_CODE, 27, "track_pro_code", CODE, 21)                                              \
    X(SUP_BGT_DOC_NO, 28, "sup_bgt_doc_no", TEXT, 100)                                             \
    X(ELE_CATALOG_CODE, 29, "ele_catalog_code", WORD, 20)                                          \
    X(ELE_CODE, 30, "ele_code", CODE, 50)                                                          \
    X(ELE_NAME, 31, "ele_name", TEXT, 360)                                                         \
    X(PARENT_CODE, 32, "parent_code", CODE, 50)                                                    \
    X(START_DATE, 33, "start_date", DATE, 10)                                                      \
    X(END_DATE, 34, "end_date", DATE, 10)                                                          \
    X(IS_ENABLED, 35, "is_enabled", FLAG, 1)                                                       \
    X(FROM_CODE, 36, "from_code", CODE, 50)                                                        \
    X(TO_CODE, 37, "to_code", CODE, 50)                                                            \
    X(AGENCY_NAME, 38, "agency_name", TEXT, 360)                                                   \
    X(ACCT_NO, 39, "acct_no", CODE, 50)                                                            \
    X(ACCT_NAME, 40, "acct_name", TEXT, 360)                                                       \
    X(BANK_NAME, 41, "bank_name", TEXT, 360)                                                       \
    X(ACCT_TYPE_CODE, 42, "acct_type_code", CODE, 10)                                              \
    X(STATE, 43, "state", WORD, 16)                                                                \
    X(PRO_NAME, 44, "pro_name", TEXT, 360)                                                         \
    X(PRO_CAT_CODE, 45, "pro_cat_code", CODE, 10)                                                  \
    X(SETUP_YEAR, 46, "setup_year", YEAR, 0)                                                       \
    X(PRO_START_YEAR, 47, "pro_start_year", YEAR, 0)                                               \
    X(PRO_TERM, 48, "pro_term", NUMBER, 0)                                                         \
    X(PRO_TOTAL_AMT, 49, "pro_total_amt", AMOUNT, 0)                                               \
    X(SUP_PRO_CODE, 50, "sup_pro_code", CODE, 21)                                                  \
    X(INCOME_SORT_CODE, 51, "income_sort_code", CODE, 20)                                          \
    X(DATE, 52, "date", DATE, 10)                                                                  \
    X(TRA_TYPE_CODE, 53, "tra_type_code", WORD, 16)                                                \
    X(DOC_TITLE, 54, "doc_title", TEXT, 360)                                                       \
    X(DOC_DATE, 55, "doc_date", DATE, 10)                                                          \
    X(EARLY_BGT_ID, 56, "early_bgt_id", ID, 38)                                                    \
    X(IS_DISASTER, 57, "is_disaster", FLAG, 1)                                                     \
    X(DUE_DAYS, 58, "due_days", NUMBER, 0)                                                         \
    X(PAY_APP_ID, 59, "pay_app_id", ID, 38)                                                        \
    X(PAY_APP_AMT, 60, "pay_app_amt", AMOUNT, 0)                                                   \
    X(PAYEE_ACCT_NAME, 61, "payee_acct_name", TEXT, 360)                                           \
    X(PAYEE_ACCT_NO, 62, "payee_acct_no", CODE, 50)                                                \
    X(PAYEE_ACCT_BANK_NAME, 63, "payee_acct_bank_name", TEXT, 360)                                 \
    X(USE_DES, 64, "use_des", TEXT, 500)                                                           \
    X(SET_MODE_CODE, 65, "set_mode_code", CODE, 10)                                                \
    X(PAY_TYPE_CODE, 66, "pay_type_code", CODE, 10)                                                \
    X(AGENCY_ACCT_NO, 67, "agency_acct_no", CODE, 50)                                              \
    X(XPAY_AMT, 68, "xpay_amt", AMOUNT, 0)                                                         \
    X(XPAY_DATE, 69, "xpay_date", DATE, 10)                                                        \
    X(AGENT_BUSINESS_NO, 70, "agent_business_no", CODE, 60)                                        \
    X(FROM_BGT_ID, 71, "from_bgt_id", ID, 38)                                                      \
    X(RECALL_ID, 72, "recall_id", ID, 38)                                                          \
    X(RULE_CODE, 73, "rule_code", CODE, 30)                                                        \
    X(NAME, 74, "name", TEXT, 360)                                                                 \
    X(LEVEL, 75, "level", WORD, 10)                                                                \
    X(WHEN, 76, "when", WORD, 16)                                                                  \
    X(CONDITION, 77, "condition", TEXT, 2000)                                                      \
    X(SCOPE, 78, "scope", TEXT, 360)                                                               \
    X(ENABLED, 79, "enabled", FLAG, 1)                                                             \
    X(BASIS, 80, "basis", TEXT, 360)                                                               \
    X(ALERT_ID, 81, "alert_id", ID, 38)                                                            \
    X(STEP, 82, "step", WORD, 16)                                                                  \
    X(TEXT, 83, "text", TEXT, 2000)                                                                \
    X(VERDICT, 84, "verdict", WORD, 16)                                                            \
    X(RECTIFIED, 85, "rectified", FLAG, 1)                                                         \
    X(POLICY_CODE, 90, "policy_code", CODE, 40)                                                    \
    X(POLICY_VALUE, 91, "policy_value", TEXT, 1000)                                                \
    X(ESTIMATE_ID, 94, "estimate_id", ID, 38)                                                      \
    X(PAY_APP_DATE, 98, "pay_app_date", DATE, 10)                                                  \
    /* 100 to 127 are written by nodes */                                                          \
    X(ANSWER_ID, 100, "answer_id", ID, 38)           /* settle: the answer that it settles */      \
    X(OUTCOME, 101, "outcome", WORD, 16)             /* settle: what became of the ask */          \
    X(TRANSFER_LSN, 102, "transfer_lsn", NUMBER, 0)  /* in the issuer's log */                     \
    X(TRANSFER_HASH, 103, "transfer_hash", HASH, 32) /* TAG_CONTENT of the transfer's body */      \
    X(OPERATOR_KEY, 104, "operator_key", HASH, 32)   /* operator: Ed25519 public key */            \
    X(ROLE, 105, "role", CODE, 32)                                                                 \
    X(OWN_BGT_ID, 106, "own_bgt_id", ID, 38)   /* answer: the own register that it lowers */       \
    X(OUTSIDE, 116, "outside", FLAG, 1)        /* remit: to a division without a node */           \
    X(ENTERED_BY, 117, "entered_by", TEXT, 63) /* operator: the admin whose word it is */          \
    X(EPOCH, 118, "epoch", NUMBER, 0)          /* confirm: of the division */                      \
    X(GRANT_HASH, 119, "grant_hash", HASH, 32) /* confirm: the grant of that epoch */              \
    X(DUE_SPAN, 120, "due_span", NUMBER, 0)    /* ask: the days of the calendar until it is due */ \
    /* what once stood in this log, above where a recovery went on (document_evidence.h): */       \
    X(EVIDENCE_EPOCH, 121, "evidence_epoch", NUMBER, 0)                                            \
    X(EVIDENCE_LSN, 122, "evidence_lsn", NUMBER, 0)                                                \
    X(EVIDENCE_HASH, 123, "evidence_hash", HASH, 32) /* TAG_CONTENT of that entry's body */        \
    /* written by persons again: */                                                                \
    X(MONTH, 142, "month", NUMBER, 0)                                                              \
    X(TAKE_FROM, 143, "take_from", WORD, 16)                                                       \
    X(IS_WORKDAY, 154, "is_workday", FLAG, 1)                                                      \
    X(SUSPENDS, 155, "suspends", FLAG, 1)                                                          \
    X(PRO_EXIT_DATE, 159, "pro_exit_date", DATE, 10)                                               \
    X(POLICY_REF, 161, "policy_ref", CODE, 40)                                                     \
    X(BEN_NAME, 163, "ben_name", TEXT, 360)                                                        \
    X(BEN_CODE, 164, "ben_code", CODE, 40)                                                         \
    X(DIV_CODE, 165, "div_code", DIVISION, 9)                                                      \
    X(UNCONFIRMED, 166, "unconfirmed", FLAG, 1)

enum field {
#define X(constant, tag, name, type, bytes_max) FIELD_##constant = tag,
    DOCUMENT_FIELDS(X)
#undef X
        FIELD_LINES = 190, /* the lines of a document: document_lines.h */
    FIELD_INHERITED = 191, /* tags of the fields the node wrote out, one byte each */
    FIELDS = 192,
};

/* Written by nodes alone, whatever the kind. */
static inline bool field_is_nodes(enum field field)
{
    return field >= 100 && field < 128;
}

/* Its name is NULL for a tag not in use. */
const struct field_info *field_info(enum field field);
/* FIELDS when there is no such name. */
enum field field_named(struct bytes name);
static inline bool field_is_number(enum field field)
{
    const enum field_type type = field_info(field)->type;
    return type == TYPE_AMOUNT || type == TYPE_NUMBER || type == TYPE_YEAR;
}

/* No document has more fields than there are. */
enum { DOCUMENT_VALUES_MAX = 116 };

/* Values stand one behind the other in the order in which they were set, so that a document costs
 * what it has, and not what it could have. */
struct document {
    uint32_t kind;
    uint16_t line_count;
    uint8_t value_count;
    uint64_t present[FIELDS / 64];   /* by tag */
    uint64_t inherited[FIELDS / 64]; /* those of them that the node wrote out; a subset */
    struct bytes lines;              /* as they stand in a body: see document_lines.h */
    uint8_t value_at[FIELDS];        /* index of a value; only where present */
    union document_value {
        struct bytes text;
        int64_t number;
    } values[DOCUMENT_VALUES_MAX];
};

static inline void document_clear(struct document *document, uint32_t kind)
{
    document->kind = kind;
    document->line_count = 0;
    document->value_count = 0;
    document->lines = BYTES_NONE;
    memset(document->present, 0, sizeof document->present);
    memset(document->inherited, 0, sizeof document->inherited);
    memset(document->value_at, 0, sizeof document->value_at); /* an analyzer reads no bits */
}
/* As much of it as there is: what lies behind the last value is nobody's. */
static inline void document_copy(struct document *out, const struct document *from)
{
    memcpy(out, from, offsetof(struct document, values) + from->value_count * sizeof *from->values);
}
static inline bool document_has(const struct document *document, enum field field)
{
    return (document->present[field >> 6] >> (field & 63) & 1) != 0;
}
static inline bool document_inherited(const struct document *document, enum field field)
{
    return (document->inherited[field >> 6] >> (field & 63) & 1) != 0;
}
/* Of a field that is there. */
static inline const union document_value *document_value(const struct document *document,
                                                         enum field field)
{
    return &document->values[document->value_at[field]];
}
static inline void document_set_value(struct document *document, enum field field,
                                      union document_value value)
{
    if (!document_has(document, field)) {
        document->present[field >> 6] |= UINT64_C(1) << (field & 63);
        document->value_at[field] = document->value_count++;
    }
    document->values[document->value_at[field]] = value;
}
static inline void document_set_text(struct document *document, enum field field, struct bytes text)
{
    document_set_value(document, field, (union document_value){.text = text});
}
static inline void document_set_number(struct document *document, enum field field, int64_t number)
{
    document_set_value(document, field, (union document_value){.number = number});
}
static inline void document_mark_inherited(struct document *document, enum field field)
{
    document->inherited[field >> 6] |= UINT64_C(1) << (field & 63);
}
/* Empty and zero when absent. */
static inline struct bytes document_text(const struct document *document, enum field field)
{
    return document_has(document, field) ? document_value(document, field)->text : BYTES_NONE;
}
static inline int64_t document_number(const struct document *document, enum field field)
{
    return document_has(document, field) ? document_value(document, field)->number : 0;
}
static inline int document_year(const struct document *document)
{
    return (int)document_number(document, FIELD_FISCAL_YEAR);
}
static inline struct bytes document_id(const struct document *document)
{
    return document_text(document, FIELD_ID);
}

/* Is this value one its type allows (form only; WORD lists are the kind's)? */
bool field_text_valid(enum field field, struct bytes text);
bool field_number_valid(enum field field, int64_t number);

/* Sets a field from what a person typed: numbers and amounts are parsed ("1250.5" -> 125050 fen;
 * no exponents, no separators, at most two decimals, a minus sign only for amounts). False: bad. */
bool document_set(struct document *document, enum field field, struct bytes typed);

/* The body of an entry. Appends. */
void document_encode(struct buf *out, const struct document *document);
/* Views point into `body`. Errors: ERR_MALFORMED, ERR_TOO_LARGE. */
enum status document_decode(struct document *out, uint32_t kind, struct bytes body,
                            struct err *err);

#endif
