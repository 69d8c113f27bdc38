#include "node/api/brief.h"

#include <stdio.h>

static const char *name_of(const struct roster_snapshot *roster, struct division division)
{
    for (size_t i = 0; roster != NULL && i < roster->count; i++) {
        if (division_equal(roster->at[i].division, division)) {
            return roster->at[i].name;
        }
    }
    return "";
}

void brief_party(char out[BRIEF_PARTY_MAX], const struct brief *brief,
                 const struct roster_snapshot *roster)
{
    const bool is_division = !division_is_none(brief->division) && brief->account.size == 0;
    const char *name = is_division ? name_of(roster, brief->division) : "";

    (void)snprintf(out, BRIEF_PARTY_MAX, "%.*s%s%s", (int)brief->party.size,
                   brief->party.size == 0 ? "" : (const char *)brief->party.data,
                   name[0] != '\0' ? " " : "", name);
}

void write_brief(struct json_out *out, const struct document *document,
                 const struct roster_snapshot *roster)
{
    char party[BRIEF_PARTY_MAX];
    struct brief brief;

    brief_of(&brief, document);
    brief_party(party, &brief, roster);
    if (party[0] != '\0') {
        out_text(out, "to", party);
    }
    if (brief.paper.size > 0) {
        out_bytes(out, "document_no", brief.paper);
    }
    out_amount(out, "money", brief.money);
}
