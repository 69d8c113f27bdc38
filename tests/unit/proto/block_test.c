/* Blocks as bytes: what is written is read back, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <zstd.h>

#include <cmocka.h>

#include "proto/block.h"

/* --- samples --- */

static void pattern(void *out, size_t size, uint8_t seed)
{
    uint8_t *at = out;

    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(seed + 7 * i);
    }
}

/* Every field differs from every other, so that two exchanged ones show. */
static struct block_header sample_header(void)
{
    struct block_header header = {
        .version = BLOCK_VERSION,
        .suite = SUITE_ED25519_BLAKE2B,
        .codec = CODEC_RAW,
        .audience = {AUDIENCE_TREE, division_of("5401")},
        .author = division_of("540121"),
        .epoch = 3,
        .count = 2,
        .first_lsn = UINT64_C(0x0102030405060708),
        .aud_seq = UINT64_C(0x1112131415161718),
        .raw_size = 5,
        .body_size = 5,
        .time_ms = UINT64_C(0x2122232425262728),
    };

    pattern(header.tree.at, HASH_SIZE, 1);
    pattern(header.key_id.at, KEY_ID_SIZE, 2);
    pattern(header.prev_hash.at, HASH_SIZE, 3);
    pattern(header.aud_prev.at, HASH_SIZE, 4);
    pattern(header.entries_root.at, HASH_SIZE, 5);
    pattern(header.state_digest.at, HASH_SIZE, 6);
    pattern(header.body_hash.at, HASH_SIZE, 7);
    return header;
}

static void sample_block(struct buf *out, const struct block_header *header)
{
    uint8_t signature[SIGNATURE_SIZE];

    buf_clear(out);
    block_header_write(out, header);
    pattern(signature, sizeof signature, 8);
    buf_append(out, signature, sizeof signature);
    buf_append(out, "body!", 5);
}

static void put_entry(struct buf *out, uint32_t kind, struct bytes body)
{
    const struct entry entry = {
        .kind = kind, .format = 1, .time_ms = UINT64_C(1790000000000), .body = body};

    entry_write(out, &entry);
}

