/* Entries, checked at their author and folded and observed by all others, from a store of which one
 * read goes wrong. Whichever read that is: what follows is what follows of a sound store, or the
 * turn knows that it is not, and is not committed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/advice.h"
#include "node/ledger/observe.h"
#include "node/ledger/rows/rows.h"
#include "replicator/log/sealing.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/ledger/tree.h"

enum { FIELDS_MAX = 27, BLOCKS_READ = 8 };

/* --- a story in which every kind is said --- */

#define PAYEE                                                                                      \
    "payee_acct_name", "a", "payee_acct_no", "62", "payee_acct_bank_name", "b", "use_des", "c"
#define ISSUE(type) "cor_bgt_doc_no", "1", "tra_type_code", type
#define CODE_OF(set, code, parent)                                                                 \
    "ele_catalog_code", set, "ele_code", code, "ele_name", code, "parent_code", parent
#define TOP_CODE(set, code) "ele_catalog_code", set, "ele_code", code, "ele_name", code
#define PROJECT(code)                                                                              \
    "pro_code", code, "pro_name", "p", "pro_cat_code", "3", "agency_code", "001", "setup_year",    \
        "2026"

struct said {
    const char *want; /* the reason; "" when it is entered */
    enum office_name office;
    const char *kind, *id;
    const char *fields[FIELDS_MAX];
};

