/* Drafts and approvals on a real root node over a store in memory, turn by turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/core/node_struct.h"
#include "node/ledger/families/operator.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/approval_coverage.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"
#include "node/office/set_aside.h"
#include "replicator/log/sealing.h"
#include "replicator/replicator.h"
#include "replicator/trust/merkle.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/unit/node/office.h"

static const char *const chain_ids[] = {"A1", "B1", "L1", "T1", "R1", "P1", "C1"};

/* Each but the first two says of its money only where it comes from. */
static void add_chain(struct work *work)
{
    work_add_agency(work);
    work_add_budget(work, "B1", "1000");
    work_add_allocate(work, "L1", "B1", "300");
    work_add_transfer(work, "T1", "B1", "500");
    WORK_ADD(work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    work_add_payment(work, "P1", "L1", "40");
    WORK_ADD(work, KIND_PAYMENT_CANCEL, "C1", {FIELD_PAY_APP_ID, "P1"}, {FIELD_REASON, "x"});
}

static void approve(struct office *office, const struct person *checker, struct work *work,
                    const char *const *ids, size_t count)
{
    memset(work, 0, sizeof *work);
    work->action = APPROVE;
    work->person = checker;
    work->count = count;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(work->approvals[i].id, sizeof work->approvals[i].id, "%s", ids[i]);
    }
    office_turn(office, work);
}

static void want_approval(const struct work *work, const char *id, enum submit_status status,
                          enum reason reason)
{
    for (size_t i = 0; i < work->count; i++) {
        const struct approve_item *item = &work->approvals[i];
        if (strcmp(item->id, id) == 0) {
            if (item->status != status || item->refusal.reason != reason) {
                fail_msg("%s: status %d, reason %d %s", id, (int)item->status,
                         (int)item->refusal.reason, item->refusal.what);
            }
            return;
        }
    }
    fail_msg("%s was not answered", id);
}

static void approve_all(struct office *office, const char *const *ids, size_t count)
{
    struct work work;

    approve(office, &office->wang, &work, ids, count);
    for (size_t i = 0; i < count; i++) {
        want_approval(&work, ids[i], SUBMIT_ACCEPTED, REASON_NONE);
    }
}

/* --- what the store holds afterwards --- */

static bool count_draft(void *arg, const struct draft_row *row)
{
    (void)row;
    ++*(size_t *)arg;
    return true;
}

static size_t pending(const struct office *office)
{
    struct txn *txn = txn_open(&office->store, NULL);
    size_t count = 0;

    node_pending(txn, count_draft, &count);
    txn_free(txn);
    return count;
}

static bool entry_of(const struct office *office, const char *id, struct block_body *body,
                     struct document *document)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct document_row row;
    struct entry entry;
    struct err err;
    const bool there = query_document(txn, division_of("540000"), bytes_text(id), &row);

    memset(document, 0, sizeof *document);
    if (there) {
        assert_int_equal(
            log_read_entry(&office->store, NULL, row.author, row.lsn, body, &entry, &err), OK);
        assert_int_equal(document_decode(document, entry.kind, entry.body, &err), OK);
    }
    txn_free(txn);
    return there;
}

static void want_field(const struct office *office, const char *id, enum field field,
                       const char *text)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct document document;

    assert_true(entry_of(office, id, &body, &document));
    assert_true(document_inherited(&document, field));
    if (field_is_number(field)) {
        int64_t fen;
        assert_true(amount_parse(&fen, bytes_text(text)));
        assert_int_equal(document_number(&document, field), fen);
    } else {
        assert_true(bytes_equal(document_text(&document, field), bytes_text(text)));
    }
    block_body_free(&body);
}

struct walk {
    const struct office *office;
    uint64_t from_lsn;
    size_t documents, covered[2], groups[2];
    uint32_t first_leaf[2][8];
};

