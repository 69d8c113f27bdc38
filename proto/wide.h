/* wide - sums of money in 128 bits, which no number of amounts overflows.
 *
 * One amount has at most 57 bits (AMOUNT_FEN_MAX). A sum stays far below 2^112, since that takes
 * 2^55 entries of the largest amount, over all logs of a tree: at one bit each, more than a
 * thousand disks hold. What is read back is held to that bound, so that a damaged sum shows, and
 * thirty thousand of them add up without overflow. Writing has no bound: what a sum passes that was
 * read just below it is written, and told to be damaged when it is read again.
 *
 * Stored and hashed sums have a short form: the sign beside the lowest bit (zigzag), then seven
 * bits a byte, lowest first. A sum of a thousand yuan takes three bytes, and a sum has one form
 * only.
 *
 * Thread: any. Units: fen. */
#ifndef TERRACE_PROTO_WIDE_H
#define TERRACE_PROTO_WIDE_H

#include "proto/bytes.h"

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

enum { WIDE_BITS = 112, WIDE_BYTES_MAX = 19, AMOUNT_TEXT_MAX = 44 };

/* Writes the short form, which every sum has, and returns its size. */
size_t wide_write(uint8_t at[WIDE_BYTES_MAX], int128 value);
void buf_put_wide(struct buf *buf, int128 value);
/* Zero and a failed reader on any other form, and beyond the bound. */
int128 reader_wide(struct reader *reader);

/* Yuan with two decimals, terminated: "-1250.50". */
void amount_format(char out[AMOUNT_TEXT_MAX], int128 fen);

#endif
