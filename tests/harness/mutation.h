/* mutation - a message that can be read, of which one thing was changed: a field left out, a text
 * or hash one byte shorter, longer or other, a number next to what it was or at an end, a list
 * without its last.
 *
 * Flipped bytes hardly ever come past the decoder; this comes past it each time, to whoever reads
 * the fields.
 *
 * Thread: one. */
#ifndef TERRACE_TESTS_HARNESS_MUTATION_H
#define TERRACE_TESTS_HARNESS_MUTATION_H

#include "proto/frame.h"
#include "tests/harness/hand_clock.h"

/* Changes one thing somewhere in a message that an arena holds. What it grows by lives in `arena`,
 * too. False: there was nothing to change. */
bool message_mutate(ProtobufCMessage *message, struct arena *arena, struct hand_clock *chance);

#endif
