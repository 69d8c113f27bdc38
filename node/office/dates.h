/* dates - a document tells of what has happened, so its dates lie no further ahead than a day.
 *
 * A date typed wrong ("2062-03-01") would stand in every monthly figure from then on. It is asked
 * when a person hands a document in, and never of an entry: what stands in a log is a fact,
 * whatever the clock of its holder says. Where a span begins and ends may well lie ahead.
 *
 * Thread: any. Units: unix_ms is the wall time of this turn. */
#ifndef TERRACE_NODE_OFFICE_DATES_H
#define TERRACE_NODE_OFFICE_DATES_H

#include "node/ledger/schema/clocks.h"
#include "node/ledger/schema/reason.h"
#include "proto/document.h"

enum { DATE_AHEAD_DAYS_MAX = 1 };

/* REASON_NONE, or REASON_BAD with the first field whose date lies too far ahead and the last day
 * that would do. The dates of the document are well formed. */
enum reason dates_check(const struct document *document, uint64_t unix_ms, struct refusal *refusal);

#endif
