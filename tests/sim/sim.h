/* sim - whole trees of real nodes in one process, in virtual time, from one seed.
 *
 * Real replicator, real ledger, real signatures; the store keeps bytes in memory and loses what
 * was not synced when a node crashes; the network delays, cuts one way or both, and forgets what
 * was in flight. Everything that happens is an event on one queue:
 *
 *   deliver(frame)   wake(node)   sync(node)   fault   client
 *
 * Owns: all nodes, stores and frames. Units: *_us of virtual time. */
#ifndef TERRACE_TESTS_SIM_SIM_H
#define TERRACE_TESTS_SIM_SIM_H

#include "node/core/node.h"
#include "node/office/submit.h"

enum { MILLISECOND = 1000, SECOND = 1000 * 1000, MINUTE = 60 * SECOND };

struct sim;
struct sim_node;

/* Chance, from the seed alone. */
uint64_t sim_random(struct sim *sim);
uint64_t sim_below(struct sim *sim, uint64_t bound); /* 0 .. bound - 1 */
bool sim_chance(struct sim *sim, unsigned percent);

struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *sim);
uint64_t sim_now(const struct sim *sim);
/* From now on a commit takes up to this long; at first 5 ms. */
void sim_slow_disks(struct sim *sim, uint64_t us_max);

/* How often those who join from now on say that they are there. */
struct sim_pulse {
    uint32_t beat_ms, silence_ms;
};
void sim_slow_pulse(struct sim *sim, struct sim_pulse pulse);
/* From now on who joins asks an ancestor to serve it when its parent is away for so long. */
void sim_serve(struct sim *sim, uint32_t parent_away_ms);
/* Before the root: documents of these kinds need two persons, at every level, and whatever says
 * whom to believe. */
void sim_ask_two_persons(struct sim *sim, struct policy policy);

/* The root, or a child of `parent` that enrols with a token as the daemon does. The parent must
 * be up; NULL when its answer did not come (it crashed meanwhile): called again, the child asks
 * again with the same token and keys. */
struct sim_node *sim_add_root(struct sim *sim, const char *division);
struct sim_node *sim_join(struct sim *sim, struct sim_node *parent, const char *division);

size_t sim_nodes(const struct sim *sim);
struct sim_node *sim_at(const struct sim *sim, size_t index);
struct sim_node *sim_parent(const struct sim_node *node);
struct division sim_division(const struct sim_node *node);
/* The identity in force. */
const struct sign_key *sim_key(const struct sim_node *node);
/* Another one, which its home keeps beside that from now on. In a turn of the node, while it asks
 * for none. */
const struct sign_key *sim_make_key(struct sim_node *node);
const struct store *sim_store(const struct sim_node *node);
struct node *sim_core(const struct sim_node *node); /* NULL while it is down */

/* Faults. A crash loses what was not synced. Only a child's link can be cut: the root has none. */
void sim_crash(struct sim *sim, struct sim_node *node);
/* The disk stalls under the node's next commit, and the power fails less than `stall_us` later:
 * long enough for whoever speaks too early to be heard. The batch is mostly lost, and sometimes on
 * the disk with nobody told. Until then the node is doomed, unless sim_restart spares it. */
void sim_crash_in_commit(struct sim *sim, struct sim_node *node, uint64_t stall_us);
bool sim_doomed(const struct sim_node *node);
void sim_restart(struct sim *sim, struct sim_node *node);
/* It falls, and makes all of its ledgers once more from the blocks that it holds. */
void sim_refold(struct sim *sim, struct sim_node *node);
/* One that stopped by itself: it only reads, and says so in its beats. */
void sim_restart_damaged(struct sim *sim, struct sim_node *node, const char *why);
/* One whose own log is shorter than its neighbours': it fetches that, and goes on by itself. */
void sim_restart_short(struct sim *sim, struct sim_node *node, const char *why);
/* One that stopped since its log has two ends: it reads, and goes on once persons have said where.
 */
void sim_restart_forked(struct sim *sim, struct sim_node *node);
enum direction { UPWARD = 1, DOWNWARD = 2, BOTH_WAYS = 3 };
void sim_cut(struct sim *sim, struct sim_node *child, enum direction direction);
void sim_heal(struct sim *sim, struct sim_node *child);

/* --- keys lost with the log kept, and other ones by the parent's word (sim_recover.c) --- */

/* The node is down from now on, whoever restarts it, until it has recovered or found them again. */
void sim_lose_keys(struct sim *sim, struct sim_node *node);
void sim_find_keys(struct sim *sim, struct sim_node *node);
bool sim_is_keyless(const struct sim_node *node);
/* Where its log ends on its disk. */
struct enrol_end sim_end_of_log(const struct sim_node *node);
/* Its parent invites it and grants it other keys and other admins, a new link key too if `channel`;
 * it asks until it has them, however often the parent falls. Then it starts, and done(arg) hears
 * which epoch that is, or 0 when the parent refuses for good. */
typedef void sim_recovered_fn(void *arg, uint32_t epoch);
void sim_recover(struct sim *sim, struct sim_node *node, bool channel, sim_recovered_fn *done,
                 void *arg);
bool sim_has_below(const struct sim *sim, const struct sim_node *node); /* or will have soon */

/* What persons have said about a node, by which others are held to it (expected.h). */
struct sim_trust {
    uint32_t waits;    /* the first epoch that nobody has confirmed; 0: none */
    uint64_t base_lsn; /* where its log is cut then */
    bool is_revoked;
    uint64_t final_lsn; /* as its ancestor said */
};
struct sim_trust sim_trust(const struct sim_node *node);
void sim_set_trust(struct sim_node *node, struct sim_trust trust);

/* --- persons (sim_persons.c) --- */

bool sim_asks_two_persons(const struct sim *sim);
/* A maker and a checker work here, or will soon: asked until it is true. */
bool sim_has_staff(struct sim *sim, struct sim_node *node);
/* Who signs what the office of this node submits: NULL where nobody works. False while nobody can
 * tell. */
bool sim_maker(const struct sim_node *node, const struct person **out);
const struct person *sim_checker(const struct sim_node *node);

/* The first alarm that anybody raised, ever, about sums that do not fit; "" while there was none.
 */
const char *sim_money_alarm(const struct sim *sim);

/* Runs a call inside the node's next turn; the node must be up. */
void sim_call(struct sim *sim, struct sim_node *node, struct task *call);

/* Calls fn(arg) at `at_us`. */
void sim_at_time(struct sim *sim, uint64_t at_us, void (*fn)(struct sim *sim, void *arg),
                 void *arg);
void sim_run_until(struct sim *sim, uint64_t until_us);
/* Runs until the condition holds; false when `limit_us` of virtual time went by before. */
bool sim_run_while(struct sim *sim, bool (*waiting)(struct sim *sim, void *arg), void *arg,
                   uint64_t limit_us);

struct sim_counts {
    uint64_t events, frames, frames_past_parents, frames_lost, frames_refused, bytes, syncs;
    uint64_t crashes, crashes_unsynced, crashes_untold, cuts_one_way, cuts_both_ways;
};
const struct sim_counts *sim_counts(const struct sim *sim);

#endif