/* The group's documents lead to a root that this person signed in this role. */
static void check_group(struct walk *walk, const struct block_header *header,
                        const struct block_body *body, const struct approval_group *group)
{
    static struct hash run[BLOCK_ENTRIES_MAX];
    const size_t who = group->role == ROLE_MAKER ? 0 : 1;
    const struct person *person = who == 0 ? &walk->office->li : &walk->office->wang;
    struct approval_terms terms = {.tree = walk->office->trust.tree,
                                   .author = division_of("540000"),
                                   .epoch = header->epoch,
                                   .role = group->role,
                                   .time_ms = group->time_ms};
    struct hash signed_hash, proof[GROUP_PROOF_MAX];

    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &body->entries[group->first_entry + i];
        run[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    memcpy(proof, group->proof, group->proof_count * sizeof *proof);
    assert_memory_equal(&group->key, &person->key, sizeof person->key);
    assert_true(merkle_root_from(&terms.root, run, group->count, group->first_leaf,
                                 group->leaf_count, proof, group->proof_count));
    signed_hash = approval_hash(&terms);
    assert_true(signature_ok(&group->key, &signed_hash, &group->signature));
    assert_true(walk->groups[who] < 8);
    walk->first_leaf[who][walk->groups[who]++] = group->first_leaf;
    walk->covered[who] += group->count;
}

static bool check_block(void *arg, const struct block_view *block)
{
    struct walk *walk = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    assert_int_equal(block_body_read(&body, block, &err), OK);
    for (size_t i = 0; i < body.count; i++) {
        walk->documents += body.entries[i].kind >= KIND_USER_FIRST ? 1 : 0;
    }
    for (size_t i = 0; i < body.group_count; i++) {
        check_group(walk, &block->header, &body, &body.groups[i]);
    }
    block_body_free(&body);
    return true;
}

/* Every document from `from_lsn` on was approved by both, and the proofs hold. */
static struct walk check_log(const struct office *office, uint64_t from_lsn)
{
    struct walk walk = {.office = office};
    struct err err;

    assert_int_equal(
        log_scan(&office->store, NULL, division_of("540000"), from_lsn, check_block, &walk, &err),
        OK);
    assert_int_equal(walk.covered[0], walk.documents);
    assert_int_equal(walk.covered[1], walk.documents);
    return walk;
}

/* --- stories --- */

static void want_whole_chain(const struct office *office)
{
    want_field(office, "L1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "T1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "R1", FIELD_AMOUNT, "300");
    want_field(office, "C1", FIELD_AMOUNT, "40");
    assert_int_equal(check_log(office, 1).documents, COUNT_OF(chain_ids));
    assert_int_equal(pending(office), 0);
}

static void a_chain_of_drafts_is_approved_at_once(void **state)
{
    (void)state;
    for (int atomic = 0; atomic < 2; atomic++) {
        struct office *office = office_open(true);
        struct work work = {.atomic = atomic == 1};

        add_chain(&work);
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_DRAFT);
        assert_int_equal(pending(office), COUNT_OF(chain_ids));
        approve_all(office, chain_ids, COUNT_OF(chain_ids));
        want_whole_chain(office);
        office_close(office);
    }
}

static void a_chain_may_come_in_many_posts(void **state)
{
    struct office *office = office_open(true);
    struct work whole = {.count = 0};

    (void)state;
    add_chain(&whole);
    for (size_t i = 0; i < whole.count; i++) {
        struct work work = {.count = 1, .items = {whole.items[i]}};
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_DRAFT);
    }
    approve_all(office, chain_ids, COUNT_OF(chain_ids));
    want_whole_chain(office);
    office_close(office);
}

static void a_draft_builds_on_an_entry_and_passes_over_bad_drafts(void **state)
{
    static const char *const first[] = {"B1"}, *const then[] = {"A1", "T1", "L2", "L4"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, more = {.count = 0};

    (void)state;
    work_add_budget(&work, "B1", "100");
    office_submit(office, &work);
    approve_all(office, first, COUNT_OF(first));
    work_add_agency(&more);
    work_add_allocate(&more, "L1", "B1", "5000");    /* too much */
    work_add_allocate(&more, "L2", "B1", "10");      /* there is room for this one */
    work_add_allocate(&more, "L3", "nothing", "10"); /* no such money */
    work_add_transfer(&more, "T1", "B1", "20");
    work_add_allocate(&more, "L4", "B1", "30");
    office_submit(office, &more);
    work_want_all(&more, SUBMIT_DRAFT);
    approve_all(office, then, COUNT_OF(then));
    want_field(office, "T1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "L4", FIELD_FUND_TYPE_CODE, "111");
    assert_int_equal(pending(office), 2);
    office_close(office);
}

static void the_same_draft_twice_is_one_and_another_under_its_id_is_refused(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0};

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    work_add_allocate(&work, "L1", "B1", "300");
    work_add_allocate(&work, "L1", "B1", "300");
    work_add_allocate(&work, "L1", "B1", "301");
    office_submit(office, &work);
    assert_int_equal(work.items[3].status, SUBMIT_DRAFT);
    assert_int_equal(work.items[4].status, SUBMIT_REFUSED);
    assert_int_equal(work.items[4].refusal.reason, REASON_EXISTS_DIFFERENT);
    assert_int_equal(pending(office), 3);
    approve_all(office, (const char *const[]){"A1", "B1", "L1"}, 3);
    work.count = 4;
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_EXISTS);
    assert_int_equal(pending(office), 0);
    office_close(office);
}

