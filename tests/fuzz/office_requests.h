/* office_requests - what the fuzzers of the API ask: a real node on a store in memory, with what a
 * small office has entered and one person in it, and any bytes taken apart as a request to it.
 *
 *     METHOD PATH?NAME=VALUE&NAME=VALUE
 *     NAME: VALUE
 *                            an empty line, and behind it the body
 *
 * The node's loop stands still, so whatever has to be written is read, checked, and told that the
 * node stops. "SESSION" and "TOKEN" in a header's value are the person's, and his program's.
 *
 * Owns: the node, for as long as the process lives; a request its text. Thread: one. */
#ifndef TERRACE_TESTS_FUZZ_OFFICE_REQUESTS_H
#define TERRACE_TESTS_FUZZ_OFFICE_REQUESTS_H

#include "node/api/request.h"

#define OFFICE_PERSON  "li"
#define OFFICE_PROGRAM "nightly"

enum { PAIRS_MAX = 16, INPUT_BYTES_MAX = 64 << 10 };

struct pairs {
    const char *name[PAIRS_MAX], *value[PAIRS_MAX];
    size_t count;
};

/* One input, taken apart. */
struct typed {
    char *text, *method, *path;
    struct pairs query, headers;
    struct buf body;
    char shown[PAIRS_MAX][256]; /* headers with a session or a token in them */
    bool has_session, has_token;
};

void office_open(void);
/* False when it is too long, or when the door would refuse it: then there is nothing to free. */
bool typed_read(struct typed *typed, const uint8_t *data, size_t size);
void typed_free(struct typed *typed);
/* It borrows everything. */
struct request typed_request(struct typed *typed, enum door door);
/* What says that it is JSON is JSON; gives the answer back. */
void check_answer(struct answer *answer);

#endif
