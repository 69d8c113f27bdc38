/* A lower division's ledger as computed from its log: also from a log that no honest node wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query.h"
#include "node/ledger/rows.h"
#include "node/store/store_memory.h"
#include "tests/unit/ledger/tree.h"

enum { ENTRIES_MAX = 32, ALARMS_MAX = 64 };

/* The region's ledger, and logs of lower divisions made up here. */
struct holder {
    struct tree *tree; /* for its roster */
    struct store store;
    struct txn *txn;
    struct ledger *ledger;
    char alarms[ALARMS_MAX][160]; /* "code: text" */
    size_t alarm_count;
    size_t states_differ; /* blocks made up here carry no digest unless a test gives them one */
    size_t settles;
    struct buf settle; /* the newest, encoded */
};

struct script { /* the block being made */
    enum office_name author;
    struct hash state_digest;
    uint64_t first_lsn;
    struct entry entries[ENTRIES_MAX];
    struct buf bodies[ENTRIES_MAX];
    size_t count;
};

static bool no_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                     struct bytes *body)
{
    (void)arg;
    (void)author;
    (void)lsn;
    (void)memory;
    (void)body;
    return false;
}

static void take_settle(void *arg, struct txn *txn, const struct document *settle)
{
    struct holder *holder = arg;

    assert_ptr_equal(txn, holder->txn);
    holder->settles++;
    buf_clear(&holder->settle);
    document_encode(&holder->settle, settle);
}

static void take_alarm(void *arg, const char *code, struct division about, const char *text)
{
    struct holder *holder = arg;

    (void)about;
    if (strcmp(code, "state_differs") == 0) {
        holder->states_differ++;
    } else if (holder->alarm_count < ALARMS_MAX) {
        (void)snprintf(holder->alarms[holder->alarm_count++], sizeof holder->alarms[0], "%s: %s",
                       code, text);
    }
}

static struct holder *holder_new(struct tree *tree, enum office_name self)
{
    struct holder *holder = mem_zalloc(sizeof *holder);

    holder->tree = tree;
    store_memory_open(&holder->store);
    holder->txn = txn_open(&holder->store, NULL);
    holder->ledger = ledger_open(&(struct ledger_config){
        .self = tree_division(self),
        .roster = tree_roster(tree),
        .sink =
            {.arg = holder, .read_entry = no_entry, .settle_due = take_settle, .alarm = take_alarm},
    });
    return holder;
}

static void holder_free(struct holder *holder)
{
    ledger_close(holder->ledger);
    txn_free(holder->txn);
    holder->store.ops->close(holder->store.self);
    buf_free(&holder->settle);
    mem_free(holder);
}

static int open_holder(void **state)
{
    *state = holder_new(tree_new(), REGION);
    return 0;
}

static int close_holder(void **state)
{
    struct holder *holder = *state;

    tree_free(holder->tree);
    holder_free(holder);
    return 0;
}

static void script_clear(struct script *script)
{
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        buf_free(&script->bodies[i]);
    }
    script->first_lsn += script->count;
    script->count = 0;
}

static void write_raw(struct script *script, uint32_t kind, uint32_t format, struct bytes body)
{
    const size_t at = script->count++;

    assert_true(at < ENTRIES_MAX);
    buf_append_bytes(&script->bodies[at], body);
    script->entries[at] = (struct entry){script->first_lsn + at, 1000 + script->first_lsn + at,
                                         kind, format, buf_bytes(&script->bodies[at])};
}

/* `fields` as tree_say, but anything goes: the id may be NULL and numbers are not checked. */
static void write_fields(struct script *script, const char *kind, const char *id,
                         const char *const fields[])
{
    struct document document;
    struct buf body = BUF_EMPTY;

    document_clear(&document, kind_named(bytes_text(kind)));
    if (id != NULL) {
        document_set_text(&document, FIELD_ID, bytes_text(id));
    }
    document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
    for (; fields[0] != NULL; fields += 2) {
        const enum field field = field_named(bytes_text(fields[0]));

        if (field == FIELDS || !document_set(&document, field, bytes_text(fields[1]))) {
            fail_msg("the test's own %s=%s is bad", fields[0], fields[1]);
        }
    }
    document_encode(&body, &document);
    write_raw(script, document.kind, DOCUMENT_FORMAT, buf_bytes(&body));
    buf_free(&body);
}
#define WRITE(script, kind, id, ...)                                                               \
    write_fields(script, kind, id, (const char *const[]){__VA_ARGS__, NULL})

static struct block_header header_of(const struct script *script)
{
    return (struct block_header){
        .author = tree_division(script->author),
        .audience = {AUDIENCE_LINE, tree_division(script->author)},
        .epoch = 1,
        .count = (uint32_t)script->count,
        .first_lsn = script->first_lsn,
        .state_digest = script->state_digest,
    };
}

