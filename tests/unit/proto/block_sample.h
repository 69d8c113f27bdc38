/* block_sample - the header that the tests of blocks start from. */
#ifndef TERRACE_TESTS_UNIT_PROTO_BLOCK_SAMPLE_H
#define TERRACE_TESTS_UNIT_PROTO_BLOCK_SAMPLE_H

#include "proto/block.h"

static inline void pattern(void *out, size_t size, uint8_t seed)
{
    uint8_t *at = out;

    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(seed + 7 * i);
    }
}

/* Every field differs from every other, so that two exchanged ones show. */
static inline struct block_header sample_header(void)
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

    pattern(header.prev_hash.at, HASH_SIZE, 3);
    pattern(header.aud_prev.at, HASH_SIZE, 4);
    pattern(header.entries_root.at, HASH_SIZE, 5);
    pattern(header.state_digest.at, HASH_SIZE, 6);
    pattern(header.body_hash.at, HASH_SIZE, 7);
    return header;
}

#endif
