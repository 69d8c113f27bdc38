#include "node/api/zip.h"

#include <assert.h>

enum {
    LOCAL_SIGNATURE = 0x04034b50,
    CENTRAL_SIGNATURE = 0x02014b50,
    END_SIGNATURE = 0x06054b50,
    VERSION_STORED = 10, /* 1.0: nothing but files as they are */
    NAMES_ARE_UTF8 = 1 << 11,
    DATE_1980 = 1 << 5 | 1, /* the first day that a directory can name */
};

uint32_t zip_crc(struct bytes content)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < content.size; i++) {
        crc ^= content.data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
        }
    }
    return ~crc;
}

static void put_u16(struct buf *out, uint32_t number)
{
    buf_put_u8(out, (uint8_t)number);
    buf_put_u8(out, (uint8_t)(number >> 8));
}

static void put_u32(struct buf *out, uint32_t number)
{
    put_u16(out, number & 0xffff);
    put_u16(out, number >> 16);
}

/* What a file and its row of the directory have in common, up to the size of its name. */
static void put_facts(struct buf *out, struct bytes name, struct bytes content)
{
    put_u16(out, VERSION_STORED);
    put_u16(out, NAMES_ARE_UTF8);
    put_u16(out, 0); /* stored */
    put_u16(out, 0); /* time */
    put_u16(out, DATE_1980);
    put_u32(out, zip_crc(content));
    put_u32(out, (uint32_t)content.size);
    put_u32(out, (uint32_t)content.size);
    put_u16(out, (uint32_t)name.size);
    put_u16(out, 0); /* nothing extra */
}

void zip_begin(struct zip *zip, struct buf *out)
{
    assert(out->size == 0);
    *zip = (struct zip){out, BUF_EMPTY, 0};
}

void zip_file(struct zip *zip, const char *name, struct bytes content)
{
    const struct bytes named = bytes_text(name);
    const uint32_t at = (uint32_t)zip->out->size;

    assert(zip->out->size + content.size < UINT32_MAX && zip->count < UINT16_MAX);
    put_u32(zip->out, LOCAL_SIGNATURE);
    put_facts(zip->out, named, content);
    buf_append_bytes(zip->out, named);
    buf_append_bytes(zip->out, content);
    put_u32(&zip->directory, CENTRAL_SIGNATURE);
    put_u16(&zip->directory, VERSION_STORED); /* made by */
    put_facts(&zip->directory, named, content);
    put_u16(&zip->directory, 0); /* no comment */
    put_u16(&zip->directory, 0); /* on the first disk */
    put_u16(&zip->directory, 0); /* binary */
    put_u32(&zip->directory, 0); /* no attributes */
    put_u32(&zip->directory, at);
    buf_append_bytes(&zip->directory, named);
    zip->count++;
}

void zip_end(struct zip *zip)
{
    const uint32_t at = (uint32_t)zip->out->size;

    buf_append_bytes(zip->out, buf_bytes(&zip->directory));
    put_u32(zip->out, END_SIGNATURE);
    put_u16(zip->out, 0); /* this disk, and that of the directory */
    put_u16(zip->out, 0);
    put_u16(zip->out, zip->count);
    put_u16(zip->out, zip->count);
    put_u32(zip->out, (uint32_t)zip->directory.size);
    put_u32(zip->out, at);
    put_u16(zip->out, 0); /* no comment */
    buf_free(&zip->directory);
}