static const struct said story[] = {
    {"", REGION, "element", "E-1", {TOP_CODE("fund_type", "111")}},
    {"", REGION, "element", "E-2", {TOP_CODE("dep_bgt_eco", "301")}},
    {"", REGION, "element", "E-3", {CODE_OF("dep_bgt_eco", "30101", "301")}},
    {"", REGION, "element", "E-4", {TOP_CODE("fund_type", "111"), "fiscal_year", "2027"}},
    {"", REGION, "element", "E-5", {TOP_CODE("dep_bgt_eco", "301"), "fiscal_year", "2027"}},
    {"", REGION, "element", "E-6", {TOP_CODE("dep_bgt_eco", "302"), "fiscal_year", "2027"}},
    {"", REGION, "element", "E-7", {TOP_CODE("dep_bgt_eco", "303"), "fiscal_year", "2026"}},
    {"",
     REGION,
     "element_map",
     "M-1",
     {"ele_catalog_code", "dep_bgt_eco", "from_code", "303", "to_code", "302", "fiscal_year",
      "2027"}},
    {"", REGION, "policy", "PO-1", {"policy_code", "carry_max", "policy_value", "1"}},
    {"",
     REGION,
     "policy",
     "PO-2",
     {"policy_code", "required.freeze", "policy_value", "-", "scope", "540121"}},
    {"", REGION, "calendar", "CA-1", {"date", "2026-01-03", "is_workday", "1"}},
    {"",
     REGION,
     "calendar",
     "CA-2",
     {"date", "2026-01-05", "end_date", "2026-01-06", "suspends", "1", "scope", "540100"}},
    {"", REGION, "agency", "AG-1", {"agency_code", "001", "agency_name", "d"}},
    {"",
     REGION,
     "agency",
     "AG-2",
     {"agency_code", "002", "agency_name", "u", "parent_code", "001"}},
    {"",
     REGION,
     "bank_account",
     "K-1",
     {"acct_no", "9", "acct_name", "a", "bank_name", "b", "agency_code", "001"}},
    {"",
     REGION,
     "project",
     "PR-1",
     {"state", "reserved", "is_track", "1", "pro_total_amt", "500", PROJECT("P1")}},
    {"",
     REGION,
     "budget",
     "B-1",
     {"stage", "reply", "fund_type_code", "111", "amount", "1000", "approval_ref", "1"}},
    {"", REGION, "budget", "E-80", {"stage", "estimate", "fund_type_code", "111", "amount", "80"}},
    {"",
     REGION,
     "budget",
     "Q-1",
     {"stage", "request", "fund_type_code", "111", "amount", "5", "agency_code", "002", "pro_code",
      "P1"}},
    {"",
     REGION,
     "transfer",
     "T-E",
     {"ori_bgt_id", "E-80", "rec_div_code", "540100", "amount", "50", "stage", "early",
      ISSUE("general")}},
    {"",
     REGION,
     "transfer",
     "T-1",
     {"ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "300", "stage", "formal",
      ISSUE("general")}},
    {"",
     REGION,
     "transfer",
     "T-2",
     {"ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "100", "stage", "formal", "pro_code",
      "P1", "tp_func_code", "205", ISSUE("special")}},
    {"",
     REGION,
     "transfer",
     "T-3",
     {"ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "7", "stage", "formal",
      ISSUE("general")}},
    {"",
     REGION,
     "transfer",
     "T-4",
     {"ori_bgt_id", "B-1", "rec_div_code", "540100", "amount", "8", "stage", "formal",
      ISSUE("general")}},
    {"",
     REGION,
     "allocate",
     "A-1",
     {"ori_bgt_id", "B-1", "agency_code", "002", "amount", "100", "pro_code", "P1",
      "dep_bgt_eco_code", "301"}},
    {"", REGION, "release", "L-1", {"bgt_id", "A-1", "cor_bgt_doc_no", "1"}},
    {"", REGION, "virement", "VI-1", {"from_bgt_id", "A-1", "amount", "10", "agency_code", "001"}},
    {"",
     REGION,
     "payment",
     "P-1",
     {"bgt_id", "A-1", "pay_app_amt", "20", "agency_acct_no", "9", "dep_bgt_eco_code", "30101",
      PAYEE}},
    {"",
     REGION,
     "paid",
     "V-1",
     {"pay_app_id", "P-1", "xpay_amt", "15", "xpay_date", "2026-01-01", "agent_business_no", "1"}},
    {"", REGION, "payment_cancel", "C-1", {"pay_app_id", "P-1", "reason", "r"}},
    {"", REGION, "refund", "RF-1", {"pay_app_id", "P-1", "amount", "5", "reason", "r"}},
    {"", REGION, "refund", "RF-2", {"bgt_id", "A-1", "amount", "2", "reason", "r"}},
    {"", REGION, "freeze", "F-1", {"bgt_id", "A-1", "amount", "9", "reason", "r"}},
    {"", REGION, "unfreeze", "U-1", {"bgt_id", "A-1", "amount", "4", "reason", "r"}},
    {"", REGION, "reduce", "RD-1", {"bgt_id", "A-1", "amount", "3"}},
    {"", REGION, "adjust", "AD-1", {"bgt_id", "B-1", "amount", "12", "approval_ref", "1"}},
    {"", REGION, "withdraw", "W-3", {"bgt_id", "T-3", "reason", "r"}},
    {"", LHASA, "agency", "AG-1", {"agency_code", "001", "agency_name", "d"}},
    {"", LHASA, "register", "R-E", {"bgt_id", "T-E"}},
    {"", LHASA, "register", "R-1", {"bgt_id", "T-1"}},
    {"", LHASA, "register", "R-2", {"bgt_id", "T-2"}},
    {"", LHASA, "return", "R-4", {"bgt_id", "T-4", "reason", "r"}},
    {"wrong_state", LHASA, "register", "R-3", {"bgt_id", "T-3"}},
    {"",
     REGION,
     "transfer",
     "D-0",
     {"early_bgt_id", "T-E", "rec_div_code", "540100", "amount", "0", "stage", "formal",
      ISSUE("general")}},
    {"",
     REGION,
     "transfer",
     "D-1",
     {"early_bgt_id", "T-E", "rec_div_code", "540100", "amount", "-10", "stage", "formal",
      ISSUE("general")}},
    {"",
     REGION,
     "transfer",
     "D-2",
     {"early_bgt_id", "T-E", "rec_div_code", "540100", "amount", "-5", "stage", "formal",
      ISSUE("general")}},
    {"", LHASA, "register", "R-D1", {"bgt_id", "D-1"}},
    {"", LHASA, "return", "R-D2", {"bgt_id", "D-2", "reason", "r"}},
    {"",
     REGION,
     "budget",
     "B-80",
     {"stage", "reply", "estimate_id", "E-80", "fund_type_code", "111", "amount", "100",
      "approval_ref", "2"}},
    {"", REGION, "recall", "RC-1", {"bgt_id", "T-1", "amount", "20", "reason", "r"}},
    {"", REGION, "recall", "RC-2", {"bgt_id", "T-1", "amount", "30", "reason", "r"}},
    {"", LHASA, "recall_grant", "G-1", {"bgt_id", "R-1", "amount", "10", "recall_id", "RC-1"}},
    {"exceeds_asked",
     LHASA,
     "recall_grant",
     "X-2",
     {"bgt_id", "R-1", "amount", "31", "recall_id", "RC-2"}},
    {"", LHASA, "recall_refuse", "N-2", {"recall_id", "RC-2", "reason", "r"}},
    {"",
     LHASA,
     "remit",
     "M-2",
     {"ori_bgt_id", "R-2", "rec_div_code", "540000", "amount", "6", "cor_bgt_doc_no", "1"}},
    {"", REGION, "register", "R-M", {"bgt_id", "M-2", "ori_div_code", "540100"}},
    {"",
     REGION,
     "transfer_out",
     "O-1",
     {"ori_bgt_id", "B-1", "rec_div_code", "540199", "amount", "9", "stage", "early",
      ISSUE("general")}},
    {"",
     REGION,
     "transfer_out",
     "O-2",
     {"ori_bgt_id", "B-1", "early_bgt_id", "O-1", "rec_div_code", "540199", "amount", "-2", "stage",
      "formal", ISSUE("general")}},
    {"",
     REGION,
     "transfer_in",
     "I-1",
     {"ori_div_code", "100000", "sup_bgt_doc_no", "1", "amount", "40", "fund_type_code", "111",
      "tra_type_code", "general", "stage", "early"}},
    {"",
     REGION,
     "transfer_in",
     "I-2",
     {"ori_div_code", "100000", "sup_bgt_doc_no", "1", "amount", "-4", "fund_type_code", "111",
      "tra_type_code", "general", "stage", "formal", "early_bgt_id", "I-1"}},
    /* what is refused */
    {"wrong_state", LHASA, "register", "X-1", {"bgt_id", "T-1"}},
    {"unknown_ori_bgt_id",
     REGION,
     "allocate",
     "X-3",
     {"ori_bgt_id", "NO", "agency_code", "002", "amount", "1"}},
    {"unknown_agency_code",
     REGION,
     "allocate",
     "X-4",
     {"ori_bgt_id", "B-1", "agency_code", "02", "amount", "1"}},
    {"exceeds_available",
     REGION,
     "allocate",
     "X-5",
     {"ori_bgt_id", "B-1", "agency_code", "002", "amount", "5000"}},
    {"exceeds_project_total",
     REGION,
     "allocate",
     "X-6",
     {"ori_bgt_id", "B-1", "agency_code", "002", "amount", "400", "pro_code", "P1"}},
    {"wrong_state", REGION, "payment_cancel", "X-7", {"pay_app_id", "P-1", "reason", "r"}},
    {"receipt_already_booked",
     REGION,
     "paid",
     "X-8",
     {"pay_app_id", "P-1", "xpay_amt", "1", "xpay_date", "2026-01-01", "agent_business_no", "1"}},
    {"open_items", REGION, "close_year", "X-9", {"memo", "m"}},
    {"exists_with_different_amount",
     REGION,
     "freeze",
     "F-1",
     {"bgt_id", "A-1", "amount", "8", "reason", "r"}},
    {"bad_parent_code",
     REGION,
     "agency",
     "X-10",
     {"agency_code", "001", "agency_name", "d", "parent_code", "002"}},
    {"wrong_state", REGION, "project", "X-11", {"pro_code", "P1", "state", "draft"}},
    /* the end of a year, and what comes back of it */
    {"", LINZHOU, "agency", "AG-1", {"agency_code", "001", "agency_name", "d"}},
    {"",
     LINZHOU,
     "budget",
     "B-1",
     {"stage", "reply", "fund_type_code", "111", "amount", "20", "approval_ref", "1",
      "dep_bgt_eco_code", "303"}},
    {"", LINZHOU, "allocate", "A-1", {"ori_bgt_id", "B-1", "agency_code", "001", "amount", "12"}},
    {"", LINZHOU, "release", "L-1", {"bgt_id", "A-1", "cor_bgt_doc_no", "1"}},
    {"", LINZHOU, "payment", "P-1", {"bgt_id", "A-1", "pay_app_amt", "4", PAYEE}},
    {"",
     LINZHOU,
     "paid",
     "V-1",
     {"pay_app_id", "P-1", "xpay_amt", "4", "xpay_date", "2026-01-01", "agent_business_no", "1"}},
    {"", LINZHOU, "open_year", "OY-1", {"reason", "r"}},
    {"", LINZHOU, "open_year", "OY-2", {"reason", "r", "fiscal_year", "2027"}},
    {"", LINZHOU, "carry_over", "CO-1", {"bgt_id", "A-1", "amount", "8"}},
    {"", LINZHOU, "lapse", "LA-1", {"bgt_id", "B-1", "amount", "8", "reason", "r"}},
    {"", LINZHOU, "close_year", "CY-1", {"memo", "m", "month", "1"}},
    {"", LINZHOU, "close_year", "CY-2", {"memo", "m"}},
    {"",
     LINZHOU,
     "refund",
     "RF-1",
     {"pay_app_id", "P-1", "amount", "1", "reason", "r", "fiscal_year", "2027"}},
    {"closed_year", LINZHOU, "freeze", "X-1", {"bgt_id", "A-1", "amount", "1", "reason", "r"}},
    {"", LINZHOU, "reopen_year", "RY-1", {"reason", "r"}},
};

