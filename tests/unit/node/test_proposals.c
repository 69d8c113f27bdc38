/* What one admin asks for where two exist waits for the other: made, decided, outdated, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/node_struct.h"
#include "node/ledger/verify/person_chain.h"
#include "node/office/browser_keys.h"
#include "node/office/drafts.h"
#include "node/office/proposals.h"
#include "tests/unit/node/office.h"

enum admin { ZHUOMA, WANGDUI, ADMINS };
static const char *const admin_names[ADMINS] = {"zhuoma", "wangdui"};

struct desk {
    struct office *office;
    struct sign_key keys[ADMINS];
    struct person admins[ADMINS];
};

/* --- one piece of work --- */

enum step { FOUND, ASK, APPROVE_IT, REJECT_IT, WITHDRAW_IT, ASK_KEY, END_KEY };
struct deed {
    enum step step;
    struct desk *desk;
    enum admin by;
    bool both; /* admins sign at once */
    person_change_fn *change;
    struct operator_row row;
    char id[DOCUMENT_ID_MAX + 1];
    struct approve_item item;
    struct err err;
};

static void found(struct deed *deed, struct node *node, struct txn *txn)
{
    for (int i = 0; i < ADMINS; i++) {
        struct operator_row row = {
            .roles = ROLE_ADMIN, .key = deed->desk->keys[i].public, .enabled = true};

        (void)snprintf(row.name, sizeof row.name, "%s", admin_names[i]);
        node_operator_found(node, txn, &row);
    }
}

static void ask(struct deed *deed, struct node *node, struct txn *txn)
{
    struct desk *desk = deed->desk;
    struct vouchers vouchers = {.admins = {&desk->admins[deed->by], &desk->admins[1 - deed->by]},
                                .count = deed->both ? 2 : 1};

    deed->row.vouchers = &vouchers;
    memcpy(deed->row.by, desk->admins[deed->by].name, sizeof deed->row.by);
    deed->err.status = person_change(node, txn, &deed->row, deed->change, deed->id, &deed->err);
    deed->row.vouchers = NULL;
}

static void ask_key(const struct deed *deed, struct node *node, struct txn *txn)
{
    struct browser_key key = {.key = deed->row.key, .label = "柜台"};
    struct err err;

    memcpy(key.name, deed->row.name, sizeof key.name);
    assert_int_equal(browser_key_ask(node, txn, &key, &err), OK);
}

static void run_deed(struct work *work, struct node *node, struct txn *txn)
{
    struct deed *deed = work->arg;
    const struct person *admin = &deed->desk->admins[deed->by];
    struct browser_key out;

    deed->err = (struct err){.status = OK};
    switch (deed->step) {
    case FOUND:
        found(deed, node, txn);
        break;
    case ASK:
        ask(deed, node, txn);
        break;
    case APPROVE_IT:
        proposal_approve(node, txn, &deed->item, admin);
        break;
    case REJECT_IT:
        proposal_reject(node, txn, &deed->item);
        break;
    case WITHDRAW_IT:
        proposal_withdraw(node, txn, &deed->item, admin);
        break;
    case ASK_KEY:
        ask_key(deed, node, txn);
        break;
    case END_KEY:
        assert_int_equal(
            browser_key_end(node, txn, deed->row.key.at, "zhuoma", NULL, &out, &deed->err), OK);
        break;
    }
}

static void do_deed(struct desk *desk, struct deed *deed)
{
    struct work work = {.action = RUN, .run = run_deed, .arg = deed};

    deed->desk = desk;
    office_turn(desk->office, &work);
}

static struct desk *open_desk(void)
{
    struct desk *desk = mem_zalloc(sizeof *desk);
    struct grant_terms founders = {.founder_count = ADMINS};
    struct deed deed = {.step = FOUND};

    for (int i = 0; i < ADMINS; i++) {
        sign_key_generate(&desk->keys[i]);
        desk->admins[i].secret = &desk->keys[i];
        desk->admins[i].key = desk->keys[i].public;
        (void)snprintf(desk->admins[i].name, sizeof desk->admins[i].name, "%s", admin_names[i]);
        (void)snprintf(founders.founders[i].name, sizeof founders.founders[i].name, "%s",
                       admin_names[i]);
        founders.founders[i].key = desk->keys[i].public;
    }
    desk->office = office_open_founded(&founders);
    do_deed(desk, &deed);
    return desk;
}

static void close_desk(struct desk *desk)
{
    office_close(desk->office);
    mem_free(desk);
}

/* --- asking, deciding, looking --- */

