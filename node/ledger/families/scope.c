#include "node/ledger/families/scope.h"

static bool is_self(struct bytes scope)
{
    return bytes_equal(scope, bytes_text("self"));
}

struct bytes scope_next(struct bytes *rest)
{
    const uint8_t *comma = memchr(rest->data, ',', rest->size);
    const size_t size = comma == NULL ? rest->size : (size_t)(comma - rest->data);
    const struct bytes code = bytes_of(rest->data, size);

    *rest = comma == NULL ? BYTES_NONE : bytes_of(comma + 1, rest->size - size - 1);
    return code;
}

bool scope_covers(const struct roster *roster, struct division author, struct bytes scope,
                  struct division division)
{
    struct division top;

    if (scope.size == 0) {
        return roster_within(roster, division, author);
    }
    if (is_self(scope)) {
        return division_equal(division, author);
    }
    while (scope.size > 0) {
        if (division_parse(&top, scope_next(&scope)) && roster_within(roster, division, top)) {
            return true;
        }
    }
    return false;
}

enum reason scope_check_form(struct facts *facts)
{
    struct bytes rest = document_text(facts->document, FIELD_SCOPE);
    bool good = rest.size == 0 || rest.data[rest.size - 1] != ',';
    struct division division;

    if (is_self(rest)) {
        return REASON_NONE;
    }
    while (rest.size > 0) {
        good = division_parse(&division, scope_next(&rest)) && good;
    }
    return good ? REASON_NONE : refuse_field(facts->refusal, REASON_BAD, FIELD_SCOPE);
}

/* Is each of the divisions one for which `holds`? */
static bool each(const struct facts *facts,
                 bool (*holds)(const struct facts *facts, struct division division))
{
    struct bytes rest = document_text(facts->document, FIELD_SCOPE);
    struct division division;

    while (rest.size > 0 && !is_self(rest)) {
        if (!division_parse(&division, scope_next(&rest)) || !holds(facts, division)) {
            return false;
        }
    }
    return true;
}

static bool is_member(const struct facts *facts, struct division division)
{
    return roster_find(facts->ledger->config.roster, division) != NULL;
}

static bool is_below(const struct facts *facts, struct division division)
{
    return ledger_is_below(facts->ledger, division);
}

bool scope_known(const struct facts *facts)
{
    return each(facts, is_member);
}

enum reason scope_check_place(struct facts *facts)
{
    return each(facts, is_below) ? REASON_NONE : refuse(facts->refusal, REASON_NOT_BELOW_YOU, "");
}
