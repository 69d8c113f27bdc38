/* upload - POST /documents?summary=1: documents of any number in one post, used while they come in.
 *
 *   body --a part of it, 1 MiB--> tasks of 1,000 documents --> the loop, some of them at once
 *                                     ^ reading goes on meanwhile
 *
 *   {"line":17,"id":"P17","status":"refused","reason":...}      a line for each that is refused
 *   {"lines":100000,"accepted":99999,"exists":0,"drafts":0,"refused":1,"complete":true}
 *
 * Node and client hold a part of it and the refusals, and no more. Where these grow too many
 * nothing more is taken: "complete" is then false, and "lines" says how many lines were. What was
 * taken stays, also where the connection breaks: who sends all again is told "exists".
 *
 * Owns: its tasks in flight, until close. Thread: a worker's. Units: bytes, lines from 1. */
#ifndef TERRACE_NODE_API_UPLOAD_H
#define TERRACE_NODE_API_UPLOAD_H

#include "node/api/request.h"

/* Does this request hand in its documents so? Any thread. */
bool upload_is_asked(const struct request *request);

/* Hands in the whole lines of request->body; what is behind the last of them stays. The error is
 * answered, if there is one. */
void upload_part(struct request *request, struct answer *answer);
/* The rest, also without the end of its line, and the answer. */
void upload_end(struct request *request, struct answer *answer);

#endif
