#include "node/ledger/query/trace_place.h"

#include "node/ledger/rows/children.h"

bool trace_place_load(struct txn *txn, struct division division, struct bytes id,
                      struct trace_place *out)
{
    struct doc_row doc;

    if (id.size == 0 || id.size > DOCUMENT_ID_MAX || !doc_load(txn, division, id, &doc)) {
        return false;
    }
    *out = (struct trace_place){division, short_text_of(id), doc.kind, doc.lsn};
    return true;
}

bool trace_place_same(const struct trace_place *a, const struct trace_place *b)
{
    return division_equal(a->division, b->division) &&
           bytes_equal(short_text_bytes(&a->id), short_text_bytes(&b->id));
}

bool trace_place_up(struct txn *txn, const struct trace_place *from, struct trace_place *out)
{
    struct doc_row doc;

    return doc_load(txn, from->division, short_text_bytes(&from->id), &doc) &&
           trace_place_load(txn, kind_is_answer(doc.kind) ? doc.party : from->division,
                            short_text_bytes(&doc.about), out);
}

bool trace_place_answer(struct txn *txn, const struct trace_place *transfer,
                        struct trace_place *out)
{
    struct transfer_match match;

    return kind_is_answered(transfer->kind) &&
           transfer_match_load(txn, transfer->division, short_text_bytes(&transfer->id), &match) &&
           match.answer_lsn != 0 &&
           trace_place_load(txn, match.answerer, short_text_bytes(&match.answer_id), out);
}

bool trace_place_heads(struct txn *txn, const struct trace_place *place, struct bytes pro_code)
{
    struct indicator line, origin;

    if (!indicator_load(txn, place->division, short_text_bytes(&place->id), &line)) {
        return kind_is_source(place->kind) || kind_is_answered(place->kind);
    }
    return bytes_equal(line.project, pro_code) &&
           !(line.origin.size > 0 && indicator_load(txn, place->division, line.origin, &origin) &&
             bytes_equal(origin.project, pro_code));
}

/* --- counting --- */

/* Levels of lines below each other. Honest ones are two a division of the way down. */
enum { COUNT_DEPTH_MAX = 64 };

struct count {
    struct txn *txn;
    size_t rows_left;
};

static uint64_t count_below(struct count *count, const struct trace_place *place, unsigned depth);

/* Lines and asks have something of their own below them. */
static bool load_parent(struct txn *txn, struct division division, struct bytes id,
                        struct trace_place *out)
{
    struct indicator line;

    if (indicator_load(txn, division, id, &line)) {
        *out = (struct trace_place){division, short_text_of(id), line.kind, line.lsn};
        return true;
    }
    return trace_place_load(txn, division, id, out) && kind_is_answered(out->kind);
}

/* What lies below those children that are lines or asks themselves. */
static uint64_t count_lines(struct count *count, const struct trace_place *place, unsigned depth)
{
    const struct bytes parent = short_text_bytes(&place->id);
    struct buf ids = BUF_EMPTY;
    uint64_t after_lsn = 0, total = 0;

    do {
        struct reader reader;
        struct bytes id;

        buf_clear(&ids);
        children_read(count->txn, place->division, parent, after_lsn, &ids, &after_lsn);
        reader = reader_of(buf_bytes(&ids));
        while (count->rows_left > 0 && list_next(&reader, &id)) {
            struct trace_place child;

            count->rows_left--;
            if (load_parent(count->txn, place->division, id, &child)) {
                total += count_below(count, &child, depth + 1);
            }
        }
    } while (after_lsn != 0 && count->rows_left > 0);
    buf_free(&ids);
    return total;
}

static uint64_t count_below(struct count *count, const struct trace_place *place, unsigned depth)
{
    struct children children;
    struct trace_place answer;
    uint64_t total = 0;

    if (depth == COUNT_DEPTH_MAX) {
        count->rows_left = 0;
        return 0;
    }
    if (children_load(count->txn, place->division, short_text_bytes(&place->id), &children)) {
        total += children.count;
        total += children.lines > 0 ? count_lines(count, place, depth) : 0;
    }
    if (trace_place_answer(count->txn, place, &answer)) {
        total += 1 + count_below(count, &answer, depth + 1);
    }
    return total;
}

uint64_t trace_place_count(struct txn *txn, const struct trace_place *place, size_t *rows_left)
{
    struct count count = {txn, *rows_left};
    const uint64_t total = count_below(&count, place, 0);

    *rows_left = count.rows_left;
    return total;
}
