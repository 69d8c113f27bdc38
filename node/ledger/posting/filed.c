#include "node/ledger/posting/filed.h"

#include <assert.h>

void filed_add(struct buf *out, const struct filed *document)
{
    const uint8_t place[] = {(uint8_t)(document->year >> 8), (uint8_t)document->year,
                             document->months[0], document->months[1],
                             (uint8_t)document->economic.size};

    buf_put_u32(out, document->kind);
    buf_put_u64(out, document->lsn);
    list_add(out, document->id);
    buf_append(out, place, sizeof place);
    if (document->economic.size > 0) {
        buf_append_bytes(out, document->economic);
    }
}

bool filed_next(struct reader *filed, struct filed *out)
{
    bool there;

    if (reader_left(filed) == 0) {
        return false;
    }
    out->kind = reader_u32(filed);
    out->lsn = reader_u64(filed);
    there = list_next(filed, &out->id);
    out->year = reader_u16(filed);
    out->months[0] = reader_u8(filed);
    out->months[1] = reader_u8(filed);
    out->economic = reader_bytes(filed, reader_u8(filed));
    assert(there && reader_ok(filed) && out->kind < KINDS_END);
    (void)there;
    return true;
}
