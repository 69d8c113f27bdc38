#include "node/ledger/query/lines.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query/names.h"
#include "node/ledger/query/query_internal.h"
#include "proto/array.h"

static const struct {
    const char *name;
    enum field field; /* of the elements; of a function the one that is there */
    char owned;       /* the row of whoever has it; 0: it is everybody's */
} elements[LINE_ELEMENTS + 1] = {
    [LINE_PROJECT] = {"project", FIELD_PRO_CODE, ROW_PROJECT},
    [LINE_FUNCTION] = {"function", FIELD_EXP_FUNC_CODE, 0},
    [LINE_FUND] = {"fund", FIELD_FUND_TYPE_CODE, 0},
    [LINE_AGENCY] = {"agency", FIELD_AGENCY_CODE, ROW_AGENCY},
    [LINE_ECONOMIC] = {"economic", FIELD_DEP_BGT_ECO_CODE, 0},
    [LINE_GOV_ECONOMIC] = {"gov_economic", FIELD_GOV_BGT_ECO_CODE, 0},
    [LINE_SOURCE] = {NULL, FIELD_ID, 0},
};

const char *line_element_name(enum line_element element)
{
    assert(element < LINE_ELEMENTS);
    return elements[element].name;
}

enum line_element line_element_named(struct bytes name)
{
    enum line_element element = LINE_PROJECT;

    while (element < LINE_ELEMENTS && !bytes_equal(name, bytes_text(elements[element].name))) {
        element++;
    }
    return element;
}

/* --- groups --- */

struct groups {
    struct line_sums *at;
    size_t count, capacity;
    uint32_t *slots; /* index + 1; 0: free */
    size_t slot_count;
};

/* What tells groups apart: all in front of the sums. */
enum {
    GROUP_KEY_BYTES = offsetof(struct line_sums, owner) + sizeof(((struct line_sums *)0)->owner)
};

