#include "node/ledger/schema/policy.h"

#include <assert.h>
#include <stdio.h>

static_assert((int)KINDS_END <= (int)NUMBER_SET_END, "a set has room for every kind");

/* Can a client write it? */
static bool from_persons(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && !info->node_only;
}

static bool names(struct policy policy, uint32_t kind)
{
    return from_persons(kind) && number_set_has(&policy.kinds, kind);
}

bool policy_needs(struct policy policy, uint32_t kind)
{
    if (!from_persons(kind)) {
        return false;
    }
    return names(policy, kind) || kind_info(kind)->two == TWO_ALWAYS ||
           (kind_info(kind)->two == TWO_WITH_ANY && !number_set_is_empty(&policy.kinds));
}

bool policy_needs_document(struct policy policy, const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    return policy_needs(policy, document->kind) ||
           (info != NULL && info->two_without != 0 && !document_has(document, info->two_without));
}

bool policy_needs_entry(struct policy policy, const struct entry *entry)
{
    const struct kind_info *info = kind_info(entry->kind);
    struct document document;
    struct err err;

    if (info == NULL || info->two_without == 0 || policy_needs(policy, entry->kind)) {
        return policy_needs(policy, entry->kind);
    }
    return document_of_entry(&document, entry->kind, entry->format, entry->body, &err) == OK &&
           policy_needs_document(policy, &document);
}

struct policy policy_both(struct policy own, struct policy parent)
{
    return (struct policy){number_set_union(&own.kinds, &parent.kinds)};
}

struct policy policy_lacks(struct policy policy, struct policy floor)
{
    struct policy lacks = POLICY_NONE;

    for (uint32_t kind = KIND_OPERATOR; kind < KINDS_END; kind++) {
        if (names(floor, kind) && !names(policy, kind)) {
            (void)number_set_add(&lacks.kinds, kind);
        }
    }
    return lacks;
}

/* A list never stands for kinds of a later version, so only the word says "every kind". */
static bool parse_list(struct policy *out, const char *text, struct bytes *bad)
{
    *out = POLICY_NONE;
    for (;;) {
        const size_t size = strcspn(text, ",");
        const struct bytes word = bytes_of(text, size);
        const uint32_t kind = kind_named(word);

        if (kind == 0 || !from_persons(kind)) {
            *bad = word;
            return false;
        }
        (void)number_set_add(&out->kinds, kind);
        if (text[size] == '\0') {
            return true;
        }
        text += size + 1;
    }
}

bool policy_parse(struct policy *out, const char *text, struct bytes *bad)
{
    if (strcmp(text, "required") == 0) {
        *out = POLICY_REQUIRED;
        return true;
    }
    if (strcmp(text, "none") == 0) {
        *out = POLICY_NONE;
        return true;
    }
    return parse_list(out, text, bad);
}

void policy_print(char out[POLICY_TEXT_MAX], struct policy policy)
{
    size_t used = 0;

    if (number_set_equal(&policy.kinds, &POLICY_REQUIRED.kinds)) {
        (void)snprintf(out, POLICY_TEXT_MAX, "required");
        return;
    }
    for (uint32_t kind = KIND_OPERATOR; kind < KINDS_END; kind++) {
        if (names(policy, kind)) {
            used += (size_t)snprintf(out + used, POLICY_TEXT_MAX - used, "%s%s",
                                     used == 0 ? "" : ",", kind_info(kind)->name);
            assert(used < POLICY_TEXT_MAX);
        }
    }
    if (used == 0) {
        (void)snprintf(out, POLICY_TEXT_MAX, "none");
    }
}
