/* approving - a chain of drafts that build on each other, their approval, and what the store holds
 * afterwards.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_NODE_APPROVING_H
#define TERRACE_TESTS_UNIT_NODE_APPROVING_H

#include "tests/unit/node/office.h"

struct walk {
    const struct office *office;
    uint64_t from_lsn;
    size_t documents, covered[2], groups[2];
    uint32_t first_leaf[2][8];
};

/* Each but the first two says of its money only where it comes from. */
void add_chain(struct work *work);
void approve(struct office *office, const struct person *checker, struct work *work,
             const char *const *ids, size_t count);
void want_approval(const struct work *work, const char *id, enum submit_status status,
                   enum reason reason);
void approve_all(struct office *office, const char *const *ids, size_t count);
size_t pending(const struct office *office);
void want_field(const struct office *office, const char *id, enum field field, const char *text);
/* Every document from `from_lsn` on was approved by both, and the proofs hold. */
struct walk check_log(const struct office *office, uint64_t from_lsn);
void reject(struct office *office, const char *id);

#endif
