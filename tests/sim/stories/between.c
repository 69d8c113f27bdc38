/* Money between levels over real nodes: what is asked, answered and settled outlives cuts and
 * crashes, and is said once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/rows.h"
#include "node/office/submit.h"
#include "tests/sim/clients.h"
#include "tests/sim/sim.h"

struct world {
    struct sim *sim;
    struct sim_node *region, *city, *county;
};

/* --- saying --- */

struct said {
    struct task call;
    struct submit_item item;
    bool done;
};

static void run_said(struct task *call, struct node *node, struct txn *txn)
{
    struct said *said = (struct said *)call;

    node_submit(node, txn, &said->item, 1, &(struct submit_terms){.maker = NULL});
}

static void said_done(struct task *call, enum status outcome)
{
    assert_int_equal(outcome, OK);
    ((struct said *)call)->done = true;
}

static bool is_unanswered(struct sim *sim, void *arg)
{
    (void)sim;
    return !((struct said *)arg)->done;
}

/* `fields`: name, value, ... NULL. The code of the refusal, "" when it was entered. */
static void say(struct world *world, struct sim_node *node, const char *want, uint32_t kind,
                const char *id, const char *const fields[])
{
    struct said *said = mem_zalloc(sizeof *said);
    struct document *document = &said->item.document;
    char code[REASON_CODE_MAX] = "";

    submit_item_clear(&said->item);
    document_clear(document, kind);
    document_set_text(document, FIELD_ID, bytes_text(id));
    document_set_number(document, FIELD_FISCAL_YEAR, 2026);
    for (; fields[0] != NULL; fields += 2) {
        assert_true(
            document_set(document, field_named(bytes_text(fields[0])), bytes_text(fields[1])));
    }
    said->call = (struct task){.run = run_said, .done = said_done};
    sim_call(world->sim, node, &said->call);
    assert_true(sim_run_while(world->sim, is_unanswered, said, MINUTE));
    if (said->item.status != SUBMIT_ACCEPTED) {
        reason_code(code, &said->item.refusal);
    }
    if (strcmp(code, want) != 0) {
        fail_msg("%s of %s: got '%s', want '%s'", id, sim_division(node).code, code, want);
    }
    mem_free(said);
}
#define SAY(node, want, kind, id, ...)                                                             \
    say(world, world->node, want, kind, id, (const char *const[]){__VA_ARGS__, NULL})

/* --- waiting --- */

struct wanted {
    const struct sim_node *at, *author;
    const char *id;
    enum doc_state state; /* 0: any */
};

static bool is_otherwise(struct sim *sim, void *arg)
{
    const struct wanted *wanted = arg;
    struct txn *txn = txn_open(sim_store(wanted->at), NULL);
    struct doc_row row;
    const bool there = doc_load(txn, sim_division(wanted->author), bytes_text(wanted->id), &row) &&
                       (wanted->state == 0 || row.state == wanted->state);

    (void)sim;
    txn_free(txn);
    return !there;
}

static void wait_for(struct world *world, const struct sim_node *at, const struct sim_node *author,
                     const char *id, enum doc_state state)
{
    struct wanted wanted = {at, author, id, state};

    if (!sim_run_while(world->sim, is_otherwise, &wanted, 10 * (uint64_t)MINUTE)) {
        fail_msg("%s of %s never becomes %s at %s", id, sim_division(author).code,
                 doc_state_name(state), sim_division(at).code);
    }
}

/* fen */
static int64_t balance(const struct sim_node *at, const struct sim_node *author, const char *id,
                       enum account account)
{
    struct txn *txn = txn_open(sim_store(at), NULL);
    struct indicator line = {.balance = {0}};

    assert_true(indicator_load(txn, sim_division(author), bytes_text(id), &line));
    txn_free(txn);
    return (int64_t)line.balance[account];
}

/* Every level says the same of a line, and nothing was alarmed of sums. */
static void expect(struct world *world, const struct sim_node *author, const char *id,
                   enum account account, int64_t fen)
{
    const struct sim_node *nodes[] = {world->region, world->city, world->county};

    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        if (nodes[i] == world->region || author == world->county) { /* it holds the whole log */
            assert_int_equal(balance(nodes[i], author, id, account), fen);
        }
    }
    assert_string_equal(sim_money_alarm(world->sim), "");
}

static int open_world(void **state)
{
    struct world *world = mem_zalloc(sizeof *world);
    struct err err;

    assert_int_equal(crypto_init(&err), OK);
    world->sim = sim_new(11);
    world->region = sim_add_root(world->sim, "540000");
    world->city = sim_join(world->sim, world->region, "540100");
    world->county = sim_join(world->sim, world->city, "540121");
    assert_non_null(world->county);
    SAY(county, "", KIND_AGENCY, "AG", "agency_code", "001", "agency_name", "局");
    wait_for(world, world->region, world->county, "AG", 0);
    SAY(region, "", KIND_BUDGET, "B", "stage", "reply", "fund_type_code", "111", "approval_ref",
        "1", "amount", "1000");
    SAY(region, "", KIND_TRANSFER, "T", "ori_bgt_id", "B", "rec_div_code", "540121", "amount",
        "600", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "early");
    wait_for(world, world->county, world->region, "T", 0);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;

    sim_free(world->sim);
    mem_free(world);
    return 0;
}

