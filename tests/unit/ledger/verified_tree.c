#include "tests/unit/ledger/verified_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/verify/verify.h"
#include "node/ledger/verify/verify_ledger.h"
#include "node/text/text.h"

int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_approve(tree, LINZHOU);
    tree_carry_money(tree);
    *state = tree;
    return 0;
}

int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

bool sound(struct tree *tree, enum office_name at, enum office_name of, char fault[512])
{
    struct txn *txn = txn_open(tree_store(tree, at), NULL);
    char message[512] = "", words[TEXT_BYTES_MAX];
    const bool ok = verify_ledger(txn, tree_roster(tree), tree_division(of), message,
                                  sizeof message) == VERIFY_SOUND;

    text_cut(fault, 512, text_in(LANGUAGE_EN, words, message));
    txn_free(txn);
    return ok;
}

static struct verify *open_deep(struct tree *tree, enum office_name at)
{
    return verify_open(&(struct verify_config){.store = tree_store(tree, at),
                                               .roster = tree_roster(tree),
                                               .self = tree_division(at),
                                               .deep = true});
}

bool deeply_sound(struct tree *tree, enum office_name at, enum office_name of, char fault[512])
{
    char words[TEXT_BYTES_MAX];
    struct verify *verify = open_deep(tree, at);
    const bool ok = verify_log(verify, tree_division(of));

    text_cut(fault, 512, text_in(LANGUAGE_EN, words, verify_first_fault(verify)));
    assert_true(ok == (verify_cause(verify) == VERIFY_SOUND));
    verify_close(verify);
    return ok;
}

bool all_deeply_sound(struct tree *tree, enum office_name at, char fault[512])
{
    char words[TEXT_BYTES_MAX];
    const struct roster *roster = tree_roster(tree);
    struct verify *verify = open_deep(tree, at);
    bool ok = true;

    for (size_t i = 0; ok && i < roster_count(roster); i++) {
        const struct division of = roster_at(roster, i)->grant.division;

        if (roster_within(roster, of, tree_division(at)) ||
            roster_within(roster, tree_division(at), of)) {
            ok = verify_log(verify, of);
        }
    }
    ok = ok && verify_shared(verify);
    text_cut(fault, 512, text_in(LANGUAGE_EN, words, verify_first_fault(verify)));
    verify_close(verify);
    return ok;
}

static const struct {
    enum office_name at, of;
} views[] = {
    {REGION, REGION},      {REGION, LHASA},        {REGION, LINZHOU},  {REGION, SHIGATSE},
    {LHASA, LHASA},        {LHASA, LINZHOU},       {LINZHOU, LINZHOU}, {SHIGATSE, SHIGATSE},
    {SHIGATSE, SANGZHUZI}, {SANGZHUZI, SANGZHUZI},
};

void expect_all_sound(struct tree *tree)
{
    char fault[512];

    for (size_t i = 0; i < COUNT_OF(views); i++) {
        if (!sound(tree, views[i].at, views[i].of, fault)) {
            fail_msg("at %s: %s", tree_division(views[i].at).code, fault);
        }
        if (!deeply_sound(tree, views[i].at, views[i].of, fault)) {
            fail_msg("deep, at %s: %s", tree_division(views[i].at).code, fault);
        }
    }
    for (int at = 0; at < OFFICES; at++) {
        if (!all_deeply_sound(tree, (enum office_name)at, fault)) {
            fail_msg("all, at %s: %s", tree_division((enum office_name)at).code, fault);
        }
    }
    if (tree_alarms(tree) != 0) {
        fail_msg("alarm: %s", tree_alarm(tree));
    }
}

struct verify *verify_everything(struct tree *tree, enum office_name at)
{
    const struct roster *roster = tree_roster(tree);
    struct verify *verify = open_deep(tree, at);

    for (size_t i = 0; i < roster_count(roster); i++) {
        (void)verify_log(verify, roster_at(roster, i)->grant.division);
    }
    (void)verify_shared(verify);
    return verify;
}

bool names(const struct verify *verify, const char *division, const char *words)
{
    size_t count;
    const struct verify_fault *faults = verify_faults(verify, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(faults[i].about.code, division) == 0 && strstr(faults[i].text, words) != NULL) {
            return true;
        }
    }
    return false;
}
