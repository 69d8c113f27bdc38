/* puppet - a neighbour made by hand: the city C1 says to the region what the test wants, and hears
 * what the region says to it. The region is real. */
#ifndef TERRACE_TESTS_PUPPET_H
#define TERRACE_TESTS_PUPPET_H

#include "proto/frame.h"
#include "world.h"

enum { SESSION = 77 };

struct puppet {
    struct world world;
    struct place *real; /* the region */
    struct arena arena;
    struct buf frame;
};

void puppet_begin(struct puppet *puppet);
void puppet_end(struct puppet *puppet);

void puppet_send(struct puppet *puppet, const Terrace__Frame *frame);
/* Opens a session, holding nothing, with so much credit for the region. */
void puppet_hello(struct puppet *puppet, uint64_t session, uint64_t credit);
void puppet_send_block(struct puppet *puppet, uint64_t session, struct bytes whole);
void puppet_ack(struct puppet *puppet, uint64_t session, const char *author, uint64_t lsn,
                uint64_t credit);

/* Seals and commits what the region staged; `durable` false: begun, but not on disk yet. */
void puppet_commit(struct puppet *puppet, bool durable);

/* The next frame for the city, or NULL. Lives until the next call. */
Terrace__Frame *puppet_next(struct puppet *puppet);
/* The first that holds what `part` looks for; others are passed over. */
Terrace__Frame *puppet_await(struct puppet *puppet, bool (*part)(const Terrace__Frame *frame));

bool has_welcome(const Terrace__Frame *frame);
bool has_held(const Terrace__Frame *frame);
bool has_not_yet(const Terrace__Frame *frame);
bool has_reject(const Terrace__Frame *frame);
bool has_restart(const Terrace__Frame *frame);
bool has_blocks(const Terrace__Frame *frame);

#endif
