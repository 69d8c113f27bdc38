/* answer - what goes back for one request: HTTP status, type and body.
 *
 * A body is JSON, written in one pass (json.h). An error replaces what was written so far by
 * application/problem+json (RFC 9457):
 *
 *   {"type":"/help/not_found","title":...,"status":404,"code":"not_found","args":{...},"detail":...,
 *    "error":{"code","args","message"}}
 *
 * The code is stable and one of messages.h; args has the figures and names, and as "reason" what
 * exactly is wrong (proto/message.h). Title and detail are sentences in the request's language, and
 * the page of the type explains the code. "error" says the same once more, for the command line.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ANSWER_H
#define TERRACE_NODE_API_ANSWER_H

#include "node/api/json.h"
#include "node/api/messages.h"
#include "node/api/stream.h"

struct request;

#define PROBLEM_TYPE "application/problem+json; charset=utf-8"
enum { ETAG_BYTES_MAX = 48 };
enum { ANSWER_HEADERS_MAX = 4, HEADER_BYTES_MAX = 256 };

struct answer {
    int http; /* 200 unless set */
    const char *type;
    struct buf body;
    char etag[ETAG_BYTES_MAX]; /* as the header ETag says it; "" without one */
    struct answer_header {     /* beside those that every answer has */
        const char *name;
        char value[HEADER_BYTES_MAX];
    } headers[ANSWER_HEADERS_MAX];
    size_t header_count;
    bool is_public;        /* it says the same to everybody: caches may have it, and a body of a
                              route is sent packed (packed.h) */
    bool is_immutable;     /* the address names the content: kept for a year */
    const char *policy;    /* Content-Security-Policy; NULL: nothing of it may run */
    struct bytes constant; /* in place of the body: memory that is there for ever */
    struct stream_source
        stream; /* in place of the body: made while it is sent; see answer_stream */
};

/* Replaces what the body has. `detail` may be NULL; it follows the sentence, in the language of the
 * request as far as node/text/text.h knows it. */
void answer_error(const struct request *request, struct answer *answer, enum api_error error,
                  const char *detail);
/* The same, with a message of its own for a sentence (proto/message.h): what is wrong, with the
 * value, and what to do. */
void answer_refuse(const struct request *request, struct answer *answer, enum api_error error,
                   const char *format, ...) PRINTF(4, 5);
/* ... and with a message that somebody else made, of an error for instance. */
void answer_because(const struct request *request, struct answer *answer, enum api_error error,
                    const char *message);
/* For what api_task_run, or api_task_run_within, returned; OK is not an error and writes nothing.
 * True when it was OK. */
bool answer_outcome(const struct request *request, struct answer *answer, enum status outcome);

/* The body says the same to everybody: names what it holds, for clients that keep it. To one that
 * has the same already, packed or not (If-None-Match), it is 304, without the body. */
void answer_public(const struct request *request, struct answer *answer);
/* The name of the same content in another form: "h" becomes "h-gzip". */
void answer_tag_variant(struct answer *answer, const char *variant);
/* Another body, which is the answer's from here on. */
void answer_replace(struct answer *answer, struct buf *body);

/* The answer is made while it is sent. The source's state is the answer's from here on; an error
 * that is answered later gives it back. `type` is a constant. */
void answer_stream(struct answer *answer, const char *type, const struct stream_source *source);

/* One more header; `name` is a constant, the value is printable ASCII of ours. */
void answer_header(struct answer *answer, const char *name, const char *format, ...) PRINTF(3, 4);

/* What a message says beside its sentence, for programs: the member "args", an object of the
 * message's arguments with its code as "reason". */
void write_args(struct json_out *out, const char *message);

/* What every figure here suffers from: a damaged store, or ledgers that are being folded; a
 * message, or NULL. */
const char *answer_damage(const struct request *request);
/* Once the route has answered: every answer says so, as its first member, "damaged". */
void answer_name_damage(const struct request *request, struct answer *answer);

#endif
