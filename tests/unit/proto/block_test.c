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

static void want_header(const struct block_header *got, const struct block_header *want)
{
    assert_int_equal(got->version, want->version);
    assert_int_equal(got->suite, want->suite);
    assert_int_equal(got->codec, want->codec);
    assert_true(audience_equal(&got->audience, &want->audience));
    assert_true(division_equal(got->author, want->author));
    assert_int_equal(got->epoch, want->epoch);
    assert_int_equal(got->count, want->count);
    assert_int_equal(got->first_lsn, want->first_lsn);
    assert_int_equal(got->aud_seq, want->aud_seq);
    assert_memory_equal(&got->prev_hash, &want->prev_hash, HASH_SIZE);
    assert_memory_equal(&got->aud_prev, &want->aud_prev, HASH_SIZE);
    assert_memory_equal(&got->entries_root, &want->entries_root, HASH_SIZE);
    assert_memory_equal(&got->state_digest, &want->state_digest, HASH_SIZE);
    assert_int_equal(got->raw_size, want->raw_size);
    assert_int_equal(got->body_size, want->body_size);
    assert_memory_equal(&got->body_hash, &want->body_hash, HASH_SIZE);
    assert_int_equal(got->time_ms, want->time_ms);
}

static void a_header_comes_back_as_it_was(void **state)
{
    const struct block_header header = sample_header();
    struct buf whole = BUF_EMPTY, again = BUF_EMPTY;
    struct block_view view;
    struct err err;

    (void)state;
    sample_block(&whole, &header);
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
    want_header(&view.header, &header);
    assert_int_equal(block_last_lsn(&view.header), header.first_lsn + 1);
    assert_ptr_equal(view.header_bytes.data, whole.data);
    assert_memory_equal(view.signature.at, whole.data + view.header_bytes.size, SIGNATURE_SIZE);
    assert_true(bytes_equal(view.body, bytes_text("body!")));
    block_header_write(&again, &view.header);
    assert_true(bytes_equal(buf_bytes(&again), view.header_bytes));
    buf_free(&again);
    buf_free(&whole);
}

/* A lone payment of a county: all that can be left out is. */
static struct block_header short_header(void)
{
    struct block_header header = sample_header();

    header.audience = (struct audience){AUDIENCE_LINE, header.author};
    header.count = 1;
    header.epoch = 1;
    header.first_lsn = 100000;
    header.aud_seq = 90000;
    header.time_ms = UINT64_C(1790000000000);
    header.aud_prev = header.prev_hash;
    header.entries_root = HASH_ZERO;
    return header;
}

static void what_the_receiver_can_tell_is_left_out(void **state)
{
    enum part { NOTHING, TREE, DIVISION, AUD_PREV, MANY, ZSTD };
    static const struct {
        const char *name;
        enum part part;
        size_t more; /* bytes it takes */
    } cases[] = {
        {"all left out", NOTHING, 0},
        {"a tree", TREE, 0},
        {"another division", DIVISION, 1 + 4},
        {"another aud_prev", AUD_PREV, HASH_SIZE},
        {"two entries: count and root", MANY, 1 + HASH_SIZE},
        {"compressed: raw size and root", ZSTD, 2 + HASH_SIZE},
    };
    struct buf whole = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct block_header header = short_header();
        const enum part part = cases[i].part;
        struct block_view view;
        struct err err;

        header.audience.kind = part == TREE ? AUDIENCE_TREE : AUDIENCE_LINE;
        header.audience.division = division_of(part == DIVISION ? "5401" : "540121");
        header.aud_prev.at[0] ^= part == AUD_PREV;
        header.count += part == MANY;
        header.codec = part == ZSTD ? CODEC_ZSTD : CODEC_RAW;
        header.raw_size = part == ZSTD ? 300 : header.raw_size;
        header.entries_root.at[0] = part == MANY || part == ZSTD;
        sample_block(&whole, &header);
        assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
        want_header(&view.header, &header);
        if (view.header_bytes.size != 3 + 7 + 1 + 3 + 3 + 6 + 3 * HASH_SIZE + cases[i].more) {
            fail_msg("%s: %zu bytes", cases[i].name, view.header_bytes.size);
        }
    }
    buf_free(&whole);
}

/* Blocks are stored for ever as they travelled. */
static void the_layout_is_the_one_that_was_written(void **state)
{
    static const struct {
        const char *hex;
        size_t at;
    } places[] = {
        {"01010f", 0},              /* version, suite, flags */
        {"06353430313231", 3},      /* author */
        {"0435343031", 10},         /* the audience's division */
        {"03", 15},                 /* epoch */
        {"888e98a8c0e0808101", 16}, /* first lsn */
        {"02", 25},                 /* count */
        {"98aed8a8c1e2848911", 26}, /* aud_seq */
        {"a8ce98a9c2e4889121", 35}, /* time */
        {"030a1118", 44},           /* prev_hash */
        {"040b1219", 76},           /* aud_prev */
        {"050c131a", 108},          /* entries_root */
        {"060d141b", 140},          /* state_digest */
        {"070e151c", 172},          /* body_hash */
    };
    const struct block_header header = sample_header();
    struct buf out = BUF_EMPTY;

    (void)state;
    block_header_write(&out, &header);
    assert_int_equal(out.size, 204);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        uint8_t want[16];
        const size_t size = strlen(places[i].hex) / 2;

        assert_true(hex_decode(want, size, places[i].hex));
        assert_memory_equal(out.data + places[i].at, want, size);
    }
    buf_free(&out);
}

