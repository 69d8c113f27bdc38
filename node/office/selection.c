#include "node/office/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/office/dates.h"
#include "proto/array.h"
#include "replicator/trust/merkle.h"

static bool add_draft(struct selection *selection, const struct draft *draft)
{
    struct selected *selected;
    struct document document;
    struct err err;

    if (selection->count == SELECTED_MAX) {
        selection->cut = true;
        return false;
    }
    ARRAY_ROOM(selection->at, selection->count, selection->capacity);
    selected = &selection->at[selection->count++];
    selected->ref = (struct draft_ref){draft->sequence, draft->leaf};
    selected->hash = merkle_approval_leaf(draft->kind, document_format(draft->body), draft->body);
    selected->money = document_decode(&document, draft->kind, draft->body, &err) == OK
                          ? document_money(&document)
                          : 0;
    (void)snprintf(selected->id, sizeof selected->id, "%.*s", (int)draft->id.size,
                   (const char *)draft->id.data);
    return true;
}

/* --- batches --- */

/* What a batch is called by. */
struct batch_name {
    struct txn *txn;
    struct selection *selection;
    uint64_t number; /* of a post; 0: not by its number */
    char day[11];    /* "2026-11-28"; "": not by its day */
    const char *file;
};

static bool is_day(const char *name)
{
    return field_text_valid(FIELD_DATE, bytes_text(name));
}

static struct batch_name read_name(struct txn *txn, struct selection *selection, const char *name)
{
    struct batch_name out = {.txn = txn, .selection = selection, .file = name};

    if (name[0] != '\0' && strlen(name) < 20 && strspn(name, "0123456789") == strlen(name)) {
        out.number = strtoull(name, NULL, 10);
    } else if (is_day(name)) {
        (void)snprintf(out.day, sizeof out.day, "%s", name);
    }
    return out;
}

static void local_day(char out[11], uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000) + UTC_OFFSET_MINUTES * 60;
    struct tm local;

    (void)gmtime_r(&seconds, &local);
    (void)strftime(out, 11, "%Y-%m-%d", &local);
}

static bool is_called(const struct batch_name *name, uint64_t number, const struct batch_row *batch)
{
    char day[11];

    if (name->number != 0) {
        return number == name->number;
    }
    if (name->day[0] != '\0') {
        local_day(day, batch->unix_ms);
        return strcmp(day, name->day) == 0;
    }
    return batch->file[0] != '\0' && strcmp(batch->file, name->file) == 0;
}

struct range {
    struct selection *selection;
    uint64_t batch;
};

static bool add_of_batch(void *arg, const struct draft *draft)
{
    const struct range *range = arg;

    return draft->batch == range->batch && add_draft(range->selection, draft);
}

/* The drafts of a post have consecutive sequences, from its number on. */
static bool add_called(void *arg, uint64_t number, const struct batch_row *batch)
{
    const struct batch_name *name = arg;
    struct range range = {name->selection, number};

    if (is_called(name, number, batch)) {
        draft_each_from(name->txn, number, add_of_batch, &range);
    }
    return !name->selection->cut;
}

void selection_add_batch(struct selection *selection, struct txn *txn, const char *name)
{
    struct batch_name called = read_name(txn, selection, name);

    batch_each(txn, add_called, &called);
}

/* --- ids --- */

void selection_add_id(struct selection *selection, struct node *node, struct txn *txn,
                      uint64_t moment, const char *id)
{
    struct draft draft;

    if (draft_find_at(node, txn, moment, bytes_text(id), &draft)) {
        (void)add_draft(selection, &draft);
    } else {
        selection->not_waiting++;
    }
}

static int by_sequence(const void *left, const void *right)
{
    const struct selected *a = left, *b = right;

    return a->ref.sequence < b->ref.sequence ? -1 : a->ref.sequence > b->ref.sequence;
}

void selection_sort(struct selection *selection)
{
    size_t kept = 0;

    if (selection->count == 0) {
        return;
    }
    qsort(selection->at, selection->count, sizeof *selection->at, by_sequence);
    for (size_t i = 1; i < selection->count; i++) {
        if (selection->at[i].ref.sequence != selection->at[kept].ref.sequence) {
            selection->at[++kept] = selection->at[i];
        }
    }
    selection->count = kept + 1;
}

/* --- what is signed --- */

size_t selection_parts(const struct selection *selection)
{
    return (selection->count + SIGNED_MAX - 1) / SIGNED_MAX;
}

struct hash selection_part_root(const struct selection *selection, size_t part)
{
    const size_t first = part * SIGNED_MAX, left = selection->count - first;
    const size_t count = left < SIGNED_MAX ? left : SIGNED_MAX;
    struct hash *leaves = mem_zalloc(count * sizeof *leaves);
    struct hash root;

    for (size_t i = 0; i < count; i++) {
        leaves[i] = selection->at[first + i].hash;
    }
    root = merkle_root(leaves, count);
    mem_free(leaves);
    return root;
}

struct hash selection_hash(const struct selection *selection)
{
    const size_t parts = selection_parts(selection);
    struct hash *roots = mem_zalloc(parts * sizeof *roots);
    struct hash hash;

    for (size_t part = 0; part < parts; part++) {
        roots[part] = selection_part_root(selection, part);
    }
    hash = parts == 1 ? roots[0] : merkle_root(roots, parts);
    mem_free(roots);
    return hash;
}

void selection_free(struct selection *selection)
{
    mem_free(selection->at);
    *selection = (struct selection){.count = 0};
}
