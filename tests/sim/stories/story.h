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

#include "tests/sim/clients.h"
#include "tests/sim/recoveries.h"

struct story;

struct story *story_new(void);
/* Documents of these kinds need two persons, and whatever says whom to believe; those who join from
 * now on are heard every ten minutes, so that weeks are short. */
struct story *story_of_weeks(struct policy policy);
struct sim *story_sim(struct story *story); /* for sim_cut, sim_heal, sim_crash, sim_restart */
struct sim_node *story_root(struct story *story, const char *division);
/* Enrols with a token of the parent's, as the daemon does. */
struct sim_node *story_join(struct story *story, struct sim_node *parent, const char *division);

/* A maker and a checker work there from now on. */
void story_staff(struct story *story, struct sim_node *node);
struct clients *story_clients(struct story *story);

/* Any document, of which *id is the number; and one that is refused for this reason. What must hold
 * at any moment (tests/sim/invariants.h) is looked at each time. */
void story_say(struct story *story, struct sim_node *node, const struct wish *wish, char id[24]);
void story_refused(struct story *story, struct sim_node *node, const struct wish *wish,
                   const char *code);
#define SAY(story, node, id, ...) story_say(story, node, &(struct wish){__VA_ARGS__}, id)
#define REFUSED(story, node, code, ...)                                                            \
    story_refused(story, node, &(struct wish){__VA_ARGS__}, code)
void story_hold(struct story *story); /* at all of them */
void story_until_heard(struct story *story, struct sim_node *at, struct sim_node *from,
                       const char *id);

/* A budget of this level; what can be spent or passed on from now on. */
void story_approve(struct story *story, struct sim_node *node, int64_t amount);
/* Money of `from`'s budget for `to`, and `to` registers it once it has arrived. */
void story_transfer(struct story *story, struct sim_node *from, struct sim_node *to,
                    int64_t amount);
/* The same in two steps: *id is its number; and what its receiver is told when it registers it,
 * though nobody has confirmed the issuer's keys if `unconfirmed`. */
void story_issue(struct story *story, struct sim_node *from, struct sim_node *to, int64_t amount,
                 char id[24]);
bool story_register(struct story *story, struct sim_node *from, struct sim_node *to, int64_t amount,
                    const char *id, bool unconfirmed);
/* The node's agency pays, and the bank confirms. Returns once both are acknowledged there. */
void story_pay(struct story *story, struct sim_node *node, int64_t amount);

/* Loses its keys, and its parent grants it others: returns once it has them. Confirmed so long
 * after that; UINT64_MAX: by story_confirm. */
void story_recover(struct story *story, struct sim_node *node, uint64_t confirmed_in_us);
/* The same without waiting: it may take days. */
struct recoveries *story_recoveries(struct story *story);
/* Whoever has to confirm anything does so now; returns once all is. */
void story_confirm(struct story *story);

/* What the ledger of `of`, as `at` holds it, says was paid. */
int64_t story_spent(const struct sim_node *at, const struct sim_node *of);

/* Runs until every log is wherever it belongs and every answer is settled: a minute at most. */
void story_until_rest(struct story *story);
/* Checks all sums, with whatever nobody has confirmed outside of them. */
void story_check(struct story *story);
/* Comes to rest and checks: nothing acknowledged is lost, nothing is there twice, every balance is
 * what the offices were told, every replica is its owner's ledger, nothing alarms, and at no time
 * did two sides of a sum differ. Frees. */
void story_end(struct story *story);
/* The same while somebody's keys wait for a word, which is alarmed. */
void story_end_waiting(struct story *story);

#endif
