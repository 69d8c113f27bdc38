/* Where money came from and what became of it: up the origins of one document, then down its
 * consequences, inside a division by what documents are about, between divisions by transfers and
 * their answers.
 *
 * No index leads downward; a generation of consequences is found by one pass over the document
 * rows of each division that has a parent in it. Generations are few (a source, an allocation, a
 * payment, its receipt, for each level passed). */
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query_internal.h"

enum { TRACE_STEPS_MAX = 10000 };
#define NOWHERE SIZE_MAX

struct place {
    struct division division;
    struct short_text id;
    uint32_t kind;
    uint64_t lsn;
    unsigned depth;
    const char *relation;
    size_t parent, first_child, next_sibling;
};
struct trace {
    struct txn *txn;
    struct place *at;
    size_t count, capacity;
};

static bool trace_add(struct trace *trace, const struct place *place)
{
    if (trace->count == TRACE_STEPS_MAX) {
        return false;
    }
    if (trace->count == trace->capacity) {
        trace->capacity = trace->capacity == 0 ? 64 : trace->capacity * 2;
        trace->at = mem_realloc(trace->at, trace->capacity * sizeof *trace->at);
    }
    trace->at[trace->count++] = *place;
    return true;
}

/* --- up --- */

static bool step_up(struct txn *txn, const struct place *from, struct place *out)
{
    const bool answer = kind_is_answer(from->kind);
    struct doc_row doc;
    struct document_row row;

    if (!doc_load(txn, from->division, short_text_bytes(&from->id), &doc) || doc.about.size == 0) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->division = answer ? doc.party : from->division;
    out->id = doc.about;
    out->relation = "origin";
    if (!query_document(txn, out->division, short_text_bytes(&out->id), &row)) {
        return false;
    }
    out->kind = row.kind;
    out->lsn = row.lsn;
    return true;
}

/* The start and its origins, turned round so that the source comes first. */
static void trace_origins(struct trace *trace, const struct place *start)
{
    struct place next, place = *start;

    while (trace_add(trace, &place) && step_up(trace->txn, &place, &next)) {
        place = next;
    }
    for (size_t i = 0; i < trace->count / 2; i++) {
        const struct place swap = trace->at[i];
        trace->at[i] = trace->at[trace->count - 1 - i];
        trace->at[trace->count - 1 - i] = swap;
    }
    for (size_t i = 0; i < trace->count; i++) {
        trace->at[i].depth = (unsigned)i;
        trace->at[i].parent = trace->at[i].first_child = trace->at[i].next_sibling = NOWHERE;
    }
}

/* --- down --- */

static bool has_consequences(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->has_consequences;
}

static const char *relation_of(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && info->relation != NULL ? info->relation : "about";
}

static void add_child(struct trace *trace, size_t parent, struct division division, struct bytes id,
                      const struct doc_row *doc)
{
    const struct place place = {.division = division,
                                .id = short_text_of(id),
                                .kind = doc->kind,
                                .lsn = doc->lsn,
                                .depth = trace->at[parent].depth + 1,
                                .relation = relation_of(doc->kind),
                                .parent = parent,
                                .first_child = NOWHERE,
                                .next_sibling = NOWHERE};

    (void)trace_add(trace, &place);
}

/* One generation of one division: the parents' ids in order, and who they are in the trace. */
struct generation {
    struct trace *trace;
    struct division division;
    size_t *parents;
    size_t count;
};

static int compare_ids(const struct short_text *a, struct bytes b)
{
    return bytes_compare(short_text_bytes(a), b);
}

