/* outbox - what waits to leave for a neighbour, besides blocks.
 *
 *   restart | complaint     of no session, or of one that is over
 *   hello | welcome         the handshake
 *   ack, reject             what came and what was refused
 *   cosignatures, beats     signed words; they share a frame with the acks. Only a beat may ask for
 * a frame of its own: one leaves each way in limits.beat_ms
 *
 * So an ack never waits behind bulk: blocks do not wait here, they are read from their log as
 * frames leave (send.h). session/lanes.c puts the frames together.
 *
 * Owns: encoded messages. Thread: loop thread. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_STREAM_OUTBOX_H
#define TERRACE_REPLICATOR_STREAM_OUTBOX_H

#include "replicator/stream/mailbox.h"
#include "replicator/trust/grant_keys.h"

enum {
    REJECTS_MAX = 8, /* more are dropped: the sender brings the block again */
    COSIGNATURES_WAITING_MAX = 4096,
    BEATS_WAITING_MAX = 4096,
    REJECT_TEXT_BYTES = 160,
};

struct reject {
    struct division author; /* NONE: about a frame */
    uint32_t epoch;
    uint64_t lsn;
    enum status reason;
    char text[REJECT_TEXT_BYTES]; /* a message */
};

struct outbox {
    bool hello_due, welcome_due, ack_due, complaint_due;
    uint64_t restart_session; /* 0: nothing to restart */
    enum status restart_why;
    struct reject complaint; /* about a frame that could not be used */
    struct reject rejects[REJECTS_MAX];
    size_t reject_count;
    struct mailbox cosignatures, cosigned_heads, beats;
    bool signed_due;             /* some of these do not wait for another frame */
    struct division show_author; /* the peer is to show a block of this log; NONE: it need not */
    uint64_t show_lsn;
    struct buf evidence;    /* a block that it asked to be shown */
    struct division *forks; /* authors of whose forks it is told */
    size_t fork_count, fork_capacity;
    struct buf offer; /* a grant that it is asked to consent to */
    bool consent_due;
    uint32_t consent_epoch;
    struct signature consent;
    bool rotate_due;
    struct wanted_keys rotate;  /* keys that the parent is asked for */
    enum status rotate_refused; /* why those of the child are not offered; OK: nothing waits */
    struct buf returned;        /* a frame that the transport did not take */
    bool blocked;               /* ... in this turn */
    uint32_t unsent_wait_ms;
    uint64_t unsent_ms; /* when to offer it again */
};

void outbox_free(struct outbox *outbox);
void outbox_reset(struct outbox *outbox); /* the session is over; cosignatures keep */

void outbox_want_hello(struct outbox *outbox);
void outbox_want_welcome(struct outbox *outbox);
void outbox_want_ack(struct outbox *outbox, bool wanted);
/* The peer is to begin session `session` anew; 0: it need not. */
void outbox_restart(struct outbox *outbox, uint64_t session, enum status why);
void outbox_reject(struct outbox *outbox, const struct reject *reject);
void outbox_complain(struct outbox *outbox, const struct err *why);
void outbox_cosignature(struct outbox *outbox, struct division author, struct division holder,
                        const ProtobufCMessage *cosignature);
/* Of the author's chain of accesses, for the author alone. */
void outbox_cosigned_head(struct outbox *outbox, struct division author, struct division holder,
                          const ProtobufCMessage *cosignature);
/* The peer is to show a block: the first one of the log that reaches `lsn`. */
void outbox_ask_to_show(struct outbox *outbox, struct division author, uint64_t lsn);
void outbox_show(struct outbox *outbox, struct bytes block);
/* The peer is told of a fork. */
void outbox_tell_fork(struct outbox *outbox, struct division author);
/* A child is asked to consent to these bytes of a grant; a parent has this one's word. */
void outbox_offer(struct outbox *outbox, struct bytes written);
void outbox_consent(struct outbox *outbox, uint32_t epoch, const struct signature *consent);
/* A parent is asked to offer these keys; a child hears why it is not offered any. */
void outbox_rotate(struct outbox *outbox, const struct wanted_keys *wanted);
void outbox_refuse_rotate(struct outbox *outbox, enum status why);
/* `now` false: it waits for another frame to the peer, as a word about accesses does. */
void outbox_beat(struct outbox *outbox, struct division division, const ProtobufCMessage *beat,
                 bool now);

/* Each adds what waits to the frame, and takes it out; false when nothing waited. */
bool outbox_add_restart(struct outbox *outbox, Terrace__Frame *frame);
bool outbox_add_complaint(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena);
bool outbox_add_reject(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena);
bool outbox_add_ask_to_show(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena);
bool outbox_add_consent(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena);
bool outbox_add_rotate(struct outbox *outbox, Terrace__Frame *frame, struct arena *arena);
/* An offer lives until outbox_offered. */
bool outbox_add_offer(const struct outbox *outbox, Terrace__Frame *frame);
void outbox_offered(struct outbox *outbox);
/* A block shown has a frame of its own, and lives until outbox_shown. */
bool outbox_add_evidence(const struct outbox *outbox, Terrace__Frame *frame);
void outbox_shown(struct outbox *outbox);
/* Is one due? Then it is written by who asks. */
bool outbox_take_fork(struct outbox *outbox, struct division *author);
bool outbox_take_ack(struct outbox *outbox);
bool outbox_take_hello(struct outbox *outbox);
bool outbox_take_welcome(struct outbox *outbox);
bool outbox_signed_due(const struct outbox *outbox);
void outbox_append_signed(struct outbox *outbox, struct buf *frame);

/* The transport did not take a frame: it is offered again, later each time. */
void outbox_return(struct outbox *outbox, struct bytes frame, uint64_t now_ms);
bool outbox_take_returned(struct outbox *outbox, struct buf *frame);
/* Nothing more can leave in this turn. */
void outbox_block(struct outbox *outbox, bool blocked);
void outbox_was_taken(struct outbox *outbox);

#endif
