/* routes_blocks - what this node holds as the bytes that others signed, so that another program can
 * check all that this one says:
 *
 *   GET /blocks?author=&after=   the blocks of a log, in its order: those that begin behind the
 *                                entry `after`, up to the newest when the answer gets there
 *   GET /grants                  every sealed grant by division and epoch, the root's too, which
 *                                stands in no log
 *
 *   answer = size(u32, big-endian) bytes, size bytes, ...     application/octet-stream
 *
 * It is made while it is sent, from a moment of its own for each piece; one that fails ends without
 * the end of its chunks. Nothing is checked here: what the store has is what is sent, and proto/
 * says how it is read.
 *
 * Thread: a worker's (workers.h). Units: `after` counts entries. */
#ifndef TERRACE_NODE_API_ROUTES_BLOCKS_H
#define TERRACE_NODE_API_ROUTES_BLOCKS_H

#include "node/api/api.h"

route_fn get_blocks, get_grants;

#endif