/* --- what a turn says, as words --- */

struct turn {
    struct tree *tree;
    enum office_name office;
    struct buf told;
};

static void tell(struct turn *turn, const void *data, size_t size)
{
    buf_put_u32(&turn->told, (uint32_t)size);
    buf_append(&turn->told, data, size);
}

/* Past the store that is spoilt: a node fails its turn where that does not answer. */
static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    struct turn *turn = arg;
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;
    const bool there = log_read_entry(tree_store(turn->tree, turn->office), NULL, author, lsn,
                                      &block, &entry, &err) == OK;

    if (there) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return there;
}

static void note_due(void *arg, struct txn *txn, const struct document *document)
{
    struct turn *turn = arg;
    struct buf body = BUF_EMPTY;

    (void)txn;
    document_encode(&body, document);
    tell(turn, body.data, body.size);
    buf_free(&body);
}

static void note_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    tell(arg, &code, sizeof code);
    tell(arg, &about, sizeof about);
    tell(arg, message, strlen(message));
}

static struct ledger_position position_of(struct tree *tree, enum office_name at,
                                          enum office_name of)
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    struct ledger_position position;

    ledger_position(txn, tree_division(of), &position);
    txn_free(txn);
    return position;
}

static uint64_t own_lsn(void *arg, uint64_t *time_ms)
{
    struct turn *turn = arg;
    const struct ledger_position position = position_of(turn->tree, turn->office, turn->office);

    *time_ms = NEW_YEAR_2026_MS + 1000;
    return position.lsn + 1;
}

