/* What a neighbour says that is not its to say, or that nobody asked for: it is counted, and
 * nothing comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "puppet.h"

static struct puppet puppet;
static uint64_t session;

/* The city is real, and its parent is played; or the other way round. */
static void begin(bool as_parent)
{
    puppet_begin(&puppet);
    if (as_parent) {
        puppet_play(&puppet, CITY, REGION);
        puppet_wait(&puppet, 1000);
        session = puppet_welcome(&puppet, 64 << 20);
    } else {
        puppet_hello(&puppet, SESSION, 64 << 20);
        session = SESSION;
    }
    puppet_commit(&puppet, true);
}

static struct peer_status peer(void)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(puppet.real->replicator); i++) {
        replicator_peer_link(puppet.real->replicator, i, &status);
        if (division_equal(status.division, puppet.played)) {
            return status;
        }
    }
    fail();
    return status;
}

static Terrace__Frame frame_of_session(void)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = 1;
    frame.session = session;
    return frame;
}

/* Counts as one that was refused, and the session stays. */
static void expect_counted(const char *name, const Terrace__Frame *frame)
{
    const uint64_t before = peer().frames_refused;
    struct rotation_status rotation;

    puppet_send(&puppet, frame);
    puppet_commit(&puppet, true);
    if (peer().frames_refused != before + 1) {
        fail_msg("%s: %d refused", name, (int)(peer().frames_refused - before));
    }
    assert_int_equal(peer().state, PEER_LIVE);
    replicator_rotation(puppet.real->replicator, &rotation);
    assert_false(rotation.waits);
    assert_int_equal(rotation.refused, OK);
}

static void a_refusal_of_what_was_not_asked_is_none(void **state)
{
    static const uint32_t reasons[] = {ERR_REFUSED, OK, STATUSES, UINT32_MAX};

    (void)state;
    for (int as_parent = 0; as_parent < 2; as_parent++) {
        begin(as_parent == 1);
        for (size_t i = 0; i < COUNT_OF(reasons); i++) {
            Terrace__Frame frame = frame_of_session();

            frame.has_rotate_refused = 1;
            frame.rotate_refused = reasons[i];
            expect_counted("a refusal", &frame);
        }
        puppet_end(&puppet);
    }
}

/* While it waits only a reason counts that there is. */
static void a_refusal_says_why(void **state)
{
    static const struct {
        uint32_t said;
        enum status heard;
    } cases[] = {{OK, OK}, {STATUSES, OK}, {ERR_REFUSED, ERR_REFUSED}};
    struct rotation rotation = {.key = NULL, .channel = true};
    struct rotation_status status;
    struct err err;

    (void)state;
    begin(true);
    rotation.key = &puppet.real->key;
    memset(rotation.curve_public, 9, sizeof rotation.curve_public);
    assert_int_equal(replicator_rotate(puppet.real->replicator, puppet.real->txn, &rotation, &err),
                     OK);
    puppet_commit(&puppet, true);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__Frame frame = frame_of_session();

        frame.has_rotate_refused = 1;
        frame.rotate_refused = cases[i].said;
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        replicator_rotation(puppet.real->replicator, &status);
        assert_true(status.waits);
        assert_int_equal(status.refused, cases[i].heard);
    }
    puppet_end(&puppet);
}

static void a_parent_asks_its_child_for_no_keys(void **state)
{
    Terrace__Rotate rotate = TERRACE__ROTATE__INIT;
    Terrace__Consent consent = TERRACE__CONSENT__INIT;
    Terrace__Frame frame;

    (void)state;
    begin(true);
    frame = frame_of_session();
    frame.rotate = &rotate;
    expect_counted("a wish", &frame);
    frame = frame_of_session();
    frame.consent = &consent; /* to what it would offer itself */
    expect_counted("a consent", &frame);
    puppet_end(&puppet);
}

static void a_child_consents_to_what_it_was_offered(void **state)
{
    Terrace__Consent consent = TERRACE__CONSENT__INIT;
    Terrace__Frame frame;
    const struct roster *roster;

    (void)state;
    begin(false);
    frame = frame_of_session();
    frame.consent = &consent;
    expect_counted("a consent", &frame);
    roster = replicator_roster(puppet.real->replicator);
    assert_int_equal(roster_find(roster, division_of("C1"))->grant.epoch, 1);
    puppet_end(&puppet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_of_what_was_not_asked_is_none),
        cmocka_unit_test(a_refusal_says_why),
        cmocka_unit_test(a_parent_asks_its_child_for_no_keys),
        cmocka_unit_test(a_child_consents_to_what_it_was_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
