/* Bodies of blocks: entries and groups as they were, lies refused, nothing past its size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <pthread.h>
#include <zstd.h>

#include <cmocka.h>

#include "tests/unit/proto/block_sample.h"

static void put_entry(struct buf *out, uint32_t kind, struct bytes body)
{
    const struct entry entry = {
        .kind = kind, .format = 1, .time_ms = UINT64_C(1790000000000), .body = body};

    entry_write(out, &entry);
}

static struct approval_group sample_group(const struct hash *proof, uint32_t proof_count)
{
    struct approval_group group = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_CHECKER,
        .time_ms = UINT64_C(1790000000000),
        .first_entry = 1,
        .count = 2,
        .first_leaf = 5,
        .leaf_count = 9,
        .proof_count = proof_count,
        .proof = proof,
    };

    pattern(group.key.at, PUBLIC_KEY_SIZE, 9);
    pattern(group.signature.at, SIGNATURE_SIZE, 10);
    return group;
}

/* --- bodies --- */

static enum status read_body(struct block_body *out, const struct block_header *header,
                             struct bytes body)
{
    const struct block_view view = {.header = *header, .body = body};
    struct err err = {OK, ""};
    const enum status status = block_body_read(out, &view, &err);

    assert_int_equal(err.status, status);
    assert_int_equal(status == OK, err.text[0] == '\0');
    return status;
}

static void bodies_come_back_as_they_were(void **state)
{
    static const struct {
        const char *name;
        uint32_t count;
        size_t body_size;
        bool random;
        enum codec want;
    } cases[] = {
        {"one empty entry", 1, 0, false, CODEC_RAW},
        {"too small to compress", 1, 100, false, CODEC_RAW},
        {"large enough to compress", 1, 200, false, CODEC_ZSTD},
        {"nothing to gain", 1, 4000, true, CODEC_RAW},
        {"a thousand payments", 1000, 250, false, CODEC_ZSTD},
        {"the most entries", BLOCK_ENTRIES_MAX, 16, true, CODEC_ZSTD},
        {"the largest entry", 1, ENTRY_BODY_BYTES_MAX, true, CODEC_RAW},
        {"nearly the largest block", 15, ENTRY_BODY_BYTES_MAX, false, CODEC_ZSTD},
    };
    struct block_body out = BLOCK_BODY_EMPTY; /* one for all: it is reusable */
    uint32_t chance = 1;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_header header = sample_header();
        struct buf entries = BUF_EMPTY, body = BUF_EMPTY;
        uint8_t *content = mem_zalloc(cases[i].body_size + 1);

        header.count = cases[i].count;
        for (size_t k = 0; cases[i].random && k < cases[i].body_size; k++) {
            chance = chance * 1664525 + 1013904223;
            content[k] = (uint8_t)(chance >> 24);
        }
        for (uint32_t k = 0; k < cases[i].count; k++) {
            put_entry(&entries, 16 + k, bytes_of(content, cases[i].body_size));
        }
        block_body_write(&body, &header, buf_bytes(&entries), BYTES_NONE);
        if (header.codec != cases[i].want) {
            fail_msg("%s: codec %d", cases[i].name, header.codec);
        }
        assert_int_equal(header.body_size, body.size);
        assert_int_equal(header.raw_size, entries.size + 4);
        assert_true(header.codec == CODEC_RAW || header.body_size < header.raw_size);
        assert_int_equal(read_body(&out, &header, buf_bytes(&body)), OK);
        assert_int_equal(out.count, cases[i].count);
        assert_int_equal(out.group_count, 0);
        for (uint32_t k = 0; k < out.count; k++) {
            assert_int_equal(out.entries[k].lsn, header.first_lsn + k);
            assert_int_equal(out.entries[k].kind, 16 + k);
            assert_int_equal(out.entries[k].format, 1);
            assert_int_equal(out.entries[k].time_ms, UINT64_C(1790000000000));
            assert_true(bytes_equal(out.entries[k].body, bytes_of(content, cases[i].body_size)));
        }
        mem_free(content);
        buf_free(&body);
        buf_free(&entries);
    }
    block_body_free(&out);
    block_body_free(&out); /* empty and usable */
}

