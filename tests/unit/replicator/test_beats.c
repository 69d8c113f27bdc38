/* test_beats - beats by hand: which of a child are heard, and which of the root's answers a city
 * believes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/session/keep_alive.h"
#include "replicator/trust/cosignature.h"

enum { CREDIT = 64 << 20, STUCK_MS = 30000 };

static struct puppet puppet;
static uint64_t session;

static int set_up_root(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    session = SESSION;
    puppet_hello(&puppet, session, CREDIT);
    puppet_commit(&puppet, true);
    puppet_ack(&puppet, session, "R", place_head(puppet.real, "R").lsn, CREDIT);
    puppet_commit(&puppet, true);
    return 0;
}

/* The played region has what the city says. */
static void ack(void)
{
    puppet_commit(&puppet, true);
    while (puppet_next(&puppet) != NULL) {
    }
    puppet_ack(&puppet, session, "C1", place_head(puppet.real, "C1").lsn, CREDIT);
    puppet_commit(&puppet, true);
}

/* The city is real, and has said three entries. */
static int set_up_city(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, CITY, REGION);
    for (int i = 0; i < 3; i++) {
        place_say(puppet.real, AUDIENCE_LINE, "C1", "said");
        puppet_commit(&puppet, true);
    }
    puppet_wait(&puppet, 60000); /* the session with the real region is over */
    session = puppet_welcome(&puppet, CREDIT);
    ack();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
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

/* --- as proto/link.proto says --- */

static void add_text(struct hasher *hasher, ProtobufCBinaryData data)
{
    hasher_add_bytes(hasher, bytes_of(data.data, data.len));
}

static void sign(Terrace__Beat *beat, const struct sign_key *key, struct signature *signature)
{
    struct hasher hasher;
    struct hash hash;

    hasher_begin(&hasher, TAG_BEAT);
    hasher_add(&hasher, puppet.world.trust.tree.at, HASH_SIZE);
    hasher_add_u32(&hasher, beat->suite);
    add_text(&hasher, beat->division);
    hasher_add_u32(&hasher, beat->key_epoch);
    hasher_add_u64(&hasher, beat->sequence);
    hasher_add_u64(&hasher, beat->unix_ms);
    hasher_add_u32(&hasher, beat->epoch);
    hasher_add_u64(&hasher, beat->lsn);
    add_text(&hasher, beat->hash);
    hasher_add_u32(&hasher, beat->has_root_lsn ? 1 : 0);
    hasher_add_u64(&hasher, beat->root_unix_ms);
    hasher_add_u32(&hasher, beat->root_epoch);
    hasher_add_u64(&hasher, beat->root_lsn);
    add_text(&hasher, beat->root_hash);
    hasher_add_u64(&hasher, beat->n_root_line);
    for (size_t i = 0; i < beat->n_root_line; i++) {
        const Terrace__AudienceHead *head = beat->root_line[i];

        hasher_add_u32(&hasher, head->kind);
        add_text(&hasher, head->division);
        hasher_add_u64(&hasher, head->aud_seq);
        add_text(&hasher, head->hash);
    }
    add_text(&hasher, beat->health);
    hash = hasher_end(&hasher);
    *signature = sign_hash(key, &hash);
    beat->has_signature = 1;
    beat->signature = pb_of_bytes(signature, sizeof *signature);
}

static Terrace__Beat beat_of(const char *division, uint64_t lsn, const struct hash *hash)
{
    Terrace__Beat beat = TERRACE__BEAT__INIT;

    beat.has_suite = beat.has_division = beat.has_key_epoch = beat.has_sequence = 1;
    beat.has_unix_ms = beat.has_epoch = beat.has_lsn = beat.has_hash = 1;
    beat.suite = SUITE_ED25519_BLAKE2B;
    beat.division = pb_of_text(division);
    beat.key_epoch = beat.epoch = 1;
    beat.sequence = puppet.world.hand.now_ms;
    beat.unix_ms = puppet.world.hand.now_ms;
    beat.lsn = lsn;
    beat.hash = pb_of_bytes(hash, HASH_SIZE);
    return beat;
}

static void send(Terrace__Beat *beat, uint64_t in_session)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = 1;
    frame.session = in_session;
    frame.n_beat = 1;
    frame.beat = &beat;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