static struct deed change_of(person_change_fn *change, const char *name, uint32_t roles,
                             enum admin by)
{
    struct deed deed = {.step = ASK, .by = by, .change = change};
    struct sign_key key;

    sign_key_generate(&key);
    deed.row = (struct operator_row){
        .roles = roles, .key = key.public, .enabled = true, .sealed = bytes_text("sealed")};
    (void)snprintf(deed.row.name, sizeof deed.row.name, "%s", name);
    return deed;
}

/* The id of what waits. */
static struct deed asked(struct desk *desk, person_change_fn *change, const char *name,
                         uint32_t roles, enum admin by)
{
    struct deed deed = change_of(change, name, roles, by);

    do_deed(desk, &deed);
    assert_int_equal(deed.err.status, OK);
    assert_string_not_equal(deed.id, "");
    return deed;
}

static void at_once(struct desk *desk, person_change_fn *change, const char *name, uint32_t roles)
{
    struct deed deed = change_of(change, name, roles, ZHUOMA);

    deed.both = true;
    do_deed(desk, &deed);
    assert_int_equal(deed.err.status, OK);
    assert_string_equal(deed.id, "");
}

static void decided(struct desk *desk, enum step step, const char *id, enum admin by,
                    enum submit_status status, enum reason reason)
{
    struct deed deed = {.step = step, .by = by};

    (void)snprintf(deed.item.id, sizeof deed.item.id, "%s", id);
    do_deed(desk, &deed);
    assert_int_equal(deed.item.status, status);
    assert_int_equal(deed.item.refusal.reason, reason);
}

static bool count_one(void *arg, const struct draft *draft)
{
    (void)draft;
    ++*(size_t *)arg;
    return true;
}

static size_t drafts(const struct desk *desk)
{
    size_t count = 0;

    draft_each(desk->office->node->txn, count_one, &count);
    return count;
}

/* Roles of a person here; 0: he is nobody, or ended. */
static uint32_t roles_of(const struct desk *desk, const char *name)
{
    struct operator_row row;

    return node_operator(desk->office->node->txn, name, &row) && row.enabled ? row.roles : 0;
}

/* By how many the newest word about this person is signed. */
static int signers_of(const struct desk *desk, const char *name)
{
    struct person_chain chain;
    int signers = -1;

    person_chain_load(&chain, desk->office->node->txn, node_roster(desk->office->node),
                      division_of("540000"), 1);
    for (size_t i = 0; i < chain.count; i++) {
        if (strcmp(chain.at[i].name, name) == 0) {
            signers = chain.at[i].signers;
        }
    }
    person_chain_free(&chain);
    return signers;
}

/* --- cases --- */

