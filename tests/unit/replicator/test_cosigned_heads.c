/* A parent's word about its child's chain of accesses, as the child takes it: only its own
 * parent's, of its form, signed, and further than the one it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/cosigned_head.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static struct puppet puppet; /* the city is real, the region is played */
static uint64_t session;
static struct hash head_hash;

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    puppet_play(&puppet, CITY, REGION);
    puppet_wait(&puppet, 1000);
    session = puppet_welcome(&puppet, 64 << 20);
    puppet_commit(&puppet, true);
    memset(&head_hash, 5, sizeof head_hash);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static Terrace__Cosignature truth(uint64_t position)
{
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;

    c.has_suite = c.has_author = c.has_audience = c.has_lsn = c.has_hash = c.has_holder =
        c.has_key_epoch = c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_of_bytes("C1", 2);
    c.audience = COSIGN_ACCESSES;
    c.lsn = position;
    c.hash = pb_of_bytes(&head_hash, sizeof head_hash);
    c.holder = pb_of_bytes("R", 1);
    c.key_epoch = 1;
    c.unix_ms = puppet.world.hand.now_ms;
    return c;
}

static void send(Terrace__Cosignature *c, const struct sign_key *key)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct signature signature;

    if (key != NULL) {
        cosignature_sign(&puppet.world.trust.tree, key, c, &signature);
    }
    frame.has_session = 1;
    frame.session = session;
    frame.n_cosignature = 1;
    frame.cosignature = &c;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* Where the newest stands that the city keeps; 0: none. */
static uint64_t kept(void)
{
    struct cosigned_head head;

    return cosigned_head_newest(puppet.real->txn, division_of("C1"), division_of("R"), &head)
               ? head.position
               : 0;
}

static uint64_t refused(void)
{
    struct peer_status peer;

    replicator_peer_link(puppet.real->replicator, 0, &peer);
    assert_string_equal(peer.division.code, "R");
    return peer.frames_refused;
}

static void the_parents_word_is_kept_as_far_as_it_reaches(void **state)
{
    const struct sign_key *region = &puppet.world.at[REGION].key;
    Terrace__Cosignature c = truth(10);

    (void)state;
    send(&c, region);
    assert_int_equal(kept(), 10);
    c = truth(9); /* late, and no fault */
    send(&c, region);
    assert_int_equal(kept(), 10);
    c = truth(10);
    send(&c, region);
    assert_int_equal(kept(), 10);
    c = truth(11);
    send(&c, region);
    assert_int_equal(kept(), 11);
    c = truth(12);
    c.key_epoch = 2; /* of which nobody knows the key */
    send(&c, region);
    assert_int_equal(kept(), 11);
    assert_int_equal(refused(), 0);
}

static void change(Terrace__Cosignature *c, int what)
{
    switch (what) {
    case 0:
        c->suite = 9;
        break;
    case 1:
        c->has_audience_division = 1;
        c->audience_division = pb_of_bytes("C1", 2);
        break;
    case 2:
        c->has_aud_seq = 1;
        c->aud_seq = 1;
        break;
    case 3:
        c->author = pb_of_bytes("", 0);
        break;
    case 4:
        c->author = pb_of_bytes("K1", 2);
        break;
    case 5:
        c->holder = pb_of_bytes("", 0);
        break;
    case 6:
        c->holder = pb_of_bytes("C2", 2);
        break;
    case 7:
        c->hash = pb_of_bytes(&head_hash, HASH_SIZE - 1);
        break;
    case 8:
        c->has_hash = 0;
        break;
    default:
        c->unix_ms = puppet.world.hand.now_ms + DAY_MS + 1;
        break;
    }
}

static void one_that_is_not_its_form_is_refused(void **state)
{
    (void)state;
    for (int what = 0; what < 10; what++) {
        const uint64_t before = refused();
        Terrace__Cosignature c = truth(10);

        change(&c, what);
        send(&c, &puppet.world.at[REGION].key);
        if (kept() != 0 || refused() != before + 1) {
            fail_msg("change %d was taken", what);
        }
    }
    assert_false(place_alarmed(puppet.real, ALARM_BAD_COSIGNATURE));
}

static void one_that_the_parent_did_not_sign_is_alarmed(void **state)
{
    Terrace__Cosignature c = truth(10);

    (void)state;
    send(&c, &puppet.world.at[SIBLING].key);
    assert_int_equal(kept(), 0);
    assert_int_equal(refused(), 1);
    assert_true(place_alarmed(puppet.real, ALARM_BAD_COSIGNATURE));
}

/* A child does not cosign what its parent was told. */
static void a_childs_word_is_none(void **state)
{
    Terrace__Cosignature c;
    struct cosigned_head head;

    (void)state;
    tear_down(NULL);
    puppet_begin(&puppet); /* the region is real, the city is played */
    puppet_hello(&puppet, SESSION, 64 << 20);
    puppet_commit(&puppet, true);
    session = SESSION;
    c = truth(10);
    c.author = pb_of_bytes("R", 1);
    c.holder = pb_of_bytes("C1", 2);
    send(&c, &puppet.world.at[CITY].key);
    assert_false(
        cosigned_head_newest(puppet.real->txn, division_of("R"), division_of("C1"), &head));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static bool has_cosignature(const Terrace__Frame *frame)
{
    return frame->n_cosignature > 0;
}

/* The city's own word about a child: it goes to that child, and is kept where it has none. */
static void a_childs_head_is_signed_and_goes_to_it(void **state)
{
    static const char *const children[] = {"K1", "K9"};
    struct place *city = puppet.real;
    struct written log = {0, {{0}}, 0};

    (void)state;
    puppet_play(&puppet, CITY, COUNTY);
    puppet_hello(&puppet, SESSION, 64 << 20);
    puppet_commit(&puppet, true);
    while (puppet_next(&puppet) != NULL) {
    }
    for (size_t i = 0; i < COUNT_OF(children); i++) {
        const Terrace__Frame *frame;
        struct cosigned_head head;
        struct buf block;
        bool goes = false;

        replicator_cosign_head(city->replicator, city->txn, division_of(children[i]), 7,
                               &head_hash);
        assert_true(
            cosigned_head_newest(city->txn, division_of(children[i]), division_of("C1"), &head));
        assert_int_equal(head.position, 7);
        assert_true(hash_equal(&head.hash, &head_hash));
        block = draft_write(&puppet, COUNTY, &log, "said");
        puppet_send_block(&puppet, SESSION, buf_bytes(&block));
        puppet_commit(&puppet, true); /* it goes with what goes anyway: an Ack */
        buf_free(&block);
        while ((frame = puppet_next(&puppet)) != NULL) {
            goes |= has_cosignature(frame) && frame->cosignature[0]->audience == COSIGN_ACCESSES;
        }
        assert_int_equal(goes, i == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_childs_head_is_signed_and_goes_to_it),
        STORY(the_parents_word_is_kept_as_far_as_it_reaches),
        STORY(one_that_is_not_its_form_is_refused),
        STORY(one_that_the_parent_did_not_sign_is_alarmed),
        STORY(a_childs_word_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