/* --- a child's --- */

static bool has_beat(const Terrace__Frame *frame)
{
    return frame->n_beat > 0;
}

static void a_beat_is_heard_of_whom_it_says(void **state)
{
    enum change {
        NOTHING,
        NO_DIVISION,
        STRANGER,
        ABOVE,
        OTHER_SUITE,
        SHORT_HASH,
        LARGE_HEALTH,
        ROOTS_WORD,
        OTHER_EPOCH,
        OTHER_KEY,
        NO_SIGNATURE,
        CHANGES
    };
    static const char large[HEALTH_BYTES_MAX + 1];
    static const struct hash hash;

    (void)state;
    for (int change = 0; change < CHANGES; change++) {
        const struct told *told = place_told(puppet.real, "C1");
        const int before = told == NULL ? 0 : told->times;
        const uint64_t refused = frames_refused();
        Terrace__Beat beat = beat_of(change == STRANGER ? "C2"
                                     : change == ABOVE  ? "R"
                                                        : "C1",
                                     0, &hash);
        struct signature signature;
        bool answered;

        puppet_wait(&puppet, 1000);
        while (puppet_next(&puppet) != NULL) {
        }
        if (change == NO_DIVISION) {
            beat.division = pb_of_text("not one");
        } else if (change == OTHER_SUITE) {
            beat.suite = 9;
        } else if (change == SHORT_HASH) {
            beat.hash.len--;
        } else if (change == LARGE_HEALTH) {
            beat.has_health = 1;
            beat.health = pb_of_bytes(large, sizeof large);
        } else if (change == ROOTS_WORD) {
            beat.has_root_lsn = 1;
        } else if (change == OTHER_EPOCH) {
            beat.key_epoch = 2;
        }
        sign(&beat, &puppet.world.at[change == OTHER_KEY ? SIBLING : CITY].key, &signature);
        beat.has_signature = change != NO_SIGNATURE;
        send(&beat, session);
        told = place_told(puppet.real, "C1");
        answered = puppet_await(&puppet, has_beat) != NULL;
        if ((told != NULL && told->times > before) != (change == NOTHING) ||
            answered != (change == NOTHING) ||
            (frames_refused() > refused) != (change > NO_DIVISION)) {
            fail_msg("change %d: %s", change, answered ? "heard" : "not heard");
        }
    }
    assert_null(place_told(puppet.real, "C2"));
}

/* Who is under way to open no session is told of all the same; there is nothing to answer by. */
static void a_lone_beat_is_heard_and_not_answered(void **state)
{
    static const struct hash hash;
    Terrace__Beat beat;
    struct signature signature;
    struct division to;
    struct buf frame = BUF_EMPTY;

    (void)state;
    puppet_wait(&puppet, 60000); /* the session is over */
    while (puppet_next(&puppet) != NULL) {
    }
    beat = beat_of("C1", 0, &hash);
    sign(&beat, &puppet.world.at[CITY].key, &signature);
    send(&beat, 0);
    assert_int_equal(place_told(puppet.real, "C1")->times, 1);
    assert_null(puppet_await(&puppet, has_beat));
    for (int beside = 0; beside < 5; beside++) { /* what comes with more is no such beat */
        Terrace__Frame more = TERRACE__FRAME__INIT;
        Terrace__Ack ack = TERRACE__ACK__INIT;
        Terrace__Blocks blocks = TERRACE__BLOCKS__INIT;
        Terrace__Cosignature cosignature = TERRACE__COSIGNATURE__INIT, *cosignatures = &cosignature;
        Terrace__Hello hello = TERRACE__HELLO__INIT;
        Terrace__Beat *beats[] = {&beat, &beat};
        const uint64_t refused = frames_refused();

        more.n_beat = beside == 0 ? 2 : 1;
        more.beat = beats;
        more.ack = beside == 1 ? &ack : NULL;
        more.blocks = beside == 2 ? &blocks : NULL;
        more.n_cosignature = beside == 3 ? 1 : 0;
        more.cosignature = &cosignatures;
        more.hello = beside == 4 ? &hello : NULL;
        puppet_send(&puppet, &more);
        puppet_commit(&puppet, true);
        assert_int_equal(place_told(puppet.real, "C1")->times, 1);
        assert_int_equal(frames_refused(), refused + 1);
    }
    assert_true(place_alarmed(puppet.real, ALARM_BAD_FRAME));
    puppet.world.hand.now_ms += 60000;
    assert_false(replicator_lone_beat(puppet.real->replicator, &to, &frame)); /* to whom? */
    buf_free(&frame);
}

