/* meter - how long things took, counted since the start.
 *
 *   commits    from the begin of a turn's commit until it is durable
 *   arrivals   from the moment an author closed a block, by its clock, until this node held it, by
 *              ours: end to end over all hops, and as right as the two clocks
 *
 * Owns: nothing. Pure. Thread: the loop thread. Units: milliseconds. */
#ifndef TERRACE_NODE_CORE_METER_H
#define TERRACE_NODE_CORE_METER_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 16, METER_STALL_MS = 1000 };

/* Bucket i counts what took at most histogram_bound_ms(i) and more than the bucket before. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* the last one: what took longer than all bounds */
    uint64_t count, sum_ms;
};

struct meter { /* begin with zeros */
    struct histogram commits, arrivals;
    uint64_t stalls; /* commits of METER_STALL_MS and longer */
};

uint64_t histogram_bound_ms(size_t bucket); /* ascending */

void meter_commit(struct meter *meter, uint64_t took_ms);
void meter_arrival(struct meter *meter, uint64_t closed_unix_ms, uint64_t now_unix_ms);

#endif
