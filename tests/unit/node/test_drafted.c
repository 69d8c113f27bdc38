/* What is said of a draft at once, what becomes of one that does not get through, and whose name a
 * document carries: on a real root node over a store in memory, turn by turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/core/node_struct.h"
#include "node/core/turn.h"
#include "node/ledger/query/query.h"
#include "node/office/set_aside.h"
#include "replicator/log/sealing.h"
#include "tests/unit/node/office.h"

static void approve(struct office *office, struct work *work, const char *const *ids, size_t count)
{
    memset(work, 0, sizeof *work);
    work->action = APPROVE;
    work->person = &office->wang;
    work->count = count;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(work->approvals[i].id, sizeof work->approvals[i].id, "%s", ids[i]);
    }
    office_turn(office, work);
}

static void approve_all(struct office *office, const char *const *ids, size_t count)
{
    struct work work;

    approve(office, &work, ids, count);
    for (size_t i = 0; i < count; i++) {
        if (work.approvals[i].status != SUBMIT_ACCEPTED) {
            fail_msg("%s: reason %d", work.approvals[i].id, (int)work.approvals[i].refusal.reason);
        }
    }
}

/* Of a draft that is approved alone. */
static enum reason approved_as(struct office *office, const char *id)
{
    struct work work;

    approve(office, &work, &id, 1);
    return work.approvals[0].status == SUBMIT_ACCEPTED ? REASON_NONE
                                                       : work.approvals[0].refusal.reason;
}

static enum reason act(struct office *office, enum action action, const char *id,
                       const struct person *person)
{
    struct work work = {.action = action, .count = 1, .person = person, .why = "x"};

    (void)snprintf(work.approvals[0].id, sizeof work.approvals[0].id, "%s", id);
    office_turn(office, &work);
    return work.approvals[0].status == SUBMIT_ACCEPTED ? REASON_NONE
                                                       : work.approvals[0].refusal.reason;
}

/* 1000 yuan, of which 300 are released to an agency as L1. */
static struct office *open_with_money_under(struct policy policy)
{
    static const char *const ids[] = {"A1", "B1", "L1", "R1"};
    struct office *office = office_open_under(policy, POLICY_NONE);
    struct work work = {.count = 0}, approval;

    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    work_add_allocate(&work, "L1", "B1", "300");
    WORK_ADD(&work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    office_submit(office, &work);
    approve(office, &approval, ids, COUNT_OF(ids));
    return office;
}

static struct office *open_with_money(void)
{
    return open_with_money_under(POLICY_REQUIRED);
}

/* A draft, and what is said of it. */
static enum reason drafted_as(struct office *office, const char *id, const char *amount)
{
    struct work work = {.count = 0};