static struct ledger *open_ledger(struct turn *turn)
{
    return ledger_open(&(struct ledger_config){
        .self = tree_division(turn->office),
        .roster = tree_roster(turn->tree),
        .sink = {.arg = turn,
                 .read_entry = read_entry,
                 .document_due = note_due,
                 .alarm = note_alarm,
                 .own_lsn = own_lsn},
    });
}

static void tell_changes(struct turn *turn, struct txn *txn)
{
    const struct batch batch = txn_batch(txn);

    for (size_t i = 0; i < batch.count; i++) {
        tell(turn, &batch.changes[i].space, sizeof batch.changes[i].space);
        tell(turn, batch.changes[i].key.data, batch.changes[i].key.size);
        tell(turn, batch.changes[i].value.data, batch.changes[i].value.size);
    }
}

/* --- tasks: one of these is done again for each read of it --- */

struct task {
    struct turn turn;
    const struct said *said; /* to be said by the office; else blocks of `author` are taken in */
    bool in_dry_run;
    enum office_name author;
    struct buf blocks[BLOCKS_READ];
    size_t block_count;
    bool is_observed;
};

static void apply_own(struct task *task, struct ledger *ledger, struct txn *txn,
                      const struct document *document)
{
    struct turn *turn = &task->turn;
    struct buf body = BUF_EMPTY;
    struct applied entry = {
        .author = tree_division(turn->office), .kind = document->kind, .format = DOCUMENT_FORMAT};
    struct audience audience = ledger_audience(ledger, txn, document);
    struct hash digest;

    tell(turn, &audience.kind, sizeof audience.kind);
    tell(turn, &audience.division, sizeof audience.division);
    document_encode(&body, document);
    entry.body = buf_bytes(&body);
    entry.lsn = own_lsn(turn, &entry.time_ms);
    ledger_apply_own(ledger, txn, &entry, document);
    if (!task->in_dry_run) {
        ledger_own_digest(ledger, txn, &digest);
        tell(turn, &digest, sizeof digest);
    }
    buf_free(&body);
}

