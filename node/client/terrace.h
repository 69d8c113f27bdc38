/* terrace - a client of a node's API, for programs in C and whatever calls C.
 *
 *   struct terrace_options options = TERRACE_OPTIONS;
 *   struct terrace_client *client;
 *   struct terrace_answer *answer;
 *
 *   options.home = "/var/lib/terrace/540121";              the socket of a node on this machine, or
 *   options.url = "https://node.example.net:9443";         its door on the network, with
 *   options.fingerprint = "AB:CD:...";                     what `terrace status` shows there, and
 *   options.token = getenv("TERRACE_TOKEN");               a token of `terrace token add`
 *
 *   if (terrace_client_open(&client, &options) == TERRACE_OK) {
 *       if (terrace_get(client, "/balance?by=fund", &answer) == TERRACE_OK) {
 *           use(terrace_answer_body(answer), terrace_answer_size(answer));
 *       } else {
 *           complain(terrace_answer_code(answer), terrace_answer_sentence(answer));
 *       }
 *       terrace_answer_free(answer);
 *   }
 *   terrace_client_close(client);
 *
 * What paths there are, what they take and what they answer: GET /openapi.json of any node.
 * Documents are handed in with terrace_post to /documents, up to 1,000 lines of JSON a post; a
 * document has an id of its own, so whatever was not answered is asked again with the same bytes,
 * and enters once.
 *
 * Owns:   its connections, which it keeps open and uses again; nothing of the caller's: every
 * string is copied before a call returns. Answers are the caller's, and outlive their client.
 * Thread: one client may be used by any number of threads at once; each request has a connection of
 *         its own while it lasts. terrace_client_close comes last, and alone.
 * Units:  *_ms milliseconds, *_bytes bytes. Texts are UTF-8.
 *
 * Nothing here aborts, prints, or touches signals. Redirects are not followed, no proxy is used. */
#ifndef TERRACE_CLIENT_H
#define TERRACE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TERRACE_API __attribute__((visibility("default")))
#else
#define TERRACE_API
#endif

/* How a request ended. Numbers are never reused. */
enum terrace_outcome {
    TERRACE_OK = 0,          /* the node answered that it is done */
    TERRACE_REFUSED = 1,     /* it answered, and said no: the answer has a code and a sentence */
    TERRACE_UNREACHABLE = 2, /* nobody listens there */
    TERRACE_TIMED_OUT = 3,   /* no answer in time: of what was to be written nothing is known */
    TERRACE_CUT = 4,         /* the answer broke off, or is larger than was asked for: the same */
    TERRACE_NOT_TRUSTED = 5, /* its certificate is not the one that was named */
    TERRACE_MISUSE = 6,      /* an argument that cannot be: nothing was sent */
    TERRACE_NO_MEMORY = 7    /* the same */
};
TERRACE_API const char *terrace_outcome_name(enum terrace_outcome outcome); /* "timed_out" */
TERRACE_API const char *terrace_version(void);                              /* "0.1.0" */

struct terrace_client;
struct terrace_answer;

struct terrace_options {
    size_t size;             /* set by TERRACE_OPTIONS: later versions may know more */
    const char *home;        /* a node's directory on this machine; or */
    const char *url;         /* "https://HOST:PORT" */
    const char *fingerprint; /* SHA-256 of its certificate, with colons or without; or */
    const char *certificate; /* a file with just that certificate; with neither, the system's
                                authorities decide and the host's name must fit */
    const char *token;       /* a program's; NULL: none */
    const char *language;    /* of sentences, "zh" or "en"; NULL: "en" */
    unsigned timeout_ms;     /* of one request, 0: 60,000 */
    size_t answer_bytes_max; /* 0: 256 MiB */
};
#define TERRACE_OPTIONS                                                                            \
    {                                                                                              \
        sizeof(struct terrace_options), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0                   \
    }

/* Connects to nobody yet, but with a fingerprint: then the node is asked for its certificate, and
 * only that one is taken from then on. *out is NULL unless TERRACE_OK.
 * Errors: TERRACE_MISUSE (neither a home nor a url, or one that is too long), TERRACE_NOT_TRUSTED,
 * TERRACE_UNREACHABLE, TERRACE_TIMED_OUT, TERRACE_NO_MEMORY. */
TERRACE_API enum terrace_outcome terrace_client_open(struct terrace_client **out,
                                                     const struct terrace_options *options);
/* NULL is fine. A session of terrace_login is ended first. */
TERRACE_API void terrace_client_close(struct terrace_client *client);

/* A person's session instead of a token, for all requests that begin from now on.
 * Errors: as terrace_ask. */
TERRACE_API enum terrace_outcome terrace_login(struct terrace_client *client, const char *name,
                                               const char *password,
                                               struct terrace_answer **answer);
/* Ends it; nothing when there is none. */
TERRACE_API void terrace_logout(struct terrace_client *client);

/* A piece of an answer as it comes; not 0 ends the request there, which is TERRACE_OK. */
typedef int terrace_piece_fn(void *arg, const void *bytes, size_t size);

struct terrace_request {
    size_t size;        /* set by TERRACE_REQUEST */
    const char *path;   /* below /api/v1, with its query: see terrace_path */
    const char *method; /* NULL: GET without a body, POST with one */
    const void *body;   /* NULL: none */
    size_t body_bytes;
    const char *content_type; /* NULL: application/json */
    const char *if_match;     /* an ETag; NULL: none */
    unsigned timeout_ms;      /* 0: the client's */
    terrace_piece_fn *piece;  /* NULL: the answer is kept whole. Of a refusal it always is */
    void *arg;
};
#define TERRACE_REQUEST                                                                            \
    {                                                                                              \
        sizeof(struct terrace_request), NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL             \
    }

/* Asks, and waits for the answer. *answer says more about every outcome but TERRACE_NO_MEMORY,
 * which leaves NULL; terrace_answer_free in any case. `answer` may be NULL. Errors: all of enum
 * terrace_outcome. */
TERRACE_API enum terrace_outcome terrace_ask(struct terrace_client *client,
                                             const struct terrace_request *request,
                                             struct terrace_answer **answer);
TERRACE_API enum terrace_outcome terrace_get(struct terrace_client *client, const char *path,
                                             struct terrace_answer **answer);
TERRACE_API enum terrace_outcome terrace_post(struct terrace_client *client, const char *path,
                                              const void *body, size_t body_bytes,
                                              struct terrace_answer **answer);

TERRACE_API long terrace_answer_http(const struct terrace_answer *answer); /* 0: none came */
/* Ended by a zero that the size does not count; never NULL. */
TERRACE_API const char *terrace_answer_body(const struct terrace_answer *answer);
TERRACE_API size_t terrace_answer_size(const struct terrace_answer *answer);
/* Of a refusal the node's stable code ("exceeds_available"), else the outcome's name; "" of
 * success. */
TERRACE_API const char *terrace_answer_code(const struct terrace_answer *answer);
/* The same for people: of a refusal in the language asked for. */
TERRACE_API const char *terrace_answer_sentence(const struct terrace_answer *answer);
TERRACE_API void terrace_answer_free(struct terrace_answer *answer); /* NULL is fine */

/* Writes a path: `path`, behind it `name` (an id; NULL: none), and a query of pairs of name and
 * value, ended by NULL; a pair whose value is NULL is left out. Name and values are escaped. The
 * length that it needs, as snprintf; it was cut when that is not below `size`. */
TERRACE_API size_t terrace_path(char *out, size_t size, const char *path, const char *name,
                                const char *const *pairs);

#ifdef __cplusplus
}
#endif

#endif
