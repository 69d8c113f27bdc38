/* metrics_text - the text format that Prometheus reads (version 0.0.4).
 *
 *   # HELP terrace_link_up Does the link to this neighbour work?
 *   # TYPE terrace_link_up gauge
 *   terrace_link_up{division="540100",side="parent"} 1
 *
 * A family is opened once, and its samples follow. Values are written as they are: whole numbers,
 * seconds with three decimals, yuan with two. Thread: any. */
#ifndef TERRACE_NODE_API_METRICS_TEXT_H
#define TERRACE_NODE_API_METRICS_TEXT_H

#include "node/core/meter.h"
#include "proto/wide.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum { METRIC_LABELS_MAX = 3 };

struct metric_label {
    const char *name, *value; /* both NULL behind the last */
};

struct metrics_text {
    struct buf *buf;
    const char *family;
};

/* `type`: "counter", "gauge" or "histogram". The texts must outlive the family. */
void metric_family(struct metrics_text *out, const char *family, const char *type,
                   const char *help);
/* `labels` NULL: none; else up to METRIC_LABELS_MAX, then one of NULL. */
void metric_count(struct metrics_text *out, const struct metric_label *labels, uint64_t value);
void metric_ms(struct metrics_text *out, const struct metric_label *labels, int64_t ms);
void metric_yuan(struct metrics_text *out, const struct metric_label *labels, int128 fen);
void metric_histogram(struct metrics_text *out, const struct histogram *histogram);
/* In place of a family: a comment that says why it is not here. `why` is an error's message. */
void metric_not_known(struct metrics_text *out, const char *family, const char *why);

#endif
