#include "proto/document_evidence.h"

enum { WIRE_VARINT = 0 };

static const enum field fields[] = {FIELD_EVIDENCE_EPOCH, FIELD_EVIDENCE_LSN, FIELD_EVIDENCE_HASH};

static size_t count_fields(const struct document *document)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        count += document_has(document, fields[i]);
    }
    return count;
}

bool document_has_evidence(const struct document *document)
{
    return count_fields(document) > 0;
}

bool document_evidence_is_whole(const struct document *document)
{
    const size_t count = count_fields(document);

    return count == 0 || count == COUNT_OF(fields);
}

bool document_evidence(const struct document *document, struct document_evidence *out)
{
    const struct bytes hash = document_text(document, FIELD_EVIDENCE_HASH);

    if (count_fields(document) < COUNT_OF(fields) || hash.size != sizeof out->hash.at) {
        return false;
    }
    out->epoch = (uint32_t)document_number(document, FIELD_EVIDENCE_EPOCH);
    out->lsn = (uint64_t)document_number(document, FIELD_EVIDENCE_LSN);
    memcpy(out->hash.at, hash.data, hash.size);
    return true;
}

void document_set_evidence(struct document *document, const struct document_evidence *evidence)
{
    document_set_number(document, FIELD_EVIDENCE_EPOCH, (int64_t)evidence->epoch);
    document_set_number(document, FIELD_EVIDENCE_LSN, (int64_t)evidence->lsn);
    document_set_text(document, FIELD_EVIDENCE_HASH,
                      bytes_of(evidence->hash.at, sizeof evidence->hash.at));
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        document_mark_inherited(document, fields[i]);
    }
}

void document_without_evidence(struct document *out, const struct document *document)
{
    document_copy(out, document);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const uint64_t bit = UINT64_C(1) << (fields[i] & 63);

        out->present[fields[i] >> 6] &= ~bit;
        out->inherited[fields[i] >> 6] &= ~bit;
    }
}

bool document_body_has_evidence(struct bytes body)
{
    struct reader reader = reader_of(body);

    while (reader_left(&reader) > 0) {
        const uint64_t key = reader_varint(&reader), value = reader_varint(&reader);

        if (!reader_ok(&reader) || key >> 3 >= FIELD_EVIDENCE_EPOCH) {
            return reader_ok(&reader) && key >> 3 <= FIELD_EVIDENCE_HASH;
        }
        if ((key & 7) != WIRE_VARINT) {
            (void)reader_bytes(&reader, (size_t)value);
        }
    }
    return false;
}