static uint64_t hash_group(const struct line_sums *group)
{
    const uint8_t *data = (const uint8_t *)group;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < GROUP_KEY_BYTES; i++) {
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

static bool same_group(const struct line_sums *a, const struct line_sums *b)
{
    return memcmp(a, b, GROUP_KEY_BYTES) == 0;
}

static void index_groups(struct groups *groups, size_t slot_count)
{
    mem_free(groups->slots);
    groups->slots = mem_zalloc(slot_count * sizeof *groups->slots);
    groups->slot_count = slot_count;
    for (size_t i = 0; i < groups->count; i++) {
        size_t at = hash_group(&groups->at[i]) & (slot_count - 1);

        while (groups->slots[at] != 0) {
            at = (at + 1) & (slot_count - 1);
        }
        groups->slots[at] = (uint32_t)i + 1;
    }
}

/* The group with the key of `wanted`, whose bytes behind every text are zero. */
static struct line_sums *group_of(struct groups *groups, const struct line_sums *wanted)
{
    size_t at;

    if (groups->count * 2 >= groups->slot_count) {
        index_groups(groups, groups->slot_count == 0 ? 1024 : 2 * groups->slot_count);
    }
    at = hash_group(wanted) & (groups->slot_count - 1);
    for (; groups->slots[at] != 0; at = (at + 1) & (groups->slot_count - 1)) {
        struct line_sums *group = &groups->at[groups->slots[at] - 1];

        if (same_group(group, wanted)) {
            return group;
        }
    }
    ARRAY_ROOM(groups->at, groups->count, groups->capacity);
    groups->at[groups->count++] = *wanted;
    groups->slots[at] = (uint32_t)groups->count;
    return &groups->at[groups->count - 1];
}

/* --- lines --- */

struct reading {
    struct txn *txn;
    const struct line_request *request;
    struct division division; /* whose lines are read */
    struct groups groups;
    size_t read;
};

static void set_key(const struct reading *reading, struct line_sums *group, size_t i,
                    struct bytes code)
{
    assert(code.size < LINE_KEY_BYTES_MAX);
    memset(group->key[i], 0, sizeof group->key[i]);
    group->owner[i] = DIVISION_NONE;
    if (code.size > 0) {
        memcpy(group->key[i], code.data, code.size);
        if (reading->request->roster != NULL && elements[reading->request->by[i]].owned != 0) {
            group->owner[i] = reading->division; /* in whose ledger it is, so far */
        }
    }
}

static struct bytes element_of(const struct indicator *line, enum line_element element,
                               const struct document *document)
{
    switch (element) {
    case LINE_PROJECT:
        return line->project;
    case LINE_FUNCTION:
        return line->function;
    case LINE_FUND:
        return line->fund;
    case LINE_AGENCY:
        return line->agency;
    case LINE_SOURCE:
        return line->source;
    default:
        return document_text(document, elements[element].field);
    }
}

static struct line_sums key_of_line(const struct reading *reading, const struct indicator *line)
{
    const struct line_request *request = reading->request;
    struct line_sums group;
    struct document document;

    memset(&group, 0, sizeof group);
    indicator_elements(line, &document);
    for (size_t i = 0; i < request->by_count; i++) {
        set_key(reading, &group, i, element_of(line, request->by[i], &document));
    }
    return group;
}

static bool of_year(const struct line_request *request, int year)
{
    return request->year == 0 || request->year == year;
}

static bool visit_line(void *arg, struct bytes key, struct bytes value)
{
    struct reading *reading = arg;
    struct indicator line;

    if (++reading->read > reading->request->read_max) {
        return false;
    }
    if (!txn_check_row(reading->txn, key, indicator_parse(value, &line))) {
        return false;
    }
    if (of_year(reading->request, line.year) && !indicator_is_closing(&line)) {
        const struct line_sums wanted = key_of_line(reading, &line);
        struct line_sums *group = group_of(&reading->groups, &wanted);

        for (size_t a = 0; a < ACCOUNTS; a++) {
            group->balance[a] += line.balance[a];
        }
    }
    return true;
}

static bool read_lines(struct reading *reading)
{
    const struct row_key prefix = row_key_of(ROW_INDICATOR, reading->division, BYTES_NONE);
    struct err err;

    (void)txn_scan(reading->txn, SPACE_LEDGER, row_key_bytes(&prefix), visit_line, reading, &err);
    return reading->read <= reading->request->read_max;
}

/* --- payments of a class of their own --- */

/* What is committed and spent moves from the class of the line to that of the payment. */
static void move_payment(struct reading *reading, const struct doc_row *payment,
                         const struct indicator *line, struct bytes class)
{
    const struct line_sums from = key_of_line(reading, line);
    struct line_sums to = from, *group;

    for (size_t i = 0; i < reading->request->by_count; i++) {
        if (reading->request->by[i] == LINE_ECONOMIC) {
            set_key(reading, &to, i, class);
        }
    }
    if (same_group(&from, &to)) {
        return;
    }
    group = group_of(&reading->groups, &from);
    group->balance[ACC_COMMIT] -= payment->left;
    group->balance[ACC_SPENT] -= payment->spent;
    group = group_of(&reading->groups, &to);
    group->balance[ACC_COMMIT] += payment->left;
    group->balance[ACC_SPENT] += payment->spent;
}

static void read_payment(struct reading *reading, struct bytes id)
{
    struct indicator line;
    struct doc_row payment;

    if (doc_load(reading->txn, reading->division, id, &payment) && payment.economic.size > 0 &&
        (payment.left != 0 || payment.spent != 0) && of_year(reading->request, payment.year) &&
        indicator_load(reading->txn, reading->division, short_text_bytes(&payment.about), &line)) {
        move_payment(reading, &payment, &line, short_text_bytes(&payment.economic));
    }
}

static bool read_payments(struct reading *reading)
{
    struct list_scan scan = list_scan_of(reading->txn, reading->division, KIND_PAYMENT, 0);
    struct bytes id;

    while (reading->read <= reading->request->read_max && list_scan_next(&scan, &id)) {
        reading->read++;
        read_payment(reading, id);
    }
    list_scan_free(&scan);
    return reading->read <= reading->request->read_max;
}

static bool asks_for(const struct line_request *request, enum line_element element)
{
    for (size_t i = 0; i < request->by_count; i++) {
        if (request->by[i] == element) {
            return true;
        }
    }
    return false;
}

/* --- rows --- */

/* "101" of 540121 becomes "540121/101" of whoever's it is. */
static void name_owner_of(const struct reading *reading, struct line_sums *group, size_t i)
{
    const char letter = elements[reading->request->by[i]].owned;
    char code[LINE_KEY_BYTES_MAX];
    struct division owner;

    memcpy(code, group->key[i], sizeof code);
    owner = name_owner(reading->txn, reading->request->roster, letter, group->owner[i],
                       DIVISION_NONE, bytes_text(code));
    group->owner[i] = owner;
    if (!division_is_none(owner)) {
        memset(group->key[i], 0, sizeof group->key[i]);
        (void)snprintf(group->key[i], sizeof group->key[i], "%s/%.*s", owner.code,
                       LINE_KEY_BYTES_MAX - DIVISION_CODE_MAX - 2, code);
    }
}

static int compare_groups(const void *a, const void *b)
{
    const struct line_sums *left = a, *right = b;
    const int order = strcmp(left->key[0], right->key[0]);

    return order != 0 ? order : strcmp(left->key[1], right->key[1]);
}

/* Two divisions that use one project of their parent are one row. */
static void merge_groups(struct groups *groups)
{
    size_t kept = 0;

    qsort(groups->at, groups->count, sizeof *groups->at, compare_groups);
    for (size_t i = 1; i < groups->count; i++) {
        if (compare_groups(&groups->at[kept], &groups->at[i]) != 0) {
            groups->at[++kept] = groups->at[i];
            continue;
        }
        for (size_t a = 0; a < ACCOUNTS; a++) {
            groups->at[kept].balance[a] += groups->at[i].balance[a];
        }
    }
    groups->count = kept + 1;
}

static bool holds_money(const struct line_request *request, const struct line_sums *group)
{
    const size_t from = asks_for(request, LINE_SOURCE) ? ACC_SRC_APPROVED : ACC_PENDING;

    for (size_t a = from; a <= ACC_SPENT; a++) {
        if (group->balance[a] != 0) {
            return true;
        }
    }
    return false;
}

static void visit_groups(struct reading *reading,
                         void (*visit)(void *arg, const struct line_sums *row), void *arg)
{
    struct groups *groups = &reading->groups;

    for (size_t i = 0; i < groups->count; i++) {
        for (size_t k = 0; k < reading->request->by_count; k++) {
            if (!division_is_none(groups->at[i].owner[k])) {
                name_owner_of(reading, &groups->at[i], k);
            }
        }
    }
    if (groups->count > 0) {
        merge_groups(groups);
    }
    for (size_t i = 0; i < groups->count; i++) {
        if (holds_money(reading->request, &groups->at[i])) {
            visit(arg, &groups->at[i]);
        }
    }
}

bool query_lines(struct txn *txn, const struct line_request *request,
                 void (*visit)(void *arg, const struct line_sums *row), void *arg)
{
    struct reading reading = {.txn = txn, .request = request};
    bool all = true;

    assert(request->by_count > 0 && request->by_count <= LINE_KEYS_MAX);
    for (size_t i = 0; all && i < request->division_count; i++) {
        reading.division = request->divisions[i];
        all =
            read_lines(&reading) && (!asks_for(request, LINE_ECONOMIC) || read_payments(&reading));
    }
    if (all) {
        visit_groups(&reading, visit, arg);
    }
    mem_free(reading.groups.at);
    mem_free(reading.groups.slots);
    return all;
}
