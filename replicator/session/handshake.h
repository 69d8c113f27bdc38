/* handshake - Hello and Welcome: one round trip, and both sides know where to go on.
 *
 *   child:   Hello   {every head it holds, credit}     parent: begins to send downward
 *   parent:  Welcome {heads of the child's subtree}    child:  begins to send upward
 *
 * A Hello is repeated under the same session until it is answered, so an answer that took longer
 * than the patience of the child still counts. What is heard is judged here; session.c acts on it.
 *
 * Owns: what one Hello leaves for its Welcome. Thread: loop thread. Units: *_ms. */
#ifndef TERRACE_REPLICATOR_SESSION_HANDSHAKE_H
#define TERRACE_REPLICATOR_SESSION_HANDSHAKE_H

#include "proto/frame.h"
#include "replicator/replicator.h"

struct link;

struct handshake {
    uint32_t version;       /* of the session; 0: there was none yet */
    uint64_t features;      /* bits that the peer said, of which FEATURES_KNOWN are in force */
    uint64_t begun_ms;      /* no Hello of this session is older */
    uint64_t welcome_stamp; /* echoed from the Hello */
    int64_t skew_ms;        /* the peer's wall clock ahead of ours */
    bool asks_own;          /* a child's: it is to be mended first, and serves nobody until then */
};

/* The first Hello of a session is due. */
void handshake_begin(struct handshake *handshake, uint64_t now_ms);
void handshake_hello(struct replicator *r, struct link *link, uint64_t credit,
                     Terrace__Frame *frame);
void handshake_welcome(struct replicator *r, struct link *link, uint64_t credit,
                       Terrace__Frame *frame);

/* May it begin a session? Errors: ERR_REFUSED (a parent does not dial); ERR_NEEDS_UPGRADE (no
 * protocol version in common); ERR_LIMIT, ERR_MALFORMED (its list of heads). */
enum status handshake_judge_hello(const struct replicator *r, const struct link *link,
                                  const Terrace__Hello *hello, struct err *err);
/* The same of a Welcome. Errors: ERR_NEEDS_UPGRADE, ERR_LIMIT, ERR_MALFORMED. */
enum status handshake_judge_welcome(const struct replicator *r, const Terrace__Welcome *welcome,
                                    struct err *err);
/* The Welcome is to answer this Hello: with the newest version that both know. */
void handshake_note_hello(struct handshake *handshake, const Terrace__Hello *hello);
void handshake_note_welcome(struct handshake *handshake, const Terrace__Welcome *welcome);
/* The Welcome may answer any of several Hellos: it says which. False when none of the session has
 * that stamp, or one too long ago to tell how long a round trip takes: on it depends for how long
 * an answer is waited for. */
bool handshake_round_trip(const struct handshake *handshake, const Terrace__Welcome *welcome,
                          uint64_t now_ms, uint32_t *rtt_ms);
/* Notes the difference of the clocks. False when it is so large that a person must see it. */
bool handshake_note_clock(struct handshake *handshake, uint64_t peer_unix_ms, uint64_t unix_ms);

#endif
