/* pinyin - the first letters of Chinese words as they are typed: "lzxjyj" finds the county bureau
 * of education, lin zhou xian jiao yu ju.
 *
 *   UTF-8 --iconv--> GB 2312, whose first level of 3,755 characters is sorted by pinyin --> a
 * letter
 *
 * A character of the second level (sorted by radical) has no letter here and stands for any;
 * letters and digits stand for themselves. Where the system cannot convert, nothing is found.
 *
 * Owns: its converter. Thread: one at a time. */
#ifndef TERRACE_NODE_TEXT_PINYIN_H
#define TERRACE_NODE_TEXT_PINYIN_H

#include "proto/bytes.h"

enum { PINYIN_LETTERS_MAX = 128 }; /* of a longer name the first */

struct pinyin {
    void *converter; /* NULL: there is none */
};
void pinyin_open(struct pinyin *pinyin);
void pinyin_close(struct pinyin *pinyin);

/* Both terminated and as long; '?' for what has no letter. */
struct initials {
    char first[PINYIN_LETTERS_MAX + 1]; /* "lzxjyj" */
    char other[PINYIN_LETTERS_MAX + 1]; /* of a character that is read in two ways the second */
};
void pinyin_initials(struct pinyin *pinyin, struct initials *out, struct bytes text);
/* Do the initials contain what was typed, in a row and in either case? */
bool pinyin_contains(const struct initials *initials, struct bytes typed);

#endif
