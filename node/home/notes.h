/* notes - what a run of terraced leaves in its home for the next one, and for people.
 *
 *   HOME/damaged   what was found damaged in the store: while it is there a node only reads
 *   HOME/healing   that a damaged store is being made anew, how far it is, and why
 *                  (node/daemon/healing.h)
 *   HOME/healed    what was left out the last time that was done
 *   HOME/heals     when it was done, the last times: seconds since 1970, as text
 *   HOME/resync    why the own log is not whole here: while it is there a node only reads, and
 *                  fetches it from its neighbours (node/core/resync.h)
 *   HOME/ended     why the last run ended by a failure, or a join was refused; gone once a node is
 *                  ready again
 *   HOME/begun     that the store was made: one that is missing later is no new one. It holds
 *                  nothing
 *
 * The others hold one message (proto/message.h). Thread: one at a time. */
#ifndef TERRACE_NODE_HOME_NOTES_H
#define TERRACE_NODE_HOME_NOTES_H

#include <stdbool.h>

#include "proto/bytes.h"
#include "proto/status.h"

/* A failure to write one is an event of the log: the run ends anyway. */
void notes_write_damage(const char *home, const struct err *what);
/* Why it is to take its own log from its neighbours before it goes on: a message. */
void notes_write_resync(const char *home, const char *reason);
void notes_write_end(const char *home, const struct err *why);
void notes_clear_end(const char *home);
void notes_clear_damage(const char *home);
void notes_write_healed(const char *home, const char *report);
void notes_clear_healing(const char *home);
/* Errors: ERR_IO, ERR_DISK_FULL. */
enum status notes_write_healing(const char *home, const char *step, struct err *err);
/* The newest first; 0 where there are no more. */
void notes_write_heals(const char *home, const uint64_t *unix_s, size_t count);
void notes_heals(const char *home, uint64_t *unix_s, size_t count);
void notes_clear_resync(const char *home);
void notes_write_begun(const char *home); /* nothing is done where it is there */
bool notes_begun(const char *home);

/* The message, ended by a zero; empty when there is no such note.
 * Errors: ERR_TOO_LARGE, ERR_IO, ERR_CONFIG (the home's path). */
enum status notes_damage(struct buf *out, const char *home, struct err *err);
enum status notes_resync(struct buf *out, const char *home, struct err *err);
enum status notes_healing(struct buf *out, const char *home, struct err *err);
enum status notes_healed(struct buf *out, const char *home, struct err *err);
enum status notes_end(struct buf *out, const char *home, struct err *err);

#endif
