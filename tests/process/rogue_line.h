/* rogue_line - a neighbour's end of the link protocol for a program that means ill.
 *
 * Speaks real CURVE and real frames, and lets its user send anything at all. Blocking calls with
 * time-outs; one line at a time. */
#ifndef TERRACE_TESTS_PROCESS_ROGUE_LINE_H
#define TERRACE_TESTS_PROCESS_ROGUE_LINE_H

#include "proto/frame.h"
#include "replicator/trust/crypto.h"

struct line;

enum line_state { LINE_UP, LINE_REFUSED, LINE_UNREACHED };

/* Dials and waits until the handshake is decided. Never NULL. */
struct line *line_open(const char *endpoint, const uint8_t server_key[32],
                       const struct curve_key *key);
void line_close(struct line *line);
enum line_state line_state(const struct line *line);
/* The handshake's refusal in the server's own number (400), 0 when it just hung up. */
unsigned line_refusal(const struct line *line);

bool line_send_raw(struct line *line, struct bytes message);
/* One message of `count` frames of `part`, which must outlive it; then waits until it is through or
 * the other side hangs up. True when it hung up. */
bool line_send_endless(struct line *line, struct bytes part, size_t count);
bool line_send(struct line *line, const Terrace__Frame *frame);

/* What came of it. */
enum reply_kind {
    REPLY_SILENCE, /* nothing of interest within the time */
    REPLY_CUT,     /* the other side hung up */
    REPLY_WELCOME,
    REPLY_ACK,
    REPLY_REJECT,
    REPLY_RESTART,
};
struct position {
    bool known;
    uint32_t epoch;
    uint64_t lsn;
    struct hash hash;
};
struct reply {
    enum reply_kind kind;
    enum status reason;   /* of a reject or restart */
    char text[200];       /* the other side's words, made printable */
    struct position held; /* of `author`, as a welcome or an ack tells */
};
/* The next frame of one of the `wanted` kinds (bits 1 << REPLY_...), or a cut, or silence. What
 * else comes (blocks on their way down, beats) is let go. */
void line_wait(struct line *line, struct division author, unsigned wanted, struct reply *reply);

/* Opens a session, telling `own` as what we hold of our own log. */
void line_greet(struct line *line, struct division self, uint64_t session,
                const struct position *own, struct reply *reply);

#endif