static enum status apply_part(struct holder *holder, struct script *script, size_t skip)
{
    const struct block_header header = header_of(script);
    struct err err = {OK, ""};

    return ledger_apply_block(holder->ledger, holder->txn, &header, script->entries + skip,
                              script->count - skip, &err);
}

static void apply(struct holder *holder, struct script *script)
{
    assert_int_equal(apply_part(holder, script, 0), OK);
    script_clear(script);
}

static int64_t balance(struct holder *holder, enum office_name author, const char *id,
                       enum account account)
{
    struct indicator row;

    return indicator_load(holder->txn, tree_division(author), bytes_text(id), &row)
               ? row.balance[account]
               : -1;
}

static struct ledger_position position(struct holder *holder, enum office_name author)
{
    struct ledger_position out;

    ledger_position(holder->txn, tree_division(author), &out);
    return out;
}

#define REPLY(amount)                                                                              \
    "stage", "reply", "fund_type_code", "111", "approval_ref", "1", "amount", amount

static void what_cannot_be_booked_books_nothing(void **state)
{
    static const struct {
        const char *why, *kind, *id;
        const char *fields[20];
    } cases[] = {
        {"no id", "budget", NULL, {REPLY("5")}},
        {"repeats an id", "budget", "B", {REPLY("5")}},
        {"no amount", "budget", "X", {"stage", "reply", "fund_type_code", "111"}},
        {"an amount of nil", "budget", "X", {REPLY("0")}},
        {"an amount below nil", "budget", "X", {REPLY("-1")}},
        {"no fund type", "budget", "X", {"stage", "reply", "amount", "5"}},
        {"beyond every limit", "budget", "X", {REPLY("92233720368547758.07")}},
        {"one more than fits", "budget", "X", {REPLY("11258999068426.25")}},
        {"lacks its line", "allocate", "X", {"ori_bgt_id", "NO", "amount", "1"}},
        {"lacks its origin's id", "allocate", "X", {"amount", "1"}},
        {"another fund",
         "allocate",
         "X",
         {"ori_bgt_id", "B", "amount", "1", "fund_type_code", "12"}},
        {"another year",
         "allocate",
         "X",
         {"ori_bgt_id", "B", "amount", "1", "fiscal_year", "2027"}},
        {"a release of no allocation", "release", "X", {"bgt_id", "B", "amount", "1"}},
        {"a payment of nothing", "payment", "X", {"bgt_id", "NO", "pay_app_amt", "1"}},
        {"paid without payment", "paid", "X", {"pay_app_id", "B", "xpay_amt", "1"}},
        {"refund without payment", "refund", "X", {"pay_app_id", "NO", "amount", "1"}},
        {"a settle of no transfer",
         "settle",
         "X",
         {"bgt_id", "B", "amount", "1", "outcome", "registered"}},
        {"a reduction of a source", "reduce", "X", {"bgt_id", "B", "amount", "1"}},
    };
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash before;

    WRITE(&script, "budget", "B", REPLY("100"));
    apply(holder, &script);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct doc_row row;
        const size_t alarms = holder->alarm_count;

        write_fields(&script, cases[i].kind, cases[i].id, cases[i].fields);
        apply(holder, &script);
        if (holder->alarm_count != alarms + 1 ||
            strncmp(holder->alarms[alarms], "bad_entry: ", 11) != 0) {
            fail_msg("%s: %zu alarms, %s", cases[i].why, holder->alarm_count - alarms,
                     holder->alarm_count > alarms ? holder->alarms[alarms] : "-");
        }
        if (doc_load(holder->txn, tree_division(LHASA), bytes_text("X"), &row)) {
            fail_msg("%s: it left a row", cases[i].why);
        }
        if (balance(holder, LHASA, "B", ACC_UNALLOC) != 10000 ||
            position(holder, LHASA).lsn != i + 2) {
            fail_msg("%s: it moved something, or the log did not go on", cases[i].why);
        }
    }
    before = position(holder, LHASA).digest;
    write_raw(&script, KIND_BUDGET, DOCUMENT_FORMAT, bytes_text("\xff\xff\xff"));
    apply(holder, &script);
    assert_non_null(strstr(holder->alarms[holder->alarm_count - 1], "cannot be read"));
    assert_memory_not_equal(before.at, position(holder, LHASA).digest.at, HASH_SIZE);
}

static void a_balance_below_zero_is_a_fact_and_an_alarm(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "101");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), -100);
    assert_int_equal(balance(holder, LHASA, "A", ACC_PENDING), 10100);
    assert_int_equal(holder->alarm_count, 1);
    assert_string_equal(holder->alarms[0], "below_zero: entry 2 of 540100: UNALLOC of B");
}

