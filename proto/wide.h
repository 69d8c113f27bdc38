/* wide - sums of money in 128 bits, which no number of amounts overflows.
 *
 * One amount has at most 57 bits. A sum stays below 2^96: five hundred thousand million entries of
 * the largest amount, more than a disk holds. What is read back is held to that bound, so that even
 * a store full of damaged sums adds up without overflow.
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

enum { WIDE_BITS = 96, WIDE_BYTES_MAX = 14, AMOUNT_TEXT_MAX = 44 };

/* Asserts the bound. Writes the short form and returns its size. */
size_t wide_write(uint8_t at[WIDE_BYTES_MAX], int128 value);
void buf_put_wide(struct buf *buf, int128 value);
/* Zero and a failed reader on any other form, and beyond the bound. */
int128 reader_wide(struct reader *reader);

/* Yuan with two decimals, terminated: "-1250.50". */
void amount_format(char out[AMOUNT_TEXT_MAX], int128 fen);

#endif
