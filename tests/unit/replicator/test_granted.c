/* test_granted - what the blocks that come in say about the roster, entry by entry: of this very
 * node, of a root that lost its log, of divisions that two granted, and what has to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/log/granted.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "tests/unit/replicator/held.h"

static struct held held;
static struct ingest ingest;
static struct buf whole, body;
static struct piece next; /* of the log that is brought */

static void begin(void **state, const char *self, enum held_side side)
{
    held_begin(&held, *state, self, side);
    ingest_init(&ingest, division_of(self), &held.logs, held.world->roster);
    next = (struct piece){.first_lsn = 1};
}

static void end(void)
{
    ingest_free(&ingest);
    findings_free(&held.found);
    held_end(&held);
    buf_free(&whole);
    buf_free(&body);
}

/* The next block of that log, with these entries. */
static enum ingest_result bring_entries(const struct entry *entries, uint32_t count)
{
    struct block_view block;
    enum ingest_result result;
    struct hash hash;

    next.entries = entries;
    next.count = count;
    hash = held_write(&held, &next, &whole);
    assert_int_equal(block_parse(&block, buf_bytes(&whole), &held.err), OK);
    findings_clear(&held.found);
    result = ingest_block(&ingest, held.txn, &block, &held.found, &held.err);
    if (result == INGEST_STAGED) {
        held_commit(&held);
        next.first_lsn += count;
        next.seq = block.header.aud_seq + 1;
        next.prev = next.aud_prev = hash;
    }
    return result;
}

static enum ingest_result bring(uint32_t kind, uint32_t format, struct bytes said)
{
    const struct entry entry = {.kind = kind, .format = format, .body = said};

    return bring_entries(&entry, 1);
}

static bool is_found(enum finding_kind kind, const char *text)
{
    for (size_t i = 0; i < held.found.count; i++) {
        if (held.found.at[i].kind == kind && strstr(held.found.at[i].text, text) != NULL) {
            return true;
        }
    }
    return false;
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static size_t waiting_rows(void)
{
    const uint8_t letter = META_GRANT_WAITS;
    size_t count = 0;

    assert_int_equal(
        txn_scan(held.txn, SPACE_META, bytes_of(&letter, 1), count_row, &count, &held.err), OK);
    return count;
}

static uint32_t epoch_of(const char *code)
{
    const struct member *member = roster_find(held.world->roster, division_of(code));

    return member == NULL ? 0 : member->grant.epoch;
}

/* --- of this very node --- */

enum difference {
    AS_IT_IS,
    ANOTHER_KEY,
    ANOTHER_LINK_KEY,
    ONE_MORE,
    ANOTHER_NAME,
    ANOTHER_PERSON,
    AGREED_KEY
};

/* The county's next epoch by the city, into `body`. */
static void seal_county(enum difference how)
{
    struct grant grant = first_grant(division_of(COUNTY_CODE), division_of(CITY_CODE));
    struct grant_terms terms = {.founders = {{"sun", {{1}}}, {"li", {{2}}}}, .founder_count = 1};
    const enum who holder = how == ANOTHER_KEY || how == AGREED_KEY ? OTHER : COUNTY;

    grant.epoch = epoch_of(COUNTY_CODE) + 1;
    grant.curve_key[31] = how == ANOTHER_LINK_KEY;
    terms.founder_count += how == ONE_MORE;
    terms.founders[0].name[0] = how == ANOTHER_NAME ? 'z' : 's';
    terms.founders[0].key.at[5] = how == ANOTHER_PERSON;
    grant_certify(&grant, &held.world->trust.tree, &held.world->keys[holder]);
    if (how == AGREED_KEY) {
        consent(&terms, &grant, &held.world->keys[COUNTY]);
    }
    buf_clear(&body);
    grant_seal(&body, &grant, &terms, &held.world->keys[CITY]);
}

/* This node is the county, whose first admin is sun. */
static void begin_county(void **state)
{
    static const struct said county = {.division = COUNTY_CODE,
                                       .parent = CITY_CODE,
                                       .list = "",
                                       .holder = COUNTY,
                                       .granter = CITY,
                                       .epoch = 2};
    bool added;

    begin(state, COUNTY_CODE, HELD_ABOVE);
    (void)heads_follow(&held.logs, division_of(COUNTY_CODE), HELD_OWN);
    (void)county;
    seal_county(AS_IT_IS); /* epoch 2, which it has */
    assert_int_equal(roster_add(held.world->roster, buf_bytes(&body), &added, &held.err), OK);
    next.to = COUNTY_CODE;
}

static enum ingest_result bring_county(enum difference how)
{
    seal_county(how);
    return bring(KIND_GRANT, GRANT_FORMAT, buf_bytes(&body));
}

/* Its parent gives an epoch of it to somebody else: it goes on under its own, and objects. */
static void an_epoch_of_this_node_for_another_is_not_taken(void **state)
{
    static const enum difference changes[] = {ANOTHER_KEY, ANOTHER_LINK_KEY, ONE_MORE, ANOTHER_NAME,
                                              ANOTHER_PERSON};

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        begin_county(state);
        heads_note_fork(held.logs.own, 1); /* nor where it waits for the end of a fork */
        assert_int_equal(bring_county(changes[i]), INGEST_STAGED);
        if (epoch_of(COUNTY_CODE) != 2 || !is_found(FOUND_USURPED, "") ||
            !is_found(FOUND_ALARM, "own_epoch_of_another") ||
            !bytes_equal(buf_bytes(&ingest.usurper), buf_bytes(&body))) {
            fail_msg("change %zu: %s", i, held.err.text);
        }
        assert_int_equal(waiting_rows(), 0);
        end();
    }
}