static void nobody_checks_what_he_made(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, approval;

    (void)state;
    add_chain(&work);
    office_submit(office, &work);
    approve(office, &office->li, &approval, chain_ids, COUNT_OF(chain_ids));
    for (size_t i = 0; i < COUNT_OF(chain_ids); i++) {
        want_approval(&approval, chain_ids[i], SUBMIT_REFUSED, REASON_SAME_PERSON);
    }
    assert_int_equal(pending(office), COUNT_OF(chain_ids));
    assert_int_equal(check_log(office, 1).documents, 0);
    approve_all(office, chain_ids, COUNT_OF(chain_ids));
    office_close(office);
}

/* The third asks for one yuan more than the first two left; without it there is room for all. */
static void a_refusal_in_the_middle_leaves_two_proven_runs_and_a_free_id(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4", "L5"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, lines = {.count = 0}, again = {.count = 0}, approval;
    struct walk walk;
    uint64_t from_lsn;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    from_lsn = replicator_next_lsn(node_replicator(office->node));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        work_add_allocate(&lines, ids[i], "B1", i == 2 ? "901" : "50");
    }
    office_submit(office, &lines);
    work_want_all(&lines, SUBMIT_DRAFT);
    approve(office, &office->wang, &approval, ids, COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        if (i != 2) {
            want_approval(&approval, ids[i], SUBMIT_ACCEPTED, REASON_NONE);
        }
    }
    want_approval(&approval, "L3", SUBMIT_REFUSED, REASON_EXCEEDS);

    walk = check_log(office, from_lsn);
    assert_int_equal(walk.documents, 4);
    for (int who = 0; who < 2; who++) {
        assert_int_equal(walk.groups[who], 2);
        assert_int_equal(walk.first_leaf[who][0], 0);
        assert_int_equal(walk.first_leaf[who][1], 3);
    }
    assert_int_equal(pending(office), 0);
    work_add_allocate(&again, "L3", "B1", "60");
    office_submit(office, &again);
    work_want_all(&again, SUBMIT_DRAFT);
    approve_all(office, &ids[2], 1);
    (void)check_log(office, 1);
    office_close(office);
}

/* A signature is carried once for neighbours among its own leaves, whatever the other one does. */
static void two_posts_approved_at_once_take_one_run_of_the_checker(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4"};
    struct office *office = office_open(true);
    struct work work = {.count = 0};
    struct walk walk;
    uint64_t from_lsn;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    from_lsn = replicator_next_lsn(node_replicator(office->node));
    for (size_t i = 0; i < COUNT_OF(ids); i += 2) {
        struct work lines = {.count = 0};

        work_add_allocate(&lines, ids[i], "B1", "50");
        work_add_allocate(&lines, ids[i + 1], "B1", "60");
        office_submit(office, &lines);
    }
    approve_all(office, ids, COUNT_OF(ids));
    walk = check_log(office, from_lsn);
    assert_int_equal(walk.documents, COUNT_OF(ids));
    assert_int_equal(walk.groups[0], 2);
    assert_int_equal(walk.groups[1], 1);
    office_close(office);
}

/* How many drafts of the batch wait; 0 where nothing is kept of it. */
static uint64_t waiting_of(const struct office *office, uint64_t batch)
{
    struct txn *txn = txn_open(&office->store, NULL);
    uint64_t remaining = 0;
    struct batch_row row;

    assert_int_equal(batch_remaining(txn, batch, &remaining), batch_find(txn, batch, &row));
    txn_free(txn);
    return remaining;
}

