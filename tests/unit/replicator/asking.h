/* asking - a question about what a store holds, asked while one read after another goes wrong.
 *
 *   question --> words told, or an error     the words are the true ones, or there is an error
 *
 * Owns: the words. Thread: one. */
#ifndef TERRACE_TESTS_UNIT_REPLICATOR_ASKING_H
#define TERRACE_TESTS_UNIT_REPLICATOR_ASKING_H

#include "replicator/store/txn.h"
#include "tests/harness/spoiling_store.h"

/* Asks, and tells what it hears. An error that stays with the txn is one, too. */
typedef enum status question_fn(const struct store *store, struct txn *txn, struct err *err);

void tell(const char *text);
void tell_number(uint64_t number);
struct bytes told(void); /* of the question asked last; lives until the next */

enum status ask(question_fn *question, const struct store *store);
/* Is that what whoever asks is told of such a spoilt read? */
bool is_told(enum status status, enum spoiling how);
/* Ends the test unless each is answered truly, or with such an error. The number of errors. */
size_t ask_over_each(question_fn *question, const struct store *store, enum spoiling how);
void asking_free(void);

#endif
