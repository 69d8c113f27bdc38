/* row_codec - how values of rows are put together and taken apart. Only for rows.c, row_sums.c
 * and open_items.c.
 *
 * A value is written into a fixed buffer: what may go into a row is bounded when a document is
 * decoded, so an overrun here is our own bug. Reading is proto's struct reader, which answers for
 * what is too short; texts read are views of the value.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_ROWS_ROW_CODEC_H
#define TERRACE_NODE_LEDGER_ROWS_ROW_CODEC_H

#include <assert.h>

#include "node/ledger/rows/rows.h"

enum { ROW_BYTES_MAX = 1280 };

struct writer {
    uint8_t at[ROW_BYTES_MAX];
    size_t size;
};

static inline void write_raw(struct writer *writer, const void *data, size_t size)
{
    assert(size <= sizeof writer->at - writer->size);
    if (size > 0) {
        memcpy(writer->at + writer->size, data, size);
    }
    writer->size += size;
}

static inline void write_u8(struct writer *writer, uint8_t value)
{
    write_raw(writer, &value, 1);
}

static inline void write_u16(struct writer *writer, uint32_t value)
{
    const uint8_t raw[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    assert(value <= UINT16_MAX);
    write_raw(writer, raw, sizeof raw);
}

/* Seven bits a byte, the lowest first: most counts are small. */
static inline void write_count(struct writer *writer, uint32_t value)
{
    for (; value >= 0x80; value >>= 7) {
        write_u8(writer, (uint8_t)(value | 0x80));
    }
    write_u8(writer, (uint8_t)value);
}

static inline uint32_t read_count(struct reader *reader)
{
    uint32_t value = 0;

    for (unsigned shift = 0; shift < 32; shift += 7) {
        const uint8_t byte = reader_u8(reader);

        value |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            break;
        }
    }
    return value;
}

static inline void write_u64(struct writer *writer, uint64_t value)
{
    assert(sizeof writer->at - writer->size >= 8);
    store_u64(writer->at + writer->size, value);
    writer->size += 8;
}

static inline void write_i64(struct writer *writer, int64_t value)
{
    write_u64(writer, (uint64_t)value);
}

static inline void write_wide(struct writer *writer, int128 value)
{
    assert(sizeof writer->at - writer->size >= WIDE_BYTES_MAX);
    writer->size += wide_write(writer->at + writer->size, value);
}

/* A set of accounts takes the bytes that its highest one needs. */
static inline void write_accounts(struct writer *writer, uint64_t accounts)
{
    for (; accounts >= 0x80; accounts >>= 7) {
        write_u8(writer, (uint8_t)(accounts | 0x80));
    }
    write_u8(writer, (uint8_t)accounts);
}

static inline void write_division(struct writer *writer, struct division division)
{
    write_raw(writer, division.code, DIVISION_CODE_MAX);
}

static inline void write_text(struct writer *writer, struct bytes text)
{
    assert(text.size <= UINT8_MAX);
    write_u8(writer, (uint8_t)text.size);
    write_raw(writer, text.data, text.size);
}

static inline void write_long_text(struct writer *writer, struct bytes text)
{
    write_u16(writer, (uint32_t)text.size);
    write_raw(writer, text.data, text.size);
}

static inline void put_row(struct txn *txn, const struct row_key *key, const struct writer *writer)
{
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(key), bytes_of(writer->at, writer->size));
}

static inline bool load_row(struct txn *txn, const struct row_key *key, struct bytes *value)
{
    return txn_get(txn, SPACE_LEDGER, row_key_bytes(key), value);
}

static inline int64_t read_i64(struct reader *reader)
{
    return (int64_t)reader_u64(reader);
}

/* Fails on an account that this version does not have. */
static inline uint64_t read_accounts(struct reader *reader)
{
    const uint64_t accounts = reader_varint(reader);

    if (accounts >> ACCOUNTS != 0) {
        reader->failed = true;
        return 0;
    }
    return accounts;
}

/* Sums by account: the set of those that are not nil, most often two or three, then these. */
static inline void write_sums(struct writer *writer, const int128 sums[ACCOUNTS])
{
    uint64_t accounts = 0;

    for (unsigned i = 0; i < ACCOUNTS; i++) {
        accounts |= (uint64_t)(sums[i] != 0) << i;
    }
    write_accounts(writer, accounts);
    for (; accounts != 0; accounts &= accounts - 1) {
        write_wide(writer, sums[first_account(accounts)]);
    }
}

static inline void read_sums(struct reader *reader, int128 sums[ACCOUNTS])
{
    uint64_t accounts = read_accounts(reader);

    memset(sums, 0, ACCOUNTS * sizeof *sums);
    for (; accounts != 0; accounts &= accounts - 1) {
        sums[first_account(accounts)] = reader_wide(reader);
    }
}

static inline struct bytes read_text(struct reader *reader)
{
    return reader_bytes(reader, reader_u8(reader));
}

static inline struct short_text read_short(struct reader *reader)
{
    return short_text_of(read_text(reader));
}

/* How many items follow: it stands in front of them, so that a row which ends behind one of its
 * items is known not to be whole. Fails above `most`. */
static inline size_t read_item_count(struct reader *reader, size_t most)
{
    const size_t count = reader_u8(reader);

    if (count > most) {
        reader->failed = true;
        return 0;
    }
    return count;
}

/* A division that may be none, which division_read refuses. */
static inline struct division read_division(struct reader *reader)
{
    struct division division = DIVISION_NONE;

    reader_copy(reader, division.code, DIVISION_CODE_MAX);
    return division;
}

static inline void write_hash(struct writer *writer, const struct hash *hash)
{
    write_raw(writer, hash->at, sizeof hash->at);
}

#endif
