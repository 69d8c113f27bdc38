#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/turn.h"
#include "node/office/operators.h"
#include "node/office/set_aside.h"
#include "node/store/store_memory.h"
#include "replicator/replicator.h"
#include "tests/harness/no_transport.h"
#include "tests/unit/node/office.h"

/* What people date in the documents of these tests is past. */
#define HALF_A_YEAR_MS (UINT64_C(180) * 24 * 3600 * 1000)

/* --- a node with one division below, linked to nobody --- */

static struct replicator *replicator_in(const struct node *node)
{
    return (struct replicator *)(uintptr_t)node_replicator(node);
}

static void grant_child(struct office *office, struct node *node, struct txn *txn)
{
    struct grant grant = {.division = division_of("540100"),
                          .parent = division_of("540000"),
                          .name = "拉萨市",
                          .epoch = 1,
                          .curve_key = {2},
                          .policy = node_policy(node).kinds};
    struct err err;

    grant_certify(&grant, &office->trust.tree, &office->child_key);
    if (replicator_grant(replicator_in(node), txn, &grant, every_code(), &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void add_person(struct node *node, struct txn *txn, const struct person *person)
{
    struct operator_row row = {.roles = ROLE_MAKER, .key = person->key, .enabled = true};
    struct err err;

    memcpy(row.name, person->name, sizeof row.name);
    assert_int_equal(node_operator_add(node, txn, &row, &err), OK);
}

static void run_work(struct task *call, struct node *node, struct txn *txn)
{
    struct work *work = (struct work *)call;

    switch (work->action) {
    case GRANT:
        grant_child(work->office, node, txn);
        break;
    case SUBMIT:
        node_submit(node, txn, work->items, work->count,
                    &(struct submit_terms){
                        .maker = work->person, .atomic = work->atomic, .correct = work->correct});
        break;
    case APPROVE:
        node_approve(node, txn, work->approvals, work->count, work->person);
        break;
    case REJECT:
        node_reject(node, txn, &work->approvals[0], work->why, work->person);
        break;
    case WITHDRAW:
        node_withdraw(node, txn, &work->approvals[0], work->person);
        break;
    case ADD_PERSON:
        add_person(node, txn, work->person);
        break;
    case RUN:
        work->run(work, node, txn);
        break;
    }
}

static void work_done(struct task *call, enum status outcome)
{
    assert_int_equal(outcome, OK);
    ((struct work *)call)->done = true;
}

void office_turn(struct office *office, struct work *work)
{
    struct err err;
    bool busy;

    work->office = office;
    work->done = false;
    work->call = (struct task){.run = run_work, .done = work_done};
    node_post(office->node, &work->call);
    for (int i = 0; i < 8 && !work->done; i++) {
        if (node_step(office->node, &busy, &err) != OK) {
            fail_msg("%s", err.text);
        }
    }
    assert_true(work->done);
}

static struct person person_of(const char *name, struct sign_key *key)
{
    struct person person = {.secret = key};

    sign_key_generate(key);
    person.key = key->public;
    (void)snprintf(person.name, sizeof person.name, "%s", name);
    return person;
}

static void open_with(struct office *office, const struct bytes *bootstrap, size_t count)
{
    const struct clock clock = hand_clock_seam(&office->hand);
    struct err err;

    if (node_open(&office->node, &office->config, &office->store, &no_transport, &clock, bootstrap,
                  count, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void open_node(struct office *office)
{
    const struct bytes bootstrap[] = {buf_bytes(&office->bootstrap), buf_bytes(&office->renewed)};

    open_with(office, bootstrap, office->renewed.size == 0 ? 1 : 2);
}

void office_open_child(struct office *child, const struct office *region)
{
    const struct member *member = roster_find(node_roster(region->node), division_of("540100"));
    struct buf sealed = BUF_EMPTY;

    grant_seal(&sealed, &member->grant, every_code(), &region->key);
    child->config = (struct node_config){.self = division_of("540100"),
                                         .key = &region->child_key,
                                         .tree = region->trust.tree,
                                         .approval = POLICY_NONE};
    child->hand = region->hand;
    open_with(child, (struct bytes[]){buf_bytes(&region->bootstrap), buf_bytes(&sealed)}, 2);
    buf_free(&sealed);
}

static struct office *open_granted(struct policy own, struct policy parents,
                                   const struct grant_terms *terms)
{
    struct office *office = mem_zalloc(sizeof *office);
    struct grant grant = {.division = division_of("540000"),
                          .name = "西藏自治区",
                          .epoch = 1,
                          .policy = parents.kinds};
    struct work work = {.action = GRANT};

    office->hand = (struct hand_clock){.now_ms = NEW_YEAR_2026_MS + HALF_A_YEAR_MS, .random = 42};
    trust_generate(&office->trust);
    store_memory_open(&office->store);
    sign_key_generate(&office->key);
    sign_key_generate(&office->child_key);
    office->li = person_of("li", &office->li_key);
    office->wang = person_of("wang", &office->wang_key);
    grant_certify(&grant, &office->trust.tree, &office->key);
    grant_seal(&office->bootstrap, &grant, terms, &office->trust.key);
    office->config = (struct node_config){.self = division_of("540000"),
                                          .key = &office->key,
                                          .tree = office->trust.tree,
                                          .approval = own};
    open_node(office);
    office_turn(office, &work);
    return office;
}

struct office *office_open_under(struct policy own, struct policy parents)
{
    return open_granted(own, parents, every_code());
}

struct office *office_open_founded(const struct grant_terms *founders)
{
    struct grant_terms terms = *every_code();

    terms.founder_count = founders->founder_count;
    memcpy(terms.founders, founders->founders, sizeof terms.founders);
    return open_granted(POLICY_REQUIRED, POLICY_NONE, &terms);
}

void office_reopen(struct office *office)
{
    node_close(office->node);
    open_node(office);
}

void office_renew(struct office *office)
{
    struct grant grant = roster_root(node_roster(office->node))->grant;
    struct log_head head;

    assert_true(replicator_head(replicator_in(office->node), grant.division, true, &head));
    grant.epoch = 2;
    grant.base_lsn = head.lsn;
    grant.base_hash = head.hash;
    grant_seal(&office->renewed, &grant, every_code(), &office->trust.key);
    office_reopen(office);
}

struct office *office_open(bool approval_required)
{
    return office_open_under(approval_required ? POLICY_REQUIRED : POLICY_NONE, POLICY_NONE);
}

void office_close(struct office *office)
{
    node_close(office->node);
    buf_free(&office->bootstrap);
    buf_free(&office->renewed);
    office->store.ops->close(office->store.self);
    mem_free(office);
}

/* --- documents --- */

void work_add(struct work *work, uint32_t kind, const char *id, const struct typed *typed)
{
    struct document *document = &work->items[work->count++].document;

    assert_true(work->count <= DOCUMENTS_MAX);
    document_clear(document, kind);
    assert_true(document_set(document, FIELD_ID, bytes_text(id)));
    assert_true(document_set(document, FIELD_FISCAL_YEAR, bytes_text("2026")));
    for (; typed->text != NULL; typed++) {
        assert_true(document_set(document, typed->field, bytes_text(typed->text)));
    }
}

void work_add_agency(struct work *work)
{
    WORK_ADD(work, KIND_AGENCY, "A1", {FIELD_AGENCY_CODE, "105"}, {FIELD_AGENCY_NAME, "教育厅"});
}

void work_add_budget(struct work *work, const char *id, const char *amount)
{
    WORK_ADD(work, KIND_BUDGET, id, {FIELD_STAGE, "reply"}, {FIELD_FUND_TYPE_CODE, "111"},
             {FIELD_AMOUNT, amount}, {FIELD_APPROVAL_REF, "1"});
}

void work_add_allocate(struct work *work, const char *id, const char *origin, const char *amount)
{
    WORK_ADD(work, KIND_ALLOCATE, id, {FIELD_ORI_BGT_ID, origin}, {FIELD_AGENCY_CODE, "105"},
             {FIELD_AMOUNT, amount});
}

void work_add_transfer(struct work *work, const char *id, const char *origin, const char *amount)
{
    WORK_ADD(work, KIND_TRANSFER, id, {FIELD_ORI_BGT_ID, origin}, {FIELD_REC_DIV_CODE, "540100"},
             {FIELD_COR_BGT_DOC_NO, "7"}, {FIELD_TRA_TYPE_CODE, "general"}, {FIELD_STAGE, "formal"},
             {FIELD_AMOUNT, amount});
}

void work_add_payment(struct work *work, const char *id, const char *line, const char *amount)
{
    WORK_ADD(work, KIND_PAYMENT, id, {FIELD_BGT_ID, line}, {FIELD_PAY_APP_AMT, amount},
             {FIELD_PAYEE_ACCT_NAME, "甲"}, {FIELD_PAYEE_ACCT_NO, "1"},
             {FIELD_PAYEE_ACCT_BANK_NAME, "行"}, {FIELD_USE_DES, "x"});
}

void office_submit(struct office *office, struct work *work)
{
    work->action = SUBMIT;
    work->person = &office->li;
    office_turn(office, work);
}

void work_want_all(const struct work *work, enum submit_status status)
{
    for (size_t i = 0; i < work->count; i++) {
        const struct submit_item *item = &work->items[i];
        if (item->status != status) {
            fail_msg("document %zu: status %d, reason %d %s", i, (int)item->status,
                     (int)item->refusal.reason, item->refusal.what);
        }
    }
}

struct ledger_position office_position(const struct office *office)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct ledger_position position;

    ledger_position(txn, division_of("540000"), &position);
    txn_free(txn);
    return position;
}
