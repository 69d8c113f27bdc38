#include "node/api/metrics_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/text/text.h"
#include "proto/status.h"

static void put(struct metrics_text *out, const char *format, ...) PRINTF(2, 3);
static void put(struct metrics_text *out, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_append_bytes(out->buf, bytes_text(text));
}

void metric_family(struct metrics_text *out, const char *family, const char *type, const char *help)
{
    out->family = family;
    put(out, "# HELP %s %s\n", family, help);
    put(out, "# TYPE %s %s\n", family, type);
}

void metric_not_known(struct metrics_text *out, const char *family, const char *why)
{
    char sentence[TEXT_BYTES_MAX];

    buf_append_bytes(out->buf, bytes_text("# NOT KNOWN "));
    buf_append_bytes(out->buf, bytes_text(family));
    buf_append_bytes(out->buf, bytes_text(": "));
    for (const char *at = text_in(LANGUAGE_EN, sentence, why); *at != '\0'; at++) {
        buf_put_u8(out->buf, (uint8_t)(*at == '\n' ? ' ' : *at)); /* one line */
    }
    buf_put_u8(out->buf, '\n');
}

static void put_value(struct metrics_text *out, const char *value)
{
    for (; *value != '\0'; value++) {
        switch (*value) {
        case '\n':
            put(out, "\\n");
            break;
        case '"':
        case '\\':
            put(out, "\\%c", *value);
            break;
        default:
            buf_put_u8(out->buf, (uint8_t)*value);
            break;
        }
    }
}

static void put_labels(struct metrics_text *out, const struct metric_label *labels)
{
    if (labels == NULL || labels->name == NULL) {
        return;
    }
    for (size_t i = 0; i < METRIC_LABELS_MAX && labels[i].name != NULL; i++) {
        put(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_value(out, labels[i].value);
        put(out, "\"");
    }
    put(out, "}");
}

static void put_name(struct metrics_text *out, const char *suffix,
                     const struct metric_label *labels)
{
    put(out, "%s%s", out->family, suffix);
    put_labels(out, labels);
}

void metric_count(struct metrics_text *out, const struct metric_label *labels, uint64_t value)
{
    put_name(out, "", labels);
    put(out, " %" PRIu64 "\n", value);
}

void metric_ms(struct metrics_text *out, const struct metric_label *labels, int64_t ms)
{
    const uint64_t size = ms < 0 ? (uint64_t)0 - (uint64_t)ms : (uint64_t)ms;

    put_name(out, "", labels);
    put(out, " %s%" PRIu64 ".%03u\n", ms < 0 ? "-" : "", size / 1000, (unsigned)(size % 1000));
}

void metric_yuan(struct metrics_text *out, const struct metric_label *labels, int128 fen)
{
    char text[AMOUNT_TEXT_MAX];

    amount_format(text, fen);
    put_name(out, "", labels);
    put(out, " %s\n", text);
}

/* Buckets add up, as Prometheus wants them. */
void metric_histogram(struct metrics_text *out, const struct histogram *histogram)
{
    uint64_t so_far = 0;
    char bound[32];

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        const uint64_t ms = histogram_bound_ms(i);
        const struct metric_label labels[] = {{"le", bound}, {NULL, NULL}};

        so_far += histogram->counts[i];
        (void)snprintf(bound, sizeof bound, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
        put_name(out, "_bucket", labels);
        put(out, " %" PRIu64 "\n", so_far);
    }
    put_name(out, "_bucket", (const struct metric_label[]){{"le", "+Inf"}, {NULL, NULL}});
    put(out, " %" PRIu64 "\n", histogram->count);
    put_name(out, "_sum", NULL);
    put(out, " %" PRIu64 ".%03u\n", histogram->sum_ms / 1000, (unsigned)(histogram->sum_ms % 1000));
    put_name(out, "_count", NULL);
    put(out, " %" PRIu64 "\n", histogram->count);
}
