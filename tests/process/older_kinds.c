/* older_kinds - terraced as it was before two kinds: it knows neither `freeze` nor `calendar`.
 *
 * Linked in front of the schema (ld --wrap), so that all else is the daemon that ships. */
#include "node/ledger/schema/kinds.h"

const struct kind_info *__real_kind_info(uint32_t kind);
const struct kind_info *__wrap_kind_info(uint32_t kind);
bool __real_document_format_known(uint32_t kind, uint32_t format);
bool __wrap_document_format_known(uint32_t kind, uint32_t format);

static bool is_later(uint32_t kind)
{
    return kind == KIND_FREEZE || kind == KIND_CALENDAR;
}

const struct kind_info *__wrap_kind_info(uint32_t kind)
{
    return is_later(kind) ? NULL : __real_kind_info(kind);
}

bool __wrap_document_format_known(uint32_t kind, uint32_t format)
{
    return !is_later(kind) && __real_document_format_known(kind, format);
}
