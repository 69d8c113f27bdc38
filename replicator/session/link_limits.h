/* link_limits - what a neighbour may send and ask of us. A child is served within limits: what it
 * asks for is paid in thousandths of a block, and its bytes count for a day.
 *
 * Pure: it says that a limit was passed; link.c holds the link. Owns: nothing. Thread: loop thread.
 * Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_SESSION_LINK_LIMITS_H
#define TERRACE_REPLICATOR_SESSION_LINK_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "replicator/limits.h"
#include "replicator/session/bucket.h"

enum {
    PAY_FRAME = 100, /* in thousandths of a block */
    PAY_BLOCK = 1000,
    PAY_PAGE = 1000, /* 4 KiB of anything but blocks */
    PAY_REFUSED = 1000,
    PAY_GRANT = 1000,
    PAY_APPROVAL = 200,
    PAY_SESSION = 10000,
};

struct link_limits {
    struct bucket bucket;
    uint64_t day_bytes, day_start_ms, check_ms;
    uint32_t verified_this_second;
    uint64_t verified_second;
};

void link_limits_init(struct link_limits *limits, const struct replicator_limits *config,
                      uint64_t now_ms);
void link_limits_pay(struct link_limits *limits, const struct replicator_limits *config,
                     uint64_t milli, uint64_t now_ms);
/* Bytes of blocks came, of which `granted` tells whether they were within the credit. Beyond it
 * they cost as much as two bursts. False when the peer is so far past its limits that what was
 * credited before does not excuse it: the session must end. */
bool link_limits_charge(struct link_limits *limits, const struct replicator_limits *config,
                        size_t blocks, size_t bytes, bool granted, uint64_t now_ms);
/* Which limit is passed, as a message; NULL when none is. */
const char *link_limits_passed(const struct link_limits *limits,
                               const struct replicator_limits *config);
/* Is there anything left to pay with? */
bool link_limits_can_pay(struct link_limits *limits, const struct replicator_limits *config,
                         uint64_t now_ms);
/* May a held link resume? Yes when no limit is passed and a second's worth has gathered. Sets when
 * to ask again. */
bool link_limits_may_resume(struct link_limits *limits, const struct replicator_limits *config,
                            uint64_t now_ms);
/* A link is held from now on: when to ask the first time. */
void link_limits_hold(struct link_limits *limits, uint64_t now_ms);
/* Signatures of others cost: at most so many a second for each neighbour. Counts one. */
bool link_limits_may_verify(struct link_limits *limits, uint64_t now_ms);

#endif
