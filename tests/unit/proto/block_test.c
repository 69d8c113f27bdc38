/* Headers of blocks: what is written is read back, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/block_sample.h"

static void sample_block(struct buf *out, const struct block_header *header)
{
    uint8_t signature[SIGNATURE_SIZE];

    buf_clear(out);
    block_header_write(out, header);
    pattern(signature, sizeof signature, 8);
    buf_append(out, signature, sizeof signature);
    buf_append(out, "body!", 5);
}

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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_comes_back_as_it_was),
        cmocka_unit_test(the_layout_is_the_one_that_was_signed),
        cmocka_unit_test(headers_are_refused_for_their_first_fault),
        cmocka_unit_test(every_flipped_bit_of_a_header_shows),
        cmocka_unit_test(a_block_cut_or_stretched_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
