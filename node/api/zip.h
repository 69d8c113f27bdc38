/* zip - a few files in one archive, as they are: what a workbook is made of.
 *
 *   file, file, ... , directory of the files, end
 *
 * Nothing is compressed. Source: PKWARE's APPNOTE 6.3, the parts 4.3.7, 4.3.12 and 4.3.16.
 * Owns: its directory, until zip_end. Thread: any. Units: bytes; an archive stays below 4 GiB. */
#ifndef TERRACE_NODE_API_ZIP_H
#define TERRACE_NODE_API_ZIP_H

#include "proto/bytes.h"

struct zip {
    struct buf *out;
    struct buf directory;
    uint16_t count;
};
/* Appends to `out`, which is empty and outlives the archive. */
void zip_begin(struct zip *zip, struct buf *out);
void zip_file(struct zip *zip, const char *name, struct bytes content);
void zip_end(struct zip *zip);

/* CRC-32 as of ISO 3309. */
uint32_t zip_crc(struct bytes content);

#endif
