/* Drafts and approvals on a real root node over a store in memory, turn by turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/ledger/query.h"
#include "node/node.h"
#include "node/store/store_memory.h"
#include "node/system_clock.h"
#include "replicator/log.h"
#include "replicator/merkle.h"
#include "replicator/replicator.h"

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

enum { DOCUMENTS_MAX = 16 };

struct office {
    struct store store;
    struct sign_key key, child_key, li_key, wang_key;
    struct person li, wang;
    struct hash tree;
    struct node *node;
};

enum action { GRANT, SUBMIT, APPROVE, REJECT };
struct work {
    struct call call;
    struct office *office;
    enum action action;
    const struct person *person;
    bool atomic, done;
    size_t count;
    struct submit_item items[DOCUMENTS_MAX];
    struct approve_item approvals[DOCUMENTS_MAX];
    const char *why;
};

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
                          .sign_key = office->child_key.public,
                          .curve_key = {2}};
    struct err err;

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

static void turn(struct office *office, struct work *work)
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

/* `own` is the node's policy, `parents` what its grant carries. */
static struct office *open_office_under(struct policy own, struct policy parents)
{
    struct office *office = mem_zalloc(sizeof *office);
    struct sign_key trust;
    struct grant grant = {.division = division_of("540000"),
                          .name = "西藏自治区",
                          .epoch = 1,
                          .policy = parents.kinds};
    struct node_config config = {
        .self = division_of("540000"), .key = &office->key, .approval = own};
    const struct transport transport = {NULL, &no_transport};
    const struct clock clock = system_clock();
    struct work work = {.action = GRANT};
    struct buf sealed = BUF_EMPTY;
    struct bytes bootstrap;
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    store_memory_open(&office->store);
    sign_key_generate(&trust);
    sign_key_generate(&office->key);
    sign_key_generate(&office->child_key);
    office->li = person_of("li", &office->li_key);
    office->wang = person_of("wang", &office->wang_key);
    grant.sign_key = office->key.public;
    grant_seal(&sealed, &grant, &trust);
    bootstrap = buf_bytes(&sealed);
    config.tree = office->tree = key_fingerprint(&trust.public);
    if (node_open(&office->node, &config, &office->store, &transport, &clock, &bootstrap, 1,
                  &err) != OK) {
        fail_msg("%s", err.text);
    }
    buf_free(&sealed);
    turn(office, &work);
    return office;
}

static struct office *open_office(bool approval_required)
{
    return open_office_under(approval_required ? POLICY_REQUIRED : POLICY_NONE, POLICY_NONE);
}

static void close_office(struct office *office)
{
    node_close(office->node);
    office->store.ops->close(office->store.self);
    mem_free(office);
}

/* --- documents --- */

struct typed {
    enum field field;
    const char *text;
};

static void add(struct work *work, uint32_t kind, const char *id, const struct typed *typed)
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
#define ADD(work, kind, id, ...) add(work, kind, id, (const struct typed[]){__VA_ARGS__, {0, NULL}})

static void add_agency(struct work *work)
{
    ADD(work, KIND_AGENCY, "A1", {FIELD_AGENCY_CODE, "105"}, {FIELD_AGENCY_NAME, "教育厅"});
}

static void add_budget(struct work *work, const char *id, const char *amount)
{
    ADD(work, KIND_BUDGET, id, {FIELD_STAGE, "reply"}, {FIELD_FUND_TYPE_CODE, "111"},
        {FIELD_AMOUNT, amount}, {FIELD_APPROVAL_REF, "1"});
}

static void add_allocate(struct work *work, const char *id, const char *origin, const char *amount)
{
    ADD(work, KIND_ALLOCATE, id, {FIELD_ORI_BGT_ID, origin}, {FIELD_AGENCY_CODE, "105"},
        {FIELD_AMOUNT, amount});
}

