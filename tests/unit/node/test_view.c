/* A reader meets damage: nothing of what it read is shown, and the loop hears of it, which heals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/api/api_task.h"
#include "node/api/view.h"
#include "node/core/damage.h"
#include "node/core/turn.h"
#include "replicator/trust/cosignature.h"
#include "tests/unit/node/office.h"

static struct store whole;
static struct store_ops harmed_ops;
static enum status harm; /* of each read of one row */

static enum status get_harmed(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes key, struct buf *value, struct err *err)
{
    if (harm != OK) {
        return harm == ERR_NOT_FOUND ? harm : err_set(err, harm, "table 7 is damaged");
    }
    return whole.ops->get(self, snapshot, space, key, value, err);
}

static void step(struct office *office, enum status want)
{
    struct err err;
    bool busy;

    if (node_step(office->node, &busy, &err) != want) {
        fail_msg("%s", err.text);
    }
}

/* How a reader asks: in its view's txn, or for one row past that. */
static void ask(const struct view *view, bool past_txn)
{
    struct bytes value;

    if (past_txn) {
        (void)cosignature_lsn(view->store, division_of("540100"), division_of("540000"));
    } else {
        (void)txn_get(view->txn, SPACE_LEDGER, bytes_text("x"), &value);
    }
}

/* True: the answer may be shown. */
static bool read_once(const struct service *service, enum status how, bool past_txn)
{
    const struct request request = {.service = service, .language = LANGUAGE_EN};
    struct answer answer = {.http = 200};
    struct view view;
    bool sound;

    view_open(&view, service);
    harm = how;
    ask(&view, past_txn);
    harm = OK;
    sound = view_sound(&view, &request, &answer);
    assert_int_equal(answer.http, sound ? 200 : 500);
    view_close(&view);
    buf_free(&answer.body);
    return sound;
}

static void damage_that_a_reader_meets_is_told_to_the_loop(void **state)
{
    (void)state;
    for (int past_txn = 0; past_txn < 2; past_txn++) {
        struct office *office = office_open(false);
        struct service service = {.gate = task_gate_open()};
        struct err err;

        office->config.heals = true;
        office_reopen(office);
        whole = office->store;
        harmed_ops = *whole.ops;
        harmed_ops.get = get_harmed;
        service.node = office->node;
        service.store = (struct store){whole.self, &harmed_ops};
        service.self = division_of("540000");

        assert_true(read_once(&service, OK, past_txn));
        assert_true(read_once(&service, ERR_NOT_FOUND, past_txn));
        assert_false(read_once(&service, ERR_IO, past_txn)); /* another time it may be read */
        step(office, OK);
        assert_false(node_is_damaged(office->node));

        assert_false(read_once(&service, ERR_CORRUPT, past_txn));
        step(office, OK);
        assert_true(node_is_damaged(office->node));
        assert_int_equal(node_ready(office->node), ERR_CORRUPT);
        assert_false(read_once(&service, ERR_CORRUPT, past_txn)); /* it is known already */
        office->hand.now_ms += DAMAGE_MS;
        {
            bool busy;
            assert_int_equal(node_step(office->node, &busy, &err), ERR_CORRUPT);
        }
        assert_non_null(strstr(err.text, "store_found_damaged"));
        assert_non_null(strstr(err.text, "damaged"));
        office_close(office);
        task_gate_shut(service.gate);
        task_gate_unref(service.gate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_that_a_reader_meets_is_told_to_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
