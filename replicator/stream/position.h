/* position - how far a log is held, as a message: in Hello, Welcome and Ack.
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_STREAM_POSITION_H
#define TERRACE_REPLICATOR_STREAM_POSITION_H

#include "proto/frame.h"
#include "replicator/log/heads.h"

/* How far the log is held, on disk; of an unknown one (NULL) not at all. Lives in the arena,
 * which has room for as many as one frame may have. */
Terrace__Position *position_new(struct arena *arena, const struct held_log *log,
                                struct division author);
/* The same as an Ack to `receiver` has it: without epoch and hash, and without an author that is
 * the receiver. */
Terrace__Position *position_acked(struct arena *arena, const struct held_log *log,
                                  struct division author, struct division receiver);

#endif