/* What is not durable yet is no word of the root: nobody could fetch it after a crash. */
static void the_root_tells_what_is_on_disk(void **state)
{
    static const struct hash hash;
    Terrace__Frame *frame;
    struct signature signature;

    (void)state;
    for (int durable = 0; durable < 2; durable++) {
        Terrace__Beat beat;
        const Terrace__Beat *answer;
        bool told = false;

        puppet_wait(&puppet, 1000);
        if (durable == 0) {
            place_say(puppet.real, AUDIENCE_TREE, "C1", "for the city");
            replicator_seal(puppet.real->replicator, puppet.real->txn);
        }
        beat = beat_of("C1", 0, &hash);
        sign(&beat, &puppet.world.at[CITY].key, &signature);
        send(&beat, session);
        frame = puppet_await(&puppet, has_beat);
        assert_non_null(frame);
        answer = frame->beat[0];
        for (size_t i = 0; i < answer->n_root_line; i++) {
            told |= answer->root_line[i]->kind == AUDIENCE_TREE &&
                    answer->root_line[i]->aud_seq == 2; /* the first was its grant */
        }
        assert_int_equal(told, durable);
        assert_true(answer->root_lsn <= place_head(puppet.real, "R").lsn);
    }
}

/* --- the root's --- */

static Terrace__AudienceHead line_of(const char *division, uint64_t seq, const struct hash *hash)
{
    Terrace__AudienceHead head = TERRACE__AUDIENCE_HEAD__INIT;

    head.has_kind = head.has_division = head.has_aud_seq = head.has_hash = 1;
    head.kind = AUDIENCE_TREE;
    head.division = pb_of_text(division);
    head.aud_seq = seq;
    head.hash = pb_of_bytes(hash, HASH_SIZE);
    return head;
}

/* The number of the city's newest beat. */
static uint64_t await_beat(void)
{
    for (int seconds = 0; seconds < 30; seconds++) {
        const Terrace__Frame *frame;

        puppet_wait(&puppet, 1000);
        frame = puppet_await(&puppet, has_beat);
        if (frame != NULL) {
            return frame->beat[0]->sequence;
        }
    }
    fail_msg("it beats no more");
    return 0;
}

static Terrace__Beat answer_to(uint64_t sequence, const struct log_head *head)
{
    static const struct hash root_hash;
    Terrace__Beat beat = beat_of("C1", head->lsn, &head->hash);

    beat.sequence = sequence;
    beat.has_root_unix_ms = beat.has_root_epoch = beat.has_root_lsn = beat.has_root_hash = 1;
    beat.root_unix_ms = puppet.world.hand.now_ms;
    beat.root_epoch = 1;
    beat.root_lsn = 2;
    beat.root_hash = pb_of_bytes(&root_hash, HASH_SIZE);
    return beat;
}

static void answer(Terrace__Beat *beat)
{
    struct signature signature;

    sign(beat, &puppet.world.at[REGION].key, &signature);
    send(beat, session);
}

static uint64_t confirmed(void)
{
    struct confirmation confirmation;

    replicator_confirmed(puppet.real->replicator, &confirmation);
    return confirmation.lsn;
}

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