/* In whatever order a checker names them. A batch stays as long as one of its drafts waits. */
static void drafts_of_two_posts_enter_in_order_of_submission(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4"}, *const named[] = {"L4", "L1", "L3"};
    struct office *office = office_open(true);
    struct work work = {.count = 0};
    uint64_t batches[COUNT_OF(ids)];
    struct draft draft;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    for (size_t i = 0; i < COUNT_OF(ids); i += 2) {
        struct work lines = {.count = 0};

        work_add_allocate(&lines, ids[i], "B1", "50");
        work_add_allocate(&lines, ids[i + 1], "B1", "60");
        office_submit(office, &lines);
    }
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_true(draft_find(office->node, office->node->txn, bytes_text(ids[i]), &draft));
        batches[i] = draft.batch;
        assert_int_equal(waiting_of(office, draft.batch), 2);
    }
    approve(office, &office->wang, &work, named, COUNT_OF(named));
    for (size_t i = 0; i < COUNT_OF(named); i++) { /* L1, L3, L4 */
        assert_string_equal(work.approvals[i].id, ids[i + (i > 0)]);
        assert_int_equal(work.approvals[i].status, SUBMIT_ACCEPTED);
        assert_int_equal(work.approvals[i].lsn, work.approvals[0].lsn + i);
    }
    assert_int_equal(waiting_of(office, batches[0]), 1);
    assert_int_equal(waiting_of(office, batches[2]), 0);
    approve_all(office, ids + 1, 1);
    assert_int_equal(waiting_of(office, batches[0]), 0);
    office_close(office);
}

/* Four for the post: the drafts, maker, how many, last sequence. */
static void a_draft_costs_no_row_of_its_own(void **state)
{
    struct office *office = office_open(true);
    const uint64_t before = node_rows_written(office->node);
    struct work work = {.count = 0};

    (void)state;
    add_chain(&work);
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    assert_int_equal(node_rows_written(office->node) - before, 4);
    office_close(office);
}

/* By the table and, where it does not know, by the rows: before and after a restart. */
static void a_draft_is_found_by_its_id(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, reject = {.action = REJECT, .count = 1, .why = "wrong"};
    const uint64_t moments[] = {0, UINT64_MAX}; /* nobody knows of which; now */
    struct draft draft;

    (void)state;
    add_chain(&work);
    office_submit(office, &work);
    reject.person = &office->wang;
    reject.approvals[0] = (struct approve_item){.id = "B1"};
    for (int restarts = 0; restarts < 2; restarts++) {
        struct txn *txn = txn_open(&office->store, NULL);

        for (size_t i = 0; i < COUNT_OF(moments); i++) {
            assert_true(draft_find_at(office->node, txn, moments[i], bytes_text("B1"), &draft));
            assert_true(bytes_equal(draft.id, bytes_text("B1")));
            assert_false(draft_find_at(office->node, txn, moments[i], bytes_text("B"), &draft));
        }
        txn_free(txn);
        office_reopen(office);
    }
    office_turn(office, &reject);
    for (int restarts = 0; restarts < 2; restarts++) {
        struct txn *txn = txn_open(&office->store, NULL);

        assert_int_equal(draft_look(office->node, txn, bytes_text("B1"), &draft), DRAFT_SET_ASIDE);
        txn_free(txn);
        office_reopen(office);
    }
    office_close(office);
}

static bool remember_hash(void *arg, const struct draft_row *row)
{
    *(struct hash *)arg = row->hash;
    return false;
}

/* An answer may be lost, and what was read may be long out of date. */
static void approving_again_what_was_read_is_done_and_another_thing_has_changed(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, again = {.action = APPROVE, .count = 1};
    struct txn *txn;

    (void)state;
    again.person = &office->wang;
    again.approvals[0] = (struct approve_item){.id = "B1", .has_hash = true};
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    txn = txn_open(&office->store, NULL);
    node_pending(txn, remember_hash, &again.approvals[0].hash);
    txn_free(txn);
    office_turn(office, &again);
    want_approval(&again, "B1", SUBMIT_ACCEPTED, REASON_NONE);
    office_turn(office, &again);
    want_approval(&again, "B1", SUBMIT_EXISTS, REASON_NONE);
    again.approvals[0].hash.at[0] ^= 1;
    office_turn(office, &again);
    want_approval(&again, "B1", SUBMIT_REFUSED, REASON_CHANGED);
    office_close(office);
}