static void groups_come_back_as_they_were(void **state)
{
    struct hash proof[GROUP_PROOF_MAX];
    const uint32_t lengths[] = {0, 3, GROUP_PROOF_MAX};
    struct block_header header = sample_header();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf entries = BUF_EMPTY, groups = BUF_EMPTY, body = BUF_EMPTY;

    (void)state;
    pattern(proof, sizeof proof, 11);
    header.count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        const struct approval_group group = sample_group(proof, lengths[i]);

        put_entry(&entries, 16 + i, bytes_text("x"));
        group_write(&groups, &group);
    }
    block_body_write(&body, &header, buf_bytes(&entries), buf_bytes(&groups));
    assert_int_equal(read_body(&out, &header, buf_bytes(&body)), OK);
    assert_int_equal(out.group_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct approval_group *got = &out.groups[i], want = sample_group(proof, lengths[i]);

        assert_int_equal(got->suite, SUITE_ED25519_BLAKE2B);
        assert_int_equal(got->role, ROLE_CHECKER);
        assert_memory_equal(&got->key, &want.key, PUBLIC_KEY_SIZE);
        assert_memory_equal(&got->signature, &want.signature, SIGNATURE_SIZE);
        assert_int_equal(got->time_ms, UINT64_C(1790000000000));
        assert_int_equal(got->first_entry, 1);
        assert_int_equal(got->count, 2);
        assert_int_equal(got->first_leaf, 5);
        assert_int_equal(got->leaf_count, 9);
        assert_int_equal(got->proof_count, lengths[i]);
        assert_memory_equal(got->proof, proof, lengths[i] * sizeof *proof);
    }
    block_body_free(&out);
    buf_free(&body);
    buf_free(&groups);
    buf_free(&entries);
}

static void there_are_at_most_so_many_groups(void **state)
{
    const struct approval_group group = sample_group(NULL, 0);
    struct block_header header = sample_header();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf entries = BUF_EMPTY, groups = BUF_EMPTY, body = BUF_EMPTY;

    (void)state;
    header.count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        put_entry(&entries, 16, BYTES_NONE);
    }
    for (uint32_t i = 0; i < BLOCK_GROUPS_MAX; i++) {
        group_write(&groups, &group);
    }
    block_body_write(&body, &header, buf_bytes(&entries), buf_bytes(&groups));
    assert_int_equal(read_body(&out, &header, buf_bytes(&body)), OK);
    assert_int_equal(out.group_count, BLOCK_GROUPS_MAX);
    group_write(&groups, &group);
    block_body_write(&body, &header, buf_bytes(&entries), buf_bytes(&groups));
    assert_int_equal(read_body(&out, &header, buf_bytes(&body)), ERR_TOO_LARGE);
    block_body_free(&out);
    buf_free(&body);
    buf_free(&groups);
    buf_free(&entries);
}

/* Three entries of one byte and one group. In raw: size of entries at 0; the entries at 4, 14 and
 * 24, each of kind, format, six bytes of time, size and body; the group at 34: suite, role, key,
 * signature, and at 132 six bytes of time. */
