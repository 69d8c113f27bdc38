/* Blocks come in without a link, as from a file: a whole log, and each reason not to take one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log/ingest.h"
#include "replicator/log/log_writer.h"
#include "replicator/store/row_letters.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/identities.h"

enum who { REGION, CITY, SIBLING, MEMBERS };
enum { WHOLE_BLOCKS = 20, GRANTS_TOO_MANY = 65 };
static const char *const codes[MEMBERS] = {"54", "5401", "5402"};

static struct hand_clock hand = {.now_ms = 1000, .random = 42};
static struct clock still;
static struct trust trust;
static struct sign_key keys[MEMBERS];

/* Somebody who writes a log, and keeps its blocks as a file would. */
struct author {
    struct key_ring keys;
    struct store store;
    struct txn *txn;
    struct logs logs;
    struct log_writer writer;
    struct roster *roster;
    struct buf blocks[WHOLE_BLOCKS];
    size_t count;
};

/* A node that takes blocks in. */
struct holder {
    struct store store;
    struct txn *txn;
    struct logs logs;
    struct roster *roster;
    struct ingest ingest;
    struct findings found;
};

static void add_grant(struct roster *roster, enum who who)
{
    struct grant grant = first_grant(division_of(codes[who]),
                                     who == REGION ? DIVISION_NONE : division_of(codes[REGION]));

    trust_admit(&trust, &grant, &keys[who], who == REGION ? NULL : &keys[REGION], roster);
}

static struct roster *roster_of(size_t members)
{
    struct roster *roster = roster_new(&trust.tree, DIVISION_NONE);

    for (size_t i = 0; i < members; i++) {
        add_grant(roster, (enum who)i);
    }
    return roster;
}

static void no_state(void *arg, struct txn *txn, struct hash *out)
{
    (void)arg;
    (void)txn;
    *out = HASH_ZERO;
}

static struct author *author_open(enum who who, const struct sign_key *key)
{
    struct author *author = mem_zalloc(sizeof *author);
    struct log_author as = {.self = division_of(codes[who]),
                            .tree = trust.tree,
                            .keys = &author->keys,
                            .clock = &still,
                            .state_digest = no_state};

    key_ring_init(&author->keys, key, NULL);
    store_memory_open(&author->store);
    author->txn = txn_open(&author->store, NULL);
    author->roster = roster_of(MEMBERS);
    as.roster = author->roster;
    heads_init(&author->logs, &author->store, &still);
    (void)heads_follow(&author->logs, as.self, HELD_OWN);
    log_writer_init(&author->writer, &as, &author->logs);
    return author;
}

static void author_close(struct author *author)
{
    for (size_t i = 0; i < author->count; i++) {
        buf_free(&author->blocks[i]);
    }
    log_writer_free(&author->writer);
    heads_free(&author->logs);
    roster_free(author->roster);
    txn_free(author->txn);
    author->store.ops->close(author->store.self);
    mem_free(author);
}

/* A block of `count` entries of this kind. */
static void write_block(struct author *author, enum audience_kind kind, const char *to,
                        uint32_t entry_kind, size_t count, const char *text)
{
    const struct audience audience = {kind, division_of(to)};

    for (size_t i = 0; i < count; i++) {
        (void)log_writer_append(&author->writer, author->txn, &audience, entry_kind, 1,
                                bytes_text(text));
    }
    log_writer_seal(&author->writer, author->txn);
    assert_true(author->count < WHOLE_BLOCKS);
    buf_append_bytes(&author->blocks[author->count++], buf_bytes(&author->writer.sealed));
}

static struct holder *holder_open(enum who self, size_t members)
{
    struct holder *holder = mem_zalloc(sizeof *holder);

    store_memory_open(&holder->store);
    holder->txn = txn_open(&holder->store, NULL);
    holder->roster = roster_of(members);
    heads_init(&holder->logs, &holder->store, &still);
    ingest_init(&holder->ingest, division_of(codes[self]), &holder->logs, holder->roster);
    return holder;
}