static size_t parent_of(const struct generation *generation, struct bytes id)
{
    size_t low = 0, high = generation->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const size_t parent = generation->parents[middle];
        const int order = compare_ids(&generation->trace->at[parent].id, id);

        if (order == 0) {
            return parent;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NOWHERE;
}

static bool visit_document(void *arg, struct bytes key, struct bytes value)
{
    struct generation *generation = arg;
    struct doc_row doc;
    size_t parent;

    /* What an answer is about is an id of the issuer's, not one of this division's. */
    if (!doc_parse(value, &doc) || doc.about.size == 0 || kind_is_answer(doc.kind)) {
        return true;
    }
    parent = parent_of(generation, short_text_bytes(&doc.about));
    if (parent != NOWHERE) {
        add_child(generation->trace, parent, generation->division, row_key_rest(key), &doc);
    }
    return generation->trace->count < TRACE_STEPS_MAX;
}

/* Sorted by insertion: ids arrive in key order but for the few that crossed an edge. */
static void generation_add(struct generation *generation, size_t parent)
{
    const struct place *places = generation->trace->at;
    size_t at = generation->count++;

    while (at > 0 && compare_ids(&places[generation->parents[at - 1]].id,
                                 short_text_bytes(&places[parent].id)) > 0) {
        generation->parents[at] = generation->parents[at - 1];
        at--;
    }
    generation->parents[at] = parent;
}

static void add_answer(struct trace *trace, size_t parent)
{
    const struct division division = trace->at[parent].division;
    const struct short_text id = trace->at[parent].id;
    struct doc_row doc;
    struct edge edge;

    if (edge_load(trace->txn, division, short_text_bytes(&id), &edge) && edge.answer_lsn != 0 &&
        doc_load(trace->txn, edge.answerer, short_text_bytes(&edge.answer_id), &doc)) {
        add_child(trace, parent, edge.answerer, short_text_bytes(&edge.answer_id), &doc);
    }
}

/* Children, in one division, of those of its places in [begin, end). */
static void expand_division(struct trace *trace, size_t begin, size_t end, struct division division)
{
    const struct row_key prefix = row_key_of('D', division, BYTES_NONE);
    struct generation generation = {trace, division,
                                    mem_zalloc((end - begin) * sizeof *generation.parents), 0};
    struct err err;

    for (size_t i = begin; i < end; i++) {
        if (division_equal(trace->at[i].division, division) &&
            has_consequences(trace->at[i].kind)) {
            generation_add(&generation, i);
        }
    }
    if (generation.count > 0) {
        (void)txn_scan(trace->txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_document,
                       &generation, &err);
    }
    mem_free(generation.parents);
}

static bool seen_before(const struct trace *trace, size_t begin, size_t at)
{
    for (size_t i = begin; i < at; i++) {
        if (division_equal(trace->at[i].division, trace->at[at].division)) {
            return true;
        }
    }
    return false;
}

static void trace_consequences(struct trace *trace, size_t begin)
{
    while (begin < trace->count && trace->count < TRACE_STEPS_MAX) {
        const size_t end = trace->count;

        for (size_t i = begin; i < end; i++) {
            if (trace->at[i].kind == KIND_TRANSFER) {
                add_answer(trace, i);
            }
            if (!seen_before(trace, begin, i)) {
                expand_division(trace, begin, end, trace->at[i].division);
            }
        }
        begin = end;
    }
}

/* --- telling --- */

/* Gives every place behind `start` to its parent, siblings in order of division and lsn. */
static void order_children(struct trace *trace, size_t start)
{
    for (size_t i = start + 1; i < trace->count; i++) {
        struct place *place = &trace->at[i];
        size_t *slot = &trace->at[place->parent].first_child;

        while (*slot != NOWHERE) {
            const struct place *other = &trace->at[*slot];
            const int order = division_compare(other->division, place->division);

            if (order > 0 || (order == 0 && other->lsn > place->lsn)) {
                break;
            }
            slot = &trace->at[*slot].next_sibling;
        }
        place->next_sibling = *slot;
        *slot = i;
    }
}

static size_t next_place(const struct trace *trace, size_t at)
{
    if (trace->at[at].first_child != NOWHERE) {
        return trace->at[at].first_child;
    }
    while (at != NOWHERE && trace->at[at].next_sibling == NOWHERE) {
        at = trace->at[at].parent;
    }
    return at == NOWHERE ? NOWHERE : trace->at[at].next_sibling;
}

static void tell(const struct trace *trace, size_t at,
                 void (*visit)(void *arg, const struct trace_step *step), void *arg)
{
    const struct place *place = &trace->at[at];
    struct trace_step step = {.depth = place->depth};

    if (query_document(trace->txn, place->division, short_text_bytes(&place->id), &step.row)) {
        (void)snprintf(step.relation, sizeof step.relation, "%s", place->relation);
        visit(arg, &step);
    }
}

void query_trace(struct txn *txn, struct division author, struct bytes id,
                 void (*visit)(void *arg, const struct trace_step *step), void *arg)
{
    struct trace trace = {.txn = txn};
    struct place start = {.division = author, .relation = "this"};
    struct document_row row;
    size_t this;

    if (!query_document(txn, author, id, &row)) {
        return;
    }
    start.id = short_text_of(id);
    start.kind = row.kind;
    start.lsn = row.lsn;
    trace_origins(&trace, &start);
    this = trace.count - 1;
    trace_consequences(&trace, this);
    order_children(&trace, this);
    for (size_t i = 0; i < this; i++) {
        tell(&trace, i, visit, arg);
    }
    for (size_t at = this; at != NOWHERE; at = next_place(&trace, at)) {
        tell(&trace, at, visit, arg);
    }
    mem_free(trace.at);
}
