#include <inttypes.h>

#include "node/core/approval_check.h"
#include "node/ledger/verify/approval_coverage.h"

enum { SAMPLE_ONE_IN = 64 };

static void alarm_block(struct approval_check *check, enum alarm_code code,
                        const struct block_header *header, size_t at, const char *what)
{
    alarms_raise(check->alarms, code, header->author, "approval_fault lsn=%" PRIu64 " why=%s",
                 header->first_lsn + at, what);
}

static void check_signatures(struct approval_check *check, const struct block_header *header,
                             const struct block_body *body)
{
    for (size_t i = 0; i < body->group_count; i++) {
        const char *fault =
            approval_coverage_signature(&check->tree, header, body, &body->groups[i]);

        if (fault != NULL) {
            alarm_block(check, ALARM_APPROVAL_INVALID, header, body->groups[i].first_entry, fault);
            return;
        }
    }
    check->blocks_sampled++;
}

/* ALARM_NONE, or the alarm with its words and the entry. */
static enum alarm_code find_fault(struct approval_coverage *coverage, const struct block_body *body,
                                  struct policy policy, const char **what, size_t *at)
{
    *what = approval_coverage_make(coverage, body, at);
    if (*what != NULL) {
        return ALARM_APPROVAL_INVALID;
    }
    *what = approval_coverage_lacks(coverage, body, policy, at);
    return *what != NULL ? ALARM_APPROVAL_MISSING : ALARM_NONE;
}

void approval_check_init(struct approval_check *check, const struct hash *tree,
                         const struct clock *clock, struct alarms *alarms)
{
    *check = (struct approval_check){.tree = *tree, .clock = clock, .alarms = alarms};
}

void approval_check(struct approval_check *check, const struct roster *roster,
                    const struct block_header *header, const struct block_body *body)
{
    const struct grant *grant = roster_epoch(roster, header->author, header->epoch);
    const struct policy policy = {grant == NULL ? NUMBER_SET_NONE : grant->policy};
    const char *what;
    enum alarm_code code;
    struct approval_coverage *coverage;
    size_t at = 0;

    if (number_set_is_empty(&policy.kinds) && body->group_count == 0) {
        return;
    }
    coverage = mem_zalloc(sizeof *coverage);
    code = find_fault(coverage, body, policy, &what, &at);
    if (code != ALARM_NONE) {
        alarm_block(check, code, header, at, what);
    } else if (body->group_count > 0 && clock_random(check->clock) % SAMPLE_ONE_IN == 0) {
        check_signatures(check, header, body);
    }
    mem_free(coverage);
}