static void holder_close(struct holder *holder)
{
    findings_free(&holder->found);
    ingest_free(&holder->ingest);
    heads_free(&holder->logs);
    roster_free(holder->roster);
    txn_free(holder->txn);
    holder->store.ops->close(holder->store.self);
    mem_free(holder);
}

static enum ingest_result offer(struct holder *holder, struct bytes whole, struct err *err)
{
    struct block_view block;

    findings_clear(&holder->found);
    err->status = OK;
    assert_int_equal(block_parse(&block, whole, err), OK);
    return ingest_block(&holder->ingest, holder->txn, &block, &holder->found, err);
}

static bool has_found(const struct holder *holder, enum alarm_code alarm)
{
    for (size_t i = 0; i < holder->found.count; i++) {
        if (holder->found.at[i].alarm == alarm) {
            return true;
        }
    }
    return false;
}

/* Both blocks of a fork, author and epoch behind the letter. */
static bool has_evidence(struct holder *holder, enum who author)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool found;

    buf_put_u8(&key, META_FORK);
    division_write(&key, division_of(codes[author]));
    buf_put_u32(&key, 1);
    found = txn_get(holder->txn, SPACE_META, buf_bytes(&key), &value);
    buf_free(&key);
    return found;
}

static int set_up(void **state)
{
    (void)state;
    still = hand_clock_seam(&hand);
    trust_generate(&trust);
    for (size_t i = 0; i < MEMBERS; i++) {
        sign_key_generate(&keys[i]);
    }
    return 0;
}

static void a_whole_log_comes_in_and_again_changes_nothing(void **state)
{
    struct author *city = author_open(CITY, &keys[CITY]);
    struct holder *region = holder_open(REGION, MEMBERS);
    const struct held_log *log = heads_follow(&region->logs, division_of(codes[CITY]), HELD_BELOW);
    struct err err;

    (void)state;
    for (size_t i = 0; i < WHOLE_BLOCKS; i++) {
        write_block(city, i % 3 == 0 ? AUDIENCE_TREE : AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST,
                    1 + i, "entry");
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < WHOLE_BLOCKS; i++) {
            const enum ingest_result want = round == 0 ? INGEST_STAGED : INGEST_HELD;
            assert_int_equal(offer(region, buf_bytes(&city->blocks[i]), &err), want);
            assert_int_equal(region->found.count, 0);
        }
        assert_int_equal(log->staged.lsn, city->logs.own->staged.lsn);
        assert_true(hash_equal(&log->staged.hash, &city->logs.own->staged.hash));
    }
    assert_int_equal(heads_durable(&region->logs).count, WHOLE_BLOCKS);
    assert_int_equal(log->durable.lsn, city->logs.own->staged.lsn);
    author_close(city);
    holder_close(region);
}

/* As its author signs it, with another place in its audience. */
static void sign_another_header(struct buf *block, bool seq, const struct sign_key *key)
{
    struct buf former = *block;
    struct block_body body = {0};
    struct block_header header;
    struct block_view view;
    struct err err;

    assert_int_equal(block_parse(&view, buf_bytes(&former), &err), OK);
    assert_int_equal(block_body_read(&body, &view, &err), OK);
    header = view.header;
    header.aud_seq += seq ? 1 : 0;
    header.aud_prev.at[0] ^= seq ? 0 : 1;
    *block = BUF_EMPTY;
    (void)block_of_entries(block, &header, body.entries, &trust.tree, key);
    block_body_free(&body);
    buf_free(&former);
}

