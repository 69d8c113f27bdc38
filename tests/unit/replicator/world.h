/* world - replicators joined by queues, with a clock that stands still unless moved.
 *
 * A turn takes all that came, ticks when that is due, seals, commits, and sends: as the node's
 * loop does. The region R, the city C1 with its county K1, and the city C2 are there from the
 * start. Keys are random, all else is alike in every run. */
#ifndef TERRACE_TESTS_WORLD_H
#define TERRACE_TESTS_WORLD_H

#include "replicator/log/sealing.h"
#include "replicator/replicator.h"
#include "tests/harness/frame_queue.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/identities.h"

enum { NODES_MAX = 8, HELD_MAX = 64 };

struct world;

struct place {
    struct world *world;
    struct division division;
    int parent;
    struct sign_key key, next_key; /* that it has, that it asks for */
    bool has_next_key;
    struct store store;
    struct txn *txn;
    struct replicator *replicator;
    uint64_t fence;
    struct frame_queue inbox;
    bool cut;        /* what it sends is lost */
    bool full;       /* its transport takes nothing */
    bool down;       /* closed */
    bool resyncs;    /* from the next place_open on */
    bool reads_fail; /* now and then: its turn is not committed, and it is opened anew */
    int turns_failed;
    uint64_t entries_held;
    char held[HELD_MAX][64]; /* "author/body" in order of arrival */
    size_t held_count;
    enum alarm_code alarms[16]; /* raised and not cleared */
    size_t alarm_count;
    bool alarmed_ever[ALARM_CODES];
    char alarm_words[MESSAGE_BYTES_MAX]; /* of the newest */
    int link_changes;
    const char *health; /* what it says on its beats; NULL: nothing */
    struct told {       /* what divisions below say on theirs */
        struct division division;
        char health[32];
        uint64_t lsn, sequence;
        int times;
    } told[NODES_MAX];
    size_t told_count;
    bool news;                       /* whatever comes is news */
    struct replicator_limits limits; /* in force from the next place_open on */
    struct buf sealed;
};

struct world {
    struct place at[NODES_MAX];
    int count;
    struct hand_clock hand;
    uint64_t latency_ms; /* of every frame */
    uint64_t frames;     /* that were sent */
    struct trust trust;
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

struct replicator_config place_config(struct place *place); /* what place_open opens it with */
void place_open(struct place *place);
void place_close(struct place *place); /* what it was sent is lost; the store stays */
void place_kill(struct place *place);  /* ... and it is down until it is revived */
void place_revive(struct place *place);
/* All rows of one; `to` is empty and open. */
void store_copy(struct store *to, const struct store *from);
bool place_turn(struct place *place); /* false: nothing happened */
void place_say(struct place *place, enum audience_kind kind, const char *to, const char *text);
bool place_heard(const struct place *place, const char *what);                  /* "author/text" */
const struct told *place_told(const struct place *place, const char *division); /* or NULL */
bool place_alarmed(const struct place *place, enum alarm_code code);            /* now */
bool place_alarmed_ever(const struct place *place, enum alarm_code code);
struct log_head place_head(const struct place *place, const char *author);

#endif
