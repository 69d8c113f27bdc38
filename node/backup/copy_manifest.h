/* copy_manifest - what a copy of a node holds: the file MANIFEST, written last, so that a directory
 * without it is no copy.
 *
 *   terrace backup 1
 *   division 540000
 *   tree <64 hex digits>
 *   position <lsn> <epoch> <hash of the own log's last block>
 *   digest <of the own ledger there>
 *   verified <first lsn of the own log that was read again> <rows of the store read>
 *   taken <ms since 1970> <the same for a person>
 *   version <of the program>
 *   file <mode> <bytes> <hash> <path>        one a file, by path
 *   sum <hash over all that stands before>
 *
 * A file's hash is TAG_FILE's of its bytes. What is read is taken for hostile: bounded before it is
 * allocated, and a path leads nowhere but below the copy.
 *
 * Owns: a manifest owns its files. Thread: any, one at a time. Units: bytes, ms since 1970. */
#ifndef TERRACE_NODE_BACKUP_COPY_MANIFEST_H
#define TERRACE_NODE_BACKUP_COPY_MANIFEST_H

#include "replicator/trust/crypto.h"

#define COPY_MANIFEST_FILE "MANIFEST"
enum {
    COPY_FILES_MAX = 100000,
    COPY_FILE_PATH_MAX = 256, /* from the copy on */
    COPY_VERSION_MAX = 40,
    COPY_MANIFEST_BYTES_MAX = 32 << 20,
};

struct copy_file {
    char *path; /* from the copy on, as from the home */
    unsigned mode;
    uint64_t size;
    struct hash hash;
};

struct copy_manifest {
    struct division division;
    struct hash tree;
    struct copy_position { /* where the own log and its ledger end */
        uint64_t lsn;
        uint32_t epoch;
        struct hash head, digest;
        uint64_t verified_from, rows;
    } at;
    uint64_t taken_unix_ms;
    char version[COPY_VERSION_MAX + 1];
    struct copy_file *files;
    size_t count, capacity;
};
#define COPY_MANIFEST_EMPTY ((struct copy_manifest){.files = NULL})

/* `path` is copied. */
void copy_manifest_add(struct copy_manifest *manifest, const char *path, unsigned mode,
                       uint64_t size, const struct hash *hash);
uint64_t copy_manifest_bytes(const struct copy_manifest *manifest); /* of all its files */
void copy_manifest_free(struct copy_manifest *manifest);

/* Into the copy that `directory` is, synced, its directory too. Sorts the files.
 * Errors: ERR_DISK_FULL, ERR_IO. */
enum status copy_manifest_write(struct copy_manifest *manifest, const char *directory,
                                struct err *err);
/* Free it in any case. Errors: ERR_NOT_FOUND (no manifest: no copy, or one that was not finished);
 * ERR_CORRUPT (altered, cut, or none of ours); ERR_NEEDS_UPGRADE (of a newer version); ERR_IO. */
enum status copy_manifest_read(struct copy_manifest *out, const char *directory, struct err *err);

/* "LSN EPOCH HEAD DIGEST VERIFIED ROWS", as `terraced --check-copy` tells it. False: it is none. */
enum { COPY_POSITION_BYTES_MAX = 256 };
void copy_position_print(char out[COPY_POSITION_BYTES_MAX], const struct copy_position *at);
bool copy_position_parse(struct copy_position *out, const char *text);

#endif