static void it_is_done_once_the_other_signs(void **state)
{
    struct desk *desk = open_desk();
    struct deed deed = asked(desk, node_operator_add, "li", ROLE_MAKER, ZHUOMA);

    (void)state;
    assert_int_equal(roles_of(desk, "li"), 0);
    assert_int_equal(signers_of(desk, "li"), -1);
    decided(desk, APPROVE_IT, deed.id, ZHUOMA, SUBMIT_REFUSED, REASON_SAME_PERSON);
    decided(desk, APPROVE_IT, "nothing", WANGDUI, SUBMIT_REFUSED, REASON_NOT_PENDING);
    office_reopen(desk->office);
    decided(desk, APPROVE_IT, deed.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    assert_int_equal(roles_of(desk, "li"), ROLE_MAKER);
    assert_int_equal(signers_of(desk, "li"), 2);
    assert_int_equal(drafts(desk), 0);
    decided(desk, APPROVE_IT, deed.id, WANGDUI, SUBMIT_EXISTS, REASON_NONE);
    deed = asked(desk, person_role, "li", ROLE_CHECKER, WANGDUI);
    decided(desk, APPROVE_IT, deed.id, ZHUOMA, SUBMIT_ACCEPTED, REASON_NONE);
    assert_int_equal(roles_of(desk, "li"), ROLE_CHECKER);
    deed = asked(desk, person_end, "li", 0, ZHUOMA);
    assert_int_equal(roles_of(desk, "li"), ROLE_CHECKER);
    decided(desk, APPROVE_IT, deed.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    assert_int_equal(roles_of(desk, "li"), 0);
    close_desk(desk);
}

static void it_is_taken_back_or_refused(void **state)
{
    struct desk *desk = open_desk();
    struct deed deed = asked(desk, node_operator_add, "li", ROLE_MAKER, ZHUOMA);

    (void)state;
    decided(desk, WITHDRAW_IT, deed.id, WANGDUI, SUBMIT_REFUSED, REASON_ANOTHERS);
    decided(desk, WITHDRAW_IT, deed.id, ZHUOMA, SUBMIT_ACCEPTED, REASON_NONE);
    deed = asked(desk, node_operator_add, "li", ROLE_MAKER, ZHUOMA);
    decided(desk, REJECT_IT, deed.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    assert_int_equal(drafts(desk), 0);
    decided(desk, APPROVE_IT, deed.id, WANGDUI, SUBMIT_REFUSED, REASON_NOT_PENDING);
    assert_int_equal(roles_of(desk, "li"), 0);
    close_desk(desk);
}

/* What something else has changed since does nothing, also not by halves. */
static void what_is_outdated_does_nothing(void **state)
{
    struct desk *desk = open_desk();
    struct deed add = asked(desk, node_operator_add, "li", ROLE_MAKER, ZHUOMA), renew, end;

    (void)state;
    at_once(desk, node_operator_add, "li", ROLE_CHECKER);
    decided(desk, APPROVE_IT, add.id, WANGDUI, SUBMIT_REFUSED, REASON_CHANGED);
    assert_int_equal(roles_of(desk, "li"), ROLE_CHECKER);
    renew = asked(desk, node_operator_renew, "li", 0, ZHUOMA);
    end = asked(desk, person_end, "li", 0, ZHUOMA);
    decided(desk, APPROVE_IT, end.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    decided(desk, APPROVE_IT, renew.id, WANGDUI, SUBMIT_REFUSED, REASON_CHANGED);
    assert_int_equal(roles_of(desk, "li"), 0);
    close_desk(desk);
}

/* Two proposals that are each fine would leave nobody who makes persons. */
static void the_last_admin_stays(void **state)
{
    struct desk *desk = open_desk();
    struct deed one = asked(desk, person_end, "zhuoma", 0, ZHUOMA);
    struct deed other = asked(desk, person_end, "wangdui", 0, ZHUOMA);

    (void)state;
    decided(desk, APPROVE_IT, one.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    decided(desk, APPROVE_IT, other.id, WANGDUI, SUBMIT_REFUSED, REASON_SIGNER_ENDED);
    assert_int_equal(roles_of(desk, "zhuoma"), 0);
    assert_int_equal(roles_of(desk, "wangdui"), ROLE_ADMIN);
    close_desk(desk);
}

/* A key in a browser: confirmed by two, told to holders as ended by two. */
static void a_browsers_key_is_confirmed_so(void **state)
{
    struct desk *desk = open_desk();
    struct deed key = change_of(browser_key_confirm_row, "li", 0, ZHUOMA);
    struct deed ended;

    (void)state;
    at_once(desk, node_operator_add, "li", ROLE_CHECKER);
    key.step = ASK_KEY;
    do_deed(desk, &key);
    key.step = ASK;
    do_deed(desk, &key);
    assert_string_not_equal(key.id, "");
    assert_false(browser_key_signs(desk->office->node->txn, "li", &key.row.key));
    decided(desk, APPROVE_IT, key.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    assert_true(browser_key_signs(desk->office->node->txn, "li", &key.row.key));
    ended = key;
    ended.step = END_KEY;
    do_deed(desk, &ended);
    assert_false(browser_key_signs(desk->office->node->txn, "li", &key.row.key));
    ended.step = ASK;
    ended.change = browser_key_tell_ended;
    do_deed(desk, &ended);
    decided(desk, APPROVE_IT, ended.id, WANGDUI, SUBMIT_ACCEPTED, REASON_NONE);
    assert_int_equal(roles_of(desk, "li"), ROLE_CHECKER);
    close_desk(desk);
}

static void no_more_wait_than_a_page_shows(void **state)
{
    struct desk *desk = open_desk();
    struct deed deed;
    char name[16];

    (void)state;
    for (int i = 0; i < PROPOSALS_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        (void)asked(desk, node_operator_add, name, ROLE_MAKER, ZHUOMA);
    }
    deed = change_of(node_operator_add, "li", ROLE_MAKER, ZHUOMA);
    do_deed(desk, &deed);
    assert_int_equal(deed.err.status, ERR_REFUSED);
    assert_int_equal(drafts(desk), PROPOSALS_MAX);
    at_once(desk, node_operator_add, "li", ROLE_MAKER);
    close_desk(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_done_once_the_other_signs),
        cmocka_unit_test(it_is_taken_back_or_refused),
        cmocka_unit_test(what_is_outdated_does_nothing),
        cmocka_unit_test(the_last_admin_stays),
        cmocka_unit_test(a_browsers_key_is_confirmed_so),
        cmocka_unit_test(no_more_wait_than_a_page_shows),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
