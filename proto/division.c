#include "proto/division.h"

bool division_parse(struct division *out, struct bytes text)
{
    *out = DIVISION_NONE;
    if (text.size == 0 || text.size > DIVISION_CODE_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            return false;
        }
    }
    memcpy(out->code, text.data, text.size);
    return true;
}

void division_write(struct buf *buf, struct division division)
{
    buf_append(buf, division.code, DIVISION_CODE_MAX);
}

struct division division_read(struct reader *reader)
{
    const struct bytes raw = reader_bytes(reader, DIVISION_CODE_MAX);
    struct division division = DIVISION_NONE;
    size_t size = 0;

    while (size < raw.size && raw.data[size] != 0) {
        size++;
    }
    for (size_t i = size; i < raw.size; i++) {
        if (raw.data[i] != 0) {
            reader->failed = true;
        }
    }
    if (reader->failed || !division_parse(&division, bytes_of(raw.data, size))) {
        reader->failed = true;
        return DIVISION_NONE;
    }
    return division;
}