static void a_rejected_draft_says_why_and_frees_its_id(void **state)
{
    static const char *const ids[] = {"B1"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, reject = {.action = REJECT, .count = 1}, approval;
    struct set_aside aside;
    struct txn *txn;

    (void)state;
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    (void)snprintf(reject.approvals[0].id, sizeof reject.approvals[0].id, "B1");
    reject.why = "文号不对";
    reject.person = &office->wang;
    office_turn(office, &reject);
    want_approval(&reject, "B1", SUBMIT_ACCEPTED, REASON_NONE);
    txn = txn_open(&office->store, NULL);
    assert_true(set_aside_find(txn, "B1", &aside));
    assert_string_equal(aside.checker, "wang");
    assert_string_equal(aside.maker, "li");
    assert_string_equal(aside.why, "文号不对");
    assert_int_equal(aside.refusal.reason, REASON_NONE);
    assert_false(set_aside_find(txn, "B2", &aside));
    txn_free(txn);
    assert_int_equal(pending(office), 0);
    approve(office, &office->wang, &approval, ids, 1);
    want_approval(&approval, "B1", SUBMIT_REFUSED, REASON_NOT_PENDING);
    office_turn(office, &reject);
    want_approval(&reject, "B1", SUBMIT_REFUSED, REASON_NOT_PENDING);

    work.count = 0;
    work_add_budget(&work, "B1", "999");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    approve_all(office, ids, 1);
    office_close(office);
}

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

static void reject(struct office *office, const char *id)
{
    struct work work = {.action = REJECT, .count = 1, .why = "x", .person = &office->wang};

    (void)snprintf(work.approvals[0].id, sizeof work.approvals[0].id, "%s", id);
    office_turn(office, &work);
    want_approval(&work, id, SUBMIT_ACCEPTED, REASON_NONE);
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

/* --- rows of the store --- */

static bool copy_row(void *arg, struct bytes key, struct bytes value)
{
    struct buf **out = arg;

    buf_append_bytes(out[0], key);
    buf_append_bytes(out[1], value);
    return false;
}

static void first_row(struct office *office, struct bytes prefix, struct buf *key, struct buf *row)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct err err;

    assert_int_equal(txn_scan(txn, SPACE_LOCAL, prefix, copy_row, (struct buf *[]){key, row}, &err),
                     OK);
    assert_true(row->size > 0);
    txn_free(txn);
}

static void put_row(struct office *office, struct bytes key, struct bytes row)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct batch batch;

    (void)txn_put(txn, SPACE_LOCAL, key, row);
    batch = txn_batch(txn);
    commit_claiming(&office->store, &batch);
    txn_free(txn);
    office_reopen(office); /* which claims the store again */
}

/* --- blocks that come in --- */

/* A block of the child with one entry, signed by those given; NULL leaves a role out. */
struct received {
    struct hash tree;
    struct block_header header;
    struct block_body body;
    struct entry entry;
    struct approval_group groups[2];
};

static void sign(struct received *received, enum approval_role role, const struct person *person)
{
    received->groups[received->body.group_count++] = approval_of_entry(
        &received->entry, received->header.author, role, &received->tree, person->secret);
}

static void receive(struct received *received, const struct office *office,
                    const struct person *maker, const struct person *checker)
{
    memset(received, 0, sizeof *received);
    received->tree = office->trust.tree;
    received->header = (struct block_header){
        .author = division_of("540100"), .epoch = 1, .first_lsn = 7, .count = 1};
    received->entry = (struct entry){7, 1, KIND_AGENCY, DOCUMENT_FORMAT, bytes_text("x")};
    received->body.entries = &received->entry;
    received->body.count = 1;
    received->body.groups = received->groups;
    if (maker != NULL) {
        sign(received, ROLE_MAKER, maker);
    }
    if (checker != NULL) {
        sign(received, ROLE_CHECKER, checker);
    }
}

static enum alarm_code alarm_of(const struct office *office)
{
    const struct alarms *alarms = node_alarms(office->node);

    return alarms_count(alarms) == 0 ? ALARM_NONE : alarms_at(alarms, 0)->code;
}

/* As the node takes it in. */
static void take_in(struct office *office, const struct received *received)
{
    approval_check(&office->node->approval_check, office->node->txn, node_roster(office->node),
                   &received->header, &received->body);
}

