/* test_flood - a child that makes its parent check more signatures in a second than it does for
 * anybody: whatever it says then is not looked at, and what it says a second later is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/grant_keys.h"

enum { CREDIT = 64 << 20, SIGNATURES_A_SECOND = 1000 };

static struct puppet puppet; /* the region is real, the city is played */

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static void send(Terrace__Frame *frame)
{
    frame->has_session = 1;
    frame->session = SESSION;
    puppet_send(&puppet, frame);
    puppet_commit(&puppet, true);
}

static void flood(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Consent consent = TERRACE__CONSENT__INIT;

    puppet.world.hand.now_ms += 1000 - puppet.world.hand.now_ms % 1000;
    frame.has_session = 1;
    frame.session = SESSION;
    frame.consent = &consent; /* to nothing that was asked */
    for (int i = 0; i < SIGNATURES_A_SECOND; i++) {
        puppet_send(&puppet, &frame);
    }
    puppet_commit(&puppet, true);
    while (puppet_next(&puppet) != NULL) {
    }
}

static bool has_offer(const Terrace__Frame *frame)
{
    return frame->has_offer;
}

/* --- what it says; true: it was looked at --- */

static bool rotates(void)
{
    const struct grant *city =
        &roster_find(replicator_roster(puppet.real->replicator), division_of("C1"))->grant;
    struct wanted_keys wanted = wanted_keys_of(city);
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Rotate rotate;
    struct sign_key key;

    sign_key_generate(&key);
    wanted.epoch = 2;
    wanted.sign_key = key.public;
    wanted.key_proof =
        link_key_proof(&key, &puppet.world.trust.tree, division_of("C1"), wanted.curve_key);
    wanted_keys_write(&rotate, &wanted);
    frame.rotate = &rotate;
    send(&frame);
    return puppet_await(&puppet, has_offer) != NULL;
}

static bool cosigns(void)
{
    const struct log_head head = place_head(puppet.real, "R");
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT, *list = &c;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct signature signature;

    c.has_suite = c.has_author = c.has_audience = c.has_audience_division = 1;
    c.has_epoch = c.has_lsn = c.has_aud_seq = c.has_hash = c.has_holder = c.has_key_epoch = 1;
    c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_of_text("R");
    c.audience = AUDIENCE_TREE;
    c.audience_division = pb_of_text("C1");
    c.epoch = c.key_epoch = 1;
    c.lsn = head.lsn;
    c.aud_seq = 2; /* behind its grant */
    c.hash = pb_of_bytes(&head.hash, HASH_SIZE);
    c.holder = pb_of_text("C1");
    c.unix_ms = puppet.world.hand.now_ms;
    cosignature_sign(&puppet.world.trust.tree, &puppet.world.at[CITY].key, &c, &signature);
    frame.n_cosignature = 1;
    frame.cosignature = &list;
    send(&frame);
    return cosignature_lsn(&puppet.real->store, division_of("R"), division_of("C1")) == head.lsn;
}

static bool tells_of_a_fork(void)
{
    const struct written log = {0, {{0}}, 0};
    struct draft one = draft_next(&puppet, CITY, &log, "one"),
                 two = draft_next(&puppet, CITY, &log, "two");
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Fork fork = TERRACE__FORK__INIT;
    struct buf block = BUF_EMPTY, other = BUF_EMPTY;
    struct block_view view;
    struct hash root;
    struct err err;

    (void)draft_finish(&block, &one);
    (void)draft_finish(&other, &two);
    assert_int_equal(block_parse(&view, buf_bytes(&other), &err), OK);
    assert_int_equal(block_root(&root, &view, &err), OK);
    fork.has_block = fork.has_header = fork.has_body_size = fork.has_root = 1;
    fork.block = pb_of_bytes(block.data, block.size);
    fork.header = pb_of_bytes(other.data, other.size);
    fork.body_size = view.header.body_size;
    fork.root = pb_of_bytes(root.at, HASH_SIZE);
    frame.fork = &fork;
    send(&frame);
    buf_free(&block);
    buf_free(&other);
    return place_alarmed(puppet.real, ALARM_FORK);
}

/* Of the region's own log, of which it said that it holds more. */
static bool shows(void)
{
    const struct log_head head = place_head(puppet.real, "R");
    const struct written log = {head.lsn, head.hash, 0};
    struct draft draft = draft_next(&puppet, REGION, &log, "more");
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct buf block = BUF_EMPTY;

    (void)draft_finish(&block, &draft);
    puppet_ack(&puppet, SESSION, "R", head.lsn + 1, CREDIT);
    frame.has_evidence = 1;
    frame.evidence = pb_of_bytes(block.data, block.size);
    send(&frame);
    buf_free(&block);
    return place_alarmed(puppet.real, ALARM_LOST_TAIL);
}

static void nobody_is_checked_for_more_than_a_second_has(void **state)
{
    static const struct {
        const char *name;
        bool (*is_heard)(void);
    } words[] = {
        {"a wish for other keys", rotates},
        {"a cosignature", cosigns},
        {"a fork", tells_of_a_fork},
        {"evidence", shows},
    };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].is_heard == cosigns) {
            place_say(puppet.real, AUDIENCE_TREE, "C1", "to be cosigned");
            puppet_commit(&puppet, true);
        }
        flood();
        if (words[i].is_heard()) {
            fail_msg("%s was looked at", words[i].name);
        }
        puppet.world.hand.now_ms += 1000;
        if (!words[i].is_heard()) {
            fail_msg("%s was not looked at a second later", words[i].name);
        }
        (void)tear_down(state);
        (void)set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_checked_for_more_than_a_second_has, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