static void lying_bodies_are_malformed(void **state)
{
    static const struct {
        const char *name;
        size_t at, size;
        uint64_t value;
    } cases[] = {
        {"entries of no bytes", 0, 4, 0},
        {"entries one byte short", 0, 4, 29},
        {"entries one byte long", 0, 4, 31},
        {"entries past the end", 0, 4, 4096},
        {"entries of four billion bytes", 0, 4, UINT32_MAX},
        {"kind 0", 4, 1, 0},
        {"a kind past 32 bits", 4, 5, UINT64_C(0xffffffff1f)},
        {"an overlong kind", 4, 2, 0x9000},
        {"a first body too long", 12, 1, 2},
        {"a last body too long", 32, 1, 2},
        {"a last body too short", 32, 1, 0},
        {"a body past the largest entry", 12, 3, UINT64_C(0x818004)},
        {"a body of 2^63", 12, 8, UINT64_C(0xffffffffffffff7f)},
        {"no suite", 34, 1, 0},
        {"role 0", 35, 1, 0},
        {"role 3", 35, 1, 3},
        {"an overlong time", 132, 6, UINT64_C(0x808080808000)},
    };
    const struct hash proof = HASH_ZERO;
    const struct approval_group group = sample_group(&proof, 1);
    struct block_header header = sample_header();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf entries = BUF_EMPTY, groups = BUF_EMPTY, body = BUF_EMPTY;

    (void)state;
    header.count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        put_entry(&entries, 16, bytes_text("x"));
    }
    group_write(&groups, &group);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&body);
        buf_put_u32(&body, (uint32_t)entries.size);
        buf_append_bytes(&body, buf_bytes(&entries));
        buf_append_bytes(&body, buf_bytes(&groups));
        assert_int_equal(body.size, 175);
        header.codec = CODEC_RAW;
        header.raw_size = header.body_size = (uint32_t)body.size;
        assert_int_equal(read_body(&out, &header, buf_bytes(&body)), OK);
        for (size_t k = 0; k < cases[i].size; k++) {
            body.data[cases[i].at + k] = (uint8_t)(cases[i].value >> 8 * (cases[i].size - 1 - k));
        }
        if (read_body(&out, &header, buf_bytes(&body)) != ERR_MALFORMED) {
            fail_msg("%s", cases[i].name);
        }
    }
    block_body_free(&out);
    buf_free(&body);
    buf_free(&groups);
    buf_free(&entries);
}

/* A group of one hash, its numbers as given: they may be larger than our writer could write. */
static void put_group(struct buf *out, const uint64_t numbers[5])
{
    static const uint8_t zeros[PUBLIC_KEY_SIZE + SIGNATURE_SIZE + HASH_SIZE];

    buf_put_u8(out, SUITE_ED25519_BLAKE2B);
    buf_put_u8(out, ROLE_MAKER);
    buf_append(out, zeros, PUBLIC_KEY_SIZE + SIGNATURE_SIZE);
    buf_put_varint(out, UINT64_MAX); /* any time is one */
    for (size_t i = 0; i < 5; i++) {
        buf_put_varint(out, numbers[i]);
    }
    buf_append(out, zeros, HASH_SIZE);
}

static void groups_that_do_not_fit_are_malformed(void **state)
{
    static const struct {
        const char *name;
        uint64_t numbers[5]; /* first_entry, count, first_leaf, leaf_count, proof_count */
        enum status want;
    } cases[] = {
        {"a group that fits", {1, 2, 5, 9, 1}, OK},
        {"an entry past the last", {2, 2, 5, 9, 1}, ERR_MALFORMED},
        {"a first entry that wraps", {UINT32_MAX, 2, 5, 9, 1}, ERR_MALFORMED},
        {"a first entry past 32 bits", {(UINT64_C(1) << 32) + 1, 2, 5, 9, 1}, ERR_MALFORMED},
        {"a group of nothing", {1, 0, 5, 9, 1}, ERR_MALFORMED},
        {"a group of more than there is", {1, 4, 5, 9, 1}, ERR_MALFORMED},
        {"a count that wraps", {1, UINT32_MAX, 5, 9, 1}, ERR_MALFORMED},
        {"a count past 32 bits", {1, (UINT64_C(1) << 32) + 2, 5, 9, 1}, ERR_MALFORMED},
        {"a leaf past the last", {1, 2, 8, 9, 1}, ERR_MALFORMED},
        {"a first leaf that wraps", {1, 2, UINT32_MAX, 9, 1}, ERR_MALFORMED},
        {"a first leaf past 32 bits", {1, 2, (UINT64_C(1) << 32) + 5, 9, 1}, ERR_MALFORMED},
        {"fewer leaves than entries", {1, 2, 0, 1, 1}, ERR_MALFORMED},
        {"too many leaves", {1, 2, 5, GROUP_LEAVES_MAX + 1, 1}, ERR_MALFORMED},
        {"leaves past 32 bits", {1, 2, 5, (UINT64_C(1) << 32) + 9, 1}, ERR_MALFORMED},
        {"a proof of one more", {1, 2, 5, 9, 2}, ERR_MALFORMED},
        {"a proof of one fewer", {1, 2, 5, 9, 0}, ERR_MALFORMED},
        {"a proof past the limit", {1, 2, 5, 9, GROUP_PROOF_MAX + 1}, ERR_MALFORMED},
        {"a proof past 32 bits", {1, 2, 5, 9, (UINT64_C(1) << 32) + 1}, ERR_MALFORMED},
    };
    struct block_header header = sample_header();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf entries = BUF_EMPTY, groups = BUF_EMPTY, body = BUF_EMPTY;

    (void)state;
    header.count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        put_entry(&entries, 16, bytes_text("x"));
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&groups);
        put_group(&groups, cases[i].numbers);
        block_body_write(&body, &header, buf_bytes(&entries), buf_bytes(&groups));
        if (read_body(&out, &header, buf_bytes(&body)) != cases[i].want) {
            fail_msg("%s", cases[i].name);
        }
    }
    block_body_free(&out);
    buf_free(&body);
    buf_free(&groups);
    buf_free(&entries);
}

