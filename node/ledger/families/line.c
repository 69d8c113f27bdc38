#include "node/ledger/families/line.h"

const struct state_table line_states = {
    .events = {[LINE_RELEASED] = "released", [LINE_REDUCED] = "reduced", [LINE_DRAWN] = "drawn"},
    .to = {
        [DOC_CARRIED] = {[LINE_RELEASED] = DOC_RELEASED},
        [DOC_PENDING] = {[LINE_RELEASED] = DOC_RELEASED, [LINE_REDUCED] = DOC_PENDING},
        [DOC_RELEASED] = {[LINE_REDUCED] = DOC_RELEASED, [LINE_DRAWN] = DOC_RELEASED},
    }};

enum doc_state line_state(const struct indicator *line)
{
    const struct kind_info *info = kind_info(line->kind);

    if ((line->flags & INDICATOR_RELEASED) != 0) {
        return DOC_RELEASED;
    }
    if (line->balance[ACC_PENDING] > 0) {
        return DOC_PENDING;
    }
    return info->first_state != 0 ? info->first_state : DOC_ENTERED;
}

bool line_allows(const struct indicator *line, enum line_event event)
{
    switch (event) {
    case LINE_SPLIT:
        return line->origin.size == 0;
    case LINE_RELEASED:
        return line->balance[ACC_PENDING] > 0;
    default:
        return states_allow(&line_states, line_state(line), event);
    }
}

struct bytes line_origin(const struct indicator *line, struct bytes id)
{
    return line->origin.size > 0 ? line->origin : id;
}

bool line_is_advance(struct txn *txn, struct division author, const struct indicator *line)
{
    struct indicator source;

    if (line->origin.size == 0) {
        return line->balance[ACC_SRC_ADVANCE] != 0;
    }
    return indicator_load(txn, author, line->source, &source) &&
           source.balance[ACC_SRC_ADVANCE] != 0;
}

enum account line_drawn_account(const struct kind_info *info, const struct indicator *line)
{
    return info->books.pending_first && line->balance[ACC_PENDING] > 0 ? ACC_PENDING
                                                                       : info->books.from;
}
