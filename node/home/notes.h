/* notes - what a run of terraced leaves in its home for the next one, and for people.
 *
 *   HOME/damaged   what was found damaged in the store: while it is there a node only reads
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
void notes_write_end(const char *home, const struct err *why);
void notes_clear_end(const char *home);
void notes_clear_damage(const char *home);
void notes_write_begun(const char *home); /* nothing is done where it is there */
bool notes_begun(const char *home);

/* The message, ended by a zero; empty when there is no such note.
 * Errors: ERR_TOO_LARGE, ERR_IO, ERR_CONFIG (the home's path). */
enum status notes_damage(struct buf *out, const char *home, struct err *err);
/* Is it such that the links of this node can mend it: the own log alone has come apart? */
bool notes_damage_mends(struct bytes damage);
enum status notes_end(struct buf *out, const char *home, struct err *err);

#endif
