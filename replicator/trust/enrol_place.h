/* enrol_place - may this node grant that division, with that list? Asked before anybody is invited
 * or amended, so that nothing is granted which other holders would refuse.
 *
 *   the code is within the own reach           else the parent has to widen it: outside_reach
 *   so is the list                             else the same
 *   no other child may grant a code of it      else one of the two lists needs an exception
 *
 * Holders check the first two (roster.h); that the lists of one granter's children do not meet is
 * the granter's own care. Every refusal has the list that would do, as a command can be given it.
 *
 * Thread: the roster's. */
#ifndef TERRACE_REPLICATOR_TRUST_ENROL_PLACE_H
#define TERRACE_REPLICATOR_TRUST_ENROL_PLACE_H

#include "replicator/trust/roster.h"

/* Errors: ERR_OUTSIDE_REACH (the first two); ERR_REFUSED. */
enum status enrol_check_reach(const struct roster *roster, struct division granter,
                              struct division division, const struct grant_reach *may_grant,
                              struct err *err);

#endif