    work_add_payment(&work, id, "L1", amount);
    office_submit(office, &work);
    assert_int_equal(work.items[0].status, SUBMIT_DRAFT);
    return work.items[0].refusal.reason;
}

static bool find_aside(const struct office *office, const char *id, struct set_aside *aside)
{
    struct txn *txn = txn_open(&office->store, NULL);
    const bool found = set_aside_find(txn, id, aside);

    aside->body = BYTES_NONE;
    txn_free(txn);
    return found;
}

/* --- what is said at once --- */

static void a_draft_is_told_what_approval_would_say(void **state)
{
    struct office *office = open_with_money();
    struct work work = {.count = 0};

    (void)state;
    work_add_payment(&work, "P1", "NONE", "1");
    work_add_payment(&work, "P2", "L1", "9999999999999");
    work_add_payment(&work, "P3", "L1", "200");
    work_add_payment(&work, "P4", "L1", "200"); /* fits the ledger, not beside P3 */
    work_add_payment(&work, "P5", "L1", "100");
    work_add_payment(&work, "P6", "L1", "1");
    assert_true(document_set(&work.items[5].document, FIELD_FISCAL_YEAR, bytes_text("2025")));
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    assert_int_equal(work.items[0].refusal.reason, REASON_UNKNOWN);
    assert_int_equal(work.items[1].refusal.reason, REASON_EXCEEDS);
    assert_int_equal(work.items[2].refusal.reason, REASON_NONE);
    assert_int_equal(work.items[3].refusal.reason, REASON_EXCEEDS);
    assert_string_equal(work.items[3].refusal.detail, "asked_and_free\x1f"
                                                      "asked=200.00\x1f"
                                                      "free=100.00");
    assert_int_equal(work.items[4].refusal.reason, REASON_NONE);
    assert_int_equal(work.items[5].refusal.reason, REASON_YEAR_DIFFERS);
    office_submit(office, &work); /* handed in twice, the answer is the same */
    assert_int_equal(work.items[3].refusal.reason, REASON_EXCEEDS);
    assert_int_equal(work.items[4].refusal.reason, REASON_NONE);
    office_close(office);
}

static void what_is_said_follows_what_happens(void **state)
{
    struct office *office = open_with_money();

    (void)state;
    assert_int_equal(drafted_as(office, "P1", "250"), REASON_NONE);
    assert_int_equal(drafted_as(office, "P2", "60"), REASON_EXCEEDS);
    assert_int_equal(act(office, REJECT, "P1", &office->wang), REASON_NONE);
    assert_int_equal(drafted_as(office, "P3", "60"), REASON_NONE);
    assert_int_equal(approved_as(office, "P3"), REASON_NONE);
    assert_int_equal(drafted_as(office, "P4", "181"), REASON_EXCEEDS); /* P2 fits now */
    assert_int_equal(act(office, WITHDRAW, "P2", &office->li), REASON_NONE);
    assert_int_equal(drafted_as(office, "P5", "59"), REASON_NONE);
    office_reopen(office);
    assert_int_equal(drafted_as(office, "P6", "1"), REASON_EXCEEDS);
    office_close(office);
}

/* --- what is kept agrees with what is built anew --- */

enum { CHANCE_ROUNDS = 400, CHANCE_IDS = 40 };

struct comparison {
    struct task call;
    bool done, looked;
};

static void compare_verdicts(struct task *call, struct node *node, struct txn *txn)
{
    struct drafted *drafted = &node->drafted, anew = {.count = 0};

    drafted_refresh(drafted);
    if (!drafted_is_current(drafted)) {
        return;
    }
    ((struct comparison *)call)->looked = true;
    (void)drafted_begin(&anew, node, txn);
    drafted_end(&anew);
    for (size_t i = 0; i < anew.count; i++) {
        const struct drafted_verdict *want = &anew.verdicts[i];
        const struct drafted_verdict *have = drafted_find(drafted, want->sequence);

        assert_non_null(have);
        assert_int_equal(have->fits, want->fits);
        assert_int_equal(have->refusal == NULL ? REASON_NONE : have->refusal->reason,
                         want->refusal == NULL ? REASON_NONE : want->refusal->reason);
    }
    drafted_forget(&anew);
}

static void compared(struct task *call, enum status outcome)
{
    assert_int_equal(outcome, OK);
    ((struct comparison *)call)->done = true;
}

/* True when there was something to compare. */
static bool want_as_built_anew(struct office *office)
{
    struct comparison comparison = {
        .call = {.run = compare_verdicts, .done = compared, .read_only = true}};
    struct err err;
    bool busy;

    node_post(office->node, &comparison.call);
    assert_int_equal(node_step(office->node, &busy, &err), OK);
    assert_true(comparison.done);
    return comparison.looked;
}

static unsigned draw(unsigned *chance, unsigned below)
{
    *chance = *chance * 1103515245u + 12345u;
    return (*chance >> 16) % below;
}

struct words { /* of one document, which points into them */
    char id[8], line[8], payment[8], amount[8];
};

/* A document of some kind about some line, payment or source, which may not be there. */
static void add_by_chance(struct work *work, struct words *words, unsigned *chance)
{
    static const char letters[] = "LRTDCPPP";
    const char letter = letters[draw(chance, sizeof letters - 1)];

    (void)snprintf(words->id, sizeof words->id, "%c%u", letter, draw(chance, CHANCE_IDS / 4));
    (void)snprintf(words->line, sizeof words->line, "L%u", draw(chance, 5));
    (void)snprintf(words->payment, sizeof words->payment, "P%u", draw(chance, CHANCE_IDS / 4));
    (void)snprintf(words->amount, sizeof words->amount, "%u", draw(chance, 90) + 1);
    switch (letter) {
    case 'L':
        work_add_allocate(work, words->id, "B1", words->amount);
        break;
    case 'R':
        WORK_ADD(work, KIND_RELEASE, words->id, {FIELD_BGT_ID, words->line},
                 {FIELD_COR_BGT_DOC_NO, "1"});
        break;
    case 'T':
        work_add_transfer(work, words->id, "B1", words->amount);
        break;
    case 'D':
        WORK_ADD(work, KIND_REDUCE, words->id, {FIELD_BGT_ID, words->line},
                 {FIELD_AMOUNT, words->amount});
        break;
    case 'C':
        WORK_ADD(work, KIND_PAYMENT_CANCEL, words->id, {FIELD_PAY_APP_ID, words->payment},
                 {FIELD_REASON, "x"});
        break;
    default:
        work_add_payment(work, words->id, words->line, words->amount);
        break;
    }
}

static void act_by_chance(struct office *office, unsigned *chance)
{
    static const char letters[] = "PPPLRTDC";
    struct work work = {.correct = draw(chance, 2) == 0};
    const unsigned what = draw(chance, 5);
    struct words words[6];
    char id[8];

    (void)snprintf(id, sizeof id, "%c%u", letters[draw(chance, sizeof letters - 1)],
                   draw(chance, CHANCE_IDS / 4));
    if (what == 0) {
        (void)approved_as(office, id);
    } else if (what == 1) {
        (void)act(office, REJECT, id, &office->wang);
    } else if (what == 2) {
        (void)act(office, WITHDRAW, id, &office->li);
    } else {
        for (unsigned i = draw(chance, COUNT_OF(words)) + 1; i > 0; i--) {
            add_by_chance(&work, &words[work.count], chance);
        }
        office_submit(office, &work);
    }
}

/* With every kind approved, and with two that are not: their entries come between drafts. */
static void by_chance_what_is_kept_is_what_is_built_anew(void **state)
{
    static const char *const policies[] = {"required", "payment,transfer,reduce,payment_cancel"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        struct office *office;
        struct policy policy;
        struct bytes bad;
        unsigned chance = 7 + (unsigned)i, looked = 0;

        assert_true(policy_parse(&policy, policies[i], &bad));
        office = open_with_money_under(policy);
        for (int round = 0; round < CHANCE_ROUNDS; round++) {
            act_by_chance(office, &chance);
            looked += want_as_built_anew(office) ? 1 : 0;
        }
        assert_in_range(looked, CHANCE_ROUNDS / 6, CHANCE_ROUNDS);
        office_close(office);
    }
}

/* --- nothing typed is lost --- */

static void what_approval_refuses_is_kept_for_its_maker(void **state)
{
    struct office *office = open_with_money();
    struct set_aside aside;

    (void)state;
    assert_int_equal(drafted_as(office, "P1", "301"), REASON_EXCEEDS);
    assert_int_equal(approved_as(office, "P1"), REASON_EXCEEDS);
    office_reopen(office);
    assert_true(find_aside(office, "P1", &aside));
    assert_int_equal(aside.refusal.reason, REASON_EXCEEDS);
    assert_string_equal(aside.refusal.detail, "asked_and_free\x1f"
                                              "asked=301.00\x1f"
                                              "free=300.00");
    assert_string_equal(aside.maker, "li");
    assert_string_equal(aside.checker, "wang");
    assert_true(aside.unix_ms > 0);
    assert_int_equal(approved_as(office, "P1"), REASON_NOT_PENDING);

    assert_int_equal(drafted_as(office, "P1", "301"), REASON_EXCEEDS); /* handed in as it was */
    assert_int_equal(approved_as(office, "P1"), REASON_EXCEEDS);
    assert_int_equal(drafted_as(office, "P1", "300"), REASON_NONE); /* corrected */
    assert_false(find_aside(office, "P1", &aside));
    assert_int_equal(approved_as(office, "P1"), REASON_NONE);
    office_close(office);
}

static void a_draft_that_would_be_refused_is_corrected_under_its_id(void **state)
{
    struct office *office = open_with_money();
    struct work work = {.count = 0}, again = {.action = APPROVE, .count = 1};
    struct txn *txn = txn_open(&office->store, NULL);
    struct draft draft;

    (void)state;
    assert_int_equal(drafted_as(office, "P1", "301"), REASON_EXCEEDS);
    assert_true(draft_find(office->node, txn, bytes_text("P1"), &draft));
    again.approvals[0] = (struct approve_item){
        .id = "P1",
        .has_hash = true,
        .hash = merkle_approval_leaf(draft.kind, DOCUMENT_FORMAT, draft.body)};
    txn_free(txn);
    work_add_payment(&work, "P1", "L1", "30");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    assert_true(work.items[0].corrected);
    again.person = &office->wang;
    office_turn(office, &again); /* what he read is not what it says now */
    assert_int_equal(again.approvals[0].refusal.reason, REASON_CHANGED);
    assert_int_equal(approved_as(office, "P1"), REASON_NONE);
    office_close(office);
}

static void a_sound_draft_is_replaced_on_its_makers_word_alone(void **state)
{
    struct office *office = open_with_money();
    struct work work = {.count = 0}, twice = {.correct = true};

    (void)state;
    assert_int_equal(drafted_as(office, "P1", "30"), REASON_NONE);
    work_add_payment(&work, "P1", "L1", "31");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_REFUSED);
    assert_int_equal(work.items[0].refusal.reason, REASON_EXISTS_DIFFERENT);
    work.correct = true;
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    work_add_payment(&twice, "P2", "L1", "1");
    work_add_payment(&twice, "P2", "L1", "2"); /* a slip: both were meant */
    office_submit(office, &twice);
    assert_int_equal(twice.items[0].status, SUBMIT_DRAFT);
    assert_int_equal(twice.items[1].refusal.reason, REASON_EXISTS_DIFFERENT);
    office_close(office);
}