/* A header by hand, so that it can say what our writer never would. */
struct parts {
    uint8_t version, suite, flags;
    const char *author, *division; /* NULL: left out */
    uint64_t epoch, first_lsn, count, aud_seq, raw_size, time_ms;
    uint8_t prev, aud_prev; /* bytes of those hashes */
};

static void put_code(struct buf *out, const char *code)
{
    buf_put_u8(out, (uint8_t)strlen(code));
    buf_append_bytes(out, bytes_text(code));
}

static void put_hash(struct buf *out, uint8_t byte)
{
    struct hash hash;

    memset(hash.at, byte, sizeof hash.at);
    buf_append(out, hash.at, sizeof hash.at);
}

static void put_parts(struct buf *out, const struct parts *parts)
{
    buf_clear(out);
    buf_put_u8(out, parts->version);
    buf_put_u8(out, parts->suite);
    buf_put_u8(out, parts->flags);
    put_code(out, parts->author);
    if (parts->division != NULL) {
        put_code(out, parts->division);
    }
    buf_put_varint(out, parts->epoch);
    buf_put_varint(out, parts->first_lsn);
    if ((parts->flags & BLOCK_MANY) != 0) {
        buf_put_varint(out, parts->count);
    }
    buf_put_varint(out, parts->aud_seq);
    if ((parts->flags & BLOCK_ZSTD) != 0) {
        buf_put_varint(out, parts->raw_size);
    }
    buf_put_varint(out, parts->time_ms);
    put_hash(out, parts->prev);
    if ((parts->flags & BLOCK_OTHER_AUD_PREV) != 0) {
        put_hash(out, parts->aud_prev);
    }
    for (int i = 0; i < 3; i++) { /* root, digest, body */
        put_hash(out, (uint8_t)i);
    }
    for (int i = 0; i < 3; i++) { /* signature and a body */
        put_hash(out, (uint8_t)i);
    }
}

#define MANY_OF(number) .flags = BLOCK_MANY, .count = (number)

static void headers_are_refused_for_their_fault(void **state)
{
    static const struct {
        const char *name;
        enum status want;
        struct parts change; /* zero: as in the good one */
    } cases[] = {
        {"a good one", OK, {0}},
        {"version 2", ERR_NEEDS_UPGRADE, {.version = 2}},
        {"suite 2", ERR_NEEDS_UPGRADE, {.suite = 2}},
        {"an unknown flag", ERR_MALFORMED, {.flags = 32}},
        {"all unknown flags", ERR_MALFORMED, {.flags = 0xe0}},
        {"no author", ERR_MALFORMED, {.author = ""}},
        {"an author with a space", ERR_MALFORMED, {.author = "54 1"}},
        {"an author of ten", ERR_MALFORMED, {.author = "5401234567"}},
        {"another division", OK, {.flags = BLOCK_OTHER_DIVISION, .division = "5401"}},
        {"no other division", ERR_MALFORMED, {.flags = BLOCK_OTHER_DIVISION, .division = ""}},
        {"the author as another division",
         ERR_MALFORMED,
         {.flags = BLOCK_OTHER_DIVISION, .division = "540121"}},
        {"a division in lower case",
         ERR_MALFORMED,
         {.flags = BLOCK_OTHER_DIVISION, .division = "54a1"}},
        {"another aud_prev", OK, {.flags = BLOCK_OTHER_AUD_PREV, .aud_prev = 7}},
        {"the same aud_prev again", ERR_MALFORMED, {.flags = BLOCK_OTHER_AUD_PREV, .aud_prev = 9}},
        {"many entries", OK, {MANY_OF(BLOCK_ENTRIES_MAX)}},
        {"no entries", ERR_MALFORMED, {MANY_OF(0)}},
        {"one entry as many", ERR_MALFORMED, {MANY_OF(1)}},
        {"one entry too many", ERR_TOO_LARGE, {MANY_OF(BLOCK_ENTRIES_MAX + 1)}},
        {"entries past 32 bits", ERR_TOO_LARGE, {MANY_OF((UINT64_C(1) << 32) + 2)}},
        {"the last epoch", OK, {.epoch = UINT32_MAX}},
        {"an epoch past 32 bits", ERR_MALFORMED, {.epoch = (UINT64_C(1) << 32) + 1}},
        {"the last lsn", OK, {.first_lsn = UINT64_MAX - BLOCK_ENTRIES_MAX}},
        {"lsns that wrap", ERR_MALFORMED, {.first_lsn = UINT64_MAX}},
        {"a raw size", OK, {.flags = BLOCK_ZSTD, .raw_size = BLOCK_RAW_BYTES_MAX}},
        {"a raw size past the limit",
         ERR_TOO_LARGE,
         {.flags = BLOCK_ZSTD, .raw_size = BLOCK_RAW_BYTES_MAX + 1}},
        {"a raw size past 32 bits",
         ERR_TOO_LARGE,
         {.flags = BLOCK_ZSTD, .raw_size = (UINT64_C(1) << 32) + 5}},
        {"any time", OK, {.time_ms = UINT64_MAX}},
    };
    struct buf whole = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct parts *change = &cases[i].change;
        struct parts parts = {1,  1, change->flags,   "540121", change->division,
                              3,  7, change->count,   5,        change->raw_size,
                              11, 9, change->aud_prev};
        struct block_view view;
        struct err err = {OK, ""};
        enum status got;

        parts.version = change->version != 0 ? change->version : parts.version;
        parts.suite = change->suite != 0 ? change->suite : parts.suite;
        parts.author = change->author != NULL ? change->author : parts.author;
        parts.epoch = change->epoch != 0 ? change->epoch : parts.epoch;
        parts.first_lsn = change->first_lsn != 0 ? change->first_lsn : parts.first_lsn;
        parts.time_ms = change->time_ms != 0 ? change->time_ms : parts.time_ms;
        put_parts(&whole, &parts);
        got = block_parse(&view, buf_bytes(&whole), &err);
        if (got != cases[i].want || err.status != got) {
            fail_msg("%s: %s, want %s", cases[i].name, status_name(got),
                     status_name(cases[i].want));
        }
    }
    buf_free(&whole);
}

