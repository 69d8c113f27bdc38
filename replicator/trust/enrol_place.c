#include "replicator/trust/enrol_place.h"

/* The list with a code or pattern more, and without the exceptions that would still leave it out.
 */
static void widen(struct grant_reach *out, const struct grant_reach *reach, struct bytes text)
{
    struct grant_reach one = {.count = 0};
    const char *common;

    memset(out, 0, sizeof *out);
    (void)reach_add(&one, text);
    for (size_t i = 0; i < reach->count; i++) {
        const char *pattern = reach->pattern[i];
        struct grant_reach except = {.count = 0};

        if (pattern[0] == '!') {
            (void)reach_add(&except, bytes_text(pattern + 1));
        }
        if (!reach_meet(&except, &one, &common)) {
            (void)reach_add(out, bytes_text(pattern));
        }
    }
    if (!reach_within(&one, out, &common)) {
        (void)reach_add(out, text);
    }
}

/* ... and with an exception more. */
static void except(struct grant_reach *out, const struct grant_reach *reach, const char *pattern)
{
    char text[PATTERN_TEXT_MAX + 1] = "!";

    *out = *reach;
    memcpy(text + 1, pattern, strnlen(pattern, sizeof text - 2));
    (void)reach_add(out, bytes_text(text));
}

static enum status refuse_outside(const char *pattern, const struct member *self,
                                  const struct grant_reach *own, struct err *err)
{
    char list[REACH_TEXT_MAX];
    struct grant_reach wider;

    widen(&wider, own, bytes_text(pattern));
    reach_print(list, &wider);
    return err_set(err, ERR_OUTSIDE_REACH, "outside_reach pattern=%s division=%s parent=%s list=%s",
                   pattern, self->grant.division.code, self->grant.parent.code, list);
}

static bool is_of(const struct grant_reach *reach, const char *pattern)
{
    for (size_t i = 0; i < reach->count; i++) {
        if (strcmp(reach->pattern[i], pattern) == 0) {
            return true;
        }
    }
    return false;
}

/* What lies in both belongs to the narrower one: the wider needs the exception. */
static enum status refuse_meeting(struct division division, const struct grant_reach *may_grant,
                                  struct division sibling, const struct grant_reach *its,
                                  const char *common, struct err *err)
{
    const bool is_ours = is_of(may_grant, common);
    char list[REACH_TEXT_MAX];
    struct grant_reach narrower;

    except(&narrower, is_ours ? its : may_grant, common);
    reach_print(list, &narrower);
    return is_ours ? err_set(err, ERR_REFUSED, "reach_is_of_another pattern=%s division=%s list=%s",
                             common, sibling.code, list)
                   : err_set(err, ERR_REFUSED,
                             "reach_meets_another pattern=%s of=%s division=%s list=%s", common,
                             sibling.code, division.code, list);
}

static enum status check_siblings(const struct roster *roster, const struct member *self,
                                  struct division division, const struct grant_reach *may_grant,
                                  struct err *err)
{
    struct grant_terms its;
    const char *common;

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct member *member = roster_at(roster, i);
        const struct division sibling = member->grant.division;

        if (member->parent != self || division_equal(sibling, division)) {
            continue;
        }
        (void)roster_terms(roster, sibling, member->grant.epoch, &its);
        if (reach_meet(may_grant, &its.may_grant, &common)) {
            return refuse_meeting(division, may_grant, sibling, &its.may_grant, common, err);
        }
    }
    return OK;
}

enum status enrol_check_reach(const struct roster *roster, struct division granter,
                              struct division division, const struct grant_reach *may_grant,
                              struct err *err)
{
    const struct member *self = roster_find(roster, granter);
    struct grant_terms own = {.founder_count = 0};
    const char *pattern;

    if (self == NULL) {
        return err_set(err, ERR_REFUSED, "inviter_not_granted division=%s", granter.code);
    }
    (void)roster_terms(roster, granter, self->grant.epoch, &own);
    if (!reach_has(&own.may_grant, division)) {
        return refuse_outside(division.code, self, &own.may_grant, err);
    }
    if (!reach_within(may_grant, &own.may_grant, &pattern)) {
        return refuse_outside(pattern, self, &own.may_grant, err);
    }
    return check_siblings(roster, self, division, may_grant, err);
}