/* With its own keys and persons it is the end of a fork: once both branches are known here. */
static void an_epoch_that_ends_a_fork_waits_for_both_branches(void **state)
{
    begin_county(state);
    assert_int_equal(bring_county(AS_IT_IS), INGEST_STAGED);
    assert_int_equal(epoch_of(COUNTY_CODE), 2);
    assert_true(is_found(FOUND_CLAIM, "own_epoch_without_fork"));
    assert_false(is_found(FOUND_USURPED, "") || is_found(FOUND_ALARM, ""));
    assert_int_equal(waiting_rows(), 1);
    assert_int_equal(grants_resume(&ingest, held.txn, &held.found, &held.err), OK);
    assert_int_equal(epoch_of(COUNTY_CODE), 2); /* it waits still */
    assert_int_equal(waiting_rows(), 1);
    heads_note_fork(held.logs.own, 2);
    assert_int_equal(grants_resume(&ingest, held.txn, &held.found, &held.err), OK);
    assert_int_equal(epoch_of(COUNTY_CODE), 3);
    assert_int_equal(waiting_rows(), 0);
    end();
}

static void an_epoch_to_which_its_key_agreed_is_its_own(void **state)
{
    begin_county(state);
    assert_int_equal(bring_county(AGREED_KEY), INGEST_STAGED);
    assert_int_equal(epoch_of(COUNTY_CODE), 3);
    assert_int_equal(waiting_rows(), 0);
    assert_false(is_found(FOUND_USURPED, ""));
    end();
}

/* --- a root that lost its log --- */

/* The first block of an epoch behind position 4: its grant is its first entry. */
struct first {
    uint32_t epoch, granted_epoch, kind, format;
    uint64_t base_lsn;
    const char *granted; /* NULL: the root */
    bool other_base, by_another, is_noise;
};

static struct hash lost_at = {{7}};

static enum ingest_result bring_first(const struct first *first, const char *author)
{
    struct grant grant = first_grant(
        division_of(first->granted == NULL ? ROOT_CODE : first->granted), DIVISION_NONE);
    static struct entry entry; /* written once more, too */

    entry = (struct entry){.kind = first->kind, .format = first->format};
    grant.epoch = first->granted_epoch;
    grant.base_lsn = first->base_lsn;
    grant.base_hash = first->base_lsn == 0 ? HASH_ZERO : lost_at;
    grant.base_hash.at[0] ^= first->other_base;
    buf_clear(&body);
    grant_certify(&grant, &held.world->trust.tree, &held.world->keys[OTHER]);
    grant_seal(&body, &grant, every_code(),
               first->by_another ? &held.world->keys[CITY] : &held.world->trust.key);
    entry.body = first->is_noise ? bytes_text("noise") : buf_bytes(&body);
    next = (struct piece){.first_lsn = 5,
                          .seq = 3,
                          .epoch = first->epoch,
                          .key = OTHER,
                          .kind = AUDIENCE_TREE,
                          .prev = lost_at,
                          .aud_prev = {{3}},
                          .author = author};
    return bring_entries(&entry, 1);
}