/* What the city's log may not be, at the region, after its first block. */
static void each_false_block_of_a_whole_log_is_named(void **state)
{
    enum change { NOTHING, BODY, SIGNATURE, AUD_SEQ, AUD_PREV };
    static const struct {
        const char *name;
        const struct sign_key *key; /* that signs the offered block */
        size_t block;               /* index */
        enum change change;
        size_t members; /* granted, as far as the region knows */
        bool followed;
        enum ingest_result want;
        enum status why;
    } rows[] = {
        {"the next one", &keys[CITY], 1, NOTHING, MEMBERS, true, INGEST_STAGED, OK},
        {"a byte of the body", &keys[CITY], 1, BODY, MEMBERS, true, INGEST_REFUSED, ERR_CORRUPT},
        {"a byte of the signature", &keys[CITY], 1, SIGNATURE, MEMBERS, true, INGEST_REFUSED,
         ERR_BAD_SIGNATURE},
        {"signed, with a gap in its audience", &keys[CITY], 1, AUD_SEQ, MEMBERS, true,
         INGEST_REFUSED, ERR_CORRUPT},
        {"signed, behind another block of its audience", &keys[CITY], 1, AUD_PREV, MEMBERS, true,
         INGEST_REFUSED, ERR_CORRUPT},
        {"another's key", &keys[SIBLING], 1, NOTHING, MEMBERS, true, INGEST_REFUSED,
         ERR_BAD_SIGNATURE},
        {"one is missing", &keys[CITY], 2, NOTHING, MEMBERS, true, INGEST_GAP, ERR_GAP},
        {"more grants than a block may have", &keys[CITY], 3, NOTHING, MEMBERS, true,
         INGEST_REFUSED, ERR_LIMIT},
        {"nobody granted the epoch", &keys[CITY], 1, NOTHING, 1, true, INGEST_NOT_YET, ERR_NOT_YET},
        {"a log of no one here", &keys[CITY], 1, NOTHING, MEMBERS, false, INGEST_REFUSED,
         ERR_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct author *city = author_open(CITY, &keys[CITY]);
        struct holder *region = holder_open(REGION, rows[i].members);
        enum ingest_result got;
        struct buf *block;
        struct err err;

        for (size_t k = 0; k < 3; k++) {
            write_block(city, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "entry");
        }
        write_block(city, AUDIENCE_LINE, codes[CITY], KIND_GRANT, GRANTS_TOO_MANY, "grant");
        if (rows[i].followed) {
            (void)heads_follow(&region->logs, division_of(codes[CITY]), HELD_BELOW);
        }
        for (size_t k = 0; k < (rows[i].block == 3 ? 3u : 1u); k++) { /* what comes before */
            (void)offer(region, buf_bytes(&city->blocks[k]), &err);
        }
        block = &city->blocks[rows[i].block];
        block->data[block->size - 1] ^= rows[i].change == BODY ? 1 : 0;
        if (rows[i].change == SIGNATURE) {
            struct block_view view;
            assert_int_equal(block_parse(&view, buf_bytes(block), &err), OK);
            block->data[view.body.data - block->data - 1] ^= 1;
        }
        if (rows[i].change == AUD_SEQ || rows[i].change == AUD_PREV || rows[i].key != &keys[CITY]) {
            sign_another_header(block, rows[i].change == AUD_SEQ, rows[i].key);
        }
        got = offer(region, buf_bytes(block), &err);
        if (got != rows[i].want || (got != INGEST_STAGED && err.status != rows[i].why)) {
            fail_msg("%s: gave %d (%s), want %d (%s)", rows[i].name, got, status_name(err.status),
                     rows[i].want, status_name(rows[i].why));
        }
        author_close(city);
        holder_close(region);
    }
}

static void two_blocks_at_one_place_are_kept_as_evidence(void **state)
{
    struct author *one = author_open(CITY, &keys[CITY]), *other = author_open(CITY, &keys[CITY]);
    struct holder *region = holder_open(REGION, MEMBERS);
    struct err err;

    (void)state;
    (void)heads_follow(&region->logs, division_of(codes[CITY]), HELD_BELOW);
    write_block(one, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "one");
    write_block(other, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "other");
    assert_int_equal(offer(region, buf_bytes(&one->blocks[0]), &err), INGEST_STAGED);
    assert_false(has_evidence(region, CITY));
    assert_int_equal(offer(region, buf_bytes(&other->blocks[0]), &err), INGEST_FORK);
    assert_int_equal(err.status, ERR_FORK);
    assert_true(has_found(region, ALARM_FORK));
    assert_true(has_evidence(region, CITY));
    author_close(one);
    author_close(other);
    holder_close(region);
}

/* Of a log above only what is addressed here is held, and each audience is a chain of its own. */
static void of_a_log_above_only_what_is_addressed_here_is_taken(void **state)
{
    enum { TO_TREE, TO_CITY, TO_SIBLING, TO_CITY_TWICE, TO_CITY_AGAIN };
    static const struct {
        const char *name;
        size_t block;
        size_t members;
        enum ingest_result want;
    } rows[] = {
        {"to all", TO_TREE, MEMBERS, INGEST_STAGED},
        {"to another", TO_SIBLING, MEMBERS, INGEST_REFUSED},
        {"to one who is not known yet", TO_SIBLING, SIBLING, INGEST_NOT_YET},
        {"to us", TO_CITY, MEMBERS, INGEST_STAGED},
        {"the next but one to us", TO_CITY_AGAIN, MEMBERS, INGEST_GAP},
        {"the next to us", TO_CITY_TWICE, MEMBERS, INGEST_STAGED},
    };
    struct author *region = author_open(REGION, &keys[REGION]);
    struct holder *holders[MEMBERS + 1] = {
        [SIBLING] = holder_open(CITY, SIBLING), [MEMBERS] = holder_open(CITY, MEMBERS)};
    struct err err;

    (void)state;
    write_block(region, AUDIENCE_TREE, codes[REGION], KIND_USER_FIRST, 1, "all");
    write_block(region, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "city");
    write_block(region, AUDIENCE_LINE, codes[SIBLING], KIND_USER_FIRST, 1, "sibling");
    write_block(region, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "city twice");
    write_block(region, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "city again");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct holder *city = holders[rows[i].members];
        enum ingest_result got;

        (void)heads_follow(&city->logs, division_of(codes[REGION]), HELD_ABOVE);
        got = offer(city, buf_bytes(&region->blocks[rows[i].block]), &err);
        if (got != rows[i].want) {
            fail_msg("%s: gave %d (%s), want %d", rows[i].name, got, err.text, rows[i].want);
        }
    }
    author_close(region);
    holder_close(holders[SIBLING]);
    holder_close(holders[MEMBERS]);
}

