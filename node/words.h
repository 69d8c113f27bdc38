/* words - the Chinese of what is said in English below the faces.
 *
 * Code that fails says so in one English sentence (struct err); what goes wrong in a library or on
 * a disk should know nothing of languages. Where a person is about to read it, in the CLI, in an
 * answer of the API, on the daemon's stderr, the sentence is looked up here:
 *
 *   "%s is a member already"  --err_set-->  "540121 is a member already"
 *   row {"% is a member already", "%1 已是成员"}  --words_in-->  "540121 已是成员"
 *
 * A row holds '%' for what the format puts in, and %1 %2 ... in the Chinese for the same in order.
 * What was put in is looked up too, so "the parent refused: %" carries the parent's reason. A text
 * without a row is taken apart at ": ", as err_wrap put it together. What nobody wrote a row for
 * stays English. A new sentence for people is a new row; tests/unit/cli/words.py asks for it.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_WORDS_H
#define TERRACE_NODE_WORDS_H

#include <stddef.h>

#include "node/ledger/reason.h"

enum { WORDS_BYTES_MAX = 1024 };

/* `english` itself, or its Chinese in `out`. Always terminated, never cut inside a character. */
const char *words_in(enum language language, char out[WORDS_BYTES_MAX], const char *english);

/* One word of a table, as a state or a role: the word itself where it has no other. */
const char *words_term(enum language language, const char *english);

/* By LC_ALL, LC_MESSAGES, LANG: the first that is set decides. */
enum language words_language(const char *lc_all, const char *lc_messages, const char *lang);

#endif
