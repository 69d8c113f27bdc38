/* test_amend_refused - a next epoch that is not asked for, not agreed to, or not granted: wishes
 * that cannot be, offers to whom they are not for, and consents to what has changed since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/store/row_letters.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet; /* the region is real, the city is played */

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static const struct grant *city(void)
{
    return &roster_find(replicator_roster(puppet.real->replicator), division_of("C1"))->grant;
}

static enum status amend(const char *child, const char *name, const char *list)
{
    struct grant_reach reach;
    struct err err;
    uint32_t epoch;

    (void)reach_parse(&reach, bytes_text(list == NULL ? "" : list));
    return replicator_amend(puppet.real->replicator, puppet.real->txn, division_of(child), name,
                            list == NULL ? NULL : &reach, &epoch, &err);
}

/* Its list stands in the way of any other that is told of. */
static void sibling_may_grant_nobody(void)
{
    assert_int_equal(amend("C2", NULL, ""), OK);
    world_run(&puppet.world, 3000);
    puppet_wait(&puppet, 60000); /* the session with the real city is over */
}

/* --- wishes --- */

static void what_nobody_can_be_called_is_not_asked(void **state)
{
    static const struct {
        const char *child, *name, *list;
        enum status status;
    } rows[] = {
        {"C1", "", NULL, ERR_REFUSED},         {"C1", "two\nlines", NULL, ERR_REFUSED},
        {"C1", "", "K1*", ERR_REFUSED},        {"K1", "a grandchild", NULL, ERR_NOT_FOUND},
        {"K9", "nobody", NULL, ERR_NOT_FOUND}, {"R", "itself", NULL, ERR_NOT_FOUND},
        {"C1", "a name", "K1*", OK},
    };
    char long_name[NAME_BYTES_MAX + 2];

    (void)state;
    sibling_may_grant_nobody();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (amend(rows[i].child, rows[i].name, rows[i].list) != rows[i].status) {
            fail_msg("row %zu", i);
        }
    }
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(amend("C1", long_name, NULL), ERR_REFUSED);
    long_name[NAME_BYTES_MAX] = '\0';
    assert_int_equal(amend("C1", long_name, NULL), OK);
}

/* A city whose own list is shorter than what its county is to have. */
static void nobody_gives_more_than_he_has(void **state)
{
    (void)state;
    sibling_may_grant_nobody();
    assert_int_equal(amend("C1", NULL, "K1*"), OK);
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    assert_int_equal(city()->epoch, 2);
    assert_int_equal(amend("K1", NULL, "K7*"), ERR_OUTSIDE_REACH);
    assert_int_equal(amend("K1", NULL, "K1*"), OK);
    world_run(&puppet.world, 3000);
    assert_int_equal(
        roster_find(replicator_roster(puppet.real->replicator), division_of("K1"))->grant.epoch, 2);
}

/* A grant that no node could read, or that goes on where its log did not end, is not written. */
static void what_cannot_be_granted_is_no_entry(void **state)
{
    struct place *region = puppet.real;
    struct revocation said;
    struct grant grant = *city();
    const uint64_t before = replicator_next_lsn(region->replicator);
    struct err err;

    (void)state;
    grant.epoch = 2;
    (void)snprintf(grant.name, sizeof grant.name, "two\nlines");
    assert_int_not_equal(
        replicator_grant(region->replicator, region->txn, &grant, every_code(), &err), OK);
    assert_int_equal(replicator_next_lsn(region->replicator), before);
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("C1"), "gone", &said, &err),
        OK);
    grant = *city();
    grant.epoch = 2;
    grant.base_lsn = 9;
    grant.base_hash.at[0] = 9;
    assert_int_equal(replicator_grant(region->replicator, region->txn, &grant, every_code(), &err),
                     ERR_REFUSED);
    assert_int_equal(replicator_next_lsn(region->replicator), before + 1); /* the revocation */
}

/* --- consents --- */

static bool has_offer(const Terrace__Frame *frame)
{
    return frame->has_offer;
}

struct offered {
    struct hash consented;
    struct grant grant;
};

/* What the city is asked for now. */
static struct offered take_offer(uint64_t session)
{
    struct offered out;
    struct grant_terms terms;
    const Terrace__Frame *frame;
    struct err err;

    puppet_hello(&puppet, session, CREDIT);
    puppet_commit(&puppet, true);
    frame = puppet_await(&puppet, has_offer);
    assert_non_null(frame);
    assert_int_equal(grant_read(&out.grant, &terms, bytes_of_pb(frame->offer), &err), OK);
    out.consented = terms.consented;
    return out;
}

