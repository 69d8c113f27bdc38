/* test_resync - a city whose log is not whole: whose words it waits for, and what it does not do
 * meanwhile. Its region and its county are played. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/log/granted.h"
#include "replicator/session/claim.h"
#include "replicator/session/resync.h"
#include "replicator/session/session.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/grant_keys.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;
static struct written own_log, county_log;

static struct written end_of(const char *author)
{
    const struct log_head head = place_head(&puppet.world.at[CITY], author);

    return (struct written){head.lsn, head.hash, 1}; /* one block on its own line */
}

static void open_anew(void)
{
    struct place *city = &puppet.world.at[CITY];

    place_close(city);
    city->resyncs = true;
    place_open(city);
    puppet_play(&puppet, CITY, REGION);
}

/* Both logs have what the others hold, too; then the city begins to fetch its own. */
static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    world_run(&puppet.world, 3000);
    place_say(&puppet.world.at[CITY], AUDIENCE_LINE, "C1", "said");
    place_say(&puppet.world.at[COUNTY], AUDIENCE_LINE, "K1", "said");
    world_run(&puppet.world, 5000);
    own_log = end_of("C1");
    county_log = end_of("K1");
    open_anew();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static bool is_whole(void)
{
    return resync_is_whole(puppet.real->replicator);
}

static struct resync_progress progress(void)
{
    struct resync_progress out;

    resync_progress(puppet.real->replicator, &out);
    return out;
}

static const struct resync_holder *holder_of(const char *division)
{
    const struct resync_progress now = progress();

    for (size_t i = 0; i < now.holder_count; i++) {
        if (strcmp(now.holders[i].division.code, division) == 0) {
            return &now.holders[i];
        }
    }
    return NULL;
}

static Terrace__Position position_of(const char *author, uint64_t lsn)
{
    Terrace__Position position = TERRACE__POSITION__INIT;

    position.has_author = position.has_epoch = position.has_lsn = 1;
    position.author = pb_of_text(author);
    position.epoch = 1;
    position.lsn = lsn;
    return position;
}

/* The region's answer: how much of each of these logs it holds; 0: it does not say. */
static uint64_t welcome_with(uint64_t city, uint64_t county, uint64_t region)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT, *asked;
    Terrace__Welcome welcome = TERRACE__WELCOME__INIT;
    Terrace__Position of_city = position_of("C1", city), of_county = position_of("K1", county),
                      of_region = position_of("R", region), *heads[3];

    puppet_play(&puppet, CITY, REGION);
    do {
        puppet_wait(&puppet, 1000);
        asked = puppet_await(&puppet, has_hello);
    } while (asked == NULL);
    assert_true(asked->hello->own_log);
    frame.has_session = 1;
    frame.session = asked->session;
    frame.welcome = &welcome;
    welcome.has_version = welcome.has_features = welcome.has_unix_ms = welcome.has_credit = 1;
    welcome.version = PROTOCOL_VERSION_MAX;
    welcome.features = FEATURE_OWN_LOG;
    welcome.unix_ms = puppet.world.hand.now_ms;
    welcome.credit = CREDIT;
    welcome.heads = heads;
    if (city != 0) {
        heads[welcome.n_heads++] = &of_city;
    }
    if (county != 0) {
        heads[welcome.n_heads++] = &of_county;
    }
    if (region != 0) {
        heads[welcome.n_heads++] = &of_region;
    }
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    return frame.session;
}

/* The county's greeting: how much of the city's log it says that it holds. */
static void hello_with(uint64_t lsn)
{
    puppet_play(&puppet, CITY, COUNTY);
    puppet_hello_with(&puppet, SESSION, CREDIT, "C1", lsn);
    puppet_commit(&puppet, true);
}

/* --- who is waited for --- */