/* Of each: does the city believe that its log is with the root, and does it ask for a block? */
static void the_roots_answer_confirms_what_fits(void **state)
{
    enum change {
        NOTHING,
        NO_ROOT,
        SHORT_ROOT_HASH,
        NOT_SAID_YET,
        SAID_LONG_AGO,
        BEYOND_THE_END,
        OTHER_BLOCK,
        OTHER_DIVISION,
        CHANGES
    };

    for (int change = 0; change < CHANGES; change++) {
        struct log_head head = place_head(puppet.real, "C1");
        const uint64_t sequence = await_beat(), refused = frames_refused();
        Terrace__Beat beat;
        bool asks;

        head.lsn += change == BEYOND_THE_END ? 7 : 0;
        head.hash.at[0] ^= change == OTHER_BLOCK ? 1 : 0;
        beat = answer_to(sequence, &head);
        if (change == NO_ROOT) {
            beat.has_root_lsn = 0;
        } else if (change == SHORT_ROOT_HASH) {
            beat.root_hash.len--;
        } else if (change == NOT_SAID_YET) {
            beat.sequence++;
        } else if (change == SAID_LONG_AGO) {
            beat.sequence = 1;
        } else if (change == OTHER_DIVISION) {
            beat.division = pb_of_text("K1"); /* it is passed on, and no word about this one */
        }
        answer(&beat);
        asks = puppet_await(&puppet, asks_to_show) != NULL;
        if ((confirmed() == head.lsn) != (change == NOTHING) || asks != (change == OTHER_BLOCK) ||
            (frames_refused() > refused) != (change == NO_ROOT || change == SHORT_ROOT_HASH)) {
            fail_msg("change %d: confirmed %d, %s", change, (int)confirmed(), asks ? "asks" : "-");
        }
        (void)tear_down(state);
        (void)set_up_city(state);
    }
}

/* An older word that comes later takes nothing back, neither on a beat nor as a cosignature. */
static void what_was_confirmed_stays_so(void **state)
{
    const struct log_head first = place_head(puppet.real, "C1");
    struct log_head second;
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT, *list = &c;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct signature signature;
    Terrace__Beat beat;

    (void)state;
    place_say(puppet.real, AUDIENCE_LINE, "C1", "one more");
    ack();
    second = place_head(puppet.real, "C1");
    assert_true(second.lsn > first.lsn);
    beat = answer_to(await_beat(), &second);
    answer(&beat);
    assert_int_equal(confirmed(), second.lsn);
    beat = answer_to(await_beat(), &first);
    answer(&beat);
    assert_int_equal(confirmed(), second.lsn);

    c.has_suite = c.has_author = c.has_holder = c.has_epoch = c.has_lsn = c.has_hash = 1;
    c.has_key_epoch = c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_of_text("C1");
    c.holder = pb_of_text("R");
    c.epoch = c.key_epoch = 1;
    c.lsn = first.lsn;
    c.hash = pb_of_bytes(&first.hash, HASH_SIZE);
    c.unix_ms = puppet.world.hand.now_ms;
    cosignature_sign(&puppet.world.trust.tree, &puppet.world.at[REGION].key, &c, &signature);
    frame.has_session = 1;
    frame.session = session;
    frame.n_cosignature = 1;
    frame.cosignature = &list;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    assert_int_equal(cosignature_lsn(&puppet.real->store, division_of("C1"), division_of("R")),
                     first.lsn); /* it was taken */
    assert_int_equal(confirmed(), second.lsn);
    assert_int_equal(puppet.real->alarm_count, 0);
}

/* What the root has written for the city is to come; what is no word of that is passed over. */
static void what_the_root_tells_of_its_own_log_is_awaited(void **state)
{
    enum change { NOTHING, OTHER_KIND, SHORT_HASH, NO_DIVISION, HELD, OF_THE_LINE, CHANGES };
    static const char *const words[CHANGES] = {
        [NOTHING] = "audience=tree", [OF_THE_LINE] = "audience=line"};

    for (int change = 0; change < CHANGES; change++) {
        const struct log_head head = place_head(puppet.real, "C1"),
                              of_root = place_head(puppet.real, "R");
        const uint64_t end = puppet.world.hand.now_ms + 2 * STUCK_MS;
        Terrace__AudienceHead line = line_of("C1", 9, &of_root.hash), *lines = &line;

        if (change == OTHER_KIND) {
            line.kind = 7;
        } else if (change == SHORT_HASH) {
            line.hash.len--;
        } else if (change == NO_DIVISION) {
            line.division = pb_of_text("not one");
        } else if (change == HELD) {
            line.aud_seq = 1; /* the city's grant */
        } else if (change == OF_THE_LINE) {
            line.kind = AUDIENCE_LINE;
        }
        do { /* the city hears of nothing but that */
            Terrace__Beat beat = answer_to(await_beat(), &head);

            beat.n_root_line = 1;
            beat.root_line = &lines;
            answer(&beat);
        } while (puppet.world.hand.now_ms < end);
        if (place_alarmed(puppet.real, ALARM_WITHHELD) != (words[change] != NULL) ||
            (words[change] != NULL && strstr(puppet.real->alarm_words, words[change]) == NULL)) {
            fail_msg("change %d: %s", change, puppet.real->alarm_words);
        }
        assert_int_equal(frames_refused(), 0);
        (void)tear_down(state);
        (void)set_up_city(state);
    }
}

