/* Which documents of a post need two persons, and what holds for a post or a document as a whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/office/local_keys.h"
#include "replicator/replicator.h"
#include "tests/unit/node/approving.h"

/* Budgets by the node's own policy, allocations by its parent's; releases by neither. */
static void the_policy_says_which_kinds_need_two_persons(void **state)
{
    struct policy own, parents;
    struct bytes bad;
    struct office *office;
    struct work budget = {.count = 0}, chain = {.count = 0}, release = {.count = 0};
    const char *ids[] = {"B1", "L1"};

    (void)state;
    assert_true(policy_parse(&own, "budget", &bad));
    assert_true(policy_parse(&parents, "payment,allocate", &bad));
    office = office_open_under(own, parents);
    work_add_budget(&budget, "B1", "10");
    office_submit(office, &budget);
    work_want_all(&budget, SUBMIT_DRAFT);
    work_add_agency(&chain);
    office_submit(office, &chain);
    work_want_all(&chain, SUBMIT_ACCEPTED);
    chain.count = 0;
    work_add_allocate(&chain, "L1", "B1", "4");
    office_submit(office, &chain);
    work_want_all(&chain, SUBMIT_DRAFT);
    approve_all(office, ids, 2);
    WORK_ADD(&release, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    office_submit(office, &release);
    work_want_all(&release, SUBMIT_ACCEPTED);
    office_close(office);
}

static void an_atomic_post_with_one_bad_line_enters_nothing(void **state)
{
    (void)state;
    for (int approval_required = 0; approval_required < 2; approval_required++) {
        struct office *office = office_open(approval_required == 1);
        struct work before = {.count = 0}, work = {.atomic = true}, fresh = {.count = 0};
        struct ledger_position first, second;

        work_add_budget(&before, "B0", "5");
        office_submit(office, &before);
        first = office_position(office);
        add_chain(&work);
        WORK_ADD(&work, KIND_BUDGET, "B2", {FIELD_STAGE, "reply"}); /* how much? */
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_REFUSED);
        assert_int_equal(work.items[0].refusal.reason, REASON_NOT_ALL);
        assert_int_equal(work.items[work.count - 1].refusal.reason, REASON_MISSING);
        second = office_position(office);
        assert_int_equal(first.lsn, second.lsn);
        assert_int_equal(first.digest_lsn, second.digest_lsn);
        assert_memory_equal(&first.digest, &second.digest, sizeof first.digest);
        assert_int_equal(pending(office), approval_required);

        add_chain(&fresh); /* nothing of it was kept */
        office_submit(office, &fresh);
        work_want_all(&fresh, approval_required == 1 ? SUBMIT_DRAFT : SUBMIT_ACCEPTED);
        office_close(office);
    }
}

/* Entries are rehearsed, drafts on top of them, and entries again. */
static void an_atomic_post_may_hold_entries_and_drafts(void **state)
{
    static const enum submit_status want[] = {SUBMIT_ACCEPTED, SUBMIT_ACCEPTED, SUBMIT_DRAFT,
                                              SUBMIT_DRAFT,    SUBMIT_EXISTS,   SUBMIT_ACCEPTED,
                                              SUBMIT_EXISTS};
    struct policy own;
    struct bytes bad;
    struct office *office;
    struct work work = {.atomic = true};

    (void)state;
    assert_true(policy_parse(&own, "allocate,release", &bad));
    office = office_open_under(own, POLICY_NONE);
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    work_add_allocate(&work, "L1", "B1", "300");
    WORK_ADD(&work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    work_add_agency(&work);
    work_add_budget(&work, "B2", "7");
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        if (work.items[i].status != want[i]) {
            fail_msg("document %zu: status %d, reason %d", i, (int)work.items[i].status,
                     (int)work.items[i].refusal.reason);
        }
    }
    approve_all(office, (const char *const[]){"L1", "R1"}, 2);
    want_field(office, "R1", FIELD_AMOUNT, "300");
    office_close(office);
}

static int128 balance(const struct office *office, const char *id, enum account account)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct indicator row;

    assert_true(indicator_load(txn, division_of("540000"), bytes_text(id), &row));
    txn_free(txn);
    return row.balance[account];
}

/* What a release and a cancellation say of their amount was true beside a draft that was then
 * rejected: they are refused, and no money is left where no step leads on. */
