/* world - replicators joined by queues, with a clock that stands still unless moved.
 *
 * A turn takes all that came, ticks when that is due, seals, commits, and sends: as the node's
 * loop does. The region R, the city C1 with its county K1, and the city C2 are there from the
 * start. Keys are random, all else is alike in every run. */
#ifndef TERRACE_TESTS_WORLD_H
#define TERRACE_TESTS_WORLD_H

#include "replicator/log.h"
#include "replicator/replicator.h"

enum { NODES_MAX = 8, HELD_MAX = 64 };

struct mail {
    struct mail *next;
    uint64_t at_ms;
    struct division from;
    struct buf frame;
};

struct world;

struct place {
    struct world *world;
    struct division division;
    int parent;
    struct sign_key key;
    struct store store;
    struct txn *txn;
    struct replicator *replicator;
    uint64_t fence;
    struct mail *inbox, **inbox_end;
    bool cut;  /* what it sends is lost */
    bool full; /* its transport takes nothing */
    uint64_t entries_held;
    char held[HELD_MAX][64]; /* "author/body" in order of arrival */
    size_t held_count;
    char alarms[16][32]; /* raised and not cleared */
    size_t alarm_count;
    char alarms_ever[256];
    int link_changes;
    struct replicator_limits limits; /* in force from the next place_open on */
    struct buf sealed;
};

struct world {
    struct place at[NODES_MAX];
    int count;
    uint64_t now_ms, random;
    uint64_t wall_step_ms; /* the wall clock differs by this */
    uint64_t latency_ms;   /* of every frame */
    uint64_t frames;       /* that were sent */
    struct hash tree;
    struct sign_key trust;
    struct clock clock;
    /* Sees every frame on its way and may change it; true loses it. */
    bool (*spoil)(struct world *world, struct division from, struct division to, struct buf *frame);
};

enum { REGION, CITY, COUNTY, SIBLING };

void world_begin(struct world *world);
void world_end(struct world *world);
struct place *world_add(struct world *world, const char *division, int parent);
uint64_t world_chance(struct world *world);
/* Lets everything happen for `ms`, a tenth of a second at a time. */
void world_run(struct world *world, uint64_t ms);

void place_open(struct place *place);
void place_close(struct place *place); /* what it was sent is lost; the store stays */
bool place_turn(struct place *place);  /* false: nothing happened */
void place_say(struct place *place, enum audience_kind kind, const char *to, const char *text);
bool place_heard(const struct place *place, const char *what);   /* "author/text" */
bool place_alarmed(const struct place *place, const char *code); /* now */
bool place_alarmed_ever(const struct place *place, const char *code);
struct log_head place_head(const struct place *place, const char *author);

#endif