/* The root tells of another block at a place that is held: somebody is to show it. */
static void another_block_of_the_root_is_asked_for(void **state)
{
    const struct log_head head = place_head(puppet.real, "C1");
    struct hash other = place_head(puppet.real, "R").hash;
    Terrace__AudienceHead line, *lines = &line;
    const Terrace__Frame *frame;
    Terrace__Beat beat;

    (void)state;
    other.at[0] ^= 1;
    line = line_of("C1", 1, &other);
    beat = answer_to(await_beat(), &head);
    beat.n_root_line = 1;
    beat.root_line = &lines;
    answer(&beat);
    frame = puppet_await(&puppet, asks_to_show);
    assert_non_null(frame);
    assert_true(bytes_equal(bytes_of_pb(frame->show->author), bytes_text("R")));
    assert_int_equal(confirmed(), head.lsn); /* of its own log it told true */
}

/* Only so many signatures a second are checked for one neighbour, whichever side it is on. */
static void a_flood_of_false_beats_hides_its_own_true_one(void **state)
{
    static const struct hash hash;

    (void)state;
    for (int then = 0; then < 2; then++) {
        Terrace__Beat beat = beat_of("C1", 0, &hash);
        struct signature signature;

        puppet.world.hand.now_ms += 1000 - puppet.world.hand.now_ms % 1000;
        sign(&beat, &puppet.world.at[SIBLING].key, &signature);
        for (int i = 0; then == 0 && i < 1000; i++) {
            send(&beat, session);
        }
        sign(&beat, &puppet.world.at[CITY].key, &signature);
        send(&beat, session);
        assert_int_equal(place_told(puppet.real, "C1") != NULL, then);
    }
}

static void a_flood_of_false_answers_hides_the_true_one(void **state)
{
    const struct log_head head = place_head(puppet.real, "C1");
    Terrace__Beat beat = answer_to(await_beat(), &head);
    struct signature signature;

    (void)state;
    puppet.world.hand.now_ms += 1000 - puppet.world.hand.now_ms % 1000;
    sign(&beat, &puppet.world.at[SIBLING].key, &signature);
    for (int i = 0; i < 1000; i++) {
        send(&beat, session);
    }
    answer(&beat);
    assert_int_not_equal(confirmed(), head.lsn);
    puppet.world.hand.now_ms += 1000;
    answer(&beat);
    assert_int_equal(confirmed(), head.lsn);
}

/* A node that beats more often than frames are held back for waits for no step of others. */
static void a_fast_pulse_goes_on_by_itself(void **state)
{
    struct place *city = &puppet.world.at[CITY];

    (void)state;
    city->limits.beat_ms = 1500;
    place_close(city);
    place_open(city);
    world_run(&puppet.world, 30000);
    assert_in_range(place_told(&puppet.world.at[REGION], "C1")->times, 18, 22);
    assert_int_equal(city->alarm_count, 0);
}

int main(void)
{
#define ROOT(name)    cmocka_unit_test_setup_teardown(name, set_up_root, tear_down)
#define CITY_OF(name) cmocka_unit_test_setup_teardown(name, set_up_city, tear_down)
    const struct CMUnitTest tests[] = {
        ROOT(a_beat_is_heard_of_whom_it_says),
        ROOT(a_lone_beat_is_heard_and_not_answered),
        ROOT(the_root_tells_what_is_on_disk),
        ROOT(a_flood_of_false_beats_hides_its_own_true_one),
        ROOT(a_fast_pulse_goes_on_by_itself),
        CITY_OF(the_roots_answer_confirms_what_fits),
        CITY_OF(what_was_confirmed_stays_so),
        CITY_OF(what_the_root_tells_of_its_own_log_is_awaited),
        CITY_OF(another_block_of_the_root_is_asked_for),
        CITY_OF(a_flood_of_false_answers_hides_the_true_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
