/* typed - what a person, or his spreadsheet, wrote where a field wants something else, and how to
 * mend it. What can be told is told ("1,488,000.53": write 1488000.53); nothing is ever read as
 * something else than it says.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_LEDGER_SCHEMA_TYPED_H
#define TERRACE_NODE_LEDGER_SCHEMA_TYPED_H

#include "proto/document.h"

/* "6.228E+18": what a spreadsheet makes of a long number. In a code or an id it is never what was
 * meant, and the digits are gone. */
bool typed_is_scientific(struct bytes text);

enum { TYPED_BYTES_MAX = 48, MENDED_BYTES_MAX = 64 };

/* The value as it would have to be written, when that can be told for sure: full-width characters
 * made narrow; an amount without commas, blanks and signs of currency; a day as YYYY-MM-DD. False
 * when it cannot. */
bool typed_mend(char out[MENDED_BYTES_MAX], enum field field, struct bytes typed);

/* The message value_typed: the value, and what to do about it where that can be said. `quoted`: in
 * JSON it was a text and not a number. */
void typed_describe(char *out, size_t size, enum field field, struct bytes typed, bool quoted);

#endif
