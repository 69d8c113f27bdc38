/* sim_world - the simulator from within: its nodes, links, frames on their way and queue of events.
 *
 * Private to sim.c (chance, queue, running), sim_net.c (clock and transport of a node), sim_nodes.c
 * (starts, stops and faults), sim_join.c (enrolments), sim_recover.c (other keys by the parent's
 * word) and sim_persons.c (who works at a node). Thread: one. */
#ifndef TERRACE_TESTS_SIM_SIM_WORLD_H
#define TERRACE_TESTS_SIM_SIM_WORLD_H

#include "tests/harness/frame_queue.h"
#include "tests/harness/identities.h"
#include "tests/sim/sim.h"

/* One direction of one link. A cut or a crash ends the connection: what was in flight is gone. */
struct pipe {
    struct sim_node *from, *to;
    bool is_up; /* there is a door at its end */
    bool cut;
    uint64_t generation, last_delivery_us;
    size_t in_flight;
};

struct sim_node {
    struct sim *sim;
    size_t index;
    struct sim_node *parent;
    struct division division;
    struct sign_key key, next_key; /* in force before or now, and asked for or in force now */
    struct curve_key curve;
    struct grant_terms founders; /* two admins */
    struct staff {               /* whose keys the simulator has, all of them */
        struct sign_key admins[2], keys[2];
        struct person maker, checker;
        enum staff_state { STAFF_NONE, STAFF_WANTED, STAFF_ASKED, STAFF_THERE } state;
        struct task call;
    } staff;
    bool keyless; /* and down until it is granted others */
    struct sim_trust trust;
    struct store store;
    struct transport transport;
    struct clock clock;
    int64_t clock_offset_ms;
    struct node_config config;
    struct node *core;
    uint64_t incarnation, wake_us;
    uint64_t stall_us;    /* 0: not doomed */
    struct pipe up, down; /* to the parent, and from it */
    struct frame_queue inbox;
    struct buf chain[ENROL_CHAIN_MAX];
    size_t chain_count;
};

/* Between a node and an ancestor that is not its parent. */
struct detour {
    struct pipe up, down;
};

enum event_kind { EVENT_DELIVER, EVENT_WAKE, EVENT_SYNC, EVENT_FUNCTION };
struct event {
    uint64_t at_us, sequence;
    enum event_kind kind;
    struct sim_node *node;
    struct pipe *pipe;
    uint64_t generation; /* of the pipe or the incarnation */
    struct queued_frame *frame;
    void (*fn)(struct sim *sim, void *arg);
    void *arg;
};

struct sim {
    uint64_t rng[2], now_us, sequence;
    struct event *heap;
    size_t heap_count, heap_capacity;
    struct sim_node **nodes;
    size_t node_count, node_capacity;
    uint64_t disk_us_max;
    struct trust trust;
    struct joiner { /* has a token, and no answer that it heard */
        struct sim_node *node;
        struct token token;
    } * joiners;
    size_t joiner_count, joiner_capacity;
    struct recovering *recovering; /* all of the run */
    struct detour **detours;
    size_t detour_count, detour_capacity;
    uint32_t parent_away_ms; /* of every node; 0: the default */
    struct sim_pulse pulse;
    struct policy policy;  /* of every node */
    char money_alarm[512]; /* the first that anybody raised; "" */
    struct sim_counts counts;
};

/* --- sim.c --- */

void sim_push(struct sim *sim, struct event event);

/* --- sim_net.c --- */

extern const struct transport_ops sim_net_ops;
struct clock sim_clock_of(struct sim_node *node);
/* What was in flight is gone. */
void sim_end_connection(struct pipe *pipe);
/* ... on all ways of this node but that to its parent and those from its children. */
void sim_end_detours(struct sim_node *node);
void sim_free_detours(struct sim *sim);

/* --- sim_nodes.c --- */

struct sim_node *sim_new_node(struct sim *sim, struct sim_node *parent, const char *division);
void sim_free_node(struct sim_node *node);
/* It is part of the tree from now on. */
void sim_attach(struct sim_node *node);
/* Opens it, with the chain of grants that it has. */
void sim_start(struct sim_node *node);
void sim_wake_at(struct sim_node *node, uint64_t at_us);
/* Turns, until the node has nothing to do or its disk has. */
void sim_step(struct sim_node *node);
void sim_step_in_flight(struct sim_node *node);

/* --- sim_recover.c --- */

void sim_free_recoveries(struct sim *sim);

/* --- sim_persons.c --- */

/* Two admins of its own, in what will be its grant; those before them are nobody any more. */
void sim_name_admins(struct sim_node *node);

#endif
