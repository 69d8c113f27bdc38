/* spoiling_store - a store of which one read goes wrong: the disk answers with an error, or a row
 * comes back shorter than it was written.
 *
 *   how, at  -->  reads counted from 0; the one `at` is spoilt; a row from then on, whoever reads
 * it
 *
 * A loop over `at` until nothing was spoilt any more has met every read that a task makes.
 * Thread: one. */
#ifndef TERRACE_TESTS_HARNESS_SPOILING_STORE_H
#define TERRACE_TESTS_HARNESS_SPOILING_STORE_H

#include "replicator/store/store.h"

enum spoiling {
    SPOILS_NOTHING,
    SPOILS_READ, /* the read fails: ERR_IO. Counts calls */
    SPOILS_ROW,  /* its last byte is gone. Counts rows that have any */
    SPOILS_HALF, /* its second half */
    SPOILS_MOST, /* all but its first byte; of a row of one byte that, too */
};

struct spoiling_store {
    struct store behind;
    enum spoiling how;
    size_t at;
    size_t reads;
    bool spoilt;            /* it has happened */
    enum store_space space; /* where */
    struct bytes key;       /* of the row; none of a read */
    uint8_t key_bytes[STORE_KEY_BYTES_MAX];
};

/* From now on; forgets what was spoilt before. */
void spoiling_store_begin(struct spoiling_store *spoiling, enum spoiling how, size_t at);
/* The row that was spoilt is, from the first read on. */
void spoiling_store_again(struct spoiling_store *spoiling);
/* Stands before `behind`, which it borrows; `spoiling` must outlive it. Spoils nothing yet. */
struct store spoiling_store_of(struct spoiling_store *spoiling, struct store behind);

#endif
