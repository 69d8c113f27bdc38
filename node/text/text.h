/* text - every sentence that people read, in English and in Chinese.
 *
 * What fails below the faces, and what a face says itself, is a message of proto/message.h: a code
 * and arguments. The sentences are rows of the tables in this folder, one table an area:
 *
 *   err_set(err, ERR_BUSY, "home_in_use home=%s pid=%ld", home, pid)
 *   ROW("home_in_use", "terraced already runs on {home} (process {pid}).", "...{home}...{pid}...")
 *   text_in(LANGUAGE_EN, out, err.text)  "terraced already runs on /srv/a (process 4711)."
 *
 * A slot {key} takes the argument as it is; {key:area} looks it up as the word "area.VALUE", such
 * as field.amount or state.paid; {key:age} says seconds in days, hours, minutes; {why} is a message
 * of its own. A `why` without a slot follows the sentence, and so does what the message wraps. A
 * code without a row is shown as it is, never lost. tests/unit/cli/text.py holds codes, keys and
 * rows against each other.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_TEXT_TEXT_H
#define TERRACE_NODE_TEXT_TEXT_H

#include "proto/message.h"

enum language { LANGUAGE_EN, LANGUAGE_ZH, LANGUAGES };
enum { TEXT_BYTES_MAX = 1024 };

/* The sentence in `out`, which is returned. Terminated, never cut inside a character. */
const char *text_in(enum language language, char out[TEXT_BYTES_MAX], const char *message);
/* The same for a message made of a format: text_say(language, out, "no_user name=%s", name). */
const char *text_say(enum language language, char out[TEXT_BYTES_MAX], const char *format, ...)
    PRINTF(3, 4);
/* The row's text as it stands, without arguments; the code itself where it has no row. */
const char *text_row(enum language language, const char *code);
/* The word "area.name"; the name itself where it has no row. */
const char *text_word(enum language language, const char *area, const char *name);

/* Every row, table by table, with its text in each language. */
typedef void text_visit_fn(void *arg, const char *code, const char *const text[LANGUAGES]);
void text_each(text_visit_fn *visit, void *arg);

/* Is this what people type for the word: its name, its row, or what stands in the row's brackets?
 */
bool text_names(const char *area, const char *name, const char *typed);

/* Is there a row for the code of this message? */
bool text_knows(const char *message);

/* A word that stands alone in a cell, as a state or a role: word.NAME. */
static inline const char *text_term(enum language language, const char *name)
{
    return text_word(language, "word", name);
}
/* Copies what fits, never cut inside a character. */
void text_cut(char *out, size_t size, const char *text);

/* By LC_ALL, LC_MESSAGES, LANG: the first that is set decides. */
enum language text_language(const char *lc_all, const char *lc_messages, const char *lang);
/* "en" or "zh", as HTTP names it. */
const char *text_language_tag(enum language language);

#endif