static void the_root_brings_its_epoch_in_its_first_block(void **state)
{
    static const struct {
        const char *name;
        struct first first;
        bool is_taken;
    } cases[] = {
        {"as it should be", {2, 2, KIND_GRANT, GRANT_FORMAT, 4}, true},
        {"an epoch is left out", {3, 3, KIND_GRANT, GRANT_FORMAT, 4}, false},
        {"of another epoch than the block", {2, 3, KIND_GRANT, GRANT_FORMAT, 4}, false},
        {"something else comes first", {2, 2, KIND_USER_FIRST, 0, 4}, false},
        {"of a later version", {2, 2, KIND_GRANT, GRANT_FORMAT + 1, 4}, false},
        {"no grant", {2, 2, KIND_GRANT, GRANT_FORMAT, 4, .is_noise = true}, false},
        {"of somebody else", {2, 2, KIND_GRANT, GRANT_FORMAT, 4, .granted = "540900"}, false},
        {"behind nothing", {2, 2, KIND_GRANT, GRANT_FORMAT, 0}, false},
        {"behind another position", {2, 2, KIND_GRANT, GRANT_FORMAT, 3}, false},
        {"behind another branch", {2, 2, KIND_GRANT, GRANT_FORMAT, 4, .other_base = true}, false},
        {"not by the trust key", {2, 2, KIND_GRANT, GRANT_FORMAT, 4, .by_another = true}, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(state, COUNTY_CODE, HELD_ABOVE);
        (void)heads_follow(&held.logs, division_of(ROOT_CODE), HELD_ABOVE);
        (void)bring_first(&cases[i].first, ROOT_CODE);
        if ((epoch_of(ROOT_CODE) == 2) != cases[i].is_taken ||
            is_found(FOUND_MEMBER, "") != cases[i].is_taken ||
            is_found(FOUND_ALARM, "grant_not_taken") != cases[i].first.by_another) {
            fail_msg("%s: %s", cases[i].name, held.err.text);
        }
        end();
    }
}

/* What goes before cannot be told from the block; a body that cannot be read says nothing. */
static void a_first_block_is_of_the_root_and_can_be_read(void **state)
{
    const struct first first = {2, 2, KIND_GRANT, GRANT_FORMAT, 4};
    struct block_view block;
    struct buf other = BUF_EMPTY;

    begin(state, COUNTY_CODE, HELD_ABOVE);
    (void)heads_follow(&held.logs, division_of(ROOT_CODE), HELD_ABOVE);
    assert_int_equal(bring_first(&first, CITY_CODE), INGEST_NOT_YET);
    assert_int_equal(epoch_of(ROOT_CODE), 1);
    (void)bring_first(&first, ROOT_CODE);
    assert_int_equal(epoch_of(ROOT_CODE), 2);
    end();

    begin(state, COUNTY_CODE, HELD_ABOVE);
    (void)bring_first(&first, CITY_CODE);
    next.author = ROOT_CODE;
    (void)held_write(&held, &next, &other);
    assert_int_equal(block_parse(&block, buf_bytes(&other), &held.err), OK);
    block.body.size--;
    assert_false(grants_take_first(&ingest, held.txn, &block, &held.found));
    assert_int_equal(epoch_of(ROOT_CODE), 1);
    block.body.size++;
    assert_true(grants_take_first(&ingest, held.txn, &block, &held.found));
    assert_int_equal(epoch_of(ROOT_CODE), 2);
    assert_false(grants_take_first(&ingest, held.txn, &block, &held.found)); /* it is there */
    roster_free(held.world->roster);
    held.world->roster = ingest.roster = roster_new(&held.world->trust.tree, DIVISION_NONE);
    assert_false(grants_take_first(&ingest, held.txn, &block, &held.found)); /* nobody is */
    buf_free(&other);
    end();
}

/* --- what has to wait --- */

static void revoke_of(const char *code, struct revocation *out)
{
    *out = (struct revocation){
        .division = division_of(code), .first_epoch = 1, .last_epoch = 1, .reason = "gone"};
    buf_clear(&body);
    revocation_write(&body, out);
}

static void object_of(const char *code)
{
    struct objection said = {.division = division_of(code),
                             .epoch = 1,
                             .grant = {{1}},
                             .time_ms = 1,
                             .reason = OBJECTION_IMPERSONATED};

    objection_sign(&said, &held.world->trust.tree, &held.world->keys[COUNTY]);
    buf_clear(&body);
    objection_write(&body, &said);
}

static void a_word_waits_for_the_grant_of_whom_it_is_about(void **state)
{
    static const struct said town = {
        .division = "540122", .parent = CITY_CODE, .list = "", .holder = OTHER, .granter = CITY};
    struct revocation word;

    for (int objects = 0; objects < 2; objects++) {
        begin(state, ROOT_CODE, HELD_BELOW);
        next.kind = AUDIENCE_TREE;
        next.to = "540122";
        if (objects) {
            object_of("540122");
        } else {
            revoke_of("540122", &word);
        }
        assert_int_equal(bring(objects ? KIND_OBJECTION : KIND_REVOKE,
                               objects ? OBJECTION_FORMAT : REVOKE_FORMAT, buf_bytes(&body)),
                         INGEST_STAGED);
        assert_int_equal(waiting_rows(), 1);
        assert_false(is_found(FOUND_ALARM, ""));
        must(held.world, &town);
        assert_int_equal(grants_resume(&ingest, held.txn, &held.found, &held.err), OK);
        assert_int_equal(waiting_rows(), 0);
        assert_true(is_found(objects ? FOUND_OBJECTED : FOUND_REVOKED, ""));
        assert_int_equal(roster_revoked(held.world->roster, division_of("540122"), NULL), !objects);
        end();
    }
}

static void a_word_that_cannot_be_one_is_told(void **state)
{
    static const struct {
        const char *name, *to, *word;
        uint32_t kind, format;
        bool is_noise;
    } cases[] = {
        {"a revocation of noise", COUNTY_CODE, "revoke_not_taken", KIND_REVOKE, REVOKE_FORMAT,
         true},
        {"a revocation to others", "540100", "revoke_other_audience", KIND_REVOKE, REVOKE_FORMAT,
         false},
        {"an objection of noise", COUNTY_CODE, "grant_not_taken", KIND_OBJECTION, OBJECTION_FORMAT,
         true},
        {"an objection to others", "540100", "objection_other_audience", KIND_OBJECTION,
         OBJECTION_FORMAT, false},
        {"a grant of noise", COUNTY_CODE, "grant_not_taken", KIND_GRANT, GRANT_FORMAT, true},
    };
    struct revocation word;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(state, ROOT_CODE, HELD_BELOW);
        next.kind = AUDIENCE_TREE;
        next.to = cases[i].to;
        if (cases[i].kind == KIND_REVOKE) {
            revoke_of(COUNTY_CODE, &word);
        } else {
            object_of(COUNTY_CODE);
        }
        assert_int_equal(bring(cases[i].kind, cases[i].format,
                               cases[i].is_noise ? bytes_text("noise") : buf_bytes(&body)),
                         INGEST_STAGED); /* it is evidence */
        if (!is_found(FOUND_ALARM, cases[i].word)) {
            fail_msg("%s: %s", cases[i].name,
                     held.found.count == 0 ? "" : held.found.at[held.found.count - 1].text);
        }
        assert_false(roster_revoked(held.world->roster, division_of(COUNTY_CODE), NULL));
        assert_int_equal(waiting_rows(), 0);
        end();
    }
}