#define TO_ALL                                                                                     \
    {                                                                                              \
        AUDIENCE_TREE, REGION, 1, "all"                                                            \
    }
#define TO_CITY                                                                                    \
    {                                                                                              \
        AUDIENCE_LINE, CITY, 2, "city"                                                             \
    }
#define TO_ALL_AGAIN                                                                               \
    {                                                                                              \
        AUDIENCE_TREE, REGION, 1, "all again"                                                      \
    }

struct planned_block {
    enum audience_kind kind;
    enum who to;
    size_t count;
    const char *text;
};

static struct author *region_writes(const struct planned_block plan[3])
{
    struct author *region = author_open(REGION, &keys[REGION]);

    for (size_t i = 0; i < 3; i++) {
        write_block(region, plan[i].kind, codes[plan[i].to], KIND_USER_FIRST, plan[i].count,
                    plan[i].text);
    }
    return region;
}

/* The city holds the first block of the region's log and one more, and then hears of another. */
static void what_comes_late_is_no_fork_and_a_fork_is_one(void **state)
{
    static const struct planned_block true_log[] = {TO_ALL, TO_CITY, TO_ALL_AGAIN};
    static const struct {
        const char *name;
        size_t second; /* of the true log, that is held besides the first */
        struct planned_block offered_log[3];
        size_t offered;
        enum ingest_result want;
        enum status why;
    } rows[] = {
        {"the next one", 1, {TO_ALL, TO_CITY, TO_ALL_AGAIN}, 2, INGEST_STAGED, OK},
        {"one that the neighbour kept back",
         2,
         {TO_ALL, TO_CITY, TO_ALL_AGAIN},
         1,
         INGEST_STAGED,
         OK},
        {"another one that was kept back, beside what is held",
         2,
         {TO_ALL, {AUDIENCE_LINE, CITY, 2, "another"}, TO_ALL_AGAIN},
         1,
         INGEST_FORK,
         ERR_FORK},
        {"another one at the same position",
         1,
         {TO_ALL, {AUDIENCE_TREE, REGION, 2, "another"}, TO_ALL_AGAIN},
         1,
         INGEST_FORK,
         ERR_FORK},
        {"another one over a part of the one held",
         1,
         {TO_ALL, {AUDIENCE_LINE, SIBLING, 1, "sibling"}, TO_ALL_AGAIN},
         2,
         INGEST_FORK,
         ERR_FORK},
        {"one that follows another, where two audiences meet",
         1,
         {TO_ALL, {AUDIENCE_LINE, CITY, 2, "another"}, TO_ALL_AGAIN},
         2,
         INGEST_FORK,
         ERR_FORK},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct author *region = region_writes(true_log),
                      *other = region_writes(rows[i].offered_log);
        struct holder *city = holder_open(CITY, MEMBERS);
        enum ingest_result got;
        uint64_t fence;
        struct err err;

        (void)heads_follow(&city->logs, division_of(codes[REGION]), HELD_ABOVE);
        assert_int_equal(offer(city, buf_bytes(&region->blocks[0]), &err), INGEST_STAGED);
        assert_int_equal(offer(city, buf_bytes(&region->blocks[rows[i].second]), &err),
                         INGEST_STAGED);
        assert_int_equal(city->store.ops->claim(city->store.self, &fence, &err), OK);
        commit_txn(&city->store, fence, city->txn);
        (void)heads_durable(&city->logs);
        got = offer(city, buf_bytes(&other->blocks[rows[i].offered]), &err);
        if (got != rows[i].want || (got != INGEST_STAGED && err.status != rows[i].why)) {
            fail_msg("%s: gave %d (%s), want %d", rows[i].name, got, err.text, rows[i].want);
        }
        assert_int_equal(has_found(city, ALARM_FORK), got == INGEST_FORK);
        assert_int_equal(has_evidence(city, REGION), got == INGEST_FORK);
        author_close(region);
        author_close(other);
        holder_close(city);
    }
}

