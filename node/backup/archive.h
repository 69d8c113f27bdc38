/* archive - every block of the own log once more, in a directory on another disk or machine: at the
 * root of a tree nobody else has all of them.
 *
 *   commit --archive_committed--> the archive's thread: reads blocks from a snapshot, appends them
 *       as they stand (node/store/block_file.h), syncs, and says how far it is
 *   loop, API --archive_look--> position, what waits since when, what is wrong
 *
 *   DIR/540000-0000000001-00000000000000000001.blocks     division, epoch, first lsn; some 64 MiB,
 *                                                         and one file for each epoch at least
 *   HOME/archived                                         where an archive was begun
 *
 * It has a thread of its own, because the directory is somebody else's: a mount that hangs hangs
 * the thread that touches it, for as long as it likes. So the loop never does, the thread holds no
 * snapshot and no lock while it does, and at the end it is left where it is.
 *
 * It goes on behind the last whole block that the directory has, however long it was away. Where
 * that is not the own log's any more, because a log was cut and goes on in a later epoch, it goes
 * back to the last block that both have, and begins a file there. Where both epochs are the same,
 * or the directory has more than the own log, that is told and nothing is written. A directory that
 * is empty where an archive was begun is one that is not mounted, and no new archive.
 *
 * Owns: its thread and its files. Borrows the store, until archive_close. Thread: the loop's, but
 * archive_look any. Units: ms mono unless *_unix_ms; lsn counts entries. */
#ifndef TERRACE_NODE_BACKUP_ARCHIVE_H
#define TERRACE_NODE_BACKUP_ARCHIVE_H

#include "proto/division.h"
#include "proto/message.h"
#include "replicator/clock.h"
#include "replicator/store/store.h"

enum {
    ARCHIVE_LATE_MS = 10000, /* what waits longer is told */
    ARCHIVE_DIRECTORY_MAX = 256,
};

struct archive;

struct archive_config {
    const char *directory, *home;
    struct division self;
    uint64_t lost_lsn; /* up to here the root holds its log in part (roster_lost_lsn) */
    const struct store *store;
    const struct clock *clock;
    void (*changed)(void *arg); /* what is wrong is something else now; the archive's thread */
    void *arg;
};

/* Starts its thread; nothing of the directory is touched before. Errors: ERR_IO (no thread). */
enum status archive_open(struct archive **out, const struct archive_config *config,
                         struct err *err);
/* After a commit: there may be more to write. */
void archive_committed(struct archive *archive);
/* False: its thread hangs in the directory and was left there: it touches nothing of ours any more.
 * NULL is fine. */
bool archive_close(struct archive *archive);

struct archive_state {
    char directory[ARCHIVE_DIRECTORY_MAX];
    bool same_disk; /* as the home: what takes the one takes the other */
    bool is_known;  /* the directory was read */
    uint64_t lsn;   /* where the archive ends, synced; 0: nowhere, or not known */
    uint32_t epoch;
    uint64_t synced_unix_ms;       /* when it was written to last, by this process; 0: not yet */
    uint64_t waiting_ms;           /* how long something has been waiting; 0: nothing is */
    char fault[MESSAGE_BYTES_MAX]; /* a message; "": all is well */
};
void archive_look(struct archive *archive, struct archive_state *out);
/* When what waits has waited too long; UINT64_MAX for nothing. */
uint64_t archive_due_ms(struct archive *archive);

#endif
