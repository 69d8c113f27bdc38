/* tree - a region with its cities and counties, as ledgers over memory stores: for tests.
 *
 *   540000 -- 540100 -- 540121
 *          \- 540200 -- 540202
 *
 * Every office enters documents as its node would (form, exists, completion, rules, posting),
 * seals them into real signed blocks in its own store, and hands each block to the offices above
 * (which fold it) and to those below that may hear it. Settles go out by themselves.
 * Thread: one. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_TREE_H
#define TERRACE_TESTS_UNIT_LEDGER_TREE_H

#include "node/ledger/ledger.h"
#include "replicator/trust/crypto.h"

enum office_name { REGION, LHASA, SHIGATSE, LINZHOU, SANGZHUZI, OFFICES };

struct tree;
struct tree *tree_new(void);
/* In the grant of `strict` stands that every kind needs two signers. */
struct tree *tree_new_strict(enum office_name strict);
/* This office joins later. */
struct tree *tree_new_without(enum office_name absent);
void tree_join(struct tree *tree, enum office_name absent);
void tree_free(struct tree *tree);

struct division tree_division(enum office_name office);
const struct store *tree_store(struct tree *tree, enum office_name office);
const struct roster *tree_roster(const struct tree *tree);

/* `fields` as tree_say; without an id when that is NULL. */
void document_fill(struct document *document, const char *kind, const char *id,
                   const char *const fields[]);

/* `fields` are name, value, name, value, ... NULL. Returns the code of the refusal, "" when it was
 * entered. The year is 2026 unless given. Nothing leaves before tree_seal. */
const char *tree_say(struct tree *tree, enum office_name office, const char *kind, const char *id,
                     const char *const fields[]);
#define SAY(tree, office, kind, id, ...)                                                           \
    tree_say(tree, office, kind, id, (const char *const[]){__VA_ARGS__, NULL})
/* The same, and fails the test when it is refused. */
#define DO(tree, office, kind, id, ...)                                                            \
    assert_string_equal(SAY(tree, office, kind, id, __VA_ARGS__), "")

/* Why the last document was not entered. */
const struct refusal *tree_refusal(const struct tree *tree);

/* Everybody's open blocks are sealed, committed and delivered, until nobody has anything open. */
void tree_seal(struct tree *tree);
/* While cut or held back, blocks wait at home. They are delivered afterwards, in order. */
void tree_cut(struct tree *tree, enum office_name from, enum office_name to, bool cut);
void tree_hold_back(struct tree *tree, enum office_name office, bool held);

/* The day on which what follows is entered, "2027-01-05": not before what was entered. */
void tree_set_day(struct tree *tree, const char *date);

/* From now on the office's documents are signed by a maker and a checker, whose keys it has
 * published. */
void tree_approve(struct tree *tree, enum office_name office);
/* From now on the checker is somebody whose key nobody published; both sign other documents than
 * those entered. */
void tree_impostor(struct tree *tree, enum office_name office);
void tree_forge(struct tree *tree, enum office_name office);

/* Who signs from now on what an office enters. */
enum signers { BOTH_SIGN, MAKER_SIGNS, CHECKER_SIGNS, MAKER_SIGNS_TWICE };
void tree_signers(struct tree *tree, enum office_name office, enum signers signers);
/* Publishes the maker or the checker again: `roles` as words; "" disables. */
void tree_publish(struct tree *tree, enum office_name office, enum approval_role who,
                  const char *roles);
/* Publishes the checker's key once more, as another key of the maker's. */
void tree_one_person(struct tree *tree, enum office_name office);

/* Alarms raised anywhere, and the newest one's words. */
size_t tree_alarms(const struct tree *tree);
const char *tree_alarm(const struct tree *tree);

/* Writes a row of an office's store behind everybody's back. */
void tree_tamper(struct tree *tree, enum office_name office, enum store_space space,
                 struct bytes key, struct bytes value);

/* A tree in which money went all the way:
 * region: budget B-1 1000.00, 600.00 to Lhasa (T-1), 100.00 allocated and released (A-1, L-1);
 * Lhasa: registered R-1, 200.00 to Linzhou (T-2), 300.00 allocated and released (A-2, L-2);
 * Linzhou: registered R-2, 150.00 allocated and released (A-3, L-3), applied P-1 60.00, of which
 * 40.00 paid (V-1). */
void tree_carry_money(struct tree *tree);

#endif
