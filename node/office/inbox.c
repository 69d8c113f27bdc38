#include "node/office/inbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/rows/open_items.h"
#include "node/ledger/schema/clocks.h"
#include "node/office/drafts.h"
#include "node/office/inbox_years.h"
#include "node/office/set_aside.h"
#include "proto/array.h"

/* So many rows are read for one figure; a division with more of them knows that it is late. Whoever
 * wants the rows themselves gets them all, a page at a time. */
enum { ROWS_READ_MAX = 5000 };

static const char *const names[INBOX_GROUPS] = {
    [INBOX_TO_REGISTER] = "to_register", [INBOX_TO_CORRECT] = "to_correct",
    [INBOX_TO_APPROVE] = "to_approve",   [INBOX_AWAITING_ANSWER] = "awaiting_answer",
    [INBOX_TO_CLOSE] = "to_close",
};

const char *inbox_group_name(enum inbox_group group)
{
    return names[group];
}

enum inbox_group inbox_group_named(struct bytes name)
{
    unsigned group = 0;

    while (group < INBOX_GROUPS && !bytes_equal(name, bytes_text(names[group]))) {
        group++;
    }
    return (enum inbox_group)group;
}

typedef bool visit_fn(void *arg, const struct inbox_item *item);

static bool is_person(const struct inbox *inbox, const char *name)
{
    return strcmp(inbox->person->name, name) == 0;
}

/* --- transfers that wait for an answer --- */

static enum open_list list_of(enum inbox_group group)
{
    return group == INBOX_TO_REGISTER ? OPEN_TO_REGISTER : OPEN_AWAITED;
}

struct open_walk {
    const struct inbox *inbox;
    enum inbox_group group;
    visit_fn *visit;
    void *arg;
};

static bool visit_open(void *arg, const struct open_item *open)
{
    const struct open_walk *walk = arg;
    struct inbox_item item = {
        .group = walk->group,
        .place = {open->place.due, open->place.author, open->place.id},
        .since_ms = open->since_ms,
        .has_due = true,
        .due = open->place.due,
        .count = 1,
        .amount = open->amount,
    };

    caption_fill_open(&item.caption, walk->inbox->roster, open, walk->group == INBOX_TO_REGISTER);
    return walk->visit(walk->arg, &item);
}

static void each_open(const struct inbox *inbox, enum inbox_group group,
                      const struct inbox_place *after, visit_fn *visit, void *arg)
{
    struct open_walk walk = {inbox, group, visit, arg};
    struct open_place place;

    if (after != NULL) {
        place = (struct open_place){after->number, after->author, after->id};
    }
    open_items_each(inbox->txn, list_of(group), inbox->self, after == NULL ? NULL : &place,
                    visit_open, &walk);
}

struct overdue {
    struct inbox_total *total;
    uint64_t today;
};

static bool count_overdue(void *arg, const struct open_item *open)
{
    const struct overdue *overdue = arg;
    struct inbox_total *total = overdue->total;

    if (!total->has_due) {
        total->has_due = true;
        total->first_due = open->place.due;
    }
    if (open->place.due >= overdue->today) {
        return false;
    }
    total->is_least = total->overdue == ROWS_READ_MAX;
    total->overdue += !total->is_least;
    return !total->is_least;
}

static void total_open(const struct inbox *inbox, enum inbox_group group, struct inbox_total *out)
{
    const struct open_sum sum = open_items_sum(inbox->txn, list_of(group), inbox->self);
    struct overdue overdue = {out, clock_day(inbox->now_ms)};

    out->count = out->items = sum.count;
    out->amount = sum.amount;
    open_items_each(inbox->txn, list_of(group), inbox->self, NULL, count_overdue, &overdue);
}

/* --- drafts, a post of them at a time --- */

struct draft_walk {
    const struct inbox *inbox;
    const struct inbox_place *after;
    visit_fn *visit;
    void *arg;
    struct inbox_item post; /* as far as it was read; count 0: none is begun */
    char id[DOCUMENT_ID_MAX + 1], maker[64];
    uint32_t kind; /* of its first draft */
    size_t read, read_max;
    bool stopped, is_least;
};

/* A person approves what another made: a checker documents, an admin who works here. */
static bool may_approve(const struct inbox *inbox, const char *maker, uint32_t kind)
{
    const uint32_t role = kind == KIND_OPERATOR ? ROLE_ADMIN : ROLE_CHECKER;

    return inbox->person == NULL ||
           ((inbox->person->roles & role) != 0 && !is_person(inbox, maker));
}

