#include "node/ledger/families/split.h"

#include "node/ledger/families/inherit.h"

bool split_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                    struct buf *memory, struct document *origin)
{
    static const enum field beneficiary[] = {FIELD_BEN_NAME, FIELD_BEN_CODE};
    struct indicator row;

    if (!indicator_load(txn, ledger->config.self, document_about(document), &row)) {
        return false;
    }
    buf_reserve(memory, row.elements.size + INHERIT_MORE_BYTES);
    row.elements = inherit_keep(memory, row.elements);
    indicator_elements(&row, origin);
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        inherit_field(document, *field, origin);
    }
    for (size_t i = 0; i < COUNT_OF(beneficiary); i++) {
        if (kind_takes(kind_info(document->kind), beneficiary[i], false)) {
            inherit_field(document, beneficiary[i], origin);
        }
    }
    return true;
}
