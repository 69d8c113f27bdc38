#include "tests/unit/node/approving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/approval_coverage.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"
#include "node/office/set_aside.h"
#include "replicator/log/sealing.h"
#include "replicator/replicator.h"
#include "replicator/trust/merkle.h"

void add_chain(struct work *work)
{
    work_add_agency(work);
    work_add_budget(work, "B1", "1000");
    work_add_allocate(work, "L1", "B1", "300");
    work_add_transfer(work, "T1", "B1", "500");
    WORK_ADD(work, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    work_add_payment(work, "P1", "L1", "40");
    WORK_ADD(work, KIND_PAYMENT_CANCEL, "C1", {FIELD_PAY_APP_ID, "P1"}, {FIELD_REASON, "x"});
}

void approve(struct office *office, const struct person *checker, struct work *work,
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

void want_approval(const struct work *work, const char *id, enum submit_status status,
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

void approve_all(struct office *office, const char *const *ids, size_t count)
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

size_t pending(const struct office *office)
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

void want_field(const struct office *office, const char *id, enum field field, const char *text)
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

struct walk check_log(const struct office *office, uint64_t from_lsn)
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

void reject(struct office *office, const char *id)
{
    struct work work = {.action = REJECT, .count = 1, .why = "x", .person = &office->wang};

    (void)snprintf(work.approvals[0].id, sizeof work.approvals[0].id, "%s", id);
    office_turn(office, &work);
    want_approval(&work, id, SUBMIT_ACCEPTED, REASON_NONE);
}