static void it_is_whole_once_all_have_told_and_nobody_has_more(void **state)
{
    (void)state;
    assert_true(resync_is_on(puppet.real->replicator));
    assert_false(is_whole()); /* what came before its last end is looked at first */
    puppet_wait(&puppet, 100);
    assert_false(is_whole());
    (void)welcome_with(own_log.lsn, county_log.lsn, 1);
    assert_false(is_whole());
    assert_false(holder_of("K1")->answered);
    assert_true(holder_of("R")->answered && holder_of("R")->is_neighbour);
    hello_with(0);
    assert_true(is_whole());
    assert_int_equal(progress().known_lsn, own_log.lsn);
    assert_int_equal(progress().known_entries, progress().entries);
}

static void a_node_that_misses_nothing_is_not_asked(void **state)
{
    (void)state;
    place_close(puppet.real);
    puppet.real->resyncs = false;
    place_open(puppet.real);
    puppet_wait(&puppet, 1000);
    assert_false(resync_is_on(puppet.real->replicator));
    assert_false(is_whole());
    resync_without(puppet.real->replicator, division_of("K1"));
    assert_null(progress().holders != NULL && holder_of("K1")->without ? holder_of("K1") : NULL);
}

/* More of a log below, as the parent tells, is waited for, too; a person may go on without. */
static void what_the_parent_has_of_those_below_is_fetched(void **state)
{
    (void)state;
    hello_with(0);
    (void)welcome_with(own_log.lsn, county_log.lsn + 5, 1);
    assert_false(is_whole());
    assert_int_equal(holder_of("R")->more_below, 1);
    assert_int_equal(progress().known_entries, progress().entries + 5);
    puppet_wait(&puppet, 60000); /* in its next session it tells of less */
    (void)welcome_with(own_log.lsn, county_log.lsn + 2, 0);
    assert_false(is_whole());
    assert_int_equal(progress().known_entries, progress().entries + 2);
    resync_without(puppet.real->replicator, division_of("R"));
    resync_without(puppet.real->replicator, division_of("K1"));
    puppet_wait(&puppet, 1000);
    assert_true(is_whole());
}

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

/* Neither its answer nor what it said is asked for any more. */
static void who_is_left_out_is_asked_no_more(void **state)
{
    (void)state;
    resync_without(puppet.real->replicator, division_of("R"));
    hello_with(own_log.lsn + 9);
    puppet_wait(&puppet, 1000);
    assert_false(is_whole());
    assert_non_null(puppet_await(&puppet, asks_to_show));
    resync_without(puppet.real->replicator, division_of("K1"));
    assert_true(is_whole());
    puppet_wait(&puppet, CLAIM_MS); /* what it said is judged all the same, */
    puppet_wait(&puppet, 1000);
    puppet_ack(&puppet, SESSION, "K1", 0, CREDIT);
    puppet_wait(&puppet, CLAIM_MS);
    while (puppet_next(&puppet) != NULL) {
    }
    puppet_wait(&puppet, CLAIM_ASK_MS); /* ... once */
    assert_null(puppet_await(&puppet, asks_to_show));
    assert_true(is_whole());
}

/* Nobody of whom it is known that he is revoked is waited for. */
static void who_is_revoked_keeps_nobody_waiting(void **state)
{
    struct place *city = puppet.real;
    struct revocation said;
    struct err err;

    (void)state;
    place_close(city);
    city->resyncs = false;
    place_open(city);
    assert_int_equal(
        replicator_revoke(city->replicator, city->txn, division_of("K1"), "gone", &said, &err), OK);
    puppet_commit(&puppet, true);
    open_anew();
    puppet_wait(&puppet, 1000);
    (void)welcome_with(end_of("C1").lsn, 0, 0);
    puppet_wait(&puppet, 1000);
    assert_false(holder_of("K1")->is_neighbour);
    assert_true(is_whole());
}

/* --- what is proved, and what is false --- */