static struct approval_group sample_group(const struct hash *proof, uint32_t proof_count)
{
    struct approval_group group = {
        .role = ROLE_CHECKER,
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

/* --- headers --- */

static void a_header_comes_back_as_it_was(void **state)
{
    const struct block_header header = sample_header();
    struct buf whole = BUF_EMPTY, again = BUF_EMPTY;
    struct block_view view;
    struct err err;

    (void)state;
    sample_block(&whole, &header);
    assert_int_equal(whole.size, BLOCK_OVERHEAD + 5);
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
    assert_int_equal(view.header.version, header.version);
    assert_int_equal(view.header.suite, header.suite);
    assert_int_equal(view.header.codec, header.codec);
    assert_true(audience_equal(&view.header.audience, &header.audience));
    assert_memory_equal(&view.header.tree, &header.tree, HASH_SIZE);
    assert_memory_equal(&view.header.key_id, &header.key_id, KEY_ID_SIZE);
    assert_true(division_equal(view.header.author, header.author));
    assert_int_equal(view.header.epoch, header.epoch);
    assert_int_equal(view.header.count, header.count);
    assert_int_equal(view.header.first_lsn, header.first_lsn);
    assert_int_equal(block_last_lsn(&view.header), header.first_lsn + 1);
    assert_int_equal(view.header.aud_seq, header.aud_seq);
    assert_memory_equal(&view.header.prev_hash, &header.prev_hash, HASH_SIZE);
    assert_memory_equal(&view.header.aud_prev, &header.aud_prev, HASH_SIZE);
    assert_memory_equal(&view.header.entries_root, &header.entries_root, HASH_SIZE);
    assert_memory_equal(&view.header.state_digest, &header.state_digest, HASH_SIZE);
    assert_int_equal(view.header.raw_size, header.raw_size);
    assert_int_equal(view.header.body_size, header.body_size);
    assert_memory_equal(&view.header.body_hash, &header.body_hash, HASH_SIZE);
    assert_int_equal(view.header.time_ms, header.time_ms);
    assert_ptr_equal(view.header_bytes.data, whole.data);
    assert_int_equal(view.header_bytes.size, BLOCK_HEADER_SIZE);
    assert_memory_equal(view.signature.at, whole.data + BLOCK_HEADER_SIZE, SIGNATURE_SIZE);
    assert_true(bytes_equal(view.body, bytes_text("body!")));
    block_header_write(&again, &view.header);
    assert_true(bytes_equal(buf_bytes(&again), view.header_bytes));
    buf_free(&again);
    buf_free(&whole);
}

/* The layout is for ever: a signature made today must verify in ten years. */
static void the_layout_is_the_one_that_was_signed(void **state)
{
    static const struct {
        const char *hex;
        size_t at;
    } places[] = {
        {"01010002", 0},            /* version, suite, codec, audience kind */
        {"353430310000000000", 4},  /* its division */
        {"01080f16", 13},           /* tree */
        {"020910171e252c33", 45},   /* key id */
        {"353430313231000000", 53}, /* author */
        {"0000000300000002", 62},   /* epoch, count */
        {"0102030405060708", 70},   /* first lsn */
        {"1112131415161718", 78},   /* aud_seq */
        {"030a1118", 86},           /* prev_hash */
        {"040b1219", 118},          /* aud_prev */
        {"050c131a", 150},          /* entries_root */
        {"060d141b", 182},          /* state_digest */
        {"0000000500000005", 214},  /* raw and body size */
        {"070e151c", 222},          /* body_hash */
        {"2122232425262728", 254},  /* time */
    };
    const struct block_header header = sample_header();
    struct buf out = BUF_EMPTY;

    (void)state;
    block_header_write(&out, &header);
    assert_int_equal(out.size, 262);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        uint8_t want[16];
        const size_t size = strlen(places[i].hex) / 2;

        assert_true(hex_decode(want, size, places[i].hex));
        assert_memory_equal(out.data + places[i].at, want, size);
    }
    buf_free(&out);
}

static void headers_are_refused_for_their_first_fault(void **state)
{
    static const struct {
        const char *name;
        size_t at, size;
        uint64_t value; /* big-endian at `at` */
        enum status want;
    } cases[] = {
        {"version 0", 0, 1, 0, ERR_NEEDS_UPGRADE},
        {"version 2", 0, 1, 2, ERR_NEEDS_UPGRADE},
        {"suite 2", 1, 1, 2, ERR_NEEDS_UPGRADE},
        {"codec 2", 2, 1, 2, ERR_NEEDS_UPGRADE},
        {"audience 0", 3, 1, 0, ERR_MALFORMED},
        {"audience 3", 3, 1, 3, ERR_MALFORMED},
        {"no audience division", 4, 1, 0, ERR_MALFORMED},
        {"an audience division in lower case", 4, 1, 'a', ERR_MALFORMED},
        {"something behind the audience division", 12, 1, '1', ERR_MALFORMED},
        {"no author", 53, 1, 0, ERR_MALFORMED},
        {"an author with a space", 54, 1, ' ', ERR_MALFORMED},
        {"epoch 0", 62, 4, 0, ERR_MALFORMED},
        {"no entries", 66, 4, 0, ERR_MALFORMED},
        {"one entry too many", 66, 4, BLOCK_ENTRIES_MAX + 1, ERR_TOO_LARGE},
        {"four billion entries", 66, 4, UINT32_MAX, ERR_TOO_LARGE},
        {"lsn 0", 70, 8, 0, ERR_MALFORMED},
        {"lsns that wrap", 70, 8, UINT64_MAX, ERR_MALFORMED},
        {"aud_seq 0", 78, 8, 0, ERR_MALFORMED},
        {"a raw size past the limit", 214, 4, BLOCK_RAW_BYTES_MAX + 1, ERR_TOO_LARGE},
        {"a body size past the limit", 218, 4, BLOCK_RAW_BYTES_MAX + 1, ERR_TOO_LARGE},
        {"raw, and a raw size that differs", 214, 4, 4, ERR_MALFORMED},
        {"a body size too small", 214, 8, UINT64_C(0x0000000400000004), ERR_MALFORMED},
        {"a body size too great", 214, 8, UINT64_C(0x0000000600000006), ERR_MALFORMED},
        {"the greatest count", 66, 4, BLOCK_ENTRIES_MAX, OK}, /* its body is read later */
        {"the last lsn", 70, 8, UINT64_MAX - BLOCK_ENTRIES_MAX, OK},
        {"the last epoch", 62, 4, UINT32_MAX, OK},
    };
    const struct block_header header = sample_header();
    struct buf whole = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_view view;
        struct err err = {OK, ""};
        enum status got;

        sample_block(&whole, &header);
        for (size_t k = 0; k < cases[i].size; k++) {
            whole.data[cases[i].at + k] = (uint8_t)(cases[i].value >> 8 * (cases[i].size - 1 - k));
        }
        got = block_parse(&view, buf_bytes(&whole), &err);
        if (got != cases[i].want || err.status != got) {
            fail_msg("%s: %s, want %s", cases[i].name, status_name(got),
                     status_name(cases[i].want));
        }
    }
    buf_free(&whole);
}