static void consent_to(const struct offered *offered, uint32_t suite, uint64_t session)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Consent said = TERRACE__CONSENT__INIT;
    const struct sign_key *key = &puppet.world.at[CITY].key;
    const struct signature signature = sign_hash(key, &offered->consented);

    said.has_suite = said.has_epoch = said.has_signature = 1;
    said.suite = suite;
    said.epoch = offered->grant.epoch;
    said.signature = pb_of_bytes(signature.at, sizeof signature.at);
    frame.has_session = 1;
    frame.session = session;
    frame.consent = &said;
    puppet_send(&puppet, &frame);
}

static uint64_t frames_refused(void)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(puppet.real->replicator); i++) {
        replicator_peer(puppet.real->replicator, i, &status);
        if (division_equal(status.division, puppet.played)) {
            return status.frames_refused;
        }
    }
    fail();
    return 0;
}

static void a_consent_counts_once_and_in_its_form(void **state)
{
    struct offered offered;

    (void)state;
    assert_int_equal(amend("C1", "another", NULL), OK);
    offered = take_offer(SESSION);
    consent_to(&offered, 9, SESSION);
    assert_int_equal(city()->epoch, 1);
    assert_int_equal(frames_refused(), 1);
    consent_to(&offered, SUITE_ED25519_BLAKE2B, SESSION);
    assert_int_equal(city()->epoch, 2);
    consent_to(&offered, SUITE_ED25519_BLAKE2B, SESSION); /* again, in the same turn */
    assert_int_equal(frames_refused(), 2);
    puppet_commit(&puppet, true);
    assert_int_equal(city()->epoch, 2);
    assert_int_equal(puppet.real->alarm_count, 0);
}

/* It was granted another epoch of that number meanwhile: the wish is for the next one then. */
static void a_consent_to_an_epoch_that_is_there_is_asked_for_anew(void **state)
{
    struct place *region = puppet.real;
    struct offered offered, renewed;
    struct grant grant = *city();
    const Terrace__Frame *frame;
    struct grant_terms terms;
    struct err err;

    (void)state;
    assert_int_equal(amend("C1", "another", NULL), OK);
    offered = take_offer(SESSION);
    grant.epoch = 2;
    assert_int_equal(replicator_grant(region->replicator, region->txn, &grant, every_code(), &err),
                     OK);
    consent_to(&offered, SUITE_ED25519_BLAKE2B, SESSION);
    puppet_commit(&puppet, true);
    frame = puppet_await(&puppet, has_offer);
    assert_non_null(frame);
    assert_int_equal(grant_read(&renewed.grant, &terms, bytes_of_pb(frame->offer), &err), OK);
    assert_int_equal(renewed.grant.epoch, 3);
    assert_string_equal(renewed.grant.name, "another");
    renewed.consented = terms.consented;
    consent_to(&renewed, SUITE_ED25519_BLAKE2B, SESSION);
    puppet_commit(&puppet, true);
    assert_int_equal(city()->epoch, 3);
    assert_string_equal(city()->name, "another");
}

/* ... and what is wished then takes nothing over from the one that waited. */
static void a_wish_of_another_number_is_forgotten(void **state)
{
    struct place *region = puppet.real;
    struct grant grant = *city();
    struct offered offered;
    struct err err;

    (void)state;
    sibling_may_grant_nobody();
    assert_int_equal(amend("C1", "another", NULL), OK);
    puppet_commit(&puppet, true);
    grant.epoch = 2;
    assert_int_equal(replicator_grant(region->replicator, region->txn, &grant, every_code(), &err),
                     OK);
    assert_int_equal(amend("C1", NULL, "K1*"), OK);
    puppet_commit(&puppet, true);
    offered = take_offer(SESSION);
    assert_int_equal(offered.grant.epoch, 3);
    assert_string_equal(offered.grant.name, grant.name);
}

/* A row that cannot be read is no wish: that is told, and the next one is taken. */
static void a_damaged_wish_is_told_and_dropped(void **state)
{
    struct offered offered;
    struct buf key = BUF_EMPTY;

    (void)state;
    assert_int_equal(amend("C1", "another", NULL), OK);
    offered = take_offer(SESSION);
    buf_put_u8(&key, META_AMENDMENT);
    division_write(&key, division_of("C1"));
    (void)txn_put(puppet.real->txn, SPACE_META, buf_bytes(&key), bytes_text("none"));
    consent_to(&offered, SUITE_ED25519_BLAKE2B, SESSION);
    puppet_commit(&puppet, true);
    assert_int_equal(city()->epoch, 1);
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    (void)txn_put(puppet.real->txn, SPACE_META, buf_bytes(&key), bytes_text("none"));
    assert_int_equal(amend("C1", "another", NULL), OK);
    offered = take_offer(SESSION + 1);
    consent_to(&offered, SUITE_ED25519_BLAKE2B, SESSION + 1);
    puppet_commit(&puppet, true);
    assert_int_equal(city()->epoch, 2);
    buf_free(&key);
}