/* A release of a part, as an author may have entered: what it left is reduced first. */
static void a_reduction_takes_what_awaits_release_first(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "100");
    WRITE(&script, "release", "L", "bgt_id", "A", "amount", "70");
    WRITE(&script, "reduce", "D1", "bgt_id", "A", "amount", "30");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, "A", ACC_PENDING), 0);
    assert_int_equal(balance(holder, LHASA, "A", ACC_AVAIL), 7000);
    WRITE(&script, "reduce", "D2", "bgt_id", "A", "amount", "10");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, "A", ACC_AVAIL), 6000);
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), 4000);
    assert_int_equal(holder->alarm_count, 0);
}

/* No honest node writes this; no sum of it overflows either. */
static void a_balance_has_a_bound(void **state)
{
    static const char most[] = "11258999068426.24"; /* 2^50 fen */
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct doc_row payment;
    int number = 0;

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "50");
    WRITE(&script, "release", "L", "bgt_id", "A");
    WRITE(&script, "payment", "P", "bgt_id", "A", "pay_app_amt", "50");
    apply(holder, &script);
    for (int block = 0; block < 80; block++) {
        for (int i = 0; i < 15; i++) {
            char id[16];

            (void)snprintf(id, sizeof id, "X-%d", number++);
            WRITE(&script, "reduce", id, "bgt_id", "A", "amount", most);
            (void)snprintf(id, sizeof id, "X-%d", number++);
            WRITE(&script, "paid", id, "pay_app_id", "P", "xpay_amt", most, "agent_business_no",
                  id);
        }
        apply(holder, &script);
    }
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC),
                     5000 + (INT64_C(1) << 60) - (INT64_C(1) << 50)); /* once more does not fit */
    assert_true(doc_load(holder->txn, tree_division(LHASA), bytes_text("P"), &payment));
    assert_int_equal(payment.spent, INT64_C(1) << 60);
    assert_int_equal(position(holder, LHASA).lsn, 4 + 80 * 30);
}

static void a_gap_in_a_log_is_refused(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash digest;

    WRITE(&script, "budget", "B", REPLY("100"));
    assert_int_equal(apply_part(holder, &script, 0), OK);
    digest = position(holder, LHASA).digest;
    assert_int_equal(apply_part(holder, &script, 0), ERR_GAP); /* the same once more */
    script.first_lsn = 3;
    script.entries[0].lsn = 3;
    assert_int_equal(apply_part(holder, &script, 0), ERR_GAP);
    assert_int_equal(position(holder, LHASA).lsn, 1);
    assert_memory_equal(position(holder, LHASA).digest.at, digest.at, HASH_SIZE);
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), 10000);
    script_clear(&script);
}

static void write_four(struct script *script)
{
    WRITE(script, "budget", "B1", REPLY("1"));
    write_raw(script, KIND_GRANT, 1, bytes_text("a grant"));
    WRITE(script, "budget", "B2", REPLY("2"));
    WRITE(script, "budget", "B3", REPLY("3"));
}

/* It stops before what it does not know; after the upgrade it arrives where all others are. */
static void an_unknown_kind_is_waited_for(void **state)
{
    struct holder *old = *state, *new = holder_new(old->tree, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct ledger_position there, here;

    WRITE(&script, "budget", "B0", REPLY("9"));
    assert_int_equal(apply_part(old, &script, 0), OK);
    apply(new, &script);
    write_four(&script);
    assert_int_equal(apply_part(new, &script, 0), OK);
    there = position(new, LHASA);

    script.entries[2].format = DOCUMENT_FORMAT + 1;
    assert_int_equal(apply_part(old, &script, 0), ERR_NEEDS_UPGRADE);
    assert_int_equal(position(old, LHASA).lsn, 3);
    assert_int_equal(position(old, LHASA).digest_lsn, 1);
    assert_int_equal(balance(old, LHASA, "B1", ACC_UNALLOC), 100);
    assert_int_equal(balance(old, LHASA, "B2", ACC_UNALLOC), -1);
    assert_int_equal(old->alarm_count, 1);
    assert_memory_equal(old->alarms[0], "needs_upgrade: ", 15);
    assert_int_equal(apply_part(old, &script, 2), ERR_NEEDS_UPGRADE); /* still */
    script.entries[2].format = DOCUMENT_FORMAT;
    script.entries[3].kind = KINDS_END;
    assert_int_equal(apply_part(old, &script, 2), ERR_NEEDS_UPGRADE); /* one further */
    script.entries[3].kind = KIND_BUDGET;
    assert_int_equal(apply_part(old, &script, 3), OK);
    here = position(old, LHASA);
    assert_int_equal(here.lsn, there.lsn);
    assert_int_equal(here.digest_lsn, there.digest_lsn);
    assert_memory_equal(here.digest.at, there.digest.at, HASH_SIZE);
    script_clear(&script);
    holder_free(new);
}

static void a_block_without_documents_leaves_the_digest(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash before;

    WRITE(&script, "budget", "B", REPLY("100"));
    apply(holder, &script);
    before = position(holder, LHASA).digest;
    write_raw(&script, KIND_GRANT, 1, bytes_text("a grant"));
    apply(holder, &script);
    assert_int_equal(position(holder, LHASA).lsn, 2);
    assert_int_equal(position(holder, LHASA).digest_lsn, 2);
    assert_memory_equal(position(holder, LHASA).digest.at, before.at, HASH_SIZE);
}

static bool copy_row(void *arg, struct bytes key, struct bytes value)
{
    buf_append_bytes(arg, key);
    buf_append_bytes(arg, value);
    return true;
}

/* All rows of the three spaces, one after the other. */
static struct buf all_rows(struct txn *txn)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_ROLLUPS, SPACE_INDEX};
    struct buf out = BUF_EMPTY;
    struct err err;

    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        assert_int_equal(txn_scan(txn, spaces[i], BYTES_NONE, copy_row, &out, &err), OK);
    }
    return out;
}

