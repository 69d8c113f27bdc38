/* encoding - what the bytes of a file mean as text: UTF-8, or GB18030.
 *
 * GB18030 is believed where it was named, and guessed only where nothing else fits:
 *
 *   any row of the window is UTF-8          --> UTF-8: a row that is not is refused alone
 *   every row that is not ASCII reads as
 *   Chinese: characters that are assigned,
 *   and none that looks like Latin-1        --> GB18030, guessed: who submits is shown what it
 * became anything else                           --> UTF-8: those rows are refused
 *
 * Nearly any bytes are characters of GB18030: the Latin-1 of MUÑOZ reads as MU, a rare character,
 * Z. What gives it away is its neighbours: a letter of ASCII on both sides, or on one side of a
 * character that swallowed another letter as its second byte. The same is asked of each row behind
 * the window. Nothing of this is asked where GB18030 was named.
 *
 * Owns: its converter. Thread: one at a time. */
#ifndef TERRACE_NODE_CLI_ENCODING_H
#define TERRACE_NODE_CLI_ENCODING_H

#include <iconv.h>

#include "proto/bytes.h"

enum encoding_name { ENCODING_UNDECIDED, ENCODING_UTF8, ENCODING_GB18030 };
/* "utf-8" or "gb18030", in small letters or capitals; ENCODING_UNDECIDED for another word. */
enum encoding_name encoding_named(const char *word);

enum decoded {
    DECODED_GOOD,
    DECODED_BAD,       /* not text in this encoding */
    DECODED_AMBIGUOUS, /* GB18030 was guessed, and this row would be UTF-8 as well */
    DECODED_LATIN,     /* it would be GB18030, and looks like Latin-1 */
};

enum { READING_BYTES_MAX = 64 };
/* What was met in a row that is not good. */
struct decode_fault {
    size_t place; /* of the byte, from 1 */
    uint8_t byte;
    char as_gb18030[READING_BYTES_MAX],
        as_latin[READING_BYTES_MAX]; /* its cell; only DECODED_LATIN */
};

struct encoding {
    enum encoding_name name;
    bool guessed;
    iconv_t converter;         /* from GB18030, once it is needed; else (iconv_t)-1 */
    struct decode_fault fault; /* of the row decoded last */
};

/* ENCODING_UNDECIDED: it is decided at the first row that is not ASCII. */
void encoding_open(struct encoding *encoding, enum encoding_name named);
void encoding_close(struct encoding *encoding);
/* A byte order mark stands in front: the file is UTF-8, whatever was named. */
void encoding_marked(struct encoding *encoding);

/* The row as UTF-8 in `out`, which is replaced. `window`: the row and what is known of those behind
 * it, each ended by `line_end`. */
enum decoded encoding_decode(struct encoding *encoding, struct bytes row, struct bytes window,
                             char line_end, struct buf *out);

#endif
