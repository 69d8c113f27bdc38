/* Keys in browsers: asked for, confirmed, ended, and what they may sign, turn by turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/node_struct.h"
#include "node/office/browser_keys.h"
#include "node/office/drafts.h"
#include "replicator/trust/merkle.h"
#include "tests/unit/node/office.h"

/* --- one piece of work --- */

enum step { ADD, ASK, CONFIRM, END, END_PERSON };
struct deed {
    enum step step;
    const char *name; /* whose */
    uint32_t roles;
    struct public_key key;
    const char *admin;
    struct browser_key out;
    struct err err;
};

static void run_deed(struct work *work, struct node *node, struct txn *txn)
{
    struct deed *deed = work->arg;
    struct operator_row person = {.roles = deed->roles, .key = deed->key, .enabled = true};
    struct browser_key asked = {.key = deed->key, .label = "柜台"};

    (void)snprintf(person.name, sizeof person.name, "%s", deed->name);
    (void)snprintf(asked.name, sizeof asked.name, "%s", deed->name);
    deed->err = (struct err){.status = OK};
    switch (deed->step) {
    case ADD:
        deed->err.status = node_operator_add(node, txn, &person, &deed->err);
        break;
    case ASK:
        deed->err.status = browser_key_ask(node, txn, &asked, &deed->err);
        break;
    case CONFIRM:
        deed->err.status =
            browser_key_confirm(node, txn, deed->key.at, deed->admin, NULL, &deed->out, &deed->err);
        break;
    case END:
        deed->err.status =
            browser_key_end(node, txn, deed->key.at, deed->admin, NULL, &deed->out, &deed->err);
        break;
    case END_PERSON:
        deed->err.status = person_end(node, txn, &person, &deed->err);
        break;
    }
}

static void do_deed(struct office *office, struct deed *deed)
{
    struct work work = {.action = RUN, .run = run_deed, .arg = deed};

    office_turn(office, &work);
}

static void want(struct office *office, struct deed deed, const char *code)
{
    do_deed(office, &deed);
    if (deed.err.status == OK ? code != NULL
                              : code == NULL || strncmp(deed.err.text, code, strlen(code)) != 0) {
        fail_msg("step %d of %s: %s, expected %s", (int)deed.step, deed.name,
                 deed.err.status == OK ? "done" : deed.err.text, code == NULL ? "done" : code);
    }
}

static bool signs(const struct office *office, const char *name, const struct public_key *key)
{
    struct txn *txn = txn_open(&office->store, NULL);
    const bool good = browser_key_signs(txn, name, key);

    txn_free(txn);
    return good;
}

/* li makes, wang checks and makes, 管 is the admin. */
static struct office *open_with_persons(void)
{
    struct office *office = office_open(true);
    struct sign_key admin;

    sign_key_generate(&admin);
    want(office, (struct deed){ADD, "li", ROLE_MAKER | ROLE_CHECKER, office->li.key}, NULL);
    want(office, (struct deed){ADD, "wang", ROLE_CHECKER, office->wang.key}, NULL);
    want(office, (struct deed){ADD, "管", ROLE_ADMIN, admin.public}, NULL);
    return office;
}

static struct sign_key new_key(struct office *office, const char *name)
{
    struct sign_key key;

    sign_key_generate(&key);
    want(office, (struct deed){ASK, name, .key = key.public}, NULL);
    want(office, (struct deed){CONFIRM, name, .key = key.public, .admin = "管"}, NULL);
    return key;
}

/* --- its life --- */

static void a_key_is_good_from_its_confirmation_to_its_end(void **state)
{
    struct office *office = open_with_persons();
    struct sign_key key;

    (void)state;
    sign_key_generate(&key);
    want(office, (struct deed){ASK, "wang", .key = key.public}, NULL);
    assert_false(signs(office, "wang", &key.public));
    want(office, (struct deed){CONFIRM, "wang", .key = key.public, .admin = "管"}, NULL);
    assert_true(signs(office, "wang", &key.public));
    assert_false(signs(office, "li", &key.public));
    want(office, (struct deed){END, "wang", .key = key.public}, NULL);
    assert_false(signs(office, "wang", &key.public));
    want(office, (struct deed){CONFIRM, "wang", .key = key.public, .admin = "管"},
         "browser_key_decided");
    office_close(office);
}

static void what_may_not_be_asked_for_or_confirmed_is_refused(void **state)
{
    struct office *office = open_with_persons();
    struct sign_key key, other;

    (void)state;
    sign_key_generate(&key);
    sign_key_generate(&other);
    want(office, (struct deed){ASK, "nobody", .key = key.public}, "user_unknown");
    want(office, (struct deed){ASK, "管", .key = key.public}, "browser_key_no_checker");
    want(office, (struct deed){ASK, "wang", .key = key.public}, NULL);
    want(office, (struct deed){ASK, "li", .key = key.public}, "browser_key_known");
    want(office, (struct deed){CONFIRM, "wang", .key = other.public, .admin = "管"},
         "browser_key_unknown");
    want(office, (struct deed){CONFIRM, "wang", .key = key.public, .admin = "wang"},
         "browser_key_own");
    assert_false(signs(office, "wang", &key.public));
    want(office, (struct deed){END, "wang", .key = key.public}, NULL); /* it is forgotten, */
    want(office, (struct deed){ASK, "li", .key = key.public}, NULL);   /* and free */
    office_close(office);
}