static void write_life(struct script *script)
{
    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    WRITE(script, "allocate", "A", "ori_bgt_id", "B", "amount", "50");
    WRITE(script, "release", "L", "bgt_id", "A"); /* all there is */
    WRITE(script, "payment", "P", "bgt_id", "A", "pay_app_amt", "30");
    WRITE(script, "paid", "V", "pay_app_id", "P", "xpay_amt", "10", "agent_business_no", "1");
    WRITE(script, "payment_cancel", "C", "pay_app_id", "P"); /* all that is left */
    WRITE(script, "refund", "RF", "pay_app_id", "P", "amount", "4");
    WRITE(script, "reduce", "RD", "bgt_id", "A", "amount", "5");
}

static void a_log_replayed_gives_the_same_rows(void **state)
{
    struct holder *first = *state, *again = holder_new(first->tree, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct buf a, b;

    write_life(&script);
    assert_int_equal(apply_part(first, &script, 0), OK);
    apply(again, &script);
    assert_int_equal(first->alarm_count, 0);
    assert_int_equal(balance(first, LHASA, "B", ACC_UNALLOC), 3500);
    assert_int_equal(balance(first, LHASA, "T", ACC_TRANSIT), 2000);
    assert_int_equal(balance(first, LHASA, "A", ACC_AVAIL), 3900);
    assert_int_equal(balance(first, LHASA, "A", ACC_COMMIT), 0);
    assert_int_equal(balance(first, LHASA, "A", ACC_SPENT), 600);
    a = all_rows(first->txn);
    b = all_rows(again->txn);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    assert_true(a.size > 1000);
    buf_free(&a);
    buf_free(&b);
    holder_free(again);
}

/* --- jurisdictions --- */

static struct rollup jurisdiction(struct holder *holder)
{
    const struct row_key key =
        rollup_key(ROLLUP_SUBTREE, tree_division(REGION), 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup sums;

    rollup_load(holder->txn, &key, &sums);
    return sums;
}

/* A county knows no siblings, so nothing stops it from naming one. The same figures whether the
 * one that is named has its grant already, or only later. */
static void a_transfer_in_comes_from_outside_whatever_it_names(void **state)
{
    static const char *const named[] = {"540202", "540299"};

    for (size_t i = 0; i < COUNT_OF(named); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LINZHOU, .first_lsn = 1};
        char fault[512] = "";
        struct rollup sums;

        WRITE(&script, "transfer_in", "I", "ori_div_code", named[i], "sup_bgt_doc_no", "1",
              "fund_type_code", "111", "amount", "77");
        apply(holder, &script);
        sums = jurisdiction(holder);
        assert_int_equal(sums.debit[ACC_UNALLOC], 7700);
        if (sums.credit[ACC_SRC_TRANSFER_IN] != 7700 || sums.credit[ACC_TRANSIT] != 0) {
            fail_msg("from %s: counted as a transfer inside the region", named[i]);
        }
        if (!query_verify(holder->txn, tree_roster(holder->tree), tree_division(REGION), fault,
                          sizeof fault)) {
            fail_msg("from %s: %s", named[i], fault);
        }
        holder_free(holder);
    }
}

/* Neither fault hides the other. */
static void a_sum_that_does_not_fit_and_a_source_that_differs_are_both_told(void **state)
{
    const struct row_key key =
        rollup_key(ROLLUP_SUBTREE, tree_division(REGION), 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct source_sums source;
    struct rollup sums;

    WRITE(&script, "budget", "B", REPLY("100"));
    apply(holder, &script);
    sums = jurisdiction(holder);
    sums.debit[ACC_PENDING] = INT64_MAX;
    rollup_store(holder->txn, &key, &sums);
    assert_true(source_load(holder->txn, tree_division(LHASA), bytes_text("B"), &source));
    source.debit++;
    source_store(holder->txn, tree_division(LHASA), bytes_text("B"), &source);
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "1");
    apply(holder, &script);
    assert_int_equal(jurisdiction(holder).debit[ACC_PENDING], INT64_MAX);
    assert_int_equal(holder->alarm_count, 2);
    assert_memory_equal(holder->alarms[0], "sources_differ: ", 16);
    assert_memory_equal(holder->alarms[1], "sum_too_large: ", 15);
}

/* --- edges --- */

/* `but`: name and value of a field that it says otherwise; NULL for none. */
static struct bytes answer_body(struct script *script, const char *kind, const char *id,
                                const char *issuer, const char *bgt_id, const char *amount,
                                int64_t lsn, const struct hash *content, const char *const *but)
{
    struct document document;

    document_clear(&document, kind_named(bytes_text(kind)));
    document_set_text(&document, FIELD_ID, bytes_text(id));
    document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&document, FIELD_BGT_ID, bytes_text(bgt_id));
    document_set_text(&document, FIELD_ORI_DIV_CODE, bytes_text(issuer));
    document_set_text(&document, FIELD_FUND_TYPE_CODE, bytes_text("111"));
    (void)document_set(&document, FIELD_AMOUNT, bytes_text(amount));
    document_set_number(&document, FIELD_TRANSFER_LSN, lsn);
    document_set_text(&document, FIELD_TRANSFER_HASH, bytes_of(content->at, HASH_SIZE));
    if (but != NULL) {
        assert_true(document_set(&document, field_named(bytes_text(but[0])), bytes_text(but[1])));
    }
    document_encode(&script->bodies[script->count], &document);
    return buf_bytes(&script->bodies[script->count]);
}

