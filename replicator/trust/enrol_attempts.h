/* enrol_attempts - refused attempts to enrol, counted: one row for each reason and invited
 * division, and one for each reason from strangers, who show no secret that was ever given out.
 *
 * Internal to enrol.c; enrol_attempts() is in enrol.h.
 * Storage: LOCAL_ATTEMPT reason, division -> attempt. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_TRUST_ENROL_ATTEMPTS_H
#define TERRACE_REPLICATOR_TRUST_ENROL_ATTEMPTS_H

#include "replicator/trust/enrol.h"

/* Fills in count and first time. `invited` is whose token was shown, or none. */
void attempt_keep(struct txn *txn, struct enrol_attempt *attempt, struct division invited);

#endif
