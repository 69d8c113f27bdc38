/* rocks_files - stores on RocksDB in directories of their own, rows to put into them, and their
 * files.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_STORE_ROCKS_FILES_H
#define TERRACE_TESTS_UNIT_STORE_ROCKS_FILES_H

#include "node/store/store_rocks.h"

enum { ROW_BYTES = 1000, ROWS = 2000 };

void *make_directory(void);
void must_open(void *place, struct store *out);
void must_reopen(void *place, struct store *store);
void discard(void *place, struct store *store);
int set_up(void **state);
int tear_down(void **state);
/* The last file by name, which is the newest, that ends in `suffix`; false when there is none. */
bool find_file(char *out, size_t size, const char *directory, const char *suffix);
void put_row(const struct store *store, uint64_t fence, uint64_t number);
enum status scan_rows(const struct store *store, uint64_t *rows, struct err *err);
/* For cases that open a store in a child: the thread sanitizer lets no child of ours start threads
 * once RocksDB's are there, so it skips them. */
void child_needed(void);
void fill(const char *directory, bool flushed);

#endif