static void add_transfer(struct work *work, const char *id, const char *origin, const char *amount)
{
    ADD(work, KIND_TRANSFER, id, {FIELD_ORI_BGT_ID, origin}, {FIELD_REC_DIV_CODE, "540100"},
        {FIELD_COR_BGT_DOC_NO, "7"}, {FIELD_TRA_TYPE_CODE, "general"}, {FIELD_STAGE, "formal"},
        {FIELD_AMOUNT, amount});
}

static void add_payment(struct work *work, const char *id, const char *line, const char *amount)
{
    ADD(work, KIND_PAYMENT, id, {FIELD_BGT_ID, line}, {FIELD_PAY_APP_AMT, amount},
        {FIELD_PAYEE_ACCT_NAME, "甲"}, {FIELD_PAYEE_ACCT_NO, "1"},
        {FIELD_PAYEE_ACCT_BANK_NAME, "行"}, {FIELD_USE_DES, "x"});
}

static const char *const chain_ids[] = {"A1", "B1", "L1", "T1", "R1", "P1", "C1"};

/* Each but the first two says of its money only where it comes from. */
static void add_chain(struct work *work)
{
    add_agency(work);
    add_budget(work, "B1", "1000");
    add_allocate(work, "L1", "B1", "300");
    add_transfer(work, "T1", "B1", "500");
    ADD(work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    add_payment(work, "P1", "L1", "40");
    ADD(work, KIND_PAYMENT_CANCEL, "C1", {FIELD_PAY_APP_ID, "P1"}, {FIELD_REASON, "x"});
}

static void submit(struct office *office, struct work *work)
{
    work->action = SUBMIT;
    work->person = &office->li;
    turn(office, work);
}

static void want_all(const struct work *work, enum submit_status status)
{
    for (size_t i = 0; i < work->count; i++) {
        const struct submit_item *item = &work->items[i];
        if (item->status != status) {
            fail_msg("document %zu: status %d, reason %d %s", i, (int)item->status,
                     (int)item->refusal.reason, item->refusal.what);
        }
    }
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
    turn(office, work);
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
static void check_group(struct walk *walk, const struct block_body *body,
                        const struct approval_group *group)
{
    static struct hash run[BLOCK_ENTRIES_MAX];
    const size_t who = group->role == ROLE_MAKER ? 0 : 1;
    const struct person *person = who == 0 ? &walk->office->li : &walk->office->wang;
    struct hash root, signed_hash, proof[GROUP_PROOF_MAX];

    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &body->entries[group->first_entry + i];
        run[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    memcpy(proof, group->proof, group->proof_count * sizeof *proof);
    assert_memory_equal(&group->key, &person->key, sizeof person->key);
    assert_true(merkle_root_from(&root, run, group->count, group->first_leaf, group->leaf_count,
                                 proof, group->proof_count));
    signed_hash = approval_hash(&walk->office->tree, division_of("540000"), group->role, &root);
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
        check_group(walk, &body, &body.groups[i]);
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
        struct office *office = open_office(true);
        struct work work = {.atomic = atomic == 1};

        add_chain(&work);
        submit(office, &work);
        want_all(&work, SUBMIT_DRAFT);
        assert_int_equal(pending(office), COUNT_OF(chain_ids));
        approve_all(office, chain_ids, COUNT_OF(chain_ids));
        want_whole_chain(office);
        close_office(office);
    }
}

static void a_chain_may_come_in_many_posts(void **state)
{
    struct office *office = open_office(true);
    struct work whole = {.count = 0};

    (void)state;
    add_chain(&whole);
    for (size_t i = 0; i < whole.count; i++) {
        struct work work = {.count = 1, .items = {whole.items[i]}};
        submit(office, &work);
        want_all(&work, SUBMIT_DRAFT);
    }
    approve_all(office, chain_ids, COUNT_OF(chain_ids));
    want_whole_chain(office);
    close_office(office);
}

static void a_draft_builds_on_an_entry_and_passes_over_bad_drafts(void **state)
{
    static const char *const first[] = {"B1"}, *const then[] = {"A1", "T1", "L2", "L4"};
    struct office *office = open_office(true);
    struct work work = {.count = 0}, more = {.count = 0};

    (void)state;
    add_budget(&work, "B1", "100");
    submit(office, &work);
    approve_all(office, first, COUNT_OF(first));
    add_agency(&more);
    add_allocate(&more, "L1", "B1", "5000");    /* too much */
    add_allocate(&more, "L2", "B1", "10");      /* there is room for this one */
    add_allocate(&more, "L3", "nothing", "10"); /* no such money */
    add_transfer(&more, "T1", "B1", "20");
    add_allocate(&more, "L4", "B1", "30");
    submit(office, &more);
    want_all(&more, SUBMIT_DRAFT);
    approve_all(office, then, COUNT_OF(then));
    want_field(office, "T1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "L4", FIELD_FUND_TYPE_CODE, "111");
    assert_int_equal(pending(office), 2);
    close_office(office);
}

static void the_same_draft_twice_is_one_and_another_under_its_id_is_refused(void **state)
{
    struct office *office = open_office(true);
    struct work work = {.count = 0};

    (void)state;
    add_agency(&work);
    add_budget(&work, "B1", "1000");
    add_allocate(&work, "L1", "B1", "300");
    add_allocate(&work, "L1", "B1", "300");
    add_allocate(&work, "L1", "B1", "301");
    submit(office, &work);
    assert_int_equal(work.items[3].status, SUBMIT_DRAFT);
    assert_int_equal(work.items[4].status, SUBMIT_REFUSED);
    assert_int_equal(work.items[4].refusal.reason, REASON_EXISTS_DIFFERENT);
    assert_int_equal(pending(office), 3);
    approve_all(office, (const char *const[]){"A1", "B1", "L1"}, 3);
    work.count = 4;
    submit(office, &work);
    want_all(&work, SUBMIT_EXISTS);
    assert_int_equal(pending(office), 0);
    close_office(office);
}

static void nobody_checks_what_he_made(void **state)
{
    struct office *office = open_office(true);
    struct work work = {.count = 0}, approval;

    (void)state;
    add_chain(&work);
    submit(office, &work);
    approve(office, &office->li, &approval, chain_ids, COUNT_OF(chain_ids));
    for (size_t i = 0; i < COUNT_OF(chain_ids); i++) {
        want_approval(&approval, chain_ids[i], SUBMIT_REFUSED, REASON_SAME_PERSON);
    }
    assert_int_equal(pending(office), COUNT_OF(chain_ids));
    assert_int_equal(check_log(office, 1).documents, 0);
    approve_all(office, chain_ids, COUNT_OF(chain_ids));
    close_office(office);
}

/* The third asks for one yuan more than the first two left; without it there is room for all. */
static void a_refusal_in_the_middle_leaves_two_proven_runs_and_a_free_id(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4", "L5"};
    struct office *office = open_office(true);
    struct work work = {.count = 0}, lines = {.count = 0}, again = {.count = 0}, approval;
    struct walk walk;
    uint64_t from_lsn;

    (void)state;
    add_agency(&work);
    add_budget(&work, "B1", "1000");
    submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    from_lsn = replicator_next_lsn(node_replicator(office->node));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        add_allocate(&lines, ids[i], "B1", i == 2 ? "901" : "50");
    }
    submit(office, &lines);
    want_all(&lines, SUBMIT_DRAFT);
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
    add_allocate(&again, "L3", "B1", "60");
    submit(office, &again);
    want_all(&again, SUBMIT_DRAFT);
    approve_all(office, &ids[2], 1);
    (void)check_log(office, 1);
    close_office(office);
}

static void a_rejected_draft_says_why_and_frees_its_id(void **state)
{
    static const char *const ids[] = {"B1"};
    struct office *office = open_office(true);
    struct work work = {.count = 0}, reject = {.action = REJECT, .count = 1}, approval;
    struct rejection rejection;
    struct txn *txn;

    (void)state;
    add_budget(&work, "B1", "1000");
    submit(office, &work);
    (void)snprintf(reject.approvals[0].id, sizeof reject.approvals[0].id, "B1");
    reject.why = "文号不对";
    reject.person = &office->wang;
    turn(office, &reject);
    want_approval(&reject, "B1", SUBMIT_ACCEPTED, REASON_NONE);
    txn = txn_open(&office->store, NULL);
    assert_true(node_rejection(txn, "B1", &rejection));
    assert_false(node_rejection(txn, "B2", &rejection));
    txn_free(txn);
    assert_string_equal(rejection.checker, "wang");
    assert_string_equal(rejection.why, "文号不对");
    assert_int_equal(pending(office), 0);
    approve(office, &office->wang, &approval, ids, 1);
    want_approval(&approval, "B1", SUBMIT_REFUSED, REASON_NOT_PENDING);
    turn(office, &reject);
    want_approval(&reject, "B1", SUBMIT_REFUSED, REASON_NOT_PENDING);

    work.count = 0;
    add_budget(&work, "B1", "999");
    submit(office, &work);
    want_all(&work, SUBMIT_DRAFT);
    approve_all(office, ids, 1);
    close_office(office);
}

static struct ledger_position position_of(const struct office *office)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct ledger_position position;

    ledger_position(txn, division_of("540000"), &position);
    txn_free(txn);
    return position;
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
    office = open_office_under(own, parents);
    add_budget(&budget, "B1", "10");
    submit(office, &budget);
    want_all(&budget, SUBMIT_DRAFT);
    add_agency(&chain);
    submit(office, &chain);
    want_all(&chain, SUBMIT_ACCEPTED);
    chain.count = 0;
    add_allocate(&chain, "L1", "B1", "4");
    submit(office, &chain);
    want_all(&chain, SUBMIT_DRAFT);
    approve_all(office, ids, 2);
    ADD(&release, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    submit(office, &release);
    want_all(&release, SUBMIT_ACCEPTED);
    close_office(office);
}

static void an_atomic_post_with_one_bad_line_enters_nothing(void **state)
{
    (void)state;
    for (int approval_required = 0; approval_required < 2; approval_required++) {
        struct office *office = open_office(approval_required == 1);
        struct work before = {.count = 0}, work = {.atomic = true}, fresh = {.count = 0};
        struct ledger_position first, second;

        add_budget(&before, "B0", "5");
        submit(office, &before);
        first = position_of(office);
        add_chain(&work);
        ADD(&work, KIND_BUDGET, "B2", {FIELD_STAGE, "reply"}); /* how much? */
        submit(office, &work);
        want_all(&work, SUBMIT_REFUSED);
        assert_int_equal(work.items[0].refusal.reason, REASON_NOT_ALL);
        assert_int_equal(work.items[work.count - 1].refusal.reason, REASON_MISSING);
        second = position_of(office);
        assert_int_equal(first.lsn, second.lsn);
        assert_int_equal(first.digest_lsn, second.digest_lsn);
        assert_memory_equal(&first.digest, &second.digest, sizeof first.digest);
        assert_int_equal(pending(office), approval_required);

        add_chain(&fresh); /* nothing of it was kept */
        submit(office, &fresh);
        want_all(&fresh, approval_required == 1 ? SUBMIT_DRAFT : SUBMIT_ACCEPTED);
        close_office(office);
    }
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
        cmocka_unit_test(a_rejected_draft_says_why_and_frees_its_id),
        cmocka_unit_test(the_policy_says_which_kinds_need_two_persons),
        cmocka_unit_test(an_atomic_post_with_one_bad_line_enters_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
