/* room - what a store's directory holds and how much its disk has left, before RocksDB touches
 * either: it aborts the process when a write meets a full disk. Thread: any. Sizes are bytes. */
#ifndef TERRACE_NODE_STORE_ROOM_H
#define TERRACE_NODE_STORE_ROOM_H

#include "proto/status.h"

#include <stdbool.h>
#include <stdint.h>

struct room {
    uint64_t log_bytes; /* of the write-ahead log that a restart replays */
    bool current;       /* CURRENT is there: the directory is a store */
    bool data;          /* tables or logs are there */
};

/* Errors of both: ERR_IO. */
enum status room_look(struct room *out, const char *directory, struct err *err);
enum status room_disk(const char *directory, uint64_t *free_bytes, uint64_t *total_bytes,
                      struct err *err);

/* Recovery writes what the log holds into tables. ERR_DISK_FULL unless that and `spare` fit. */
enum status room_for_recovery(const struct room *room, const char *directory, uint64_t spare,
                              struct err *err);
/* ERR_DISK_FULL unless a batch of `bytes` fits and `reserve` stays free. */
enum status room_for_batch(const char *directory, uint64_t bytes, uint64_t reserve,
                           struct err *err);

#endif
