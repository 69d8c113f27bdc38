/* routes_months - what was released and paid month by month, of a year and of the one before.
 *
 *   GET /money/months?division=&scope=&year=
 *   {"division", "scope", "as_of", "years":[{"year", "months":[{"month", "released", "paid"}]}]}
 *
 * A month is one of Beijing, by the time of the entry. What is booked for a year before it begins
 * counts in its first month, what is booked after it in its last. Amounts are of the month alone,
 * and negative where more was taken back than given.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_MONTHS_H
#define TERRACE_NODE_API_ROUTES_MONTHS_H

#include "node/api/api.h"

route_fn get_months;

#endif
