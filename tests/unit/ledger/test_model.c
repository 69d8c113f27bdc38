/* A hundred thousand random documents against a model that knows nothing but arithmetic.
 *
 * Three governments issue, register, allocate, pay. The model says of every document whether it is
 * taken or why not, and keeps every figure the slow way; ledgers, replicas, roll-ups and digests
 * must agree with it to the fen. TERRACE_SEED chooses another run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/ledger/model_world.h"

/* --- comparing --- */

static void expect_rollup(struct world *world, int at, char scope, int of,
                          const int64_t want[ACCOUNTS])
{
    const struct row_key key =
        rollup_key(scope, world->places[of].self, 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup sums;

    rollup_load(world->places[at].txn, &key, &sums);
    for (int account = 1; account < ACCOUNTS; account++) {
        const int128 got = (sums.of[account].debit - sums.of[account].credit) *
                           (account_info((enum account)account)->normal < 0 ? -1 : 1);

        if (got != want[account]) {
            fail_msg("%c of %s at %s: %s is %lld, want %lld", scope, world->places[of].self.code,
                     world->places[at].self.code, account_info((enum account)account)->mnemonic,
                     (long long)got, (long long)want[account]);
        }
    }
}

static void compare_sums(struct world *world)
{
    for (int of = 0; of < PLACES; of++) {
        int64_t own[ACCOUNTS] = {0}, all[ACCOUNTS] = {0};

        for (size_t i = 0; i < world->model.count; i++) {
            const struct made *made = &world->model.made[i];

            for (int account = 1; account < ACCOUNTS && made->kind != KIND_PAYMENT; account++) {
                own[account] += made->place == of ? made->at[account] : 0;
                all[account] += made->place >= of ? made->at[account] : 0;
            }
            if (made->kind == KIND_TRANSFER && made->place >= of) { /* both ends are inside */
                all[ACC_SRC_TRANSFER_IN] -= made->at[ACC_XFER_OUT];
                all[ACC_XFER_OUT] -= made->at[ACC_XFER_OUT];
            }
        }
        for (int at = 0; at <= of; at++) {
            expect_rollup(world, at, ROLLUP_OWN, of, own);
            expect_rollup(world, at, ROLLUP_SUBTREE, of, all);
        }
    }
}

/* Written apart from the ledger's own: by what happened to it. */
static enum doc_state payment_state(const struct made *payment)
{
    const bool was_paid = payment->at[ACC_SPENT] != 0;

    if (payment->left == 0) {
        return !was_paid ? DOC_CANCELLED : payment->spent == 0 ? DOC_REFUNDED : DOC_PAID;
    }
    return was_paid && payment->spent > 0 ? DOC_PART_PAID : DOC_APPLIED;
}

static void compare_payments(struct world *world)
{
    for (size_t i = 0; i < world->model.count; i++) {
        const struct made *made = &world->model.made[i];

        for (int at = 0; at <= made->place && made->kind == KIND_PAYMENT; at++) {
            struct doc_row row;

            assert_true(doc_load(world->places[at].txn, world->places[made->place].self,
                                 bytes_text(made->id), &row));
            assert_int_equal(row.left, made->left);
            assert_int_equal(row.spent, made->spent);
            assert_int_equal(row.state, payment_state(made));
        }
    }
}

static void compare_lines(struct world *world)
{
    for (size_t i = 0; i < world->model.count; i++) {
        const struct made *made = &world->model.made[i];

        for (int at = 0; at <= made->place && made->kind != KIND_PAYMENT; at++) {
            struct indicator row;

            assert_true(indicator_load(world->places[at].txn, world->places[made->place].self,
                                       bytes_text(made->id), &row));
            for (int account = 1; account < ACCOUNTS; account++) {
                assert_int_equal(row.balance[account] *
                                     (account_info((enum account)account)->normal < 0 ? -1 : 1),
                                 made->at[account]);
            }
        }
        if (i % 1000 == 0) {
            for (int at = 0; at < PLACES; at++) {
                txn_reset(world->places[at].txn); /* it remembers all it read */
            }
        }
    }
}

static void compare_digests(struct world *world)
{
    for (int of = 0; of < PLACES; of++) {
        struct ledger_position own, replica;

        ledger_position(world->places[of].txn, world->places[of].self, &own);
        for (int at = 0; at < of; at++) {
            ledger_position(world->places[at].txn, world->places[of].self, &replica);
            assert_int_equal(own.lsn, replica.lsn);
            assert_memory_equal(own.digest.at, replica.digest.at, HASH_SIZE);
        }
    }
}

/* --- the run --- */

static void expect(struct world *world, const char *want, const char *got, const char *id)
{
    if (strcmp(want, got) != 0) {
        fail_msg("%s: got \"%s\", the model says \"%s\"", id, got, want);
    }
    world->model.taken += *got == '\0';
    world->model.refused += *got != '\0' && strcmp(got, "exists") != 0;
    world->model.exists += strcmp(got, "exists") == 0;
}

static void run_turn(struct world *world, size_t *documents)
{
    const int place = (int)pick(&world->model, PLACES);
    const size_t count = 1 + pick(&world->model, TURN_DOCUMENTS);

    for (size_t i = 0; i < count; i++) {
        struct attempt attempt;
        struct document again;
        char id[16];

        (void)snprintf(id, sizeof id, "D%zu", ++*documents);
        attempt_any(world, place, &attempt, id);
        again = attempt.document;
        expect(world, attempt.want, say(&world->places[place], &attempt.document), id);
        if (*attempt.want == '\0' && pick(&world->model, 16) == 0 &&
            world->places[place].open.count > 0) {
            expect(world, "exists", say(&world->places[place], &again), id);
        }
        if (attempt.document.kind == KIND_REGISTER || attempt.document.kind == KIND_RETURN) {
            seal(&world->places[place]); /* so that its settle comes at once, as the model has it */
            enter_settles(world);
        }
    }
    seal(&world->places[place]);
    enter_settles(world);
}

static void ledgers_agree_with_the_model(void **state)
{
    const char *seed = getenv("TERRACE_SEED");
    struct world *world = mem_zalloc(sizeof *world);
    size_t documents = 0, turns = 0;

    (void)state;
    world->tree = tree_new();
    world->model.made = mem_zalloc(MADE_MAX * sizeof *world->model.made);
    world->model.random = seed != NULL ? strtoull(seed, NULL, 0) | 1 : UINT64_C(0x7e44ace);
    print_message("TERRACE_SEED=%llu\n", (unsigned long long)world->model.random);
    for (int i = 0; i < PLACES; i++) {
        place_open(world, i);
    }
    while (documents < DOCUMENTS - TURN_DOCUMENTS) {
        run_turn(world, &documents);
        if (++turns % COMPARE_TURNS == 0) {
            compare_sums(world);
            compare_digests(world);
        }
    }
    compare_sums(world);
    compare_digests(world);
    compare_lines(world);
    compare_payments(world);
    print_message("%zu documents: %zu taken, %zu refused, %zu said again, %zu settled\n", documents,
                  world->model.taken, world->model.refused, world->model.exists, world->settles);
    assert_true(world->model.taken > DOCUMENTS / 3);
    assert_true(world->model.refused > DOCUMENTS / 20);
    assert_true(world->model.exists > DOCUMENTS / 100);
    assert_true(world->settles > DOCUMENTS / 200);
    for (int i = 0; i < PLACES; i++) {
        place_close(&world->places[i]);
    }
    tree_free(world->tree);
    mem_free(world->model.made);
    mem_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ledgers_agree_with_the_model)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