static void positions_begin_at_one(void **state)
{
    const struct parts good = {1, 1, 0, "540121", NULL, 3, 7, 0, 5, 0, 11, 9, 0};
    struct buf whole = BUF_EMPTY;
    struct block_view view;
    struct err err;

    (void)state;
    for (int which = 0; which < 4; which++) {
        struct parts parts = good;

        parts.epoch = which == 1 ? 0 : parts.epoch;
        parts.first_lsn = which == 2 ? 0 : parts.first_lsn;
        parts.aud_seq = which == 3 ? 0 : parts.aud_seq;
        put_parts(&whole, &parts);
        assert_int_equal(block_parse(&view, buf_bytes(&whole), &err),
                         which == 0 ? OK : ERR_MALFORMED);
    }
    buf_free(&whole);
}

/* No byte of a header is a matter of taste: flipped, it is refused or says something else. */
static void check_flipped_bits(const struct block_header *header, size_t refused_min)
{
    struct buf whole = BUF_EMPTY, again = BUF_EMPTY;
    struct block_view view;
    struct err err;
    size_t refused = 0, bits;

    sample_block(&whole, header);
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
    bits = 8 * view.header_bytes.size;
    for (size_t bit = 0; bit < bits; bit++) {
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
    assert_in_range(refused, refused_min, bits / 4); /* versions, flags, codes, counts, sizes */
    buf_free(&again);
    buf_free(&whole);
}

static void every_flipped_bit_of_a_header_shows(void **state)
{
    const struct block_header full = sample_header(), brief = short_header();

    (void)state;
    check_flipped_bits(&full, 60);
    check_flipped_bits(&brief, 40);
}

/* The body is what is left: that it is cut is for body_hash to tell. */
static void a_block_without_all_of_its_header_is_malformed(void **state)
{
    const struct block_header header = sample_header();
    struct buf whole = BUF_EMPTY;
    struct block_view view;
    struct err err;
    size_t header_size;

    (void)state;
    sample_block(&whole, &header);
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
    header_size = view.header_bytes.size;
    for (size_t size = 0; size < header_size + SIGNATURE_SIZE; size++) {
        uint8_t *copy = mem_zalloc(size == 0 ? 1 : size);

        memcpy(copy, whole.data, size);
        assert_int_equal(block_parse(&view, bytes_of(copy, size), &err), ERR_MALFORMED);
        mem_free(copy);
    }
    assert_int_equal(block_parse(&view, BYTES_NONE, &err), ERR_MALFORMED);
    buf_reserve(&whole, BLOCK_BYTES_MAX);
    memset(whole.data + whole.size, 0, BLOCK_BYTES_MAX + 1 - whole.size);
    whole.size = header_size + SIGNATURE_SIZE + BLOCK_RAW_BYTES_MAX;
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), OK);
    whole.size++;
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), ERR_TOO_LARGE);
    whole.size = BLOCK_BYTES_MAX + 1;
    assert_int_equal(block_parse(&view, buf_bytes(&whole), &err), ERR_TOO_LARGE);
    buf_free(&whole);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_comes_back_as_it_was),
        cmocka_unit_test(what_the_receiver_can_tell_is_left_out),
        cmocka_unit_test(the_layout_is_the_one_that_was_written),
        cmocka_unit_test(headers_are_refused_for_their_fault),
        cmocka_unit_test(positions_begin_at_one),
        cmocka_unit_test(every_flipped_bit_of_a_header_shows),
        cmocka_unit_test(a_block_without_all_of_its_header_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