static void an_id_is_its_makers_until_he_withdraws_it(void **state)
{
    struct office *office = open_with_money();
    struct person zhao = office->li;
    struct work work = {.action = ADD_PERSON};
    struct set_aside aside;

    (void)state;
    (void)snprintf(zhao.name, sizeof zhao.name, "zhao");
    for (const struct person *person = &office->li; person != NULL;
         person = person == &office->li ? &zhao : NULL) {
        work.person = person;
        office_turn(office, &work);
    }
    assert_int_equal(drafted_as(office, "P1", "301"), REASON_EXCEEDS);
    assert_int_equal(act(office, WITHDRAW, "P1", &zhao), REASON_ANOTHERS);
    assert_int_equal(approved_as(office, "P1"), REASON_EXCEEDS);
    assert_int_equal(act(office, WITHDRAW, "P1", &zhao), REASON_ANOTHERS);
    work = (struct work){.action = SUBMIT, .person = &zhao};
    work_add_payment(&work, "P1", "L1", "5");
    office_turn(office, &work);
    assert_int_equal(work.items[0].refusal.reason, REASON_ANOTHERS);
    assert_true(find_aside(office, "P1", &aside));
    assert_int_equal(act(office, WITHDRAW, "P1", &office->li), REASON_NONE);
    assert_int_equal(act(office, WITHDRAW, "P1", &office->li), REASON_NOT_PENDING);
    office_turn(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    office_close(office);
}

/* --- a batch is signed as it was shown --- */

enum { BATCH = 3 };

struct slice {
    struct task call;
    struct signed_batch *batch;
    size_t first, count;
    struct approve_item *items;
    const struct person *checker;
    bool done;
};

static void run_slice(struct task *call, struct node *node, struct txn *txn)
{
    struct slice *slice = (struct slice *)call;

    node_approve_slice(node, txn, slice->batch, slice->first, &slice->items[slice->first],
                       slice->count, slice->checker);
}

static void slice_done(struct task *call, enum status outcome)
{
    assert_int_equal(outcome, OK);
    ((struct slice *)call)->done = true;
}

static void approve_slice(struct office *office, struct signed_batch *batch,
                          struct approve_item *items, size_t first, size_t count)
{
    struct slice slice = {.call = {.run = run_slice, .done = slice_done},
                          .batch = batch,
                          .first = first,
                          .count = count,
                          .items = items,
                          .checker = &office->wang};
    struct err err;
    bool busy;

    node_post(office->node, &slice.call);
    for (int i = 0; i < 8 && !slice.done; i++) {
        assert_int_equal(node_step(office->node, &busy, &err), OK);
    }
    assert_true(slice.done);
}

/* Three drafts as a checker is shown them. */
static void show(struct office *office, struct approve_item *items, struct hash *leaves)
{
    struct work work = {.count = 0};
    struct txn *txn;

    work_add_payment(&work, "P0", "L1", "10");
    work_add_payment(&work, "P1", "L1", "20");
    work_add_payment(&work, "P2", "L1", "30");
    office_submit(office, &work);
    txn = txn_open(&office->store, NULL);
    for (size_t i = 0; i < BATCH; i++) {
        struct draft draft;

        items[i] = (struct approve_item){.has_hash = true};
        (void)snprintf(items[i].id, sizeof items[i].id, "P%zu", i);
        assert_true(draft_find(office->node, txn, bytes_text(items[i].id), &draft));
        leaves[i] = merkle_approval_leaf(draft.kind, DOCUMENT_FORMAT, draft.body);
        items[i].hash = leaves[i];
    }
    txn_free(txn);
}

static void slices_of_a_batch_carry_one_signature_over_all_that_was_shown(void **state)
{
    struct office *office = open_with_money();
    struct approve_item items[BATCH];
    struct hash leaves[BATCH], signed_hash;
    struct signed_batch batch = {.leaves = leaves, .count = BATCH};
    struct work work = {.correct = true};
    struct signature signature;

    (void)state;
    show(office, items, leaves);
    approve_slice(office, &batch, items, 0, 1);
    assert_int_equal(items[0].status, SUBMIT_ACCEPTED);
    signed_hash = approval_hash(&batch.terms);
    assert_true(signature_ok(&office->wang.key, &signed_hash, &batch.signature));
    assert_true(hash_equal(&batch.terms.root, &(struct hash[]){merkle_root(leaves, BATCH)}[0]));
    signature = batch.signature;

    work_add_payment(&work, "P1", "L1", "21"); /* between two slices */
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    office->hand.now_ms += 1000;
    approve_slice(office, &batch, items, 1, 2);
    assert_int_equal(items[1].refusal.reason, REASON_CHANGED);
    assert_int_equal(items[2].status, SUBMIT_ACCEPTED);
    assert_memory_equal(&batch.signature, &signature, sizeof signature);
    office_close(office);
}

static void what_was_signed_in_an_epoch_that_is_over_enters_nothing(void **state)
{
    struct office *office = open_with_money();
    struct approve_item items[BATCH];
    struct hash leaves[BATCH];
    struct signed_batch batch = {.leaves = leaves, .count = BATCH};
    struct work again = {.count = 0};

    (void)state;
    show(office, items, leaves);
    approve_slice(office, &batch, items, 0, 1);
    office_renew(office);
    work_add_payment(&again, "P1", "L1", "20");
    work_add_payment(&again, "P2", "L1", "30");
    office_submit(office, &again); /* their maker signs them anew, and so must their checker */
    work_want_all(&again, SUBMIT_DRAFT);
    approve_slice(office, &batch, items, 1, 2);
    assert_int_equal(items[1].refusal.reason, REASON_SIGNATURE_OUTDATED);
    assert_int_equal(items[2].refusal.reason, REASON_SIGNATURE_OUTDATED);
    approve_all(office, (const char *const[]){"P1", "P2"}, 2);
    office_close(office);
}

/* --- a person on every document --- */

struct signatures {
    size_t maker, checker;
};

static struct signatures signatures_of(const struct office *office, const char *id)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct block_body body = BLOCK_BODY_EMPTY;
    struct signatures found = {0, 0};
    struct document_row row;
    struct entry entry;
    struct err err;
    size_t index = 0;

    assert_true(query_document(txn, division_of("540000"), bytes_text(id), &row));
    assert_int_equal(log_read_entry(&office->store, NULL, row.author, row.lsn, &body, &entry, &err),
                     OK);
    while (body.entries[index].lsn != row.lsn) {
        index++;
    }
    for (size_t i = 0; i < body.group_count; i++) {
        const struct approval_group *group = &body.groups[i];

        if (index >= group->first_entry && index - group->first_entry < group->count) {
            found.maker += group->role == ROLE_MAKER ? 1 : 0;
            found.checker += group->role == ROLE_CHECKER ? 1 : 0;
        }
    }
    block_body_free(&body);
    txn_free(txn);
    return found;
}

