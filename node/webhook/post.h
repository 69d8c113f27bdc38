/* post - one POST to another program, from a name to a status, in bounded time and memory.
 *
 *   name --lookup.h--> addresses --address_judge--> connect --TLS--> head, body --> status line
 *
 * TLS 1.2 or later, the certificate checked against the host, the system's authorities and those
 * of a file beside. Nothing is followed: a redirection is an answer like any other. The answer's
 * body is not read.
 *
 * Owns: its socket while it posts, and the authorities it has read. Thread: one; poster_stop any.
 * Units: *_ms. */
#ifndef TERRACE_NODE_WEBHOOK_POST_H
#define TERRACE_NODE_WEBHOOK_POST_H

#include "node/webhook/address.h"
#include "node/webhook/url.h"
#include "proto/bytes.h"
#include "proto/status.h"
#include "replicator/clock.h"

enum { POST_MS = 15000, POST_HEAD_BYTES_MAX = 16 << 10 };

struct poster;
/* `authorities` is a file of PEM certificates that are trusted beside the system's; it need not be
 * there. Both pointers are borrowed. Errors: ERR_IO. */
enum status poster_open(struct poster **out, const struct clock *clock,
                        const struct networks *allowed, const char *authorities, struct err *err);
void poster_close(struct poster *poster); /* NULL is fine */
/* What is under way ends now, and whatever comes after it. */
void poster_stop(struct poster *poster);
/* Waits, or until it is stopped: false then. */
bool poster_sleep(struct poster *poster, uint32_t ms);

/* `headers` are whole lines, each with its CRLF. *http is the answer's status; 0, with `err`, where
 * there is none. Errors: ERR_UNREACHABLE, ERR_REFUSED (an address that may not be reached). */
enum status poster_send(struct poster *poster, const struct url *url, const char *headers,
                        struct bytes body, int *http, struct err *err);

#endif