/* No byte of a header is a matter of taste: flipped, it is refused or says something else. */
static void every_flipped_bit_of_a_header_shows(void **state)
{
    const struct block_header header = sample_header();
    struct buf whole = BUF_EMPTY, again = BUF_EMPTY;
    size_t refused = 0;

    (void)state;
    sample_block(&whole, &header);
    for (size_t bit = 0; bit < (size_t)8 * BLOCK_HEADER_SIZE; bit++) {
        struct block_view view;
        struct err err;

        whole.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (block_parse(&view, buf_bytes(&whole), &err) == OK) {
            buf_clear(&again);
            block_header_write(&again, &view.header);
            assert_true(bytes_equal(buf_bytes(&again), view.header_bytes));
        } else {
            refused++;
        }
        whole.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_in_range(refused, 100, 350); /* versions, audience, codes, counts, sizes */
    buf_free(&again);
    buf_free(&whole);
}

static void a_block_cut_or_stretched_is_malformed(void **state)
{
    const struct block_header header = sample_header();
    struct buf whole = BUF_EMPTY;
    struct block_view view;
    struct err err;

    (void)state;
    sample_block(&whole, &header);
    for (size_t size = 0; size < whole.size; size++) {
        uint8_t *copy = mem_zalloc(size == 0 ? 1 : size);

        memcpy(copy, whole.data, size);
        assert_int_equal(block_parse(&view, bytes_of(copy, size), &err), ERR_MALFORMED);
        mem_free(copy);
    }
    assert_int_equal(block_parse(&view, BYTES_NONE, &err), ERR_MALFORMED);
    buf_put_u8(&whole, 0);
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), ERR_MALFORMED);
    buf_reserve(&whole, BLOCK_BYTES_MAX);
    memset(whole.data + whole.size, 0, BLOCK_BYTES_MAX + 1 - whole.size);
    whole.size = BLOCK_BYTES_MAX + 1;
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), ERR_TOO_LARGE);
    buf_free(&whole);
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

        assert_int_equal(got->role, ROLE_CHECKER);
        assert_memory_equal(&got->key, &want.key, PUBLIC_KEY_SIZE);
        assert_memory_equal(&got->signature, &want.signature, SIGNATURE_SIZE);
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
 * 24, each of kind, format, six bytes of time, size and body; the group at 34: role at 34,
 * first_entry at 131, count at 135, first_leaf at 139, leaf_count at 143, proof_count at 147, proof
 * at 151. */
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
        {"role 0", 34, 1, 0},
        {"role 3", 34, 1, 3},
        {"an entry past the last", 131, 4, 2},
        {"a first entry that wraps", 131, 4, UINT32_MAX},
        {"a group of nothing", 135, 4, 0},
        {"a group of more than there is", 135, 4, 4},
        {"a count that wraps", 135, 4, UINT32_MAX},
        {"a leaf past the last", 139, 4, 8},
        {"a first leaf that wraps", 139, 4, UINT32_MAX},
        {"fewer leaves than entries", 143, 4, 1},
        {"too many leaves", 143, 4, GROUP_LEAVES_MAX + 1},
        {"a proof of one more", 147, 4, 2},
        {"a proof of one fewer", 147, 4, 0},
        {"a proof past the limit", 147, 4, GROUP_PROOF_MAX + 1},
        {"a proof of four billion", 147, 4, UINT32_MAX},
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
        assert_int_equal(body.size, 183);
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
        cmocka_unit_test(a_header_comes_back_as_it_was),
        cmocka_unit_test(the_layout_is_the_one_that_was_signed),
        cmocka_unit_test(headers_are_refused_for_their_first_fault),
        cmocka_unit_test(every_flipped_bit_of_a_header_shows),
        cmocka_unit_test(a_block_cut_or_stretched_is_malformed),
        cmocka_unit_test(bodies_come_back_as_they_were),
        cmocka_unit_test(groups_come_back_as_they_were),
        cmocka_unit_test(there_are_at_most_so_many_groups),
        cmocka_unit_test(lying_bodies_are_malformed),
        cmocka_unit_test(a_count_that_is_not_the_entries_is_malformed),
        cmocka_unit_test(a_body_decompresses_to_exactly_what_it_says),
        cmocka_unit_test(a_compressed_body_is_one_frame_and_nothing_else),
        cmocka_unit_test(a_bomb_does_not_go_off),
        cmocka_unit_test(a_flipped_bit_in_a_compressed_body_does_no_harm),
        cmocka_unit_test(a_thread_that_ends_leaves_no_context_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
