#include "replicator/trust/reach.h"

/* A pattern taken apart. */
struct stem {
    struct bytes code; /* what a code begins with, or is */
    bool open;         /* it ends with '*' */
    bool is_not;       /* it begins with '!' */
};

static struct stem stem_of(struct bytes text)
{
    struct stem stem = {text, false, false};

    if (text.size > 0 && text.data[0] == '!') {
        stem.is_not = true;
        stem.code = bytes_of(text.data + 1, text.size - 1);
    }
    stem.open = stem.code.size > 0 && stem.code.data[stem.code.size - 1] == '*';
    stem.code.size -= stem.open ? 1 : 0;
    return stem;
}

bool pattern_valid(struct bytes text)
{
    const struct stem stem = stem_of(text);
    struct division division;

    if (stem.code.size == 0) {
        return stem.open && !stem.is_not;
    }
    return division_parse(&division, stem.code);
}

/* Every code of `inner` is one of `outer`. Two that do not nest have no code in common. */
static bool covers(const struct stem *outer, const struct stem *inner)
{
    if (!outer->open) {
        return !inner->open && bytes_equal(outer->code, inner->code);
    }
    return inner->code.size >= outer->code.size &&
           (outer->code.size == 0 ||
            memcmp(inner->code.data, outer->code.data, outer->code.size) == 0);
}

static struct stem at(const struct grant_reach *reach, size_t index)
{
    return stem_of(bytes_text(reach->pattern[index]));
}

/* Does one of the list's patterns (or of its exceptions) cover it? */
static bool is_covered(const struct grant_reach *reach, bool by_exception, const struct stem *inner)
{
    for (size_t i = 0; i < reach->count; i++) {
        const struct stem stem = at(reach, i);

        if (stem.is_not == by_exception && covers(&stem, inner)) {
            return true;
        }
    }
    return false;
}

bool reach_add(struct grant_reach *reach, struct bytes text)
{
    if (reach->count >= GRANT_PATTERNS_MAX || text.size > PATTERN_TEXT_MAX ||
        !pattern_valid(text)) {
        return false;
    }
    for (size_t i = 0; i < reach->count; i++) {
        if (bytes_equal(bytes_text(reach->pattern[i]), text)) {
            return false;
        }
    }
    memset(reach->pattern[reach->count], 0, sizeof reach->pattern[0]);
    memcpy(reach->pattern[reach->count++], text.data, text.size);
    return true;
}

bool reach_parse(struct grant_reach *out, struct bytes text)
{
    memset(out, 0, sizeof *out);
    while (text.size > 0) {
        const uint8_t *comma = memchr(text.data, ',', text.size);
        const size_t size = comma == NULL ? text.size : (size_t)(comma - text.data);

        if (!reach_add(out, bytes_of(text.data, size)) ||
            (comma != NULL && size + 1 == text.size)) {
            memset(out, 0, sizeof *out);
            return false;
        }
        text = comma == NULL ? BYTES_NONE : bytes_of(comma + 1, text.size - size - 1);
    }
    return true;
}

void reach_print(char out[REACH_TEXT_MAX], const struct grant_reach *reach)
{
    size_t size = 0;

    out[0] = '\0';
    for (size_t i = 0; i < reach->count; i++) {
        const size_t more = strlen(reach->pattern[i]);

        if (i > 0) {
            out[size++] = ',';
        }
        memcpy(out + size, reach->pattern[i], more + 1);
        size += more;
    }
}

bool reach_equal(const struct grant_reach *a, const struct grant_reach *b)
{
    bool equal = a->count == b->count;

    for (size_t i = 0; equal && i < a->count; i++) {
        equal = strcmp(a->pattern[i], b->pattern[i]) == 0;
    }
    return equal;
}

bool reach_has(const struct grant_reach *reach, struct division division)
{
    const struct stem code = {bytes_text(division.code), false, false};

    return !division_is_none(division) && is_covered(reach, false, &code) &&
           !is_covered(reach, true, &code);
}

/* What `outer` leaves out of this pattern of `inner`, `inner` leaves out as well. */
static bool excepts_alike(const struct grant_reach *inner, const struct stem *pattern,
                          const struct grant_reach *outer)
{
    for (size_t i = 0; i < outer->count; i++) {
        const struct stem except = at(outer, i);

        if (except.is_not && (covers(&except, pattern) ||
                              (covers(pattern, &except) && !is_covered(inner, true, &except)))) {
            return false;
        }
    }
    return true;
}

bool reach_within(const struct grant_reach *inner, const struct grant_reach *outer,
                  const char **pattern)
{
    for (size_t i = 0; i < inner->count; i++) {
        const struct stem stem = at(inner, i);

        if (!stem.is_not && !is_covered(inner, true, &stem) &&
            (!is_covered(outer, false, &stem) || !excepts_alike(inner, &stem, outer))) {
            *pattern = inner->pattern[i];
            return false;
        }
    }
    return true;
}

/* The narrower of the two, when their codes are in both lists; NULL when none is. */
static const char *common_of(const struct grant_reach *a, size_t i, const struct grant_reach *b,
                             size_t k)
{
    const struct stem of_a = at(a, i), of_b = at(b, k);
    const bool a_is_wider = covers(&of_a, &of_b);
    const struct stem *narrow = a_is_wider ? &of_b : &of_a;

    if (of_a.is_not || of_b.is_not || (!a_is_wider && !covers(&of_b, &of_a)) ||
        is_covered(a, true, narrow) || is_covered(b, true, narrow)) {
        return NULL;
    }
    return a_is_wider ? b->pattern[k] : a->pattern[i];
}

bool reach_meet(const struct grant_reach *a, const struct grant_reach *b, const char **common)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            *common = common_of(a, i, b, k);
            if (*common != NULL) {
                return true;
            }
        }
    }
    return false;
}