static void a_person_has_so_many_and_no_more(void **state)
{
    struct office *office = open_with_persons();
    struct sign_key key;

    (void)state;
    for (int i = 0; i < BROWSER_KEYS_MAX; i++) {
        key = new_key(office, "wang");
    }
    want(office, (struct deed){END, "wang", .key = key.public}, NULL);
    (void)new_key(office, "wang"); /* one that is ended does not count */
    sign_key_generate(&key);
    want(office, (struct deed){ASK, "wang", .key = key.public}, "browser_key_many");
    office_close(office);
}

static void who_is_ended_has_no_key_any_more(void **state)
{
    struct office *office = open_with_persons();
    const struct sign_key good = new_key(office, "wang");
    struct sign_key asked;

    (void)state;
    sign_key_generate(&asked);
    want(office, (struct deed){ASK, "wang", .key = asked.public}, NULL);
    want(office, (struct deed){END_PERSON, "wang"}, NULL);
    assert_false(signs(office, "wang", &good.public));
    want(office, (struct deed){CONFIRM, "wang", .key = asked.public, .admin = "管"},
         "browser_key_unknown");
    office_close(office);
}

/* --- what it signs --- */

struct slice {
    struct signed_batch batch;
    struct approve_item item;
    struct person checker;
};

static void run_slice(struct work *work, struct node *node, struct txn *txn)
{
    struct slice *slice = work->arg;

    node_approve_slice(node, txn, &slice->batch, 0, &slice->item, 1, &slice->checker);
}

/* One waiting document, signed outside the node by `key` for `name`. */
static struct approve_item approve(struct office *office, const char *id, const char *name,
                                   const struct sign_key *key, uint32_t epoch)
{
    struct slice slice = {.checker = {.key = key->public}};
    struct work work = {.action = RUN, .run = run_slice, .arg = &slice};
    struct txn *txn = txn_open(&office->store, NULL);
    struct draft draft;
    struct hash leaf, signed_hash;

    assert_true(draft_find(office->node, txn, bytes_text(id), &draft));
    leaf = merkle_approval_leaf(draft.kind, DOCUMENT_FORMAT, draft.body);
    txn_free(txn);
    (void)snprintf(slice.checker.name, sizeof slice.checker.name, "%s", name);
    (void)snprintf(slice.item.id, sizeof slice.item.id, "%s", id);
    slice.item.has_hash = true;
    slice.item.hash = leaf;
    slice.batch = (struct signed_batch){.leaves = &leaf, .count = 1, .is_signed = true};
    slice.batch.terms = (struct approval_terms){.tree = office->trust.tree,
                                                .author = division_of("540000"),
                                                .epoch = epoch,
                                                .role = ROLE_CHECKER,
                                                .time_ms = office->hand.now_ms,
                                                .root = leaf};
    signed_hash = approval_hash(&slice.batch.terms);
    slice.batch.signature = sign_hash(key, &signed_hash);
    office_turn(office, &work);
    return slice.item;
}

static void want_item(struct approve_item item, enum submit_status status, enum reason reason)
{
    if (item.status != status || item.refusal.reason != reason) {
        fail_msg("%s: status %d, reason %d", item.id, (int)item.status, (int)item.refusal.reason);
    }
}

static void submit_budget(struct office *office, const char *id)
{
    struct work work = {.count = 0};

    work_add_budget(&work, id, "10");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
}

static void a_good_key_makes_an_entry(void **state)
{
    struct office *office = open_with_persons();
    const struct sign_key key = new_key(office, "wang");

    (void)state;
    submit_budget(office, "B1");
    want_item(approve(office, "B1", "wang", &key, 1), SUBMIT_ACCEPTED, REASON_NONE);
    office_close(office);
}

static void a_key_that_is_not_good_makes_none(void **state)
{
    struct office *office = open_with_persons();
    const struct sign_key good = new_key(office, "wang");
    struct sign_key asked;

    (void)state;
    sign_key_generate(&asked);
    submit_budget(office, "B1");
    want_item(approve(office, "B1", "wang", &asked, 1), SUBMIT_REFUSED, REASON_SIGNER_ENDED);
    want(office, (struct deed){ASK, "wang", .key = asked.public}, NULL);
    want_item(approve(office, "B1", "wang", &asked, 1), SUBMIT_REFUSED, REASON_SIGNER_ENDED);
    want_item(approve(office, "B1", "管", &good, 1), SUBMIT_REFUSED, REASON_SIGNER_ENDED);
    want_item(approve(office, "B1", "wang", &good, 2), SUBMIT_REFUSED, REASON_SIGNATURE_OUTDATED);
    want(office, (struct deed){END, "wang", .key = good.public}, NULL);
    want_item(approve(office, "B1", "wang", &good, 1), SUBMIT_REFUSED, REASON_SIGNER_ENDED);
    office_close(office);
}

/* With a second key he is still the maker. */
static void nobody_checks_what_he_made_with_another_key(void **state)
{
    struct office *office = open_with_persons();
    const struct sign_key key = new_key(office, "li");

    (void)state;
    submit_budget(office, "B1");
    want_item(approve(office, "B1", "li", &key, 1), SUBMIT_REFUSED, REASON_SAME_PERSON);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_good_from_its_confirmation_to_its_end),
        cmocka_unit_test(what_may_not_be_asked_for_or_confirmed_is_refused),
        cmocka_unit_test(a_person_has_so_many_and_no_more),
        cmocka_unit_test(who_is_ended_has_no_key_any_more),
        cmocka_unit_test(a_good_key_makes_an_entry),
        cmocka_unit_test(a_key_that_is_not_good_makes_none),
        cmocka_unit_test(nobody_checks_what_he_made_with_another_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
