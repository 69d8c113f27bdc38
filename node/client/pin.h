/* pin - the certificate of a door, taken only when its fingerprint is the one that was named.
 *
 *   pin_fetch: a handshake that trusts nobody --> its certificate --> SHA-256 --> the same? --> PEM
 *   every later handshake: that certificate and no other
 *
 * Nothing of the caller's is sent before they were compared.
 *
 * Owns: nothing. Thread: any. */
#ifndef TERRACE_NODE_CLIENT_PIN_H
#define TERRACE_NODE_CLIENT_PIN_H

#include "node/client/terrace.h"

/* *pem is the caller's to free; NULL unless TERRACE_OK.
 * Errors: TERRACE_NOT_TRUSTED, TERRACE_UNREACHABLE, TERRACE_TIMED_OUT, TERRACE_MISUSE (that is no
 * fingerprint), TERRACE_NO_MEMORY. */
enum terrace_outcome pin_fetch(char **pem, const char *url, const char *fingerprint,
                               unsigned timeout_ms);

#endif
