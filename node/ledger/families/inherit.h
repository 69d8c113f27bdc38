/* inherit - what a node writes into a document that its person left out.
 *
 * A field that is there already stays; what is written is marked as inherited, so that a person who
 * says the same another time in so many words has said nothing else.
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_INHERIT_H
#define TERRACE_NODE_LEDGER_FAMILIES_INHERIT_H

#include "proto/division.h"
#include "proto/document.h"
#include "proto/wide.h"

/* Room for what is written into a document beside the elements of a line: a hash, a division, the
 * public fields of a project. */
enum { INHERIT_MORE_BYTES = 32 + DIVISION_CODE_MAX + 2 * 400 };

/* Copies into `memory`, which the caller has reserved room in: it must not move under views. */
struct bytes inherit_keep(struct buf *memory, struct bytes text);
void inherit_text(struct document *document, enum field field, struct bytes text);
void inherit_number(struct document *document, enum field field, int64_t number);
/* FIELD_AMOUNT: what there is of one's own money, which one document once said. */
void inherit_amount(struct document *document, int128 fen);
/* As `from` has it, whatever its type; its texts must outlive the document. */
void inherit_field(struct document *document, enum field field, const struct document *from);

#endif
