/* form_specs - which fields each kind has, written out from the field table of the domain and not
 * from the code's, and documents that fit it.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_FORM_SPECS_H
#define TERRACE_TESTS_UNIT_LEDGER_FORM_SPECS_H

#include "node/ledger/schema/kinds.h"

struct spec {
    const char *kind, *required, *optional;
    const char
        *words; /* "field=word": values of a good document that its type alone does not tell */
    bool any_year;
};
extern const struct spec specs[]; /* of the kinds that persons write */
extern const size_t spec_count;

bool listed(const char *list, const char *name);
/* A value that the type of the field takes. */
void set_good(struct document *document, const struct spec *spec, enum field field);
/* With its required fields alone. */
void make_good(struct document *document, const struct spec *spec);
/* What its form is refused for, "" for nothing; `what` is said where it is not. */
void expect(const struct document *document, bool client, const char *want, const char *what);

#endif