static void put_waits(const char *author, uint64_t first_lsn, uint32_t epoch, size_t size)
{
    struct buf key = BUF_EMPTY;

    buf_put_u8(&key, META_GRANT_WAITS);
    division_write(&key, division_of(author));
    buf_put_u64(&key, first_lsn);
    buf_put_u32(&key, epoch);
    (void)txn_put(held.txn, SPACE_META, bytes_of(key.data, size), BYTES_NONE);
    held_commit(&held);
    buf_free(&key);
}

enum { WAITS_KEY = 1 + DIVISION_CODE_MAX + 8 + 4 };

/* A row of a block that is not held, or not as it was: what it said cannot be passed over. */
static void what_waits_and_cannot_be_read_is_damage(void **state)
{
    static const struct {
        const char *name, *author;
        uint64_t lsn;
        size_t size;
    } cases[] = {
        {"a key that is none", CITY_CODE, 1, WAITS_KEY - 1},
        {"a log of which nobody knows here", "540900", 1, WAITS_KEY},
        {"a block that is not held", CITY_CODE, 9, WAITS_KEY},
    };
    struct buf key = BUF_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(state, ROOT_CODE, HELD_BELOW);
        put_waits(cases[i].author, cases[i].lsn, 1, cases[i].size);
        if (grants_resume(&ingest, held.txn, &held.found, &held.err) != ERR_CORRUPT ||
            strstr(held.err.text, "stored_block_damaged") == NULL) {
            fail_msg("%s: %s", cases[i].name, held.err.text);
        }
        end();
    }
    log_block_key(&key, division_of(CITY_CODE), 1, 1);
    for (int how = 0; how < 2; how++) {
        begin(state, ROOT_CODE, HELD_BELOW);
        (void)held_write(&held, &(struct piece){.first_lsn = 1, .count = 2}, &whole);
        /* cut short, and with other bytes at the end of its body */
        whole.data[whole.size - 1] ^= (uint8_t)how;
        whole.data[whole.size - 2] ^= (uint8_t)(how * 0xff);
        (void)txn_put(held.txn, SPACE_BLOCKS, buf_bytes(&key),
                      bytes_of(whole.data, whole.size - (how == 0)));
        held_commit(&held);
        put_waits(CITY_CODE, 1, 1, WAITS_KEY);
        if (how == 0) {
            assert_int_equal(grants_resume(&ingest, held.txn, &held.found, &held.err), ERR_CORRUPT);
        }
        end();
    }
    buf_free(&key);
}