/* --- stories --- */

/* The county's node returns what was taken back, and loses power with the return not yet passed on.
 */
static void a_withdraw_outlives_a_crash(void **state)
{
    struct world *world = *state;

    sim_cut(world->sim, world->county, UPWARD);
    SAY(region, "", KIND_WITHDRAW, "W", "bgt_id", "T", "reason", "误发");
    wait_for(world, world->county, world->region, "W", 0);
    sim_crash(world->sim, world->county);
    sim_restart(world->sim, world->county);
    SAY(county, "wrong_state", KIND_REGISTER, "q", "bgt_id", "T", "ori_div_code", "540000");
    sim_heal(world->sim, world->county);
    wait_for(world, world->region, world->region, "W", DOC_WITHDRAWN);
    wait_for(world, world->county, world->region, "T", DOC_RETURNED);
    expect(world, world->region, "B", ACC_UNALLOC, 100000);
    expect(world, world->region, "T", ACC_TRANSIT, 0);
}

/* Registered while the line was cut: the county's log decides, and the withdraw comes too late. */
static void a_withdraw_crosses_a_register(void **state)
{
    struct world *world = *state;

    sim_cut(world->sim, world->county, BOTH_WAYS);
    SAY(county, "", KIND_REGISTER, "q", "bgt_id", "T", "ori_div_code", "540000");
    SAY(region, "", KIND_WITHDRAW, "W", "bgt_id", "T", "reason", "误发");
    sim_crash(world->sim, world->county);
    sim_restart(world->sim, world->county);
    sim_heal(world->sim, world->county);
    wait_for(world, world->region, world->region, "W", DOC_TOO_LATE);
    expect(world, world->region, "T", ACC_XFER_OUT, 60000);
    expect(world, world->county, "q", ACC_UNALLOC, 60000);
}

/* Up over the city, which loses power in between, and the answer down again, while the county is
 * off. */
static void a_remit_outlives_cuts_and_crashes(void **state)
{
    struct world *world = *state;

    SAY(county, "", KIND_REGISTER, "q", "bgt_id", "T", "ori_div_code", "540000");
    sim_cut(world->sim, world->city, UPWARD);
    SAY(county, "", KIND_REMIT, "M", "ori_bgt_id", "q", "rec_div_code", "540000", "amount", "40",
        "cor_bgt_doc_no", "2");
    wait_for(world, world->city, world->county, "M", 0);
    sim_crash(world->sim, world->city);
    sim_restart(world->sim, world->city);
    sim_heal(world->sim, world->city);
    wait_for(world, world->region, world->county, "M", 0);
    sim_cut(world->sim, world->county, BOTH_WAYS);
    sim_crash(world->sim, world->county);
    SAY(region, "", KIND_REGISTER, "m", "bgt_id", "M", "ori_div_code", "540121");
    wait_for(world, world->city, world->region, "m", 0);
    sim_restart(world->sim, world->county);
    sim_heal(world->sim, world->county);
    wait_for(world, world->region, world->county, "M", DOC_REGISTERED);
    wait_for(world, world->city, world->county, "M", DOC_REGISTERED);
    expect(world, world->county, "M", ACC_XFER_OUT, 4000);
    expect(world, world->county, "M", ACC_TRANSIT, 0);
    expect(world, world->region, "m", ACC_UNALLOC, 4000);
}

/* A recall and a negative difference, both answered while the region's node is down. */
static void what_is_asked_back_outlives_a_crash(void **state)
{
    struct world *world = *state;

    SAY(county, "", KIND_REGISTER, "q", "bgt_id", "T", "ori_div_code", "540000");
    wait_for(world, world->region, world->region, "T", DOC_REGISTERED);
    SAY(region, "", KIND_RECALL, "C", "bgt_id", "T", "amount", "100", "reason", "结余");
    SAY(region, "", KIND_TRANSFER, "F", "early_bgt_id", "T", "rec_div_code", "540121", "amount",
        "-50", "cor_bgt_doc_no", "3", "tra_type_code", "general", "stage", "formal");
    wait_for(world, world->county, world->region, "F", 0);
    sim_crash(world->sim, world->region);
    SAY(county, "", KIND_RECALL_GRANT, "c", "bgt_id", "q", "amount", "60", "recall_id", "C",
        "ori_div_code", "540000");
    SAY(county, "", KIND_REGISTER, "f", "bgt_id", "F", "ori_div_code", "540000");
    sim_restart(world->sim, world->region);
    wait_for(world, world->region, world->region, "C", DOC_GRANTED);
    wait_for(world, world->region, world->region, "F", DOC_LOWERED);
    wait_for(world, world->county, world->region, "F", DOC_LOWERED);
    expect(world, world->county, "q", ACC_UNALLOC, 49000);
    expect(world, world->region, "T", ACC_XFER_OUT, 49000);
    expect(world, world->region, "B", ACC_UNALLOC, 51000);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_withdraw_outlives_a_crash),
        IN_WORLD(a_withdraw_crosses_a_register),
        IN_WORLD(a_remit_outlives_cuts_and_crashes),
        IN_WORLD(what_is_asked_back_outlives_a_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