static void what_takes_all_takes_all_or_is_refused(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, again = {.count = 0}, pay = {.count = 0}, approval;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    work_add_allocate(&work, "L1", "B1", "100");
    WORK_ADD(&work, KIND_REDUCE, "D1", {FIELD_BGT_ID, "L1"}, {FIELD_AMOUNT, "30"});
    WORK_ADD(&work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    reject(office, "D1");
    approve(office, &office->wang, &approval, (const char *const[]){"A1", "B1", "L1", "R1"}, 4);
    want_approval(&approval, "L1", SUBMIT_ACCEPTED, REASON_NONE);
    want_approval(&approval, "R1", SUBMIT_REFUSED, REASON_WRONG_STATE);
    assert_string_equal(approval.approvals[3].refusal.detail, "says_and_all\x1fsays=70.00\x1f"
                                                              "all=100.00");
    WORK_ADD(&again, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    office_submit(office, &again);
    approve_all(office, (const char *const[]){"R1"}, 1);
    assert_int_equal(balance(office, "L1", ACC_PENDING), 0);
    assert_int_equal(balance(office, "L1", ACC_AVAIL), 10000);

    work_add_payment(&pay, "P1", "L1", "40");
    WORK_ADD(&pay, KIND_PAID, "V1", {FIELD_PAY_APP_ID, "P1"}, {FIELD_XPAY_AMT, "15"},
             {FIELD_XPAY_DATE, "2026-03-01"}, {FIELD_AGENT_BUSINESS_NO, "1"});
    WORK_ADD(&pay, KIND_PAYMENT_CANCEL, "C1", {FIELD_PAY_APP_ID, "P1"}, {FIELD_REASON, "x"});
    office_submit(office, &pay);
    work_want_all(&pay, SUBMIT_DRAFT);
    reject(office, "V1");
    approve(office, &office->wang, &approval, (const char *const[]){"P1", "C1"}, 2);
    want_approval(&approval, "C1", SUBMIT_REFUSED, REASON_WRONG_STATE);
    assert_int_equal(balance(office, "L1", ACC_COMMIT), 4000);
    office_close(office);
}

/* Missing fields of a first version are told at once, not to the checker; a first version that is
 * a draft still counts. */
static void a_project_begins_whole(void **state)
{
    struct office *office = office_open(true);
    struct work bad = {.count = 0}, work = {.count = 0}, approval;
    static const char *const ids[] = {"A1", "J1", "J2", "K1", "K2"};
    char endless[400];

    (void)state;
    WORK_ADD(&bad, KIND_PROJECT, "J1", {FIELD_PRO_CODE, "P"}, {FIELD_STATE, "draft"});
    WORK_ADD(&bad, KIND_PROJECT, "J2", {FIELD_STATE, "draft"});
    memset(endless, 'P', sizeof endless); /* as a reader of JSON carries it on */
    document_set_text(&bad.items[1].document, FIELD_PRO_CODE, bytes_of(endless, sizeof endless));
    office_submit(office, &bad);
    assert_int_equal(bad.items[1].refusal.reason, REASON_BAD);
    assert_string_equal(bad.items[1].refusal.what, "pro_code");
    assert_int_equal(bad.items[0].status, SUBMIT_REFUSED);
    assert_int_equal(bad.items[0].refusal.reason, REASON_MISSING);
    assert_string_equal(bad.items[0].refusal.what, "pro_name");
    work_add_agency(&work);
    for (size_t i = 0; i < 2; i++) {
        const char *code = i == 0 ? "P" : "Q";

        WORK_ADD(&work, KIND_PROJECT, ids[1 + 2 * i], {FIELD_PRO_CODE, code},
                 {FIELD_STATE, "draft"}, {FIELD_PRO_NAME, "校舍"}, {FIELD_PRO_CAT_CODE, "3"},
                 {FIELD_AGENCY_CODE, "105"}, {FIELD_SETUP_YEAR, "2026"}, {FIELD_IS_TRACK, "1"});
        WORK_ADD(&work, KIND_PROJECT, ids[2 + 2 * i], {FIELD_PRO_CODE, code},
                 {FIELD_STATE, "reserved"});
    }
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT); /* repeated */
    reject(office, "K1");
    approve(office, &office->wang, &approval, ids, COUNT_OF(ids));
    want_approval(&approval, "J2", SUBMIT_ACCEPTED, REASON_NONE);
    want_field(office, "J2", FIELD_PRO_NAME, "校舍");
    want_field(office, "J2", FIELD_IS_TRACK, "1");
    want_approval(&approval, "K2", SUBMIT_REFUSED, REASON_MISSING); /* now it would be the first */
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_says_which_kinds_need_two_persons),
        cmocka_unit_test(what_takes_all_takes_all_or_is_refused),
        cmocka_unit_test(a_project_begins_whole),
        cmocka_unit_test(an_atomic_post_may_hold_entries_and_drafts),
        cmocka_unit_test(an_atomic_post_with_one_bad_line_enters_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
