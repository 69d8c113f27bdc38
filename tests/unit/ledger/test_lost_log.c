/* A root that lost its log and goes on in a new epoch behind what others hold of it: up to there
 * its entries are heard as those of a log above are, and move no money of the new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/year_rows.h"
#include "node/store/store_memory.h"
#include "tests/harness/identities.h"
#include "tests/unit/ledger/holder.h"

enum { LOST = 5 }; /* the last of its entries that anybody holds */

struct lost {
    struct trust trust;
    struct roster *roster;
    struct holder holder; /* the root's */
};

static void note_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    struct holder *holder = arg;

    (void)about;
    if (code != ALARM_STATE_DIFFERS && holder->alarm_count < ALARMS_MAX) {
        char *line = holder->alarms[holder->alarm_count++];

        (void)snprintf(line, sizeof holder->alarms[0], "%s", message);
        message_to_line(line);
    }
}

static void ignore_due(void *arg, struct txn *txn, const struct document *document)
{
    (void)txn;
    (void)document;
    ((struct holder *)arg)->settles++;
}

static int open_lost(void **state)
{
    static struct lost lost;
    struct sign_key region, next, city;
    struct grant grant = first_grant(tree_division(REGION), DIVISION_NONE);

    memset(&lost, 0, sizeof lost);
    trust_generate(&lost.trust);
    sign_key_generate(&region);
    sign_key_generate(&next);
    sign_key_generate(&city);
    lost.roster = roster_new(&lost.trust.tree, DIVISION_NONE);
    trust_admit(&lost.trust, &grant, &region, NULL, lost.roster);
    grant = first_grant(tree_division(LHASA), tree_division(REGION));
    trust_admit(&lost.trust, &grant, &city, &region, lost.roster);
    grant = first_grant(tree_division(REGION), DIVISION_NONE);
    grant.epoch = 2;
    grant.base_lsn = LOST;
    grant.base_hash.at[0] = 1;
    trust_admit(&lost.trust, &grant, &next, NULL, lost.roster);
    store_memory_open(&lost.holder.store);
    lost.holder.txn = txn_open(&lost.holder.store, NULL);
    lost.holder.ledger = ledger_open(&(struct ledger_config){
        .self = tree_division(REGION),
        .roster = lost.roster,
        .sink = {.arg = &lost.holder, .document_due = ignore_due, .alarm = note_alarm},
    });
    *state = &lost;
    return 0;
}

static int close_lost(void **state)
{
    struct lost *lost = *state;

    ledger_close(lost->holder.ledger);
    txn_free(lost->holder.txn);
    lost->holder.store.ops->close(lost->holder.store.self);
    roster_free(lost->roster);
    return 0;
}

/* What others hold of it: 1 and 2, then 4. */
static void hear_what_is_left(struct holder *holder, struct script *root)
{
    *root = (struct script){.author = REGION, .first_lsn = 1};
    WRITE(root, "budget", "B", REPLY("100"));
    WRITE(root, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540100");
    apply(holder, root);
    root->first_lsn = 4;
    WRITE(root, "policy", "P", "policy_code", "carry_max", "policy_value", "1");
    apply(holder, root);
}

static void what_was_lost_is_heard_and_moves_nothing(void **state)
{
    struct lost *lost = *state;
    struct holder *holder = &lost->holder;
    struct script root, again = {.author = REGION, .first_lsn = 4};
    struct year_row year;
    struct doc_row row;

    assert_int_equal(roster_lost_lsn(lost->roster, tree_division(REGION)), LOST);
    hear_what_is_left(holder, &root);
    assert_int_equal(holder->alarm_count, 0);
    assert_int_equal(position(holder, REGION).lsn, 4);
    assert_true(doc_load(holder->txn, tree_division(REGION), bytes_text("T"), &row));
    assert_int_equal(row.book_month, 0);
    assert_true(balance(holder, REGION, "B", ACC_UNALLOC) == -1); /* there is no line */
    year_load(holder->txn, tree_division(REGION), 2026, &year);
    assert_true(year.lost);
    assert_false(year.has_lines || year.joined);
    /* again, it is a gap; what is not known is waited for */
    WRITE(&again, "budget", "C", REPLY("1"));
    assert_int_equal(apply_part(holder, &again, 0), ERR_GAP);
    script_clear(&again);
    again.first_lsn = 5;
    write_raw(&again, 9999, 2, bytes_text("x"));
    assert_int_equal(apply_part(holder, &again, 0), ERR_NEEDS_UPGRADE);
    assert_int_equal(position(holder, REGION).lsn, 4);
    script_clear(&again);
}

/* Of a year in which money was lost the root is in no jurisdiction, its own neither: one side of
 * what passed is not there. What is answered of then is settled, and moves nothing. */
static void the_new_log_goes_on_behind_it(void **state)
{
    struct lost *lost = *state;
    struct holder *holder = &lost->holder;
    struct script root, city = {.author = LHASA, .first_lsn = 1};
    struct year_row year;
    struct doc_row row;

    hear_what_is_left(holder, &root);
    WRITE(&root, "budget", "K", REPLY("1"));
    apply(holder, &root); /* 5, the last that was lost */
    WRITE(&city, "register", "R", "bgt_id", "T", "ori_div_code", "540000", "amount", "20",
          "fund_type_code", "111");
    apply(holder, &city);
    WRITE(&root, "budget", "N", REPLY("70"));
    WRITE(&root, "settle", ".s", "bgt_id", "T", "rec_div_code", "540100", "amount", "20", "outcome",
          "registered", "answer_id", "R");
    WRITE(&root, "transfer", "U", "ori_bgt_id", "N", "amount", "30", "rec_div_code", "540100");
    apply(holder, &root);
    assert_int_equal(position(holder, REGION).lsn, 8);
    assert_true(balance(holder, REGION, "N", ACC_UNALLOC) == 4000);
    assert_true(balance(holder, REGION, "T", ACC_XFER_OUT) == -1);
    assert_true(doc_load(holder->txn, tree_division(REGION), bytes_text("T"), &row));
    assert_int_equal(row.state, DOC_REGISTERED);
    year_load(holder->txn, tree_division(REGION), 2026, &year);
    assert_true(year.lost && year.has_lines);
    assert_false(year.joined);
    year_load(holder->txn, tree_division(LHASA), 2026, &year);
    assert_true(year.joined && !year.lost);
}

#define OF_LOST(test) cmocka_unit_test_setup_teardown(test, open_lost, close_lost)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OF_LOST(what_was_lost_is_heard_and_moves_nothing),
        OF_LOST(the_new_log_goes_on_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