static void end_post(struct draft_walk *walk)
{
    struct inbox_item *post = &walk->post;

    if (post->count > 0 && may_approve(walk->inbox, walk->maker, walk->kind)) {
        walk->stopped = !walk->visit(walk->arg, post);
    }
    post->count = 0;
}

static void begin_post(struct draft_walk *walk, const struct draft *draft)
{
    struct batch_row batch;

    if (!batch_find(walk->inbox->txn, draft->batch, &batch)) {
        batch.maker[0] = '\0';
    }
    memcpy(walk->maker, batch.maker, sizeof walk->maker);
    walk->kind = draft->kind;
    (void)snprintf(walk->id, sizeof walk->id, "%.*s", (int)draft->id.size,
                   (const char *)draft->id.data);
    walk->post = (struct inbox_item){
        .group = INBOX_TO_APPROVE,
        .place = {draft->batch, DIVISION_NONE, bytes_text(walk->id)},
        .since_ms = draft->unix_ms,
        .maker = walk->maker,
    };
    caption_fill_body(&walk->post.caption, walk->inbox->roster, draft->kind, draft->body);
}

static void add_draft(struct draft_walk *walk, const struct draft *draft)
{
    struct inbox_item *post = &walk->post;
    struct document document;
    struct refusal refusal;
    struct err err;

    if (post->count == 0) {
        begin_post(walk, draft);
    } else {
        post->place.id = BYTES_NONE;
    }
    post->count++;
    post->doubtful += draft_would_refuse(draft, &refusal) != REASON_NONE;
    if (document_decode(&document, draft->kind, draft->body, &err) == OK) {
        post->amount += document_money(&document);
    }
}

static bool visit_draft(void *arg, const struct draft *draft)
{
    struct draft_walk *walk = arg;

    if (walk->after != NULL && draft->batch <= walk->after->number) {
        return true; /* the rest of the post that was shown last */
    }
    if (walk->post.count > 0 && walk->post.place.number != draft->batch) {
        end_post(walk);
    }
    walk->is_least = walk->read == walk->read_max;
    if (walk->stopped || walk->is_least) {
        return false;
    }
    walk->read++;
    add_draft(walk, draft);
    return true;
}

/* True when there are more than were read. */
static bool each_post(const struct inbox *inbox, const struct inbox_place *after, size_t read_max,
                      visit_fn *visit, void *arg)
{
    struct draft_walk walk = {
        .inbox = inbox, .after = after, .visit = visit, .arg = arg, .read_max = read_max};

    draft_each_from(inbox->txn, after == NULL ? 0 : after->number, visit_draft, &walk);
    if (!walk.stopped) {
        end_post(&walk);
    }
    return walk.is_least;
}

/* --- what its maker must correct, the oldest first --- */

struct correction {
    uint64_t unix_ms;
    bool is_draft;
    struct draft_ref ref; /* of a draft */
    char id[DOCUMENT_ID_MAX + 1];
};
struct corrections {
    const struct inbox *inbox;
    struct correction *at;
    size_t count, capacity, read, read_max;
    bool is_least;
};

/* What was set aside is its maker's; of one who is no operator any more, every maker's. */
static bool may_correct(const struct inbox *inbox, const char *maker)
{
    struct person person = {.secret = NULL};

    if (inbox->person == NULL) {
        return true;
    }
    memcpy(person.name, inbox->person->name, sizeof person.name);
    return (inbox->person->roles & ROLE_MAKER) != 0 && is_makers_own(inbox->txn, maker, &person);
}

/* False: enough was read. */
static bool read_one(struct corrections *kept)
{
    kept->is_least = kept->read == kept->read_max;
    kept->read += !kept->is_least;
    return !kept->is_least;
}

static struct correction *keep(struct corrections *kept, uint64_t unix_ms, struct bytes id)
{
    struct correction *correction;

    ARRAY_ROOM(kept->at, kept->count, kept->capacity);
    correction = &kept->at[kept->count++];
    *correction = (struct correction){.unix_ms = unix_ms};
    (void)snprintf(correction->id, sizeof correction->id, "%.*s", (int)id.size,
                   (const char *)id.data);
    return correction;
}

static bool keep_aside(void *arg, const struct set_aside *aside)
{
    struct corrections *kept = arg;

    if (!read_one(kept)) {
        return false;
    }
    if (may_correct(kept->inbox, aside->maker)) {
        (void)keep(kept, aside->unix_ms, bytes_text(aside->id));
    }
    return true;
}