static void say(struct task *task, struct ledger *ledger, struct txn *txn)
{
    struct refusal refusal = {.reason = REASON_NONE};
    struct buf memory = BUF_EMPTY;
    struct document document;
    struct ledger_mark mark;
    char code[REASON_CODE_MAX] = "";

    if (task->in_dry_run) {
        ledger_mark(ledger, &mark);
    }
    document_fill(&document, task->said->kind, task->said->id, task->said->fields);
    if (ledger_check_form(ledger, txn, &document, true, &refusal) == REASON_NONE &&
        ledger_check_exists(ledger, txn, &document, &refusal) == REASON_NONE) {
        ledger_complete(ledger, txn, &document, &memory);
        (void)ledger_check_rules(ledger, txn, &document, &refusal);
    }
    if (refusal.reason != REASON_NONE) {
        ledger_advise(ledger, txn, &document, &refusal);
        reason_code(code, &refusal);
        tell(&task->turn, code, strlen(code));
        tell(&task->turn, refusal.detail, strlen(refusal.detail));
    } else {
        apply_own(task, ledger, txn, &document);
    }
    if (task->in_dry_run) {
        ledger_return_to(ledger, &mark);
    }
    buf_free(&memory);
}

static void take_in(struct task *task, struct ledger *ledger, struct txn *txn)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err = {OK, ""};

    for (size_t i = 0; i < task->block_count; i++) {
        struct block_view block;

        assert_int_equal(block_parse(&block, buf_bytes(&task->blocks[i]), &err), OK);
        assert_int_equal(block_body_read(&body, &block, &err), OK);
        if (task->is_observed) {
            ledger_observe_block(ledger, txn, &block.header, body.entries, body.count);
        } else {
            const enum status status =
                ledger_apply_block(ledger, txn, &block.header, body.entries, body.count, &err);

            tell(&task->turn, &status, sizeof status);
        }
    }
    block_body_free(&body);
}

static enum status do_task(struct task *task, const struct store *store)
{
    struct ledger *ledger = open_ledger(&task->turn);
    struct txn *txn = txn_open(store, NULL);
    enum status status;
    struct err err;

    buf_clear(&task->turn.told);
    if (task->said != NULL) {
        say(task, ledger, txn);
    } else {
        take_in(task, ledger, txn);
    }
    tell_changes(&task->turn, txn);
    status = txn_status(txn, &err);
    txn_free(txn);
    ledger_close(ledger);
    return status;
}

static void fail_task(const struct task *task, const struct spoiling_store *spoiling,
                      const char *what)
{
    fail_msg("%s of %s at %s: read %zu (%.*s in space %d) %s",
             task->said != NULL ? task->said->id : "a block", tree_division(task->author).code,
             tree_division(task->turn.office).code, spoiling->at, (int)spoiling->key.size,
             (const char *)spoiling->key.data, spoiling->space, what);
}

static size_t spoilt_reads;

