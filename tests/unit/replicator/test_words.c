/* Words about divisions in a log from below, which a child may write as it likes: a revocation or
 * an objection that is none, that goes to others than those whom it is for, or that is not its
 * author's to say. Each is held as its author signed it, told, and obeyed by nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/log/granted.h"
#include "replicator/trust/objection.h"
#include "replicator/trust/revocation.h"

static struct puppet puppet;
static struct written city_log;

static bool bring(uint32_t kind, uint32_t format, struct buf *said, struct audience audience);

/* The region knows the city's county. */
static void begin(void)
{
    memset(&city_log, 0, sizeof city_log);
    puppet_begin(&puppet);
    place_close(puppet.real);
    place_open(puppet.real);
    puppet_hello(&puppet, SESSION, 64 << 20);
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_welcome));
    assert_true(bring(KIND_GRANT, GRANT_FORMAT, &puppet.world.at[COUNTY].sealed,
                      (struct audience){AUDIENCE_TREE, division_of("K1")}));
    assert_non_null(roster_find(replicator_roster(puppet.real->replicator), division_of("K1")));
}

/* The next block of the city, of one entry. True: the region holds it. */
static bool bring(uint32_t kind, uint32_t format, struct buf *said, struct audience audience)
{
    const bool is_second = city_log.lsn > 0 && audience.kind == AUDIENCE_TREE &&
                           division_equal(audience.division, division_of("K1"));
    struct draft draft = draft_next(&puppet, CITY, &city_log, NULL);
    struct buf whole = BUF_EMPTY;
    struct log_head head;
    struct hash hash;

    draft.header.audience = audience;
    draft.header.aud_seq = is_second ? 2 : 1;
    draft.header.aud_prev = is_second ? city_log.hash : HASH_ZERO;
    draft.grants = said;
    draft.first_kind = kind;
    draft.first_format = format;
    hash = draft_finish(&whole, &draft);
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
    puppet_commit(&puppet, true);
    buf_free(&whole);
    (void)replicator_head(puppet.real->replicator, division_of("C1"), false, &head);
    city_log.hash = hash;
    city_log.lsn++;
    return head.lsn == city_log.lsn;
}

static struct revocation word_about(const char *division)
{
    return (struct revocation){
        .division = division_of(division), .first_epoch = 1, .last_epoch = 1, .reason = "gone"};
}

