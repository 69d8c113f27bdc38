/* no_transport - the transport of a node that is linked to nobody: it takes no frame and brings
 * none.
 *
 * Thread: any. */
#ifndef TERRACE_TESTS_HARNESS_NO_TRANSPORT_H
#define TERRACE_TESTS_HARNESS_NO_TRANSPORT_H

#include "replicator/transport.h"

extern const struct transport no_transport;

#endif
