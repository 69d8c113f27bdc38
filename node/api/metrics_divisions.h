/* metrics_divisions - every division below, as far as this node knows: series for Prometheus.
 *
 * A region sees a county two tiers down by them. Half a dozen for each division; those of what a
 * division says itself are missing where it was not heard.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_API_METRICS_DIVISIONS_H
#define TERRACE_NODE_API_METRICS_DIVISIONS_H

#include "node/api/metrics_text.h"
#include "node/core/watch.h"

void metric_divisions(struct metrics_text *out, const struct division_view *views, size_t count);

#endif
