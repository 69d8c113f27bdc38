/* wal - is RocksDB's write-ahead log whole, record by record?
 *
 *   file   = blocks of 32 KiB; record = u32 masked crc32c, u16 size, type, bytes (little-endian)
 *   type   = 1 full, 2 first, 3 middle, 4 last; less than a record's head at a block's end is zero
 *
 * RocksDB says so only where it also refuses a store for one table that is bad. A record that was
 * cut off at a record's end, or one that a power cut left unfinished, cannot be told from harm: the
 * second is not whole here, and the first is.
 *
 * Thread: any. Sizes are bytes. */
#ifndef TERRACE_NODE_STORE_WAL_H
#define TERRACE_NODE_STORE_WAL_H

#include <stdbool.h>

/* False also where it cannot be read. */
bool wal_is_whole(const char *path);

#endif
