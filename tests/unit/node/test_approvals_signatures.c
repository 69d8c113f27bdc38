/* Persons' signatures: in blocks that come in, once a person becomes known, of another epoch, and
 * of a maker whose word does not hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

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
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/unit/node/approving.h"

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
        cmocka_unit_test(a_block_that_lacks_a_person_alarms),
        cmocka_unit_test(every_signature_is_verified_once),
        cmocka_unit_test(an_old_approval_is_stale),
        cmocka_unit_test(a_person_who_becomes_known_is_judged_again),
        cmocka_unit_test(an_approval_cannot_be_said_again_elsewhere),
        cmocka_unit_test(a_draft_of_a_former_epoch_is_submitted_again),
        cmocka_unit_test(a_maker_signature_that_does_not_hold_enters_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