static void write_answer_but(struct script *script, const char *kind, const char *id,
                             const char *issuer, const char *bgt_id, const char *amount,
                             int64_t lsn, const struct hash *content, const char *const *but)
{
    const struct bytes body =
        answer_body(script, kind, id, issuer, bgt_id, amount, lsn, content, but);
    const size_t at = script->count++;

    script->entries[at] = (struct entry){script->first_lsn + at, 1, kind_named(bytes_text(kind)),
                                         DOCUMENT_FORMAT, body};
}

static void write_answer(struct script *script, const char *kind, const char *id,
                         const char *issuer, const char *bgt_id, const char *amount, int64_t lsn,
                         const struct hash *content)
{
    write_answer_but(script, kind, id, issuer, bgt_id, amount, lsn, content, NULL);
}

/* Lhasa's budget and its transfer T of 20 to Linzhou; returns the transfer's content hash. */
static struct hash issue(struct holder *holder, struct script *script)
{
    struct hash content;

    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, script->entries[1].body);
    apply(holder, script);
    return content;
}

static void sides_that_disagree_are_a_breach(void **state)
{
    static const struct {
        const char *why;
        enum office_name answerer;
        const char *amount;
        int64_t lsn;
        bool other_content;
        const char *but[2];
    } cases[] = {
        {"the amounts differ", LINZHOU, "19", 2, false, {NULL}},
        {"the fiscal years differ", LINZHOU, "20", 2, false, {"fiscal_year", "2027"}},
        {"another element differs", LINZHOU, "20", 2, false, {"fund_type_code", "12"}},
        {"another element differs", LINZHOU, "20", 2, false, {"pro_code", "P"}},
        {"another element differs", LINZHOU, "20", 2, false, {"tra_type_code", "special"}},
        {"another division answered", SANGZHUZI, "20", 2, false, {NULL}},
        {"another division answered", SHIGATSE, "20", 2, false, {NULL}},
        {"the content answered is not the content issued", LINZHOU, "20", 2, true, {NULL}},
        {"the positions differ", LINZHOU, "20", 1, false, {NULL}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = cases[i].answerer, .first_lsn = 1};
        struct hash content = issue(holder, &issuer);

        content.at[0] ^= cases[i].other_content;
        write_answer_but(&receiver, "register", "R", "540100", "T", cases[i].amount, cases[i].lsn,
                         &content, cases[i].but[0] != NULL ? cases[i].but : NULL);
        apply(holder, &receiver);
        if (holder->alarm_count != 1 || strstr(holder->alarms[0], cases[i].why) == NULL ||
            strstr(holder->alarms[0], "transfer 540100/T lsn 2") == NULL ||
            strstr(holder->alarms[0], "/R lsn 1") == NULL) {
            fail_msg("%s: got %zu alarms, %s", cases[i].why, holder->alarm_count,
                     holder->alarms[0]);
        }
        holder_free(holder);
    }
}

