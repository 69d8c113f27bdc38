#include "node/office/local_rows.h"

#include "node/core/alarm_rows.h"
#include "node/core/link_spells.h"
#include "node/core/served_spells.h"
#include "node/office/access_tokens.h"
#include "node/office/browser_keys.h"
#include "node/office/drafts_mend.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"
#include "node/office/set_aside.h"
#include "node/office/webhooks.h"

/* For rows whose owner takes what is no row of his as none. */
static bool any_fits(struct bytes key, struct bytes value)
{
    (void)value;
    return key.size > 1;
}

enum local_row_sort local_row_sort(struct bytes key, struct bytes value)
{
    static const struct {
        uint8_t letter;
        enum local_row_sort sort;
        bool (*fits)(struct bytes key, struct bytes value);
    } rows[] = {
        {LOCAL_ACCESS, LOCAL_CHAINED, any_fits},
        {LOCAL_ALARM, LOCAL_KEPT, alarm_row_fits},
        {LOCAL_ALARM_PAST, LOCAL_KEPT, alarm_row_fits},
        {LOCAL_ALARM_COUNTERS, LOCAL_KEPT, alarm_row_fits},
        {LOCAL_BATCH, LOCAL_KEPT, draft_row_fits},
        {LOCAL_SEQUENCE, LOCAL_KEPT, draft_row_fits},
        {LOCAL_DRAFT, LOCAL_KEPT, draft_row_fits},
        {LOCAL_REMAINING, LOCAL_KEPT, draft_row_fits},
        {LOCAL_SET_ASIDE, LOCAL_KEPT, set_aside_row_fits},
        {LOCAL_UNSENT, LOCAL_KEPT, any_fits},
        {LOCAL_LINK_SPELL, LOCAL_KEPT, link_spell_row_fits},
        {LOCAL_SERVED_SPELL, LOCAL_KEPT, served_spell_row_fits},
        {LOCAL_KEEP_BRANCH, LOCAL_KEPT, any_fits},
        {LOCAL_REVOCATION, LOCAL_KEPT, any_fits},
        {LOCAL_ATTEMPT, LOCAL_KEPT, any_fits},
        {LOCAL_DEAD_LETTER, LOCAL_KEPT, webhook_row_fits},
        {LOCAL_BROWSER_KEY, LOCAL_RIGHT, browser_key_row_fits},
        {LOCAL_OPERATOR, LOCAL_PERSON, operator_row_fits},
        {LOCAL_PROPOSAL, LOCAL_KEPT, any_fits},
        {LOCAL_TOKEN, LOCAL_RIGHT, access_token_row_fits},
        {LOCAL_WEBHOOK, LOCAL_RIGHT, webhook_row_fits},
        {LOCAL_INVITE, LOCAL_RIGHT, any_fits},
        {LOCAL_INVITE_FOUNDERS, LOCAL_RIGHT, any_fits},
        {LOCAL_INVITE_SECRET, LOCAL_RIGHT, any_fits},
        {LOCAL_SCRUB, LOCAL_DERIVED, NULL},
    };

    for (size_t i = 0; key.size > 0 && i < COUNT_OF(rows); i++) {
        if (rows[i].letter == key.data[0]) {
            return rows[i].fits == NULL || rows[i].fits(key, value) ? rows[i].sort : LOCAL_UNFIT;
        }
    }
    return LOCAL_UNFIT;
}
