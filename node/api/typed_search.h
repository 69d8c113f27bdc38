/* typed_search - is this what somebody types? By the beginning of a code, by a part of a name, by
 * the first letters of the name's pinyin.
 *
 * Owns: its converter, until typed_search_close. Thread: one at a time. */
#ifndef TERRACE_NODE_API_TYPED_SEARCH_H
#define TERRACE_NODE_API_TYPED_SEARCH_H

#include "node/text/pinyin.h"

struct typed_search {
    struct bytes typed; /* empty: everything fits. A view */
    struct pinyin pinyin;
};
void typed_search_open(struct typed_search *search, const char *typed); /* NULL: empty */
void typed_search_close(struct typed_search *search);

bool typed_search_code(const struct typed_search *search, struct bytes code);
bool typed_search_name(struct typed_search *search, struct bytes name);

#endif
