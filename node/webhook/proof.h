/* proof - by what a receiver knows that a post is this node's, of now, and unchanged: two headers.
 *
 *   Terrace-Signature: t=SECONDS, hmac-sha256=HEX
 *       HMAC-SHA256 under the webhook's secret (its 64 digits, as text) over "SECONDS.BODY"
 *   Terrace-Node-Signature: key=HEX, ed25519=HEX
 *       by the node's identity key, which stands in its grant, over the BLAKE2b-256 hash with
 *       personalisation "terrace.webhook" of SECONDS (u64, big-endian) and BODY
 *
 * The first needs nothing but a standard library; the second proves to anybody whose post it was.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_WEBHOOK_PROOF_H
#define TERRACE_NODE_WEBHOOK_PROOF_H

#include "replicator/trust/crypto.h"

enum { PROOF_BYTES_MAX = 640 };

/* Both as lines with their CRLF. */
void proof_write(char out[PROOF_BYTES_MAX], const uint8_t secret[32], const struct sign_key *key,
                 uint64_t unix_s, struct bytes body);

#endif