static void a_count_that_is_not_the_entries_is_malformed(void **state)
{
    static const uint32_t counts[] = {1, 2, 4, 5, 100, BLOCK_ENTRIES_MAX};
    struct block_header header = sample_header();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf entries = BUF_EMPTY, body = BUF_EMPTY;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        put_entry(&entries, 16, bytes_text("x"));
    }
    block_body_write(&body, &header, buf_bytes(&entries), BYTES_NONE);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        header.count = counts[i];
        assert_int_equal(read_body(&out, &header, buf_bytes(&body)), ERR_MALFORMED);
        assert_in_range(out.capacity, 0, 8); /* nor is room made for what cannot be there */
    }
    header.count = 3;
    assert_int_equal(read_body(&out, &header, buf_bytes(&body)), OK);
    block_body_free(&out);
    buf_free(&body);
    buf_free(&entries);
}

/* --- compression --- */

struct squeezed {
    struct block_header header;
    struct buf body;
};

static struct squeezed squeeze(void)
{
    struct squeezed squeezed = {sample_header(), BUF_EMPTY};
    struct buf entries = BUF_EMPTY;
    static const uint8_t content[500];

    put_entry(&entries, 16, bytes_of(content, sizeof content));
    put_entry(&entries, 17, bytes_of(content, sizeof content));
    block_body_write(&squeezed.body, &squeezed.header, buf_bytes(&entries), BYTES_NONE);
    assert_int_equal(squeezed.header.codec, CODEC_ZSTD);
    buf_free(&entries);
    return squeezed;
}

static void a_body_decompresses_to_exactly_what_it_says(void **state)
{
    struct squeezed squeezed = squeeze();
    const uint32_t right = squeezed.header.raw_size;
    const uint32_t sizes[] = {0, 1, right - 1, right + 1, 2 * right, BLOCK_RAW_BYTES_MAX};
    struct block_body out = BLOCK_BODY_EMPTY;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        squeezed.header.raw_size = sizes[i];
        assert_int_equal(read_body(&out, &squeezed.header, buf_bytes(&squeezed.body)),
                         ERR_MALFORMED);
    }
    squeezed.header.raw_size = right;
    assert_int_equal(read_body(&out, &squeezed.header, buf_bytes(&squeezed.body)), OK);
    block_body_free(&out);
    buf_free(&squeezed.body);
}

static void a_compressed_body_is_one_frame_and_nothing_else(void **state)
{
    static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'};
    static const uint8_t nothing[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00};
    struct squeezed squeezed = squeeze();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf body = BUF_EMPTY;

    (void)state;
    for (size_t size = 0; size < squeezed.body.size; size++) { /* cut */
        assert_int_equal(read_body(&out, &squeezed.header, bytes_of(squeezed.body.data, size)),
                         ERR_MALFORMED);
    }
    buf_append(&body, skippable, sizeof skippable); /* with something before it */
    buf_append_bytes(&body, buf_bytes(&squeezed.body));
    assert_int_equal(read_body(&out, &squeezed.header, buf_bytes(&body)), ERR_MALFORMED);
    buf_clear(&body); /* with something behind it */
    buf_append_bytes(&body, buf_bytes(&squeezed.body));
    buf_append(&body, skippable, sizeof skippable);
    assert_int_equal(read_body(&out, &squeezed.header, buf_bytes(&body)), ERR_MALFORMED);
    body.size = squeezed.body.size; /* with an empty frame behind it */
    buf_append(&body, nothing, sizeof nothing);
    assert_int_equal(read_body(&out, &squeezed.header, buf_bytes(&body)), ERR_MALFORMED);
    assert_int_equal(read_body(&out, &squeezed.header, bytes_of(nothing, sizeof nothing)),
                     ERR_MALFORMED);
    buf_free(&body);
    block_body_free(&out);
    buf_free(&squeezed.body);
}