/* --- a root that lost its log --- */

/* The region's second epoch, behind `lsn`: by this key, for one that nobody else has. */
static struct sign_key next_key;

static void write_next(struct buf *sealed, const struct sign_key *signer, uint64_t lsn,
                       const struct hash *hash)
{
    struct grant grant = first_grant(division_of(codes[REGION]), DIVISION_NONE);

    grant.epoch = 2;
    grant.base_lsn = lsn;
    grant.base_hash = *hash;
    trust_seal(&trust, &grant, &next_key, signer, sealed);
}

/* Its first block: behind the city's only one of that audience, with the grant at this entry. */
static void write_first_of_next(struct buf *out, struct author *region, struct bytes sealed,
                                uint64_t base_lsn, const struct hash *base, size_t at)
{
    const struct audience_head *audience = &region->logs.own->audiences[0];
    struct entry entries[2] = {
        {.lsn = base_lsn + 1, .kind = KIND_USER_FIRST, .format = 1, .body = bytes_text("entry")},
        {.lsn = base_lsn + 2, .kind = KIND_USER_FIRST, .format = 1, .body = bytes_text("entry")}};
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = audience->audience,
                                  .author = division_of(codes[REGION]),
                                  .epoch = 2,
                                  .count = 2,
                                  .first_lsn = base_lsn + 1,
                                  .aud_seq = audience->seq + 1,
                                  .prev_hash = *base,
                                  .aud_prev = audience->hash};

    entries[at].kind = KIND_GRANT;
    entries[at].format = GRANT_FORMAT;
    entries[at].body = sealed;
    (void)block_of_entries(out, &header, entries, &trust.tree, &next_key);
}

/* Whoever holds its log learns of the epoch from that block, and from the trust key's word alone.
 */