static bool keep_draft(void *arg, const struct draft *draft)
{
    struct corrections *kept = arg;
    struct batch_row batch;
    struct refusal refusal;

    if (!read_one(kept)) {
        return false;
    }
    if (draft_would_refuse(draft, &refusal) != REASON_NONE &&
        batch_find(kept->inbox->txn, draft->batch, &batch) &&
        may_correct(kept->inbox, batch.maker)) {
        struct correction *correction = keep(kept, draft->unix_ms, draft->id);

        correction->is_draft = true;
        correction->ref = (struct draft_ref){draft->sequence, draft->leaf};
    }
    return true;
}

static int compare_corrections(const void *a, const void *b)
{
    const struct correction *left = a, *right = b;

    return left->unix_ms != right->unix_ms ? (left->unix_ms < right->unix_ms ? -1 : 1)
                                           : strcmp(left->id, right->id);
}

/* A draft told as what was set aside is. */
static bool find_draft(const struct inbox *inbox, const struct correction *correction,
                       struct set_aside *out)
{
    struct draft draft;
    struct batch_row batch;

    if (!draft_at(inbox->txn, correction->ref, &draft) ||
        !batch_find(inbox->txn, draft.batch, &batch)) {
        return false;
    }
    *out = (struct set_aside){
        .unix_ms = draft.unix_ms, .made_ms = draft.unix_ms, .kind = draft.kind, .body = draft.body};
    (void)draft_would_refuse(&draft, &out->refusal);
    memcpy(out->id, correction->id, sizeof out->id);
    memcpy(out->maker, batch.maker, sizeof out->maker);
    return true;
}

static bool show_correction(const struct inbox *inbox, const struct correction *correction,
                            visit_fn *visit, void *arg)
{
    struct set_aside aside;
    struct inbox_item item = {
        .group = INBOX_TO_CORRECT,
        .place = {correction->unix_ms, DIVISION_NONE, bytes_text(correction->id)},
        .since_ms = correction->unix_ms,
        .count = 1,
        .aside = &aside,
        .is_draft = correction->is_draft,
    };
    const bool found = correction->is_draft ? find_draft(inbox, correction, &aside)
                                            : set_aside_find(inbox->txn, correction->id, &aside);

    if (!found) {
        return true;
    }
    caption_fill_body(&item.caption, inbox->roster, aside.kind, aside.body);
    item.amount = item.caption.amount;
    return visit(arg, &item);
}

static bool each_correction(const struct inbox *inbox, const struct inbox_place *after,
                            size_t read_max, visit_fn *visit, void *arg)
{
    struct corrections kept = {.inbox = inbox, .read_max = read_max};
    struct correction from = {.unix_ms = 0};
    bool more = true;

    set_aside_each(inbox->txn, "", keep_aside, &kept);
    draft_each(inbox->txn, keep_draft, &kept);
    if (after != NULL) {
        from.unix_ms = after->number;
        (void)snprintf(from.id, sizeof from.id, "%.*s", (int)after->id.size,
                       (const char *)after->id.data);
    }
    if (kept.count > 0) {
        qsort(kept.at, kept.count, sizeof *kept.at, compare_corrections);
    }
    for (size_t i = 0; i < kept.count && more; i++) {
        if (after == NULL || compare_corrections(&kept.at[i], &from) > 0) {
            more = show_correction(inbox, &kept.at[i], visit, arg);
        }
    }
    mem_free(kept.at);
    return kept.is_least;
}

/* --- all groups --- */

void inbox_each(const struct inbox *inbox, enum inbox_group group, const struct inbox_place *after,
                bool (*visit)(void *arg, const struct inbox_item *item), void *arg)
{
    switch (group) {
    case INBOX_TO_CORRECT:
        (void)each_correction(inbox, after, SIZE_MAX, visit, arg);
        break;
    case INBOX_TO_APPROVE:
        (void)each_post(inbox, after, SIZE_MAX, visit, arg);
        break;
    case INBOX_TO_CLOSE:
        inbox_years_each(inbox, after, visit, arg);
        break;
    default:
        each_open(inbox, group, after, visit, arg);
    }
}

static bool add_item(void *arg, const struct inbox_item *item)
{
    struct inbox_total *total = arg;

    total->items++;
    total->count += item->count;
    total->amount += item->amount;
    return true;
}

void inbox_total(const struct inbox *inbox, enum inbox_group group, struct inbox_total *out)
{
    memset(out, 0, sizeof *out);
    switch (group) {
    case INBOX_TO_CORRECT:
        out->is_least = each_correction(inbox, NULL, ROWS_READ_MAX, add_item, out);
        break;
    case INBOX_TO_APPROVE:
        out->is_least = each_post(inbox, NULL, ROWS_READ_MAX, add_item, out);
        break;
    case INBOX_TO_CLOSE:
        inbox_years_each(inbox, NULL, add_item, out);
        break;
    default:
        total_open(inbox, group, out);
    }
}
