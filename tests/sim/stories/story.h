/* story - what a scripted story may say: a tree in virtual time, and who does what in it.
 *
 * Nodes, blocks, signatures and ledgers are the real ones (tests/sim/sim.h); disks lose what was
 * not synced, and a cut loses what was in flight. A story waits for conditions and never for a
 * time, and ends with every check that a random run has (tests/sim/clients.h).
 *
 *     story_new -> story_root, story_join ... -> who does what -> story_end
 *
 * Owns:   the tree, until story_end. Thread: one.
 * Units:  amounts are fen.
 * Errors: none: whatever fails fails the test, with words. */
#ifndef TERRACE_TESTS_SIM_STORIES_STORY_H
#define TERRACE_TESTS_SIM_STORIES_STORY_H

#include "tests/sim/sim.h"

struct story;

struct story *story_new(void);
struct sim *story_sim(struct story *story); /* for sim_cut, sim_heal, sim_crash, sim_restart */
struct sim_node *story_root(struct story *story, const char *division);
/* Enrols with a token of the parent's, as the daemon does. */
struct sim_node *story_join(struct story *story, struct sim_node *parent, const char *division);

/* A budget of this level; what can be spent or passed on from now on. */
void story_approve(struct story *story, struct sim_node *node, int64_t amount);
/* Money of `from`'s budget for `to`, and `to` registers it once it has arrived. */
void story_transfer(struct story *story, struct sim_node *from, struct sim_node *to,
                    int64_t amount);
/* The node's agency pays, and the bank confirms. Returns once both are acknowledged there. */
void story_pay(struct story *story, struct sim_node *node, int64_t amount);

/* What the ledger of `of`, as `at` holds it, says was paid. */
int64_t story_spent(const struct sim_node *at, const struct sim_node *of);

/* Runs until every log is wherever it belongs and every answer is settled: a minute at most. */
void story_until_rest(struct story *story);
/* Comes to rest and checks: nothing acknowledged is lost, nothing is there twice, every balance is
 * what the offices were told, every replica is its owner's ledger, nothing alarms. Frees. */
void story_end(struct story *story);

#endif
