/* tls - the certificate by which the API's door on the network is known, in HOME/tls.
 *
 *   cert.pem   X.509, ECDSA P-256, signed with its own key, good for ten years
 *   key.pem    its key, not sealed: it opens nothing but the door, and a restart needs no hand
 *
 *   init, join:  tls_make           daemon, doctor:  tls_load --> fingerprint
 *
 * Nobody else vouches for such a certificate: who connects compares its fingerprint, SHA-256 over
 * the certificate as browsers show it, with the one that init, status and doctor print. Both files
 * may be replaced, by those of an agency's own authority for instance: cert.pem with the node's
 * certificate first and those of its issuers behind it, key.pem with its key, RSA, ECDSA or
 * Ed25519.
 *
 * Owns: nothing between calls; the one place that includes GnuTLS. Thread: any.
 * Units: *_unix_ms is ms since 1970. */
#ifndef TERRACE_NODE_HOME_TLS_H
#define TERRACE_NODE_HOME_TLS_H

#include "proto/bytes.h"
#include "proto/division.h"
#include "proto/status.h"

enum { TLS_FINGERPRINT_MAX = 96 }; /* "AB:CD:...", 32 bytes, and the zero */

struct tls_pair {
    struct buf certificate, key; /* PEM, ended by a zero */
    char fingerprint[TLS_FINGERPRINT_MAX];
    uint64_t until_unix_ms; /* the certificate's end */
};

/* Makes both files unless one of them is there. Errors: ERR_KEY (GnuTLS makes none), ERR_DISK_FULL,
 * ERR_IO. */
enum status tls_make(const char *home, struct division division, uint64_t now_unix_ms,
                     struct err *err);

/* Both files, held against each other; nothing to free on an error. Errors: ERR_NOT_FOUND (one is
 * missing); ERR_KEY (not PEM, or the key is not the certificate's); ERR_TOO_LARGE, ERR_IO. */
enum status tls_load(struct tls_pair *out, const char *home, struct err *err);
void tls_free(struct tls_pair *pair); /* wipes the key */

#endif
