#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "node/system_clock.h"
#include "replicator/replicator.h"
#include "tests/unit/node/office.h"

/* --- a node with one division below, linked to nobody --- */

static bool send_nowhere(void *self, struct division to, struct bytes frame)
{
    (void)self;
    (void)to;
    (void)frame;
    return false;
}

static bool receive_nothing(void *self, struct division *from, struct buf *frame)
{
    (void)self;
    (void)from;
    (void)frame;
    return false;
}

static void close_nothing(void *self)
{
    (void)self;
}

static const struct transport_ops no_transport = {send_nowhere, receive_nothing, close_nothing};

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

    grant_certify(&grant, &office->tree, &office->child_key);
    if (replicator_grant(replicator_in(node), txn, &grant, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void run_work(struct call *call, struct node *node, struct txn *txn)
{
    struct work *work = (struct work *)call;

    switch (work->action) {
    case GRANT:
        grant_child(work->office, node, txn);
        break;
    case SUBMIT:
        node_submit(node, txn, work->items, work->count, work->atomic, work->person);
        break;
    case APPROVE:
        node_approve(node, txn, work->approvals, work->count, work->person);
        break;
    case REJECT:
        node_reject(node, txn, &work->approvals[0], work->why, work->person);
        break;
    }
}

static void work_done(struct call *call, enum status outcome)
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
    work->call = (struct call){.run = run_work, .done = work_done};
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
    const struct transport transport = {NULL, &no_transport};
    const struct clock clock = system_clock();
    struct err err;

    if (node_open(&office->node, &office->config, &office->store, &transport, &clock, bootstrap,
                  count, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void open_node(struct office *office)
{
    const struct bytes bootstrap = buf_bytes(&office->bootstrap);

    open_with(office, &bootstrap, 1);
}

void office_open_child(struct office *child, const struct office *region)
{
    const struct member *member = roster_find(node_roster(region->node), division_of("540100"));
    struct buf sealed = BUF_EMPTY;

    grant_seal(&sealed, &member->grant, &region->key);
    child->config = (struct node_config){.self = division_of("540100"),
                                         .key = &region->child_key,
                                         .tree = region->tree,
                                         .approval = POLICY_NONE};
    open_with(child, (struct bytes[]){buf_bytes(&region->bootstrap), buf_bytes(&sealed)}, 2);
    buf_free(&sealed);
}

struct office *office_open_under(struct policy own, struct policy parents)
{
    struct office *office = mem_zalloc(sizeof *office);
    struct sign_key trust;
    struct grant grant = {.division = division_of("540000"),
                          .name = "西藏自治区",
                          .epoch = 1,
                          .policy = parents.kinds};
    struct work work = {.action = GRANT};
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    store_memory_open(&office->store);
    sign_key_generate(&trust);
    sign_key_generate(&office->key);
    sign_key_generate(&office->child_key);
    office->li = person_of("li", &office->li_key);
    office->wang = person_of("wang", &office->wang_key);
    office->tree = key_fingerprint(&trust.public);
    grant_certify(&grant, &office->tree, &office->key);
    grant_seal(&office->bootstrap, &grant, &trust);
    office->config = (struct node_config){
        .self = division_of("540000"), .key = &office->key, .tree = office->tree, .approval = own};
    open_node(office);
    office_turn(office, &work);
    return office;
}

void office_reopen(struct office *office)
{
    node_close(office->node);
    open_node(office);
}

struct office *office_open(bool approval_required)
{
    return office_open_under(approval_required ? POLICY_REQUIRED : POLICY_NONE, POLICY_NONE);
}

void office_close(struct office *office)
{
    node_close(office->node);
    buf_free(&office->bootstrap);
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