static void the_first_block_behind_a_lost_log_says_who_let_it(void **state)
{
    enum signer { TRUST, FORMER, STRANGER };
    static const struct {
        const char *name;
        enum signer signer;
        uint64_t said_lsn; /* of the grant; the block begins behind 7 */
        size_t at;
        enum ingest_result want;
    } rows[] = {
        {"the trust key let it", TRUST, 7, 0, INGEST_STAGED},
        {"who found its former key", FORMER, 7, 0, INGEST_NOT_YET},
        {"another tree's trust key", STRANGER, 7, 0, INGEST_NOT_YET},
        {"the grant goes on elsewhere", TRUST, 6, 0, INGEST_NOT_YET},
        {"it does not come first", TRUST, 7, 1, INGEST_NOT_YET},
    };
    struct hash base = HASH_ZERO;
    struct sign_key stranger;

    (void)state;
    base.at[0] = 1;
    sign_key_generate(&stranger);
    sign_key_generate(&next_key);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct sign_key *signers[] = {NULL, &keys[REGION], &stranger};
        struct author *region = author_open(REGION, &keys[REGION]);
        struct holder *city = holder_open(CITY, MEMBERS);
        struct buf sealed = BUF_EMPTY, block = BUF_EMPTY;
        enum ingest_result got;
        struct err err;

        (void)heads_follow(&city->logs, division_of(codes[REGION]), HELD_ABOVE);
        write_block(region, AUDIENCE_TREE, codes[REGION], KIND_USER_FIRST, 1, "entry");
        assert_int_equal(offer(city, buf_bytes(&region->blocks[0]), &err), INGEST_STAGED);
        write_next(&sealed, signers[rows[i].signer], rows[i].said_lsn, &base);
        write_first_of_next(&block, region, buf_bytes(&sealed), 7, &base, rows[i].at);
        got = offer(city, buf_bytes(&block), &err);
        if (got != rows[i].want) {
            fail_msg("%s: gave %d (%s), want %d", rows[i].name, got, err.text, rows[i].want);
        }
        assert_int_equal(roster_lost_lsn(city->roster, division_of(codes[REGION])),
                         got == INGEST_STAGED ? 7 : 0);
        buf_free(&sealed);
        buf_free(&block);
        author_close(region);
        holder_close(city);
    }
}

/* Of its own log the root takes what was addressed to others, in whatever order it comes. */
static void the_root_takes_what_others_hold_of_the_log_that_it_lost(void **state)
{
    const struct division self = division_of(codes[REGION]);
    static const size_t order[] = {0, 3, 2}; /* 1 was its own business, and nobody has it */

    (void)state;
    sign_key_generate(&next_key);
    for (int lost = 0; lost < 2; lost++) {
        struct author *before = author_open(REGION, &keys[REGION]);
        struct holder *region = holder_open(REGION, MEMBERS);
        const struct held_log *log = heads_follow(&region->logs, self, HELD_OWN);
        struct buf sealed = BUF_EMPTY;
        struct err err;
        bool added;

        write_block(before, AUDIENCE_TREE, codes[REGION], KIND_USER_FIRST, 1, "all");
        write_block(before, AUDIENCE_LINE, codes[REGION], KIND_USER_FIRST, 2, "own");
        write_block(before, AUDIENCE_LINE, codes[CITY], KIND_USER_FIRST, 1, "city");
        write_block(before, AUDIENCE_TREE, codes[REGION], KIND_USER_FIRST, 1, "all");
        if (lost) {
            write_next(&sealed, NULL, before->logs.own->staged.lsn, &before->logs.own->staged.hash);
            assert_int_equal(roster_add(region->roster, buf_bytes(&sealed), &added, &err), OK);
        }
        for (size_t i = 0; i < COUNT_OF(order); i++) {
            const enum ingest_result got =
                offer(region, buf_bytes(&before->blocks[order[i]]), &err);
            assert_int_equal(got, lost || i == 0 ? INGEST_STAGED : INGEST_GAP);
        }
        assert_int_equal(log->staged.lsn, lost ? 5 : 1);
        buf_free(&sealed);
        author_close(before);
        holder_close(region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_log_comes_in_and_again_changes_nothing),
        cmocka_unit_test(each_false_block_of_a_whole_log_is_named),
        cmocka_unit_test(two_blocks_at_one_place_are_kept_as_evidence),
        cmocka_unit_test(of_a_log_above_only_what_is_addressed_here_is_taken),
        cmocka_unit_test(what_comes_late_is_no_fork_and_a_fork_is_one),
        cmocka_unit_test(the_first_block_behind_a_lost_log_says_who_let_it),
        cmocka_unit_test(the_root_takes_what_others_hold_of_the_log_that_it_lost),
    };

    return cmocka_run_group_tests_name("ingest", tests, set_up, NULL);
}