static bool loses_consent(struct world *world, struct division from, struct division to,
                          struct buf *raw)
{
    struct arena arena;
    Terrace__Frame *frame;
    struct err err;
    bool lost;

    (void)world;
    (void)from;
    (void)to;
    arena_init(&arena, 8 << 20);
    lost = frame_decode(&frame, &arena, buf_bytes(raw), &err) == OK && frame->consent != NULL;
    arena_free(&arena);
    return lost;
}

/* The city granted somebody meanwhile whom the list that it agrees to leaves out. */
static void a_list_without_who_came_since_is_not_granted(void **state)
{
    struct world *world = &puppet.world;

    (void)state;
    sibling_may_grant_nobody();
    world_run(world, 3000);
    world->spoil = loses_consent;
    assert_int_equal(amend("C1", NULL, "K1*"), OK);
    world_run(world, 3000);
    assert_int_equal(city()->epoch, 1);
    (void)world_add(world, "K7", CITY);
    world_run(world, 3000);
    world->spoil = NULL;
    replicator_connection_ended(world->at[CITY].replicator, division_of("R"));
    world_run(world, 30000);
    assert_int_equal(city()->epoch, 1);
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    assert_non_null(strstr(puppet.real->alarm_words, "amend_leaves_out"));
}

/* --- offers --- */

static bool has_consent(const Terrace__Frame *frame)
{
    return frame->consent != NULL;
}

static void offer(uint64_t session, const struct grant *grant)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct buf written = BUF_EMPTY;

    grant_write(&written, grant, every_code());
    frame.has_session = frame.has_offer = 1;
    frame.session = session;
    frame.offer = pb_of_bytes(written.data, written.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    buf_free(&written);
}

/* Only its parent asks a division for anything, and of its own tree. */
static void who_is_not_its_parent_is_not_agreed_with(void **state)
{
    struct grant grant;
    uint64_t session;

    (void)state;
    puppet_play(&puppet, CITY, COUNTY);
    puppet_hello(&puppet, SESSION, CREDIT);
    puppet_commit(&puppet, true);
    grant = *city();
    grant.epoch = 2;
    offer(SESSION, &grant);
    assert_null(puppet_await(&puppet, has_consent));
    assert_int_equal(frames_refused(), 1);

    puppet_play(&puppet, CITY, REGION);
    session = puppet_welcome(&puppet, CREDIT);
    grant.tree.at[0] ^= 1;
    offer(session, &grant);
    assert_null(puppet_await(&puppet, has_consent));
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    grant.tree.at[0] ^= 1;
    offer(session, &grant);
    assert_non_null(puppet_await(&puppet, has_consent));

    {
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        Terrace__Consent said = TERRACE__CONSENT__INIT;
        const uint64_t refused = frames_refused();

        frame.has_session = 1; /* nor does a parent agree to anything */
        frame.session = session;
        frame.consent = &said;
        puppet_send(&puppet, &frame);
        assert_int_equal(frames_refused(), refused + 1);
    }
}

/* Who knows that he is revoked agrees to nothing; his parent may not have heard of it yet. */
static void who_is_revoked_agrees_to_nothing(void **state)
{
    struct grant grant;
    struct revocation word = {.by = division_of("R"),
                              .said_lsn = 9,
                              .division = division_of("C1"),
                              .first_epoch = 1,
                              .last_epoch = 1,
                              .reason = "gone"};
    uint64_t session;
    struct err err;
    bool changed;

    (void)state;
    puppet_play(&puppet, CITY, REGION);
    grant = *city();
    grant.epoch = 2;
    session = puppet_welcome(&puppet, CREDIT);
    assert_int_equal(roster_revoke((struct roster *)replicator_roster(puppet.real->replicator),
                                   &word, &changed, &err),
                     OK);
    offer(session, &grant);
    assert_null(puppet_await(&puppet, has_consent));
    assert_false(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    assert_int_equal(frames_refused(), 0);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(what_nobody_can_be_called_is_not_asked),
        STORY(nobody_gives_more_than_he_has),
        STORY(what_cannot_be_granted_is_no_entry),
        STORY(a_consent_counts_once_and_in_its_form),
        STORY(a_consent_to_an_epoch_that_is_there_is_asked_for_anew),
        STORY(a_wish_of_another_number_is_forgotten),
        STORY(a_damaged_wish_is_told_and_dropped),
        STORY(a_list_without_who_came_since_is_not_granted),
        STORY(who_is_not_its_parent_is_not_agreed_with),
        STORY(who_is_revoked_agrees_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