static void an_answer_to_nothing_is_a_breach_once_the_log_has_passed(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};

    write_answer(&receiver, "register", "R", "540100", "NEVER", "20", 3, &HASH_ZERO);
    apply(holder, &receiver);
    (void)issue(holder, &issuer);
    assert_int_equal(holder->alarm_count, 0); /* lsn 3 is not there yet */
    WRITE(&issuer, "budget", "B3", REPLY("1"));
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "not issued: transfer 540100/NEVER"));
    assert_non_null(strstr(holder->alarms[0], "answer 540121/R lsn 1"));
    WRITE(&issuer, "budget", "B4", REPLY("1"));
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 1); /* told once */

    write_answer(&receiver, "register", "R2", "540100", "NEITHER", "20", 3, &HASH_ZERO);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 2); /* and now at once */
}

static void a_settle_that_says_otherwise_is_a_breach(void **state)
{
    struct holder *holder = *state;
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    const struct hash content = issue(holder, &issuer);

    WRITE(&issuer, "settle", ".s", "bgt_id", "T", "rec_div_code", "540121", "amount", "20",
          "outcome", "returned", "answer_id", "R");
    apply(holder, &issuer);
    assert_int_equal(holder->alarm_count, 0); /* the answer may still be under way */
    write_answer(&receiver, "register", "R", "540100", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "the outcome settled is not the answer"));
    assert_non_null(strstr(holder->alarms[0], "settle .s lsn 3"));
}

/* The holder is the issuer here: what comes back settles, once, and only if it fits. */
static void own_transfers_are_settled_once_and_only_when_they_fit(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script issuer = {.author = LHASA, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    struct document settle;
    struct hash content;
    struct err err;

    content = issue(holder, &issuer); /* its own log, replayed */
    write_answer(&receiver, "return", "R", "540100", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->settles, 1);
    assert_int_equal(document_decode(&settle, KIND_SETTLE, buf_bytes(&holder->settle), &err), OK);
    assert_true(bytes_equal(document_text(&settle, FIELD_OUTCOME), bytes_text("returned")));
    assert_true(bytes_equal(document_text(&settle, FIELD_ANSWER_ID), bytes_text("R")));
    assert_true(bytes_equal(document_text(&settle, FIELD_REC_DIV_CODE), bytes_text("540121")));
    assert_int_equal(document_number(&settle, FIELD_AMOUNT), 2000);
    assert_int_equal(document_year(&settle), 2026);

    write_answer(&receiver, "register", "R2", "540100", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->settles, 1);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "a second time"));

    WRITE(&issuer, "transfer", "T4", "ori_bgt_id", "B", "amount", "1", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, issuer.entries[0].body);
    apply(holder, &issuer);
    write_answer(&receiver, "register", "R4", "540100", "T4", "1.01", 3, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->settles, 1);
    assert_int_equal(holder->alarm_count, 2);
    holder_free(holder);
}

/* Money that came back under another year or fund was not registered: the issuer says so, and does
 * not settle. */
static void an_answer_to_other_money_is_not_settled(void **state)
{
    static const char *const buts[][2] = {{"fiscal_year", "2027"}, {"fund_type_code", "12"}};

    for (size_t i = 0; i < COUNT_OF(buts); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
        struct script issuer = {.author = LHASA, .first_lsn = 1};
        struct script receiver = {.author = LINZHOU, .first_lsn = 1};
        const struct hash content = issue(holder, &issuer);

        write_answer_but(&receiver, "register", "R", "540100", "T", "20", 2, &content, buts[i]);
        apply(holder, &receiver);
        assert_int_equal(holder->settles, 0);
        assert_int_equal(holder->alarm_count, 1);
        holder_free(holder);
    }
}

/* Whoever else answers is told of, and does not stand in the receiver's way. */
static void only_the_receiver_answers(void **state)
{
    struct holder *holder = *state; /* the region is the issuer here */
    struct script issuer = {.author = REGION, .first_lsn = 1};
    struct script other = {.author = SANGZHUZI, .first_lsn = 1};
    struct script receiver = {.author = LINZHOU, .first_lsn = 1};
    struct hash content;

    write_answer(&other, "register", "R0", "540000", "T", "20", 2, &HASH_ZERO);
    WRITE(&issuer, "budget", "B", REPLY("100"));
    WRITE(&issuer, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    content = hash_of(TAG_CONTENT, issuer.entries[1].body);
    apply(holder, &issuer);
    apply(holder, &other);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "another division answered"));
    write_answer(&receiver, "register", "R1", "540200", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 2);
    assert_non_null(strstr(holder->alarms[1], "not above"));
    assert_int_equal(holder->settles, 0);
    write_answer(&receiver, "register", "R", "540000", "T", "20", 2, &content);
    apply(holder, &receiver);
    assert_int_equal(holder->alarm_count, 2);
    assert_int_equal(holder->settles, 1);
}