/* Each line builds on the one before it, and the third is refused. */
static void add_lines(struct work *work)
{
    work_add_agency(work);
    work_add_budget(work, "B1", "1000");
    work_add_allocate(work, "L0", "B1", "1001");
    work_add_allocate(work, "L1", "B1", "300");
    WORK_ADD(work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
}

static void what_needs_no_checker_carries_its_maker(void **state)
{
    static const char *const ids[] = {"A1", "B1", "L1", "R1"};

    (void)state;
    for (int named = 0; named < 2; named++) {
        struct office *office = office_open(false);
        struct work work = {.action = SUBMIT, .person = named == 1 ? &office->li : NULL};

        add_lines(&work);
        office_turn(office, &work);
        assert_int_equal(work.items[2].refusal.reason, REASON_EXCEEDS);
        for (size_t i = 0; i < COUNT_OF(ids); i++) {
            const struct signatures found = signatures_of(office, ids[i]);

            assert_int_equal(found.maker, named);
            assert_int_equal(found.checker, 0);
        }
        office_close(office);
    }
}

static void a_node_that_has_makers_takes_nothing_unsigned(void **state)
{
    struct office *office = office_open(false);
    struct work add = {.action = ADD_PERSON, .person = &office->li}, work = {.action = SUBMIT};

    (void)state;
    office_turn(office, &add);
    work_add_budget(&work, "B1", "100000000000");
    office_turn(office, &work);
    assert_int_equal(work.items[0].refusal.reason, REASON_NEEDS_MAKER);
    work.person = &office->li;
    office_turn(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
    office_close(office);
}

static void no_more_drafts_wait_than_may(void **state)
{
    struct office *office = office_open(true);
    struct work first = {.count = 0}, second = {.count = 0};

    (void)state;
    work_add_agency(&first);
    office_submit(office, &first);
    work_want_all(&first, SUBMIT_DRAFT);
    for (uint32_t i = 1; i < DRAFTS_MAX; i++) {
        draft_ids_add(&office->node->draft_ids, bytes_of(&i, sizeof i), DRAFT_PLACE_ASIDE);
    }
    work_add_budget(&second, "B1", "1000");
    office_submit(office, &second);
    work_want_all(&second, SUBMIT_REFUSED);
    assert_int_equal(second.items[0].refusal.reason, REASON_DRAFTS_FULL);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_is_told_what_approval_would_say),
        cmocka_unit_test(what_is_said_follows_what_happens),
        cmocka_unit_test(by_chance_what_is_kept_is_what_is_built_anew),
        cmocka_unit_test(what_approval_refuses_is_kept_for_its_maker),
        cmocka_unit_test(a_draft_that_would_be_refused_is_corrected_under_its_id),
        cmocka_unit_test(a_sound_draft_is_replaced_on_its_makers_word_alone),
        cmocka_unit_test(an_id_is_its_makers_until_he_withdraws_it),
        cmocka_unit_test(slices_of_a_batch_carry_one_signature_over_all_that_was_shown),
        cmocka_unit_test(what_was_signed_in_an_epoch_that_is_over_enters_nothing),
        cmocka_unit_test(what_needs_no_checker_carries_its_maker),
        cmocka_unit_test(a_node_that_has_makers_takes_nothing_unsigned),
        cmocka_unit_test(no_more_drafts_wait_than_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
