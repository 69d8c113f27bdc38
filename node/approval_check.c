/* Do the blocks that come in show the two persons that their author's grant asks for? */
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/cover.h"
#include "node/node_internal.h"

/* A signature costs more than all else that is done with an entry, so holders look at some. Which
 * ones is chance, so that no author can know. */
enum { SAMPLE_ONE_IN = 64 };

static void alarm_block(struct node *node, const char *code, const struct block_header *header,
                        size_t at, const char *what)
{
    char text[256];

    (void)snprintf(text, sizeof text, "log of %s, lsn %" PRIu64 ": %s", header->author.code,
                   header->first_lsn + at, what);
    node_alarm(node, code, header->author, text);
}

static void check_signatures(struct node *node, const struct block_header *header,
                             const struct block_body *body)
{
    for (size_t i = 0; i < body->group_count; i++) {
        const char *fault = cover_signature(header, body, &body->groups[i]);

        if (fault != NULL) {
            alarm_block(node, "approval_invalid", header, body->groups[i].first_entry, fault);
            return;
        }
    }
    node->blocks_sampled++;
}

/* NULL, or the code of the alarm with its words and the entry. */
static const char *find_fault(struct cover *cover, const struct block_body *body,
                              struct policy policy, const char **what, size_t *at)
{
    *what = cover_make(cover, body, at);
    if (*what != NULL) {
        return "approval_invalid";
    }
    *what = cover_lacks(cover, body, policy, at);
    return *what != NULL ? "approval_missing" : NULL;
}

void approval_check(struct node *node, const struct block_header *header,
                    const struct block_body *body)
{
    const struct grant *grant = roster_epoch(node_roster(node), header->author, header->epoch);
    const struct policy policy = {grant == NULL ? 0 : grant->policy};
    const char *code, *what;
    struct cover *cover;
    size_t at = 0;

    if (policy.kinds == 0 && body->group_count == 0) {
        return;
    }
    cover = mem_zalloc(sizeof *cover);
    code = find_fault(cover, body, policy, &what, &at);
    if (code != NULL) {
        alarm_block(node, code, header, at, what);
    } else if (body->group_count > 0 && clock_random(&node->clock) % SAMPLE_ONE_IN == 0) {
        check_signatures(node, header, body);
    }
    mem_free(cover);
}

uint64_t node_blocks_sampled(const struct node *node)
{
    return node->blocks_sampled;
}