/* Of an author that has to wait still the rest is left; another's goes on. */
static void each_author_waits_for_itself(void **state)
{
    struct revocation word;
    struct held_log *city;

    begin(state, ROOT_CODE, HELD_BELOW);
    city = held.log;
    next.kind = AUDIENCE_TREE;
    next.to = "540122"; /* of whom nobody knows */
    revoke_of("540122", &word);
    assert_int_equal(bring(KIND_REVOKE, REVOKE_FORMAT, buf_bytes(&body)), INGEST_STAGED);
    revoke_of(COUNTY_CODE, &word); /* and behind it: not read yet */
    next.to = COUNTY_CODE;
    next.seq = 1;
    next.aud_prev = HASH_ZERO;
    assert_int_equal(bring(KIND_REVOKE, REVOKE_FORMAT, buf_bytes(&body)), INGEST_STAGED);
    assert_int_equal(waiting_rows(), 2);
    assert_false(roster_revoked(held.world->roster, division_of(COUNTY_CODE), NULL));
    put_waits(COUNTY_CODE, 1, 1, WAITS_KEY);
    held.log = heads_follow(&held.logs, division_of(COUNTY_CODE), HELD_BELOW);
    next = (struct piece){.first_lsn = 1, .author = COUNTY_CODE};
    assert_int_equal(bring(KIND_USER_FIRST, 1, bytes_text("said")), INGEST_STAGED);
    assert_int_equal(grants_resume(&ingest, held.txn, &held.found, &held.err), OK);
    assert_int_equal(waiting_rows(), 2);
    assert_ptr_equal(heads_find(&held.logs, division_of(CITY_CODE)), city);
    assert_false(roster_revoked(held.world->roster, division_of(COUNTY_CODE), NULL));
    end();
}

/* --- what goes with its block --- */

static void note_gone(struct grants_gone *gone, const struct entry *entries, uint32_t count)
{
    struct block_view block;

    (void)held_write(&held, &(struct piece){.first_lsn = 1, .count = count, .entries = entries},
                     &whole);
    assert_int_equal(block_parse(&block, buf_bytes(&whole), &held.err), OK);
    assert_int_equal(grants_note_gone(gone, held.txn, &block, &held.err), OK);
}

static void put_grant_of(const char *code, const char *parent, uint32_t epoch, uint32_t granter)
{
    struct grant grant = first_grant(division_of(code), division_of(parent));

    grant.epoch = epoch;
    grant.granter_epoch = granter;
    grant_certify(&grant, &held.world->trust.tree, &held.world->keys[OTHER]);
    buf_clear(&body);
    grant_seal(&body, &grant, every_code(), &held.world->keys[CITY]);
    grant_put(held.txn, &grant, buf_bytes(&body));
}

static size_t count_grants(void)
{
    const uint8_t letter = META_GRANT;
    size_t count = 0;

    (void)txn_scan(held.txn, SPACE_META, bytes_of(&letter, 1), count_row, &count, &held.err);
    return count;
}

