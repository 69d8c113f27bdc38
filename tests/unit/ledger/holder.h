/* holder - the region's ledger, and logs of lower divisions made up for it, also such as no honest
 * node writes. Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_HOLDER_H
#define TERRACE_TESTS_UNIT_LEDGER_HOLDER_H

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "tests/unit/ledger/tree.h"

enum { ENTRIES_MAX = 32, ALARMS_MAX = 64 };

/* The region's ledger, and logs of lower divisions made up here. */
struct holder {
    struct tree *tree; /* for its roster */
    struct store store;
    struct txn *txn;
    struct ledger *ledger;
    char alarms[ALARMS_MAX][160]; /* "code: message" */
    size_t alarm_count;
    size_t states_differ; /* blocks made up here carry no digest unless a test gives them one */
    size_t settles;
    struct buf settle; /* the newest, encoded */
};

struct script { /* the block being made */
    enum office_name author;
    struct hash state_digest;
    uint64_t first_lsn;
    struct entry entries[ENTRIES_MAX];
    struct buf bodies[ENTRIES_MAX];
    size_t count;
};

int open_holder(void **state);
int close_holder(void **state);
struct holder *holder_new(struct tree *tree, enum office_name self);
void holder_free(struct holder *holder);
void script_clear(struct script *script);
void write_raw(struct script *script, uint32_t kind, uint32_t format, struct bytes body);
void write_fields(struct script *script, const char *kind, const char *id,
                  const char *const fields[]);
struct block_header header_of(const struct script *script);
enum status apply_part(struct holder *holder, struct script *script, size_t skip);
void apply(struct holder *holder, struct script *script);
int128 balance(struct holder *holder, enum office_name author, const char *id,
               enum account account);
struct ledger_position position(struct holder *holder, enum office_name author);
/* Enters an own document as a dry run does: it is in no block. */
void try_out(struct holder *holder, struct script *script, const char *kind, const char *id,
             const char *const fields[]);
#define WRITE(script, kind, id, ...)                                                               \
    write_fields(script, kind, id, (const char *const[]){__VA_ARGS__, NULL})
#define TRY(holder, script, kind, id, ...)                                                         \
    try_out(holder, script, kind, id, (const char *const[]){__VA_ARGS__, NULL})
#define REPLY(amount)                                                                              \
    "stage", "reply", "fund_type_code", "111", "approval_ref", "1", "amount", amount
#define HELD(test) cmocka_unit_test_setup_teardown(test, open_holder, close_holder)

#endif