/* Linzhou does not know Shigatse; the region knows both. */
static void money_from_outside_does_not_come_from_a_member(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LINZHOU, .first_lsn = 1};

    WRITE(&script, "transfer_in", "TI1", "ori_div_code", "100000", "amount", "5", "fund_type_code",
          "111");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 0);
    WRITE(&script, "transfer_in", "TI2", "ori_div_code", "540200", "amount", "5", "fund_type_code",
          "111");
    apply(holder, &script);
    assert_int_equal(holder->alarm_count, 1);
    assert_string_equal(
        holder->alarms[0],
        "upper_has_node: transfer_in 540121/TI2 lsn 2 names 540200, which has a node here");
}

/* --- logs above --- */

static enum status hear_again(struct holder *holder, struct script *script)
{
    const struct block_header header = header_of(script);
    struct err err;

    return ledger_hear_again(holder->ledger, holder->txn, &header, script->entries, script->count,
                             &err);
}

static void hear(struct holder *holder, struct script *script)
{
    const struct block_header header = header_of(script);

    ledger_hear_block(holder->ledger, holder->txn, &header, script->entries, script->count);
}

static bool knows_transfer(struct holder *holder, const char *id)
{
    struct edge edge;

    return edge_load(holder->txn, tree_division(REGION), bytes_text(id), &edge) &&
           edge.transfer_lsn != 0;
}

#define ISSUED(script, id)                                                                         \
    WRITE(script, "transfer", id, "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",      \
          "rec_div_code", "540100")

/* Hearing stops before what it does not know, says so, and loses nothing. */
static void an_unknown_kind_from_above_is_waited_for(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script first = {.author = REGION, .first_lsn = 5};
    struct script second = {.author = REGION, .first_lsn = 8};
    const struct audience line = header_of(&first).audience;
    struct unheard unheard;

    ISSUED(&first, "T5");
    ISSUED(&first, "T6");
    ISSUED(&first, "T7");
    ISSUED(&second, "T8");
    first.entries[1].kind = KINDS_END;
    hear(holder, &first);
    hear(holder, &second);
    assert_true(knows_transfer(holder, "T5"));
    assert_false(knows_transfer(holder, "T6") || knows_transfer(holder, "T7") ||
                 knows_transfer(holder, "T8"));
    assert_int_equal(holder->alarm_count, 1);
    assert_memory_equal(holder->alarms[0], "needs_upgrade: entry 6 of 540000, written 1970-", 46);
    assert_true(ledger_unheard(holder->txn, tree_division(REGION), &line, &unheard));
    assert_int_equal(unheard.block_lsn, 5);
    assert_int_equal(unheard.lsn, 6);
    assert_int_equal(unheard.held_lsn, 8);

    assert_int_equal(hear_again(holder, &first), ERR_NEEDS_UPGRADE); /* a restart without it */
    first.entries[1].kind = KIND_TRANSFER;
    first.entries[2].format = DOCUMENT_FORMAT + 1;
    assert_int_equal(hear_again(holder, &first), ERR_NEEDS_UPGRADE); /* one further */
    assert_true(knows_transfer(holder, "T6"));
    first.entries[2].format = DOCUMENT_FORMAT;
    assert_int_equal(hear_again(holder, &first), OK);
    assert_int_equal(hear_again(holder, &second), OK);
    assert_true(knows_transfer(holder, "T7") && knows_transfer(holder, "T8"));
    assert_false(ledger_unheard(holder->txn, tree_division(REGION), &line, &unheard));
    assert_int_equal(holder->alarm_count, 3); /* nothing was taken twice */
    script_clear(&first);
    script_clear(&second);
    holder_free(holder);
}

/* --- trials --- */

static struct hash digest_after(struct holder *holder)
{
    struct hash digest;

    ledger_own_digest(holder->ledger, holder->txn, &digest);
    return digest;
}

static void apply_own(struct holder *holder, struct txn *txn, struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct entry *entry = &script->entries[i];
        struct document document;
        struct err err;

        assert_int_equal(document_decode(&document, entry->kind, entry->body, &err), OK);
        ledger_apply_own(holder->ledger, txn,
                         &(struct applied){tree_division(LHASA), entry->lsn, entry->time_ms,
                                           entry->kind, entry->format, entry->body},
                         &document);
    }
}

static void hear_project(struct holder *holder, struct script *script)
{
    struct block_header header;

    if (script->count == 0) {
        WRITE(script, "project", "PR", "pro_code", "P1", "state", "draft", "is_track", "1");
    }
    header = header_of(script);
    header.audience.kind = AUDIENCE_TREE;
    ledger_hear_block(holder->ledger, holder->txn, &header, script->entries, script->count);
}

