#include "node/store/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "proto/bytes.h"

enum { BLOCK_BYTES = 32 << 10, HEAD_BYTES = 7, FULL = 1, FIRST = 2, MIDDLE = 3, LAST = 4 };

/* CRC-32C (Castagnoli), as RFC 3720 has it, eight bits at a time. */
static uint32_t crc32c(const uint8_t *data, size_t size)
{
    static uint32_t table[256];
    uint32_t crc = UINT32_MAX;

    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;

            for (int bit = 0; bit < 8; bit++) {
                value = value >> 1 ^ ((value & 1) != 0 ? UINT32_C(0x82f63b78) : 0);
            }
            table[i] = value;
        }
    }
    for (size_t i = 0; i < size; i++) {
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
    }
    return ~crc;
}

/* So that a sum over what holds sums does not come out the same. */
static uint32_t masked(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

static uint32_t little(const uint8_t *at, size_t size)
{
    uint32_t value = 0;

    for (size_t i = size; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

static bool is_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

/* `inside` a record that began and has not ended. */
static bool block_is_whole(const uint8_t *block, size_t size, bool *inside)
{
    size_t at = 0;

    while (size - at >= HEAD_BYTES) {
        const uint32_t length = little(block + at + 4, 2);
        const uint8_t type = block[at + 6];
        const bool begins = type == FULL || type == FIRST;

        if (size - at - HEAD_BYTES < length || type < FULL || type > LAST || begins == *inside ||
            little(block + at, 4) != masked(crc32c(block + at + 6, 1 + length))) {
            return false;
        }
        *inside = type == FIRST || type == MIDDLE;
        at += HEAD_BYTES + length;
    }
    return size == BLOCK_BYTES ? is_zero(block + at, size - at) : size == at;
}

bool wal_is_whole(const char *path)
{
    uint8_t *block = mem_zalloc(BLOCK_BYTES);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = file >= 0, inside = false, more = whole;
    off_t at = 0;

    while (whole && more) {
        size_t size = 0;
        ssize_t got = 1;

        while (size < BLOCK_BYTES && (got > 0 || (got < 0 && errno == EINTR))) {
            got = pread(file, block + size, BLOCK_BYTES - size, at + (off_t)size);
            size += got > 0 ? (size_t)got : 0;
        }
        whole = got >= 0 && block_is_whole(block, size, &inside);
        more = size == BLOCK_BYTES;
        at += (off_t)size;
    }
    if (file >= 0) {
        (void)close(file);
    }
    mem_free(block);
    return whole && !inside;
}