/* A few hundred bytes that would become 64 MiB stop at what the header promised. */
static void a_bomb_does_not_go_off(void **state)
{
    const size_t bomb_size = 64 << 20;
    struct block_header header = sample_header();
    struct block_body out = BLOCK_BODY_EMPTY;
    struct buf body = BUF_EMPTY;
    uint8_t *zeros = mem_zalloc(bomb_size);

    (void)state;
    buf_reserve(&body, ZSTD_compressBound(bomb_size));
    body.size = ZSTD_compress(body.data, body.capacity, zeros, bomb_size, 1);
    assert_false(ZSTD_isError(body.size));
    assert_in_range(body.size, 100, 16384);
    mem_free(zeros);
    header.codec = CODEC_ZSTD;
    header.body_size = (uint32_t)body.size;
    header.raw_size = 1000;
    assert_int_equal(read_body(&out, &header, buf_bytes(&body)), ERR_MALFORMED);
    assert_in_range(out.raw.capacity, 0, 4096);
    header.raw_size = BLOCK_RAW_BYTES_MAX;
    assert_int_equal(read_body(&out, &header, buf_bytes(&body)), ERR_MALFORMED);
    assert_in_range(out.raw.capacity, 0, 2 * BLOCK_RAW_BYTES_MAX);
    buf_free(&body);
    block_body_free(&out);
}

static void a_flipped_bit_in_a_compressed_body_does_no_harm(void **state)
{
    struct squeezed squeezed = squeeze();
    struct block_body out = BLOCK_BODY_EMPTY;

    (void)state;
    for (size_t bit = 0; bit < 8 * squeezed.body.size; bit++) {
        enum status status;

        squeezed.body.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        status = read_body(&out, &squeezed.header, buf_bytes(&squeezed.body));
        assert_true(status == OK || status == ERR_MALFORMED);
        assert_true(status != OK || out.count == squeezed.header.count);
        squeezed.body.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(read_body(&out, &squeezed.header, buf_bytes(&squeezed.body)), OK);
    block_body_free(&out);
    buf_free(&squeezed.body);
}

static void *squeeze_in_a_thread(void *arg)
{
    struct squeezed squeezed = squeeze();
    struct block_body out = BLOCK_BODY_EMPTY;
    enum status *status = arg;

    *status = read_body(&out, &squeezed.header, buf_bytes(&squeezed.body));
    block_body_free(&out);
    buf_free(&squeezed.body);
    return NULL;
}

/* The sanitizer's leak check is the other half of this test. */
static void a_thread_that_ends_leaves_no_context_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        enum status status = ERR_IO;
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, squeeze_in_a_thread, &status), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(status, OK);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_come_back_as_they_were),
        cmocka_unit_test(groups_come_back_as_they_were),
        cmocka_unit_test(there_are_at_most_so_many_groups),
        cmocka_unit_test(lying_bodies_are_malformed),
        cmocka_unit_test(groups_that_do_not_fit_are_malformed),
        cmocka_unit_test(a_count_that_is_not_the_entries_is_malformed),
        cmocka_unit_test(a_body_decompresses_to_exactly_what_it_says),
        cmocka_unit_test(a_compressed_body_is_one_frame_and_nothing_else),
        cmocka_unit_test(a_bomb_does_not_go_off),
        cmocka_unit_test(a_flipped_bit_in_a_compressed_body_does_no_harm),
        cmocka_unit_test(a_thread_that_ends_leaves_no_context_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
