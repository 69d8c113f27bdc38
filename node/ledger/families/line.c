#include "node/ledger/families/line.h"

const struct state_table line_states = {
    .events = {[LINE_SPLIT] = "split",
               [LINE_RELEASED] = "released",
               [LINE_REDUCED] = "reduced",
               [LINE_DRAWN] = "drawn"},
    .to = {
        [DOC_APPROVED] = {[LINE_SPLIT] = DOC_APPROVED},
        [DOC_REGISTERED] = {[LINE_SPLIT] = DOC_REGISTERED},
        [DOC_PENDING] = {[LINE_RELEASED] = DOC_RELEASED, [LINE_REDUCED] = DOC_PENDING},
        [DOC_RELEASED] = {[LINE_REDUCED] = DOC_RELEASED, [LINE_DRAWN] = DOC_RELEASED},
    }};

enum doc_state line_state(const struct indicator *line)
{
    return (line->flags & INDICATOR_RELEASED) != 0 ? DOC_RELEASED
                                                   : kind_info(line->kind)->first_state;
}

enum account line_drawn_account(const struct kind_info *info, const struct indicator *line)
{
    return info->books.pending_first && line->balance[ACC_PENDING] > 0 ? ACC_PENDING
                                                                       : info->books.from;
}