static void a_trial_leaves_no_trace(void **state)
{
    struct tree *roster = ((struct holder *)*state)->tree;
    struct holder *tried = holder_new(roster, LHASA), *plain = holder_new(roster, LHASA);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct script trial = {.author = LHASA, .first_lsn = 10};
    struct script above = {.author = REGION, .first_lsn = 1};
    struct txn *child;
    struct ledger_mark mark;
    struct hash a, b;
    struct buf rows, want;

    hear_project(tried, &above);
    hear_project(plain, &above);
    script_clear(&above);
    write_life(&script);
    WRITE(&trial, "project", "PR", "pro_code", "P1", "state", "draft");
    WRITE(&trial, "budget", "X", REPLY("7"));
    WRITE(&trial, "allocate", "Y", "ori_bgt_id", "B", "amount", "7");
    WRITE(&trial, "payment", "Z", "bgt_id", "A", "pay_app_amt", "7");
    apply_own(tried, tried->txn, &script);
    apply_own(plain, plain->txn, &script);

    child = txn_open_child(tried->txn);
    ledger_mark(tried->ledger, &mark);
    apply_own(tried, child, &trial);
    ledger_return_to(tried->ledger, &mark);
    txn_free(child);
    assert_int_equal(tried->alarm_count, 0); /* the project is the region's; it was only tried */

    a = digest_after(tried);
    b = digest_after(plain);
    assert_memory_equal(a.at, b.at, HASH_SIZE);
    rows = all_rows(tried->txn);
    want = all_rows(plain->txn);
    assert_true(bytes_equal(buf_bytes(&rows), buf_bytes(&want)));
    buf_free(&rows);
    buf_free(&want);
    script_clear(&script);
    script_clear(&trial);
    holder_free(tried);
    holder_free(plain);
}

/* What the author digests while it enters is what others compute from its blocks. */
static void own_and_replayed_digests_agree(void **state)
{
    struct tree *roster = ((struct holder *)*state)->tree;
    struct holder *own = holder_new(roster, LHASA), *replica = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash digest;

    write_life(&script);
    apply_own(own, own->txn, &script);
    digest = digest_after(own);
    apply(replica, &script);
    assert_memory_equal(digest.at, position(replica, LHASA).digest.at, HASH_SIZE);
    digest = digest_after(own); /* an empty block between */
    assert_memory_equal(digest.at, position(replica, LHASA).digest.at, HASH_SIZE);
    WRITE(&script, "freeze", "F", "bgt_id", "A", "amount", "1");
    apply_own(own, own->txn, &script);
    digest = digest_after(own);
    apply(replica, &script);
    assert_memory_equal(digest.at, position(replica, LHASA).digest.at, HASH_SIZE);
    holder_free(own);
}

static void a_block_whose_author_is_in_another_state_is_alarmed(void **state)
{
    struct holder *own = holder_new(((struct holder *)*state)->tree, LHASA), *replica = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    write_life(&script);
    apply_own(own, own->txn, &script);
    script.state_digest = digest_after(own);
    apply(replica, &script);
    assert_int_equal(replica->states_differ, 0);
    WRITE(&script, "freeze", "F", "bgt_id", "A", "amount", "1");
    apply_own(own, own->txn, &script);
    script.state_digest = digest_after(own);
    script.state_digest.at[0] ^= 1;
    apply(replica, &script);
    assert_int_equal(replica->states_differ, 1);
    holder_free(own);
}

int main(void)
{
#define HELD(test) cmocka_unit_test_setup_teardown(test, open_holder, close_holder)
    const struct CMUnitTest tests[] = {
        HELD(what_cannot_be_booked_books_nothing),
        HELD(a_balance_below_zero_is_a_fact_and_an_alarm),
        HELD(a_reduction_takes_what_awaits_release_first),
        HELD(a_balance_has_a_bound),
        HELD(a_gap_in_a_log_is_refused),
        HELD(an_unknown_kind_is_waited_for),
        HELD(a_block_without_documents_leaves_the_digest),
        HELD(a_log_replayed_gives_the_same_rows),
        HELD(a_transfer_in_comes_from_outside_whatever_it_names),
        HELD(a_sum_that_does_not_fit_and_a_source_that_differs_are_both_told),
        HELD(sides_that_disagree_are_a_breach),
        HELD(an_answer_to_nothing_is_a_breach_once_the_log_has_passed),
        HELD(a_settle_that_says_otherwise_is_a_breach),
        HELD(own_transfers_are_settled_once_and_only_when_they_fit),
        HELD(an_answer_to_other_money_is_not_settled),
        HELD(only_the_receiver_answers),
        HELD(money_from_outside_does_not_come_from_a_member),
        HELD(an_unknown_kind_from_above_is_waited_for),
        HELD(a_trial_leaves_no_trace),
        HELD(own_and_replayed_digests_agree),
        HELD(a_block_whose_author_is_in_another_state_is_alarmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
