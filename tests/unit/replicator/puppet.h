/* puppet - a neighbour made by hand: it says to a real node what the test wants, and hears what
 * that node says to it. In most tests the city C1 is the puppet and the region is real. */
#ifndef TERRACE_TESTS_PUPPET_H
#define TERRACE_TESTS_PUPPET_H

#include "proto/frame.h"
#include "replicator/trust/merkle.h"
#include "world.h"

enum { SESSION = 77, DRAFT_GRANTS_MAX = 128 };

struct puppet {
    struct world world;
    struct place *real;
    struct division played;
    struct arena arena;
    struct buf frame;
};

void puppet_begin(struct puppet *puppet); /* the region is real, C1 is played */
/* From now on `real` is, and its neighbour `played` is the puppet; their queues are not used. */
void puppet_play(struct puppet *puppet, int real, int played);
void puppet_end(struct puppet *puppet);

void puppet_send(struct puppet *puppet, const Terrace__Frame *frame);
/* Opens a session, holding nothing, with so much credit for the region. */
void puppet_hello(struct puppet *puppet, uint64_t session, uint64_t credit);
/* The same, holding one log up to `lsn`, as it says, under a hash of its own making. */
void puppet_hello_with(struct puppet *puppet, uint64_t session, uint64_t credit, const char *author,
                       uint64_t lsn);
/* ... or what `head` says; NULL: nothing. */
void puppet_hello_at(struct puppet *puppet, uint64_t session, uint64_t credit,
                     Terrace__Position *head);
/* The puppet is the parent: answers the Hello it hears; returns the session. */
uint64_t puppet_welcome(struct puppet *puppet, uint64_t credit);
uint64_t puppet_welcome_at(struct puppet *puppet, uint64_t credit, Terrace__Position *head);
void puppet_send_block(struct puppet *puppet, uint64_t session, struct bytes whole);
void puppet_ack(struct puppet *puppet, uint64_t session, const char *author, uint64_t lsn,
                uint64_t credit);

/* Seals and commits what the region staged; `durable` false: begun, but not on disk yet. */
void puppet_commit(struct puppet *puppet, bool durable);

/* Time goes on for the real node. */
void puppet_wait(struct puppet *puppet, uint64_t ms);

/* The next frame for the puppet, or NULL. Lives until the next call. */
Terrace__Frame *puppet_next(struct puppet *puppet);
/* The first that holds what `part` looks for; others are passed over. */
Terrace__Frame *puppet_await(struct puppet *puppet, bool (*part)(const Terrace__Frame *frame));

/* --- blocks by hand --- */

struct written { /* a log, as the puppet writes it: on one line */
    uint64_t lsn;
    struct hash hash;
    uint64_t seq; /* blocks on that line; those for others came before */
};

struct draft {
    const struct sign_key *key;
    struct hash tree;
    struct block_header header;
    const char *text;
    const struct buf *grants; /* sealed, as many as header.count says; instead of the text */
    uint32_t first_kind;      /* of the first of these, when it is to be none */
    uint32_t first_format;    /* ... and its format; 0: that of an endpoint, or of a grant */
};

/* The next block of the log of `author`, for itself and those above; to be changed at will. */
struct draft draft_next(const struct puppet *puppet, int author, const struct written *log,
                        const char *text);
/* Roots, hashes and signs; `out` is replaced. */
struct hash draft_finish(struct buf *out, struct draft *draft);
/* The next true block; the log moves on. */
struct buf draft_write(const struct puppet *puppet, int author, struct written *log,
                       const char *text);

bool has_hello(const Terrace__Frame *frame);
bool has_welcome(const Terrace__Frame *frame);
bool has_held(const Terrace__Frame *frame);
bool has_not_yet(const Terrace__Frame *frame);
bool has_reject(const Terrace__Frame *frame);
bool has_restart(const Terrace__Frame *frame);
bool has_blocks(const Terrace__Frame *frame);

#endif