static void what_was_granted_in_a_block_goes_with_it(void **state)
{
    struct grants_gone gone = {.count = 0};
    struct entry entries[3];

    begin(state, ROOT_CODE, HELD_BELOW);
    put_grant_of("540122", CITY_CODE, 1, 0);
    put_grant_of("540123", "540122", 1, 1);  /* stands on it */
    put_grant_of("540124", "540123", 1, 1);  /* ... and this one on that */
    put_grant_of("540125", CITY_CODE, 1, 0); /* elsewhere */
    put_grant_of("540122", CITY_CODE, 2, 0); /* goes with the epoch before */
    put_grant_of("540126", "540125", 1, 1);
    held_commit(&held);
    entries[0] =
        (struct entry){.kind = KIND_GRANT, .format = GRANT_FORMAT, .body = bytes_text("noise")};
    entries[1] =
        (struct entry){.kind = KIND_REVOKE, .format = REVOKE_FORMAT, .body = bytes_text("noise")};
    put_grant_of("540122", CITY_CODE, 1, 0); /* signed anew; as it is held */
    entries[2] =
        (struct entry){.kind = KIND_GRANT, .format = GRANT_FORMAT, .body = buf_bytes(&body)};
    note_gone(&gone, entries, 3);
    assert_int_equal(gone.count, 1);
    assert_int_equal(grants_forget(&gone, held.txn, &held.err), OK);
    assert_int_equal(count_grants(), 2); /* 540125 and 540126 */
    grants_gone_free(&gone);
    end();
}

/* The grant that is held is another one than the block has: that one came otherwise, and stays. */
static void a_grant_that_came_otherwise_stays(void **state)
{
    struct grants_gone gone = {.count = 0};
    struct entry entry = {.kind = KIND_GRANT, .format = GRANT_FORMAT};
    struct buf in_block = BUF_EMPTY;

    begin(state, ROOT_CODE, HELD_BELOW);
    put_grant_of("540122", CITY_CODE, 1, 0);
    buf_append_bytes(&in_block, buf_bytes(&body));
    sign_key_generate(&held.world->keys[OTHER]);
    put_grant_of("540122", CITY_CODE, 1, 0);
    held_commit(&held);
    entry.body = buf_bytes(&in_block);
    note_gone(&gone, &entry, 1);
    assert_int_equal(gone.count, 0);
    assert_int_equal(grants_forget(&gone, held.txn, &held.err), OK);
    assert_int_equal(count_grants(), 1);
    grants_gone_free(&gone);
    buf_free(&in_block);
    end();
}

static void a_grant_that_cannot_be_read_ends_the_forgetting(void **state)
{
    struct grants_gone gone = {.count = 0};
    struct grant newest;
    struct buf key = BUF_EMPTY;

    begin(state, ROOT_CODE, HELD_BELOW);
    assert_int_equal(grant_newest(&held.store, division_of("540122"), &newest, &held.err),
                     ERR_NOT_FOUND);
    buf_put_u8(&key, META_GRANT);
    division_write(&key, division_of("540122"));
    buf_put_u32(&key, 1);
    (void)txn_put(held.txn, SPACE_META, buf_bytes(&key), bytes_text("noise"));
    held_commit(&held);
    assert_int_equal(grants_forget(&gone, held.txn, &held.err), ERR_CORRUPT);
    assert_int_equal(grant_newest(&held.store, division_of("540122"), &newest, &held.err),
                     ERR_CORRUPT);
    buf_free(&key);
    end();
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(an_epoch_of_this_node_for_another_is_not_taken),
        STORY(an_epoch_that_ends_a_fork_waits_for_both_branches),
        STORY(an_epoch_to_which_its_key_agreed_is_its_own),
        STORY(the_root_brings_its_epoch_in_its_first_block),
        STORY(a_first_block_is_of_the_root_and_can_be_read),
        STORY(a_word_waits_for_the_grant_of_whom_it_is_about),
        STORY(a_word_that_cannot_be_one_is_told),
        STORY(what_waits_and_cannot_be_read_is_damage),
        STORY(each_author_waits_for_itself),
        STORY(what_was_granted_in_a_block_goes_with_it),
        STORY(a_grant_that_came_otherwise_stays),
        STORY(a_grant_that_cannot_be_read_ends_the_forgetting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