static void a_word_that_its_author_may_not_say_is_told_and_not_obeyed(void **state)
{
    static const struct {
        const char *name, *about; /* NULL: bytes that are no word */
        enum audience_kind kind;
        const char *to, *why;
    } cases[] = {
        {"no revocation", NULL, AUDIENCE_TREE, "K1", "revoke_not_taken"},
        {"to one alone", "K1", AUDIENCE_LINE, "K1", "revoke_other_audience"},
        {"to others", "K1", AUDIENCE_TREE, "C1", "revoke_other_audience"},
        {"of itself", "C1", AUDIENCE_TREE, "C1", "revoke_not_taken"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf said = BUF_EMPTY;

        begin();
        if (cases[i].about != NULL) {
            const struct revocation word = word_about(cases[i].about);

            revocation_write(&said, &word);
        } else {
            buf_append_bytes(&said, bytes_text("\xff\xff"));
        }
        assert_true(bring(KIND_REVOKE, REVOKE_FORMAT, &said,
                          (struct audience){cases[i].kind, division_of(cases[i].to)}));
        if (!place_alarmed(puppet.real, ALARM_BAD_GRANT) ||
            strstr(puppet.real->alarm_words, cases[i].why) == NULL) {
            fail_msg("%s: told is \"%s\"", cases[i].name, puppet.real->alarm_words);
        }
        assert_false(
            roster_revoked(replicator_roster(puppet.real->replicator), division_of("K1"), NULL));
        assert_false(
            roster_revoked(replicator_roster(puppet.real->replicator), division_of("C1"), NULL));
        buf_free(&said);
        puppet_end(&puppet);
    }
}

static void a_parents_word_to_all_who_go_by_it_is_obeyed(void **state)
{
    const struct revocation word = word_about("K1");
    struct revocation found;
    struct buf said = BUF_EMPTY;

    (void)state;
    begin();
    revocation_write(&said, &word);
    assert_true(bring(KIND_REVOKE, REVOKE_FORMAT, &said,
                      (struct audience){AUDIENCE_TREE, division_of("K1")}));
    assert_false(place_alarmed(puppet.real, ALARM_BAD_GRANT));
    assert_true(
        roster_revoked(replicator_roster(puppet.real->replicator), division_of("K1"), &found));
    assert_string_equal(found.by.code, "C1");
    assert_string_equal(found.reason, "gone");
    buf_free(&said);
    puppet_end(&puppet);
}

/* It may be read once the grant is there: the block is held, and read again then. */
static void a_word_about_who_is_not_known_yet_waits(void **state)
{
    const struct revocation word = word_about("K9");
    struct buf said = BUF_EMPTY;
    struct log_head head;

    (void)state;
    begin();
    revocation_write(&said, &word);
    (void)bring(KIND_REVOKE, REVOKE_FORMAT, &said,
                (struct audience){AUDIENCE_TREE, division_of("C1")});
    assert_true(place_alarmed(puppet.real, ALARM_BAD_GRANT)); /* to others than K9's: for ever */
    assert_true(replicator_head(puppet.real->replicator, division_of("C1"), true, &head));
    buf_free(&said);
    puppet_end(&puppet);
}

/* --- objections --- */

static void expect_no_objection(const char *name, const char *why)
{
    struct objection_held held;

    if (place_alarmed(puppet.real, ALARM_BAD_GRANT) != (why != NULL) ||
        (why != NULL && strstr(puppet.real->alarm_words, why) == NULL)) {
        fail_msg("%s: told is \"%s\"", name, puppet.real->alarm_words);
    }
    assert_false(
        roster_objection(replicator_roster(puppet.real->replicator), division_of("K1"), &held));
}

static void an_objection_is_heard_where_its_signature_holds(void **state)
{
    static const struct {
        const char *name;
        bool garbage, to_others, of_line, wrong_key;
        const char *why; /* NULL: whose key it is may show later */
    } cases[] = {
        {.name = "no objection", .garbage = true, .why = "grant_not_taken"},
        {.name = "to others", .to_others = true, .why = "objection_other_audience"},
        {.name = "to one alone", .of_line = true, .why = "objection_other_audience"},
        {.name = "by another key", .wrong_key = true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct objection objection = {.epoch = 1, .time_ms = 1, .reason = OBJECTION_IMPERSONATED};
        struct buf said = BUF_EMPTY;

        begin();
        objection.division = division_of("K1");
        objection.grant.at[0] = 7;
        objection_sign(&objection, &puppet.world.trust.tree,
                       &puppet.world.at[cases[i].wrong_key ? SIBLING : COUNTY].key);
        if (cases[i].garbage) {
            buf_append_bytes(&said, bytes_text("\xff\xff"));
        } else {
            objection_write(&said, &objection);
        }
        assert_true(bring(KIND_OBJECTION, OBJECTION_FORMAT, &said,
                          (struct audience){cases[i].of_line ? AUDIENCE_LINE : AUDIENCE_TREE,
                                            division_of(cases[i].to_others ? "C1" : "K1")}));
        expect_no_objection(cases[i].name, cases[i].why);
        buf_free(&said);
        puppet_end(&puppet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_that_its_author_may_not_say_is_told_and_not_obeyed),
        cmocka_unit_test(a_parents_word_to_all_who_go_by_it_is_obeyed),
        cmocka_unit_test(a_word_about_who_is_not_known_yet_waits),
        cmocka_unit_test(an_objection_is_heard_where_its_signature_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