static void show(uint64_t session, struct bytes block)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = frame.has_evidence = 1;
    frame.session = session;
    frame.evidence = pb_of_bytes(block.data, block.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* What is held here is no proof of more; what is more is, and is waited for by its number alone. */
static void a_block_proves_what_it_says(void **state)
{
    struct buf more = BUF_EMPTY, held = BUF_EMPTY;
    struct block_view block;
    struct err err;

    (void)state;
    resync_without(puppet.real->replicator, division_of("R"));
    puppet_wait(&puppet, 1000);
    hello_with(own_log.lsn + 1);
    assert_int_equal(log_read_block(&puppet.real->store, NULL, division_of("C1"), own_log.lsn,
                                    &held, &block, &err),
                     OK);
    more = draft_write(&puppet, CITY, &own_log, "lost");
    show(SESSION, buf_bytes(&more));
    assert_int_equal(holder_of("K1")->proved, own_log.lsn);
    assert_false(is_whole());
    show(SESSION, buf_bytes(&held)); /* it was not asked for */
    assert_int_equal(holder_of("K1")->proved, own_log.lsn);
    assert_false(is_whole());
    assert_int_equal(
        session_import(puppet.real->replicator, puppet.real->txn, buf_bytes(&more), &err),
        INGEST_STAGED);
    puppet_commit(&puppet, true);
    puppet_wait(&puppet, 1000);
    assert_true(is_whole());
    assert_false(place_alarmed_ever(puppet.real, ALARM_FALSE_CLAIM));
    buf_free(&more);
    buf_free(&held);
}

/* What it said beyond the block that it showed is asked for once that is held, unless it is left
 * out by then. */
static void who_proved_some_of_it_may_be_left_out(void **state)
{
    struct buf more = BUF_EMPTY;
    struct err err;

    (void)state;
    resync_without(puppet.real->replicator, division_of("R"));
    puppet_wait(&puppet, 1000);
    hello_with(own_log.lsn + 9);
    more = draft_write(&puppet, CITY, &own_log, "lost");
    show(SESSION, buf_bytes(&more));
    while (puppet_next(&puppet) != NULL) {
    }
    puppet_wait(&puppet, 2 * CLAIM_ASK_MS);
    assert_null(puppet_await(&puppet, asks_to_show)); /* that one is waited for */
    assert_int_equal(
        session_import(puppet.real->replicator, puppet.real->txn, buf_bytes(&more), &err),
        INGEST_STAGED);
    puppet_commit(&puppet, true);
    assert_false(is_whole());
    resync_without(puppet.real->replicator, division_of("K1"));
    puppet_ack(&puppet, SESSION, "K1", 0, CREDIT);
    puppet_wait(&puppet, 2 * CLAIM_ASK_MS);
    assert_null(puppet_await(&puppet, asks_to_show));
    assert_true(is_whole());
    buf_free(&more);
}

/* A signature under more than is held here proves it, as a block does; a false one nothing. */
static void a_cosignature_proves_how_much_there_is(void **state)
{
    static const struct hash hash = {{7}};

    (void)state;
    hello_with(0);
    for (int is_true = 0; is_true < 2; is_true++) {
        Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT, *list = &c;
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        struct signature signature;

        c.has_suite = c.has_author = c.has_audience = c.has_audience_division = 1;
        c.has_epoch = c.has_lsn = c.has_aud_seq = c.has_hash = c.has_holder = c.has_key_epoch = 1;
        c.has_unix_ms = 1;
        c.suite = SUITE_ED25519_BLAKE2B;
        c.author = pb_of_text("C1");
        c.audience = AUDIENCE_TREE;
        c.audience_division = pb_of_text("K1");
        c.epoch = c.key_epoch = 1;
        c.lsn = own_log.lsn + 4;
        c.aud_seq = 3;
        c.hash = pb_of_bytes(&hash, HASH_SIZE);
        c.holder = pb_of_text("K1");
        c.unix_ms = puppet.world.hand.now_ms;
        cosignature_sign(&puppet.world.trust.tree, &puppet.world.at[COUNTY].key, &c, &signature);
        signature.at[0] ^= is_true ? 0 : 1;
        frame.has_session = 1;
        frame.session = SESSION;
        frame.n_cosignature = 1;
        frame.cosignature = &list;
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        assert_int_equal(holder_of("K1")->proved, is_true ? own_log.lsn + 4 : 0);
        assert_true(cosignature_lsn(&puppet.real->store, division_of("C1"), division_of("K1")) <=
                    own_log.lsn); /* what cannot be compared is not kept */
    }
    resync_without(puppet.real->replicator, division_of("R"));
    puppet_wait(&puppet, 1000);
    assert_false(is_whole());
}

/* A parent of an earlier version brings no log back: somebody has to know. */
static void a_parent_that_brings_nothing_back_is_told_of(void **state)
{
    (void)state;
    (void)puppet_welcome(&puppet, CREDIT);
    assert_true(place_alarmed(puppet.real, ALARM_INCOMPATIBLE));
    assert_non_null(strstr(puppet.real->alarm_words, "own_log_not_brought"));
}

/* Bytes that are no block are refused, also where true ones would be put off. */
static void no_block_is_no_block_meanwhile_either(void **state)
{
    (void)state;
    hello_with(0);
    puppet_send_block(&puppet, SESSION, BYTES_NONE);
    puppet_commit(&puppet, true);
    assert_true(place_alarmed(puppet.real, ALARM_BAD_FRAME));
}

/* --- meanwhile --- */

/* What would be an entry of the own log waits with who asks for it. */
static void what_children_ask_for_waits(void **state)
{
    const struct grant *county =
        &roster_find(replicator_roster(puppet.real->replicator), division_of("K1"))->grant;
    struct wanted_keys wanted = wanted_keys_of(county);
    struct sign_key key;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Rotate rotate;
    Terrace__Consent consent = TERRACE__CONSENT__INIT;
    struct written log = county_log;
    struct buf block = BUF_EMPTY;
    Terrace__Frame *answer;
    bool not_yet = false;

    (void)state;
    sign_key_generate(&key);
    wanted.epoch = 2;
    wanted.sign_key = key.public;
    wanted.key_proof =
        link_key_proof(&key, &puppet.world.trust.tree, division_of("K1"), wanted.curve_key);
    wanted_keys_write(&rotate, &wanted);
    block = draft_write(&puppet, COUNTY, &log, "more");
    hello_with(0);
    frame.has_session = 1;
    frame.session = SESSION;
    frame.rotate = &rotate;
    frame.consent = &consent;
    frame.has_put_aside = 1;
    frame.put_aside = pb_of_bytes(block.data, block.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    puppet_send_block(&puppet, SESSION, buf_bytes(&block));
    puppet_commit(&puppet, true);
    while ((answer = puppet_next(&puppet)) != NULL) {
        assert_false(answer->has_offer || answer->has_rotate_refused || answer->has_put_aside_held);
        not_yet |= has_not_yet(answer);
    }
    assert_false(not_yet); /* without credit it may send no block */
    assert_int_equal(place_head(puppet.real, "K1").lsn, county_log.lsn);
    assert_int_equal(place_head(puppet.real, "C1").lsn, own_log.lsn);
    buf_free(&block);
}

/* --- epochs of its own --- */

static void open_whole(void)
{
    place_close(puppet.real);
    puppet.real->resyncs = false;
    place_open(puppet.real);
}

/* The city has its next epoch, which goes on behind the end of `own_log`, as if a person had
 * brought the grant. */
static void recover(void)
{
    struct place *region = &puppet.world.at[REGION], *city = puppet.real;
    struct grant grant =
        roster_find(replicator_roster(region->replicator), division_of("C1"))->grant;
    struct buf sealed = BUF_EMPTY;
    struct err err;
    bool added;

    grant.epoch = 2;
    grant.base_lsn = own_log.lsn;
    grant.base_hash = own_log.hash;
    assert_int_equal(replicator_grant(region->replicator, region->txn, &grant, every_code(), &err),
                     OK);
    buf_append_bytes(&sealed,
                     roster_sealed(replicator_roster(region->replicator), division_of("C1"), 2));
    assert_int_equal(roster_add((struct roster *)replicator_roster(city->replicator),
                                buf_bytes(&sealed), &added, &err),
                     OK);
    assert_int_equal(grant_parse(&grant, buf_bytes(&sealed), &err), OK);
    grant_put(city->txn, &grant, buf_bytes(&sealed));
    (void)place_turn(city);
    buf_free(&sealed);
}

/* A recovery that goes on where its log ends: what anybody holds behind that is over. */
static void behind_a_recovery_nothing_is_waited_for(void **state)
{
    enum { AMENDED, RECOVERED, CASES };

    (void)state;
    for (int what = 0; what < CASES; what++) {
        struct place *region = &puppet.world.at[REGION], *city = puppet.real;
        struct err err;
        uint32_t epoch;

        open_whole();
        if (what == AMENDED) {
            assert_int_equal(replicator_amend(region->replicator, region->txn, division_of("C1"),
                                              "another", NULL, &epoch, &err),
                             OK);
            world_run(&puppet.world, 30000);
        } else {
            recover();
        }
        assert_int_equal(
            roster_find(replicator_roster(city->replicator), division_of("C1"))->grant.epoch, 2);
        assert_int_equal(place_head(city, "C1").epoch, 1);
        open_anew();
        resync_without(city->replicator, division_of("R"));
        puppet_wait(&puppet, 1000);
        hello_with(own_log.lsn + 9);
        assert_int_equal(is_whole(), what == RECOVERED);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* One that goes on before the end of what is held: that is cut first, and then it is whole. */
static void what_is_behind_its_base_is_cut_first(void **state)
{
    struct place *city = puppet.real;

    (void)state;
    open_whole();
    world_run(&puppet.world, 60000);
    place_say(city, AUDIENCE_LINE, "C1", "more");
    (void)place_turn(city);
    assert_int_equal(place_head(city, "C1").lsn, own_log.lsn + 1);
    recover();
    open_anew();
    resync_without(city->replicator, division_of("R"));
    resync_without(city->replicator, division_of("K1"));
    assert_false(is_whole());
    puppet_wait(&puppet, 1000);
    assert_false(is_whole());
}

/* Two branches of it: no word of others makes that whole. */
static void a_log_of_two_branches_is_never_whole(void **state)
{
    struct written log = {own_log.lsn - 1, own_log.hash, own_log.seq - 1};
    struct draft draft;
    struct buf other = BUF_EMPTY;
    struct block_view held;
    struct buf block = BUF_EMPTY;
    struct err err;

    (void)state;
    assert_int_equal(log_read_block(&puppet.real->store, NULL, division_of("C1"), own_log.lsn,
                                    &block, &held, &err),
                     OK);
    draft = draft_next(&puppet, CITY, &log, "another");
    draft.header.prev_hash = held.header.prev_hash;
    draft.header.audience = held.header.audience;
    draft.header.aud_seq = held.header.aud_seq;
    draft.header.aud_prev = held.header.aud_prev;
    (void)draft_finish(&other, &draft);
    resync_without(puppet.real->replicator, division_of("R"));
    puppet_wait(&puppet, 1000);
    hello_with(own_log.lsn); /* under another hash */
    show(SESSION, buf_bytes(&other));
    assert_true(place_alarmed(puppet.real, ALARM_FORK));
    assert_int_equal(resync_check_fork(puppet.real->replicator, &err), ERR_CORRUPT);
    puppet_wait(&puppet, 1000);
    assert_false(is_whole());
    buf_free(&other);
    buf_free(&block);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(it_is_whole_once_all_have_told_and_nobody_has_more),
        STORY(a_node_that_misses_nothing_is_not_asked),
        STORY(what_the_parent_has_of_those_below_is_fetched),
        STORY(who_is_left_out_is_asked_no_more),
        STORY(who_is_revoked_keeps_nobody_waiting),
        STORY(a_block_proves_what_it_says),
        STORY(who_proved_some_of_it_may_be_left_out),
        STORY(a_cosignature_proves_how_much_there_is),
        STORY(a_parent_that_brings_nothing_back_is_told_of),
        STORY(no_block_is_no_block_meanwhile_either),
        STORY(what_children_ask_for_waits),
        STORY(behind_a_recovery_nothing_is_waited_for),
        STORY(what_is_behind_its_base_is_cut_first),
        STORY(a_log_of_two_branches_is_never_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