static void a_block_that_lacks_a_person_alarms(void **state)
{
    static const struct {
        int maker, checker; /* 0: nobody, 1: li, 2: wang */
        enum alarm_code alarm;
    } cases[] = {
        {0, 0, ALARM_APPROVAL_MISSING},
        {1, 0, ALARM_APPROVAL_MISSING},
        {0, 2, ALARM_APPROVAL_MISSING},
        {1, 1, ALARM_APPROVAL_MISSING},
        {1, 2, ALARM_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct office *office = office_open(true);
        const struct person *persons[] = {NULL, &office->li, &office->wang};
        struct received received;

        receive(&received, office, persons[cases[i].maker], persons[cases[i].checker]);
        take_in(office, &received);
        assert_int_equal(alarm_of(office), cases[i].alarm);
        assert_int_equal(unapproved_find(office->node->txn, division_of("540100"), 7, NULL),
                         cases[i].alarm != ALARM_NONE);
        office_close(office);
    }
}

/* Every signature is looked at, and one that was found good only once: a batch costs two. */
static void every_signature_is_verified_once(void **state)
{
    struct office *office = office_open(true);
    struct received received;

    (void)state;
    receive(&received, office, &office->li, &office->wang);
    for (int i = 0; i < 64; i++) {
        take_in(office, &received);
    }
    assert_int_equal(node_approvals_verified(office->node), 2);
    assert_int_equal(alarm_of(office), ALARM_NONE);
    received.groups[1].signature.at[0] ^= 1;
    take_in(office, &received);
    assert_int_equal(alarm_of(office), ALARM_APPROVAL_INVALID);
    assert_int_equal(node_approvals_verified(office->node), 3);
    office_close(office);
}

/* A checker's word of the day before yesterday is an old one said again. */
static void an_old_approval_is_stale(void **state)
{
    struct office *office = office_open(true);
    struct received received;

    (void)state;
    receive(&received, office, &office->li, &office->wang);
    received.header.time_ms = received.groups[1].time_ms + APPROVAL_AGE_MS;
    take_in(office, &received);
    assert_int_equal(alarm_of(office), ALARM_NONE);
    received.header.time_ms++;
    take_in(office, &received);
    assert_int_equal(alarm_of(office), ALARM_APPROVAL_STALE);
    office_close(office);
}

/* A division with one first admin, who vouches for two persons. */
static void grant_founded(struct work *work, struct node *node, struct txn *txn)
{
    struct grant_terms terms = {.founder_count = 1};
    struct grant grant = {.division = division_of("540200"),
                          .parent = division_of("540000"),
                          .name = "日喀则市",
                          .epoch = 1,
                          .curve_key = {9}};
    struct err err;

    grant.policy = node_policy(node).kinds;
    (void)snprintf(terms.founders[0].name, sizeof terms.founders[0].name, "gao");
    terms.founders[0].key = ((const struct sign_key *)work->arg)->public;
    grant_certify(&grant, &work->office->trust.tree, &work->office->child_key);
    if (replicator_grant(node->replicator, txn, &grant, &terms, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

struct later { /* blocks of that division */
    struct entry entries[2];
    struct approval_group groups[2];
    struct buf bodies[2];
    struct block_header header;
    struct block_body body;
};

static void name_person(struct later *later, const struct office *office,
                        const struct sign_key *gao, size_t at, const struct person *person,
                        const char *roles)
{
    struct document document;

    operator_document(&document, bytes_text(person->name), 2026,
                      &(struct operator_entry){.name = bytes_text(person->name),
                                               .key = bytes_of(person->key.at, PUBLIC_KEY_SIZE),
                                               .roles = bytes_text(roles),
                                               .enabled = true});
    document_encode(&later->bodies[at], &document);
    later->entries[at] =
        (struct entry){1 + at, 1, KIND_OPERATOR, DOCUMENT_FORMAT, buf_bytes(&later->bodies[at])};
    later->groups[at] = approval_of_entry(&later->entries[at], division_of("540200"), ROLE_MAKER,
                                          &office->trust.tree, gao);
    later->groups[at].first_entry = (uint32_t)at;
}

static void put_block(struct office *office, const struct block_header *header,
                      const struct block_body *body)
{
    struct buf entries = BUF_EMPTY, groups = BUF_EMPTY, packed = BUF_EMPTY, whole = BUF_EMPTY;
    struct buf key = BUF_EMPTY;
    struct block_header sealed = *header;
    struct txn *txn = txn_open(&office->store, NULL);
    struct batch batch;

    entry_write(&entries, &body->entries[0]);
    group_write(&groups, &body->groups[0]);
    group_write(&groups, &body->groups[1]);
    sealed.version = BLOCK_VERSION;
    sealed.suite = SUITE_ED25519_BLAKE2B;
    sealed.audience = (struct audience){AUDIENCE_LINE, header->author};
    sealed.aud_seq = 1;
    block_body_write(&packed, &sealed, buf_bytes(&entries), buf_bytes(&groups));
    (void)block_seal(&whole, &sealed, buf_bytes(&packed), &office->trust.tree, &office->child_key);
    log_block_key(&key, header->author, header->epoch, header->first_lsn);
    (void)txn_put(txn, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    batch = txn_batch(txn);
    commit_claiming(&office->store, &batch);
    txn_free(txn);
    buf_free(&entries);
    buf_free(&groups);
    buf_free(&packed);
    buf_free(&whole);
    buf_free(&key);
    office_reopen(office);
}

/* The block that names them was kept back on its way: what they approved waits marked until then.
 */
static void a_person_who_becomes_known_is_judged_again(void **state)
{
    const struct division author = division_of("540200");
    struct office *office = office_open(true);
    struct work work = {.action = RUN, .run = grant_founded};
    struct later named = {.bodies = {BUF_EMPTY, BUF_EMPTY}}, used = {.bodies = {BUF_EMPTY}};
    struct unapproved_sum sum;
    struct unapproved mark;
    struct sign_key gao;

    (void)state;
    sign_key_generate(&gao);
    work.arg = &gao;
    office_turn(office, &work);
    name_person(&named, office, &gao, 0, &office->li, "maker");
    name_person(&named, office, &gao, 1, &office->wang, "checker");
    named.header = (struct block_header){.author = author, .epoch = 1, .first_lsn = 1, .count = 2};
    named.body = (struct block_body){
        .entries = named.entries, .count = 2, .groups = named.groups, .group_count = 2};
    used.entries[0] = (struct entry){3, 1, KIND_AGENCY, DOCUMENT_FORMAT, bytes_text("x")};
    used.groups[0] = approval_of_entry(&used.entries[0], author, ROLE_MAKER, &office->trust.tree,
                                       office->li.secret);
    used.groups[1] = approval_of_entry(&used.entries[0], author, ROLE_CHECKER, &office->trust.tree,
                                       office->wang.secret);
    used.header = (struct block_header){.author = author, .epoch = 1, .first_lsn = 3, .count = 1};
    used.body = (struct block_body){
        .entries = used.entries, .count = 1, .groups = used.groups, .group_count = 2};
    put_block(office, &used.header, &used.body);

    approval_check(&office->node->approval_check, office->node->txn, node_roster(office->node),
                   &used.header, &used.body);
    assert_true(unapproved_find(office->node->txn, author, 3, &mark));
    assert_string_equal(mark.why, "signer_unknown");
    unapproved_sum(office->node->txn, DIVISION_NONE, &sum);
    assert_int_equal(sum.count, 1);
    approval_check(&office->node->approval_check, office->node->txn, node_roster(office->node),
                   &named.header, &named.body);
    assert_false(unapproved_find(office->node->txn, author, 3, NULL));
    unapproved_sum(office->node->txn, DIVISION_NONE, &sum);
    assert_int_equal(sum.count, 0);
    buf_free(&named.bodies[0]);
    buf_free(&named.bodies[1]);
    office_close(office);
}

/* What a person signed is good for one author, epoch, role and time, and for nothing else. */
static void an_approval_cannot_be_said_again_elsewhere(void **state)
{
    enum change { NOTHING, TREE, AUTHOR, EPOCH, ROLE, TIME, FORMAT, BODY };
    static const struct {
        const char *name;
        enum change change;
    } cases[] = {
        {"as it was signed", NOTHING}, {"in another tree", TREE},     {"by another author", AUTHOR},
        {"in another epoch", EPOCH},   {"in another role", ROLE},     {"at another time", TIME},
        {"in another format", FORMAT}, {"of another document", BODY},
    };
    struct office *office = office_open(true);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const enum change change = cases[i].change;
        struct received received;
        const char *fault;

        receive(&received, office, &office->li, &office->wang);
        received.tree.at[0] ^= change == TREE;
        received.header.author = division_of(change == AUTHOR ? "540200" : "540100");
        received.header.epoch += change == EPOCH;
        received.groups[0].role = change == ROLE ? ROLE_CHECKER : ROLE_MAKER;
        received.groups[0].time_ms += change == TIME;
        received.entry.format += change == FORMAT;
        received.entry.body = bytes_text(change == BODY ? "y" : "x");
        fault = approval_coverage_signature(&received.tree, &received.header, &received.body,
                                            &received.groups[0]);
        if ((fault == NULL) != (change == NOTHING)) {
            fail_msg("%s: %s", cases[i].name, fault == NULL ? "it verifies" : fault);
        }
    }
    office_close(office);
}

/* The maker signed for an epoch that is over: no block can carry that any more. */
static void a_draft_of_a_former_epoch_is_submitted_again(void **state)
{
    static const char *const ids[] = {"A1"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, approval;
    const uint64_t first_lsn = office_position(office).lsn + 1;

    (void)state;
    work_add_agency(&work);
    office_submit(office, &work);
    office_renew(office);
    approve(office, &office->wang, &approval, ids, 1);
    want_approval(&approval, "A1", SUBMIT_REFUSED, REASON_SIGNATURE_OUTDATED);
    reject(office, "A1");
    office_submit(office, &work);
    approve(office, &office->wang, &approval, ids, 1);
    want_approval(&approval, "A1", SUBMIT_ACCEPTED, REASON_NONE);
    assert_int_equal(check_log(office, first_lsn).documents, 1);
    office_close(office);
}

/* The author looks before it commits: what holders would find forged does not enter the log. */
static void a_maker_signature_that_does_not_hold_enters_nothing(void **state)
{
    static const char *const ids[] = {"A1"};
    const uint8_t batches = LOCAL_BATCH;
    struct office *office = office_open(true);
    struct work work = {.count = 0}, approval;
    struct buf key = BUF_EMPTY, row = BUF_EMPTY;
    const uint64_t lsn = office_position(office).lsn;

    (void)state;
    work_add_agency(&work);
    office_submit(office, &work);
    first_row(office, bytes_of(&batches, 1), &key, &row);
    row.data[1 + strlen("li") + PUBLIC_KEY_SIZE] ^= 1; /* the signature */
    put_row(office, buf_bytes(&key), buf_bytes(&row));
    approve(office, &office->wang, &approval, ids, 1);
    want_approval(&approval, "A1", SUBMIT_REFUSED, REASON_SIGNATURE_OUTDATED);
    assert_int_equal(office_position(office).lsn, lsn);
    buf_free(&key);
    buf_free(&row);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_drafts_is_approved_at_once),
        cmocka_unit_test(a_chain_may_come_in_many_posts),
        cmocka_unit_test(a_draft_builds_on_an_entry_and_passes_over_bad_drafts),
        cmocka_unit_test(the_same_draft_twice_is_one_and_another_under_its_id_is_refused),
        cmocka_unit_test(nobody_checks_what_he_made),
        cmocka_unit_test(a_refusal_in_the_middle_leaves_two_proven_runs_and_a_free_id),
        cmocka_unit_test(two_posts_approved_at_once_take_one_run_of_the_checker),
        cmocka_unit_test(drafts_of_two_posts_enter_in_order_of_submission),
        cmocka_unit_test(a_draft_costs_no_row_of_its_own),
        cmocka_unit_test(a_draft_is_found_by_its_id),
        cmocka_unit_test(approving_again_what_was_read_is_done_and_another_thing_has_changed),
        cmocka_unit_test(a_rejected_draft_says_why_and_frees_its_id),
        cmocka_unit_test(the_policy_says_which_kinds_need_two_persons),
        cmocka_unit_test(what_takes_all_takes_all_or_is_refused),
        cmocka_unit_test(a_project_begins_whole),
        cmocka_unit_test(a_block_that_lacks_a_person_alarms),
        cmocka_unit_test(every_signature_is_verified_once),
        cmocka_unit_test(an_old_approval_is_stale),
        cmocka_unit_test(a_person_who_becomes_known_is_judged_again),
        cmocka_unit_test(an_approval_cannot_be_said_again_elsewhere),
        cmocka_unit_test(a_draft_of_a_former_epoch_is_submitted_again),
        cmocka_unit_test(a_maker_signature_that_does_not_hold_enters_nothing),
        cmocka_unit_test(an_atomic_post_may_hold_entries_and_drafts),
        cmocka_unit_test(an_atomic_post_with_one_bad_line_enters_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