static void spoil_each(struct task *task, enum spoiling how)
{
    struct spoiling_store spoiling;
    const struct store store =
        spoiling_store_of(&spoiling, *tree_store(task->turn.tree, task->turn.office));
    struct buf truth = BUF_EMPTY;

    assert_int_equal(do_task(task, &store), OK);
    buf_append_bytes(&truth, buf_bytes(&task->turn.told));
    for (size_t read = 0;; read++) {
        enum status status;

        spoiling_store_begin(&spoiling, how, read);
        status = do_task(task, &store);
        if (!spoiling.spoilt) {
            break;
        }
        spoilt_reads++;
        if (how == SPOILS_READ && status != ERR_IO) {
            fail_task(task, &spoiling, "failed, and nothing is known of it");
        }
        if (status == OK && !bytes_equal(buf_bytes(&task->turn.told), buf_bytes(&truth))) {
            fail_task(task, &spoiling, "is cut, and what follows is another");
        }
    }
    buf_free(&truth);
}

static void spoil_all(struct task *task)
{
    spoil_each(task, SPOILS_READ);
    spoil_each(task, SPOILS_ROW);
    spoil_each(task, SPOILS_HALF);
    spoil_each(task, SPOILS_MOST);
}

/* --- the story, block by block --- */

struct play {
    struct tree *tree;
    uint64_t heard[OFFICES][OFFICES]; /* [from][to]: of its log the last one that was delivered */
    struct task task;
};

static bool note_block(void *arg, const struct block_view *block)
{
    struct play *play = arg;
    struct task *task = &play->task;

    if (roster_in_audience(tree_roster(play->tree), tree_division(task->turn.office),
                           block->header.author, &block->header.audience)) {
        assert_true(task->block_count < BLOCKS_READ);
        buf_clear(&task->blocks[task->block_count]);
        buf_append_bytes(&task->blocks[task->block_count++], block->whole);
    }
    return true;
}

static void deliver(struct play *play, enum office_name from, enum office_name to)
{
    const struct division author = tree_division(from);
    const uint64_t last = position_of(play->tree, from, from).lsn;
    struct task *task = &play->task;
    struct err err = {OK, ""};

    if (from == to || last == play->heard[from][to]) {
        return;
    }
    task->turn.office = to;
    task->said = NULL;
    task->author = from;
    task->block_count = 0;
    task->is_observed = !roster_within(tree_roster(play->tree), author, tree_division(to));
    assert_int_equal(log_scan(tree_store(play->tree, from), NULL, author, play->heard[from][to] + 1,
                              note_block, play, &err),
                     OK);
    if (task->block_count > 0) {
        spoil_all(task);
    }
    play->heard[from][to] = last;
    tree_cut(play->tree, from, to, false);
    tree_cut(play->tree, from, to, true);
}

/* Until what follows of what was heard has been heard, too: settles, and a node's returns. */
static void deliver_all(struct play *play)
{
    for (int round = 0; round < 3; round++) {
        for (int from = 0; from < OFFICES; from++) {
            for (int to = OFFICES; to-- > 0;) {
                deliver(play, (enum office_name)from, (enum office_name)to);
            }
        }
    }
}

static void say_one(struct play *play, const struct said *said)
{
    struct task *task = &play->task;

    task->turn.office = task->author = said->office;
    task->said = said;
    for (int dry = 0; dry < 2; dry++) {
        task->in_dry_run = dry != 0;
        spoil_all(task);
    }
    task->in_dry_run = false;
    assert_string_equal(tree_say(play->tree, said->office, said->kind, said->id, said->fields),
                        said->want);
    tree_seal(play->tree);
    deliver_all(play);
}

static void what_follows_is_true_or_known_to_be_none(void **state)
{
    struct play *play = mem_zalloc(sizeof *play);

    (void)state;
    play->tree = play->task.turn.tree = tree_new();
    for (int office = 0; office < OFFICES; office++) {
        tree_hold_back(play->tree, (enum office_name)office, true);
    }
    for (size_t i = 0; i < COUNT_OF(story); i++) {
        say_one(play, &story[i]);
    }
    assert_int_equal(tree_alarms(play->tree), 0);
    if (spoilt_reads < 9000) {
        fail_msg("only %zu reads were spoilt", spoilt_reads);
    }
    for (size_t i = 0; i < BLOCKS_READ; i++) {
        buf_free(&play->task.blocks[i]);
    }
    buf_free(&play->task.turn.told);
    tree_free(play->tree);
    mem_free(play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_is_true_or_known_to_be_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
